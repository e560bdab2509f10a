package render

import (
	"context"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// An image that its owner hides must be hidden, or the run must end before it publishes the image.
// Otherwise a word that is not read because of a blank, an encoding or a name would publish it
// without a message.
func TestHiddenIsNeverMissed(t *testing.T) {
	for _, text := range []string{
		"---\nhidden: true\n---\n",
		"---\r\nhidden: true\r\n---\r\n",
		"---\rhidden: true\r---\r",
		"\ufeff---\nhidden: true\n---",
		"\n---\nhidden: true\n---\n",
		"\ufeff\n---\nhidden: true\n---\n",
		"--- \nhidden: true\n---\n",
		"\t---\nhidden: true\n---\n",
		"---\nhidden: true\n--- \n",
		"---\n---\nhidden: true\n---\n",
		"----\nhidden: true\n----\n",
		"\u200b---\nhidden: true\n---\n",
		"+++\nhidden = true\n+++\n",
		"hidden: true",
		"Words.\n\nHidden : yes\n",
		utf16Text("---\nhidden: true\n---\n", 0, 1),
		utf16Text("\ufeff---\nhidden: true\n---\n", 0, 1),
		utf16Text("\ufeff---\nhidden: true\n---\n", 1, 0),
		"---\nhidden: yes\n---\n",
		"---\nhidden:\n---\n",
		"---\nhidden: null\n---\n",
		"---\nHidden: true\n---\n",
		"---\nfoo: 1\nHIDDEN: true\n---\n",
		"---\n\u00a0hidden: true\n---\n",
		"---\nhidden: false\nhidden: true\n---\n",
		"---\n{\"hidden\": true}\n---\n",
	} {
		c, _, err := LoadContent(fstest.MapFS{"images/a.md": {Data: []byte(text)}})
		switch {
		case err == nil && !c.Captions["a"].hides():
			t.Errorf("%q: the image is published", text)
		case err != nil && !strings.HasPrefix(err.Error(), "images/a.md"):
			t.Errorf("%q: the error does not name the file: %v", text, err)
		}
	}
}

// utf16Text encodes ASCII with a byte order mark. low and high are the positions of the bytes.
func utf16Text(s string, low, high int) string {
	var b []byte
	for _, r := range s {
		pair := [2]byte{}
		pair[low], pair[high] = byte(r), byte(r>>8)
		b = append(b, pair[:]...)
	}
	return string(b)
}

// A further page may contain a line that would hide an image.
func TestHiddenInAPage(t *testing.T) {
	if _, _, err := LoadContent(fstest.MapFS{"help.md": {Data: []byte("Write this:\n\n    ---\n    hidden: true\n    ---\n")}}); err != nil {
		t.Error(err)
	}
}

// A caption that is not read because of its name is an error: macOS and Windows take different
// names for the same, and editors add an extension that they do not show.
func TestCaptionsThatAreNotRead(t *testing.T) {
	text := &fstest.MapFile{Data: []byte("---\nhidden: true\n---\n")}
	for name, want := range map[string]string{
		"images/a.MD":       "images/a.MD is not read: its name must end in .md",
		"images/a.markdown": "images/a.markdown is not read: its name must end in .md",
		"images/a.md.txt":   "images/a.md.txt is not read: its name must end in .md",
		"Images/a.md":       "the folder Images is not read: rename it to images, which is for captions",
		"image/a.md":        "the folder image is not read: rename it to images, which is for captions",
	} {
		_, _, err := LoadContent(fstest.MapFS{name: text})
		if err == nil || err.Error() != want {
			t.Errorf("%s: got error %v, want %q", name, err, want)
		}
	}
	deep := "images" + strings.Repeat("/d", maxCaptionDepth)
	_, warnings, err := LoadContent(fstest.MapFS{deep + "/a.md": text, deep + "/too/deep.md": text})
	if want := "the folder " + deep + "/too is not read"; err != nil || len(warnings) != 1 || warnings[0] != want {
		t.Errorf("a deep folder in images: got %q, %v, want %q", warnings, err, want)
	}
	_, warnings, err = LoadContent(fstest.MapFS{
		"images/a.md": text, "images/example.txt": text, "images/.keep": text, "photos/a.jpg": text, ".git/a.md": text,
		"images/.DS_Store/x": &fstest.MapFile{Mode: fs.ModeDir},
	})
	if err != nil || len(warnings) > 0 {
		t.Errorf("names that mean nothing: got %q, %v", warnings, err)
	}
}

// Words must be UTF-8. Other bytes would be on the page as they are, and two wrong ones have the
// same hash, so a change would not reach the page.
func TestWordsAreUTF8(t *testing.T) {
	for name, text := range map[string]string{"about.md": "caf\xe9", "index.md": "---\ntitle: caf\xe9\n---\n", "images/a.md": "a\x00b"} {
		_, _, err := LoadContent(fstest.MapFS{name: {Data: []byte(text)}})
		if want := name + ":"; err == nil || !strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), "UTF-8") {
			t.Errorf("%s: got error %v", name, err)
		}
	}
	if _, _, err := LoadContent(fstest.MapFS{"about.md": {Data: []byte("\ufeffcafé 🌊")}}); err != nil {
		t.Error(err)
	}
}

// The YAML of one file can take two seconds, and there can be thousands of files.
func TestContentOutOfTime(t *testing.T) {
	dir := fstest.MapFS{"a.md": {Data: []byte("a")}}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := (&contentReader{dir: dir}).forMarkdown(ctx, ".", func(string, string, string) error { return nil })
	if want := "reading all files takes longer than 1m0s"; err == nil || err.Error() != want {
		t.Errorf("got error %v, want %q", err, want)
	}
}

// Front matter that is shown as text, because of a slip in the lines around it, is a warning with the
// line. A text that only looks a little like it is none.
func TestLooksLikeFrontMatter(t *testing.T) {
	const missing = "this looks like front matter, but the line --- above it is missing, so it is shown as text"
	const misplaced = "this looks like front matter, but it does not begin with --- in the first line, so it is shown as text"
	for text, want := range map[string]string{
		"title: A\nalt: B\n---\nWords":     "images/a.md:1: " + missing,
		"title: A":                         "images/a.md:1: " + missing,
		"\n\nTitle : A\n":                  "images/a.md:3: " + missing,
		"tags:\n- a\n":                     "images/a.md:1: " + missing,
		"\n---\ntitle: A\n---\nWords":      "images/a.md:2: " + misplaced,
		"+++\ntitle = \"A\"\n+++\nWords":   "images/a.md:1: " + misplaced,
		"----\ntitle: A\n----\nWords":      "images/a.md:1: " + misplaced,
		"\u2014\ntitle: A\n\u2014\n":       "images/a.md:1: " + misplaced,
		"# Words\n---\ntitle: A\n---\n":    "",
		"Title: this is not":               "images/a.md:1: " + missing,
		"The title: A":                     "",
		"titles: A":                        "",
		"https://example.org/":             "",
		"title":                            "",
		"***\nWords: after a line":         "",
		"---\nalt: B\n---\ntitle: as text": "",
		"":                                 "",
	} {
		_, warnings, err := LoadContent(fstest.MapFS{"images/a.md": {Data: []byte(text)}})
		if got := strings.Join(warnings, "; "); err != nil || got != want {
			t.Errorf("%q: got the warnings %q and error %v, want %q", text, got, err, want)
		}
	}
	// The keys are those of the file: a page has no cover, and a tag has one.
	_, warnings, err := LoadContent(fstest.MapFS{"a.md": {Data: []byte("cover: a.jpg\n")}, "tags/b.md": {Data: []byte("cover: a.jpg\n")}})
	if want := []string{"tags/b.md:1: " + missing}; err != nil || !slices.Equal(warnings, want) {
		t.Errorf("got the warnings %q and error %v, want %q", warnings, err, want)
	}
}
