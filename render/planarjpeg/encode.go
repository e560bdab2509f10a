package planarjpeg

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"slices"
	"sync"

	"firstframe/render/planar"
)

// band is a part of the coefficients of a component, in zigzag order, that a
// scan of its own has.
type band struct {
	component   int
	first, last int
	table       int // of Huffman codes, of which the two planes of chroma have the same
}

// The scans of a picture: first the means of all planes, then what shows most,
// and the details of the luminance last. A browser shows a picture that is
// still on its way, and the tables of codes fit their bands better than one for
// all would, which makes the file a few per cent smaller.
var (
	colorBands = []band{{0, 0, 0, 0}, {1, 0, 0, 1}, {2, 0, 0, 1}, {0, 1, 5, 2}, {1, 1, 63, 3}, {2, 1, 63, 3}, {0, 6, 63, 4}}
	grayBands  = []band{{0, 0, 0, 0}, {0, 1, 5, 2}, {0, 6, 63, 4}}
)

const tableCount = 5

// encoder has what is kept from one picture to the next: memory, mostly.
type encoder struct {
	quant  [2]quantizer
	scans  []tokens // as the bands
	counts [tableCount]symbolCounts
	out    bitWriter
}

var encoders = sync.Pool{New: func() any { return new(encoder) }}

// Encode makes a progressive JPEG of a picture whose chroma, if it has any, has
// half of the width and height of its luminance, rounded up. The quality, from
// 1 to 100, is that of most encoders. The segments are put in front.
func Encode(p *planar.Picture, quality int, segments []byte) ([]byte, error) {
	w, h := p.Y.Width, p.Y.Height
	if w < 1 || w > 0xffff || h < 1 || h > 0xffff {
		return nil, errors.New("jpeg: no such size")
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

// EncodeMemory tells how many bytes Encode takes at most for a picture of this
// size: four for each coefficient, of noise, and as many until a list of them
// has grown.
func EncodeMemory(width, height int) int64 {
	return 8 * planar.Memory((width+7)&^7, (height+7)&^7)
}

// analyse makes the tokens of all scans, and counts them.
func (e *encoder) analyse(planes []planar.Plane, bands []band, quality int) {
	e.quant[0].set(&luminanceTable, quality)
	e.quant[1].set(&chrominanceTable, quality)
	e.counts = [tableCount]symbolCounts{}
	e.scans = slices.Grow(e.scans[:0], len(bands))[:len(bands)]
	for i := range planes {
		var scans []*tokens
		for j, b := range bands {
			if b.component == i {
				s := &e.scans[j]
				s.start(b, &e.counts[b.table])
				scans = append(scans, s)
			}
		}
		e.quant[min(i, 1)].plane(planes[i], scans)
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
	out := append(make([]byte, 0, size+size/64), 0xff, markerSOI)
	out = append(out, segments...)
	for i := range min(len(planes), 2) {
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
		out = append(out, byte(i+1), sampling, byte(min(i, 1)))
	}
	// The tables that a scan does not share stand right before it.
	var written [tableCount]bool
	for i, b := range bands {
		class, id := byte(0), byte(b.table&1) // of 0 to 4: 0 1 for means, 0 1 0 for the rest
		if b.first > 0 {
			class = 0x10
		}
		if !written[b.table] {
			out = tables[b.table].append(out, class|id)
			written[b.table] = true
		}
		selector := id << 4
		if class > 0 {
			selector = id
		}
		out = append(out, 0xff, markerSOS, 0, 8, 1, byte(b.component+1), selector, byte(b.first), byte(b.last), 0)
		e.out.buf = out
		e.out.tokens(e.scans[i].list, tables[b.table])
		out, e.out.buf = e.out.buf, nil
	}
	return append(out, 0xff, markerEOI)
}

// token is a symbol of a scan with the bits that follow it.
//
//	bits 0–7    symbol
//	bits 8–15   number of bits
//	bits 16–31  the bits
type token uint32

// tokens is what a scan says.
type tokens struct {
	band
	list   []token
	counts *symbolCounts
	mean   int32 // of the block before
	ends   int   // blocks up to here of which nothing more is to be said
}

func (t *tokens) start(b band, counts *symbolCounts) {
	t.band, t.list, t.counts, t.mean, t.ends = b, t.list[:0], counts, 0, 0
}

func (t *tokens) add(symbol, length int, bits uint32) {
	t.counts[symbol&255]++
	t.list = append(t.list, token(bits<<16|uint32(length)<<8|uint32(symbol)))
}

// addValue adds a value behind a run of zeros. Of a negative value the bits are
// those of one less, without those above the size (T.81 F.1.2.1.1).
func (t *tokens) addValue(run int, v int32) {
	sign := v >> 31
	size := bits.Len32(uint32((v ^ sign) - sign))
	t.add(run<<4|size, size, uint32(v+sign)&(1<<size-1))
}

// block adds the coefficients of a block.
func (t *tokens) block(c *coefficients, q *quantizer) {
	if t.first == 0 {
		v := q.value(0, c[0])
		t.addValue(0, v-t.mean)
		t.mean = v
		return
	}
	run := 0
	for k := t.first; k <= t.last; k++ {
		v := c[zigzag[k]]
		if limit := q.limit[k&63]; v < limit && v > -limit {
			run++
			continue
		}
		t.end()
		for ; run > 15; run -= 16 {
			t.add(0xf0, 0, 0)
		}
		t.addValue(run, q.value(k, v))
		run = 0
	}
	if run > 0 {
		if t.ends++; t.ends == 0x7fff {
			t.end()
		}
	}
}

// end tells how many blocks had nothing more (T.81 G.1.2.2).
func (t *tokens) end() {
	if t.ends > 0 {
		length := bits.Len(uint(t.ends)) - 1
		t.add(length<<4, length, uint32(t.ends)&(1<<length-1))
		t.ends = 0
	}
}
