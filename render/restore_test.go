package render

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
)

// Only the bytes that a run has written come back.
func TestMediumVerify(t *testing.T) {
	published := func(width, height int) []byte {
		data, err := Strip(grayJPEG(t, width, height), "image/jpeg")
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	picture := published(48, 32)
	original := encodePNG(t, blocks(16, 16))
	film, err := StripMP4(plainFilm().bytes())
	if err != nil {
		t.Fatal(err)
	}
	rendition := Rendition{Path: "media/00000000000000ff-48-0a.jpg", Width: 48, Height: 32}
	for _, tt := range []struct {
		name, path string
		rendition  *Rendition
		data       []byte
		bytes      int // other than the data's
		sum        string
		earlier    bool
		want       string
	}{
		{name: "a rendition", path: rendition.Path, rendition: &rendition, data: picture},
		{name: "a rendition with its sum", path: rendition.Path, rendition: &rendition, data: picture, sum: mediaSum(picture)},
		{name: "another pixel", path: rendition.Path, rendition: &rendition, data: picture, sum: mediaSum(published(49, 32)), want: "not those that were written"},
		{name: "another original", path: "media/00000000000000ff-0a.png", data: original, sum: mediaSum(picture), want: "not those that were written"},
		{name: "cut", path: rendition.Path, rendition: &rendition, data: picture[:200], bytes: len(picture), want: "bytes instead of"},
		{name: "cut and padded", path: rendition.Path, rendition: &rendition, data: append(bytes.Clone(picture[:len(picture)/2]), make([]byte, len(picture)-len(picture)/2)...), want: "i"},
		{name: "a page", path: rendition.Path, rendition: &rendition, data: []byte("<!doctype html>"), want: "it is not what its name says"},
		{name: "of another size", path: rendition.Path, rendition: &rendition, data: published(96, 64), want: "it is 96 × 64 instead of 48 × 32"},
		{name: "with metadata", path: rendition.Path, rendition: &rendition, data: insertJPEG(picture, markerAPP1, exifHead+fullEXIF(1)), want: "no part of the picture"},
		{name: "with a profile as it was", path: rendition.Path, rendition: &rendition, data: insertJPEG(picture, jpegICC(makeProfile("GRAY", 300))...), want: "no part of the picture"},
		{name: "by an earlier version", path: rendition.Path, rendition: &rendition, data: insertJPEG(picture, jpegICC(makeProfile("GRAY", 300))...), earlier: true},
		{name: "with metadata, by an earlier version", path: rendition.Path, rendition: &rendition, data: insertJPEG(picture, markerAPP1, exifHead+fullEXIF(1)), earlier: true, want: "no part of the picture"},
		{name: "a PNG as a rendition", path: rendition.Path, rendition: &rendition, data: original, want: "it is not what its name says"},
		{name: "another name", path: "media/00000000000000ff-49-0a.jpg", rendition: &rendition, data: picture, want: "by its name"},
		{name: "an original", path: "media/00000000000000ff-0a.png", data: original},
		{name: "an original with metadata", path: "media/00000000000000ff-0a.png", data: insertPNG(original, "eXIf", fullEXIF(1)), want: "no part of the picture"},
		{name: "a GIF as a PNG", path: "media/00000000000000ff-0a.png", data: []byte("GIF89a"), want: "it is not what its name says"},
		{name: "a clip", path: "media/00000000000000ff-0a.mp4", data: film},
		{name: "a page as a clip", path: "media/00000000000000ff-0a.mp4", data: []byte("<!doctype html>"), want: "it is not what its name says"},
	} {
		m := Medium{Published{Path: tt.path, Bytes: int64(len(tt.data)), Sum: tt.sum}, tt.rendition, tt.earlier}
		if tt.bytes > 0 {
			m.Bytes = int64(tt.bytes)
		}
		if r := tt.rendition; r != nil {
			r.Bytes = m.Bytes
		}
		err := m.Verify(tt.data)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}

// A state that somebody else has written must not lead anywhere.
func TestReadPublished(t *testing.T) {
	s := exampleState(2)
	s.Images[0].Original = &Published{Path: "media/" + s.Images[0].Slug + "-0a.png", Bytes: 7}
	hidden := Tombstone(strings.Repeat("f", 16), "key")
	s.Images = append(s.Images, *hidden)
	state, media, err := ReadPublished(encodeState(t, s))
	if err != nil || len(state.Images) != 3 || len(media) != 5 {
		t.Fatalf("got %d files, %v", len(media), err)
	}
	poster := s.Images[1].Renditions[0]
	clip := &Clip{Published: Published{Path: "media/00000000000000cd-0a.mp4", Bytes: 1}, Width: 48, Height: 32, Poster: []Rendition{poster}}
	s.Images[0].Videos = []Video{{Key: "key", Clip: clip}}
	if _, media, err := ReadPublished(encodeState(t, s)); err != nil || len(media) != 6 {
		t.Errorf("a file that two have: %d files, %v", len(media), err)
	}
	s.Images[1].Renditions[0].Sum = "one"
	if _, media, err := ReadPublished(encodeState(t, s)); err != nil || len(media) != 6 {
		t.Errorf("a file that an older version has not summed: %d files, %v", len(media), err)
	}
	for name, spoil := range map[string]func(r *Rendition){
		"sum": func(r *Rendition) { r.Sum = "another" }, "length": func(r *Rendition) { r.Bytes++ }, "size": func(r *Rendition) { r.Height++ },
	} {
		clip.Poster[0] = poster
		spoil(&clip.Poster[0])
		if _, _, err := ReadPublished(encodeState(t, s)); !errors.Is(err, errDamaged) {
			t.Errorf("a file of another %s: got %v", name, err)
		}
	}
	s.Images[0].Videos = nil
	s.Images[0].Original.Path = "../index.html"
	if _, _, err := ReadPublished(encodeState(t, s)); !errors.Is(err, errDamaged) {
		t.Errorf("a path outside: got %v", err)
	}
	if _, _, err := ReadPublished([]byte(`{"version": 2}`)); !errors.Is(err, ErrNewerState) {
		t.Errorf("a newer one: got %v", err)
	}
}

func TestHasSite(t *testing.T) {
	for name, want := range map[string]bool{
		StateName: true, "index.html": true, backupName: false, "media/00000000000000ff-5-aa.jpg": false, ".gitignore": false, "CNAME": false,
	} {
		if got, err := HasSite(fstest.MapFS{name: {}}); got != want || err != nil {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

// unreadable is a folder in which one file cannot be read.
type unreadable struct {
	fstest.MapFS
	name string
}

func (u unreadable) fail(op, name string) error {
	if name == u.name {
		return &fs.PathError{Op: op, Path: name, Err: syscall.EIO}
	}
	return nil
}

func (u unreadable) Open(name string) (fs.File, error) {
	if err := u.fail("open", name); err != nil {
		return nil, err
	}
	return u.MapFS.Open(name)
}

func (u unreadable) Lstat(name string) (fs.FileInfo, error) {
	if err := u.fail("lstat", name); err != nil {
		return nil, err
	}
	return u.MapFS.Lstat(name)
}

func (u unreadable) ReadFile(name string) ([]byte, error) {
	if err := u.fail("read", name); err != nil {
		return nil, err
	}
	return u.MapFS.ReadFile(name)
}

// A disk that fails for a moment must not look like a site that is not there, or
// that has fewer images.
func TestUnreadableSite(t *testing.T) {
	state := encodeState(t, exampleState(3))
	picture := exampleState(1).Images[0].Renditions[0].Path
	for _, name := range []string{StateName, backupName, picture} {
		site := fstest.MapFS{StateName: {Data: state}, backupName: {Data: state}, "index.html": {}, picture: {Data: jpegBytes(t, 48, 32)}}
		if name != StateName {
			site[StateName] = &fstest.MapFile{Data: state[:len(state)/2]}
		}
		if name == picture {
			site[backupName] = site[StateName]
		}
		if s, _, err := LoadState(unreadable{site, name}); !errors.Is(err, syscall.EIO) {
			t.Errorf("%s: got %v, %v", name, s, err)
		}
	}
	for _, name := range []string{StateName, "index.html"} {
		if _, err := HasSite(unreadable{fstest.MapFS{}, name}); !errors.Is(err, syscall.EIO) {
			t.Errorf("HasSite where %s cannot be read: %v", name, err)
		}
	}
}

// A restore that was killed leaves the copy of the state, which is read.
func TestLoneBackup(t *testing.T) {
	s, repaired, err := LoadState(fstest.MapFS{backupName: {Data: encodeState(t, exampleState(3))}})
	if err != nil || !repaired || len(s.Images) != 3 {
		t.Errorf("got %v, repaired %v, %v", s, repaired, err)
	}
}

// What another machine made is read without following a link, and no further than its length.
func TestReadMedium(t *testing.T) {
	dir := t.TempDir()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(os.Mkdir(filepath.Join(dir, "media"), 0o755))
	check(os.WriteFile(filepath.Join(dir, "media", "whole.jpg"), make([]byte, 100), 0o644))
	check(os.Symlink("whole.jpg", filepath.Join(dir, "media", "link.jpg")))
	check(syscall.Mkfifo(filepath.Join(dir, "media", "pipe.jpg"), 0o644))
	check(os.Mkdir(filepath.Join(dir, "media", "folder.jpg"), 0o755))
	check(os.Symlink("media", filepath.Join(dir, "linked")))
	root, err := os.OpenRoot(dir)
	check(err)
	defer root.Close()
	for name, want := range map[string]bool{
		"media/whole.jpg": true, "media/link.jpg": false, "media/pipe.jpg": false, "media/folder.jpg": false, "media/missing.jpg": false, "linked/whole.jpg": false,
	} {
		if data, err := (Medium{Published: Published{Path: name, Bytes: 100}}).Read(root); (err == nil) != want || want && len(data) != 100 {
			t.Errorf("%s: %d bytes, %v", name, len(data), err)
		}
	}
	if data, err := (Medium{Published: Published{Path: "media/whole.jpg", Bytes: 7}}).Read(root); err != nil || len(data) != 8 {
		t.Errorf("of a file that is too long %d bytes were read, %v", len(data), err)
	}
}

// What pieces of a state tell is added to a published one, and what is hidden there stays hidden.
func TestAdopt(t *testing.T) {
	s, left := exampleState(3), exampleState(5)
	for i := range left.Images {
		if m := &left.Images[i]; m.Slug == exampleImage(1).Slug || m.Slug == exampleImage(4).Slug {
			*m = *Tombstone(m.Slug, m.Keys...)
		}
	}
	s.Adopt(left)
	var hidden []string
	for _, m := range s.Images {
		if m.Hidden {
			hidden = append(hidden, m.Slug)
		}
	}
	if want := []string{exampleImage(1).Slug, exampleImage(4).Slug}; len(s.Images) != 5 || !slices.Equal(hidden, want) {
		t.Errorf("%d images, hidden: %q, want %q", len(s.Images), hidden, want)
	}
}
