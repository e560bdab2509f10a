package command

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"

	"github.com/spf13/pflag"

	"firstframe/command/terminal"
)

// workflowFile is the file that builds a gallery on GitHub.
const workflowFile = ".github/workflows/gallery.yml"

// writeStarter writes the settings, the first words and the workflow of a gallery into a folder, and
// prints what the owner must do next. It leaves existing files as they are.
func writeStarter(starter fs.FS, flags *pflag.FlagSet, dir string, ui *terminal.Terminal) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("opening the folder: %w", err)
	}
	defer root.Close()
	_, err = root.Stat("action.yml")
	fork := err == nil
	for _, f := range []struct{ from, to string }{
		{".github/init/firstframe.yaml", configName},
		{"", schemaName},
		{".github/init/content/index.md", "content/index.md"},
		{".github/init/content/images/example.txt", "content/images/example.txt"},
		{workflowFile, workflowFile},
	} {
		data, err := schema(flags), error(nil)
		if f.to != schemaName {
			data, err = fs.ReadFile(starter, f.from)
		}
		if err != nil {
			return err
		}
		if f.to == workflowFile && !fork {
			data = bytes.Replace(data, []byte("uses: ./\n"), []byte("uses: OWNER/firstframe@COMMIT\n"), 1)
		}
		what := "written"
		err = writeNew(root, f.to, data)
		if errors.Is(err, fs.ErrExist) {
			what = "exists already, and is unchanged"
		} else if err != nil {
			return fmt.Errorf("writing %s: %w", f.to, err)
		}
		if err := ui.Print(f.to + ": " + what + "\n"); err != nil {
			return err
		}
	}
	return ui.Print(nextSteps(fork))
}

// nextSteps returns what the owner of a new gallery must do next, in a fork of this repository or
// in another one.
func nextSteps(fork bool) string {
	steps := []string{
		"write the gallery's title and introduction into content/index.md",
		"choose what is published in " + configName,
		"commit and push",
		"on GitHub, Settings > Secrets and variables > Actions: add the secret USEAPI_TOKEN",
		"Settings > Pages > Source: choose GitHub Actions",
		"Actions > gallery: enable the workflow, and run it",
	}
	if !fork {
		steps = slices.Insert(steps, 2,
			"in "+workflowFile+", replace OWNER/firstframe@COMMIT with the repository that has firstframe, and one of its commits")
	}
	text := "What to do next:\n"
	for i, step := range steps {
		text += fmt.Sprintf("  %d. %s\n", i+1, step)
	}
	return text
}

// writeNew writes a file. It returns an error if the file exists.
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
