package render

import (
	"fmt"
	"maps"
	"time"

	"firstframe/render/gallery"
	"firstframe/render/media"
)

// CheckTemplates executes every template on a made-up gallery, so that it finds an error in one
// before the first request. The built-in templates are tested, so with these it only makes the
// pages.
func CheckTemplates(opts Options) error {
	n := 2*perPage + 1
	if opts.Theme.builtin {
		n = 1
	}
	images := make([]*gallery.Image, n)
	for i := range images {
		slug := fmt.Sprintf("%016x", i)
		file := gallery.MediaFolder + "/" + slug + "-3-00"
		images[i] = &gallery.Image{
			Slug: slug, Name: "example.jpg", Type: "image/jpeg", Width: 3, Height: 2, Color: "#808080",
			Title: "Example", Tags: []string{"example"}, Featured: i == 0, Camera: &media.Camera{Model: "Example"},
			Uploaded:   time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC),
			Renditions: media.Renditions{{Path: file + ".jpg", Width: 3, Height: 2, Bytes: 1}},
		}
		if m := images[i]; i%2 == 0 { // an image with AVIF, and one without
			m.Renditions = append(m.Renditions, media.Rendition{Path: file + ".avif", Width: 3, Height: 2, Bytes: 1})
		}
	}
	// A theme's templates must also work with all that an owner can write about a tag.
	content := *opts.Content
	content.Topics = maps.Clone(content.Topics)
	if content.Topics == nil {
		content.Topics = map[string]*Topic{}
	}
	content.Topics[tagFolder("example")] = &Topic{
		Title: "Example", Body: "Example", CoverSlug: images[0].Slug, FirstSlugs: []string{images[1%n].Slug},
	}
	opts.Content = &content
	g := opts.pager(images)
	pages, err := g.pages()
	if err != nil || opts.Theme.builtin {
		return err
	}
	tried := map[string]int{}
	for _, d := range pages {
		p, err := d.make()
		if err != nil {
			return err
		}
		// One page with neighbours and one without are enough.
		if tried[p.Kind]++; tried[p.Kind] > 2 {
			continue
		}
		if _, err := p.execute(); err != nil {
			return err
		}
	}
	return nil
}
