// Package batch does many small jobs on all processors.
package batch

import (
	"runtime"

	"golang.org/x/sync/errgroup"
)

// Size is the number of items in a part.
const Size = 256

// Do calls do for n items, in parts of Size items, as many at once as there are processors. It
// returns the error of one of the parts.
func Do(n int, do func(from, to int) error) error {
	if n <= Size {
		return do(0, n)
	}
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for from := 0; from < n; from += Size {
		group.Go(func() error { return do(from, min(from+Size, n)) })
	}
	return group.Wait()
}
