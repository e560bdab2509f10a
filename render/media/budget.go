package media

import (
	"context"
	"runtime"
	"sync/atomic"

	"golang.org/x/sync/semaphore"
)

// budget bounds the memory for the pixels of all pictures in work. A picture that does not fit
// waits. Waiting pictures are served in order, so that small ones cannot starve a large one.
type budget struct {
	size  int64
	sem   *semaphore.Weighted
	waste atomic.Int64 // bytes given back since the last collection
}

// newBudget returns a budget of so many bytes.
func newBudget(size int64) *budget {
	return &budget{size: size, sem: semaphore.NewWeighted(size)}
}

// take waits for so many bytes and returns a function that gives them back. A picture that needs
// more than the whole budget takes all of it, and is then alone. Some progressive JPEGs of more
// than 36 million pixels, and PNGs of that size with 16 bits, need up to 1.8 GB.
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

// takeNow is like take, but does not wait. It fails if the budget has less left, or if a picture
// waits for it.
func (b *budget) takeNow(bytes int64) (giveBack func(), ok bool) {
	return func() { b.sem.Release(bytes) }, b.sem.TryAcquire(bytes)
}

// collect runs the garbage collector once finished pictures have left a quarter of the budget
// behind. Without this call, the collector waits until there is as much garbage as there are live
// pictures, which would double the memory.
func (b *budget) collect(bytes int64) {
	if b.waste.Add(bytes) >= b.size/4 {
		b.waste.Store(0)
		runtime.GC()
	}
}
