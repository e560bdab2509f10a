package planaravif

import (
	"image"

	"firstframe/render/media/planar"
)

// The weights of the differences of blue and red in a pixel (ITU-R BT.601, full range), with
// fraction bits after the binary point.
const (
	fraction         = 16
	half             = 1 << (fraction - 1)
	crRed, cbBlue    = 91881, 116130 // 1.402, 1.772
	cbGreen, crGreen = 22554, 46802  // 0.344136, 0.714136
)

// toRGBA converts a picture to opaque pixels. Each pixel takes the nearest sample of chroma,
// because the library gets its chroma by averaging four pixels: so it gets back the same.
func toRGBA(p *planar.Picture) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, p.Y.Width, p.Y.Height))
	for y := range p.Y.Height {
		row := m.Pix[y*m.Stride:][:m.Stride]
		luma := p.Y.Row(y)
		if p.Gray() {
			for x, v := range luma {
				copy(row[4*x:], []uint8{v, v, v, 0xff})
			}
			continue
		}
		cb, cr := p.Cb.Row(y/2), p.Cr.Row(y/2)
		for x, v := range luma {
			blue, red, sum := int32(cb[x/2])-128, int32(cr[x/2])-128, int32(v)<<fraction+half
			px := row[4*x : 4*x+4 : 4*x+4]
			px[0] = clamp(sum + crRed*red)
			px[1] = clamp(sum - cbGreen*blue - crGreen*red)
			px[2] = clamp(sum + cbBlue*blue)
			px[3] = 0xff
		}
	}
	return m
}

// clamp drops the fraction of a sample and limits it to a byte.
func clamp(v int32) uint8 { return uint8(min(max(v>>fraction, 0), 255)) }
