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

// begin lets n downloads begin, and tells after what time each did.
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
			t.Errorf("they began after %v, want %d at once", after, AtOnce)
		}
		// However long they take, there are never more.
		time.AfterFunc(time.Hour, q.Done)
		if after := begin(t, q, 1); after[0] != time.Hour {
			t.Errorf("the next one began after %v, want to wait for one to end", after)
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
		line.Go(func() { // it is full: however many share it, one ends after the other
			for range downloads {
				time.Sleep(patience / 2)
				underWay.Add(-1)
				q.Done()
			}
		})
		for left := downloads; left > 0; left-- {
			begin(t, q, 1)
			if n := int(underWay.Add(1)); n > left+1 {
				t.Errorf("%d are under way where %d are left", n, left-1)
			}
		}
		if n := underWay.Load(); n != 2 {
			t.Errorf("%d were under way at the end, want 2", n)
		}
	})
}

func TestQueueWidensWhereNoneEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for i, after := range begin(t, NewQueue(12), 12) {
			if want := max(0, time.Duration(i-6)) * patience; after != want { // seven, and then there are five left
				t.Errorf("number %d began after %v, want %v", i, after, want)
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
			t.Errorf("Next returned %v", err)
		}
		for range AtOnce {
			q.Done() // nobody waits for them any more, and they must not wait either
		}
		if err := q.Next(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Next returned %v", err)
		}
	})
}
