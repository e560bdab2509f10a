package workflows

import (
	"os"
	"testing"

	"firstframe/command/commandtest"
)

// The files that are tested.
const (
	root            = "../.."
	actionFile      = root + "/action.yml"
	workflowsFolder = root + "/.github/workflows"
	galleryWorkflow = workflowsFolder + "/gallery.yml"
	shardsWorkflow  = workflowsFolder + "/shards.yml"
)

func TestMain(m *testing.M) {
	os.Exit(commandtest.Main(m))
}

// check ends the test if there is an error.
func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
