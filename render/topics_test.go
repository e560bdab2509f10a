package render

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"firstframe/render/gallery"
	"firstframe/render/gallery/gallerytest"
)

// topicContent returns the content of a folder with these files.
func topicContent(t *testing.T, files map[string]string) *Content {
	t.Helper()
	dir := fstest.MapFS{}
	for name, text := range files {
		dir[name] = &fstest.MapFile{Data: []byte(text)}
	}
	c, warnings, err := LoadContent(dir)
	if err != nil || len(warnings) > 0 {
		t.Fatal(warnings, err)
	}
	return c
}

// An order is one of two words or a list. A slug can look like a number.
func TestTopicOrder(t *testing.T) {
	for text, want := range map[string]TopicOrder{
		"title: A":                            {},
		"order: newest":                       {},
		"order:":                              {},
		"order: oldest":                       {Oldest: true},
		"order: [b.jpg, 0123456789012345]":    {First: []string{"b.jpg", "0123456789012345"}},
		"order:\n  - 1234567890123e45\n  - a": {First: []string{"1234567890123e45", "a"}},
	} {
		c := topicContent(t, map[string]string{"tags/sea.md": "---\n" + text + "\n---\nText\n"})
		if diff := cmp.Diff(want, c.Topics["tag/sea"].Order); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
	for text, want := range map[string]string{
		"order: a.jpg":  "order: " + errTopicOrder.Error(),
		"order: Oldest": "order: " + errTopicOrder.Error(),
		"order: {a: b}": "order: " + errTopicOrder.Error(),
		"order: 7":      "order: " + errTopicOrder.Error(),
		"order: [[a]]":  "each item of order must be text, not a list: put it in quotes",
	} {
		_, _, err := LoadContent(fstest.MapFS{"tags/sea.md": {Data: []byte("---\ntitle: A\n" + text + "\n---\n")}})
		if want = "tags/sea.md:3: " + want; err == nil || err.Error() != want {
			t.Errorf("%q: got error %v, want %q", text, err, want)
		}
	}
}

// A text that is not read because of its name is said before the first request, and a text for
// nothing does no harm.
func TestTopicsThatAreNotRead(t *testing.T) {
	text := &fstest.MapFile{Data: []byte("Text")}
	for name, want := range map[string]string{
		"months/2024-1.md":    "months/2024-1.md: name the file after a month, as in months/2024-10.md",
		"months/2024-13.md":   "months/2024-13.md: name the file after a month, as in months/2024-10.md",
		"months/october.md":   "months/october.md: name the file after a month, as in months/2024-10.md",
		"tags/sea.markdown":   "tags/sea.markdown is not read: its name must end in .md",
		"Tags/sea.md":         "the folder Tags is not read: rename it to tags, which is for texts about tags",
		"tag/sea.md":          "the folder tag is not read: rename it to tags, which is for texts about tags",
		"month/2024-10.md":    "the folder month is not read: rename it to months, which is for texts about months",
		"Months/2024-10.md":   "the folder Months is not read: rename it to months, which is for texts about months",
		"tags/large.md":       "tags/large.md: the text is larger than 64 KiB",
		"tags/description.md": "tags/description.md: a text in the front matter is longer than 4.0 KiB",
	} {
		data := text
		switch name {
		case "tags/large.md":
			data = &fstest.MapFile{Data: []byte(strings.Repeat("a ", maxMarkdown))}
		case "tags/description.md":
			data = &fstest.MapFile{Data: []byte("---\ndescription: " + strings.Repeat("a", maxFrontMatterText+1) + "\n---\n")}
		}
		_, _, err := LoadContent(fstest.MapFS{name: data})
		if err == nil || err.Error() != want {
			t.Errorf("%s: got error %v, want %q", name, err, want)
		}
	}
	_, warnings, err := LoadContent(fstest.MapFS{"tags/sea/a.md": text, "months/2024/a.md": text})
	want := []string{"the folder tags/sea is not read", "the folder months/2024 is not read"}
	if err != nil || !slices.Equal(warnings, want) {
		t.Errorf("folders in tags and months: got %q, %v, want %q", warnings, err, want)
	}
	many := fstest.MapFS{}
	for i := range maxTopics + 1 {
		many[fmt.Sprintf("tags/t%d.md", i)] = text
	}
	if _, _, err := LoadContent(many); err == nil || !strings.Contains(err.Error(), "more than 10000 texts about tags and months") {
		t.Errorf("too many texts: got error %v", err)
	}
}

// topicImages returns images of two months and of three tags, with their names. The last one is
// hidden.
func topicImages() ([]gallery.Image, []Named) {
	s := gallerytest.State(6)
	named := make([]Named, len(s.Images))
	for i := range s.Images {
		m := &s.Images[i]
		m.Uploaded = time.Date(2024, 10, 20-i, 0, 0, 0, 0, time.UTC)
		m.Tags = []string{"Low Tide"}
		named[i] = Named{Slug: m.Slug, Names: []FileName{{Text: fmt.Sprintf("%c.jpg", 'a'+i)}}}
	}
	s.Images[3].Tags = []string{"hill", "北京"}
	s.Images[4].Uploaded = time.Date(2024, 8, 1, 0, 0, 0, 0, time.UTC)
	s.Images[5] = *gallery.Tombstone(s.Images[5].Slug, s.Images[5].Keys...)
	named[1].Names = append(named[1].Names, FileName{"harbour.jpg", false}, FileName{"a.png", false}, FileName{"twice.jpg", false})
	named[2].Names = append(named[2].Names, FileName{"twice.jpg", false}, FileName{"288230376151711_1.jpg", true})
	named[3].Names = append(named[3].Names, FileName{"harbour.png", false})
	named[5].Hidden = true
	return s.Images, named
}

// Every name must lead to the image that its owner means, and to no hidden one. If it leads to
// none, a warning says why.
func TestMatchTopics(t *testing.T) {
	images, named := topicImages()
	slug := func(i int) string { return images[i].Slug }
	for _, tt := range []struct {
		file, front string
		cover       string
		first       []string
		warnings    []string
	}{
		{"tags/low-tide.md", "cover: a.jpg", slug(0), nil, nil},
		{"tags/low-tide.md", "cover: c", slug(2), nil, nil},
		{"tags/low-tide.md", "cover: 288230376151711_1.jpg", slug(2), nil, nil},
		{"tags/low-tide.md", "cover: " + slug(1), slug(1), nil, nil},
		// The whole name counts first. Then the one on the page counts.
		{"tags/low-tide.md", "cover: a.png", slug(1), nil, nil},
		{"tags/low-tide.md", "cover: harbour", slug(1), nil, nil},
		{"tags/hill.md", "cover: harbour", slug(3), nil, nil},
		{"tags/low-tide.md", "order: [c.jpg, a.jpg, c]", "", []string{slug(2), slug(0)}, nil},
		{"months/2024-08.md", "order: [e.jpg]", "", []string{slug(4)}, nil},

		{"tags/low-tide.md", "cover: harbor.jpg", "", nil, []string{`cover: there is no image "harbor.jpg"; did you mean harbour.jpg?`}},
		{"tags/low-tide.md", "cover: HARBOUR.JPG", "", nil, []string{`cover: there is no image "HARBOUR.JPG"; did you mean harbour.jpg?`}},
		{"tags/low-tide.md", "cover: 288230376151711_1.JPG", "", nil,
			[]string{`cover: there is no image "288230376151711_1.JPG"; did you mean ` + slug(2) + `?`}},
		{"tags/low-tide.md", "cover: zzzzzzzz", "", nil, []string{`cover: there is no image "zzzzzzzz"`}},
		{"tags/low-tide.md", "cover: f.jpg", "", nil, []string{`cover: the image "f.jpg" is hidden`}},
		{"tags/low-tide.md", "cover: " + slug(5), "", nil, []string{fmt.Sprintf(`cover: the image %q is hidden`, slug(5))}},
		{"tags/low-tide.md", "cover: d.jpg", "", nil, []string{`cover: the image "d.jpg" does not have this tag`}},
		{"months/2024-08.md", "cover: d.jpg", "", nil, []string{`cover: the image "d.jpg" is not of this month`}},
		{"tags/low-tide.md", "cover: twice.jpg", "", nil,
			[]string{`cover: 2 images on this page have the name "twice.jpg": write one of the slugs ` + slug(2) + ", " + slug(1)}},
		{"tags/low-tide.md", "order: [x.jpg, a.jpg, d.jpg]", "", []string{slug(0)},
			[]string{`order: there is no image "x.jpg"`, `order: the image "d.jpg" does not have this tag`}},

		{"tags/lowtide.md", "cover: a.jpg", "", nil, []string{"no image has this tag; did you mean low-tide?"}},
		{"tags/Low Tide.md", "title: A", "", nil, []string{"no image has this tag; did you mean low-tide?"}},
		{"tags/北京.md", "title: A", "", nil, []string{"no image has this tag; did you mean " + tagSlugs([]*gallery.Image{&images[3]}, newTagNames([]*gallery.Image{&images[3]}))["北京"] + "?"}},
		{"tags/mountain.md", "title: A", "", nil, []string{"no image has this tag"}},
		{"months/2024-12.md", "title: A", "", nil, []string{"there is no image of this month; the nearest month with images is 2024-10"}},
		{"months/2023-01.md", "title: A", "", nil, []string{"there is no image of this month; the nearest month with images is 2024-08"}},
	} {
		c := topicContent(t, map[string]string{tt.file: "---\n" + tt.front + "\n---\n"})
		var warnings []string
		for _, w := range tt.warnings {
			warnings = append(warnings, tt.file+": "+w)
		}
		if diff := cmp.Diff(warnings, c.MatchTopics(images, named)); diff != "" {
			t.Errorf("%s, %s: the warnings are not as they should be: %s", tt.file, tt.front, diff)
		}
		topic := c.topicFiles()[0]
		if topic.CoverSlug != tt.cover || !slices.Equal(topic.FirstSlugs, tt.first) {
			t.Errorf("%s, %s: got cover %q, first %q, want %q, %q", tt.file, tt.front, topic.CoverSlug, topic.FirstSlugs, tt.cover, tt.first)
		}
	}
}

// Without a listing, an image can have names that nobody knows then. So a name that fits none of them
// need not be wrong, unless it is nearly one that is known.
func TestTopicsWithoutListing(t *testing.T) {
	images, named := topicImages()
	named[4].Unsure = true
	for name, want := range map[string]string{
		"zzzzzzzz":   `no image is known by the name "zzzzzzzz" without a listing: write the image's slug`,
		"harbor.jpg": `there is no image "harbor.jpg"; did you mean harbour.jpg?`,
	} {
		c := topicContent(t, map[string]string{"tags/low-tide.md": "---\ncover: " + name + "\n---\n"})
		if diff := cmp.Diff([]string{"tags/low-tide.md: cover: " + want}, c.MatchTopics(images, named)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// Images keep their page while new ones come last.
func TestGrowingRanges(t *testing.T) {
	for n, want := range map[int][]pageRange{
		0:       nil,
		1:       {{number: 1, end: 1}},
		perPage: {{number: 1, end: perPage}},
		2*perPage + 1: {
			{number: 3, start: 2 * perPage, end: 2*perPage + 1, before: 2},
			{number: 2, start: perPage, end: 2 * perPage, before: 1, after: 3},
			{number: 1, end: perPage, after: 2},
		},
	} {
		if diff := cmp.Diff(want, growingRanges(n), cmp.AllowUnexported(pageRange{})); diff != "" {
			t.Errorf("%d images: %s", n, diff)
		}
	}
}

// tileSlugs returns the slugs of the tiles of a page, in their order.
func tileSlugs(p *Page) []string {
	var slugs []string
	for _, tile := range p.Tiles {
		slugs = append(slugs, tile.Slug)
	}
	return slugs
}

// The pages of a tag show what the owner wrote, in the owner's order, and every image once or more.
func TestTopicPages(t *testing.T) {
	s, opts := daily(2*perPage+1), exampleOptions(t, "")
	opts.BaseURL = exampleBase
	slug := func(i int) string { return s.Images[i].Slug }
	last := len(s.Images) - 1
	make := func(topic Topic) map[string]*Page {
		t.Helper()
		opts.Content = &Content{Topics: map[string]*Topic{"tag/daily": &topic}}
		drafts, err := opts.pager(s.Visible()).pages()
		if err != nil {
			t.Fatal(err)
		}
		pages := map[string]*Page{}
		for _, d := range drafts {
			if strings.HasPrefix(d.path, "tag/daily/") {
				if pages[d.path], err = d.make(); err != nil {
					t.Fatal(err)
				}
			}
		}
		return pages
	}

	pages := make(Topic{
		Title: "Every day", Description: "A diary", Body: "Some *words*, and [all](./).", CoverSlug: slug(70), FirstSlugs: []string{slug(100), slug(3)},
	})
	first, second := pages["tag/daily/index.html"], pages["tag/daily/2/index.html"]
	if first.Title != "Every day" || first.Subtitle != "Tag: daily" || second.Title != "Every day · Page 2" {
		t.Errorf("the titles are %q, %q and %q", first.Title, first.Subtitle, second.Title)
	}
	if want := `<p>Some <em>words</em>, and <a href="../../index.html">all</a>.</p>`; strings.TrimSpace(string(first.Intro)) != want || second.Intro != "" {
		t.Errorf("the texts are %q and %q", first.Intro, second.Intro)
	}
	if first.Cover == nil || first.Cover.Slug != slug(70) || second.Cover != nil {
		t.Errorf("the covers are %v and %v", first.Cover, second.Cover)
	}
	if want := opts.site().card(&s.Images[70]); *first.Card != *want || *second.Card == *want {
		t.Errorf("the cards are %v and %v, want the cover on the first page only", first.Card, second.Card)
	}
	if first.Description != "A diary" || first.LD.(*linkedData).Description != "A diary" || first.LD.(*linkedData).Name != "Every day" {
		t.Errorf("the description is %q, the linked data %v", first.Description, first.LD)
	}
	if got := tileSlugs(first); !slices.Equal(got[:4], []string{slug(100), slug(3), slug(0), slug(1)}) || len(got) != perPage {
		t.Errorf("the first page shows %v", got)
	}
	if !slices.Equal(first.Config().Order, []string{slug(100), slug(3)}) {
		t.Errorf("the scripts are told %v", first.Config().Order)
	}

	pages = make(Topic{Order: TopicOrder{Oldest: true}})
	var shown []string
	for i, name := range []string{"tag/daily/index.html", "tag/daily/2/index.html", "tag/daily/3/index.html"} {
		p := pages[name]
		shown = append(shown, tileSlugs(p)...)
		if p.Subtitle != "" || (p.Newer.Href == "") != (i == 0) || (p.Older.Href == "") != (i == 2) {
			t.Errorf("page %d has the subtitle %q and leads to %v and %v", i+1, p.Subtitle, p.Newer, p.Older)
		}
	}
	if len(shown) != len(s.Images) || shown[0] != slug(last) || shown[last] != slug(0) {
		t.Errorf("the pages show %d images from %s to %s", len(shown), shown[0], shown[len(shown)-1])
	}

	// The title of a tag that only writes it better needs no explanation.
	if p := make(Topic{Title: "Daily"})["tag/daily/index.html"]; p.Title != "Daily" || p.Subtitle != "" {
		t.Errorf("the titles are %q and %q", p.Title, p.Subtitle)
	}
	// An image that has been hidden since is never a cover.
	s.Images[70] = *gallery.Tombstone(slug(70), s.Images[70].Keys...)
	if p := make(Topic{CoverSlug: slug(70)})["tag/daily/index.html"]; p.Cover != nil || p.Card == nil {
		t.Errorf("the page shows the cover %v and the card %v", p.Cover, p.Card)
	}
}

// A text about a tag concerns the tag's pages only, and the text itself only the first of them.
func TestTopicWritesFewFiles(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "out")
	s, opts := daily(2*perPage+1), exampleOptions(t, "")
	opts.BaseURL = exampleBase
	topic := Topic{}
	pages := []string{"tag/daily/2/index.html", "tag/daily/3/index.html", "tag/daily/index.html"}
	for _, step := range []struct {
		what   string
		change func()
		want   []string
	}{
		{"the first run", func() {}, nil},
		{"the text", func() { topic.Body = "Words" }, pages[2:]},
		{"the cover", func() { topic.CoverSlug = s.Images[90].Slug }, pages[2:]},
		{"the title", func() { topic.Title = "Every day" }, pages},
		{"the description", func() { topic.Description = "A diary" }, pages},
		{"the order", func() { topic.Order.Oldest = true }, pages},
		{"nothing", func() {}, nil},
	} {
		step.change()
		now := topic
		opts.Content = &Content{Topics: map[string]*Topic{"tag/daily": &now}}
		before := t.TempDir()
		if step.what != "the first run" {
			if err := os.CopyFS(before, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
		}
		o := buildExample(t, dir, s, opts)
		wantComplete(t, dir, "/gallery/")
		if step.what == "the first run" {
			continue
		}
		got := slices.DeleteFunc(changed(t, before, dir), func(name string) bool { return name == gallery.ManifestName })
		slices.Sort(got)
		if diff := cmp.Diff(step.want, got); diff != "" {
			t.Errorf("%s changes: %s", step.what, diff)
		}
		if step.what == "nothing" && o.Written() != 0 {
			t.Errorf("%d files were written for nothing", o.Written())
		}
	}
}
