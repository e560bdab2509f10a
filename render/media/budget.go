package media

import (
	"context"
	"runtime"
	"sync/atomic"

	"golang.org/x/sync/semaphore"
)

// budget bounds the memory for pixels of all pictures that are worked on at the
// same time. Those that do not fit wait, in the order in which they came, so
// that a large one is not put off for ever by small ones.
type budget struct {
	size  int64
	sem   *semaphore.Weighted
	waste atomic.Int64 // given back since the last collection
}

func newBudget(size int64) *budget {
	return &budget{size: size, sem: semaphore.NewWeighted(size)}
}

// take waits for so many bytes and returns how to give them back. A picture
// that needs more than there are takes all, and is alone then: some progressive
// JPEGs of more than 36 million pixels, and PNGs of that size with 16 bits, need
// up to 1.8 GB.
func (b *budget) take(ctx context.Context, bytes int64) (giveBack func(), err error) {
	share := min(bytes, b.size)
	if err := b.sem.Acquire(ctx, share); err != nil {
		return nil, err
	}
	return func() {
		b.collect(bytes)
		b.sem.Release(share)
	}, nil
}

// collect frees what finished pictures have left behind once it is a quarter of
// the budget. Left to itself, the collector waits until there is as much waste
// as there are pictures, and memory would be twice the budget.
func (b *budget) collect(bytes int64) {
	if b.waste.Add(bytes) >= b.size/4 {
		b.waste.Store(0)
		runtime.GC()
	}
}
