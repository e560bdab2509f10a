package render

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"firstframe/render/plainyaml"
)

// captionFolder is the folder of the captions in the content.
const captionFolder = "images"

// forMarkdown calls f for every Markdown file of a folder, sorted by name. It returns the folders
// in it. It checks the time between files: no single file takes long, but thousands made for that
// purpose would.
func forMarkdown(ctx context.Context, dir fs.FS, folder string, f func(name, file, text string) error) (folders []string, err error) {
	entries, err := fs.ReadDir(dir, folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		name, isMarkdown := strings.CutSuffix(e.Name(), ".md")
		file := path.Join(folder, e.Name())
		switch {
		case strings.HasPrefix(name, "."):
			continue
		case e.IsDir():
			folders = append(folders, e.Name())
			continue
		case !isMarkdown && meansMarkdown.MatchString(name):
			return nil, fmt.Errorf("%s is not read: its name must end in .md", file)
		case !isMarkdown:
			continue
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("reading all files takes longer than %v", contentTime)
		}
		data, err := fs.ReadFile(dir, file)
		if err != nil {
			return nil, err
		}
		text, err := plainyaml.Text(file, data)
		if err != nil {
			return nil, err
		}
		if err := f(name, file, text); err != nil {
			return nil, err
		}
	}
	return folders, nil
}

// meansMarkdown matches the names of files that their owners take for Markdown. Some editors add
// .txt, and hide it. Such a file is an error: an image must not be published because the caption
// that hides it is not read.
var meansMarkdown = regexp.MustCompile(`(?i)\.(md|mkd|mdown|markdown)(\.txt)?$`)

// checkFolderNames refuses a folder of the content that its owner takes for the captions' folder.
// On macOS and Windows, Images is the same as images.
func checkFolderNames(folders []string) error {
	for _, name := range folders {
		if name != captionFolder && slices.Contains([]string{captionFolder, "image"}, strings.ToLower(name)) {
			return fmt.Errorf("the folder %s is not read: captions are in %s", name, captionFolder)
		}
	}
	return nil
}

// openingFence and closingFence match the lines around front matter. Blanks at their ends cannot be
// seen, so they do not count.
var (
	openingFence = regexp.MustCompile(`^---[ \t]*\n`)
	closingFence = regexp.MustCompile(`(?m)^---[ \t]*$\n?`)
)

// parseFrontMatter decodes what stands between two lines of "---" at the top of a file into fields,
// and returns the rest. unknown are warnings about keys that fields does not have.
func parseFrontMatter(file, text string, fields any) (body string, unknown []string, err error) {
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
	strange, err := plainyaml.Decode(file, 2, []byte(front), fields)
	for _, problem := range strange {
		unknown = append(unknown, problem.Error())
	}
	if err != nil {
		return "", unknown, err
	}
	before := strings.Count(text, "\n") - strings.Count(body, "\n")
	return body, unknown, checkMarkdown(file, body, before)
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
	return fmt.Errorf("%s:%d: this hides nothing: say hidden: true or hidden: false, in small letters, "+
		"and between two lines of --- at the top", file, line)
}
