package batch

import (
	"errors"
	"sync/atomic"
	"testing"
)

// Every item is done once, and an error of any part is returned.
func TestDo(t *testing.T) {
	for _, n := range []int{0, 1, Size, Size + 1, 10*Size + 7} {
		done := make([]atomic.Int32, n)
		err := Do(n, func(from, to int) error {
			for i := from; i < to; i++ {
				done[i].Add(1)
			}
			return nil
		})
		if err != nil {
			t.Errorf("%d items: %v", n, err)
		}
		for i := range done {
			if times := done[i].Load(); times != 1 {
				t.Errorf("item %d of %d is done %d times", i, n, times)
			}
		}
	}
	failed := errors.New("failed")
	err := Do(10*Size, func(from, _ int) error {
		if from == 5*Size {
			return failed
		}
		return nil
	})
	if !errors.Is(err, failed) {
		t.Errorf("got %v, want the error of a part", err)
	}
}
