package render

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"firstframe/render/gallery"
	"firstframe/render/gallery/gallerytest"
)

// Every image must be on the pages of its month and of its tags, once.
func TestGroups(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "out")
	s := daily(150)
	for i := range s.Images {
		s.Images[i].Tags = []string{"all", fmt.Sprintf("日本 %d", min(i%5, 1))}
	}
	s.Images[149].Uploaded = s.Images[149].Uploaded.AddDate(-100, 0, 0)
	buildExample(t, dir, s, exampleOptions(t, ""))
	wantComplete(t, dir, "/")
	tile := regexp.MustCompile(`<a id="i-([0-9a-f]{16})"`)
	count := func(pattern string) (files, images int) {
		names, _ := filepath.Glob(filepath.Join(dir, pattern))
		var all []string
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range tile.FindAllStringSubmatch(string(data), -1) {
				all = append(all, m[1])
			}
		}
		slices.Sort(all)
		return len(names), len(slices.Compact(all))
	}
	for pattern, want := range map[string][2]int{
		"month/*/index.html":   {6, 150},
		"tag/all/index.html":   {1, 60},
		"tag/all/*/index.html": {2, 120}, // full pages; one begins with images of the first page
		"tag/0-*/index.html":   {1, 30},
		"tag/0-*/*/index.html": {0, 0},
		"tag/1-*/index.html":   {1, 60},
		"tag/1-*/2/index.html": {1, 60},
		"month/1924-07/*.html": {1, 1},
	} {
		if files, images := count(pattern); files != want[0] || images != want[1] {
			t.Errorf("%s are %d pages with %d images, want %v", pattern, files, images, want)
		}
	}
	index, err := os.ReadFile(filepath.Join(dir, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<a href="month/2024-11/index.html" aria-label="November 2024">November</a> <small>27</small>`,
		`<a href="tag/all/index.html">all</a> <small>150</small>`, `<dt>1924</dt>`,
	} {
		if !strings.Contains(string(index), want) {
			t.Errorf("the index has no %s", want)
		}
	}
	image, err := os.ReadFile(filepath.Join(dir, gallery.ImagePath(s.Images[0].Slug)))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`href="../../tag/all/index.html" rel="tag">all</a>`, `<a href="../../month/2024-11/index.html"><time`} {
		if !strings.Contains(string(image), want) {
			t.Errorf("the image's page has no %s", want)
		}
	}

	// Pages of tags and months that are gone go.
	for i := range s.Images {
		s.Images[i].Tags = nil
	}
	buildExample(t, dir, s, exampleOptions(t, ""))
	wantComplete(t, dir, "/")
	if _, err := os.Stat(filepath.Join(dir, "tag")); err == nil {
		t.Error("the pages of the tags are still there")
	}
}

// If no image has a date, or all are of one month, a list of months is useless.
func TestFewMonths(t *testing.T) {
	s := gallerytest.State(2)
	p, err := exampleOptions(t, "").pager(s.Visible()).pages()
	if err != nil {
		t.Fatal(err)
	}
	index, err := p[len(p)-1].make()
	if err != nil {
		t.Fatal(err)
	}
	if len(index.Years) != 0 || len(index.TagCounts) != 0 {
		t.Errorf("the index lists %v and %v", index.Years, index.TagCounts)
	}
}

// The search of a month or a tag says that it looks there only, and the page leads to the list of
// months or tags. Long pages lead back to their top.
func TestWaysOnPages(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	s := daily(70) // from July to September 2024
	for i := range searchable {
		s.Images[i].Tags = append(s.Images[i].Tags, "sea & sky")
	}
	buildExample(t, dir, s, exampleOptions(t, ""))
	wantComplete(t, dir, "/")
	const top, months = `<a href="#Main">Back to the top</a>`, `<a class="jump" href="#Months">Months</a>`
	for name, want := range map[string]map[string]bool{
		"index.html":                        {`placeholder="Search" aria-label="Search"`: true, top: true, months: true, `class="back"`: false},
		"month/2024-08/index.html":          {`placeholder="Search in August 2024"`: true, top: true, months: false, `<a class="back" href="../../index.html#Months">Months</a>`: true},
		"tag/sea-and-sky/index.html":        {`aria-label="Search in “sea &amp; sky”"`: true, top: false, months: false, `<a class="back" href="../../index.html#Tags">Tags</a>`: true},
		gallery.ImagePath(s.Images[0].Slug): {top: false, months: false},
	} {
		page := string(readSite(t, dir, name))
		for part, wanted := range want {
			if strings.Contains(page, part) != wanted {
				t.Errorf("%s: has %s: %v, want %v", name, part, !wanted, wanted)
			}
		}
	}
	// A single month is not listed, so nothing leads to the list.
	for i := range s.Images {
		s.Images[i].Uploaded = s.Images[69].Uploaded
	}
	buildExample(t, dir, s, exampleOptions(t, ""))
	wantComplete(t, dir, "/")
	if page := string(readSite(t, dir, "month/2024-07/index.html")); strings.Contains(page, "#Months") {
		t.Error("the page of the only month leads to a list of months")
	}
}
