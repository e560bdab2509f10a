package render

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"firstframe/render/gallery"
)

// A link in the folder must never be written through, because it may lead to a file of the owner's.
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

// A link must also be replaced among so many folders that they are listed.
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

// Equal bytes must not be written again: a run with nothing new touches nothing.
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

// Equal content is not written. Other content is written as a whole, wherever it begins to differ.
func TestWriteFrom(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, gallery.StateName), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("0123456789", 30_000) // several buffers
	changed := func(at int) string { return long[:at] + "x" + long[at+1:] }
	before := ""
	for i, want := range []string{
		"", long, changed(0), changed(1), changed(65_536), changed(200_000), changed(len(long) - 1), long[:len(long)-1], long + "x",
		long[:65_536], long[:65_537], "", "x",
	} {
		for again := range 2 {
			o := openOutput(t, dir)
			size, err := o.putFrom("data.js", func(w io.Writer) error {
				for part := range slices.Chunk([]byte(want), 7919) {
					if _, err := w.Write(part); err != nil {
						return err
					}
				}
				return nil
			}, (*temporary).place)
			o.Close()
			if got := string(readSite(t, dir, "data.js")); err != nil || got != want || size != int64(len(want)) {
				t.Fatalf("%d: got %d bytes, %v, and the size %d, want %d", i, len(got), err, size, len(want))
			}
			if wrote, differs := o.Written() == 1, again == 0 && (i == 0 || want != before); wrote != differs {
				t.Errorf("%d: written: %v, want %v", i, wrote, differs)
			}
			before = want
		}
	}

	failed := errors.New("no more")
	for _, begun := range []string{"x", "x and more", "something else"} {
		o := openOutput(t, dir)
		_, err := o.putFrom("data.js", func(w io.Writer) error {
			_, err := io.WriteString(w, begun)
			return errors.Join(err, failed)
		}, (*temporary).place)
		o.Close()
		if !errors.Is(err, failed) || o.Written() != 0 {
			t.Errorf("got %v and %d files written, want the error", err, o.Written())
		}
	}
	if got := string(readSite(t, dir, "data.js")); got != "x" {
		t.Errorf("a file that could not be made anew is %q", got)
	}
	if left := temporaries(t, dir); left != nil {
		t.Errorf("left behind: %q", left)
	}
}

// The error must name the file of the site, not a temporary one. The limit is for a whole process,
// so the test runs in one of its own.
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
