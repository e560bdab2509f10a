package render

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"firstframe/render/batch"
	"firstframe/render/gallery"
	"firstframe/render/media"
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

// perPage is how many images a gallery page has.
const perPage = 60

// firstScreen is how many images of a page are loaded at once: about as many
// as a large screen shows before scrolling.
const firstScreen = 16

// Site is what is the same on every page. It holds no count of images: a page
// whose own content did not change must not have to be written.
type Site struct {
	Title       string
	Description string
	Author      string
	License     string
	LicenseURL  string // "" where it is not known
	SourceType  string // what all images were made by, if the owner said so
	NoIndex     bool   // not to be listed by search engines
	Language    string // BCP 47
	Direction   string // "ltr" or "rtl"
	BaseURL     string // with a slash at its end, or ""
	MediaURL    string // instead of the site's root where the media are, or ""

	words *Words
}

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
func (p *Page) Home() string { return p.Root + "index.html" }

// Canonical returns the page's full address, or "" where it has none or the
// site's is not known.
func (p *Page) Canonical() string {
	if p.Site.BaseURL == "" || p.Kind == kindMissing {
		return ""
	}
	return p.Site.BaseURL + strings.TrimSuffix(p.Path, "index.html")
}

// media is where the pictures are, seen from the page: what comes before
// "media/".
func (p *Page) media() string { return cmp.Or(p.Site.MediaURL, p.Root) }

// mediaBase is the same as a full address, where the site's is known.
func (s *Site) mediaBase() string { return cmp.Or(s.MediaURL, s.BaseURL) }

// policy is the Content-Security-Policy of a page whose style sheets come from
// style: nothing from elsewhere but the media, no inline script. Style
// attributes are allowed, for each picture's shape and colour stand in one.
func (s *Site) policy(style string) string {
	const form = "default-src 'none'; base-uri 'none'; form-action 'none'; img-src 'self' data:%[1]s; media-src 'self'%[1]s; connect-src 'self'; manifest-src 'self'; font-src 'self'; script-src 'self'; style-src-attr 'unsafe-inline'; style-src %[2]s"
	media := ""
	if u, err := url.Parse(s.MediaURL); err == nil && u.Host != "" {
		media = " " + u.Scheme + "://" + u.Host
	}
	return fmt.Sprintf(form, media, style)
}

// pager makes the pages of a site. It does not know which of them are to be
// written.
type pager struct {
	site    *Site
	theme   *Theme
	content *Content
	images  []*gallery.Image               // those to be seen, newest first
	sums    map[*gallery.Image]fingerprint // of all that the state says of an image; see sumImages

	policy   string // Content-Security-Policy
	tagSlugs map[string]string
}

func (opts Options) pager(images []*gallery.Image) *pager {
	site := opts.site()
	return &pager{
		site: site, theme: opts.Theme, content: opts.Content, images: images,
		policy: site.policy("'self'"), tagSlugs: tagSlugs(images),
	}
}

// draft is a page that is still to be made: all pages of a large gallery would
// take more memory than its state, and most are made of the same as before.
type draft struct {
	path  string
	image *gallery.Image // whose page it is, or nil
	make  func() (*Page, error)

	// inputs tells of what the page is made, besides what is the same for all: a
	// page for which it tells the same as before is as before, and need not be
	// made to see that. It is nil where there are few pages of the kind.
	inputs func() []byte

	size int64 // of the file as it was before this run, -1 if there was none
}

func (p *Page) draft() draft {
	return draft{path: p.Path, make: func() (*Page, error) { return p, nil }}
}

// archivePage returns the number of the gallery page that has image i of n,
// newest first; 1 is the index. The index has the newest images. The others
// are counted from the oldest, which is on page 2, and every page of theirs is
// full: so a page's images and its address stay the same when new images come.
func archivePage(i, n int) int {
	if i < perPage {
		return 1
	}
	return 2 + (n-1-i)/perPage
}

// pageRange is what a page of a list shows: the images from start to end.
type pageRange struct{ number, start, end int }

// pageRanges divides n images among their pages as archivePage does, the first
// page last. The page behind the first one is filled with images that are on the
// first one, too. So a new image changes the first page only, and no page is
// nearly empty; once in perPage images there is a new page.
func pageRanges(n int) []pageRange {
	if n == 0 {
		return nil
	}
	var all []pageRange
	for end := n; end > perPage; end -= perPage {
		all = append(all, pageRange{len(all) + 2, end - perPage, end})
	}
	return append(all, pageRange{1, 0, min(n, perPage)})
}

func galleryPath(number int) string {
	if number == 1 {
		return "index.html"
	}
	return "page/" + strconv.Itoa(number) + "/index.html"
}

// pages drafts the pages in the order in which they are to be written: a page
// that links to others comes after them, the index last of all.
func (g *pager) pages() ([]draft, error) {
	texts, err := g.texts()
	if err != nil {
		return nil, err
	}
	pages := texts
	for i, m := range g.images {
		pages = append(pages, draft{
			path: gallery.ImagePath(m.Slug), image: m, make: func() (*Page, error) { return g.image(i) },
			inputs: func() []byte { return g.imageInputs(i) },
		})
	}
	pages = append(pages, g.missing().draft())
	months, tags := g.months(), g.tags()
	for _, one := range slices.Concat(months, tags) {
		pages = append(pages, g.groupPages(one)...)
	}
	for _, s := range pageRanges(len(g.images)) {
		if s.number > 1 { // that is the index
			pages = append(pages, draft{
				path: galleryPath(s.number), make: func() (*Page, error) { return g.archive(s), nil },
				inputs: func() []byte { return g.listInputs("", g.images, s) },
			})
		}
	}
	index, err := g.index()
	if err != nil {
		return nil, err
	}
	index.addGroups(months, tags)
	return append(pages, index.draft()), nil
}

// sumImages computes the hashes of all images that the drafts' inputs need.
func (g *pager) sumImages() error {
	sums := make([]fingerprint, len(g.images))
	err := batch.Do(len(g.images), func(from, to int) error {
		var line bytes.Buffer
		for i, m := range g.images[from:to] {
			line.Reset()
			if err := json.NewEncoder(&line).Encode(m); err != nil {
				return fmt.Errorf("hashing the image %s: %w", m.Slug, err)
			}
			sums[from+i] = fingerprintOf(line.Bytes())
		}
		return nil
	})
	if err != nil {
		return err
	}
	g.sums = make(map[*gallery.Image]fingerprint, len(sums))
	for i, m := range g.images {
		g.sums[m] = sums[i]
	}
	return nil
}

// imageInputs are those of the page of image i: the image, its neighbours, its
// place in the gallery, and the addresses of its tags, which depend on others'.
func (g *pager) imageInputs(i int) []byte {
	var b []byte
	for k := i - 1; k <= i+1; k++ {
		var sum fingerprint // of nothing, where there is no neighbour
		if k >= 0 && k < len(g.images) {
			sum = g.sums[g.images[k]]
		}
		b = append(b, sum[:]...)
	}
	b = strconv.AppendInt(b, int64(archivePage(i, len(g.images))), 10)
	for _, tag := range shownTags(g.images[i]) {
		b = append(append(b, 0), g.tagSlugs[tag]...)
	}
	return b
}

// listInputs are those of a page of the gallery, or of a group of images with
// names of its own: the images that it shows, and which pages are its neighbours.
func (g *pager) listInputs(names string, images []*gallery.Image, s pageRange) []byte {
	n := len(images)
	newer, older := archivePage(max(s.start-1, 0), n), archivePage(min(s.end, n-1), n)
	b := fmt.Appendf(nil, "%s\x00%d %d %d\x00", names, s.number, newer, older)
	for _, m := range images[s.start:min(s.end+1, n)] { // and the next one, which the way on may lead to
		sum := g.sums[m]
		b = append(b, sum[:]...)
	}
	return b
}

func (g *pager) page(kind, name string) *Page {
	p := &Page{
		Site: g.site, Kind: kind, Path: name, CSP: g.policy, theme: g.theme,
		Root:        strings.Repeat("../", strings.Count(name, "/")),
		Description: g.site.Description,
	}
	for _, t := range g.content.Texts {
		p.Nav = append(p.Nav, p.link(t.Name+"/index.html", t.Title))
	}
	return p
}

func (p *Page) link(target, text string) Link {
	href, fragment, hasFragment := strings.Cut(target, "#")
	l := Link{Href: p.Root + href, Text: text, Current: href == p.Path, target: href}
	if hasFragment {
		l.Href += "#" + fragment
	}
	return l
}

func (g *pager) texts() ([]draft, error) {
	var pages []draft
	for _, t := range g.content.Texts {
		p := g.page(kindText, t.Name+"/index.html")
		p.Title = t.Title
		p.Description = cmp.Or(t.Description, p.Description)
		body, err := markdown(t.Body, p.Root)
		if err != nil {
			return nil, fmt.Errorf("making the page %s: %w", t.Name, err)
		}
		p.Body = body
		pages = append(pages, p.draft())
	}
	return pages, nil
}

func (g *pager) index() (*Page, error) {
	p := g.page(kindIndex, "index.html")
	intro, err := markdown(g.content.Intro, p.Root)
	if err != nil {
		return nil, fmt.Errorf("making the introduction: %w", err)
	}
	p.Intro = intro
	var featured []*gallery.Image
	for _, m := range g.images {
		if m.Featured {
			featured = append(featured, m)
			p.Featured = append(p.Featured, p.tile(m))
		}
	}
	all := pageRanges(len(g.images))
	if len(all) > 0 {
		g.show(p, g.images, all[len(all)-1], galleryPath)
	}
	for i := range p.Featured {
		p.Featured[i].Eager = i < firstScreen
	}
	for i := range p.Tiles {
		p.Tiles[i].Eager = i < firstScreen-len(p.Featured)
	}
	cover := g.images
	if len(featured) > 0 {
		cover = featured
	}
	p.describe(cover)
	return p, nil
}

// show puts a part of the images on a page, with the ways to the pages beside
// it. Where the next one begins with images that are on this one, too, the way
// goes on to the image that comes next.
func (g *pager) show(p *Page, images []*gallery.Image, s pageRange, path func(number int) string) {
	n := len(images)
	p.Tiles = p.tiles(images[s.start:s.end])
	if s.number > 1 {
		p.Newer = p.link(path(archivePage(s.start-1, n)), g.site.words.say("newer"))
	}
	if s.end == n {
		return
	}
	older := path(archivePage(s.end, n))
	if (n-s.end)%perPage > 0 {
		older += "#" + anchor(images[s.end].Slug)
	}
	p.Older = p.link(older, g.site.words.say("older"))
}

func (g *pager) archive(s pageRange) *Page {
	p := g.page(kindArchive, galleryPath(s.number))
	p.Title = g.site.words.period(g.images[s.end-1].Uploaded, g.images[s.start].Uploaded)
	g.show(p, g.images, s, galleryPath)
	p.describe(g.images[s.start:s.end])
	return p
}

func (g *pager) image(i int) (*Page, error) {
	m, w := g.images[i], g.site.words
	p := g.page(kindImage, gallery.ImagePath(m.Slug))
	caption, err := markdown(m.Caption, p.Root)
	if err != nil {
		return nil, fmt.Errorf("making the caption of %s: %w", m.Slug, err)
	}
	p.Title = w.title(m)
	p.Description = w.alt(m)
	largest := m.Renditions[len(m.Renditions)-1]
	p.Image = &Detail{
		Slug: m.Slug, Title: p.Title, Alt: p.Description, Caption: caption,
		Src: p.media() + largest.Path, Srcset: srcset(p.media(), m.Renditions),
		Width: largest.Width, Height: largest.Height,
		Ratio: ratio(largest), Style: tileStyle(m), Facts: w.facts(m),
	}
	for _, tag := range shownTags(m) {
		p.Image.Tags = append(p.Image.Tags, p.link(tagFolder(g.tagSlugs[tag])+"/index.html", tag))
	}
	for i := range p.Image.Facts {
		if f := &p.Image.Facts[i]; f.DateTime != "" {
			f.Link = p.link(monthFolder(m.Uploaded)+"/index.html", f.Value)
		}
	}
	p.Image.Prompt = printable(m.Prompt())
	for i := range m.Videos {
		p.Image.Videos = append(p.Image.Videos, p.take(&m.Videos[i], p.Image.Prompt))
	}
	if code := g.site.sourceType(m); code != "" {
		p.Image.Facts = append(p.Image.Facts, Fact{Label: w.say("digitalSource"), Value: w.say(code)})
	}
	p.describe(g.images[i : i+1])
	if m.Original != nil {
		p.Image.Original = p.media() + m.Original.Path
	}
	if i > 0 {
		p.Newer = p.link(gallery.ImagePath(g.images[i-1].Slug), w.title(g.images[i-1]))
	}
	if i < len(g.images)-1 {
		p.Older = p.link(gallery.ImagePath(g.images[i+1].Slug), w.title(g.images[i+1]))
	}
	p.Back = p.link(galleryPath(archivePage(i, len(g.images)))+"#"+anchor(m.Slug), w.say("gallery"))
	return p, nil
}

// missing makes the page 404, which has to work at any depth: with the site's
// address known its links begin at the host's root, else it has none.
func (g *pager) missing() *Page {
	p := g.page(kindMissing, gallery.MissingPath)
	p.Title = g.site.words.say("notFound")
	p.Nav = nil
	if root := g.site.rootPath(); root != "" {
		p.Root = root
		return p
	}
	p.Root = "?"
	sheet, hash := g.theme.inlineStyle()
	p.InlineStyle = sheet
	p.CSP = g.site.policy("'" + hash + "'")
	return p
}

// anchor is the id of an image's tile. A letter comes first, as old style
// sheets and scripts want it.
func anchor(slug string) string { return "i-" + slug }

func (p *Page) tiles(images []*gallery.Image) []Tile {
	tiles := make([]Tile, len(images))
	for i, m := range images {
		tiles[i] = p.tile(m)
		tiles[i].Eager = i < firstScreen
	}
	return tiles
}

func (p *Page) tile(m *gallery.Image) Tile {
	smallest, w := m.Renditions[0], p.Site.words
	t := Tile{
		Slug: m.Slug, Href: p.Root + gallery.ImagePath(m.Slug), Title: w.title(m), Alt: w.alt(m),
		Src: p.media() + smallest.Path, Width: smallest.Width, Height: smallest.Height,
		Ratio: ratio(m.Renditions[len(m.Renditions)-1]), Style: tileStyle(m), Date: w.day(m.Uploaded),
	}
	if len(m.Renditions) > 1 {
		t.Srcset = srcset(p.media(), m.Renditions)
	}
	return t
}

func (p *Page) take(v *gallery.Video, shown string) Take {
	w := p.Site.words
	t := Take{Status: w.videoStatus(v.Status), Date: w.day(v.Created)}
	if !v.Created.IsZero() {
		t.DateTime = v.Created.UTC().Format(time.DateOnly)
	}
	if prompt := printable(v.Prompt); prompt != shown {
		t.Prompt = prompt
	}
	if c := v.Clip; c != nil {
		t.Src, t.Width, t.Height = p.media()+c.Path, c.Width, c.Height
		if poster := c.PosterPath(); poster != "" {
			t.Poster = p.media() + poster
		}
	}
	return t
}

// videoStatus says what became of a video.
func (w *Words) videoStatus(status string) string {
	switch status {
	case "pending", "queued", "processing", "completed", "moderated":
		return w.say("video" + strings.ToUpper(status[:1]) + status[1:])
	}
	return w.say("videoUnknown")
}

// ratio is width by height with the digits that a row's layout needs.
func ratio(r media.Rendition) string {
	return strconv.FormatFloat(float64(r.Width)/float64(r.Height), 'f', 4, 64)
}

func srcset(root string, renditions []media.Rendition) string {
	parts := make([]string, len(renditions))
	for i, r := range renditions {
		parts[i] = fmt.Sprintf("%s%s %dw", root, r.Path, r.Width)
	}
	return strings.Join(parts, ", ")
}

// tileStyle is safe as CSS: a number, and a colour whose form was checked.
func tileStyle(m *gallery.Image) template.CSS {
	return template.CSS("--r:" + ratio(m.Renditions[len(m.Renditions)-1]) + ";--c:" + shownColor(m))
}

// longestTitle is how much of a prompt is a title, in characters.
const longestTitle = 60

// title is an image's title, or what takes its place.
func (w *Words) title(m *gallery.Image) string {
	if m.Title != "" {
		return printable(m.Title)
	}
	if prompt := firstSentence(printable(m.Prompt()), longestTitle); prompt != "" {
		return prompt
	}
	if m.Uploaded.IsZero() {
		return w.say("untitled")
	}
	return w.say("untitledDate", "date", w.day(m.Uploaded))
}

// alt is what the owner wrote about the picture, else the beginning of the
// prompt, where prompts are published, else its title.
func (w *Words) alt(m *gallery.Image) string {
	return cmp.Or(printable(m.Alt), firstSentence(printable(m.Prompt()), longestAlt), w.title(m))
}

// longestAlt is as long as screen readers read without a break, in characters.
const longestAlt = 125

// facts is the metadata that is shown, in the order in which people ask.
func (w *Words) facts(m *gallery.Image) []Fact {
	var list []Fact
	add := func(key, value string) {
		if value = printable(value); value != "" {
			list = append(list, Fact{Label: w.say(key), Value: value})
		}
	}
	if !m.Uploaded.IsZero() {
		list = append(list, Fact{
			Label: w.say("uploaded"), Value: w.day(m.Uploaded), DateTime: m.Uploaded.UTC().Format(time.DateOnly),
		})
	}
	add("fileName", m.Name)
	add("format", media.FormatName(m.Type))
	add("dimensions", dimensions(m.Width, m.Height))
	if m.Bytes > 0 {
		add("fileSize", w.fileSize(m.Bytes))
	}
	add("account", m.Account)
	add("scene", m.Scene)
	add("status", m.Status)
	if c := m.Camera; c != nil {
		add("camera", cameraName(c))
		add("lens", c.Lens)
		add("exposure", strings.Join(slices.DeleteFunc([]string{c.Exposure, c.Aperture, c.FocalLength, iso(c.ISO)},
			func(s string) bool { return s == "" }), ", "))
	}
	return list
}

// cameraName puts the maker before the model, unless the model begins with it
// already, as with many makers.
func cameraName(c *media.Camera) string {
	if strings.HasPrefix(strings.ToLower(c.Model), strings.ToLower(c.Make)) {
		return c.Model
	}
	return strings.TrimSpace(c.Make + " " + c.Model)
}

func iso(speed string) string {
	if speed == "" {
		return ""
	}
	return "ISO " + speed
}
