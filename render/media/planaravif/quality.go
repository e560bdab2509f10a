package planaravif

// sameQuality has pairs of qualities, of a JPEG and of libavif, that look about equally good. Two
// measures disagree about that, because AVIF smooths where JPEG makes patterns. At a JPEG's quality of
// 82, the mean of 24 photographs and drawings is equal at 72 for the 3-norm of Butteraugli, and at 62
// for SSIMULACRA. At 70 it is 58 and 44, and at 90 it is 86 and 70. These pairs are nearer to the
// second measure, with half of the bytes: Butteraugli sees a sixth more at 82. See
// docs/performance.md.
var sameQuality = [][2]int{{0, 0}, {70, 50}, {82, 62}, {90, 74}, {100, 98}}

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
