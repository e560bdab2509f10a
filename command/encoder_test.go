package command

import (
	"os/exec"
	"strings"
	"testing"

	"firstframe/command/commandtest"
)

// The command starts itself to encode AVIF. Such a process must say nothing, and end with its
// input.
func TestEncoderProcess(t *testing.T) {
	program := commandtest.Program(t)
	for input, fails := range map[string]bool{"": false, "rubbish": true} {
		cmd := exec.Command(program, encoderArgument)
		cmd.Stdin = strings.NewReader(input)
		out, err := cmd.CombinedOutput()
		if (err != nil) != fails || len(out) > 0 {
			t.Errorf("%q: %v, and it says %q", input, err, out)
		}
	}
}
