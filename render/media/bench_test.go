package media

import (
	"image"
	"slices"
	"testing"

	"firstframe/render/media/mediatest"
	"firstframe/render/media/planar"
)

// benchmarked runs a benchmark with a picture from a phone and one from an image model.
func benchmarked(b *testing.B, run func(b *testing.B, mediaType string, data []byte)) {
	for _, p := range []struct {
		name, mediaType string
		width, height   int
		encode          func(testing.TB, image.Image) []byte
	}{
		{"jpeg-4032x3024", "image/jpeg", 4032, 3024, mediatest.JPEG},
		{"png-1024x1536", "image/png", 1024, 1536, mediatest.PNG},
	} {
		data := p.encode(b, mediatest.DrawPicture(p.width, p.height))
		b.Run(p.name, func(b *testing.B) {
			b.ReportAllocs()
			run(b, p.mediaType, data)
		})
	}
}

// decoded decodes a picture as Make does.
func decoded(t testing.TB, o Original) (*planar.Picture, header) {
	t.Helper()
	m := new(Maker)
	m.start()
	src, err := m.open(o)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	h, err := src.header(t.Context(), m.maxPixels())
	if err != nil {
		t.Fatal(err)
	}
	plan := m.Plan("", h.width, h.height)
	largest := plan[len(plan)-1]
	img, err := src.picture(t.Context(), h, largest.Width, largest.Height, m.background())
	if err != nil {
		t.Fatal(err)
	}
	return img, h
}

func BenchmarkDecode(b *testing.B) {
	benchmarked(b, func(b *testing.B, mediaType string, data []byte) {
		o := keep(b, mediaType, data)
		for b.Loop() {
			decoded(b, o)
		}
	})
}

// BenchmarkResize makes all sizes of a picture.
func BenchmarkResize(b *testing.B) {
	benchmarked(b, func(b *testing.B, mediaType string, data []byte) {
		img, h := decoded(b, keep(b, mediaType, data))
		for b.Loop() {
			resized(img, h)
		}
	})
}

func resized(img *planar.Picture, h header) []*planar.Picture {
	var out []*planar.Picture
	for _, r := range slices.Backward(new(Maker).Plan("", h.width, h.height)) {
		img = img.Resize(r.Width, r.Height)
		out = append(out, img)
	}
	return out
}

// BenchmarkEncode encodes all sizes of a picture.
func BenchmarkEncode(b *testing.B) {
	benchmarked(b, func(b *testing.B, mediaType string, data []byte) {
		img, h := decoded(b, keep(b, mediaType, data))
		sizes := resized(img, h)
		for b.Loop() {
			for _, img := range sizes {
				if _, err := encode(b.Context(), img, h, 82, &jpegFormat); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

// BenchmarkMake does everything, starting with the file.
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

// BenchmarkStrip strips a picture.
func BenchmarkStrip(b *testing.B) {
	benchmarked(b, func(b *testing.B, mediaType string, data []byte) {
		for b.Loop() {
			if _, err := Strip(data, mediaType); err != nil {
				b.Fatal(err)
			}
		}
	})
}
