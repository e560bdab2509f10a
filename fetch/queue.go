package fetch

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	// AtOnce is how many downloads are under way at the same time at most.
	AtOnce = 16
	// patience is how long none may end until one more begins.
	patience = 100 * time.Millisecond
)

// DailyOrder returns the order in which n downloads begin, which is another one every day. A host that
// fails several in a row is left alone, and all downloads together have an end. In the order of the
// listing, those that fail in every run could come first in every run, and what comes after them would
// never have its turn.
func DailyOrder(n int, day time.Time) []int {
	seed := uint64(day.UTC().Truncate(24 * time.Hour).Unix())
	return rand.New(rand.NewPCG(seed, 0)).Perm(n)
}

// Queue tells when each of many downloads begins: AtOnce of them while many are left, and towards the end no more than
// are still to begin, so that there are two in the end. Downloads that share a full line all end at almost the same time,
// and what is to be done with the last ones would begin when nothing is left to wait for. Where it is not the line that
// is slow, but each connection, as to a host far away, few would take longer than many: there one more begins whenever
// none has ended for a while.
type Queue struct {
	left     int // still to begin
	underWay int
	more     int // than are left may be under way, because none ended
	ended    chan struct{}
}

// NewQueue returns a Queue of n downloads.
func NewQueue(n int) *Queue {
	return &Queue{left: n, ended: make(chan struct{}, AtOnce)}
}

// Next waits until another download shall begin. It is called by one goroutine. Its error is that of ctx.
func (q *Queue) Next(ctx context.Context) error {
	for q.underWay == AtOnce || q.underWay > q.left+q.more {
		var slow <-chan time.Time
		if q.underWay < AtOnce {
			slow = time.After(patience)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-q.ended:
			q.underWay--
		case <-slow:
			q.more = q.underWay - q.left
		}
	}
	q.left--
	q.underWay++
	return ctx.Err()
}

// Done says that a download has ended, once for each that Next has let begin. Any goroutine may call it.
func (q *Queue) Done() { q.ended <- struct{}{} }
