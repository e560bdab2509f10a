package planarjpeg

// lookupBits is how many bits are looked up at once. With ten bits, a look-up finds nine of ten
// coefficients of a photograph together with their values, and the four tables of a picture fit
// into the fastest cache.
const lookupBits = 10

// entry is the meaning of the next bits of a scan: a run of zeros, the size in bits of the value
// after it (T.81 F.1.2.2), and maybe the value itself. The zero value means nothing.
//
//	bits 0–5    length of the code, with the value
//	bits 6–9    run
//	bits 10–13  size
//	bit  14     the value is known
//	bit  15     set
//	bits 16–31  value
type entry int32

// Flags of an entry.
const (
	entryKnown entry = 1 << 14
	entrySet   entry = 1 << 15
)

// newEntry returns the entry for a code of a symbol.
func newEntry(codeLength int, symbol byte) entry {
	run, size := entry(symbol>>4), entry(symbol&15)
	return entrySet | size<<10 | run<<6 | (entry(codeLength) + size)
}

// length returns how many bits the code and the value have together.
func (e entry) length() int { return int(e & 63) }

// run returns how many zeros come before the value.
func (e entry) run() int { return int(e >> 6 & 15) }

// size returns how many bits the value has.
func (e entry) size() int { return int(e >> 10 & 15) }

// value returns the value of e, whose code is at the start of acc. Unless the entry has it, the
// value is in the size bits after the code. The smaller half of these numbers means negative values
// (T.81 F.2.2.1, EXTEND).
func (e entry) value(acc uint64) int32 {
	if e&entryKnown != 0 {
		return int32(e >> 16)
	}
	size := e.size()
	acc <<= e.length() - size
	negative := ^(int64(acc) >> 63) // all ones if the first bit is 0
	return int32(acc>>(64-size)) + int32(negative&(1-1<<size))
}

// huffman is a Huffman table (T.81 C).
type huffman struct {
	lookup [1 << lookupBits]entry
	// For codes of more than lookupBits. The codes of a length are below its limit. Their symbols
	// follow each other.
	limit  [17]int32 // after the last code of this length, shifted to 16 bits
	first  [17]int32 // first code of this length
	offset [17]int32 // index of its symbol
	symbol [256]byte
}

// newHuffman builds a table from the number of codes of each length, 1 to 16, and the symbols.
func newHuffman(counts *[16]byte, symbols []byte) (*huffman, error) {
	h := new(huffman)
	copy(h.symbol[:], symbols)
	code, index := 0, 0
	for length := 1; length <= 16; length++ {
		n := int(counts[length-1])
		h.first[length], h.offset[length] = int32(code), int32(index)
		if code+n > 1<<length {
			return nil, errCorrupt // more codes than this length allows
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

// enter puts a short code into the table, for all bits that can follow it.
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

// find returns the entry of a code of more than lookupBits, or 0 if there is none.
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

// next returns the entry of the code at the start of acc, or 0 if there is none.
func (h *huffman) next(acc uint64) entry {
	if e := h.lookup[acc>>(64-lookupBits)]; e != 0 {
		return e
	}
	return h.find(acc)
}
