package media

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"io"
	"strings"

	"firstframe/render/media/planar"
)

// format is everything that this program knows about a file format. A new format is one file, which
// defines its value, and one line in formats.
//
// Package fetch must not import this one. It has its own list of the formats to download
// (extensions, in mediatype.go).
type format struct {
	mediaType string // like image/jpeg
	extension string // of a published file, like .jpg
	name      string // for people, like JPEG

	// begins reports whether head is the start of a file of this format. It gets sniffed bytes, or
	// the whole file if that is shorter.
	begins func(head []byte) bool

	// decoder is the zero value for videos.
	decoder

	// encode makes a rendition, with a colour profile unless that is nil. It can stop when ctx is
	// done. It is nil for formats that no renditions are made in.
	encode func(ctx context.Context, p *planar.Picture, quality int, profile []byte) ([]byte, error)

	// memory returns the most bytes that encode takes for a picture of this size.
	memory func(width, height int) int64

	// witness reads renditions back. Its functions are nil for formats that no renditions are made
	// in.
	witness

	// strip returns the file without anything that its picture does not need. See Strip.
	strip func(data []byte) ([]byte, error)

	// marker writes what a file says about its origin, and reads it back.
	marker

	// credentials reports whether a file contains Content Credentials. See HasCredentials.
	credentials func(src *io.SectionReader) bool

	// metadata notes the metadata in a file. It is nil for videos, whose metadata only strip finds.
	metadata func(data []byte, found *leaks)
}

// witness reads the renditions of one format, as far as possible with other code than the code that
// wrote them. Its functions can panic on bytes that nobody thought of.
type witness struct {
	// measure returns the size of a picture from its header. It fails if the file is cut. It can
	// read src in part or to its end.
	measure func(src io.Reader) (image.Point, error)

	// decodes fails if a picture does not decode to this size. It gets only files that measure
	// accepted, so the memory for the pixels is known.
	decodes func(data []byte, size image.Point) error
}

// decoder decodes the pictures of one format. Its functions can read src from the start. They can
// panic on bytes that nobody thought of.
type decoder struct {
	// inspect reads the header.
	inspect func(src *io.SectionReader) (header, error)

	// planes decodes a picture whose header says planes. The result is at least width × height.
	planes func(src *io.SectionReader, width, height int, background color.NRGBA) (*planar.Picture, error)

	// decode decodes every other picture.
	decode func(src *io.SectionReader) (image.Image, error)
}

// formats returns all formats. Sniff takes the first one that fits. MP4 comes last, because files
// of other formats begin in the same way.
//
// The format of a file is never guessed by a decoder, because any linked package can register
// decoders that nobody checked. Imaging registers one for TIFF, and then panics on the picture that
// a broken TIFF gives (CVE-2023-36308), in a goroutine of its own, where nobody can recover. That
// decoder is out of reach: nothing calls image.Decode or imaging's Open and Decode, and a TIFF that
// is called a JPEG meets the decoder for JPEG, which refuses it. And imaging never gets a decoder's
// picture, only the NRGBA that flatten makes from the picture.
func formats() []*format {
	return []*format{&jpegFormat, &pngFormat, &gifFormat, &webpFormat, &avifFormat, &mp4Format}
}

// formatOf returns the format of a media type, or nil for any other type.
func formatOf(mediaType string) *format {
	for _, f := range formats() {
		if f.mediaType == mediaType {
			return f
		}
	}
	return nil
}

// formatWith returns the format whose files have an extension, or nil for any other extension.
func formatWith(extension string) *format {
	for _, f := range formats() {
		if f.extension == extension {
			return f
		}
	}
	return nil
}

// IsPicture reports whether pictures of a media type can be decoded.
func IsPicture(mediaType string) bool {
	f := formatOf(mediaType)
	return f != nil && f.inspect != nil
}

// Sniffed is how many bytes at the start of a file Sniff needs.
const Sniffed = 12

// Sniff returns the media type of a file according to its first bytes, or "" for any other format.
func Sniff(head []byte) string {
	head = head[:min(len(head), Sniffed)]
	for _, f := range formats() {
		if f.begins(head) {
			return f.mediaType
		}
	}
	return ""
}

// extension returns the file name extension of a media type, with its dot, or "" for a type that is
// not published.
func extension(mediaType string) string {
	if f := formatOf(mediaType); f != nil {
		return f.extension
	}
	return ""
}

// FormatName returns the name of a media type for people, like JPEG.
func FormatName(mediaType string) string {
	if f := formatOf(mediaType); f != nil {
		return f.name
	}
	return strings.ToUpper(strings.TrimPrefix(mediaType, "image/")) // from a state that others wrote
}

// Strip rewrites a file with only what its picture or its video needs. It removes EXIF, XMP, IPTC,
// comments, thumbnails, resolutions, unused tables, unknown chunks, and everything after the pixels
// or after the end. It keeps the colours of an ICC profile, and the orientation as an EXIF block
// with this one value. Nothing is encoded again: compressed pixels are copied, so the picture stays
// the same. Each part that stays has exactly one form, so stripping twice changes nothing. A file
// that is not understood is an error, because nobody knows what it holds.
func Strip(data []byte, mediaType string) ([]byte, error) {
	f := formatOf(mediaType)
	if f == nil {
		return nil, fmt.Errorf("files of type %s are not published", mediaType)
	}
	return f.strip(data)
}
