// Package stillgif decodes the first frame of a GIF. Unlike image/gif, it reads everything that
// browsers, Pillow, ImageMagick and sharp read:
//
//   - a first frame larger than the screen (the screen is then enlarged),
//   - data after the last pixel,
//   - code sizes larger than needed, and indexes outside the color table,
//   - extensions of unknown kinds or lengths.
//
// A first frame that is cut is an error. Nothing after it is read.
//
// gif.go reads the structure of the file, codes.go the pixels. References in comments are to the
// sections of GIF89a (CompuServe, 1990).
package stillgif

import (
	"bufio"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"io"
)

// The ways in which a file can be broken.
var (
	errCorrupt   = errors.New("gif: invalid format")
	errNoFrame   = errors.New("gif: there is no picture")
	errNoColors  = errors.New("gif: there is no color table")
	errTooLittle = errors.New("gif: not enough pixel data")
)

// Blocks and extensions (24, appendix A).
const (
	blockExtension = 0x21
	blockImage     = 0x2c
	blockTrailer   = 0x3b

	labelGraphicControl = 0xf9
)

// frame has everything in front of the pixels of the first frame.
type frame struct {
	screen      image.Rectangle
	place       image.Rectangle // on the screen
	interlaced  bool
	colors      color.Palette
	transparent int // index of a color; -1 for none
}

// DecodeConfig returns the size of the picture, and the place of the first frame on it. In most
// files, the frame covers the whole picture.
func DecodeConfig(r io.Reader) (canvas, place image.Rectangle, err error) {
	f, err := readFrame(bufio.NewReader(r))
	return f.screen, f.place, err
}

// Decode decodes the first frame. Its bounds are its place on the picture, as in DecodeConfig. As
// in browsers and in Pillow, a pixel is black if the table does not have its color.
func Decode(r io.Reader) (*image.Paletted, error) {
	in := bufio.NewReader(r)
	f, err := readFrame(in)
	if err != nil {
		return nil, err
	}
	m := image.NewPaletted(f.place, f.colors)
	width, err := in.ReadByte()
	if err != nil {
		return nil, whole(err)
	}
	codes, err := newCodes(&blocks{in: in}, int(width))
	if err != nil {
		return nil, err
	}
	for y := range rows(f.place.Dy(), f.interlaced) {
		if err := codes.read(m.Pix[y*m.Stride:][:f.place.Dx()]); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// readFrame reads everything in front of the first frame's pixels.
func readFrame(in *bufio.Reader) (frame, error) {
	f := frame{transparent: -1}
	var head [13]byte // header and logical screen descriptor (17, 18)
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return f, whole(err)
	}
	if version := string(head[:6]); version != "GIF87a" && version != "GIF89a" {
		return f, errCorrupt
	}
	f.screen.Max = point(head[6:])
	var err error
	if f.colors, err = readColors(in, head[10]); err != nil {
		return f, err
	}
	for {
		kind, err := in.ReadByte()
		if err != nil {
			return f, whole(err)
		}
		switch kind {
		case blockExtension:
			err = f.readExtension(in)
		case blockImage:
			return f, f.readDescriptor(in)
		case blockTrailer:
			return f, errNoFrame
		default:
			return f, errCorrupt
		}
		if err != nil {
			return f, err
		}
	}
}

// readExtension reads an extension. Only the graphic control matters, because it says which color
// is transparent (23).
func (f *frame) readExtension(in *bufio.Reader) error {
	label, err := in.ReadByte()
	if err != nil {
		return whole(err)
	}
	b := blocks{in: in}
	if label == labelGraphicControl {
		var control [4]byte
		n, err := b.full(control[:])
		if err != nil {
			return err
		}
		f.transparent = -1
		if n == len(control) && control[0]&1 != 0 {
			f.transparent = int(control[3])
		}
	}
	return b.skip()
}

// readDescriptor reads the image descriptor and its color table (20, 21).
func (f *frame) readDescriptor(in *bufio.Reader) error {
	var head [9]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return whole(err)
	}
	at := point(head[:])
	f.place = image.Rectangle{at, at.Add(point(head[4:]))}
	f.interlaced = head[8]&0x40 != 0
	// The screen grows, as in browsers, Pillow and libnsgif. A frame without pixels shows nothing.
	f.screen.Max.X = max(f.screen.Max.X, f.place.Max.X)
	f.screen.Max.Y = max(f.screen.Max.Y, f.place.Max.Y)

	colors, err := readColors(in, head[8])
	if err != nil {
		return err
	}
	if colors != nil {
		f.colors = colors
	}
	if f.colors == nil {
		return errNoColors
	}
	for len(f.colors) < 256 {
		f.colors = append(f.colors, color.NRGBA{A: 0xff})
	}
	if f.transparent >= 0 {
		f.colors[f.transparent] = color.NRGBA{}
	}
	return nil
}

// point reads two numbers.
func point(b []byte) image.Point {
	return image.Pt(int(binary.LittleEndian.Uint16(b)), int(binary.LittleEndian.Uint16(b[2:])))
}

// readColors reads a color table (19), or returns nil if the flags do not announce one.
func readColors(in *bufio.Reader, flags byte) (color.Palette, error) {
	if flags&0x80 == 0 {
		return nil, nil
	}
	var table [3 * 256]byte
	n := 2 << (flags & 7)
	if _, err := io.ReadFull(in, table[:3*n]); err != nil {
		return nil, whole(err)
	}
	colors := make(color.Palette, n, 256)
	for i := range colors {
		colors[i] = color.NRGBA{table[3*i], table[3*i+1], table[3*i+2], 0xff}
	}
	return colors, nil
}

// rows yields the rows of a frame in the order in which they are stored (appendix E).
func rows(height int, interlaced bool) func(yield func(int) bool) {
	passes := [][2]int{{0, 1}}
	if interlaced {
		passes = [][2]int{{0, 8}, {4, 8}, {2, 4}, {1, 2}}
	}
	return func(yield func(int) bool) {
		for _, p := range passes {
			for y := p[0]; y < height; y += p[1] {
				if !yield(y) {
					return
				}
			}
		}
	}
}

// whole returns err. It turns io.EOF into io.ErrUnexpectedEOF, because the file must not end here.
func whole(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
