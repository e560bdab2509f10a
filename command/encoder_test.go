package command

import (
	"bytes"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"firstframe/command/commandtest"
	"firstframe/render/slowtest"
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

// A machine that shuts down and a terminal send a signal to both processes. The other one decides
// when to end. If the encoder ended first, an interrupted run would report a failure.
func TestEncoderOutlivesSignals(t *testing.T) {
	slowtest.Skip(t)
	cmd := exec.Command(commandtest.Program(t), encoderArgument)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// A gray pixel: width, height, colours, quality, the profile's length, and its sample.
	pixel := bytes.Join([][]byte{{0, 0, 0, 1}, {0, 0, 0, 1}, {0, 0, 0, 0}, {0, 0, 0, 80}, {0, 0, 0, 0}, {128}}, nil)
	for range 2 {
		if _, err := in.Write(pixel); err != nil {
			t.Fatal(err)
		}
		var head [8]byte // whether it is refused, and the length
		if _, err := io.ReadFull(out, head[:]); err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(io.Discard, out, int64(head[6])<<8|int64(head[7])); err != nil {
			t.Fatal(err)
		}
		for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
			if err := cmd.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
		}
	}
	in.Close()
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with: %v", err)
	}
}
