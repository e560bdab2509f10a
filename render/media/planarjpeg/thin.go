package planarjpeg

import "math/bits"

// zone says how large a coefficient must be so that it is worth its bits. Everything is in 1/256 of
// a divisor.
//
// Trellis quantization (Crouse and Ramchandran, Joint thresholding and quantizer selection for
// transform image coding, IEEE Transactions on Image Processing 6(2), 1997) weighs the error of
// each coefficient against its bits, for all combinations in a block. Most of the gain comes from
// ones, because a one that becomes zero saves a symbol, and the most symbols behind long runs of
// zeros and at the end of a block. So this looks only at ones, once, with a rule for their bits.
//
// jpegli also widens the zone of zeros where a block and its neighbours are busy. Here, that gained
// nothing, whether busy meant many coefficients that are not zero, or large ones, or bright pixels.
type zone struct {
	zero  int64 // below this it becomes zero
	round int64 // from here on, a fraction is rounded up; at most zero
	run   int64 // more for each doubling of the run of zeros in front of a 1
	last  int64 // more for the last 1 of a block
}

// at returns the zone for a quality. From 90 to 100 it shrinks to plain rounding, because a file of
// the highest quality should have everything.
func (z zone) at(quality int) zone {
	part := int64(min(100-quality, 10))
	const half = 256 / 2
	return zone{
		zero:  half + (z.zero-half)*part/10,
		round: half + (z.round-half)*part/10,
		run:   z.run * part / 10,
		last:  z.last * part / 10,
	}
}

// runs returns what a 1 must have above its limit, by the run of zeros in front of it: the run
// times the binary logarithm, with straight lines between the powers of two.
func (z zone) runs() (worth [64]int64) {
	for i := range worth {
		n := int64(i + 1)
		whole := bits.Len64(uint64(n)) - 1
		worth[i] = z.run*int64(whole) + z.run*(n-1<<whole)>>whole
	}
	return worth
}

// thin removes coefficients of ±1 that are not worth their bits, from the last to the first.
func (q *quantizer) thin(b *quantized) {
	some := b.some[0]
	for ones := some &^ b.some[1] &^ 1; ones != 0; {
		k := (bits.Len64(ones) - 1) & 63
		bit := uint64(1) << k
		ones &^= bit
		worth := q.runs[(k-bits.Len64(some&(bit-1)|1))&63]
		if some < 2*bit {
			worth += q.last
		}
		if b.magnitude[k] < q.limit[k]+worth*q.unit[k] {
			some &^= bit
		}
	}
	b.some[0] = some
}
