package workflows

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// The files that are tested.
const (
	root            = "../.."
	actionFile      = root + "/action.yml"
	workflowsFolder = root + "/.github/workflows"
	galleryWorkflow = workflowsFolder + "/gallery.yml"
	shardsWorkflow  = workflowsFolder + "/shards.yml"
)

// folder is for the command. TestMain removes it.
var folder string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "firstframe-workflows-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	folder = dir
	return m.Run()
}

// build builds the command once. It builds it without the race detector: what races in the command is
// found by its own tests.
var build = sync.OnceValues(func() (string, error) {
	file := filepath.Join(folder, "firstframe")
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", file, root).CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the command: %v\n%s", err, out)
	}
	return file, nil
})

// program returns the path of the command.
func program(t *testing.T) string {
	t.Helper()
	file, err := build()
	check(t, err)
	return file
}

// check ends the test if there is an error.
func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
