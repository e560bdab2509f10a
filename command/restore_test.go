package command

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"firstframe/fetch/fetchtest"
	"firstframe/render"
	"firstframe/render/gallery"
	"firstframe/render/media"
	"firstframe/render/slowtest"
)

// restorer has a published site with six images. The service lists two of them.
type restorer struct {
	t       *testing.T
	dir     string
	service *fetchtest.Service
	api     string
	site    string // address of the published site
	state   *gallery.State
	media   []media.Medium
}

// newRestorer publishes the site.
func newRestorer(t *testing.T) *restorer {
	r := &restorer{t: t, dir: t.TempDir(), service: &fetchtest.Service{Token: "user:1234-secret-token"}}
	server := httptest.NewServer(r.service)
	t.Cleanup(server.Close)
	r.api = server.URL
	setNames(r.service, "a.jpg", "b.png", "c.gif", "d.jpg", "e.jpg", "f.jpg")
	r.run("live")
	setNames(r.service, "a.jpg", "b.png")
	r.run("live")
	live := httptest.NewServer(http.FileServer(http.Dir(filepath.Join(r.dir, "live"))))
	t.Cleanup(live.Close)
	r.site = live.URL + "/"
	data, err := os.ReadFile(filepath.Join(r.dir, "live", gallery.StateName))
	must(t, err)
	r.state, r.media, err = gallery.ReadPublished(data)
	must(t, err)
	return r
}

// run runs the command on a folder with an empty cache and returns its messages.
func (r *restorer) run(out string, flags ...string) string {
	r.t.Helper()
	cache := r.t.TempDir()
	args := append([]string{"--api", r.api, "--allow-private-hosts", "--originals", "--out", filepath.Join(r.dir, out), "--cache", cache}, flags...)
	c := exec.Command("firstframe", args...)
	c.Dir = r.dir
	c.Env = append(os.Environ(), "USEAPI_TOKEN="+r.service.Token, "GITHUB_ACTIONS=")
	output, err := c.CombinedOutput()
	if err != nil && c.ProcessState.ExitCode() != exitIncomplete {
		r.t.Fatalf("%s: %v\n%s", out, err, output)
	}
	return string(output)
}

// killed restores into a folder and ends before operation n on the disk. It reports whether there
// were so many operations.
func (r *restorer) killed(out string, n int) bool {
	r.t.Helper()
	ended := errors.New("killed")
	step := func(operation, path string) error {
		if n--; n < 0 {
			return ended // cleaning up fails as well
		}
		return nil
	}
	o, err := render.OpenOutput(filepath.Join(r.dir, out), render.OutputOptions{Step: step})
	if err == nil {
		defer o.Close()
		err = o.Restore(r.t.Context(), r.state, r.media, func(m media.Medium) ([]byte, error) {
			return os.ReadFile(filepath.Join(r.dir, "live", m.Path))
		})
	}
	if err != nil && !errors.Is(err, ended) {
		r.t.Fatal(err)
	}
	return err != nil
}

// TestInterruptedRestore kills restores at many moments. The next restore must end like an
// undisturbed one, and a run without --restore must lose nothing.
func TestInterruptedRestore(t *testing.T) {
	t.Parallel()
	slowtest.Skip(t)
	r := newRestorer(t)
	r.run("calm", "--restore", r.site)
	calm, err := snapshotTree(filepath.Join(r.dir, "calm"))
	must(t, err)
	points, stride := 0, slowtest.Stride(5)
	for again, without := "again", "without"; r.killed(again, points); points += stride {
		name := fmt.Sprintf("killed before operation %d", points)
		r.run(again, "--restore", r.site)
		r.same(name, calm, again)
		r.killed(without, points)
		r.losesNothing(name, without)
		must(t, errors.Join(os.RemoveAll(filepath.Join(r.dir, again)), os.RemoveAll(filepath.Join(r.dir, without))))
	}
	if points < 4*len(r.media) {
		t.Errorf("there were only %d points for %d media", points, len(r.media))
	}
	t.Logf("%d points", points)
}

// losesNothing runs the command without --restore on what a killed restore left.
func (r *restorer) losesNothing(name, out string) {
	r.t.Helper()
	out = filepath.Join(r.dir, out)
	_, err := os.Stat(filepath.Join(out, ".firstframe-gallery.json"))
	begun := err == nil
	before, err := filepath.Glob(filepath.Join(out, "media", "[^.]*"))
	must(r.t, err)
	r.run(filepath.Base(out))
	for _, file := range before {
		if _, err := os.Stat(file); err != nil {
			r.t.Errorf("%s, without --restore: %v", name, err)
		}
	}
	state, _, err := gallery.Load(os.DirFS(out))
	must(r.t, err)
	if begun && len(state.Images) != 6 || !begun && len(before) > 0 {
		r.t.Errorf("%s, without --restore: the state has %d images", name, len(state.Images))
	}
}

// same compares a folder with a snapshot.
func (r *restorer) same(name string, want map[string]string, out string) {
	r.t.Helper()
	got, err := snapshotTree(filepath.Join(r.dir, out))
	must(r.t, err)
	var different []string
	for file := range want {
		if !sameEntry(want[file], got[file], true) {
			different = append(different, file)
		}
	}
	for file := range got {
		if want[file] == "" {
			different = append(different, file)
		}
	}
	if len(different) > 0 {
		r.t.Errorf("%s: these files differ from the files of an undisturbed run: %s", name, strings.Join(different, ", "))
	}
}

// TestDuplicateIsMendedOnce runs with a state that has images twice. The next run repairs it, and
// the run after that writes nothing.
func TestDuplicateIsMendedOnce(t *testing.T) {
	t.Parallel()
	r := newRestorer(t)
	twice := *r.state
	twice.Images = append(slices.Clone(twice.Images), twice.Images[2], twice.Images[0])
	data, err := twice.Encode()
	must(t, err)
	for _, name := range []string{gallery.StateName, ".firstframe-gallery.json"} {
		must(t, os.WriteFile(filepath.Join(r.dir, "live", name), data, 0o644))
	}
	r.run("restored", "--restore", r.site)
	r.run("live")
	for _, out := range []string{"live", "restored"} {
		before, err := snapshotTree(filepath.Join(r.dir, out))
		must(t, err)
		if said := r.run(out); !strings.Contains(said, "nothing new: 6 images") {
			t.Errorf("%s: %s", out, said)
		}
		r.same("a run with nothing new", before, out)
	}
}

// TestRestoreHugePicture restores from a site that an attacker has taken over. A JPEG of few bytes
// may have more pixels than fit into memory, so it must be refused.
func TestRestoreHugePicture(t *testing.T) {
	sum := strings.Repeat("a", 64)
	state := gallery.State{Images: []gallery.Image{{
		Slug: media.Slug(sum), SHA256: sum, Keys: []string{"key"}, Type: "image/jpeg", Width: 16384, Height: 16384,
		Renditions: []media.Rendition{{Path: "media/" + media.Slug(sum) + "-16384-00.jpg", Width: 16384, Height: 16384, Bytes: 1000}},
	}}}
	data, err := state.Encode()
	if err != nil {
		t.Fatal(err)
	}
	media := 0
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/"+gallery.StateName {
			w.Write(data)
			return
		}
		media++
	}))
	defer site.Close()
	t.Setenv("USEAPI_TOKEN", "user:1234-secret-token")
	out := filepath.Join(t.TempDir(), "out")
	var stdout, stderr bytes.Buffer
	code := Run(t.Context(), repositoryFiles(), []string{
		"--api", site.URL, "--allow-private-hosts", "--restore", site.URL, "--out", out, "--cache", t.TempDir(),
	}, strings.NewReader(""), &stdout, &stderr)
	if code != exitFailed || !strings.Contains(stderr.String(), "more than 64,000,000 pixels") || media != 0 {
		t.Errorf("exit code %d, %d downloads: %s", code, media, &stderr)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("something was written")
	}
}
