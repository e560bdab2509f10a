package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/dustin/go-humanize"

	"firstframe/command/terminal"
	"firstframe/render/check"
	"firstframe/render/gallery"
)

// checkOut is the value of --check without a folder. It stands for the folder of --out.
const checkOut = "--out"

// checked is what --check found. --json prints it as it is.
type checked struct {
	Out      string          `json:"out"`
	Images   int             `json:"images"`
	Files    int             `json:"files"`
	Bytes    int64           `json:"bytes"` // of all published files
	Errors   []check.Finding `json:"errors"`
	Warnings []check.Finding `json:"warnings"`
	Exit     int             `json:"exit"`
}

// checkSite reports what is wrong with the site in a folder, and returns the exit code. It sends no
// request and writes nothing.
func checkSite(ctx context.Context, o options, ui *terminal.Terminal) (int, error) {
	root, err := os.OpenRoot(o.check)
	if errors.Is(err, fs.ErrNotExist) {
		hint := ""
		if o.check == o.out {
			hint = "run firstframe first, which builds the site"
		}
		return 0, hinted(hint, "there is no folder %s", o.check)
	}
	if err != nil {
		return 0, fmt.Errorf("checking %s: %w", o.check, err)
	}
	defer root.Close()
	checks := check.Options{BaseURL: o.baseURL, Secrets: o.unpublishable(), Source: o.sourceOf}
	report, err := check.Site(ctx, root.FS(), checks)
	if err != nil {
		return 0, fmt.Errorf("checking %s: %w", o.check, err)
	}
	c := checked{
		Out: o.check, Images: report.Images, Files: report.Files, Bytes: report.Bytes,
		Errors: cleaned(ui, report.Errors), Warnings: cleaned(ui, report.Warnings),
	}
	for _, f := range c.Warnings {
		ui.Warn("%s", f)
	}
	for _, f := range c.Errors {
		ui.Error("%s", f)
	}
	if len(c.Errors) > 0 {
		c.Exit = exitFailed
	}
	switch {
	case o.json:
		return c.Exit, ui.Document(c)
	case o.quiet:
		return c.Exit, nil
	}
	return c.Exit, ui.Result(c.summary())
}

// sourceOf returns the file of the owner's that a file of the site was made from: a static file, or
// the text of a page. It returns "" for all others.
func (o options) sourceOf(name string) string {
	var sources []string
	if o.static != "" {
		sources = append(sources, filepath.Join(o.static, filepath.FromSlash(name)))
	}
	if page, ok := strings.CutSuffix(name, "/"+gallery.IndexName); ok && o.content != "" && !strings.Contains(page, "/") {
		sources = append(sources, filepath.Join(o.content, page+".md"))
	}
	for _, source := range sources {
		if info, err := os.Lstat(source); err == nil && info.Mode().IsRegular() {
			return filepath.ToSlash(source)
		}
	}
	return ""
}

// summary returns what was found, in one line.
func (c checked) summary() string {
	found := "no errors"
	if n := len(c.Errors); n > 0 {
		found = count(n, "error")
	}
	if n := len(c.Warnings); n > 0 {
		found += ", " + count(n, "warning")
	}
	return fmt.Sprintf("%s in %s: %s, %s, %s", found, c.Out, count(c.Images, "image"), count(c.Files, "file"),
		humanize.Bytes(uint64(c.Bytes)))
}

// cleaned returns the findings with everything from the site made harmless to print.
func cleaned(ui *terminal.Terminal, findings []check.Finding) []check.Finding {
	clean := make([]check.Finding, len(findings))
	for i, f := range findings {
		clean[i] = check.Finding{File: ui.Clean(f.File), Source: ui.Clean(f.Source), Problem: ui.Clean(f.Problem)}
		for _, name := range f.Also {
			clean[i].Also = append(clean[i].Also, ui.Clean(name))
		}
	}
	return clean
}
