package render

// What the owner writes. The largest site that is known has some thousand
// captions of a few hundred bytes; a long page has 30 KiB.
const (
	maxContentFile  = 128 << 10 // bytes
	maxContentBytes = 128 << 20
	maxContentFiles = 100_000
	maxThemeFile    = 16 << 20 // fonts and pictures
	maxThemeBytes   = 64 << 20
	maxThemeFiles   = 1000
)
