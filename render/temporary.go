package render

import (
	"fmt"
	"os"
	"path"

	"firstframe/render/gallery"
	"firstframe/render/secrets"
)

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
