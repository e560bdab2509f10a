package fetch

import (
	"context"
	"math/rand/v2"
	"time"
)

// The pace of downloads.
const (
	// AtOnce is the largest number of downloads at the same time.
	AtOnce = 16
	// patience is how long Next waits for a download to end before it starts one more.
	patience = 100 * time.Millisecond
)

// DailyOrder returns an order in which n downloads can start. It is random but the same for a whole
// day. A host that fails several times in a row is left alone, and the time for all downloads is
// limited. So in a fixed order, the same failing downloads could come first in every run, and the
// downloads after them would never start.
func DailyOrder(n int, day time.Time) []int {
	seed := uint64(day.UTC().Truncate(24 * time.Hour).Unix())
	return rand.New(rand.NewPCG(seed, 0)).Perm(n)
}

// Queue staggers downloads. At most AtOnce run at the same time. Near the end, the number of
// running downloads is at most the number of waiting ones, so it shrinks to two. Downloads that
// share a slow line end at almost the same time. Without the queue, the work on the last ones would
// begin only after the last download has ended, so it would not overlap with any.
//
// If each connection is slow instead of the line, as with a distant host, fewer downloads at once
// take longer. So whenever none ends for a while, the queue starts one more.
type Queue struct {
	left    int // number of downloads to start
	running int
	extra   int // how many more than left may run, because no download ended for a while
	ended   chan struct{}
}

// NewQueue returns a Queue for n downloads.
func NewQueue(n int) *Queue {
	return &Queue{left: n, ended: make(chan struct{}, AtOnce)}
}

// Next waits until the next download should start. Only one goroutine may call it. Its error is the
// error of ctx.
func (q *Queue) Next(ctx context.Context) error {
	for q.running == AtOnce || q.running > q.left+q.extra {
		var slow <-chan time.Time
		if q.running < AtOnce {
			slow = time.After(patience)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-q.ended:
			q.running--
		case <-slow:
			q.extra = q.running - q.left
		}
	}
	q.left--
	q.running++
	return ctx.Err()
}

// Done must be called when a download has ended, once for each successful Next. Any goroutine may
// call it.
func (q *Queue) Done() { q.ended <- struct{}{} }
