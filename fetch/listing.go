package fetch

import (
	"fmt"
)

// Listing is what the service or a folder lists. It can be incomplete: a missing file can still
// exist.
type Listing struct {
	Files    []File  // in the order of the service; can contain duplicates
	Videos   []Video // in the order of the service, without duplicates; empty for other listings
	Others   int     // number of usable items with neither a file nor a video
	Complete bool    // false when a limit of the caller or the service cut the list, so there can be more
	Skipped  []error // unusable items; each error has the position of the item and what is wrong with it
	Requests int     // number of requests, including retries
}

// Items returns the number of items that the service has listed.
func (l *Listing) Items() int { return len(l.Files) + len(l.Videos) + l.Others + len(l.Skipped) }

// skips collects what is wrong with unusable items. It keeps the first maxSkipped errors and counts
// the others, so that thousands of bad items do not become thousands of errors.
type skips struct {
	named []error
	more  int
}

// add adds the error of the item at a position, counted from 1.
func (s *skips) add(position int, err error) {
	if len(s.named) == maxSkipped {
		s.more++
		return
	}
	s.named = append(s.named, fmt.Errorf("item %d of the listing: %w", position, err))
}

// errors returns the errors, the last one with the number of the errors that were not kept.
func (s *skips) errors() []error {
	if s.more == 0 {
		return s.named
	}
	return append(s.named, fmt.Errorf("%d more items of the listing cannot be used", s.more))
}
