package render

import (
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"firstframe/render/gallery"
	"firstframe/render/gallery/gallerytest"
	"firstframe/render/media"
	"firstframe/render/plainfs"
)

// openOutput opens an Output until the test ends.
func openOutput(t *testing.T, dir string) *Output {
	t.Helper()
	o, err := OpenOutput(dir, OutputOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.Close() })
	return o
}

// Without the chmod, a umask would make the site unreadable for a web server.
func TestOutputModes(t *testing.T) {
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	dir := filepath.Join(t.TempDir(), "out")
	o := openOutput(t, dir)
	if err := o.Write("a/b/c.html", []byte("x")); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]fs.FileMode{"": 0o755, "a": 0o755, "a/b": 0o755, "a/b/c.html": 0o644} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%q has mode %o, want %o", name, got, want)
		}
	}
}

// Only regular files of the folder are read. Opening a pipe that nobody writes to would never end,
// and a link would show a file elsewhere.
func TestOutputReadsRegularFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	o := openOutput(t, dir)
	if err := o.Write("file", []byte("text")); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		os.Symlink("file", filepath.Join(dir, "link")), os.Mkdir(filepath.Join(dir, "folder"), 0o755),
		syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o644),
	} {
		if err != nil {
			t.Skip(err)
		}
	}
	for _, name := range []string{"link", "folder", "pipe"} {
		if _, err := o.Read(name); !errors.Is(err, plainfs.ErrNotRegular) {
			t.Errorf("reading a %s: got %v", name, err)
		}
		if sum := sha256.Sum256([]byte("text")); o.hasBytes(name, []byte("text")) || o.hasSum(name, sum[:]) {
			t.Errorf("a %s is taken for the file", name)
		}
	}
	if !o.hasBytes("file", []byte("text")) {
		t.Error("the file does not have its bytes")
	}
}

// A second run on the same folder is refused, and a run that writes nothing leaves no folder.
func TestOutputLock(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	first := openOutput(t, dir)
	if _, err := OpenOutput(dir, OutputOptions{}); !errors.Is(err, ErrLocked) {
		t.Fatalf("the second run got %v, want ErrLocked", err)
	}
	first.Close()
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a run that wrote nothing left its folder: %v", err)
	}
	openOutput(t, dir)
}

// A folder with somebody else's files is refused.
func TestOutputRefusesForeignFolders(t *testing.T) {
	for _, tt := range []struct {
		files []string
		ok    bool
	}{
		{nil, true},
		{[]string{"CNAME", ".git/config", ".nojekyll"}, true},
		{[]string{"thesis.txt"}, false},
		{[]string{"index.html"}, false},
		{[]string{"thesis.txt", gallery.StateName}, true},
		{[]string{"media/x.jpg", gallery.ManifestName}, true},
	} {
		dir := t.TempDir()
		for _, name := range tt.files {
			name = filepath.Join(dir, name)
			os.MkdirAll(filepath.Dir(name), 0o755)
			if err := os.WriteFile(name, nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := CheckOutput(dir); (err == nil) != tt.ok || err != nil && !errors.Is(err, ErrForeign) {
			t.Errorf("%v: %v, want ok=%v", tt.files, err, tt.ok)
		}
	}
}

// A file that cannot be looked at is not missing. It is missing if a file has taken the place of
// its folder.
func TestKeepInPlace(t *testing.T) {
	dir := t.TempDir()
	m := gallerytest.Image(1)
	if all, err := KeepInPlace(dir, &m); all || err != nil || len(m.Renditions) > 0 {
		t.Errorf("no media: %v, %v, %d renditions", all, err, len(m.Renditions))
	}
	if err := os.WriteFile(filepath.Join(dir, "media"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	m = gallerytest.Image(1)
	if all, err := KeepInPlace(dir, &m); all || err != nil {
		t.Errorf("a file in the folder's place: %v, %v", all, err)
	}
	loop := filepath.Join(dir, "loop")
	if err := os.Symlink("loop", loop); err != nil {
		t.Skip(err)
	}
	m = gallerytest.Image(1)
	if _, err := KeepInPlace(loop, &m); err == nil {
		t.Error("a link to itself: got no error")
	}
}

// A clip stays if only its poster is missing: the clip may be gone at the service.
func TestKeepInPlaceWithoutPoster(t *testing.T) {
	dir := t.TempDir()
	clip := media.Clip{Published: media.Published{Path: "media/clip.mp4", Bytes: 4}, Poster: []media.Rendition{
		{Path: "media/small.jpg", Bytes: 5}, {Path: "media/large.jpg", Bytes: 5},
	}}
	for _, tt := range []struct {
		name    string
		files   map[string]string
		clip    bool
		posters int
	}{
		{"everything is there", map[string]string{"clip.mp4": "clip", "small.jpg": "small", "large.jpg": "large"}, true, 2},
		{"a rendition of the poster is missing", map[string]string{"clip.mp4": "clip", "small.jpg": "small"}, true, 0},
		{"the clip is cut", map[string]string{"clip.mp4": "cl", "small.jpg": "small", "large.jpg": "large"}, false, 0},
	} {
		site := filepath.Join(dir, tt.name)
		if err := os.MkdirAll(filepath.Join(site, "media"), 0o755); err != nil {
			t.Fatal(err)
		}
		for name, data := range tt.files {
			if err := os.WriteFile(filepath.Join(site, "media", name), []byte(data), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		one := clip
		m := gallery.Image{Videos: []gallery.Video{{Clip: &one}}}
		if _, err := KeepInPlace(site, &m); err != nil {
			t.Fatal(err)
		}
		kept := m.Videos[0].Clip
		if (kept != nil) != tt.clip || kept != nil && len(kept.Poster) != tt.posters {
			t.Errorf("%s: the clip is %+v, want %v with %d posters", tt.name, kept, tt.clip, tt.posters)
		}
	}
}
