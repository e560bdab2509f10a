package render

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
)

// clipVersion is part of the names of clips. It changes whenever the same video
// would be stripped to other bytes.
const clipVersion = 2

// Withhold notes that the clip of the video cannot be published.
func (v *Video) Withhold() { v.Clip, v.Withheld = nil, clipVersion }

// IsWithheld reports whether this version has found that the clip cannot be published.
func (v *Video) IsWithheld() bool { return v.Withheld == clipVersion }

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
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s", clipVersion, o.SHA256))
	c := &Clip{Width: width, Height: height, Seconds: seconds}
	c.Path = "media/" + Slug(o.SHA256) + "-" + hex.EncodeToString(sum[:5]) + ".mp4"
	c.Bytes, c.Sum = int64(len(stripped)), mediaSum(stripped)
	return c, m.Write(c.Path, stripped)
}

// poster is the largest rendition of the cover, or "".
func (c *Clip) poster() string {
	if len(c.Poster) == 0 {
		return ""
	}
	return c.Poster[len(c.Poster)-1].Path
}
