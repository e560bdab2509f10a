package plainfs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// ErrNotRegular is the error for a link, a folder, a pipe or a device in the place of a file.
var ErrNotRegular = errors.New("not a regular file")

// OpenFile opens a regular file below root. It follows no link in the file's place and never waits
// for a pipe. It returns ErrNotRegular if something else is there, and another error if the file is
// replaced while it is opened.
func OpenFile(root *os.Root, name string) (*os.File, error) {
	seen, err := root.Lstat(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	if !seen.Mode().IsRegular() {
		return nil, ErrNotRegular
	}
	return openSeen(root, name, seen)
}

// openSeen opens what Lstat has seen before. Anything else is an error, because what was looked at
// can be another file by now, even one with the same number on the disk.
func openSeen(root *os.Root, name string, seen fs.FileInfo) (*os.File, error) {
	// O_NONBLOCK does not wait for the other end of a pipe. Root follows a link in the folder
	// whatever the flags say, but then the opened file is not the one that was seen.
	file, err := root.OpenFile(filepath.FromSlash(name), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	opened, err := file.Stat()
	if err == nil && (!os.SameFile(seen, opened) || seen.Mode().Type() != opened.Mode().Type()) {
		err = errSwapped(name)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// errSwapped is the error for a file that was replaced while it was opened.
func errSwapped(name string) error { return fmt.Errorf("%s was replaced while it was opened", name) }

// Read returns the bytes of a regular file below root, but at most limit of them. It opens the file
// as OpenFile does.
func Read(root *os.Root, name string, limit int64) ([]byte, error) {
	f, err := OpenFile(root, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit))
}

// Dir returns the file system of the folder dir. It is like os.DirFS, but Open opens files as
// OpenFile does, and opens no folders.
func Dir(dir string) fs.FS { return dirFS(dir) }

// dirFS is the file system of the folder of this name.
type dirFS string

// Open opens a regular file.
func (d dirFS) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	root, err := os.OpenRoot(string(d))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	file, err := OpenFile(root, name)
	if err != nil {
		return nil, err // not a nil *os.File in an interface
	}
	return file, nil
}

// Stat returns what is at a path. It follows links.
func (d dirFS) Stat(name string) (fs.FileInfo, error) { return fs.Stat(os.DirFS(string(d)), name) }

// Lstat returns what is at a path. It follows no link in its place.
func (d dirFS) Lstat(name string) (fs.FileInfo, error) { return fs.Lstat(os.DirFS(string(d)), name) }

// ReadLink returns where a link leads.
func (d dirFS) ReadLink(name string) (string, error) { return fs.ReadLink(os.DirFS(string(d)), name) }

// ReadDir lists a folder, sorted by name.
func (d dirFS) ReadDir(name string) ([]fs.DirEntry, error) {
	return fs.ReadDir(os.DirFS(string(d)), name)
}
