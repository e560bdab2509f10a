package demo

import "math"

// blurredCity paints a street at night, far out of focus.
func (c *canvas) blurredCity() {
	sky := newRamp(stop{0, 0x0a1226}, stop{.5, 0x1c2f4a}, stop{.75, 0x3a3546}, stop{1, 0x0d1018})
	c.sky(sky, 1, .12)
	lamps := [...]rgb{hex(0xffb45e), hex(0xff7a3d), hex(0xff4a3a), hex(0x6fd0ff), hex(0xfff0d0), hex(0x49e0b0), hex(0xffc77a)}
	for range 120 {
		x, y := c.between(-.1, c.aspect+.1), .58+.40*(c.rnd.Float32()+c.rnd.Float32()-1)
		r := c.between(.022, .085)
		col := lamps[c.rnd.IntN(len(lamps))].times(c.between(.10, .60))
		c.disc(x, y, r, r*.45, func(_, _ float32, under rgb) rgb { return under.plus(col) })
	}
}

// bokeh paints a point of light that a lens blurs to a disc, brighter at its rim.
func (c *canvas) bokeh(x, y, r float32, col rgb) {
	c.disc(x, y, r, r*.08, func(px, py float32, under rgb) rgb {
		d := hypot(px-x, py-y) / r
		return under.plus(col.times(.62 + .38*smooth(.70, 1, d)))
	})
}

// bokeh is many lights out of focus.
func bokeh(c *canvas) {
	c.bloom, c.vignette = .5, .35
	ground := newRamp(stop{0, 0x140a1f}, stop{.5, 0x3a1830}, stop{1, 0x0f0a18})
	c.each(func(x, y float32) rgb { return ground.at(.5*y + .25*x/c.aspect + .2*c.fbm(x*2, y*2, 3)) })
	warm := newRamp(stop{0, 0xff5a4a}, stop{.3, 0xff9a4a}, stop{.6, 0xffd08a}, stop{.8, 0xffb0c0}, stop{1, 0x8fb8ff})
	for i := range 170 {
		t := float32(i) / 170
		x := c.between(-.05, c.aspect+.05)
		y := .5 + .16*sin(x*3.2+.6) + .46*(c.rnd.Float32()+c.rnd.Float32()-1)
		r := lerp(.105, .006, sqrt(t)) * c.between(.8, 1.25)
		c.bokeh(x, y, r, warm.at(c.rnd.Float32()).times(lerp(.12, 1.1, t*t)*c.between(.6, 1.3)))
	}
}

// rainWindow is a street at night through a wet window.
func rainWindow(c *canvas) {
	c.bloom, c.vignette = .35, .35
	c.blurredCity()
	street := &canvas{w: c.w, h: c.h, aspect: c.aspect, px: c.px, pix: append([]rgb(nil), c.pix...)}
	mist := c.field(6, func(x, y float32) float32 { return .05 + .05*c.fbm(x*4, y*2, 3) })
	c.over(func(x, y float32, under rgb) rgb { return mix(under, hex(0x8fa0b8), mist(x, y)) })
	for i := range 1500 {
		t := float32(i) / 1500
		r := lerp(.0018, .030, pow(t, 14)) * c.between(.7, 1.3)
		x, y := c.between(0, c.aspect), c.between(0, 1)
		c.drop(street, x, y, r, c.between(1, 1.25))
		if t > .985 {
			// A heavy drop leaves a trail of small ones.
			for k := range 26 {
				s := r * c.between(.06, .26) * (1 - float32(k)/34)
				c.drop(street, x+c.between(-.1, .1)*r+.004*sin(float32(k)*.5), y-r*1.3-float32(k)*c.between(.010, .016), s, 1.2)
			}
		}
	}
}

// drop paints a drop of water, a lens that shows the street upside down.
func (c *canvas) drop(street *canvas, x, y, r, tall float32) {
	b := c.box(x-r, y-r*tall, x+r, y+r*tall)
	for j := b.Min.Y; j < b.Max.Y; j++ {
		v := ((float32(j)+.5)*c.px - y) / (r * tall)
		for i := b.Min.X; i < b.Max.X; i++ {
			u := ((float32(i)+.5)*c.px - x) / r
			d := hypot(u*(1+.25*max(-v, 0)), v)
			cover := clamp((1-d)*r/c.px + .5)
			if cover == 0 {
				continue
			}
			k := d*d*.5 + .5
			seen := street.sample(x-u*k*.34, .58-v*k*.40).times(1.35 - .75*d*d*d)
			shine := smooth(.34, .08, hypot(u+.34, v+.42)) * .35
			rim := .12 * smooth(.55, .95, d) * clamp(v)
			p := &c.pix[j*c.w+i]
			*p = mix(*p, seen.plus(hex(0xd8e6ff).times(shine+rim)), cover)
		}
	}
}

// ink is ink sinking through clear water.
func ink(c *canvas) {
	c.bloom, c.vignette = .12, .25
	water := newRamp(stop{0, 0xf6f3ee}, stop{1, 0xcfd8dc})
	q := c.field(4, func(x, y float32) float32 { return c.fbm(x*2.1, y*1.5, 4) })
	r := c.field(4, func(x, y float32) float32 { return c.fbm(x*2.3+2.6*q(x, y), y*1.7+1.8*q(x+.3, y), 4) })
	plume := c.field(3, func(x, y float32) float32 {
		u, v := x+.24*r(x, y)+.05*c.at(x*9+4*r(x, y), y*9), y+.20*q(x, y)
		return c.ridged(u*3.4, v*2.1, 5)
	})
	c.each(func(x, y float32) rgb {
		wx := (x-c.aspect*.5)/c.aspect*1.6 + .30*r(x, y)
		wide := .10 + .34*smooth(0, .55, y) + .12*sin(y*9+3*q(x, y))
		body := smooth(wide, wide*.15, abs(wx)) * smooth(.98, .55, y+.30*q(x, y)) * smooth(-.25, .05, y)
		p := plume(x, y)
		dense := clamp(body * (.06 + 1.7*smooth(.22, .80, p)))
		veil := clamp(body * .5)
		// Ink absorbs light: the thicker it is, the fewer colours get through.
		warm := smooth(-.25, .30, q(x, y)+.4*(x/c.aspect-.5))
		absorb := mix(rgb{3.4, 2.0, .75}, rgb{.55, 3.1, 2.2}, warm)
		k := dense*1.7 + veil*.25
		light := rgb{exp(-absorb.r * k), exp(-absorb.g * k), exp(-absorb.b * k)}
		return water.at(y).tint(light)
	})
}

// balloons is a valley with hot-air balloons in the morning.
func balloons(c *canvas) {
	sky := newRamp(stop{0, 0x5f8fc0}, stop{.35, 0xb5cbd6}, stop{.6, 0xfbdcb8}, stop{.8, 0xffe9cc})
	mistyRidges(c, sky, c.aspect*.22, .46, hex(0xffe2b0), hex(0xf7dcc2), hex(0xb3a9b8), hex(0x2b3a3f), 5)
	coats := [][]rgb{
		{hex(0xd8432f), hex(0xf6c453), hex(0xf7ead2)}, {hex(0x1f5f7f), hex(0xf2efe2), hex(0x1f5f7f), hex(0xef8a4c)},
		{hex(0xe9a13b), hex(0x7a2f45)}, {hex(0x2f7f6f), hex(0xf5d48a)}, {hex(0xb8405f), hex(0xf4b6a0)}, {hex(0x6f5f9f), hex(0xf0d9e0)},
	}
	for _, b := range [...]struct {
		x, y, r float32
		coat    int
		fade    float32
	}{{.90, .40, .014, 4, .62}, {.30, .30, .018, 3, .55}, {.12, .20, .026, 5, .45}, {.73, .17, .040, 2, .30},
		{.44, .44, .050, 1, .20}, {.60, .36, .125, 0, 0}} {
		c.balloon(b.x*c.aspect, b.y, b.r, coats[b.coat], b.fade)
	}
}

// balloon paints a striped envelope with its basket, lit from the left.
func (c *canvas) balloon(x, y, r float32, coat []rgb, fade float32) {
	mist := hex(0xf0d6c2)
	wide := func(t float32) float32 { // half the width at the height t, from −1 (top) to 1.45 (mouth)
		if t < 0 {
			return sqrt(max(0, 1-t*t))
		}
		return max(0, cos(t*.86)) + .04*t
	}
	b := c.box(x-r, y-r, x+r, y+1.45*r)
	for j := b.Min.Y; j < b.Max.Y; j++ {
		t := ((float32(j)+.5)*c.px - y) / r
		half := wide(t)
		if t < -1 || t > 1.45 {
			continue
		}
		for i := b.Min.X; i < b.Max.X; i++ {
			u := ((float32(i)+.5)*c.px - x) / r
			cover := clamp((half-abs(u))*r/c.px*min(1, .25+half) + .5)
			if cover == 0 {
				continue
			}
			turn := float32(math.Asin(float64(min(max(u/half, -1), 1))))*16/math.Pi + 40.3
			gore := turn - float32(floor(turn))
			col := coat[floor(turn)%len(coat)]
			if band := t*5 + 20; floor(band)%4 == 1 {
				col = coat[(floor(turn)+1)%len(coat)]
			}
			puff := .80 + .32*sin(gore*math.Pi)
			side := clamp(.62 - .52*u/max(half, .1) - .22*t)
			lit := mix(hex(0x4a4a78).times(.8), hex(0xfff0d6).times(1.45), side)
			p := &c.pix[j*c.w+i]
			*p = mix(*p, mix(col.tint(lit).times(puff), mist, fade), cover)
		}
	}
	dark := mix(hex(0x3a2418), mist, fade)
	for _, s := range [...]float32{-1, -.35, .35, 1} {
		c.stroke([]point{{x + s*.32*r, y + 1.44*r}, {x + s*.14*r, y + 1.78*r}}, r*.012, r*.012, flat(dark, 1))
	}
	c.fill([]point{{x - .15*r, y + 1.76*r}, {x + .15*r, y + 1.76*r}, {x + .12*r, y + 1.98*r}, {x - .12*r, y + 1.98*r}}, flat(dark, 1))
}

// lanterns is paper lanterns rising from a lake.
func lanterns(c *canvas) {
	c.bloom, c.vignette = .55, .35
	sky := newRamp(stop{0, 0x060a1c}, stop{.45, 0x141d44}, stop{.7, 0x3a2a55}, stop{1, 0x6b3a4f})
	c.sky(sky, 1.2, .05)
	c.stars(260, .6, .06)
	shore := c.line(func(x float32) float32 { return .735 - .10*(c.ridged(x*1.8+3, 5, 5)-.15) })
	c.below(shore, nil, flatBelow(hex(0x0a0c1e)))
	for i := range 110 {
		near := pow(float32(i)/110, 3)
		s := lerp(.0065, .062, near)
		x := c.between(0, c.aspect)
		y := .70 - pow(c.rnd.Float32(), .8)*.78*(.35+.65*near) - s
		c.lantern(x, y, s*c.between(.85, 1.15), c.between(-.12, .12))
	}
	c.water(.74, .16, hex(0x04060f))
}

// lantern paints a paper bag with a flame in it.
func (c *canvas) lantern(x, y, s, lean float32) {
	if s > .012 {
		c.glow(x, y, s*4.2, hex(0xff8a3a).times(.16))
	} else {
		c.glow(x, y, s*4, hex(0xff8a3a).times(.10))
	}
	shape := [...]point{{-.62, -.80}, {-.40, -.98}, {0, -1.04}, {.40, -.98}, {.62, -.80}, {.60, -.2}, {.46, .70}, {-.46, .70}, {-.60, -.2}}
	var pts []point
	for _, p := range shape {
		pts = append(pts, point{x + s*(p.x-lean*p.y), y + s*(p.y+lean*p.x)})
	}
	c.fill(pts, func(px, py float32, _ rgb) rgb {
		u, v := (px-x)/s, (py-y)/s
		flame := exp(-(u*u*2.2 + (v-.50)*(v-.50)*1.5))
		rib := 1 - .10*smooth(.86, 1, abs(sin(v*7)))
		return mix(hex(0xb8401c), hex(0xffc469).times(1.7), clamp(.08+flame*1.02)).times(rib * (1 - .3*u*u))
	})
	c.stroke([]point{pts[6], pts[7]}, s*.07, s*.07, flat(hex(0x5a2410), 1))
}

// loneTree is a tree on a hill in front of a large sun.
func loneTree(c *canvas) {
	c.bloom = .3
	sky := newRamp(stop{0, 0x3f2a4f}, stop{.3, 0xa8485c}, stop{.55, 0xf08a5a}, stop{.8, 0xffcf8a})
	c.sky(sky, 1.12, .02)
	x := c.aspect * .5
	c.sun(x+.05*c.aspect, .60, .21, hex(0xffd88f).times(.5), .9)
	c.clouds(.80, 1.2, -.02, hex(0xffc08a), hex(0x8a3f5c), .55)
	for k := range 3 {
		t := float32(k) / 2
		hill := c.line(func(px float32) float32 {
			d := px - x
			return lerp(.80, .885, t) - lerp(.05, .035, t)*c.fbm(px*2+float32(k)*9, 3, 4) + lerp(-.02, .10, t)*d*d
		})
		col := mix(hex(0xb8525a), hex(0x1f0f1f), t)
		c.below(hill, nil, func(_, _, depth float32, _ rgb) rgb { return mix(col, hex(0xf09a6a), (1-t)*smooth(0, .15, depth)*.5) })
	}
	dark := hex(0x1a0b18)
	c.trunk(x, .90, math.Pi/2+.06, .155, .030, flat(dark, 1), func(x, y float32) {
		for range 8 {
			c.disc(x+c.between(-.024, .024), y+c.between(-.020, .020), c.between(.0015, .0052), 0, flat(dark, .92))
		}
	})
	for range 9 {
		c.bird(x+c.between(-.30, .34), c.between(.16, .42), c.between(.007, .014), dark)
	}
}

// bird paints a bird in the distance.
func (c *canvas) bird(x, y, s float32, col rgb) {
	lift := c.between(.25, .7) * s
	for _, side := range [...]float32{-1, 1} {
		c.stroke([]point{{x, y}, {x + side*.35*s, y - lift}, {x + side*.7*s, y - lift*.9}, {x + side*1.2*s, y - lift*.3}},
			s*.24, s*.03, flat(col, 1))
	}
}

// bubble is a soap bubble on a transparent background, and partly transparent itself.
func bubble(c *canvas) {
	c.bloom, c.grain, c.vignette = 0, .6, 0
	c.alpha = make([]uint8, len(c.pix))
	film := newRamp(stop{0, 0x1d2f8f}, stop{.2, 0x2fb3d8}, stop{.4, 0x6fe0a8}, stop{.55, 0xf7e06a}, stop{.7, 0xf77f6f},
		stop{.85, 0xd64fc0}, stop{1, 0x1d2f8f})
	cx, cy, r := c.aspect*.5, float32(.5), float32(.44)
	i := 0
	c.each(func(x, y float32) rgb {
		u, v := (x-cx)/r, (y-cy)/r
		d := hypot(u, v)
		z := sqrt(max(0, 1-d*d))
		// The film looks thicker below, and where the view runs along it.
		swirl := c.fbm(u*.8+c.fbm(u*1.1+3, v*1.1, 2)*1.3, v*1.5+c.fbm(u*1.1, v*1.1+7, 2)*1.3, 2)
		thick := .9*v + 1.3*swirl + .75/(z+.30)
		col := film.at(thick - float32(floor(thick)))
		rim := pow2(1-z) * .85
		sky := smooth(.30, .02, abs(hypot(u+.20, v+.22)-.60)) * smooth(-.35, -.62, v+.35*u) * .9
		spot := smooth(.10, .02, hypot(u-.46, v-.50)) * .8
		flash := smooth(.085, .03, hypot(u+.40, (v+.50)*1.2))
		shine := clamp(sky*.75 + spot*.6 + flash)
		a := clamp(.10+rim+.16*clamp(.5+swirl)+shine) * clamp((1-d)*r/c.px+.5)
		c.alpha[i] = uint8(a*255 + .5)
		i++
		return mix(col.times(.9), rgb{1, 1, 1}, shine)
	})
}
