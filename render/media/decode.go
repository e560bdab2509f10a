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

	"firstframe/render/media/planar"
	"firstframe/render/timebox"
)

// picture decodes the picture as it is stored, onto an opaque background. The result is at least
// width × height, and can be larger.
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
		return planar.FromNRGBA(px), nil // a coloured background can show through a gray picture
	})
}

// isGray reports whether all pixels are gray.
func isGray(px *image.NRGBA) bool {
	for i := 0; i+3 < len(px.Pix); i += 4 {
		if px.Pix[i] != px.Pix[i+1] || px.Pix[i] != px.Pix[i+2] {
			return false
		}
	}
	return true
}

// guard calls f, which reads bytes from outside, and turns a panic into an error. It stops waiting
// when the timeout is over or ctx is done. f then fails at its next read of the file. If f loops
// without reading, its goroutine stays behind until the program ends.
func guard[T any](ctx context.Context, s *source, f func(*io.SectionReader) (T, error)) (T, error) {
	late := fmt.Errorf("decoding the picture took longer than %v", s.timeout)
	within, cancel := context.WithTimeoutCause(ctx, s.timeout, late)
	defer cancel()
	value, err := timebox.Run(within, "the decoder", func() (T, error) {
		return f(io.NewSectionReader(&haltingReader{within, s.file}, 0, s.size))
	})
	switch {
	case err == nil:
	case errors.Is(err, late):
		err = blame(ctx, err)
	default:
		err = blame(ctx, fmt.Errorf("the picture seems to be damaged: %w", err))
	}
	return value, err
}

// blame returns an interruption or an error of the disk as it is. It turns any other error into a
// PictureError.
func blame(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if disk := (*fs.PathError)(nil); errors.As(err, &disk) {
		return err
	}
	return &PictureError{err}
}

// haltingReader fails with the cause of its context once that is done. This stops a decoder that
// nobody waits for any more.
type haltingReader struct {
	ctx context.Context
	r   io.ReaderAt
}

// ReadAt reads from r unless the context is done.
func (r *haltingReader) ReadAt(p []byte, off int64) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.r.ReadAt(p, off)
}

// flatten puts a decoded image at its place on the canvas and blends it with the background. This
// must happen before resizing, because the hidden colour of a transparent pixel would bleed into
// its neighbours. The result begins at 0,0, has no gaps between its rows, and is opaque. It can
// share img's pixels. Colours are blended in sRGB, as browsers do.
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

// toNRGBA copies img to a transparent canvas, or returns img's own pixels where they can be used.
// opaque means that the image is known to be opaque.
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

// drawOpaque draws an image without transparency. Package draw is fast only for RGBA, and an opaque
// NRGBA has the same bytes.
func drawOpaque(px *image.NRGBA, img image.Image) {
	dst := &image.RGBA{Pix: px.Pix, Stride: px.Stride, Rect: px.Rect}
	draw.Draw(dst, img.Bounds(), img, img.Bounds().Min, draw.Src)
}

// copyPaletted draws a picture with a palette.
func copyPaletted(px *image.NRGBA, m *image.Paletted) {
	var colors [256][4]uint8 // an index without a colour is transparent
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

// copyNRGBA64 draws a picture with 16 bits a sample.
func copyNRGBA64(px *image.NRGBA, m *image.NRGBA64) {
	for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
		row := m.Pix[m.PixOffset(m.Rect.Min.X, y):][:8*m.Rect.Dx()]
		dst := px.Pix[px.PixOffset(m.Rect.Min.X, y):]
		for i := 0; i < len(row); i += 2 {
			dst[i/2] = row[i] // the high byte of each sample
		}
	}
}
