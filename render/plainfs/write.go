package plainfs

import (
	"errors"
	"os"
	"path"
)

// WriteNew writes a file that does not exist yet, and makes its folders. The parts of its name are
// separated by slashes. It returns an error that is fs.ErrExist if the file exists.
func WriteNew(root *os.Root, name string, data []byte) error {
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}
