package render

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"firstframe/render/gallery"
	"firstframe/render/gallery/gallerytest"
	"firstframe/render/media"
)

// linkedSite returns the settings and the state of a site with everything that an address can lead
// to. Its images have a tag, and two of them have the same name.
func linkedSite(t *testing.T) (Options, *gallery.State) {
	t.Helper()
	opts := exampleOptions(t, "")
	opts.BaseURL = "https://example.org/gallery/"
	opts.Content = &Content{Texts: []Text{{Name: "about", Title: "About"}}}
	opts.Static, _ = loadStatic(t, makeStatic(t, map[string]string{
		"pic.jpg": "", "my docs/a.pdf": "", "tool/index.html": "</html>", "static/b.txt": "", "about/map.svg": "",
	}))
	s := gallerytest.State(perPage + 1)
	for i := range s.Images {
		s.Images[i].Tags = []string{"Low Tide"}
	}
	s.Images[3].Name, s.Images[4].Name = "twice.jpg", "twice.png"
	s.Images[5].Name = "e\u0301t\u00e9.jpg"
	return opts, s
}

// An address begins at the site's root, or leads from the Markdown file or its page to what is
// meant. On every page, it becomes a relative one.
func TestAddresses(t *testing.T) {
	opts, s := linkedSite(t)
	l := opts.links(opts.site(), s.Visible())
	image := "../" + gallery.ImagePath(gallerytest.Image(7).Slug)
	for written, want := range map[string]string{
		"/pic.jpg":             "../pic.jpg",
		"pic.jpg":              "../pic.jpg",
		"./pic.jpg":            "../pic.jpg",
		"/pic.jpg?a=b#c":       "../pic.jpg?a=b#c",
		"/my%20docs/a.pdf":     "../my%20docs/a.pdf",
		"/tool/":               "../tool/index.html",
		"/tool":                "../tool/index.html",
		"../static/pic.jpg":    "../pic.jpg",
		"../../static/pic.jpg": "../pic.jpg",
		"static/pic.jpg":       "../pic.jpg",
		"static/b.txt":         "../static/b.txt",
		"static/static/b.txt":  "../static/b.txt",
		"/about/map.svg":       "../about/map.svg",

		"/":                      "../index.html",
		"./":                     "../index.html",
		"../":                    "../index.html",
		"/index.html#top":        "../index.html#top",
		"index.md":               "../index.html",
		"/about/":                "../about/index.html",
		"/about":                 "../about/index.html",
		"about/index.html":       "../about/index.html",
		"about.md":               "../about/index.html",
		"../about.md#us":         "../about/index.html#us",
		"/tag/low-tide/":         "../tag/low-tide/index.html",
		"../tag/low-tide":        "../tag/low-tide/index.html",
		"/tag/Low%20Tide":        "../tag/low-tide/index.html",
		"../tags/low-tide.md":    "../tag/low-tide/index.html",
		"/tag/low-tide/2/":       "../tag/low-tide/2/index.html",
		"/month/2024-07/":        "../month/2024-07/index.html",
		"months/2024-07.md":      "../month/2024-07/index.html",
		"/page/2/":               "../page/2/index.html",
		"/image/picture-7.jpg":   image,
		"/image/picture-7/":      image,
		"images/picture-7.md":    image,
		"picture-7.jpg":          image,
		"../../picture-7.jpg":    image,
		"/image/%C3%A9t%C3%A9":   "../" + gallery.ImagePath(s.Images[5].Slug),
		"/feed.xml":              "../feed.xml",
		"//host.example/pic.jpg": "//host.example/pic.jpg",
		"https://a.b/pic.jpg":    "https://a.b/pic.jpg",
		"#here":                  "#here",

		// An address that leads to nothing begins at the root, too.
		"/other.jpg":              "../other.jpg",
		"../../static/absent.jpg": "../static/absent.jpg",
		"../../../x/":             "../x/index.html",
		"/tag/low-tide/3/":        "../tag/low-tide/3/index.html",
		"/twice/":                 "../twice/index.html",
		"javascript:alert()":      "",
	} {
		if got := string((&linkKeeper{root: "../", links: l}).destination([]byte(written), false)); got != want {
			t.Errorf("%s leads to %s, want %s", written, got, want)
		}
	}
	picture := &linkKeeper{root: "../", media: "https://media.example/", links: l}
	if got, want := string(picture.destination([]byte("picture-7.jpg"), true)), "https://media.example/"+gallerytest.Image(7).Renditions[1].Path; got != want {
		t.Errorf("the picture is %s, want %s", got, want)
	}
}

// Every file of a site can be linked to by its path. So a new kind of page cannot be forgotten.
func TestEveryFileHasAnAddress(t *testing.T) {
	for _, noIndex := range []bool{false, true} {
		opts, s := linkedSite(t)
		opts.NoIndex = noIndex
		dir := filepath.Join(t.TempDir(), "out")
		buildExample(t, dir, s, opts)
		l := opts.links(opts.site(), s.Visible())
		for name := range treeOf(t, dir) {
			if target, _ := l.find(address{url: &url.URL{Path: "/" + name}}); target != name && !strings.HasPrefix(name, ".") {
				t.Errorf("the address of %s leads to %q", name, target)
			}
		}
		for _, name := range []string{"feed.html", "tag/high-tide", "tag/low-tide/1", "month/2024-08", "page/1", "page/3", "image", "image/", "media/a.jpg", "assets/a.css"} {
			if target, _ := l.find(address{url: &url.URL{Path: "/" + name}}); target != "" {
				t.Errorf("/%s leads to %s, which is not there", name, target)
			}
		}
	}
}

// A page is made again if an address on it leads somewhere else, and only then.
func TestLinksAreInputs(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	opts := exampleOptions(t, "")
	opts.Content = &Content{Topics: map[string]*Topic{"month/2024-07": {Body: "[a](/tag/new)"}}}
	s := gallerytest.State(5)
	for i, caption := range []string{"", "[a](/tag/new)", "![a](picture-0.jpg)", "[a](/plan)", "[a](/tag/old)"} {
		s.Images[4-i].Caption = caption // image i
	}
	page := func(i int) string { return gallery.ImagePath(gallerytest.Image(i).Slug) }
	buildExample(t, dir, s, opts)
	changed := func() []string {
		before := treeOf(t, dir)
		buildExample(t, dir, s, opts)
		var names []string
		for name, data := range treeOf(t, dir) {
			if before[name] != data && strings.HasSuffix(name, gallery.IndexName) && name != gallery.IndexName {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		return names
	}
	opts.Static, _ = loadStatic(t, makeStatic(t, map[string]string{"plan/index.html": "</html>", "other.txt": ""}))
	if got, want := changed(), []string{page(3), "plan/index.html"}; !slices.Equal(got, want) {
		t.Errorf("a static file changes the pages %q, want %q", got, want)
	}
	s.Images[0].Tags = []string{"new"} // image 4; image 3 has it as its neighbour, and shows nothing of its tags
	if got, want := changed(), []string{page(1), page(4), "month/2024-07/index.html", "tag/new/index.html"}; !slices.Equal(got, want) {
		t.Errorf("a tag changes the pages %q, want %q", got, want)
	}
	s.Images[4].Renditions[1] = media.Rendition{Path: "media/" + s.Images[4].Slug + "-96-0c.jpg", Width: 96, Height: 64, Bytes: 300}
	if got, want := changed(), []string{page(0), page(2)}; !slices.Equal(slices.DeleteFunc(got, func(name string) bool { return !strings.HasPrefix(name, "image/") }), want) {
		t.Errorf("a rendition changes the pages %q, want %q", got, want)
	}
}

// An address that leads to nothing is named with its file and line, once for each file.
func TestLinkWarnings(t *testing.T) {
	opts, s := linkedSite(t)
	content, _, err := LoadContent(fstest.MapFS{
		"index.md":            {Data: []byte("---\ntitle: A\n---\n\n[a](/abut/)\r\n[b](x/)\n\n> [c](/abut/)\n")},
		"about.md":            {Data: []byte("- a\n- [b]\n\n[b]: /my%20docs/b.pdf\n\n    [c](/code/)\n\n[d](</nowhere at all>)")},
		"images/picture-7.md": {Data: []byte("[a](twice) ![b](/picture-77.jpg) [c](/image/picture-88.jpg) [d](/image/pictur-7)")},
		"images/picture-8.md": {Data: []byte("---\nhidden: true\n---\n[a](/gone/)")},
		"tags/low-tide.md":    {Data: []byte("---\ntitle: a\n---\na[^1]\n\n[^1]: [b](/tag/low-tied/)\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	opts.Content = content
	const elsewhere = " in the site; for a page elsewhere, write the whole address, as in https://example.org/"
	want := []string{
		"about.md:2: there is no /my docs/b.pdf; did you mean /my docs/a.pdf?",
		"about.md:8: there is no /nowhere at all" + elsewhere,
		"images/picture-7.md:1: twice can be 2 images: write one of the addresses /image/" + s.Images[3].Slug + "/, /image/" + s.Images[4].Slug + "/",
		"images/picture-7.md:1: there is no /picture-77.jpg" + elsewhere,
		"images/picture-7.md:1: there is no image picture-88.jpg",
		"images/picture-7.md:1: there is no /image/pictur-7; did you mean /image/picture-7?",
		"index.md:5: there is no /abut/; did you mean /about/?",
		"index.md:6: there is no x/" + elsewhere,
		"tags/low-tide.md:6: there is no /tag/low-tied/; did you mean /tag/low-tide/?",
	}
	if got := opts.LinkWarnings(s.Images); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	// In a dry run, nobody knows what the new images will be.
	added := append(s.Images, gallery.Image{Name: "new.jpg"})
	opts.Content, _, err = LoadContent(fstest.MapFS{"index.md": {Data: []byte("[a](new.jpg) ![b](new.jpg) [c](/image/0123456789abcdef/) [d](/month/1999-01/) [e](/tag/x/)")}})
	if got := opts.LinkWarnings(added); err != nil || len(got) != 1 || !strings.Contains(got[0], "/tag/x/") {
		t.Errorf("in a dry run: %q, error %v", got, err)
	}
	// Of many, some are named.
	var many strings.Builder
	for i := range maxFaults + 3 {
		fmt.Fprintf(&many, "[a](/missing-%d/)\n", i)
	}
	opts.Content, _, err = LoadContent(fstest.MapFS{"index.md": {Data: []byte(many.String())}})
	if got := opts.LinkWarnings(s.Images); err != nil || len(got) != maxFaults+1 || got[maxFaults] != "3 more addresses in your texts lead to nothing" {
		t.Errorf("got %d warnings, the last is %q, error %v", len(got), got[len(got)-1], err)
	}
}

// A quick look at a text may find a link that is none, but it must find every link.
func TestAllKnown(t *testing.T) {
	opts, s := linkedSite(t)
	l := opts.links(opts.site(), s.Visible())
	parts := []string{"[a](", "![a](", "[b]", "[b]: ", "<", ">", ")", "/about/", "/gone/", "(", "\\", "&#47;", "x", " ", "\n", "\n\n", "> ", "- ", "`", "'t'", "*", "[^1]", "[^1]: ", "|", "https://a.b", "%zz", "#c"}
	random := rand.New(rand.NewPCG(1, 2))
	missing := 0
	for range 100_000 {
		var b strings.Builder
		for range 1 + random.IntN(12) {
			b.WriteString(parts[random.IntN(len(parts))])
		}
		for _, a := range addressesIn(b.String()) {
			if l.resolve(a) != "" {
				continue
			}
			if missing++; l.allKnown(b.String()) {
				t.Fatalf("in %q, %s is not found", b.String(), a.url)
			}
		}
	}
	if missing < 1000 {
		t.Errorf("only %d links lead to nothing", missing)
	}
}
