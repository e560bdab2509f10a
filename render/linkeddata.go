package render

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"strings"
	"time"

	"firstframe/render/gallery"
	"firstframe/render/media"
)

// Card is the picture that others show when they link to a page.
type Card struct {
	URL           string // absolute
	Width, Height int
	Type          string
	Alt           string
}

// cardWidth is the width that services with such cards ask for, in pixels.
const cardWidth = 1200

// cardRendition returns the smallest rendition that is wide enough for a card, or the largest one.
// Services with cards do not all know formats other than JPEG.
func cardRendition(m *gallery.Image) media.Rendition {
	common := m.Renditions.Common()
	for _, r := range common {
		if r.Width >= cardWidth {
			return r
		}
	}
	return common.Largest()
}

// card returns the card of an image.
func (s *Site) card(m *gallery.Image) *Card {
	r := cardRendition(m)
	return &Card{s.mediaBase() + r.Path, r.Width, r.Height, r.MediaType(), s.words.alt(m)}
}

// describe adds what other programs read, if the page's address is known: the card of the first
// image, and data in the vocabulary of schema.org.
func (p *Page) describe(images []*gallery.Image) {
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

// linkedData is a thing of schema.org. It is written in the order of these fields.
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
	Duration    string      `json:"duration,omitempty"`
	Uploaded    string      `json:"uploadDate,omitempty"`
	Keywords    []string    `json:"keywords,omitempty"`
	SourceType  string      `json:"digitalSourceType,omitempty"`
	Creator     *linkedData `json:"creator,omitempty"`
	Credit      string      `json:"creditText,omitempty"`
	License     string      `json:"license,omitempty"`
	Copyright   string      `json:"copyrightNotice,omitempty"`
	PartOf      *linkedData `json:"isPartOf,omitempty"`

	Videos []*linkedData `json:"video,omitempty"`
}

// schemaOrg is the context of all linked data.
const schemaOrg = "https://schema.org"

// gallery returns the linked data of a page with many images.
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

// imageObject returns the linked data of an image's page.
func (s *Site) imageObject(p *Page, m *gallery.Image) *linkedData {
	largest := m.Renditions.Common().Largest()
	d := &linkedData{
		Context: schemaOrg, Type: "ImageObject", Name: p.Title, Description: p.Description, URL: p.Canonical(),
		ContentURL: s.mediaBase() + largest.Path, Thumbnail: s.mediaBase() + m.Renditions.Smallest().Path,
		Format: largest.MediaType(), Width: largest.Width, Height: largest.Height,
		SourceType: s.origin(m).Address(),
		PartOf:     &linkedData{Type: "ImageGallery", Name: s.Title, URL: s.BaseURL},
	}
	for _, tag := range p.Image.Tags {
		d.Keywords = append(d.Keywords, tag.Text)
	}
	if !m.Uploaded.IsZero() {
		d.Uploaded = m.Uploaded.UTC().Format(time.DateOnly)
	}
	s.credit(d)
	for i := range m.Videos {
		if m.Videos[i].Clip != nil {
			d.Videos = append(d.Videos, s.videoObject(d, &m.Videos[i]))
		}
	}
	return d
}

// videoObject returns the linked data of a film. Its name is that of the image.
func (s *Site) videoObject(image *linkedData, v *gallery.Video) *linkedData {
	c := v.Clip
	d := &linkedData{
		Type: "VideoObject", Name: image.Name, ContentURL: s.mediaBase() + c.Path, Thumbnail: image.Thumbnail,
		Format: "video/mp4", Width: c.Width, Height: c.Height, Uploaded: image.Uploaded, SourceType: v.Origin().Address(),
	}
	if poster := c.PosterPath(); poster != "" {
		d.Thumbnail = s.mediaBase() + poster
	}
	if !v.Created.IsZero() {
		d.Uploaded = v.Created.UTC().Format(time.DateOnly)
	}
	if length(c.Seconds) != "" {
		d.Duration = fmt.Sprintf("PT%dS", max(1, int(math.Round(c.Seconds))))
	}
	s.credit(d)
	return d
}

// credit adds the author and the license. In linked data a license is an address.
func (s *Site) credit(d *linkedData) {
	if s.Author != "" {
		d.Creator, d.Credit = &linkedData{Type: "Person", Name: s.Author}, s.Author
	}
	if d.License = s.LicenseURL; d.License == "" {
		d.Copyright = s.License
	}
}

// creativeCommons matches the names of Creative Commons licenses.
var creativeCommons = regexp.MustCompile(`(?i)^CC[ -]BY((?:-NC)?(?:-SA|-ND)?)[ -]([1-4]\.[0-9])$`)

// licenseURL returns the address of a license, or "" if it is unknown. It knows the licenses of
// Creative Commons by their names, such as "CC BY-SA 4.0" and "CC0".
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
