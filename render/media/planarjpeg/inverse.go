package planarjpeg

// block has the coefficients of a block, row by row. Each element holds two neighbours, one in its
// lower and one in its upper 32 bits, and the transforms compute with both at once. The sum of a +
// b·2³² and c + d·2³² has the sums of both pairs, and a product with a constant has both products,
// as long as no lower part leaves its 32 bits. A negative lower part makes the upper part one less;
// upper corrects that.
//
// The transforms follow the definition in T.81 A.3.3 for one dimension: first for the columns, then
// for the rows. They share the products that are the same for x and N-1-x.
//
// For blocks of N = 4 or 2 pixels a side, the transform of N points is applied to the lowest N × N
// coefficients. The point x of N, in cos((2x+1)uπ/2N), lies in the middle of 8/N of the 8 points.
// And these coefficients have no frequency that is too high for N points. So the result is the
// block without its higher frequencies, at half the size or less.
type block [32]int64

// add sets a coefficient that is not set yet.
func (b *block) add(at uint8, v int32) {
	b[at>>1&31] += int64(v) << (at & 1 * 32)
}

// Sums are √8 times the sums of the definition, in each dimension. So the coefficient 0 needs no
// product: its factor √(1/8) becomes 1. The factor 1/2 of the others becomes √2.
const (
	cosineBits = 12 // of the constants
	extraBits  = 4  // of the intermediate results
)

// cos1 to cos7 are constants, because the compiler makes faster code from them than from variables.
// A test compares them with √2·cos(kπ/16) in cosineBits.
const (
	cos1 = 5681
	cos2 = 5352
	cos3 = 4816
	cos5 = 3218
	cos6 = 2217
	cos7 = 1130
)

// lower returns the lower number in a word.
func lower(v int64) int64 { return int64(int32(v)) }

// upper returns the upper number in a word.
func upper(v int64) int64 { return (v + 1<<31) >> 32 }

// transpose turns two elements of a column into elements of two rows, and removes the extra bits of
// intermediate results.
func transpose(top, bottom int64) (left, right int64) {
	const shift, half = cosineBits - extraBits, 1 << (cosineBits - extraBits - 1)
	left = (lower(top)+half)>>shift + (lower(bottom)+half)>>shift<<32
	right = (upper(top)+half)>>shift + (upper(bottom)+half)>>shift<<32
	return left, right
}

// Final results are rounded, and 128 is added (T.81 A.3.1).
const (
	finalBits = cosineBits + extraBits + 3 // and a factor of 8 for √8 in two dimensions
	final     = 128<<finalBits + 1<<(finalBits-1)
)

// clamp removes finalBits and limits the result to a byte.
func clamp(v int64) uint8 {
	if v>>finalBits&^255 == 0 {
		return uint8(v >> finalBits)
	}
	return uint8(^(v >> 63))
}

// rotate returns p·x + q·y and q·x − p·y, with three products instead of four.
func rotate(p, q, x, y int64) (a, b int64) {
	s := q * (x + y)
	return s + (p-q)*x, s - (p+q)*y
}

// points8 is the transform of eight points.
func points8(x0, x1, x2, x3, x4, x5, x6, x7 int64) (y0, y1, y2, y3, y4, y5, y6, y7 int64) {
	a, b := (x0+x4)<<cosineBits, (x0-x4)<<cosineBits
	c, d := rotate(cos2, cos6, x2, x6)
	e0, e1, e2, e3 := a+c, b+d, b-d, a-c
	p0, p3 := rotate(cos1, cos7, x1, x7)
	q0, q3 := rotate(cos3, cos5, x3, x5)
	p2, p1 := rotate(cos5, cos3, x1, x7)
	q1, q2 := rotate(cos7, cos1, x3, x5)
	o0, o1, o2, o3 := p0+q0, p1-q1, p2-q2, p3-q3
	return e0 + o0, e1 + o1, e2 + o2, e3 + o3, e3 - o3, e2 - o2, e1 - o1, e0 - o0
}

// points4 is the transform of four points.
func points4(x0, x1, x2, x3 int64) (y0, y1, y2, y3 int64) {
	a, b := (x0+x2)<<cosineBits, (x0-x2)<<cosineBits
	c, d := rotate(cos2, cos6, x1, x3)
	return a + c, b + d, b - d, a - c
}

// inverse8 makes 8 × 8 pixels.
func (b *block) inverse8(dst []uint8, stride int) {
	var rows [4][8]int64 // each of two rows
	for i := range 4 {
		y0, y1, y2, y3, y4, y5, y6, y7 := points8(b[i], b[i+4], b[i+8], b[i+12], b[i+16], b[i+20], b[i+24], b[i+28])
		rows[0][2*i], rows[0][2*i+1] = transpose(y0, y1)
		rows[1][2*i], rows[1][2*i+1] = transpose(y2, y3)
		rows[2][2*i], rows[2][2*i+1] = transpose(y4, y5)
		rows[3][2*i], rows[3][2*i+1] = transpose(y6, y7)
	}
	for i := range rows {
		r := &rows[i]
		y0, y1, y2, y3, y4, y5, y6, y7 := points8(r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7])
		p := dst[2*i*stride:][:8:8]
		p[0], p[1], p[2], p[3] = clamp(lower(y0)+final), clamp(lower(y1)+final), clamp(lower(y2)+final), clamp(lower(y3)+final)
		p[4], p[5], p[6], p[7] = clamp(lower(y4)+final), clamp(lower(y5)+final), clamp(lower(y6)+final), clamp(lower(y7)+final)
		p = dst[(2*i+1)*stride:][:8:8]
		p[0], p[1], p[2], p[3] = clamp(upper(y0)+final), clamp(upper(y1)+final), clamp(upper(y2)+final), clamp(upper(y3)+final)
		p[4], p[5], p[6], p[7] = clamp(upper(y4)+final), clamp(upper(y5)+final), clamp(upper(y6)+final), clamp(upper(y7)+final)
	}
}

// inverse4 makes 4 × 4 pixels.
func (b *block) inverse4(dst []uint8, stride int) {
	var rows [2][4]int64
	for i := range 2 {
		y0, y1, y2, y3 := points4(b[i], b[i+4], b[i+8], b[i+12])
		rows[0][2*i], rows[0][2*i+1] = transpose(y0, y1)
		rows[1][2*i], rows[1][2*i+1] = transpose(y2, y3)
	}
	for i := range rows {
		r := &rows[i]
		y0, y1, y2, y3 := points4(r[0], r[1], r[2], r[3])
		p := dst[2*i*stride:][:4:4]
		p[0], p[1], p[2], p[3] = clamp(lower(y0)+final), clamp(lower(y1)+final), clamp(lower(y2)+final), clamp(lower(y3)+final)
		p = dst[(2*i+1)*stride:][:4:4]
		p[0], p[1], p[2], p[3] = clamp(upper(y0)+final), clamp(upper(y1)+final), clamp(upper(y2)+final), clamp(upper(y3)+final)
	}
}

// inverse2 makes 2 × 2 pixels: √2·cos(π/4) is 1.
func (b *block) inverse2(dst []uint8, stride int) {
	const bits = finalBits - 3
	x0, x1 := lower(b[0])<<bits+final, upper(b[0])<<bits
	x2, x3 := lower(b[4])<<bits, upper(b[4])<<bits
	p := dst[:2:2]
	p[0], p[1] = clamp(x0+x1+x2+x3), clamp(x0-x1+x2-x3)
	p = dst[stride:][:2:2]
	p[0], p[1] = clamp(x0+x1-x2-x3), clamp(x0-x1-x2+x3)
}

// flat fills the pixels with their mean. The coefficient 0 is eight times the mean.
func (b *block) flat(dst []uint8, stride, points int) {
	v := clamp(lower(b[0])<<(finalBits-3) + final)
	for y := range points {
		row := dst[y*stride:][:points]
		for x := range row {
			row[x] = v
		}
	}
}
