package render

import (
	"bytes"
	"image"
	"image/color"
	"io"
	"testing"
)

// benchmarked are pictures as a phone and an image model make them.
func benchmarked(b *testing.B, run func(b *testing.B, mediaType string, data []byte)) {
	for _, p := range []struct {
		name, mediaType string
		width, height   int
		encode          func(testing.TB, image.Image) []byte
	}{
		{"jpeg-4032x3024", "image/jpeg", 4032, 3024, encodeJPEG},
		{"png-1024x1536", "image/png", 1024, 1536, encodePNG},
	} {
		data := p.encode(b, drawPicture(p.width, p.height))
		b.Run(p.name, func(b *testing.B) {
			b.ReportAllocs()
			run(b, p.mediaType, data)
		})
	}
}

// decoded decodes a picture to opaque NRGBA, as Make does.
func decoded(b *testing.B, mediaType string, data []byte) (*image.NRGBA, header) {
	d := standardDecoders()[mediaType]
	src := func() *io.SectionReader { return io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data))) }
	h, err := d.inspect(src())
	if err != nil {
		b.Fatal(err)
	}
	img, err := d.decode(src())
	if err != nil {
		b.Fatal(err)
	}
	px, err := flatten(img, image.Rect(0, 0, h.width, h.height), color.NRGBA{255, 255, 255, 255})
	if err != nil {
		b.Fatal(err)
	}
	return px, h
}

func BenchmarkDecode(b *testing.B) {
	benchmarked(b, func(b *testing.B, mediaType string, data []byte) {
		for b.Loop() {
			decoded(b, mediaType, data)
		}
	})
}

// BenchmarkResize makes all sizes of a picture.
func BenchmarkResize(b *testing.B) {
	benchmarked(b, func(b *testing.B, mediaType string, data []byte) {
		px, h := decoded(b, mediaType, data)
		for b.Loop() {
			resized(px, h)
		}
	})
}

func resized(px *image.NRGBA, h header) []*image.NRGBA {
	var out []*image.NRGBA
	plan := new(Maker).Plan("", h.width, h.height)
	for i := len(plan) - 1; i >= 0; i-- {
		px = shrink(px, plan[i].Width, plan[i].Height)
		out = append(out, px)
	}
	return out
}

// BenchmarkEncode encodes all sizes of a picture.
func BenchmarkEncode(b *testing.B) {
	benchmarked(b, func(b *testing.B, mediaType string, data []byte) {
		px, h := decoded(b, mediaType, data)
		sizes := resized(px, h)
		for b.Loop() {
			for _, px := range sizes {
				if _, err := encode(px, h, 82); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

// BenchmarkMake does it all, from the file on.
func BenchmarkMake(b *testing.B) {
	benchmarked(b, func(b *testing.B, mediaType string, data []byte) {
		o := keep(b, mediaType, data)
		m := &Maker{Write: func(string, []byte) error { return nil }}
		for b.Loop() {
			if _, err := m.Make(b.Context(), o); err != nil {
				b.Fatal(err)
			}
		}
	})
}
