package render

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// captionFolder is the folder of the captions in the content.
const captionFolder = "images"

// forMarkdown calls f for every Markdown file of a folder, sorted by name. It returns the folders
// in it. It checks the time between files: no single file takes long, but thousands made for that
// purpose would.
func forMarkdown(ctx context.Context, dir fs.FS, folder string, f func(name, file string, data []byte) error) (folders []string, err error) {
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
		if data, err = unixText(file, data); err != nil {
			return nil, err
		}
		if err := f(name, file, data); err != nil {
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

// unixText returns text with Unix line ends and without a byte order mark. It refuses bytes that
// are not UTF-8, because they would get onto the page. Windows writes UTF-16 in some places, in
// which no front matter would be found; without a mark it has a zero beside its first letter.
func unixText(file string, data []byte) ([]byte, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) || bytes.IndexByte(data[:min(len(data), 2)], 0) >= 0 {
		return nil, fmt.Errorf("%s: it is not UTF-8: save it in that encoding", file)
	}
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	return bytes.ReplaceAll(data, []byte("\r"), []byte("\n")), nil
}

// parseFrontMatter decodes what stands between two lines of "---" at the top of a file into fields,
// and returns the rest. unknown are warnings about keys that fields does not have.
func parseFrontMatter(file string, data []byte, fields any) (body string, unknown []string, err error) {
	rest, found := bytes.CutPrefix(data, []byte("---\n"))
	if !found {
		return string(data), nil, checkMarkdown(file, string(data), 0)
	}
	front, after, found := bytes.Cut(append([]byte("\n"), rest...), []byte("\n---\n"))
	if !found {
		if front, found = bytes.CutSuffix(front, []byte("\n---")); !found {
			return "", nil, fmt.Errorf("%s:1: the front matter is not closed: a line of --- is missing", file)
		}
	}
	// The cut leaves an empty first line in place of the opening mark, so that the parser counts
	// lines as an editor does.
	if unknown, err = decodeYAML(file, front, fields); err != nil {
		return "", nil, err
	}
	before := bytes.Count(data, []byte("\n")) - bytes.Count(after, []byte("\n"))
	return string(after), unknown, checkMarkdown(file, string(after), before)
}

// saysHidden matches a line that seems to hide an image, however it is written.
var saysHidden = regexp.MustCompile(`(?im)^[\pZ\t"']*hidden[\pZ\t"']*[:=][\pZ\t"']*(true|false|yes|no|on|off|null|[~10])?[\pZ\t"']*(#.*)?$`)

// checkHidden refuses a caption in which a line about hiding has no effect: a key without a value
// or in other letters, or a line in the text, because a mark of the front matter is wrong. The
// image would be published, and a warning would come too late.
func checkHidden(file string, data []byte, caption Caption) error {
	if caption.Hidden != nil {
		return nil
	}
	at := saysHidden.FindIndex(data)
	if at == nil {
		return nil
	}
	line := 1 + bytes.Count(data[:at[0]], []byte("\n"))
	return fmt.Errorf("%s:%d: this hides nothing: say hidden: true or hidden: false, in small letters, "+
		"and between two lines of --- at the top", file, line)
}
