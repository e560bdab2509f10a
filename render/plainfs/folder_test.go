package plainfs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// ownFolder makes a folder with these files, and opens it.
func ownFolder(t *testing.T, limits Limits, files map[string]string) (*Folder, string) {
	t.Helper()
	dir, all := t.TempDir(), fstest.MapFS{}
	for name, text := range files {
		all[name] = &fstest.MapFile{Data: []byte(text)}
	}
	if err := os.CopyFS(dir, all); err != nil {
		t.Fatal(err)
	}
	f, err := Open(dir, limits)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f, dir
}

// roomy are limits that the tests do not reach.
var roomy = Limits{File: 100, Bytes: 1000, Files: 10}

// Plain files are read as from any file system.
func TestFolder(t *testing.T) {
	f, dir := ownFolder(t, roomy, map[string]string{"a.md": "a", "images/b.md": "b", "images/deep/c.md": "c"})
	if err := fstest.TestFS(f, "a.md", "images/b.md", "images/deep/c.md"); err != nil {
		t.Error(err)
	}
	// All parts of a run see the same bytes.
	if data, err := f.ReadFile("a.md"); string(data) != "a" || err != nil {
		t.Errorf("got %q, %v", data, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a.md"), []byte("changed"), 0o644); err != nil {
		t.Fatal(err)
	}
	if data, err := f.ReadFile("a.md"); string(data) != "a" || err != nil {
		t.Errorf("read again: got %q, %v", data, err)
	}
	for _, name := range []string{"missing.md", "missing/a.md"} {
		if _, err := f.ReadFile(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for _, name := range []string{"../a.md", "/etc/passwd", "images", "a.md/b.md", ""} {
		if _, err := f.ReadFile(name); err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: got %v", name, err)
		}
	}
}

// A link is refused wherever it leads, and also if it leads nowhere.
func TestFolderRefusesLinks(t *testing.T) {
	f, dir := ownFolder(t, roomy, map[string]string{"a.md": "a", "images/b.md": "b"})
	for name, target := range map[string]string{
		"inside.md": "a.md", "outside.md": "/etc/passwd", "up.md": "../../etc/passwd", "nowhere.md": "nothing", "folder": "images",
	} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Skipf("no links: %v", err)
		}
	}
	for name, read := range map[string]func(string) error{
		"inside.md": readFile(f), "outside.md": readFile(f), "up.md": readFile(f), "nowhere.md": readFile(f), "folder/b.md": readFile(f),
		"folder": func(name string) error { _, err := f.ReadDir(name); return err },
	} {
		err := read(name)
		var refused *RefusedError
		if !errors.As(err, &refused) || refused.What != "a symbolic link" || strings.Contains(err.Error(), "etc") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	// Seen from outside a link is a folder like any other.
	if _, err := Open(filepath.Join(dir, "folder"), roomy); err == nil {
		t.Error("a folder that is a link was opened")
	}
	t.Chdir(dir)
	for _, name := range []string{"folder/", "folder/.", "./folder"} {
		if _, err := Open(name, roomy); err == nil {
			t.Errorf("%s, a folder that is a link, was opened", name)
		}
	}
}

// readFile returns a function that reads a file of f.
func readFile(f *Folder) func(string) error {
	return func(name string) error { _, err := f.ReadFile(name); return err }
}

// Files beyond the limits are refused.
func TestFolderLimits(t *testing.T) {
	f, _ := ownFolder(t, Limits{File: 10, Bytes: 25, Files: 3}, map[string]string{
		"large": strings.Repeat("a", 11), "a": strings.Repeat("a", 10), "b": strings.Repeat("b", 10), "c": strings.Repeat("c", 10),
		"few/1": "", "few/2": "", "few/3": "",
	})
	for _, tt := range []struct {
		do   func(string) error
		name string
		want string
	}{
		{readFile(f), "a", ""},
		{readFile(f), "b", ""},
		{readFile(f), "a", ""}, // counts once
		{readFile(f), "c", "the files of the folder are larger than 25 B together; the limit was reached at c"},
		{func(name string) error { _, err := f.ReadDir(name); return err }, "few", ""},
		{func(name string) error { _, err := f.ReadDir(name); return err }, ".", "the folder . has more than 3 files"},
	} {
		err := tt.do(tt.name)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || err.Error() != tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
	f, _ = ownFolder(t, Limits{File: 10, Bytes: 25, Files: 3}, map[string]string{"large": strings.Repeat("a", 11)})
	if err := readFile(f)("large"); err == nil || err.Error() != "large is larger than 10 B" {
		t.Errorf("got %v", err)
	}
}
