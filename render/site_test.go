package render

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"firstframe/render/check"
	"firstframe/render/gallery"
	"firstframe/render/gallery/gallerytest"
	"firstframe/render/media"
)

// builtin is the theme of the repository.
var builtin = os.DirFS("..")

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

func buildExample(t testing.TB, dir string, s *gallery.State, opts Options) *Output {
	t.Helper()
	o, err := OpenOutput(dir, OutputOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	gallerytest.WriteMedia(t, s, o.Write)
	if err := build(context.Background(), o, s, opts); err != nil {
		t.Fatal(err)
	}
	return o
}

func wantComplete(t *testing.T, dir, root string) {
	t.Helper()
	report, err := check.Site(t.Context(), os.DirFS(dir), check.Options{RootPath: root})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Errors {
		t.Error(f)
	}
}

func TestBuildIsComplete(t *testing.T) {
	for n, wantPages := range map[int]int{0: 0, 1: 0, 60: 0, 61: 1, 120: 1, 121: 2} {
		dir := filepath.Join(t.TempDir(), "out")
		opts := exampleOptions(t, "")
		opts.BaseURL = "https://example.org/gallery/"
		buildExample(t, dir, gallerytest.State(n), opts)
		wantComplete(t, dir, "/gallery/")
		pages, _ := filepath.Glob(filepath.Join(dir, "page/*/index.html"))
		if len(pages) != wantPages {
			t.Errorf("%d images are on %d pages besides the index, want %d", n, len(pages), wantPages)
		}
	}
}

// daily is a state whose images are a day apart, each with a tag.
func daily(n int) *gallery.State {
	s := gallerytest.State(n)
	for i := range s.Images {
		m := &s.Images[i]
		m.Uploaded = time.Date(2024, 7, 1, 0, 0, 0, 0, time.UTC).Add(m.Uploaded.Sub(gallerytest.Image(0).Uploaded) * 24)
		m.Tags = []string{"daily"}
	}
	return s
}

// changed names the files of a folder that differ from those of another.
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

// A new image must not move all others to other pages: that would write every
// page anew, and break the links that people have kept.
func TestNewImageWritesFewFiles(t *testing.T) {
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

// Once in as many images as a page has there is a new page. No page that was
// there before shows others, and no page is of few images.
func TestNextPage(t *testing.T) {
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

func TestNothingNewWritesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	opts := exampleOptions(t, "")
	buildExample(t, dir, gallerytest.State(70), opts)
	o := buildExample(t, dir, gallerytest.State(70), opts)
	if o.Written() != 0 || o.Removed() != 0 {
		t.Errorf("%d files written and %d removed, want none", o.Written(), o.Removed())
	}
}

// What was cut or lost must come back, although its inputs are those of
// before.
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

// The pages that a server shows at any depth must not have relative links.
// linksOf returns the addresses that a page needs, without those that hold what they lead to.
func linksOf(t *testing.T, page []byte) []string {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var links []string
	for n := range root.Descendants() {
		for _, a := range n.Attr {
			if slices.Contains([]string{"href", "src", "srcset", "poster"}, a.Key) && !strings.HasPrefix(a.Val, "data:") {
				links = append(links, a.Val)
			}
		}
	}
	return links
}

func TestMissingPage(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	buildExample(t, dir, gallerytest.State(1), exampleOptions(t, ""))
	data, err := os.ReadFile(filepath.Join(dir, "404.html"))
	if err != nil {
		t.Fatal(err)
	}
	if links := linksOf(t, data); len(links) != 0 {
		t.Errorf("without the site's address the page 404 has the links %v", links)
	}
	if !bytes.Contains(data, []byte("<style>")) {
		t.Error("it has no style")
	}
}

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

func TestTitleFromName(t *testing.T) {
	for name, want := range map[string]string{
		"misty-ridge_dawn.jpg":  "Misty ridge dawn",
		"IMG_4127.jpg":          "IMG 4127",
		"aurora over fjord.png": "Aurora over fjord",
		"élan.png":              "Élan",
		"6f1c2d3e-0000-4000-8000-0123456789ab.png":   "",
		"1728689632123456789-288230376151711_17.jpg": "",
		"":       "",
		".hid":   "",
		"a\x00b": "Ab",
	} {
		if got := titleFromName(name); got != want {
			t.Errorf("titleFromName(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestArchivePage(t *testing.T) {
	for _, tt := range []struct{ i, n, want int }{
		{0, 1, 1}, {59, 60, 1}, {59, 61, 1}, {60, 61, 2}, {60, 120, 2}, {60, 121, 3}, {61, 121, 2}, {120, 121, 2},
	} {
		if got := archivePage(tt.i, tt.n); got != tt.want {
			t.Errorf("image %d of %d is on page %d, want %d", tt.i, tt.n, got, tt.want)
		}
	}
}

func TestPeriod(t *testing.T) {
	words := exampleWords(t, "en")
	day := func(y int, m time.Month) time.Time { return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC) }
	for _, tt := range []struct {
		a, b time.Time
		want string
	}{
		{day(2024, 7), day(2024, 7), "July 2024"},
		{day(2024, 7), day(2024, 9), "July – September 2024"},
		{day(2023, 12), day(2024, 1), "December 2023 – January 2024"},
		{time.Time{}, day(2024, 1), "Older pictures"},
	} {
		if got := words.period(tt.a, tt.b); got != tt.want {
			t.Errorf("period(%v, %v) = %q, want %q", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestDirection(t *testing.T) {
	for language, want := range map[string]string{
		"en": "ltr", "ar": "rtl", "ar-EG": "rtl", "ckb": "rtl", "arn": "ltr", "az-Arab": "rtl", "he-Latn": "ltr",
	} {
		if got := direction(language); got != want {
			t.Errorf("direction(%q) = %q, want %q", language, got, want)
		}
	}
}

// A page has one heading of the first level: its title.
func TestHeadings(t *testing.T) {
	for source, want := range map[string]string{
		"# A\n\n## B\n\n# C": "h2 h3 h2", "### A\n\n#### B": "h2 h3", "text": "",
	} {
		html, err := markdown(source, "")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range regexp.MustCompile("<(h[1-6])").FindAllStringSubmatch(string(html), -1) {
			got = append(got, m[1])
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q has the headings %v, want %q", source, got, want)
		}
	}
}

// Pages must not take the place of others when their pictures are gone: somebody may remove media/
// while a run is under way.
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
	delete(before, gallery.ManifestName) // which says that the run did not end
	delete(after, gallery.ManifestName)
	delete(before, gallery.LockName)
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("the site has changed: %s", diff)
	}
	buildExample(t, dir, s, opts)
	wantComplete(t, dir, "/")
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

// Whatever changes must reach every page that shows it, although pages that are
// made of the same as before are not made again: after each change a site that
// is kept up to date has the bytes of one that is built from nothing.
func TestEveryChangeReachesItsPages(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	s, opts := daily(4*perPage+1), exampleOptions(t, "")
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
		{"a language", site(func(c *Content) { c.Site.Language = "de" })},
		{"a style sheet", theme("assets/style.css", "a{}")},
		{"a word", theme("templates/words/de.yaml", "pages: {gallery: Alle}")},
		{"a template", theme("templates/image.html", `{{define "main"}}{{.Title}}<a href="{{.Back.Href}}">x</a>{{end}}`)},
		{"an address", func() { opts.BaseURL = "https://example.com/" }},
		{"a bucket", func() { opts.MediaURL = "https://media.example/" }},
		{"no search engines", func() { opts.NoIndex = true }},
		{"no address", func() { opts.BaseURL = "" }},
	} {
		step.change()
		fresh := filepath.Join(t.TempDir(), "out")
		for _, folder := range []string{dir, fresh} {
			buildExample(t, folder, s, opts)
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
