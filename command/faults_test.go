package command

import (
	"go/ast"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestFaultsAreTested checks that every test and every script in the list of faults exists.
func TestFaultsAreTested(t *testing.T) {
	list, err := os.ReadFile("../docs/faults.md")
	must(t, err)
	exists := map[string]bool{}
	for name, file := range goFiles(t) {
		if !strings.HasSuffix(name, "_test.go") {
			continue
		}
		for _, d := range file.tree.Decls {
			if function, ok := d.(*ast.FuncDecl); ok && function.Recv == nil {
				exists[function.Name.Name] = true
			}
		}
	}
	scripts, err := os.ReadDir("testdata/script")
	must(t, err)
	for _, script := range scripts {
		exists[script.Name()] = true
	}
	names := regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w+|[a-z]+\\.txtar)`").FindAllStringSubmatch(string(list), -1)
	if len(names) < 100 {
		t.Errorf("docs/faults.md names only %d tests", len(names))
	}
	for _, match := range names {
		if !exists[match[1]] {
			t.Errorf("docs/faults.md names %s, which does not exist", match[1])
		}
	}
}
