package demo

import (
	"math"
	"slices"
)

// mistyRidges are mountain ranges one behind another, with mist in the valleys.
func mistyRidges(c *canvas, sky *ramp, sunX, sunY float32, sun, mist, far, near rgb, rows int) {
	c.sky(sky, 1.5, .03)
	c.clouds(.52, 1.1, -.22, sun, mist.times(.8), .55)
	c.sun(sunX, sunY, .026, sun, 1)
	tops, hills := make([]line, rows), make([]line, rows)
	for k := range tops {
		t := float32(k) / float32(rows-1)
		freq, tall := lerp(2.6, 1.1, t), lerp(.20, .30, t)
		base := lerp(.50, 1.0, pow(t, 1.15))
		tops[k] = c.line(func(x float32) float32 {
			row := float32(k) * 37.7
			return base - tall*(c.ridged(x*freq+row, row, 3)-.28) - .018*c.fbm(x*14+row, 3, 4)
		})
		hills[k] = slices.Clone(tops[k])
		if t > .45 {
			c.spruces(tops[k], lerp(.006, .075, (t-.45)/.55), lerp(.0022, .017, (t-.45)/.55), k)
		}
	}
	// The mist is tall enough for each row to have its own piece.
	wisps := c.tallField(8, 4, func(x, y float32) float32 { return c.at(x*2.4, y*7) })
	glow := c.field(8, func(x, y float32) float32 { return exp(-hypot(x-sunX, (y-sunY)*1.4) * 2.6) })
	for k, top := range tops {
		t := float32(k) / float32(rows-1)
		var until line
		if k < rows-1 {
			until = tops[k+1]
		}
		body := mix(far, near, pow(t, .8))
		fill := lerp(.11, .26, t)
		c.below(top, until, func(x, y, _ float32, _ rgb) rgb {
			drift := .55 + .6*wisps(x, y+float32(k)*.37)
			// The mist lies on the hill, not on its trees.
			depth := y - hills[k][min(int(x/c.px), c.w-1)]
			m := smooth(0, fill, depth) * clamp(drift) * (1 - .8*t*t)
			return mix(body, mist, m).plus(sun.times(.30 * glow(x, y) * (1 - t)))
		})
	}
}

// mistyDawn is a range in the mist at sunrise.
func mistyDawn(c *canvas) {
	sky := newRamp(stop{0, 0x33416f}, stop{.25, 0x7d6f9e}, stop{.45, 0xd995a0}, stop{.62, 0xf9c39a}, stop{.8, 0xffe3b8})
	mistyRidges(c, sky, c.aspect*.64, .40, hex(0xffd9a0), hex(0xf3bfa6), hex(0xb98fa6), hex(0x1b1a33), 7)
}

// blueHour is a range after sunset, with a crescent moon.
func blueHour(c *canvas) {
	sky := newRamp(stop{0, 0x070d24}, stop{.3, 0x15306b}, stop{.55, 0x4d78b4}, stop{.72, 0xb5bfd6}, stop{.82, 0xf2c3ac})
	c.bloom = .35
	mistyRidges(c, sky, c.aspect*.30, .62, hex(0xf2c3ac), hex(0x8fa6cc), hex(0x5f7fb4), hex(0x060b1c), 6)
	c.stars(260, .40, .12)
	// The crescent is a disc with a second disc in front of it.
	mx, my := c.aspect*.72, float32(.20)
	c.glow(mx, my, .22, hex(0xc9d8ff).times(.10))
	c.disc(mx, my, .032, 0, func(x, y float32, under rgb) rgb {
		shade := smooth(-.004, .006, hypot(x-mx+.016, y-my+.009)-.031)
		return mix(under.plus(hex(0x16213f).times(.3)), hex(0xfff4dd).times(1.4), shade)
	})
}

// mistyValley is a valley in the mist on a grey morning.
func mistyValley(c *canvas) {
	sky := newRamp(stop{0, 0x8fb3b8}, stop{.4, 0xc7d8cc}, stop{.7, 0xf1ecd2}, stop{1, 0xfdf5dc})
	mistyRidges(c, sky, c.aspect*.36, .26, hex(0xfff3cf), hex(0xdde6d4), hex(0x9dbcb0), hex(0x0f2a25), 6)
}

// alpenglow is a snowy range in the last sunlight.
func alpenglow(c *canvas) {
	sky := newRamp(stop{0, 0x23406f}, stop{.3, 0x5f7fae}, stop{.55, 0xc9a9bd}, stop{.75, 0xf6c7ae})
	c.sky(sky, 1.5, 0)
	c.clouds(.62, 1.3, -.12, hex(0xffd9c4), hex(0x9a8fb0), .7)
	snow, rock := hex(0xf4f3f8), hex(0x4a4048)
	sun, shade, haze := hex(0xff9c6b).times(2.6), hex(0x5d79b8), hex(0xc3a5bd)
	c.ground(ground{
		height: func(x, z float32) float32 {
			// Plains in front, peaks behind.
			rise := smooth(1.2, 5, z)
			return 1.5*rise*c.ridged(x*.42+3.1, z*.42, 6) + .05*c.fbm(x*2, z*2, 3)
		},
		colour: func(s spot) rgb {
			bare := smooth(.9, 1.5, s.steep+.6*c.fbm(s.x*11, s.z*11, 3))
			col := mix(snow, rock, bare*.85)
			lit := sun.times(s.light).plus(shade.times(.42))
			return mix(col.tint(lit), haze, 1-exp(-max(0, s.z-2)*.075))
		},
		eye: .62, horizon: .62, focal: 1.25, near: 1.1, far: 12, sun: .32, side: -1, front: .55, shadowEdge: .03,
	})
	front := c.line(func(x float32) float32 { return .90 - .05*c.fbm(x*1.6, 2, 4) + .05*sin(x*2.2+.6) })
	c.spruces(front, .15, .020, 4)
	c.below(front, nil, func(x, y, depth float32, _ rgb) rgb {
		return mix(hex(0x0c1430), hex(0x1a2748), clamp(depth*2))
	})
}

// dunes are sand in evening light: sharp crests, soft hollows.
func dunes(c *canvas) {
	sky := newRamp(stop{0, 0x5a7fa8}, stop{.3, 0xa9b6c0}, stop{.5, 0xf0cfa8}, stop{.7, 0xffd9a0})
	c.sky(sky, 1.5, 0)
	sand, sun, shade, haze := hex(0xe0a468), hex(0xffc98a).times(2.1), hex(0x6a5a86), hex(0xf2cda4)
	c.ground(ground{
		height: func(x, z float32) float32 {
			u := x*.30 + .35*c.fbm(x*.22+5, z*.22, 3)
			v := z*.42 + .9*c.at(x*.17+2, z*.13)
			n := c.at(u+v*.35, v)
			n = 1.10 - sqrt(n*n+.014) // crests are sharp, but not sharper than a pixel
			crest := n * n * n
			return .58*crest + .08*c.at(x*.7, z*.7)
		},
		colour: func(s spot) rgb {
			// Ripples from the wind are too fine for the height of the ground.
			ripple := 1 + .11*sin(95*(s.z*.8+s.x*.35)+5*c.fbm(s.x*1.5, s.z*1.5, 2))*exp(-s.z*.5)
			lit := sun.times(s.light * ripple).plus(shade.times(.36))
			return mix(sand.tint(lit), haze, 1-exp(-max(0, s.z-1)*.075))
		},
		eye: 1.0, horizon: .36, focal: 1.15, near: .9, far: 13, sun: .36, side: 1, front: -.1, shadowEdge: .05,
	})
}

// mesa is a desert of banded rock.
func mesa(c *canvas) {
	sky := newRamp(stop{0, 0x2f5f95}, stop{.4, 0x86a9c4}, stop{.62, 0xf1d7b8})
	c.sky(sky, 1.4, 0)
	c.clouds(.50, 1.6, -.05, hex(0xfff1e0), hex(0xb9a7a8), .85)
	strata := newRamp(stop{0, 0xb5694a}, stop{.2, 0xd98d5f}, stop{.34, 0x9d4a36}, stop{.5, 0xe3a877}, stop{.62, 0xb85c3e},
		stop{.8, 0xeac39a}, stop{1, 0xc77650})
	sun, shade, haze := hex(0xffd2a0).times(1.9), hex(0x6f7fb0), hex(0xe5c4ae)
	c.ground(ground{
		height: func(x, z float32) float32 {
			n := c.fbm(x*.36+8.2, z*.36+1, 4) + .22
			// Hard layers form walls, soft ones terraces.
			wall := .50*smooth(.15, .21, n) + .26*smooth(.29, .34, n) + .34*smooth(.01, .07, n)
			return wall*smooth(1.5, 3.6, z) + .12*n + .02*c.fbm(x*5, z*5, 3)
		},
		colour: func(s spot) rgb {
			band := s.h*2.3 + .03*c.at(s.x*2, s.z*2) + .02*c.at(s.h*60, s.x*.2)
			col := strata.at(band - float32(floor(band)))
			if flat := smooth(.8, .4, s.steep); flat > 0 {
				scrub := smooth(.12, .4, c.fbm(s.x*9, s.z*9, 4)+.06)
				sand := mix(mix(col, hex(0xd79a6c), .6), hex(0x6f7048), scrub*.7)
				col = mix(col, sand.times(1+.16*c.at(s.x*45, s.z*45)), flat)
			}
			lit := sun.times(s.light).plus(shade.times(.40))
			return mix(col.tint(lit), haze, 1-exp(-max(0, s.z-1.5)*.055))
		},
		eye: .55, horizon: .50, focal: 1.2, near: .9, far: 14, sun: .5, side: -1, front: .5, shadowEdge: .02,
	})
}

// cloudSea is the view from a window seat: one bank of clouds behind another.
func cloudSea(c *canvas) {
	sky := newRamp(stop{0, 0x1f3f86}, stop{.3, 0x5f8fd0}, stop{.5, 0xeec6c8}, stop{.62, 0xffd3a6})
	c.sky(sky, 1.35, .01)
	c.sun(c.aspect*.68, .385, .024, hex(0xffdfb0), 1.1)
	const rows = 11
	sunlit, shade, deep := hex(0xffd9b4).times(1.1), hex(0x9a8cc4), hex(0x4f5f9f)
	puffs := c.field(3, func(x, y float32) float32 { return c.fbm(x*7, y*11, 4) })
	for k := range rows {
		t := float32(k) / (rows - 1)
		base, tall := lerp(.445, 1.04, t*(.45+.55*t)), lerp(.012, .20, t)
		top := c.line(func(x float32) float32 {
			// Round tops, sharp valleys between them.
			u, sum, amp, v := (x-c.aspect/2)*lerp(7, 1.25, sqrt(t)), float32(0), float32(1), float32(k)*7.3
			for range 5 {
				sum += amp * abs(c.at(u, v))
				u, v, amp = 2.1*u, v+3.1, amp*.5
			}
			return base - tall*(sum-.25)
		})
		near := mix(deep, shade, .35)
		c.below(top, nil, func(x, y, depth float32, under rgb) rgb {
			p := puffs(x, y)
			d := depth / (tall + .02)
			light := clamp(1 - d*1.05 + .9*p)
			col := mix(mix(shade, near, smooth(.5, 1.6, d)*t), sunlit, light*light*(.55+.45*exp(-abs(x-c.aspect*.68)*1.2)))
			col = mix(hex(0xffd2b4), col, .25+.75*smooth(0, .45, t))
			return mix(under, col, smooth(0, .16, d+.25*p))
		})
	}
}

// lake is a range and its reflection.
func lake(c *canvas) {
	sky := newRamp(stop{0, 0x3f6f9f}, stop{.35, 0x93b4c9}, stop{.6, 0xf3dcc2}, stop{.75, 0xffe9c9})
	c.sky(sky, 1.35, 0)
	c.clouds(.52, 1.2, .02, hex(0xfff0dc), hex(0x9db0c4), .75)
	rock, snow, wood := hex(0x6f7480), hex(0xf5f4f2), hex(0x22382f)
	sun, shade, haze := hex(0xffd9ac).times(1.7), hex(0x7f9bc8), hex(0xc9d2da)
	c.ground(ground{
		height: func(x, z float32) float32 {
			return 1.35*smooth(2.2, 5.5, z)*c.ridged(x*.40+11.3, z*.40+4, 6)*(1-.7*exp(-x*x*.5)) - .02
		},
		colour: func(s spot) rgb {
			white := smooth(.42, .72, s.h+.14*c.at(s.x*6, s.z*6)-.10*s.steep)
			col := mix(rock, snow, white)
			col = mix(wood, col, smooth(.16, .40, s.h+.10*c.at(s.x*8, s.z*8)))
			return mix(col.tint(sun.times(s.light).plus(shade.times(.36))), haze, 1-exp(-max(0, s.z-2)*.07))
		},
		eye: .10, horizon: .575, focal: 1.3, near: 2, far: 13, sun: .45, side: 1, front: .6, shadowEdge: .03,
	})
	shore := c.line(func(x float32) float32 {
		return .572 - .035*smooth(.0, .9, abs(x-c.aspect*.52)-.05) - .006*c.at(x*6, 4)
	})
	c.spruces(shore, .050, .0075, 9)
	c.below(shore, nil, func(_, _, depth float32, _ rgb) rgb {
		return mix(hex(0x14261f), hex(0x31504a), clamp(depth*9))
	})
	c.water(.585, .030, hex(0x0d2a38))
}

// meadows are hills patched with fields.
func meadows(c *canvas) {
	sky := newRamp(stop{0, 0x6fa0c8}, stop{.4, 0xbcd4dc}, stop{.62, 0xfbe9c8})
	c.sky(sky, 1.5, 0)
	c.clouds(.44, 1.3, .08, hex(0xfffaf0), hex(0xb4c0cc), .9)
	crops := [...]rgb{hex(0x8fa84a), hex(0xc9b458), hex(0x5f8a45), hex(0xe0c878), hex(0x7f9c52), hex(0xa9b55c), hex(0xb58d57)}
	sun, shade, haze := hex(0xffe2a8).times(1.65), hex(0x7f9fc4), hex(0xdfe3d4)
	c.ground(ground{
		height: func(x, z float32) float32 {
			return .42*c.at(x*.33+2.4, z*.40+7) + .16*c.at(x*.8, z*.8) + .012*c.fbm(x*4, z*4, 2)
		},
		colour: func(s spot) rgb {
			u, v := s.x*1.3+.5*c.at(s.x*.7, s.z*.7), s.z*.8+.5*c.at(s.x*.6+9, s.z*.6)
			i, j := floor(u+.4*dice(floor(v), 3)), floor(v)
			u += .4 * dice(j, 3)
			fu, fv := u-float32(i), v-float32(j)
			col := crops[int(dice(i, j)*float32(len(crops)))]
			// Furrows run across or along the field, and blur in the distance.
			row := fu
			if dice(i, j+77) < .5 {
				row = fv
			}
			col = col.times(1 + .10*sin(row*90)*exp(-s.z*.22) + .14*c.at(s.x*9, s.z*9))
			hedge := min(min(fu, 1-fu), min(fv, 1-fv)) + .02*c.at(s.x*14, s.z*14)
			col = mix(hex(0x2c4526), col, smooth(.015, .05, hedge))
			return mix(col.tint(sun.times(s.light).plus(shade.times(.30))), haze, 1-exp(-max(0, s.z-1.5)*.075))
		},
		eye: .95, horizon: .37, focal: 1.2, near: .75, far: 18, sun: .42, side: -1, front: .2, shadowEdge: .12,
	})
}

// fogForest is rows of tall trunks in fog.
func fogForest(c *canvas) {
	fog := newRamp(stop{0, 0x9fb4ae}, stop{.35, 0xd6dccb}, stop{.6, 0xe9e2c8}, stop{1, 0x8fa59c})
	c.each(func(x, y float32) rgb { return fog.at(y + .06*c.fbm(x*3, y*3, 4)) })
	c.glow(c.aspect*.58, .34, .6, hex(0xfff1c8).times(.55))
	const rows = 7
	for k := range rows {
		t := float32(k) / (rows - 1)
		col := mix(hex(0xb3c2b4), hex(0x0d1f1d), pow(t, .75))
		base := lerp(.66, 1.02, t)
		tall := lerp(.30, 1.05, pow(t, 1.3))
		for x := c.between(-.05, .02); x < c.aspect+.1; x += tall * c.between(.13, .34) {
			if k == rows-1 && abs(x-c.aspect*.5) < c.aspect*.26 {
				continue
			}
			c.spruce(x, base+c.between(0, .03), tall*c.between(.65, 1.05), col)
		}
		floor := c.line(func(x float32) float32 { return base - .01 - .03*c.fbm(x*3+float32(k)*5, 1, 3) })
		c.below(floor, nil, func(_, _, _ float32, _ rgb) rgb { return col })
		veil := fog.at(.5)
		dense := c.field(8, func(x, y float32) float32 {
			return smooth(.30, 1, y) * (.50 - .40*t) * clamp(.7+.8*c.at(x*2.2, y*3.5+float32(k)*3))
		})
		c.over(func(x, y float32, under rgb) rgb { return mix(under, veil, dense(x, y)) })
	}
}

// spruce paints one tree: a body, and hanging branches with twigs.
func (c *canvas) spruce(x, base, tall float32, col rgb) {
	f := flat(col, 1)
	half := tall * c.between(.12, .16)
	c.fill([]point{{x, base - tall}, {x + half*.26, base - tall*.12}, {x, base - tall*.02}, {x - half*.26, base - tall*.12}}, f)
	c.stroke([]point{{x, base - tall*1.01}, {x, base}}, tall*.002, tall*.024, f)
	tiers := 26 + int(56*tall)
	for i := range tiers {
		t := (float32(i) + c.between(.6, 1.4)) / float32(tiers+1)
		y := base - tall + tall*.93*t
		for _, side := range [...]float32{-1, 1} {
			r := half * pow(t, .8) * c.between(.55, 1.1)
			drop := r * c.between(.25, .5)
			branch := []point{{x, y}, {x + side*r*.4, y + drop*.4}, {x + side*r*.8, y + drop}, {x + side*r, y + drop*.85}}
			c.stroke(branch, tall*lerp(.012, .020, t), tall*.002, f)
			if tall < .4 {
				continue // too far away for twigs
			}
			for k := range 7 {
				at := .22 + .11*float32(k)
				tx, ty := x+side*r*at, y+drop*min(at*1.1, 1)
				long := tall * .034 * c.between(.5, 1) * (1.15 - at) * (.4 + t)
				c.stroke([]point{{tx, ty}, {tx + side*long*.35, ty + long}}, tall*.005, 0, f)
			}
		}
	}
}

// islands is a sea with islands in the evening haze.
func islands(c *canvas) {
	sky := newRamp(stop{0, 0x6c5b8f}, stop{.3, 0xd68a94}, stop{.5, 0xf9b98a}, stop{.65, 0xffe0a8})
	c.sky(sky, 1.25, .02)
	c.clouds(.55, 1.2, -.1, hex(0xffc9a0), hex(0xa06f8f), .7)
	c.sun(c.aspect*.41, .43, .032, hex(0xffdfa0), 1)
	shore := c.line(func(float32) float32 { return .56 })
	for k := range 6 {
		t := float32(k) / 5
		at, wide := []float32{.62, .16, .86, .34, .05, .97}[k]*c.aspect, []float32{.55, .42, .36, .14, .34, .46}[k]
		tall := []float32{.07, .10, .13, .09, .22, .30}[k]
		col := mix(hex(0xe2a394), hex(0x2a1c3c), t)
		top := c.line(func(x float32) float32 {
			d := (x - at) / wide
			return .565 - tall*exp(-d*d*2.5)*(.75+.5*c.fbm(x*3+float32(k)*7, 1, 5)) + .03*smooth(.7, 1.2, abs(d))
		})
		hill := slices.Clone(top)
		c.spruces(top, .012*t, .004, k)
		c.below(top, shore, func(x, y, _ float32, _ rgb) rgb {
			depth := y - hill[min(int(x/c.px), c.w-1)]
			return mix(col, hex(0xf3b596), smooth(.0, .18, depth)*(.55-.4*t))
		})
	}
	c.water(.56, .16, hex(0x3a2a52))
}

// lowSun is the sea, and the sun on it.
func lowSun(c *canvas) {
	sky := newRamp(stop{0, 0x1d2f5c}, stop{.3, 0x6b5f8c}, stop{.55, 0xe08a72}, stop{.75, 0xffc27a})
	c.sky(sky, 1.35, .015)
	c.clouds(.55, .9, .10, hex(0xffa878), hex(0x4f4468), .9)
	c.sun(c.aspect*.5, .485, .042, hex(0xffd08a), 1.1)
	c.water(.55, .42, hex(0x14223f))
	c.glitter(c.aspect*.5, .55, .05, hex(0xffc27a).times(1.1))
}

// sailboat is a boat in evening light.
func sailboat(c *canvas) {
	sky := newRamp(stop{0, 0xd9785a}, stop{.35, 0xf2a765}, stop{.6, 0xffd894})
	c.sky(sky, 1.2, .02)
	c.clouds(.62, 1.3, -.05, hex(0xffe0a6), hex(0xc0664f), .6)
	sx := c.aspect * .5
	c.sun(sx, .50, .17, hex(0xffe3a8).times(.55), .9)
	hull, sail := hex(0x2a1418), hex(0x5a2a26)
	x, y := sx+.06, float32(.645)
	bend := func(ax, ay, bx, by, sag float32) []point {
		var pts []point
		for i := range 17 {
			t := float32(i) / 16
			pts = append(pts, point{lerp(ax, bx, t) + sag*sin(t*math.Pi), lerp(ay, by, t)})
		}
		return pts
	}
	c.fill(append(bend(x, y-.37, x+.155, y-.035, .02), point{x + .004, y - .035}), flat(sail, .96))
	c.fill(append(bend(x-.006, y-.34, x-.105, y-.03, .012), point{x - .012, y - .04}), flat(sail.times(1.3), .93))
	c.stroke([]point{{x, y - .385}, {x, y}}, .004, .006, flat(hull, 1))
	c.fill([]point{{x - .12, y - .028}, {x + .17, y - .036}, {x + .145, y + .004}, {x - .09, y + .004}}, flat(hull, 1))
	c.water(.647, .20, hex(0x5a2a2a))
}

// lighthouse is a coast at dusk with the beams of a lighthouse.
func lighthouse(c *canvas) {
	sky := newRamp(stop{0, 0x0d1a3a}, stop{.35, 0x2f4a78}, stop{.6, 0x93839c}, stop{.78, 0xf0a98a})
	c.sky(sky, 1.25, 0)
	c.clouds(.62, 1.2, .05, hex(0xd79a96), hex(0x2c3a60), .8)
	c.stars(140, .4, .1)
	lx, ly := c.aspect*.64, float32(.27)
	warm := hex(0xffe2a0)
	beams := c.field(3, func(x, y float32) float32 {
		dx, dy := x-lx, y-ly
		d := hypot(dx, dy)
		wide := (dy - dx*.06) / max(abs(dx), .01)
		beam := exp(-wide*wide*160) * exp(-d*1.1) * smooth(0, .05, abs(dx))
		dust := .8 + .5*c.fbm(x*4, y*6, 3)
		return .75*beam*dust + .30*exp(-d*11)
	})
	c.over(func(x, y float32, under rgb) rgb { return under.plus(warm.times(beams(x, y))) })
	coast := c.line(func(x float32) float32 { return .728 + .03*x/c.aspect - .02*c.fbm(x*3, 4, 4) })
	c.below(coast, nil, func(_, _, _ float32, _ rgb) rgb { return hex(0x6b6488) })
	c.water(.74, .30, hex(0x16223f))
	rock := c.line(func(x float32) float32 {
		return .70 + .62*smooth(.12, -.50, x-lx+.26) - .035*c.fbm(x*5, 1, 5) + .02*smooth(.2, .7, x-lx)
	})
	dark := hex(0x0b1020)
	half := func(y float32) float32 { return lerp(.026, .042, (y-.33)/.37) }
	c.fill([]point{{lx - half(.33), .33}, {lx + half(.33), .33}, {lx + half(.72), .72}, {lx - half(.72), .72}},
		func(x, y float32, _ rgb) rgb {
			side := (x - lx) / half(y)
			col := hex(0xe9e4dc)
			if int((y-.33)/.062)%2 == 1 {
				col = hex(0xa8342f)
			}
			return col.tint(mix(hex(0x6d6f92), hex(0x1a2340), smooth(-.9, .8, side)))
		})
	c.fill([]point{{lx - .036, .322}, {lx + .036, .322}, {lx + .033, .334}, {lx - .033, .334}}, flat(dark, 1))
	c.fill([]point{{lx - .017, .25}, {lx + .017, .25}, {lx + .017, .322}, {lx - .017, .322}},
		func(x, y float32, _ rgb) rgb { return warm.times(2.4 - 30*abs(y-.285)) })
	c.fill([]point{{lx - .022, .252}, {lx, .222}, {lx + .022, .252}}, flat(dark, 1))
	c.below(rock, nil, func(x, y, depth float32, _ rgb) rgb {
		return mix(dark, hex(0x5b5f84), .30*clamp(c.ridged(x*6, y*9, 4)-.25)*smooth(.25, 0, depth))
	})
	c.glow(lx, .285, .13, warm.times(.8))
}

// city is a skyline at night over a river.
func city(c *canvas) {
	sky := newRamp(stop{0, 0x0a0f2c}, stop{.3, 0x232a63}, stop{.55, 0x7a4685}, stop{.72, 0xe0707a}, stop{.82, 0xffa873})
	c.bloom, c.vignette = .5, .3
	const shore = float32(.70)
	c.sky(sky, 1.15, .03)
	c.stars(160, .35, .1)
	lamps := [...]rgb{hex(0xffd08a), hex(0xffb765), hex(0xffe6bd), hex(0xbfd8ff), hex(0xff9f7a)}
	for k := range 4 {
		t := float32(k) / 3
		body := mix(hex(0x7a4a78), hex(0x07081a), pow(t, .7))
		for x := c.between(-.05, 0); x < c.aspect; {
			wide := c.between(.035, .085) * lerp(.7, 1.1, t)
			middle := exp(-pow((x-c.aspect*.55)/(.38*c.aspect), 2))
			tall := c.between(.06, .20) + .34*middle*(1-.55*t)*pow(c.rnd.Float32(), 1.4)
			c.tower(x, shore-tall, x+wide, shore, body, lamps[:], lerp(.25, 1, t), lerp(.0042, .0075, t))
			x += wide * c.between(.8, 1.35)
		}
		c.over(func(x, y float32, under rgb) rgb {
			a := smooth(.30, shore, y) * .22 * (1 - t)
			return mix(under, hex(0xa8587a), a)
		})
	}
	c.water(shore, .34, hex(0x06081a))
}

// tower paints a high-rise with its windows.
func (c *canvas) tower(x0, y0, x1, y1 float32, body rgb, lamps []rgb, bright, cell float32) {
	c.fill([]point{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}}, func(_, y float32, _ rgb) rgb {
		return body.times(1 + .5*(y-y0))
	})
	if wide := x1 - x0; c.rnd.Float32() < .3 {
		c.stroke([]point{{x0 + wide/2, y0 - .05}, {x0 + wide/2, y0}}, .001, .003, flat(body, 1))
		c.glow(x0+wide/2, y0-.05, .006, hex(0xff3b2f).times(bright))
	}
	share := c.between(.15, .55)
	own := lamps[c.rnd.IntN(len(lamps))]
	for y := y0 + cell; y < y1-cell; y += cell * 1.5 {
		// Whole floors are dark, because people go home at the same time.
		floorShare := share * c.between(.3, 1.5)
		for x := x0 + cell*.7; x < x1-cell; x += cell * 1.15 {
			if c.rnd.Float32() > floorShare {
				continue
			}
			lamp := own
			if c.rnd.Float32() < .3 {
				lamp = lamps[c.rnd.IntN(len(lamps))]
			}
			c.fill([]point{{x, y}, {x + cell*.7, y}, {x + cell*.7, y + cell*.8}, {x, y + cell*.8}},
				flat(lamp.times(c.between(.35, 2.2)*bright), .95))
		}
	}
}

// snowfall is a hut among spruces on a winter evening.
func snowfall(c *canvas) {
	sky := newRamp(stop{0, 0x1b2b52}, stop{.4, 0x4d6391}, stop{.7, 0xa9b2cc}, stop{1, 0xcfd0dc})
	c.sky(sky, 1.3, .05)
	snow := hex(0xbcc8e6)
	for k := range 5 {
		t := float32(k) / 4
		base := lerp(.56, .86, t)
		col := mix(hex(0x8594b8), hex(0x141f3a), t)
		if k < 4 {
			tall := lerp(.16, .52, t)
			for x := c.between(-.1, 0); x < c.aspect+.1; x += tall * c.between(.10, .30) {
				if k > 1 && abs(x-c.aspect*.56) < .26+.1*t {
					continue
				}
				c.snowySpruce(x, base+.02, tall*c.between(.6, 1.05), col, mix(snow, hex(0xe8eefc), t))
			}
		}
		bank := c.line(func(x float32) float32 { return base - .05*c.fbm(x*1.3+float32(k)*11, 2, 3) })
		if k == 3 {
			c.hut(c.aspect*.56, base-.01)
		}
		c.below(bank, nil, func(x, y, depth float32, _ rgb) rgb {
			lit := hex(0xffb35c).times(.55 * exp(-hypot((x-c.aspect*.56)*.8, (y-.80)*2.4)*7) * smooth(.4, 1, t))
			return mix(snow.times(.9), hex(0x7f8fbe), smooth(0, .2, depth)+.25*c.fbm(x*5, y*14, 3)).
				times(lerp(1, .72, t)).plus(lit)
		})
	}
	for i := range 900 {
		// Flakes near the lens are large and out of focus.
		near := pow(float32(i)/900, 9)
		r := lerp(.0013, .013, near) * c.between(.7, 1.3)
		x, y := c.between(0, c.aspect), c.between(0, 1)
		c.disc(x, y, r, r*.9, flat(hex(0xf2f5ff), lerp(.75, .22, near)))
	}
}

// snowySpruce is a spruce with snow on the windward side of its branches.
func (c *canvas) snowySpruce(x, base, tall float32, col, snow rgb) {
	c.spruce(x, base, tall, col)
	for i := range 26 {
		t := (float32(i) + 1) / 27
		half := tall * .10 * pow(t, .85)
		y := base - tall + tall*.92*t
		at := x + half*c.between(-.95, .55)
		wide := half * c.between(.25, .55)
		c.stroke([]point{{at - wide, y + tall*.016}, {at, y}, {at + wide, y + tall*.014}}, tall*.004, tall*.008,
			flat(snow, .75))
	}
}

// hut paints a small house with lit windows.
func (c *canvas) hut(x, y float32) {
	wood, warm := hex(0x2a2230), hex(0xffb45a)
	c.fill([]point{{x - .075, y - .09}, {x + .075, y - .09}, {x + .075, y + .03}, {x - .075, y + .03}}, flat(wood, 1))
	c.fill([]point{{x - .075, y - .085}, {x, y - .155}, {x + .075, y - .085}}, flat(wood, 1))
	c.fill([]point{{x - .098, y - .078}, {x, y - .168}, {x + .098, y - .078}, {x + .09, y - .066}, {x, y - .148},
		{x - .09, y - .066}}, flat(hex(0xdfe6f8), 1))
	for _, at := range []float32{-.048, .016} {
		c.fill([]point{{x + at, y - .055}, {x + at + .032, y - .055}, {x + at + .032, y - .016}, {x + at, y - .016}},
			flat(warm.times(2.2), 1))
		c.stroke([]point{{x + at + .016, y - .055}, {x + at + .016, y - .016}}, .003, .003, flat(wood, 1))
	}
	c.glow(x, y-.035, .30, warm.times(.10))
}

// beach is a shore from above.
func beach(c *canvas) {
	sea := newRamp(stop{0, 0x0b4f6c}, stop{.30, 0x12809a}, stop{.52, 0x2fb3b5}, stop{.68, 0x86d8c9}, stop{.76, 0xc9e6cf},
		stop{.78, 0xc7a982}, stop{.84, 0xd9bd93}, stop{1, 0xf0dcb8})
	c.bloom, c.vignette = .12, .15
	bay := c.field(4, func(x, y float32) float32 { return c.fbm(x*1.5, y*1.5, 3) })
	bends := c.tallField(4, 3, func(x, y float32) float32 { return c.fbm(x*3, y*3, 3) })
	reefs := c.field(3, func(x, y float32) float32 { return c.fbm(x*4+9, y*4, 4) })
	c.each(func(x, y float32) rgb {
		// How far up the beach this is; below .77 is water.
		s := .16 + .80*(x/c.aspect*.62+y*.46) + .10*bay(x, y)
		col := sea.at(s)
		depth := .775 - s
		if depth > 0 {
			// Reefs and sand ripples show through.
			reef := smooth(.05, .45, reefs(x, y)) * smooth(.10, .35, depth)
			col = mix(col, hex(0x0a4458), reef*.55)
			if depth < .4 {
				net := c.ridged(x*11+.6*c.at(x*5, y*5), y*11, 2)
				col = col.plus(hex(0xd8fff0).times(.12 * net * net * smooth(.4, .0, depth)))
			}
		} else {
			col = col.times(1 + .06*c.fbm(x*60, y*60, 2) + .05*c.at(x*9, y*9))
		}
		for _, at := range [...]float32{.0, .055, .13, .23} {
			wave := depth - at + .022*bends(x, y+at*8)
			if wave < -.006 || wave > .05 {
				continue
			}
			lace := c.ridged(x*22+at*50, y*22, 3)
			trail := smooth(.05, 0, wave) * smooth(-.006, .004, wave)
			foam := trail * smooth(.30, .75, lace+.45*smooth(.018, 0, wave))
			col = mix(col, hex(0xf8fbf6), clamp(foam)*lerp(.95, .45, at*4))
		}
		return col
	})
}
