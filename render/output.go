package render

import (
	"cmp"
	"errors"
	"fmt"
	"io"
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

// lockTries bounds the race against a run that removes its lock file while
// this one is opening it.
const lockTries = 10

// ErrForeign is the answer to an output folder that holds something else.
var ErrForeign = errors.New("the folder is not empty and was not made by firstframe")

// ErrLocked is the answer to an output folder that another run is writing.
var ErrLocked = errors.New("another run is writing to it")

// Output is the folder that the site is written to. Every file of it is
// written by temporary file and rename, and only if its bytes differ, so that
// a reader sees the old file or the new one and never a part. All writes are
// confined to the folder: a symbolic link inside it is replaced, never followed.
// Its methods are safe for use by several goroutines.
type Output struct {
	dir  string
	root *os.Root
	lock *flock.Flock
	made bool // by this Output: removed again if nothing was written to it
	opts OutputOptions

	mu      sync.Mutex
	folders map[string]bool // that exist and are no links
	asked   map[string]int  // how many in a folder were asked for one by one
	fresh   []string        // the folders that were made, those above before those in them
	serial  int             // of the last temporary file
	staged  [][]stagedFile  // in the order in which they take their places

	known   *known // the files that Build has left; nil before
	looked  sync.Once
	last    manifest // see lastManifest
	mark    sync.Once
	before  manifest // the same, which Build leaves as it was
	marked  bool     // the manifest says that the site may not be what the last run has left
	markErr error
	written atomic.Int64
	removed atomic.Int64
}

// OutputOptions say what an Output must not let through. The zero value lets everything through.
type OutputOptions struct {
	// Secrets must not be in any file: one that holds one is not written.
	Secrets []secrets.Secret

	// Step is called before each operation that changes the disk, with its name as in package os,
	// such as "rename", and the path. An error stands for that of the operation, which is then left
	// out: so a test makes each of them fail in turn. It is called by several goroutines.
	Step func(operation, path string) error
}

func (o *Output) step(operation, path string) error {
	if o.opts.Step == nil {
		return nil
	}
	return o.opts.Step(operation, path)
}

// OpenOutput locks dir for one run, making it if need be, and removes what a
// killed run left half-written, and links in the place of our folders. It returns ErrLocked while another run has
// it, and ErrForeign if dir holds files but no site of ours; a repository's
// hidden files and a CNAME do not count.
func OpenOutput(dir string, opts OutputOptions) (*Output, error) {
	if err := CheckOutput(dir); err != nil {
		return nil, err
	}
	opts.Secrets = secrets.DistinctForms(opts.Secrets)
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

// makeOut makes the folder, if there is none.
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
	// Not left to the umask: the folder is there to be served.
	if err := o.step("chmod", o.dir); err != nil {
		return err
	}
	return os.Chmod(o.dir, 0o755)
}

// CheckOutput returns the error that OpenOutput would return for a folder that
// is somebody else's, without changing anything.
func CheckOutput(dir string) error {
	if err := checkOwnership(dir); err != nil {
		return fmt.Errorf("opening the output folder %s: %w", dir, err)
	}
	return nil
}

// checkOwnership refuses a folder whose files somebody else would miss.
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
		return fmt.Errorf("%w (it holds %q)", ErrForeign, foreign)
	}
	return nil
}

// lockFolder takes the lock of the folder. The lock is the kernel's, on an open
// file: it ends with its process however that ends. The file itself is removed
// by the run that made it, so another run may have opened a file that is no
// longer there; its lock would guard nothing, and it tries again.
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

// Close takes back what is staged and not committed, unlocks the folder, and removes it if this
// run made it and wrote nothing.
func (o *Output) Close() error {
	o.discard()
	// Removed while the lock is still held, so that nobody's lock but ours goes.
	if lock := filepath.Join(o.dir, gallery.LockName); o.step("remove", lock) == nil {
		os.Remove(lock)
	}
	err := errors.Join(o.root.Close(), o.lock.Close())
	if o.made && o.written.Load() == 0 && o.step("remove", o.dir) == nil {
		os.Remove(o.dir) // fails on a folder that is not empty: that is meant
	}
	return err
}

// Written returns the number of files that were written, Removed the number of
// those that were removed.
func (o *Output) Written() int { return int(o.written.Load()) }

// Removed returns the number of files that were removed.
func (o *Output) Removed() int { return int(o.removed.Load()) }

// open opens a file, which must be no link.
func (o *Output) open(name string) (*os.File, error) {
	return plainfs.OpenFile(o.root, name)
}

// Read returns the bytes of a file of the folder, which must be no link.
func (o *Output) Read(name string) ([]byte, error) {
	f, err := o.open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// Holds reports whether name is a regular file of this size in the folder.
func (o *Output) Holds(name string, size int64) bool { return holds(o.dir, name, size) }

func holds(dir, name string, size int64) bool {
	n, err := sizeOf(dir, name)
	return err == nil && n == size
}

// sizeOf returns the size of a regular file in dir, and -1 where there is none.
// An error says that nobody knows: a file that cannot be looked at now must not
// be taken for one that is gone.
func sizeOf(dir, name string) (int64, error) {
	// Not through the root: that would open every folder on the way, and a run
	// with nothing new does little else than this. Nothing is read or written.
	file := filepath.Join(dir, filepath.FromSlash(name))
	info, err := os.Lstat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR): // a file in its folder's place
		return -1, nil
	case err != nil:
		return -1, fmt.Errorf("looking for %s: %w", file, bare(err))
	case !info.Mode().IsRegular():
		return -1, nil
	}
	return info.Size(), nil
}

// KeepInPlace takes the files off an image that are not in dir as they were
// written, and reports whether all were there. After an error, which is the
// disk's, the image is of no use.
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
		if c := m.Videos[i].Clip; c != nil && (!there(c.Path, c.Bytes) || slices.ContainsFunc(c.Poster, gone)) {
			m.Videos[i].Clip = nil // made again by whoever finds it missing
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
