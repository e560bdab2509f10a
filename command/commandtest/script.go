package commandtest

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// WriteProgram writes a script that can be run at once. A process that another test starts while the
// file is open for writing would inherit it for a moment, and until then nobody could run the script
// ("text file busy", https://go.dev/issue/22315). So no process is started meanwhile.
func WriteProgram(t testing.TB, name, script string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(name, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
}
