//go:build unix

package guides

import (
	"os"
	"testing"

	"firstframe/command/commandtest"
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
