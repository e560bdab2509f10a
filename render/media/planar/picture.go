// Package planar stores pictures as JPEG does: with one plane for the luminance and two for the
// colour differences, usually of half the width and height. So a picture has half as many samples
// as in RGB, and nothing is converted on the way from one JPEG to another. The planes of a picture
// can have different sizes: the smaller ones are stretched over the whole picture.
//
// picture.go has the types. color.go converts from and to RGB. resize.go resizes, with halve.go for
// exact halves. turn.go applies an EXIF orientation.
package planar

// Plane is a matrix of samples. There can be a gap after each row.
type Plane struct {
	Pix           []uint8
	Stride        int // from the start of one row to the next
	Width, Height int
}

// NewPlane returns a plane of zeros, without gaps.
func NewPlane(width, height int) Plane {
	return Plane{make([]uint8, width*height), width, width, height}
}

// Row returns the samples of a row.
func (p *Plane) Row(y int) []uint8 {
	return p.Pix[y*p.Stride:][:p.Width:p.Width]
}

// Picture is a picture in the colours of JFIF: ITU-R BT.601 in the full range. In a gray picture,
// Cb and Cr have no samples.
type Picture struct {
	Y, Cb, Cr Plane
}

// Gray reports whether the picture has no colours.
func (p *Picture) Gray() bool { return p.Cb.Width == 0 }
