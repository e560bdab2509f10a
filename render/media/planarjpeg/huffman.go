package planarjpeg

// lookupBits is how many bits are looked up at once. With ten, nine of ten
// coefficients of a photograph are found with their values, and the four
// tables of a picture fit into the fastest cache.
const lookupBits = 10

// entry is what the next bits of a scan mean: a run of zeros and the size of
// the value behind it in bits (T.81 F.1.2.2), and the value itself if the entry
// says so. The zero value means nothing.
//
//	bits 0–5    length of the code and the value together
//	bits 6–9    run
//	bits 10–13  size
//	bit  14     the value is known
//	bit  15     set
//	bits 16–31  value
type entry int32

const (
	entryKnown entry = 1 << 14
	entrySet   entry = 1 << 15
)

func newEntry(codeLength int, symbol byte) entry {
	run, size := entry(symbol>>4), entry(symbol&15)
	return entrySet | size<<10 | run<<6 | (entry(codeLength) + size)
}

func (e entry) length() int { return int(e & 63) }
func (e entry) run() int    { return int(e >> 6 & 15) }
func (e entry) size() int   { return int(e >> 10 & 15) }

// value tells the value that belongs to e, whose code is the first in acc: the
// known one, or the size bits behind the code, of which the small half stands
// for negative values (T.81 F.2.2.1, EXTEND).
func (e entry) value(acc uint64) int32 {
	if e&entryKnown != 0 {
		return int32(e >> 16)
	}
	size := e.size()
	acc <<= e.length() - size
	negative := ^(int64(acc) >> 63) // all bits if the first one is 0
	return int32(acc>>(64-size)) + int32(negative&(1-1<<size))
}

// huffman is a table of codes (T.81 C).
type huffman struct {
	lookup [1 << lookupBits]entry
	// For the codes of more than lookupBits: those of a length are below the
	// limit, and stand for symbols in their order.
	limit  [17]int32 // first code of the next length, moved to 16 bits
	first  [17]int32 // first code of this length
	offset [17]int32 // its symbol
	symbol [256]byte
}

// newHuffman builds a table from the number of codes of each length, 1 to 16,
// and the symbols.
func newHuffman(counts *[16]byte, symbols []byte) (*huffman, error) {
	h := new(huffman)
	copy(h.symbol[:], symbols)
	code, index := 0, 0
	for length := 1; length <= 16; length++ {
		n := int(counts[length-1])
		h.first[length], h.offset[length] = int32(code), int32(index)
		if code+n > 1<<length {
			return nil, errCorrupt // more codes than there can be
		}
		for range n {
			if length <= lookupBits {
				h.enter(code, length, symbols[index])
			}
			code++
			index++
		}
		h.limit[length] = int32(code) << (16 - length)
		code <<= 1
	}
	return h, nil
}

// enter enters a short code: for all bits that may follow it.
func (h *huffman) enter(code, length int, symbol byte) {
	free := lookupBits - length
	e := newEntry(length, symbol)
	for rest := range 1 << free {
		found := e
		if size := e.size(); size > 0 && size <= free {
			acc := uint64(code<<free|rest) << (64 - lookupBits)
			found |= entryKnown | entry(e.value(acc))<<16
		}
		h.lookup[code<<free|rest] = found
	}
}

// find returns the entry of a code that is longer than the lookup, or 0 if
// there is none.
func (h *huffman) find(acc uint64) entry {
	next := int32(acc >> 48)
	for length := lookupBits + 1; length <= 16; length++ {
		if next < h.limit[length] {
			i := h.offset[length] + next>>(16-length) - h.first[length]
			return newEntry(length, h.symbol[i&255])
		}
	}
	return 0
}

// next reads a code with its value, which refers to the bits of acc.
func (h *huffman) next(acc uint64) entry {
	if e := h.lookup[acc>>(64-lookupBits)]; e != 0 {
		return e
	}
	return h.find(acc)
}
