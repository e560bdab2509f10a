package planarjpeg

import "encoding/binary"

// coefficients has the coefficients of a block, times 1<<forwardBits. Each word holds two
// coefficients: one of an even row in its lower half, and its neighbour in the odd row below in its
// upper half.
type coefficients [32]int64

// Extra bits of the forward transform.
const (
	forwardExtra = 3 // bits of the intermediate results
	forwardBits  = cosineBits + forwardExtra + 3
)

// packed returns the place of the coefficient i, row by row, among the halves of all words. The
// lower halves come first.
func packed(i int) int { return i/8%2*32 + i/16*8 + i%8 }

// at returns a coefficient. Unlike lower and upper, it needs no choice between the two: a processor
// cannot predict in which half the next coefficient is.
func (c *coefficients) at(packed int) int64 {
	half := packed & 32 // how many bits are below it
	return int64(int32((c[packed&31] + int64(half)<<26) >> half))
}

// unpacked has the places in zigzag order of packed coefficients.
var unpacked = func() (places [64]uint8) {
	for k, i := range zigzag[:64] {
		places[packed(int(i))] = uint8(k)
	}
	return places
}()

// forward is the forward transform of T.81 A.3.3. Like the inverse one, it handles one dimension
// after the other, with two numbers in a word. The first ones are columns x and x+4, which a mask
// extracts from the bytes of a row.
func (c *coefficients) forward(src []uint8, stride int) {
	const mask = 0xff000000ff
	var in [8]uint64
	for y := range in {
		in[y] = binary.LittleEndian.Uint64(src[y*stride:])
	}
	var rows [4][8]int64 // each of two rows
	for x := range 4 {
		s := uint(8 * x)
		y0, y1, y2, y3, y4, y5, y6, y7 := frequencies8(
			int64(in[0]>>s&mask), int64(in[1]>>s&mask), int64(in[2]>>s&mask), int64(in[3]>>s&mask),
			int64(in[4]>>s&mask), int64(in[5]>>s&mask), int64(in[6]>>s&mask), int64(in[7]>>s&mask))
		rows[0][x], rows[0][x+4] = forwardTranspose(y0, y1)
		rows[1][x], rows[1][x+4] = forwardTranspose(y2, y3)
		rows[2][x], rows[2][x+4] = forwardTranspose(y4, y5)
		rows[3][x], rows[3][x+4] = forwardTranspose(y6, y7)
	}
	for i := range rows {
		r := &rows[i]
		y0, y1, y2, y3, y4, y5, y6, y7 := frequencies8(r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7])
		d := c[8*i:][:8:8]
		d[0], d[1], d[2], d[3] = y0, y1, y2, y3
		d[4], d[5], d[6], d[7] = y4, y5, y6, y7
	}
	c[0] -= 128 * 8 << forwardBits // samples should be around zero (T.81 A.3.1)
}

// frequencies8 is the transform of points8 with a transposed matrix. Both handle the odd
// frequencies in the same way. A shared function for that would not be inlined: it made
// BenchmarkEncode 6 to 9 % slower.
func frequencies8(x0, x1, x2, x3, x4, x5, x6, x7 int64) (y0, y1, y2, y3, y4, y5, y6, y7 int64) {
	s0, s1, s2, s3 := x0+x7, x1+x6, x2+x5, x3+x4
	d0, d1, d2, d3 := x0-x7, x1-x6, x2-x5, x3-x4
	a, b, c, d := s0+s3, s1+s2, s0-s3, s1-s2
	y0 = (a + b) << cosineBits
	y4 = (a - b) << cosineBits
	y2, y6 = rotate(cos2, cos6, c, d)
	p0, p3 := rotate(cos1, cos7, d0, d3)
	q0, q3 := rotate(cos3, cos5, d1, d2)
	p2, p1 := rotate(cos5, cos3, d0, d3)
	q1, q2 := rotate(cos7, cos1, d1, d2)
	y1, y3, y5, y7 = p0+q0, p1-q1, p2-q2, p3-q3
	return y0, y1, y2, y3, y4, y5, y6, y7
}

// forwardTranspose is transpose for the extra bits of the forward transform.
func forwardTranspose(top, bottom int64) (left, right int64) {
	const shift, half = cosineBits - forwardExtra, 1 << (cosineBits - forwardExtra - 1)
	left = (lower(top)+half)>>shift + (lower(bottom)+half)>>shift<<32
	right = (upper(top)+half)>>shift + (upper(bottom)+half)>>shift<<32
	return left, right
}
