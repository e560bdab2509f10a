package render

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"firstframe/render/check"
	"firstframe/render/gallery"
	"firstframe/render/gallery/gallerytest"
	"firstframe/render/slowtest"
)

// endAfter lets so many of these operations happen, and then none of any kind: as if the run had
// been killed.
func endAfter(limit int, operations ...string) func(operation, path string) error {
	left := int64(limit)
	return func(operation, path string) error {
		if slices.Contains(operations, operation) && atomic.AddInt64(&left, -1) < 0 || atomic.LoadInt64(&left) < 0 {
			return syscall.EIO
		}
		return nil
	}
}

// step is a file that takes its place, or one that is removed.
type step struct {
	path    string
	data    []byte
	removed bool
}

// apply does the same in a file system in memory.
func (s step) apply(site fstest.MapFS) {
	if s.removed {
		delete(site, s.path)
		return
	}
	site[s.path] = &fstest.MapFile{Data: s.data}
}

// stepsOf runs change on the output folder dir, and returns its steps in their order. Between files
// that take their places at the same time the order is one of those that are possible.
func stepsOf(t *testing.T, dir string, change func(o *Output) error) []step {
	t.Helper()
	var steps []step
	var mu sync.Mutex
	last := map[string]int{} // the last step of each path
	readLast := func(path string) {
		if i, ok := last[path]; ok && !steps[i].removed {
			steps[i].data, _ = os.ReadFile(filepath.Join(dir, path))
		}
	}
	o, err := OpenOutput(dir, OutputOptions{Step: func(operation, path string) error {
		mu.Lock()
		defer mu.Unlock()
		if operation == "rename" || operation == "remove" {
			readLast(path) // the last step of this path is done, and the next one not begun
			last[path] = len(steps)
			steps = append(steps, step{path: path, removed: operation == "remove"})
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(change(o), o.Close()); err != nil {
		t.Fatal(err)
	}
	for path := range last {
		readLast(path)
	}
	return steps
}

// The site must be complete after every step of an update, because the run may be killed there. The
// update is recorded once, and replayed in memory step by step.
func TestEveryStepIsComplete(t *testing.T) {
	t.Parallel()
	slowtest.Skip(t)
	dir := filepath.Join(t.TempDir(), "out")
	opts := exampleOptions(t, "")
	opts.BaseURL = "https://example.org/gallery/"
	old := smallState(2 * perPage)
	old.Images[38].Tags = []string{"old"}
	opts.Content = &Content{Texts: []Text{{Name: "old", Title: "Old", Body: "[about](index.html) ![](/gone.svg)"}}, Intro: "![](/gone.svg)"}
	opts.Static, _ = loadStatic(t, makeStatic(t, map[string]string{
		"gone.svg": "<svg/>", "both.svg": "<svg/>", "favicon.ico": "", "tool/index.html": `<img src="../gone.svg" alt=""></html>`,
	}))
	buildExample(t, dir, old, opts)
	site := fstest.MapFS{}
	for name, data := range treeOf(t, dir) {
		site[name] = &fstest.MapFile{Data: []byte(data)}
	}
	// The update adds two images, a tag and a further page, and changes a title. It removes an image
	// with its tag, and a further page. There is one gallery page more. Of the static files, some are
	// gone, one is new, and one has changed.
	next := smallState(2*perPage + 2)
	next.Images = slices.Delete(next.Images, 40, 41)
	next.Images[30].Title = "Another"
	next.Images[0].Tags, next.Images[50].Tags = []string{"new"}, []string{"new"}
	next.Images[0].Caption = "[a](/about/) and [b](/tag/new/)" // a new image
	opts.Content = &Content{Texts: []Text{{Name: "about", Title: "About", Body: "[gallery](index.html) [new](/tag/new/) ![](/new/a.svg)"}}, Intro: "![](/both.svg)"}
	opts.Static, _ = loadStatic(t, makeStatic(t, map[string]string{"new/a.svg": "<svg/>", "both.svg": "<svg></svg>"}))
	steps := stepsOf(t, dir, func(o *Output) error {
		gallerytest.WriteMedia(t, next, o.Write)
		return build(t.Context(), o, next, opts)
	})
	if len(steps) < 100 {
		t.Errorf("the update has only %d steps", len(steps))
	}

	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, step := range steps {
		step.apply(site)
		now := maps.Clone(site)
		group.Go(func() error {
			report, err := check.Site(t.Context(), now, check.Options{BaseURL: "https://example.org/gallery/"})
			for _, f := range report.Errors {
				// A new image's page names its place on the index before the index has it. Until then
				// the link leads to the top of the index.
				if !strings.Contains(f.Problem, "to no element") {
					t.Errorf("after step %d of %d, %s: %v", i+1, len(steps), step.path, f)
				}
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}

	got := map[string]string{}
	for name, f := range site {
		got[name] = string(f.Data)
	}
	if diff := cmp.Diff(treeOf(t, dir), got); diff != "" {
		t.Errorf("the replayed site is not the one on the disk: %s", diff)
	}
	for _, name := range []string{gallery.ImagePath(old.Images[38].Slug), tagFolder("old") + "/index.html", "old/index.html", "gone.svg", "tool/index.html"} {
		if site[name] != nil {
			t.Errorf("%s is still there", name)
		}
	}
}

// smallState returns a state whose images have one rendition each.
func smallState(n int) *gallery.State {
	s := gallerytest.State(n)
	for i := range s.Images {
		s.Images[i].Renditions = s.Images[i].Renditions[:1]
	}
	return s
}

// A new page that shows a new image takes its place after the image's own: a run may be killed
// between the two.
func TestNewImagesComeBeforeTheirTiles(t *testing.T) {
	dir, opts := filepath.Join(t.TempDir(), "out"), exampleOptions(t, "")
	buildExample(t, dir, gallerytest.State(1), opts)
	s := gallerytest.State(2)
	s.Images[0].Tags = []string{"new"}
	var places []string
	var mu sync.Mutex
	o, err := OpenOutput(dir, OutputOptions{Step: func(operation, path string) error {
		mu.Lock()
		defer mu.Unlock()
		if operation == "rename" {
			places = append(places, path)
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	gallerytest.WriteMedia(t, s, o.Write)
	if err := build(t.Context(), o, s, opts); err != nil {
		t.Fatal(err)
	}
	image := slices.Index(places, gallery.ImagePath(s.Images[0].Slug))
	tag := slices.Index(places, tagFolder("new")+"/index.html")
	if image < 0 || tag < image {
		t.Errorf("the page of the tag comes before the page of the image: %q", places)
	}
}

// A run with other settings is killed, and the next run has the settings from before. Nothing of
// the killed run must be left: not in a page whose length is the same, and not as a picture that no
// image has.
func TestChangeThatIsTakenBack(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "out")
	s := gallerytest.State(5)
	one, two := exampleOptions(t, ""), exampleOptions(t, "")
	one.Title, two.Title = "One", "Two"
	two.Content = &Content{Texts: []Text{{Name: "about", Title: "About", Body: "Words."}}}
	buildExample(t, dir, s, one)
	want := treeOf(t, dir)
	for left := range 30 {
		o := openOutput(t, dir)
		if err := o.Write("media/00000000000000ff-5-aa.jpg", gallerytest.JPEG(t, 5, 5)); err != nil {
			t.Fatal(err)
		}
		o.opts.Step = endAfter(left, "rename", "remove")
		err := build(t.Context(), o, s, two)
		o.Close()
		if err == nil && left == 0 {
			t.Fatal("the run was not ended")
		}
		buildExample(t, dir, s, one)
		if diff := cmp.Diff(want, treeOf(t, dir)); diff != "" {
			t.Fatalf("ended after %d pages: %s", left, diff)
		}
	}
}
