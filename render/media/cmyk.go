package media

import (
	"errors"
	"math"
)

// This file converts inks to sRGB. A CMYK profile has tables for that, measured on paper.
// References in comments are to ICC.1:2022, the specification of profiles.

// inkSteps is how many amounts of each ink an inkTable has. LittleCMS uses the same number.
const inkSteps = 17

// inkMemory returns how many bytes it takes to make an inkTable from a profile of so many bytes:
// for the profile in parts and joined, for its grid, and for the table.
func inkMemory(profile int) int64 {
	return 4*int64(profile) + 2*3*inkSteps*inkSteps*inkSteps*inkSteps
}

// errInkProfile means that a CMYK profile is of no use.
var errInkProfile = errors.New("icc: invalid CMYK profile")

// inkTable has the colour in sRGB of all amounts of ink.
type inkTable struct {
	grid inkGrid
}

// newInkTable reads a CMYK profile. Like littleCMS by default, it makes perceptual colours, with
// the darkest one mapped to black.
func newInkTable(profile []byte) (*inkTable, error) {
	inks, err := readInks(profile)
	if err != nil {
		return nil, err
	}
	black := inks.black()
	t := &inkTable{inkGrid{sizes: [4]int{inkSteps, inkSteps, inkSteps, inkSteps}}}
	t.grid.values = make([]uint16, 0, 3*inkSteps*inkSteps*inkSteps*inkSteps)
	const last = inkSteps - 1
	for i := range inkSteps * inkSteps * inkSteps * inkSteps {
		c, m, y, k := i/(inkSteps*inkSteps*inkSteps), i/(inkSteps*inkSteps)%inkSteps, i/inkSteps%inkSteps, i%inkSteps
		xyz := inks.xyz([4]float64{float64(c) / last, float64(m) / last, float64(y) / last, float64(k) / last})
		for j, v := range xyz {
			xyz[j] = profileWhite[j] * (v - black[j]) / (profileWhite[j] - black[j])
		}
		for _, v := range sRGB(xyz) {
			t.grid.values = append(t.grid.values, uint16(v*65535+0.5))
		}
	}
	return t, nil
}

// rgb converts one pixel. 255 means full ink.
func (t *inkTable) rgb(c, m, y, k uint8) (r, g, b uint8) {
	v := t.grid.at([4]float32{float32(c) / 255, float32(m) / 255, float32(y) / 255, float32(k) / 255})
	return uint8(v[0]/257 + 0.5), uint8(v[1]/257 + 0.5), uint8(v[2]/257 + 0.5)
}

// profileWhite is the white point of profiles, as XYZ (7.2.16).
var profileWhite = [3]float64{0.9642, 1, 0.8249}

// sRGB converts XYZ under D50 to sRGB, by the inverse of the matrix in profiles of sRGB. It clips
// each of the three colours to what sRGB has.
func sRGB(xyz [3]float64) [3]float64 {
	x, y, z := xyz[0], xyz[1], xyz[2]
	linear := [3]float64{
		3.1338561*x - 1.6168667*y - 0.4906146*z,
		-0.9787684*x + 1.9161415*y + 0.0334540*z,
		0.0719453*x - 0.2289914*y + 1.4052427*z,
	}
	for i, v := range linear {
		linear[i] = fromLight(unit(v))
	}
	return linear
}

// fromLight converts an amount of light, 0 to 1, to a sample of sRGB (IEC 61966-2-1).
func fromLight(v float64) float64 {
	if v <= 0.0031308 {
		return 12.92 * v
	}
	return 1.055*math.Pow(v, 1/2.4) - 0.055
}

// unit limits v to 0 to 1. NaN becomes 0.
func unit(v float64) float64 {
	if !(v > 0) {
		return 0
	}
	return min(v, 1)
}

// inks has the parts of a profile's table that converts inks to colours, in the order of their use.
// Missing parts are nil.
type inks struct {
	perceptual4 bool // the fixed black of version 4 applies
	before      []curve
	grid        inkGrid
	middle      []curve
	matrix      *[12]float64
	after       []curve
	toXYZ       func([3]float64) [3]float64 // from the result of the other parts, 0 to 1
}

// xyz returns the colour of amounts of ink.
func (p *inks) xyz(amounts [4]float64) [3]float64 {
	var at [4]float32
	for i, f := range p.before {
		at[i] = float32(f(amounts[i]))
	}
	var v [3]float64
	for i, entry := range p.grid.at(at) {
		v[i] = float64(entry) / 65535
	}
	for i, f := range p.middle {
		v[i] = f(v[i])
	}
	if m := p.matrix; m != nil {
		v = [3]float64{
			unit(m[0]*v[0] + m[1]*v[1] + m[2]*v[2] + m[9]),
			unit(m[3]*v[0] + m[4]*v[1] + m[5]*v[2] + m[10]),
			unit(m[6]*v[0] + m[7]*v[1] + m[8]*v[2] + m[11]),
		}
	}
	for i, f := range p.after {
		v[i] = f(v[i])
	}
	return p.toXYZ(v)
}

// black returns the darkest gray, which becomes black in sRGB: the gray of full ink or, in version
// 4, the fixed gray that all perceptual tables are made for (6.3).
func (p *inks) black() [3]float64 {
	if p.perceptual4 {
		return [3]float64{0.00336, 0.0034731, 0.00287}
	}
	full := p.xyz([4]float64{1, 1, 1, 1})
	const half = 0.184187 // Y of L* = 50; full ink is never lighter in a sane profile
	y := min(max(full[1], 0), half)
	return [3]float64{profileWhite[0] * y, profileWhite[1] * y, profileWhite[2] * y}
}

// fromLab converts L*a*b* to XYZ (ISO 13655).
func fromLab(l, a, b float64) [3]float64 {
	y := (l + 16) / 116
	cube := func(t float64) float64 {
		if t > 6.0/29 {
			return t * t * t
		}
		return 3 * (6.0 / 29) * (6.0 / 29) * (t - 4.0/29)
	}
	return [3]float64{profileWhite[0] * cube(y+a/500), profileWhite[1] * cube(y), profileWhite[2] * cube(y-b/200)}
}

// inkGrid is a table of three values for amounts of four inks. The first ink changes most slowly.
type inkGrid struct {
	sizes  [4]int // at least 2 each
	values []uint16
}

// at returns the values for amounts from 0 to 1. Between entries, it interpolates the first ink
// linearly, and the others in a tetrahedron. Unlike a cube, that keeps gray free of colour.
// LittleCMS does the same.
func (g *inkGrid) at(amounts [4]float32) [3]float32 {
	var part [4]float32 // how much of the way to the next entry, by ink
	var step [4]int     // offset of the next entry, by ink
	base, stride := 0, 3
	for i := 3; i >= 0; i-- {
		at := amounts[i] * float32(g.sizes[i]-1)
		entry := min(int(at), g.sizes[i]-2)
		part[i], step[i] = at-float32(entry), stride
		base += entry * stride
		stride *= g.sizes[i]
	}
	// The last three inks, sorted by their parts, the largest first.
	a, b, c := 1, 2, 3
	if part[a] < part[b] {
		a, b = b, a
	}
	if part[b] < part[c] {
		b, c = c, b
	}
	if part[a] < part[b] {
		a, b = b, a
	}
	low := g.tetrahedron(base, step[a], step[b], step[c], part[a], part[b], part[c])
	if part[0] == 0 {
		return low
	}
	high := g.tetrahedron(base+step[0], step[a], step[b], step[c], part[a], part[b], part[c])
	for i := range low {
		low[i] += part[0] * (high[i] - low[i])
	}
	return low
}

// tetrahedron interpolates between the corners of a tetrahedron, with a ≥ b ≥ c.
func (g *inkGrid) tetrahedron(base, stepA, stepB, stepC int, a, b, c float32) (out [3]float32) {
	v0 := g.values[base:][:3:3]
	v1 := g.values[base+stepA:][:3:3]
	v2 := g.values[base+stepA+stepB:][:3:3]
	v3 := g.values[base+stepA+stepB+stepC:][:3:3]
	for i := range out {
		out[i] = (1-a)*float32(v0[i]) + (a-b)*float32(v1[i]) + (b-c)*float32(v2[i]) + c*float32(v3[i])
	}
	return out
}
