package planaravif

// libraryQuality returns libavif's quality, 0 to 100, for a JPEG's.
func libraryQuality(quality int) int { return min(max(quality-18, 10), 90) }
