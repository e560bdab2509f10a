package demo

import "math"

// milkyWay is the Milky Way over a ridge.
func milkyWay(c *canvas) {
	sky := newRamp(stop{0, 0x05070f}, stop{.5, 0x0d1730}, stop{.85, 0x24365a}, stop{1, 0x7d6a6e})
	c.bloom, c.vignette = .3, .3
	// The band is diagonal; u runs along it, v across.
	band := func(x, y float32) (u, v float32) {
		dx, dy := x-c.aspect*.52, y-.45
		return dx*.48 - dy*.88, dx*.88 + dy*.48
	}
	cloud := c.field(3, func(x, y float32) float32 {
		u, v := band(x, y)
		v += .06 * c.at(u*2, v*2)
		return exp(-v*v*42) * clamp(.62+.9*c.fbm(u*3, v*5, 5))
	})
	dust := c.field(3, func(x, y float32) float32 {
		u, v := band(x, y)
		w := .35 * c.fbm(u*2+7, v*2, 3)
		d := c.ridged(u*1.6+w, v*3.4+w+.3, 6)
		return smooth(.38, .80, d+.30*exp(-v*v*260)) * exp(-v*v*60)
	})
	c.each(func(x, y float32) rgb {
		u, v := band(x, y)
		b, d := cloud(x, y), dust(x, y)
		core := exp(-((u + .25) * (u + .25) * 9) - v*v*90)
		milk := mix(hex(0x8fa3dc), hex(0xffd9b8), clamp(core+.25)).times(b*.55 + core*.5)
		pink := hex(0xd65a86).times(.16 * b * smooth(.25, .6, c.at(u*6+3, v*9)))
		return sky.at(y).plus(milk.plus(pink).tint(mix(rgb{1, 1, 1}, hex(0x5b3a30), d*.92)))
	})
	c.stars(2600, .98, .035)
	for range 9000 {
		x, y := c.between(0, c.aspect), c.between(0, .9)
		if b := cloud(x, y) * (1 - .8*dust(x, y)); c.rnd.Float32() < b*1.3 {
			c.glow(x, y, max(.0011, 1.1*c.px), hex(0xe8ecff).times(c.between(.1, .6)))
		}
	}
	c.glow(c.aspect*.3, .98, .5, hex(0xffb37a).times(.10))
	far := c.line(func(x float32) float32 { return .95 - .22*(c.ridged(x*1.3+2, 1, 5)-.25) })
	c.below(far, nil, func(_, _, depth float32, _ rgb) rgb { return mix(hex(0x141a30), hex(0x2c3048), clamp(depth*3)) })
	near := c.line(func(x float32) float32 { return .965 - .06*c.fbm(x*2.4, 8, 4) })
	c.spruces(near, .06, .014, 2)
	c.below(near, nil, flatBelow(hex(0x04060d)))
}

// flatBelow paints one colour evenly; it is for below.
func flatBelow(col rgb) func(x, y, depth float32, under rgb) rgb {
	return func(_, _, _ float32, _ rgb) rgb { return col }
}

// aurora is northern lights over a fjord.
func aurora(c *canvas) {
	sky := newRamp(stop{0, 0x040a1c}, stop{.5, 0x0a2038}, stop{.75, 0x164454})
	c.bloom = .4
	c.sky(sky, 1.15, 0)
	c.stars(700, .6, .08)
	green, rose := hex(0x3dffa2), hex(0xb04cff)
	curtain := c.field(3, func(x, y float32) float32 {
		sum := float32(0)
		for k := range 3 {
			o := float32(k) * 5.3
			foot := .50 - .11*float32(k) + .13*c.at(x*.9+o, o) + .05*c.at(x*2.3+o, 4)
			// A curtain is bright where it folds towards the viewer.
			fold := clamp(.5 + .75*c.at(x*2.1+o+.4*c.at(x*4, o), 2))
			up := foot - y
			ray := .60 + .55*c.at(x*26+o+c.at(x*5, y*2), y*.7) + .3*c.at(x*70, o)
			sum += fold * max(ray, .1) * smooth(-.035, .015, up) * exp(-max(up, 0)*lerp(4.5, 7, fold)) * (1 - .22*float32(k))
		}
		return sum
	})
	c.over(func(x, y float32, under rgb) rgb {
		a := curtain(x, y)
		hue := clamp((.46 - y) * 2.2)
		return under.plus(mix(green, rose, hue).times(a * .55))
	})
	far := c.line(func(x float32) float32 {
		d := x - c.aspect*.54
		return .655 - .30*(c.ridged(x*1.15+9, 3, 6)-.12)*smooth(.05, 1.0, abs(d)+.14)
	})
	c.below(far, nil, func(x, y, depth float32, _ rgb) rgb {
		snow := smooth(.40, .75, c.ridged(x*9+y*5, y*9, 5)) * smooth(.16, 0, depth)
		return mix(hex(0x050f19), hex(0x3f7f86), .38*snow)
	})
	c.water(.665, .07, hex(0x020a12))
	near := c.line(func(x float32) float32 { return 1.14 - .24*smooth(.62, 0, x) + .02*c.fbm(x*6, 1, 4) })
	c.spruces(near, .10, .022, 6)
	c.below(near, nil, flatBelow(hex(0x02060a)))
}

// moonSea is a full moon between clouds, over the sea.
func moonSea(c *canvas) {
	sky := newRamp(stop{0, 0x060c1e}, stop{.5, 0x142a52}, stop{.8, 0x3c6088})
	c.bloom = .25
	c.sky(sky, 1.3, 0)
	c.stars(420, .5, .06)
	mx, my, r := c.aspect*.5, float32(.27), float32(.105)
	if c.aspect < 1 {
		r = .075
	}
	cold := hex(0xcfe0ff)
	c.over(func(x, y float32, under rgb) rgb {
		d := hypot(x-mx, y-my)
		return under.plus(cold.times(.22*exp(-d*4) + .25*exp(-d*11)))
	})
	c.disc(mx, my, r, 0, func(x, y float32, _ rgb) rgb { return c.moon((x-mx)/r, (y-my)/r).times(.95) })
	c.clouds(.60, 1.0, .06, hex(0x9fb6dc), hex(0x0f1c38), .85)
	c.glow(mx, my, .5, cold.times(.08))
	c.water(.60, .40, hex(0x040a18))
	c.glitter(mx, .60, r*1.1, cold.times(1.3))
}

// moon returns the colour of the full moon at a place on its disc.
func (c *canvas) moon(x, y float32) rgb {
	maria := smooth(-.10, .35, c.fbm(x*1.3+4.2, y*1.3+1.7, 5))
	rough := 1 + .22*c.fbm(x*6, y*6, 4)
	// Rays and rings of the young craters.
	for k := range 14 {
		cx, cy, size := dice(k, 1)*1.8-.9, dice(k, 2)*1.8-.9, .02+.10*dice(k, 3)*dice(k, 4)
		d := hypot(x-cx, y-cy) / size
		if d < 3 {
			rough += .22*exp(-(d-1)*(d-1)*9) - .14*exp(-d*d*2) + .05*exp(-d)
		}
	}
	limb := sqrt(max(0, 1-x*x-y*y))
	return mix(hex(0xfff6e3), hex(0xa3a29e), maria).times(rough * (.55 + .45*limb))
}

// starTrails is the sky turning around the pole while the shutter is open.
func starTrails(c *canvas) {
	sky := newRamp(stop{0, 0x070d24}, stop{.6, 0x13264a}, stop{.95, 0x5a5470}, stop{1, 0x9c7466})
	c.bloom = .2
	c.sky(sky, 1.05, 0)
	px, py := c.aspect*.42, float32(.46)
	tints := [...]rgb{hex(0xbcd0ff), hex(0xffffff), hex(0xffe9c9), hex(0xffc79a), hex(0xd9e4ff)}
	for range 1500 {
		r := sqrt(c.rnd.Float32()) * 1.3
		start, long := c.between(0, 2*math.Pi), c.between(.55, .62)
		width := c.between(.0009, .0022)
		col := tints[c.rnd.IntN(len(tints))].times(.08 + .9*pow(c.rnd.Float32(), 4))
		n := 6 + int(r*60)
		pts := make([]point, 0, n+1)
		for i := range n + 1 {
			a := start + long*float32(i)/float32(n)
			pts = append(pts, point{px + r*cos(a), py + r*sin(a)})
		}
		c.stroke(pts, width, width, light(col))
	}
	hill := c.line(func(x float32) float32 { return .93 - .06*sin(x*1.7+.5) - .02*c.fbm(x*3, 1, 4) })
	dark := hex(0x05070f)
	c.below(hill, nil, flatBelow(dark))
	x := c.aspect * .72
	c.trunk(x, .95, math.Pi/2, .13, .017, flat(dark, 1), func(x, y float32) {
		for range 2 {
			c.disc(x+c.between(-.012, .012), y+c.between(-.012, .012), c.between(.002, .006), 0, flat(dark, .9))
		}
	})
}

// ringedPlanet is a planet above a frozen moon.
func ringedPlanet(c *canvas) {
	c.bloom, c.vignette = .3, .3
	haze := c.field(4, func(x, y float32) float32 { return c.fbm(x*1.2+c.fbm(x*2, y*2, 3), y*1.2, 5) })
	c.each(func(x, y float32) rgb {
		n := clamp(.3 + haze(x, y))
		return mix(hex(0x04050d), hex(0x2c1a46), n*n).plus(hex(0x0f3a4a).times(.25 * clamp(haze(y, x))))
	})
	c.stars(900, 1.2, .06)
	planet{
		x: c.aspect * .54, y: .48, r: .30, tilt: -.36, open: .26,
		bands: newRamp(stop{0, 0x8c5a48}, stop{.25, 0xe0b48a}, stop{.4, 0xc98c66}, stop{.55, 0xf3dcb6}, stop{.7, 0xd39a78},
			stop{.85, 0x9c6b62}, stop{1, 0xefcfa6}),
		rings: newRamp(stop{0, 0x6b5348}, stop{.3, 0xd9bf9c}, stop{.6, 0xf2e3c8}, stop{.8, 0xb59a82}, stop{1, 0x8f7f74}),
	}.draw(c)
	c.disc(c.aspect*.18, .22, .030, 0, func(x, y float32, _ rgb) rgb {
		u, v := (x-c.aspect*.18)/.030, (y-.22)/.030
		return hex(0xc9d3e0).times(max(.02, .75*sqrt(max(0, 1-u*u-v*v))-.6*u-.3*v) * (.9 + .4*c.at(u*3, v*3)))
	})
}

// planet is a banded globe with rings, lit from the left.
type planet struct {
	x, y, r      float32
	tilt, open   float32 // angle of the rings, and how far they open towards the viewer
	bands, rings *ramp
}

// draw paints the planet: the rings behind the globe, the globe, and the rings in front of it.
func (p planet) draw(c *canvas) {
	sinT, cosT := sin(p.tilt), cos(p.tilt)
	sun := [3]float32{-.80, -.25, .55}
	b := c.box(p.x-p.r*2.6, p.y-p.r*1.9, p.x+p.r*2.6, p.y+p.r*1.9)
	for j := b.Min.Y; j < b.Max.Y; j++ {
		for i := b.Min.X; i < b.Max.X; i++ {
			dx, dy := ((float32(i)+.5)*c.px-p.x)/p.r, ((float32(j)+.5)*c.px-p.y)/p.r
			u, v := dx*cosT+dy*sinT, dy*cosT-dx*sinT
			at := &c.pix[j*c.w+i]
			d := hypot(u, v)
			ring, alpha := p.ring(c, u, v/p.open)
			if v < 0 { // behind the globe
				*at = mix(*at, ring.times(p.shadow(u, v)), alpha)
			}
			if cover := clamp((1-d)*p.r/c.px + .5); cover > 0 {
				z := sqrt(max(0, 1-d*d))
				lit := max(0, u*sun[0]+v*sun[1]+z*sun[2])
				lat := v*.95 + z*p.open
				swirl := .05*c.fbm(u*2.2+3, lat*9, 4) + .02*c.at(u*7, lat*30)
				band := p.bands.at(.5 + .5*sin((lat+swirl)*9+1.2*sin(lat*23)))
				// The rings throw a shadow on the globe.
				_, dark := p.ring(c, u*1.25, (v*1.1-.16)/p.open*1.02)
				if v < .10 {
					dark = 0
				}
				col := band.times((.012 + 1.25*pow(lit, .8)) * (1 - .6*dark))
				air := hex(0xffd9b0).times(.28 * pow(1-z, 3) * lit)
				*at = mix(*at, col.plus(air), cover)
			}
			if v >= 0 {
				*at = mix(*at, ring.times(p.shadow(u, v)), alpha)
			}
		}
	}
}

// ring returns the colour and the density of the rings at a distance from the centre, in radii of
// the globe.
func (p planet) ring(c *canvas, u, v float32) (rgb, float32) {
	r := hypot(u, v)
	t := (r - 1.3) / (2.35 - 1.3)
	if t < 0 || t > 1 {
		return rgb{}, 0
	}
	fine := .5 + .5*c.at(r*9, 3) + .28*c.at(r*34, 9) + .16*c.at(r*90, 1)
	gap := smooth(.010, .035, abs(t-.68)) * smooth(0, .03, t) * smooth(1, .95, t)
	return p.rings.at(t).times(.75 + .4*fine), clamp(.25+.75*fine) * gap * .92
}

// shadow returns how much light reaches a place on the rings. The globe throws a shadow away from
// the sun.
func (p planet) shadow(u, v float32) float32 {
	const awayX, awayZ = .87, -.49
	v /= p.open
	behind, beside := u*awayX+v*awayZ, u*awayZ-v*awayX
	return 1 - .94*smooth(1.05, .97, abs(beside))*smooth(0, .3, behind)
}

// nebula is gas, dust and young stars.
func nebula(c *canvas) {
	c.bloom, c.vignette = .4, .3
	wq := c.field(3, func(x, y float32) float32 { return c.fbm(x*1.7, y*1.7, 5) })
	wr := c.field(3, func(x, y float32) float32 { return c.fbm(x*2.1+4*wq(x, y)+1.7, y*2.1+9.2, 5) })
	gas := c.field(2, func(x, y float32) float32 {
		return c.fbm(x*1.8+2.2*wr(x, y), y*1.8+2.2*wq(x, y), 6)
	})
	tint := newRamp(stop{0, 0x02030a}, stop{.25, 0x12163c}, stop{.42, 0x4a2468}, stop{.56, 0xb43e6c}, stop{.70, 0xf48a5c},
		stop{.84, 0xffd38c}, stop{1, 0xfff8e2})
	teal := hex(0x1f9aa6)
	c.each(func(x, y float32) rgb {
		d := hypot((x-c.aspect*.52)*.85/max(c.aspect, 1), (y-.48)*.9)
		g := gas(x, y)
		body := clamp(.52 + .95*g - .75*d*d - .25*d)
		lane := smooth(.05, .45, wr(x, y)) * .75
		col := tint.at(body).times(1 - lane*smooth(.3, .6, body))
		return col.plus(teal.times(.55 * clamp(wq(x, y)+.08) * smooth(.70, .35, body) * exp(-d*2)))
	})
	c.stars(1300, 1.3, .05)
	for range 9 {
		x, y, s := c.between(.05, .95)*c.aspect, c.between(.05, .95), c.between(.3, 1)
		c.sparkle(x, y, .055*s, mix(hex(0xbfd4ff), hex(0xffe6c4), c.rnd.Float32()).times(1.4))
	}
}

// sparkle paints a bright star with a cross, which comes from the struts of a telescope.
func (c *canvas) sparkle(x, y, r float32, col rgb) {
	c.glow(x, y, r*.9, col.times(.28))
	c.glow(x, y, r*.16, col.times(3))
	b := c.box(x-r, y-r, x+r, y+r)
	for j := b.Min.Y; j < b.Max.Y; j++ {
		dy := abs((float32(j)+.5)*c.px-y) / r
		for i := b.Min.X; i < b.Max.X; i++ {
			dx := abs((float32(i)+.5)*c.px-x) / r
			s := exp(-dx*60)*pow2(1-dy) + exp(-dy*60)*pow2(1-dx)
			c.pix[j*c.w+i] = c.pix[j*c.w+i].plus(col.times(1.2 * s))
		}
	}
}

// pow2 returns the square of v, 0 when v is negative.
func pow2(v float32) float32 { v = max(v, 0); return v * v }

// eclipse is the sun's corona around the moon.
func eclipse(c *canvas) {
	c.bloom, c.vignette = .35, .1
	cx, cy, r := c.aspect*.5, float32(.5), float32(.165)
	corona := c.field(2, func(x, y float32) float32 {
		dx, dy := x-cx, y-cy
		d := max(hypot(dx, dy), 1e-4)
		out, ux, uy := max(0, d-r), dx/d, dy/d
		// Streamers follow the field: long at the equator, plumes at the poles.
		long := .5 + .5*ux*ux + .45*c.at(ux*2.2+5, uy*2.2)
		ray := c.fbm(ux*5+out*1.5, uy*5+out, 4) + .22*c.at(ux*24+out*3, uy*24)
		return max(0, exp(-out*(13-6*long))*(.50+.45*long+.42*ray*smooth(0, .12, out)))
	})
	c.each(func(x, y float32) rgb {
		d := hypot(x-cx, y-cy)
		col := hex(0xdfe8ff).times(corona(x, y) * .62).plus(hex(0xfff3e2).times(1.5 * exp(-max(0, d-r)*42)))
		return col.plus(hex(0x0a1024).times(.8)).plus(hex(0x24365e).times(.35 * exp(-d*3)))
	})
	c.stars(120, 1.4, .05)
	for k := range 7 {
		a := float32(k)*.9 + dice(k, 5)
		c.glow(cx+cos(a)*r, cy+sin(a)*r, .008+.014*dice(k, 6), hex(0xff4f5e).times(2.5))
	}
	c.disc(cx, cy, r, c.px*2, func(x, y float32, _ rgb) rgb {
		return c.moon((x-cx)/r, (y-cy)/r).times(.012)
	})
	// The first bead of the sun: the diamond of the ring.
	dx, dy := cx+cos(-.75)*r, cy+sin(-.75)*r
	c.glow(dx, dy, .16, hex(0xfff6e6).times(.35))
	c.glow(dx, dy, .035, hex(0xffffff).times(6))
	c.sparkle(dx, dy, .20, hex(0xfff3dd))
}

// redPlanet is dunes and rocks under two moons.
func redPlanet(c *canvas) {
	sky := newRamp(stop{0, 0x2b1a2e}, stop{.35, 0x7a3f44}, stop{.6, 0xd98a62}, stop{.75, 0xf6c79a})
	c.sky(sky, 1.35, .02)
	c.stars(200, .4, .08)
	for k, m := range [...]struct{ x, y, r float32 }{{.70, .22, .085}, {.84, .13, .022}} {
		x, y := m.x*c.aspect, m.y
		c.disc(x, y, m.r, 0, func(px, py float32, under rgb) rgb {
			u, v := (px-x)/m.r, (py-y)/m.r
			z := sqrt(max(0, 1-u*u-v*v))
			lit := clamp(-.75*u + .25*v + .5*z)
			return under.plus(c.moon(u*.9, v*.9+float32(k)).tint(hex(0xffd9c0)).times(.75 * lit))
		})
	}
	rock, sun, shade, haze := hex(0xb9643f), hex(0xffc092).times(1.8), hex(0x6a4a62), hex(0xe3a27c)
	c.ground(ground{
		height: func(x, z float32) float32 {
			spires := smooth(.30, .85, c.ridged(x*.33+6, z*.33+3, 5)) * smooth(2, 4.5, z)
			return 1.05*spires + .18*c.fbm(x*.5, z*.5, 3) + .02*c.fbm(x*4, z*4, 3)
		},
		colour: func(s spot) rgb {
			col := mix(rock, hex(0x6f3a33), smooth(.7, 1.6, s.steep)).times(1 + .10*c.at(s.x*12, s.z*12))
			return mix(col.tint(sun.times(s.light).plus(shade.times(.34))), haze, 1-exp(-max(0, s.z-1)*.10))
		},
		eye: .42, horizon: .60, focal: 1.2, near: .6, far: 14, sun: .34, side: -1, front: .25, shadowEdge: .03,
	})
}
