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
	"time"

	"golang.org/x/sync/errgroup"

	"firstframe/fetch"
	"firstframe/fetch/fetchtest"
	"firstframe/render/check"
	"firstframe/render/gallery"
	"firstframe/render/secrets"
	"firstframe/render/slowtest"
)

// TestEveryOperationFails lets operations that change the disk fail, in three ways, in every kind
// of run. What is left must be a complete site that has lost nothing and holds nothing private. The
// next run must end with the bytes of an undisturbed run.
//
// An ordinary test tries every 18th operation, and other ones in each way. This tries all of them:
//
//	FIRSTFRAME_TESTS=all go test -run TestEveryOperationFails -v ./command
func TestEveryOperationFails(t *testing.T) {
	slowtest.Skip(t)
	t.Setenv("USEAPI_TOKEN", operationsToken)
	t.Setenv("USEAPI_ACCOUNT", "")
	t.Setenv("GITHUB_ACTIONS", "")
	for _, j := range journeys {
		t.Run(j.name, func(t *testing.T) {
			w := newOperationsWorld(t, j)
			for i, way := range failures {
				points := w.tryAll(way, 6*i)
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

// journey is a run whose operations fail, and the runs before it.
type journey struct {
	name    string
	before  []oneRun
	removed []string // files of the site that are removed before the run
	run     oneRun
}

// oneRun is what the service lists during a run, and what the owner wants.
type oneRun struct {
	pictures []string
	videos   []fetchtest.Video
	images   []fetchtest.Image
	words    map[string]string // files of the content folder
	mine     []string          // new pictures in the folder {}/mine
	args     []string          // flags: {} is the folder of the run, {site} the address of a published site
}

// filmed is a video with a clip, made from b.png.
var filmed = []fetchtest.Video{{
	Prompt: "A dawn", Status: fetchtest.Completed, Width: 640, Height: 360, Files: []string{"b.png"}, Clip: demoClip(),
}}

// variations are two pictures that the service made of one request. One of them is a file, too.
var variations = []fetchtest.Image{
	{Prompt: "A dusk", Status: fetchtest.Completed, Data: pictureData("jpg", 301), Model: "image-01", Batch: "1", Created: time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)},
	{Prompt: "A dusk", Status: fetchtest.Completed, File: "b.png", Model: "image-01", Batch: "1", Created: time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)},
}

// journeys are all kinds of runs.
var journeys = []journey{
	{
		name: "first build",
		run: oneRun{
			pictures: []string{"a.jpg", "b.png", "n.pdf"}, videos: filmed,
			args: []string{"--source=both", "--clips", "--originals"},
		},
	},
	{
		name: "update",
		before: []oneRun{{
			pictures: []string{"a.jpg", "b.png"},
			words:    map[string]string{"old/a/b.txt": "Gone.", "old/c.txt": "Old.", "index.md": "[c](/c.txt)"},
			args:     []string{"--static={}/words/old"},
		}},
		run: oneRun{
			pictures: []string{"a.jpg", "b.png", "c.gif"},
			words: map[string]string{
				"about.md": "Words. [d](/d/e.txt)", "images/a.md": "---\ntags: [new]\n---\n", "new/c.txt": "New.", "new/d/e.txt": "More.",
			},
			args: []string{"--static={}/words/new"},
		},
	},
	{
		name: "images that the service made",
		before: []oneRun{{
			pictures: []string{"a.jpg", "b.png"}, images: variations[1:], args: []string{"--source=both", "--prompts"},
		}},
		run: oneRun{
			pictures: []string{"a.jpg", "b.png"}, videos: filmed, images: variations, args: []string{"--source=both", "--prompts"},
		},
	},
	{
		name: "pictures of a folder",
		before: []oneRun{{
			pictures: []string{"a.jpg"}, args: []string{"--pictures={}/mine"},
			mine: []string{"b.png"},
		}},
		run: oneRun{
			pictures: []string{"a.jpg"}, args: []string{"--pictures={}/mine", "--originals"},
			mine: []string{"c.gif", "a.jpg"},
		},
	},
	{
		name: "pictures of a folder, pruned",
		before: []oneRun{{
			mine: []string{"one/20240101.jpg", "one/20240102.png", "two/20240103.gif"}, args: []string{"--source=folder", "--pictures={}/mine", "--exif=none"},
		}},
		run: oneRun{args: []string{"--source=folder", "--pictures={}/mine/one", "--exif=full", "--prune"}},
	},
	{
		name: "another origin",
		before: []oneRun{{
			pictures: []string{"a.jpg", "b.png"}, videos: filmed, args: []string{"--source=both", "--clips", "--originals", "--content={}/words/before"},
			words: map[string]string{"before/index.md": "---\ndigital_source_type: digitalCreation\n---\n"},
		}},
		run: oneRun{
			pictures: []string{"a.jpg", "b.png", "c.gif"}, videos: filmed, args: []string{"--source=both", "--clips", "--originals", "--content={}/words/after"},
			words: map[string]string{
				"after/index.md":    "---\ndigital_source_type: trainedAlgorithmicMedia\nai_system: Painter\n---\n",
				"after/images/a.md": "---\ndigital_source_type: digitalCapture\n---\n",
			},
		},
	},
	{
		name: "offline",
		before: []oneRun{
			{pictures: []string{"a.jpg", "b.png", "c.gif"}, videos: filmed, args: []string{"--source=both", "--clips"}},
			{
				pictures: []string{"a.jpg", "b.png", "c.gif"}, videos: filmed, args: []string{"--source=both", "--clips", "--content={}/words/before"},
				words: map[string]string{"before/images/c.md": "---\nhidden: true\n---\n"},
			},
		},
		run: oneRun{
			words: map[string]string{
				"after/images/c.md": "---\nhidden: false\n---\n", "after/images/b.md": "---\nhidden: true\n---\n", "static/c.txt": "New.",
			},
			args: []string{"--offline", "--widths=90", "--originals", "--clips", "--content={}/words/after", "--static={}/words/static"},
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
		run: oneRun{
			pictures: []string{"b.png"}, videos: filmed,
			args: []string{"--source=both", "--clips=false", "--originals=false", "--prompts=false"},
		},
	},
	{
		name: "settings",
		before: []oneRun{{
			pictures: []string{"a.jpg", "b.png"}, args: []string{"--base-url=https://example.org/", "--originals"},
		}},
		run: oneRun{
			pictures: []string{"a.jpg", "b.png"},
			args:     []string{"--title=Another", "--widths=90", "--base-url=https://example.org/", "--originals=false"},
		},
	},
}

// failure is a way to fail.
type failure struct {
	name string
	err  error
	// hits reports whether operation n fails if operation at is the first that may fail.
	hits func(n, at int64, operation string) bool
}

// failures are all ways to fail.
var failures = []failure{
	{"killed", errors.New("killed"), func(n, at int64, _ string) bool { return n >= at }},
	{"no space", syscall.ENOSPC, func(n, at int64, operation string) bool {
		return n >= at && slices.Contains([]string{"create", "write", "mkdir", "sync"}, operation)
	}},
	{"input/output error", syscall.EIO, func(n, at int64, _ string) bool { return n == at }},
}

// operationsWorld is a service and the folders of a journey before its last run.
type operationsWorld struct {
	t    *testing.T
	j    journey
	api  string
	site string            // address of a published site
	dir  string            // folder with everything before the run
	kept []string          // slugs of the images that must be there all the time
	want map[string]string // site after an undisturbed run
}

// newOperationsWorld makes the runs before, and an undisturbed run for comparison.
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
		must(t, os.Remove(filepath.Join(w.dir, "out", name)))
	}
	offer(service, j.run)
	calm := w.copy("calm")
	if code, said := w.do(calm, j.run, nil); code != exitOK && code != exitIncomplete {
		t.Fatalf("undisturbed: exit code %d: %s", code, said)
	}
	w.want = w.tree(calm)
	// Images that exist before and after the run must exist all the time.
	after := visibleSlugs(t, filepath.Join(calm, "out"))
	for _, slug := range visibleSlugs(t, filepath.Join(w.dir, "out")) {
		if slices.Contains(after, slug) {
			w.kept = append(w.kept, slug)
		}
	}
	return w
}

// prepare makes a folder with undisturbed runs.
func (w *operationsWorld) prepare(service *fetchtest.Service, dir string, runs ...oneRun) {
	w.t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		w.t.Fatal(err)
	}
	for _, r := range runs {
		offer(service, r)
		w.write(dir, r)
		if code, said := w.do(dir, r, nil); code != exitOK {
			w.t.Fatalf("before: exit code %d: %s", code, said)
		}
	}
}

// publish publishes a site with more images than the service lists later.
func (w *operationsWorld) publish(service *fetchtest.Service) {
	dir := filepath.Join(w.t.TempDir(), "published")
	w.prepare(service, dir, oneRun{pictures: []string{"a.jpg", "b.png", "c.gif"}})
	server := httptest.NewServer(http.FileServer(http.Dir(filepath.Join(dir, "out"))))
	w.t.Cleanup(server.Close)
	w.site = server.URL
}

// offer makes the service list what a run needs.
func offer(service *fetchtest.Service, r oneRun) {
	pictures := make([]fetchtest.Picture, len(r.pictures))
	for i, name := range r.pictures {
		pictures[i] = picture(name)
	}
	service.Set(pictures)
	service.SetVideos(r.videos)
	service.SetImages(r.images)
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
	code = runHooked(context.Background(), repositoryFiles(), args, strings.NewReader(""), &out, &out, hooks{step: step})
	return code, out.String()
}

// copy copies the folder before the run, and adds the content of the run.
func (w *operationsWorld) copy(name string) string {
	dir := filepath.Join(filepath.Dir(w.dir), name)
	if err := os.CopyFS(dir, os.DirFS(w.dir)); err != nil {
		w.t.Error(err)
	}
	w.write(dir, w.j.run)
	return dir
}

// write writes the files of the owner that come with a run.
func (w *operationsWorld) write(dir string, r oneRun) {
	writeFiles(w.t, filepath.Join(dir, "words"), r.words)
	mine := map[string]string{}
	for _, name := range r.mine {
		mine[name] = string(picture(name).Data)
	}
	writeFiles(w.t, filepath.Join(dir, "mine"), mine)
}

// tree returns the files and folders of the site in a folder, with the bytes of the files.
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

// tryAll lets operations fail in a way, each in its own copy. It returns how many failed.
func (w *operationsWorld) tryAll(way failure, offset int) int {
	stride := slowtest.Stride(18)
	if stride == 1 {
		offset = 0
	}
	var points atomic.Int64
	var ended atomic.Bool
	group := errgroup.Group{}
	group.SetLimit(4 * runtime.GOMAXPROCS(0)) // they mostly wait for the disk
	for at := int64(offset); !ended.Load(); at += int64(stride) {
		group.Go(func() error {
			if w.try(way, at) {
				points.Add(1)
			} else {
				ended.Store(true)
			}
			return nil
		})
	}
	_ = group.Wait() // no function returns an error
	return int(points.Load())
}

// try lets operation at, and perhaps later ones, fail and looks at what is left. It reports whether
// there were so many operations.
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
		return n.Load() > at // only operations that do not fail in this way are left
	}
	name += ": " + first
	w.inspect(name, dir, code, said)
	if code, said := w.do(dir, w.j.run, nil); code != exitOK && code != exitIncomplete {
		w.t.Errorf("%s: then exit code %d: %s", name, code, said)
	}
	w.compare(name, w.tree(dir))
	return true
}

// inspect looks at what a disturbed run left.
func (w *operationsWorld) inspect(name, dir string, code int, said string) {
	if !slices.Contains([]int{exitOK, exitFailed, exitIncomplete}, code) {
		w.t.Errorf("%s: exit code %d: %s", name, code, said)
	}
	if code == exitOK {
		tree := w.tree(dir)
		delete(tree, ".firstframe.lock") // the next run can use it
		w.compare(name+", exit code 0", tree)
	}
	site := filepath.Join(dir, "out")
	if _, err := os.Stat(filepath.Join(site, "index.html")); err != nil {
		if len(w.kept) > 0 {
			w.t.Errorf("%s: the site is gone: %s", name, said)
		}
		return
	}
	report, err := check.Site(context.Background(), os.DirFS(site), check.Options{Secrets: []secrets.Secret{
		{Name: "the token", Forms: fetch.Forms(operationsToken)},
		{Name: "the account", Forms: fetch.Forms(operationsAccount)},
	}})
	if err != nil {
		w.t.Errorf("%s: %v", name, err)
	}
	for _, f := range report.Errors {
		switch {
		case strings.Contains(f.Problem, "leads to no element"):
			// The page of a new image links to its place on a page that does not have it yet.
		case f.File == gallery.StateName && strings.HasPrefix(f.Problem, "it is missing"):
			// The first index is written before the first state.
		case strings.HasPrefix(f.Problem, "it is missing, and gallery.json refers to it") && w.site != "":
			// A restored state is written before the pages.
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

// compare compares a site with the site of an undisturbed run.
func (w *operationsWorld) compare(name string, got map[string]string) {
	for file, data := range w.want {
		if other, ok := got[file]; !ok || other != data {
			w.t.Errorf("%s: %s is missing or differs from the file of an undisturbed run", name, file)
		}
	}
	for file := range got {
		if _, ok := w.want[file]; !ok {
			w.t.Errorf("%s: %s is left over", name, file)
		}
	}
}

// visibleSlugs returns the slugs of the visible images in the state of a site.
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
