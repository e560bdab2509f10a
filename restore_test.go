package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"firstframe/fetch/fetchtest"
	"firstframe/render"
)

// restorer has a published site of six images, of which the service lists two.
type restorer struct {
	t       *testing.T
	dir     string
	service *fetchtest.Service
	api     string
	site    string // the address of the published site
	state   *render.State
	media   []render.Medium
}

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
	data, err := os.ReadFile(filepath.Join(r.dir, "live", render.StateName))
	check(t, err)
	r.state, r.media, err = render.ReadPublished(data)
	check(t, err)
	return r
}

// run runs the command on a folder, without a cache of an earlier run.
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

// killed makes a folder what a restore leaves that ends before its nth medium is
// written.
func (r *restorer) killed(out string, n int) {
	r.t.Helper()
	o, err := render.OpenOutput(filepath.Join(r.dir, out), render.OutputOptions{})
	check(r.t, err)
	defer o.Close()
	ended := errors.New("killed")
	err = o.Restore(r.t.Context(), r.state, r.media, func(m render.Medium) ([]byte, error) {
		if n--; n < 0 {
			return nil, ended
		}
		return os.ReadFile(filepath.Join(r.dir, "live", m.Path))
	})
	if err != nil && !errors.Is(err, ended) {
		r.t.Fatal(err)
	}
}

// A restore may be killed at any moment. The next one ends like one that nobody
// disturbed, and a run without --restore loses nothing that is there.
func TestInterruptedRestore(t *testing.T) {
	t.Parallel()
	r := newRestorer(t)
	r.run("calm", "--restore", r.site)
	calm, err := snapshotTree(filepath.Join(r.dir, "calm"))
	check(t, err)
	type point struct {
		name  string
		leave func(out string)
	}
	var points []point
	for n := range len(r.media) + 1 {
		points = append(points, point{fmt.Sprintf("%d of %d media", n, len(r.media)), func(out string) { r.killed(out, n) }})
	}
	remove := func(out, name string) { check(t, os.Remove(filepath.Join(r.dir, out, name))) }
	points = append(points,
		point{"no state", func(out string) { r.killed(out, len(r.media)); remove(out, render.StateName) }},
		point{"nothing but the mark", func(out string) { r.killed(out, 0); remove(out, ".firstframe-gallery.json") }},
	)
	for i, p := range points {
		again, without := fmt.Sprintf("again-%d", i), fmt.Sprintf("without-%d", i)
		p.leave(again)
		r.run(again, "--restore", r.site)
		r.same(p.name, calm, again)

		p.leave(without)
		before, err := filepath.Glob(filepath.Join(r.dir, without, "media", "*"))
		check(t, err)
		r.run(without)
		for _, name := range before {
			if _, err := os.Stat(name); err != nil {
				t.Errorf("%s, without --restore: %v", p.name, err)
			}
		}
		state, _, err := render.LoadState(os.DirFS(filepath.Join(r.dir, without)))
		check(t, err)
		if want := 6; len(state.Images) != want && p.name != "nothing but the mark" {
			t.Errorf("%s, without --restore: %d images are known, want %d", p.name, len(state.Images), want)
		}
	}
	t.Logf("%d points", len(points))
}

// same compares a folder with a snapshot.
func (r *restorer) same(name string, want map[string]string, out string) {
	r.t.Helper()
	got, err := snapshotTree(filepath.Join(r.dir, out))
	check(r.t, err)
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
		r.t.Errorf("%s: other than after a restore that was not disturbed: %s", name, strings.Join(different, ", "))
	}
}
