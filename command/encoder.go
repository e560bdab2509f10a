package command

import (
	"os"
	"os/signal"
	"syscall"

	"firstframe/render/media"
)

// encoderArgument makes the command a process that encodes pictures for another one. It is no flag,
// because nobody should type it.
const encoderArgument = "--encode-for-another-process"

// serveEncoder encodes until the other process ends, and returns the exit code.
func serveEncoder() int {
	// A terminal, and a machine that shuts down, also send these to this process. The other one
	// decides when to end.
	signal.Ignore(os.Interrupt, syscall.SIGTERM)
	if err := media.ServeEncoder(os.Stdin, os.Stdout); err != nil {
		return exitFailed
	}
	return exitOK
}
