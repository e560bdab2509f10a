package render

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"

	"firstframe/render/gallery"
)

// The limits of one file according to https://www.sitemaps.org/protocol.html: addresses, and bytes
// before compression.
const (
	sitemapLimit = 50_000
	sitemapBytes = 50 << 20
)

// sitemaps calls write for the sitemap. It lists all pages, with the picture of an image's page.
// The sitemap of a large site is in parts. They come first, and the sitemap lists them.
func (g *pager) sitemaps(pages []draft, write func(document) error) error {
	urls := make([]sitemapURL, 0, len(pages))
	for _, p := range pages {
		u := sitemapURL{path: strings.TrimSuffix(p.path, gallery.IndexName)}
		if p.image != nil {
			u.image = p.image.Renditions.Common().Largest().Path
		}
		if p.path != gallery.MissingName {
			urls = append(urls, u)
		}
	}
	slices.SortFunc(urls, func(a, b sitemapURL) int { return cmp.Compare(a.path, b.path) })
	parts := g.site.splitSitemap(urls, sitemapLimit, sitemapBytes)
	if len(parts) == 1 {
		return write(g.site.sitemap(gallery.SitemapName, parts[0]))
	}
	var index sitemapIndex
	for i, part := range parts {
		name := sitemapPart(i + 1)
		if err := write(g.site.sitemap(name, part)); err != nil {
			return err
		}
		index.Sitemaps = append(index.Sitemaps, sitemapFile{g.site.BaseURL + name})
	}
	list, err := encodeXML(gallery.SitemapName, index)
	if err != nil {
		return err
	}
	return write(document{gallery.SitemapName, bytesOf(list)})
}

// splitSitemap splits the pages into as few parts as possible, each of at most limit addresses and
// size bytes.
func (s *Site) splitSitemap(urls []sitemapURL, limit, size int) [][]sitemapURL {
	var parts [][]sitemapURL
	var lines bytes.Buffer
	start, bytes := 0, len(sitemapHead+sitemapTail)
	for i, u := range urls {
		lines.Reset()
		s.appendSitemapURL(&lines, u)
		if i > start && (i-start == limit || bytes+lines.Len() > size) {
			parts = append(parts, urls[start:i])
			start, bytes = i, len(sitemapHead+sitemapTail)
		}
		bytes += lines.Len()
	}
	return append(parts, urls[start:])
}

// The start and the end of a sitemap according to https://www.sitemaps.org/protocol.html, with
// Google's extension for images.
const (
	sitemapHead = xml.Header + `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">` + "\n"
	sitemapTail = "</urlset>\n"
)

// sitemapURL is a page in a sitemap, and its picture if it has one.
type sitemapURL struct{ path, image string } // from the site's root; image can be ""

// sitemap returns a sitemap of these pages.
func (s *Site) sitemap(name string, urls []sitemapURL) document {
	return document{name, func(w io.Writer) error {
		var lines bytes.Buffer
		lines.WriteString(sitemapHead)
		for _, u := range urls {
			s.appendSitemapURL(&lines, u)
			if _, err := lines.WriteTo(w); err != nil {
				return err
			}
		}
		_, err := io.WriteString(w, sitemapTail)
		return err
	}}
}

// appendSitemapURL appends the lines of a page in a sitemap.
func (s *Site) appendSitemapURL(b *bytes.Buffer, u sitemapURL) {
	b.WriteString(" <url>\n  <loc>")
	_ = xml.EscapeText(b, []byte(s.absolute(u.path))) // writing to a buffer does not fail
	b.WriteString("</loc>\n")
	if u.image != "" {
		b.WriteString("  <image:image>\n   <image:loc>")
		_ = xml.EscapeText(b, []byte(s.mediaBase()+u.image))
		b.WriteString("</image:loc>\n  </image:image>\n")
	}
	b.WriteString(" </url>\n")
}

// sitemapPart returns the name of the nth part of a large site's sitemap.
func sitemapPart(n int) string { return fmt.Sprintf("sitemap-%d.xml", n) }

// sitemapIndex lists the parts of a large site's sitemap.
type sitemapIndex struct {
	XMLName  xml.Name      `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 sitemapindex"`
	Sitemaps []sitemapFile `xml:"sitemap"`
}

// sitemapFile is a part in a sitemapIndex.
type sitemapFile struct {
	Loc string `xml:"loc"`
}

// robots returns what search engines may read. If they must not list the site, they may still read
// the pages: each says so itself, and a page that is not read could be listed because of links to
// it. Pictures and data cannot say so, so search engines must not read them.
func (s *Site) robots() []byte {
	var b strings.Builder
	b.WriteString("User-agent: *\n")
	if !s.NoIndex {
		b.WriteString("Allow: /\n\nSitemap: " + s.BaseURL + gallery.SitemapName + "\n")
		return []byte(b.String())
	}
	root := cmp.Or(s.rootPath(), "/")
	for _, name := range []string{gallery.MediaFolder + "/", gallery.DataName, gallery.StateName, gallery.AtomName, gallery.JSONFeedName} {
		b.WriteString("Disallow: " + root + name + "\n")
	}
	return []byte(b.String())
}

// AsksNotToList reports whether a robots.txt is that of a site that search engines must not list.
func AsksNotToList(robots []byte) bool {
	return bytes.Contains(robots, []byte("\nDisallow: /")) && bytes.Contains(robots, []byte("/"+gallery.StateName+"\n"))
}
