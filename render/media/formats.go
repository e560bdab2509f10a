package media

import (
	"fmt"
	"image"
	"image/color"
	"io"
	"strings"

	"firstframe/render/media/planar"
)

// decoder reads one kind of file. Its functions may read src from its start,
// and may panic on bytes that nobody thought of. Files whose header says so are
// decoded to planes, and others to an image. Of JPEGs all are, of GIFs and WebPs
// none.
type decoder struct {
	inspect func(src *io.SectionReader) (header, error)
	decode  func(src *io.SectionReader) (image.Image, error)
	planes  func(src *io.SectionReader, width, height int, background color.NRGBA) (*planar.Picture, error)
}

// IsPicture reports whether pictures of a media type are decoded.
func IsPicture(mediaType string) bool {
	_, ok := standardDecoders()[mediaType]
	return ok
}

// standardDecoders are those of the kinds of files that are published, by
// media type. The kind is never guessed from the bytes: packages that are
// linked in register decoders for kinds that nobody checked. Imaging registers
// that of TIFF, and panics on the picture that a broken one gives
// (CVE-2023-36308), in a goroutine of its own, where nobody can recover it. It
// cannot be reached: neither image.Decode nor imaging's Open and Decode is
// called anywhere, a TIFF is refused by its first bytes before it is kept, and
// one that is called a JPEG meets the decoder of JPEG, which refuses it. And
// what imaging gets is never a decoder's picture, but the NRGBA that flatten
// has made of it.
func standardDecoders() map[string]decoder {
	return map[string]decoder{
		"image/jpeg": {inspectJPEG, nil, planesOfJPEG},
		"image/png":  {inspectPNG, decodePNG, planesOfPNG},
		"image/gif":  {inspectGIF, decodeGIF, nil},
		"image/webp": {inspectWebP, decodeWebP, nil},
	}
}

func StripAny(data []byte, mediaType string) ([]byte, error) {
	if mediaType == "video/mp4" {
		return StripMP4(data)
	}
	return Strip(data, mediaType)
}

// mediaTypeOf is the media type of a file that is published, by its extension.
func TypeOf(extension string) string {
	return map[string]string{
		".jpg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".webp": "image/webp", ".mp4": "video/mp4",
	}[extension]
}

// Extension is the file name extension of a media type that is published.
func Extension(mediaType string) string {
	if mediaType == "image/jpeg" {
		return ".jpg"
	}
	return "." + strings.TrimPrefix(mediaType, "image/")
}

// Strip writes a JPEG, PNG, GIF or WebP file anew from what its pixels need.
// EXIF, XMP, IPTC, comments, thumbnails, resolutions, tables that nothing uses,
// chunks of no known kind, and what follows the pixels or the image's end are not
// among it. The colours of an ICC profile stay, and the orientation as an EXIF
// block of this one value. Nothing is encoded again: the pixels are the same, and
// the compressed ones are copied. Each part that stays has one form, so what was
// stripped stays as it is when it is stripped again. A file that is not
// understood is an error, since nobody knows what it holds.
func Strip(data []byte, mediaType string) ([]byte, error) {
	switch mediaType {
	case "image/jpeg":
		return stripJPEG(data)
	case "image/png":
		return stripPNG(data)
	case "image/gif":
		return stripGIF(data)
	case "image/webp":
		return stripWebP(data)
	}
	return nil, fmt.Errorf("the type %s is not one of those published", mediaType)
}

// formatName is the short name of a media type: "JPEG".
func FormatName(mediaType string) string {
	if mediaType == "image/webp" {
		return "WebP"
	}
	return strings.ToUpper(strings.TrimPrefix(mediaType, "image/"))
}
