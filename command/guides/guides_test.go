//go:build unix

package guides

import (
	"sync/atomic"
	"testing"

	"firstframe/render/slowtest"
)

// TestFirstHour does what the guides say, in a copy of the repository and a real shell: the first
// hour with pictures of one's own, the README and other guides with a token, and the guide to
// verify a release. Every command and every file is as it is printed. Then it checks that no block
// of code in the guides is left over.
func TestFirstHour(t *testing.T) {
	slowtest.Skip(t)
	guides := readGuides(t)
	hours := map[string]func(*testing.T, map[string][]*block){"own pictures": firstHour, "a token": serviceHour, "a release": verifyHour}
	var played atomic.Int32
	t.Run("with", func(t *testing.T) {
		for name, play := range hours {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				play(t, guides)
				played.Add(1)
			})
		}
	})
	if int(played.Load()) == len(hours) { // otherwise one has failed, or was not asked for
		testAllUsed(t, guides)
	}
}
