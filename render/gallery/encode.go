package gallery

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/dustin/go-humanize"

	"firstframe/render/batch"
	"firstframe/render/media"
)

// checksumLead begins the last line of the state. The line is written by hand, because the checksum
// covers all bytes before it.
const checksumLead = "\n\"checksum\": \"sha256:"

// The lines that follow the first line of a state if they apply.
const (
	demoLine   = `"demo": true,`
	filmedLine = `"filmed": true,`

	originLead   = `"origin": `
	settingsLead = `"settings": `
)

// Encode returns the state's bytes. Each image has its own line, so that a version control system
// shows what changed. A checksum comes last.
func (s *State) Encode() ([]byte, error) {
	var b bytes.Buffer
	if _, err := s.Write(&b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// ErrStateTooLarge is the error for a state that the next run would not read.
var ErrStateTooLarge = errors.New("the gallery is too large")

// Write writes the state's bytes, and returns their SHA-256. They are never in memory as a whole.
// It returns ErrStateTooLarge for a state beyond the limits.
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
	b := bufio.NewWriter(io.MultiWriter(w, all, sum, &size)) // Flush returns its error
	fmt.Fprintf(b, "{\"version\": %d,", stateVersion)
	if s.Demo {
		b.WriteString("\n" + demoLine)
	}
	if s.Filmed {
		b.WriteString("\n" + filmedLine)
	}
	if s.Origin != (media.Origin{}) {
		origin, err := json.Marshal(s.Origin)
		if err != nil {
			return nil, fmt.Errorf("encoding the state: %w", err)
		}
		fmt.Fprintf(b, "\n%s%s,", originLead, origin)
	}
	if s.Settings != nil {
		settings, err := encodeSettings(s.Settings)
		if err != nil {
			return nil, fmt.Errorf("encoding the state: %w", err)
		}
		fmt.Fprintf(b, "\n%s%s,", settingsLead, settings)
	}
	b.WriteString("\n\"images\": [")
	if err := encodeLines(b, s.Images); err != nil {
		return nil, fmt.Errorf("encoding the state: %w", err)
	}
	b.WriteString("],\n\"skipped\": [")
	if err := encodeLines(b, s.Skipped); err != nil {
		return nil, fmt.Errorf("encoding the state: %w", err)
	}
	b.WriteString("],")
	err := b.Flush()
	if err == nil {
		_, err = io.WriteString(io.MultiWriter(w, all), checksumLead+hex.EncodeToString(sum.Sum(nil))+"\"}\n")
	}
	if err == nil && size > MaxState {
		err = fmt.Errorf("%w: %s would have more than %s", ErrStateTooLarge, StateName, humanize.IBytes(MaxState))
	}
	if err != nil {
		return nil, fmt.Errorf("encoding the state: %w", err)
	}
	return all.Sum(nil), nil
}

// byteCount is the number of bytes that were written to it.
type byteCount int64

// Write counts the bytes of p.
func (n *byteCount) Write(p []byte) (int, error) {
	*n += byteCount(len(p))
	return len(p), nil
}

// encodeLines writes the items in JSON, each on its own line. It encodes as many parts at once as
// there are processors, and no more: parts wait in memory until those before them are written.
func encodeLines[T any](w *bufio.Writer, items []T) error {
	parts := make([]bytes.Buffer, runtime.GOMAXPROCS(0))
	for start := 0; start < len(items); start += len(parts) * batch.Size {
		now := items[start:min(start+len(parts)*batch.Size, len(items))]
		err := batch.Do(len(now), func(from, to int) error {
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
		if err != nil {
			return err
		}
		for i := range parts {
			if i*batch.Size < len(now) {
				if _, err := w.Write(parts[i].Bytes()); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// encodeSettings returns settings as a line of JSON, sorted by key. readSettings refuses a line that
// is too long, so of long values only the beginning is kept.
func encodeSettings(settings map[string]string) ([]byte, error) {
	for longest := maxSettingsLine; ; longest /= 2 {
		short := make(map[string]string, len(settings))
		for key, value := range settings {
			short[key] = strings.ToValidUTF8(value[:min(len(value), longest)], "")
		}
		line, err := json.Marshal(short)
		if err != nil || len(line) <= maxSettingsLine || longest == 0 {
			return line, err
		}
	}
}
