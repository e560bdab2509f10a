package render

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// makeFolder makes a folder and those above it. It removes a link or a file in its place, because
// writing through a link would write elsewhere. The caller holds o.mu.
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

// mkdir makes one folder that everybody can read.
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

// listFrom is after how many lookups in one folder it is faster to list all folders in it. That
// happens when every image's page is written.
const listFrom = 64

// listFolders notes the folders in parent, which is not a link. If parent cannot be read, they are
// looked up one by one.
func (o *Output) listFolders(parent string) {
	f, err := o.root.Open(parent)
	if err != nil {
		return
	}
	defer f.Close()
	entries, _ := f.ReadDir(-1) // after an error, the entries before it
	for _, e := range entries {
		if e.IsDir() { // false for a link
			o.folders[path.Join(parent, e.Name())] = true
		}
	}
}

// removeFolder removes an empty folder.
func (o *Output) removeFolder(name string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.folders, name)
	return o.remove(name)
}

// entriesAtOnce is how many entries of a folder are in memory at a time. The media of a large
// gallery are hundreds of thousands.
const entriesAtOnce = 1000

// eachEntry calls do with every entry of a folder in dir, in the order of the file system. It does
// not use a root, for the reason that sizeOf has.
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
