package render

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"firstframe/render/gallery"
	"firstframe/render/media"
)

// image makes the page of image i.
func (g *pager) image(i int) (*Page, error) {
	m, w := g.images[i], g.site.words
	p := g.page(kindImage, gallery.ImagePath(m.Slug))
	caption, err := g.markdown(p, m.Caption)
	if err != nil {
		return nil, fmt.Errorf("making the caption of %s: %w", m.Slug, err)
	}
	p.Title = w.title(m)
	p.Description = w.alt(m)
	common, largest := m.Renditions.Common(), m.Renditions.Largest()
	shown := common.Largest()
	p.Image = &Detail{
		Slug: m.Slug, Title: p.Title, Alt: p.Description, Caption: caption,
		Src: p.media() + shown.Path, Srcset: srcset(p.media(), common), Width: shown.Width, Height: shown.Height,
		AVIF: srcset(p.media(), m.Renditions.AVIF()), Largest: p.media() + largest.Path, LargestWidth: largest.Width,
		Ratio: ratio(largest), Style: tileStyle(m), Facts: g.site.facts(m), AI: w.label(shareOf(g.site.origin(m))),
	}
	for _, tag := range g.tagNames.of(m) {
		p.Image.Tags = append(p.Image.Tags, p.link(gallery.PageIn(tagFolder(g.tagSlugs[tag])), tag))
	}
	for i := range p.Image.Facts {
		if f := &p.Image.Facts[i]; f.DateTime != "" {
			f.Link = p.link(gallery.PageIn(monthFolder(m.Uploaded)), f.Value)
		}
	}
	p.Image.Prompt = printable(m.Prompt())
	for i := range m.Videos {
		p.Image.Videos = append(p.Image.Videos, p.video(&m.Videos[i], p.Image.Prompt))
	}
	slices.SortStableFunc(p.Image.Videos, func(a, b VideoDetail) int { return cmp.Compare(b.hasFilm(), a.hasFilm()) })
	if o := g.site.origin(m); o.SourceType != "" {
		p.Image.Facts = append(p.Image.Facts, Fact{Label: w.say("digitalSource"), Value: w.say(o.SourceType)})
		if system := printable(o.AISystem); system != "" {
			p.Image.Facts = append(p.Image.Facts, Fact{Label: w.say("aiSystem"), Value: system})
		}
	}
	p.Image.Related, p.Image.SamePrompt = g.small(p, g.related(i)), g.small(p, g.withPrompt(i))
	p.Image.Variations = g.small(p, g.variations(i))
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
	p.Back = p.link(galleryPath(archivePage(i, len(g.images)))+"#"+anchor(m.Slug), w.say("allPictures"))
	return p, nil
}

// anchor returns the id of an image's tile. It begins with a letter, because old style sheets and
// scripts need that.
func anchor(slug string) string { return "i-" + slug }

// firstScreen is how many images of a list load at once. The browser begins with them while it
// still reads the page. It begins with the others when it knows the layout and they are near the
// screen. These are the first two rows on a phone, and the first row on a wider screen: more of them
// would take each other's time.
const firstScreen = 5

// tiles returns the tiles of images.
func (p *Page) tiles(images []*gallery.Image) []Tile {
	tiles := make([]Tile, len(images))
	for i, m := range images {
		tiles[i] = p.tile(m)
	}
	return tiles
}

// tile returns the tile of an image.
func (p *Page) tile(m *gallery.Image) Tile {
	common, w := m.Renditions.Common(), p.Site.words
	smallest := common.Smallest()
	t := Tile{
		Slug: m.Slug, Href: p.Root + gallery.ImagePath(m.Slug), Title: w.title(m), Alt: w.alt(m),
		Src: p.media() + smallest.Path, Width: smallest.Width, Height: smallest.Height,
		AVIF: srcset(p.media(), m.Renditions.AVIF()), Ratio: ratio(m.Renditions.Largest()), Style: tileStyle(m), Date: w.day(m.Uploaded),
		AI: w.label(p.Site.share(m)),
	}
	if len(common) > 1 {
		t.Srcset = srcset(p.media(), common)
	}
	if c := film(m); c != nil {
		t.Film, t.Length = p.media()+c.Path, length(c.Seconds)
	}
	return t
}

// film returns the newest published clip of an image, or nil.
func film(m *gallery.Image) *media.Clip {
	for _, v := range m.Videos {
		if v.Clip != nil {
			return v.Clip
		}
	}
	return nil
}

// length writes how long a film takes, in minutes and seconds: "0:06". It returns "" if that is
// unknown. No film is so short that it takes no second.
func length(seconds float64) string {
	if !(seconds > 0 && seconds < 24*60*60) {
		return ""
	}
	s := max(1, int(math.Round(seconds)))
	if s < 60*60 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

// video returns what the image's page shows of a video. shown is the prompt that is already on the
// page.
func (p *Page) video(v *gallery.Video, shown string) VideoDetail {
	w := p.Site.words
	t := VideoDetail{Status: w.videoStatus(v.Status), Date: w.day(v.Created)}
	if !v.Created.IsZero() {
		t.DateTime = v.Created.UTC().Format(time.DateOnly)
	}
	if prompt := printable(v.Prompt); prompt != shown {
		t.Prompt = prompt
	}
	if c := v.Clip; c != nil {
		t.Src, t.Width, t.Height = p.media()+c.Path, c.Width, c.Height
		t.AI = w.label(aiFilm)
		if v.Model != "" {
			t.AISystem = printable(v.Origin().AISystem)
		}
		if poster := c.PosterPath(); poster != "" {
			t.Poster = p.media() + poster
		}
	} else {
		t.Length = length(v.Seconds) // a player shows it by itself
	}
	return t
}

// knownStatuses are the statuses that a video can have, in the order in which it has them. There is a
// word for each.
var knownStatuses = []string{"pending", "queued", "processing", "completed", "moderated"}

// hasFilm returns 1 if there is a film of the video, and 0 if not.
func (v *VideoDetail) hasFilm() int { return min(1, len(v.Src)) }

// videoStatus returns the words for the status of a video.
func (w *Words) videoStatus(status string) string {
	if slices.Contains(knownStatuses, status) {
		return w.say("video" + strings.ToUpper(status[:1]) + status[1:])
	}
	return w.say("videoUnknown")
}

// ratio returns width by height, with the digits that the layout of a row needs.
func ratio(r media.Rendition) string {
	return strconv.FormatFloat(aspect(r), 'f', 4, 64)
}

// aspect returns width by height.
func aspect(r media.Rendition) float64 { return float64(r.Width) / float64(r.Height) }

// srcset returns the value of the attribute of the same name. root is the address that media paths
// are relative to.
func srcset(root string, renditions media.Renditions) string {
	parts := make([]string, len(renditions))
	for i, r := range renditions {
		parts[i] = fmt.Sprintf("%s%s %dw", root, r.Path, r.Width)
	}
	return strings.Join(parts, ", ")
}

// tileStyle returns the style of an image's tile: its ratio, and the colours that fill its place
// until it is loaded. It is safe CSS: a number, and colours whose form is checked.
func tileStyle(m *gallery.Image) template.CSS {
	style := "--r:" + ratio(m.Renditions.Largest()) + ";--c:" + shownColor(m)
	if media.IsTints(m.Tints) {
		for i := 0; i < len(m.Tints); i += 3 {
			style += ";--" + strconv.Itoa(i/3+1) + ":#" + m.Tints[i:i+3]
		}
	}
	return template.CSS(style)
}

// longestTitle is how much of a prompt can be a title, in characters.
const longestTitle = 60

// title returns an image's title: the owner's, or the start of the prompt, or a date.
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

// alt returns the owner's alt text, or the start of the prompt if prompts are published, or the
// title.
func (w *Words) alt(m *gallery.Image) string {
	return cmp.Or(printable(m.Alt), firstSentence(printable(m.Prompt()), longestAlt), w.title(m))
}

// longestAlt is the maximum length of a prompt as an alt text, in characters. Screen readers read
// as many without a break.
const longestAlt = 125

// facts returns the metadata rows of an image, in the order in which people ask for them. A new row
// is one more line here.
func (s *Site) facts(m *gallery.Image) []Fact {
	w, list := s.words, []Fact(nil)
	add := func(key, value string) {
		if value = printable(value); value != "" {
			list = append(list, Fact{Label: w.say(key), Value: value})
		}
	}
	if !m.Uploaded.IsZero() {
		label := "uploaded"
		if m.Source == gallery.SourceFolder || m.Generated != nil {
			label = "date" // when it was taken, if the file says that, or when the service made it
		}
		list = append(list, Fact{
			Label: w.say(label), Value: w.day(m.Uploaded), DateTime: m.Uploaded.UTC().Format(time.DateOnly),
		})
	}
	add("fileName", m.Name)
	add("format", media.FormatName(m.Type))
	add("dimensions", dimensions(m.Width, m.Height))
	if m.Bytes > 0 {
		add("fileSize", w.fileSize(m.Bytes))
	}
	add("account", m.Account)
	if s.ServiceCodes {
		add("scene", m.Scene)
		add("status", m.Status)
	}
	if c := m.Camera; c != nil {
		add("camera", cameraName(c))
		add("lens", c.Lens)
		add("exposure", strings.Join(slices.DeleteFunc([]string{c.Exposure, c.Aperture, c.FocalLength, iso(c.ISO)},
			func(s string) bool { return s == "" }), ", "))
	}
	return list
}

// cameraName returns the make and the model. Many makers begin the model with the make; then the
// model is enough.
func cameraName(c *media.Camera) string {
	if strings.HasPrefix(strings.ToLower(c.Model), strings.ToLower(c.Make)) {
		return c.Model
	}
	return strings.TrimSpace(c.Make + " " + c.Model)
}

// iso returns the film speed as it is shown.
func iso(speed string) string {
	if speed == "" {
		return ""
	}
	return "ISO " + speed
}
