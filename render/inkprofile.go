package render

import (
	"encoding/binary"
	"math"
)

// readInks reads the table for perceptual colours, or another where there is
// none (8.10, 9.2.1).
func readInks(profile []byte) (*inks, error) {
	const headerSize, tagSize = 128, 12
	if len(profile) < headerSize+4 || len(profile) > maxInkProfile ||
		string(profile[36:40]) != "acsp" || string(profile[16:20]) != "CMYK" {
		return nil, errInkProfile
	}
	p := new(inks)
	lab := false
	switch string(profile[20:24]) {
	case "Lab ":
		lab = true
	case "XYZ ":
	default:
		return nil, errInkProfile
	}
	table := profile[headerSize+4:]
	tags := min(int64(binary.BigEndian.Uint32(profile[headerSize:])), int64(len(table)/tagSize))
	for _, want := range []string{"A2B0", "A2B1", "A2B2"} {
		for i := range tags {
			tag := table[i*tagSize:][:tagSize]
			if string(tag[:4]) != want {
				continue
			}
			data, ok := within(profile, binary.BigEndian.Uint32(tag[4:]), int64(binary.BigEndian.Uint32(tag[8:])))
			if !ok {
				return nil, errInkProfile
			}
			p.perceptual4 = want == "A2B0" && profile[8] >= 4
			return p, p.read(data, lab)
		}
	}
	return nil, errInkProfile
}

// within returns size bytes at the offset, if data has so many.
func within(data []byte, offset uint32, size int64) ([]byte, bool) {
	if int64(offset)+size > int64(len(data)) {
		return nil, false
	}
	return data[offset:][:size:size], true
}

func (p *inks) read(data []byte, lab bool) error {
	if len(data) < 32 || data[8] != 4 || data[9] != 3 { // inks, and what they become
		return errInkProfile
	}
	kind := string(data[:4])
	switch {
	case !lab:
		p.toXYZ = func(v [3]float64) [3]float64 { // 6.3.4
			const scale = 1 + 32767.0/32768
			return [3]float64{v[0] * scale, v[1] * scale, v[2] * scale}
		}
	case kind == "mft2":
		p.toXYZ = func(v [3]float64) [3]float64 { // 10.10: as in version 2
			return fromLab(v[0]*65535/65280*100, v[1]*65535/256-128, v[2]*65535/256-128)
		}
	default:
		p.toXYZ = func(v [3]float64) [3]float64 { // 6.3.4
			return fromLab(v[0]*100, v[1]*255-128, v[2]*255-128)
		}
	}
	switch kind {
	case "mft1":
		return p.readLut(data[48:], int(data[10]), 1, 256, 256)
	case "mft2":
		if len(data) < 52 {
			return errInkProfile
		}
		return p.readLut(data[52:], int(data[10]), 2,
			int(binary.BigEndian.Uint16(data[48:])), int(binary.BigEndian.Uint16(data[50:])))
	case "mAB ":
		return p.readLutAToB(data)
	}
	return errInkProfile
}

// readLut reads what follows the header of a lut8Type or a lut16Type (10.11 and
// 10.10): curves with so many entries for each ink, the grid, and curves for what
// comes out. The matrix in the header is for XYZ that goes in.
func (p *inks) readLut(data []byte, size, width, entriesIn, entriesOut int) error {
	if entriesIn < 2 || entriesIn > maxInkCurve || entriesOut < 2 || entriesOut > maxInkCurve {
		return errInkProfile
	}
	curves := func(n, entries int) (out []curve, ok bool) {
		for range n {
			var table []byte
			if table, ok = within(data, 0, int64(entries*width)); !ok {
				return nil, false
			}
			data = data[len(table):]
			out = append(out, sampled(numbers(table, width)))
		}
		return out, true
	}
	var ok bool
	if p.before, ok = curves(4, entriesIn); !ok {
		return errInkProfile
	}
	rest, ok := p.readGrid(data, [4]int{size, size, size, size}, width)
	if !ok {
		return errInkProfile
	}
	data = rest
	if p.after, ok = curves(3, entriesOut); !ok {
		return errInkProfile
	}
	return nil
}

// readLutAToB reads a lutAToBType (10.12): four curves, the grid, three curves, a
// matrix, three curves. Of these, the first two must be there together, as four
// inks do not become three values otherwise.
func (p *inks) readLutAToB(data []byte) error {
	offset := func(at int) uint32 { return binary.BigEndian.Uint32(data[at:]) }
	curvesB, matrix, curvesM, grid, curvesA := offset(12), offset(16), offset(20), offset(24), offset(28)
	var ok bool
	if p.before, ok = readInkCurves(data, curvesA, 4); !ok {
		return errInkProfile
	}
	head, ok := within(data, grid, 20)
	if !ok || head[16] != 1 && head[16] != 2 {
		return errInkProfile
	}
	sizes := [4]int{int(head[0]), int(head[1]), int(head[2]), int(head[3])}
	if _, ok = p.readGrid(data[grid+20:], sizes, int(head[16])); !ok {
		return errInkProfile
	}
	if curvesM != 0 {
		if p.middle, ok = readInkCurves(data, curvesM, 3); !ok {
			return errInkProfile
		}
	}
	if matrix != 0 {
		table, ok := within(data, matrix, 12*4)
		if !ok {
			return errInkProfile
		}
		p.matrix = new([12]float64)
		for i := range p.matrix {
			p.matrix[i] = fixed(table[4*i:])
		}
	}
	if p.after, ok = readInkCurves(data, curvesB, 3); !ok {
		return errInkProfile
	}
	return nil
}

// readGrid reads the entries of the grid, and returns what follows them.
func (p *inks) readGrid(data []byte, sizes [4]int, width int) (rest []byte, ok bool) {
	bytes := int64(3 * width)
	for _, n := range sizes {
		if n < 2 {
			return nil, false
		}
		if bytes *= int64(n); bytes > int64(len(data)) {
			return nil, false
		}
	}
	p.grid = inkGrid{sizes, numbers(data[:bytes], width)}
	return data[bytes:], true
}

// numbers are numbers of one or two bytes, from 0 to 65535.
func numbers(data []byte, width int) []uint16 {
	out := make([]uint16, len(data)/width)
	for i := range out {
		if width == 1 {
			out[i] = uint16(data[i]) * 257
		} else {
			out[i] = binary.BigEndian.Uint16(data[2*i:])
		}
	}
	return out
}

// curve is a function from 0 to 1 to the same range.
type curve func(float64) float64

// sampled is a curve between entries of a table, of which there are at least two.
func sampled(table []uint16) curve {
	return func(v float64) float64 {
		at := unit(v) * float64(len(table)-1)
		i := min(int(at), len(table)-2)
		low, high := float64(table[i]), float64(table[i+1])
		return (low + (at-float64(i))*(high-low)) / 65535
	}
}

// readInkCurves reads so many curves (10.6 and 10.18), each of which begins at a
// multiple of four bytes.
func readInkCurves(data []byte, offset uint32, n int) (out []curve, ok bool) {
	for range n {
		head, ok := within(data, offset, 12)
		if !ok {
			return nil, false
		}
		var f curve
		var size int64
		switch string(head[:4]) {
		case "curv":
			f, size = readTable(data[offset+12:], binary.BigEndian.Uint32(head[8:]))
		case "para":
			f, size = readFormula(data[offset+12:], binary.BigEndian.Uint16(head[8:]))
		}
		if f == nil {
			return nil, false
		}
		out = append(out, f)
		offset += uint32(12+size+3) &^ 3
	}
	return out, true
}

// readTable reads a curve of so many entries: none means the identity, and one
// an exponent (10.6). It returns nil if there is none.
func readTable(data []byte, entries uint32) (f curve, size int64) {
	size = 2 * int64(entries)
	if entries > maxInkCurve || size > int64(len(data)) {
		return nil, 0
	}
	table := numbers(data[:size], 2)
	switch entries {
	case 0:
		return unit, size
	case 1:
		exponent := float64(table[0]) / 256
		return func(v float64) float64 { return unit(math.Pow(unit(v), exponent)) }, size
	}
	return sampled(table), size
}

// readFormula reads a curve that is given by the parameters of a formula (10.18).
// It returns nil if there is none.
func readFormula(data []byte, kind uint16) (f curve, size int64) {
	counts := [...]int{1, 3, 4, 5, 7}
	if int(kind) >= len(counts) || 4*counts[kind] > len(data) {
		return nil, 0
	}
	var v [7]float64
	for i := range counts[kind] {
		v[i] = fixed(data[4*i:])
	}
	g, a, b, c, d, e, below := v[0], v[1], v[2], v[3], v[4], v[5], v[6]
	power := func(x float64) float64 { return math.Pow(max(a*x+b, 0), g) }
	var formula curve
	switch kind {
	case 0:
		a = 1
		formula = power
	case 1, 2: // of which only 2 has c
		formula = func(x float64) float64 {
			if a*x+b < 0 {
				return c
			}
			return power(x) + c
		}
	default: // of which only 4 has e and f
		formula = func(x float64) float64 {
			if x < d {
				return c*x + below
			}
			return power(x) + e
		}
	}
	return func(x float64) float64 { return unit(formula(unit(x))) }, int64(4 * counts[kind])
}

// fixed reads an s15Fixed16Number (4.6).
func fixed(data []byte) float64 { return float64(int32(binary.BigEndian.Uint32(data))) / 65536 }
