package render

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"firstframe/render/check"
	"firstframe/render/gallery"
	"firstframe/render/gallery/gallerytest"
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

// At every step of an update the site must be complete: the run may be
// killed there.
func TestEveryStepIsComplete(t *testing.T) {
	base := t.TempDir()
	dir := filepath.Join(base, "out")
	opts := exampleOptions(t, "")
	opts.BaseURL = "https://example.org/gallery/"
	old := gallerytest.State(2 * perPage)
	old.Images[38].Tags = []string{"old"}
	opts.Content = &Content{Texts: []Text{{Name: "old", Title: "Old", Body: "[about](index.html)"}}}
	buildExample(t, dir, old, opts)
	// Two new images, a new tag, a changed word, a new further page; and gone are one
	// image with its tag, and a further page. There is one page more.
	next := gallerytest.State(2*perPage + 2)
	next.Images = slices.Delete(next.Images, 40, 41)
	next.Images[30].Title = "Another"
	next.Images[0].Tags, next.Images[50].Tags = []string{"new"}, []string{"new"}
	opts.Content = &Content{Texts: []Text{{Name: "about", Title: "About", Body: "[gallery](index.html)"}}}
	// The run ends at each file in turn that takes its place or is removed, and a check follows. The
	// first ones are new pages, and the last ones are removed; of those between some are enough.
	steps := 0
	for limit, stride := 0, 1; ; limit += stride {
		if limit == 12 {
			stride = 13
		}
		step := filepath.Join(base, "step")
		os.RemoveAll(step)
		if err := os.CopyFS(step, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		o := openOutput(t, step)
		gallerytest.WriteMedia(t, next, o.Write)
		o.opts.Step = endAfter(limit, "rename", "remove")
		err := build(t.Context(), o, next, opts)
		if err == nil && stride > 1 {
			o.Close()
			limit, stride = limit-3*stride, 1
			continue
		}
		o.Close()
		report, checkErr := check.Site(t.Context(), os.DirFS(step), check.Options{RootPath: "/gallery/"})
		if checkErr != nil {
			t.Fatal(checkErr)
		}
		for _, f := range report.Errors {
			// A new image's page names its place on the index before the index has
			// it: that link leads to the top of the page until then.
			if !strings.Contains(f.Problem, "to no element") {
				t.Error(f)
			}
		}
		if t.Failed() {
			t.Fatalf("after %d of the steps", limit)
		}
		steps++
		if err == nil {
			for _, name := range []string{gallery.ImagePath(old.Images[38].Slug), tagFolder("old") + "/index.html", "old/index.html"} {
				if _, err := os.Stat(filepath.Join(step, name)); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s is still there: %v", name, err)
				}
			}
			break
		}
	}
	if steps < 5 {
		t.Errorf("only %d steps were looked at", steps)
	}
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
		t.Errorf("the page of the tag comes before that of the image: %q", places)
	}
}

// A run with other settings that is killed, and then one with those of before:
// nothing of the killed one may be left, neither in a page whose length is the
// same nor as a picture that no image has.
func TestChangeThatIsTakenBack(t *testing.T) {
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
