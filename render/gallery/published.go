package gallery

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"firstframe/render/media"
)

// HasSite reports whether there is a site in dir that must not be restored
// over. A copy of the state or some media are not one: a restore that was
// killed leaves them, and it must start again. It returns an error when dir
// cannot be read: then nobody knows.
func HasSite(dir fs.FS) (bool, error) {
	for _, name := range []string{StateName, IndexName} {
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

// ReadPublished reads a state that was published, and returns the files that
// it names, by path, each once. It believes the state no further than LoadState
// does. A damaged one is an error, and not put together again: what is whole
// somewhere else must not be replaced by a part of it.
func ReadPublished(data []byte) (*State, []media.Medium, error) {
	s, err := Decode(data)
	if err != nil {
		return nil, nil, err
	}
	var files []media.Medium
	for _, m := range s.Visible() {
		files = append(files, m.Media()...)
	}
	slices.SortFunc(files, func(a, b media.Medium) int { return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(b.Sum, a.Sum)) })
	files = slices.CompactFunc(files, media.Medium.Agrees)
	for i := range files[min(1, len(files)):] {
		if files[i].Path == files[i+1].Path {
			return nil, nil, errDamaged // verified as the one, it would be shown as the other
		}
	}
	return s, files, nil
}

// Media are the files in media/ that the image needs.
func (m *Image) Media() []media.Medium {
	var files []media.Medium
	earlier := m.Stripped < media.StrippedNow
	for r := range m.Pictures {
		files = append(files, media.Medium{Published: media.Published{Path: r.Path, Bytes: r.Bytes, Sum: r.Sum}, Rendition: &r, Earlier: earlier})
	}
	for f := range m.Files {
		if name, _ := media.ParseName(f.Path); !name.IsRendition() {
			files = append(files, media.Medium{Published: f, Earlier: earlier})
		}
	}
	return files
}
