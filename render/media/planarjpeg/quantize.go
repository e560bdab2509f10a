package planarjpeg

import (
	"math/bits"

	"firstframe/render/media/planar"
)

// quantizer divides the coefficients of one component. Its tables are in zigzag order.
type quantizer struct {
	table      [64]uint8 // the divisors
	limit      [64]int64 // the smallest magnitude that does not always become zero
	unit       [64]int64 // 1/256 of a divisor
	up         [64]int64 // is added to a magnitude before the division
	reciprocal [64]int64 // of a divisor, times 1<<(reciprocalBits-forwardBits)

	runs [64]int64 // what a 1 must have above its limit after a run of zeros, in units
	last int64     // and more if it is the last of its block

	within coefficients // the largest values that always become zero
}

// reciprocalBits is the precision of a quotient.
const reciprocalBits = 40

// set makes the tables for a component and a quality.
func (q *quantizer) set(component, quality int) {
	quality = min(max(quality, 1), 100)
	step, zone := &steps[component], zones[component].at(quality)
	q.within, q.runs, q.last = coefficients{}, zone.runs(), zone.last
	strength := strength(quality)
	for k := range q.table {
		v := divisor(step[zigzag[k]], strength)
		q.table[k] = uint8(v)
		q.unit[k] = v << forwardBits >> 8
		q.reciprocal[k] = 1<<(reciprocalBits-forwardBits)/v + 1
		limit, up := int64(128), int64(128)
		if k > 0 {
			limit, up = zone.zero, 256-zone.round
		}
		q.limit[k], q.up[k] = limit*q.unit[k], up*q.unit[k]
		i := packed(int(zigzag[k]))
		q.within[i&31] += (q.limit[k] - 1) << (i & 32)
	}
}

// quantized has the coefficients of a block in zigzag order. Only the first one and those with a
// bit in some are valid. The others are zero.
type quantized struct {
	value [64]int32
	some  [2]uint64 // coefficients with a magnitude of at least 1, and of at least 2

	magnitude [64]int64 // of those with a bit in some, before the division
}

// divideBlock divides the coefficients of a block. Most become zero, so it looks for the others
// first, two at a time.
func (q *quantizer) divideBlock(c *coefficients, b *quantized) {
	const signs = 1<<63 | 1<<31
	found := uint64(0)
	for i, v := range c {
		// A half is negative if its coefficient does not become zero. In the upper half, this can
		// also happen at the limit, when the lower half borrows from it.
		outside := uint64(q.within[i]-v) | uint64(q.within[i]+v)
		found = found>>1 | outside&signs
	}
	b.value[0] = 0
	var some, more uint64
	for ; found != 0; found &= found - 1 {
		i := bits.TrailingZeros64(found)
		k, v := unpacked[i&63]&63, c.at(i)
		sign := v >> 63
		magnitude := v ^ sign - sign
		b.magnitude[k] = magnitude
		magnitude = q.divide(int(k), magnitude)
		b.value[k] = int32(magnitude ^ sign - sign)
		some |= uint64(min(magnitude, 1)) << k
		more |= uint64(min(magnitude>>1, 1)) << k
	}
	b.some = [2]uint64{some, more}
}

// divide divides the magnitude of the coefficient k, in zigzag order, and rounds it. What reaches
// the limit becomes at least 1.
func (q *quantizer) divide(k int, magnitude int64) int64 {
	if magnitude < q.limit[k&63] {
		return 0
	}
	return max((magnitude+q.up[k&63])*q.reciprocal[k&63]>>reciprocalBits, 1)
}

// plane makes the tokens of all blocks of a plane. Its last column and row fill up the blocks at
// its edges.
func (q *quantizer) plane(p planar.Plane, scans []*tokens) {
	var c coefficients
	var b quantized
	var edge [64]uint8
	for y := 0; y < p.Height; y += 8 {
		for x := 0; x < p.Width; x += 8 {
			src, stride := p.Pix[y*p.Stride+x:], p.Stride
			if x+8 > p.Width || y+8 > p.Height {
				for i := range edge {
					edge[i] = p.Row(min(y+i/8, p.Height-1))[min(x+i%8, p.Width-1)]
				}
				src, stride = edge[:], 8
			}
			c.forward(src, stride)
			q.divideBlock(&c, &b)
			q.thin(&b)
			for _, s := range scans {
				s.block(&b)
			}
		}
	}
	for _, s := range scans {
		s.end()
	}
}
