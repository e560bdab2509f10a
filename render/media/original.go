package media

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/dustin/go-humanize"
)

// Original is a downloaded image: the verified bytes on disk.
type Original struct {
	Path   string
	SHA256 string // of the file, 64 hex digits
	Type   string // media type according to its bytes, such as image/jpeg
	Bytes  int64

	// Packet is the XMP packet of the files that are made from it, or nil. See Provenance.
	Packet []byte
}

// PictureError means that a picture cannot be published, now or later: it is cut, too large,
// damaged, or of an unknown kind. Errors of the disk and of the context are never PictureErrors.
type PictureError struct{ Err error }

// ErrTooManyPixels means that a picture has more pixels than Maker.MaxPixels.
var ErrTooManyPixels = errors.New("too many pixels")

// Error returns the text of the error that it wraps.
func (e *PictureError) Error() string { return e.Err.Error() }

// Unwrap returns the error that it wraps.
func (e *PictureError) Unwrap() error { return e.Err }

// header is what a file says about its picture before a pixel is decoded.
type header struct {
	width, height int    // as stored, before the orientation is applied
	gray          bool   // luminance only
	profile       []byte // ICC profile that fits the pixels, or nil
	metadata

	// memory is the most bytes that decoding takes, including the decoder. It counts everything up
	// to the NRGBA picture, or everything except the planes if the picture is decoded to planes.
	memory int64

	// planes means that the picture is decoded to planes.
	planes bool

	// reduced is not nil if the decoder can make the planes smaller than the picture. It returns
	// how many bytes planes of at least width × height take, including the decoder.
	reduced func(width, height int) int64
}

// source is an open original, with the decoder for its format.
type source struct {
	decoder
	file    *os.File
	size    int64
	timeout time.Duration // for each call of the decoder
}

// open opens an original. It fails with a PictureError if nothing decodes its type.
func (m *Maker) open(o Original) (*source, error) {
	var d decoder
	for _, f := range m.formats {
		if f.mediaType == o.Type {
			d = f.decoder
		}
	}
	if d.inspect == nil {
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

// Close closes the file.
func (s *source) Close() error { return s.file.Close() }

// header reads what is needed to judge the picture. It refuses one of more than maxPixels before
// any memory is taken for it.
func (s *source) header(ctx context.Context, maxPixels int) (header, error) {
	h, err := guard(ctx, s, s.inspect)
	if err != nil {
		return header{}, err
	}
	if h.width < 1 || h.height < 1 {
		return header{}, &PictureError{errors.New("the picture is empty")}
	}
	number := func(n int) string { return humanize.Comma(int64(n)) }
	switch {
	case h.width > maxSide || h.height > maxSide:
		return header{}, &PictureError{fmt.Errorf("too large: %d × %d pixels, and no side can have more than %s",
			h.width, h.height, number(maxSide))}
	case h.width*h.height > maxPixels:
		return header{}, &PictureError{fmt.Errorf("%w: %d × %d, and the limit is %s", ErrTooManyPixels, h.width, h.height, number(maxPixels))}
	}
	return h, nil
}

// Camera returns what an original says about the camera, or nil if it says nothing. It decodes no
// pixels. It fails with a PictureError if the picture cannot be used.
func (m *Maker) Camera(ctx context.Context, o Original) (*Camera, error) {
	src, h, err := m.inspect(ctx, o)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	return h.camera, nil
}

// inspect opens an original and reads its header. It fails with a PictureError if the picture cannot
// be used.
func (m *Maker) inspect(ctx context.Context, o Original) (*source, header, error) {
	m.start()
	src, err := m.open(o)
	if err != nil {
		return nil, header{}, err
	}
	h, err := src.header(ctx, m.maxPixels())
	if err != nil {
		src.Close()
		return nil, header{}, err
	}
	return src, h, nil
}
