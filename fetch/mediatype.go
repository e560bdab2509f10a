package fetch

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"
)

// sniffed is how many bytes MediaType looks at. It is enough to skip the XML declaration and the
// comment that drawing programs write before an <svg>.
const sniffed = 1024

// clipType is the only accepted type of video. The service uses it, and every browser plays it.
const clipType = "video/mp4"

// extensions maps each accepted media type to the extension of its originals. This program can
// decode all of these pictures: formats in package render/media has the same types, but this
// package must not import that one.
var extensions = map[string]string{
	"image/jpeg": ".jpg",
	"image/png":  ".png",
	"image/gif":  ".gif",
	"image/webp": ".webp",
	clipType:     ".mp4",
}

// isPicture reports whether a media type is a picture that can be published.
func isPicture(mediaType string) bool { return mediaType != clipType && extensions[mediaType] != "" }

// NotImageError means that the bytes are not a picture that can be published.
type NotImageError struct {
	Type string // what they really are, as MediaType names it
}

// Error returns what the bytes are and what was expected.
func (e *NotImageError) Error() string {
	if e.Type == "empty" {
		return "the file is empty"
	}
	return fmt.Sprintf("the file is not a JPEG, PNG, GIF or WebP picture but %s", e.Type)
}

// SoundOrFilm reports whether a media type is audio or video. The service can use those as input,
// too, so the listing of files contains them.
func SoundOrFilm(mediaType string) bool {
	return strings.HasPrefix(mediaType, "audio/") || strings.HasPrefix(mediaType, "video/") || mediaType == "application/ogg"
}

// NotVideoError means that the bytes are not a video that can be published.
type NotVideoError struct {
	Type string // what they really are, as MediaType names it
}

// Error returns what the bytes are and what was expected.
func (e *NotVideoError) Error() string {
	if e.Type == "empty" {
		return "the file is empty"
	}
	return fmt.Sprintf("the file is not an MP4 video but %s", e.Type)
}

// signatures are the types that http.DetectContentType does not know, or knows by another name.
var signatures = []struct{ magic, mediaType string }{
	{"II*\x00", "image/tiff"},
	{"MM\x00*", "image/tiff"},
	{"II+\x00", "image/tiff"}, // BigTIFF
	{"MM\x00+", "image/tiff"},
	{"\x00\x00\x00\x0cJXL \r\n\x87\n", "image/jxl"},
	{"\xff\x0a", "image/jxl"},
	{"\x00\x00\x00\x0cjP  \r\n\x87\n", "image/jp2"},
	{"8BPS", "image/vnd.adobe.photoshop"},
	{"fLaC", "audio/flac"},
	{"#!AMR", "audio/amr"},
	{"FLV\x01", "video/x-flv"},
	{"\x00\x00\x01\xba", "video/mpeg"},
	{"\x00\x00\x01\xb3", "video/mpeg"},
	{"\x1f\x8b", "application/gzip"},
	{"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"},
	{"\x28\xb5\x2f\xfd", "application/zstd"},
}

// MediaType returns the media type of a file that begins with head, without parameters. It returns
// "empty" when there are no bytes and "application/octet-stream" when the type is unknown. Only the
// first 1024 bytes count.
func MediaType(head []byte) string {
	if len(head) == 0 {
		return "empty"
	}
	head = head[:min(len(head), sniffed)]
	for _, s := range signatures {
		if bytes.HasPrefix(head, []byte(s.magic)) {
			return s.mediaType
		}
	}
	if t := isoMedia(head); t != "" {
		return t
	}
	if t := framed(head); t != "" {
		return t
	}
	// A byte order mark hides markup from DetectContentType, but not from a browser.
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), "\t\n\f\r ")
	if isSVG(text) {
		return "image/svg+xml"
	}
	if len(text) == 0 {
		return "text/plain"
	}
	t, _, _ := strings.Cut(http.DetectContentType(text), ";")
	if len(text) < len(head) && !strings.HasPrefix(t, "text/") {
		// Only text may begin with white space. A picture after a blank is not a picture.
		t, _, _ = strings.Cut(http.DetectContentType(head), ";")
	}
	if t == "text/plain" && (text[0] == '{' || text[0] == '[') {
		return "application/json"
	}
	return t
}

// isoMedia returns the media type of a file that begins with a box "ftyp": video, audio, AVIF or
// HEIC. It returns "" for other files.
func isoMedia(head []byte) string {
	if len(head) < 12 || string(head[4:8]) != "ftyp" {
		return ""
	}
	// The major brand comes first, then a version, then compatible brands. mif1 only means some
	// kind of picture.
	brands := []string{string(head[8:12])}
	end := min(int64(binary.BigEndian.Uint32(head)), int64(len(head)))
	for i := int64(16); i+4 <= end; i += 4 {
		brands = append(brands, string(head[i:i+4]))
	}
	picture := false
	for _, brand := range brands {
		switch brand {
		case "avif", "avis":
			return "image/avif"
		case "heic", "heix", "heim", "heis", "hevc", "hevx":
			return "image/heic"
		case "mif1", "msf1":
			picture = true
		}
	}
	switch {
	case picture:
		return "image/heif"
	case brands[0] == "qt  ":
		return "video/quicktime"
	case brands[0] == "M4A " || brands[0] == "M4B ":
		return "audio/mp4"
	}
	return "video/mp4"
}

// framed returns the media type of a stream without a header, which only has a mark at the
// beginning of each frame. It returns "" for other files.
func framed(head []byte) string {
	if isTransportStream(head) {
		return "video/mp2t"
	}
	// A frame begins with eleven ones. Layer 0 means AAC. Version 01 and bit rate 15 are reserved.
	if len(head) < 4 || head[0] != 0xff || head[1]&0xe0 != 0xe0 {
		return ""
	}
	version, layer, rate := head[1]>>3&3, head[1]>>1&3, head[2]>>4
	switch {
	case version == 1:
		return ""
	case layer == 0 && head[1]&0xf0 == 0xf0:
		return "audio/aac"
	case layer != 0 && rate != 15:
		return "audio/mpeg"
	}
	return ""
}

// isTransportStream reports whether head consists of MPEG packets, which all begin with the same
// byte. Text can have that byte in the right places, but the padding of a stream is not text.
func isTransportStream(head []byte) bool {
	const packet = 188
	if len(head) <= packet || utf8.Valid(head) {
		return false
	}
	for i := 0; i < len(head); i += packet {
		if head[i] != 'G' {
			return false
		}
	}
	return true
}

// isSVG reports whether the first element of text is <svg>. A declaration, comments and a document
// type may precede it.
func isSVG(text []byte) bool {
	for {
		text = bytes.TrimLeft(text, "\t\n\f\r ")
		end := ""
		switch {
		case bytes.HasPrefix(text, []byte("<!--")):
			end = "-->"
		case bytes.HasPrefix(text, []byte("<?")):
			end = "?>"
		case len(text) > 9 && strings.EqualFold(string(text[:9]), "<!doctype"):
			// An internal subset in brackets contains ">" itself.
			end = ">"
			if bracket := bytes.IndexByte(text, '['); bracket >= 0 && bracket < bytes.IndexByte(text, '>') {
				end = "]>"
			}
		default:
			return len(text) > 4 && strings.EqualFold(string(text[:4]), "<svg") && bytes.IndexByte([]byte("\t\n\f\r />"), text[4]) >= 0
		}
		at := bytes.Index(text, []byte(end))
		if at < 0 {
			return false
		}
		text = text[at+len(end):]
	}
}
