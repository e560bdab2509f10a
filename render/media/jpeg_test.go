package media

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"testing"

	"firstframe/render/media/mediatest"
)

// encodeCMYK returns an inverted CMYK JPEG without black, as Photoshop writes it.
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

// adobeSegment returns the segment that says what the components are, for InsertJPEG.
func adobeSegment(transform byte) []any {
	return []any{0xee, "Adobe\x00\x64\x00\x00\x00\x00" + string(rune(transform))}
}

// encodePlanes returns a JPEG of components with the sampling factors. Their sizes must fit these.
// Each of its scans comes from a gray JPEG.
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
		scan += 2 + 8 // header of a scan with one component
		out = append(out, 0xff, markerSOS, 0, 8, 1, byte(i+1), 0, 0, 63, 0)
		out = append(out, file[scan:len(file)-2]...)
	}
	return append(out, 0xff, markerEOI)
}

// sampledPlanes returns the components of blocks, reduced by their sampling factors. values returns
// the samples of a colour.
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

// toCMYK returns the inks of a colour without black, inverted as in Adobe's programs.
func toCMYK(c color.NRGBA) [4]uint8 { return [4]uint8{c.R, c.G, c.B, 255} }

func toYCCK(c color.NRGBA) [4]uint8 {
	y, cb, cr := color.RGBToYCbCr(255-c.R, 255-c.G, 255-c.B)
	return [4]uint8{y, cb, cr, 255}
}

// sampledJPEG returns a JPEG of blocks with these sampling factors.
func sampledJPEG(t testing.TB, size image.Point, factors []byte, values func(color.NRGBA) [4]uint8) []byte {
	t.Helper()
	return encodePlanes(t, size.X, size.Y, sampledPlanes(size, factors, values), factors)
}

// Sampling factors that image/jpeg does not support, and tiny pictures.
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

// A JPEG in RGB, as Adobe's programs write it, must not be read as YCbCr.
func TestJPEGOfRGB(t *testing.T) {
	picture := mediatest.Blocks(384, 384)
	asRGB := toCMYK // its inks are inverted
	data := mediatest.InsertJPEG(sampledJPEG(t, image.Pt(384, 384), []byte{0x11, 0x11, 0x11}, asRGB), adobeSegment(0)...)
	if want, err := jpeg.Decode(bytes.NewReader(data)); err != nil || want.Bounds() != picture.Rect {
		t.Fatal(err)
	}
	for _, width := range []int{384, 96} {
		wantBlocks(t, makeLargest(t, &Maker{Widths: []int{width}}, "image/jpeg", data))
	}
}
