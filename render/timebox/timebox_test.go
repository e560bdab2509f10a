package timebox

import (
	"context"
	"errors"
	"testing"
	"time"
)

// A function that panics or never ends must not take the run with it.
func TestRun(t *testing.T) {
	failed, late := errors.New("failed"), errors.New("it takes too long")
	never := make(chan struct{})
	defer close(never)
	for what, tt := range map[string]struct {
		f    func() (int, error)
		want int
		err  string
	}{
		"a value":    {func() (int, error) { return 1, nil }, 1, ""},
		"an error":   {func() (int, error) { return 1, failed }, 0, "failed"},
		"a panic":    {func() (int, error) { panic("no picture") }, 0, "the decoder failed: no picture"},
		"no end":     {func() (int, error) { <-never; return 1, nil }, 0, "it takes too long"},
		"a nil call": {func() (int, error) { var f func(); f(); return 1, nil }, 0, "the decoder failed: runtime error: invalid memory address or nil pointer dereference"},
	} {
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, late)
		if what == "no end" {
			ctx, cancel = context.WithTimeoutCause(t.Context(), time.Millisecond, late)
		}
		got, err := Run(ctx, "the decoder", tt.f)
		cancel()
		if got != tt.want || tt.err == "" && err != nil || tt.err != "" && (err == nil || err.Error() != tt.err) {
			t.Errorf("%s: got %d, %v, want %d, %q", what, got, err, tt.want, tt.err)
		}
	}
}
