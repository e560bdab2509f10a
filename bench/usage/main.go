//go:build unix

// Usage runs a command and writes its time and memory to a file, as JSON: "wall" is the time from
// start to end in seconds, "cpu" the processor time (user and system) in seconds, and "memory" the
// peak memory in bytes. Child processes that the command waited for are included; "memory" is the
// peak of the largest process.
//
//	usage FILE COMMAND ARGUMENT...
//
// It is a program of its own because the system counts the memory of the parent at the start as
// memory of the child. This parent uses hardly any memory.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: usage FILE COMMAND ARGUMENT...")
		os.Exit(2)
	}
	code, err := measure(os.Args[1], os.Args[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "usage:", err)
		code = 1
	}
	os.Exit(code)
}

// measure runs the command, writes the file name, and returns the command's exit code. It fails if
// the command does not start or the file cannot be written.
func measure(name string, command []string) (int, error) {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	begun := time.Now()
	err := cmd.Run()
	wall := time.Since(begun)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return 0, err
	}
	used := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	unit := int64(1024)
	if runtime.GOOS == "darwin" {
		unit = 1
	}
	data, err := json.Marshal(map[string]any{
		"wall":   wall.Seconds(),
		"cpu":    (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(),
		"memory": used.Maxrss * unit,
	})
	if err != nil {
		return 0, err
	}
	return cmd.ProcessState.ExitCode(), os.WriteFile(name, data, 0o644)
}
