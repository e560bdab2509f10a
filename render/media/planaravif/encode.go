package planaravif

import (
	"errors"

	"firstframe/render/media/planar"
)

// speed is libavif's: 0 is slowest, 10 is fastest.
const speed = 6

// maxSide is the longest side of a picture, in pixels. AV1 has room for four times that, but no
// picture of this program has more.
const maxSide = 16384

// Encode returns an AVIF of a picture with a colour profile, which must be one for RGB, or nil for
// sRGB. The quality, from 1 to 100, is that of a JPEG that looks as good. Encode decodes what it
// encoded, and fails if that is not the picture.
func Encode(p *planar.Picture, quality int, profile []byte) ([]byte, error) {
	if err := checkSize(p); err != nil {
		return nil, err
	}
	m := toRGBA(p)
	made, err := encodeRGBA(m, libraryQuality(quality))
	if err != nil {
		return nil, err
	}
	f, err := Parse(made)
	if err != nil {
		return nil, err
	}
	if f.Width != p.Y.Width || f.Height != p.Y.Height {
		return nil, errors.New("avif: the encoder changed the size")
	}
	f.sequence.colors = Colors{Primaries: primaries709, Transfer: transferSRGB, Matrix: matrix601, Full: true}
	if profile != nil {
		f.sequence.colors.Primaries, f.sequence.colors.Transfer = unspecified, unspecified
		f.Profile = profile
	}
	data := f.Bytes()
	if err := compare(data, m, quality); err != nil {
		return nil, err
	}
	return data, nil
}

// errSize means that a picture has no pixels, or too many.
var errSize = errors.New("avif: unsupported size")

// checkSize fails if a picture cannot be encoded.
func checkSize(p *planar.Picture) error {
	w, h := p.Y.Width, p.Y.Height
	if w < 1 || h < 1 || w > maxSide || h > maxSide {
		return errSize
	}
	if !p.Gray() && (p.Cb.Width != (w+1)/2 || p.Cb.Height != (h+1)/2 || p.Cr.Width != p.Cb.Width || p.Cr.Height != p.Cb.Height) {
		return errors.New("avif: the chroma does not fit")
	}
	return nil
}
