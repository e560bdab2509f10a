package render

import "time"

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
	maxWordsLength = 4 << 10 // bytes of a title, a description …
	maxTags        = 200     // of one image
	maxTagLength   = 256     // bytes
	maxTagPages    = 10_000  // different tags of all images: each has a page
)

// The Markdown of a page or a caption. With these, the worst text that could be
// found takes less than a second and 200 MiB; see TestHostileMarkdown.
const (
	maxMarkdown      = 64 << 10 // bytes
	maxMarkdownLines = 10_000
	maxMarkdownDepth = 32     // lists and quotes in one another
	maxLinks         = 2_000  // opening brackets
	maxMarks         = 10_000 // characters of emphasis and quotation marks
	maxCells         = 10_000 // of tables
	maxHTML          = 1 << 20
	markdownTime     = 10 * time.Second // for one text
	contentTime      = time.Minute      // for all that are tried before the first request
)

// A state, of which two hundred thousand images have about 250 MiB. What a run
// writes stays within these limits, so that the next run can read it: see
// State.writeTo and MergeVideos.
const (
	MaxState      = 256 << 20 // bytes
	maxStateLine  = 8 << 20   // bytes of a line: an image
	maxImages     = 300_000
	maxSkips      = 500_000   // files that are no images
	maxParts      = 4_000_000 // keys, renditions, videos and tags of all images
	maxKeys       = 10_000    // files with the bytes of one image
	maxRenditions = 16        // of an image, and of the cover of a clip
	maxVideos     = 1_000     // that were made from one image; the newest are kept
	maxPrompts    = 512 << 10 // bytes of all their prompts; those of the newest are kept
)
