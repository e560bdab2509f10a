//go:build unix

package fetch

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// runAgain runs the calling test in its own process, with another variable in its environment.
func runAgain(t *testing.T, env string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), env)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// limitFileSize limits the files of the process to n bytes.
func limitFileSize(t *testing.T, n uint64) {
	t.Helper()
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
		t.Fatal(err)
	}
}
