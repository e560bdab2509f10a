package render

import (
	"cmp"
	"path/filepath"
	"testing"

	"firstframe/render/gallery"
	"firstframe/render/gallery/gallerytest"
)

// BenchmarkBuild builds the site of a gallery whose media are in place: with nothing new, with a
// new title of its newest image, and with a new title of the site, which is on every page.
func BenchmarkBuild(b *testing.B) {
	const images = 1000
	for _, bench := range []struct {
		name   string
		change func(s *gallery.State, opts *Options, title string)
	}{
		{"unchanged", func(*gallery.State, *Options, string) {}},
		{"one-image", func(s *gallery.State, _ *Options, title string) { s.Images[0].Title = title }},
		{"all-pages", func(_ *gallery.State, opts *Options, title string) { opts.Title = title }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			s, dir, opts := gallerytest.State(images), filepath.Join(b.TempDir(), "out"), exampleOptions(b, "")
			opts.BaseURL = "https://example.org/"
			buildExample(b, dir, s, opts)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				bench.change(s, &opts, []string{"one", "two"}[i%2])
				o, err := OpenOutput(dir, OutputOptions{})
				if err == nil {
					err = cmp.Or(build(b.Context(), o, s, opts), o.Close())
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkPage makes the page of an image.
func BenchmarkPage(b *testing.B) {
	opts := exampleOptions(b, "")
	opts.BaseURL = "https://example.org/"
	g := opts.pager(gallerytest.State(3).Visible())
	b.ReportAllocs()
	for b.Loop() {
		p, err := g.image(1)
		if err == nil {
			_, err = p.execute()
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
