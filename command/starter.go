package command

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
)

// initFolder writes the words and the workflow that a gallery begins with into
// a folder, where they are not there yet, and says what is left to do.
func initFolder(starter fs.FS, dir string, stdout io.Writer) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("opening the folder: %w", err)
	}
	defer root.Close()
	const workflow = ".github/workflows/gallery.yml"
	_, err = root.Stat("action.yml")
	fork := err == nil
	files := []struct{ from, to string }{
		{".github/init/content/index.md", "content/index.md"},
		{".github/init/content/images/example.txt", "content/images/example.txt"},
		{workflow, workflow},
	}
	for _, f := range files {
		data, err := fs.ReadFile(starter, f.from)
		if err != nil {
			return err
		}
		if f.to == workflow && !fork {
			data = bytes.Replace(data, []byte("uses: ./\n"), []byte("uses: OWNER/firstframe@COMMIT\n"), 1)
		}
		what := "written"
		err = writeNew(root, f.to, data)
		if errors.Is(err, fs.ErrExist) {
			what = "kept as it is"
		} else if err != nil {
			return fmt.Errorf("writing %s: %w", f.to, err)
		}
		fmt.Fprintf(stdout, "%s: %s\n", f.to, what)
	}
	steps := []string{
		"write the gallery's title and introduction into content/index.md",
		"commit and push",
		"on GitHub, Settings > Secrets and variables > Actions: add the secret USEAPI_TOKEN",
		"Settings > Pages > Source: choose GitHub Actions",
		"Actions > gallery: enable the workflow, and run it",
	}
	if !fork {
		steps = slices.Insert(steps, 1, "in "+workflow+" put the repository that has firstframe, and a commit of it, for OWNER/firstframe@COMMIT")
	}
	fmt.Fprintln(stdout, "What is left to do:")
	for i, step := range steps {
		fmt.Fprintf(stdout, "  %d. %s\n", i+1, step)
	}
	return nil
}

// writeNew writes a file that must not be there.
func writeNew(root *os.Root, name string, data []byte) error {
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
