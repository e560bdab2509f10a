package command

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// snapshotTree describes every file below dir: its mode, its time and the hash of its bytes.
func snapshotTree(dir string) (map[string]string, error) {
	tree := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil && info.Mode().IsRegular() {
			return err
		}
		sum := sha256.Sum256(data)
		rel, _ := filepath.Rel(dir, name)
		tree[rel] = info.Mode().String() + " " + info.ModTime().Format(time.RFC3339Nano) + " " + hex.EncodeToString(sum[:])
		return nil
	})
	return tree, err
}

// sameEntry compares two descriptions of snapshotTree, by all they say or by the bytes only.
func sameEntry(a, b string, bytesOnly bool) bool {
	if bytesOnly {
		return a != "" && b != "" && a[strings.LastIndex(a, " "):] == b[strings.LastIndex(b, " "):]
	}
	return a == b
}

// temporaries returns the temporary files of a site.
func temporaries(t *testing.T, site string) []string {
	t.Helper()
	var left []string
	err := filepath.WalkDir(site, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if temporary, _ := filepath.Match(".firstframe-*.tmp", d.Name()); temporary {
			left = append(left, name)
		}
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return left
}
