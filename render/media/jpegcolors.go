package media

import (
	"image/color"
	"io"

	"firstframe/render/media/planar"
	"firstframe/render/media/planarjpeg"
)

// colorsOfJPEG decodes a JPEG that is stored as RGB or as inks (CMYK).
func colorsOfJPEG(src *io.SectionReader, width, height int) (*planar.Picture, error) {
	info, err := planarjpeg.Inspect(io.NewSectionReader(src, 0, src.Size()))
	if err != nil {
		return nil, err
	}
	planes, err := planarjpeg.Components(io.NewSectionReader(src, 0, src.Size()), width, height)
	if err != nil {
		return nil, err
	}
	convert := rgbRow
	if info.Kind.Inks() {
		table, err := readInkTable(src)
		if err != nil {
			return nil, err
		}
		convert = inkRow(info.Kind, table)
	}

	width, height = 0, 0
	for _, p := range planes {
		width, height = max(width, p.Width), max(height, p.Height)
	}
	for i, p := range planes {
		planes[i] = p.Resize(width, height) // some can be stored with fewer samples
	}
	pic := planar.New(width, height)
	var pixels [2][]uint8 // RGBA
	for i := range pixels {
		pixels[i] = make([]uint8, 4*width)
	}
	for y := range (height + 1) / 2 {
		for i := range pixels {
			var rows [4][]uint8
			for j := range planes {
				rows[j] = planes[j].Row(min(2*y+i, height-1))
			}
			convert(pixels[i], &rows)
		}
		pic.SetRows(y, pixels[0], pixels[1])
	}
	return pic, nil
}

// rgbRow converts a row of RGB to RGBA.
func rgbRow(dst []uint8, rows *[4][]uint8) {
	for x, r := range rows[0] {
		p := dst[4*x:][:4:4]
		p[0], p[1], p[2], p[3] = r, rows[1][x], rows[2][x], 0xff
	}
}

// inkRow returns a function that converts a row of inks to RGBA: with the profile's table, or
// without a profile with the standard formula.
func inkRow(kind planarjpeg.Kind, table *inkTable) func(dst []uint8, rows *[4][]uint8) {
	toRGB := color.CMYKToRGB
	if table != nil {
		toRGB = table.rgb
	}
	return func(dst []uint8, rows *[4][]uint8) {
		var last [4]uint8
		var r, g, b uint8
		for x := range rows[0] {
			inks := [4]uint8{255 - rows[0][x], 255 - rows[1][x], 255 - rows[2][x], 255 - rows[3][x]}
			if kind == planarjpeg.YCCK { // its RGB is not inverted
				inks[0], inks[1], inks[2] = color.YCbCrToRGB(rows[0][x], rows[1][x], rows[2][x])
			}
			if x == 0 || inks != last { // in drawings, most pixels equal the one before
				r, g, b = toRGB(inks[0], inks[1], inks[2], inks[3])
				last = inks
			}
			p := dst[4*x:][:4:4]
			p[0], p[1], p[2], p[3] = r, g, b, 0xff
		}
	}
}

// readInkTable reads the CMYK profile of a JPEG. It returns nil if there is no usable profile: the
// picture is worth more than its exact colours.
func readInkTable(src *io.SectionReader) (*inkTable, error) {
	profile := profileChunks{limit: maxInkProfile}
	for marker, data := range jpegSegments(src) {
		if marker == markerAPP2 {
			if err := profile.add(data); err != nil {
				return nil, err
			}
		}
	}
	table, err := newInkTable(profile.join())
	if err != nil {
		return nil, nil
	}
	return table, nil
}

// jpegMemory returns how many bytes it takes to decode a JPEG to planes of at least width × height.
// profile is the size of the profile in it.
func jpegMemory(info *planarjpeg.Info, profile, width, height int) int64 {
	memory := info.Memory(width, height)
	if info.Kind == planarjpeg.Gray || info.Kind == planarjpeg.YCbCr {
		return memory
	}
	width = min(info.Width, max(2*width, info.Width/8+1))
	height = min(info.Height, max(2*height, info.Height/8+1))
	memory += planar.Memory(width, height)
	if info.Subsampled() {
		memory += 3 * planar.ResizeMemory((width+1)/2, (height+1)/2, width, height)
	}
	if profile > 0 && info.Kind.Inks() {
		memory += inkMemory(profile)
	}
	return memory
}
