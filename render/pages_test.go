package render

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/net/html"

	"firstframe/render/gallery"
	"firstframe/render/gallery/gallerytest"
)

// Prompts are words from outside.
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

// Every page leads to all further pages: thousands of small files would become
// gigabytes, in memory and on the disk.
func TestManyPages(t *testing.T) {
	pages := func(n int, title string) fstest.MapFS {
		dir := fstest.MapFS{}
		for i := range n {
			dir[fmt.Sprintf("p%d.md", i)] = &fstest.MapFile{Data: []byte("---\ntitle: " + title + "\n---\n")}
		}
		return dir
	}
	for _, tt := range []struct {
		dir  fstest.MapFS
		want string
	}{
		{pages(maxTexts, "A page"), ""},
		{pages(maxTexts+1, "A page"), "there are more than 200 further pages"},
		{pages(100, strings.Repeat("a", 200)), "the titles of all further pages are longer than 16 KiB"},
	} {
		_, _, err := LoadContent(tt.dir)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || err.Error() != tt.want) {
			t.Errorf("%d pages: got error %v, want %q", len(tt.dir), err, tt.want)
		}
	}
}

// Nothing that the owner writes takes an id that the page has itself, and no
// image is on a page twice because two of its tags look the same.
func TestIDsAreUnique(t *testing.T) {
	s := gallerytest.State(2)
	for i := range s.Images {
		s.Images[i].Tags = cleanTags([]string{"sea", "sea\u200e", "\u202esea", "s\aea", " sea"})
		s.Images[i].Caption = "# Config\n\n# Main\n\n# End\n\nText[^1]\n\n[^1]: Note\n"
	}
	opts := exampleOptions(t, "")
	opts.Content.Intro = s.Images[0].Caption
	opts.Content.Texts = []Text{{Name: "about", Title: "About", Body: s.Images[0].Caption}}
	dir := t.TempDir()
	buildExample(t, dir, s, opts)
	err := filepath.WalkDir(dir, func(name string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ".html" {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		seen := map[string]bool{}
		for z := html.NewTokenizer(bytes.NewReader(data)); z.Next() != html.ErrorToken; {
			for _, a := range z.Token().Attr {
				if a.Key == "id" && seen[a.Val] {
					t.Errorf("%s has the id %q twice", name, a.Val)
				}
				seen[a.Val] = seen[a.Val] || a.Key == "id"
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Characters that are not seen, or turn the line around, are in no text of a page,
// and a title of nothing else is none.
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

// A browser takes the sum of a style element's text, in which all ends of lines
// are those of Unix.
func TestStyleOfWindows(t *testing.T) {
	theme := &Theme{
		assets: []asset{{"assets/style.00.css", []byte("a {\r\n}\rb {}\n")}},
		names:  map[string]string{"style.css": "assets/style.00.css"},
	}
	sheet, hash := theme.inlineStyle()
	sum := sha256.Sum256([]byte("a {\n}\nb {}\n"))
	if want := "sha256-" + base64.StdEncoding.EncodeToString(sum[:]); string(sheet) != "a {\n}\nb {}\n" || hash != want {
		t.Errorf("got %q, %s, want %s", sheet, hash, want)
	}
}

// A link from the site's root into the site is no address with a scheme.
func TestRelativeLinkWithColon(t *testing.T) {
	for source, want := range map[string]string{
		"[x](./javascript:alert)":   `href="./javascript:alert"`,
		"[x](./tel:123)":            `href="./tel:123"`,
		"[x](foo%3Abar/)":           `href="./foo:bar/index.html"`,
		"![x](./data:image/png,AA)": `src="./data:image/png,AA"`,
		"[x](./about/)":             `href="about/index.html"`,
	} {
		got, err := markdown(source, "")
		if err != nil || !strings.Contains(string(got), want) {
			t.Errorf("%s: got %s, %v, want %s", source, got, err, want)
		}
	}
}
