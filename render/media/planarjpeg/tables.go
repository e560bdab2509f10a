package planarjpeg

// steps has the divisors of luminance, Cb and Cr, row by row, times 16. They are for a quality near
// 82.
//
// They make files small at equal Butteraugli, a measure of how visible differences are. The tables
// of T.81 K.1 come from experiments on what a person can just see. Against Butteraugli they are too
// coarse at high frequencies and too fine at low ones. Cr is more visible than Cb, so it has its
// own table, which T.81 allows.
//
// A search found them: a smooth curve of the frequency, hypot(u, v), with six points for luminance
// and four for each plane of chroma, a point for each mean, and one for the diagonal. One point
// after the other was moved to where the logarithm of the bytes, plus 1.3 times the logarithm of
// the 3-norm, was smallest, with the zones below in place. It used 26 crops of 256 × 256 pixels of
// 13 photographs and drawings, at three qualities from 70 to 90. Pictures that it did not see gain
// as much. The program bench/quality shows the result. The ideas are from jpegli
// (https://github.com/google/jpegli); the numbers are our own.
var steps = [3][64]uint16{
	{
		79, 91, 103, 134, 154, 160, 149, 156,
		91, 91, 102, 128, 146, 150, 141, 152,
		103, 102, 115, 129, 147, 140, 133, 152,
		134, 128, 129, 138, 139, 132, 132, 156,
		154, 146, 147, 139, 132, 125, 142, 166,
		160, 150, 140, 132, 125, 137, 156, 180,
		149, 141, 133, 132, 142, 156, 175, 199,
		156, 152, 152, 156, 166, 180, 199, 223,
	},
	{
		98, 176, 281, 287, 294, 347, 411, 486,
		176, 214, 282, 288, 300, 353, 417, 486,
		281, 282, 286, 291, 318, 371, 434, 486,
		287, 288, 291, 306, 347, 399, 463, 486,
		294, 300, 318, 347, 388, 440, 486, 486,
		347, 353, 371, 399, 440, 486, 486, 486,
		411, 417, 434, 463, 486, 486, 486, 486,
		486, 486, 486, 486, 486, 486, 486, 486,
	},
	{
		98, 118, 146, 161, 178, 219, 269, 330,
		118, 129, 149, 164, 183, 223, 273, 330,
		146, 149, 158, 171, 196, 237, 287, 330,
		161, 164, 171, 187, 219, 260, 311, 330,
		178, 183, 196, 219, 251, 292, 330, 330,
		219, 223, 237, 260, 292, 330, 330, 330,
		269, 273, 287, 311, 330, 330, 330, 330,
		330, 330, 330, 330, 330, 330, 330, 330,
	},
}

// zones are those of luminance, Cb and Cr. The same search found them.
var zones = [3]zone{
	{zero: 144, round: 156, run: 17, last: 36},
	{zero: 144, round: 156, run: 5, last: 36},
	{zero: 144, round: 156, run: 5, last: 36},
}

// strengths is by how much the divisors grow when the quality falls, in 1/1024. Between two
// qualities there is a straight line. At 70, 82 and 90, the mean 3-norm of 24 pictures is what the
// tables of T.81 gave with the formula of the Independent JPEG Group, which most programs use. So a
// quality means the same as elsewhere.
var strengths = [...]struct{ quality, strength int }{
	{50, 2940}, {70, 1885}, {82, 1213}, {90, 726}, {95, 397}, {100, 0},
}

// strength returns the strength for a quality from 1 to 100.
func strength(quality int) int {
	lowest := strengths[0]
	if quality <= lowest.quality {
		return lowest.strength * lowest.quality / quality // as in the formula
	}
	i := 1
	for strengths[i].quality < quality {
		i++
	}
	a, b := strengths[i-1], strengths[i]
	return a.strength + (b.strength-a.strength)*(quality-a.quality)/(b.quality-a.quality)
}

// divisor scales a step by a strength.
func divisor(step uint16, strength int) int64 {
	const one = 16 * 1024
	return int64(min(max((int(step)*strength+one/2)/one, 1), 255))
}
