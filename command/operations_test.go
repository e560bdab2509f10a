package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/sync/errgroup"

	"firstframe/fetch"
	"firstframe/fetch/fetchtest"
	sitecheck "firstframe/render/check"
	"firstframe/render/gallery"
	"firstframe/render/secrets"
)

// Every operation that changes the disk fails once, in each of three ways, in each kind of run. What
// is left must be a whole site without anything private in it that has lost nothing, and the next
// run must end with the bytes of one that nobody disturbed.
//
// An ordinary run tries every ninth operation, in each way others. All of them are tried by
//
//	FIRSTFRAME_OPERATIONS=all go test -run TestEveryOperationFails -v .
func TestEveryOperationFails(t *testing.T) {
	t.Setenv("USEAPI_TOKEN", operationsToken)
	t.Setenv("USEAPI_ACCOUNT", "")
	t.Setenv("GITHUB_ACTIONS", "")
	for _, j := range journeys {
		t.Run(j.name, func(t *testing.T) {
			w := newOperationsWorld(t, j)
			for i, way := range failures {
				points := w.tryAll(way, 3*i)
				t.Logf("%s: %d operations failed", way.name, points)
				if points == 0 {
					t.Errorf("%s: no operation failed", way.name)
				}
			}
		})
	}
}

const (
	operationsToken   = "user:1234-secret-token"
	operationsAccount = "20240711"
)

// journey is a run whose operations fail, with the runs that come before it.
type journey struct {
	name    string
	before  []oneRun
	removed []string // files of the site, before the run
	run     oneRun
}

// oneRun is what the service lists when the run begins, and what the owner wants.
type oneRun struct {
	pictures []string
	videos   []fetchtest.Video
	words    map[string]string // files of the content folder
	args     []string          // {} stands for the folder that the run works in, {site} for a published site
}

var filmed = []fetchtest.Video{{
	Prompt: "A dawn", Status: fetchtest.Completed, Width: 640, Height: 360, Files: []string{"b.png"}, Clip: demoClip(),
}}

var journeys = []journey{
	{
		name: "first build",
		run: oneRun{
			pictures: []string{"a.jpg", "b.png", "n.pdf"}, videos: filmed,
			args: []string{"--source=both", "--clips", "--originals"},
		},
	},
	{
		name:   "update",
		before: []oneRun{{pictures: []string{"a.jpg", "b.png"}}},
		run: oneRun{
			pictures: []string{"a.jpg", "b.png", "c.gif"},
			words:    map[string]string{"about.md": "Words.", "images/a.md": "---\ntags: [new]\n---\n"},
		},
	},
	{
		name:   "prune",
		before: []oneRun{{pictures: []string{"a.jpg", "b.png", "c.gif"}, args: []string{"--originals"}}},
		run:    oneRun{pictures: []string{"a.jpg", "c.gif"}, args: []string{"--originals", "--prune"}},
	},
	{
		name:   "hide",
		before: []oneRun{{pictures: []string{"a.jpg", "b.png"}, videos: filmed, args: []string{"--source=both", "--clips"}}},
		run: oneRun{
			pictures: []string{"a.jpg", "b.png"}, videos: filmed, args: []string{"--source=both", "--clips"},
			words: map[string]string{"images/b.md": "---\nhidden: true\n---\n"},
		},
	},
	{
		name: "restore",
		run:  oneRun{pictures: []string{"a.jpg"}, args: []string{"--restore={site}"}},
	},
	{
		name: "merge",
		before: []oneRun{
			{pictures: []string{"a.jpg", "b.png", "c.gif"}, args: []string{"--out={}/parts/1", "--shard=1/2"}},
			{pictures: []string{"a.jpg", "b.png", "c.gif"}, args: []string{"--out={}/parts/2", "--shard=2/2"}},
		},
		run: oneRun{pictures: []string{"a.jpg", "b.png", "c.gif"}, args: []string{"--merge={}/parts"}},
	},
	{
		name:    "restore over a damaged site",
		before:  []oneRun{{pictures: []string{"a.jpg", "b.png"}}},
		removed: []string{gallery.StateName, ".firstframe-gallery.json"},
		run:     oneRun{pictures: []string{"a.jpg"}, args: []string{"--restore={site}"}},
	},
	{
		name: "restore and prune",
		run:  oneRun{pictures: []string{"a.jpg", "b.png"}, args: []string{"--restore={site}", "--prune", "--widths=90"}},
	},
	{
		name: "hide and merge",
		before: []oneRun{
			{pictures: []string{"a.jpg", "b.png", "c.gif"}, args: []string{"--out={}/parts/1", "--shard=1/1", "--originals"}},
			{pictures: []string{"a.jpg", "b.png"}, args: []string{"--originals"}},
		},
		run: oneRun{
			pictures: []string{"a.jpg", "b.png", "c.gif"}, args: []string{"--merge={}/parts", "--originals"},
			words: map[string]string{"images/b.md": "---\nhidden: true\n---\n"},
		},
	},
	{
		name: "clips and originals off",
		before: []oneRun{{
			pictures: []string{"a.jpg", "b.png"}, videos: filmed, args: []string{"--source=both", "--clips", "--originals", "--prompts"},
		}},
		run: oneRun{pictures: []string{"b.png"}, videos: filmed, args: []string{"--source=both"}},
	},
	{
		name: "settings",
		before: []oneRun{{
			pictures: []string{"a.jpg", "b.png"}, args: []string{"--base-url=https://example.org/", "--originals"},
		}},
		run: oneRun{
			pictures: []string{"a.jpg", "b.png"},
			args:     []string{"--title=Another", "--widths=90", "--base-url=https://example.org/"},
		},
	},
}

// failure is a way in which operations fail.
type failure struct {
	name string
	err  error
	// hits reports whether the n-th operation fails, if that at a position is the first that may.
	hits func(n, at int64, operation string) bool
}

var failures = []failure{
	{"killed", errors.New("killed"), func(n, at int64, _ string) bool { return n >= at }},
	{"no space", syscall.ENOSPC, func(n, at int64, operation string) bool {
		return n >= at && slices.Contains([]string{"create", "write", "mkdir", "sync"}, operation)
	}},
	{"input/output error", syscall.EIO, func(n, at int64, _ string) bool { return n == at }},
}

// operationsWorld is a service, and the folders of a journey as they are before its last run.
type operationsWorld struct {
	t    *testing.T
	j    journey
	api  string
	site string // the address of a published site
	dir  string // with everything before the run
	kept []string
	want map[string]string // the site after a run that nobody disturbs
}

func newOperationsWorld(t *testing.T, j journey) *operationsWorld {
	w := &operationsWorld{t: t, j: j, dir: filepath.Join(t.TempDir(), "before")}
	service := &fetchtest.Service{Token: operationsToken, Accounts: []string{operationsAccount}}
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	w.api = server.URL
	if strings.Contains(strings.Join(j.run.args, " "), "{site}") {
		w.publish(service)
	}
	w.prepare(service, w.dir, j.before...)
	for _, name := range j.removed {
		check(t, os.Remove(filepath.Join(w.dir, "out", name)))
	}
	offer(service, j.run)
	calm := w.copy("calm")
	if code, said := w.do(calm, j.run, nil); code != exitOK && code != exitIncomplete {
		t.Fatalf("undisturbed: exit code %d: %s", code, said)
	}
	w.want = w.tree(calm)
	// What was there before, and is there after the run, must be there all the time.
	after := visibleSlugs(t, filepath.Join(calm, "out"))
	for _, slug := range visibleSlugs(t, filepath.Join(w.dir, "out")) {
		if slices.Contains(after, slug) {
			w.kept = append(w.kept, slug)
		}
	}
	return w
}

// prepare makes a folder, and does runs in it that nobody disturbs.
func (w *operationsWorld) prepare(service *fetchtest.Service, dir string, runs ...oneRun) {
	w.t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		w.t.Fatal(err)
	}
	for _, r := range runs {
		offer(service, r)
		writeFiles(w.t, filepath.Join(dir, "words"), r.words)
		if code, said := w.do(dir, r, nil); code != exitOK {
			w.t.Fatalf("before: exit code %d: %s", code, said)
		}
	}
}

// publish puts a site on the network that has more images than the service lists later.
func (w *operationsWorld) publish(service *fetchtest.Service) {
	dir := filepath.Join(w.t.TempDir(), "published")
	w.prepare(service, dir, oneRun{pictures: []string{"a.jpg", "b.png", "c.gif"}})
	server := httptest.NewServer(http.FileServer(http.Dir(filepath.Join(dir, "out"))))
	w.t.Cleanup(server.Close)
	w.site = server.URL
}

// offer makes the service list what a run finds.
func offer(service *fetchtest.Service, r oneRun) {
	pictures := make([]fetchtest.Picture, len(r.pictures))
	for i, name := range r.pictures {
		pictures[i] = picture(name)
	}
	service.Set(pictures)
	service.SetVideos(r.videos)
}

// do runs the command in a folder.
func (w *operationsWorld) do(dir string, r oneRun, step func(operation, path string) error) (code int, said string) {
	args := []string{
		"--api=" + w.api, "--allow-private-hosts", "--account=" + operationsAccount,
		"--cache=" + filepath.Join(dir, "cache"), "--widths=100", "--out=" + filepath.Join(dir, "out"),
	}
	if _, err := os.Stat(filepath.Join(dir, "words")); err == nil {
		args = append(args, "--content="+filepath.Join(dir, "words"))
	}
	for _, arg := range r.args {
		args = append(args, strings.NewReplacer("{}", dir, "{site}", w.site).Replace(arg))
	}
	var out bytes.Buffer
	code = runStepwise(context.Background(), repositoryFiles(), args, strings.NewReader(""), &out, &out, step)
	return code, out.String()
}

// copy makes a folder of what was there before the run, with the words that it is given.
func (w *operationsWorld) copy(name string) string {
	dir := filepath.Join(filepath.Dir(w.dir), name)
	if err := os.CopyFS(dir, os.DirFS(w.dir)); err != nil {
		w.t.Error(err)
	}
	writeFiles(w.t, filepath.Join(dir, "words"), w.j.run.words)
	return dir
}

// tree is the site in a folder: its files with their bytes, and its folders.
func (w *operationsWorld) tree(dir string) map[string]string {
	tree := map[string]string{}
	site := os.DirFS(filepath.Join(dir, "out"))
	err := fs.WalkDir(site, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			tree[name+"/"] = ""
			return nil
		}
		data, err := fs.ReadFile(site, name)
		tree[name] = string(data)
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.t.Error(err)
	}
	return tree
}

// tryAll lets one operation after the other fail in a way, each in a new copy, and returns how many.
func (w *operationsWorld) tryAll(way failure, offset int) int {
	stride := operationsStride(9)
	if stride == 1 {
		offset = 0
	}
	var points atomic.Int64
	var ended atomic.Bool
	group := errgroup.Group{}
	group.SetLimit(4 * runtime.GOMAXPROCS(0)) // they mostly wait for the disk
	for at := int64(offset); !ended.Load(); at += stride {
		group.Go(func() error {
			if w.try(way, at) {
				points.Add(1)
			} else {
				ended.Store(true)
			}
			return nil
		})
	}
	_ = group.Wait() // nothing in it fails
	return int(points.Load())
}

// operationsStride is how far apart the operations are that a test tries: a number for ordinary runs,
// or 1 where all are wanted.
func operationsStride(ordinary int64) int64 {
	if os.Getenv("FIRSTFRAME_OPERATIONS") == "all" {
		return 1
	}
	return ordinary
}

// try lets operations fail from one on, and looks at what is left. It reports whether there were as
// many operations.
func (w *operationsWorld) try(way failure, at int64) bool {
	name := fmt.Sprintf("%s at %d", way.name, at)
	dir := w.copy(name)
	defer os.RemoveAll(dir)
	var n atomic.Int64
	var first string
	var once sync.Once
	code, said := w.do(dir, w.j.run, func(operation, path string) error {
		if !way.hits(n.Add(1)-1, at, operation) {
			return nil
		}
		once.Do(func() { first = operation + " " + strings.ReplaceAll(path, dir, "") })
		return &fs.PathError{Op: operation, Path: path, Err: way.err}
	})
	if first == "" {
		return n.Load() > at // only operations of other kinds are left
	}
	name += ": " + first
	w.inspect(name, dir, code, said)
	if code, said := w.do(dir, w.j.run, nil); code != exitOK && code != exitIncomplete {
		w.t.Errorf("%s: then exit code %d: %s", name, code, said)
	}
	w.compare(name, w.tree(dir))
	return true
}

// inspect looks at what a disturbed run has left.
func (w *operationsWorld) inspect(name, dir string, code int, said string) {
	if !slices.Contains([]int{exitOK, exitFailed, exitIncomplete}, code) {
		w.t.Errorf("%s: exit code %d: %s", name, code, said)
	}
	if code == exitOK {
		tree := w.tree(dir)
		delete(tree, ".firstframe.lock") // no obstacle for the next run
		w.compare(name+", exit code 0", tree)
	}
	site := filepath.Join(dir, "out")
	if _, err := os.Stat(filepath.Join(site, "index.html")); err != nil {
		if len(w.kept) > 0 {
			w.t.Errorf("%s: the site is gone: %s", name, said)
		}
		return
	}
	report, err := sitecheck.Site(context.Background(), os.DirFS(site), sitecheck.Options{Secrets: []secrets.Secret{
		{Name: "the token", Forms: fetch.Forms(operationsToken)},
		{Name: "the account", Forms: fetch.Forms(operationsAccount)},
	}})
	if err != nil {
		w.t.Errorf("%s: %v", name, err)
	}
	for _, f := range report.Errors {
		switch {
		case strings.Contains(f.Problem, "leads to no element"):
			// A new image's page names its place on a page that does not have it yet.
		case f.File == gallery.StateName && f.Problem == "it is missing":
			// The first state comes after the first index.
		case f.File == gallery.StateName && strings.HasSuffix(f.Problem, "has no page") && w.site != "":
			// A state that is restored comes before the pages.
		default:
			w.t.Errorf("%s: %s (exit code %d: %s)", name, f, code, said)
		}
	}
	there := visibleSlugs(w.t, site)
	for _, slug := range w.kept {
		_, err := os.Stat(filepath.Join(site, "image", slug, "index.html"))
		if !slices.Contains(there, slug) || err != nil {
			w.t.Errorf("%s: %s is lost: %v", name, slug, err)
		}
	}
}

// compare compares a site with that of an undisturbed run.
func (w *operationsWorld) compare(name string, got map[string]string) {
	for file, data := range w.want {
		if other, ok := got[file]; !ok || other != data {
			w.t.Errorf("%s: %s is missing or has other bytes than after an undisturbed run", name, file)
		}
	}
	for file := range got {
		if _, ok := w.want[file]; !ok {
			w.t.Errorf("%s: %s is left over", name, file)
		}
	}
}

// visibleSlugs are the slugs of the images that a site shows by its state.
func visibleSlugs(t *testing.T, site string) []string {
	state, _, err := gallery.Load(os.DirFS(site))
	if err != nil {
		t.Error(err)
		return nil
	}
	var slugs []string
	for _, m := range state.Images {
		if !m.Hidden {
			slugs = append(slugs, m.Slug)
		}
	}
	return slugs
}
