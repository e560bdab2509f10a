package render

import (
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"firstframe/render/gallery"
	"firstframe/render/gallery/gallerytest"
)

// A slug has only small letters, digits and hyphens, and says whether it lost any letter.
func TestPlainSlug(t *testing.T) {
	for tag, want := range map[string]string{
		"sea": "sea", "Low Tide": "low-tide", "Straße": "strasse", "Élan vital": "elan-vital", "Łódź": "lodz",
		"black & white": "black-and-white", "don't": "don-t", "2024": "2024", "…": "*", "日本": "*", "日本 sea": "sea*", "C♯": "c*",
		"--": "*", strings.Repeat("long ", 20): "long-long-long-long-long-long-long-long-long-lon*",
	} {
		slug, whole := plainSlug(tag)
		if !whole {
			slug += "*"
		}
		if slug != want {
			t.Errorf("plainSlug(%q) = %q, want %q", tag, slug, want)
		}
	}
}

// tagSlugForm matches the addresses that a tag may have.
var tagSlugForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// Two tags must never share a page, and a tag must keep its address.
func TestTagSlugs(t *testing.T) {
	s := gallerytest.State(3) // newest first
	s.Images[2].Tags = []string{"Sea", "日本", "日本 sea"}
	s.Images[1].Tags = []string{"sea", "séa", "SEA", "中国"}
	before := tagSlugs(s.Visible(), newTagNames(s.Visible()))
	s.Images[0].Tags = []string{"sèa", before["séa"], "東京"}
	after := tagSlugs(s.Visible(), newTagNames(s.Visible()))
	if before["Sea"] != "sea" || before["sea"] != "sea" || before["SEA"] != "sea" || !strings.HasPrefix(before["séa"], "sea-") {
		t.Errorf("got %v, want the first of equal ones to be sea", before)
	}
	used := map[string]string{}
	for tag, slug := range after {
		if other, ok := used[slug]; ok && foldTag(other) != foldTag(tag) || !tagSlugForm.MatchString(slug) {
			t.Errorf("the slug %q of %q is used twice, or not plain", slug, tag)
		}
		used[slug] = tag
		if old := before[tag]; old != "" && old != slug && tag != "séa" {
			t.Errorf("%q has moved from %q to %q", tag, old, slug)
		}
	}
}

// "Sea" and "sea" are one tag with one page. The spelling of the oldest image names it, so that an
// image that comes later changes no page of an old one.
func TestSpellingsOfTags(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	s := gallerytest.State(4)
	for i, tags := range [][]string{{"SEA", "Straße"}, {"sea", "Sea", "STRASSE"}, {"Sea", "tag 10"}, {"tag 2"}} {
		s.Images[i].Tags = tags
	}
	buildExample(t, dir, s, exampleOptions(t, ""))
	wantComplete(t, dir, "/")
	pages, _ := filepath.Glob(filepath.Join(dir, "tag/*/index.html"))
	for i, name := range pages {
		pages[i] = filepath.Base(filepath.Dir(name))
	}
	if want := []string{"sea", "strasse", "tag-10", "tag-2"}; !slices.Equal(pages, want) {
		t.Errorf("there are the tags %q, want %q", pages, want)
	}
	page := string(readSite(t, dir, "tag/sea/index.html"))
	if !strings.Contains(page, "Tag: Sea") || strings.Count(page, `id="i-`) != 3 {
		t.Errorf("the page of the tag is %s", page)
	}
	if page := string(readSite(t, dir, gallery.ImagePath(s.Images[1].Slug))); strings.Count(page, `rel="tag">Sea<`) != 1 || strings.Contains(page, ">sea<") {
		t.Error("an image with two spellings does not show the tag once")
	}
	images := readData(t, dir)
	if got := images[1]["tags"].([]any); len(got) != 2 || got[0] != "Sea" || got[1] != "STRASSE" {
		t.Errorf("the data have the tags %q", got)
	}
	index := string(readSite(t, dir, "index.html"))
	var at []int
	for _, tag := range []string{"tag/sea/", "tag/strasse/", "tag/tag-2/", "tag/tag-10/"} {
		at = append(at, strings.Index(index, `href="`+tag))
	}
	if !slices.IsSorted(at) || at[0] < 0 {
		t.Errorf("the index lists its tags at %d", at)
	}
}

// Names with numbers have the order in which people count.
func TestCompareNaturally(t *testing.T) {
	want := []string{"", "007", "7b", "8", "a", "a1", "a01b", "a2", "a10", "a10.2", "a10.10", "b", "tag", "tag 2", "tag 10", "tag 99999999999999999999", "ä"}
	for range 20 {
		got := slices.Clone(want)
		rand.Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
		if slices.SortFunc(got, compareNaturally); !slices.Equal(got, want) {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
}
