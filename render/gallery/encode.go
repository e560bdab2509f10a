package gallery

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"

	"github.com/dustin/go-humanize"

	"firstframe/render/batch"
)

// checksumLead begins the last line of the state. The line is written by hand
// so that it covers all bytes before it.
const checksumLead = "\n\"checksum\": \"sha256:"

// What follows the first line of a state where it applies.
const (
	demoLine   = `"demo": true,`
	filmedLine = `"filmed": true,`
)

// Encode returns the state's bytes: an image on each line, so that a version
// control system shows what changed, and a checksum at the end.
func (s *State) Encode() ([]byte, error) {
	var b bytes.Buffer
	if _, err := s.Write(&b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// ErrStateTooLarge is the answer to a state that the next run would not read.
var ErrStateTooLarge = errors.New("the gallery is too large")

// writeTo writes the state's bytes, and returns their hash. They are never in
// memory together. A state beyond the limits is an error.
func (s *State) Write(w io.Writer) ([]byte, error) {
	parts := 0
	for i := range s.Images {
		parts += s.Images[i].parts()
	}
	if len(s.Images) > maxImages || len(s.Skipped) > maxSkips || parts > maxParts {
		return nil, fmt.Errorf("%w: it has more than %s images, %s other files, or %s keys, renditions, videos and tags",
			ErrStateTooLarge, humanize.Comma(maxImages), humanize.Comma(maxSkips), humanize.Comma(maxParts))
	}
	var size byteCount
	all, sum := sha256.New(), sha256.New()
	both := io.MultiWriter(w, all, sum, &size)
	head := fmt.Sprintf("{\"version\": %d,", stateVersion)
	if s.Demo {
		head += "\n" + demoLine
	}
	if s.Filmed {
		head += "\n" + filmedLine
	}
	err := WriteText(both, head+"\n\"images\": [", nil)
	err = encodeLines(both, s.Images, err)
	err = WriteText(both, "],\n\"skipped\": [", err)
	err = encodeLines(both, s.Skipped, err)
	err = WriteText(both, "],", err)
	err = WriteText(io.MultiWriter(w, all), checksumLead+hex.EncodeToString(sum.Sum(nil))+"\"}\n", err)
	if err == nil && size > MaxState {
		err = fmt.Errorf("%w: %s would have more than %s", ErrStateTooLarge, StateName, humanize.IBytes(MaxState))
	}
	if err != nil {
		return nil, fmt.Errorf("encoding the state: %w", err)
	}
	return all.Sum(nil), nil
}

// byteCount counts the bytes that are written to it.
type byteCount int64

func (n *byteCount) Write(p []byte) (int, error) {
	*n += byteCount(len(p))
	return len(p), nil
}

// writeText writes a text, unless there was an error before.
func WriteText(w io.Writer, text string, err error) error {
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	return err
}

// encodeLines writes the items in JSON, each on a line, unless there was an
// error before.
func encodeLines[T any](w io.Writer, items []T, err error) error {
	// As many parts at once as there are processors, and no more: they are
	// waiting in memory until those before them are written.
	parts := make([]bytes.Buffer, runtime.GOMAXPROCS(0))
	for start := 0; start < len(items) && err == nil; start += len(parts) * batch.Size {
		now := items[start:min(start+len(parts)*batch.Size, len(items))]
		err = batch.Do(len(now), func(from, to int) error {
			b := &parts[from/batch.Size]
			b.Reset()
			for i := from; i < to; i++ {
				if start+i > 0 {
					b.WriteByte(',')
				}
				b.WriteByte('\n')
				before := b.Len()
				if err := json.NewEncoder(b).Encode(&now[i]); err != nil {
					return err
				}
				if b.Len()-before > maxStateLine {
					return fmt.Errorf("%w: one of the images would take more than %s in it", ErrStateTooLarge, humanize.IBytes(maxStateLine))
				}
				b.Truncate(b.Len() - 1) // Encode ends the line
			}
			return nil
		})
		for i := range parts {
			if err == nil && i*batch.Size < len(now) {
				_, err = w.Write(parts[i].Bytes())
			}
		}
	}
	return err
}
