package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// StrippedNow is the version of the rules by which media are stripped. It changes
// with stripVersion and clipVersion, and with what stays of a profile.
const StrippedNow = 2

// stripVersion is part of the names of published originals. It changes
// whenever the same original would be stripped to other bytes.
const StripVersion = 2

// Published is an original that is published beside its renditions.
type Published struct {
	Path  string `json:"path"` // from the site's root: media/<slug>-<key>.<extension>
	Bytes int64  `json:"bytes"`
	Sum   string `json:"sum,omitempty"` // as that of a Rendition
}

// WithheldError says that the bytes of an original or a clip cannot be published, because it is not
// known what they hold. Another try ends the same way, until another version understands them.
type WithheldError struct{ Err error }

func (e *WithheldError) Error() string { return e.Err.Error() }

func (e *WithheldError) Unwrap() error { return e.Err }

// Publish writes an original without its metadata. Its pixels are those of the
// original, bit by bit: nothing is encoded again. One that cannot be stripped is
// a WithheldError.
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
	p := Published{Path: OriginalPath(o.SHA256, o.Type), Bytes: int64(len(stripped)), Sum: Sum(stripped)}
	return p, m.Write(p.Path, stripped)
}

// takeMemory takes memory for stripping an original: for its bytes, three times,
// and for finding where its pixels end, at most what decoding takes.
func (m *Maker) takeMemory(ctx context.Context, o Original) (giveBack func(), err error) {
	m.start()
	src, err := m.open(o)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	h, err := src.header(ctx, m.maxPixels())
	if err != nil {
		return nil, err
	}
	return m.budget.take(ctx, 3*src.size+max(h.memory, int64(h.width)*int64(h.height)))
}

var errNotStripped = errors.New("its structure is not understood")

// orientationEXIF is a TIFF block with the orientation alone (TIFF 6.0, tag 274).
func orientationEXIF(orientation int) []byte {
	return []byte{
		'M', 'M', 0, 42, 0, 0, 0, 8, // big-endian; the first directory follows
		0, 1, // of one entry
		0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, byte(orientation), 0, 0, // a SHORT
		0, 0, 0, 0, // no other directory
	}
}

func section(data []byte) *io.SectionReader {
	return io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data)))
}
