package render

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/net/html"

	"firstframe/render/check"
	"firstframe/render/gallery"
	"firstframe/render/gallery/gallerytest"
	"firstframe/render/media"
)

const exampleBase = "https://example.org/gallery/"

func readSite(t *testing.T, dir, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func contentOf(t *testing.T, d document) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := d.content(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// wantXML checks that a document is well-formed.
func wantXML(t *testing.T, data []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%v in %s", err, data)
		}
	}
}

type parsedAtom struct {
	ID      string `xml:"id"`
	Updated string `xml:"updated"`
	Author  string `xml:"author>name"`
	Entries []struct {
		ID       string `xml:"id"`
		Title    string `xml:"title"`
		Updated  string `xml:"updated"`
		Content  string `xml:"content"`
		Category []struct {
			Term string `xml:"term,attr"`
		} `xml:"category"`
		Links []struct {
			Rel    string `xml:"rel,attr"`
			Href   string `xml:"href,attr"`
			Length int64  `xml:"length,attr"`
		} `xml:"link"`
	} `xml:"entry"`
}

func readAtom(t *testing.T, dir string) parsedAtom {
	t.Helper()
	data := readSite(t, dir, gallery.AtomName)
	wantXML(t, data)
	var feed parsedAtom
	if err := xml.Unmarshal(data, &feed); err != nil {
		t.Fatal(err)
	}
	return feed
}

func readJSONFeed(t *testing.T, dir string) jsonFeed {
	t.Helper()
	var feed jsonFeed
	if err := json.Unmarshal(readSite(t, dir, gallery.JSONFeedName), &feed); err != nil {
		t.Fatal(err)
	}
	return feed
}

func TestFeeds(t *testing.T) {
	for _, n := range []int{0, 1, 60} {
		dir := filepath.Join(t.TempDir(), "out")
		opts := exampleOptions(t, "")
		opts.BaseURL = exampleBase
		s := daily(n)
		if n > 0 {
			s.Images[0].Caption = "See [about](index.html) *this*."
		}
		buildExample(t, dir, s, opts)
		wantComplete(t, dir, "/gallery/")
		atom, feed := readAtom(t, dir), readJSONFeed(t, dir)
		want := min(n, feedLength)
		if len(atom.Entries) != want || len(feed.Items) != want || atom.ID != exampleBase || atom.Author == "" {
			t.Fatalf("of %d images %d and %d are in the feeds, want %d", n, len(atom.Entries), len(feed.Items), want)
		}
		if n == 0 {
			if atom.Updated != "1970-01-01T00:00:00Z" {
				t.Errorf("an empty feed is of %s", atom.Updated)
			}
			continue
		}
		first, item := atom.Entries[0], feed.Items[0]
		page := exampleBase + "image/" + s.Images[0].Slug + "/"
		picture := exampleBase + s.Images[0].Renditions[1].Path
		if first.ID != page || item.ID != page || first.Updated != atom.Updated || item.Published != atom.Updated {
			t.Errorf("the newest is %s and %s of %s, want %s of %s", first.ID, item.ID, first.Updated, page, atom.Updated)
		}
		if first.Links[1].Href != picture || first.Links[1].Length != s.Images[0].Renditions[1].Bytes || item.Image != picture {
			t.Errorf("its picture is %v and %s, want %s", first.Links[1], item.Image, picture)
		}
		if first.Content != item.HTML || !strings.Contains(item.HTML, `<a href="`+exampleBase+`index.html">`) || item.Summary != "See about this." {
			t.Errorf("its words are %q and %q", item.HTML, item.Summary)
		}
		if first.Category[0].Term != "daily" || item.Tags[0] != "daily" {
			t.Errorf("its tags are %v and %v", first.Category, item.Tags)
		}
	}
}

// The site shows days. Of the times of day only the hour of an upload is kept,
// in the state, for the order.
func TestNoTimesOfDay(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	opts := exampleOptions(t, "")
	opts.BaseURL = exampleBase
	s := gallerytest.State(2)
	at := time.Date(2024, 7, 1, 17, 34, 56, 0, time.UTC)
	for i := range s.Images {
		m := &s.Images[i]
		m.Uploaded, m.Camera = at, &media.Camera{Model: "Maker", Taken: "2024-07-01T17:34:56"}
		m.Videos = []gallery.Video{{Key: "video", Status: "completed", Created: at}}
	}
	// What earlier versions kept is reduced when it is read.
	data, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if s, err = gallery.Decode(data); err != nil {
		t.Fatal(err)
	}
	buildExample(t, dir, s, opts)
	err = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		secrets := []string{"34:56", strconv.FormatInt(at.Unix(), 10)}
		if base := filepath.Base(name); base != gallery.StateName && base != gallery.BackupName {
			secrets = append(secrets, "T17", "17:00", strconv.FormatInt(at.Truncate(time.Hour).Unix(), 10))
		}
		for _, secret := range secrets {
			if bytes.Contains(data, []byte(secret)) {
				t.Errorf("%s holds %s", name, secret)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if page := readSite(t, dir, gallery.ImagePath(s.Images[0].Slug)); bytes.Count(page, []byte(`datetime="2024-07-01"`)) != 2 {
		t.Errorf("the page does not have both dates: %s", page)
	}
}

// The card's picture must be large enough to be shown large, and no larger.
func TestCardRendition(t *testing.T) {
	for _, tt := range []struct {
		widths []int
		want   int
	}{{[]int{480}, 480}, {[]int{480, 1000}, 1000}, {[]int{480, 1200, 1920}, 1200}, {[]int{480, 960, 1920, 4000}, 1920}} {
		m := &gallery.Image{}
		for _, w := range tt.widths {
			m.Renditions = append(m.Renditions, media.Rendition{Width: w})
		}
		if got := cardRendition(m).Width; got != tt.want {
			t.Errorf("of %v the card shows %d, want %d", tt.widths, got, tt.want)
		}
	}
}

// head is what a page says to machines.
type head struct {
	meta    map[string]string
	scripts map[string]string // by type
}

func readHead(t *testing.T, data []byte) head {
	t.Helper()
	h := head{map[string]string{}, map[string]string{}}
	for z := html.NewTokenizer(bytes.NewReader(data)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return h
		case html.StartTagToken:
			token := z.Token()
			values := map[string]string{}
			for _, a := range token.Attr {
				values[a.Key] = a.Val
			}
			switch token.Data {
			case "meta":
				h.meta[values["property"]+values["name"]] = values["content"]
			case "script":
				z.Next()
				h.scripts[values["type"]] = string(z.Text())
			}
		}
	}
}

func TestMachines(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	opts := exampleOptions(t, "")
	opts.BaseURL = exampleBase
	opts.Content = &Content{Site: SiteWords{
		Title: "Frames", Author: "A. Person", License: "CC BY-SA 4.0", SourceType: "digitalCapture",
	}}
	s := daily(90)
	m := &s.Images[3]
	m.Title, m.Alt, m.SourceType, m.Featured = "Low tide", "Wet sand", "trainedAlgorithmicMedia", true
	buildExample(t, dir, s, opts)
	wantComplete(t, dir, "/gallery/")
	page := readSite(t, dir, gallery.ImagePath(m.Slug))
	if !bytes.Contains(page, []byte("Made with generative AI")) {
		t.Error("the page does not say what the image was made by")
	}
	h := readHead(t, page)
	picture := exampleBase + m.Renditions[1].Path
	for name, want := range map[string]string{
		"og:url": exampleBase + "image/" + m.Slug + "/", "og:title": "Low tide", "og:image": picture, "og:image:alt": "Wet sand",
		"og:image:width": "96", "twitter:card": "summary_large_image", "twitter:image:alt": "Wet sand", "robots": "max-image-preview:large",
	} {
		if h.meta[name] != want {
			t.Errorf("%s is %q, want %q", name, h.meta[name], want)
		}
	}
	var data linkedData
	if err := json.Unmarshal([]byte(h.scripts["application/ld+json"]), &data); err != nil {
		t.Fatal(err)
	}
	if data.Type != "ImageObject" || data.ContentURL != picture || data.Uploaded != "2024-09-25" || data.Creator.Name != "A. Person" ||
		data.License != "https://creativecommons.org/licenses/by-sa/4.0/" ||
		data.SourceType != "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia" {
		t.Errorf("the data of the image are %+v", data)
	}
	index := readHead(t, readSite(t, dir, "index.html"))
	if err := json.Unmarshal([]byte(index.scripts["application/ld+json"]), &data); err != nil || data.Type != "ImageGallery" {
		t.Errorf("the data of the index are %+v, %v", data, err)
	}
	if index.meta["og:image"] != picture || index.meta["og:url"] != exampleBase {
		t.Errorf("the card of the index is %v, want the selected image", index.meta)
	}
	list := readSite(t, dir, gallery.SitemapName)
	wantXML(t, list)
	for _, want := range []string{
		"<loc>" + exampleBase + "</loc>", "<loc>" + exampleBase + "image/" + m.Slug + "/</loc>", "<image:loc>" + picture + "</image:loc>",
		"<loc>" + exampleBase + "month/2024-08/</loc>", "<loc>" + exampleBase + "tag/daily/</loc>",
	} {
		if !bytes.Contains(list, []byte(want)) {
			t.Errorf("the sitemap has no %s", want)
		}
	}
	if !bytes.Contains(readSite(t, dir, gallery.RobotsName), []byte("Sitemap: "+exampleBase+gallery.SitemapName+"\n")) {
		t.Error("robots.txt does not name the sitemap")
	}
	if meta := readHead(t, readSite(t, dir, "404.html")).meta; meta["og:url"] != "" {
		t.Error("the page 404 has an address of its own")
	}

	// What is not to be listed says so everywhere, and is in no list.
	opts.NoIndex = true
	buildExample(t, dir, s, opts)
	wantComplete(t, dir, "/gallery/")
	for _, name := range []string{"index.html", gallery.ImagePath(m.Slug), galleryPath(2), "404.html"} {
		if got := readHead(t, readSite(t, dir, name)).meta["robots"]; got != "noindex" {
			t.Errorf("%s says %q to search engines", name, got)
		}
	}
	if got := readSite(t, dir, gallery.RobotsName); !bytes.Contains(got, []byte("Disallow: /gallery/media/\n")) || bytes.Contains(got, []byte("Sitemap")) {
		t.Errorf("robots.txt is %s", got)
	}
	if _, err := os.Stat(filepath.Join(dir, gallery.SitemapName)); err == nil {
		t.Error("the sitemap is still there")
	}

	// Without an address there is none of it.
	opts.BaseURL, opts.NoIndex = "", false
	buildExample(t, dir, s, opts)
	wantComplete(t, dir, "/")
	for _, name := range []string{gallery.AtomName, gallery.JSONFeedName, gallery.SitemapName, gallery.RobotsName} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			t.Errorf("%s is still there", name)
		}
	}
	h = readHead(t, readSite(t, dir, gallery.ImagePath(m.Slug)))
	if len(h.scripts["application/ld+json"]) > 0 || h.meta["og:title"] != "" {
		t.Errorf("without an address the page says %v", h)
	}
}

func TestLicenseURL(t *testing.T) {
	for license, want := range map[string]string{
		"CC BY 4.0": "https://creativecommons.org/licenses/by/4.0/", "cc-by-nc-nd-4.0": "https://creativecommons.org/licenses/by-nc-nd/4.0/",
		"CC0": "https://creativecommons.org/publicdomain/zero/1.0/", "https://example.org/license": "https://example.org/license",
		"All rights reserved": "", "": "", "javascript:alert(1)": "", "CC BY 4.0 or more": "",
	} {
		if got := licenseURL(license); got != want {
			t.Errorf("licenseURL(%q) = %q, want %q", license, got, want)
		}
	}
}

func TestSourceTypes(t *testing.T) {
	words := exampleWords(t, "en")
	for _, code := range sourceTypes {
		if _, err := words.text(code); err != nil {
			t.Error(err)
		}
	}
	for name, file := range map[string]string{"index.md": "index.md", "images/a.md": "images/a.md"} {
		_, _, err := LoadContent(fstest.MapFS{name: {Data: []byte("---\ndigital_source_type: ai\n---\n")}})
		if err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "trainedAlgorithmicMedia") {
			t.Errorf("%s: got %v, want an error that lists the codes", name, err)
		}
	}
}

// A list that is longer than a search engine reads is in parts.
func TestSitemaps(t *testing.T) {
	opts := exampleOptions(t, "")
	opts.BaseURL = exampleBase
	g := opts.pager(gallerytest.State(3).Visible())
	pages := make([]draft, sitemapLimit+1)
	for i := range pages {
		pages[i] = draft{path: gallery.ImagePath(fmt.Sprintf("%016x", i+1000))}
	}
	pages[sitemapLimit] = draft{path: gallery.ImagePath(g.images[0].Slug), image: g.images[0]}
	pages = append(pages, draft{path: gallery.MissingPath})

	type file struct {
		path string
		data []byte
	}
	sitemaps := func(pages []draft) (all []file, err error) {
		err = g.sitemaps(pages, func(d document) error {
			all = append(all, file{d.path, contentOf(t, d)})
			return nil
		})
		return all, err
	}
	one, err := sitemaps(pages[1:])
	if err != nil || len(one) != 1 || one[0].path != gallery.SitemapName || bytes.Count(one[0].data, []byte("<url>")) != sitemapLimit {
		t.Fatalf("of %d pages: %d files, %v; want one file with all", sitemapLimit, len(one), err)
	}
	several, err := sitemaps(pages)
	if err != nil || len(several) != 3 {
		t.Fatalf("of %d pages: %d files, %v; want two and their list", sitemapLimit+1, len(several), err)
	}
	seen := map[string]int{}
	for i, d := range several[:2] {
		var m struct {
			URLs []struct {
				Loc string `xml:"loc"`
			} `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 url"`
		}
		if err := xml.Unmarshal(d.data, &m); err != nil {
			t.Fatal(err)
		}
		if d.path != sitemapPart(i+1) || len(m.URLs) > sitemapLimit {
			t.Errorf("%s has %d addresses", d.path, len(m.URLs))
		}
		for _, u := range m.URLs {
			seen[u.Loc]++
		}
	}
	if len(seen) != sitemapLimit+1 {
		t.Errorf("%d addresses are listed, want %d", len(seen), sitemapLimit+1)
	}
	if !bytes.Contains(slices.Concat(several[0].data, several[1].data), []byte("<image:loc>")) {
		t.Error("no picture is listed")
	}
	list := string(several[2].data)
	if several[2].path != gallery.SitemapName || strings.Count(list, "<sitemap>") != 2 ||
		!strings.Contains(list, "<loc>"+exampleBase+"sitemap-1.xml</loc>") || !strings.Contains(list, "<loc>"+exampleBase+"sitemap-2.xml</loc>") {
		t.Errorf("the last file, %s, is\n%s", several[2].path, list)
	}

	// So is one that is too large otherwise.
	var urls []sitemapURL
	for i := range 11 {
		urls = append(urls, sitemapURL{path: strings.Repeat("x&", 50) + fmt.Sprint(i)})
	}
	parts := g.site.splitSitemap(urls, sitemapLimit, 1500)
	if all := slices.Concat(parts...); len(parts) < 2 || !slices.Equal(all, urls) {
		t.Errorf("got %d parts: %q", len(parts), all)
	}
	for i, part := range parts {
		data := contentOf(t, g.site.sitemap(gallery.SitemapName, part))
		wantXML(t, data)
		if len(data) > 1500 {
			t.Errorf("a part has %d bytes", len(data))
		}
		if i+1 < len(parts) {
			if more := contentOf(t, g.site.sitemap(gallery.SitemapName, append(slices.Clone(part), parts[i+1][0]))); len(more) <= 1500 {
				t.Errorf("a part has %d bytes, and has room for another address", len(data))
			}
		}
	}
}

// Parts that there are no more are removed, and --check reads those that there are.
func TestSitemapParts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	opts := exampleOptions(t, "")
	opts.BaseURL = exampleBase
	s := gallerytest.State(3)
	buildExample(t, dir, s, opts)
	part := sitemapPart(2)
	o := openOutput(t, dir)
	b := &builder{out: o, files: o.lastManifest().files}
	err := b.write(part, []byte("<urlset><loc>"+exampleBase+"image/gone/</loc></urlset>"))
	if err == nil {
		err = o.Commit(t.Context())
	}
	if err == nil {
		err = b.finish(b.manifest(fingerprint{1}))
	}
	if err != nil {
		t.Fatal(err)
	}
	o.Close()
	report, err := check.Site(t.Context(), os.DirFS(dir), check.Options{})
	if err != nil || !slices.ContainsFunc(report.Errors, func(f check.Finding) bool { return f.File == part }) {
		t.Errorf("got %v, %v, want an error in %s", report.Errors, err, part)
	}
	buildExample(t, dir, s, opts)
	if _, err := os.Stat(filepath.Join(dir, part)); err == nil {
		t.Errorf("%s is still there", part)
	}
}

// Words from outside must stay text in every format.
func TestHostileWordsForMachines(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	evil := "]]></title></script><script>alert(1)</script><!--\u2028\u2029\u202e\x00&amp;\"'"
	opts := exampleOptions(t, "")
	opts.BaseURL = exampleBase
	opts.Content = &Content{Site: SiteWords{Title: evil, Description: evil, Author: evil, License: evil}}
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
