package media

import (
	"encoding/binary"
	"math"
)

// readInks reads the table for perceptual colours, or else the first other table (8.10, 9.2.1).
func readInks(profile []byte) (*inks, error) {
	p, ok := parseProfile(profile)
	if !ok || p.space != "CMYK" || len(profile) > maxInkProfile {
		return nil, errInkProfile
	}
	for _, name := range iccTables {
		if t := p.tables[name]; t != nil {
			found := newInks(t, p.pcs == "Lab ")
			found.perceptual4 = name == "A2B0" && p.version == 4
			return found, nil
		}
	}
	return nil, errInkProfile
}

// newInks prepares a table for four channels. parseTable has checked it.
func newInks(t *iccTable, lab bool) *inks {
	p := &inks{grid: inkGrid{[4]int(t.grid), numbers(t.colors, t.depth)}}
	switch {
	case !lab:
		p.toXYZ = func(v [3]float64) [3]float64 { // 6.3.4
			const scale = 1 + 32767.0/32768
			return [3]float64{v[0] * scale, v[1] * scale, v[2] * scale}
		}
	case t.kind == "mft2":
		p.toXYZ = func(v [3]float64) [3]float64 { // 10.10: as in version 2
			return fromLab(v[0]*65535/65280*100, v[1]*65535/256-128, v[2]*65535/256-128)
		}
	default:
		p.toXYZ = func(v [3]float64) [3]float64 { // 6.3.4
			return fromLab(v[0]*100, v[1]*255-128, v[2]*255-128)
		}
	}
	if t.kind != "mAB " {
		p.before, p.after = sampledCurves(t.before, 4, t.depth), sampledCurves(t.after, outChannels, t.depth)
		return p // the matrix applies only to input in XYZ
	}
	p.before, p.middle, p.after = curves(t.before), curves(t.middle), curves(t.after)
	if t.matrix != nil {
		p.matrix = new([12]float64)
		for i := range p.matrix {
			p.matrix[i] = fixed(t.matrix[4*i:])
		}
	}
	return p
}

// numbers reads numbers of one or two bytes, as 0 to 65535.
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

// sampled returns a curve that interpolates a table of at least two entries.
func sampled(table []uint16) curve {
	return func(v float64) float64 {
		at := unit(v) * float64(len(table)-1)
		i := min(int(at), len(table)-2)
		low, high := float64(table[i]), float64(table[i+1])
		return (low + (at-float64(i))*(high-low)) / 65535
	}
}

// sampledCurves returns n curves with equally many entries.
func sampledCurves(data []byte, n, width int) (out []curve) {
	size := len(data) / n
	for i := range n {
		out = append(out, sampled(numbers(data[i*size:][:size], width)))
	}
	return out
}

// curves returns curves that exactCurve has checked (10.6 and 10.18). Each begins at a multiple of
// four bytes.
func curves(data []byte) (out []curve) {
	for len(data) > 0 {
		content, length := exactCurve(data)
		if string(content[:4]) == "para" {
			out = append(out, formula(binary.BigEndian.Uint16(content[8:]), content[12:]))
		} else {
			out = append(out, tableCurve(numbers(content[12:], 2)))
		}
		data = data[length+-length&3:]
	}
	return out
}

// tableCurve returns the curve of a table. No entry means the identity, and a single one is an
// exponent.
func tableCurve(table []uint16) curve {
	switch len(table) {
	case 0:
		return unit
	case 1:
		exponent := float64(table[0]) / 256
		return func(v float64) float64 { return unit(math.Pow(unit(v), exponent)) }
	}
	return sampled(table)
}

// formula returns the curve of one of five formulas.
func formula(kind uint16, parameters []byte) curve {
	var v [7]float64
	for i := range len(parameters) / 4 {
		v[i] = fixed(parameters[4*i:])
	}
	g, a, b, c, d, e, below := v[0], v[1], v[2], v[3], v[4], v[5], v[6]
	power := func(x float64) float64 { return math.Pow(max(a*x+b, 0), g) }
	var f curve
	switch kind {
	case 0:
		a = 1
		f = power
	case 1, 2: // only 2 has c
		f = func(x float64) float64 {
			if a*x+b < 0 {
				return c
			}
			return power(x) + c
		}
	default: // only 4 has e and f
		f = func(x float64) float64 {
			if x < d {
				return c*x + below
			}
			return power(x) + e
		}
	}
	return func(x float64) float64 { return unit(f(unit(x))) }
}

// fixed reads an s15Fixed16Number (4.6).
func fixed(data []byte) float64 { return float64(int32(binary.BigEndian.Uint32(data))) / 65536 }
