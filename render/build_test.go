package render

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"firstframe/render/check"
	"firstframe/render/gallery"
	"firstframe/render/gallery/gallerytest"
	"firstframe/render/media"
	"firstframe/render/memorytest"
	"firstframe/render/slowtest"
)

// TestMain runs the tests. Most of them write sites, so their files are in memory.
func TestMain(m *testing.M) {
	memorytest.UseMemory()
	os.Exit(m.Run())
}

// builtin is the theme of the repository.
var builtin = os.DirFS("..")

// exampleOptions returns the settings of a site with the built-in theme, overlaid by the folder
// theme unless that is "".
func exampleOptions(t testing.TB, theme string) Options {
	t.Helper()
	loaded, _, err := LoadTheme(builtin, theme)
	if err != nil {
		t.Fatal(err)
	}
	return Options{Theme: loaded, Content: &Content{}, GitIgnore: []byte("*.tmp\n")}
}

// build makes the folder hold the site of a state, as a run does.
func build(ctx context.Context, o *Output, s *gallery.State, opts Options) error {
	plan, err := Prepare(o, s, opts)
	if err != nil || plan.UpToDate() {
		return err
	}
	return plan.Write(ctx)
}

// buildExample builds the site of a state in dir, with media. It returns the closed Output.
func buildExample(t testing.TB, dir string, s *gallery.State, opts Options) *Output {
	t.Helper()
	o, err := OpenOutput(dir, OutputOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	gallerytest.WriteMedia(t, s, o.Write)
	if err := o.Mark(context.Background(), s, opts); err != nil {
		t.Fatal(err)
	}
	if err := build(context.Background(), o, s, opts); err != nil {
		t.Fatal(err)
	}
	return o
}

// wantComplete fails the test if the checker finds an error. root is the path of the site on its
// host.
func wantComplete(t *testing.T, dir, root string) {
	t.Helper()
	report, err := check.Site(t.Context(), os.DirFS(dir), check.Options{BaseURL: "https://example.org" + root})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Errors {
		t.Error(f)
	}
}

// A site is complete with no image, with full pages, and with one image more.
func TestBuildIsComplete(t *testing.T) {
	t.Parallel()
	for n, wantPages := range map[int]int{0: 0, 1: 0, 60: 0, 61: 1, 120: 1, 121: 2} {
		dir := filepath.Join(t.TempDir(), "out")
		opts := exampleOptions(t, "")
		opts.BaseURL = "https://example.org/gallery/"
		buildExample(t, dir, gallerytest.State(n), opts)
		wantComplete(t, dir, "/gallery/")
		pages, _ := filepath.Glob(filepath.Join(dir, "page/*/index.html"))
		if len(pages) != wantPages {
			t.Errorf("%d images are on %d pages and the index, want %d pages", n, len(pages), wantPages)
		}
	}
}

// daily returns a state whose images are a day apart, each with a tag.
func daily(n int) *gallery.State {
	s := gallerytest.State(n)
	for i := range s.Images {
		m := &s.Images[i]
		m.Uploaded = time.Date(2024, 7, 1, 0, 0, 0, 0, time.UTC).Add(m.Uploaded.Sub(gallerytest.Image(0).Uploaded) * 24)
		m.Tags = []string{"daily"}
	}
	return s
}

// changed returns the files in after that differ from those in before.
func changed(t *testing.T, before, after string) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(os.DirFS(after), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		old, _ := os.ReadFile(filepath.Join(before, name))
		data, err := os.ReadFile(filepath.Join(after, name))
		if !bytes.Equal(old, data) {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// A run with nothing new must write nothing.
func TestNothingNewWritesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	opts := exampleOptions(t, "")
	buildExample(t, dir, gallerytest.State(70), opts)
	o := buildExample(t, dir, gallerytest.State(70), opts)
	if o.Written() != 0 || o.Removed() != 0 {
		t.Errorf("%d files written and %d removed, want none", o.Written(), o.Removed())
	}
}

// A page that was cut or lost must come back, although its inputs have not changed.
func TestBuildMendsPages(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	opts := exampleOptions(t, "")
	s := gallerytest.State(3)
	buildExample(t, dir, s, opts)
	page := filepath.Join(dir, gallery.ImagePath(s.Images[0].Slug))
	os.Truncate(page, 100)
	os.Remove(filepath.Join(dir, "404.html"))
	os.RemoveAll(filepath.Join(dir, "assets"))
	buildExample(t, dir, s, opts)
	wantComplete(t, dir, "/")
	if _, err := os.Stat(filepath.Join(dir, "404.html")); err != nil {
		t.Error(err)
	}
}

// Pages must not replace others when their pictures are gone: somebody may remove media/ during a
// run.
func TestMissingMedia(t *testing.T) {
	dir, opts := filepath.Join(t.TempDir(), "out"), exampleOptions(t, "")
	buildExample(t, dir, gallerytest.State(2), opts)
	s := gallerytest.State(3)
	o := openOutput(t, dir)
	gallerytest.WriteMedia(t, s, o.Write)
	gone := filepath.Join(dir, s.Images[2].Renditions[0].Path)
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	before := treeOf(t, dir)
	err := errors.Join(build(t.Context(), o, s, opts), o.Close())
	var failed *WriteError
	if !errors.As(err, &failed) || failed.Path != gone {
		t.Errorf("got %v, want an error about %s", err, gone)
	}
	after := treeOf(t, dir)
	delete(before, gallery.ManifestName) // it now has the mark of an unfinished run
	delete(after, gallery.ManifestName)
	delete(before, gallery.LockName)
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("the site has changed: %s", diff)
	}
	buildExample(t, dir, s, opts)
	wantComplete(t, dir, "/")
}

// Every change must reach all pages that show it, although unchanged pages are not made again. So
// after each change, a site that is kept up to date has the same bytes as one that is built from
// nothing.
func TestEveryChangeReachesItsPages(t *testing.T) {
	t.Parallel()
	slowtest.Skip(t)
	dir := filepath.Join(t.TempDir(), "out")
	s, opts := daily(3*perPage+1), exampleOptions(t, "")
	for i := range s.Images {
		s.Images[i].Renditions = s.Images[i].Renditions[:1] // one file less to write for each image
	}
	opts.BaseURL = exampleBase
	theme := func(name, text string) func() {
		return func() {
			folder := t.TempDir()
			if err := os.MkdirAll(filepath.Join(folder, filepath.Dir(name)), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			opts.Theme = exampleOptions(t, folder).Theme
		}
	}
	image := func(change func(m *gallery.Image)) func() { return func() { change(&s.Images[40]) } }
	site := func(change func(c *Content)) func() {
		return func() {
			c := *opts.Content
			change(&c)
			opts.Content = &c
		}
	}
	for _, step := range []struct {
		what   string
		change func()
	}{
		{"nothing", func() {}},
		{"the number of pages", func() { s.Images = s.Images[:len(s.Images)-perPage] }},
		{"a title", image(func(m *gallery.Image) { m.Title = "A title" })},
		{"an alt text", image(func(m *gallery.Image) { m.Alt = "An alt text" })},
		{"a caption", image(func(m *gallery.Image) { m.Caption = "A *caption*" })},
		{"a tag", image(func(m *gallery.Image) { m.Tags = []string{"daily", "Sea"} })},
		{"the tag's address", func() { s.Images[80].Tags = []string{"sea"} }},
		{"no tag", func() { s.Images[80].Tags = nil }},
		{"a label", image(func(m *gallery.Image) { m.Account = "Studio" })},
		{"a camera", image(func(m *gallery.Image) { m.Camera = &media.Camera{Model: "Box"} })},
		{"a prompt", image(func(m *gallery.Image) {
			m.Videos = []gallery.Video{{Key: "00", Status: "completed", Prompt: "A prompt"}}
		})},
		{"a colour", image(func(m *gallery.Image) { m.Color = "#405060" })},
		{"what it was made by", image(func(m *gallery.Image) { m.SourceType = "composite" })},
		{"that it was chosen", image(func(m *gallery.Image) { m.Featured = true })},
		{"that it is not listed", image(func(m *gallery.Image) { m.Listed = false })},
		{"a date", image(func(m *gallery.Image) { m.Uploaded = m.Uploaded.AddDate(0, -1, 0) })},
		{"a hidden image", image(func(m *gallery.Image) { *m = *gallery.Tombstone(m.Slug, m.Keys...) })},
		{"an image", func() { s.Images = append(s.Images, gallerytest.Image(1000)) }},
		{"the site's title", site(func(c *Content) { c.Site.Title = "Another" })},
		{"a title by a flag", func() { opts.Title = "A third" }},
		{"a description", site(func(c *Content) { c.Site.Description = "Words" })},
		{"an author", site(func(c *Content) { c.Site.Author = "A. Person" })},
		{"a license", site(func(c *Content) { c.Site.License = "CC0" })},
		{"what all were made by", site(func(c *Content) { c.Site.SourceType = "print" })},
		{"an introduction", site(func(c *Content) { c.Intro = "Hello" })},
		{"a further page", site(func(c *Content) { c.Texts = []Text{{Name: "about", Title: "About", Body: "One"}} })},
		{"its text", site(func(c *Content) { c.Texts = []Text{{Name: "about", Title: "About", Body: "Two"}} })},
		{"its title", site(func(c *Content) { c.Texts = []Text{{Name: "about", Title: "Me", Body: "Two"}} })},
		{"a text about a tag", site(func(c *Content) { c.Topics = map[string]*Topic{"tag/daily": {Title: "Every day", Body: "Words"}} })},
		{"its cover", site(func(c *Content) { c.Topics = map[string]*Topic{"tag/daily": {CoverSlug: s.Images[70].Slug}} })},
		{"the alt text of the cover", func() { s.Images[70].Alt = "Another" }},
		{"its order", site(func(c *Content) { c.Topics = map[string]*Topic{"tag/daily": {FirstSlugs: []string{s.Images[70].Slug}}} })},
		{"the other order", site(func(c *Content) { c.Topics = map[string]*Topic{"tag/daily": {Order: TopicOrder{Oldest: true}}} })},
		{"a language", site(func(c *Content) { c.Site.Language = "de" })},
		{"a style sheet", theme("assets/style.css", "a{}")},
		{"a word", theme("templates/words/de.yaml", "pages: {gallery: Alle}")},
		{"a template", theme("templates/image.html", `{{define "main"}}{{.Title}}<a href="{{.Back.Href}}">x</a>{{end}}`)},
		{"an address", func() { opts.BaseURL = "https://example.com/" }},
		{"a bucket", func() { opts.MediaURL = "https://media.example/" }},
		{"no search engines", func() { opts.NoIndex = true }},
		{"the codes of the service", func() { opts.ServiceCodes = true }},
		{"no address", func() { opts.BaseURL = "" }},
	} {
		step.change()
		fresh := filepath.Join(t.TempDir(), "out")
		for _, folder := range []string{dir, fresh} {
			c := *s // a run names the files anew that say how they were made
			c.Images = slices.Clone(s.Images)
			buildExample(t, folder, &c, opts)
		}
		if diff := cmp.Diff(treeOf(t, fresh), treeOf(t, dir)); diff != "" {
			t.Fatalf("after %s has changed, the site is not what it would be from nothing:\n%s", step.what, diff)
		}
	}
}

// treeOf returns the files of a folder with their bytes.
func treeOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	tree := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		rel, _ := filepath.Rel(dir, name)
		tree[filepath.ToSlash(rel)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}
