package render

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"slices"
	"strings"
)

// Medium is a file in media/ that a state names.
type Medium struct {
	Published
	rendition *Rendition // nil for an original or a clip
	earlier   bool       // stripped by the rules of an earlier version
}

// HasSite reports whether there is a site in dir that must not be restored
// over. A copy of the state or some media are not one: a restore that was
// killed leaves them, and it must start again. It returns an error when dir
// cannot be read: then nobody knows.
func HasSite(dir fs.FS) (bool, error) {
	for _, name := range []string{StateName, "index.html"} {
		_, err := fs.Lstat(dir, name)
		if err == nil {
			return true, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return false, fmt.Errorf("looking for a site: %w", err)
		}
	}
	return false, nil
}

// Restore writes a published site's state and media, which read returns, into
// the folder. The copy of the state comes first: a run that finds an unfinished
// restore knows every image by it. Only where pages stand, whose state is in
// pieces, it comes after the media: HasSite reports a site there, and with the
// copy the restore would not start again. Renditions come before the rest: an image
// without any has no page, and its original would be removed. The state comes
// last: until it is there, HasSite reports no site, and the restore starts again.
func (o *Output) Restore(ctx context.Context, s *State, media []Medium, read func(Medium) ([]byte, error)) error {
	sum, err := s.writeTo(io.Discard)
	if err != nil {
		return err
	}
	if there, err := HasSite(o.root.FS()); err != nil {
		return err
	} else if !there {
		if err := o.saveStateAs(backupName, s, sum, (*temporary).placeDurably); err != nil {
			return err
		}
	}
	for _, m := range renditionsFirst(media) {
		if err := ctx.Err(); err != nil {
			return err
		}
		data, err := read(m)
		if err == nil && int64(len(data)) != m.Bytes {
			err = fmt.Errorf("%s: it has %d bytes instead of %d", m.Path, len(data), m.Bytes)
		}
		if err := cmp.Or(err, verifySum(m.Sum, data)); err != nil { // the disk may have changed it
			return err
		}
		if err := o.Write(m.Path, data); err != nil {
			return err
		}
	}
	return o.saveState(s, sum, (*temporary).placeDurably)
}

func renditionsFirst(media []Medium) []Medium {
	rest := func(m Medium) int {
		if m.rendition != nil {
			return 0
		}
		return 1
	}
	return slices.SortedStableFunc(slices.Values(media), func(a, b Medium) int { return cmp.Compare(rest(a), rest(b)) })
}

// ReadPublished reads a state that was published, and returns the files that
// it names, by path, each once. It believes the state no further than LoadState
// does. A damaged one is an error, and not put together again: what is whole
// somewhere else must not be replaced by a part of it.
func ReadPublished(data []byte) (*State, []Medium, error) {
	s, err := decodeState(data)
	if err != nil {
		return nil, nil, err
	}
	var media []Medium
	for _, m := range s.visible() {
		media = append(media, m.Media()...)
	}
	slices.SortFunc(media, func(a, b Medium) int { return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(b.Sum, a.Sum)) })
	media = slices.CompactFunc(media, Medium.agrees)
	for i := range media[min(1, len(media)):] {
		if media[i].Path == media[i+1].Path {
			return nil, nil, errDamaged // verified as the one, it would be shown as the other
		}
	}
	return s, media, nil
}

// agrees reports whether m and n say the same of one file. An older version has noted no sum.
func (m Medium) agrees(n Medium) bool {
	sums := m.Sum == n.Sum || m.Sum == "" || n.Sum == ""
	return m.Path == n.Path && m.Bytes == n.Bytes && sums && m.Pixels() == n.Pixels()
}

// Media are the files in media/ that the image needs.
func (m *Image) Media() []Medium {
	var media []Medium
	earlier := m.Stripped < StrippedNow
	for r := range m.pictures {
		media = append(media, Medium{Published{r.Path, r.Bytes, r.Sum}, &r, earlier})
	}
	for f := range m.media {
		if !isRendition(f.Path) {
			media = append(media, Medium{Published: f, earlier: earlier})
		}
	}
	return media
}

// Read returns the bytes of the file in a folder that somebody else has made, one more at most than
// the state says. A link, on the way or in its place, and anything else that is no regular file is
// an error.
func (m Medium) Read(dir *os.Root) ([]byte, error) {
	if info, err := dir.Lstat(path.Dir(m.Path)); err != nil || !info.IsDir() {
		return nil, cmp.Or(err, fmt.Errorf("%s is not a folder", path.Dir(m.Path)))
	}
	return ReadRegular(dir, m.Path, m.Bytes+1)
}

// ReadRegular returns the bytes of a regular file in a folder, as many as limit at most. It does not
// follow a link in the file's place.
func ReadRegular(dir *os.Root, name string, limit int64) ([]byte, error) {
	if info, err := dir.Lstat(name); err != nil || !info.Mode().IsRegular() {
		return nil, cmp.Or(err, errNotRegular)
	}
	f, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit))
}

// Pixels is how many Verify decodes, by the state; more than any limit where
// a side is longer than that of any picture.
func (m Medium) Pixels() int64 {
	r := m.rendition
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
	mediaType := mediaTypeOf(path.Ext(m.Path))
	if err := verifySum(m.Sum, data); err != nil {
		return err
	}
	stripped, err := stripAny(data, mediaType)
	if err != nil {
		return fmt.Errorf("it is not what its name says: %w", err)
	}
	if string(stripped) != string(data) && (!m.earlier || len(metadataOf(data, mediaType)) > 0) {
		return errors.New("it holds what is no part of the picture")
	}
	if m.rendition == nil {
		return nil
	}
	if !strings.Contains(m.Path, fmt.Sprintf("-%d-", m.rendition.Width)) {
		return fmt.Errorf("it is not %d pixels wide by its name", m.rendition.Width)
	}
	return m.rendition.verify(data)
}
