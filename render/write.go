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
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"firstframe/render/gallery"
	"firstframe/render/secrets"
)

// WriteError is a file of the site that could not be written. It ends a run:
// a disk that is full or read-only is so for the next file, too.
type WriteError struct {
	Path string
	Err  error
}

func (e *WriteError) Error() string { return fmt.Sprintf("writing %s: %v", e.Path, e.Err) }

func (e *WriteError) Unwrap() error { return e.Err }

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

func (o *Output) replace(name string, data []byte, done func(*temporary) error) error {
	t, err := o.create(name)
	if err != nil {
		return err
	}
	_, err = t.Write(data)
	return t.finish(err, done)
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

// temporary is a file that is to take another one's place. It is in the same folder: a file system
// locks both folders of a rename, and one between two folders waits for all others of its kind.
type temporary struct {
	file   *os.File
	out    *Output
	name   string // of the file that it is to be, in the site
	serial int
	search *secrets.Search
}

// create makes the temporary file that is to become the file name.
func (o *Output) create(name string) (*temporary, error) {
	dir := path.Dir(name)
	o.mu.Lock()
	o.serial++
	t := &temporary{out: o, name: name, serial: o.serial, search: secrets.NewSearch(o.opts.Secrets)}
	err := o.makeFolder(dir)
	o.mu.Unlock()
	if err != nil {
		return nil, err
	}
	own := temporaryName(name, t.serial)
	if err := o.step("create", own); err != nil {
		return nil, err
	}
	if t.file, err = o.root.OpenFile(own, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644); err != nil {
		return nil, err
	}
	return t, nil
}

// temporaryName is what a file is called until it takes its place. The folder is locked, and what
// other runs left there is removed: a number is enough.
func temporaryName(name string, serial int) string {
	return path.Join(path.Dir(name), fmt.Sprintf("%s%d%s", gallery.TemporaryPrefix, serial, gallery.TemporarySuffix))
}

// Write adds to the file, unless a secret is in it.
func (t *temporary) Write(p []byte) (int, error) {
	if err := t.search.Add(p); err != nil {
		return 0, err
	}
	if err := t.out.step("write", t.name); err != nil {
		return 0, err
	}
	return t.file.Write(p)
}

// finish hands the file to done, or removes it if there was an error.
func (t *temporary) finish(err error, done func(*temporary) error) error {
	if err == nil {
		err = t.search.End()
	}
	if err == nil {
		err = t.out.step("chmod", t.name)
	}
	if err == nil {
		err = t.file.Chmod(0o644) // published files are for everybody, whatever the umask
	}
	if err == nil {
		err = done(t)
	}
	if err != nil {
		t.file.Close() // again, if done has closed it
		t.out.removeTemporary(t.name, t.serial)
	}
	return err
}

// removeTemporary removes a temporary file. What went wrong before matters more than whether that
// works; the next run tries again.
func (o *Output) removeTemporary(name string, serial int) {
	_ = o.remove(temporaryName(name, serial))
}

// place gives the file its name.
func (t *temporary) place() error {
	if err := t.file.Close(); err != nil {
		return err
	}
	return t.out.place(t.name, t.serial)
}

// placeDurably does so when its bytes are on the disk.
func (t *temporary) placeDurably() error {
	if err := t.sync(); err != nil {
		return err
	}
	return t.place()
}

// stage leaves the file to wait for Commit.
func (t *temporary) stage() error {
	if err := t.file.Close(); err != nil {
		return err
	}
	o := t.out
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.staged == nil {
		o.staged = [][]stagedFile{nil}
	}
	last := &o.staged[len(o.staged)-1]
	*last = append(*last, stagedFile{t.name, t.serial})
	return nil
}

// stageDurably does so when its bytes are on the disk.
func (t *temporary) stageDurably() error {
	if err := t.sync(); err != nil {
		return err
	}
	return t.stage()
}

func (t *temporary) sync() error {
	if err := t.out.step("sync", t.name); err != nil {
		return err
	}
	return t.file.Sync()
}

// place renames a temporary file to what it is to be, and counts it.
func (o *Output) place(name string, serial int) error {
	if err := o.rename(name, serial); err != nil {
		return err
	}
	o.written.Add(1)
	return nil
}

// rename renames a temporary file to what it is to be, whatever is there: a folder in a file's
// place cannot be one that we made.
func (o *Output) rename(name string, serial int) error {
	own := temporaryName(name, serial)
	if err := o.step("rename", name); err != nil {
		return err
	}
	err := o.root.Rename(own, name)
	if err == nil {
		return nil
	}
	if info, lerr := o.root.Lstat(name); lerr != nil || !info.IsDir() {
		return err
	}
	if err := o.root.RemoveAll(name); err != nil {
		return err
	}
	return o.root.Rename(own, name)
}

// stagedFile is a temporary file that is complete and waits for its place.
type stagedFile struct {
	name   string
	serial int // 0 when it is in its place
}

// Stage prepares a file as Write does, but leaves what is there until Commit. So a site that cannot
// be written as a whole, because the disk is full or a secret is found, is not touched at all.
func (o *Output) Stage(name string, data []byte) error {
	return o.put(name, data, (*temporary).stage)
}

// stageFrom stages what content writes, and returns how many bytes that is. They are never in
// memory together.
func (o *Output) stageFrom(name string, content func(io.Writer) error) (int64, error) {
	return o.putFrom(name, content, (*temporary).stage)
}

// Then divides what is staged: all files from now on take their places after those before.
func (o *Output) Then() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.staged = append(o.staged, nil)
}

// Commit puts the staged files in their places, in the order that Then asks for. It needs no space.
// Whenever it ends, what it has done so far stays.
func (o *Output) Commit(ctx context.Context) error {
	for _, files := range o.staged {
		if err := o.commit(ctx, files); err != nil {
			return err
		}
	}
	o.staged = nil
	return nil
}

// commit puts files in their places, in no order.
func (o *Output) commit(ctx context.Context, files []stagedFile) error {
	group, shared := errgroup.WithContext(ctx)
	group.SetLimit(pagesAtOnce * runtime.GOMAXPROCS(0))
	for i := range files {
		if shared.Err() != nil {
			break
		}
		group.Go(func() error {
			f := &files[i]
			if err := o.place(f.name, f.serial); err != nil {
				return o.writeError(f.name, err)
			}
			f.serial = 0
			return nil
		})
	}
	return cmp.Or(group.Wait(), ctx.Err())
}

// discard removes what is still staged, and the folders that were made for it. If no file was
// written, the manifest says again what it said before. Errors do no harm: the next run finds what
// is left.
func (o *Output) discard() {
	for _, f := range slices.Concat(o.staged...) {
		if f.serial > 0 {
			o.removeTemporary(f.name, f.serial)
		}
	}
	if o.staged != nil {
		for _, folder := range slices.Backward(o.fresh) {
			_ = o.remove(folder) // fails on one that is not empty: that is meant
		}
		o.staged = nil
	}
	if o.marked && o.Written()+o.Removed() == 0 && len(o.before.files) > 0 {
		_ = o.writeManifest(&o.before)
	}
}
