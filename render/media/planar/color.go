package planar

import (
	"image"
	"image/color"
	"math"
)

// The weights of red, green and blue in the luminance (ITU-R BT.601), and in the differences of
// blue and red from it. JFIF scales these differences to a range of 256.
const (
	fraction = 16 // bits after the binary point

	redY, greenY, blueY = 19595, 38470, 7471  // 0.299, 0.587, 0.114
	redCb, greenCb      = 11058, 21710        // 0.299 and 0.587 / 1.772
	greenCr, blueCr     = 27439, 5329         // 0.587 and 0.114 / 1.402
	half                = 1 << (fraction - 1) // 0.5
	crRed, cbBlue       = 1.402, 1.772        // and back
	crGreen, cbGreen    = 0.299 * 1.402 / 0.587, 0.114 * 1.772 / 0.587
)

// New returns an empty picture with chroma of half the width and height. SetRows fills it.
func New(width, height int) *Picture {
	return &Picture{
		Y:  NewPlane(width, height),
		Cb: NewPlane((width+1)/2, (height+1)/2),
		Cr: NewPlane((width+1)/2, (height+1)/2),
	}
}

// FromNRGBA converts an opaque picture. Chroma gets half the width and height.
func FromNRGBA(m *image.NRGBA) *Picture {
	width, height := m.Rect.Dx(), m.Rect.Dy()
	p := New(width, height)
	for y := range p.Cb.Height {
		y0, y1 := 2*y, min(2*y+1, height-1)
		p.SetRows(y, m.Pix[y0*m.Stride:][:4*width], m.Pix[y1*m.Stride:][:4*width])
	}
	return p
}

// SetRows sets the rows 2·y and 2·y + 1 from opaque RGBA pixels. If the picture has no second row,
// m0 and m1 must be equal.
func (p *Picture) SetRows(y int, m0, m1 []uint8) {
	y0, y1 := p.Y.Row(2*y), p.Y.Row(min(2*y+1, p.Y.Height-1))
	cb, cr := p.Cb.Row(y), p.Cr.Row(y)
	width := len(y0)
	for x := range cb {
		left, right := 2*x, min(2*x+1, width-1)
		a, b := m0[4*left:][:3:3], m0[4*right:][:3:3]
		c, d := m1[4*left:][:3:3], m1[4*right:][:3:3]
		y0[left], y0[right] = luminance(a), luminance(b)
		y1[left], y1[right] = luminance(c), luminance(d)
		red := int32(a[0]) + int32(b[0]) + int32(c[0]) + int32(d[0])
		green := int32(a[1]) + int32(b[1]) + int32(c[1]) + int32(d[1])
		blue := int32(a[2]) + int32(b[2]) + int32(c[2]) + int32(d[2])
		// 128 is the middle. The sums of four pixels are at most 1020, so the results are at most
		// 255.5. This rounds down, so that 255.5 still fits.
		const middle = 128<<(fraction+2) + 1<<(fraction+1) - 1
		cb[x] = uint8((half*blue - redCb*red - greenCb*green + middle) >> (fraction + 2))
		cr[x] = uint8((half*red - greenCr*green - blueCr*blue + middle) >> (fraction + 2))
	}
}

// luminance returns Y of an RGB pixel.
func luminance(c []uint8) uint8 {
	return uint8((redY*int32(c[0]) + greenY*int32(c[1]) + blueY*int32(c[2]) + half) >> fraction)
}

// Blend blends NRGBA pixels with an opaque background, in place. Colours are blended in sRGB, as
// browsers do.
func Blend(pixels []uint8, background color.NRGBA) {
	for i := 0; i+3 < len(pixels); i += 4 {
		p := pixels[i : i+4 : i+4]
		if p[3] == 0xff {
			continue
		}
		a := uint32(p[3])
		p[0] = mix(p[0], background.R, a)
		p[1] = mix(p[1], background.G, a)
		p[2] = mix(p[2], background.B, a)
		p[3] = 0xff
	}
}

// mix blends a sample, rounded.
func mix(over, under uint8, alpha uint32) uint8 {
	return uint8((uint32(over)*alpha + uint32(under)*(255-alpha) + 127) / 255)
}

// FromGray converts an opaque gray picture. It reads only the red samples.
func FromGray(m *image.NRGBA) *Picture {
	p := &Picture{Y: NewPlane(m.Rect.Dx(), m.Rect.Dy())}
	for y := range p.Y.Height {
		unpack(p.Y.Row(y), m.Pix[y*m.Stride:])
	}
	return p
}

// MeanColor returns the mean of all pixels. It averages light, because the mean of sRGB samples
// would be too dark.
func (p *Picture) MeanColor() (red, green, blue uint8) {
	c := p.MeanColors(1, 1)[0]
	return c.R, c.G, c.B
}

// MeanColors divides the picture into a grid of equal cells and returns the mean of each, row by
// row, as MeanColor does. In a picture that is smaller than the grid, neighbouring cells share
// pixels.
func (p *Picture) MeanColors(columns, rows int) []color.NRGBA {
	var light [256]float64
	for i := range light {
		light[i] = math.Pow(float64(i)/255, 2.2)
	}
	colors := make([]color.NRGBA, 0, columns*rows)
	for row := range rows {
		top, bottom := cell(row, rows, p.Y.Height)
		for column := range columns {
			left, right := cell(column, columns, p.Y.Width)
			colors = append(colors, p.meanOf(left, top, right, bottom, &light))
		}
	}
	return colors
}

// cell returns where cell i of n begins and ends in a length. It has one pixel at least.
func cell(i, n, length int) (start, end int) {
	start = i * length / n
	return start, max(start+1, (i+1)*length/n)
}

// meanOf returns the mean of a rectangle. light is how much light a sample stands for.
func (p *Picture) meanOf(left, top, right, bottom int, light *[256]float64) color.NRGBA {
	var sum [3]float64
	for y := top; y < bottom; y++ {
		for x, v := range p.Y.Row(y)[left:right] {
			r, g, b := p.color(left+x, y, float64(v))
			sum[0] += light[r]
			sum[1] += light[g]
			sum[2] += light[b]
		}
	}
	mean := func(sum float64) uint8 {
		return uint8(math.Round(255 * math.Pow(sum/float64((right-left)*(bottom-top)), 1/2.2)))
	}
	return color.NRGBA{R: mean(sum[0]), G: mean(sum[1]), B: mean(sum[2]), A: 255}
}

// color converts a pixel with luminance v.
func (p *Picture) color(x, y int, v float64) (red, green, blue uint8) {
	if p.Gray() {
		return uint8(v), uint8(v), uint8(v)
	}
	row, column := y*p.Cb.Height/p.Y.Height, x*p.Cb.Width/p.Y.Width
	cb, cr := float64(p.Cb.Pix[row*p.Cb.Stride+column])-128, float64(p.Cr.Pix[row*p.Cr.Stride+column])-128
	return limit(v + crRed*cr), limit(v - crGreen*cr - cbGreen*cb), limit(v + cbBlue*cb)
}

// limit rounds v and limits it to a byte.
func limit(v float64) uint8 { return uint8(min(max(v+0.5, 0), 255)) }
