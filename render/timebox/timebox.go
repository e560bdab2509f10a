package timebox

import (
	"context"
	"fmt"
)

// await calls f, and turns a panic into an error. When ctx is done it stops
// waiting and returns why: f is left behind in its goroutine.
func Run[T any](ctx context.Context, what string, f func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1) // so that one left behind can end
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
