package command

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"firstframe": func() { Main(repositoryFiles()) }})
}

// repository is the root of this repository, whatever the working directory: scripts run the test
// binary as the command, in folders of their own.
func repository() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..")
}

// repositoryFiles are the Files that package main embeds.
func repositoryFiles() Files {
	root := os.DirFS(repository())
	ignore, err := os.ReadFile(filepath.Join(repository(), "out.gitignore"))
	if err != nil {
		panic(err)
	}
	return Files{Theme: root, Starter: root, GitIgnore: ignore}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// writeFiles writes files below dir. Their names have slashes. None may exist.
func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	tree := fstest.MapFS{}
	for name, text := range files {
		tree[name] = &fstest.MapFile{Data: []byte(text)}
	}
	if err := os.CopyFS(dir, tree); err != nil {
		t.Fatal(err)
	}
}

func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		return otherwise
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		t.Fatalf("%s is %q, not a number above 0", name, value)
	}
	return n
}
