package render

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"firstframe/render/check"
	"firstframe/render/gallery"
	"firstframe/render/gallery/gallerytest"
)

// A sitemap that is longer than a search engine reads is split into parts.
func TestSitemaps(t *testing.T) {
	opts := exampleOptions(t, "")
	opts.BaseURL = exampleBase
	g := opts.pager(gallerytest.State(3).Visible())
	pages := make([]draft, sitemapLimit+1)
	for i := range pages {
		pages[i] = draft{path: gallery.ImagePath(fmt.Sprintf("%016x", i+1000))}
	}
	pages[sitemapLimit] = draft{path: gallery.ImagePath(g.images[0].Slug), image: g.images[0]}
	pages = append(pages, draft{path: gallery.MissingName})

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

// Parts that are no longer needed are removed, and the checker reads the others.
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
	if err != nil || !slices.ContainsFunc(report.Errors, func(f check.Finding) bool { return strings.Contains(f.Problem, part+" refers to it") }) {
		t.Errorf("got %v, %v, want an error about a page in %s", report.Errors, err, part)
	}
	buildExample(t, dir, s, opts)
	if _, err := os.Stat(filepath.Join(dir, part)); err == nil {
		t.Errorf("%s is still there", part)
	}
}
