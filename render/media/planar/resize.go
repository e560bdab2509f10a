package planar

import (
	"image"
	"math"

	"github.com/disintegration/imaging"
)

// Resize returns the picture as width × height, with chroma of half of that. Planes that already
// have their size are shared.
func (p *Picture) Resize(width, height int) *Picture {
	out := &Picture{Y: resize(p.Y, width, height)}
	if !p.Gray() {
		out.Cb = resize(p.Cb, (width+1)/2, (height+1)/2)
		out.Cr = resize(p.Cr, (width+1)/2, (height+1)/2)
	}
	return out
}

// Resize returns the plane as width × height, or the plane itself if that is its size.
func (p Plane) Resize(width, height int) Plane { return resize(p, width, height) }

// resize halves a plane as long as the result is large enough, and leaves the rest to imaging.
func resize(p Plane, width, height int) Plane {
	for canHalve(p.Width, width) && canHalve(p.Height, height) {
		p = halve(p)
	}
	if p.Width != width {
		p = resizeRows(p, width)
	}
	if p.Height != height {
		p = resizeColumns(p, height)
	}
	return p
}

// filter is imaging's filter for the rest. For the small ratios that are left, it is as good as
// Lanczos with two thirds of the work.
var filter = imaging.CatmullRom

// resizeRows changes the width. Imaging always computes three colours for each pixel. To waste no
// work, the upper, middle and lower third of the plane become its red, green and blue.
func resizeRows(p Plane, width int) Plane {
	third := (p.Height + 2) / 3
	packed := image.NewNRGBA(image.Rect(0, 0, p.Width, third))
	for y := range third {
		r, g, b := p.Row(y), p.Row(min(y+third, p.Height-1)), p.Row(min(y+2*third, p.Height-1))
		pack(packed.Pix[y*packed.Stride:], r, g, b)
	}
	packed = imaging.Resize(packed, width, third, filter)
	out := NewPlane(width, p.Height)
	for y := range p.Height {
		unpack(out.Row(y), packed.Pix[y%third*packed.Stride+y/third:])
	}
	return out
}

// resizeColumns changes the height. Red, green and blue are the left, middle and right third.
func resizeColumns(p Plane, height int) Plane {
	third := (p.Width + 2) / 3
	starts := [3]int{0, min(third, p.Width-third), p.Width - third}
	packed := image.NewNRGBA(image.Rect(0, 0, third, p.Height))
	for y := range p.Height {
		row := p.Row(y)
		pack(packed.Pix[y*packed.Stride:], row[:third], row[starts[1]:][:third], row[starts[2]:])
	}
	packed = imaging.Resize(packed, third, height, filter)
	out := NewPlane(p.Width, height)
	for y := range height {
		for i, start := range starts {
			unpack(out.Row(y)[start:][:third], packed.Pix[y*packed.Stride+i:])
		}
	}
	return out
}

// pack makes opaque pixels from three rows of samples.
func pack(dst, r, g, b []uint8) {
	g, b = g[:len(r)], b[:len(r)]
	dst = dst[:4*len(r)]
	for i := range r {
		d := dst[4*i:][:4:4]
		d[0], d[1], d[2], d[3] = r[i], g[i], b[i], 0xff
	}
}

// unpack returns one colour of pixels.
func unpack(dst, src []uint8) {
	src = src[:4*len(dst)-3]
	for i := range dst {
		dst[i] = src[4*i]
	}
}

// Memory returns how many bytes a picture takes.
func Memory(width, height int) int64 {
	return int64(width)*int64(height) + 2*int64((width+1)/2)*int64((height+1)/2)
}

// ResizeMemory returns how many bytes Resize takes: for all planes on the way, and for imaging's
// input, output and tables.
func ResizeMemory(fromWidth, fromHeight, width, height int) int64 {
	return resizeMemory(fromWidth, fromHeight, width, height) +
		2*resizeMemory((fromWidth+1)/2, (fromHeight+1)/2, (width+1)/2, (height+1)/2)
}

// resizeMemory is ResizeMemory for one plane.
func resizeMemory(fromWidth, fromHeight, width, height int) int64 {
	memory := int64(0)
	for canHalve(fromWidth, width) && canHalve(fromHeight, height) {
		fromWidth, fromHeight = fromWidth/2, fromHeight/2
		memory += int64(fromWidth) * int64(fromHeight)
	}
	if fromWidth != width {
		third := int64(fromHeight+2) / 3
		memory += 4*third*int64(fromWidth+width) + int64(width)*int64(fromHeight) + weightMemory(fromWidth, width)
	}
	if fromHeight != height {
		third := int64(width+2) / 3
		memory += 4*third*int64(fromHeight+height) + int64(width)*int64(height) + weightMemory(fromHeight, height)
	}
	return memory
}

// weightMemory returns how many bytes imaging takes for its table of weights: for each sample a
// slice with 16 bytes for each source sample, and room for as many again.
func weightMemory(from, to int) int64 {
	reach := math.Ceil(filter.Support * max(1, float64(from)/float64(to)))
	return int64(to)*24 + 2*16*int64(to)*int64(reach+2)
}
