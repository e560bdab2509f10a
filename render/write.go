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

// WriteError is the error for a file of the site that could not be written. It ends a run, because
// a disk that is full or read-only stays so for the next file.
type WriteError struct {
	Path string
	Err  error
}

// Error names the file and what went wrong.
func (e *WriteError) Error() string { return fmt.Sprintf("writing %s: %v", e.Path, e.Err) }

// Unwrap returns what went wrong.
func (e *WriteError) Unwrap() error { return e.Err }

// writeError returns err as a WriteError about the file, or nil.
func (o *Output) writeError(name string, err error) error {
	if err == nil {
		return nil
	}
	if known, ok := errors.AsType[*WriteError](err); ok {
		return known
	}
	return &WriteError{filepath.Join(o.dir, filepath.FromSlash(name)), bare(err)}
}

// bare returns an error of package os without its operation and its path. The path names a
// temporary file, which helps nobody.
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

// Write gives these bytes to the file name (slash-separated, relative to the folder). It leaves a
// file alone that has them already.
func (o *Output) Write(name string, data []byte) error {
	return o.put(name, data, (*temporary).place)
}

// Stage prepares a file as Write does, but leaves the old one in place until Commit. So a site that
// cannot be written as a whole, because the disk is full or a secret is found, is not touched at
// all.
func (o *Output) Stage(name string, data []byte) error {
	return o.put(name, data, (*temporary).stage)
}

// Then separates the staged files: those from now on take their places after those before.
func (o *Output) Then() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.staged = append(o.staged, nil)
}

// Commit puts the staged files in their places, in the order that Then has set. It needs no disk
// space. If it ends early, what it has done so far stays.
func (o *Output) Commit(ctx context.Context) error {
	for _, files := range o.staged {
		if err := o.commit(ctx, files); err != nil {
			return err
		}
	}
	o.staged = nil
	return nil
}

// put writes a temporary file with these bytes and hands it to done, unless the file has them
// already.
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

// putFrom writes a temporary file with what content writes and hands it to done, unless the file
// has these bytes already. It returns the size in bytes. The content is never in memory as a whole.
func (o *Output) putFrom(name string, content func(io.Writer) error, done func(*temporary) error) (int64, error) {
	size, err := o.update(name, content, done, o.doubtOnce)
	return size, o.writeError(name, err)
}

// stageFrom stages what content writes, and returns its size in bytes. The content is never in
// memory as a whole.
func (o *Output) stageFrom(name string, content func(io.Writer) error) (int64, error) {
	return o.putFrom(name, content, (*temporary).stage)
}

// hasBytes reports whether the file has these bytes.
func (o *Output) hasBytes(name string, data []byte) bool {
	if !o.Holds(name, int64(len(data))) {
		return false
	}
	old, err := o.Read(name)
	return err == nil && bytes.Equal(old, data)
}

// hasSum reports whether the bytes of the file have this SHA-256.
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

// replace writes a temporary file with these bytes and hands it to done.
func (o *Output) replace(name string, data []byte, done func(*temporary) error) error {
	t, err := o.create(name)
	if err != nil {
		return err
	}
	_, err = t.Write(data)
	return t.finish(err, done)
}

// update hands a temporary file with what content writes to done, unless the file has these bytes
// already. It calls before if it is about to write. It returns the size in bytes.
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

// changes takes the new bytes of a file. As long as they equal the bytes of the old file, it writes
// nothing. At the first difference it begins the new file, so a large file that has not changed is
// never written.
type changes struct {
	begin func() (*temporary, error) // makes the new file
	old   *os.File                   // nil if there is none
	new   *temporary                 // nil until something differs
	size  int64                      // bytes taken so far
	read  []byte                     // a buffer for the old file
}

// Write takes the next bytes.
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

// same reports whether p is what comes next in the old file.
func (c *changes) same(p []byte) bool {
	if c.old == nil {
		return false
	}
	c.read = slices.Grow(c.read[:0], len(p))[:len(p)]
	_, err := io.ReadFull(c.old, c.read)
	return err == nil && bytes.Equal(c.read, p)
}

// differ begins the new file with the bytes that were equal so far.
func (c *changes) differ() (err error) {
	if c.new, err = c.begin(); err != nil || c.old == nil {
		return err
	}
	_, err = io.Copy(c.new, io.NewSectionReader(c.old, 0, c.size))
	return err
}

// end begins the new file if it is shorter than the old one, or if there is no old one.
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

// temporary is a file that will take another one's place. It is in the same folder: a file system
// locks both folders of a rename, and a rename between two folders waits for all others of its
// kind.
type temporary struct {
	file   *os.File
	out    *Output
	name   string          // of the file whose place it takes
	serial int             // its number among the temporary files
	search *secrets.Search // for secrets in its bytes
}

// create makes the temporary file for the file name.
func (o *Output) create(name string) (*temporary, error) {
	dir, values := path.Dir(name), o.opts.Secrets
	if name == gallery.ManifestName {
		values = nil // it is not published, and must name old files until they are gone, whatever their names are
	}
	o.mu.Lock()
	o.serial++
	t := &temporary{out: o, name: name, serial: o.serial, search: secrets.NewSearch(values)}
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

// temporaryName returns the name of a file until it takes its place. A number is enough, because
// the folder is locked and what other runs have left there is removed.
func temporaryName(name string, serial int) string {
	return path.Join(path.Dir(name), fmt.Sprintf("%s%d%s", gallery.TemporaryPrefix, serial, gallery.TemporarySuffix))
}

// Write adds bytes to the file. It returns a *secrets.Error if there is a secret in them.
func (t *temporary) Write(p []byte) (int, error) {
	if err := t.search.Add(p); err != nil {
		return 0, err
	}
	if err := t.out.step("write", t.name); err != nil {
		return 0, err
	}
	return t.file.Write(p)
}

// finish hands the file to done. If there was an error before, or is one now, it removes the file
// and returns the error.
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
		t.file.Close() // done can have closed it already
		t.out.removeTemporary(t.name, t.serial)
	}
	return err
}

// removeTemporary removes a temporary file. It ignores its own error, because what failed before
// matters more, and the next run tries again.
func (o *Output) removeTemporary(name string, serial int) {
	_ = o.remove(temporaryName(name, serial))
}

// place closes the file and puts it in its place.
func (t *temporary) place() error {
	if err := t.file.Close(); err != nil {
		return err
	}
	return t.out.place(t.name, t.serial)
}

// placeDurably is place for a file whose bytes must be on the disk first.
func (t *temporary) placeDurably() error {
	if err := t.sync(); err != nil {
		return err
	}
	return t.place()
}

// stage closes the file and leaves it to Commit.
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

// stageDurably is stage for a file whose bytes must be on the disk first.
func (t *temporary) stageDurably() error {
	if err := t.sync(); err != nil {
		return err
	}
	return t.stage()
}

// sync waits until the file's bytes are on the disk.
func (t *temporary) sync() error {
	if err := t.out.step("sync", t.name); err != nil {
		return err
	}
	return t.file.Sync()
}

// place puts a temporary file in its place, and counts it.
func (o *Output) place(name string, serial int) error {
	if err := o.rename(name, serial); err != nil {
		return err
	}
	o.written.Add(1)
	o.log("wrote", name)
	return nil
}

// rename puts a temporary file in its place, whatever is there. A folder in a file's place cannot
// be ours.
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
	serial int // its number among the temporary files; 0 once it is in its place
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

// discard removes the files that are still staged, and the folders that were made for them. If no
// file was written, it restores the old manifest. It ignores errors, because the next run finds
// what is left.
func (o *Output) discard() {
	for _, f := range slices.Concat(o.staged...) {
		if f.serial > 0 {
			o.removeTemporary(f.name, f.serial)
		}
	}
	if o.staged != nil {
		for _, folder := range slices.Backward(o.fresh) {
			_ = o.remove(folder) // fails on purpose if the folder is not empty
		}
		o.staged = nil
	}
	if o.marked && o.Written()+o.Removed() == 0 && len(o.before.files) > 0 {
		_ = o.writeManifest(&o.before)
	}
}
