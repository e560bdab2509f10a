package media

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Slug is an image's public name: the first 16 hex digits of the SHA-256 of its
// original, which neither tells an id nor can be given by anyone.
func Slug(original string) string { return original[:min(len(original), 16)] }

// mediaSum are the first 16 hex digits of the SHA-256 of a file in media/: enough
// to notice that it was damaged on its way. Against somebody who means it no
// length would help, as it comes from the same place as the file.
func Sum(data []byte) string {
	sum := sha256.Sum256(data)
	return sumText(sum[:])
}

func sumText(sha256 []byte) string { return hex.EncodeToString(sha256[:8]) }

// verifySum reports whether these are the bytes that were summed, if any were.
func VerifySum(sum string, data []byte) error {
	if sum != "" && sum != Sum(data) {
		return errors.New("its bytes are not those that were written")
	}
	return nil
}

// mediaSlug is the slug that the name of a file in media/ begins with.
func SlugOf(name string) (slug string, ok bool) {
	name, ok = strings.CutPrefix(name, "media/")
	slug, _, dash := strings.Cut(name, "-")
	return slug, ok && dash
}

var (
	ClipForm     = regexp.MustCompile(`^media/[0-9a-f]{16}-[0-9a-f]+\.mp4$`)
	OriginalForm = regexp.MustCompile(`^media/[0-9a-f]{16}-[0-9a-f]+\.(jpg|png|gif|webp)$`)
)

// What every image has is checked without regular expressions: they took as
// long as decoding.

func IsHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }

func IsSlug(s string) bool { return len(s) == 16 && IsHex(s) }

// renditionName takes the name of a rendition apart: media/SLUG-WIDTH-KEY.jpg.
func RenditionName(name string) (slug, width string, ok bool) {
	name, isMedia := strings.CutPrefix(name, "media/")
	name, isJPEG := strings.CutSuffix(name, ".jpg")
	slug, rest, _ := strings.Cut(name, "-")
	width, key, _ := strings.Cut(rest, "-")
	ok = isMedia && isJPEG && IsSlug(slug) && width != "" && strings.Trim(width, "0123456789") == "" && key != "" && IsHex(key)
	return slug, width, ok
}

func IsRendition(name string) bool {
	_, _, ok := RenditionName(name)
	return ok
}

// OriginalPath tells where Publish puts an original, without reading it.
func OriginalPath(original, mediaType string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s", StripVersion, original))
	return "media/" + Slug(original) + "-" + hex.EncodeToString(sum[:5]) + Extension(mediaType)
}
