package media

import (
	"context"
	"errors"
	"image"
	"image/color"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"firstframe/render/media/mediatest"
	"firstframe/render/media/planar"
)

// pngWith returns a format for PNG with other functions.
func pngWith(inspect func(*io.SectionReader) (header, error), decode func(*io.SectionReader) (image.Image, error)) []*format {
	if inspect == nil {
		inspect = inspectPNG
	}
	planes := func(src *io.SectionReader, _, _ int, _ color.NRGBA) (*planar.Picture, error) {
		_, err := decode(src)
		return nil, err
	}
	return []*format{{mediaType: "image/png", decoder: decoder{inspect, planes, decode}}}
}

func TestPanicOfADecoderIsAnError(t *testing.T) {
	m := &Maker{formats: pngWith(nil, func(*io.SectionReader) (image.Image, error) {
		var none []int
		return nil, errors.New(string(rune(none[5])))
	})}
	err := makeError(t, m, "image/png", mediatest.PNG(t, mediatest.Blocks(8, 8)))
	if err == nil || !strings.Contains(err.Error(), "the decoder failed: runtime error: index out of range") {
		t.Errorf("got %v", err)
	}
}

func TestDecoderThatNeverEnds(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	m := &Maker{
		Timeout: 50 * time.Millisecond,
		formats: pngWith(nil, func(*io.SectionReader) (image.Image, error) {
			<-stop
			return nil, nil
		}),
	}
	err := makeError(t, m, "image/png", mediatest.PNG(t, mediatest.Blocks(8, 8)))
	if err == nil || err.Error() != "decoding the picture took longer than 50ms" {
		t.Errorf("got %v", err)
	}
	if bad := (*PictureError)(nil); !errors.As(err, &bad) {
		t.Errorf("%v is not a PictureError", err)
	}
	// Its part of the budget must be free again. Otherwise the run would stop here.
	if !m.budget.sem.TryAcquire(m.budget.size) {
		t.Error("a decoder that never ends keeps its part of the budget")
	}
}

// A decoder that nobody waits for must end at its next read, and not go on for minutes in its
// goroutine.
func TestAbandonedDecoderCannotRead(t *testing.T) {
	ended := make(chan error, 1)
	m := &Maker{
		Timeout: 20 * time.Millisecond,
		formats: pngWith(func(src *io.SectionReader) (header, error) {
			for {
				if _, err := src.ReadAt(make([]byte, 1), 0); err != nil {
					ended <- err
					return header{}, err
				}
			}
		}, nil),
	}
	if err := makeError(t, m, "image/png", mediatest.PNG(t, mediatest.Blocks(8, 8))); err == nil {
		t.Error("no error")
	}
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("the decoder can still read")
	}
}

func TestInterruptionIsNotThePicturesFault(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	stop := make(chan struct{})
	defer close(stop)
	m := &Maker{formats: pngWith(nil, func(*io.SectionReader) (image.Image, error) {
		cancel()
		<-stop
		return nil, nil
	})}
	_, err := m.Make(ctx, keep(t, "image/png", mediatest.PNG(t, mediatest.Blocks(8, 8))))
	if err != context.Canceled {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}

	o := keep(t, "image/png", nil)
	o.Path += "-gone"
	_, err = new(Maker).Make(t.Context(), o)
	if bad := (*PictureError)(nil); !errors.Is(err, os.ErrNotExist) || errors.As(err, &bad) {
		t.Errorf("got %v, want an error of the disk", err)
	}
}
