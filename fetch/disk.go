package fetch

import (
	"errors"
	"io/fs"
	"os"
)

// Every operation that changes the disk is here. Each calls Step first.

// step calls Step, if it is set.
func (c *Cache) step(operation, path string) error {
	if c.Step == nil {
		return nil
	}
	return c.Step(operation, path)
}

// temporaryFile is a file that is not complete.
type temporaryFile struct {
	*os.File
	step func(operation, path string) error
}

// create creates a temporary file in a folder.
func (c *Cache) create(dir string) (temporaryFile, error) {
	if err := c.step("create", dir); err != nil {
		return temporaryFile{}, err
	}
	file, err := os.CreateTemp(dir, temporaryPrefix)
	return temporaryFile{file, c.step}, err
}

// Write writes p to the file.
func (f temporaryFile) Write(p []byte) (int, error) {
	if err := f.step("write", f.Name()); err != nil {
		return 0, err
	}
	return f.File.Write(p)
}

// mkdir makes a folder and its parents, if they are missing.
func (c *Cache) mkdir(path string) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil
	}
	if err := c.step("mkdir", path); err != nil {
		return err
	}
	return os.MkdirAll(path, 0o700)
}

// rename renames a file.
func (c *Cache) rename(from, to string) error {
	if err := c.step("rename", to); err != nil {
		return err
	}
	return os.Rename(from, to)
}

// remove removes a file. It is no error if the file does not exist.
func (c *Cache) remove(path string) error {
	if err := c.step("remove", path); err != nil {
		return err
	}
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
