package gallery

import (
	"fmt"

	"github.com/dustin/go-humanize"
)

// The limits of a state. The state of two hundred thousand images has about 250 MiB. What a run
// writes stays within these limits, so that the next run can read it; see State.Write and
// Image.MergeVideos.
const (
	MaxState      = 256 << 20 // bytes
	maxStateLine  = 8 << 20   // bytes of a line, which is an image
	maxImages     = 300_000
	maxSkips      = 500_000   // files that are not images
	maxParts      = 4_000_000 // keys, renditions, videos, tags and folders of all images
	maxKeys       = 10_000    // files with the bytes of one image
	maxRenditions = 16        // of an image, or of the cover of a clip
	MaxTags       = 200       // of an image, and as many folders
	maxVideos     = 1_000     // of one image; the newest are kept
	// maxSettingsLine is the longest line of settings, in bytes.
	maxSettingsLine = 16 << 10
	maxPrompts      = 512 << 10 // bytes of all prompts of one image; the prompts of the newest videos are kept
)

// Limits returns the limits of this package. Each is a name, the limit, and what happens beyond it.
func Limits() [][3]string {
	number := func(n int64) string { return humanize.Comma(n) }
	const damaged = "damaged: rebuilt, or refused if it comes from elsewhere"
	return [][3]string{
		{"a state", humanize.IBytes(MaxState), damaged},
		{"a line of a state", humanize.IBytes(maxStateLine), damaged},
		{"images of a state", number(maxImages), damaged},
		{"files in a state that are not images", number(maxSkips), damaged},
		{"keys, renditions, videos, tags and folders of all images", number(maxParts), damaged},
		{"keys of an image", number(maxKeys), "a run keeps no more; a state that contains more is damaged"},
		{"renditions of an image or a cover", number(maxRenditions), damaged},
		{"videos of an image", number(maxVideos), "a run keeps the newest; a state that contains more is damaged"},
		{"the settings in a state", humanize.IBytes(maxSettingsLine), "a run cuts long values; ignored if they come from elsewhere"},
		{"the prompts of an image", humanize.IBytes(maxPrompts), "a run keeps the newest"},
		{"objects and lists in a line of a state", "1 for every 16 bytes, plus 16", damaged},
		{"values in a line of a state", fmt.Sprintf("1 for every 8 bytes, plus %d", 2*MaxTags+50), damaged},
	}
}
