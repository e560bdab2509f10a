package render

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

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

func (o *Output) removeFolder(name string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.folders, name)
	return o.remove(name)
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
