// Package planarpng decodes the usual kinds of PNGs to planes, row by row. So it never holds a
// whole picture in RGB. It refuses what image/png refuses.
//
// decode.go reads the chunks. input.go reads the bits of the pixels, inflate.go unpacks them with
// the tables of codes.go, filter.go undoes the filters, and rows.go converts the rows.
//
// Unpacking takes longest. It works like libdeflate: it fills a word of bits without branches; one
// table look-up gives a symbol with its extra bits, or two literals; and it copies matches word by
// word. BenchmarkDecode compares it with image/png.
//
// References in comments are to the PNG specification of the W3C (third edition, 2025), RFC 1950
// (zlib) and RFC 1951 (deflate).
package planarpng

import (
	"bufio"
	"encoding/binary"
	"errors"
	"image/color"
	"io"
	"unsafe"

	"firstframe/render/media/planar"
)

// ErrUnsupported means that a file is not of the usual kinds: 8 bits a sample, not interlaced, and
// without a transparent colour. Another decoder can perhaps read it.
var ErrUnsupported = errors.New("png: unsupported kind")

// The ways in which a file can be broken.
var (
	errCorrupt   = errors.New("png: invalid format")
	errSum       = errors.New("png: invalid checksum")
	errTooLittle = errors.New("png: not enough pixel data")
	errTooMuch   = errors.New("png: too much pixel data")
)

// bufferSize is how many bytes of a file are read at once.
const bufferSize = 32 << 10

// signature is what a PNG begins with.
const signature = "\x89PNG\r\n\x1a\n"

// Color types (PNG table 11.1).
const (
	gray      = 0
	trueColor = 2
	palette   = 3
	grayAlpha = 4
	fullAlpha = 6
)

// sampleCounts has how many samples a pixel has, by color type.
var sampleCounts = [7]int{gray: 1, trueColor: 3, palette: 1, grayAlpha: 2, fullAlpha: 4}

// Supports reports whether Decode can read a file with this header. transparent means that it has a
// tRNS chunk.
func Supports(depth, colorType, interlace byte, transparent bool) bool {
	return depth == 8 && int(colorType) < len(sampleCounts) && sampleCounts[colorType] > 0 && interlace == 0 &&
		(!transparent || colorType == palette)
}

// Memory returns the most bytes that Decode takes for a picture of this width, without its planes.
func Memory(width int) int64 {
	return int64(unsafe.Sizeof(decoder{})) + bufferSize + windowSize + step + tail + (3*4+2*4)*int64(width)
}

// decoder decodes one file.
type decoder struct {
	in            input
	zlib          inflater
	seen          int // the last of the chunks below that was read
	width, height int
	colorType     byte
	background    color.NRGBA
	curve         *[256]uint8   // for all samples, or nil
	colors        [256][4]uint8 // of the palette
	known         int           // how many colors the palette has
	picture       *planar.Picture
}

// The chunks that matter, in the order that they must have.
const (
	nothing = iota
	ihdr
	plte
	trns
	idat
	iend
)

// Decode decodes a PNG. Transparent pixels show the background, which must be opaque. A gray
// picture gets no chroma, unless a coloured background shows. If curve is not nil, it is applied to
// each sample of gray or of a colour, before blending with the background.
func Decode(src io.Reader, background color.NRGBA, curve *[256]uint8) (*planar.Picture, error) {
	d := &decoder{background: background, curve: curve}
	d.in.src = bufio.NewReaderSize(src, bufferSize)
	if err := d.in.full(d.in.head[:]); err != nil {
		return nil, err
	}
	if string(d.in.head[:]) != signature {
		return nil, errCorrupt
	}
	for d.seen != iend {
		kind, err := d.in.next()
		if err != nil {
			return nil, err
		}
		if err := d.chunk(kind); err != nil {
			return nil, err
		}
	}
	return d.picture, nil
}

// chunk reads the content of a chunk (PNG 11). It skips those that do not matter.
func (d *decoder) chunk(kind string) error {
	switch kind {
	case "IHDR":
		return d.readHeader()
	case "PLTE":
		return d.readPalette()
	case "tRNS":
		return d.readTransparency()
	case "IDAT":
		if d.seen == idat {
			break // after the end of the pixels
		}
		if d.seen < ihdr || d.colorType == palette && d.seen < plte {
			return errCorrupt
		}
		d.seen = idat
		return d.readPixels()
	case "IEND":
		if d.seen != idat {
			return errCorrupt
		}
		d.seen = iend
		return d.in.content(nil)
	}
	if d.in.left > 1<<31-1 {
		return errCorrupt
	}
	return d.in.skip()
}

// readHeader reads IHDR.
func (d *decoder) readHeader() error {
	var head [13]byte
	if d.seen != nothing {
		return errCorrupt
	}
	d.seen = ihdr
	if err := d.in.content(head[:]); err != nil {
		return err
	}
	d.width, d.height = int(binary.BigEndian.Uint32(head[:])), int(binary.BigEndian.Uint32(head[4:]))
	d.colorType = head[9]
	if d.width < 1 || d.width > maxSide || d.height < 1 || d.height > maxSide ||
		!Supports(head[8], d.colorType, head[12], false) || head[10] != 0 || head[11] != 0 {
		return ErrUnsupported
	}
	return nil
}

// maxSide bounds the memory for a row.
const maxSide = 1 << 16

// readPalette reads PLTE.
func (d *decoder) readPalette() error {
	var content [3 * 256]byte
	if d.seen != ihdr || d.in.left < 3 || d.in.left > int64(len(content)) || d.in.left%3 != 0 {
		return errCorrupt
	}
	d.seen = plte
	d.known = int(d.in.left / 3)
	if d.colorType == gray || d.colorType == grayAlpha {
		return errCorrupt
	}
	if err := d.in.content(content[:d.in.left]); err != nil {
		return err
	}
	// Indexes beyond the palette are black.
	d.bend(content[:3*d.known], 3, 3)
	for i := range d.colors {
		d.colors[i] = [4]uint8{content[3*i], content[3*i+1], content[3*i+2], 0xff}
	}
	return nil
}

// readTransparency reads tRNS, the alpha of the palette.
func (d *decoder) readTransparency() error {
	if d.colorType == gray || d.colorType == trueColor {
		return ErrUnsupported
	}
	var content [256]byte
	if d.seen != plte || d.colorType != palette || d.in.left > int64(len(content)) {
		return errCorrupt
	}
	d.seen = trns
	alphas := content[:d.in.left]
	if err := d.in.content(alphas); err != nil {
		return err
	}
	for i, a := range alphas {
		d.colors[i][3] = a
	}
	for i := range d.colors {
		planar.Blend(d.colors[i][:], d.background)
	}
	return nil
}
