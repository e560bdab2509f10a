package command

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"

	"firstframe/render/check"
)

// document is a parsed document of the repository.
type document struct {
	source   string
	links    []string        // targets of links and images
	spans    []string        // code spans
	lines    []string        // lines of code blocks, without blanks around them
	settings []string        // blocks of code that are files of settings
	paths    []string        // code spans that are paths
	headings map[string]bool // ids of the headings
}

// repositoryPath matches a code span that names a file or folder of the repository: one word with a
// slash or a known extension.
var repositoryPath = regexp.MustCompile(`^\.?[\w-]+(/[\w.-]+)*(/|\.(go|md|yml|yaml|html|js|css|txtar))$|^\.?[\w-]+(/[\w.-]+)+$`)

// readDocument parses a Markdown file. It fails the test if the file cannot be read.
func readDocument(t *testing.T, name string) document {
	t.Helper()
	source, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	doc := document{source: string(source), headings: map[string]bool{}}
	markdown := goldmark.New(goldmark.WithExtensions(extension.Table), goldmark.WithParserOptions(parser.WithAutoHeadingID()))
	err = ast.Walk(markdown.Parser().Parse(text.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Link:
			doc.links = append(doc.links, string(n.Destination))
		case *ast.Image:
			doc.links = append(doc.links, string(n.Destination))
		case *ast.Heading:
			if id, ok := n.AttributeString("id"); ok {
				doc.headings[string(id.([]byte))] = true
			}
		case *ast.CodeSpan:
			span := codeOf(n, source)
			doc.spans = append(doc.spans, span)
			if repositoryPath.MatchString(span) {
				doc.paths = append(doc.paths, span)
			}
		case *ast.FencedCodeBlock, *ast.CodeBlock:
			code := string(n.Lines().Value(source))
			for line := range strings.Lines(code) {
				doc.lines = append(doc.lines, strings.TrimSpace(line))
			}
			if strings.Contains(code, schemaName) {
				doc.settings = append(doc.settings, code)
			}
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// codeOf returns the text of a code span.
func codeOf(span *ast.CodeSpan, source []byte) string {
	var b strings.Builder
	for c := span.FirstChild(); c != nil; c = c.NextSibling() {
		b.Write(c.(*ast.Text).Segment.Value(source))
	}
	return b.String()
}

// TestLinksInDocuments checks that every relative link leads to a file, and to a heading in it.
func TestLinksInDocuments(t *testing.T) {
	var names []string
	for _, pattern := range []string{"../*.md", "../.github/*.md", "../docs/*.md", "../docs/*/*.md"} {
		found, err := filepath.Glob(pattern)
		must(t, err)
		names = append(names, found...)
	}
	if len(names) < 15 {
		t.Fatalf("only %d documents found", len(names))
	}
	for _, name := range names {
		for _, link := range readDocument(t, name).links {
			if strings.Contains(link, "://") {
				continue
			}
			path, heading, _ := strings.Cut(link, "#")
			target := name
			if path != "" {
				target = filepath.Join(filepath.Dir(name), path)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s: no such file", name, link)
			} else if heading != "" && !readDocument(t, target).headings[heading] {
				t.Errorf("%s links to %s: no such heading", name, link)
			}
		}
	}
}

// TestPathsInContributing checks that every file and folder that CONTRIBUTING.md names exists. A
// newcomer would search for the others in vain.
func TestPathsInContributing(t *testing.T) {
	paths := readDocument(t, "../CONTRIBUTING.md").paths
	if len(paths) < 20 {
		t.Errorf("only %d paths found: %q", len(paths), paths)
	}
	for _, path := range paths {
		if _, err := os.Stat(filepath.Join("..", path)); err != nil {
			t.Errorf("CONTRIBUTING.md names %s, which does not exist", path)
		}
	}
}

// TestWhereDoI checks that each change in the table of CONTRIBUTING.md names one or two files to
// begin with, and that the files contain the names that the table puts in parentheses after them.
func TestWhereDoI(t *testing.T) {
	guide, err := os.ReadFile("../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(guide), "\n## Where do I …?\n")
	table, _, _ = strings.Cut(table, "\n## ")
	rows := regexp.MustCompile(`(?m)^\| ((?:add|change|publish|read|support) .*?) \| (.*?) \|.*\|$`).FindAllStringSubmatch(table, -1)
	if len(rows) < 15 {
		t.Errorf("the table has %d changes, want 15 or more", len(rows))
	}
	for _, row := range rows {
		files := regexp.MustCompile("`[^`]+\\.[a-z]+`").FindAllString(row[2], -1)
		if len(files) < 1 || len(files) > 2 {
			t.Errorf("%s: begins with %d files, want one or two", row[1], len(files))
		}
	}
	name := regexp.MustCompile("`(\\w+)`")
	for _, place := range regexp.MustCompile("`([^` ]+\\.[a-z]+)` \\(([^)]*)\\)").FindAllStringSubmatch(table, -1) {
		source, err := os.ReadFile(filepath.Join("..", place[1]))
		if err != nil {
			t.Errorf("%v", err)
		}
		for _, named := range name.FindAllStringSubmatch(place[2], -1) {
			if !regexp.MustCompile(`\b` + named[1] + `\b`).Match(source) {
				t.Errorf("%s does not contain %s", place[1], named[1])
			}
		}
	}
}

// TestFieldsInDocuments checks that the guide lists every field that --json prints.
func TestFieldsInDocuments(t *testing.T) {
	fields := section(t, "docs/settings.md", "The result as JSON")
	for _, form := range []any{result{}, problem{}, failedRun{}, checked{}, check.Finding{}} {
		for _, name := range jsonFields(form) {
			if !strings.Contains(fields, "`"+name+"`") {
				t.Errorf("docs/settings.md does not say what the field %s of --json is", name)
			}
		}
	}
}

// TestStyleProperties compares the table of properties in docs/themes.md with the built-in style
// sheet.
func TestStyleProperties(t *testing.T) {
	properties := func(name string, form *regexp.Regexp, within func(string) string) map[string]string {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]string{}
		for _, match := range form.FindAllStringSubmatch(within(string(data)), -1) {
			found[match[1]] = match[2]
		}
		return found
	}
	sheet := properties("../assets/style.css", regexp.MustCompile(`(?m)^  (--[\w-]+): (.+);$`), func(s string) string {
		_, s, _ = strings.Cut(s, ":root {")
		s, _, _ = strings.Cut(s, "\n}")
		return s
	})
	table := properties("../docs/themes.md", regexp.MustCompile("(?m)^\\| `(--[\\w-]+)` \\|.*\\| `(.+)` \\|$"), func(s string) string { return s })
	if diff := cmp.Diff(sheet, table); diff != "" || len(sheet) < 10 {
		t.Errorf("docs/themes.md differs from assets/style.css, which has %d properties (-sheet +document):\n%s", len(sheet), diff)
	}
}
