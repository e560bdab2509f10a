package planarjpeg

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// symbolCounts has how often each symbol occurs.
type symbolCounts [256]int

// codes is the Huffman table that makes a scan shortest.
type codes struct {
	lengths [17]byte    // how many codes have this length
	symbols []byte      // in the order of their codes
	code    [512]uint32 // by symbol; the code of noSymbol has no bits
	length  [512]uint8
	size    int // bytes of all symbols, with the bits after them
}

// newCodes makes codes of at most 16 bits (T.81 K.2).
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
		bits += n * (int(c.length[s]) + max(s&15, s>>4)) // at most one of the two is how many bits follow
	}
	c.size = bits/8 + 1
	return c
}

// chooseLengths builds the tree of codes from the rarest symbols up. It adds a symbol that does not
// occur. This symbol is the rarest of all, so it gets the code of only ones, which the standard
// forbids.
func (c *codes) chooseLengths(counts *symbolCounts) {
	type node struct {
		count       int
		left, right int // indexes of nodes; -1 in a leaf
	}
	nodes := []node{{0, -1, -1}}
	for _, s := range slices.Backward(c.symbols) {
		nodes = append(nodes, node{counts[s], -1, -1})
	}
	// Leaves and inner nodes are both in ascending order, so the two rarest nodes are always at the
	// front of one or the other.
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
	var lengths [300]int // no tree of 257 symbols is deeper
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

// limitLengths shortens codes of more than 16 bits (T.81 figure K.3). Two such codes differ only in
// their last bit. One of them becomes their common beginning. For the other one, a shorter code
// gets one bit longer, which makes room for two.
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
	if longest > 0 { // if it is 0, there is only the symbol that does not occur
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

// tokens writes a scan. Ones fill up its last byte (T.81 F.1.2.3).
func (w *bitWriter) tokens(list []token, c *codes) {
	acc, count := uint64(0), 0
	for _, t := range list {
		symbol, extra := t&511, int(t>>9&31)
		length := int(c.length[symbol])
		v := uint64(c.code[symbol])<<extra | uint64(t>>16)
		count += length + extra // at most 31, plus 16 + 15
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

// byte writes a byte. It adds a zero after 0xff. Without the zero, 0xff would look like a marker.
func (w *bitWriter) byte(b byte) {
	w.buf = append(w.buf, b)
	if b == 0xff {
		w.buf = append(w.buf, 0)
	}
}
