// Package planar holds pictures as JPEG does: one plane for the luminance and
// two, usually of half the width and height, for the colour differences. That
// is half as many samples as RGB has, and no conversion between the two on the
// way from one JPEG to another.
//
// The planes of a picture may have any sizes: each covers the whole picture.
package planar

// Plane is a matrix of samples. Rows may have a gap behind them.
type Plane struct {
	Pix           []uint8
	Stride        int // from one row to the next
	Width, Height int
}

// NewPlane makes a plane without gaps, of zeros.
func NewPlane(width, height int) Plane {
	return Plane{make([]uint8, width*height), width, width, height}
}

// Row returns the samples of a row.
func (p *Plane) Row(y int) []uint8 {
	return p.Pix[y*p.Stride:][:p.Width:p.Width]
}

// Picture is a picture in the colours of JFIF, which are those of ITU-R BT.601
// in the full range. The planes Cb and Cr of a gray one have no samples.
type Picture struct {
	Y, Cb, Cr Plane
}

// Gray tells whether the picture has no colours.
func (p *Picture) Gray() bool { return p.Cb.Width == 0 }
