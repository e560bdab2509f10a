package planar

import "encoding/binary"

// halfWeights are the filter that halves a plane: Lanczos with three lobes, as
// imaging has it for this ratio, in 128ths and without its two outermost and
// smallest weights. Each is for two samples at the same distance, the first for
// those next to the middle.
const (
	weight0, weight1, weight4 = 57, 17, 2
	weight2, weight3          = 8, 4 // to be subtracted

	reach = 4 // samples on either side of the two in the middle

	// bias keeps the sums positive, of which there are four to a word.
	bias = 2 * 255 * (weight2 + weight3)
)

// canHalve tells whether halve can make a plane of this length, which is
// exact for even lengths only.
func canHalve(length, wanted int) bool {
	return length%2 == 0 && length >= 16 && length/2 >= wanted
}

// halve makes a plane of half the width and height, which must be even and at
// least 16.
func halve(p Plane) Plane {
	out := NewPlane(p.Width/2, p.Height/2)
	// Sums of the columns, in two bytes each: those of the even columns and
	// those of the odd ones, with margins.
	size := 2 * (out.Width + reach)
	sums := make([]byte, 2*size)
	even, odd := sums[:size], sums[size:]
	for y := range out.Height {
		var rows [2 + 2*reach][]uint8
		for i := range rows {
			rows[i] = p.Row(min(max(2*y+i-reach, 0), p.Height-1))
		}
		for x := 0; x < p.Width; x += 8 {
			x := min(x, p.Width-8) // the last eight may be done in part for the second time
			e, o := sumColumns(&rows, x)
			binary.LittleEndian.PutUint64(even[reach+x:], e)
			binary.LittleEndian.PutUint64(odd[reach+x:], o)
		}
		repeatEdges(even, odd)
		sumRow(out.Row(y), even, odd)
	}
	return out
}

// sumColumns filters eight columns. Of the eight bytes of a row, every second
// becomes one of four numbers in a word, which are calculated with at once.
func sumColumns(rows *[2 + 2*reach][]uint8, x int) (even, odd uint64) {
	const lanes, ones = 0x00ff00ff00ff00ff, 0x0001000100010001
	pair := func(i int) (even, odd uint64) {
		a := binary.LittleEndian.Uint64(rows[reach-i][x:])
		b := binary.LittleEndian.Uint64(rows[reach+1+i][x:])
		return a&lanes + b&lanes, a>>8&lanes + b>>8&lanes
	}
	e0, o0 := pair(0)
	e1, o1 := pair(1)
	e2, o2 := pair(2)
	e3, o3 := pair(3)
	e4, o4 := pair(4)
	even = weight0*e0 + weight1*e1 + weight4*e4 + bias*ones - weight2*e2 - weight3*e3
	odd = weight0*o0 + weight1*o1 + weight4*o4 + bias*ones - weight2*o2 - weight3*o3
	return even, odd
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

// sumRow filters the sums of the columns.
func sumRow(dst []uint8, even, odd []byte) {
	const (
		shift = 14 // 128 in both directions
		// The weights of a direction are 128 together, so that much of the bias
		// is in the sum.
		correction = 1<<(shift-1) - 128*bias
	)
	at := func(b []byte, i int) int { return int(binary.LittleEndian.Uint16(b[2*i:])) }
	for x := range dst {
		e, o := even[2*x:][:10:10], odd[2*x:][:10:10]
		v := weight0*(at(e, 2)+at(o, 2)) + weight1*(at(o, 1)+at(e, 3)) -
			weight2*(at(e, 1)+at(o, 3)) - weight3*(at(o, 0)+at(e, 4)) +
			weight4*(at(e, 0)+at(o, 4)) + correction
		v >>= shift
		if v&^255 != 0 {
			v = int(^(v >> 63))
		}
		dst[x] = uint8(v)
	}
}
