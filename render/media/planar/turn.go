package planar

// Turn returns the picture upright, according to its EXIF orientation of 1 to 8. For any other
// number, it changes nothing.
func (p *Picture) Turn(orientation int) *Picture {
	if orientation <= 1 || orientation > 8 {
		return p
	}
	return &Picture{turn(p.Y, orientation), turn(p.Cb, orientation), turn(p.Cr, orientation)}
}

// turn takes each sample of the result from start + x·right + y·down.
func turn(p Plane, orientation int) Plane {
	lastX, lastY := p.Width-1, (p.Height-1)*p.Stride
	var start, right, down int
	switch orientation {
	case 2: // mirrored
		start, right, down = lastX, -1, p.Stride
	case 3: // upside down
		start, right, down = lastX+lastY, -1, -p.Stride
	case 4: // both
		start, right, down = lastY, 1, -p.Stride
	case 5: // mirrored, and lying on its left side
		start, right, down = 0, p.Stride, 1
	case 6: // lying on its left side
		start, right, down = lastY, -p.Stride, 1
	case 7: // mirrored, and lying on its right side
		start, right, down = lastX+lastY, -p.Stride, -1
	case 8: // lying on its right side
		start, right, down = lastX, p.Stride, -1
	}
	width, height := p.Width, p.Height
	if orientation >= 5 {
		width, height = height, width
	}
	out := NewPlane(width, height)
	for y := range height {
		at := start + y*down
		for x := range width {
			out.Pix[y*width+x] = p.Pix[at+x*right]
		}
	}
	return out
}
