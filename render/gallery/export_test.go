package gallery

// These names are for the tests of this package, which are in gallery_test.
const (
	ChecksumLead  = checksumLead
	MaxImages     = maxImages
	MaxKeys       = maxKeys
	MaxParts      = maxParts
	MaxRenditions = maxRenditions
	MaxSkips      = maxSkips
	MaxStateLine  = maxStateLine
	MaxVideos     = maxVideos
)

// ErrDamaged and ReadState are for the tests, too.
var (
	ErrDamaged = errDamaged
	ReadState  = readState
)
