package planaravif

import "testing"

// A higher quality must never give a worse picture, and the ends must be valid for the library.
func TestLibraryQuality(t *testing.T) {
	last := 0
	for quality := 1; quality <= 100; quality++ {
		got := libraryQuality(quality)
		if got < max(last, 1) || got > 98 {
			t.Errorf("%d becomes %d after %d", quality, got, last)
		}
		last = got
	}
	for quality, want := range map[int]int{-5: 1, 70: 50, 76: 56, 82: 62, 90: 74, 200: 98} {
		if got := libraryQuality(quality); got != want {
			t.Errorf("%d becomes %d, want %d", quality, got, want)
		}
	}
}
