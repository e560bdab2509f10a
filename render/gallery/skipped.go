package gallery

import (
	"time"
)

// maxRest is the maximum number of days between two tries of a file that is not an image.
const maxRest = 32

// Again returns what to note about a file that turned out not to be an image on this day. s is the
// earlier note, if any. The file is tried again after a day, then after 2, 4 and so on: some
// servers send an error page on a bad day, but most files that are not images never become images.
// If the listing says something new about the file, counting starts anew.
func (s Skipped) Again(found Skipped, day time.Time) Skipped {
	found.Tries = 1
	if s.Entry == found.Entry {
		found.Tries += max(s.Tries, 0)
	}
	rest := maxRest
	if found.Tries < 6 {
		rest = 1 << (found.Tries - 1)
	}
	found.rest(day, rest)
	return found
}

// AgainLate is Again for a file that is unlikely to become an image, such as a sound. It rests for
// maxRest days from the start.
func (s Skipped) AgainLate(found Skipped, day time.Time) Skipped {
	found = s.Again(found, day)
	found.rest(day, maxRest)
	return found
}

// rest sets the next try.
func (s *Skipped) rest(day time.Time, days int) {
	s.Next = day.UTC().AddDate(0, 0, days).Format(time.DateOnly)
}

// Due reports whether the file must be tried on this day. entry is what the listing says of it now.
// A day that is too far off comes from a clock that was wrong.
func (s Skipped) Due(entry string, day time.Time) bool {
	next, err := time.Parse(time.DateOnly, s.Next)
	return err != nil || s.Entry != entry || !day.Before(next) || next.After(day.AddDate(0, 0, maxRest))
}
