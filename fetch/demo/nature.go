// The parts that landscapes share: outlines in front of each other, ground in perspective, water,
// clouds and trees.

package demo

// line is an outline against the background: a y for each column of pixels.
type line []float32

// line returns the outline whose y at each x is f(x).
func (c *canvas) line(f func(x float32) float32) line {
	l := make(line, c.w)
	for i := range l {
		l[i] = f((float32(i) + .5) * c.px)
	}
	return l
}

// below paints everything under the line top, down to the line until in front of it, or to the
// bottom when that is nil. f gets the depth of a pixel under the line.
func (c *canvas) below(top, until line, f func(x, y, depth float32, under rgb) rgb) {
	first := float32(1)
	for _, y := range top {
		first = min(first, y)
	}
	lean := make(line, c.w) // vertical width of the edge
	for i := range top {
		slope := (top[min(i+1, c.w-1)] - top[max(i-1, 0)]) / (2 * c.px)
		lean[i] = c.px * sqrt(1+slope*slope)
	}
	for j := max(0, floor(first/c.px)-4); j < c.h; j++ {
		y := (float32(j) + .5) * c.px
		for i, t := range top {
			cover := (y-t)/lean[i] + .5
			if cover <= 0 || until != nil && y > until[i]+16*c.px {
				continue
			}
			p := &c.pix[j*c.w+i]
			*p = mix(*p, f((float32(i)+.5)*c.px, y, max(y-t, 0), *p), min(cover, 1))
		}
	}
}

// spruces grows a row of trees on a line. Trees are up to size tall and stand spacing apart.
func (c *canvas) spruces(l line, size, spacing float32, row int) {
	for i := range l {
		x := (float32(i) + .5) * c.px
		k, tall := floor(x/spacing), float32(0)
		for j := k - 3; j <= k+3; j++ {
			h := size * (.35 + .65*dice(j, row))
			wide := h * (.15 + .07*dice(j, row+1))
			t := abs(x-(float32(j)+dice(j, row+2))*spacing) / wide
			if t < 1 {
				// Branches hang, so each tier is a tooth.
				tier := t * (5 + 3*dice(j, row+3))
				tall = max(tall, h*(1-t)+h*.10*(tier-float32(int(tier))-.5)*min(1, 3*t))
			}
		}
		l[i] -= tall
	}
}

// ground is a landscape in perspective under a low sun.
type ground struct {
	height     func(x, z float32) float32
	colour     func(s spot) rgb
	eye        float32 // height of the viewer above the plane
	horizon    float32 // y of the horizon in the picture
	focal      float32 // focal length in picture heights: 1 is a normal lens
	near, far  float32
	sun        float32 // tangent of the sun's elevation
	side       float32 // −1: the sun is on the left, 1: on the right
	front      float32 // how far the sun is behind the viewer; negative when it is in front
	shadowEdge float32 // softness of shadows
}

// spot is a place on the ground, with what its colour depends on.
type spot struct {
	x, z, h float32
	light   float32 // direct sunlight, 0 to 1
	steep   float32 // slope
}

// ground paints a landscape. It walks each column of the picture from near to far and paints what
// rises above everything nearer. It goes through the columns away from the sun, so that each throws
// its shadow on the next.
func (c *canvas) ground(g ground) {
	const steps = 400
	heights, shadows := make([]float32, steps), make([]float32, steps)
	for k := range shadows {
		shadows[k] = -1e9
	}
	column, cover := make([]rgb, c.h), make([]float32, c.h)
	norm := 1 / sqrt(1+g.sun*g.sun+g.front*g.front)
	grow := pow(g.far/g.near, 1./steps)
	// The loop starts outside the picture, because mountains there throw shadows into it.
	for i := -c.w / 8; i < c.w; i++ {
		sx := (float32(i)+.5)*c.px - c.aspect/2
		low, z, seen := float32(c.h), g.near, false
		var last spot
		for k := range steps {
			wide := c.px * z / g.focal
			s := spot{x: -g.side * sx * z / g.focal, z: z}
			s.h = g.height(s.x, z)
			slopeX, slopeZ := (s.h-heights[k])/wide, (s.h-last.h)/(z-z/grow)
			heights[k], shadows[k] = s.h, max(s.h, shadows[k]-g.sun*wide)
			s.steep = sqrt(slopeX*slopeX + slopeZ*slopeZ)
			s.light = max(0, (slopeX+g.sun+g.front*slopeZ)*norm) / sqrt(1+s.steep*s.steep)
			s.light *= 1 - clamp((shadows[k]-s.h)/g.shadowEdge)
			top := max((g.horizon+(g.eye-s.h)/z*g.focal)/c.px, 0)
			visible := i >= 0 && k > 0 && top < low
			if visible {
				if !seen {
					last = s // the ground in between is hidden
				}
				g.span(column, cover, last, s, low, top)
				low = top
			}
			last, seen = s, visible
			z *= grow
		}
		if i >= 0 {
			g.put(c, i, column, cover)
		}
	}
}

// span paints the piece of a column between two places, each pixel in proportion to its covered
// part.
func (g *ground) span(column []rgb, cover []float32, from, to spot, low, top float32) {
	for j := int(top); j < len(column) && float32(j) < low; j++ {
		a, b := max(top, float32(j)), min(low, float32(j+1))
		t := (low - (a+b)/2) / (low - top)
		s := spot{
			lerp(from.x, to.x, t), lerp(from.z, to.z, t), lerp(from.h, to.h, t),
			lerp(from.light, to.light, t), lerp(from.steep, to.steep, t),
		}
		column[j] = column[j].plus(g.colour(s).times(b - a))
		cover[j] += b - a
	}
}

// put moves a finished column into the picture. With the sun on the right, columns are numbered
// from the right.
func (g *ground) put(c *canvas, i int, column []rgb, cover []float32) {
	if g.side > 0 {
		i = c.w - 1 - i
	}
	for j, part := range cover {
		if part > 0 {
			p := &c.pix[j*c.w+i]
			*p = p.times(1 - part).plus(column[j])
			column[j], cover[j] = rgb{}, 0
		}
	}
}

// water covers everything below the horizon and reflects what is above it. chop is the height of
// the waves: .02 for a lake in the morning, .3 for the sea.
func (c *canvas) water(horizon, chop float32, deep rgb) {
	start := max(0, int(horizon/c.px+.5))
	for j := start; j < c.h; j++ {
		y := (float32(j) + .5) * c.px
		down := y - horizon
		z := .12 / (down + .006) // distance
		// Seen at a flat angle, water reflects. Seen from above, it is transparent.
		mirror := .30 + .66*exp(-down*2.6)
		for i := range c.w {
			x := (float32(i) + .5) * c.px
			wx, wz := (x-c.aspect/2)*z, z*3
			swell := c.at(wx*2.2, wz*4.1) + .6*c.at(wx*5.3+7, wz*9.7)
			ripple := .5 * c.at(wx*13+3, wz*24)
			tilt := (swell + ripple) * chop
			up := horizon - down - tilt*(.25+down*.8)
			if up > horizon {
				up = 2*horizon - up
			}
			src := c.sample(x+tilt*.12*(c.at(wx*3+31, wz*6)), min(up, horizon-c.px))
			c.pix[j*c.w+i] = mix(deep, src, clamp(mirror-.25*tilt))
		}
	}
}

// glitter paints the path of light on the waves from the sun or the moon to the viewer.
func (c *canvas) glitter(x, horizon, wide float32, col rgb) {
	for j := max(0, int(horizon/c.px+.5)); j < c.h; j++ {
		down := (float32(j)+.5)*c.px - horizon
		z := .12 / (down + .006)
		reach := wide * (.55 + 1.5*down)
		strong := smooth(0, .02, down) * exp(-down*1.3)
		for i := range c.w {
			dx := ((float32(i)+.5)*c.px - x) / reach
			if dx < -2.5 || dx > 2.5 {
				continue
			}
			wx := ((float32(i)+.5)*c.px - c.aspect/2) * z
			facet := c.at(wx*4.1+11, z*13) + .7*c.at(wx*11, z*31)
			spark := smooth(.18, .75, facet) * exp(-dx*dx)
			c.pix[j*c.w+i] = c.pix[j*c.w+i].plus(col.times(spark * strong))
		}
	}
}

// clouds paints clouds above the horizon. cover is how much of the sky they fill, −1 to 1. lit and
// dark are the colours of their sides.
func (c *canvas) clouds(horizon, size, cover float32, lit, dark rgb, alpha float32) {
	density := c.field(3, func(x, y float32) float32 {
		// Clouds are flat and get closer to each other towards the horizon.
		z := 1 / (max(horizon-y, 0) + .18)
		u, v := (x-c.aspect/2)*z/size, z*2.2/size
		warp := c.fbm(u*.6+9, v*.6, 2)
		return c.fbm(u+warp, v+warp*.5, 6) + .5*cover
	})
	c.over(func(x, y float32, under rgb) rgb {
		if y > horizon {
			return under
		}
		d := density(x, y)
		a := smooth(0, .38, d) * alpha * smooth(0, .10, horizon-y)
		if a <= 0 {
			return under
		}
		thick := clamp((d - density(x+.01, y+.02)) * 5)
		return mix(under, mix(lit, dark, clamp(smooth(.05, .5, d)-thick*.5)), a)
	})
}

// sky paints a vertical gradient that is high pictures tall. drift bends it, like haze.
func (c *canvas) sky(tints *ramp, high, drift float32) {
	bend := c.field(8, func(x, y float32) float32 { return drift * c.fbm(x*2, y*7, 3) })
	c.each(func(x, y float32) rgb { return tints.at(y*high + bend(x, y)) })
}

// sun paints a disc and its glow.
func (c *canvas) sun(x, y, r float32, col rgb, haze float32) {
	glow := c.field(4, func(px, py float32) float32 {
		d := hypot(px-x, py-y)
		return haze * (.55*exp(-d/(r*2.5)) + .16*exp(-d*3.2))
	})
	c.over(func(px, py float32, under rgb) rgb { return under.plus(col.times(glow(px, py))) })
	c.disc(x, y, r, c.px*1.5, flat(col.times(3), 1))
}

// trunk paints a tree: a branch that bends and divides until it is thin. It calls leaf with the end
// of each twig.
func (c *canvas) trunk(x, y, angle, length, width float32, f paint, leaf func(x, y float32)) {
	pts := make([]point, 0, 9)
	for i := range 9 {
		pts = append(pts, point{x, y})
		if i < 8 {
			angle += c.between(-.12, .12)
			x += cos(angle) * length / 8
			y -= sin(angle) * length / 8
		}
	}
	c.stroke(pts, width, width*.68, f)
	if width < .0012 || length < .012 {
		leaf(x, y)
		return
	}
	spread := c.between(.25, .55)
	c.trunk(x, y, angle+spread, length*c.between(.70, .86), width*.68, f, leaf)
	c.trunk(x, y, angle-spread*c.between(.7, 1.3), length*c.between(.68, .84), width*.64, f, leaf)
	if c.rnd.Float32() < .35 {
		c.trunk(x, y, angle+c.between(-.2, .2), length*.7, width*.5, f, leaf)
	}
}

// stars scatters stars above a line. bright is the share of large ones.
func (c *canvas) stars(count int, low, bright float32) {
	tints := [...]rgb{hex(0xcfdcff), hex(0xffffff), hex(0xfff1dc), hex(0xffd9b0)}
	for range count {
		x, y := c.between(0, c.aspect), c.between(0, low)
		m := pow(c.rnd.Float32(), 1/bright)
		// A bright star is a point with a larger glow. In a small picture it must not fall between
		// pixels.
		r := max(.0012+.0022*m, 1.1*c.px)
		fade := smooth(low, low*.55, y)
		c.glow(x, y, r, tints[c.rnd.IntN(len(tints))].times((.12+2.2*m)*fade))
	}
}
