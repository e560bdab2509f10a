package planarjpeg

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// symbolCounts tells how often each symbol occurs.
type symbolCounts [256]int

// codes is the table of Huffman codes that makes a scan shortest.
type codes struct {
	lengths [17]byte    // how many codes have this length
	symbols []byte      // in the order of their codes
	code    [512]uint32 // that of noSymbol has no bits
	length  [512]uint8
	size    int // bytes that all symbols take, with the bits behind them
}

// newCodes makes the codes (T.81 K.2), none longer than 16 bits.
func newCodes(counts *symbolCounts) *codes {
	c := new(codes)
	for s, n := range counts {
		if n > 0 {
			c.symbols = append(c.symbols, byte(s))
		}
	}
	slices.SortStableFunc(c.symbols, func(a, b byte) int { return cmp.Compare(counts[b], counts[a]) })
	c.chooseLengths(counts)
	c.assign()
	bits := 0
	for s, n := range counts {
		bits += n * (int(c.length[s]) + max(s&15, s>>4)) // the bits behind are one of the two, at most
	}
	c.size = bits/8 + 1
	return c
}

// chooseLengths builds the tree of codes from the rarest symbols up. A symbol
// that does not occur is the rarest of all: it gets the code of ones only,
// which is forbidden.
func (c *codes) chooseLengths(counts *symbolCounts) {
	type node struct {
		count       int
		left, right int // of the nodes; -1 in a leaf
	}
	nodes := []node{{0, -1, -1}}
	for _, s := range slices.Backward(c.symbols) {
		nodes = append(nodes, node{counts[s], -1, -1})
	}
	// Leaves and inner nodes are both in ascending order, so that the two
	// rarest are always at the front of the one or the other.
	leaves := len(nodes)
	leaf, inner := 0, leaves
	rarest := func() int {
		if inner == len(nodes) || leaf < leaves && nodes[leaf].count <= nodes[inner].count {
			leaf++
			return leaf - 1
		}
		inner++
		return inner - 1
	}
	for range leaves - 1 {
		a, b := rarest(), rarest()
		nodes = append(nodes, node{nodes[a].count + nodes[b].count, a, b})
	}
	var lengths [300]int // as deep as a tree of so many can be
	depth := make([]int, len(nodes))
	for i := len(nodes) - 1; i >= 0; i-- {
		if n := nodes[i]; n.left < 0 {
			lengths[depth[i]]++
		} else {
			depth[n.left], depth[n.right] = depth[i]+1, depth[i]+1
		}
	}
	c.limitLengths(&lengths)
}

// limitLengths shortens codes of more than 16 bits (T.81 figure K.3): of two
// that differ in their last bit only, one takes the place of their common
// beginning, and the other that of a shorter code, which it lengthens by one
// bit to make room for both.
func (c *codes) limitLengths(lengths *[300]int) {
	for i := len(lengths) - 1; i > 16; i-- {
		for lengths[i] > 0 {
			j := i - 2
			for lengths[j] == 0 {
				j--
			}
			lengths[i] -= 2
			lengths[i-1]++
			lengths[j+1] += 2
			lengths[j]--
		}
	}
	longest := 16
	for longest > 0 && lengths[longest] == 0 {
		longest--
	}
	if longest > 0 { // else there is only the symbol that does not occur
		lengths[longest]--
	}
	for i := range c.lengths {
		c.lengths[i] = byte(lengths[i])
	}
	c.lengths[0] = 0
}

// assign numbers the codes (T.81 C.2).
func (c *codes) assign() {
	code, index := uint32(0), 0
	for length := 1; length <= 16; length++ {
		for range c.lengths[length] {
			s := c.symbols[index]
			c.code[s], c.length[s] = code, uint8(length)
			code++
			index++
		}
		code <<= 1
	}
}

// append appends the table as a segment (T.81 B.2.4.2).
func (c *codes) append(out []byte, class byte) []byte {
	out = append(out, 0xff, markerDHT)
	out = binary.BigEndian.AppendUint16(out, uint16(2+1+16+len(c.symbols)))
	out = append(out, class)
	out = append(out, c.lengths[1:]...)
	return append(out, c.symbols...)
}

// bitWriter writes the bits of scans.
type bitWriter struct {
	buf []byte
}

// tokens writes a scan. Its last byte is filled up with ones (T.81 F.1.2.3).
func (w *bitWriter) tokens(list []token, c *codes) {
	acc, count := uint64(0), 0
	for _, t := range list {
		symbol, extra := t&511, int(t>>9&31)
		length := int(c.length[symbol])
		v := uint64(c.code[symbol])<<extra | uint64(t>>16)
		count += length + extra // at most 31 and 16 + 15
		acc |= v << (64 - count)
		if count >= 32 {
			w.word(uint32(acc >> 32))
			acc <<= 32
			count -= 32
		}
	}
	acc |= ^uint64(0) >> count
	for ; count > 0; count -= 8 {
		w.byte(byte(acc >> 56))
		acc <<= 8
	}
}

// word writes four bytes.
func (w *bitWriter) word(v uint32) {
	if (^v-0x01010101)&v&0x80808080 == 0 { // no byte is 0xff
		w.buf = binary.BigEndian.AppendUint32(w.buf, v)
		return
	}
	w.byte(byte(v >> 24))
	w.byte(byte(v >> 16))
	w.byte(byte(v >> 8))
	w.byte(byte(v))
}

// byte writes a byte, and a zero if it could be taken for a marker.
func (w *bitWriter) byte(b byte) {
	w.buf = append(w.buf, b)
	if b == 0xff {
		w.buf = append(w.buf, 0)
	}
}
