package media

import (
	"encoding/binary"
	"math"
)

// primaries has the chromaticities x and y of white, red, green and blue.
type primaries [8]float64

// primariesOfSRGB has the primaries of sRGB.
var primariesOfSRGB = primaries{0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06}

// profile returns an ICC profile for pixels with these primaries and the curve of sRGB. It returns
// nil if the primaries are nearly the primaries of sRGB, according to libpng's measure, or if no
// screen can have them.
func (p *primaries) profile() []byte {
	near := true
	for i, v := range p {
		near = near && math.Abs(v-primariesOfSRGB[i]) <= 0.01
	}
	if near {
		return nil
	}
	toXYZ, adaptation, ok := p.matrices()
	if !ok {
		return nil
	}
	column := func(i int) []byte { return xyzTag(toXYZ[0][i], toXYZ[1][i], toXYZ[2][i]) }
	chad := []byte("sf32\x00\x00\x00\x00")
	for _, row := range adaptation {
		chad = appendFixed(chad, row[:]...)
	}
	curve := appendFixed([]byte("para\x00\x00\x00\x00\x00\x03\x00\x00"), 2.4, 1/1.055, 0.055/1.055, 1/12.92, 0.04045)
	profile := iccProfile{space: "RGB ", pcs: "XYZ ", version: 4, tags: map[string][]byte{
		"wtpt": xyzTag(profileWhite[0], profileWhite[1], profileWhite[2]), "chad": chad,
		"rXYZ": column(0), "gXYZ": column(1), "bXYZ": column(2),
		"rTRC": curve, "gTRC": curve, "bTRC": curve,
	}}
	return profile.encode()
}

// colorsOfGray returns an ICC profile for RGB that shows pixels with three equal samples as a
// profile for gray shows pixels with one. It returns nil if there is no such profile, or nothing to
// do: the pixels then count as sRGB.
func colorsOfGray(profile []byte) []byte {
	gray, ok := parseProfile(profile)
	if !ok || gray.space != "GRAY" || gray.pcs != "XYZ " {
		return nil
	}
	curve := gray.tags["kTRC"]
	toXYZ, _, _ := primariesOfSRGB.matrices()
	column := func(i int) []byte { return xyzTag(toXYZ[0][i], toXYZ[1][i], toXYZ[2][i]) }
	p := iccProfile{space: "RGB ", pcs: "XYZ ", version: gray.version, intent: gray.intent, tags: map[string][]byte{
		"wtpt": xyzTag(profileWhite[0], profileWhite[1], profileWhite[2]),
		"rXYZ": column(0), "gXYZ": column(1), "bXYZ": column(2),
		"rTRC": curve, "gTRC": curve, "bTRC": curve,
	}}
	return p.encode()
}

// matrices returns the matrix from linear RGB to XYZ under D50, and the one from the primaries'
// white to D50 by Bradford's method (ICC.1:2022, annex E). It reports whether they exist.
func (p *primaries) matrices() (toXYZ, adaptation matrix, ok bool) {
	var white [3]float64
	for i := range 4 {
		x, y := p[2*i], p[2*i+1]
		if !(x >= 0 && y > 0.001 && x+y <= 1) {
			return toXYZ, adaptation, false
		}
		xyz := [3]float64{x / y, 1, (1 - x - y) / y}
		if i == 0 {
			white = xyz
			continue
		}
		for j := range xyz {
			toXYZ[j][i-1] = xyz[j]
		}
	}
	inverse, ok := toXYZ.inverse()
	if !ok {
		return toXYZ, adaptation, false
	}
	light := inverse.apply(white)
	bradford := matrix{{0.8951, 0.2664, -0.1614}, {-0.7502, 1.7135, 0.0367}, {0.0389, -0.0685, 1.0296}}
	back, _ := bradford.inverse()
	from, to := bradford.apply(white), bradford.apply(profileWhite)
	for i := range 3 {
		if light[i] <= 0 || from[i] <= 0 {
			return toXYZ, adaptation, false // white is outside of the primaries
		}
		for j := range 3 {
			toXYZ[j][i] *= light[i]
			bradford[i][j] *= to[i] / from[i]
		}
	}
	adaptation = back.times(bradford)
	return adaptation.times(toXYZ), adaptation, true
}

// matrix has three rows.
type matrix [3][3]float64

// apply returns m · v.
func (m matrix) apply(v [3]float64) (out [3]float64) {
	for i, row := range m {
		out[i] = row[0]*v[0] + row[1]*v[1] + row[2]*v[2]
	}
	return out
}

// times returns m · n.
func (m matrix) times(n matrix) (out matrix) {
	for i := range 3 {
		for j := range 3 {
			out[i][j] = m[i][0]*n[0][j] + m[i][1]*n[1][j] + m[i][2]*n[2][j]
		}
	}
	return out
}

// inverse returns the inverse matrix, and whether it exists.
func (m matrix) inverse() (out matrix, ok bool) {
	for i := range 3 {
		for j := range 3 {
			a, b, c, d := (j+1)%3, (j+2)%3, (i+1)%3, (i+2)%3
			out[i][j] = m[a][c]*m[b][d] - m[a][d]*m[b][c]
		}
	}
	determinant := m[0][0]*out[0][0] + m[0][1]*out[1][0] + m[0][2]*out[2][0]
	if math.Abs(determinant) < 1e-6 {
		return out, false
	}
	for i := range 3 {
		for j := range 3 {
			out[i][j] /= determinant
		}
	}
	return out, true
}

// xyzTag returns a tag with one colour (ICC.1:2022, 10.31).
func xyzTag(x, y, z float64) []byte { return appendFixed([]byte("XYZ \x00\x00\x00\x00"), x, y, z) }

// appendFixed appends s15Fixed16Numbers (4.6).
func appendFixed(out []byte, values ...float64) []byte {
	for _, v := range values {
		out = binary.BigEndian.AppendUint32(out, uint32(int32(math.Round(v*65536))))
	}
	return out
}
