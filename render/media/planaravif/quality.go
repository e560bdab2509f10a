package planaravif

// sameQuality has pairs of qualities, of a JPEG and of libavif, that look equally good: with them,
// the 3-norm of Butteraugli is about the same in the mean of 24 photographs and drawings of half a
// megapixel. 70, 82 and 90 are measured, 90 with some of the pictures: there the norm hardly falls
// with the quality, and single pictures are between 73 and more than 92. See docs/performance.md.
var sameQuality = [][2]int{{0, 0}, {70, 58}, {82, 72}, {90, 86}, {100, 98}}

// libraryQuality returns the quality for libavif, 1 to 98, of a JPEG's quality from 1 to 100.
func libraryQuality(quality int) int {
	quality = min(max(quality, 1), 100)
	for i, to := range sameQuality[1:] {
		from := sameQuality[i]
		if quality <= to[0] {
			return max(1, from[1]+((quality-from[0])*(to[1]-from[1])+(to[0]-from[0])/2)/(to[0]-from[0]))
		}
	}
	return 98
}
