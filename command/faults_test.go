package command

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The list of faults names only tests that there are.
func TestFaultsAreTested(t *testing.T) {
	list, err := os.ReadFile("../docs/faults.md")
	if err != nil {
		t.Fatal(err)
	}
	var source []byte
	err = filepath.WalkDir("..", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		data, err := os.ReadFile(name)
		source = append(source, data...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, match := range regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w+|[a-z]+\\.txtar)`").FindAllStringSubmatch(string(list), -1) {
		name := match[1]
		_, err := os.Stat("testdata/script/" + name)
		if !bytes.Contains(source, []byte("\nfunc "+name+"(")) && err != nil {
			t.Errorf("there is no %s", name)
		}
	}
}
