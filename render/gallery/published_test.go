package gallery_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"firstframe/render/gallery"
	"firstframe/render/gallery/gallerytest"
	"firstframe/render/media"
	"firstframe/render/plainfs"
)

// A state that somebody else has written must not lead to other files.
func TestReadPublished(t *testing.T) {
	s := gallerytest.State(2)
	s.Images[0].Original = &media.Published{Path: "media/" + s.Images[0].Slug + "-0a.png", Bytes: 7}
	hidden := gallery.Tombstone(strings.Repeat("f", 16), "key")
	s.Images = append(s.Images, *hidden)
	state, files, err := gallery.ReadPublished(encodeState(t, s))
	if err != nil || len(state.Images) != 3 || len(files) != 5 {
		t.Fatalf("got %d files, %v", len(files), err)
	}
	poster := s.Images[1].Renditions[0]
	clip := &media.Clip{Published: media.Published{Path: "media/00000000000000cd-0a.mp4", Bytes: 1}, Width: 48, Height: 32, Poster: []media.Rendition{poster}}
	s.Images[0].Videos = []gallery.Video{{Key: "key", Clip: clip}}
	if _, media, err := gallery.ReadPublished(encodeState(t, s)); err != nil || len(media) != 6 {
		t.Errorf("a file that two have: %d files, %v", len(media), err)
	}
	s.Images[1].Renditions[0].Sum = "one"
	if _, media, err := gallery.ReadPublished(encodeState(t, s)); err != nil || len(media) != 6 {
		t.Errorf("a file that an older version has not summed: %d files, %v", len(media), err)
	}
	for name, spoil := range map[string]func(r *media.Rendition){
		"sum": func(r *media.Rendition) { r.Sum = "another" }, "length": func(r *media.Rendition) { r.Bytes++ }, "size": func(r *media.Rendition) { r.Height++ },
	} {
		clip.Poster[0] = poster
		spoil(&clip.Poster[0])
		if _, _, err := gallery.ReadPublished(encodeState(t, s)); !errors.Is(err, gallery.ErrDamaged) {
			t.Errorf("a file of another %s: got %v", name, err)
		}
	}
	s.Images[0].Videos = nil
	s.Images[0].Original.Path = "../index.html"
	if _, _, err := gallery.ReadPublished(encodeState(t, s)); !errors.Is(err, gallery.ErrDamaged) {
		t.Errorf("a path outside: got %v", err)
	}
	if _, _, err := gallery.ReadPublished([]byte(`{"version": 5}`)); !errors.Is(err, gallery.ErrNewerState) {
		t.Errorf("a newer one: got %v", err)
	}
}

// A copy of the state or some media are not a site: a killed restore leaves them.
func TestHasSite(t *testing.T) {
	for name, want := range map[string]bool{
		gallery.StateName: true, "index.html": true, gallery.BackupName: false, "media/00000000000000ff-5-aa.jpg": false, ".gitignore": false, "CNAME": false,
	} {
		if got, err := gallery.HasSite(fstest.MapFS{name: {}}); got != want || err != nil {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

// unreadable is a folder in which one file cannot be read.
type unreadable struct {
	fstest.MapFS
	name string
}

// fail returns an error of the disk for the file.
func (u unreadable) fail(op, name string) error {
	if name == u.name {
		return &fs.PathError{Op: op, Path: name, Err: syscall.EIO}
	}
	return nil
}

// Open fails for the file.
func (u unreadable) Open(name string) (fs.File, error) {
	if err := u.fail("open", name); err != nil {
		return nil, err
	}
	return u.MapFS.Open(name)
}

// Lstat fails for the file.
func (u unreadable) Lstat(name string) (fs.FileInfo, error) {
	if err := u.fail("lstat", name); err != nil {
		return nil, err
	}
	return u.MapFS.Lstat(name)
}

// ReadFile fails for the file.
func (u unreadable) ReadFile(name string) ([]byte, error) {
	if err := u.fail("read", name); err != nil {
		return nil, err
	}
	return u.MapFS.ReadFile(name)
}

// A disk that fails for a moment must not look like a missing site, or like one with fewer images.
func TestUnreadableSite(t *testing.T) {
	state := encodeState(t, gallerytest.State(3))
	picture := gallerytest.State(1).Images[0].Renditions[0].Path
	for _, name := range []string{gallery.StateName, gallery.BackupName, picture} {
		site := fstest.MapFS{gallery.StateName: {Data: state}, gallery.BackupName: {Data: state}, "index.html": {}, picture: {Data: gallerytest.JPEG(t, 48, 32)}}
		if name != gallery.StateName {
			site[gallery.StateName] = &fstest.MapFile{Data: state[:len(state)/2]}
		}
		if name == picture {
			site[gallery.BackupName] = site[gallery.StateName]
		}
		if s, _, err := gallery.Load(unreadable{site, name}); !errors.Is(err, syscall.EIO) {
			t.Errorf("%s: got %v, %v", name, s, err)
		}
	}
	for _, name := range []string{gallery.StateName, "index.html"} {
		if _, err := gallery.HasSite(unreadable{fstest.MapFS{}, name}); !errors.Is(err, syscall.EIO) {
			t.Errorf("HasSite where %s cannot be read: %v", name, err)
		}
	}
}

// A killed restore leaves the copy of the state, which must be read.
func TestLoneBackup(t *testing.T) {
	s, repaired, err := gallery.Load(fstest.MapFS{gallery.BackupName: {Data: encodeState(t, gallerytest.State(3))}})
	if err != nil || !repaired || len(s.Images) != 3 {
		t.Errorf("got %v, repaired %v, %v", s, repaired, err)
	}
}

// Images that only the pieces of a state have are added to a published state. What is hidden in the
// pieces stays hidden.
func TestAdopt(t *testing.T) {
	s, left := gallerytest.State(3), gallerytest.State(5)
	for i := range left.Images {
		if m := &left.Images[i]; m.Slug == gallerytest.Image(1).Slug || m.Slug == gallerytest.Image(4).Slug {
			*m = *gallery.Tombstone(m.Slug, m.Keys...)
		}
	}
	s.Adopt(left)
	var hidden []string
	for _, m := range s.Images {
		if m.Hidden {
			hidden = append(hidden, m.Slug)
		}
	}
	if want := []string{gallerytest.Image(1).Slug, gallerytest.Image(4).Slug}; len(s.Images) != 5 || !slices.Equal(hidden, want) {
		t.Errorf("%d images, hidden: %q, want %q", len(s.Images), hidden, want)
	}
}

// A state that is a link, a folder or a pipe is not read: a link would publish what another gallery
// hides, and a pipe would hold the run up for ever. The copy takes its place.
func TestStateIsRegular(t *testing.T) {
	other := filepath.Join(t.TempDir(), gallery.StateName)
	if err := os.WriteFile(other, encodeState(t, gallerytest.State(5)), 0o644); err != nil {
		t.Fatal(err)
	}
	for what, put := range map[string]func(name string) error{
		"link":   func(name string) error { return os.Symlink(other, name) },
		"folder": func(name string) error { return os.Mkdir(name, 0o755) },
		"pipe":   func(name string) error { return syscall.Mkfifo(name, 0o644) },
	} {
		for _, name := range []string{gallery.StateName, gallery.BackupName} {
			dir := t.TempDir()
			for _, file := range []string{"index.html", gallery.StateName, gallery.BackupName} {
				if err := os.WriteFile(filepath.Join(dir, file), encodeState(t, gallerytest.State(3)), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if err := errors.Join(os.Remove(filepath.Join(dir, name)), put(filepath.Join(dir, name))); err != nil {
				t.Skip(err)
			}
			s, repaired, err := gallery.Load(plainfs.Dir(dir))
			if err != nil || len(s.Images) != 3 || repaired != (name == gallery.StateName) {
				t.Errorf("%s is a %s: got %d images, repaired %v, %v", name, what, len(s.Images), repaired, err)
			}
		}
	}
}
