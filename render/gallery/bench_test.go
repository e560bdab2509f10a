package gallery_test

import (
	"testing"

	"firstframe/render/gallery"
	"firstframe/render/gallery/gallerytest"
)

// BenchmarkState encodes and decodes the state of a gallery.
func BenchmarkState(b *testing.B) {
	s := gallerytest.State(10_000)
	data, err := s.Encode()
	if err != nil {
		b.Fatal(err)
	}
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.Encode(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := gallery.Decode(data); err != nil {
				b.Fatal(err)
			}
		}
	})
}
