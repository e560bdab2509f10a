package demo

import "math"

// rgb is a colour in linear light. Mixing such colours mixes light, so fog, glow and soft edges
// look as if seen through a lens. White is 1; the sun can be brighter.
type rgb struct{ r, g, b float32 }

// plus adds light, times scales it, tint filters it, and luma returns its brightness.
func (a rgb) plus(b rgb) rgb      { return rgb{a.r + b.r, a.g + b.g, a.b + b.b} }
func (a rgb) times(k float32) rgb { return rgb{a.r * k, a.g * k, a.b * k} }
func (a rgb) tint(b rgb) rgb      { return rgb{a.r * b.r, a.g * b.g, a.b * b.b} }
func (a rgb) luma() float32       { return .2126*a.r + .7152*a.g + .0722*a.b }

// mix interpolates between a at t = 0 and b at t = 1.
func mix(a, b rgb, t float32) rgb {
	return rgb{a.r + (b.r-a.r)*t, a.g + (b.g-a.g)*t, a.b + (b.b-a.b)*t}
}

// hex returns the light of a colour as designers write it: 0xrrggbb in sRGB.
func hex(v uint32) rgb {
	return rgb{linear[v>>16&255], linear[v>>8&255], linear[v&255]}
}

// linear holds the light of each sRGB value.
var linear = func() (t [256]float32) {
	for i := range t {
		s := float64(i) / 255
		if s <= .04045 {
			t[i] = float32(s / 12.92)
		} else {
			t[i] = float32(math.Pow((s+.055)/1.055, 2.4))
		}
	}
	return t
}()

// stop is a colour, as hex takes it, at a place on a ramp.
type stop struct {
	at     float32
	colour uint32
}

// ramp is a colour gradient over [0, 1]. Colours are mixed in Oklab, where the way from orange to
// blue leads through rose instead of grey.
type ramp [1024]rgb

// newRamp returns a gradient through stops, which are in the order of their places.
func newRamp(stops ...stop) *ramp {
	r := new(ramp)
	k := 0
	for i := range r {
		t := float32(i) / float32(len(r)-1)
		for k < len(stops)-2 && t > stops[k+1].at {
			k++
		}
		a, b := stops[k], stops[min(k+1, len(stops)-1)]
		f := float32(0)
		if b.at > a.at {
			f = clamp((t - a.at) / (b.at - a.at))
		}
		la, lb := toLab(hex(a.colour)), toLab(hex(b.colour))
		r[i] = fromLab(mix(la, lb, f))
	}
	return r
}

// at returns the colour at t. Outside [0, 1] it is the colour of the nearer end.
func (r *ramp) at(t float32) rgb {
	return r[int(clamp(t)*float32(len(r)-1)+.5)]
}

// toLab converts linear light to Oklab (https://bottosson.github.io/posts/oklab/).
func toLab(c rgb) rgb {
	cbrt := func(v float32) float32 { return float32(math.Cbrt(float64(v))) }
	l := cbrt(.4122214708*c.r + .5363325363*c.g + .0514459929*c.b)
	m := cbrt(.2119034982*c.r + .6806995451*c.g + .1073969566*c.b)
	s := cbrt(.0883024619*c.r + .2817188376*c.g + .6299787005*c.b)
	return rgb{
		.2104542553*l + .7936177850*m - .0040720468*s,
		1.9779984951*l - 2.4285922050*m + .4505937099*s,
		.0259040371*l + .7827717662*m - .8086757660*s,
	}
}

// fromLab converts Oklab to linear light.
func fromLab(c rgb) rgb {
	l := c.r + .3963377774*c.g + .2158037573*c.b
	m := c.r - .1055613458*c.g - .0638541728*c.b
	s := c.r - .0894841775*c.g - 1.2914855480*c.b
	l, m, s = l*l*l, m*m*m, s*s*s
	return rgb{
		max(0, 4.0767416621*l-3.3077115913*m+.2309699292*s),
		max(0, -1.2684380046*l+2.6097574011*m-.3413193965*s),
		max(0, -.0041960863*l-.7034186147*m+1.7076147010*s),
	}
}
