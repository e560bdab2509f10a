package media

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"io"
	"io/fs"
	"os"
	"time"

	"firstframe/render/media/planar"
	"firstframe/render/timebox"
)

// Original is an image as it was downloaded: the verified bytes on disk.
type Original struct {
	Path   string
	SHA256 string // of the file, 64 hex digits
	Type   string // image/jpeg, image/png, image/gif or image/webp, as its bytes say
	Bytes  int64
}

// PictureError says that a picture cannot be published: it is cut, too large,
// of an unknown kind or damaged, and will be the next time too. Errors of the
// disk and of the context are never PictureErrors.
type PictureError struct{ Err error }

func (e *PictureError) Error() string { return e.Err.Error() }

func (e *PictureError) Unwrap() error { return e.Err }

// header is what a file says about its picture before a pixel is decoded.
type header struct {
	width, height int    // as stored, before the orientation is applied
	gray          bool   // luminance only
	profile       []byte // ICC profile that fits the pixels, or nil
	orientation   int    // EXIF orientation, 1 to 8
	camera        *Camera

	// memory is how many bytes the picture takes at most until it is NRGBA, or
	// besides its planes if it is decoded to those, decoder included. If reduced
	// is not nil, then the planes may be smaller than the picture, and it tells
	// how many bytes those of at least width × height take, decoder included.
	memory  int64
	planes  bool
	reduced func(width, height int) int64
}

// source is an open original with the way to read it.
type source struct {
	decoder
	file    *os.File
	size    int64
	timeout time.Duration // for each call of the decoder
}

func (m *Maker) open(o Original) (*source, error) {
	d, ok := m.decoders[o.Type]
	if !ok {
		return nil, &PictureError{fmt.Errorf("unsupported type %q", o.Type)}
	}
	file, err := os.Open(o.Path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, err
	}
	return &source{d, file, info.Size(), m.timeout()}, nil
}

func (s *source) Close() error { return s.file.Close() }

// header reads what is needed to judge the picture, and refuses one of more
// than maxPixels before memory is taken for it.
func (s *source) header(ctx context.Context, maxPixels int) (header, error) {
	h, err := guard(ctx, s, s.inspect)
	if err != nil {
		return header{}, err
	}
	if h.width < 1 || h.height < 1 {
		return header{}, &PictureError{errors.New("the picture is empty")}
	}
	if h.width > maxSide || h.height > maxSide || h.width*h.height > maxPixels {
		return header{}, &PictureError{fmt.Errorf("%d × %d pixels are more than %d a side or %.3g million in all",
			h.width, h.height, maxSide, float64(maxPixels)/1e6)}
	}
	return h, nil
}

// picture decodes the picture, as it is stored, onto an opaque background. It is
// at least width × height, and may be larger.
func (s *source) picture(ctx context.Context, h header, width, height int, background color.NRGBA) (*planar.Picture, error) {
	return guard(ctx, s, func(src *io.SectionReader) (*planar.Picture, error) {
		if h.planes {
			return s.planes(src, width, height, background)
		}
		img, err := s.decode(src)
		if err != nil {
			return nil, err
		}
		px, err := flatten(img, image.Rect(0, 0, h.width, h.height), background)
		if err != nil {
			return nil, err
		}
		if h.gray && isGray(px) {
			return planar.FromGray(px), nil
		}
		return planar.FromNRGBA(px), nil // if gray, then a coloured background shows through
	})
}

func isGray(px *image.NRGBA) bool {
	for i := 0; i+3 < len(px.Pix); i += 4 {
		if px.Pix[i] != px.Pix[i+1] || px.Pix[i] != px.Pix[i+2] {
			return false
		}
	}
	return true
}

// guard calls f, which meets bytes from outside, and turns a panic into an
// error. After the timeout, or when ctx is done, it stops waiting: f then fails
// at its next read of the file, but one that loops without reading is left
// behind in its goroutine until the program ends.
func guard[T any](ctx context.Context, s *source, f func(*io.SectionReader) (T, error)) (T, error) {
	late := fmt.Errorf("not decoded within %v", s.timeout)
	within, cancel := context.WithTimeoutCause(ctx, s.timeout, late)
	defer cancel()
	value, err := timebox.Run(within, "the decoder", func() (T, error) {
		return f(io.NewSectionReader(&haltingReader{within, s.file}, 0, s.size))
	})
	if err != nil {
		err = blame(ctx, err)
	}
	return value, err
}

// blame tells an interruption and a failing disk from a bad picture.
func blame(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if disk := (*fs.PathError)(nil); errors.As(err, &disk) {
		return err
	}
	return &PictureError{err}
}

// haltingReader ends with the cause of its context once that is done, which
// stops a decoder that nobody waits for any more.
type haltingReader struct {
	ctx context.Context
	r   io.ReaderAt
}

func (r *haltingReader) ReadAt(p []byte, off int64) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.r.ReadAt(p, off)
}

// flatten puts a decoded image at its place on the canvas and composes it with
// the background, which has to happen before resizing: what a transparent
// pixel hides would else bleed into its neighbours. The result begins at 0,0,
// has no gaps between its rows, and is opaque; it may share img's pixels.
// Colours are blended in sRGB, as browsers do.
func flatten(img image.Image, canvas image.Rectangle, background color.NRGBA) (*image.NRGBA, error) {
	if !img.Bounds().In(canvas) {
		return nil, fmt.Errorf("a frame of %v lies outside of the picture's %v", img.Bounds(), canvas)
	}
	px, opaque := toNRGBA(img, canvas)
	if !opaque || img.Bounds() != canvas {
		planar.Blend(px.Pix, background)
	}
	return px, nil
}

// toNRGBA copies img to a transparent canvas, or returns its own pixels where
// they can be used. It tells whether the image is known to be opaque.
func toNRGBA(img image.Image, canvas image.Rectangle) (px *image.NRGBA, opaque bool) {
	fills := img.Bounds() == canvas
	stride := 4 * canvas.Dx()
	switch m := img.(type) {
	case *image.NRGBA:
		if fills && m.Stride == stride {
			return m, false
		}
	case *image.RGBA:
		if fills && m.Stride == stride && m.Opaque() {
			return &image.NRGBA{Pix: m.Pix, Stride: m.Stride, Rect: m.Rect}, true
		}
	}

	px = image.NewNRGBA(canvas)
	switch m := img.(type) {
	case *image.Paletted:
		copyPaletted(px, m)
	case *image.NRGBA64:
		copyNRGBA64(px, m)
	default:
		if o, ok := img.(interface{ Opaque() bool }); ok && o.Opaque() {
			drawOpaque(px, img)
			return px, true
		}
		draw.Draw(px, img.Bounds(), img, img.Bounds().Min, draw.Src)
	}
	return px, false
}

// drawOpaque draws an image without transparency. The bytes of an opaque NRGBA
// are those of an RGBA, and package draw has fast ways to an RGBA only.
func drawOpaque(px *image.NRGBA, img image.Image) {
	dst := &image.RGBA{Pix: px.Pix, Stride: px.Stride, Rect: px.Rect}
	draw.Draw(dst, img.Bounds(), img, img.Bounds().Min, draw.Src)
}

func copyPaletted(px *image.NRGBA, m *image.Paletted) {
	var colors [256][4]uint8 // an index that the palette lacks is transparent
	for i, c := range m.Palette[:min(len(m.Palette), len(colors))] {
		n := color.NRGBAModel.Convert(c).(color.NRGBA)
		colors[i] = [4]uint8{n.R, n.G, n.B, n.A}
	}
	for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
		row := m.Pix[m.PixOffset(m.Rect.Min.X, y):][:m.Rect.Dx()]
		dst := px.Pix[px.PixOffset(m.Rect.Min.X, y):]
		for x, index := range row {
			copy(dst[4*x:4*x+4], colors[index][:])
		}
	}
}

func copyNRGBA64(px *image.NRGBA, m *image.NRGBA64) {
	for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
		row := m.Pix[m.PixOffset(m.Rect.Min.X, y):][:8*m.Rect.Dx()]
		dst := px.Pix[px.PixOffset(m.Rect.Min.X, y):]
		for i := 0; i < len(row); i += 2 {
			dst[i/2] = row[i] // the high byte of each sample
		}
	}
}
