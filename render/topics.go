package render

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"firstframe/render/gallery"
)

// Topic is what the owner wrote about a tag or a month.
type Topic struct {
	File        string `yaml:"-" json:"-"` // for messages; the state does not depend on it
	Title       string `yaml:"title"`
	Description string `yaml:"description"` // for the page's metadata
	// Cover is the slug or the file name of the image at the top of the page. MatchTopics finds its
	// slug.
	Cover string     `yaml:"cover"`
	Order TopicOrder `yaml:"order"`
	Body  string     `yaml:"-"` // Markdown, above the images

	CoverSlug  string   `yaml:"-"` // of Cover; "" if the page shows no cover
	FirstSlugs []string `yaml:"-"` // of Order.First, without those that are not on the page
}

// TopicOrder is the order of the images on the pages of a tag or a month. By default the newest
// come first.
type TopicOrder struct {
	Oldest bool     // whether the oldest come first
	First  []string // slugs or file names of the images that come first; the others follow, newest first
}

// orderOldest stands for a page that shows its oldest images first.
const orderOldest = "oldest"

// order returns the order of the images as pages and scripts know it; see Page.Order.
func (t *Topic) order() []string {
	if t.Order.Oldest {
		return []string{orderOldest}
	}
	return t.FirstSlugs
}

// arrange brings images, which are newest first, into the owner's order, and returns them.
func (t *Topic) arrange(images []*gallery.Image) []*gallery.Image {
	if t.Order.Oldest {
		slices.Reverse(images)
	}
	if len(t.FirstSlugs) == 0 {
		return images
	}
	places := make(map[string]int, len(t.FirstSlugs)) // below 0
	for i, slug := range t.FirstSlugs {
		places[slug] = i - len(t.FirstSlugs)
	}
	slices.SortStableFunc(images, func(a, b *gallery.Image) int { return cmp.Compare(places[a.Slug], places[b.Slug]) })
	return images
}

// errTopicOrder says how to write an order.
var errTopicOrder = errors.New("write newest, oldest, or a list of images, as in [first.jpg, second.jpg]")

// UnmarshalYAML reads "newest", "oldest", or a list of images.
func (o *TopicOrder) UnmarshalYAML(decode func(any) error) error {
	var value any
	if err := decode(&value); err != nil {
		return err
	}
	if _, isList := value.([]any); isList {
		return decode(&o.First)
	}
	if value != "newest" && value != orderOldest {
		return errTopicOrder
	}
	o.Oldest = value == orderOldest
	return nil
}

// The folders of the content with texts about tags and months.
const (
	tagTextFolder   = "tags"
	monthTextFolder = "months"
)

// monthForm matches the names of months.
var monthForm = regexp.MustCompile(`^[0-9]{4}-(0[1-9]|1[0-2])$`)

// readTopics reads the texts about tags and months.
func (c *Content) readTopics(ctx context.Context, r *contentReader) error {
	for _, folder := range []string{tagTextFolder, monthTextFolder} {
		unread, err := r.forMarkdown(ctx, folder, func(name, file, text string) error {
			return c.addTopic(r, folder, name, file, text)
		})
		if err != nil {
			return err
		}
		r.warnNotRead(folder, unread)
	}
	if len(c.Topics) > maxTopics {
		r.faults.add(fmt.Errorf("there are more than %d texts about tags and months", maxTopics))
	}
	return nil
}

// addTopic adds a text about a tag or a month.
func (c *Content) addTopic(r *contentReader, folder, name, file, text string) error {
	pages := gallery.TagFolder
	if folder == monthTextFolder {
		if pages = gallery.MonthFolder; !monthForm.MatchString(name) {
			return fmt.Errorf("%s: name the file after a month, as in %s", file, r.path(folder, "2024-10.md"))
		}
	}
	topic := &Topic{File: file}
	err := r.frontMatter(file, text, topic, &topic.Body)
	topic.Title, topic.Description = OneLine(topic.Title), OneLine(topic.Description)
	c.Topics[pages+"/"+name] = topic
	return cmp.Or(err, checkLengths(file, topic.Title, topic.Description))
}

// topicFiles returns the texts about tags and months, sorted by file.
func (c *Content) topicFiles() []*Topic {
	return slices.SortedFunc(maps.Values(c.Topics), func(a, b *Topic) int { return cmp.Compare(a.File, b.File) })
}

// NamesImages reports whether the owner's words refer to images by name.
func (c *Content) NamesImages() bool { return len(c.Captions)+len(c.Topics) > 0 }

// MatchTopics finds the images that the texts about tags and months name as their covers and in
// their orders. The images are sorted, and named are the same images with their names. It returns a
// sentence for each wish that cannot be met. The page then does without.
func (c *Content) MatchTopics(images []gallery.Image, named []Named) []string {
	if len(c.Topics) == 0 {
		return nil
	}
	m := newTopicMatcher(images, named)
	var warnings []string
	for _, folder := range slices.Sorted(maps.Keys(c.Topics)) {
		topic := c.Topics[folder]
		topic.CoverSlug, topic.FirstSlugs = "", nil
		if m.groups[folder] == nil && path.Dir(folder) == gallery.MonthFolder && m.bySlug[""] != nil {
			continue // it can be the month of a new image in a dry run, whose date is not known yet
		}
		if m.groups[folder] == nil {
			warnings = append(warnings, topic.File+": "+m.nearestGroup(folder))
			continue
		}
		find := func(key, name string) string {
			slug, problem := m.find(folder, name)
			if problem != "" {
				warnings = append(warnings, fmt.Sprintf("%s: %s: %s", topic.File, key, problem))
			}
			return slug
		}
		if topic.Cover != "" {
			topic.CoverSlug = find("cover", topic.Cover)
		}
		for _, name := range topic.Order.First {
			if slug := find("order", name); slug != "" && !slices.Contains(topic.FirstSlugs, slug) {
				topic.FirstSlugs = append(topic.FirstSlugs, slug)
			}
		}
	}
	return warnings
}

// topicMatcher finds images by the names that texts about tags and months give them.
type topicMatcher struct {
	images []gallery.Image
	named  []Named
	groups map[string]map[int]bool // the images of each tag and month, by the folder of its pages
	slugs  map[string]string       // the slugs of the tags

	bySlug, byName, byStem map[string][]int // images; new images in a dry run have no slug
	near                   *nearNames       // of images; nil until it is needed
	nearTags               *nearNames
}

// newTopicMatcher returns a matcher for these images, which are sorted.
func newTopicMatcher(images []gallery.Image, named []Named) *topicMatcher {
	m := &topicMatcher{
		images: images, named: named, groups: map[string]map[int]bool{},
		bySlug: map[string][]int{}, byName: map[string][]int{}, byStem: map[string][]int{},
	}
	var visible []*gallery.Image
	for i := range images {
		if !images[i].Hidden {
			visible = append(visible, &images[i])
		}
	}
	m.slugs = tagSlugs(visible, newTagNames(visible))
	join := func(folder string, i int) {
		if m.groups[folder] == nil {
			m.groups[folder] = map[int]bool{}
		}
		m.groups[folder][i] = true
	}
	for i := range images {
		image := &images[i]
		if !image.Hidden {
			for _, tag := range shownTags(image) {
				join(tagFolder(m.slugs[tag]), i)
			}
			if !image.Uploaded.IsZero() {
				join(monthFolder(image.Uploaded), i)
			}
		}
		m.bySlug[image.Slug] = append(m.bySlug[image.Slug], i)
		for _, name := range named[i].Names {
			text := norm.NFC.String(name.Text)
			m.byName[text] = append(m.byName[text], i)
			m.byStem[stem(text)] = append(m.byStem[stem(text)], i)
		}
	}
	return m
}

// find returns the slug of the image with this slug or file name on the pages in folder. If there
// is none, it returns what is wrong. Both are "" for a new image in a dry run, because not all is
// known about it.
func (m *topicMatcher) find(folder, name string) (slug, problem string) {
	text := norm.NFC.String(name)
	var meant []int
	for _, known := range []map[string][]int{m.bySlug, m.byName, m.byStem} {
		if len(meant) == 0 && text != "" { // new images have no slug yet
			meant = known[text]
		}
	}
	if len(meant) == 0 {
		return "", m.unknown(name)
	}
	if slices.ContainsFunc(meant, func(i int) bool { return m.images[i].Slug == "" }) {
		return "", ""
	}
	shown := slices.DeleteFunc(slices.Clone(meant), func(i int) bool { return m.images[i].Hidden })
	if len(shown) == 0 {
		return "", fmt.Sprintf("the image %q is hidden", printable(name))
	}
	here := slices.DeleteFunc(shown, func(i int) bool { return !m.groups[folder][i] })
	slugs := make([]string, len(here))
	for k, i := range here {
		slugs[k] = m.images[i].Slug
	}
	slices.Sort(slugs)
	slugs = slices.Compact(slugs)
	switch {
	case len(slugs) == 0 && path.Dir(folder) == gallery.MonthFolder:
		return "", fmt.Sprintf("the image %q is not of this month", printable(name))
	case len(slugs) == 0:
		return "", fmt.Sprintf("the image %q does not have this tag", printable(name))
	case len(slugs) > 1:
		return "", fmt.Sprintf("%d images on this page have the name %q: write one of the slugs %s",
			len(slugs), printable(name), strings.Join(slugs[:min(len(slugs), maxShownSlugs)], ", "))
	}
	return slugs[0], ""
}

// maxShownSlugs is how many slugs a message names at most.
const maxShownSlugs = 5

// unknown returns a message about the name of an image that does not exist.
func (m *topicMatcher) unknown(name string) string {
	if m.near == nil {
		m.near = newNearNames()
		for _, image := range m.named {
			m.near.addImage(image, !image.Hidden)
		}
	}
	near := m.near.find(name)
	if near == "" && slices.ContainsFunc(m.named, func(n Named) bool { return n.Unsure }) {
		return fmt.Sprintf("no image is known by the name %q without a listing: write the image's slug", printable(name))
	}
	return fmt.Sprintf("there is no image %q", printable(name)) + didYouMean(near)
}

// nearestGroup returns a message about a tag or a month without images. It names the tag or the
// month that was probably meant.
func (m *topicMatcher) nearestGroup(folder string) string {
	name := path.Base(folder)
	if path.Dir(folder) == gallery.TagFolder {
		if m.nearTags == nil {
			m.nearTags = newNearNames()
			for _, tag := range slices.Sorted(maps.Keys(m.slugs)) {
				m.nearTags.add(m.slugs[tag], m.slugs[tag], true)
				m.nearTags.add(tag, m.slugs[tag], true)
			}
		}
		return "no image has this tag" + didYouMean(m.nearTags.find(name))
	}
	nearest, distance := "", 0
	for _, other := range slices.Sorted(maps.Keys(m.groups)) {
		if path.Dir(other) != gallery.MonthFolder {
			continue
		}
		d := monthNumber(name) - monthNumber(path.Base(other))
		if d = max(d, -d); nearest == "" || d < distance {
			nearest, distance = path.Base(other), d
		}
	}
	if nearest == "" {
		return "there is no image of this month"
	}
	return "there is no image of this month; the nearest month with images is " + nearest
}

// monthNumber returns the number of a month since the year 0. The month is of the form 2024-10.
func monthNumber(name string) int {
	year, month, _ := strings.Cut(name, "-")
	y, _ := strconv.Atoi(year)
	m, _ := strconv.Atoi(month)
	return 12*y + m
}
