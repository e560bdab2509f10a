package planaravif

import (
	"errors"
	"fmt"
	"image"
	"math"

	"firstframe/render/media/planar"
)

// errDiffers means that the encoder made another picture.
var errDiffers = errors.New("avif: the encoded picture differs too much from the picture")

// compare decodes a file and fails if its picture is not m as the quality, from 1 to 100, allows.
// The encoder is a large program that others wrote, and a mistake in it would be on the site for
// years.
func compare(data []byte, m *image.RGBA, quality int) error {
	got, err := Decode(data)
	if err != nil {
		return fmt.Errorf("reading the encoded picture: %w", err)
	}
	if got.Rect != m.Rect {
		return fmt.Errorf("%w: it has %d × %d pixels", errDiffers, got.Rect.Dx(), got.Rect.Dy())
	}
	want, have := planesOf(m), planesOf(got)
	for i, w := range []*planar.Plane{&want.Y, &want.Cb, &want.Cr} {
		h := []*planar.Plane{&have.Y, &have.Cb, &have.Cr}[i]
		if d := difference(w, h); !d.allowed(quality) {
			return fmt.Errorf("%w: plane %d: %.1f, of means %.1f", errDiffers, i, d.samples, d.means)
		}
	}
	return nil
}

// planesOf converts opaque pixels to planes, with chroma of half the width and height.
func planesOf(m *image.RGBA) *planar.Picture {
	return planar.FromNRGBA(&image.NRGBA{Pix: m.Pix, Stride: m.Stride, Rect: m.Rect})
}

// block is the side of the blocks that are compared, in samples.
const block = 16

// differences are root mean squares: of samples, of the means of blocks, and of the detail: what a
// plane loses if each block gets the same value.
type differences struct {
	samples, means, detail float64
	count                  int // of samples in the plane
}

// allowed reports whether a picture of a quality can differ so much. The encoder drops detail, and
// in noise nearly all of it, but not more than there is. It must keep the mean of each block.
//
// The limits are above what photographs, drawings, text and noise of any colour had in the worst
// case: at a quality of 30, the means of blocks of coloured noise were off by 10. A plane that is
// missing, or whose range is wrong, is beyond them.
func (d differences) allowed(quality int) bool {
	limit := 4 + float64(100-quality)/8
	if d.count < block*block {
		limit *= 6 // at a quality of 1, a tiny picture of one colour was off by 82
	}
	return d.samples <= limit+d.detail && d.means <= limit
}

// difference compares two planes of the same size.
func difference(want, have *planar.Plane) differences {
	var d differences
	for y := 0; y < want.Height; y += block {
		for x := 0; x < want.Width; x += block {
			width, height := min(block, want.Width-x), min(block, want.Height-y)
			var sum, sumHave, squares, diffs int
			for i := range height {
				a, b := want.Row(y + i)[x:x+width], have.Row(y + i)[x:x+width]
				for j, v := range a {
					w, h := int(v), int(b[j])
					sum, sumHave, squares, diffs = sum+w, sumHave+h, squares+w*w, diffs+(w-h)*(w-h)
				}
			}
			n := float64(width * height)
			mean, off := float64(sum)/n, float64(sum-sumHave)/n
			d.samples += float64(diffs)
			d.means += n * off * off
			d.detail += float64(squares) - n*mean*mean
		}
	}
	d.count = want.Width * want.Height
	n := float64(d.count)
	d.samples, d.means, d.detail = math.Sqrt(d.samples/n), math.Sqrt(d.means/n), math.Sqrt(max(0, d.detail/n))
	return d
}
