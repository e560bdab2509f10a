//go:build unix

package fetch

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"firstframe/fetch/fetchtest"
)

// Whatever replaces a file in the cache, the cache neither waits for it nor reads it forever. It
// downloads the picture again.
func TestStrangeFilesInCache(t *testing.T) {
	s, f := one(t, fetchtest.Picture{Name: "a", Type: "png", Data: picture(1)})
	for name, put := range map[string]func(path string) error{
		"a FIFO":   func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"a device": func(path string) error { return os.Symlink("/dev/zero", path) },
		"a circle": func(path string) error { return os.Symlink(path, path) },
		"a large file": func(path string) error {
			return os.WriteFile(path, []byte(strings.Repeat(" ", 5<<20)+"{}"), 0o600)
		},
	} {
		for _, what := range []string{"keys/*", "originals/*/*.json", "originals/*/*.png"} {
			t.Run(name+" as "+what, func(t *testing.T) {
				c := newCache(t)
				o, err := keep(t, c, f)
				if err != nil {
					t.Fatal(err)
				}
				found, err := filepath.Glob(filepath.Join(c.Dir, what))
				if err != nil || len(found) != 1 {
					t.Fatal(found, err)
				}
				if err := os.Remove(found[0]); err != nil {
					t.Fatal(err)
				}
				if err := put(found[0]); err != nil {
					t.Fatal(err)
				}
				before := s.Downloads()
				if _, ok := c.Stored(o.SHA256); ok != strings.HasPrefix(what, "keys") {
					t.Errorf("got %v from Stored", ok)
				}
				again, err := keep(t, c, f)
				if err != nil || again.SHA256 != o.SHA256 {
					t.Errorf("got %v, error %v", again, err)
				}
				if n := s.Downloads() - before; n != 1 && !strings.HasSuffix(what, ".json") {
					t.Errorf("got %d downloads", n)
				}
			})
		}
	}
}
