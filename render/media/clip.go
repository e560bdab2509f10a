package media

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
)

// clipVersion is part of the names of clips. It changes whenever the same video
// would be stripped to other bytes.
const ClipVersion = 2

// Film writes a video, an MP4, without its metadata. Its samples are not
// touched. One that cannot be stripped is a WithheldError.
func (m *Maker) Film(ctx context.Context, o Original) (*Clip, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(o.Path)
	if err != nil {
		return nil, fmt.Errorf("reading the video: %w", err)
	}
	stripped, err := StripMP4(data)
	if err != nil {
		return nil, &WithheldError{fmt.Errorf("stripping the video: %w", err)}
	}
	width, height, seconds, err := MP4Info(stripped)
	if err != nil {
		return nil, &WithheldError{fmt.Errorf("reading the video: %w", err)}
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s", ClipVersion, o.SHA256))
	c := &Clip{Width: width, Height: height, Seconds: seconds}
	c.Path = "media/" + Slug(o.SHA256) + "-" + hex.EncodeToString(sum[:5]) + ".mp4"
	c.Bytes, c.Sum = int64(len(stripped)), Sum(stripped)
	return c, m.Write(c.Path, stripped)
}

// poster is the largest rendition of the cover, or "".
func (c *Clip) PosterPath() string {
	if len(c.Poster) == 0 {
		return ""
	}
	return c.Poster[len(c.Poster)-1].Path
}

// Clip is a finished video that is published.
type Clip struct {
	Published
	Width   int         `json:"width"` // in pixels
	Height  int         `json:"height"`
	Seconds float64     `json:"seconds"`
	Poster  []Rendition `json:"poster,omitempty"` // of its cover, by width
}

func (c *Clip) Valid() bool {
	for _, r := range c.Poster {
		if !r.Valid() {
			return false
		}
	}
	return ClipForm.MatchString(c.Path) && c.Bytes > 0 && c.Width > 0 && c.Height > 0
}
