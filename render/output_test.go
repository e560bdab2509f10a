package render

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"firstframe/render/gallery"
	"firstframe/render/gallery/gallerytest"
	"firstframe/render/plainfs"
)

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

// A link inside the folder must never be written through: it may lead to a
// file of the owner's.
func TestOutputReplacesLinks(t *testing.T) {
	base := t.TempDir()
	precious := filepath.Join(base, "precious")
	elsewhere := filepath.Join(base, "elsewhere")
	dir := filepath.Join(base, "out")
	for _, d := range []string{elsewhere, dir} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(precious, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{
		".firstframe-files": precious, "index.html": precious, "media": elsewhere, gallery.LockName: precious,
		".firstframe-x.tmp": precious,
	} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(precious, filepath.Join(dir, "hard.html")); err != nil {
		t.Fatal(err)
	}
	o := openOutput(t, dir)
	for _, name := range []string{"index.html", "hard.html", "media/a.jpg", gallery.ManifestName} {
		if err := o.Write(name, []byte("new")); err != nil {
			t.Fatal(err)
		}
		info, err := os.Lstat(filepath.Join(dir, name))
		if err != nil || !info.Mode().IsRegular() {
			t.Errorf("%s is %v (%v), want a regular file", name, info.Mode(), err)
		}
	}
	if data, _ := os.ReadFile(precious); string(data) != "precious" {
		t.Errorf("a link was written through: %q", data)
	}
	if left, _ := os.ReadDir(elsewhere); len(left) != 0 {
		t.Errorf("a folder that a link led to was written to: %v", left)
	}
}

// Only regular files of the folder are read. Opening a pipe that nobody writes to would never end,
// and a link would show what is elsewhere.
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

// So must a link among so many folders that they are listed.
func TestOutputReplacesLinksAmongMany(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	const many = 2 * listFrom
	if err := os.WriteFile(filepath.Join(dir, gallery.StateName), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "image"), 0o755); err != nil {
		t.Fatal(err)
	}
	for i := range many {
		name := filepath.Join(dir, "image", strconv.Itoa(i))
		make := func() error { return os.Mkdir(name, 0o755) }
		if i == many-1 {
			make = func() error { return os.Symlink(elsewhere, name) }
		}
		if err := make(); err != nil {
			t.Fatal(err)
		}
	}
	o := openOutput(t, dir)
	for i := range many {
		if err := o.Write(fmt.Sprintf("image/%d/index.html", i), []byte("new")); err != nil {
			t.Fatal(err)
		}
	}
	if left, _ := os.ReadDir(elsewhere); len(left) != 0 {
		t.Errorf("a folder that a link led to was written to: %v", left)
	}
}

// Bytes that are there already must not be written: a run with nothing new
// touches nothing.
func TestOutputLeavesEqualBytes(t *testing.T) {
	o := openOutput(t, filepath.Join(t.TempDir(), "out"))
	for i, want := range []int{1, 1, 2} {
		data := "same"
		if i == 2 {
			data = "diff"
		}
		if err := o.Write("a.html", []byte(data)); err != nil {
			t.Fatal(err)
		}
		if o.Written() != want {
			t.Errorf("after write %d: %d files written, want %d", i, o.Written(), want)
		}
	}
}

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

// What a killed run left half-written must not stay for ever, nor be published.
func TestOutputRemovesLeftovers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	o := openOutput(t, dir)
	if err := o.Write("index.html", nil); err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{"image/0123456789abcdef/index.html", "about/index.html", "elsewhere/mine.txt"} {
		if err := o.Write(page, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.announce([]draft{{path: "about/index.html"}}); err != nil {
		t.Fatal(err)
	}
	o.Close()
	const half = gallery.TemporaryPrefix + "ABC" + gallery.TemporarySuffix
	for _, folder := range []string{".", "image", "image/0123456789abcdef", "about", "elsewhere"} {
		if err := os.WriteFile(filepath.Join(dir, folder, half), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	openOutput(t, dir)
	if left := temporaries(t, dir); !slices.Equal(left, []string{"elsewhere/" + half}) {
		t.Errorf("left are %q, want only what is in a folder that is not ours", left)
	}
}

// temporaries are the temporary files in a folder, and in those in it.
func temporaries(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && gallery.IsTemporary(d.Name()) {
			all = append(all, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// The error must name the file of the site, not a temporary one. The limit is
// for all of a process, so the test has one of its own.
func TestOutputWriteError(t *testing.T) {
	if os.Getenv("FIRSTFRAME_TEST_FILE_SIZE") == "" {
		again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
		again.Env = append(os.Environ(), "FIRSTFRAME_TEST_FILE_SIZE=1")
		if out, err := again.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	dir := filepath.Join(t.TempDir(), "out")
	o := openOutput(t, dir)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 50_000, Max: 50_000}); err != nil {
		t.Fatal(err)
	}
	err := o.Write("image/a/index.html", make([]byte, 100_000))
	var write *WriteError
	if !errors.As(err, &write) || write.Path != filepath.Join(dir, "image/a/index.html") || !errors.Is(err, syscall.EFBIG) {
		t.Fatalf("got %v, want a WriteError that names the page", err)
	}
	if strings.Contains(err.Error(), gallery.TemporarySuffix) {
		t.Errorf("the error names a temporary file: %v", err)
	}
	if left := temporaries(t, dir); len(left) > 0 {
		t.Errorf("temporary files are left: %q", left)
	}
}

// Only names that we give are swept, and folders only when they are empty.
func TestSweep(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	o := openOutput(t, dir)
	for _, name := range []string{
		"media/0123456789abcdef-480-00.jpg", "media/fedcba9876543210-480-00.jpg", "media/mine.jpg",
		"image/0123456789abcdef/index.html", "image/fedcba9876543210/index.html", "other/file",
	} {
		if err := o.Write(name, nil); err != nil {
			t.Fatal(err)
		}
	}
	err := o.Sweep(t.Context(), gallery.OwnFolders, func(name string, folder bool) bool {
		return !folder && (strings.Contains(name, "fedc") || !isOurs(name))
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{
		"media/0123456789abcdef-480-00.jpg": false, "media/fedcba9876543210-480-00.jpg": true, "media/mine.jpg": true,
		"image/0123456789abcdef": false, "image/fedcba9876543210/index.html": true, "other/file": true,
	} {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", name, err == nil, want)
		}
	}
}

// A file that cannot be looked at is not gone; one behind a file in its folder's place is.
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
