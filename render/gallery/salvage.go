package gallery

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"

	"firstframe/render/media"
	"firstframe/render/plainfs"
)

// Load returns the state of the site in dir, and changes nothing. A folder without a site gives an
// empty state. If the state is damaged, or missing although its copy or an index is there, Load
// repairs it and sets repaired: it takes the copy, or else the whole lines of both and the pictures
// in media/. It returns ErrNewerState for the state of a newer version, and an error if a file
// cannot be read, because a disk that fails for a moment must not cost an image. dir must not
// follow links: see plainfs.Dir.
func Load(dir fs.FS) (s *State, repaired bool, err error) {
	s, err = openState(dir, StateName)
	if err == nil || !canRepair(err) {
		return s, false, err
	}
	noState := errors.Is(err, fs.ErrNotExist)
	// A killed restore leaves the copy alone.
	s, err = openState(dir, BackupName)
	if err == nil || !canRepair(err) {
		return s, true, err
	}
	// Without any of the three there was never a site: a first build was killed, and this is the
	// first run again.
	if noState && errors.Is(err, fs.ErrNotExist) {
		if _, noIndex := fs.Stat(dir, IndexName); errors.Is(noIndex, fs.ErrNotExist) {
			return &State{Version: stateVersion}, false, nil
		}
	}
	s, err = salvage(dir)
	return s, true, err
}

// LoadIntact returns the state of the site in dir as a run has written it. A damaged state is an
// error and is not repaired, because the machine that made it can make it again. dir must not
// follow links: see plainfs.Dir.
func LoadIntact(dir fs.FS) (*State, error) {
	s, err := openState(dir, StateName)
	if err != nil && canRepair(err) {
		return nil, fmt.Errorf("%s is damaged", StateName)
	}
	return s, err
}

// canRepair reports whether an error of openState means that the state is damaged or missing,
// rather than that it could not be read.
func canRepair(err error) bool {
	return errors.Is(err, errDamaged) || errors.Is(err, plainfs.ErrNotRegular) || errors.Is(err, fs.ErrNotExist)
}

// salvage collects the images of damaged states, line by line. Then it adds the images that
// only have pictures left.
func salvage(dir fs.FS) (*State, error) {
	s := &State{Version: stateVersion, InPieces: true}
	known, parts := map[string]bool{}, 0
	for _, name := range []string{StateName, BackupName} {
		err := eachLine(dir, name, func(line []byte) bool {
			s.Demo = s.Demo || string(bytes.TrimRight(line, "\n")) == demoLine
			s.Filmed = s.Filmed || string(bytes.TrimRight(line, "\n")) == filmedLine
			if origin, given := readOrigin(line); given {
				s.Origin = origin
			}
			if s.Settings == nil {
				s.Settings = readSettings(line)
			}
			if !bytes.HasPrefix(line, []byte(`{"slug":`)) {
				return true
			}
			var m Image
			if m.read(bytes.TrimRight(line, ",]\r\n")) == nil && !known[m.Slug] {
				known[m.Slug] = true
				s.Images = append(s.Images, m)
				parts += m.parts()
			}
			return len(s.Images) < maxImages && parts < maxParts
		})
		if err != nil && !canRepair(err) {
			return nil, err
		}
	}
	images, err := imagesInMedia(dir)
	if err != nil {
		return nil, err
	}
	s.Adopt(&State{Images: images})
	SortImages(s.Images)
	return s, nil
}

// Adopt takes over the images that only another state has, and hides those that are hidden there.
// If only pictures are left there, the cover of a clip looks like an image; Adopt leaves it out.
func (s *State) Adopt(other *State) {
	at, covers := map[string]int{}, map[string]bool{}
	for i := range s.Images {
		at[s.Images[i].Slug] = i
		for r := range s.Images[i].Pictures {
			name, _ := media.ParseName(r.Path)
			covers[name.Slug] = true
		}
	}
	for _, m := range other.Images {
		i, known := at[m.Slug]
		switch {
		case known && m.Hidden:
			s.Images[i].Merge(m)
		case !known && (m.Hidden || !covers[m.Slug]):
			s.Images = append(s.Images, m)
		}
	}
}

// eachLine calls f with each line of a file, as long as f returns true. It leaves out lines that
// are too long, and everything after MaxState bytes.
func eachLine(dir fs.FS, name string, f func(line []byte) bool) error {
	file, _, err := openFile(dir, name)
	if err != nil {
		return err
	}
	defer file.Close()
	var line []byte
	for r := bufio.NewReaderSize(io.LimitReader(file, MaxState), 64<<10); ; {
		part, err := r.ReadSlice('\n')
		if len(line) <= maxStateLine {
			line = append(line, part...)
		}
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case len(line) <= maxStateLine && !f(line):
			return nil
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
		line = line[:0]
	}
}

// imagesInMedia makes images from the renditions in media/. Their names, dates and types are lost
// until the next listing: the slug shows which image it is.
func imagesInMedia(dir fs.FS) ([]Image, error) {
	if info, err := fs.Lstat(dir, MediaFolder); errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return nil, nil
	}
	entries, err := fs.ReadDir(dir, MediaFolder)
	if err != nil {
		return nil, err
	}
	_, err = fs.Stat(dir, ImageFolder)
	pages := err == nil
	bySlug := map[string]*Image{}
	for _, e := range entries {
		name := path.Join(MediaFolder, e.Name())
		parsed, _ := media.ParseName(name)
		slug := parsed.Slug
		if !parsed.IsRendition() || !e.Type().IsRegular() {
			continue
		}
		if _, err := fs.Lstat(dir, path.Join(ImageFolder, slug)); pages && errors.Is(err, fs.ErrNotExist) {
			continue // it is the cover of a clip
		}
		r, err := media.Measure(dir, name)
		if _, unread := errors.AsType[*fs.PathError](err); unread {
			return nil, err
		}
		if err != nil || strconv.Itoa(r.Width) != parsed.Width {
			continue
		}
		m := bySlug[slug]
		if m == nil {
			m = &Image{Slug: slug, Type: "image/jpeg"}
			bySlug[slug] = m
		}
		m.Renditions = append(m.Renditions, r)
		if r.Width > m.Width {
			m.Width, m.Height = r.Width, r.Height
		}
	}
	images := make([]Image, 0, len(bySlug))
	for _, m := range bySlug {
		slices.SortFunc(m.Renditions, media.CompareRenditions)
		m.Renditions = slices.CompactFunc(m.Renditions, func(a, b media.Rendition) bool { return media.CompareRenditions(a, b) == 0 })
		images = append(images, *m)
	}
	return images, nil
}
