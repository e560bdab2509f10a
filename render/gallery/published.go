package gallery

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"firstframe/render/media"
)

// HasSite reports whether there is a site in dir that a restore must not overwrite. A copy of the
// state or some media do not count: a killed restore leaves them, and must start again. It returns
// an error if dir cannot be read, because then nobody knows.
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

// ReadPublished reads a published state, and returns the files that it names, each once and sorted
// by path. It trusts the state no more than Load does. A damaged state is an error and is not
// repaired, because a part of a site must not replace the whole one.
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
			return nil, nil, errDamaged // the file would be verified as one and shown as the other
		}
	}
	return s, files, nil
}

// Media returns the files in media/ that the image needs, with what Verify needs to know of them.
func (m *Image) Media() []media.Medium {
	var files []media.Medium
	earlier := m.Stripped < media.StrippedNow
	for r := range m.Pictures {
		files = append(files, media.Medium{Published: r.File(), Rendition: &r, Earlier: earlier})
	}
	for f := range m.Files {
		if name, _ := media.ParseName(f.Path); !name.IsRendition() {
			files = append(files, media.Medium{Published: f, Earlier: earlier})
		}
	}
	return files
}
