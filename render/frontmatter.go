package render

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"firstframe/render/plainyaml"
)

// captionFolder is the folder of the captions in the content.
const captionFolder = "images"

// contentReader reads the files of a content folder. It goes on after a mistake in a file, so that
// the owner hears of all of them at once.
type contentReader struct {
	dir      fs.FS
	shown    string // what messages call the folder; "" if they name only files in it
	warnings []string
	written  []writtenText // the texts that can have links
	faults   mistakes
}

// path returns the path of a file or folder as messages show it: from where the user is, so that
// terminals make a link of it.
func (r *contentReader) path(parts ...string) string {
	return path.Join(append([]string{r.shown}, parts...)...)
}

// forMarkdown calls f for every Markdown file of a folder, sorted by name. It returns the folders
// in it. An error of f is a mistake in the file. It checks the time between files: no single file
// takes long, but thousands made for that purpose would.
func (r *contentReader) forMarkdown(ctx context.Context, folder string, f func(name, file, text string) error) (folders []string, err error) {
	entries, err := fs.ReadDir(r.dir, folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		name, isMarkdown := strings.CutSuffix(e.Name(), ".md")
		file := r.path(folder, e.Name())
		switch {
		case strings.HasPrefix(name, "."):
			continue
		case e.IsDir():
			folders = append(folders, e.Name())
			continue
		case !isMarkdown && meansMarkdown.MatchString(name):
			r.faults.add(fmt.Errorf("%s is not read: its name must end in .md", file))
			continue
		case !isMarkdown:
			continue
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("reading all files takes longer than %v", contentTime)
		}
		data, err := fs.ReadFile(r.dir, path.Join(folder, e.Name()))
		if err != nil {
			return nil, err
		}
		text, err := plainyaml.Text(file, data)
		if err == nil {
			err = f(name, file, text)
		}
		r.faults.add(err)
	}
	return folders, nil
}

// meansMarkdown matches the names of files that their owners take for Markdown. Some editors add
// .txt, and hide it. Such a file is an error: an image must not be published because the caption
// that hides it is not read.
var meansMarkdown = regexp.MustCompile(`(?i)\.(md|mkd|mdown|markdown)(\.txt)?$`)

// contentFolders are the folders of the content that are read, and what they contain.
var contentFolders = map[string]string{
	captionFolder: "captions", tagTextFolder: "texts about tags", monthTextFolder: "texts about months",
}

// folderMeant returns the folder of the content whose name a name looks like, or "". On macOS and
// Windows, Images is the same as images.
func folderMeant(name string) string {
	for folder := range contentFolders {
		if strings.TrimSuffix(strings.ToLower(name), "s") == strings.TrimSuffix(folder, "s") {
			return folder
		}
	}
	return ""
}

// checkFolderNames refuses a folder of the content that its owner takes for one that is read.
func (r *contentReader) checkFolderNames(folders []string) {
	for _, name := range folders {
		if meant := folderMeant(name); meant != "" && meant != name {
			r.faults.add(fmt.Errorf("the folder %s is not read: rename it to %s, which is for %s", r.path(name), r.path(meant), contentFolders[meant]))
		}
	}
}

// warnNotRead adds a warning for each of the folders in a folder that is read.
func (r *contentReader) warnNotRead(parent string, folders []string) {
	for _, folder := range folders {
		r.warnings = append(r.warnings, fmt.Sprintf("the folder %s is not read", r.path(parent, folder)))
	}
}

// warnOfFolders adds a warning for each other folder with Markdown in it. It is called when all files
// have been read, because the files in such folders count for the limits, too.
func (r *contentReader) warnOfFolders(folders []string) {
	for _, name := range folders {
		if folderMeant(name) == "" && r.hasMarkdown(name) {
			r.warnings = append(r.warnings, fmt.Sprintf("the folder %s is not read: captions are in %s, and pages in %s",
				r.path(name), r.path(captionFolder), cmp.Or(r.shown, "the content folder")))
		}
	}
}

// hasMarkdown reports whether there is Markdown in a folder. It looks no further after an error:
// what cannot be read here does no harm.
func (r *contentReader) hasMarkdown(folder string) (found bool) {
	_ = fs.WalkDir(r.dir, folder, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case strings.HasPrefix(d.Name(), ".") && d.IsDir():
			return fs.SkipDir
		case !d.IsDir() && meansMarkdown.MatchString(name):
			found = true
			return fs.SkipAll
		}
		return nil
	})
	return found
}

// openingFence and closingFence match the lines around front matter. Blanks at their ends cannot be
// seen, so they do not count.
var (
	openingFence = regexp.MustCompile(`^---[ \t]*\n`)
	closingFence = regexp.MustCompile(`(?m)^---[ \t]*$\n?`)
)

// parseFrontMatter decodes what stands between two lines of "---" at the top of a file into fields,
// and returns the rest. unknown are the keys that fields does not have.
func parseFrontMatter(file, text string, fields any) (body string, unknown []plainyaml.Problem, err error) {
	opening := openingFence.FindString(text)
	if opening == "" {
		return text, nil, checkMarkdown(file, text, 0)
	}
	rest := text[len(opening):]
	closing := closingFence.FindStringIndex(rest)
	if closing == nil {
		return "", nil, fmt.Errorf("%s:1: the front matter is not closed: a line of --- is missing", file)
	}
	front, body := rest[:closing[0]], rest[closing[1]:]
	if unknown, err = plainyaml.Decode(file, 2, []byte(front), fields); err != nil {
		return "", unknown, err
	}
	before := strings.Count(text, "\n") - strings.Count(body, "\n")
	return body, unknown, checkMarkdown(file, body, before)
}

// frontMatter decodes front matter into fields, and stores the rest of the file in body. Unknown keys
// are warnings.
func (r *contentReader) frontMatter(file, text string, fields any, body *string) error {
	rest, unknown, err := parseFrontMatter(file, text, fields)
	for _, problem := range unknown {
		r.warnings = append(r.warnings, problem.Error())
	}
	*body = rest
	if rest == text && err == nil {
		r.warnOfMissingFence(file, text, fields)
	}
	if canLink(rest) {
		r.written = append(r.written, writtenText{file, strings.Count(text, "\n") - strings.Count(rest, "\n"), rest})
	}
	return err
}

// wrongValue returns an error about the value of a key in the front matter of a text.
func wrongValue(file, text, key, problem string) error {
	front := text[len(openingFence.FindString(text)):]
	if closing := closingFence.FindStringIndex(front); closing != nil {
		front = front[:closing[0]]
	}
	return plainyaml.Problem{File: file, Line: 1 + plainyaml.Lines([]byte(front))[key], Text: key + " " + problem}
}

// fenceMeant and keyMeant match lines that look like those of front matter.
var (
	fenceMeant = regexp.MustCompile(`^[ \t]*(--+|\+\+\++|[\x{2013}-\x{2015}]+)[ \t]*$`)
	keyMeant   = regexp.MustCompile(`^[ \t]*["']?(\w+)["']?[ \t]*[:=]([ \t]|$)`)
)

// warnOfMissingFence adds a warning if a text without front matter begins like front matter: with one
// of the keys of fields, perhaps below another line than the one that is expected.
func (r *contentReader) warnOfMissingFence(file, text string, fields any) {
	begin := strings.TrimLeft(text, "\n")
	number := 1 + len(text) - len(begin)
	line, rest, _ := strings.Cut(begin, "\n")
	wrong := "the line --- above it is missing"
	if fenceMeant.MatchString(line) {
		line, _, _ = strings.Cut(rest, "\n")
		wrong = "it does not begin with --- in the first line"
	}
	if key := keyMeant.FindStringSubmatch(line); key != nil && plainyaml.HasKey(fields, strings.ToLower(key[1])) {
		r.warnings = append(r.warnings, fmt.Sprintf("%s:%d: this looks like front matter, but %s, so it is shown as text", file, number, wrong))
	}
}

// saysHidden matches a line that seems to hide an image, however it is written.
var saysHidden = regexp.MustCompile(`(?im)^[\pZ\t"']*hidden[\pZ\t"']*[:=][\pZ\t"']*(true|false|yes|no|on|off|null|[~10])?[\pZ\t"']*(#.*)?$`)

// checkHidden refuses a caption in which a line about hiding has no effect: a key without a value
// or in other letters, or a line in the text, because a mark of the front matter is wrong. The
// image would be published, and a warning would come too late.
func checkHidden(file, text string, caption Caption) error {
	if caption.Hidden != nil {
		return nil
	}
	at := saysHidden.FindStringIndex(text)
	if at == nil {
		return nil
	}
	line := 1 + strings.Count(text[:at[0]], "\n")
	return fmt.Errorf("%s:%d: this hides nothing: write hidden: true or hidden: false, in small letters, "+
		"and between two lines of --- at the top", file, line)
}
