package render

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"firstframe/render/gallery"
)

// What a killed run has left half-written must not stay for ever, nor be published.
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
	if err := o.announce([]draft{{path: "about/index.html"}}, nil); err != nil {
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
		t.Errorf("%q are left, want only the file in a folder that is not ours", left)
	}
}

// temporaries returns the temporary files below a folder.
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

// Sweep removes only names that we give, and folders only if they are empty.
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
