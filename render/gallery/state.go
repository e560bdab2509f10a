package gallery

import (
	"cmp"
	"time"

	"firstframe/render/media"
)

// stateVersion is the version of the state's format that this program reads and writes. Bump it
// when an earlier program would misread the bytes; TestStateVersion notices that they differ. The
// earlier program then refuses them.
const stateVersion = 4

// State is what the last run published, and the public data of the gallery. It contains nothing
// private: a file of a listing is known by a hash of its id.
type State struct {
	Version int     `json:"version"`
	Demo    bool    `json:"demo,omitempty"` // whether it is the demo
	Images  []Image `json:"images"`         // newest first, see SortImages

	// Filmed says that videos were made from images that are not here, because they were removed or
	// never came. For the other images, Image.Videos and Image.Used say it.
	Filmed bool `json:"filmed,omitempty"`

	// Origin is how all images were made, unless something else is known about one; see Image.OriginAmong.
	Origin media.Origin `json:"origin,omitzero"`

	// Settings are the settings that the site was made with, by their keys, as far as the site would
	// lose something without them. They are nil if an earlier version wrote the state.
	Settings map[string]string `json:"settings"`

	// Skipped are the files that are not images, so that not every run downloads them again. They
	// are sorted by key.
	Skipped []Skipped `json:"skipped"`

	InPieces bool `json:"-"` // whether it was put together from a damaged state, and can lack images
}

// Visible returns the images that have a page: those that are not hidden and have a picture.
func (s *State) Visible() []*Image {
	var images []*Image
	for i := range s.Images {
		if m := &s.Images[i]; !m.Hidden && len(m.Renditions) > 0 {
			images = append(images, m)
		}
	}
	return images
}

// The sources of images: the listings that say the most about them, best first.
const (
	SourceFiles  = "files"
	SourceVideos = "videos"
	SourceImages = "images" // pictures that the service itself made
	SourceFolder = "folder" // a folder of pictures, and no other listing
)

// Image is an image of the gallery. A field that changes daily makes every nightly run publish.
type Image struct {
	Slug string `json:"slug"`

	// Keys are the hashes of the ids of its files: the same bytes uploaded twice are one image. The
	// first key belongs to the file whose name and date are shown. The others are sorted.
	Keys []string `json:"keys"`

	Name     string        `json:"name,omitempty"` // the file's name, as it was uploaded
	Type     string        `json:"type"`           // media type of the original
	Width    int           `json:"width"`          // of the original, upright, in pixels
	Height   int           `json:"height"`
	Bytes    int64         `json:"bytes"` // of the original
	SHA256   string        `json:"sha256"`
	Uploaded time.Time     `json:"uploaded"` // to the hour, or the day of a picture in a folder, for sorting; only the day is shown
	Listed   bool          `json:"listed"`   // whether the service listed it on the last run
	Source   string        `json:"source"`   // the listing that it came from; see the Source constants
	Scene    string        `json:"scene,omitempty"`
	Status   string        `json:"status,omitempty"`
	Account  string        `json:"account,omitempty"` // the owner's label for it, never its id
	Folders  []string      `json:"folders,omitempty"` // the folders that its file lies in, in a folder of pictures
	Color    string        `json:"color"`             // "#rrggbb", for the placeholder
	Tints    string        `json:"tints,omitempty"`   // see media.Picture.Tints; empty from older versions
	Camera   *media.Camera `json:"camera,omitempty"`

	Renditions media.Renditions `json:"renditions"`
	Original   *media.Published `json:"original,omitempty"` // nil if it is not published
	Withheld   int              `json:"withheld,omitempty"` // the version that could not strip the original; 0 for none

	// Stripped is the version of the stripping rules that all of the image's media meet:
	// media.StrippedNow, or the version of an earlier program.
	Stripped int `json:"stripped,omitempty"`

	Videos []Video `json:"videos,omitempty"` // the videos that were made from it, newest first

	// The owner's words, taken anew from the content folder by every run.
	Title    string   `json:"title"`
	Alt      string   `json:"alt,omitempty"`
	Caption  string   `json:"caption,omitempty"` // Markdown
	Tags     []string `json:"tags,omitempty"`
	Featured bool     `json:"featured,omitempty"` // shown first
	// SourceType is how the image was made, a code of IPTC's vocabulary, if the owner says so.
	SourceType string `json:"digital_source_type,omitempty"`
	AISystem   string `json:"ai_system,omitempty"` // the AI system that made it, if the owner says so

	// Generated is what the service says about a picture that it made itself; nil for all others.
	Generated *Generated `json:"generated,omitempty"`

	// Hidden says that the owner took the image out. Only the slug, the keys and Used stay, so that
	// the image does not come back.
	Hidden bool `json:"hidden,omitempty"`

	// Used says that a video was made from the image, if the image is or was hidden. As long as
	// some images are known to be used, unused ones are not published.
	Used bool `json:"used,omitempty"`
}

// Prompt returns the prompt of the newest finished video that has one, or else of the newest video,
// or else the prompt that the service made the image from, or "". A video that the service does not
// show comes late, because its prompt may be the reason.
func (m *Image) Prompt() string {
	prompt := ""
	for _, v := range m.Videos {
		if v.Prompt != "" && v.Status == "completed" {
			return v.Prompt
		}
		prompt = cmp.Or(prompt, v.Prompt)
	}
	if m.Generated != nil {
		prompt = cmp.Or(prompt, m.Generated.Prompt)
	}
	return prompt
}

// WasUsed reports whether a video is known that was made from the image.
func (m *Image) WasUsed() bool { return m.Used || len(m.Videos) > 0 }

// Pictures yields all renditions of the image: its own, and the covers of its clips.
func (m *Image) Pictures(yield func(media.Rendition) bool) {
	for _, r := range m.Renditions {
		if !yield(r) {
			return
		}
	}
	for _, v := range m.Videos {
		if v.Clip == nil {
			continue
		}
		for _, r := range v.Clip.Poster {
			if !yield(r) {
				return
			}
		}
	}
}

// Files yields the files in media/ that the image needs.
func (m *Image) Files(yield func(media.Published) bool) {
	for r := range m.Pictures {
		if !yield(r.File()) {
			return
		}
	}
	if m.Original != nil && !yield(*m.Original) {
		return
	}
	for _, v := range m.Videos {
		if v.Clip != nil && !yield(v.Clip.Published) {
			return
		}
	}
}

// Withhold notes that the original cannot be published.
func (m *Image) Withhold() { m.Original, m.Withheld = nil, media.StripVersion }

// IsWithheld reports whether this version has found that the original cannot be published.
func (m *Image) IsWithheld() bool { return m.Withheld == media.StripVersion }

// Video is a video that was made from an image.
type Video struct {
	Key     string      `json:"key"` // a hash of its id
	Status  string      `json:"status"`
	Created time.Time   `json:"created,omitzero"`
	Model   string      `json:"model,omitempty"`   // that made it, such as MiniMax-Hailuo-02
	Seconds float64     `json:"seconds,omitempty"` // how long it plays, as the listing says; 0 if unknown
	Prompt  string      `json:"prompt,omitempty"`  // only if prompts are published
	Clip    *media.Clip `json:"clip,omitempty"`    // only if clips are published
	// Withheld is the version that could not strip the clip; 0 for none.
	Withheld int `json:"withheld,omitempty"`
}

// Withhold notes that the clip of the video cannot be published.
func (v *Video) Withhold() { v.Clip, v.Withheld = nil, media.ClipVersion }

// IsWithheld reports whether this version has found that the clip cannot be published.
func (v *Video) IsWithheld() bool { return v.Withheld == media.ClipVersion }

// Skipped is a file that is not downloaded again for some days: a file of a listing that is not an
// image, a video that is not a video, or a cover that could not be downloaded. A cover has a key of
// its own and no known type. Older versions wrote only Key and Type.
type Skipped struct {
	Key   string `json:"key"`
	Type  string `json:"type"`            // its media type
	Tries int    `json:"tries,omitempty"` // how often it was tried
	Next  string `json:"next,omitempty"`  // the day of the next try, in UTC, like 2026-11-24
	Entry string `json:"entry,omitempty"` // a hash of what the listing said of it
}
