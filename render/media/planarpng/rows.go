package planarpng

import (
	"firstframe/render/media/planar"
)

// readPixels decodes the pixels.
func (d *decoder) readPixels() error {
	size := d.width * sampleCounts[d.colorType]
	d.in.begin()
	if err := d.zlib.begin(&d.in, 1+size); err != nil {
		return err
	}
	if d.colorType == gray {
		d.picture = &planar.Picture{Y: planar.NewPlane(d.width, d.height)}
	} else {
		d.picture = planar.New(d.width, d.height)
	}
	if err := d.readRows(size); err != nil {
		return err
	}
	more, err := d.zlib.next(1)
	if err != nil {
		return err
	}
	if len(more) > 0 {
		return errTooMuch
	}
	return d.in.finish()
}

// readRows reads rows of size bytes. It converts two at a time, because a sample of chroma is made
// from four pixels.
func (d *decoder) readRows(size int) error {
	samples := sampleCounts[d.colorType]
	var rows [2][]uint8  // samples; the filter of a row needs the samples of the row before
	var pixel [2][]uint8 // RGBA
	for i := range rows {
		rows[i] = make([]uint8, size)
		pixel[i] = make([]uint8, 4*d.width)
	}
	allGray := d.colorType == grayAlpha
	for y := range d.height {
		row, above := rows[y&1], rows[y&1^1]
		packed, err := d.zlib.next(1 + size)
		if err != nil {
			return err
		}
		if len(packed) < 1+size {
			return errTooLittle
		}
		if d.colorType == gray {
			row = d.picture.Y.Row(y)
			if y > 0 {
				above = d.picture.Y.Row(y - 1)
			}
		}
		if err := unfilter(packed[0], row, packed[1:], above, samples); err != nil {
			return err
		}
		if d.colorType == gray {
			continue
		}
		d.toRGBA(pixel[y&1], row)
		allGray = allGray && isGray(pixel[y&1])
		if y&1 == 1 {
			d.picture.SetRows(y/2, pixel[0], pixel[1])
		} else if y == d.height-1 {
			d.picture.SetRows(y/2, pixel[0], pixel[0])
		}
	}
	if d.colorType == gray { // only now, because each row is made from the one before
		d.bend(d.picture.Y.Pix, 1, 1)
	}
	if allGray {
		d.picture = &planar.Picture{Y: d.picture.Y}
	}
	return nil
}

// toRGBA makes opaque pixels from a row of samples.
func (d *decoder) toRGBA(dst, row []uint8) {
	all := dst
	switch d.colorType {
	case trueColor:
		for len(row) >= 3 && len(dst) >= 4 {
			dst[0], dst[1], dst[2] = row[0], row[1], row[2]
			dst, row = dst[4:], row[3:]
		}
		d.bend(all, 4, 3)
	case palette:
		for i, v := range row {
			copy(dst[4*i:][:4], d.colors[v][:])
		}
	case grayAlpha:
		for i := 0; i+1 < len(row); i += 2 {
			p := dst[2*i:][:4:4]
			p[0], p[1], p[2], p[3] = row[i], row[i], row[i], row[i+1]
		}
		d.bend(dst, 4, 3)
		planar.Blend(dst, d.background)
	case fullAlpha:
		copy(dst, row)
		d.bend(dst, 4, 3)
		planar.Blend(dst, d.background)
	}
}

// bend applies the curve to the first samples of each pixel. A pixel has so many samples.
func (d *decoder) bend(pixels []uint8, samples, first int) {
	if d.curve == nil {
		return
	}
	for ; len(pixels) >= samples; pixels = pixels[samples:] {
		for i, v := range pixels[:first] {
			pixels[i] = d.curve[v]
		}
	}
}

// isGray reports whether all pixels are gray.
func isGray(pixels []uint8) bool {
	for i := 0; i+3 < len(pixels); i += 4 {
		if pixels[i] != pixels[i+1] || pixels[i] != pixels[i+2] {
			return false
		}
	}
	return true
}
