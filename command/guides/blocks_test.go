//go:build unix

package guides

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

// root is the folder of the repository.
const root = "../.."

// block is a block of code in a guide.
type block struct {
	guide string // path of the guide, from the root
	line  int    // of its first line
	info  string // what stands after ```: a language and, of a file, its path; "" if it is indented
	text  string
	used  atomic.Bool // a test has run it or has used it as a file
}

// String returns the place of a block, and how it begins.
func (b *block) String() string {
	first, _, _ := strings.Cut(b.text, "\n")
	return fmt.Sprintf("%s:%d: %q", b.guide, b.line, first)
}

// lines returns the lines of a block that are not empty.
func (b *block) lines() []string {
	var lines []string
	for line := range strings.Lines(b.text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// file returns the path of the file that a block shows, or "" if it shows none.
func (b *block) file() string {
	language, name, _ := strings.Cut(b.info, " ")
	if language == "sh" {
		return ""
	}
	return name
}

// readGuides returns the blocks of the README, CONTRIBUTING.md and all guides, by guide.
func readGuides(t *testing.T) map[string][]*block {
	t.Helper()
	names, err := filepath.Glob(root + "/docs/*.md")
	check(t, err)
	guides := map[string][]*block{}
	for _, name := range append(names, root+"/README.md", root+"/CONTRIBUTING.md") {
		source, err := os.ReadFile(name)
		check(t, err)
		guide, err := filepath.Rel(root, name)
		check(t, err)
		guides[filepath.ToSlash(guide)] = readBlocks(t, filepath.ToSlash(guide), source)
	}
	return guides
}

// readBlocks returns the blocks of a guide.
func readBlocks(t *testing.T, guide string, source []byte) []*block {
	t.Helper()
	var blocks []*block
	err := ast.Walk(goldmark.New().Parser().Parse(text.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		info := ""
		switch n := n.(type) {
		case *ast.FencedCodeBlock:
			if n.Info != nil {
				info = string(n.Info.Value(source))
			}
		case *ast.CodeBlock:
		default:
			return ast.WalkContinue, nil
		}
		if entering && n.Lines().Len() > 0 {
			line := 1 + strings.Count(string(source[:n.Lines().At(0).Start]), "\n")
			blocks = append(blocks, &block{guide: guide, line: line, info: info, text: string(n.Lines().Value(source))})
		}
		return ast.WalkContinue, nil
	})
	check(t, err)
	return blocks
}

// find returns the only block of a guide that contains a text, and notes that it is used.
func find(t *testing.T, guides map[string][]*block, guide, text string) *block {
	t.Helper()
	var found []*block
	for _, b := range guides[guide] {
		if strings.Contains(b.text, text) {
			found = append(found, b)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%s has %d blocks with %q, want one: %v", guide, len(found), text, found)
	}
	found[0].used.Store(true)
	return found[0]
}
