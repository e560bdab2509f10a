package media

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"os"
	"path"
	"strings"

	"firstframe/render/plainfs"
)

// Medium is a file in media/ that a state names.
type Medium struct {
	Published
	Rendition *Rendition // nil for an original or a clip
	Earlier   bool       // stripped by the rules of an earlier version
}

// agrees reports whether m and n say the same of one file. An older version has noted no sum.
func (m Medium) Agrees(n Medium) bool {
	sums := m.Sum == n.Sum || m.Sum == "" || n.Sum == ""
	return m.Path == n.Path && m.Bytes == n.Bytes && sums && m.Pixels() == n.Pixels()
}

// Read returns the bytes of the file in a folder that somebody else has made, one more at most than
// the state says. A link, on the way or in its place, and anything else that is no regular file is
// an error.
func (m Medium) Read(dir *os.Root) ([]byte, error) {
	if info, err := dir.Lstat(path.Dir(m.Path)); err != nil || !info.IsDir() {
		return nil, cmp.Or(err, fmt.Errorf("%s is not a folder", path.Dir(m.Path)))
	}
	return plainfs.Read(dir, m.Path, m.Bytes+1)
}

// Pixels is how many Verify decodes, by the state; more than any limit where
// a side is longer than that of any picture.
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

// Verify reports whether these are the bytes of the file as a run has written
// them: its length and its sum must be those in the state. And since the state
// itself comes from elsewhere, a rendition must be a JPEG that decodes to the
// size in the state and in its name, an original or a clip must be of its kind
// and whole, and none may have anything that is taken out before publishing. What
// an earlier version published may have more: Output.Renew takes it out.
func (m Medium) Verify(data []byte) (err error) {
	defer func() { // they come from outside
		if p := recover(); p != nil {
			err = fmt.Errorf("reading it failed: %v", p)
		}
	}()
	if int64(len(data)) != m.Bytes {
		return fmt.Errorf("it has %d bytes instead of %d", len(data), m.Bytes)
	}
	mediaType := TypeOf(path.Ext(m.Path))
	if err := VerifySum(m.Sum, data); err != nil {
		return err
	}
	stripped, err := StripAny(data, mediaType)
	if err != nil {
		return fmt.Errorf("it is not what its name says: %w", err)
	}
	if string(stripped) != string(data) && (!m.Earlier || len(MetadataOf(data, mediaType)) > 0) {
		return errors.New("it holds what is no part of the picture")
	}
	if m.Rendition == nil {
		return nil
	}
	if !strings.Contains(m.Path, fmt.Sprintf("-%d-", m.Rendition.Width)) {
		return fmt.Errorf("it is not %d pixels wide by its name", m.Rendition.Width)
	}
	return m.Rendition.Verify(data)
}
