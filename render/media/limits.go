package media

import (
	"fmt"
	"time"

	"github.com/dustin/go-humanize"

	"firstframe/render/media/planarjpeg"
)

// The limits.
const (
	// maxSide is the longest side of a picture that is decoded, in pixels. The largest WebP has
	// such a side. Cameras and models make far smaller pictures.
	maxSide = 16384
	// defaultPixels is how many pixels a picture may have.
	defaultPixels = 64_000_000
	// decodeTime is the time for each call of a decoder.
	decodeTime = time.Minute
	// defaultBudget is in bytes. It has room for two ordinary pictures of the greatest size at
	// once, or for a dozen photographs from a phone.
	defaultBudget = 1 << 30
	// maxSegments bounds the walk over a JPEG that has nothing but segments. maxChunks bounds the
	// walk over a PNG or a WebP.
	maxSegments = 4096
	maxChunks   = 1 << 16
	// maxProfile is the size of an ICC profile, in bytes. Profiles of screens and cameras have half
	// a kilobyte to some tens of kilobytes. Only profiles of printers are longer.
	maxProfile = 1 << 20
	// maxInkProfile is the size of a CMYK profile, which is read but not copied to renditions.
	// Profiles for printing have 0.5 to 3 MB.
	maxInkProfile = 4 << 20
	// maxRenditionProfile is the size of the profile in a rendition. A browser downloads it with
	// every size of every picture. Profiles of screens, cameras and working spaces need less than
	// 10 kB, and a table of 17 × 17 × 17 colours needs 30 kB.
	maxRenditionProfile = 64 << 10
	// A profile of a printer has some thirty tags, more than any other kind. No known profile has a
	// curve with more than maxCurve points, or a table with more than maxGrid along a channel.
	maxICCTags = 100
	maxCurve   = 4096
	maxGrid    = 65
	// maxStripJPEG and maxStripWebP bound the memory for stripping, in pixels: for the known
	// coefficients of a progressive JPEG, and for finding where the pixels of a WebP end.
	maxStripJPEG = 1 << 28
	maxStripWebP = 1 << 26
	// maxEXIF is how much of an EXIF block is read, in bytes: more than a segment of a JPEG can
	// hold. Everything useful is at the front.
	maxEXIF = 256 << 10
	// maxEXIFReads is how many bytes of an EXIF block are read in all, including those that are
	// read again. A thousand tags with a value each need less.
	maxEXIFReads = 4 << 20
	// maxXMP is how much of an XMP packet is read, in bytes: four times what a segment of a JPEG
	// can hold.
	maxXMP = 256 << 10
	// MaxPacket is more than the size of any packet that Provenance writes, in bytes. A visitor
	// downloads one with every picture. The longest texts in a packet are in bytes of XML. There is
	// room for all of them at once, and a prompt gets all the room that is left. Less than
	// minPacketPrompt of it would say nothing.
	MaxPacket        = 1 << 10
	maxPacketSystem  = 64
	maxPacketAddress = 100
	maxPacketTerms   = 60
	maxPacketCreator = 60
	minPacketPrompt  = 24
	// maxTopBoxes bounds the walk over a film that has nothing but small boxes.
	maxTopBoxes = 1 << 20
	// maxWords is the length of a text from a camera, in runes.
	maxWords = 80
	// maxRuns bounds the memory for the places of a clip's samples. It is enough for a film of ten
	// hours in which every picture has a place of its own.
	maxRuns = 1 << 21
	// maxEdits is the length of a clip's list of edits. Most have one or two.
	maxEdits = 16
	// maxParameterSet is the size of a parameter set of H.264 or HEVC, in bytes. Parameter sets are
	// compressed like samples, and copied like them.
	maxParameterSet = 512
	// maxAVIF is the size of an AVIF rendition, in bytes. It is read as a whole to find its size in
	// pixels. The largest picture has a tenth of that.
	maxAVIF = 64 << 20
	// MaxLooked is the size of the largest picture in which --check looks for metadata, and of the
	// largest rendition that is measured when the state is lost, in bytes. A run publishes nothing
	// that is nearly as large.
	MaxLooked = 1 << 30
)

// Limits returns rows for docs/limits.md: what is limited, the limit, and what happens beyond it.
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
		{"points along one channel of a colour table in an ICC profile", number(maxGrid), "the tag is dropped"},
		{"pixels of a published original", number(maxStripJPEG) + " (JPEG), " + number(maxStripWebP) + " (WebP)", "only the renditions are published"},
		{"an EXIF block", humanize.IBytes(maxEXIF), "the rest is ignored"},
		{"bytes read from an EXIF block, with repetitions", humanize.IBytes(maxEXIFReads), "the block is dropped"},
		{"an XMP packet", humanize.IBytes(maxXMP), "the rest is ignored"},
		{"the XMP packet that a published file gets", number(MaxPacket-1) + " bytes", "texts are cut, the prompt first"},
		{"the AI system in that packet", number(maxPacketSystem) + " bytes", "cut"},
		{"the address of the license in that packet", number(maxPacketAddress) + " bytes", "left out"},
		{"the license in that packet", number(maxPacketTerms) + " bytes", "cut"},
		{"the creator in that packet", number(maxPacketCreator) + " bytes", "cut"},
		{"boxes of a clip that are in no other box", number(maxTopBoxes), "the clip says nothing about its origin"},
		{"a text that a camera wrote", number(maxWords) + " letters", "cut"},
		{"chunks of frames or of audio packets in a clip", number(maxRuns), "the clip is reported, exit 3"},
		{"edits of a clip", number(maxEdits), "the clip is reported, exit 3"},
		{"a parameter set of a clip", humanize.IBytes(maxParameterSet), "the clip is reported, exit 3"},
		{"a picture whose metadata `--check` reads", humanize.IBytes(MaxLooked), "reported"},
		{"a rendition used to rebuild a lost state", humanize.IBytes(MaxLooked) + " (JPEG), " + humanize.IBytes(maxAVIF) + " (AVIF)", "ignored"},
	}
}
