package media

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"strings"
)

// Folder is where all files of this package are, from the site's root.
const Folder = "media"

// Name is the name of a file in media/, in its parts:
//
//	media/SLUG-WIDTH-KEY.jpg  a rendition
//	media/SLUG-KEY.png        an original, in any format for pictures
//	media/SLUG-KEY.mp4        a clip
type Name struct {
	Slug  string // of the image; for a clip and its poster, the slug of the video or its cover
	Width string // of a rendition, in pixels; "" for other files
	Key   string // a hash in hex; a file with other bytes gets another key
	Type  string // media type
}

// IsRendition reports whether it is the name of a rendition.
func (n Name) IsRendition() bool { return n.Width != "" }

// IsOriginal reports whether it is the name of a published original.
func (n Name) IsOriginal() bool { return n.Width == "" && IsPicture(n.Type) }

// IsClip reports whether it is the name of a clip.
func (n Name) IsClip() bool { return n.Width == "" && n.Type == mp4Format.mediaType }

// ParseName takes the name of a file in media/ apart, from the site's root. It reports false for
// any other name. It uses no regular expressions: for 100,000 images, they took as long as decoding
// the state.
func ParseName(name string) (Name, bool) {
	base, inMedia := strings.CutPrefix(name, Folder+"/")
	extension := path.Ext(base)
	f := formatWith(extension)
	if !inMedia || f == nil {
		return Name{}, false
	}
	slug, key, _ := strings.Cut(strings.TrimSuffix(base, extension), "-")
	width, rest, isRendition := strings.Cut(key, "-")
	if isRendition {
		key = rest
	} else {
		width = ""
	}
	if !IsSlug(slug) || key == "" || !IsHex(key) {
		return Name{}, false
	}
	if !isRendition && f.encode != nil && f.inspect == nil {
		return Name{}, false // there are only renditions in this format
	}
	if isRendition && (f.encode == nil || width == "" || strings.Trim(width, "0123456789") != "") {
		return Name{}, false
	}
	return Name{Slug: slug, Width: width, Key: key, Type: f.mediaType}, true
}

// String returns the name, from the site's root.
func (n Name) String() string {
	if n.IsRendition() {
		return Folder + "/" + n.Slug + "-" + n.Width + "-" + n.Key + extension(n.Type)
	}
	return Folder + "/" + n.Slug + "-" + n.Key + extension(n.Type)
}

// StrippedAgain returns the name of the file with this name after the rules of StrippedNow have
// changed its bytes.
func (n Name) StrippedAgain() Name {
	n.Key = shortHash(fmt.Appendf(nil, "%d %s", StrippedNow, n))
	return n
}

// IsHex reports whether s has only lower-case hex digits.
func IsHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }

// IsSlug reports whether s has the form of a slug.
func IsSlug(s string) bool { return len(s) == 16 && IsHex(s) }

// Slug returns an image's public name: the first 16 hex digits of the SHA-256 of its original. It
// reveals no id, and nobody can choose it.
func Slug(original string) string { return original[:min(len(original), 16)] }

// OriginalPath returns the path under which Publish writes an original, without reading it.
func OriginalPath(original, mediaType string) string {
	return strippedName(original, mediaType, StripVersion).String()
}

// strippedName returns the name of an original or a clip that is stripped according to the rules of
// a version.
func strippedName(original, mediaType string, version int) Name {
	return Name{Slug: Slug(original), Key: shortHash(fmt.Appendf(nil, "%d %s", version, original)), Type: mediaType}
}

// shortHash returns the first ten hex digits of a SHA-256.
func shortHash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:5])
}
