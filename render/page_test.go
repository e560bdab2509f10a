package render

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"firstframe/render/gallery"
	"firstframe/render/gallery/gallerytest"
	"firstframe/render/media"
)

// The owner's words must not take an id that the page has itself. And no image is on a page twice
// because two of its tags look the same.
func TestIDsAreUnique(t *testing.T) {
	s := gallerytest.State(2)
	for i := range s.Images {
		s.Images[i].Tags = cleanTags([]string{"sea", "sea\u200e", "\u202esea", "s\aea", " sea"})
		s.Images[i].Caption = "# Config\n\n# Main\n\n# End\n\nText[^1]\n\n[^1]: Note\n"
	}
	opts := exampleOptions(t, "")
	opts.Content.Intro = s.Images[0].Caption
	opts.Content.Texts = []Text{{Name: "about", Title: "About", Body: s.Images[0].Caption}}
	opts.Content.Topics = map[string]*Topic{"tag/sea": {Body: s.Images[0].Caption, CoverSlug: s.Images[1].Slug}}
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

// linksOf returns the addresses that a page needs, except data URLs.
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

// A server shows the page 404 at any depth, so it must not have relative links.
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

// A gallery without a title is called Gallery at the top of each page. The link from an image to its
// place in the gallery must be called something else.
func TestBackLink(t *testing.T) {
	for _, language := range []string{"en", "de", "fr", "es", "ar"} {
		dir, s := filepath.Join(t.TempDir(), "out"), gallerytest.State(1)
		opts := exampleOptions(t, "")
		opts.Content = &Content{Site: SiteInfo{Language: language}}
		buildExample(t, dir, s, opts)
		page := readSite(t, dir, gallery.ImagePath(s.Images[0].Slug))
		want := `data-key="Escape">` + exampleWords(t, language).say("allPictures") + "</a>"
		if words := exampleWords(t, language); !bytes.Contains(page, []byte(want)) || words.say("allPictures") == words.say("gallery") {
			t.Errorf("%s: no link to the gallery is called %q:\n%s", language, want, page)
		}
	}
}

// "Scene 10" and "Status 1" mean nothing to visitors, so only an owner who asks for them shows them.
func TestServiceCodes(t *testing.T) {
	m := gallerytest.Image(1)
	m.Scene, m.Status = "10", "1"
	opts := exampleOptions(t, "")
	for _, shown := range []bool{false, true} {
		opts.ServiceCodes = shown
		is := func(f Fact) bool {
			return f.Label == "Scene" && f.Value == "10" || f.Label == "Status" && f.Value == "1"
		}
		if got := slices.ContainsFunc(opts.site().facts(&m), is); got != shown {
			t.Errorf("asked %v, shown %v", shown, got)
		}
	}
}

// A picture of a folder was not uploaded, and neither was one that the service made. Their date is
// called just that.
func TestDateOfFolder(t *testing.T) {
	for source, want := range map[string]string{gallery.SourceFiles: "Uploaded", gallery.SourceVideos: "Uploaded", gallery.SourceFolder: "Date"} {
		for _, made := range []*gallery.Generated{nil, {}} {
			m := gallerytest.Image(1)
			m.Source, m.Generated = source, made
			if made != nil {
				want = "Date"
			}
			if got := exampleOptions(t, "").site().facts(&m)[0].Label; got != want {
				t.Errorf("%s, %v: the date is called %q, want %q", source, made, got, want)
			}
		}
	}
}

// A page can show images with AVIF and images without. A lazy img without srcset needs sizes of its
// own, or browsers ignore "auto" in the sizes of the source.
func TestPictureElement(t *testing.T) {
	s := gallerytest.State(firstScreen + 2)
	for i := range s.Images[1:] {
		m := &s.Images[1+i]
		file := "media/" + m.Slug
		m.Renditions = media.Renditions{
			{Path: file + "-96-0c.jpg", Width: 96, Height: 64, Bytes: 1},
			{Path: file + "-48-0c.avif", Width: 48, Height: 32, Bytes: 1},
			{Path: file + "-192-0c.avif", Width: 192, Height: 128, Bytes: 1},
		}
	}
	g := exampleOptions(t, "").pager(s.Visible())
	index, page := executedIndex(t, g)
	tiles := strings.Split(string(page), "<li style=")[1:]
	for i, want := range map[int]string{
		0: `<img src="media/SLUG-48-0a.jpg" srcset="media/SLUG-48-0a.jpg 48w, media/SLUG-96-0b.jpg 96w" width="48" height="32" alt="ALT" decoding="async" fetchpriority="high" sizes="FIRST"><span`,
		1: `<picture><source type="image/avif" srcset="media/SLUG-48-0c.avif 48w, media/SLUG-192-0c.avif 192w" sizes="FIRST">` +
			`<img src="media/SLUG-96-0c.jpg" width="96" height="64" alt="ALT" decoding="async"></picture><span`,
		firstScreen: `<picture><source type="image/avif" srcset="media/SLUG-48-0c.avif 48w, media/SLUG-192-0c.avif 192w" sizes="auto, SIZES">` +
			`<img src="media/SLUG-96-0c.jpg" width="96" height="64" alt="ALT" loading="lazy" sizes="auto" decoding="async"></picture><span`,
	} {
		want = strings.NewReplacer("SLUG", s.Images[i].Slug, "ALT", index.Tiles[i].Alt,
			"FIRST", index.Tiles[0].Sizes, "SIZES", "min(100vw, 1.5000 * clamp(10rem, 6rem + 9vw, 22rem))").Replace(want)
		if !strings.Contains(tiles[i], want) {
			t.Errorf("tile %d is %s, want %s", i, tiles[i], want)
		}
	}
	image, err := g.image(1)
	if err != nil {
		t.Fatal(err)
	}
	page, err = image.execute()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`--w:192px`, `<a class="stage" href="../../media/SLUG-192-0c.avif"><picture><source type="image/avif" srcset="../../media/SLUG-48-0c.avif 48w, `,
		`<img src="../../media/SLUG-96-0c.jpg" srcset="../../media/SLUG-96-0c.jpg 96w" sizes="(min-width: 40.01rem) and (min-height: 32.01rem) min(92vw, 192px, (100vh - 11.5rem) * 1.5000), min(100vw, 192px, 100vh * 1.5000)" width="96" height="64"`,
	} {
		if want = strings.ReplaceAll(want, "SLUG", s.Images[1].Slug); !strings.Contains(string(page), want) {
			t.Errorf("the page of the image lacks %s:\n%s", want, page)
		}
	}
}

// executedIndex returns the index, and the bytes of its page.
func executedIndex(t *testing.T, g *pager) (*Page, []byte) {
	t.Helper()
	index, err := g.index()
	if err != nil {
		t.Fatal(err)
	}
	page, err := index.execute()
	if err != nil {
		t.Fatal(err)
	}
	return index, page
}

// packedIndex returns the size of the index of a state, compressed as web servers do.
func packedIndex(t *testing.T, s *gallery.State) int {
	t.Helper()
	g := exampleOptions(t, "").pager(s.Visible())
	_, page := executedIndex(t, g)
	var b bytes.Buffer
	packer := gzip.NewWriter(&b)
	packer.Write(page)
	packer.Close()
	return b.Len()
}

// A sketch of a picture must weigh almost nothing, because a page has 60 of them and nothing can be
// seen before it is there. The colours here have no pattern that would compress.
func TestWeightOfSketches(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	s := gallerytest.State(perPage)
	for i := range s.Images {
		m := &s.Images[i]
		r := m.Renditions[0]
		m.Color, m.Renditions = fmt.Sprintf("#%06x", random.IntN(1<<24)), nil
		for _, w := range media.DefaultWidths() {
			r.Width, r.Height = w, w*(1+i%3)/2
			r.Path = fmt.Sprintf("media/%s-%d-%010x.jpg", m.Slug, w, random.Uint64()>>24)
			m.Renditions = append(m.Renditions, r)
		}
	}
	without := packedIndex(t, s)
	for i := range s.Images {
		s.Images[i].Tints = fmt.Sprintf("%018x", random.Uint64())
	}
	with := packedIndex(t, s)
	t.Logf("%d bytes without sketches, %d with them, %d for each", without, with, (with-without)/perPage)
	if with-without > 60*perPage {
		t.Errorf("a sketch has %d bytes", (with-without)/perPage)
	}
	for i := range s.Images {
		m := &s.Images[i]
		jpegs, file := m.Renditions, fmt.Sprintf("media/%s-%%d-%010x%%s", m.Slug, random.Uint64()>>24)
		m.Renditions = media.Renditions{jpegs[1]}
		m.Renditions[0].Path = fmt.Sprintf(file, jpegs[1].Width, ".jpg")
		for _, r := range jpegs {
			r.Path = fmt.Sprintf(file, r.Width, ".avif")
			m.Renditions = append(m.Renditions, r)
		}
	}
	withAVIF := packedIndex(t, s)
	t.Logf("%d bytes with AVIF, too", withAVIF)
	for i := range s.Images {
		s.Images[i].Videos = []gallery.Video{{Clip: &media.Clip{
			Published: media.Published{Path: fmt.Sprintf("media/%016x-0c.mp4", random.Uint64())}, Seconds: 20 * random.Float64(),
		}}}
	}
	withFilms := packedIndex(t, s)
	t.Logf("%d bytes with films, too", withFilms)
	if most := max(with, withAVIF, withFilms); most > 12_000 {
		t.Errorf("the index has %d bytes", most)
	}
}

// A tile names its film only if the film is published, and says how long it is.
func TestFilmOfTile(t *testing.T) {
	s := gallerytest.State(4)
	clip := func(name string, seconds float64) *media.Clip {
		return &media.Clip{Published: media.Published{Path: "media/" + name + ".mp4", Bytes: 1}, Seconds: seconds}
	}
	s.Images[0].Videos = []gallery.Video{{Status: "pending"}, {Clip: clip("a", 5.6)}, {Clip: clip("b", 9)}}
	s.Images[1].Videos = []gallery.Video{{Clip: clip("c", 0)}}
	s.Images[2].Videos = []gallery.Video{{Status: "completed"}}
	_, page := executedIndex(t, exampleOptions(t, "").pager(s.Visible()))
	tiles := strings.Split(string(page), "<li style=")[1:]
	for i, want := range [][]string{
		{`data-film="media/a.mp4"`, `<small class="marks"><b class="ai" role="img" title="Film made with AI">AI</b> <i class="length"><b class="unseen">Film </b>0:06</i></small><span`},
		{`data-film="media/c.mp4"`, `</b> <i class="length">Film</i></small><span`},
		nil, nil,
	} {
		for _, part := range want {
			if !strings.Contains(tiles[i], part) {
				t.Errorf("tile %d lacks %s: %s", i, part, tiles[i])
			}
		}
		if want == nil && (strings.Contains(tiles[i], "data-film") || strings.Contains(tiles[i], "<small class")) {
			t.Errorf("tile %d has a film: %s", i, tiles[i])
		}
	}
	for seconds, want := range map[float64]string{-1: "", 0: "", .2: "0:01", 5.5: "0:06", 59.6: "1:00", 61: "1:01", 3599.4: "59:59", 3661: "1:01:01", 1e9: "", math.NaN(): "", math.Inf(1): ""} {
		if got := length(seconds); got != want {
			t.Errorf("%v seconds are %q, want %q", seconds, got, want)
		}
	}
}

// A picture of an earlier version has no sketch, and one from outside no markup.
func TestTileStyle(t *testing.T) {
	m := gallerytest.Image(1)
	for tints, want := range map[string]string{
		"":                   "--r:1.5000;--c:#102030",
		"123456789abcdef012": "--r:1.5000;--c:#102030;--1:#123;--2:#456;--3:#789;--4:#abc;--5:#def;--6:#012",
		"12345678;}</style>": "--r:1.5000;--c:#102030",
	} {
		m.Tints = tints
		if got := string(tileStyle(&m)); got != want {
			t.Errorf("%q: got %q, want %q", tints, got, want)
		}
	}
}
