package render

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"firstframe/render/gallery"
	"firstframe/render/timebox"
)

// The kinds of pages.
const (
	kindIndex   = "index"   // the gallery's first page, with the newest images
	kindArchive = "archive" // a page of older images
	kindImage   = "image"   // the page of one image
	kindMonth   = "month"   // the images of a month
	kindTag     = "tag"     // the images with a tag
	kindText    = "text"    // a page that the owner wrote
	kindMissing = "404"     // what a server shows for an address that is not there
)

// Page is what every template is executed with.
type Page struct {
	Site *Site  `json:"-"`
	Kind string // "index", "archive", "image", "month", "tag", "text" or "404"
	Path string // from the site's root: "image/0123456789abcdef/index.html"

	// Root is the way from the page to the site's root: "", "../" or "../../".
	// On the page 404, which a server shows at any depth, it is the root's path
	// on its host, "/gallery/", or "?" where that is not known: then the page
	// has no link.
	Root string

	Title       string // of the page alone; "" on the index
	Description string
	CSP         string       // Content-Security-Policy
	InlineStyle template.CSS // instead of the style sheet, where Root is not known
	Nav         []Link       // the owner's further pages

	Intro    template.HTML // of the index
	Featured []Tile        // of the index: the owner's choice
	Tiles    []Tile        // of the index, the archive, a month and a tag, newest first

	// Years and TagCounts are the ways into the gallery that stand on the
	// index. They are on no other page, for they change with every image.
	Years     []Year
	TagCounts []Count

	// Card and LD are for machines that read the page: the picture of a link to
	// it, and what it is in the words of schema.org. Both are nil where the
	// site's address is not known.
	Card *Card
	LD   any

	Only []string // what the images of a month or a tag have in common; see Config

	Newer, Older Link // the neighbours of an archive page or an image
	Back         Link // an image's place in the gallery
	Image        *Detail

	Body template.HTML // of a text

	theme *Theme
}

// Link is a link to another page; one with an empty Href is not shown.
type Link struct {
	Href    string
	Text    string
	Current bool // leads to the page that it is on
	target  string
}

// Tile is an image in the rows of a gallery page.
type Tile struct {
	Slug   string
	Href   string // the image's page
	Title  string
	Alt    string
	Src    string // the smallest rendition
	Srcset string // all of them, or "" if there is only one
	Width  int    // of Src, in pixels
	Height int
	Ratio  string       // width by height
	Style  template.CSS // --r: Ratio, --c: the placeholder's colour
	Eager  bool         // in the first screen: loaded at once
	Date   string       // "12 October 2024"
}

// Detail is an image on its own page.
type Detail struct {
	Slug     string
	Title    string
	Alt      string
	Caption  template.HTML
	Src      string // the largest rendition
	Srcset   string
	Width    int // of Src, in pixels
	Height   int
	Ratio    string
	Style    template.CSS
	Facts    []Fact
	Tags     []Link
	Original string // where the published original is, or ""
	Prompt   string // of the newest video that has one, or ""
	Videos   []Take // that were made from it, the newest first
}

// Take is a video that was made from an image.
type Take struct {
	Status   string // "Completed"
	Date     string // "12 October 2024", or ""
	DateTime string // machine-readable
	Prompt   string // if it differs from that of the image
	Src      string // the published clip, or ""
	Poster   string // its cover, or ""
	Width    int    // of the clip, in pixels
	Height   int
}

// Fact is a line of an image's metadata.
type Fact struct {
	Label    string
	Value    string
	DateTime string // machine-readable, if Value is a date
	Link     Link   // to the images that have it, too
}

// Asset returns the address of a file of the theme's assets, from this page.
func (p *Page) Asset(name string) (string, error) {
	published, ok := p.theme.names[name]
	if !ok {
		return "", fmt.Errorf("there is no asset %q", name)
	}
	return p.Root + published, nil
}

// T returns a word of the interface in the site's language. The pairs are the
// names of placeholders and their values: {{$.T "picturesBy" "name" .}}. A
// value of the name "n" is a number, and chooses the form of the plural.
func (p *Page) T(key string, pairs ...any) (string, error) { return p.Site.words.text(key, pairs...) }

// Number writes a number as the site's language does.
func (p *Page) Number(n int) string { return p.Site.words.number(n) }

// Home returns the address of the gallery's first page.
func (p *Page) Home() string { return p.Root + gallery.IndexName }

// Canonical returns the page's full address, or "" where it has none or the
// site's is not known.
func (p *Page) Canonical() string {
	if p.Site.BaseURL == "" || p.Kind == kindMissing {
		return ""
	}
	return p.Site.BaseURL + strings.TrimSuffix(p.Path, gallery.IndexName)
}

// media is where the pictures are, seen from the page: what comes before
// "media/".
func (p *Page) media() string { return cmp.Or(p.Site.MediaURL, p.Root) }

func (p *Page) link(target, text string) Link {
	href, fragment, hasFragment := strings.Cut(target, "#")
	l := Link{Href: p.Root + href, Text: text, Current: href == p.Path, target: href}
	if hasFragment {
		l.Href += "#" + fragment
	}
	return l
}

// withoutDeadLinks is the page with those links only whose pages are there.
func (p *Page) withoutDeadLinks(exists func(name string) bool) *Page {
	q := *p
	drop := func(l *Link) {
		if !exists(l.target) {
			*l = Link{Text: l.Text}
		}
	}
	for _, l := range []*Link{&q.Newer, &q.Older, &q.Back} {
		drop(l)
	}
	q.Nav = nil
	for _, l := range p.Nav {
		if exists(l.target) {
			q.Nav = append(q.Nav, l)
		}
	}
	if p.Image != nil {
		image := *p.Image
		image.Tags, image.Facts = slices.Clone(image.Tags), slices.Clone(image.Facts)
		for i := range image.Tags {
			drop(&image.Tags[i])
		}
		for i := range image.Facts {
			drop(&image.Facts[i].Link)
		}
		q.Image = &image
	}
	return &q
}

func (p *Page) execute() ([]byte, error) {
	var b bytes.Buffer
	err := p.executeTo(&b)
	return b.Bytes(), err
}

func (p *Page) executeTo(w io.Writer) error {
	return p.executeWithin(context.Background(), w)
}

// executeWithin executes the page's template. One of the owner's may never end:
// it is bounded in time, and in what it writes.
func (p *Page) executeWithin(ctx context.Context, w io.Writer) error {
	execute := func(w io.Writer) error {
		if err := p.theme.templates[p.Kind].ExecuteTemplate(w, layoutName, p); err != nil {
			return fmt.Errorf("making %s: %w", p.Path, err)
		}
		return nil
	}
	if p.theme.builtin {
		return execute(w)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, templateTime, fmt.Errorf("its template is not done within %v", templateTime))
	defer cancel()
	page, err := timebox.Run(ctx, "the template", func() ([]byte, error) {
		b := bounded{room: maxPage, limit: maxPage}
		err := execute(&b)
		return b.bytes, err
	})
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("making %s: %w", p.Path, err)
	}
	if err != nil {
		return err
	}
	_, err = w.Write(page)
	return err
}
