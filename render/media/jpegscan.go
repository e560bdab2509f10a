package media

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// This file walks through the coded data of JPEG scans, to find where they end and which Huffman
// codes they use. It makes no pixels.

// jpegTable is a Huffman table (ITU T.81, C). It notes which of its codes the scans use.
type jpegTable struct {
	class   byte // 0 for DC, the means of blocks; 1 for AC, the rest
	counts  [16]byte
	symbols []byte
	used    [256]bool     // by index in symbols
	lookup  [1 << 9]int16 // index << 5 | length, by the next 9 bits; 0 for longer codes
}

// newJPEGTable builds a table. It returns nil if there are more codes than the lengths allow.
func newJPEGTable(class byte, counts [16]byte, symbols []byte) *jpegTable {
	t := &jpegTable{class: class, counts: counts, symbols: slices.Clone(symbols)}
	code, place := 0, 0
	for length := 1; length <= 16; length++ {
		for range t.counts[length-1] {
			if code >= 1<<length {
				return nil
			}
			if free := 9 - length; free >= 0 {
				for rest := range 1 << free {
					t.lookup[code<<free|rest] = int16(place<<5 | length)
				}
			}
			code++
			place++
		}
		code <<= 1
	}
	return t
}

// find returns the index and the length of the code at the start of next, or a length of 0 if there
// is none. Codes of more than 9 bits are rare. Without the look-up for the others, BenchmarkStrip
// takes nearly twice as long.
func (t *jpegTable) find(next uint64) (place, length int) {
	if e := t.lookup[next>>(64-9)]; e != 0 {
		return int(e >> 5), int(e & 31)
	}
	code, first := 0, 0
	for length := 1; length <= 16; length++ {
		n := int(t.counts[length-1])
		if i := int(next>>(64-length)) - code; i < n {
			return first + i, length
		}
		first += n
		code = (code + n) << 1
	}
	return 0, 0
}

// segment returns the table as it is published. The symbol of an unused code could hide anything.
// So unused codes after the last used one are dropped, and those before it get the lowest symbols
// that are free.
func (t *jpegTable) segment(slot byte) []byte {
	used := [256]bool{}
	last := -1
	for place, symbol := range t.symbols {
		if t.used[place] {
			used[symbol], last = true, place
		}
	}
	symbols := slices.Clone(t.symbols[:last+1])
	spare := 0
	for place := range symbols {
		if t.used[place] {
			continue
		}
		for spare < 256 && used[spare] {
			spare++
		}
		symbols[place] = byte(spare)
		if spare++; spare > 255 || t.class == 0 && spare > 15 {
			spare = 0
			clear(used[:])
		}
	}
	counts, left := t.counts, last+1
	for i := range counts {
		counts[i] = byte(min(left, int(counts[i])))
		left -= int(counts[i])
	}
	return slices.Concat([]byte{t.class<<4 | slot}, counts[:], symbols)
}

// jpegBits reads the bits of a scan, up to the next marker (T.81 B.1.1.5).
type jpegBits struct {
	data   []byte
	pos    int    // of the next byte to load into acc
	acc    uint64 // the next bits, highest first
	count  int    // of the bits in acc
	broken bool   // more bits were read than exist
}

// fill makes at least 32 bits available. Behind the end, bits are zero.
func (b *jpegBits) fill() {
	for b.count <= 56 {
		if b.pos >= len(b.data) {
			break
		}
		c := b.data[b.pos]
		if c == 0xff {
			if b.pos+1 >= len(b.data) || b.data[b.pos+1] != 0 {
				break
			}
			b.pos++
		}
		b.pos++
		b.acc |= uint64(c) << (56 - b.count)
		b.count += 8
	}
}

// skip skips n bits.
func (b *jpegBits) skip(n int) {
	if n > b.count {
		b.broken, n = true, b.count
	}
	b.acc <<= n
	b.count -= n
}

// bits reads n bits, at most 16.
func (b *jpegBits) bits(n int) int {
	if b.count < n {
		b.fill()
	}
	v := int(b.acc >> (64 - n)) // 0 for none
	b.skip(n)
	return v
}

// symbol reads a code and returns its symbol.
func (b *jpegBits) symbol(t *jpegTable) int {
	if b.count < 16 {
		b.fill()
	}
	place, length := t.find(b.acc)
	if length == 0 {
		b.broken = true
		return 0
	}
	b.skip(length)
	t.used[place] = true
	return int(t.symbols[place])
}

// end goes to the end of the byte that was read last. It returns the offset there, and how many
// bits of that byte were not read.
func (b *jpegBits) end() (offset, left int) {
	for ; b.count >= 8; b.count -= 8 {
		b.pos--
		if b.pos > 0 && b.data[b.pos] == 0 && b.data[b.pos-1] == 0xff {
			b.pos--
		}
	}
	left, b.acc, b.count = b.count, 0, 0
	return b.pos, left
}

// jpegComponent is a plane of a JPEG.
type jpegComponent struct {
	id, quant        byte
	h, v             int      // sampling factors
	blocksX, blocksY int      // blocks with pixels
	stride           int      // blocks in a row, including those that fill up the last MCU
	seen             bool     // in a scan
	shifts           [64]int  // by coefficient: one more than its lowest known bit, or 0
	known            []uint64 // by block: the set of coefficients that are not zero; progressive only
}

// jpegScan is a scan: its header, its tables and its data.
type jpegScan struct {
	components  []*jpegComponent
	dc, ac      []*jpegTable    // by component; nil where the scan needs none
	slots       []byte          // of the tables by component, as in the header
	first, last int             // coefficients, in zigzag order
	high, low   int             // the lowest known bit before and after the scan
	interval    int             // MCUs between restarts; 0 means none
	quant       map[byte][]byte // quantization tables when the scan begins
	data        []byte          // coded data, up to the last MCU
}

// jpegWalk walks through the coded data of one scan.
type jpegWalk struct {
	jpegBits
	*jpegScan
	endOfBands int // how many of the next blocks have nothing in this scan
}

// read walks through the MCUs (T.81 A.2). It keeps their data and the restart markers between them.
// It returns the offset after the last MCU, and whether the data is valid.
func (w *jpegWalk) read(f *jpegFrame) (int, bool) {
	mcusX, mcusY := f.mcusX, f.mcusY
	alone := len(w.components) == 1
	if alone {
		mcusX, mcusY = w.components[0].blocksX, w.components[0].blocksY
	}
	if w.interval >= mcusX*mcusY {
		w.interval = 0 // there are no restarts
	}
	block := w.chooseBlock(f.progressive)
	start, restarts := 0, 0
	for mcu := range mcusX * mcusY {
		if w.interval > 0 && mcu > 0 && mcu%w.interval == 0 {
			end := w.keep(start)
			marker := byte(0xd0 + restarts%8)
			at := scanLength(w.jpegBits.data[end:]) + end
			i := nextRestart(w.jpegBits.data[end:at])
			if i < 0 || w.jpegBits.data[end+i+1] != marker {
				return 0, false
			}
			start = end + i + 2
			w.jpegScan.data = append(w.jpegScan.data, 0xff, marker)
			w.pos, w.endOfBands = start, 0
			restarts++
		}
		x, y := mcu%mcusX, mcu/mcusX
		for i, c := range w.components {
			h, v := c.h, c.v
			if alone {
				h, v = 1, 1
			}
			for n := range h * v {
				at := (y*v+n/h)*c.stride + x*h + n%h
				if !block(i, at) || w.broken {
					return 0, false
				}
			}
		}
	}
	return w.keep(start), w.endOfBands == 0
}

// nextRestart returns the offset of the first restart marker, or -1.
func nextRestart(data []byte) int {
	for i := 0; i+1 < len(data); i++ {
		if data[i] == 0xff && data[i+1] >= 0xd0 && data[i+1] <= 0xd7 {
			return i
		}
	}
	return -1
}

// keep keeps the bytes that were read since start. It fills the unread bits of the last one with
// ones (T.81 F.1.2.3). It returns the offset after it.
func (w *jpegWalk) keep(start int) int {
	end, left := w.end()
	if end > start {
		kept := append(w.jpegScan.data, w.jpegBits.data[start:end]...)
		i := len(kept) - 1
		if kept[i] == 0 && end-start > 1 && w.jpegBits.data[end-2] == 0xff {
			i-- // the zero is only stuffed in after a 0xff
		}
		if kept[i] |= 1<<left - 1; kept[i] == 0xff && i == len(kept)-1 {
			kept = append(kept, 0)
		}
		w.jpegScan.data = kept
	}
	return end
}

// chooseBlock returns the function that reads a block of this kind of scan. Its arguments are the
// index of the component in the scan and the index of the block.
func (w *jpegWalk) chooseBlock(progressive bool) func(component, block int) bool {
	switch {
	case !progressive:
		return w.sequential
	case w.first == 0 && w.high == 0:
		return func(i, _ int) bool { return w.readMean(i) }
	case w.first == 0:
		return func(int, int) bool { w.bits(1); return true }
	case w.high == 0:
		return w.firstAC
	}
	return w.refineAC
}

// readMean reads the DC coefficient of a block.
func (w *jpegWalk) readMean(i int) bool {
	size := w.symbol(w.dc[i])
	if size > 15 {
		return false
	}
	w.bits(size)
	return true
}

// sequential reads a block of a sequential file (T.81 F.2.2).
func (w *jpegWalk) sequential(i, _ int) bool {
	if !w.readMean(i) {
		return false
	}
	for k := 1; k < 64; k++ {
		symbol := w.symbol(w.ac[i])
		size := symbol & 15
		if size == 0 && symbol != 0xf0 {
			return true
		}
		if k += symbol >> 4; k > 63 && size > 0 {
			return false
		}
		w.bits(size)
	}
	return true
}

// firstAC reads the upper bits of a band of AC coefficients (T.81 G.1.2.2).
func (w *jpegWalk) firstAC(i, at int) bool {
	if w.endOfBands > 0 {
		w.endOfBands--
		return true
	}
	known := &w.components[i].known[at]
	for k := w.first; k <= w.last; k++ {
		symbol := w.symbol(w.ac[i])
		run, size := symbol>>4, symbol&15
		if size == 0 && run < 15 {
			w.endOfBands = 1<<run + w.bits(run) - 1
			return true
		}
		if k += run; k > w.last && size > 0 {
			return false
		}
		if size > 0 {
			w.bits(size)
			*known |= 1 << k
		}
	}
	return true
}

// refineAC reads one more bit of a band of AC coefficients (T.81 G.1.2.3).
func (w *jpegWalk) refineAC(i, at int) bool {
	known := &w.components[i].known[at]
	k := w.first
	for w.endOfBands == 0 && k <= w.last {
		symbol := w.symbol(w.ac[i])
		run, size := symbol>>4, symbol&15
		if size > 1 || w.broken {
			return false
		}
		if size == 0 && run < 15 {
			w.endOfBands = 1<<run + w.bits(run)
			break
		}
		w.bits(size)
		// Skip run zeros. Each coefficient on the way that is not zero has one bit here.
		for ; k <= w.last && (run > 0 || *known>>k&1 == 1); k++ {
			if *known>>k&1 == 1 {
				w.bits(1)
			} else {
				run--
			}
		}
		if size > 0 {
			if k > w.last {
				return false
			}
			*known |= 1 << k
		}
		k++
	}
	if w.endOfBands > 0 {
		w.endOfBands--
		if k <= w.last {
			rest := *known >> k & (1<<(w.last-k+1) - 1)
			w.skipBits(bits.OnesCount64(rest))
		}
	}
	return true
}

// skipBits skips any number of bits.
func (w *jpegWalk) skipBits(n int) {
	for ; n > 16; n -= 16 {
		w.bits(16)
	}
	w.bits(n)
}

// jpegFrame is a frame header (T.81 B.2.2).
type jpegFrame struct {
	progressive   bool
	marker        byte
	width, height int
	components    []*jpegComponent
	mcusX, mcusY  int
}

// readJPEGFrame reads a frame header, or returns nil.
func readJPEGFrame(marker byte, content []byte) *jpegFrame {
	if len(content) < 6 || content[0] != 8 {
		return nil
	}
	f := &jpegFrame{
		marker: marker, progressive: marker == markerSOF2,
		height: int(binary.BigEndian.Uint16(content[1:])), width: int(binary.BigEndian.Uint16(content[3:])),
	}
	n := int(content[5])
	if n != 1 && n != 3 && n != 4 || len(content) != 6+3*n || f.width == 0 || f.height == 0 || f.width*f.height > maxStripJPEG {
		return nil
	}
	maxH, maxV := 1, 1
	for i := range n {
		spec := content[6+3*i:]
		c := &jpegComponent{id: spec[0], h: int(spec[1] >> 4), v: int(spec[1] & 15), quant: spec[2]}
		if c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 || c.quant > 3 || f.component(c.id) != nil {
			return nil
		}
		if n == 1 {
			c.h, c.v = 1, 1 // a single component is not interleaved (T.81 A.2.2)
		}
		maxH, maxV = max(maxH, c.h), max(maxV, c.v)
		f.components = append(f.components, c)
	}
	up := func(a, b int) int { return (a + b - 1) / b }
	f.mcusX, f.mcusY = up(f.width, 8*maxH), up(f.height, 8*maxV)
	for _, c := range f.components {
		c.blocksX, c.blocksY = up(up(f.width*c.h, maxH), 8), up(up(f.height*c.v, maxV), 8)
		c.stride = f.mcusX * c.h
		if f.progressive {
			c.known = make([]uint64, c.stride*f.mcusY*c.v)
		}
	}
	return f
}

// component returns the component with an id, or nil.
func (f *jpegFrame) component(id byte) *jpegComponent {
	for _, c := range f.components {
		if c.id == id {
			return c
		}
	}
	return nil
}
