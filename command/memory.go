package command

import (
	"runtime/debug"
)

// How much garbage there may be in memory before it is collected, in percent of
// what is in use.
const (
	// startGarbage is for the start, and for what little a run with nothing new
	// does: below 16 MB nothing is collected, which would be a sixth of the work.
	startGarbage = 400
	usualGarbage = 100 // where there is something to do
	// In a large gallery most of what is in memory is in use. Collecting what is
	// garbage early costs an eighth of the work where pictures are made, a tenth
	// where pages are, and hardly any where states and listings are read.
	largeGarbage = 25

	largeState   = 4 << 20 // bytes of the state from which on a gallery is large,
	largeGallery = 5_000   // and images
)

// makeRoom lets pages be made with as much garbage as usual, unless the run is
// one that makes pictures, too: those have taken the most memory that it needs.
func (r *run) makeRoom() {
	if r.result.New+r.result.Remade == 0 {
		debug.SetGCPercent(usualGarbage)
	}
}
