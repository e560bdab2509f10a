package render

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// Card is the picture that others show when they link to a page.
type Card struct {
	URL           string // absolute
	Width, Height int
	Type          string
	Alt           string
}

// cardWidth is what the services that show cards ask for.
const cardWidth = 1200

// cardRendition is the smallest rendition that is wide enough for a card, or
// the largest there is.
func cardRendition(m *Image) Rendition {
	for _, r := range m.Renditions {
		if r.Width >= cardWidth {
			return r
		}
	}
	return m.Renditions[len(m.Renditions)-1]
}

func (s *Site) card(m *Image) *Card {
	r := cardRendition(m)
	return &Card{s.mediaBase() + r.Path, r.Width, r.Height, "image/jpeg", s.words.alt(m)}
}

// describe adds what machines read to a page whose address is known: the card
// of an image, and data by the vocabulary of schema.org.
func (p *Page) describe(images []*Image) {
	if p.Site.BaseURL == "" {
		return
	}
	if len(images) > 0 {
		p.Card = p.Site.card(images[0])
	}
	switch p.Kind {
	case kindImage:
		p.LD = p.Site.imageObject(p, images[0])
	case kindIndex, kindMonth, kindTag:
		p.LD = p.Site.gallery(p)
	}
}

// linkedData is a thing of schema.org. Its fields are in the order in which
// they are written.
type linkedData struct {
	Context     string      `json:"@context,omitempty"`
	Type        string      `json:"@type"`
	Name        string      `json:"name"`
	Description string      `json:"description,omitempty"`
	URL         string      `json:"url,omitempty"`
	Language    string      `json:"inLanguage,omitempty"`
	ContentURL  string      `json:"contentUrl,omitempty"`
	Thumbnail   string      `json:"thumbnailUrl,omitempty"`
	Format      string      `json:"encodingFormat,omitempty"`
	Width       int         `json:"width,omitempty"`
	Height      int         `json:"height,omitempty"`
	Uploaded    string      `json:"uploadDate,omitempty"`
	Keywords    []string    `json:"keywords,omitempty"`
	SourceType  string      `json:"digitalSourceType,omitempty"`
	Creator     *linkedData `json:"creator,omitempty"`
	Credit      string      `json:"creditText,omitempty"`
	License     string      `json:"license,omitempty"`
	Copyright   string      `json:"copyrightNotice,omitempty"`
	PartOf      *linkedData `json:"isPartOf,omitempty"`
}

const schemaOrg = "https://schema.org"

func (s *Site) gallery(p *Page) *linkedData {
	d := &linkedData{
		Context: schemaOrg, Type: "ImageGallery", Name: cmp.Or(p.Title, s.Title), Description: p.Description,
		URL: p.Canonical(), Language: s.Language,
	}
	if p.Kind != kindIndex {
		d.PartOf = &linkedData{Type: "ImageGallery", Name: s.Title, URL: s.BaseURL}
	}
	s.credit(d)
	return d
}

func (s *Site) imageObject(p *Page, m *Image) *linkedData {
	largest := m.Renditions[len(m.Renditions)-1]
	d := &linkedData{
		Context: schemaOrg, Type: "ImageObject", Name: p.Title, Description: p.Description, URL: p.Canonical(),
		ContentURL: s.mediaBase() + largest.Path, Thumbnail: s.mediaBase() + m.Renditions[0].Path,
		Format: "image/jpeg", Width: largest.Width, Height: largest.Height,
		Keywords: shownTags(m), SourceType: sourceTypeURL(s.sourceType(m)),
		PartOf: &linkedData{Type: "ImageGallery", Name: s.Title, URL: s.BaseURL},
	}
	if !m.Uploaded.IsZero() {
		d.Uploaded = m.Uploaded.UTC().Format("2006-01-02")
	}
	s.credit(d)
	return d
}

// credit says whose a thing is. A license is an address there.
func (s *Site) credit(d *linkedData) {
	if s.Author != "" {
		d.Creator, d.Credit = &linkedData{Type: "Person", Name: s.Author}, s.Author
	}
	if d.License = s.LicenseURL; d.License == "" {
		d.Copyright = s.License
	}
}

var creativeCommons = regexp.MustCompile(`(?i)^CC[ -]BY((?:-NC)?(?:-SA|-ND)?)[ -]([1-4]\.[0-9])$`)

// licenseURL is the address of a license: of Creative Commons' it is known by
// their names, such as "CC BY-SA 4.0" and "CC0".
func licenseURL(license string) string {
	if m := creativeCommons.FindStringSubmatch(license); m != nil {
		return "https://creativecommons.org/licenses/by" + strings.ToLower(m[1]) + "/" + m[2] + "/"
	}
	switch lower := strings.ToLower(license); {
	case lower == "cc0" || lower == "cc0 1.0":
		return "https://creativecommons.org/publicdomain/zero/1.0/"
	case strings.HasPrefix(lower, "https://") || strings.HasPrefix(lower, "http://"):
		return license
	}
	return ""
}

// sourceTypes are what an image may have been made by: IPTC's vocabulary
// Digital Source Type, without the retired ones. The words for them have the
// same names.
var sourceTypes = []string{
	"digitalCapture", "computationalCapture", "negativeFilm", "positiveFilm", "print", "humanEdits",
	"algorithmicallyEnhanced", "digitalCreation", "dataDrivenMedia", "trainedAlgorithmicMedia", "algorithmicMedia",
	"screenCapture", "virtualRecording", "composite", "compositeCapture", "compositeSynthetic",
	"compositeWithTrainedAlgorithmicMedia",
}

func sourceTypeURL(code string) string {
	if !slices.Contains(sourceTypes, code) {
		return ""
	}
	return "http://cv.iptc.org/newscodes/digitalsourcetype/" + code
}

// sourceType is what the owner said of an image, or of all.
func (s *Site) sourceType(m *Image) string { return cmp.Or(m.SourceType, s.SourceType) }

// The files for search engines.
const (
	sitemapName = "sitemap.xml"
	robotsName  = "robots.txt"
)

// What https://www.sitemaps.org/protocol.html allows in one file: so many
// addresses, and so many bytes before compression.
const (
	sitemapLimit = 50_000
	sitemapBytes = 50 << 20
)

// sitemapPartForm is the form of the names of a large site's sitemaps.
var sitemapPartForm = regexp.MustCompile(`^sitemap-[1-9][0-9]*\.xml$`)

func sitemapPart(n int) string { return fmt.Sprintf("sitemap-%d.xml", n) }

// sitemapIndex lists the sitemaps of a large site.
type sitemapIndex struct {
	XMLName  xml.Name      `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 sitemapindex"`
	Sitemaps []sitemapFile `xml:"sitemap"`
}

type sitemapFile struct {
	Loc string `xml:"loc"`
}

// A sitemap, by https://www.sitemaps.org/protocol.html, with Google's extension
// for images.
const (
	sitemapHead = xml.Header + `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">` + "\n"
	sitemapTail = "</urlset>\n"
)

// sitemapURL is a page in a sitemap.
type sitemapURL struct{ path, image string } // from the site's root; image is its picture, or ""

// appendSitemapURL appends the lines that a page has in a sitemap.
func (s *Site) appendSitemapURL(b *bytes.Buffer, u sitemapURL) {
	b.WriteString(" <url>\n  <loc>")
	_ = xml.EscapeText(b, []byte(s.absolute(u.path))) // a buffer takes all
	b.WriteString("</loc>\n")
	if u.image != "" {
		b.WriteString("  <image:image>\n   <image:loc>")
		_ = xml.EscapeText(b, []byte(s.mediaBase()+u.image))
		b.WriteString("</image:loc>\n  </image:image>\n")
	}
	b.WriteString(" </url>\n")
}

// sitemaps lists the pages, and of the images' pages the picture. The list of a
// large site is in parts, and the sitemap, which comes last, lists those.
func (g *pager) sitemaps(pages []draft, write func(document) error) error {
	urls := make([]sitemapURL, 0, len(pages))
	for _, p := range pages {
		u := sitemapURL{path: strings.TrimSuffix(p.path, "index.html")}
		if p.image != nil {
			u.image = p.image.Renditions[len(p.image.Renditions)-1].Path
		}
		if p.path != missingPath {
			urls = append(urls, u)
		}
	}
	slices.SortFunc(urls, func(a, b sitemapURL) int { return cmp.Compare(a.path, b.path) })
	parts := g.site.splitSitemap(urls, sitemapLimit, sitemapBytes)
	if len(parts) == 1 {
		return write(g.site.sitemap(sitemapName, parts[0]))
	}
	var index sitemapIndex
	for i, part := range parts {
		name := sitemapPart(i + 1)
		if err := write(g.site.sitemap(name, part)); err != nil {
			return err
		}
		index.Sitemaps = append(index.Sitemaps, sitemapFile{g.site.BaseURL + name})
	}
	list, err := encodeXML(sitemapName, index)
	if err != nil {
		return err
	}
	return write(document{sitemapName, bytesOf(list)})
}

// splitSitemap makes as few parts as there can be of at most so many addresses
// and bytes.
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
		return writeText(w, sitemapTail, nil)
	}}
}

// robots is what a search engine may read. Where nothing is to be found, the
// pages still may be read: each says that it is not to be listed, and one that
// is not read could be listed by the links to it. Pictures and data cannot
// say so.
func (s *Site) robots() []byte {
	var b strings.Builder
	b.WriteString("User-agent: *\n")
	if !s.NoIndex {
		b.WriteString("Allow: /\n\nSitemap: " + s.BaseURL + sitemapName + "\n")
		return []byte(b.String())
	}
	root := cmp.Or(s.rootPath(), "/")
	for _, name := range []string{"media/", dataName, StateName, atomName, jsonFeedName} {
		b.WriteString("Disallow: " + root + name + "\n")
	}
	return []byte(b.String())
}

// isDocument reports whether documents may make a file of this name.
func isDocument(name string) bool {
	return slices.Contains([]string{dataName, atomName, jsonFeedName, sitemapName, robotsName}, name) || sitemapPartForm.MatchString(name)
}

// documents has the files that are not pages written, one after the other. They
// name pages and media, and are to be written after those, and before the index.
func (g *pager) documents(pages []draft, write func(document) error) error {
	err := write(document{dataName, g.data})
	if err == nil && (g.site.BaseURL != "" || g.site.NoIndex) {
		err = write(document{robotsName, bytesOf(g.site.robots())})
	}
	if err == nil && g.site.BaseURL != "" {
		err = g.feeds(write)
	}
	if err == nil && g.site.BaseURL != "" && !g.site.NoIndex {
		err = g.sitemaps(pages, write)
	}
	return err
}

func (g *pager) feeds(write func(document) error) error {
	entries, err := g.feedEntries()
	if err != nil {
		return err
	}
	atom, err := g.atom(entries)
	if err != nil {
		return err
	}
	feed, err := g.jsonFeed(entries)
	if err != nil {
		return err
	}
	if err := write(document{atomName, bytesOf(atom)}); err != nil {
		return err
	}
	return write(document{jsonFeedName, bytesOf(feed)})
}
