package plainfs

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// readers are all ways in which this package reads a file of a folder.
func readers(t *testing.T, dir string) map[string]func(name string) ([]byte, error) {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return map[string]func(name string) ([]byte, error){
		"Folder": func(name string) ([]byte, error) {
			f, err := Open(dir, roomy) // a new one: a Folder remembers what it has read
			if err != nil {
				return nil, err
			}
			defer f.Close()
			return f.ReadFile(name)
		},
		"Read": func(name string) ([]byte, error) { return Read(root, name, 100) },
		"Dir": func(name string) ([]byte, error) {
			f, err := Dir(dir).Open(name)
			if err != nil {
				return nil, err
			}
			defer f.Close()
			return io.ReadAll(f)
		},
		"OpenFile": func(name string) ([]byte, error) {
			f, err := OpenFile(root, name)
			if err != nil {
				return nil, err
			}
			defer f.Close()
			return io.ReadAll(f)
		},
	}
}

// Only regular files are read, and opening anything else never waits: nobody writes to this pipe.
func TestOnlyRegularFiles(t *testing.T) {
	dir := t.TempDir()
	for _, err := range []error{
		os.WriteFile(filepath.Join(dir, "file"), []byte("text"), 0o644),
		os.Symlink("file", filepath.Join(dir, "link")),
		os.Symlink("/etc/passwd", filepath.Join(dir, "outside")),
		os.Symlink("nothing", filepath.Join(dir, "nowhere")),
		os.Mkdir(filepath.Join(dir, "folder"), 0o755),
		syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o644),
	} {
		if err != nil {
			t.Skip(err)
		}
	}
	for way, read := range readers(t, dir) {
		for _, name := range []string{"link", "outside", "nowhere", "folder", "pipe"} {
			_, err := read(name)
			var refused *RefusedError
			if !errors.Is(err, ErrNotRegular) && !errors.As(err, &refused) {
				t.Errorf("%s: %s: got error %v", way, name, err)
			}
		}
		if _, err := read("missing"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: a missing file: got error %v", way, err)
		}
		if data, err := read("file"); string(data) != "text" || err != nil {
			t.Errorf("%s: got %q, %v", way, data, err)
		}
	}
}

// A file that is replaced between the look and the opening is not read. Without this check a link
// would publish another file, and a pipe would hold the run up for ever.
func TestSwappedFile(t *testing.T) {
	for what, swap := range map[string]func(name string) error{
		"another file": func(name string) error { return os.WriteFile(name, []byte("secret"), 0o644) },
		"a link":       func(name string) error { return os.Symlink("secret", name) },
		"a pipe":       func(name string) error { return syscall.Mkfifo(name, 0o644) },
		"a folder":     func(name string) error { return os.Mkdir(name, 0o755) },
	} {
		dir := t.TempDir()
		name := filepath.Join(dir, "file")
		for file, text := range map[string]string{"secret": "secret", "file": "text"} {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		seen, err := root.Lstat("file")
		if err != nil {
			t.Fatal(err)
		}
		kept := filepath.Join(dir, "kept") // so that the new file is not given the same inode
		if err := errors.Join(os.Rename(name, kept), swap(name)); err != nil {
			t.Fatal(err)
		}
		if f, err := openSeen(root, "file", seen); err == nil || !strings.Contains(err.Error(), "was replaced") {
			t.Errorf("replaced by %s: got %v, %v", what, f, err)
		}
	}
}

// All ways to read hold against a file that is replaced again and again.
func TestSwappingFiles(t *testing.T) {
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	if err := os.WriteFile(file("secret"), []byte("secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	fresh := []func(name string) error{
		func(name string) error { return os.WriteFile(name, []byte("text"), 0o644) },
		func(name string) error { return os.Symlink("secret", name) },
		func(name string) error { return syscall.Mkfifo(name, 0o644) },
	}
	ended, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-ended:
				return
			default:
			}
			if errors.Join(fresh[i%len(fresh)](file("new")), os.Rename(file("new"), file("file"))) != nil {
				return
			}
		}
	}()
	defer func() { close(ended); <-stopped }()
	for way, read := range readers(t, dir) {
		done := make(chan string, 1)
		go func() {
			wrong := ""
			for until := time.Now().Add(swapping); time.Now().Before(until); {
				if data, err := read("file"); err == nil && string(data) != "text" && len(data) > 0 {
					wrong = string(data)
				}
			}
			done <- wrong
		}()
		select {
		case wrong := <-done:
			if wrong != "" {
				t.Errorf("%s has read %q through a link", way, wrong)
			}
		case <-time.After(20 * time.Second):
			t.Errorf("%s waits for a pipe", way)
		}
	}
}

// swapping is for how long TestSwappingFiles reads in each way.
const swapping = 200 * time.Millisecond
