package command

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// These package comments are tables of contents. Every file that they name exists, and all but that
// of main name every file of their package.
func TestContents(t *testing.T) {
	for source, complete := range map[string]bool{
		"../main.go": false, "command.go": true, "terminal/terminal.go": true,
		"../render/doc.go": true, "../render/gallery/doc.go": true, "../render/check/check.go": true, "../render/plainfs/folder.go": true,
	} {
		file, err := parser.ParseFile(token.NewFileSet(), source, nil, parser.ParseComments|parser.PackageClauseOnly)
		if err != nil {
			t.Fatal(err)
		}
		folder := filepath.Dir(source)
		named := map[string]bool{}
		for _, name := range regexp.MustCompile(`[a-z/]+\.go\b`).FindAllString(file.Doc.Text(), -1) {
			named[name] = true
			if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
				t.Errorf("the package comment in %s names %s: %v", source, name, err)
			}
		}
		if len(named) == 0 {
			t.Errorf("the package comment in %s names no file", source)
		}
		names, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if base := filepath.Base(name); complete && base != "doc.go" && !strings.HasSuffix(base, "_test.go") && !named[base] {
				t.Errorf("the package comment in %s does not name %s", source, base)
			}
		}
	}
}
