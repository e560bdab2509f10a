package render

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"firstframe/render/gallery"
	"firstframe/render/media"
)

// Named is an image, or a file that can become one, with everything that captions can call it.
type Named struct {
	Slug   string     // "" if it is not known yet
	Names  []FileName // the names of its files
	Hidden bool       // whether it was hidden before, so that nothing is said about it

	// Unsure says that its files can have more names, which are unknown now.
	Unsure bool
}

// Texts returns the names of the image's files.
func (n Named) Texts() []string {
	texts := make([]string, len(n.Names))
	for i, name := range n.Names {
		texts[i] = name.Text
	}
	return texts
}

// FileName is the name of a file as it was uploaded.
type FileName struct {
	Text    string
	Private bool // whether it must not be shown
}

// Matches is the result of Content.Match: which captions mean which images.
type Matches struct {
	content *Content
	images  []Named
	slugs   map[string]bool
	byImage [][]string      // the names of each image's captions
	used    map[string]bool // the names of captions that mean an image

	// Ambiguous are the captions whose name fits several images, sorted by file. They apply to none
	// of these images.
	Ambiguous []Ambiguous
}

// Ambiguous is a caption whose name fits several images. At least one of these images is not hidden
// yet.
type Ambiguous struct {
	File   string // the file of the caption
	Hides  bool   // whether the caption hides
	Images []int  // the images, by their index
}

// normalize lets captions be found by names in another Unicode form. macOS writes file names in
// NFD, which hardly anybody else uses.
func (c *Content) normalize() {
	c.normal = make(map[string]string, len(c.Captions))
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(c.Captions))) {
		c.normal[norm.NFC.String(name)] = name
	}
}

// find returns the name of the caption for a slug or a file name.
func (c *Content) find(name string) (string, bool) {
	if name == "" || len(c.Captions) == 0 {
		return "", false
	}
	if _, ok := c.Captions[name]; ok {
		return name, true
	}
	found, ok := c.normal[norm.NFC.String(name)]
	return found, ok
}

// captionsOf returns the names of the captions that mean an image:
//
//  1. If there is a caption with the image's slug, it is the only one, and bySlug is true.
//  2. If there is none, each file of the image has the caption with the file's name.
//  3. A file without such a caption has the caption with its name without the extension.
//
// A caption with the slug of another image is always about that image, even if a file has this
// name: a picture that is saved from the gallery has the slug as its name, and somebody can upload
// it again.
func (c *Content) captionsOf(isSlug func(string) bool, slug string, files ...string) (names []string, bySlug bool) {
	if name, ok := c.find(slug); ok {
		return []string{name}, true
	}
	for _, file := range files {
		named := c.named(file)
		if len(named) > 0 && !isSlug(named[0]) && !slices.Contains(names, named[0]) {
			names = append(names, named[0])
		}
	}
	return names, false
}

// named returns the names of the captions that can be about a file: the one with its name, and then
// the one with its name without the extension.
func (c *Content) named(file string) []string {
	var names []string
	for _, written := range []string{file, stem(file)} {
		if name, ok := c.find(written); ok && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// stem returns a file's name without its extension.
func stem(file string) string { return strings.TrimSuffix(file, path.Ext(file)) }

// hides reports whether the caption hides its image.
func (c Caption) hides() bool { return c.Hidden != nil && *c.Hidden }

// chooseName returns the name of one of several captions for an image: the first that hides it, or
// else the first.
func (c *Content) chooseName(names []string) (string, bool) {
	for _, name := range names {
		if c.Captions[name].hides() {
			return name, true
		}
	}
	if len(names) == 0 {
		return "", false
	}
	return names[0], true
}

// choose returns the caption with the name that chooseName returns.
func (c *Content) choose(names []string) (Caption, bool) {
	name, ok := c.chooseName(names)
	if !ok {
		return Caption{}, false
	}
	return c.Captions[name], true
}

// Hides reports whether the owner wants an image to stay unpublished. It needs only the slug or the
// names of its files, so the image need not even be made.
func (c *Content) Hides(slug string, files ...string) bool { return c.Foretell(slug, files...).hides() }

// Foretell returns the caption that an image of this slug or of these file names will probably have.
// Names that look like a slug are decided by Match, which knows all images.
func (c *Content) Foretell(slug string, files ...string) Caption {
	names, _ := c.captionsOf(media.IsSlug, slug, files...)
	caption, _ := c.choose(names)
	return caption
}

// Shows reports whether the owner says that an image is not hidden: in the caption with its slug, or
// else in captions with the names of its files.
func (c *Content) Shows(slug string, files ...string) bool {
	_, shows := c.deciding(slug, files...)
	return shows
}

// deciding returns the names of the captions with a line about hiding that decide about an image,
// and whether they show it. A caption by its slug decides alone. Of those by file names, each must
// say "hidden: false".
func (c *Content) deciding(slug string, files ...string) (names []string, shows bool) {
	if name, ok := c.find(slug); ok && c.Captions[name].Hidden != nil {
		return []string{name}, !c.Captions[name].hides()
	}
	for _, file := range files {
		for _, name := range c.named(file) {
			if media.IsSlug(name) || c.Captions[name].Hidden == nil {
				continue
			}
			if c.Captions[name].hides() {
				return nil, false
			}
			names = append(names, name)
			break // the name with the extension comes first
		}
	}
	return names, len(names) > 0
}

// Unhide removes the hidden images from a state whose captions now say "hidden: false", and returns
// them. They are new when they are listed.
func (c *Content) Unhide(s *gallery.State) []gallery.Image {
	var shown []gallery.Image
	s.Images = slices.DeleteFunc(s.Images, func(m gallery.Image) bool {
		show := m.Hidden && c.Shows(m.Slug)
		if show {
			shown = append(shown, m)
		}
		return show
	})
	return shown
}

// ShownAgain returns the hidden images, by their index, that captions with the names of their files
// now show. unclear are captions that would show one, but whose name fits other images, too; the
// hidden image is the first of theirs. Hiding is never undone for an image that may not be meant.
func (c *Content) ShownAgain(images []Named) (shown []int, unclear []Ambiguous) {
	meant := map[string][]int{} // the images that a caption can be about, by its name
	for i, image := range images {
		for _, file := range image.Names {
			for _, name := range c.named(file.Text) {
				if !slices.Contains(meant[name], i) {
					meant[name] = append(meant[name], i)
				}
			}
		}
	}
	for i, image := range images {
		if !image.Hidden {
			continue
		}
		names, shows := c.deciding(image.Slug, image.Texts()...)
		several := slices.IndexFunc(names, func(name string) bool { return len(meant[name]) > 1 })
		switch {
		case !shows:
		case several < 0:
			shown = append(shown, i)
		default:
			name := names[several]
			others := slices.DeleteFunc(slices.Clone(meant[name]), func(other int) bool { return other == i })
			unclear = append(unclear, Ambiguous{File: c.Captions[name].File, Images: append([]int{i}, others...)})
		}
	}
	return shown, unclear
}

// Match finds out which captions mean which images.
func (c *Content) Match(images []Named) Matches {
	m := Matches{content: c, images: images, slugs: map[string]bool{}, byImage: make([][]string, len(images)), used: map[string]bool{}}
	if len(c.Captions) == 0 {
		return m
	}
	for _, image := range images {
		m.slugs[image.Slug] = true
	}
	meant := map[string][]int{}
	for i, image := range images {
		names, bySlug := c.captionsOf(m.isSlug, image.Slug, image.Texts()...)
		m.byImage[i] = names
		for _, name := range names {
			m.used[name] = true
			// Words are not about an image that was hidden before.
			if !bySlug && (!image.Hidden || c.Captions[name].hides()) {
				meant[name] = append(meant[name], i)
			}
		}
	}
	m.addHiding(meant)
	for name, places := range meant {
		if len(places) > 1 && slices.ContainsFunc(places, func(i int) bool { return !images[i].Hidden }) {
			m.Ambiguous = append(m.Ambiguous, Ambiguous{c.Captions[name].File, c.Captions[name].hides(), places})
			for _, i := range places {
				m.byImage[i] = slices.DeleteFunc(m.byImage[i], func(n string) bool { return n == name })
			}
		}
	}
	slices.SortFunc(m.Ambiguous, func(a, b Ambiguous) int { return cmp.Compare(a.File, b.File) })
	return m
}

// addHiding adds the captions that hide an image for which Match has chosen another caption. For
// example, a.jpg.md has words and a.md says "hidden: true". Both are about a.jpg, so a.jpg is
// hidden. But if a.jpg.md also has a line about hiding, a.md does not apply.
func (m *Matches) addHiding(meant map[string][]int) {
	idle := map[string]bool{}
	for name, caption := range m.content.Captions {
		if caption.hides() && !m.used[name] {
			idle[name] = true
		}
	}
	if len(idle) == 0 {
		return
	}
	for i, image := range m.images {
		decided := slices.ContainsFunc(m.byImage[i], func(name string) bool { return m.content.Captions[name].Hidden != nil })
		for _, file := range image.Names {
			for _, name := range m.content.named(file.Text) {
				if !idle[name] {
					continue
				}
				m.used[name] = true
				if !decided && !slices.Contains(m.byImage[i], name) {
					m.byImage[i] = append(m.byImage[i], name)
					meant[name] = append(meant[name], i)
				}
			}
		}
	}
}

// Hides reports whether the owner wants image i to stay unpublished.
func (m Matches) Hides(i int) bool {
	caption, ok := m.content.choose(m.byImage[i])
	return ok && caption.hides()
}

// isSlug reports whether an image has this slug.
func (m Matches) isSlug(name string) bool { return m.slugs[name] }

// Join merges files that turned out to be the same image. The list keeps its length. Later entries
// of an image become empty.
func Join(images []Named) []Named {
	first := map[string]int{}
	for i, image := range images {
		at, known := first[image.Slug]
		switch {
		case image.Slug == "":
		case known:
			images[at].Names = slices.Concat(images[at].Names, image.Names)
			images[i] = Named{}
		default:
			first[image.Slug] = i
		}
	}
	return images
}

// Slugs returns the slugs of the images that a caption can mean, and "" for slugs that are not
// known yet.
func (m Matches) Slugs(a Ambiguous) []string {
	slugs := make([]string, len(a.Images))
	for i, at := range a.Images {
		slugs[i] = m.images[at].Slug
	}
	return slugs
}

// Apply gives the images the owner's words. An image without a title gets a title from its name.
// The images must be the ones that were given to Match. If there are no captions, Match can have
// got no images.
//
// An image without a caption keeps its words if a caption of another name may be about it.
func (m Matches) Apply(images []gallery.Image) {
	idle := len(m.Idle()) > 0
	for i := range images {
		image := &images[i]
		var caption Caption
		found := false
		if len(m.byImage) > 0 {
			caption, found = m.content.choose(m.byImage[i])
		}
		if image.Hidden || caption.hides() {
			image.Bury(image.Keys)
			continue
		}
		if idle && !found && m.images[i].Unsure {
			continue
		}
		image.Title = cmp.Or(caption.Title, titleFromName(image.Name))
		image.Alt = caption.Alt
		image.Caption = strings.TrimSpace(caption.Body)
		image.Tags = tagsOf(caption, image)
		image.Featured = caption.Featured
		image.SourceType, image.AISystem = caption.SourceType, caption.AISystem
	}
}

// doubled finds the captions that apply to no image, because another caption is used for the only
// images that they are about. It returns the index of the first of these images, or -1 if all of
// them are hidden, so that nothing is to be said.
func (m Matches) doubled() map[string]int {
	used := map[string]bool{}
	for _, names := range m.byImage {
		if name, ok := m.content.chooseName(names); ok {
			used[name] = true
		}
	}
	doubled := map[string]int{}
	for i, image := range m.images {
		chosen, ok := m.content.choose(m.byImage[i])
		if !ok && !image.Hidden {
			continue
		}
		shown := !image.Hidden && !chosen.hides()
		for _, file := range image.Names {
			for _, name := range m.content.named(file.Text) {
				if used[name] {
					continue
				}
				if first, known := doubled[name]; shown && (!known || first < 0) {
					doubled[name] = i
				} else if !known {
					doubled[name] = -1
				}
			}
		}
	}
	return doubled
}

// both returns the warning that two captions are about the same image.
func (m Matches) both(unused string, image int) string {
	used, _ := m.content.choose(m.byImage[image])
	return fmt.Sprintf("%s and %s are both about the same %s, and only %[2]s is used: keep one of them",
		m.content.Captions[unused].File, used.File, strings.TrimSpace("image "+m.images[image].Slug))
}

// Idle returns the files of the captions that mean no image, sorted.
func (m Matches) Idle() []string {
	var idle []string
	for name, caption := range m.content.Captions {
		if !m.used[name] {
			idle = append(idle, caption.File)
		}
	}
	slices.Sort(idle)
	return idle
}

// tagsOf returns the tags of an image: the owner's, and the folders that the picture lies in.
func tagsOf(caption Caption, image *gallery.Image) []string {
	tags := cleanTags(slices.Concat(caption.Tags, image.Folders))
	return tags[:min(len(tags), gallery.MaxTags)]
}

// Warnings returns a sentence for each caption that means no image, with the name that was probably
// meant, and for each caption that is not used because its image has another one. leftOut are names
// of listed files that are left out; captions can be about them, too.
func (m Matches) Warnings(leftOut ...string) []string {
	used, doubled := maps.Clone(m.used), m.doubled()
	for _, file := range leftOut {
		names, _ := m.content.captionsOf(m.isSlug, "", file)
		for _, name := range names {
			used[name] = true
		}
	}
	// An image that was hidden before has lost its name, unless it is listed. So a caption that
	// hides can be about it.
	nameless := slices.ContainsFunc(m.images, func(n Named) bool { return n.Hidden && len(n.Names) == 0 })
	var near *nearNames
	var warnings []string
	for _, name := range slices.Sorted(maps.Keys(m.content.Captions)) {
		image, isDoubled := doubled[name]
		if isDoubled && image >= 0 {
			warnings = append(warnings, m.both(name, image))
		}
		if isDoubled || used[name] {
			continue
		}
		if near == nil {
			near = m.nearNames()
		}
		caption := m.content.Captions[name]
		warning := caption.File + ": there is no image of this slug or file name"
		if shown := near.find(name); shown != "" {
			warning += didYouMean(shown)
		} else if nameless && caption.hides() {
			continue
		} else if nameless && caption.Hidden != nil {
			warning += "; a hidden image is known by its file name only while it is listed"
		}
		warnings = append(warnings, warning)
	}
	return warnings
}

// nearNames collects the names that captions could have meant.
func (m Matches) nearNames() *nearNames {
	near := newNearNames()
	for i, image := range m.images {
		near.addImage(image, len(m.byImage[i]) == 0 && !image.Hidden)
	}
	return near
}
