package render

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"firstframe/render/gallery"
)

// group is a month or a tag. It has pages of its own.
type group struct {
	kind   string
	folder string // of its pages
	name   string // what it is, such as "October 2024" or "Tag: sea"
	label  string // its text in the list of groups
	scope  string // its name in the sentence that the search is limited to it
	listed bool   // whether the index lists it
	images []*gallery.Image
	topic  *Topic // what the owner wrote about it; never nil
}

// Year is a year with images. Its months are newest first.
type Year struct {
	Name   string
	Months []Count
}

// Count is a link to a group, with the number of its images.
type Count struct {
	Link  Link
	Label string // the short text; Link.Text is the full one
	N     int
}

// months returns the months with images, newest first. An image without a date is in no month.
func (g *pager) months() []group {
	var groups []group
	for _, m := range g.images {
		if m.Uploaded.IsZero() {
			continue
		}
		folder := monthFolder(m.Uploaded)
		if len(groups) == 0 || groups[len(groups)-1].folder != folder {
			groups = append(groups, group{
				kind: kindMonth, folder: folder, name: g.site.words.month(m.Uploaded.UTC()),
				label: g.site.words.monthName(m.Uploaded.UTC()), scope: g.site.words.monthInText(m.Uploaded.UTC()),
			})
		}
		last := &groups[len(groups)-1]
		last.images = append(last.images, m)
	}
	for i := range groups {
		groups[i].listed = len(groups) > 1 // a single month is the whole gallery
	}
	return g.withTopics(groups)
}

// monthFolder returns the folder of a month's pages.
func monthFolder(t time.Time) string { return gallery.MonthFolder + "/" + t.UTC().Format("2006-01") }

// tags returns the tags of the images, sorted by name. "Tag 2" comes before "tag 10".
func (g *pager) tags() []group {
	byName := map[string]*group{}
	for _, m := range g.images {
		for _, tag := range g.tagNames.of(m) {
			if byName[tag] == nil {
				byName[tag] = &group{
					kind: kindTag, folder: tagFolder(g.tagSlugs[tag]),
					name: g.site.words.say("tagged", "tag", tag), label: tag,
					scope: g.site.words.say("quoted", "text", tag), listed: true,
				}
			}
			byName[tag].images = append(byName[tag].images, m)
		}
	}
	groups := make([]group, 0, len(byName))
	for _, one := range byName {
		groups = append(groups, *one)
	}
	slices.SortFunc(groups, func(a, b group) int {
		return cmp.Or(compareNaturally(foldTag(a.label), foldTag(b.label)), cmp.Compare(a.label, b.label))
	})
	return g.withTopics(groups)
}

// withTopics gives groups what the owner wrote about them, and puts their images into the owner's
// order.
func (g *pager) withTopics(groups []group) []group {
	for i := range groups {
		one := &groups[i]
		one.topic = g.content.Topics[one.folder]
		if one.topic == nil {
			one.topic = &Topic{}
		}
		one.images = one.topic.arrange(one.images)
	}
	return groups
}

// tagFolder returns the folder of a tag's pages.
func tagFolder(slug string) string { return gallery.TagFolder + "/" + slug }

// path returns the path of a page of the group. Like the gallery's pages, they are numbered from
// the oldest, but page 1 has the newest images.
func (g group) path(number int) string {
	if number == 1 {
		return gallery.PageIn(g.folder)
	}
	return gallery.PageIn(g.folder + "/" + strconv.Itoa(number))
}

// groupPages drafts the pages of a group, page 1 last.
func (g *pager) groupPages(one group) []draft {
	var pages []draft
	ranges := pageRanges(len(one.images))
	if one.topic.Order.Oldest {
		ranges = growingRanges(len(one.images))
	}
	for _, s := range ranges {
		pages = append(pages, draft{
			path: one.path(s.number), make: func() (*Page, error) { return g.groupPage(one, s) },
			inputs: func() []byte { return g.groupInputs(one, s) },
		})
	}
	return pages
}

// groupInputs returns the inputs of a page of a group.
func (g *pager) groupInputs(one group, s pageRange) []byte {
	t := one.topic
	names := []string{one.name, one.label, t.Title, t.Description}
	names = append(names, t.order()...)
	names = append(names, strconv.Itoa(one.countFor(s)), strconv.FormatBool(one.listed))
	b := g.listInputs(strings.Join(names, "\x00"), one.images, s)
	if s.number == 1 {
		if cover := one.cover(); cover != nil {
			sum := g.sums[cover]
			b = append(b, sum[:]...)
		}
		b = append(append(b, t.Body...), g.links.inputs(t.Body)...)
	}
	return b
}

// cover returns the image that the owner chose for the top of the page, or nil.
func (g group) cover() *gallery.Image {
	for _, m := range g.images {
		if m.Slug == g.topic.CoverSlug {
			return m
		}
	}
	return nil
}

// groupPage makes one page of a group. The owner's text and cover are on page 1.
func (g *pager) groupPage(one group, s pageRange) (*Page, error) {
	p := g.page(one.kind, one.path(s.number))
	p.Title = cmp.Or(one.topic.Title, one.name)
	if p.Title != one.name && !strings.EqualFold(p.Title, one.label) {
		p.Subtitle = one.name
	}
	if s.number > 1 {
		p.Title += " · " + g.site.words.say("pageNumber", "n", s.number)
	}
	p.Description = cmp.Or(one.topic.Description, p.Description, one.description(g.site.words, s))
	p.Scope, p.Only, p.Order = one.scope, one.only(), one.topic.order()
	switch {
	case one.listed && one.kind == kindMonth:
		p.Back = p.link(gallery.IndexName+"#Months", g.site.words.say("months"))
	case one.listed:
		p.Back = p.link(gallery.IndexName+"#Tags", g.site.words.say("tags"))
	}
	shown := one.images[s.start:s.end]
	if s.number == 1 {
		text, err := g.markdown(p, one.topic.Body)
		if err != nil {
			return nil, fmt.Errorf("making the text of %s: %w", one.topic.File, err)
		}
		p.Intro = text
		if cover := one.cover(); cover != nil {
			tile := p.tile(cover)
			tile.Eager = true
			p.Cover = &tile
			shown = []*gallery.Image{cover}
		}
	}
	g.show(p, one.images, s, one.path)
	p.describe(shown)
	return p, nil
}

// only returns what all images of the group share; see Page.Only.
func (g group) only() []string {
	if g.kind == kindMonth {
		return []string{g.kind, path.Base(g.folder)}
	}
	return []string{g.kind, g.label}
}

// addGroups lists the groups on the index, under their own names: images have these tags, and the
// search knows them. The owner's titles are on the groups' pages.
func (p *Page) addGroups(months, tags []group) {
	count := func(one group) Count {
		return Count{p.link(one.path(1), one.name), one.label, len(one.images)}
	}
	for _, one := range months {
		if !one.listed {
			break
		}
		year := path.Base(one.folder)[:4]
		if len(p.Years) == 0 || p.Years[len(p.Years)-1].Name != year {
			p.Years = append(p.Years, Year{Name: year})
		}
		last := &p.Years[len(p.Years)-1]
		last.Months = append(last.Months, count(one))
	}
	for _, one := range tags {
		p.TagCounts = append(p.TagCounts, count(one))
	}
}
