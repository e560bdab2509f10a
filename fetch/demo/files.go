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

func saveJPEG(c *canvas, paint func(*canvas)) []byte {
	paint(c)
	return jpegData(c.develop())
}

func jpegData(img image.Image) []byte {
	var b bytes.Buffer
	must(jpeg.Encode(&b, img, &jpeg.Options{Quality: 90}))
	return b.Bytes()
}

// savePhoto saves as a camera does: on its side, with all that it knows.
func savePhoto(c *canvas, paint func(*canvas)) []byte {
	paint(c)
	return photo{
		make: "SONY", model: "ILCE-7M3", lens: "FE 35mm F1.8", taken: "2024:09:05 19:42:11", orientation: 6,
		exposure: [2]uint32{1, 250}, fnumber: [2]uint32{56, 10}, focal: [2]uint32{35, 1}, iso: 200,
		lat: [3]uint32{43, 4, 38}, lon: [3]uint32{11, 40, 31},
	}.exif(jpegData(turned(c.develop())))
}

func savePNG(c *canvas, paint func(*canvas)) []byte {
	paint(c)
	return pngData(c.image())
}

// pngData packs quickly rather than tightly: the grain leaves little to pack.
func pngData(img image.Image) []byte {
	var b bytes.Buffer
	must((&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, img))
	return b.Bytes()
}

func savePaletted(c *canvas, paint func(*canvas)) []byte {
	paint(c)
	img := c.develop()
	return pngData(dithered(img, palette(40, img)))
}

func saveGIF(c *canvas, paint func(*canvas)) []byte {
	paint(c)
	img := c.develop()
	var b bytes.Buffer
	must(gif.EncodeAll(&b, &gif.GIF{Image: []*image.Paletted{dithered(img, palette(40, img))}, Delay: []int{0}}))
	return b.Bytes()
}

// saveLoop saves a swing of the interference pattern, after which it begins anew.
func saveLoop(c *canvas, _ func(*canvas)) []byte {
	const frames = 8
	var film gif.GIF
	var colours color.Palette
	for k := range frames {
		interference(c, float32(k)/frames*2*math.Pi)
		c.grain = .5 // every frame has its own grain, and much of it would flicker
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

func dithered(img image.Image, colours color.Palette) *image.Paletted {
	out := image.NewPaletted(img.Bounds(), colours)
	draw.FloydSteinberg.Draw(out, img.Bounds(), img, image.Point{})
	return out
}

// palette finds the n colours that suit a picture: its colours are parted in two where they are spread widest, again
// and again (median cut).
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
			break // fewer colours than places
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

// must is for writes to memory, which do not fail.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
