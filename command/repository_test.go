package command

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"testing/fstest"
)

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
