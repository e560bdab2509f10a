package planarjpeg

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"sync"

	"firstframe/render/media/planar"
)

// band is what one scan has: a part of the coefficients of a component, in zigzag order, or some of
// their bits.
type band struct {
	component   int
	first, last int
	high, low   uint // as in a scan's header, 0 or 1
	table       int  // index of the Huffman table; the two planes of chroma share tables
}

// The scans of a picture: first the means of all planes, then what is most visible, and the details
// last, so that a browser can show a picture while it loads. Each band has a table of codes that
// fits it better than a common table would. The lowest bits of the luminance are noise, and in a
// scan of their own they need hardly any codes. This makes a file a tenth smaller than with the
// codes of the standard. The bands are those that made real photographs smallest.
var (
	colorBands = []band{
		{0, 0, 0, 0, 0, 0}, {1, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 1},
		{0, 1, 2, 0, 1, 2}, {1, 1, 2, 0, 0, 3}, {2, 1, 2, 0, 0, 3},
		{0, 3, 12, 0, 1, 4}, {1, 3, 63, 0, 0, 5}, {2, 3, 63, 0, 0, 5},
		{0, 13, 63, 0, 1, 6}, {0, 1, 63, 1, 0, 7},
	}
	grayBands = []band{{0, 0, 0, 0, 0, 0}, {0, 1, 2, 0, 1, 2}, {0, 3, 12, 0, 1, 4}, {0, 13, 63, 0, 1, 6}, {0, 1, 63, 1, 0, 7}}
)

// tableCount is how many Huffman tables the bands have.
const tableCount = 8

// encoder is the state for one picture. Its memory is reused for the next.
type encoder struct {
	quant  [3]quantizer // as the components
	scans  []tokens     // as the bands
	counts [tableCount]symbolCounts
	out    bitWriter
}

// encoders keeps the memory of encoders that are not in use. Without it, BenchmarkEncode takes a
// fifth more processor time, and 3.5 MB a picture instead of 0.2 MB.
var encoders = sync.Pool{New: func() any { return new(encoder) }}

// Encode returns a progressive JPEG of a picture. Chroma, if there is any, must have half the width
// and height of the luminance, rounded up. The quality, from 1 to 100, means about the same as in
// most encoders; tables.go says what exactly. The segments are written at the front of the file.
func Encode(p *planar.Picture, quality int, segments []byte) ([]byte, error) {
	w, h := p.Y.Width, p.Y.Height
	if w < 1 || w > 0xffff || h < 1 || h > 0xffff {
		return nil, errors.New("jpeg: unsupported size")
	}
	planes, bands := []planar.Plane{p.Y}, grayBands
	if !p.Gray() {
		planes, bands = []planar.Plane{p.Y, p.Cb, p.Cr}, colorBands
		for _, c := range planes[1:] {
			if c.Width != (w+1)/2 || c.Height != (h+1)/2 {
				return nil, errors.New("jpeg: the chroma does not fit")
			}
		}
	}
	e := encoders.Get().(*encoder)
	defer encoders.Put(e)
	e.analyse(planes, bands, quality)
	return e.write(planes, bands, segments), nil
}

// EncodeMemory returns the most bytes that Encode takes for a picture of this size: four for each
// coefficient of pure noise, and as many again while the list of them grows.
func EncodeMemory(width, height int) int64 {
	return 8 * planar.Memory((width+7)&^7, (height+7)&^7)
}

// analyse makes and counts the tokens of all scans.
func (e *encoder) analyse(planes []planar.Plane, bands []band, quality int) {
	e.counts = [tableCount]symbolCounts{}
	e.scans = slices.Grow(e.scans[:0], len(bands))[:len(bands)]
	for i := range planes {
		e.quant[i].set(i, quality)
		var scans []*tokens
		for j, b := range bands {
			if b.component == i {
				s := &e.scans[j]
				s.start(b, &e.counts[b.table])
				scans = append(scans, s)
			}
		}
		e.quant[i].plane(planes[i], scans)
	}
}

// write writes the file (T.81 B.2).
func (e *encoder) write(planes []planar.Plane, bands []band, segments []byte) []byte {
	var tables [tableCount]*codes
	size := 1024 + len(segments)
	for i := range tables {
		tables[i] = newCodes(&e.counts[i])
		size += tables[i].size
	}
	out := append(make([]byte, 0, size+size/4), 0xff, markerSOI) // everything without a code is less than a quarter
	out = append(out, segments...)
	for i := range planes {
		out = append(out, 0xff, markerDQT, 0, 2+1+64, byte(i))
		out = append(out, e.quant[i].table[:]...)
	}
	out = append(out, 0xff, markerSOF2, 0, byte(8+3*len(planes)), 8)
	out = binary.BigEndian.AppendUint16(out, uint16(planes[0].Height))
	out = binary.BigEndian.AppendUint16(out, uint16(planes[0].Width))
	out = append(out, byte(len(planes)))
	for i := range planes {
		sampling := byte(0x11)
		if i == 0 && len(planes) > 1 {
			sampling = 0x22
		}
		out = append(out, byte(i+1), sampling, byte(i))
	}
	// A table comes right before the first scan that needs it. It is not written twice, because
	// stripping would remove the second one.
	var written [2][2][]byte
	for i, b := range bands {
		class, id := byte(0), byte(min(b.component, 1))
		if b.first > 0 {
			class = 0x10
		}
		if table := tables[b.table].append(nil, class|id); !bytes.Equal(table, written[class>>4][id]) {
			out, written[class>>4][id] = append(out, table...), table
		}
		selector := id << 4
		if class > 0 {
			selector = id
		}
		out = append(out, 0xff, markerSOS, 0, 8, 1, byte(b.component+1), selector, byte(b.first), byte(b.last), byte(b.high<<4|b.low))
		e.out.buf = out
		e.out.tokens(e.scans[i].list, tables[b.table])
		out, e.out.buf = e.out.buf, nil
	}
	return append(out, 0xff, markerEOI)
}
