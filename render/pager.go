package render

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"sync"

	"firstframe/render/batch"
	"firstframe/render/gallery"
)

// perPage is how many images a gallery page has. find.js has the same number.
const perPage = 60

// few is how many images a list has at most if they are shown as large as the window allows.
const few = 2

// searchable is how many images a list must have to be searched. Fewer are seen at a glance.
const searchable = 8

// pager makes the pages of a site. It does not know which of them must be written.
type pager struct {
	site    *Site
	theme   *Theme
	content *Content
	static  *Static
	links   *links
	images  []*gallery.Image               // the visible ones, newest first
	sums    map[*gallery.Image]fingerprint // hashes of the images in the state; see sumImages

	policy    string // Content-Security-Policy
	tagSlugs  map[string]string
	tagNames  tagNames
	relations func() *relations // found when they are first needed

	smallTiles sync.Map // of a *gallery.Image, its Tile on the pages of others
}

// pager returns the pager for these images, which are newest first.
func (opts Options) pager(images []*gallery.Image) *pager {
	site, names := opts.site(), newTagNames(images)
	return &pager{
		site: site, theme: opts.Theme, content: opts.Content, static: opts.Static, images: images, links: opts.links(site, images),
		policy: site.policy("'self'"), tagSlugs: tagSlugs(images, names), tagNames: names, relations: lazyRelations(images),
	}
}

// draft is a page that is not made yet. All pages of a large gallery would take more memory than
// its state, and most have not changed.
type draft struct {
	path  string
	image *gallery.Image // the image of an image's page, or nil
	make  func() (*Page, error)

	// inputs identifies everything that the page depends on, except for what all pages share. If it
	// is equal to the last run's, the page is unchanged and need not be made. It is nil for kinds
	// with few pages: then the page is always made, and the bytes are compared.
	inputs func() []byte

	size int64 // bytes of the file before this run; -1 if there was none
}

// draft returns the draft of a page that is already made.
func (p *Page) draft() draft {
	return draft{path: p.Path, make: func() (*Page, error) { return p, nil }}
}

// archivePage returns the number of the gallery page of image i of n, newest first. Page 1 is the
// index, with the newest images. Page 2 has the oldest images, page 3 the next ones, and so on.
// Each of these pages is full, so its images and its address stay the same when new images come.
func archivePage(i, n int) int {
	if i < perPage {
		return 1
	}
	return 2 + (n-1-i)/perPage
}

// pageRange is a page of a list: its number, and the images from start to end.
type pageRange struct {
	number, start, end int
	before, after      int  // the numbers of its neighbours; 0 for none
	overlaps           bool // whether the page after it begins with images of this page
}

// pageRanges divides n images among pages, with the numbers of archivePage. Page 1 comes last. The
// newest archive page repeats images of page 1, so that it is full. So a new image changes page 1
// only, no page is nearly empty, and there is one new page for every perPage images.
func pageRanges(n int) []pageRange {
	if n == 0 {
		return nil
	}
	var all []pageRange
	for end := n; end > perPage; end -= perPage {
		s := pageRange{number: len(all) + 2, start: end - perPage, end: end, before: archivePage(end-perPage-1, n)}
		if end < n {
			s.after = archivePage(end, n)
		}
		all = append(all, s)
	}
	first := pageRange{number: 1, end: min(n, perPage)}
	if first.end < n {
		first.after, first.overlaps = archivePage(first.end, n), n%perPage > 0
	}
	return append(all, first)
}

// pageCount returns the number of pages of a list of n images.
func pageCount(n int) int { return (n + perPage - 1) / perPage }

// growingRanges divides n images among pages where new images come last. Every page but the last is
// full, and keeps its images. Page 1 comes last.
func growingRanges(n int) []pageRange {
	var all []pageRange
	for start := 0; start < n; start += perPage {
		s := pageRange{number: len(all) + 1, start: start, end: min(start+perPage, n), before: len(all)}
		if s.end < n {
			s.after = s.number + 1
		}
		all = append(all, s)
	}
	slices.Reverse(all)
	return all
}

// galleryPath returns the path of a gallery page.
func galleryPath(number int) string {
	if number == 1 {
		return gallery.IndexName
	}
	return gallery.PageIn(gallery.PageFolder + "/" + strconv.Itoa(number))
}

// pages drafts all pages in the order in which they must be written: a page comes after those that
// it links to, and the index comes last.
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
		if s.number > 1 { // page 1 is the index
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

// sumImages computes the hashes of all images that drafts need as inputs.
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

// imageInputs returns the inputs of the page of image i: the image, its neighbours, the images that
// are related to it, its place in the gallery, the names and addresses of its tags, which depend on
// other tags, and what its caption links to.
func (g *pager) imageInputs(i int) []byte {
	var b []byte
	for k := i - 1; k <= i+1; k++ {
		var sum fingerprint // zero if there is no neighbour
		if k >= 0 && k < len(g.images) {
			sum = g.sums[g.images[k]]
		}
		b = append(b, sum[:]...)
	}
	for _, list := range [][]*gallery.Image{g.related(i), g.withPrompt(i), g.variations(i)} {
		b = append(b, byte(len(list)))
		for _, m := range list {
			sum := g.sums[m]
			b = append(b, sum[:]...)
		}
	}
	b = strconv.AppendInt(b, int64(archivePage(i, len(g.images))), 10)
	for _, tag := range g.tagNames.of(g.images[i]) {
		b = append(append(b, 0), tag+"\x00"+g.tagSlugs[tag]...)
	}
	return append(append(b, 0), g.links.inputs(g.images[i].Caption)...)
}

// listInputs returns the inputs of a page of the gallery or of a group: the names of the group, the
// images on the page, and the numbers of the neighbouring pages.
func (g *pager) listInputs(names string, images []*gallery.Image, s pageRange) []byte {
	b := fmt.Appendf(nil, "%s\x00%d %d %d\x00", names, s.number, s.before, s.after)
	for _, m := range images[s.start:min(s.end+1, len(images))] { // and the next image, which the link to older images can name
		sum := g.sums[m]
		b = append(b, sum[:]...)
	}
	return b
}

// page returns a page with everything that all pages of its kind have.
func (g *pager) page(kind, name string) *Page {
	p := &Page{
		Site: g.site, Kind: kind, Path: name, CSP: g.policy, theme: g.theme, static: g.static,
		Root:        strings.Repeat("../", strings.Count(name, "/")),
		Description: g.site.Description,
	}
	for _, t := range g.content.Texts {
		p.Nav = append(p.Nav, p.link(gallery.PageIn(t.Name), t.Title))
	}
	return p
}

// markdown renders the owner's words on a page, which notes their links.
func (g *pager) markdown(p *Page, source string) (template.HTML, error) {
	keeper := &linkKeeper{root: p.Root, media: p.media(), links: g.links}
	words, err := markdown(source, keeper)
	p.links = append(p.links, keeper.pages...)
	return words, err
}

// texts drafts the owner's further pages.
func (g *pager) texts() ([]draft, error) {
	var pages []draft
	for _, t := range g.content.Texts {
		p := g.page(kindText, gallery.PageIn(t.Name))
		p.Title = t.Title
		body, err := g.markdown(p, t.Body)
		if err == nil {
			p.Description, err = t.description(g.site.Description)
		}
		if err != nil {
			return nil, fmt.Errorf("making the page %s: %w", t.Name, err)
		}
		p.Body = body
		pages = append(pages, p.draft())
	}
	return pages, nil
}

// index makes the index, without the lists of groups.
func (g *pager) index() (*Page, error) {
	p := g.page(kindIndex, gallery.IndexName)
	intro, err := g.markdown(p, g.content.Intro)
	if err != nil {
		return nil, fmt.Errorf("making the introduction: %w", err)
	}
	p.Intro = intro
	p.Description = cmp.Or(p.Description, g.site.words.summary(len(g.images), g.images))
	var featured []*gallery.Image
	for _, m := range g.images {
		if m.Featured {
			featured = append(featured, m)
		}
	}
	p.Featured = p.tiles(featured)
	scale := featuredScale
	if len(g.images) <= few {
		scale = 0
	}
	layOut(p.Featured, featured, scale, firstScreen)
	all := pageRanges(len(g.images))
	if len(all) > 0 {
		g.show(p, g.images, all[len(all)-1], galleryPath)
	}
	cover := g.images
	if len(featured) > 0 {
		cover = featured
	}
	p.describe(cover)
	return p, nil
}

// show puts a part of the images on a page, with links to the pages before and after it. If the
// next page begins with images of this page, the link leads to the first image that is not on this
// page.
func (g *pager) show(p *Page, images []*gallery.Image, s pageRange, path func(number int) string) {
	shown := images[s.start:s.end]
	p.Tiles = p.tiles(shown)
	scale := 1.0
	if p.Few = len(images) <= few && p.Cover == nil; p.Few {
		scale = 0
	}
	layOut(p.Tiles, shown, scale, firstScreen-len(p.Featured))
	p.Rest = p.Tiles
	if len(p.Featured) > 0 {
		shown = slices.DeleteFunc(slices.Clone(shown), func(m *gallery.Image) bool { return m.Featured })
		p.Rest = p.tiles(shown)
		layOut(p.Rest, shown, scale, firstScreen-len(p.Featured))
	}
	p.Searchable = len(images) >= searchable
	before, after := "newer", "older"
	if len(p.Order) > 0 {
		before, after = "previousPictures", "nextPictures"
	}
	if s.before > 0 {
		p.Newer = p.link(path(s.before), g.site.words.say(before))
	}
	if s.after == 0 {
		return
	}
	next := path(s.after)
	if s.overlaps {
		next += "#" + anchor(images[s.end].Slug)
	}
	p.Older = p.link(next, g.site.words.say(after))
}

// archive makes a page of older images.
func (g *pager) archive(s pageRange) *Page {
	p := g.page(kindArchive, galleryPath(s.number))
	p.Title = g.site.words.period(g.images[s.end-1].Uploaded, g.images[s.start].Uploaded)
	g.show(p, g.images, s, galleryPath)
	p.Description = cmp.Or(p.Description, g.site.words.summary(s.end-s.start, g.images[s.start:s.end]))
	p.describe(g.images[s.start:s.end])
	return p
}

// missing makes the page 404, which must work at any depth. If the site's address is known, its
// links begin at the root of the host. If it is unknown, the page has no links.
func (g *pager) missing() *Page {
	p := g.page(kindMissing, gallery.MissingName)
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
