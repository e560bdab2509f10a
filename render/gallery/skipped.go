package gallery

import (
	"time"
)

// maxRest is for how many days a file that is no image is left alone at most.
const maxRest = 32

// Again returns what to note about a file that was found to be no image on this day. s is what was
// noted before, if anything. The file is tried again after a day, then after 2, 4 and so on. A page of an error is all that some servers have on
// a bad day, but most files that are no images stay so. An entry that has changed
// begins anew.
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

// AgainLate does the same for a file that is unlikely to become an image, such as a sound: it is left
// alone for the longest time from the start.
func (s Skipped) AgainLate(found Skipped, day time.Time) Skipped {
	found = s.Again(found, day)
	found.rest(day, maxRest)
	return found
}

func (s *Skipped) rest(day time.Time, days int) {
	s.Next = day.UTC().AddDate(0, 0, days).Format(time.DateOnly)
}

// Due reports whether the file has to be tried on this day. Entry is what the
// listing says of it now. A day that is too far off is that of a clock that was
// wrong.
func (s Skipped) Due(entry string, day time.Time) bool {
	next, err := time.Parse(time.DateOnly, s.Next)
	return err != nil || s.Entry != entry || !day.Before(next) || next.After(day.AddDate(0, 0, maxRest))
}
