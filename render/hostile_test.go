package render

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"firstframe/render/gallery"
	"firstframe/render/gallery/gallerytest"
	"firstframe/render/media"
)

// Names and words from outside must stay text.
func TestHostileWords(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	s := gallerytest.State(2)
	markup := `"><img src=x onerror=alert(1)><script>alert(2)</script></title>`
	evil := markup + "\u2028\u202e"
	s.Images[0].Name, s.Images[0].Title, s.Images[0].Alt = evil, evil, evil
	s.Images[0].Caption = markup + "\n\n<script>alert(3)</script>\n\n[a](javascript:alert(4)) " +
		"[b](data:image/svg+xml;base64,AAAA) <javascript:alert(5)> [c](&#106;avascript:alert(6)) ![d](javascript:alert(7))"
	s.Images[0].Tags, s.Images[0].Scene = []string{evil}, evil
	s.Images[0].Camera = &media.Camera{Model: evil}
	buildExample(t, dir, s, exampleOptions(t, ""))
	wantComplete(t, dir, "/")
	for _, name := range []string{"index.html", gallery.ImagePath(s.Images[0].Slug)} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		page := string(data)
		for _, bad := range []string{"<script>alert", "<img src=x", "href=\"javascript", "src=\"javascript", "data:image/svg", "\u202e"} {
			if strings.Contains(page, bad) {
				t.Errorf("%s has %q", name, bad)
			}
		}
	}
}

// Prompts come from outside, too.
func TestHostilePrompt(t *testing.T) {
	opts := exampleOptions(t, "")
	s := gallerytest.State(1)
	s.Images[0].Title = ""
	s.Images[0].Videos = []gallery.Video{{Key: "a", Status: `"><script>alert(1)</script>`, Prompt: `<script>alert(2)</script>"onload=alert(3) </title>`}}
	dir := filepath.Join(t.TempDir(), "out")
	buildExample(t, dir, s, opts)
	for _, name := range []string{"index.html", gallery.ImagePath(s.Images[0].Slug), gallery.DataName} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte("<script>alert")) || bytes.Contains(data, []byte("ZgotmplZ")) {
			t.Errorf("%s has markup of a prompt", name)
		}
	}
}

// No text of a page has invisible characters, or characters that turn the line around. A title of
// nothing else counts as none.
func TestInvisibleWords(t *testing.T) {
	c, _, err := LoadContent(fstest.MapFS{
		"index.md":    {Data: []byte("---\ntitle: \"A\\0 \\u202egallery\"\ndescription: \"b\\x07\"\nauthor: \"\\u200fc\"\nlicense: \"d\\u2029\"\n---\n")},
		"about.md":    {Data: []byte("---\ntitle: \"\\u202e\"\ndescription: \"e\\0\"\n---\n")},
		"images/a.md": {Data: []byte("---\ntitle: \"\\0\"\nalt: \"\\u202ef\"\ntags: [\"g\\0\", \"\\u202e\"]\n---\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	a := c.Captions["a"]
	got := []string{c.Site.Title, c.Site.Description, c.Site.Author, c.Site.License, c.Texts[0].Title, c.Texts[0].Description, a.Title, a.Alt}
	if want := []string{"A gallery", "b", "c", "d", "About", "e", "", "f"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if tags := cleanTags(a.Tags); !slices.Equal(tags, []string{"g"}) {
		t.Errorf("got the tags %q", tags)
	}
}

// Words from outside must stay text in every format.
func TestHostileWordsForMachines(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	evil := "]]></title></script><script>alert(1)</script><!--\u2028\u2029\u202e\x00&amp;\"'"
	opts := exampleOptions(t, "")
	opts.BaseURL = exampleBase
	opts.Content = &Content{Site: SiteInfo{Title: evil, Description: evil, Author: evil, License: evil}}
	s := gallerytest.State(2)
	m := &s.Images[0]
	m.Name, m.Title, m.Alt, m.Caption, m.Tags = evil, evil, evil, evil+"\n\n[a](javascript:alert(2))", []string{evil}
	buildExample(t, dir, s, opts)
	wantComplete(t, dir, "/gallery/")

	atom, feed := readAtom(t, dir), readJSONFeed(t, dir)
	wantXML(t, readSite(t, dir, gallery.SitemapName))
	shown := printable(evil)
	if atom.Entries[0].Title != shown || feed.Items[0].Title != shown || atom.Entries[0].Category[0].Term != shown {
		t.Errorf("the title is %q and %q, want %q", atom.Entries[0].Title, feed.Items[0].Title, shown)
	}
	for _, bad := range []string{"<script", "javascript:", "<!--"} {
		if strings.Contains(feed.Items[0].HTML, bad) || strings.Contains(atom.Entries[0].Content, bad) {
			t.Errorf("the feeds' HTML has %q: %s", bad, feed.Items[0].HTML)
		}
	}
	script := readSite(t, dir, gallery.DataName)
	for _, bad := range []string{"</script", "<!--", "\u2028", "\u2029", "\u202e", "\x00"} {
		if bytes.Contains(script, []byte(bad)) {
			t.Errorf("%s has %q", gallery.DataName, bad)
		}
	}
	if got := readData(t, dir)[0]["title"]; got != shown {
		t.Errorf("%s has the title %q, want %q", gallery.DataName, got, shown)
	}
	for _, name := range []string{"index.html", gallery.ImagePath(m.Slug)} {
		page := readSite(t, dir, name)
		var data linkedData
		if err := json.Unmarshal([]byte(readHead(t, page).scripts["application/ld+json"]), &data); err != nil || data.Creator.Name != evil {
			t.Errorf("%s: the data are %+v, %v", name, data, err)
		}
		if bytes.Contains(page, []byte("<script>")) {
			t.Errorf("%s has a script that is not ours", name)
		}
	}
}
