package demo

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math"
	"slices"
)

// saveJPEG draws a picture and encodes it as a JPEG.
func saveJPEG(c *canvas, paint func(*canvas)) []byte {
	paint(c)
	return jpegData(c.develop())
}

// jpegData returns img as a JPEG of quality 90.
func jpegData(img image.Image) []byte {
	var b bytes.Buffer
	must(jpeg.Encode(&b, img, &jpeg.Options{Quality: 90}))
	return b.Bytes()
}

// savePhoto draws a picture and encodes it like a camera: on its side and with metadata.
func savePhoto(c *canvas, paint func(*canvas)) []byte {
	paint(c)
	return photo{
		make: "SONY", model: "ILCE-7M3", lens: "FE 35mm F1.8", taken: "2024:09:05 19:42:11", orientation: 6,
		exposure: [2]uint32{1, 250}, fnumber: [2]uint32{56, 10}, focal: [2]uint32{35, 1}, iso: 200,
		lat: [3]uint32{43, 4, 38}, lon: [3]uint32{11, 40, 31},
	}.exif(jpegData(turned(c.develop())))
}

// savePNG draws a picture and encodes it as a PNG, with transparency.
func savePNG(c *canvas, paint func(*canvas)) []byte {
	paint(c)
	return pngData(c.image())
}

// pngData returns img as a PNG. It uses the fastest compression, because grain hardly compresses
// anyway.
func pngData(img image.Image) []byte {
	var b bytes.Buffer
	must((&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, img))
	return b.Bytes()
}

// savePaletted draws a picture and encodes it as a PNG with 40 colours.
func savePaletted(c *canvas, paint func(*canvas)) []byte {
	paint(c)
	img := c.develop()
	return pngData(dithered(img, palette(40, img)))
}

// saveGIF draws a picture and encodes it as a still GIF with 40 colours.
func saveGIF(c *canvas, paint func(*canvas)) []byte {
	paint(c)
	img := c.develop()
	var b bytes.Buffer
	must(gif.EncodeAll(&b, &gif.GIF{Image: []*image.Paletted{dithered(img, palette(40, img))}, Delay: []int{0}}))
	return b.Bytes()
}

// saveLoop encodes one period of the interference pattern as an animated GIF that loops smoothly.
func saveLoop(c *canvas, _ func(*canvas)) []byte {
	const frames = 8
	var film gif.GIF
	var colours color.Palette
	for k := range frames {
		interference(c, float32(k)/frames*2*math.Pi)
		c.grain = .5 // strong grain would flicker, because it differs from frame to frame
		img := c.develop()
		if colours == nil {
			colours = palette(56, img)
		}
		film.Image = append(film.Image, dithered(img, colours))
		film.Delay = append(film.Delay, 8)
	}
	var b bytes.Buffer
	must(gif.EncodeAll(&b, &film))
	return b.Bytes()
}

// dithered returns img in the colours of a palette.
func dithered(img image.Image, colours color.Palette) *image.Paletted {
	out := image.NewPaletted(img.Bounds(), colours)
	draw.FloydSteinberg.Draw(out, img.Bounds(), img, image.Point{})
	return out
}

// palette returns at most n colours that suit img. It splits the most widely spread group of
// colours in two, again and again (median cut).
func palette(n int, img *image.RGBA) color.Palette {
	var all [][3]uint8
	for i := 0; i < len(img.Pix); i += 4 * 11 {
		all = append(all, [3]uint8(img.Pix[i:i+3]))
	}
	parts := [][][3]uint8{all}
	for len(parts) < n {
		best, channel, width := 0, 0, -1
		for i, part := range parts {
			for ch := range 3 {
				lo, hi := uint8(255), uint8(0)
				for _, p := range part {
					lo, hi = min(lo, p[ch]), max(hi, p[ch])
				}
				if hi > lo && int(hi-lo) > width {
					best, channel, width = i, ch, int(hi-lo)
				}
			}
		}
		if width < 0 {
			break // img has fewer than n colours
		}
		part := parts[best]
		slices.SortFunc(part, func(a, b [3]uint8) int { return cmp.Compare(a[channel], b[channel]) })
		half := len(part) / 2
		parts[best] = part[:half]
		parts = append(parts, part[half:])
	}
	var colours color.Palette
	for _, part := range parts {
		var sum [3]int
		for _, p := range part {
			for ch := range sum {
				sum[ch] += int(p[ch])
			}
		}
		k := len(part)
		colours = append(colours, color.RGBA{uint8(sum[0] / k), uint8(sum[1] / k), uint8(sum[2] / k), 255})
	}
	return colours
}

// must panics on an error of writing to memory, which cannot happen.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
