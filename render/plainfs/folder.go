// Package plainfs reads plain files: no links, no pipes, no devices. Without this check, somebody
// who can write to the folder could make the program publish any file, or hang on a pipe.
//
// A [Folder] (folder.go) reads a folder that the owner wrote, up to limits. [IsBackup] knows the
// files in it that the owner did not write. [OpenFile], [Read] and [Dir] (file.go) read single files
// of a folder that the program itself writes. [WriteNew] (write.go) overwrites nothing.
package plainfs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"
)

// Folder is a folder of the owner's: the content, a theme or static files. Somebody else can have
// changed it, for example with a merged pull request. So it is read only as plain files in plain
// folders, limited in number and size. A link could publish any file that the run can read, even
// the environment with the token in it (/proc/self/environ). A pipe or a device could hold the run
// up for ever.
//
// A hard link to a file elsewhere looks like any other file. It is read: git does not store hard
// links, and backups and package stores are full of them.
//
// A Folder is an fs.FS. It remembers what it has read, so that all parts of a run see the same
// bytes.
type Folder struct {
	root   *os.Root
	limits Limits
	files  map[string][]byte
	bytes  int64 // bytes of these files
}

// Limits are the limits of what is read from a Folder.
type Limits struct {
	File  int64 // bytes of one file
	Bytes int64 // bytes of all files together
	Files int   // files, and entries of one folder
}

// Open opens a folder that is not a link. A relative path is usually one in a repository, so no
// part of it can be a link. An absolute path leads there as the owner's machine does, so only its
// last part is checked. Open returns a *RefusedError for anything but a folder.
func Open(dir string, limits Limits) (*Folder, error) {
	dir = filepath.Clean(dir) // Lstat follows a link with a slash after it
	own, err := os.Lstat(dir)
	for at := dir; err == nil; at = filepath.Dir(at) {
		var info fs.FileInfo
		if info, err = os.Lstat(at); err == nil && !info.IsDir() {
			err = &RefusedError{at, kindOf(info.Mode())}
		}
		if filepath.IsAbs(dir) || filepath.Dir(at) == at || filepath.Dir(at) == "." {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	opened, err := root.Stat(".")
	if err == nil && !os.SameFile(own, opened) {
		err = errSwapped(dir)
	}
	if err != nil {
		root.Close()
		return nil, err
	}
	return &Folder{root, limits, map[string][]byte{}, 0}, nil
}

// Close closes the folder.
func (f *Folder) Close() error { return f.root.Close() }

// RefusedError is the error for something in a Folder that is not a plain file or folder. It never
// says where a link leads.
type RefusedError struct {
	Name string // its path in the folder
	What string // what it is, such as "a symbolic link"
}

// Error names the file and what it is.
func (e *RefusedError) Error() string {
	return e.Name + " is " + e.What + ": only plain files in plain folders are read"
}

// kindOf returns what a file is, such as "a symbolic link".
func kindOf(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeSymlink != 0:
		return "a symbolic link"
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	case mode.IsDir():
		return "a folder"
	case mode.IsRegular():
		return "a file"
	}
	return "something else"
}

// Open opens a plain file or a folder. It follows no link on the way to it.
func (f *Folder) Open(name string) (fs.File, error) {
	file, _, err := f.open(name)
	if err != nil {
		return nil, err // not a nil *os.File in an interface
	}
	return file, nil
}

// open opens what look has seen.
func (f *Folder) open(name string) (*os.File, fs.FileInfo, error) {
	seen, err := f.look(name)
	if err != nil {
		return nil, nil, err
	}
	file, err := openSeen(f.root, name, seen)
	return file, seen, err
}

// look returns what is at a path. All its parts but the last must be folders.
func (f *Folder) look(name string) (info fs.FileInfo, err error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	parts := strings.Split(name, "/")
	for i := range parts {
		part := path.Join(parts[:i+1]...)
		info, err = f.root.Lstat(filepath.FromSlash(part))
		if err != nil {
			return nil, err
		}
		last := i == len(parts)-1
		if !info.IsDir() && !(last && info.Mode().IsRegular()) {
			return nil, &RefusedError{part, kindOf(info.Mode())}
		}
	}
	return info, nil
}

// ReadFile returns the bytes of a plain file. It fails beyond the limits.
func (f *Folder) ReadFile(name string) ([]byte, error) {
	if data, ok := f.files[name]; ok {
		return bytes.Clone(data), nil // the caller can change them
	}
	file, info, err := f.open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if !info.Mode().IsRegular() {
		return nil, &RefusedError{name, kindOf(info.Mode())}
	}
	// The file can grow, so it can have more bytes than its size says.
	data, err := io.ReadAll(io.LimitReader(file, f.limits.File+1))
	if err != nil {
		return nil, err
	}
	f.bytes += int64(len(data))
	switch {
	case int64(len(data)) > f.limits.File:
		return nil, fmt.Errorf("%s is larger than %s", name, humanize.IBytes(uint64(f.limits.File)))
	case f.bytes > f.limits.Bytes:
		return nil, fmt.Errorf("the files of the folder are larger than %[2]s together; the limit was reached at %[1]s", name, humanize.IBytes(uint64(f.limits.Bytes)))
	case len(f.files) == f.limits.Files:
		return nil, fmt.Errorf("there are more than %[2]s files in the folder; the limit was reached at %[1]s", name, humanize.Comma(int64(f.limits.Files)))
	}
	f.files[name] = data
	return bytes.Clone(data), nil
}

// ReadDir lists a plain folder, sorted by name. It fails beyond the limits.
func (f *Folder) ReadDir(name string) ([]fs.DirEntry, error) {
	dir, info, err := f.open(name)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	if !info.IsDir() {
		return nil, &RefusedError{name, kindOf(info.Mode())}
	}
	entries, err := dir.ReadDir(f.limits.Files + 1)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if len(entries) > f.limits.Files {
		return nil, fmt.Errorf("the folder %s has more than %s files", name, humanize.Comma(int64(f.limits.Files)))
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}

// backupForm matches the names that editors give to backups. exiftool keeps a copy of each picture
// that it changes, as picture.jpg_original.
var backupForm = regexp.MustCompile(`(?i)(~|#|\.(bak|orig|tmp|sw[nopx])|___jb_(tmp|old)___|\.[a-z0-9]+_(original|exiftool_tmp))$`)

// IsBackup reports whether a file's name looks like that of an editor's backup.
func IsBackup(name string) bool { return backupForm.MatchString(name) }
