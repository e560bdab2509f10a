package render

import (
	"cmp"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html/template"
	"strings"
	"time"

	"firstframe/render/gallery"
	"firstframe/render/media"
)

// feedLength is how many images a feed has. Somebody who reads the feed of a busy gallery once a
// month misses none.
const feedLength = 50

// feedEntry is an image in a feed.
type feedEntry struct {
	url, title string
	image      *Card
	bytes      int64 // of the picture
	html, text string
	date       time.Time
	tags       []string
	origin     media.Origin
	ai         *AILabel // of the image, or nil
}

// dayOf returns the day of a time. Nothing more exact is published.
func dayOf(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// feedEntries returns the newest images. The address of an image's page is its id, because it is
// made from the image's bytes and never changes.
func (g *pager) feedEntries() ([]feedEntry, error) {
	w := g.site.words
	images := g.images[:min(feedLength, len(g.images))]
	entries := make([]feedEntry, len(images))
	for i, m := range images {
		caption, err := markdown(m.Caption, &linkKeeper{root: g.site.BaseURL, media: g.site.mediaBase(), links: g.links})
		if err != nil {
			return nil, fmt.Errorf("making the caption of %s: %w", m.Slug, err)
		}
		text, err := plainText(m.Caption)
		if err != nil {
			return nil, fmt.Errorf("making the caption of %s: %w", m.Slug, err)
		}
		origin := g.site.origin(m)
		e := feedEntry{
			url: g.site.absolute(gallery.ImagePath(m.Slug)), title: w.title(m), image: g.site.card(m),
			bytes: cardRendition(m).Bytes, text: text, date: dayOf(m.Uploaded), tags: g.tagNames.of(m),
			origin: origin, ai: w.label(shareOf(origin)),
		}
		if e.date.IsZero() {
			e.date = time.Unix(0, 0).UTC() // a feed has no room for an unknown date
		}
		e.html = fmt.Sprintf("<p><a href=\"%s\"><img src=\"%s\" width=\"%d\" height=\"%d\" alt=\"%s\"></a></p>\n%s",
			template.HTMLEscapeString(e.url), template.HTMLEscapeString(e.image.URL), e.image.Width, e.image.Height,
			template.HTMLEscapeString(e.image.Alt), caption)
		if line := g.site.disclosure(m); line != "" {
			e.html += "<p>" + template.HTMLEscapeString(line) + "</p>\n"
			e.text = strings.TrimSuffix(line+" · "+e.text, " · ") // some readers show only this beside the picture
		}
		entries[i] = e
	}
	return entries, nil
}

// atomFeed is a feed according to RFC 4287.
type atomFeed struct {
	XMLName  xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Lang     string      `xml:"xml:lang,attr"`
	Title    string      `xml:"title"`
	Subtitle string      `xml:"subtitle,omitempty"`
	ID       string      `xml:"id"`
	Updated  string      `xml:"updated"`
	Author   atomPerson  `xml:"author"`
	Rights   string      `xml:"rights,omitempty"`
	Links    []atomLink  `xml:"link"`
	Entries  []atomEntry `xml:"entry"`
}

// atomPerson is an author.
type atomPerson struct {
	Name string `xml:"name"`
}

// atomLink is a link of a feed or an entry.
type atomLink struct {
	Rel    string `xml:"rel,attr"`
	Type   string `xml:"type,attr"`
	Href   string `xml:"href,attr"`
	Length int64  `xml:"length,attr,omitempty"`
}

// atomEntry is an image in a feed.
type atomEntry struct {
	Title      string         `xml:"title"`
	ID         string         `xml:"id"`
	Published  string         `xml:"published"`
	Updated    string         `xml:"updated"`
	Links      []atomLink     `xml:"link"`
	Categories []atomCategory `xml:"category"`
	Content    atomContent    `xml:"content"`
}

// atomCategory is a tag, or how an image was made in the vocabulary of IPTC.
type atomCategory struct {
	Term   string `xml:"term,attr"`
	Scheme string `xml:"scheme,attr,omitempty"`
	Label  string `xml:"label,attr,omitempty"`
}

// atomContent is the HTML of an entry.
type atomContent struct {
	Type string `xml:"type,attr"`
	Text string `xml:",chardata"`
}

// updated returns when the feed changed: the date of its newest image. If it were the time of the
// run, every run would change the feed.
func updated(entries []feedEntry) string {
	if len(entries) == 0 {
		return time.Unix(0, 0).UTC().Format(time.RFC3339)
	}
	return entries[0].date.Format(time.RFC3339)
}

// atom returns the Atom feed.
func (g *pager) atom(entries []feedEntry) ([]byte, error) {
	s := g.site
	feed := atomFeed{
		Lang: s.Language, Title: printable(s.Title), Subtitle: printable(s.Description), ID: s.BaseURL,
		Updated: updated(entries), Author: atomPerson{printable(cmp.Or(s.Author, s.Title))}, Rights: printable(s.License),
		Links: []atomLink{
			{Rel: "self", Type: "application/atom+xml", Href: s.BaseURL + gallery.AtomName},
			{Rel: "alternate", Type: "text/html", Href: s.BaseURL},
		},
	}
	for _, e := range entries {
		entry := atomEntry{
			Title: e.title, ID: e.url, Published: e.date.Format(time.RFC3339), Updated: e.date.Format(time.RFC3339),
			Links: []atomLink{
				{Rel: "alternate", Type: "text/html", Href: e.url},
				{Rel: "enclosure", Type: e.image.Type, Href: e.image.URL, Length: e.bytes},
			},
			Content: atomContent{"html", e.html},
		}
		for _, tag := range e.tags {
			entry.Categories = append(entry.Categories, atomCategory{Term: tag})
		}
		if e.ai != nil {
			entry.Categories = append(entry.Categories, atomCategory{e.origin.SourceType, media.SourceTypeSpace, e.ai.Words})
		}
		feed.Entries = append(feed.Entries, entry)
	}
	return encodeXML(gallery.AtomName, feed)
}

// encodeXML returns the file name as XML.
func encodeXML(name string, v any) ([]byte, error) {
	data, err := xml.MarshalIndent(v, "", " ")
	if err != nil {
		return nil, fmt.Errorf("encoding %s: %w", name, err)
	}
	return []byte(xml.Header + string(data) + "\n"), nil
}

// jsonFeed is a feed according to version 1.1 of https://jsonfeed.org.
type jsonFeed struct {
	Version     string         `json:"version"`
	Title       string         `json:"title"`
	HomePage    string         `json:"home_page_url"`
	FeedURL     string         `json:"feed_url"`
	Description string         `json:"description,omitempty"`
	Language    string         `json:"language"`
	Authors     []jsonAuthor   `json:"authors,omitempty"`
	Items       []jsonFeedItem `json:"items"`
}

// jsonAuthor is an author.
type jsonAuthor struct {
	Name string `json:"name"`
}

// jsonFeedItem is an image in a feed.
type jsonFeedItem struct {
	ID          string           `json:"id"`
	URL         string           `json:"url"`
	Title       string           `json:"title"`
	HTML        string           `json:"content_html"`
	Summary     string           `json:"summary,omitempty"`
	Image       string           `json:"image"`
	Published   string           `json:"date_published"`
	Tags        []string         `json:"tags,omitempty"`
	Attachments []jsonAttachment `json:"attachments"`
	Origin      *jsonOrigin      `json:"_firstframe,omitempty"`
}

// jsonOrigin is an extension of the feed: how the image of an item was made.
type jsonOrigin struct {
	About string `json:"about"` // explains the values
	media.Origin
}

// jsonAttachment is the picture of an item.
type jsonAttachment struct {
	URL   string `json:"url"`
	Type  string `json:"mime_type"`
	Bytes int64  `json:"size_in_bytes"`
}

// jsonFeed returns the JSON feed.
func (g *pager) jsonFeed(entries []feedEntry) ([]byte, error) {
	s := g.site
	feed := jsonFeed{
		Version: "https://jsonfeed.org/version/1.1", Title: printable(s.Title), HomePage: s.BaseURL,
		FeedURL: s.BaseURL + gallery.JSONFeedName, Description: printable(s.Description), Language: s.Language, Items: []jsonFeedItem{},
	}
	if s.Author != "" {
		feed.Authors = []jsonAuthor{{printable(s.Author)}}
	}
	for _, e := range entries {
		item := jsonFeedItem{
			ID: e.url, URL: e.url, Title: e.title, HTML: e.html, Summary: e.text, Image: e.image.URL,
			Published: e.date.Format(time.RFC3339), Tags: e.tags,
			Attachments: []jsonAttachment{{e.image.URL, e.image.Type, e.bytes}},
		}
		if o := e.origin; o.SourceType != "" {
			o.AISystem = printable(o.AISystem)
			item.Origin = &jsonOrigin{media.SourceTypeSpace, o}
		}
		feed.Items = append(feed.Items, item)
	}
	data, err := json.MarshalIndent(feed, "", " ")
	if err != nil {
		return nil, fmt.Errorf("encoding %s: %w", gallery.JSONFeedName, err)
	}
	return append(data, '\n'), nil
}

// absolute returns the full address of a file of the site.
func (s *Site) absolute(name string) string {
	return s.BaseURL + strings.TrimSuffix(name, gallery.IndexName)
}

// feeds calls write for each feed.
func (g *pager) feeds(write func(document) error) error {
	entries, err := g.feedEntries()
	if err != nil {
		return err
	}
	atom, err := g.atom(entries)
	if err != nil {
		return err
	}
	feed, err := g.jsonFeed(entries)
	if err != nil {
		return err
	}
	if err := write(document{gallery.AtomName, bytesOf(atom)}); err != nil {
		return err
	}
	return write(document{gallery.JSONFeedName, bytesOf(feed)})
}
