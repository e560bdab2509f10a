package plainfs

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ReadRegular returns the bytes of a regular file in a folder, as many as limit at most. It does not
// follow a link in the file's place.
func Read(dir *os.Root, name string, limit int64) ([]byte, error) {
	if info, err := dir.Lstat(name); err != nil || !info.Mode().IsRegular() {
		return nil, cmp.Or(err, ErrNotRegular)
	}
	f, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit))
}

// errNotRegular is the answer to a link or a folder in a file's place.
var ErrNotRegular = errors.New("not a regular file")

func Lstat(dir fs.FS, name string) (fs.FileInfo, error) {
	info, err := fs.Lstat(dir, name)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("reading %s: %w", name, ErrNotRegular)
	}
	return info, err
}
