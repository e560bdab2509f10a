package media

import (
	"fmt"
	"time"

	"github.com/dustin/go-humanize"

	"firstframe/render/media/planarjpeg"
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
	MaxLooked = 1 << 30
)

// Limits returns the limits of this package: what is limited, the limit, and what happens beyond it.
func Limits() [][3]string {
	number := func(n int64) string { return humanize.Comma(n) }
	const picture = "the picture is reported, exit 3"
	return [][3]string{
		{"pixels of a picture", number(defaultPixels) + " (`--max-pixels`)", picture},
		{"a side of a picture", number(maxSide) + " pixels", picture},
		{"decoding a picture", fmt.Sprint(decodeTime), picture},
		{"memory for the pixels of all pictures", humanize.IBytes(defaultBudget), "pictures wait for each other"},
		{"segments of a JPEG", number(maxSegments), "metadata after them is ignored"},
		{"scans of a JPEG", number(planarjpeg.MaxScans), picture},
		{"chunks of a PNG or a WebP", number(maxChunks), "metadata after them is ignored"},
		{"an ICC profile", humanize.IBytes(maxProfile), "dropped"},
		{"the ICC profile of a CMYK picture", humanize.IBytes(maxInkProfile), "the picture is converted as if it had no profile"},
		{"the ICC profile of a rendition", humanize.IBytes(maxRenditionProfile), "its colour table is thinned out or dropped; if that is not enough, the profile is dropped"},
		{"tags of an ICC profile", number(maxICCTags), "the profile is dropped"},
		{"points of a curve in an ICC profile", number(maxCurve), "the tag is dropped"},
		{"points along a channel of a colour table in an ICC profile", number(maxGrid), "the tag is dropped"},
		{"pixels of a published original", number(maxStripJPEG) + " (JPEG), " + number(maxStripWebP) + " (WebP)", "only the renditions are published"},
		{"an EXIF block", humanize.IBytes(maxEXIF), "the rest is ignored"},
		{"bytes read from an EXIF block, with repetitions", humanize.IBytes(maxEXIFReads), "the block is dropped"},
		{"an XMP packet", humanize.IBytes(maxXMP), "the rest is ignored"},
		{"a text that a camera wrote", number(maxWords) + " letters", "cut"},
		{"sample positions of a clip", number(maxRuns), "the clip is reported, exit 3"},
		{"edits of a clip", number(maxEdits), "the clip is reported, exit 3"},
		{"a parameter set of a clip", humanize.IBytes(maxParameterSet), "the clip is reported, exit 3"},
		{"a picture whose metadata `--check` reads", humanize.IBytes(MaxLooked), "reported"},
		{"a rendition used to rebuild a lost state", humanize.IBytes(MaxLooked), "ignored"},
	}
}
