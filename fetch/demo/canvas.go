package demo

import (
	"image"
	"math"
	"math/rand/v2"
	"slices"
)

// canvas is a picture while it is painted. The unit of length is the picture's height: y runs from
// 0 at the top to 1, x from 0 to the aspect ratio. So a picture looks the same at every size.
type canvas struct {
	w, h   int
	aspect float32
	px     float32 // size of a pixel
	pix    []rgb
	alpha  []uint8 // opacity of each pixel; nil when all are opaque
	rnd    *rand.Rand
	*noise
	change []float32 // scratch memory of fill

	// The effects of lens and film, which develop adds.
	bloom    float32 // share of the highlights that is scattered, 0 to about 1
	grain    float32 // strength of the grain, in steps of 8-bit values
	vignette float32 // darkening of the corners, 0 to 1
}

// point is a place on the canvas.
type point struct{ x, y float32 }

// newCanvas returns a black canvas. The seed decides everything random that is painted on it.
func newCanvas(w, h int, seed uint64) *canvas {
	rnd := rand.New(rand.NewPCG(seed, 0x66697273746672))
	return &canvas{
		w: w, h: h,
		aspect: float32(w) / float32(h),
		px:     1 / float32(h),
		pix:    make([]rgb, w*h),
		rnd:    rnd,
		noise:  newNoise(rnd),
		bloom:  .25, grain: 1.6, vignette: .22,
	}
}

// between returns a random number in [a, b).
func (c *canvas) between(a, b float32) float32 { return lerp(a, b, c.rnd.Float32()) }

// each paints every pixel.
func (c *canvas) each(f func(x, y float32) rgb) {
	for j := range c.h {
		y := (float32(j) + .5) * c.px
		for i := range c.w {
			c.pix[j*c.w+i] = f((float32(i)+.5)*c.px, y)
		}
	}
}

// over repaints every pixel, given its colour so far.
func (c *canvas) over(f func(x, y float32, under rgb) rgb) {
	for j := range c.h {
		y := (float32(j) + .5) * c.px
		for i := range c.w {
			p := &c.pix[j*c.w+i]
			*p = f((float32(i)+.5)*c.px, y, *p)
		}
	}
}

// field computes f once for every step×step pixels and returns a function that interpolates. This
// is good enough for soft things, and takes a fraction of the time.
func (c *canvas) field(step int, f func(x, y float32) float32) func(x, y float32) float32 {
	return c.tallField(step, 1, f)
}

// tallField is like field, but covers an area as tall as several pictures: it continues below this
// one.
func (c *canvas) tallField(step, high int, f func(x, y float32) float32) func(x, y float32) float32 {
	w, h := c.w/step+3, high*c.h/step+3
	values := make([]float32, w*h)
	size := float32(step) * c.px
	for j := range h {
		for i := range w {
			values[j*w+i] = f(float32(i)*size, float32(j)*size)
		}
	}
	return func(x, y float32) float32 {
		x, y = clampTo(x/size, float32(w-2)), clampTo(y/size, float32(h-2))
		i, j := int(x), int(y)
		fx, fy := x-float32(i), y-float32(j)
		v := values[j*w+i : j*w+i+w+2]
		top := v[0] + fx*(v[1]-v[0])
		return top + fy*(v[w]+fx*(v[w+1]-v[w])-top)
	}
}

// clampTo limits v to between 0 and just below most.
func clampTo(v, most float32) float32 {
	if v < 0 {
		return 0
	}
	if v >= most-.001 {
		return most - .001
	}
	return v
}

// sample returns the interpolated colour at a place. Outside the picture it is the colour of the
// nearest edge.
func (c *canvas) sample(x, y float32) rgb {
	x, y = clampTo(x/c.px-.5, float32(c.w-1)), clampTo(y/c.px-.5, float32(c.h-1))
	i, j := int(x), int(y)
	fx, fy := x-float32(i), y-float32(j)
	p := c.pix[j*c.w+i : j*c.w+i+c.w+2]
	return mix(mix(p[0], p[1], fx), mix(p[c.w], p[c.w+1], fx), fy)
}

// paint returns the new colour of a pixel that a shape covers.
type paint func(x, y float32, under rgb) rgb

// flat paints one colour evenly.
func flat(col rgb, alpha float32) paint {
	return func(_, _ float32, under rgb) rgb { return mix(under, col, alpha) }
}

// light adds a colour instead of covering what is there.
func light(col rgb) paint {
	return func(_, _ float32, under rgb) rgb { return under.plus(col) }
}

// box returns the pixels around a rectangle, clipped to the picture.
func (c *canvas) box(x0, y0, x1, y1 float32) image.Rectangle {
	return image.Rect(floor(x0/c.px)-1, floor(y0/c.px)-1, floor(x1/c.px)+2, floor(y1/c.px)+2).
		Intersect(image.Rect(0, 0, c.w, c.h))
}

// disc paints a circle. Its edge fades over the width soft, at least a pixel.
func (c *canvas) disc(x, y, r, soft float32, f paint) {
	soft = max(soft, c.px)
	b := c.box(x-r-soft, y-r-soft, x+r+soft, y+r+soft)
	for j := b.Min.Y; j < b.Max.Y; j++ {
		py := (float32(j) + .5) * c.px
		for i := b.Min.X; i < b.Max.X; i++ {
			px := (float32(i) + .5) * c.px
			cover := clamp((r-hypot(px-x, py-y))/soft + .5)
			if cover > 0 {
				p := &c.pix[j*c.w+i]
				*p = mix(*p, f(px, py, *p), cover)
			}
		}
	}
}

// glow adds light that fades to nothing at r.
func (c *canvas) glow(x, y, r float32, col rgb) {
	b := c.box(x-r, y-r, x+r, y+r)
	for j := b.Min.Y; j < b.Max.Y; j++ {
		py := (float32(j)+.5)*c.px - y
		for i := b.Min.X; i < b.Max.X; i++ {
			px := (float32(i)+.5)*c.px - x
			t := 1 - (px*px+py*py)/(r*r)
			if t > 0 {
				p := &c.pix[j*c.w+i]
				*p = p.plus(col.times(t * t * t))
			}
		}
	}
}

// fill paints a polygon, each pixel in proportion to its covered area. Overlapping parts count once
// if they turn the same way.
func (c *canvas) fill(pts []point, f paint) {
	x0, y0, x1, y1 := pts[0].x, pts[0].y, pts[0].x, pts[0].y
	for _, p := range pts {
		x0, y0, x1, y1 = min(x0, p.x), min(y0, p.y), max(x1, p.x), max(y1, p.y)
	}
	b := c.box(x0, y0, x1, y1)
	if b.Empty() {
		return
	}
	// Each cell holds the change of cover from the pixel before it. Most of a row is empty, because
	// a thread is thin.
	stride := b.Dx() + 2
	c.change = slices.Grow(c.change[:0], stride*b.Dy())[:stride*b.Dy()]
	clear(c.change)
	last := pts[len(pts)-1]
	for _, p := range pts {
		edge(c.change, stride, b,
			point{last.x/c.px - float32(b.Min.X), last.y/c.px - float32(b.Min.Y)},
			point{p.x/c.px - float32(b.Min.X), p.y/c.px - float32(b.Min.Y)})
		last = p
	}
	for j := range b.Dy() {
		sum := float32(0)
		for i, d := range c.change[j*stride : j*stride+b.Dx()] {
			sum += d
			if cover := min(abs(sum), 1); cover > 1e-3 {
				x, y := b.Min.X+i, b.Min.Y+j
				p := &c.pix[y*c.w+x]
				*p = mix(*p, f((float32(x)+.5)*c.px, (float32(y)+.5)*c.px, *p), cover)
			}
		}
	}
}

// edge adds one side of a polygon to change. Its ends are in pixels relative to the box b. It is
// cut at the borders of rows and columns.
func edge(change []float32, stride int, b image.Rectangle, p, q point) {
	dir := float32(1)
	if p.y > q.y {
		p, q, dir = q, p, -1
	}
	if p.y == q.y {
		return
	}
	slope := (q.x - p.x) / (q.y - p.y)
	for j := max(0, floor(p.y)); j < b.Dy() && float32(j) < q.y; j++ {
		top, low := max(p.y, float32(j)), min(q.y, float32(j+1))
		wide := float32(b.Dx())
		xa := min(max(p.x+(top-p.y)*slope, 0), wide)
		xb := min(max(p.x+(low-p.y)*slope, 0), wide)
		if xa > xb {
			xa, xb = xb, xa
		}
		row := change[j*stride:]
		for i := int(xa); ; i++ {
			from, to := max(xa, float32(i)), min(xb, float32(i+1))
			part := dir * (low - top)
			if xb > xa {
				part *= (to - from) / (xb - xa)
			}
			right := (from+to)/2 - float32(i)
			row[i] += part * (1 - right)
			row[i+1] += part * right
			if float32(i+1) >= xb {
				break
			}
		}
	}
}

// stroke paints a line through the points. Its width changes evenly from the first value to the
// second.
func (c *canvas) stroke(pts []point, from, to float32, f paint) {
	if len(pts) < 2 {
		return
	}
	outline := make([]point, 2*len(pts))
	for i, p := range pts {
		a, b := pts[max(i-1, 0)], pts[min(i+1, len(pts)-1)]
		dx, dy := b.x-a.x, b.y-a.y
		// A line thinner than a pixel needs no care: it covers little, so it is faint.
		k := lerp(from, to, float32(i)/float32(len(pts)-1)) / 2 / max(hypot(dx, dy), 1e-9)
		outline[i] = point{p.x - dy*k, p.y + dx*k}
		outline[2*len(pts)-1-i] = point{p.x + dy*k, p.y - dx*k}
	}
	c.fill(outline, f)
}

// develop turns light into 8-bit values. It adds the glow of the lens, a soft shoulder for the
// highlights, and grain, which also prevents bands in smooth skies.
func (c *canvas) develop() *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, c.w, c.h))
	glow := c.scatter()
	state := c.rnd.Uint64() | 1
	for j := range c.h {
		y := float32(j)*c.px - .5
		out := img.Pix[j*img.Stride : j*img.Stride+4*c.w]
		halo := glow.row((float32(j)+.5)*c.px, c.w)
		for i, p := range c.pix[j*c.w : j*c.w+c.w] {
			if halo != nil {
				p = mix(p, halo[i], c.bloom*.3)
			}
			x := (float32(i)*c.px - c.aspect/2) / c.aspect
			d := x*x + y*y
			p = p.times(1 - c.vignette*d*d*4)
			state ^= state << 13
			state ^= state >> 7
			state ^= state << 17
			// Four bytes make the bell curve of the grain, the others dither the channels.
			n := state
			g := c.grain * (float32(n&255) + float32(n>>8&255) + float32(n>>16&255) + float32(n>>24&255) - 510) / 148
			out[4*i] = tone(p.r, g+float32(n>>32&255)/256)
			out[4*i+1] = tone(p.g, g+float32(n>>40&255)/256)
			out[4*i+2] = tone(p.b, g+float32(n>>48&255)/256)
			out[4*i+3] = 255
		}
	}
	return img
}

// image returns the developed picture, transparent where it has an alpha channel.
func (c *canvas) image() image.Image {
	img := c.develop()
	if c.alpha == nil {
		return img
	}
	for i, a := range c.alpha {
		img.Pix[4*i+3] = a
		if a == 0 {
			copy(img.Pix[4*i:], "\x00\x00\x00") // or invisible grain would take up space in the file
		}
	}
	return &image.NRGBA{Pix: img.Pix, Stride: img.Stride, Rect: img.Rect}
}

// curve is the film: it maps the square root of linear light to 8-bit values.
var curve = func() (t [4096]float32) {
	for i := range t {
		v := math.Pow(float64(i)/2048, 2)
		if v > .75 {
			v = .75 + .25*(1-math.Exp((.75-v)/.25))
		}
		if v <= .0031308 {
			v *= 12.92
		} else {
			v = 1.055*math.Pow(v, 1/2.4) - .055
		}
		t[i] = float32(255 * v)
	}
	return t
}()

// tone returns the 8-bit value of an amount of light.
func tone(v, grain float32) uint8 {
	if v < 0 {
		v = 0
	}
	v = curve[min(int(sqrt(v)*2048), len(curve)-1)] + grain
	if v < 0 {
		v = 0
	} else if v > 255 {
		v = 255
	}
	return uint8(v)
}

// scatterStep is the width and the height of a pixel of the blurred copy, in pixels.
const scatterStep = 8

// scatter returns a small blurred copy of the picture that emphasizes the highlights; nil without
// bloom.
func (c *canvas) scatter() *canvas {
	if c.bloom == 0 {
		return nil
	}
	const step = scatterStep
	s := &canvas{w: (c.w + step - 1) / step, h: (c.h + step - 1) / step, px: c.px * step}
	s.pix = make([]rgb, s.w*s.h)
	for j := range s.h {
		for i := range s.w {
			var sum rgb
			count := float32(0)
			for y := j * step; y < min(j*step+step, c.h); y += 2 {
				for x := i * step; x < min(i*step+step, c.w); x += 2 {
					p := c.pix[y*c.w+x]
					sum = sum.plus(p.times(1 + min(p.luma(), 6)))
					count++
				}
			}
			s.pix[j*s.w+i] = sum.times(1 / count)
		}
	}
	for range 3 {
		s.blur(max(1, s.h/40))
	}
	return s
}

// row returns a row of s enlarged to a width of w pixels; nil when s is nil.
func (s *canvas) row(y float32, w int) []rgb {
	if s == nil {
		return nil
	}
	y = clampTo(y/s.px-.5, float32(s.h-1))
	j := int(y)
	line, out := make([]rgb, s.w), make([]rgb, w)
	for i := range line {
		line[i] = mix(s.pix[j*s.w+i], s.pix[min(j+1, s.h-1)*s.w+i], y-float32(j))
	}
	for i := range out {
		x := clampTo((float32(i)+.5)/scatterStep-.5, float32(s.w-1))
		k := int(x)
		out[i] = mix(line[k], line[min(k+1, s.w-1)], x-float32(k))
	}
	return out
}

// blur averages over 2r+1 pixels in both directions. Doing it three times is close to a Gaussian
// blur.
func (c *canvas) blur(r int) {
	line := make([]rgb, max(c.w, c.h))
	pass := func(start, stride, n int) {
		at := func(i int) rgb { return c.pix[start+min(max(i, 0), n-1)*stride] }
		var sum rgb
		for i := -r; i <= r; i++ {
			sum = sum.plus(at(i))
		}
		for i := range n {
			line[i] = sum.times(1 / float32(2*r+1))
			sum = sum.plus(at(i + r + 1)).plus(at(i - r).times(-1))
		}
		for i := range n {
			c.pix[start+i*stride] = line[i]
		}
	}
	for j := range c.h {
		pass(j*c.w, 1, c.w)
	}
	for i := range c.w {
		pass(i, c.w, c.h)
	}
}
