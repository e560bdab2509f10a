package render

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/gofrs/flock"

	"firstframe/render/gallery"
	"firstframe/render/media"
	"firstframe/render/plainfs"
	"firstframe/render/secrets"
)

// lockTries bounds the race against a run that removes its lock file while this run opens it.
const lockTries = 10

// ErrForeign is the error for an output folder that holds something else.
var ErrForeign = errors.New("the folder is not empty and was not made by firstframe")

// ErrLocked is the error for an output folder that another run is writing to.
var ErrLocked = errors.New("another run is writing to it")

// Output is the folder that the site is written to. Every file is written as a temporary file and
// then renamed, and only if its bytes differ, so a reader sees the old file or the new one and
// never a part. All writes stay in the folder: a symbolic link in it is replaced, never followed.
// Several goroutines can use an Output at the same time.
type Output struct {
	dir  string
	root *os.Root
	lock *flock.Flock
	made bool // whether this Output made the folder
	opts OutputOptions

	mu      sync.Mutex
	folders map[string]bool // folders that exist and are not links
	asked   map[string]int  // how many folders in a folder were looked up one by one
	fresh   []string        // the folders that were made, outer ones first
	serial  int             // the number of the last temporary file
	staged  [][]stagedFile  // in the order in which they take their places

	known   *known // the files that Plan.Write has left; nil before
	looked  sync.Once
	last    manifest // see lastManifest
	mark    sync.Once
	before  manifest // last, as it was read
	marked  bool     // whether the manifest has the mark of doubt
	markErr error    // the error of marking it
	written atomic.Int64
	removed atomic.Int64
}

// OutputOptions are what an Output must not let through, and who is told about it. The zero value
// lets everything through and tells nobody.
type OutputOptions struct {
	// Secrets are values that must not be in any published file. A file with one of them is not
	// written.
	Secrets []secrets.Secret

	// Logf gets a line about each file that was written or removed. Several goroutines call it.
	Logf func(format string, args ...any)

	// Step is called before each operation that changes the disk, with its name as in package os,
	// such as "rename", and the path. If it returns an error, the operation is left out and fails
	// with that error: so a test makes each operation fail in turn. Several goroutines call it.
	Step func(operation, path string) error
}

// step announces an operation that changes the disk, and returns the error that takes its place.
func (o *Output) step(operation, path string) error {
	if o.opts.Step == nil {
		return nil
	}
	return o.opts.Step(operation, path)
}

// log reports what happened to a file of the site.
func (o *Output) log(what, name string) {
	if o.opts.Logf != nil {
		o.opts.Logf("%s %s", what, filepath.Join(o.dir, filepath.FromSlash(name)))
	}
}

// OpenOutput locks dir for one run. It makes the folder if it is missing, and removes what a killed
// run has left half-written, and links in the place of our folders. It returns ErrLocked while
// another run has the folder, and ErrForeign if the folder holds files but no site of ours. Hidden
// files, as a repository has them, and a CNAME do not count.
func OpenOutput(dir string, opts OutputOptions) (*Output, error) {
	if err := CheckOutput(dir); err != nil {
		return nil, err
	}
	opts.Secrets = secrets.Distinct(opts.Secrets)
	o := &Output{dir: dir, opts: opts, folders: map[string]bool{".": true}, asked: map[string]int{}}
	if err := o.makeOut(); err != nil {
		return nil, fmt.Errorf("making the output folder: %w", err)
	}
	var err error
	if o.lock, err = o.lockFolder(); err != nil {
		return nil, fmt.Errorf("locking the output folder %s: %w", dir, err)
	}
	if o.root, err = os.OpenRoot(dir); err != nil {
		o.lock.Close()
		return nil, fmt.Errorf("opening the output folder: %w", err)
	}
	if err := o.removeLeftovers(); err != nil {
		o.Close()
		return nil, err
	}
	return o, nil
}

// makeOut makes the folder if it is missing.
func (o *Output) makeOut() error {
	if _, err := os.Stat(o.dir); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := o.step("mkdir", o.dir); err != nil {
		return err
	}
	if err := os.MkdirAll(o.dir, 0o755); err != nil {
		return err
	}
	o.made = true
	// The umask must not decide this: the folder is there to be served.
	if err := o.step("chmod", o.dir); err != nil {
		return err
	}
	return os.Chmod(o.dir, 0o755)
}

// CheckOutput returns the error that OpenOutput returns for somebody else's folder. It changes
// nothing.
func CheckOutput(dir string) error {
	if err := checkOwnership(dir); err != nil {
		return fmt.Errorf("opening the output folder %s: %w", dir, err)
	}
	return nil
}

// checkOwnership returns ErrForeign for a folder with files that somebody else would miss.
func checkOwnership(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	foreign := ""
	for _, e := range entries {
		switch name := e.Name(); {
		case name == gallery.StateName || name == gallery.ManifestName || name == gallery.BackupName:
			return nil
		case strings.HasPrefix(name, ".") || name == "CNAME":
		default:
			foreign = name
		}
	}
	if foreign != "" {
		return fmt.Errorf("%w (it contains %q)", ErrForeign, foreign)
	}
	return nil
}

// lockFolder locks the folder. The kernel holds the lock, on an open file, so the lock ends with
// its process however that ends. The file itself is removed by the run that made it. So another run
// can have opened a file that no longer exists. The lock on such a file would guard nothing, so
// that run tries again.
func (o *Output) lockFolder() (*flock.Flock, error) {
	name := filepath.Join(o.dir, gallery.LockName)
	if err := o.step("create", name); err != nil {
		return nil, err
	}
	for range lockTries {
		if info, err := os.Lstat(name); err == nil && !info.Mode().IsRegular() {
			if err := os.Remove(name); err != nil {
				return nil, err
			}
		}
		lock := flock.New(name)
		ok, err := lock.TryLock()
		if err != nil {
			return nil, err
		}
		if !ok {
			lock.Close()
			return nil, ErrLocked
		}
		held, err := lock.Stat()
		if err == nil {
			if there, err := os.Lstat(name); err == nil && os.SameFile(held, there) {
				return lock, nil
			}
		}
		lock.Close()
	}
	return nil, ErrLocked
}

// Close discards what is staged and not committed, and unlocks the folder. It removes the folder if
// this run made it and wrote nothing.
func (o *Output) Close() error {
	o.discard()
	// The lock is still held, so this removes nobody else's lock file.
	if lock := filepath.Join(o.dir, gallery.LockName); o.step("remove", lock) == nil {
		os.Remove(lock)
	}
	err := errors.Join(o.root.Close(), o.lock.Close())
	if o.made && o.written.Load() == 0 && o.step("remove", o.dir) == nil {
		os.Remove(o.dir) // fails on purpose if the folder is not empty
	}
	return err
}

// Written returns the number of files that were written.
func (o *Output) Written() int { return int(o.written.Load()) }

// Removed returns the number of files that were removed.
func (o *Output) Removed() int { return int(o.removed.Load()) }

// open opens a regular file of the folder, as plainfs.OpenFile does.
func (o *Output) open(name string) (*os.File, error) {
	return plainfs.OpenFile(o.root, name)
}

// Read returns the bytes of a regular file of the folder. It follows no link.
func (o *Output) Read(name string) ([]byte, error) {
	f, err := o.open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.Grow(int(info.Size()) + bytes.MinRead) // so that it need not grow again
	_, err = b.ReadFrom(f)
	return b.Bytes(), err
}

// ReadAtMost returns the first bytes of a regular file of the folder, at most limit. It follows no
// link.
func (o *Output) ReadAtMost(name string, limit int64) ([]byte, error) {
	return plainfs.Read(o.root, name, limit)
}

// Holds reports whether name is a regular file of this size in the folder.
func (o *Output) Holds(name string, size int64) bool { return holds(o.dir, name, size) }

// holds reports whether name is a regular file of this size in dir.
func holds(dir, name string, size int64) bool {
	n, err := sizeOf(dir, name)
	return err == nil && n == size
}

// sizeOf returns the size of a regular file in dir, and -1 if there is none. After an error nobody
// knows: a file that cannot be looked at now must not count as missing.
func sizeOf(dir, name string) (int64, error) {
	// This does not use the root, which would open every folder on the way: a run with nothing new
	// does little else than this. Nothing is read or written.
	file := filepath.Join(dir, filepath.FromSlash(name))
	info, err := os.Lstat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR): // a file is in its folder's place
		return -1, nil
	case err != nil:
		return -1, fmt.Errorf("looking for %s: %w", file, bare(err))
	case !info.Mode().IsRegular():
		return -1, nil
	}
	return info.Size(), nil
}

// KeepInPlace drops the files of an image that are not in dir as they were written, and reports
// whether all were there. It returns the errors of the disk. After an error, the image is of no
// use.
func KeepInPlace(dir string, m *gallery.Image) (all bool, err error) {
	there := func(name string, size int64) bool {
		n, failed := sizeOf(dir, name)
		err = cmp.Or(err, failed)
		return n == size
	}
	gone := func(r media.Rendition) bool { return !there(r.Path, r.Bytes) }
	all = len(m.Renditions) > 0 && !slices.ContainsFunc(m.Renditions, gone)
	if !all {
		m.Renditions = slices.DeleteFunc(slices.Clone(m.Renditions), gone)
	}
	if o := m.Original; o != nil && !there(o.Path, o.Bytes) {
		m.Original, all = nil, false
	}
	for i := range m.Videos {
		c := m.Videos[i].Clip // it and its poster are made again when they are found missing
		switch {
		case c == nil:
		case !there(c.Path, c.Bytes):
			m.Videos[i].Clip = nil
		case slices.ContainsFunc(c.Poster, gone):
			alone := *c
			alone.Poster = nil
			m.Videos[i].Clip = &alone
		}
	}
	return all, err
}

// exists reports whether there is a regular file of this name.
func (o *Output) exists(name string) bool { return o.size(name) >= 0 }

// size returns the size of a regular file, and -1 if there is none of this name.
func (o *Output) size(name string) int64 {
	n, _ := sizeOf(o.dir, name)
	return n
}
