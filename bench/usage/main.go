//go:build unix

// Usage runs a command, and writes what it used to a file, as JSON: the wall
// time from its start to its end and the processor time, user and system, both
// in seconds, and the most memory that it had at once, in bytes. Processes that
// the command started and waited for count; of their memory only that of the
// largest does.
//
//	usage FILE COMMAND ARGUMENT...
//
// It is a program of its own because the system counts as a process's memory
// also what its parent had when it started it. This parent has next to nothing.
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

// measure returns the exit code of the command.
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
