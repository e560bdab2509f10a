package render

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gofrs/flock"
)

const (
	lockName  = ".firstframe.lock"
	tmpPrefix = ".firstframe-"
	tmpSuffix = ".tmp"

	// lockTries bounds the race against a run that removes its lock file while
	// this one is opening it.
	lockTries = 10
)

// ErrForeign is the answer to an output folder that holds something else.
var ErrForeign = errors.New("the folder is not empty and was not made by firstframe")

// ErrLocked is the answer to an output folder that another run is writing.
var ErrLocked = errors.New("another run is writing to it")

// WriteError is a file of the site that could not be written. It ends a run:
// a disk that is full or read-only is so for the next file, too.
type WriteError struct {
	Path string
	Err  error
}

func (e *WriteError) Error() string { return fmt.Sprintf("writing %s: %v", e.Path, e.Err) }
func (e *WriteError) Unwrap() error { return e.Err }

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

	mu      sync.Mutex
	folders map[string]bool // that exist and are no links
	asked   map[string]int  // how many in a folder were asked for one by one

	known   map[string]int64 // the sizes of the files that Build has left; nil before
	looked  sync.Once
	last    manifest // see lastManifest
	mark    sync.Once
	markErr error
	written atomic.Int64
	removed atomic.Int64
}

// OpenOutput locks dir for one run, making it if need be, and removes what a
// killed run left half-written, and links in the place of our folders. It returns ErrLocked while another run has
// it, and ErrForeign if dir holds files but no site of ours; a repository's
// hidden files and a CNAME do not count.
func OpenOutput(dir string) (*Output, error) {
	if err := CheckOutput(dir); err != nil {
		return nil, err
	}
	_, err := os.Stat(dir)
	made := errors.Is(err, fs.ErrNotExist)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("making the output folder: %w", err)
	}
	if made {
		// Not left to the umask: the folder is there to be served.
		if err := os.Chmod(dir, 0o755); err != nil {
			return nil, fmt.Errorf("making the output folder: %w", err)
		}
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return nil, fmt.Errorf("locking the output folder %s: %w", dir, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		lock.Close()
		return nil, fmt.Errorf("opening the output folder: %w", err)
	}
	o := &Output{dir: dir, root: root, lock: lock, made: made, folders: map[string]bool{".": true}, asked: map[string]int{}}
	if err := o.removeLeftovers(); err != nil {
		o.Close()
		return nil, err
	}
	return o, nil
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
		case name == StateName || name == manifestName || name == backupName:
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

// lockFolder takes the lock of a folder. The lock is the kernel's, on an open
// file: it ends with its process however that ends. The file itself is removed
// by the run that made it, so another run may have opened a file that is no
// longer there; its lock would guard nothing, and it tries again.
func lockFolder(dir string) (*flock.Flock, error) {
	name := filepath.Join(dir, lockName)
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

// Close unlocks the folder, and removes it if this run made it and wrote nothing.
func (o *Output) Close() error {
	// Removed while the lock is still held, so that nobody's lock but ours goes.
	os.Remove(filepath.Join(o.dir, lockName))
	err := errors.Join(o.root.Close(), o.lock.Close())
	if o.made && o.written.Load() == 0 {
		os.Remove(o.dir) // fails on a folder that is not empty: that is meant
	}
	return err
}

// Written returns the number of files that were written, Removed the number of
// those that were removed.
func (o *Output) Written() int { return int(o.written.Load()) }

// Removed returns the number of files that were removed.
func (o *Output) Removed() int { return int(o.removed.Load()) }

// Write gives the file name (slash-separated, relative to the folder) these
// bytes. A file that has them already is not touched.
func (o *Output) Write(name string, data []byte) error {
	if o.hasBytes(name, data) {
		return nil
	}
	return o.write(name, bytesOf(data), false)
}

// writeDurably writes one of the files that others are found by: the bytes are
// on the disk before the name points to them.
func (o *Output) writeDurably(name string, content func(io.Writer) error) error {
	return o.write(name, content, true)
}

// bytesOf is the content of a file that is in memory.
func bytesOf(data []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}
}

func (o *Output) write(name string, content func(io.Writer) error, durably bool) error {
	o.mark.Do(func() { o.markErr = o.doubt() })
	if o.markErr != nil {
		return o.markErr
	}
	if err := o.replace(name, content, durably); err != nil {
		return &WriteError{filepath.Join(o.dir, filepath.FromSlash(name)), bare(err)}
	}
	o.written.Add(1)
	return nil
}

// lastManifest is the manifest of the last run, as it was when this one began.
// It is read when it is needed: until the first file is written there is much
// else in memory.
func (o *Output) lastManifest() *manifest {
	o.looked.Do(func() { o.last = readManifest(o) })
	return &o.last
}

// doubt says in the manifest, before the first file is changed, that the site
// may not be what the last run has left: only the run that ends well says that
// again. Otherwise one that is killed half-way, followed by one with the
// settings of the run before, would leave a mixture of both. It is also the mark
// by which checkOwnership knows the folder before there is a state.
func (o *Output) doubt() error {
	m := manifest{Files: map[string]record{}}
	for name, r := range o.lastManifest().Files {
		m.Files[name] = record{Bytes: r.Bytes}
	}
	data, err := m.encode()
	if err != nil {
		return err
	}
	if o.hasBytes(manifestName, data) {
		return nil
	}
	if err := o.replace(manifestName, bytesOf(data), true); err != nil {
		return &WriteError{filepath.Join(o.dir, manifestName), bare(err)}
	}
	return nil
}

func (o *Output) hasBytes(name string, data []byte) bool {
	if !o.Holds(name, int64(len(data))) {
		return false
	}
	old, err := o.root.ReadFile(name)
	return err == nil && bytes.Equal(old, data)
}

// hasSum reports whether the file has the bytes of this SHA-256.
func (o *Output) hasSum(name string, sum []byte) bool {
	if info, err := o.root.Lstat(name); err != nil || !info.Mode().IsRegular() {
		return false
	}
	f, err := o.root.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return err == nil && bytes.Equal(h.Sum(nil), sum)
}

func (o *Output) replace(name string, content func(io.Writer) error, durably bool) error {
	if err := o.makeFolder(path.Dir(name)); err != nil {
		return err
	}
	tmp := tmpPrefix + rand.Text() + tmpSuffix
	f, err := o.root.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	if err = content(f); err == nil {
		err = f.Chmod(0o644) // published files are for everybody, whatever the umask
	}
	if err == nil && durably {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = o.rename(tmp, name)
	}
	if err != nil {
		o.root.Remove(tmp)
	}
	return err
}

// rename puts tmp in name's place, whatever is there: a folder in a file's
// place cannot be one that we made.
func (o *Output) rename(tmp, name string) error {
	err := o.root.Rename(tmp, name)
	if err == nil {
		return nil
	}
	if info, lerr := o.root.Lstat(name); lerr != nil || !info.IsDir() {
		return err
	}
	if err := o.root.RemoveAll(name); err != nil {
		return err
	}
	return o.root.Rename(tmp, name)
}

// makeFolder makes a folder and those above it. A link or a file in its place
// is removed: written through, it would lead elsewhere.
func (o *Output) makeFolder(name string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.makeFolderLocked(name)
}

func (o *Output) makeFolderLocked(name string) error {
	if o.folders[name] {
		return nil
	}
	parent := path.Dir(name)
	if err := o.makeFolderLocked(parent); err != nil {
		return err
	}
	if o.asked[parent]++; o.asked[parent] == listFrom {
		if o.listFolders(parent); o.folders[name] {
			return nil
		}
	}
	info, err := o.root.Lstat(name)
	if err == nil && !info.IsDir() {
		if err := o.root.Remove(name); err != nil {
			return err
		}
		err = fs.ErrNotExist
	}
	if errors.Is(err, fs.ErrNotExist) {
		if err = o.root.Mkdir(name, 0o755); err == nil {
			err = o.root.Chmod(name, 0o755)
		}
	}
	if err != nil {
		return err
	}
	o.folders[name] = true
	return nil
}

// listFrom is after how many folders in one it is worth to list them all, as
// where every image's page is written.
const listFrom = 64

// listFolders notes the folders in one that is no link itself. Where that is not
// to be read they are asked for one by one.
func (o *Output) listFolders(parent string) {
	f, err := o.root.Open(parent)
	if err != nil {
		return
	}
	defer f.Close()
	entries, _ := f.ReadDir(-1) // those that were read, if not all
	for _, e := range entries {
		if e.IsDir() { // a link is none
			o.folders[path.Join(parent, e.Name())] = true
		}
	}
}

// Read returns the bytes of a file of the folder, which must be no link.
func (o *Output) Read(name string) ([]byte, error) {
	info, err := o.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("reading %s: not a regular file", filepath.Join(o.dir, name))
	}
	return o.root.ReadFile(name)
}

// Holds reports whether name is a regular file of this size in the folder.
func (o *Output) Holds(name string, size int64) bool { return holds(o.dir, name, size) }

func holds(dir, name string, size int64) bool {
	// Not through the root: that would open every folder on the way, and a run
	// with nothing new does little else than this. Nothing is read or written.
	info, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(name)))
	return err == nil && info.Mode().IsRegular() && info.Size() == size
}

func (c *Clip) inPlace(dir string) bool {
	return holds(dir, c.Path, c.Bytes) && !slices.ContainsFunc(c.Poster, func(r Rendition) bool {
		return !holds(dir, r.Path, r.Bytes)
	})
}

// KeepInPlace takes the files off an image that are not in dir as they were
// written, and reports whether all were there.
func KeepInPlace(dir string, m *Image) bool {
	gone := func(r Rendition) bool { return !holds(dir, r.Path, r.Bytes) }
	all := len(m.Renditions) > 0 && !slices.ContainsFunc(m.Renditions, gone)
	if !all {
		m.Renditions = slices.DeleteFunc(slices.Clone(m.Renditions), gone)
	}
	if o := m.Original; o != nil && !holds(dir, o.Path, o.Bytes) {
		m.Original, all = nil, false
	}
	for i := range m.Videos {
		if c := m.Videos[i].Clip; c != nil && !c.inPlace(dir) {
			m.Videos[i].Clip = nil // made again by whoever finds it missing
		}
	}
	return all
}

// exists reports whether there is a regular file of this name.
func (o *Output) exists(name string) bool { return o.size(name) >= 0 }

// size returns the size of a regular file, and -1 if there is none of this name.
func (o *Output) size(name string) int64 {
	info, err := os.Lstat(filepath.Join(o.dir, filepath.FromSlash(name))) // see holds
	if err != nil || !info.Mode().IsRegular() {
		return -1
	}
	return info.Size()
}

// Sweep removes from the named folders of ours what keep does not want, and
// the folders that are empty then. It is asked for files, and for the folders in
// those that are named: what is in one that it wants stays as it is. Nothing
// outside of them is looked at.
func (o *Output) Sweep(ctx context.Context, folders []string, keep func(name string, folder bool) bool) error {
	for _, folder := range folders {
		if _, err := o.sweep(ctx, folder, keep); err != nil {
			return fmt.Errorf("removing old files: %w", err)
		}
	}
	return nil
}

// sweep reports whether the folder is empty, and so removed.
func (o *Output) sweep(ctx context.Context, folder string, keep func(string, bool) bool) (bool, error) {
	info, err := o.root.Lstat(folder)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return o.sweepFolder(ctx, folder, keep)
}

// sweepFolder does so with what is known to be a folder and no link.
func (o *Output) sweepFolder(ctx context.Context, folder string, keep func(string, bool) bool) (bool, error) {
	folders, unwanted, left, err := o.contents(folder, keep)
	if err != nil {
		return false, err
	}
	for _, name := range unwanted {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		if err := o.Remove(name); err != nil {
			return false, err
		}
		left--
	}
	for _, name := range folders {
		gone, err := o.sweepFolder(ctx, name, keep)
		if err != nil {
			return false, err
		}
		if gone {
			left--
		}
	}
	if left > 0 {
		return false, nil
	}
	return true, o.removeFolder(folder)
}

// contents returns the folders in a folder and the files that keep does not want,
// and how many entries there are.
func (o *Output) contents(folder string, keep func(string, bool) bool) (folders, unwanted []string, n int, err error) {
	err = eachEntry(o.dir, folder, func(e fs.DirEntry) error {
		n++
		switch name := path.Join(folder, e.Name()); {
		case keep(name, e.IsDir()):
		case e.IsDir():
			folders = append(folders, name)
		default:
			unwanted = append(unwanted, name)
		}
		return nil
	})
	slices.Sort(folders)
	slices.Sort(unwanted)
	return folders, unwanted, n, err
}

// entriesAtOnce is how many entries of a folder are in memory at a time: the
// media of a large gallery are hundreds of thousands.
const entriesAtOnce = 1000

// eachEntry does something with every entry of a folder in dir, in the order of
// the file system. The folder is not opened through a root: see holds.
func eachEntry(dir, folder string, do func(fs.DirEntry) error) error {
	f, err := os.Open(filepath.Join(dir, filepath.FromSlash(folder)))
	if err != nil {
		return err
	}
	defer f.Close()
	for {
		entries, err := f.ReadDir(entriesAtOnce)
		for _, e := range entries {
			if err := do(e); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// Remove removes a file; one that is not there is no error.
func (o *Output) Remove(name string) error {
	err := o.root.Remove(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		o.removed.Add(1)
	}
	return err
}

// Size returns the size of the files in dir that get published, in bytes: the
// hidden ones stay behind. A folder that is not there has none.
func Size(dir string) (int64, error) { return published(dir, nil) }

// Size returns that of the folder. What Build has written, or found as it was,
// is not looked at again.
func (o *Output) Size() (int64, error) { return published(o.dir, o.known) }

func published(dir string, known map[string]int64) (int64, error) {
	size, err := publishedIn(dir, ".", known)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil // a dry run has no folder
	}
	return size, err
}

func publishedIn(dir, folder string, known map[string]int64) (size int64, err error) {
	err = eachEntry(dir, folder, func(e fs.DirEntry) error {
		n, err := publishedSize(dir, folder, e, known)
		size += n
		return err
	})
	return size, err
}

// publishedSize is what an entry of a folder adds to it.
func publishedSize(dir, folder string, e fs.DirEntry, known map[string]int64) (int64, error) {
	name := path.Join(folder, e.Name())
	switch {
	case strings.HasPrefix(e.Name(), "."):
		return 0, nil
	case e.IsDir():
		if page, ok := known[name+"/index.html"]; ok && folder == imageFolder {
			return page, nil
		}
		return publishedIn(dir, name, known)
	case !e.Type().IsRegular():
		return 0, nil
	}
	if bytes, ok := known[name]; ok {
		return bytes, nil
	}
	info, err := e.Info()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (o *Output) removeFolder(name string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.folders, name)
	return o.root.Remove(name)
}

func (o *Output) removeLeftovers() error {
	entries, err := os.ReadDir(o.dir)
	if err != nil {
		return fmt.Errorf("reading the output folder: %w", err)
	}
	for _, e := range entries {
		n := e.Name()
		if strings.HasPrefix(n, tmpPrefix) && strings.HasSuffix(n, tmpSuffix) {
			if err := o.root.Remove(n); err != nil {
				return fmt.Errorf("removing what a killed run left: %w", err)
			}
		}
		// Before anybody looks for files in it: those that it leads to are not the
		// site's, and would be gone when the first new one makes it a folder.
		if e.Type()&fs.ModeSymlink != 0 && o.isFolder(n) {
			if err := o.root.Remove(n); err != nil {
				return fmt.Errorf("removing a link in a folder's place: %w", err)
			}
		}
	}
	return nil
}

// isFolder reports whether a name at the site's root is that of a folder of ours.
func (o *Output) isFolder(name string) bool {
	_, text := o.lastManifest().Files[name+"/index.html"]
	return text || slices.Contains(ownFolders, name)
}

// bare takes the operation and the path off an error of package os, whose
// path is that of a temporary file and helps nobody.
func bare(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	var le *os.LinkError
	if errors.As(err, &le) {
		return le.Err
	}
	return err
}
