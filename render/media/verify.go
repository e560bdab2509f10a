package media

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"strconv"

	"github.com/dustin/go-humanize"

	"firstframe/render/plainfs"
)

// Sum returns the first 16 hex digits of the SHA-256 of a file in media/. They are enough to notice
// accidental damage. A longer sum would not help against attackers, because the sum comes from the
// same place as the file.
func Sum(data []byte) string {
	sum := sha256.Sum256(data)
	return sumText(sum[:])
}

// sumText returns a SHA-256 as Sum does.
func sumText(sha256 []byte) string { return hex.EncodeToString(sha256[:8]) }

// VerifySize fails if a file that should have want bytes has another size.
func VerifySize(want, size int64) error {
	if size != want {
		return fmt.Errorf("it has %s bytes instead of %s", humanize.Comma(size), humanize.Comma(want))
	}
	return nil
}

// VerifySum fails if data does not have this sum. It accepts anything if sum is "".
func VerifySum(sum string, data []byte) error {
	if sum != "" && sum != Sum(data) {
		return errors.New("its bytes have changed since they were written")
	}
	return nil
}

// Medium is a file in media/ that a state names.
type Medium struct {
	Published
	Rendition *Rendition // nil for an original or a clip
	Earlier   bool       // stripped by an earlier version's rules
}

// Agrees reports whether m and n describe the same file. Older versions noted no sum, so a missing
// sum agrees with any other.
func (m Medium) Agrees(n Medium) bool {
	sums := m.Sum == n.Sum || m.Sum == "" || n.Sum == ""
	return m.Path == n.Path && m.Bytes == n.Bytes && sums && m.Pixels() == n.Pixels()
}

// Read returns the bytes of the file in a folder that somebody else made. It reads at most one byte
// more than the state says. It fails for a link, on the way or in the file's place, and for
// anything else that is not a regular file.
func (m Medium) Read(dir *os.Root) ([]byte, error) {
	if info, err := dir.Lstat(path.Dir(m.Path)); err != nil || !info.IsDir() {
		return nil, cmp.Or(err, fmt.Errorf("%s is not a folder", path.Dir(m.Path)))
	}
	return plainfs.Read(dir, m.Path, m.Bytes+1)
}

// Pixels returns how many pixels Verify decodes, according to the state. The number is above any
// limit if a side is longer than in any picture.
func (m Medium) Pixels() int64 {
	r := m.Rendition
	switch {
	case r == nil:
		return 0
	case r.Width > maxSide || r.Height > maxSide:
		return math.MaxInt64
	}
	return int64(r.Width) * int64(r.Height)
}

// Verify fails if data is not the file as a run wrote it. Its length and its sum must be those in
// the state. The state itself comes from elsewhere, so a rendition must also be a picture that
// decodes to the size in the state and in its name. An original or a clip must be whole and of the
// type in its name. It must have exactly the packet whose mark is in its name. Stripping the rest of
// the file again must not change that. Exception: a file that an earlier version published must only
// be free of metadata, because Output.Renew strips it again.
func (m Medium) Verify(data []byte) (err error) {
	defer func() { // the bytes come from outside
		if p := recover(); p != nil {
			err = fmt.Errorf("reading it failed: %v", p)
		}
	}()
	if err := VerifySize(m.Bytes, int64(len(data))); err != nil {
		return err
	}
	name, _ := ParseName(m.Path)
	if err := VerifySum(m.Sum, data); err != nil {
		return err
	}
	rest, packet := Unmark(data, name.Type)
	stripped, err := Strip(rest, name.Type)
	if err != nil {
		return fmt.Errorf("it is not what its name says: %w", err)
	}
	if string(stripped) != string(rest) && (!m.Earlier || len(MetadataOf(rest, name.Type)) > 0) {
		return errors.New("it contains more than the picture")
	}
	if name.Mark() != MarkOf(packet) {
		return errors.New("it does not say the same about its origin as its name")
	}
	if m.Rendition == nil {
		return nil
	}
	if name.Width != strconv.Itoa(m.Rendition.Width) {
		return fmt.Errorf("according to its name, it is not %d pixels wide", m.Rendition.Width)
	}
	return m.Rendition.Verify(data)
}

// Verify fails unless data is a rendition as a run wrote it: a picture that decodes, with the
// length, the size and the sum in the state. It checks the size before it takes memory for the
// pixels.
func (r Rendition) Verify(data []byte) error {
	if err := VerifySize(r.Bytes, int64(len(data))); err != nil {
		return err
	}
	f, err := r.format()
	if err != nil {
		return err
	}
	size, err := f.measure(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("it does not decode: %w", err)
	}
	if size.X != r.Width || size.Y != r.Height || r.Width > maxSide || r.Height > maxSide {
		return fmt.Errorf("it is %d × %d instead of %d × %d", size.X, size.Y, r.Width, r.Height)
	}
	if err := f.decodes(data, size); err != nil {
		return fmt.Errorf("it does not decode: %w", err)
	}
	return VerifySum(r.Sum, data)
}

// format returns the format of a rendition, according to its name.
func (r Rendition) format() (*format, error) {
	if f := formatWith(path.Ext(r.Path)); f != nil && f.measure != nil {
		return f, nil
	}
	return nil, errors.New("it is not what its name says")
}

// Measure reads the size of a rendition from its header, and sums its bytes. It fails if the file
// is larger than MaxLooked, or cut.
func Measure(dir fs.FS, name string) (Rendition, error) {
	r := Rendition{Path: name}
	format, err := r.format()
	if err != nil {
		return Rendition{}, fmt.Errorf("reading %s: %w", name, err)
	}
	f, err := dir.Open(name)
	if err != nil {
		return Rendition{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Rendition{}, err
	}
	if info.Size() > MaxLooked {
		return Rendition{}, fmt.Errorf("reading %s: it is too large", name)
	}
	// The file could be anything, so it is summed while it is read.
	sum := sha256.New()
	all := io.TeeReader(f, io.MultiWriter(counter{&r.Bytes}, sum))
	size, err := format.measure(all)
	if _, failed := io.Copy(io.Discard, all); failed != nil {
		return Rendition{}, failed
	}
	if err != nil {
		return Rendition{}, fmt.Errorf("reading %s: %w", name, err)
	}
	r.Width, r.Height, r.Sum = size.X, size.Y, sumText(sum.Sum(nil))
	return r, nil
}

// counter counts the bytes that are written to it.
type counter struct{ size *int64 }

// Write counts p.
func (c counter) Write(p []byte) (int, error) {
	*c.size += int64(len(p))
	return len(p), nil
}
