package media

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/color/palette"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"slices"
	"strings"
	"testing"

	"firstframe/render/media/mediatest"
)

// Each kind of pixels has its own way to NRGBA. A kind that takes the wrong one gets wrong colours.
func TestPixelFormats(t *testing.T) {
	picture := mediatest.Blocks(64, 64)
	paint := func(m draw.Image) image.Image {
		draw.Draw(m, m.Bounds(), picture, image.Point{}, draw.Src)
		return m
	}
	transparent := image.NewNRGBA64(picture.Rect)
	paint(transparent)
	transparent.SetNRGBA64(0, 0, color.NRGBA64{A: 0x8000})
	twoTone := image.NewPaletted(picture.Rect, color.Palette{color.White, color.Black})

	paletted := image.NewPaletted(picture.Rect, color.Palette{color.White, mediatest.Quarters[3], mediatest.Quarters[2], mediatest.Quarters[1], mediatest.Quarters[0]})
	paint(paletted)
	var asGIF bytes.Buffer
	if err := gif.Encode(&asGIF, paletted, nil); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, mediaType string
		data            []byte
		want            []color.NRGBA
	}{
		{"jpeg", "image/jpeg", mediatest.JPEG(t, picture), mediatest.Quarters[:]},
		{"jpeg cmyk", "image/jpeg", encodeCMYK(t, picture), mediatest.Quarters[:]},
		{"gif", "image/gif", asGIF.Bytes(), mediatest.Quarters[:]},
		{"png 8", "image/png", mediatest.PNG(t, picture), mediatest.Quarters[:]},
		{"png 16", "image/png", mediatest.PNG(t, paint(image.NewRGBA64(picture.Rect))), mediatest.Quarters[:]},
		{"png 16 alpha", "image/png", mediatest.PNG(t, transparent), mediatest.Quarters[:]},
		{"png paletted", "image/png", mediatest.PNG(t, paletted), mediatest.Quarters[:]},
		{"png interlaced", "image/png", encodeInterlaced(picture), mediatest.Quarters[:]},
		{"png one bit", "image/png", mediatest.PNG(t, twoTone), slices.Repeat([]color.NRGBA{{255, 255, 255, 255}}, 4)},
		{"png gray", "image/png", mediatest.PNG(t, paint(image.NewGray(picture.Rect))), grays(mediatest.Quarters[:])},
		{"png gray 16", "image/png", mediatest.PNG(t, paint(image.NewGray16(picture.Rect))), grays(mediatest.Quarters[:])},
		{"jpeg gray", "image/jpeg", mediatest.JPEG(t, paint(image.NewGray(picture.Rect))), grays(mediatest.Quarters[:])},
	} {
		t.Run(test.name, func(t *testing.T) {
			img := makeLargest(t, new(Maker), test.mediaType, test.data)
			for i, c := range test.want {
				wantColor(t, img, 16+i%2*32, 16+i/2*32, c)
			}
		})
	}
}

func grays(colors []color.NRGBA) []color.NRGBA {
	var out []color.NRGBA
	for _, c := range colors {
		y := color.GrayModel.Convert(c).(color.Gray).Y
		out = append(out, color.NRGBA{y, y, y, 255})
	}
	return out
}

// encodeInterlaced returns a PNG in the seven passes of Adam7.
func encodeInterlaced(m *image.NRGBA) []byte {
	var rows []byte
	for _, p := range [7][4]int{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}} {
		for y := p[1]; y < m.Rect.Dy(); y += p[3] {
			rows = append(rows, 0) // no filter
			for x := p[0]; x < m.Rect.Dx(); x += p[2] {
				c := m.NRGBAAt(x, y)
				rows = append(rows, c.R, c.G, c.B)
			}
		}
	}
	return mediatest.PNGFile("IHDR", mediatest.IHDR(uint32(m.Rect.Dx()), uint32(m.Rect.Dy()), 8, 2, 1), "IDAT", deflate(rows), "IEND", "")
}

func TestTransparencyShowsTheBackground(t *testing.T) {
	// Columns of white and of hidden green. If they are resized before they are flattened, or
	// flattened without their alpha, the green shows.
	m := image.NewNRGBA(image.Rect(0, 0, 960, 96))
	for y := range 96 {
		for x := range 960 {
			m.SetNRGBA(x, y, color.NRGBA{255, 255, 255, 255})
			if x%2 == 0 {
				m.SetNRGBA(x, y, color.NRGBA{0, 255, 0, 0})
			}
		}
	}
	data := mediatest.PNG(t, m)
	_, files := mustMake(t, new(Maker), "image/png", data)
	img, err := jpeg.Decode(bytes.NewReader(files[0]))
	if err != nil {
		t.Fatal(err)
	}
	wantColor(t, img, 240, 24, color.NRGBA{255, 255, 255, 255})

	all := image.NewNRGBA(image.Rect(0, 0, 32, 32))
	dark := &Maker{Background: color.NRGBA{16, 32, 48, 255}}
	wantColor(t, makeLargest(t, dark, "image/png", mediatest.PNG(t, all)), 16, 16, color.NRGBA{16, 32, 48, 255})
}

func TestBadPicturesAreRefused(t *testing.T) {
	jpegFile := mediatest.JPEG(t, mediatest.Blocks(64, 64))
	hugeJPEG := bytes.Replace(jpegFile, []byte{8, 0, 64, 0, 64, 3}, []byte{8, 0xff, 0xff, 0xff, 0xff, 3}, 1)
	hugeGIF := []byte("GIF89a\xff\xff\xff\xff\x80\x00\x00\x00\x00\x00\xff\xff\xff\x2c\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x02\x44\x01\x00\x3b")
	smallScreen := bytes.Replace(hugeGIF, []byte("GIF89a\xff\xff\xff\xff"), []byte("GIF89a\x01\x00\x01\x00"), 1)
	hugeWebP := mediatest.RIFF("VP8L", "\x2f\xff\xff\xff\x0f\x00")
	hiddenWebP := mediatest.RIFF("VP8X", mediatest.VP8X(0, 8, 8), "VP8L", "\x2f\xff\xff\xff\x0f\x00")
	bomb := mediatest.PNGFile("IHDR", mediatest.IHDR(60000, 60000, 8, 6, 0), "IDAT", deflate(make([]byte, 1<<20)), "IEND", "")

	for _, test := range []struct {
		name, mediaType string
		data            []byte
		want            string
	}{
		{"png header of 60000²", "image/png", bomb, "no side can have more than 16,384"},
		{"png of too many pixels", "image/png", mediatest.PNGFile("IHDR", mediatest.IHDR(16000, 16000, 1, 0, 0), "IDAT", ""), "too many pixels: 16000 × 16000, and the limit is "},
		{"png too wide", "image/png", mediatest.PNGFile("IHDR", mediatest.IHDR(16385, 1, 8, 6, 0), "IDAT", ""), "no side can have more than 16,384"},
		{"jpeg of 65535²", "image/jpeg", hugeJPEG, "no side can have more than 16,384"},
		{"gif of 65535²", "image/gif", hugeGIF, "no side can have more than 16,384"},
		{"gif with a huge frame on a small screen", "image/gif", smallScreen, "no side can have more than 16,384"},
		{"webp of 16384²", "image/webp", hugeWebP, "too many pixels: 16384 × 16384, and the limit is 64,000,000"},
		{"webp with a frame beyond its canvas", "image/webp", hiddenWebP, "invalid format"},
		{"tiff", "image/tiff", []byte("II*\x00"), `unsupported type "image/tiff"`},
		{"jpeg that is said to be png", "image/png", jpegFile, "not a PNG file"},
		{"nothing", "image/jpeg", nil, "EOF"},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := mediatest.Allocated()
			err := makeError(t, new(Maker), test.mediaType, test.data)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want …%s…", err, test.want)
			}
			if bad := (*PictureError)(nil); !errors.As(err, &bad) {
				t.Errorf("%v is not a PictureError", err)
			}
			if n := mediatest.Allocated() - before; n > 4<<20 {
				t.Errorf("refusing it took %d bytes", n)
			}
		})
	}
}

// Half a picture must not be published as a whole one.
func TestTruncatedPicturesAreRefused(t *testing.T) {
	picture := mediatest.Blocks(64, 64)
	var animation bytes.Buffer
	frame := image.NewPaletted(image.Rect(0, 0, 64, 64), palette.Plan9)
	draw.Draw(frame, frame.Rect, picture, image.Point{}, draw.Src)
	if err := gif.EncodeAll(&animation, &gif.GIF{Image: []*image.Paletted{frame, frame}, Delay: []int{1, 1}}); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		mediaType string
		data      []byte
	}{
		{"image/jpeg", mediatest.JPEG(t, picture)},
		{"image/png", mediatest.PNG(t, picture)},
		{"image/gif", animation.Bytes()},
		{"image/webp", readTestdata(t, "lossy.webp")},
		{"image/webp", readTestdata(t, "lossless.webp")},
		{"image/webp", readTestdata(t, "animated.webp")},
	} {
		for size := 0; size < len(test.data); size += 1 + len(test.data)/50 {
			if err := makeError(t, new(Maker), test.mediaType, test.data[:size]); err == nil {
				t.Errorf("%s: %d of %d bytes were accepted as a picture", test.mediaType, size, len(test.data))
			}
		}
		whole := len(test.data)
		if test.mediaType == "image/gif" {
			whole-- // many files have no trailer
		}
		if err := makeError(t, new(Maker), test.mediaType, test.data[:whole-1]); err == nil {
			t.Errorf("%s: all bytes but the last were accepted as a picture", test.mediaType)
		}
		// Phones append videos, and servers newlines.
		mustMake(t, new(Maker), test.mediaType, append(slices.Clone(test.data), "more"...))
	}
}
