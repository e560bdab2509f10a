package fetch

import (
	"fmt"
)

// Listing is what the service says that there is. It is a window: what is not in it may exist all the same.
type Listing struct {
	Files    []File  // in the service's order; twice if the listing of files has them twice
	Videos   []Video // in the service's order, each once; only in a listing of videos
	Complete bool    // false when the answer was cut, at the caller's limit or the service's, so that there may be more
	Skipped  []error // items that could not be used; each names the item by its position, and what is wrong with it
	Requests int     // sent for it, with every try
}

// skips are what is wrong with the items that cannot be used: the first maxSkipped of them one by one, so that
// thousands of items that are nothing do not become thousands of errors.
type skips struct {
	named []error
	more  int
}

// add adds what is wrong with the item at a position, which is counted from 1.
func (s *skips) add(position int, err error) {
	if len(s.named) == maxSkipped {
		s.more++
		return
	}
	s.named = append(s.named, fmt.Errorf("item %d of the listing: %w", position, err))
}

func (s *skips) errors() []error {
	if s.more == 0 {
		return s.named
	}
	return append(s.named, fmt.Errorf("and %d more items of the listing", s.more))
}
