package command

import "runtime/debug"

// A phase is a part of a run that uses memory in its own way. Its two numbers are for a small and a
// large gallery. They say how much garbage may be in memory before it is collected, in percent of
// what is in use. 0 keeps the number of the phase before.
type phase struct{ small, large int }

// The phases of a run, in their order.
var (
	// starting lasts for the whole run if a small gallery has nothing new. Below 16 MB nothing is
	// collected, because collecting would be a sixth of the work.
	starting = phase{400, 400}
	// readingState, makingPictures and comparingPages keep a large gallery small: most of its
	// memory is in use. Collecting early costs an eighth of the work where pictures are made, a
	// tenth where pages are made, and hardly any where states and listings are read.
	readingState   = phase{0, 25}
	makingPictures = phase{100, 25}
	comparingPages = phase{0, 25}
	// writingPages is skipped by a run that made pictures, because making them took more memory.
	writingPages = phase{100, 100}
)

const (
	largeState   = 4 << 20 // bytes of the state that make a gallery large
	largeGallery = 5_000   // more images than this also make a gallery large
)

// enter begins the phase in a gallery that is large or not.
func (p phase) enter(large bool) {
	percent := p.small
	if large {
		percent = p.large
	}
	if percent != 0 {
		debug.SetGCPercent(percent)
	}
}
