package render

import (
	"io"
	"slices"

	"firstframe/render/gallery"
)

// document is a file of the site that is neither a page nor a picture. In a large gallery it is as
// large as the state, so it is never in memory as a whole.
type document struct {
	path    string
	content func(io.Writer) error
}

// bytesOf returns the content of a file that is in memory.
func bytesOf(data []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}
}

// documents calls write for each document. Documents name pages and media, so they must be written
// after the pages and media. The index links to documents, so they must be written before it.
func (g *pager) documents(pages []draft, write func(document) error) error {
	err := write(document{gallery.DataName, g.data})
	if err == nil && (g.site.BaseURL != "" || g.site.NoIndex) {
		err = write(document{gallery.RobotsName, bytesOf(g.site.robots())})
	}
	if err == nil && g.site.BaseURL != "" {
		err = g.feeds(write)
	}
	if err == nil && g.site.BaseURL != "" && !g.site.NoIndex {
		err = g.sitemaps(pages, write)
	}
	return err
}

// isDocument reports whether documents can make a file of this name.
func isDocument(name string) bool {
	return slices.Contains([]string{gallery.DataName, gallery.AtomName, gallery.JSONFeedName, gallery.SitemapName, gallery.RobotsName}, name) || gallery.SitemapPartForm.MatchString(name)
}
