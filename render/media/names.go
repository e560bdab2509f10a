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
//
// A file that says something about its origin has a mark after the key. So it has another name when
// it says something else.
type Name struct {
	Slug  string // of the image; for a clip and its poster, the slug of the video or its cover
	Width string // of a rendition, in pixels; "" for other files
	Key   string // a hash in hex, and the mark; a file with other bytes gets another key
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

// The digits of a key: those of shortHash, and those of the mark.
const (
	hashDigits = 10
	markDigits = 8
)

// Mark returns the mark of the packet that the file has, as MarkOf does, or "" for a file without
// one.
func (n Name) Mark() string { return n.Key[min(len(n.Key), hashDigits):] }

// WithMark returns the name with another mark. With "", it has none.
func (n Name) WithMark(mark string) Name {
	n.Key = n.Key[:min(len(n.Key), hashDigits)] + mark
	return n
}

// Unmarked returns the path of a file in media/ without its mark. It returns any other path as it
// is.
func Unmarked(path string) string {
	n, ok := ParseName(path)
	if !ok {
		return path
	}
	return n.WithMark("").String()
}

// StrippedAgain returns the name of the file with this name after the rules of StrippedNow have
// changed its bytes. It has the same mark.
func (n Name) StrippedAgain() Name {
	mark := n.Mark()
	n = n.WithMark("")
	n.Key = shortHash(fmt.Appendf(nil, "%d %s", StrippedNow, n)) + mark
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
	return hex.EncodeToString(sum[:hashDigits/2])
}
