package command

import (
	"os"
	"os/signal"

	"firstframe/render/media"
)

// encoderArgument makes the command a process that encodes pictures for another one. It is no flag,
// because nobody should type it.
const encoderArgument = "--encode-for-another-process"

// serveEncoder encodes until the other process ends, and returns the exit code.
func serveEncoder() int {
	signal.Ignore(os.Interrupt) // a terminal sends it to this process, too, and the other one decides
	if err := media.ServeEncoder(os.Stdin, os.Stdout); err != nil {
		return exitFailed
	}
	return exitOK
}
