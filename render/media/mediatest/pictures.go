package mediatest

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// DrawPicture draws something that is like a photograph to a decoder: slow gradients, edges and
// noise, and no two quarters alike. It draws the same at every call.
func DrawPicture(width, height int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	random := rand.New(rand.NewPCG(1, 2))
	for y := range height {
		noise := random.Uint64()
		for x := range width {
			noise = noise*6364136223846793005 + 1442695040888963407
			n := int(noise>>60) - 8
			c := color.NRGBA{
				R: uint8(20 + 200*x/width + n),
				G: uint8(20 + 200*y/height + n),
				B: uint8(128 + int(90*math.Sin(float64(x+y)/float64(width+height)*9)) + n),
				A: 255,
			}
			if (x*16/width+y*16/height)%7 == 0 {
				c.R, c.B = c.B/2, c.R
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

// Blocks draws four quarters with one colour each: Quarters.
func Blocks(width, height int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.SetNRGBA(x, y, Quarters[2*(2*y/height)+2*x/width])
		}
	}
	return m
}

// Quarters has the colours of Blocks, row by row.
var Quarters = [4]color.NRGBA{{220, 40, 40, 255}, {40, 200, 40, 255}, {40, 40, 220, 255}, {230, 230, 60, 255}}

// JPEG encodes a picture, with quality 95.
func JPEG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// PNG encodes a picture.
func PNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// PNGFile returns a PNG of chunks, each a type and its content.
func PNGFile(chunks ...string) []byte {
	out := "\x89PNG\r\n\x1a\n"
	for i := 0; i < len(chunks); i += 2 {
		out += PNGChunk(chunks[i], chunks[i+1])
	}
	return []byte(out)
}

// PNGChunk returns a chunk of a PNG with its checksum.
func PNGChunk(kind, content string) string {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(content)))
	out = append(append(out, kind...), content...)
	return string(binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:])))
}

// APP1 is the marker of EXIF and XMP, for InsertJPEG.
const APP1 = 0xe1

// IHDR returns the content of a PNG's header.
func IHDR(width, height uint32, depth, colorType, interlace byte) string {
	b := binary.BigEndian.AppendUint32(nil, width)
	b = binary.BigEndian.AppendUint32(b, height)
	return string(append(b, depth, colorType, 0, 0, interlace))
}

// InsertPNG puts a chunk after the header of a PNG.
func InsertPNG(file []byte, kind, content string) []byte {
	const afterIHDR = 8 + 12 + 13
	return slices.Concat(file[:afterIHDR], []byte(PNGChunk(kind, content)), file[afterIHDR:])
}

// InsertJPEG puts segments in front of all others. Each is a marker, an int, and its content, a
// string.
func InsertJPEG(file []byte, segments ...any) []byte {
	out := []byte{0xff, 0xd8}
	for i := 0; i < len(segments); i += 2 {
		content := segments[i+1].(string)
		out = append(out, 0xff, byte(segments[i].(int)))
		out = binary.BigEndian.AppendUint16(out, uint16(2+len(content)))
		out = append(out, content...)
	}
	return append(out, file[2:]...)
}

// GrayJPEG returns a gray picture with a gradient.
func GrayJPEG(t testing.TB, width, height int) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, width, height))
	for i := range m.Pix {
		m.Pix[i] = uint8(i / width)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
