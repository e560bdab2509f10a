package command

import (
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"firstframe/fetch/fetchtest"
	"firstframe/render/check"
	"firstframe/render/gallery"
	"firstframe/render/media/mediatest"
	"firstframe/render/slowtest"
)

// TestKill kills runs. A run may end at any moment, for example by a power cut or a runner out of
// minutes. It must leave a complete site, and the next run must end as if nothing had happened.
// FIRSTFRAME_KILLS is the number of runs that are killed, and FIRSTFRAME_SEED decides when:
//
//	FIRSTFRAME_KILLS=300 go test -run TestKill -v ./command
func TestKill(t *testing.T) {
	t.Parallel()
	slowtest.Skip(t)
	kills := number(t, "FIRSTFRAME_KILLS", 12)
	k := newKiller(t, uint64(number(t, "FIRSTFRAME_SEED", 1)))
	for tries := 0; k.killed < kills; tries++ {
		if tries > 20*kills {
			t.Fatalf("only %d of %d runs could be killed before their end", k.killed, tries)
		}
		k.round()
		if t.Failed() {
			t.FailNow()
		}
	}
	t.Logf("%d runs killed in %d rounds: %d before there was a site, %d during an update; "+
		"%d left a temporary file", k.killed, k.rounds, k.early, k.killed-k.early, k.leftovers)
}

// killer keeps two sites of the same listings: a calm one by runs that nobody disturbs, and a wild
// one by runs that are killed.
type killer struct {
	t       *testing.T
	random  *rand.Rand
	service *fetchtest.Service
	api     string
	dir     string
	names   []string // names of the listed pictures
	made    int      // number of pictures so far

	rounds, killed, early, leftovers int
}

// newKiller returns a killer without any pictures.
func newKiller(t *testing.T, seed uint64) *killer {
	k := &killer{t: t, random: rand.New(rand.NewPCG(seed, 0)), dir: t.TempDir()}
	k.service = &fetchtest.Service{Token: "user:1234-secret-token"}
	server := httptest.NewServer(k.service)
	t.Cleanup(server.Close)
	k.api = server.URL
	writeFiles(t, k.dir, map[string]string{
		"theme/templates/image.html": `{{define "main"}}<h2>Another look</h2>{{with .Image}}<img src="{{.Src}}" alt="{{.Alt}}">{{end}}{{end}}`,
		"static/a/picture.svg":       "<svg/>",
		"static/favicon.ico":         "An icon.",
		"words/about.md":             "# About\n\n[The gallery](index.html)\n",
		"words/images/picture-2.md":  "---\nalt: The second one\ntags: [two]\n---\nWords.\n",
	})
	return k
}

// round changes the listing and runs once undisturbed. Then it runs on the other site: several runs
// are killed, and the last one ends well.
func (k *killer) round() {
	k.rounds++
	if k.rounds%6 == 1 { // a first build
		k.names = nil
		for _, name := range []string{"calm", "calm-cache", "wild", "wild-cache", "mine"} {
			if err := os.RemoveAll(filepath.Join(k.dir, name)); err != nil {
				k.t.Fatal(err)
			}
		}
	}
	k.changeListing()
	settings := k.settings()
	if k.rounds%6 != 1 && k.random.IntN(3) == 0 {
		settings = append(settings, "--prune=force")
	}
	start := time.Now()
	if out, err := k.command("calm", settings).CombinedOutput(); err != nil {
		k.t.Fatalf("round %d: %v: %v\n%s", k.rounds, settings, err, out)
	}
	usual := time.Since(start)
	for range 1 + k.random.IntN(3) {
		// Sometimes the settings are different. Nothing of them may be left in the end.
		tried := settings
		if k.random.IntN(3) == 0 {
			tried = k.settings()
		}
		k.kill(tried, time.Duration(k.random.Int64N(int64(usual))))
	}
	if out, err := k.command("wild", settings).CombinedOutput(); err != nil {
		k.t.Fatalf("round %d: %v: %v\n%s", k.rounds, settings, err, out)
	}
	k.compare(settings)
}

// changeListing adds and removes pictures, and shuffles them.
func (k *killer) changeListing() {
	for range 1 + k.random.IntN(4) {
		k.made++
		k.names = append(k.names, fmt.Sprintf("picture-%d.%s", k.made, []string{"jpg", "png", "gif"}[k.made%3]))
	}
	for range k.random.IntN(3) {
		if len(k.names) > 1 {
			i := k.random.IntN(len(k.names))
			k.names = slices.Delete(k.names, i, i+1)
		}
	}
	k.random.Shuffle(len(k.names), func(i, j int) { k.names[i], k.names[j] = k.names[j], k.names[i] })
	pictures := make([]fetchtest.Picture, len(k.names))
	for i, name := range k.names {
		pictures[i] = picture(name)
	}
	k.service.Set(pictures)
	k.changeFolder()
}

// changeFolder adds a picture to the folder of the owner's, and sometimes removes one.
func (k *killer) changeFolder() {
	exif := mediatest.EXIF([]mediatest.Tag{mediatest.ASCII(0x110, fmt.Sprintf("Camera %d", k.made))})
	writeFiles(k.t, k.dir, map[string]string{
		fmt.Sprintf("mine/%d/20240102-%d.jpg", k.made%3, k.made): string(mediatest.InsertJPEG(pictureData("jpg", uint64(k.made)), mediatest.APP1, mediatest.EXIFHead+exif)),
	})
	if there, _ := filepath.Glob(filepath.Join(k.dir, "mine/*/*.jpg")); len(there) > 1 && k.random.IntN(2) == 0 {
		must(k.t, os.Remove(there[k.random.IntN(len(there))]))
	}
}

// settings returns random flags that change renditions or pages.
func (k *killer) settings() []string {
	choose := func(choices ...string) string { return choices[k.random.IntN(len(choices))] }
	flags := []string{"--quality=" + choose("60", "82"), "--widths=" + choose("200,400", "100,400", "400"), "--title=" + choose("One", "Two")}
	return append(flags,
		"--originals="+choose("false", "true"),
		"--content="+choose("", filepath.Join(k.dir, "words")),
		"--theme="+choose("", "", filepath.Join(k.dir, "theme")),
		"--static="+choose("", filepath.Join(k.dir, "static")),
		"--exif="+choose(exifNone, exifCamera, exifFull),
	)
}

// command returns a run on one of the sites. It is not started.
func (k *killer) command(site string, settings []string) *exec.Cmd {
	args := append([]string{
		"--api", k.api, "--allow-private-hosts", "--out", filepath.Join(k.dir, site), "--cache", filepath.Join(k.dir, site+"-cache"),
		"--pictures", filepath.Join(k.dir, "mine"),
	}, settings...)
	c := exec.Command("firstframe", args...)
	c.Dir = k.dir
	c.Env = append(os.Environ(), "USEAPI_TOKEN="+k.service.Token, "GITHUB_ACTIONS=")
	return c
}

// kill starts a run, kills it after a while, and looks at what it leaves.
func (k *killer) kill(settings []string, after time.Duration) {
	c := k.command("wild", settings)
	var output strings.Builder
	c.Stdout, c.Stderr = &output, &output
	if err := c.Start(); err != nil {
		k.t.Fatal(err)
	}
	time.Sleep(after)
	_ = c.Process.Kill() // it may have ended
	err := c.Wait()
	if err == nil {
		return
	}
	if c.ProcessState.Exited() {
		k.t.Fatalf("round %d: %v: %v\n%s", k.rounds, settings, err, output.String())
	}
	k.killed++
	site := filepath.Join(k.dir, "wild")
	if len(temporaries(k.t, site)) > 0 {
		k.leftovers++
	}
	if _, err := os.Stat(filepath.Join(site, "index.html")); err != nil {
		k.early++
		return
	}
	report, err := check.Site(k.t.Context(), os.DirFS(site), check.Options{})
	if err != nil {
		k.t.Fatal(err)
	}
	for _, f := range report.Errors {
		switch {
		case strings.Contains(f.Problem, "leads to no element"):
			// The page of a new image links to its place on a page that does not have it yet. Until
			// then the link goes to the top of that page.
		case f.File == gallery.StateName && strings.HasPrefix(f.Problem, "it is missing"):
			// The first index is written before the first state.
		default:
			k.t.Errorf("round %d, killed after %v: %s", k.rounds, after, f)
		}
	}
}

// compare compares all files of the two sites, including hidden ones.
func (k *killer) compare(settings []string) {
	calm, err := snapshotTree(filepath.Join(k.dir, "calm"))
	if err != nil {
		k.t.Fatal(err)
	}
	wild, err := snapshotTree(filepath.Join(k.dir, "wild"))
	if err != nil {
		k.t.Fatal(err)
	}
	for name := range calm {
		if !sameEntry(calm[name], wild[name], true) {
			k.t.Errorf("round %d, %v: %s is missing or differs from the file of an undisturbed run", k.rounds, settings, name)
		}
	}
	for name := range wild {
		if calm[name] == "" {
			k.t.Errorf("round %d, %v: %s is left over", k.rounds, settings, name)
		}
	}
}
