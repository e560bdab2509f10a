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

// The YAML of front matter and of a theme's words. Its parser takes time and
// memory that grow with the square of the depth, and of some lines' number.
const (
	maxYAML      = 32 << 10 // bytes
	maxYAMLLines = 1000
	maxYAMLDepth = 8 // words have 3
)

// What front matter says.
const (
	maxWordsLength = 4 << 10 // bytes of a title, a description, a tag …
	maxTags        = 200     // of one image
	maxTagPages    = 10_000  // different tags of all images: each has a page
)
