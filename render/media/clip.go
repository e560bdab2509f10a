package media

import (
	"context"
	"fmt"
	"os"
)

// Clip is a finished video that is published.
type Clip struct {
	Published
	Width   int        `json:"width"` // in pixels
	Height  int        `json:"height"`
	Seconds float64    `json:"seconds"`
	Poster  Renditions `json:"poster,omitempty"` // of its cover, by width
}

// Valid reports whether a clip from outside has everything that it needs, in the right form.
func (c *Clip) Valid() bool {
	for _, r := range c.Poster {
		if !r.Valid() {
			return false
		}
	}
	name, _ := ParseName(c.Path)
	return name.IsClip() && c.Bytes > 0 && c.Width > 0 && c.Height > 0
}

// PosterPath returns the path of the largest rendition of the cover, or "" without one.
func (c *Clip) PosterPath() string {
	if len(c.Poster) == 0 {
		return ""
	}
	return c.Poster.Largest().Path
}

// Film writes a video, an MP4, without its metadata. Its pictures and its sound stay the same. It
// fails with a WithheldError if the video cannot be stripped. It also reports whether the video
// contained Content Credentials.
func (m *Maker) Film(ctx context.Context, o Original) (c *Clip, credentials bool, err error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	data, err := os.ReadFile(o.Path)
	if err != nil {
		return nil, false, fmt.Errorf("reading the video: %w", err)
	}
	stripped, err := stripMP4(data)
	if err != nil {
		return nil, false, &WithheldError{fmt.Errorf("stripping the video: %w", err)}
	}
	c = new(Clip)
	c.Width, c.Height, c.Seconds, err = mp4Info(stripped)
	if err != nil {
		return nil, false, &WithheldError{fmt.Errorf("reading the video: %w", err)}
	}
	c.Published, err = m.publish(strippedName(o.SHA256, mp4Format.mediaType, ClipVersion).String(), stripped, o.Packet)
	return c, HasCredentials(data, mp4Format.mediaType), err
}
