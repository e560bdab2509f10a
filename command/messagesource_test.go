package command

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestEveryMessageIsProvoked finds the texts in the source that a message can contain, and looks
// for each of them in testdata/messages.txt. So no message is written that nobody has read there.
func TestEveryMessageIsProvoked(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(messagesFile)
	must(t, err)
	excuses := map[string]bool{} // whether a text in the source needs it
	for _, group := range unprovoked {
		for _, format := range group.formats {
			excuses[format] = false
		}
	}
	for _, text := range messageTexts(t) {
		_, excused := excuses[text.format]
		provoked := text.pattern().Match(data)
		if excused {
			excuses[text.format] = true
		}
		switch {
		case provoked && excused:
			t.Errorf("%s: %q is provoked, so it needs no reason any more", text.place, text.format)
		case !provoked && !excused:
			t.Errorf("%s: nothing in %s provokes %q", text.place, messagesFile, text.format)
		}
	}
	for format, needed := range excuses {
		if !needed {
			t.Errorf("no message contains %q any more", format)
		}
	}
}

// unprovoked are texts that no case provokes, and why. Tests of the packages provoke most of them.
var unprovoked = []struct {
	why     string
	formats []string
}{
	{"only a terminal shows it", []string{
		"the token has one account, so --account is not needed",
		"choose accounts with --account ID, or with --account ID=Label if pages may show the label",
		"listing accounts",
		"the service answered with something that is not a list of accounts",
	}},
	{"it needs a broken disk or a broken network", []string{
		"after a change, interrupt firstframe and start it again",
		"%s: reading the folder: %v",
		"%s: not the record of an original",
		"not a list of files",
		"make the folder readable, or name another one with --pictures",
		"it cannot be read; check its permissions",
		"nothing arrived for %v",
		"no such host",
		"the host's name could not be resolved",
		"the certificate of the host cannot be trusted: ",
		"connecting took too long",
		"the connection failed",
		"it is for another name",
		"it has expired, or the clock here is wrong",
		"it is signed by an unknown authority",
		"it is not valid",
		"the compressed bytes of the answer are damaged",
		"in an unknown way",
	}},
	{"it depends on the moment", []string{
		"the host did not answer %d downloads in a row; the next run tries again",
		"it changed while it was read; the next run tries again",
		"%v; then the time was up",
		"the file has disappeared during this run; the next run makes it again",
		"%s has changed during this run; start it again",
		"%s was replaced while it was opened",
		"the time for all downloads and pictures ran out",
		" that cannot be downloaded now",
	}},
	{"it takes too long", []string{
		"reading all files takes longer than %v",
		"it takes longer than %v",
		"all texts together take longer than %v",
		"its template takes longer than %v, so it may never end",
	}},
	{"it takes too many files, or too large ones", []string{
		"%s no tags, because there are more than %s",
		"the answer is larger than %d MiB",
		"%s: there are more than %d different tags",
		"the result is larger than %s",
		"there are more than %s files and folders",
		"the files of the folder are larger than %[2]s together; the limit was reached at %[1]s",
		"parsing the templates: %s and the templates that it includes are larger than %s together",
		"there are more than %d texts about tags and months",
		"%s are more than the 1 GB that GitHub Pages takes; the largest files are %s; see docs/large-galleries.md",
		"it is too large to be searched for metadata; make sure that it has none",
		"the gallery is too large",
		"%w: it has more than %s images, %s other files, or %s keys, renditions, videos and tags",
		"%w: %s would have more than %s",
		"%w: one of the images would take more than %s in it",
		"too large: %d × %d pixels, and no side can have more than %s",
		"there are more than %[2]s files in the folder; the limit was reached at %[1]s",
		"free some space, and run it again: nothing is lost",
		"the folder %s has more than %s files",
		"reading %s: it is too large",
	}},
	{"it needs a service that sends strange things", []string{
		"a new image",
		"a file without a name",
		"the video has no clip yet",
		"the video has no cover",
		"the address of the file is not a URL",
		"more than %d redirects",
		"a redirect without an address",
		"exceeded max depth",
		"the file is not an MP4 video but %s",
		"video without id",
		"not a whole number of up to 32 bits",
		"the video has %d images, and only the first %d are read",
	}},
	{"it needs a site of an earlier version, or a strange one", []string{
		"it is not what its name says",
		"the camera data of %s cannot be read again: the originals are not in the cache",
		"%s: reading the camera data: %v",
		"%s of an earlier version may contain metadata that cannot be removed, and %s no longer published",
		"loads a file from",
		"sends its visitors or its links to",
		"%s an original or a clip that is not published, because it cannot be stripped: %s",
		"it contains more than the picture",
		"according to its name, it is not %d pixels wide",
		"it is %d × %d instead of %d × %d",
	}},
	{"it needs a program that was built in another way", []string{
		"build firstframe with -tags nodynamic",
	}},
	{"only a mistake in the program could show it", []string{
		"the host is silent",
		"nothing is known of the host",
		"%s: the limit is %d, below 0",
		"%s: the service's root must be an http or https URL, as in https://api.useapi.net",
		"%s: the service's root must have neither a user nor a query nor a fragment",
		"%s: the token contains a character that cannot be part of a token, such as a blank or a line break",
		"the request could not be made",
		"asking the service",
		"reading the words: there is no %s/%s.yaml",
		"files of type %s are not published",
		"unsupported type %q",
		"plainyaml: %s has the type %s, which is not supported",
		"the parser",
		"the picture is empty",
		"%s must have keys of its own, indented in the lines below it, not %s",
		"this YAML cannot be read: write each line in the form key: value, and put the values in quotes",
	}},
}

// messageFolders are the folders whose texts can be in messages.
var messageFolders = []string{
	"command", "command/terminal", "command/workshop", "fetch", "render", "render/check", "render/gallery", "render/media",
	"render/plainfs", "render/plainyaml", "render/secrets", "render/timebox",
}

// elsewhere are files whose texts no case provokes, and why.
var elsewhere = map[string]string{
	"command/limits.go":         "docs/limits.md lists them",
	"fetch/limits.go":           "docs/limits.md lists them",
	"render/limits.go":          "docs/limits.md lists them",
	"render/gallery/limits.go":  "docs/limits.md lists them",
	"render/media/limits.go":    "docs/limits.md lists them",
	"command/help.go":           "the help",
	"command/schema.go":         "the schema for editors",
	"command/workshop/site.go":  "a browser shows them; TestServer",
	"render/media/mp4.go":       "what is wrong with a damaged video",
	"render/media/mp4boxes.go":  "what is wrong with a damaged video",
	"render/media/mp4tables.go": "what is wrong with a damaged video",
	"render/media/mp4tracks.go": "what is wrong with a damaged video",
	"render/media/cmyk.go":      "what is wrong with a damaged picture",
	"render/media/decode.go":    "what is wrong with a damaged picture",
	"render/media/exif.go":      "what is wrong with a damaged picture",
	"render/media/png.go":       "what is wrong with a damaged picture",
	"render/media/webp.go":      "what is wrong with a damaged picture",

	"render/media/provenance.go": "XML, and what is wrong with somebody else's packet",
	"render/media/mark.go":       "the checker says which file has no packet",
	"render/media/gifmark.go":    "the checker says which file has no packet",
	"render/media/jpegmark.go":   "the checker says which file has no packet",
	"render/media/mp4mark.go":    "the checker says which file has no packet",
	"render/media/pngmark.go":    "the checker says which file has no packet",
	"render/media/webpmark.go":   "the checker says which file has no packet",
}

// messageText is a text that a message can contain: a format, or a part of one.
type messageText struct{ place, format string }

// prose is what makes a text a part of a message: two words.
var prose = regexp.MustCompile(`[a-z]{2,}[,;:]? [a-z]{2,}`)

// verb is a place for a value in a format.
var verb = regexp.MustCompile(`%[-+#.\d\[\]]*[a-zA-Z%]`)

// place is the form of a text that says only where an error happened. The error says the rest.
var place = regexp.MustCompile(`^[^:]*: %[wv]$`)

// pattern returns a pattern for the lines that the text can become.
func (m messageText) pattern() *regexp.Regexp {
	var b strings.Builder
	rest := m.format
	for {
		at := verb.FindStringIndex(rest)
		if at == nil {
			break
		}
		b.WriteString(regexp.QuoteMeta(rest[:at[0]]) + ".*")
		rest = rest[at[1]:]
	}
	return regexp.MustCompile(b.String() + regexp.QuoteMeta(rest))
}

// messageTexts returns the texts in the source that a message can contain.
func messageTexts(t *testing.T) []messageText {
	t.Helper()
	var texts []messageText
	for _, folder := range messageFolders {
		entries, err := os.ReadDir(filepath.Join(repositoryRoot(), folder))
		must(t, err)
		for _, e := range entries {
			name := folder + "/" + e.Name()
			if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || elsewhere[name] != "" {
				continue
			}
			texts = append(texts, textsOf(t, name)...)
		}
	}
	return texts
}

// textsOf returns the texts of one file.
func textsOf(t *testing.T, name string) []messageText {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, filepath.Join(repositoryRoot(), filepath.FromSlash(name)), nil, 0)
	must(t, err)
	var texts []messageText
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			return n.Name.Name != "define" // the help has what it says about the flags
		case *ast.ImportSpec, *ast.Field: // a field has a tag
			_, isField := n.(*ast.Field)
			return isField && n.(*ast.Field).Tag == nil
		case ast.Expr:
			text, ok := literal(n)
			if ok && prose.MatchString(text) && !strings.HasPrefix(text, "<") && !place.MatchString(text) {
				texts = append(texts, messageText{name + ":" + strconv.Itoa(set.Position(n.Pos()).Line), text})
			}
			return !ok
		}
		return true
	})
	return texts
}

// literal returns the value of a text in the source, also of one in several pieces, and whether n
// is a text.
func literal(n ast.Expr) (string, bool) {
	switch n := n.(type) {
	case *ast.BasicLit:
		if n.Kind == token.STRING {
			s, err := strconv.Unquote(n.Value)
			return s, err == nil
		}
	case *ast.BinaryExpr:
		left, ok := literal(n.X)
		right, also := literal(n.Y)
		return left + right, n.Op == token.ADD && ok && also
	}
	return "", false
}
