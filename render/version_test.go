package render

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"firstframe/render/gallery"
	"firstframe/render/gallery/gallerytest"
	"firstframe/render/media"
)

// goldenPages are the hashes of what this package makes of goldenSites, by pagesVersion.
var goldenPages = map[string]string{
	"15": "413e1b76c80df9b2",
}

// goldenData are the hashes of the search data that are made of the same, by gallery.DataVersion.
var goldenData = map[int]string{
	2: "83b50e5011599b30",
}

// goldenFields are the fields of an image in the search data whose meaning goldenData guards. A new
// field needs no new version of the data.
var goldenFields = []string{
	"slug", "title", "alt", "caption", "tags", "time", "name", "format", "width", "height", "bytes", "color", "renditions", "prompt",
	"account", "clips", "original", "avif", "related", "hues",
	"statuses",
}

// goldenTheme is a theme that shows all that a template can show. It is no part of the program:
// templates, assets and words are in every page's hash by themselves, so that a change of theirs
// needs no new pagesVersion.
var goldenTheme = fstest.MapFS{
	"assets/style.css": {Data: []byte("a{}")},
	"templates/layout.html": {Data: []byte(`<script type="application/json">[{{.}}, {{.Site}}, {{.Config}}, {{.Canonical}}, {{.Home}}, ` +
		`{{.Number 12345}}, {{.Asset "style.css"}}, {{.T "size" "n" 2}}]</script>`)},
	"templates/_tiles.html":  {},
	"templates/gallery.html": {},
	"templates/image.html":   {},
	"templates/text.html":    {},
	"templates/404.html":     {},
	"templates/words/en.yaml": {Data: []byte(`pages: {size: {one: "{n} one", other: "{n} others"}}
dates: {months: [a, b, c, d, e, f, g, h, i, j, k, l], day: "{day} {month} {year}", month: "{month} {year}", range: "{from} to {to}"}
numbers: {decimal: ".", group: ",", units: [B, kB, MB, GB, TB], size: "{n} {unit}"}
`)},
}

// goldenState is a state of several gallery pages, in which one image has everything.
func goldenState() *gallery.State {
	s := gallerytest.State(2*perPage + 1)
	for i := range s.Images {
		s.Images[i].Tags = []string{"all"}
		s.Images[i].Uploaded = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, -i)
	}
	slug := s.Images[1].Slug
	full := &s.Images[1]
	full.Title, full.Alt, full.Featured, full.Tags = "A *title*", "An <alt> text", true, []string{"all", "Ärger & more", "北京"}
	full.Caption = "# A\n\nA \"caption\" -- with [a link](about/) and <b>markup</b>.[^1]\n\n[^1]: A note.\n"
	full.Tints = "123456789abcdef012"
	full.Scene, full.Status, full.Account, full.SourceType = "A scene", "A status", "Studio", "composite"
	full.Camera = &media.Camera{Make: "Maker", Model: "Box", Lens: "50 mm", Exposure: "1/60 s", Aperture: "f/2", FocalLength: "50 mm", ISO: "100"}
	full.Original = &media.Published{Path: "media/" + slug + "-0c.jpg", Bytes: 300}
	full.Videos = []gallery.Video{
		{Key: "1", Status: "completed", Prompt: "A prompt. And more.", Created: time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC), Clip: &media.Clip{
			Published: media.Published{Path: "media/00000000000000cd-0a.mp4", Bytes: 1}, Width: 48, Height: 32,
			Poster: []media.Rendition{{Path: "media/00000000000000cc-48-0a.jpg", Width: 48, Height: 32, Bytes: 1}},
		}},
		{Key: "2", Status: "unheard of", Seconds: 6},
	}
	bare := &s.Images[2]
	bare.Name, bare.Tags, bare.Uploaded, bare.Color, bare.Title = "", nil, time.Time{}, "", ""
	s.Images[3].Title, s.Images[3].Videos = "", []gallery.Video{{Key: "3", Status: "pending", Prompt: "Only a prompt"}}
	both := &s.Images[5]
	both.Renditions = media.Renditions{
		{Path: "media/" + both.Slug + "-48-0a.jpg", Width: 48, Height: 32, Bytes: 100},
		{Path: "media/" + both.Slug + "-48-0a.avif", Width: 48, Height: 32, Bytes: 50},
		{Path: "media/" + both.Slug + "-96-0a.avif", Width: 96, Height: 64, Bytes: 100},
	}
	s.Images[6].Generated, s.Images[100].Generated = &gallery.Generated{Batch: "batch"}, &gallery.Generated{Batch: "batch"}
	s.Images[4] = *gallery.Tombstone(s.Images[4].Slug, s.Images[4].Keys...)
	gallery.SortImages(s.Images)
	return s
}

// goldenSites are the settings that change pages.
func goldenSites(t *testing.T) []Options {
	t.Helper()
	theme, _, err := LoadTheme(goldenTheme, "")
	if err != nil {
		t.Fatal(err)
	}
	plain := Options{Theme: theme, Content: &Content{}}
	full := Options{Theme: theme, BaseURL: "https://example.org/gallery/", Content: &Content{
		Site: SiteInfo{
			Title: "A site", Description: "Of pictures", Author: "A. Person", License: "CC BY-SA 4.0", SourceType: "trainedAlgorithmicMedia",
		},
		Intro: "An *introduction*",
		Topics: map[string]*Topic{
			"tag/all":       {Title: "Everything", Description: "All", Body: "Some *words*", CoverSlug: gallerytest.Image(7).Slug, FirstSlugs: []string{gallerytest.Image(9).Slug}},
			"month/2023-12": {Title: "An end", Order: TopicOrder{Oldest: true}},
		},
		Texts: []Text{{Name: "about", Title: "About", Description: "Us", Body: "[home](/) [tag](/tag/all/)\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"}},
	}}
	hidden := full
	hidden.MediaURL, hidden.NoIndex, hidden.Title, hidden.ServiceCodes = "https://media.example/g/", true, "Another title", true
	return []Options{plain, full, hidden}
}

// The site of a gallery that has not changed is not made again, and neither is a page whose inputs
// have not changed. So whenever this package makes something else of the same, pagesVersion must
// change. A change of the theme needs no new version: see goldenTheme.
func TestPagesVersion(t *testing.T) {
	sum := sha256.New()
	for _, opts := range goldenSites(t) {
		g := opts.pager(goldenState().Visible())
		pages, err := g.pages()
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range pages {
			p, err := d.make()
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(sum, "%s\n", d.path)
			if err := p.executeTo(sum); err != nil {
				t.Fatal(err)
			}
		}
		err = g.documents(pages, func(d document) error {
			fmt.Fprintf(sum, "%s\n", d.path)
			return d.content(sum)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	wantGolden(t, "pagesVersion", pagesVersion, hex.EncodeToString(sum.Sum(nil)[:8]), goldenPages)
}

// Scripts of an earlier version can be in a browser's cache beside new data, and the other way
// round. They know the fields by their names.
func TestDataVersion(t *testing.T) {
	sum := sha256.New()
	for _, opts := range goldenSites(t) {
		g := opts.pager(goldenState().Visible())
		for i, m := range g.images {
			fields, err := g.site.imageRow(m, g.tagNames.of(m), g.relations().related[i])
			if err != nil {
				t.Fatal(err)
			}
			values := map[string]any{}
			for _, f := range fields {
				values[f.name] = f.value
			}
			for _, name := range goldenFields {
				line, err := json.Marshal(values[name])
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(sum, "%s %s\n", name, line)
			}
		}
	}
	wantGolden(t, "gallery.DataVersion", gallery.DataVersion, hex.EncodeToString(sum.Sum(nil)[:8]), goldenData)
}

// wantGolden compares the hash of an output with the golden hash of its version.
func wantGolden[V comparable](t *testing.T, name string, version V, got string, golden map[V]string) {
	t.Helper()
	switch want, known := golden[version]; {
	case !known:
		t.Errorf("%s is new: note the hash %s for %v, and drop the old one", name, got, version)
	case got != want:
		t.Errorf("the output changed, the version did not: bump %s and note the hash %s. "+
			"If this version was never released, a new hash is enough", name, got)
	}
}
