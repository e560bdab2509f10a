package media

import (
	"encoding/binary"
	"image"
	"image/color"
	"io"
	"math"
)

// This file does what the colour chunks of a PNG say, in two steps. The samples are converted to
// the curve of sRGB, because the page's background also has this curve. If the primaries differ
// from sRGB, the rendition gets a profile with them. References in comments are to the PNG
// specification (third edition, 2025).

// pngColors are the colours of a PNG.
type pngColors struct {
	light   func(sample float64) float64 // light of a sample, both 0 to 1; nil for the curve of sRGB
	profile []byte                       // for the rendition, or nil
}

// readPNGColors reads the colour chunks in front of the pixels.
func readPNGColors(src *io.SectionReader) (pngColors, error) {
	var c colorChunks
	gray := false
	for kind, data := range pngChunks(src) {
		switch kind {
		case "IHDR":
			var head [13]byte
			if _, err := io.ReadFull(data, head[:]); err != nil {
				return pngColors{}, err
			}
			gray = head[9] == 0 || head[9] == 4
		case "IDAT":
			return c.colors(gray), nil
		default:
			if err := c.add(kind, data); err != nil {
				return pngColors{}, err
			}
		}
	}
	return c.colors(gray), nil
}

// colorChunks has the contents of the chunks that define colours.
type colorChunks struct {
	cicp, gama, chrm []byte
	profile          []byte // of iCCP, unpacked
	srgb             bool
}

// add notes a chunk. It ignores chunks of the wrong length, and those that repeat an earlier one.
func (c *colorChunks) add(kind string, data *io.SectionReader) error {
	read := func(to *[]byte, size int64) error {
		if data.Size() != size || *to != nil {
			return nil
		}
		*to = make([]byte, size)
		_, err := io.ReadFull(data, *to)
		return err
	}
	switch kind {
	case "cICP":
		return read(&c.cicp, 4)
	case "gAMA":
		return read(&c.gama, 4)
	case "cHRM":
		return read(&c.chrm, 32)
	case "sRGB":
		c.srgb = true
	case "iCCP":
		c.profile = readICCP(data)
	}
	return nil
}

// colors chooses according to 4.3: cICP, or else iCCP, or else sRGB, or else gAMA and cHRM. A
// useless chunk counts as missing.
func (c *colorChunks) colors(gray bool) pngColors {
	if found, ok := colorsOfCodes(c.cicp, gray); ok {
		return found
	}
	if profile := checkProfile(c.profile, gray); profile != nil {
		return pngColors{profile: profile}
	}
	if c.srgb {
		return pngColors{}
	}
	var found pngColors
	if c.gama != nil {
		found.light = lightOfGamma(float64(binary.BigEndian.Uint32(c.gama)) / 100_000)
	}
	if c.chrm != nil && !gray {
		var p primaries
		for i := range p {
			p[i] = float64(binary.BigEndian.Uint32(c.chrm[4*i:])) / 100_000
		}
		found.profile = p.profile()
	}
	return found
}

// lightOfGamma returns the curve of gAMA (11.3.2.3). It returns nil if the curve is nearly the
// curve of sRGB, or if no picture has such a curve. Like libpng, it draws the line at 5 %.
func lightOfGamma(gamma float64) func(float64) float64 {
	if gamma < 0.1 || gamma > 10 || math.Abs(gamma*2.2-1) < 0.05 {
		return nil
	}
	return func(v float64) float64 { return math.Pow(v, 1/gamma) }
}

// colorsOfCodes returns the colours of cICP (11.3.2.6), and whether they are known. It has codes of
// ITU-T H.273 for the primaries, the curve, the matrix, which must be the one for RGB, and the
// range, which must be full.
func colorsOfCodes(cicp []byte, gray bool) (pngColors, bool) {
	if cicp == nil || cicp[2] != 0 || cicp[3] != 1 {
		return pngColors{}, false
	}
	p, known := map[byte]primaries{
		1:  primariesOfSRGB,
		5:  {0.3127, 0.3290, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06},       // BT.601, 625 lines
		6:  {0.3127, 0.3290, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07},     // BT.601, 525 lines
		7:  {0.3127, 0.3290, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07},     // the same as 6
		9:  {0.3127, 0.3290, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046}, // BT.2020
		12: {0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060}, // Display P3
	}[cicp[0]]
	if !known && !gray {
		return pngColors{}, false
	}
	var found pngColors
	switch cicp[1] {
	case 13: // sRGB
	case 1, 6, 14, 15:
		found.light = lightOfVideo
	case 4:
		found.light = lightOfGamma(1 / 2.2)
	case 5:
		found.light = lightOfGamma(1 / 2.8)
	case 8:
		found.light = lightOfGamma(1)
	case 16:
		found.light = lightOfPQ
	case 18:
		found.light = lightOfHLG
	default:
		return pngColors{}, false
	}
	if !gray {
		found.profile = p.profile()
	}
	return found, true
}

// lightOfVideo returns the light of a sample by the curve of BT.709.
func lightOfVideo(v float64) float64 {
	if v < 0.081 {
		return v / 4.5
	}
	return math.Pow((v+0.099)/1.099, 1/0.45)
}

// lightOfPQ returns the light of a sample by SMPTE ST 2084, dimmed to fit a page.
func lightOfPQ(v float64) float64 {
	const m1, m2, c1, c2, c3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875
	p := math.Pow(v, 1/m2)
	return dimmed(10_000 * math.Pow(max(p-c1, 0)/(c2-c3*p), 1/m1))
}

// lightOfHLG returns the light of a sample by ARIB STD-B67 on a screen of 1000 cd/m², dimmed to fit
// a page.
func lightOfHLG(v float64) float64 {
	const a, b, c = 0.17883277, 0.28466892, 0.55991073
	scene := v * v / 3
	if v > 0.5 {
		scene = (math.Exp((v-c)/a) + b) / 12
	}
	return dimmed(1000 * math.Pow(scene, 1.2))
}

// dimmed maps light of up to 1000 cd/m², where white paper has 203 (ITU-R BT.2408), to the range 0
// to
// 1. As in browsers, dark parts stay as they are, and the brighter a part is, the more it is
// compressed. Each of the three colours is mapped on its own, so very bright colours get paler.
func dimmed(candelas float64) float64 {
	const most = 1000.0 / 203
	v := candelas / 203
	return v * (1 + v/(most*most)) / (1 + v)
}

// table8 returns the samples with the curve of sRGB for all samples of 8 bits, or nil if they stay
// as they are.
func (c *pngColors) table8() *[256]uint8 {
	if c.light == nil {
		return nil
	}
	t := new([256]uint8)
	for i := range t {
		t[i] = uint8(fromLight(unit(c.light(float64(i)/255)))*255 + 0.5)
	}
	return t
}

// table16 is table8 for 16 bits.
func (c *pngColors) table16() *[1 << 16]uint16 {
	t := new([1 << 16]uint16)
	for i := range t {
		t[i] = uint16(fromLight(unit(c.light(float64(i)/65535)))*65535 + 0.5)
	}
	return t
}

// apply converts the samples of a picture from image/png, in place.
func (c *pngColors) apply(img image.Image) {
	if c.light == nil {
		return
	}
	switch m := img.(type) {
	case *image.Gray:
		apply8(m.Pix, c.table8(), 1, 1)
	case *image.RGBA: // opaque
		apply8(m.Pix, c.table8(), 4, 3)
	case *image.NRGBA:
		apply8(m.Pix, c.table8(), 4, 3)
	case *image.Gray16:
		apply16(m.Pix, c.table16(), 1, 1)
	case *image.RGBA64: // opaque
		apply16(m.Pix, c.table16(), 4, 3)
	case *image.NRGBA64:
		apply16(m.Pix, c.table16(), 4, 3)
	case *image.Paletted:
		t := c.table8()
		for i, entry := range m.Palette {
			n := color.NRGBAModel.Convert(entry).(color.NRGBA)
			m.Palette[i] = color.NRGBA{t[n.R], t[n.G], t[n.B], n.A}
		}
	}
}

// apply8 converts first of the samples of each pixel, beginning with the first one.
func apply8(pix []uint8, t *[256]uint8, samples, first int) {
	for i := 0; i+samples <= len(pix); i += samples {
		for j := range first {
			pix[i+j] = t[pix[i+j]]
		}
	}
}

// apply16 is apply8 for 16 bits.
func apply16(pix []uint8, t *[1 << 16]uint16, samples, first int) {
	for i := 0; i+2*samples <= len(pix); i += 2 * samples {
		for j := range first {
			p := pix[i+2*j:][:2:2]
			binary.BigEndian.PutUint16(p, t[binary.BigEndian.Uint16(p)])
		}
	}
}
