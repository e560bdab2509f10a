package terminal

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// Secret returns a reader for one line that is typed at a terminal and not shown there. The first
// read asks for it, by this name. Reads end with ctx.
func (t *Terminal) Secret(ctx context.Context, name string, in *os.File) io.Reader {
	return &secret{ctx: ctx, name: name, in: in, out: t.Stderr}
}

// secret is the reader that Secret returns.
type secret struct {
	ctx  context.Context
	name string
	in   *os.File
	out  io.Writer
	line *bytes.Reader // nil until it is typed
}

// Read reads from the line.
func (s *secret) Read(p []byte) (int, error) {
	if s.line == nil {
		line, err := s.ask()
		if err != nil {
			return 0, err
		}
		s.line = bytes.NewReader(line)
	}
	return s.line.Read(p)
}

// ask asks for the line. An interrupted program must not leave a terminal that does not show what
// is typed, so ask restores it.
func (s *secret) ask() ([]byte, error) {
	fd := int(s.in.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(s.out, "%s: ", s.name)
	defer fmt.Fprintln(s.out) // the end of the line that was typed is not shown either
	var line []byte
	done := make(chan struct{})
	go func() { // runs until a line is typed, even after the context has ended
		line, err = term.ReadPassword(fd)
		close(done)
	}()
	select {
	case <-done:
		return line, err
	case <-s.ctx.Done():
		_ = term.Restore(fd, before)
		return nil, s.ctx.Err()
	}
}
