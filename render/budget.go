package render

import (
	"context"

	"golang.org/x/sync/semaphore"
)

// defaultBudget is room for two ordinary pictures of the greatest size at
// once, or for a dozen photographs of a phone.
const defaultBudget = 1 << 30

// budget bounds the memory for pixels of all pictures that are worked on at the
// same time. Those that do not fit wait, in the order in which they came, so
// that a large one is not put off for ever by small ones.
type budget struct {
	size int64
	sem  *semaphore.Weighted
}

func newBudget(size int64) *budget {
	return &budget{size, semaphore.NewWeighted(size)}
}

// take waits for so many bytes and returns how to give them back. A picture
// that needs more than there are takes all, and is alone then: some progressive
// JPEGs of more than 36 million pixels, and PNGs of that size with 16 bits, need
// up to 1.8 GB.
func (b *budget) take(ctx context.Context, bytes int64) (giveBack func(), err error) {
	bytes = min(bytes, b.size)
	if err := b.sem.Acquire(ctx, bytes); err != nil {
		return nil, err
	}
	return func() { b.sem.Release(bytes) }, nil
}
