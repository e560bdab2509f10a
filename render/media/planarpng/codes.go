package planarpng

import "math/bits"

// How many symbols there are, and how many bits are looked up at once.
const (
	maxLiterals  = 288 // in the fixed codes, with two that mean nothing
	maxDistances = 32  // in the fixed codes, with two that mean nothing

	literalBits  = 11
	distanceBits = 8
	maxLinks     = 512 // entries for longer codes: complete codes have at most 294 and 146
)

// entry is the meaning of the next bits, or 0 if they mean nothing. In all entries but links, bits
// 0–5 are how many bits it uses, including the extra bits after the code.
//
//	literals:  bits 8–23 one or two bytes, bits 24–25 how many
//	length:    bits 8–16 the shortest length, bits 17–20 the bits of the code alone
//	distance:  bits 8–22 the nearest distance, bits 23–26 the bits of the code alone
//	link:      for codes too long for the table: bits 8–23 the first entry in links,
//	           bits 0–3 how many bits choose among the entries there
type entry uint32

// Flags of an entry, and positions in it.
const (
	isLiteral  entry = 1 << 31
	isLength   entry = 1 << 30
	isLink     entry = 1 << 29
	endOfBlock entry = 1 << 28

	afterLength   = 17 // position of the bits of the code alone
	afterDistance = 23
)

// literalTable is the table for literals and lengths.
type literalTable struct {
	entries [1 << literalBits]entry
	links   [maxLinks]entry
}

// distanceTable is the table for distances.
type distanceTable struct {
	entries [1 << distanceBits]entry
	links   [maxLinks]entry
}

// The entries of all symbols, without the bits of their codes (RFC 1951 3.2.5).
var (
	literalSymbols  = makeLiteralSymbols()
	distanceSymbols = makeDistanceSymbols()
)

// makeLiteralSymbols makes the entries of literals and lengths.
func makeLiteralSymbols() (symbols [maxLiterals]entry) {
	for s := range 256 {
		symbols[s] = isLiteral | 1<<24 | entry(s)<<8
	}
	symbols[256] = endOfBlock
	length := 3
	for s := 257; s < 285; s++ {
		extra := max(0, (s-261)/4)
		symbols[s] = isLength | entry(length<<8|extra)
		length += 1 << extra
	}
	symbols[285] = isLength | maxMatch<<8
	return symbols
}

// makeDistanceSymbols makes the entries of distances.
func makeDistanceSymbols() (symbols [maxDistances]entry) {
	distance := 1
	for s := range 30 {
		extra := max(0, s/2-1)
		symbols[s] = entry(distance<<8 | extra)
		distance += 1 << extra
	}
	return symbols
}

// build makes a table from the lengths of codes (RFC 1951 3.2.2), with 0 for symbols without one.
// The set of codes must be complete, or empty, or have one code of one bit. after is the position
// of the bits of the code alone in an entry.
func build(entries, links []entry, symbols []entry, lengths []uint8, after int) error {
	clear(entries)
	var left [16]int // how many codes are left of each length
	for _, n := range lengths {
		left[n]++
	}
	left[0] = 0
	var codes, places [17]int // the next code of each length, and its place among all codes
	longest := 0
	for n := 1; n < 16; n++ {
		codes[n+1] = (codes[n] + left[n]) << 1
		places[n+1] = places[n] + left[n]
		if left[n] > 0 {
			longest = n
		}
	}
	all := places[16]
	if all > 0 && codes[longest]+left[longest] != 1<<longest && !(all == 1 && longest == 1) {
		return errCorrupt
	}
	var sorted [maxLiterals]uint16
	for s, n := range lengths {
		if n > 0 {
			sorted[places[n]] = uint16(s)
			places[n]++
		}
	}
	root, used := bits.Len(uint(len(entries)))-1, 0
	for _, s := range sorted[:all] {
		n := int(lengths[s])
		code := int(bits.Reverse16(uint16(codes[n]))) >> (16 - n)
		codes[n]++
		e := symbols[s]
		switch {
		case e&isLiteral != 0:
			e += entry(n)
		case e != 0:
			e += entry(n | n<<after)
		}
		if n <= root {
			for ; code < len(entries); code += 1 << n {
				entries[code] = e
			}
			continue
		}
		link := &entries[code&(len(entries)-1)]
		if *link == 0 {
			more := linkBits(&left, n, root, longest)
			if used+1<<more > len(links) {
				return errCorrupt
			}
			*link = isLink | entry(used<<8|more)
			used += 1 << more
		}
		left[n]--
		behind := links[*link>>8&0xffff:][:1<<(*link&15)]
		for code >>= root; code < len(behind); code += 1 << (n - root) {
			behind[code] = e
		}
	}
	return nil
}

// linkBits returns how many bits choose among the codes that share the first bits with the next
// code, which has n bits. There are as many such codes as fill the space after the shared bits.
func linkBits(left *[16]int, n, root, longest int) int {
	free := 1 << (n - root)
	for ; n < longest; n++ {
		if free -= left[n]; free <= 0 {
			break
		}
		free <<= 1
	}
	return n - root
}

// pair puts two literals into an entry where both codes fit.
func (t *literalTable) pair() {
	// From the end, so that the entry for the second literal still has only one.
	for i := len(t.entries) - 1; i >= 0; i-- {
		e := t.entries[i]
		if e&isLiteral == 0 {
			continue
		}
		second := t.entries[i>>(e&15)]
		if second&isLiteral != 0 && e&15+second&15 <= literalBits {
			t.entries[i] = e + 1<<24 + second&15 + second&0xff00<<8
		}
	}
}

// fixedCodes makes the tables of the fixed codes (RFC 1951 3.2.6).
func (z *inflater) fixedCodes() error {
	var lengths [maxLiterals + maxDistances]uint8
	for s := range lengths {
		switch {
		case s < 144:
			lengths[s] = 8
		case s < 256:
			lengths[s] = 9
		case s < 280:
			lengths[s] = 7
		case s < maxLiterals:
			lengths[s] = 8
		default:
			lengths[s] = 5
		}
	}
	return z.setCodes(lengths[:maxLiterals], lengths[maxLiterals:])
}

// setCodes makes both tables from the lengths of codes.
func (z *inflater) setCodes(literals, distances []uint8) error {
	err := build(z.literals.entries[:], z.literals.links[:], literalSymbols[:], literals, afterLength)
	if err != nil {
		return err
	}
	z.literals.pair()
	return build(z.distances.entries[:], z.distances.links[:], distanceSymbols[:], distances, afterDistance)
}

// lengthOrder is the order in which the file has the lengths of the codes for lengths.
var lengthOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// dynamicCodes reads the codes of a block (RFC 1951 3.2.7).
func (z *inflater) dynamicCodes() error {
	literals, distances, n := 257+z.in.bits(5), 1+z.in.bits(5), 4+z.in.bits(4)
	if literals > 286 || distances > 30 {
		return errCorrupt
	}
	var shortest [19]uint8
	for _, s := range lengthOrder[:n] {
		shortest[s] = uint8(z.in.bits(3))
	}
	var entries [1 << 7]entry
	if err := build(entries[:], nil, literalSymbols[:], shortest[:], 0); err != nil {
		return err
	}
	var lengths [286 + 30]uint8
	all := lengths[:literals+distances]
	for i := 0; i < len(all); {
		e := entries[z.in.peek(7)]
		if e == 0 {
			return errCorrupt
		}
		z.in.skipBits(int(e & 63))
		s, repeat := uint8(e>>8), 1
		switch s {
		case 16:
			if i == 0 {
				return errCorrupt
			}
			s, repeat = all[i-1], 3+z.in.bits(2)
		case 17:
			s, repeat = 0, 3+z.in.bits(3)
		case 18:
			s, repeat = 0, 11+z.in.bits(7)
		}
		if repeat > len(all)-i {
			return errCorrupt
		}
		for range repeat {
			all[i] = s
			i++
		}
	}
	return z.setCodes(all[:literals], all[literals:])
}
