package planar

import "encoding/binary"

// The filter that halves a plane is Lanczos with three lobes, as imaging uses it for this ratio.
// The weights are in 128ths. The two outermost weights, which are the smallest, are left out. Each
// weight is for two samples at the same distance from the middle, the nearest first.
//
// halve computes with several samples in one 64-bit word. BenchmarkHalve compares it with the same
// filter for one sample at a time.
const (
	weight0, weight1, weight4 = 57, 17, 2
	weight2, weight3          = 8, 4 // negative

	reach = 4 // samples on each side of the two in the middle

	// bias keeps the sums positive. A word has four of them.
	bias = 2 * 255 * (weight2 + weight3)
)

// canHalve reports whether halve can be used on the way from a length to the wanted length. halve
// needs an even length of at least 16.
func canHalve(length, wanted int) bool {
	return length%2 == 0 && length >= 16 && length/2 >= wanted
}

// halve returns a plane of half the width and height. Both must be even and at least 16.
func halve(p Plane) Plane {
	out := NewPlane(p.Width/2, p.Height/2)
	// Sums of the even columns and of the odd columns, two bytes each, with margins.
	size := 2 * (out.Width + reach)
	sums := make([]byte, 2*size+2) // the last word that is read ends there
	even, odd := sums[:size], sums[size:2*size]
	for y := range out.Height {
		var rows [2 + 2*reach][]uint8
		for i := range rows {
			rows[i] = p.Row(min(max(2*y+i-reach, 0), p.Height-1))
		}
		sumColumns(even[reach:], odd[reach:], &rows)
		repeatEdges(even, odd)
		sumRow(out.Row(y), even, odd)
	}
	return out
}

// sumColumns filters eight columns at once. Of eight bytes of a row, the even ones become four
// numbers in one word and the odd ones four in another, and each step computes with all four.
func sumColumns(even, odd []byte, rows *[2 + 2*reach][]uint8) {
	const lanes, ones = 0x00ff00ff00ff00ff, 0x0001000100010001
	pair := func(i, x int) (even, odd uint64) {
		a, b := get(rows[reach-i][x:]), get(rows[reach+1+i][x:])
		return a&lanes + b&lanes, a>>8&lanes + b>>8&lanes
	}
	width := len(rows[0])
	for x := 0; x < width; x += 8 {
		x := min(x, width-8) // the last step can repeat some columns
		e0, o0 := pair(0, x)
		e1, o1 := pair(1, x)
		e2, o2 := pair(2, x)
		e3, o3 := pair(3, x)
		e4, o4 := pair(4, x)
		binary.LittleEndian.PutUint64(even[x:], weight0*e0+weight1*e1+weight4*e4+bias*ones-weight2*e2-weight3*e3)
		binary.LittleEndian.PutUint64(odd[x:], weight0*o0+weight1*o1+weight4*o4+bias*ones-weight2*o2-weight3*o3)
	}
}

// repeatEdges fills the margins with the first and the last sum.
func repeatEdges(even, odd []byte) {
	first := binary.LittleEndian.Uint16(even[reach:])
	end := len(even) - reach
	last := binary.LittleEndian.Uint16(odd[end-2:])
	for i := 0; i < reach; i += 2 {
		binary.LittleEndian.PutUint16(even[i:], first)
		binary.LittleEndian.PutUint16(odd[i:], first)
		binary.LittleEndian.PutUint16(even[end+i:], last)
		binary.LittleEndian.PutUint16(odd[end+i:], last)
	}
}

// sumRow filters the sums of the columns, four results at once. One word has the results for x and
// x+2 in its halves. Another word has the results for x+1 and x+3. It reads at i+1 what the first
// word reads at i.
func sumRow(dst []uint8, even, odd []byte) {
	const (
		shift = 14 // 128 × 128, for both directions
		lanes = 0x0000ffff0000ffff
		ones  = 1<<32 | 1
		// The weights of a direction add up to 128, so the sum contains the bias 128 times. Results
		// are 256 too large, so that no half borrows from the other.
		correction = 1<<(shift-1) - 128*bias + 256<<shift
		whole      = (1<<(32-shift) - 1) * ones
		bytes      = 0xff * ones
	)
	for x := 0; x < len(dst); x += 4 {
		x := min(x, len(dst)-4) // the last step can repeat up to three results
		e, o := even[2*x:][:18:18], odd[2*x:][:18:18]
		e0, e1, e2 := get(e)&lanes, get(e[2:])&lanes, get(e[4:])&lanes
		e3, e4, e5 := get(e[6:])&lanes, get(e[8:])&lanes, get(e[10:])&lanes
		o0, o1, o2 := get(o)&lanes, get(o[2:])&lanes, get(o[4:])&lanes
		o3, o4, o5 := get(o[6:])&lanes, get(o[8:])&lanes, get(o[10:])&lanes
		a := weight0*(e2+o2) + weight1*(o1+e3) + weight4*(e0+o4) + correction*ones - weight2*(e1+o3) - weight3*(o0+e4)
		b := weight0*(e3+o3) + weight1*(o2+e4) + weight4*(e1+o5) + correction*ones - weight2*(e2+o4) - weight3*(o1+e5)
		a, b = a>>shift&whole, b>>shift&whole
		d := dst[x:][:4:4]
		if ((a^256*ones)|(b^256*ones))&^bytes == 0 {
			v := a&bytes | b&bytes<<8
			binary.LittleEndian.PutUint32(d, uint32(v|v>>16))
			continue
		}
		d[0], d[1], d[2], d[3] = clamp(uint32(a)), clamp(uint32(b)), clamp(uint32(a>>32)), clamp(uint32(b>>32))
	}
}

// get reads a word.
func get(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

// clamp limits a result, which is 256 too large, to a byte.
func clamp(v uint32) uint8 {
	return uint8(min(max(v, 256), 511))
}
