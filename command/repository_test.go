package command

import (
	"os"
	"path/filepath"
	"runtime"
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
