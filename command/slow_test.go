package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSlowTestsRunInCI checks that no test is left out everywhere: CI runs the slow ones, too, and
// all cases of the tests that otherwise try only some.
func TestSlowTestsRunInCI(t *testing.T) {
	script, err := os.ReadFile(filepath.Join(repositoryRoot(), ".ci/run"))
	must(t, err)
	for _, line := range []string{
		"\nFIRSTFRAME_TESTS=slow go test -race -timeout 60m ./...\n",
		"\nFIRSTFRAME_TESTS=all go test ",
	} {
		if !strings.Contains(string(script), line) {
			t.Errorf(".ci/run does not have the line %q", strings.TrimSpace(line))
		}
	}
}
