package fetch

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// begin starts n downloads, and returns when each of them started.
func begin(t *testing.T, q *Queue, n int) []time.Duration {
	t.Helper()
	start, after := time.Now(), make([]time.Duration, n)
	for i := range after {
		if err := q.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		after[i] = time.Since(start)
	}
	return after
}

func TestQueueIsWideWhileManyAreLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQueue(100)
		if after := begin(t, q, AtOnce); after[AtOnce-1] != 0 {
			t.Errorf("they started after %v, want %d at once", after, AtOnce)
		}
		// However long they take, no more than AtOnce run.
		time.AfterFunc(time.Hour, q.Done)
		if after := begin(t, q, 1); after[0] != time.Hour {
			t.Errorf("the next one started after %v, want it to wait until one ends", after)
		}
	})
}

func TestQueueIsNarrowTowardsTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const downloads = 100
		q := NewQueue(downloads)
		var underWay atomic.Int64
		var line sync.WaitGroup
		defer line.Wait()
		line.Go(func() { // the line is full, so downloads end one after the other
			for range downloads {
				time.Sleep(patience / 2)
				underWay.Add(-1)
				q.Done()
			}
		})
		for left := downloads; left > 0; left-- {
			begin(t, q, 1)
			if n := int(underWay.Add(1)); n > left+1 {
				t.Errorf("%d downloads run while %d are left", n, left-1)
			}
		}
		if n := underWay.Load(); n != 2 {
			t.Errorf("%d downloads ran at the end, want 2", n)
		}
	})
}

func TestQueueWidensWhereNoneEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for i, after := range begin(t, NewQueue(12), 12) {
			if want := max(0, time.Duration(i-6)) * patience; after != want { // seven start at once, and five are left
				t.Errorf("download %d started after %v, want %v", i, after, want)
			}
		}
	})
}

func TestQueueEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQueue(100)
		begin(t, q, AtOnce)
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(errors.New("enough")) })
		if err := q.Next(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Next: got error %v, want context.Canceled", err)
		}
		for range AtOnce {
			q.Done() // nobody waits for these downloads, and Done must not block
		}
		if err := q.Next(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Next: got error %v, want context.Canceled", err)
		}
	})
}
