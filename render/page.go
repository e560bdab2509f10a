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
	kindMissing = "404"     // the page for an address that does not exist
)

// Page is what every template is executed with.
type Page struct {
	Site *Site  `json:"-"`
	Kind string // "index", "archive", "image", "month", "tag", "text" or "404"
	Path string // from the site's root: "image/0123456789abcdef/index.html"

	// Root is the relative address of the site's root: "", "../" or "../../". The page 404 is shown
	// at any depth, so there it is the root's path on its host, such as "/gallery/", or "?" if that
	// is unknown. Then the page has no links.
	Root string

	Title       string // the page's own title; "" on the index
	Subtitle    string // "October 2024" or "Tag: sea", if the owner gave the page another title
	Description string
	CSP         string       // Content-Security-Policy
	InlineStyle template.CSS // in place of the style sheet, if Root is unknown
	Nav         []Link       // the owner's further pages

	Intro    template.HTML // the introduction; on the index, and on the first page of a month or a tag
	Cover    *Tile         // the image that the owner chose for a month or a tag, on its first page, or nil
	Featured []Tile        // the owner's choice; on the index only
	Tiles    []Tile        // the images of the index, the archive, a month or a tag, newest first, or as Order says
	Rest     []Tile        // the Tiles whose images are not in Featured

	Few        bool // whether the list has so few images that they are shown as large as the window allows
	Searchable bool // whether the list has so many images that a search is useful

	// Years and TagCounts are the lists of months and tags on the index. No other page has them,
	// because they change with every image.
	Years     []Year
	TagCounts []Count

	// Card and LD are for other programs: the picture of a link to the page, and a description in
	// the words of schema.org. Both are nil if the site's address is unknown.
	Card *Card
	LD   any

	Scope string   // what the search of a month's or a tag's page is limited to: "October 2024" or "“sea”"
	Only  []string // what all images of a month or a tag share; see Config
	Order []string // how the images of a month or a tag are arranged, if not newest first; see Config

	// Newer and Older are the neighbours of a page with tiles or of an image. If there is an Order,
	// they are the pages before and after this one.
	Newer, Older Link
	Back         Link // an image's place in the gallery, or the list on the index that has a month or a tag
	Image        *Detail

	Body template.HTML // the text of a page that the owner wrote

	theme  *Theme
	static *Static
	links  []ownLink // in the owner's words
}

// Link is a link to another page. It is not shown if Href is empty.
type Link struct {
	Href    string
	Text    string
	Current bool   // whether it leads to the page that it is on
	target  string // the path of the page that it leads to
}

// Tile is an image in the rows of a gallery page.
type Tile struct {
	Slug   string
	Href   string // the image's page
	Title  string
	Alt    string
	Src    string // the smallest JPEG
	Srcset string // all JPEGs, or "" if there is only one
	AVIF   string // the srcset of a source element with all AVIFs, or "" if there are none
	Width  int    // of Src, in pixels
	Height int
	Ratio  string       // width by height
	Style  template.CSS // --r: Ratio, --c and --1 to --6: the colours until it is loaded, --s1 to --m6: its place in a row
	Eager  bool         // whether to load it at once, because it is in the first rows
	Sizes  string       // the width of the tile, for the attribute of the same name, if it is in the first rows
	Date   string       // "12 October 2024"

	// Img is src, width, height and alt of the img element of a small tile. Many pages show the same
	// small tiles, and a template would take several times as long to write the attributes each time.
	Img template.HTMLAttr `json:"-"`

	Film   string // the address of the newest published clip that was made from the image, or ""
	Length string // how long that takes, such as "0:06", or "" if it is unknown

	// AI is the label of an image that AI has made or edited, or whose film is published, or nil. A
	// small tile shows no film, so there it is about the image alone.
	AI *AILabel
}

// Detail is an image on its own page.
type Detail struct {
	Slug     string
	Title    string
	Alt      string
	Caption  template.HTML
	Src      string // the largest JPEG
	Srcset   string // all JPEGs
	AVIF     string // the srcset of a source element with all AVIFs, or "" if there are none
	Width    int    // of Src, in pixels
	Height   int
	Ratio    string
	Style    template.CSS
	Facts    []Fact
	Tags     []Link
	AI       *AILabel      // the label, if AI has made or edited the image, or nil
	Original string        // the address of the published original, or ""
	Prompt   string        // see gallery.Image.Prompt
	Videos   []VideoDetail // the videos that were made from it: those with a film first, and then newest first

	// Related are older images that share the most with this one, and SamePrompt are older images
	// with the same prompt. Both can be newer among the oldest images. See related.go. The tiles have
	// only what pager.small fills in.
	Related, SamePrompt []Tile

	// Variations are the other pictures that the service made of the same request, newest first. They
	// are not among the others.
	Variations []Tile

	// Largest is the address of the largest rendition, in whichever format it is, and LargestWidth
	// its width in pixels.
	Largest      string
	LargestWidth int
}

// HasFilm reports whether a film of the image is published.
func (d *Detail) HasFilm() bool { return len(d.Videos) > 0 && d.Videos[0].Src != "" }

// VideoDetail is a video on the page of the image that it was made from.
type VideoDetail struct {
	Status   string   // "Completed"
	Date     string   // "12 October 2024", or ""
	DateTime string   // machine-readable
	Length   string   // how long it plays, such as "0:06"; "" if that is unknown, or if the clip is published
	Prompt   string   // the prompt, if it differs from the image's
	AI       *AILabel // the label, if there is a clip, or nil
	AISystem string   // the AI system that made the clip, or "" if only the service is known
	Src      string   // the address of the published clip, or ""
	Poster   string   // the address of its cover, or ""
	Width    int      // of the clip, in pixels
	Height   int
}

// Fact is a row of an image's metadata.
type Fact struct {
	Label    string
	Value    string
	DateTime string // machine-readable, if Value is a date
	Link     Link   // leads to the other images with this value
}

// manyMonths is from how many months on the index leads to the list of months from its top.
const manyMonths = 3

// HasManyMonths reports whether the list of months is so long that the page should lead to it from its
// top.
func (p *Page) HasManyMonths() bool {
	n := 0
	for _, year := range p.Years {
		n += len(year.Months)
	}
	return n >= manyMonths
}

// manyTiles is from how many tiles on a page leads back to its top.
const manyTiles = 30

// IsLong reports whether a page has so many tiles that it should lead back to its top.
func (p *Page) IsLong() bool { return len(p.Tiles) >= manyTiles }

// Asset returns the address of an asset of the theme, from this page. It fails if the theme has no
// such asset.
func (p *Page) Asset(name string) (string, error) {
	published, ok := p.theme.names[name]
	if !ok {
		return "", fmt.Errorf("there is no asset %q", name)
	}
	return p.Root + published, nil
}

// HasAsset reports whether the theme has an asset.
func (p *Page) HasAsset(name string) bool { return p.theme.names[name] != "" }

// HasViewer reports whether the page has pictures for the viewer.
func (p *Page) HasViewer() bool { return len(p.Tiles) > 0 || p.Image != nil }

// Hues returns the names of the colours that the search offers. Each is also the key of its word.
func (p *Page) Hues() []string { return hueFamilies }

// Icon is a link to the site's icon.
type Icon struct {
	Rel  string // "icon" or "apple-touch-icon"
	Href string
	Type string // the media type, or "" if browsers need none
}

// staticIcons are the names that the owner's icons have among the static files. Browsers prefer the
// last one that they can show.
var staticIcons = []Icon{
	{"icon", "favicon.ico", ""},
	{"icon", "favicon.png", "image/png"},
	{"icon", "favicon.svg", "image/svg+xml"},
	{"apple-touch-icon", "apple-touch-icon.png", ""},
}

// Icons returns the icons of the site, from this page: the owner's static ones, or else that of the
// theme.
func (p *Page) Icons() ([]Icon, error) {
	var icons []Icon
	for _, icon := range staticIcons {
		if p.static.has(icon.Href) {
			icon.Href = p.Root + icon.Href
			icons = append(icons, icon)
		}
	}
	if slices.ContainsFunc(icons, func(i Icon) bool { return i.Rel == "icon" }) {
		return icons, nil
	}
	address, err := p.Asset("icon.svg")
	return append(icons, Icon{"icon", address, "image/svg+xml"}), err
}

// T returns a word of the interface in the site's language. The pairs are names of placeholders and
// their values: {{$.T "picturesBy" "name" .}}. The value of "n" is a number, which chooses the
// plural form.
func (p *Page) T(key string, pairs ...any) (string, error) { return p.Site.words.text(key, pairs...) }

// Number formats a number in the site's language.
func (p *Page) Number(n int) string { return p.Site.words.number(n) }

// Home returns the address of the gallery's first page.
func (p *Page) Home() string { return p.Root + gallery.IndexName }

// Canonical returns the page's full address. It is "" for the page 404, and if the site's address
// is unknown.
func (p *Page) Canonical() string {
	if p.Site.BaseURL == "" || p.Kind == kindMissing {
		return ""
	}
	return p.Site.absolute(p.Path)
}

// media returns what comes before "media/" in addresses of media on this page.
func (p *Page) media() string { return cmp.Or(p.Site.MediaURL, p.Root) }

// link returns a link from the page to a target, which can have a fragment.
func (p *Page) link(target, text string) Link {
	href, fragment, hasFragment := strings.Cut(target, "#")
	l := Link{Href: p.Root + href, Text: text, Current: href == p.Path, target: href}
	if hasFragment {
		l.Href += "#" + fragment
	}
	return l
}

// withoutDeadLinks returns the page with only those links whose pages exist.
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
		isDead := func(t Tile) bool { return !exists(gallery.ImagePath(t.Slug)) }
		image.Related = slices.DeleteFunc(slices.Clone(image.Related), isDead)
		image.Variations = slices.DeleteFunc(slices.Clone(image.Variations), isDead)
		image.SamePrompt = slices.DeleteFunc(slices.Clone(image.SamePrompt), isDead)
		q.Image = &image
	}
	for _, l := range p.links {
		if exists(l.target) {
			continue
		}
		texts := []*template.HTML{&q.Intro, &q.Body}
		if q.Image != nil {
			texts = append(texts, &q.Image.Caption)
		}
		for _, text := range texts {
			*text = template.HTML(strings.ReplaceAll(string(*text), l.attribute, ""))
		}
	}
	return &q
}

// execute returns the page's HTML.
func (p *Page) execute() ([]byte, error) {
	var b bytes.Buffer
	err := p.executeTo(&b)
	return b.Bytes(), err
}

// executeTo writes the page's HTML.
func (p *Page) executeTo(w io.Writer) error {
	return p.executeWithin(context.Background(), w)
}

// executeWithin writes the page's HTML. A template of the owner's theme can loop for ever, so its
// time and its output are limited.
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
	ctx, cancel := context.WithTimeoutCause(ctx, templateTime, fmt.Errorf("its template takes longer than %v, so it may never end", templateTime))
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
