package command

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"firstframe/command/terminal"
	"firstframe/render/plainfs"
)

// workflowFile is the file that builds a gallery on GitHub.
const workflowFile = ".github/workflows/gallery.yml"

// starterFile is a file that --init writes.
type starterFile struct {
	name string
	data []byte
}

// writeStarter writes the settings, the first words and the workflow of a gallery into a folder, and
// prints what the owner must do next. It leaves existing files as they are. What cannot be written
// is found before the first file is written.
func writeStarter(starter fs.FS, flags *pflag.FlagSet, dir string, ui *terminal.Terminal) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("opening the folder: %w", err)
	}
	defer root.Close()
	_, err = root.Stat("action.yml")
	fork := err == nil
	from := programOrigin()
	var files []starterFile
	for _, f := range []struct{ from, to string }{
		{".github/init/firstframe.yaml", configName},
		{"", schemaName},
		{".github/init/gitignore", ".gitignore"},
		{".github/init/content/index.md", "content/index.md"},
		{".github/init/content/images/example.txt", "content/images/example.txt"},
		{workflowFile, workflowFile},
		{".github/init/dependabot.yml", ".github/dependabot.yml"},
	} {
		var data []byte
		if f.to == schemaName {
			data = schema(flags)
		} else if data, err = fs.ReadFile(starter, f.from); err != nil {
			return err
		}
		if f.to == workflowFile && !fork {
			data = bytes.Replace(data, []byte("uses: ./\n"), []byte("uses: "+from.action()+"\n"), 1)
		}
		if err := checkNew(root, f.to); err != nil {
			return err
		}
		files = append(files, starterFile{f.to, data})
	}
	for _, f := range files {
		what := "written"
		err = plainfs.WriteNew(root, f.name, f.data)
		if errors.Is(err, fs.ErrExist) {
			what = "exists already, and is unchanged"
		} else if err != nil {
			return fmt.Errorf("writing %s: %w", f.name, err)
		}
		if err := ui.Print(f.name + ": " + what + "\n"); err != nil {
			return err
		}
	}
	return ui.Print(nextSteps(fork || from.released()))
}

// nextSteps returns what the owner of a new gallery must do next. The workflow may name the action
// already, or only a placeholder for it.
func nextSteps(named bool) string {
	steps := []string{
		"write the gallery's title and introduction into content/index.md",
		"choose what is published in " + configName,
		"set USEAPI_TOKEN, and look at it here: firstframe --serve",
		"commit and push",
		"on GitHub, Settings > Secrets and variables > Actions: add the secret USEAPI_TOKEN",
		"Settings > Pages > Source: choose GitHub Actions",
		"Actions > gallery: run the workflow; in a fork, enable it first",
	}
	if !named {
		steps = slices.Insert(steps, 3,
			"in "+workflowFile+", replace OWNER/firstframe@COMMIT: OWNER by the account that has firstframe, COMMIT by the 40 digits of one of its commits")
	}
	text := "What to do next:\n"
	for i, step := range steps {
		text += fmt.Sprintf("  %d. %s\n", i+1, step)
	}
	return text
}

// checkNew returns an error if a file cannot be written, because something else is in its place or
// in that of one of its folders, or because its folder cannot be written. A file that exists is no
// error.
func checkNew(root *os.Root, name string) error {
	aside := func(what string) string { return "move " + what + " away, or run firstframe --init in another folder" }
	if info, err := root.Lstat(name); err == nil && !info.Mode().IsRegular() {
		return hinted(aside(name), "%s is not a plain file", name)
	} else if err == nil {
		return nil
	}
	parent := "." // the last folder that exists
	parts := strings.Split(path.Dir(name), "/")
	for i := range parts {
		folder := path.Join(parts[:i+1]...)
		info, err := root.Lstat(folder)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return fmt.Errorf("looking for the folder of %s: %w", name, err)
		case info.Mode()&fs.ModeSymlink != 0:
			return hinted(aside(folder), "%s is a symbolic link, so %s cannot be written in it", folder, name)
		case !info.IsDir():
			return hinted(aside(folder), "%s is not a folder, so %s cannot be written in it", folder, name)
		default:
			parent = folder
		}
	}
	// Only an attempt shows whether a folder can be written.
	probe := path.Join(parent, ".firstframe-init")
	if err := plainfs.WriteNew(root, probe, nil); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	if err := root.Remove(probe); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}
