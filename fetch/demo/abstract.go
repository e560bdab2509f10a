package demo

import "math"

// flow is thousands of threads that follow a vector field.
func flow(c *canvas) {
	ground := hex(0xf4ecdf)
	c.bloom, c.vignette = .05, .12
	c.each(func(x, y float32) rgb { return ground.times(1 + .02*c.fbm(x*40, y*40, 2)) })
	tones := [...]rgb{hex(0x0f3b4f), hex(0x1f6f78), hex(0xd9573f), hex(0xf2a541), hex(0x102030), hex(0xe9c9a4), hex(0x7fb5a8)}
	angle := c.field(4, func(x, y float32) float32 {
		return 2.6*c.fbm(x*.95+3, y*.95, 2)*math.Pi + .5
	})
	pts := make([]point, 0, 60)
	for i := range 2600 {
		x, y := c.between(-.1, c.aspect+.1), c.between(-.1, 1.1)
		// Threads in one region have the same colour, with a few exceptions.
		k := int(clamp(.5+.62*c.at(x*1.4+8, y*1.4)) * (float32(len(tones)) - .01))
		if c.rnd.Float32() < .12 {
			k = c.rnd.IntN(len(tones))
		}
		pts = pts[:0]
		for range 18 + c.rnd.IntN(40) {
			pts = append(pts, point{x, y})
			a := angle(x, y)
			x, y = x+cos(a)*.006, y+sin(a)*.006
		}
		wide := lerp(.0060, .0016, float32(i)/2600) * c.between(.6, 1.5)
		c.stroke(pts, wide, wide*.15, flat(tones[k], .92))
	}
}

// glass is a leaded window: cells of light around random points.
func glass(c *canvas) {
	c.bloom, c.vignette = .4, .35
	hues := newRamp(stop{0, 0x12305f}, stop{.2, 0x1f7fa0}, stop{.38, 0x63c2a8}, stop{.52, 0xf3d38a}, stop{.68, 0xef8f4f},
		stop{.84, 0xc93a4f}, stop{1, 0x5b1f52})
	const cell = .098
	c.each(func(x, y float32) rgb {
		wx, wy := x+.02*c.at(x*3, y*3), y+.02*c.at(x*3+5, y*3)
		i, j := floor(wx/cell), floor(wy/cell)
		d1, d2 := float32(9), float32(9)
		var own [2]int
		var at point
		for v := j - 1; v <= j+1; v++ {
			for u := i - 1; u <= i+1; u++ {
				p := point{(float32(u) + .12 + .76*dice(u, v)) * cell, (float32(v) + .12 + .76*dice(u+91, v)) * cell}
				d := hypot(wx-p.x, wy-p.y)
				if d < d1 {
					d1, d2, own, at = d, d1, [2]int{u, v}, p
				} else if d < d2 {
					d2 = d
				}
			}
		}
		// The design runs through the panes: rings around a low sun.
		ring := hypot(at.x-c.aspect*.5, at.y-.58)
		t := .52 + .42*sin(ring*7.5-1.9) + .16*(dice(own[0], own[1]+7)-.5)
		col := hues.at(t)
		pane := .62 + .5*dice(own[0]+3, own[1]) + .30*c.fbm(x*9+dice(own[0], 2)*50, y*9, 3)
		shine := 1.25 - 5.2*d1
		lead := smooth(.0045, .0085, d2-d1)
		return mix(hex(0x0b0a0d), col.times(pane*shine*(1.25-.5*ring)), lead)
	})
}

// paperCut is layers of cut paper, each with a shadow on the layer below.
func paperCut(c *canvas) {
	c.bloom, c.vignette = .06, .2
	sheets := newRamp(stop{0, 0xfbe3b8}, stop{.2, 0xf7b267}, stop{.4, 0xf4845f}, stop{.6, 0xd1495b}, stop{.8, 0x6d3b70},
		stop{1, 0x22264f})
	const layers = 8
	edge := make([]func(x, y float32) float32, layers)
	for k := range edge {
		o := float32(k) * 3.1
		edge[k] = c.field(2, func(x, y float32) float32 {
			d := hypot(x-c.aspect*.5, (y-.5)*1.08)
			return d - .11 - .078*float32(k) - .055*c.at(x*2.6+o, y*2.6) - .02*c.at(x*6+o, y*6)
		})
	}
	grain := c.field(1, func(x, y float32) float32 { return c.at(x*160, y*160) + .6*c.at(x*60, y*300) })
	c.each(func(x, y float32) rgb {
		// Sheets further out lie on top, so begin with the outermost one that covers this pixel.
		first := min(layers-1, int(max(0, hypot(x-c.aspect*.5, (y-.5)*1.08)-.11+.12)/.078))
		for first > 0 && edge[first](x, y) < c.px {
			first--
		}
		col := sheets.at(0).plus(hex(0xfff3d0).times(.25 * exp(-hypot(x-c.aspect*.5, y-.5)*16)))
		for k := first; k < layers; k++ {
			t := float32(k+1) / layers
			e := edge[k](x, y)
			if e < -.08 {
				break // too far away for its shadow
			}
			// The light comes from the top left, so look there for the edge of the paper.
			s := edge[k](x-.012, y-.020)
			shadow := .62 * smooth(-.030, .012, s) * smooth(.004, -.002, e)
			col = col.times(1 - shadow)
			cover := clamp(e/c.px + .5)
			rim := .10 * smooth(.006, 0, e)
			col = mix(col, sheets.at(t).times(1+rim), cover)
		}
		return col.times(1 + .035*grain(x, y))
	})
}

// circles are overlapping discs of coloured glass.
func circles(c *canvas) {
	c.bloom, c.vignette = .05, .10
	paper := hex(0xf6f0e4)
	c.each(func(x, y float32) rgb { return paper.times(1 + .018*c.fbm(x*50, y*50, 2)) })
	inks := [...]rgb{hex(0xef6f5c), hex(0x2f6f9f), hex(0xf4c152), hex(0x5fae9c), hex(0x334a6f), hex(0xf2a7a0), hex(0x8f5f8a)}
	for i := range 34 {
		a := float32(i) * 2.399963 // the golden angle spreads them like seeds
		d := .062 * sqrt(float32(i)*2.1)
		x, y := c.aspect*.5+cos(a)*d*1.25, .5+sin(a)*d
		r := lerp(.17, .055, pow(float32(i)/34, .6)) * c.between(.65, 1.2)
		ink := inks[i%len(inks)]
		c.disc(x, y, r, 0, func(px, py float32, under rgb) rgb {
			density := .86 + .10*c.at(px*5+float32(i)*9, py*5) + .05*smooth(r*.93, r, hypot(px-x, py-y))
			return under.tint(mix(rgb{1, 1, 1}, ink, clamp(density)))
		})
		if i%5 == 2 {
			c.disc(x, y, r*.34, 0, flat(paper, .94))
		}
	}
}

// bauhaus is a grid of quarter circles, bars and dots in a few inks.
func bauhaus(c *canvas) {
	c.bloom, c.grain, c.vignette = 0, .8, 0
	inks := [...]rgb{hex(0xf1e7d3), hex(0x1d2b3a), hex(0xd8412f), hex(0xf0b33c), hex(0x2f6f73), hex(0xe9a58c)}
	const cell = 1. / 6
	c.each(func(x, y float32) rgb {
		i, j := floor(x/cell), floor(y/cell)
		u, v := x/cell-float32(i), y/cell-float32(j)
		ground := int(dice(i, j) * 5.99)
		figure := (ground + 1 + int(dice(i+9, j)*4.99)) % len(inks)
		if dice(i, j+5) < .5 {
			u = 1 - u
		}
		if dice(i, j+6) < .5 {
			v = 1 - v
		}
		cover := func(d float32) float32 { return clamp(d*cell/c.px + .5) }
		col := inks[ground]
		switch int(dice(i+3, j+3) * 6) {
		case 0: // a quarter
			col = mix(col, inks[figure], cover(1-hypot(u, v)))
		case 1: // arcs
			d := hypot(u, v)
			ring := 1./8 - abs(d-float32(floor(d*4))/4-1./8)
			col = mix(col, inks[figure], cover((ring-1./16)*2)*cover(1-d))
		case 2: // a leaf
			col = mix(col, inks[figure], cover(min(1-hypot(u, v), 1-hypot(1-u, 1-v))))
		case 3: // a dot in a quarter
			col = mix(col, inks[figure], cover(1-hypot(u, 1-v)))
			col = mix(col, inks[(figure+2)%len(inks)], cover(.25-hypot(u-.36, v-.64)))
		case 4: // two halves
			col = mix(col, inks[figure], cover(.5-hypot(u-.5, v)))
			col = mix(col, inks[(figure+1)%len(inks)], cover(.5-hypot(u-.5, 1-v)))
		default: // bars
			bar := abs(v*4-float32(floor(v*4))-.5)*.25 - .0625
			col = mix(col, inks[figure], cover(bar))
		}
		return col
	})
}

// silk is a cloth of warped noise, lit from the side.
func silk(c *canvas, tints *ramp, shine rgb, scale float32) {
	c.vignette = .25
	q := c.field(4, func(x, y float32) float32 { return c.fbm(x*scale, y*scale, 3) })
	r := c.field(4, func(x, y float32) float32 { return c.fbm(x*scale+3*q(x, y)+5.2, y*scale+1.3, 3) })
	height := c.field(2, func(x, y float32) float32 {
		return c.fbm(x*scale+3.4*r(x, y), y*scale*.7+2.6*q(x, y), 3)
	})
	const e = .004
	c.each(func(x, y float32) rgb {
		h := height(x, y)
		nx, ny := (height(x+e, y)-height(x-e, y))/e, (height(x, y+e)-height(x, y-e))/e
		norm := 1 / sqrt(nx*nx+ny*ny+14)
		lit := (-nx*.6 - ny*.7 + 3.2) * norm
		gloss := clamp((-nx*.45 - ny*.5 + 3.6) * norm)
		gloss *= gloss
		gloss *= gloss
		gloss *= gloss
		col := tints.at(.5 + .85*h + .25*q(x, y))
		return col.times(.30 + .85*max(lit, 0)).plus(shine.times(.32 * gloss * gloss))
	})
}

// silkTeal is silk in teal and copper.
func silkTeal(c *canvas) {
	silk(c, newRamp(stop{0, 0x06202e}, stop{.3, 0x0f5566}, stop{.52, 0x2f9c95}, stop{.7, 0xe7c58e}, stop{.85, 0xe48a5b},
		stop{1, 0x8f2f3f}), hex(0xfff0d9), 1.1)
}

// marble is silk in the colours of rose marble.
func marble(c *canvas) {
	silk(c, newRamp(stop{0, 0x1a1320}, stop{.35, 0x4b2748}, stop{.5, 0xb5566a}, stop{.64, 0xf0b7a4}, stop{.8, 0xf9ead9},
		stop{1, 0xd9a24f}), hex(0xffe9d0), .9)
}

// waves is the interference pattern at rest.
func waves(c *canvas) { interference(c, 0) }

// interference is the pattern of waves from a few points that swing at the same frequency.
func interference(c *canvas, phase float32) {
	c.bloom, c.vignette = .3, .3
	tints := newRamp(stop{0, 0x03071c}, stop{.3, 0x10296b}, stop{.5, 0x3c54c4}, stop{.68, 0xb06fd8}, stop{.84, 0xffa99a},
		stop{1, 0xfff1cf})
	var sources [5]point
	for i := range sources {
		a := float32(i)*2*math.Pi/5 + .3
		sources[i] = point{c.aspect*.5 + .30*cos(a), .5 + .30*sin(a)}
	}
	sum := c.field(2, func(x, y float32) float32 {
		s := float32(0)
		for _, p := range sources {
			d := hypot(x-p.x, y-p.y)
			s += sin(d*95-phase) / (1 + 2.2*d)
		}
		return s
	})
	c.each(func(x, y float32) rgb {
		s := sum(x, y)
		lit := clamp(.5 + .45*(s-sum(x-.006, y-.006)))
		fall := hypot(x-c.aspect*.5, y-.5)
		return tints.at(.46 + .17*s + .22*(lit-.5) - .25*fall).times(.55 + .75*lit)
	})
}

// coral is a maze like those on shells and reefs, with light and shade.
func coral(c *canvas) {
	c.bloom, c.vignette = .15, .3
	type wave struct{ x, y, phase float32 }
	var waves [26]wave
	for i := range waves {
		a := float32(i) / float32(len(waves)) * math.Pi
		k := c.between(58, 64)
		waves[i] = wave{k * cos(a), k * sin(a), c.between(0, 2*math.Pi)}
	}
	bend := c.field(6, func(x, y float32) float32 { return .10 * c.fbm(x*1.3, y*1.3, 3) })
	height := c.field(3, func(x, y float32) float32 {
		x, y = x+bend(x, y), y+bend(y, x)
		s := float32(0)
		for _, w := range waves {
			s += wobble(w.x*x + w.y*y + w.phase)
		}
		return s / 5.2
	})
	body := newRamp(stop{0, 0x1d0f2b}, stop{.3, 0x6a1f45}, stop{.55, 0xe0524f}, stop{.8, 0xff9d73}, stop{1, 0xffe0bd})
	deep := newRamp(stop{0, 0x06222f}, stop{.5, 0x0f5a66}, stop{1, 0x1b3f5c})
	const e = .0018
	c.each(func(x, y float32) rgb {
		h := height(x, y)
		dome := func(v float32) float32 { return smooth(-.25, .95, v) }
		nx, ny := dome(height(x+e, y))-dome(height(x-e, y)), dome(height(x, y+e))-dome(height(x, y-e))
		lit := clamp(.50 - 3.0*nx - 3.6*ny)
		top := body.at(clamp(.22 + .55*dome(h) + .30*(lit-.5) + .15*c.at(x*1.5, y*1.5)))
		low := deep.at(.5 + .5*c.at(x*2, y*2+9)).times(.35 + .65*smooth(-.3, -1.4, h))
		return mix(low, top.times(.45+.85*lit), smooth(-.22, -.06, h))
	})
}

// wobble approximates a cosine.
func wobble(a float32) float32 {
	t := a * (1 / (2 * math.Pi))
	s := 2 * abs(t-float32(floor(t+.5)))
	return 1 - 2*s*s*(3-2*s)
}

// square is four nested squares, after Josef Albers.
func square(c *canvas) {
	c.bloom, c.grain, c.vignette = 0, 1.2, 0
	sheets := [...]rgb{hex(0x1e3d59), hex(0x2f6c7d), hex(0xe07a3f), hex(0xf7c35f)}
	c.each(func(x, y float32) rgb {
		x -= c.aspect / 2
		col := sheets[0]
		for k, half := range [...]float32{.40, .29, .18} {
			// Each square is low in the one around it: three parts of the space above, one below.
			mid := .5 + float32(k+1)*.045
			d := half - max(abs(x), abs(y-mid))
			col = mix(col, sheets[k+1], clamp(d/c.px+.5))
		}
		brush := .035*c.at(x*9, y*120) + .03*c.at(x*240, y*30) + .02*c.fbm(x*5, y*5, 3)
		return col.times(1 + brush)
	})
}

// ribbons are bands of light that wind around each other.
func ribbons(c *canvas) {
	c.bloom, c.vignette = .35, .25
	ground := newRamp(stop{0, 0x0b0d26}, stop{.6, 0x231544}, stop{1, 0x3d1c50})
	c.each(func(x, y float32) rgb { return ground.at(.25 + .5*y + .2*c.at(x, y)) })
	tints := newRamp(stop{0, 0x3a6cf4}, stop{.25, 0x7a5cf0}, stop{.5, 0xd65ad0}, stop{.75, 0xff7a7a}, stop{1, 0xffc46b})
	for k := range 7 {
		t := float32(k) / 6
		mid := c.line(func(x float32) float32 {
			return .5 + .24*c.at(x*.75+t*.9, t*1.6) + .16*sin(x*2.1+t*2.6) + (t-.5)*.18
		})
		wide := c.line(func(x float32) float32 { return .012 + .13*abs(sin(x*1.55+t*3.1+c.at(x, t*3))) })
		tint := tints.at(t)
		for j := range c.h {
			y := (float32(j) + .5) * c.px
			for i := range mid {
				v := (y - mid[i]) / wide[i]
				if v < -1.02 || v > 1.02 {
					continue
				}
				cover := clamp((1-abs(v))*wide[i]/c.px + .2)
				// As with silk, one border shines and the other is nearly transparent.
				sheen := .16 + .84*pow2(.5+.5*v)
				p := &c.pix[j*c.w+i]
				col := mix(tint, tints.at(t+.22), .5+.5*v).times(.30 + 1.0*sheen)
				*p = mix(*p, col, cover*(.25+.65*sheen))
			}
		}
	}
}

// contours is a map of an invented country.
func contours(c *canvas) {
	c.bloom, c.grain, c.vignette = 0, .9, .08
	tints := newRamp(stop{0, 0x1c5d78}, stop{.28, 0x5ea3a8}, stop{.36, 0xa9cbb6}, stop{.37, 0xdfe0b8}, stop{.55, 0xecd9a2},
		stop{.75, 0xd9a876}, stop{.9, 0xb87a5e}, stop{1, 0xf6eee4})
	height := c.field(2, func(x, y float32) float32 {
		w := c.fbm(x*1.2+3, y*1.2, 3)
		return .47 + 1.15*c.fbm(x*1.25+w*.6, y*1.25+6, 5)
	})
	const e = .002
	c.each(func(x, y float32) rgb {
		h := height(x, y)
		dx, dy := height(x+e, y)-height(x-e, y), height(x, y+e)-height(x, y-e)
		slope := hypot(dx, dy) / (2 * e)
		step := func(by, wide float32) float32 {
			d := h/by - float32(floor(h/by+.5))
			return clamp(wide + .5 - abs(d)*by/max(slope, .02)/c.px)
		}
		relief := 1 - (dx+dy)*9
		col := tints.at(h).times(clamp(relief*.9) + .05)
		col = mix(col, hex(0x3a2a2a), .50*step(.030, .3))
		return mix(col, hex(0x2a1a1c), .75*step(.15, .9))
	})
}

// julia is an orbit trap of z² + k: the colour is how close each point comes to two lines before it
// escapes.
func julia(c *canvas) {
	c.bloom, c.vignette = .35, .3
	tints := newRamp(stop{0, 0x04060f}, stop{.3, 0x14284f}, stop{.5, 0x2f7f8f}, stop{.68, 0xe8b86a}, stop{.85, 0xff7f50},
		stop{1, 0xfff0d8})
	c.each(func(x, y float32) rgb {
		zx, zy := (x-c.aspect*.5)*2.55, (y-.5)*2.55
		zx, zy = zx*.88-zy*.47, zx*.47+zy*.88
		line, ring := float32(9), float32(9)
		n := float32(0)
		for i := range 70 {
			xx, yy := zx*zx, zy*zy
			if xx+yy > 60 {
				break
			}
			zx, zy = xx-yy-.7435, 2*zx*zy+.1314
			if i > 0 {
				line = min(line, abs(zx*.6+zy*.8))
				ring = min(ring, abs(zx*zx+zy*zy-.22))
			}
			n++
		}
		glow := exp(-line * 16)
		halo := exp(-ring * 9)
		col := tints.at(.12 + .62*glow + .22*halo)
		return col.times(.25 + 1.1*max(glow, halo*.8)).plus(tints.at(.25).times(n / 160))
	})
}
