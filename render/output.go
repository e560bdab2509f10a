package render

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
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

// Write gives the file name (slash-separated, relative to the folder) these
// bytes. A file that has them already is not touched.
func (o *Output) Write(name string, data []byte) error {
	return o.put(name, data, (*temporary).place)
}

// put writes a temporary file with these bytes, unless the file has them, and hands it to done.
func (o *Output) put(name string, data []byte, done func(*temporary) error) error {
	if o.hasBytes(name, data) {
		return nil
	}
	err := o.doubtOnce()
	if err == nil {
		err = o.replace(name, data, done)
	}
	return o.writeError(name, err)
}

// putFrom writes a temporary file from the first byte on that is not what the file has, and hands
// it to done.
func (o *Output) putFrom(name string, content func(io.Writer) error, done func(*temporary) error) (int64, error) {
	size, err := o.update(name, content, done, o.doubtOnce)
	return size, o.writeError(name, err)
}

// bytesOf is the content of a file that is in memory.
func bytesOf(data []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}
}

// writeError is the error of writing a file, or nil.
func (o *Output) writeError(name string, err error) error {
	if err == nil {
		return nil
	}
	if known, ok := errors.AsType[*WriteError](err); ok {
		return known
	}
	return &WriteError{filepath.Join(o.dir, filepath.FromSlash(name)), bare(err)}
}

// update hands a temporary file to done that has what content writes, unless the file has it
// already. Before anything is written, it calls before. It returns the size.
func (o *Output) update(name string, content func(io.Writer) error, done func(*temporary) error, before func() error) (size int64, err error) {
	c := &changes{begin: func() (*temporary, error) {
		if err := before(); err != nil {
			return nil, err
		}
		return o.create(name)
	}}
	if c.old, err = o.open(name); err == nil {
		defer c.old.Close()
	}
	b := bufio.NewWriterSize(c, 64<<10)
	if err = content(b); err == nil {
		err = b.Flush()
	}
	if err == nil {
		err = c.end()
	}
	if c.new == nil {
		return c.size, err
	}
	return c.size, c.new.finish(err, done)
}

// changes takes the bytes of a file that is made anew. As long as they are those
// of the old file nothing is written; with the first one that is not, the new
// file begins.
type changes struct {
	begin func() (*temporary, error) // makes the new file
	old   *os.File                   // nil if there is none
	new   *temporary                 // nil as long as nothing is different
	size  int64                      // of what was taken, in bytes
	read  []byte                     // from the old file
}

func (c *changes) Write(p []byte) (int, error) {
	if c.new == nil && !c.same(p) {
		if err := c.differ(); err != nil {
			return 0, err
		}
	}
	c.size += int64(len(p))
	if c.new == nil {
		return len(p), nil
	}
	return c.new.Write(p)
}

// same reports whether the old file goes on with p.
func (c *changes) same(p []byte) bool {
	if c.old == nil {
		return false
	}
	c.read = slices.Grow(c.read[:0], len(p))[:len(p)]
	_, err := io.ReadFull(c.old, c.read)
	return err == nil && bytes.Equal(c.read, p)
}

// differ begins the new file with what was the same.
func (c *changes) differ() (err error) {
	if c.new, err = c.begin(); err != nil || c.old == nil {
		return err
	}
	_, err = io.Copy(c.new, io.NewSectionReader(c.old, 0, c.size))
	return err
}

// end begins the new file if it is shorter than the old one, or if there is none.
func (c *changes) end() error {
	if c.new != nil {
		return nil
	}
	if c.old != nil {
		if _, err := c.old.Read(make([]byte, 1)); err == io.EOF {
			return nil
		}
	}
	return c.differ()
}

// lastManifest is the manifest of the last run, as it was when this one began.
// It is read when it is needed: until the first file is written there is much
// else in memory.
func (o *Output) lastManifest() *manifest {
	o.looked.Do(func() {
		f, err := o.open(gallery.ManifestName)
		if err != nil {
			return
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil {
			o.last, _ = decodeManifest(f, info.Size()) // an empty one where it is damaged
			o.before = o.last
		}
	})
	return &o.last
}

// lastRunEnded reports whether the last run came to its end, without reading all
// of its manifest.
func (o *Output) lastRunEnded() bool {
	f, err := o.open(gallery.ManifestName)
	if err != nil {
		return false
	}
	defer f.Close()
	return endedRun(f)
}

// doubt says in the manifest, before the first file is changed, that the site
// may not be what the last run has left: only the run that ends well says that
// again. Otherwise one that is killed half-way, followed by one with the
// settings of the run before, would leave a mixture of both. It is also the mark
// by which checkOwnership knows the folder before there is a state.
func (o *Output) doubt() error {
	m := manifest{files: slices.Clone(o.lastManifest().files)}
	for i := range m.files {
		m.files[i].inputs = fingerprint{}
	}
	o.marked = true
	return o.writeManifest(&m)
}

// writeManifest writes the manifest without counting it: what it says is not about new files.
func (o *Output) writeManifest(m *manifest) error {
	done := func(t *temporary) error {
		if err := t.sync(); err != nil {
			return err
		}
		if err := t.file.Close(); err != nil {
			return err
		}
		return o.rename(t.name, t.serial)
	}
	_, err := o.update(gallery.ManifestName, m.encode, done, func() error { return nil })
	return o.writeError(gallery.ManifestName, err)
}

// doubtOnce does so before the first file is changed.
func (o *Output) doubtOnce() error {
	o.mark.Do(func() { o.markErr = o.doubt() })
	return o.markErr
}

func (o *Output) hasBytes(name string, data []byte) bool {
	if !o.Holds(name, int64(len(data))) {
		return false
	}
	old, err := o.Read(name)
	return err == nil && bytes.Equal(old, data)
}

// hasSum reports whether the file has the bytes of this SHA-256.
func (o *Output) hasSum(name string, sum []byte) bool {
	f, err := o.open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return err == nil && bytes.Equal(h.Sum(nil), sum)
}

// open opens a file, which must be no link.
func (o *Output) open(name string) (*os.File, error) {
	return plainfs.OpenFile(o.root, name)
}

func (o *Output) replace(name string, data []byte, done func(*temporary) error) error {
	t, err := o.create(name)
	if err != nil {
		return err
	}
	_, err = t.Write(data)
	return t.finish(err, done)
}

// makeFolder makes a folder and those above it. A link or a file in its place
// is removed: written through, it would lead elsewhere. The caller holds o.mu.
func (o *Output) makeFolder(name string) error {
	if o.folders[name] {
		return nil
	}
	parent := path.Dir(name)
	if err := o.makeFolder(parent); err != nil {
		return err
	}
	if o.asked[parent]++; o.asked[parent] == listFrom {
		if o.listFolders(parent); o.folders[name] {
			return nil
		}
	}
	info, err := o.root.Lstat(name)
	if err == nil && !info.IsDir() {
		if err := o.remove(name); err != nil {
			return err
		}
		err = fs.ErrNotExist
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = o.mkdir(name)
	}
	if err != nil {
		return err
	}
	o.folders[name] = true
	return nil
}

func (o *Output) mkdir(name string) error {
	if err := o.step("mkdir", name); err != nil {
		return err
	}
	if err := o.root.Mkdir(name, 0o755); err != nil {
		return err
	}
	o.fresh = append(o.fresh, name)
	if err := o.step("chmod", name); err != nil {
		return err
	}
	return o.root.Chmod(name, 0o755)
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

// remove removes a file, or a folder that is empty.
func (o *Output) remove(name string) error {
	if err := o.step("remove", name); err != nil {
		return err
	}
	return o.root.Remove(name)
}

// Remove removes a file; one that is not there is no error.
func (o *Output) Remove(name string) error {
	err := o.remove(name)
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

func published(dir string, known *known) (int64, error) {
	size, err := publishedIn(dir, ".", known)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil // a dry run has no folder
	}
	return size, err
}

func publishedIn(dir, folder string, known *known) (size int64, err error) {
	err = eachEntry(dir, folder, func(e fs.DirEntry) error {
		n, err := publishedSize(dir, folder, e, known)
		size += n
		return err
	})
	return size, err
}

// publishedSize is what an entry of a folder adds to it.
func publishedSize(dir, folder string, e fs.DirEntry, known *known) (int64, error) {
	name := path.Join(folder, e.Name())
	switch {
	case strings.HasPrefix(e.Name(), "."):
		return 0, nil
	case e.IsDir():
		if folder == gallery.ImageFolder {
			if page, ok := known.size(name + "/index.html"); ok {
				return page, nil
			}
		}
		return publishedIn(dir, name, known)
	case !e.Type().IsRegular():
		return 0, nil
	}
	if bytes, ok := known.size(name); ok {
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
	return o.remove(name)
}

// removeLeftovers removes the temporary files of a run that was killed, and
// links in the place of our folders.
func (o *Output) removeLeftovers() error {
	ended := o.lastRunEnded()
	err := eachEntry(o.dir, ".", func(e fs.DirEntry) error {
		switch name := e.Name(); {
		case gallery.IsTemporary(name):
			return o.remove(name)
		case e.Type()&fs.ModeSymlink != 0 && o.isFolder(name):
			// Before anybody looks for files in it: those that it leads to are not the
			// site's, and would be gone when the first new one makes it a folder.
			return o.remove(name)
		case e.IsDir() && !ended && o.isFolder(name):
			return o.removeTemporaries(name)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("removing what a killed run left: %w", err)
	}
	return nil
}

// removeTemporaries removes all temporary files in a folder, which is no link,
// and in those in it.
func (o *Output) removeTemporaries(folder string) error {
	return eachEntry(o.dir, folder, func(e fs.DirEntry) error {
		name := path.Join(folder, e.Name())
		switch {
		case e.IsDir():
			return o.removeTemporaries(name)
		case gallery.IsTemporary(e.Name()):
			return o.remove(name)
		}
		return nil
	})
}

// isFolder reports whether a name at the site's root is that of a folder of ours.
func (o *Output) isFolder(name string) bool {
	return slices.Contains(gallery.OwnFolders, name) || o.lastManifest().has(name+"/index.html")
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
