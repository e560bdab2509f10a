package render

import (
	"math"
	"slices"
	"strconv"
	"sync"

	"firstframe/render/gallery"
	"firstframe/render/media"
)

// The search offers pictures by colour. This file names the colours of a picture, and measures how
// far those of two pictures are apart. Both happen in OKLab, where equal distances look equal. The
// formula and its numbers are those of Björn Ottosson, "A perceptual color space for image
// processing", https://bottosson.github.io/posts/oklab/, for colours in sRGB (IEC 61966-2-1).

// hueFamilies are the colours that people name, in the order of a rainbow. The scripts know them by
// these names.
var hueFamilies = []string{
	"red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "brown", "black", "grey", "white",
}

// mostHues is how many colours a picture is said to have at most.
const mostHues = 3

// shade is a colour in OKLab, in steps of 1/255 of the way from black to white, and its family.
type shade struct {
	l, a, b int16
	hue     uint8 // its position in hueFamilies
}

// shades are all colours of 12 bits, by their three hexadecimal digits. The sketch of a picture has
// no others, and a table makes a gallery of 10,000 pictures cheap.
var shades = sync.OnceValue(func() *[1 << 12]shade {
	var all [1 << 12]shade
	for i := range all {
		lightness, a, b := okLab(float64(i>>8)/15, float64(i>>4&15)/15, float64(i&15)/15)
		all[i] = shade{
			int16(math.Round(255 * lightness)), int16(math.Round(255 * a)), int16(math.Round(255 * b)),
			uint8(slices.Index(hueFamilies, hueOf(lightness, a, b))),
		}
	}
	return &all
})

// okLab converts a colour of sRGB, from 0 to 1 each. Products are rounded before they are added, so
// that every processor gets the same.
func okLab(red, green, blue float64) (lightness, a, b float64) {
	r, g, bl := linear(red), linear(green), linear(blue)
	mix := func(x, y, z, p, q, s float64) float64 { return float64(x*p) + float64(y*q) + float64(z*s) }
	long := math.Cbrt(mix(.4122214708, .5363325363, .0514459929, r, g, bl))
	medium := math.Cbrt(mix(.2119034982, .6806995451, .1073969566, r, g, bl))
	short := math.Cbrt(mix(.0883024619, .2817188376, .6299787005, r, g, bl))
	return mix(.2104542553, .7936177850, -.0040720468, long, medium, short),
		mix(1.9779984951, -2.4285922050, .4505937099, long, medium, short),
		mix(.0259040371, .7827717662, -.8086757660, long, medium, short)
}

// linear returns the light of a value of sRGB.
func linear(v float64) float64 {
	if v <= .04045 {
		return v / 12.92
	}
	return math.Pow((v+.055)/1.055, 2.4)
}

// hueOf names a colour. The borders lie between the colours that CSS calls by these names.
func hueOf(lightness, a, b float64) string {
	chroma := math.Hypot(a, b)
	switch {
	case lightness < .2, chroma < .03 && lightness < .3:
		return "black"
	case lightness > .9 && chroma < .05:
		return "white"
	case chroma < .03:
		return "grey"
	}
	angle := math.Mod(math.Atan2(b, a)*180/math.Pi+360, 360)
	dull := chroma < .08
	switch {
	case angle < 15 || angle >= 345:
		return oneOf(lightness >= .6, "pink", "red")
	case angle < 42:
		return oneOf(lightness >= .78, "pink", oneOf(dull || lightness < .45 && chroma < .14, "brown", "red"))
	case angle < 80:
		return oneOf(lightness < .62 || dull && lightness < .8, "brown", "orange")
	case angle < 116:
		return oneOf(lightness >= .75 || !dull && lightness >= .68, "yellow", oneOf(angle < 100, "brown", "green"))
	case angle < 165:
		return "green"
	case angle < 215:
		return "teal"
	case angle < 285:
		return "blue"
	case angle < 330:
		return "purple"
	}
	return oneOf(lightness >= .6, "pink", "purple")
}

// oneOf returns yes or no.
func oneOf(condition bool, yes, no string) string {
	if condition {
		return yes
	}
	return no
}

// sketch is the colours of the parts of a picture, as positions in shades. A picture without a
// sketch has its mean colour in all parts.
type sketch [media.TintColumns * media.TintRows]uint16

// sketchOf returns the sketch of a picture. known is false if nothing is known of its colours.
func sketchOf(m *gallery.Image) (s sketch, known bool) {
	if media.IsTints(m.Tints) {
		for i := range s {
			v, _ := strconv.ParseUint(m.Tints[3*i:3*i+3], 16, 16)
			s[i] = uint16(v)
		}
		return s, true
	}
	if !gallery.IsColor(m.Color) {
		return s, false
	}
	v, _ := strconv.ParseUint(m.Color[1:], 16, 32)
	digit := func(shift int) uint64 { return ((v>>shift&255)*15 + 127) / 255 }
	for i := range s {
		s[i] = uint16(digit(16)<<8 | digit(8)<<4 | digit(0))
	}
	return s, true
}

// distance returns how far the colours of two sketches are apart, part by part, as the root of the
// mean square. 5 can hardly be seen, and 255 is from black to white.
func (s *sketch) distance(o *sketch) int {
	all, sum := shades(), 0
	for i := range s {
		x, y := &all[s[i]], &all[o[i]]
		l, a, b := int(x.l-y.l), int(x.a-y.a), int(x.b-y.b)
		sum += l*l + a*a + b*b
	}
	return int(math.Sqrt(float64(sum / len(s))))
}

// hues returns the families of the colours of a picture, as positions in hueFamilies: those with
// the most parts first, and among equals the one that comes first in the sketch.
func hues(m *gallery.Image) []uint8 {
	s, known := sketchOf(m)
	if !known {
		return nil
	}
	var order []uint8
	var count [16]int
	for _, c := range s {
		h := shades()[c].hue
		if count[h]++; count[h] == 1 {
			order = append(order, h)
		}
	}
	slices.SortStableFunc(order, func(x, y uint8) int { return count[y] - count[x] })
	return order[:min(len(order), mostHues)]
}

// hueNames returns the names of the main colours of a picture.
func hueNames(m *gallery.Image) []string {
	var names []string
	for _, h := range hues(m) {
		names = append(names, hueFamilies[h])
	}
	return names
}
