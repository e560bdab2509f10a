package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// This file publishes originals. To keep something more of them: write it in the format's file,
// such as jpegstrip.go, accept it in leaks.go, bump the versions in versions.go, and add it to
// hiding_test.go.

// Published is a published file: an original or a clip.
type Published struct {
	Path  string `json:"path"` // from the site's root; see Name
	Bytes int64  `json:"bytes"`
	Sum   string `json:"sum,omitempty"` // of the bytes; see Sum. Empty from older versions
}

// WithheldError means that an original or a clip is not published, because nobody knows what its
// bytes hold. Trying again does not help until a newer version understands them.
type WithheldError struct{ Err error }

// Error returns the text of the error that it wraps.
func (e *WithheldError) Error() string { return e.Err.Error() }

// Unwrap returns the error that it wraps.
func (e *WithheldError) Unwrap() error { return e.Err }

// Publish writes an original without its metadata. The pixels stay the same, because nothing is
// encoded again. It fails with a WithheldError if the original cannot be stripped.
func (m *Maker) Publish(ctx context.Context, o Original) (Published, error) {
	if err := ctx.Err(); err != nil {
		return Published{}, err
	}
	giveBack, err := m.takeMemory(ctx, o)
	if err != nil {
		return Published{}, err
	}
	defer giveBack()
	data, err := os.ReadFile(o.Path)
	if err != nil {
		return Published{}, fmt.Errorf("reading the original: %w", err)
	}
	stripped, err := Strip(data, o.Type)
	if err != nil {
		return Published{}, &WithheldError{fmt.Errorf("stripping the original: %w", err)}
	}
	return m.publish(OriginalPath(o.SHA256, o.Type), stripped, o.Packet)
}

// publish writes a stripped file with a packet. path is its name without a mark.
func (m *Maker) publish(path string, stripped, packet []byte) (Published, error) {
	name, _ := ParseName(path)
	marked, err := Mark(stripped, name.Type, packet)
	if err != nil {
		marked, packet = stripped, nil // the checker names it
	}
	p := Published{Path: name.WithMark(MarkOf(packet)).String(), Bytes: int64(len(marked)), Sum: Sum(marked)}
	return p, m.Write(p.Path, marked)
}

// takeMemory takes memory for stripping an original: three times its bytes, and what finding the
// end of its pixels takes, which is at most what decoding takes.
func (m *Maker) takeMemory(ctx context.Context, o Original) (giveBack func(), err error) {
	src, h, err := m.inspect(ctx, o)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	return m.budget.take(ctx, 3*src.size+max(h.memory, int64(h.width)*int64(h.height)))
}

// errNotStripped means that nobody knows what a file holds.
var errNotStripped = errors.New("the file has parts that firstframe does not know, so they may contain metadata")

// orientationEXIF returns an EXIF block with an orientation and nothing else (TIFF 6.0, tag 274).
func orientationEXIF(orientation int) []byte {
	return []byte{
		'M', 'M', 0, 42, 0, 0, 0, 8, // big-endian; the first directory is at 8
		0, 1, // one entry
		0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, byte(orientation), 0, 0, // a SHORT
		0, 0, 0, 0, // no further directory
	}
}

// section returns a reader of data.
func section(data []byte) *io.SectionReader {
	return io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data)))
}
