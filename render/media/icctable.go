package media

import (
	"encoding/binary"
	"slices"
)

// iccTable is a tag of a profile that maps pixels to colours, by curves and a table of colours. It
// is a lut8Type, a lut16Type or a lutAToBType (ICC.1:2022, 10.10 to 10.12). Parts that its type
// does not have are nil.
type iccTable struct {
	kind    string // "mft1", "mft2" or "mAB "
	in      int    // channels of a pixel; a colour has outChannels
	matrix  []byte // nine numbers of four bytes, or twelve for mAB
	entries []byte // for mft2, how many points its curves have
	before  []byte // curves for the channels of the pixel
	after   []byte // curves for the channels of the colour
	middle  []byte // for mAB, curves between the table and the matrix
	grid    []int  // points along each channel; nil without a table of colours
	depth   int    // bytes of a number in the table of colours
	colors  []byte // the table of colours
}

// outChannels is how many channels a colour has.
const outChannels = 3

// parseTable reads a tag of a profile for pixels with so many channels. It returns nil if the tag
// is damaged, for other pixels, or of another type.
func parseTable(content []byte, channels int) *iccTable {
	if len(content) < 32 || int(content[8]) != channels || content[9] != outChannels {
		return nil
	}
	t := &iccTable{kind: string(content[:4]), in: channels}
	switch t.kind {
	case "mft1", "mft2":
		return t.parseSimple(content)
	case "mAB ":
		return t.parseParts(content)
	}
	return nil
}

// parseSimple reads a lut8Type or a lut16Type. Its parts follow each other.
func (t *iccTable) parseSimple(content []byte) *iccTable {
	rest, points, after := content[12:], 256, 256
	t.depth, t.matrix = 1, identityMatrix()
	if len(rest) < 36+4 {
		return nil
	}
	if t.in == 3 { // otherwise it means nothing
		t.matrix = slices.Clone(rest[:36])
	}
	rest = rest[36:]
	if t.kind == "mft2" {
		points, after = int(binary.BigEndian.Uint16(rest)), int(binary.BigEndian.Uint16(rest[2:]))
		if points < 2 || points > maxCurve || after < 2 || after > maxCurve {
			return nil
		}
		t.entries, rest, t.depth = slices.Clone(rest[:4]), rest[4:], 2
	}
	if !t.setGrid(slices.Repeat([]byte{content[10]}, t.in)) {
		return nil
	}
	for _, part := range []struct {
		to   *[]byte
		size int
	}{{&t.before, t.in * points * t.depth}, {&t.colors, t.colorsSize()}, {&t.after, outChannels * after * t.depth}} {
		if part.size > len(rest) {
			return nil
		}
		*part.to, rest = slices.Clone(rest[:part.size]), rest[part.size:]
	}
	return t
}

// identityMatrix returns the matrix that changes nothing.
func identityMatrix() []byte {
	m := make([]byte, 36)
	m[1], m[17], m[33] = 1, 1, 1 // the numbers have 16 bits after the binary point
	return m
}

// setGrid notes how many points the table of colours has along each channel. It reports whether the
// table is within the limits.
func (t *iccTable) setGrid(points []byte) bool {
	size := outChannels * t.depth
	t.grid = nil
	for _, n := range points {
		if n < 2 || n > maxGrid {
			return false
		}
		if size *= int(n); size > maxProfile {
			return false
		}
		t.grid = append(t.grid, int(n))
	}
	return true
}

// colorsSize returns the size of the table of colours, in bytes.
func (t *iccTable) colorsSize() int {
	size := outChannels * t.depth
	for _, n := range t.grid {
		size *= n
	}
	return size
}

// parseParts reads a lutAToBType. It has the offsets of its parts.
func (t *iccTable) parseParts(content []byte) *iccTable {
	at := func(i int) int { return int(binary.BigEndian.Uint32(content[12+4*i:])) }
	for i := range 5 {
		if at(i) != 0 && (at(i) < 32 || at(i) >= len(content)) {
			return nil
		}
	}
	// A and the table come together, and so do M and the matrix.
	b, matrix, m, table, a := at(0), at(1), at(2), at(3), at(4)
	if b == 0 || (matrix == 0) != (m == 0) || (table == 0) != (a == 0) || table == 0 && t.in != outChannels {
		return nil
	}
	ok := true
	curves := func(offset, n int) []byte {
		if offset == 0 {
			return nil
		}
		found := readCurves(content[offset:], n)
		ok = ok && found != nil
		return found
	}
	t.after, t.middle, t.before = curves(b, outChannels), curves(m, outChannels), curves(a, t.in)
	if matrix != 0 {
		if len(content)-matrix < 48 {
			return nil
		}
		t.matrix = slices.Clone(content[matrix : matrix+48])
	}
	if table != 0 {
		ok = ok && t.readColors(content[table:])
	}
	if !ok {
		return nil
	}
	return t
}

// readColors reads the table of colours of a lutAToBType.
func (t *iccTable) readColors(content []byte) bool {
	const head = 20
	if len(content) < head {
		return false
	}
	t.depth = int(content[16])
	if t.depth != 1 && t.depth != 2 || !t.setGrid(content[:t.in]) || len(content)-head < t.colorsSize() {
		return false
	}
	t.colors = slices.Clone(content[head : head+t.colorsSize()])
	return true
}

// readCurves returns n curves, or nil. Each begins at a multiple of four bytes.
func readCurves(content []byte, n int) []byte {
	var out []byte
	for range n {
		curve, length := exactCurve(content)
		if curve == nil {
			return nil
		}
		out = append(append(out, curve...), make([]byte, -length&3)...)
		content = content[min(len(content), length+-length&3):]
	}
	return out
}

// encode returns the tag without gaps.
func (t *iccTable) encode() []byte {
	out := append([]byte(t.kind), 0, 0, 0, 0, byte(t.in), outChannels, 0, 0)
	if t.kind != "mAB " {
		out[10] = byte(t.grid[0])
		return slices.Concat(out, t.matrix, t.entries, t.before, t.colors, t.after)
	}
	out = append(out, make([]byte, 20)...)
	add := func(i int, part []byte) {
		if part != nil {
			binary.BigEndian.PutUint32(out[12+4*i:], uint32(len(out)))
			out = append(append(out, part...), make([]byte, -len(part)&3)...)
		}
	}
	add(0, t.after)
	add(1, t.matrix)
	add(2, t.middle)
	if t.grid != nil {
		head := make([]byte, 20)
		for i, n := range t.grid {
			head[i] = byte(n)
		}
		head[16] = byte(t.depth)
		add(3, append(head, t.colors...))
	}
	add(4, t.before)
	return out
}

// thin drops every second point of the table along each channel, and reports whether it could. The
// colour of a dropped point is about the mean of its neighbours.
func (t *iccTable) thin() bool {
	const coarsest = 9
	for _, n := range t.grid {
		if n%2 == 0 || (n+1)/2 < coarsest {
			return false
		}
	}
	if t.grid == nil {
		return false
	}
	size := outChannels * t.depth
	var thinned []byte
	position := make([]int, len(t.grid)) // the last channel changes fastest
	for at := 0; at < len(t.colors); at += size {
		if !slices.ContainsFunc(position, func(p int) bool { return p%2 == 1 }) {
			thinned = append(thinned, t.colors[at:at+size]...)
		}
		for i := len(position) - 1; i >= 0; i-- {
			if position[i]++; position[i] < t.grid[i] {
				break
			}
			position[i] = 0
		}
	}
	t.colors = thinned
	for i, n := range t.grid {
		t.grid[i] = (n + 1) / 2
	}
	return true
}
