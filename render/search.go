package render

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"path"
	"slices"
	"strings"

	"firstframe/render/gallery"
	"firstframe/render/media"
)

// data writes the call of firstframe.load with all images, newest first. The names of the fields
// come first. Each image has its own line, so that a version control system shows what changed.
func (g *pager) data(w io.Writer) error {
	head, err := dataHead(g.site)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, "firstframe.load({"+head+"\"images\":["); err != nil {
		return err
	}
	lead := "\n"
	for i, m := range g.images {
		fields, err := g.site.imageRow(m, g.tagNames.of(m), g.relations().related[len(g.images)-1-i])
		if err != nil {
			return err
		}
		// Marshal escapes everything that could end a script element or a line of a script: <, >
		// and &, U+2028 and U+2029.
		line, err := json.Marshal(fields.values())
		if err != nil {
			return fmt.Errorf("encoding %s: %w", gallery.DataName, err)
		}
		if _, err := io.WriteString(w, lead+string(line)); err != nil {
			return err
		}
		lead = ",\n"
	}
	_, err = io.WriteString(w, "\n]});\n")
	return err
}

// dataHead returns what stands once in the data: the version, the names of the fields, and the
// address of the media if they are elsewhere.
func dataHead(site *Site) (string, error) {
	image, err := site.imageRow(&gallery.Image{}, nil, nil)
	if err != nil {
		return "", err
	}
	fields, err := json.Marshal(map[string][]string{
		"image": image.names(), "rendition": renditionRow(media.Rendition{}).names(), "clip": clipRow(&media.Clip{}).names(),
	})
	if err != nil {
		return "", fmt.Errorf("encoding %s: %w", gallery.DataName, err)
	}
	head := fmt.Sprintf(`"version":%d,"fields":%s,`, gallery.DataVersion, fields)
	if site.MediaURL == "" {
		return head, nil
	}
	address, err := json.Marshal(site.MediaURL)
	if err != nil {
		return "", fmt.Errorf("encoding %s: %w", gallery.DataName, err)
	}
	return head + `"media":` + string(address) + ",", nil
}

// row is an object in the data. Only its values are written, because a name at each value would
// double the size of the file.
type row []field

// field is a value of a row, with the name by which the scripts and the checker know it.
type field struct {
	name  string
	value any
}

// names returns the names of all fields.
func (r row) names() []string {
	names := make([]string, len(r))
	for i, f := range r {
		names[i] = f.name
	}
	return names
}

// values returns the values of all fields, in the order of their names.
func (r row) values() []any {
	values := make([]any, len(r))
	for i, f := range r {
		values[i] = f.value
	}
	return values
}

// imageRow returns what the scripts know of an image. A new field is one more line here. The
// tags have the names that the site shows. The positions of related images count from the oldest
// image, which is the last row.
func (s *Site) imageRow(m *gallery.Image, tags []string, related []int32) (row, error) {
	title, alt := s.words.title(m), s.words.alt(m)
	if alt == title {
		alt = ""
	}
	caption, err := plainText(m.Caption)
	if err != nil {
		return nil, fmt.Errorf("making the caption of %s: %w", m.Slug, err)
	}
	return row{
		{"slug", m.Slug},
		{"title", title},
		{"alt", alt}, // "" if it equals the title
		{"caption", caption},
		{"tags", orZero(tags)},
		{"time", dayTime(m)},
		{"name", printable(m.Name)},
		{"format", strings.TrimPrefix(m.Type, "image/")},
		{"width", m.Width},
		{"height", m.Height},
		{"bytes", m.Bytes},
		{"color", strings.TrimPrefix(shownColor(m), "#")},
		{"renditions", renditionRows(m.Renditions.JPEG())},
		{"prompt", printable(m.Prompt())},
		{"account", printable(m.Account)},
		{"clips", orZero(clipRows(m))},
		{"original", originalPath(m)},
		{"avif", orZero(renditionRows(m.Renditions.AVIF()))}, // for browsers that can show it
		{"related", orZero(related)},
		{"hues", orZero(hueNames(m))},
		{"statuses", orZero(statuses(m))},
		{"ai", s.share(m)}, // as aiShare counts
	}, nil
}

// statuses returns the known statuses of an image's videos, each once, in the order of
// knownStatuses.
func statuses(m *gallery.Image) []string {
	var list []string
	for _, status := range knownStatuses {
		if slices.ContainsFunc(m.Videos, func(v gallery.Video) bool { return v.Status == status }) {
			list = append(list, status)
		}
	}
	return list
}

// orZero returns a list, or 0 if it is empty. This is shorter, and false in a script.
func orZero[T any](list []T) any {
	if len(list) == 0 {
		return 0
	}
	return list
}

// dayTime returns the day of an image in seconds since 1970, or 0 if it is not known.
func dayTime(m *gallery.Image) int64 {
	if m.Uploaded.IsZero() {
		return 0
	}
	return dayOf(m.Uploaded).Unix()
}

// originalPath returns where the published original is, or "".
func originalPath(m *gallery.Image) string {
	if m.Original == nil {
		return ""
	}
	return m.Original.Path
}

// renditionRows returns renditions of one format, the smallest first.
func renditionRows(list media.Renditions) [][]any {
	rows := make([][]any, len(list))
	for i, r := range list {
		rows[i] = renditionRow(r).values()
	}
	return rows
}

// renditionRow returns what the scripts know of a rendition. They make its path from the slug
// and the format.
func renditionRow(r media.Rendition) row {
	return row{{"width", r.Width}, {"height", r.Height}, {"key", renditionKey(r.Path)}}
}

// clipRows returns the published videos of an image, newest first.
func clipRows(m *gallery.Image) [][]any {
	var rows [][]any
	for _, v := range m.Videos {
		if v.Clip != nil {
			rows = append(rows, clipRow(v.Clip).values())
		}
	}
	return rows
}

// clipRow returns what the scripts know of a video. The poster is "" if the video has none, and the
// length is 0 if it is unknown.
func clipRow(c *media.Clip) row {
	return row{
		{"path", c.Path}, {"poster", c.PosterPath()}, {"width", c.Width}, {"height", c.Height},
		{"seconds", math.Round(10*c.Seconds) / 10},
	}
}

// renditionKey returns the last part of a rendition's name. The parts before it are the slug and
// the width.
func renditionKey(name string) string {
	name = strings.TrimSuffix(name, path.Ext(name))
	return name[strings.LastIndexByte(name, '-')+1:]
}

// Config is what every page tells the scripts. The words that they show are in the page's elements.
type Config struct {
	Root string `json:"root"` // the relative address of the site's root
	Data string `json:"data"` // the data file, from the root
	Lang string `json:"lang"` // of the words, for dates and numbers
	Page string `json:"page"` // the kind of page

	// Scripts are the addresses of the scripts that are loaded when they are needed, from the root,
	// by their names in onDemand.
	Scripts map[string]string `json:"scripts,omitempty"`

	// Only is what all pictures of a month's or a tag's page have in common: "month" and "2024-10",
	// or "tag" and the tag.
	Only []string `json:"only,omitempty"`

	// Order is how the pictures of such a page are arranged, if not newest first: "oldest" for the
	// oldest first, or the slugs of the pictures that come first.
	Order []string `json:"order,omitempty"`
}

// Config returns what the page tells the scripts. A template escapes it for its place, because it
// is a value and not a text.
func (p *Page) Config() Config {
	scripts := map[string]string{}
	for _, name := range onDemand {
		if published := p.theme.names[name+".js"]; published != "" {
			scripts[name] = published
		}
	}
	return Config{
		Root: p.Root, Data: gallery.DataName, Lang: p.Site.words.forScripts(), Page: p.Kind, Scripts: scripts, Only: p.Only, Order: p.Order,
	}
}

// onDemand are the scripts that site.js loads when a visitor first needs them.
var onDemand = []string{"find", "viewer", "film"}

// shownColor returns the colour that fills a picture's place until it has loaded, as "#rrggbb".
func shownColor(m *gallery.Image) string {
	if !gallery.IsColor(m.Color) {
		return "#808080"
	}
	return m.Color
}
