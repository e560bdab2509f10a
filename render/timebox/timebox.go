// Package timebox calls functions that can panic or never end, such as decoders and templates.
package timebox

import (
	"context"
	"fmt"
)

// Run calls f, and turns a panic of f into an error that begins with what. When ctx is done, Run
// stops waiting and returns the cause. Then f is left behind in its goroutine.
func Run[T any](ctx context.Context, what string, f func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1) // has room, so that an f that is left behind can end
	go func() {
		var r result
		defer func() {
			if p := recover(); p != nil {
				r = result{err: fmt.Errorf("%s failed: %v", what, p)}
			}
			done <- r
		}()
		r.value, r.err = f()
	}()

	var r result
	select {
	case r = <-done:
	case <-ctx.Done():
		r.err = context.Cause(ctx)
	}
	if r.err != nil {
		var zero T
		return zero, r.err
	}
	return r.value, nil
}
