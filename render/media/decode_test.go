package media

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/color/palette"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"firstframe/render/media/mediatest"
	"firstframe/render/media/planar"
)

// decodeStored decodes a picture of standardDecoders as it is stored. Of JPEGs it
// takes the pixels that the standard library makes, which are of the full size.
func decodeStored(mediaType string, src *io.SectionReader) (image.Image, error) {
	if mediaType == "image/jpeg" {
		return jpeg.Decode(src)
	}
	return standardDecoders()[mediaType].decode(src)
}

func readTestdata(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// keep writes an original to disk.
func keep(t testing.TB, mediaType string, data []byte) Original {
	t.Helper()
	sum := sha256.Sum256(data)
	o := Original{
		Path:   filepath.Join(t.TempDir(), "original"),
		SHA256: hex.EncodeToString(sum[:]),
		Type:   mediaType,
		Bytes:  int64(len(data)),
	}
	if err := os.WriteFile(o.Path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return o
}

// written collects what a Maker writes.
type written struct {
	mu    sync.Mutex
	files map[string][]byte
}

func (w *written) write(name string, data []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.files == nil {
		w.files = map[string][]byte{}
	}
	w.files[name] = slices.Clone(data)
	return nil
}

// mustMake makes the renditions of data, and returns them in the order of
// the Picture's.
func mustMake(t testing.TB, m *Maker, mediaType string, data []byte) (Picture, [][]byte) {
	t.Helper()
	var w written
	m.Write = w.write
	pic, err := m.Make(t.Context(), keep(t, mediaType, data))
	if err != nil {
		t.Fatal(err)
	}
	var files [][]byte
	for _, r := range pic.Renditions {
		file, ok := w.files[r.Path]
		if !ok || int64(len(file)) != r.Bytes {
			t.Fatalf("%s: wrote %d bytes, and told of %d", r.Path, len(file), r.Bytes)
		}
		config, err := jpeg.DecodeConfig(bytes.NewReader(file))
		if err != nil || config.Width != r.Width || config.Height != r.Height {
			t.Fatalf("%s is %d × %d (%v), and told to be %d × %d", r.Path, config.Width, config.Height, err, r.Width, r.Height)
		}
		files = append(files, file)
	}
	if len(w.files) != len(files) {
		t.Fatalf("%d files were written for %d renditions", len(w.files), len(files))
	}
	return pic, files
}

// makeLargest returns the decoded largest rendition.
func makeLargest(t testing.TB, m *Maker, mediaType string, data []byte) image.Image {
	t.Helper()
	_, files := mustMake(t, m, mediaType, data)
	img, err := jpeg.Decode(bytes.NewReader(files[len(files)-1]))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// wantColor compares a pixel with a colour, as near as JPEG is.
func wantColor(t testing.TB, m image.Image, x, y int, want color.NRGBA) {
	t.Helper()
	got := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
	for _, d := range []int{int(got.R) - int(want.R), int(got.G) - int(want.G), int(got.B) - int(want.B)} {
		if d < -12 || d > 12 {
			t.Errorf("pixel %d,%d is %v, want about %v", x, y, got, want)
			return
		}
	}
}

func wantBlocks(t testing.TB, m image.Image) {
	t.Helper()
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	for i, c := range mediatest.Quarters {
		wantColor(t, m, w/4+i%2*w/2, h/4+i/2*h/2, c)
	}
}

// Every kind of pixels that the four formats know has its own way to NRGBA; a
// kind that takes the wrong one comes out with other colours.
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

// encodeCMYK makes an inverted CMYK JPEG like Photoshop's, without black.
func encodeCMYK(t testing.TB, m *image.NRGBA) []byte {
	t.Helper()
	planes := make([]*image.Gray, 4)
	for i := range planes {
		planes[i] = image.NewGray(m.Rect)
		for j := range planes[i].Pix {
			planes[i].Pix[j] = 255
			if i < 3 {
				planes[i].Pix[j] = m.Pix[4*j+i]
			}
		}
	}
	return mediatest.InsertJPEG(encodePlanes(t, m.Rect.Dx(), m.Rect.Dy(), planes, []byte{0x11, 0x11, 0x11, 0x11}), adobeSegment(0)...)
}

// adobeSegment says what the components are.
func adobeSegment(transform byte) []any {
	return []any{0xee, "Adobe\x00\x64\x00\x00\x00\x00" + string(rune(transform))}
}

// encodePlanes makes a JPEG of components that have the sampling factors, and
// sizes that follow from them. Each of its scans is that of a gray JPEG.
func encodePlanes(t testing.TB, width, height int, planes []*image.Gray, factors []byte) []byte {
	t.Helper()
	frame := []byte{8, byte(height >> 8), byte(height), byte(width >> 8), byte(width), byte(len(planes))}
	for i, f := range factors {
		frame = append(frame, byte(i+1), f, 0)
	}
	out := []byte{0xff, 0xd8}
	for i, plane := range planes {
		file := mediatest.JPEG(t, plane)
		scan := 2
		for marker, data := range jpegSegments(bytes.NewReader(file)) {
			segment := file[scan : scan+4+int(data.Size())]
			scan += len(segment)
			switch {
			case i > 0:
			case marker == markerSOF0:
				out = append(out, 0xff, markerSOF0, 0, byte(2+len(frame)))
				out = append(out, frame...)
			default:
				out = append(out, segment...)
			}
		}
		scan += 2 + 8 // SOS of one component
		out = append(out, 0xff, markerSOS, 0, 8, 1, byte(i+1), 0, 0, 63, 0)
		out = append(out, file[scan:len(file)-2]...)
	}
	return append(out, 0xff, markerEOI)
}

// encodeInterlaced makes a PNG in Adam7's seven passes.
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
	// Columns of white and of hidden green: resized before it is flattened, or
	// flattened without its alpha, the green would show.
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

// The screen of a GIF may be larger than its first frame.
func TestAnimatedGIFShowsItsFirstFrame(t *testing.T) {
	colors := color.Palette{color.NRGBA{200, 40, 40, 255}, color.NRGBA{40, 40, 200, 255}, color.NRGBA{}}
	red := image.NewPaletted(image.Rect(16, 16, 48, 48), colors)
	blue := image.NewPaletted(image.Rect(0, 0, 64, 64), colors)
	for i := range blue.Pix {
		blue.Pix[i] = 1
	}
	red.SetColorIndex(47, 47, 2) // a transparent pixel is enough to have them
	var b bytes.Buffer
	err := gif.EncodeAll(&b, &gif.GIF{
		Image: []*image.Paletted{red, blue}, Delay: []int{10, 10},
		Config: image.Config{ColorModel: colors, Width: 64, Height: 64},
	})
	if err != nil {
		t.Fatal(err)
	}
	img := makeLargest(t, new(Maker), "image/gif", b.Bytes())
	if img.Bounds() != image.Rect(0, 0, 64, 64) {
		t.Errorf("the picture is %v, want the whole screen", img.Bounds())
	}
	wantColor(t, img, 32, 32, color.NRGBA{200, 40, 40, 255})
	wantColor(t, img, 4, 4, color.NRGBA{255, 255, 255, 255})
}

// Files that other programs show must not be missing: without a trailer, with a
// frame that leaves the screen, with data behind the pixels.
func TestUnusualGIFs(t *testing.T) {
	colors := color.Palette{mediatest.Quarters[0], mediatest.Quarters[1], mediatest.Quarters[2], mediatest.Quarters[3]}
	picture := image.NewPaletted(image.Rect(0, 0, 64, 64), colors)
	draw.Draw(picture, picture.Rect, mediatest.Blocks(64, 64), image.Point{}, draw.Src)
	var b bytes.Buffer
	if err := gif.Encode(&b, picture, nil); err != nil {
		t.Fatal(err)
	}
	data := b.Bytes()
	small := slices.Clone(data)
	binary.LittleEndian.PutUint16(small[6:], 10) // the screen's width
	more := slices.Concat(data[:len(data)-2], []byte("\x05abcde\x03fgh\x00;"))
	for name, data := range map[string][]byte{
		"no trailer":        data[:len(data)-1],
		"beyond the screen": small,
		"more data":         more,
		"more blocks":       slices.Concat(data[:len(data)-1], []byte("!\xfe\x02hi\x00")),
	} {
		t.Run(name, func(t *testing.T) {
			img := makeLargest(t, new(Maker), "image/gif", data)
			if img.Bounds() != picture.Rect {
				t.Errorf("the picture is %v, want %v", img.Bounds(), picture.Rect)
			}
			wantBlocks(t, img)
		})
	}
}

// What is transparent in a GIF shows the page, and not the background color that
// the file names, which no browser paints.
func TestBackgroundOfGIF(t *testing.T) {
	colors := color.Palette{color.NRGBA{0, 200, 0, 255}, color.NRGBA{200, 40, 40, 255}, color.NRGBA{}}
	m := image.NewPaletted(image.Rect(32, 0, 64, 64), colors)
	for i := range m.Pix {
		m.Pix[i] = uint8(1 + i/m.Stride/32) // red above, transparent below
	}
	var b bytes.Buffer
	err := gif.EncodeAll(&b, &gif.GIF{
		Image: []*image.Paletted{m}, Delay: []int{0}, BackgroundIndex: 0,
		Config: image.Config{ColorModel: colors, Width: 64, Height: 64},
	})
	if err != nil {
		t.Fatal(err)
	}
	page := color.NRGBA{16, 32, 48, 255}
	img := makeLargest(t, &Maker{Background: page}, "image/gif", b.Bytes())
	wantColor(t, img, 48, 16, color.NRGBA{200, 40, 40, 255})
	wantColor(t, img, 48, 48, page)
	wantColor(t, img, 16, 32, page) // where there is no frame
}

// sampledPlanes are the components of blocks, whose values for a colour are told
// by a function: each as much smaller as its sampling factors say.
func sampledPlanes(size image.Point, factors []byte, values func(color.NRGBA) [4]uint8) []*image.Gray {
	mostH, mostV := 1, 1
	for _, f := range factors {
		mostH, mostV = max(mostH, int(f>>4)), max(mostV, int(f&15))
	}
	planes := make([]*image.Gray, len(factors))
	for i, f := range factors {
		width, height := (size.X*int(f>>4)+mostH-1)/mostH, (size.Y*int(f&15)+mostV-1)/mostV
		planes[i] = image.NewGray(image.Rect(0, 0, width, height))
		for j := range planes[i].Pix {
			planes[i].Pix[j] = values(mediatest.Quarters[2*(2*(j/width)/height)+2*(j%width)/width])[i]
		}
	}
	return planes
}

func toYCbCr(c color.NRGBA) [4]uint8 {
	y, cb, cr := color.RGBToYCbCr(c.R, c.G, c.B)
	return [4]uint8{y, cb, cr}
}

// toCMYK tells the inks, inverted as Adobe's programs store them, and without black.
func toCMYK(c color.NRGBA) [4]uint8 { return [4]uint8{c.R, c.G, c.B, 255} }

func toYCCK(c color.NRGBA) [4]uint8 {
	y, cb, cr := color.RGBToYCbCr(255-c.R, 255-c.G, 255-c.B)
	return [4]uint8{y, cb, cr, 255}
}

// sampledJPEG makes a JPEG of blocks with these sampling factors.
func sampledJPEG(t testing.TB, size image.Point, factors []byte, values func(color.NRGBA) [4]uint8) []byte {
	t.Helper()
	return encodePlanes(t, size.X, size.Y, sampledPlanes(size, factors, values), factors)
}

// Sampling that image/jpeg does not know, and pictures of a few pixels.
func TestUnusualJPEGs(t *testing.T) {
	for _, factors := range [][]byte{
		{0x31, 0x11, 0x11}, {0x13, 0x11, 0x11}, {0x14, 0x11, 0x11}, {0x11, 0x22, 0x22}, {0x11, 0x21, 0x12}, {0x21, 0x12, 0x22},
		{0x21, 0x21, 0x11}, {0x31, 0x21, 0x11}, {0x44, 0x22, 0x11}, {0x33, 0x33, 0x33},
	} {
		for _, size := range []image.Point{{384, 384}, {301, 203}} {
			t.Run(fmt.Sprintf("%x/%d", factors, size.X), func(t *testing.T) {
				data := sampledJPEG(t, size, factors, toYCbCr)
				for _, width := range []int{size.X, size.X / 4} {
					wantBlocks(t, makeLargest(t, &Maker{Widths: []int{width}}, "image/jpeg", data))
				}
			})
		}
	}
	for _, factor := range []byte{0x11, 0x22, 0x33, 0x41} {
		for _, size := range []image.Point{{1, 3}, {3, 1}, {1, 1}, {40, 30}} {
			gray := image.NewGray(image.Rectangle{Max: size})
			for i := range gray.Pix {
				gray.Pix[i] = 180
			}
			img := makeLargest(t, new(Maker), "image/jpeg", encodePlanes(t, size.X, size.Y, []*image.Gray{gray}, []byte{factor}))
			if img.Bounds() != gray.Rect {
				t.Errorf("%x: got %v, want %v", factor, img.Bounds(), gray.Rect)
			}
			wantColor(t, img, 0, 0, color.NRGBA{180, 180, 180, 255})
		}
	}
}

// A JPEG of RGB, which Adobe's programs write, is not taken for YCbCr.
func TestJPEGOfRGB(t *testing.T) {
	picture := mediatest.Blocks(384, 384)
	asRGB := toCMYK // whose inks are inverted
	data := mediatest.InsertJPEG(sampledJPEG(t, image.Pt(384, 384), []byte{0x11, 0x11, 0x11}, asRGB), adobeSegment(0)...)
	if want, err := jpeg.Decode(bytes.NewReader(data)); err != nil || want.Bounds() != picture.Rect {
		t.Fatal(err)
	}
	for _, width := range []int{384, 96} {
		wantBlocks(t, makeLargest(t, &Maker{Widths: []int{width}}, "image/jpeg", data))
	}
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
		{"png header of 60000²", "image/png", bomb, "pixels are more than"},
		{"png of too many pixels", "image/png", mediatest.PNGFile("IHDR", mediatest.IHDR(16000, 16000, 1, 0, 0), "IDAT", ""), "pixels are more than"},
		{"png too wide", "image/png", mediatest.PNGFile("IHDR", mediatest.IHDR(16385, 1, 8, 6, 0), "IDAT", ""), "pixels are more than"},
		{"jpeg of 65535²", "image/jpeg", hugeJPEG, "pixels are more than"},
		{"gif of 65535²", "image/gif", hugeGIF, "pixels are more than"},
		{"gif with a huge frame on a small screen", "image/gif", smallScreen, "pixels are more than"},
		{"webp of 16384²", "image/webp", hugeWebP, "pixels are more than"},
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
				t.Errorf("%v is no PictureError", err)
			}
			if n := mediatest.Allocated() - before; n > 4<<20 {
				t.Errorf("refusing it took %d bytes", n)
			}
		})
	}
}

// makeError makes what must not be made, and reports anything that is written.
func makeError(t testing.TB, m *Maker, mediaType string, data []byte) error {
	t.Helper()
	var w written
	m.Write = w.write
	_, err := m.Make(t.Context(), keep(t, mediaType, data))
	if len(w.files) > 0 {
		t.Errorf("%d files were written", len(w.files))
	}
	return err
}

// A half picture must not be published as if it was one.
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
				t.Errorf("%s: %d of %d bytes were taken for a picture", test.mediaType, size, len(test.data))
			}
		}
		whole := len(test.data)
		if test.mediaType == "image/gif" {
			whole-- // the trailer, which many files lack
		}
		if err := makeError(t, new(Maker), test.mediaType, test.data[:whole-1]); err == nil {
			t.Errorf("%s: all bytes but the last were taken for a picture", test.mediaType)
		}
		// Phones append videos, and servers newlines.
		mustMake(t, new(Maker), test.mediaType, append(slices.Clone(test.data), "more"...))
	}
}

func pngWith(inspect func(*io.SectionReader) (header, error), decode func(*io.SectionReader) (image.Image, error)) map[string]decoder {
	if inspect == nil {
		inspect = inspectPNG
	}
	planes := func(src *io.SectionReader, _, _ int, _ color.NRGBA) (*planar.Picture, error) {
		_, err := decode(src)
		return nil, err
	}
	return map[string]decoder{"image/png": {inspect, decode, planes}}
}

func TestPanicOfADecoderIsAnError(t *testing.T) {
	m := &Maker{decoders: pngWith(nil, func(*io.SectionReader) (image.Image, error) {
		var none []int
		return nil, errors.New(string(rune(none[5])))
	})}
	err := makeError(t, m, "image/png", mediatest.PNG(t, mediatest.Blocks(8, 8)))
	if err == nil || !strings.Contains(err.Error(), "the decoder failed: runtime error: index out of range") {
		t.Errorf("got %v", err)
	}
}

func TestDecoderThatNeverEnds(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	m := &Maker{
		Timeout: 50 * time.Millisecond,
		decoders: pngWith(nil, func(*io.SectionReader) (image.Image, error) {
			<-stop
			return nil, nil
		}),
	}
	err := makeError(t, m, "image/png", mediatest.PNG(t, mediatest.Blocks(8, 8)))
	if err == nil || err.Error() != "not decoded within 50ms" {
		t.Errorf("got %v", err)
	}
	if bad := (*PictureError)(nil); !errors.As(err, &bad) {
		t.Errorf("%v is no PictureError", err)
	}
	// What it took, others must be able to take, or the run would stop here.
	if !m.budget.sem.TryAcquire(m.budget.size) {
		t.Error("a lost decoder keeps its part of the budget")
	}
}

// A decoder that nobody waits for any more must end with its next read, and
// not go on for minutes in an abandoned goroutine.
func TestAbandonedDecoderCannotRead(t *testing.T) {
	ended := make(chan error, 1)
	m := &Maker{
		Timeout: 20 * time.Millisecond,
		decoders: pngWith(func(src *io.SectionReader) (header, error) {
			for {
				if _, err := src.ReadAt(make([]byte, 1), 0); err != nil {
					ended <- err
					return header{}, err
				}
			}
		}, nil),
	}
	if err := makeError(t, m, "image/png", mediatest.PNG(t, mediatest.Blocks(8, 8))); err == nil {
		t.Error("no error")
	}
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("the decoder still reads")
	}
}

func TestInterruptionIsNotThePicturesFault(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	stop := make(chan struct{})
	defer close(stop)
	m := &Maker{decoders: pngWith(nil, func(*io.SectionReader) (image.Image, error) {
		cancel()
		<-stop
		return nil, nil
	})}
	_, err := m.Make(ctx, keep(t, "image/png", mediatest.PNG(t, mediatest.Blocks(8, 8))))
	if err != context.Canceled {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}

	o := keep(t, "image/png", nil)
	o.Path += "-gone"
	_, err = new(Maker).Make(t.Context(), o)
	if bad := (*PictureError)(nil); !errors.Is(err, os.ErrNotExist) || errors.As(err, &bad) {
		t.Errorf("got %v, want an error of the disk", err)
	}
}

// The budget is for all calls together: eight pictures of the greatest size
// must not be decoded at once.
func TestBudgetBoundsAllCalls(t *testing.T) {
	const largest = 64_000_000 * 5
	var inFlight, most atomic.Int64
	m := &Maker{decoders: pngWith(
		func(*io.SectionReader) (header, error) {
			return header{width: 8000, height: 8000, memory: largest, orientation: 1}, nil
		},
		func(*io.SectionReader) (image.Image, error) {
			now := inFlight.Add(largest)
			for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
			}
			time.Sleep(20 * time.Millisecond)
			inFlight.Add(-largest)
			return nil, errors.New("seen enough")
		})}
	o := keep(t, "image/png", mediatest.PNG(t, mediatest.Blocks(8, 8)))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { m.Make(t.Context(), o) })
	}
	all.Wait()
	if most.Load() > defaultBudget {
		t.Errorf("%d bytes at once, of %d", most.Load(), defaultBudget)
	}
	if most.Load() < 2*largest {
		t.Errorf("%d bytes at once: not even two pictures", most.Load())
	}
}

// What is taken from the budget must be what is needed: without this, a change
// of a decoder could make the budget a lie.
func TestMemoryIsCountedHonestly(t *testing.T) {
	picture := mediatest.DrawPicture(600, 400)
	deep := image.NewNRGBA64(picture.Rect)
	draw.Draw(deep, deep.Rect, picture, image.Point{}, draw.Src)
	gray := image.NewGray(picture.Rect)
	draw.Draw(gray, gray.Rect, picture, image.Point{}, draw.Src)
	var asGIF bytes.Buffer
	if err := gif.Encode(&asGIF, image.NewPaletted(picture.Rect, palette.Plan9), nil); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, mediaType string
		data            []byte
		width, height   int
	}{
		{"jpeg", "image/jpeg", mediatest.JPEG(t, picture), 480, 320},
		{"jpeg gray", "image/jpeg", mediatest.JPEG(t, gray), 480, 320},
		{"jpeg cmyk", "image/jpeg", encodeCMYK(t, picture), 480, 320},
		{"jpeg cmyk, profile", "image/jpeg", inkJPEG(t, inkAmounts(), inkProfile(2, "mft2", "Lab ")), 144, 144},
		{"jpeg oddly sampled", "image/jpeg", sampledJPEG(t, image.Pt(600, 400), []byte{0x11, 0x31, 0x12}, toYCbCr), 480, 320},
		{"jpeg cmyk, oddly sampled", "image/jpeg", sampledJPEG(t, image.Pt(384, 384), []byte{0x31, 0x11, 0x12, 0x11}, toCMYK), 384, 384},
		{"png", "image/png", mediatest.PNG(t, picture), 480, 320},
		{"png 16", "image/png", mediatest.PNG(t, deep), 480, 320},
		{"png gray", "image/png", mediatest.PNG(t, gray), 480, 320},
		{"png interlaced", "image/png", encodeInterlaced(picture), 480, 320},
		{"gif", "image/gif", asGIF.Bytes(), 480, 320},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := new(Maker)
			m.start()
			src, err := m.open(keep(t, test.mediaType, test.data))
			if err != nil {
				t.Fatal(err)
			}
			defer src.Close()
			h, err := src.header(t.Context(), m.maxPixels())
			if err != nil {
				t.Fatal(err)
			}
			// Nothing is to be left of the memory of the pictures before, which
			// is kept for the next over one collection.
			runtime.GC()
			runtime.GC()
			before := mediatest.Allocated()
			img, err := src.picture(t.Context(), h, test.width, test.height, m.background())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := encode(img.Resize(test.width, test.height), h, 82); err != nil {
				t.Fatal(err)
			}
			counted := makeMemory(h, test.width, test.height, nil)
			if used := int64(mediatest.Allocated() - before); used > counted+256<<10 || 2*used < counted { // tables and buffers
				t.Errorf("it took %d bytes, %d were counted", used, counted)
			}
		})
	}
}

// A TIFF must not get to imaging, whatever it is called: some of them end the
// whole program there.
func TestTIFFIsRefused(t *testing.T) {
	// One pixel with a palette of no colours, as in CVE-2023-36308.
	directory := mediatest.AppendDirectory([]byte("II*\x00\x08\x00\x00\x00"), []mediatest.Tag{
		mediatest.Short(256, 1), mediatest.Short(257, 1), mediatest.Short(258, 8), mediatest.Short(259, 1), mediatest.Short(262, 3), {ID: 273, Kind: 4, Count: 1, Value: mediatest.Long(0)}, {ID: 279, Kind: 4, Count: 1, Value: mediatest.Long(1)}, {ID: 320, Kind: 3, Count: 0, Value: ""},
	})
	for kind := range standardDecoders() {
		m := &Maker{Write: func(name string, _ []byte) error {
			t.Errorf("%s: %s was written", kind, name)
			return nil
		}}
		var refused *PictureError
		if _, err := m.Make(t.Context(), keep(t, kind, directory)); !errors.As(err, &refused) {
			t.Errorf("called %s: got %v, want a PictureError", kind, err)
		}
	}
	var refused *PictureError
	if _, err := new(Maker).Make(t.Context(), keep(t, "image/tiff", directory)); !errors.As(err, &refused) {
		t.Errorf("called by its name: got %v, want a PictureError", err)
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	guesses := regexp.MustCompile(`\b(image\.Decode|image\.DecodeConfig|imaging\.(Open|Decode))\(`)
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if found := guesses.Find(data); found != nil && !strings.HasSuffix(name, "_test.go") {
			t.Errorf("%s guesses the kind of a picture by %s", name, found)
		}
	}
}
