package demo

import (
	"math"
	"math/rand/v2"
)

// noise is gradient noise over the plane. It is smooth, has no direction, and repeats only every
// 256 cells. All natural shapes (ridges, clouds, waves, dust) come from it.
type noise struct {
	perm [512]uint8
	grad [256][2]float32
}

// newNoise returns noise that depends on the next numbers of rnd.
func newNoise(rnd *rand.Rand) *noise {
	n := new(noise)
	for i, p := range rnd.Perm(256) {
		n.perm[i], n.perm[i+256] = uint8(p), uint8(p)
		sin, cos := math.Sincos(float64(i) / 256 * 2 * math.Pi)
		n.grad[i] = [2]float32{float32(cos), float32(sin)}
	}
	return n
}

// at returns the noise at a point, between about −1 and 1. Features are about one unit wide.
func (n *noise) at(x, y float32) float32 {
	ix, iy := floor(x), floor(y)
	fx, fy := x-float32(ix), y-float32(iy)
	u := fx * fx * fx * (fx*(fx*6-15) + 10)
	v := fy * fy * fy * (fy*(fy*6-15) + 10)
	// perm holds every value twice, so the cell after the last one needs no wrapping.
	a := int(n.perm[ix&255]) + iy&255
	b := int(n.perm[(ix+1)&255]) + iy&255
	g00, g10 := &n.grad[n.perm[a]], &n.grad[n.perm[b]]
	g01, g11 := &n.grad[n.perm[a+1]], &n.grad[n.perm[b+1]]
	top0 := g00[0]*fx + g00[1]*fy
	top1 := g10[0]*(fx-1) + g10[1]*fy
	low0 := g01[0]*fx + g01[1]*(fy-1)
	low1 := g11[0]*(fx-1) + g11[1]*(fy-1)
	top := top0 + u*(top1-top0)
	low := low0 + u*(low1-low0)
	return 1.45 * (top + v*(low-top))
}

// fbm sums octaves of noise (fractional Brownian motion). Each is twice as fine and half as strong
// as the one before, and rotated against it, so that the lattice does not show.
func (n *noise) fbm(x, y float32, octaves int) float32 {
	sum, amp := float32(0), float32(.5)
	for range octaves {
		sum += amp * n.at(x, y)
		x, y = 1.6*x+1.2*y+17.3, 1.6*y-1.2*x+5.1
		amp *= .5
	}
	return sum
}

// ridged is like fbm, but folded at zero. It has sharp crests and soft valleys, between 0 and about
// 1.
func (n *noise) ridged(x, y float32, octaves int) float32 {
	sum, amp, weight := float32(0), float32(.5), float32(1)
	for range octaves {
		v := 1 - abs(n.at(x, y))
		v *= v * weight
		// Detail belongs on the crests, because scree fills the valleys.
		weight = clamp(v * 1.9)
		sum += amp * v
		x, y = 1.6*x+1.2*y+3.7, 1.6*y-1.2*x+11.9
		amp *= .5
	}
	return sum
}

// dice returns a number in [0, 1) that looks random but depends only on the cell of a grid.
func dice(x, y int) float32 {
	h := uint32(x)*0x9e3779b1 ^ uint32(y)*0x85ebca77
	h ^= h >> 15
	h *= 0x2c1b3c6d
	h ^= h >> 12
	h *= 0x297a2d39
	h ^= h >> 15
	return float32(h>>8) / (1 << 24)
}

// floor returns the largest integer not above x.
func floor(x float32) int {
	i := int(x)
	if x < float32(i) {
		i--
	}
	return i
}

// clamp limits v to between 0 and 1. It compares, because min and max also handle NaN and take
// longer.
func clamp(v float32) float32 {
	if v < 0 {
		return 0
	}
	if v > 1 {
		return 1
	}
	return v
}

// smooth rises from 0 at a to 1 at b, without a kink at either end. It falls if b is below a.
func smooth(a, b, v float32) float32 {
	t := clamp((v - a) / (b - a))
	return t * t * (3 - 2*t)
}

// lerp interpolates between a at t = 0 and b at t = 1.
func lerp(a, b, t float32) float32 { return a + (b-a)*t }

// abs, sqrt, sin, cos, pow and hypot are the functions of package math for float32.
func abs(x float32) float32      { return float32(math.Abs(float64(x))) }
func sqrt(x float32) float32     { return float32(math.Sqrt(float64(x))) }
func sin(x float32) float32      { return float32(math.Sin(float64(x))) }
func cos(x float32) float32      { return float32(math.Cos(float64(x))) }
func pow(x, p float32) float32   { return float32(math.Pow(float64(x), float64(p))) }
func hypot(x, y float32) float32 { return sqrt(x*x + y*y) }

// exp approximates math.Exp to four digits, more than a picture shows, in a fraction of the time.
func exp(x float32) float32 {
	x = max(x*1.442695, -120)
	i := floor(x)
	f := x - float32(i)
	m := 1 + f*(.6951786+f*(.2274113+f*.0774101))
	return m * math.Float32frombits(uint32(i+127)<<23)
}
