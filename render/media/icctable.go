package media

import (
	"encoding/binary"
	"slices"
)

// iccTable is a tag that leads from pixels to colours by curves and a table of
// colours: lut8Type, lut16Type or lutAToBType (ICC.1:2022, 10.10 to 10.12).
// Parts that a kind does not have are nil.
type iccTable struct {
	kind    string // "mft1", "mft2" or "mAB "
	in      int    // channels of a pixel; those of the colour are three
	matrix  []byte // numbers of four bytes: nine, and for mAB twelve
	entries []byte // of mft2, how many points its curves have
	before  []byte // curves of the pixel's channels
	after   []byte // curves of the colour's channels
	middle  []byte // of mAB, curves between the table and the matrix
	grid    []int  // along each channel; nil if there is no table of colours
	depth   int    // bytes of a number in the table of colours
	colors  []byte
}

const outChannels = 3

// parseTable reads the tag of a profile for so many channels. It returns nil if
// the tag is damaged, or is for other pixels or of another kind.
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

// parseSimple reads a lut8Type or a lut16Type, whose parts follow each other.
func (t *iccTable) parseSimple(content []byte) *iccTable {
	rest, points, after := content[12:], 256, 256
	t.depth, t.matrix = 1, identityMatrix()
	if len(rest) < 36+4 {
		return nil
	}
	if t.in == 3 { // it means nothing for others
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

func identityMatrix() []byte {
	m := make([]byte, 36)
	m[1], m[17], m[33] = 1, 1, 1 // of numbers with 16 bits behind the point
	return m
}

// setGrid notes how many colours there are along each channel.
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

func (t *iccTable) colorsSize() int {
	size := outChannels * t.depth
	for _, n := range t.grid {
		size *= n
	}
	return size
}

// parseParts reads a lutAToBType, which says where its parts are.
func (t *iccTable) parseParts(content []byte) *iccTable {
	at := func(i int) int { return int(binary.BigEndian.Uint32(content[12+4*i:])) }
	for i := range 5 {
		if at(i) != 0 && (at(i) < 32 || at(i) >= len(content)) {
			return nil
		}
	}
	// A is needed with a table only, M with a matrix only.
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

// readCurves returns n curves. Each begins at a multiple of four bytes.
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

// encode writes the tag without gaps.
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

// thin leaves out every second colour of the table along each channel, and
// reports whether it could: what was between two that stay is about their mean.
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
	position := make([]int, len(t.grid)) // the last channel changes first
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
