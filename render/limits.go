package render

import (
	"fmt"
	"time"

	"github.com/dustin/go-humanize"

	"firstframe/render/planarjpeg"
)

// What comes from outside is bounded in bytes, items, depth and time. All these
// limits are here; Limits lists them.

// What the owner writes. The largest site that is known has some thousand
// captions of a few hundred bytes; a long page has 30 KiB.
const (
	maxContentFile  = 128 << 10 // bytes
	maxContentBytes = 128 << 20
	maxContentFiles = 100_000
	maxThemeFile    = 16 << 20 // fonts and pictures
	maxThemeBytes   = 64 << 20
	maxThemeFiles   = 10_000
	maxTemplate     = 256 << 10 // the built-in ones have some kilobytes
	// maxPage is far above what a page of ten thousand tags has.
	maxPage      = 64 << 20         // bytes of a page that a theme's template makes
	templateTime = 10 * time.Second // for one page
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
	maxTagLength   = 1 << 10 // bytes
	maxTagPages    = 10_000  // different tags of all images: each has a page
	// Every page leads to all further pages, by their titles.
	maxTexts  = 200
	maxTitles = 16 << 10 // bytes
)

// What is compared with a caption that is about no image: with these, a hundred
// misspelt ones in a large gallery take a second, and not minutes.
const (
	maxNearName  = 80        // bytes of a name
	maxNearTries = 1_000_000 // pairs of names
)

// The Markdown of a page or a caption. With these, the worst text that a search
// over repeated fragments could find takes a third of a second and 13 MiB.
const (
	maxMarkdown      = 64 << 10 // bytes
	maxMarkdownLines = 10_000
	maxMarkdownDepth = 32     // lists and quotes in one another
	maxLinks         = 2_000  // opening brackets
	maxMarks         = 10_000 // characters of emphasis and quotation marks
	maxCells         = 10_000 // of tables
	// maxCode bounds the backquotes of a text times its lines. Each that is not
	// closed makes the parser look through all lines behind it.
	maxCode      = 4_000_000
	maxHTML      = 1 << 20
	markdownTime = 10 * time.Second // for one text
	contentTime  = time.Minute      // for reading all, and for rendering all that are tried before the first request
)

// A state. That of two hundred thousand images has about 250 MiB. What a run
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

// Pictures.
const (
	// maxSide is the longest side of a picture that is decoded: that of the
	// largest WebP, and far above what cameras and models make.
	maxSide       = 16384
	defaultPixels = 64_000_000
	// decodeTime is for each call of a decoder.
	decodeTime = time.Minute
	// defaultBudget is room for two ordinary pictures of the greatest size at
	// once, or for a dozen photographs of a phone.
	defaultBudget = 1 << 30
	// maxSegments bounds the walk over a JPEG that consists of segments only,
	// maxChunks that over a PNG.
	maxSegments = 4096
	maxChunks   = 1 << 16
	// maxProfile bounds an ICC profile. Those of screens and cameras have between
	// half a kilobyte and some tens; only those of printers are longer.
	maxProfile = 1 << 20
	// maxInkProfile bounds a CMYK profile, which is read but never published. Those
	// of printing have 0.5 to 3 MB.
	maxInkProfile = 4 << 20
	// maxRenditionProfile bounds the profile of a rendition, which a browser
	// downloads with every size of every picture. Profiles of screens, cameras and
	// working spaces need less than 10 kB; a table of 17 × 17 × 17 colours, 30 kB.
	maxRenditionProfile = 64 << 10
	// Of a profile's tags, those of printers are the most: some thirty. A curve with
	// more points than this, and a table with more along a channel, are in none.
	maxICCTags = 100
	maxCurve   = 4096
	maxGrid    = 65
	// maxStripJPEG bounds the memory for what is known of a progressive picture while
	// it is stripped, maxStripWebP that for finding where its pixels end.
	maxStripJPEG = 1 << 28 // pixels
	maxStripWebP = 1 << 26
	// maxEXIF is the part of an EXIF block that is read: more than a JPEG can have
	// in a segment, and what is of use stands in front.
	maxEXIF = 256 << 10
	// maxEXIFReads bounds how many bytes are read of an EXIF block in all, those
	// that are read again included: a thousand tags with a value each need less.
	maxEXIFReads = 4 << 20
	// maxXMP is the part of an XMP packet that is read: four times what a segment of
	// a JPEG can hold.
	maxXMP = 256 << 10
	// maxWords bounds what a camera may say, in runes.
	maxWords = 80
	// maxRuns bounds the memory for the places of a clip's samples: as many make a
	// film of ten hours even when each picture has a place of its own.
	maxRuns = 1 << 21
	// maxEdits bounds a clip's list of edits: most have one or two.
	maxEdits = 16
	// maxParameterSet bounds the sets of parameters of H.264 and HEVC. They are
	// compressed like samples, and copied like them.
	maxParameterSet = 512 // bytes
	// maxLooked is the largest picture whose metadata --check looks for, and that
	// is measured where the state is lost: far more than can be published by a run.
	maxLooked = 1 << 30
)

// Limits returns all limits of this package: what is bounded, the limit, and
// what happens beyond it.
func Limits() [][3]string {
	number := func(n int64) string { return humanize.Comma(n) }
	const refused, damaged = "exit 1, before the first request", "damaged: rebuilt, or refused if it comes from elsewhere"
	const picture = "the picture is reported, exit 3"
	return [][3]string{
		{"a content file", sizeText(maxContentFile), refused},
		{"all content files", sizeText(maxContentBytes), refused},
		{"files in one content folder, and content files in all", number(maxContentFiles), refused},
		{"reading all content files", fmt.Sprint(contentTime), refused},
		{"a theme file", sizeText(maxThemeFile), refused},
		{"all theme files", sizeText(maxThemeBytes), refused},
		{"files in one theme folder, and theme files in all", number(maxThemeFiles), refused},
		{"a template", sizeText(maxTemplate), refused},
		{"a page made by a template", sizeText(maxPage), refused},
		{"making such a page", fmt.Sprint(templateTime), refused},
		{"front matter, or a file of words", sizeText(maxYAML), refused},
		{"lines of front matter or words", number(maxYAMLLines), refused},
		{"nesting levels of front matter or words", number(maxYAMLDepth), refused},
		{"YAML anchors, aliases, merge keys and tags in front matter or words", "none", refused},
		{"a text in front matter", sizeText(maxWordsLength), refused},
		{"tags of an image", number(maxTags), refused},
		{"a tag", sizeText(maxTagLength), refused},
		{"different tags", number(maxTagPages), refused},
		{"a name considered as a correction of a misspelt one", sizeText(maxNearName), "not suggested"},
		{"comparisons of names for such corrections", number(maxNearTries), "no more suggestions"},
		{"further pages", number(maxTexts), refused},
		{"titles of all further pages together", sizeText(maxTitles), refused},
		{"the Markdown of a page or caption", sizeText(maxMarkdown), refused},
		{"lines of Markdown", number(maxMarkdownLines), refused},
		{"nesting levels of lists and quotes", number(maxMarkdownDepth), refused},
		{"opening brackets, as links have them", number(maxLinks), refused},
		{"asterisks, underscores, tildes and quotation marks", number(maxMarks), refused},
		{"backquotes of a text times its lines", number(maxCode), refused},
		{"table cells", number(maxCells), refused},
		{"the HTML of a page or caption", sizeText(maxHTML), refused},
		{"rendering the Markdown of a page or caption", fmt.Sprint(markdownTime), refused},
		{"rendering all long texts once", fmt.Sprint(contentTime), refused},
		{"a state", sizeText(MaxState), damaged},
		{"a line of a state", sizeText(maxStateLine), damaged},
		{"images of a state", number(maxImages), damaged},
		{"files in a state that are not images", number(maxSkips), damaged},
		{"keys, renditions, videos and tags of all images", number(maxParts), damaged},
		{"keys of an image", number(maxKeys), "a run keeps no more; a state with more is damaged"},
		{"renditions of an image or a cover", number(maxRenditions), damaged},
		{"videos of an image", number(maxVideos), "a run keeps the newest; a state with more is damaged"},
		{"the prompts of an image", sizeText(maxPrompts), "a run keeps the newest"},
		{"objects and lists in a line of a state", "1 for every 16 bytes, plus 16", damaged},
		{"values in a line of a state", fmt.Sprintf("1 for every 8 bytes, plus %d", maxTags+50), damaged},
		{"pixels of a picture", number(defaultPixels) + " (`--max-pixels`)", picture},
		{"a side of a picture", number(maxSide) + " pixels", picture},
		{"decoding a picture", fmt.Sprint(decodeTime), picture},
		{"memory for the pixels of all pictures", sizeText(defaultBudget), "pictures wait for each other"},
		{"segments of a JPEG", number(maxSegments), "metadata after them is ignored"},
		{"scans of a JPEG", number(planarjpeg.MaxScans), picture},
		{"chunks of a PNG or a WebP", number(maxChunks), "metadata after them is ignored"},
		{"an ICC profile", sizeText(maxProfile), "dropped"},
		{"the ICC profile of a CMYK picture", sizeText(maxInkProfile), "the picture is converted as if it had no profile"},
		{"the ICC profile of a rendition", sizeText(maxRenditionProfile), "its colour table is thinned out or dropped; if that is not enough, the profile is dropped"},
		{"tags of an ICC profile", number(maxICCTags), "the profile is dropped"},
		{"points of a curve in an ICC profile", number(maxCurve), "the tag is dropped"},
		{"points along a channel of a colour table in an ICC profile", number(maxGrid), "the tag is dropped"},
		{"pixels of a published original", number(maxStripJPEG) + " (JPEG), " + number(maxStripWebP) + " (WebP)", "only the renditions are published"},
		{"an EXIF block", sizeText(maxEXIF), "the rest is ignored"},
		{"bytes read from an EXIF block, with repetitions", sizeText(maxEXIFReads), "the block is dropped"},
		{"an XMP packet", sizeText(maxXMP), "the rest is ignored"},
		{"a text that a camera wrote", number(maxWords) + " letters", "cut"},
		{"sample positions of a clip", number(maxRuns), "the clip is reported, exit 3"},
		{"edits of a clip", number(maxEdits), "the clip is reported, exit 3"},
		{"a parameter set of a clip", sizeText(maxParameterSet), "the clip is reported, exit 3"},
		{"a picture whose metadata `--check` reads", sizeText(maxLooked), "reported"},
		{"a rendition used to rebuild a lost state", sizeText(maxLooked), "ignored"},
	}
}
