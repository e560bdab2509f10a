package render

import (
	"encoding/json"
	"fmt"
	"io"
	"path"
	"strings"

	"golang.org/x/net/html"
)

// dataName is the file that the site's scripts search in. It is a script and
// not JSON, because a page that is opened from disk may load nothing else.
const dataName = "data.js"

// dataVersion is the version of its format; see row.
const dataVersion = 1

// document is a file of the site that is neither page nor picture. Those of a
// large gallery are as large as its state, and never in memory as a whole.
type document struct {
	path    string
	content func(io.Writer) error
}

// data writes the call of firstframe.load with all images, newest first. Each
// has a line of its own, so that a version control system shows what changed.
func (g *pager) data(w io.Writer) error {
	media := ""
	if g.site.MediaURL != "" {
		address, err := json.Marshal(g.site.MediaURL)
		if err != nil {
			return fmt.Errorf("encoding %s: %w", dataName, err)
		}
		media = `"media":` + string(address) + ","
	}
	if _, err := fmt.Fprintf(w, "firstframe.load({\"version\":%d,%s\"images\":[", dataVersion, media); err != nil {
		return err
	}
	lead := "\n"
	for _, m := range g.images {
		fields, err := g.site.words.row(m)
		if err != nil {
			return err
		}
		// Marshal escapes what would end a script element or a line of a script:
		// <, > and &, U+2028 and U+2029.
		line, err := json.Marshal(fields)
		if err != nil {
			return fmt.Errorf("encoding %s: %w", dataName, err)
		}
		if _, err := io.WriteString(w, lead+string(line)); err != nil {
			return err
		}
		lead = ",\n"
	}
	_, err := io.WriteString(w, "\n]});\n")
	return err
}

// row is what the scripts know of an image, by position: names would be half
// of the file. New fields come at the end; a position never changes its
// meaning within a version.
func (w *Words) row(m *Image) ([]any, error) {
	title, alt := w.title(m), w.alt(m)
	if alt == title {
		alt = ""
	}
	caption, err := plainText(m.Caption)
	if err != nil {
		return nil, fmt.Errorf("making the caption of %s: %w", m.Slug, err)
	}
	var uploaded int64
	if !m.Uploaded.IsZero() {
		uploaded = dayOf(m.Uploaded).Unix()
	}
	original := ""
	if m.Original != nil {
		original = m.Original.Path
	}
	var tags any = 0
	if shown := shownTags(m); len(shown) > 0 {
		tags = shown
	}
	renditions := make([][]any, len(m.Renditions))
	for i, r := range m.Renditions {
		renditions[i] = []any{r.Width, r.Height, renditionKey(r.Path)}
	}
	return []any{
		m.Slug, title, alt, caption, tags, uploaded, printable(m.Name),
		strings.TrimPrefix(m.Type, "image/"), m.Width, m.Height, m.Bytes,
		strings.TrimPrefix(shownColor(m), "#"), renditions,
		printable(m.Prompt()), printable(m.Account), clipRows(m),
		original,
	}, nil
}

// clipRows are the published videos of an image, by position: path, poster or
// "", width and height. It is 0 where there are none.
func clipRows(m *Image) any {
	var rows [][]any
	for _, v := range m.Videos {
		if c := v.Clip; c != nil {
			rows = append(rows, []any{c.Path, c.poster(), c.Width, c.Height})
		}
	}
	if rows == nil {
		return 0
	}
	return rows
}

// renditionKey is the last part of a rendition's name: those before it are the
// slug and the width.
func renditionKey(name string) string {
	name = strings.TrimSuffix(name, path.Ext(name))
	return name[strings.LastIndexByte(name, '-')+1:]
}

// plainText is the text of Markdown as it is read: on one line, without marks.
func plainText(source string) (string, error) {
	if source == "" {
		return "", nil
	}
	rendered, err := markdown(source, "")
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for z := html.NewTokenizer(strings.NewReader(string(rendered))); ; {
		switch z.Next() {
		case html.ErrorToken: // the end
			return OneLine(b.String()), nil
		case html.TextToken:
			b.Write(z.Text())
		case html.StartTagToken, html.SelfClosingTagToken:
			if name, _ := z.TagName(); !inline[string(name)] {
				b.WriteByte(' ')
			}
		}
	}
}

// inline are the elements that do not divide words.
var inline = map[string]bool{"a": true, "em": true, "strong": true, "code": true, "del": true, "sup": true}

// Config is what the scripts are told on every page. Their words are in the page.
type Config struct {
	Root string `json:"root"` // the way to the site's root
	Data string `json:"data"` // from there
	Lang string `json:"lang"` // of the words, for dates and numbers
	Page string `json:"page"` // the kind of page

	// Only is what the pictures of a month's or a tag's page have in common:
	// "month" and "2024-10", or "tag" and the tag.
	Only []string `json:"only,omitempty"`
}

// Config returns what stands in the page for the scripts. It is put into a
// template as a value, which escapes it for where it stands.
func (p *Page) Config() Config {
	return Config{Root: p.Root, Data: dataName, Lang: p.Site.words.forScripts(), Page: p.Kind, Only: p.Only}
}

// shownTags are an image's tags as they are shown.
func shownTags(m *Image) []string {
	var tags []string
	for _, tag := range m.Tags {
		if tag = printable(tag); tag != "" {
			tags = append(tags, tag)
		}
	}
	return tags
}

// shownColor is the colour that takes a picture's place, "#rrggbb".
func shownColor(m *Image) string {
	if !isColor(m.Color) {
		return "#808080"
	}
	return m.Color
}
