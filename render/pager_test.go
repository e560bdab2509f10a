package render

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"firstframe/render/gallery"
	"firstframe/render/gallery/gallerytest"
)

// Images keep their page while new ones come.
func TestArchivePage(t *testing.T) {
	for _, tt := range []struct{ i, n, want int }{
		{0, 1, 1}, {59, 60, 1}, {59, 61, 1}, {60, 61, 2}, {60, 120, 2}, {60, 121, 3}, {61, 121, 2}, {120, 121, 2},
	} {
		if got := archivePage(tt.i, tt.n); got != tt.want {
			t.Errorf("image %d of %d is on page %d, want %d", tt.i, tt.n, got, tt.want)
		}
	}
}

// The featured images are larger and come first, so the index does not repeat them. A theme of the
// owner's, which may show the other list, still gets all.
func TestFeaturedOnce(t *testing.T) {
	for _, featured := range []int{0, 1, 3, 12} {
		s := gallerytest.State(12)
		for i := range featured {
			s.Images[i].Featured = true
		}
		index, page := executedIndex(t, exampleOptions(t, "").pager(s.Visible()))
		n := 0
		for _, m := range s.Images {
			if m.Featured {
				n++
			}
			if got := strings.Count(string(page), `id="`+anchor(m.Slug)+`"`); got != 1 {
				t.Errorf("%d featured: the index has %d tiles of %s", featured, got, m.Slug)
			}
		}
		if len(index.Tiles) != 12 || len(index.Featured) != n || len(index.Rest) != 12-n {
			t.Errorf("%d featured: got %d, %d and %d tiles", n, len(index.Tiles), len(index.Featured), len(index.Rest))
		}
		if strings.Contains(string(page), `class="empty"`) || !strings.Contains(string(page), `class="viewer"`) {
			t.Errorf("%d featured: the page says that there are no images, or has no viewer", featured)
		}
	}
}

// A new image must not move all others to other pages. That would write every page again, and break
// the links that people have kept.
func TestNewImageWritesFewFiles(t *testing.T) {
	t.Parallel()
	dir, before := filepath.Join(t.TempDir(), "out"), t.TempDir()
	opts := exampleOptions(t, "")
	opts.BaseURL = "https://example.org/"
	buildExample(t, dir, daily(400), opts)
	if err := os.CopyFS(before, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	s := daily(401)
	o := buildExample(t, dir, s, opts)
	wantComplete(t, dir, "/")
	fresh := s.Images[0]
	want := []string{
		".firstframe-files", ".firstframe-gallery.json", "data.js", "gallery.json", "index.html",
		"feed.json", "feed.xml", "sitemap.xml", // where the site's address is known
		gallery.ImagePath(fresh.Slug), fresh.Renditions[0].Path, fresh.Renditions[1].Path,
		gallery.ImagePath(s.Images[1].Slug),       // its neighbour
		gallery.ImagePath(s.Images[perPage].Slug), // the one that has left the index
		"month/2025-08/index.html", "tag/daily/index.html",
	}
	slices.Sort(want)
	got := changed(t, before, dir)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("one new image changes: %s", diff)
	}
	if o.Written() != len(want) {
		t.Errorf("%d files were written for %d that changed", o.Written(), len(want))
	}
}

// When as many images have come as fit on a page, there is a new page. Earlier pages show the same
// images as before, and no page has only a few.
func TestNextPage(t *testing.T) {
	t.Parallel()
	dir, before := filepath.Join(t.TempDir(), "out"), t.TempDir()
	opts := exampleOptions(t, "")
	buildExample(t, dir, gallerytest.State(2*perPage), opts)
	if err := os.CopyFS(before, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	s := gallerytest.State(2*perPage + 1)
	buildExample(t, dir, s, opts)
	wantComplete(t, dir, "/")
	got := slices.DeleteFunc(changed(t, before, dir), func(name string) bool { return !strings.HasSuffix(name, ".html") })
	want := []string{
		"index.html", galleryPath(2), galleryPath(3), // the second leads to the third now
		gallery.ImagePath(s.Images[0].Slug), gallery.ImagePath(s.Images[1].Slug), gallery.ImagePath(s.Images[perPage].Slug),
		"month/2024-07/index.html", "month/2024-07/2/index.html", "month/2024-07/3/index.html",
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("a new page changes %s", diff)
	}
}
