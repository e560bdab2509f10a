package media

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"image"
	"image/color"
	"image/png"
	"io"
	"iter"

	"firstframe/render/media/planar"
	"firstframe/render/media/planarpng"
)

// pngFormat is PNG (W3C, third edition).
var pngFormat = format{
	mediaType:   "image/png",
	extension:   ".png",
	name:        "PNG",
	begins:      func(head []byte) bool { return bytes.HasPrefix(head, []byte(pngSignature)) },
	decoder:     decoder{inspect: inspectPNG, planes: planesOfPNG, decode: decodePNG},
	strip:       stripPNG,
	marker:      marker{markPNG, unmarkPNG},
	credentials: credentialsInPNG,
	metadata:    leaksOfPNG,
}

// pngSignature is what a PNG begins with.
const pngSignature = "\x89PNG\r\n\x1a\n"

// inspectPNG reads the chunks of a PNG, but not its pixels.
func inspectPNG(src *io.SectionReader) (header, error) {
	config, err := png.DecodeConfig(bufio.NewReader(src))
	if err != nil {
		return header{}, err
	}
	h := header{width: config.Width, height: config.Height}

	var exif, xmp []byte
	var depth, colorType, interlace byte
	var transparent bool
	for kind, data := range pngChunks(src) {
		switch kind {
		case "IHDR":
			var ihdr [13]byte
			_, err = io.ReadFull(data, ihdr[:])
			depth, colorType, interlace = ihdr[8], ihdr[9], ihdr[12]
		case "tRNS":
			transparent = true
		case "eXIf":
			exif, err = io.ReadAll(io.LimitReader(data, maxEXIF))
		case "iTXt":
			if xmp == nil {
				xmp, err = readITXt(data)
			}
		}
		if err != nil {
			return header{}, err
		}
	}
	h.gray = colorType == 0 || colorType == 4
	if h.planes = planarpng.Supports(depth, colorType, interlace, transparent); h.planes {
		h.memory = planarpng.Memory(h.width)
	} else {
		h.memory = pngMemory(h.width, h.height, depth, colorType, interlace)
	}
	h.metadata = readMetadata(exif, xmp)
	colors, err := readPNGColors(src)
	if err != nil {
		return header{}, err
	}
	h.profile = colors.profile
	return h, nil
}

// decodePNG decodes a PNG of an unusual kind.
func decodePNG(src *io.SectionReader) (image.Image, error) {
	colors, err := readPNGColors(src)
	if err != nil {
		return nil, err
	}
	img, err := png.Decode(bufio.NewReader(src))
	if err == nil {
		colors.apply(img)
	}
	return img, err
}

// planesOfPNG decodes a PNG of a usual kind.
func planesOfPNG(src *io.SectionReader, _, _ int, background color.NRGBA) (*planar.Picture, error) {
	colors, err := readPNGColors(src)
	if err != nil {
		return nil, err
	}
	return planarpng.Decode(src, background, colors.table8())
}

// leaksOfPNG notes the metadata in a PNG.
func leaksOfPNG(data []byte, found *leaks) {
	for kind, content := range pngChunks(section(data)) {
		switch body, _ := io.ReadAll(content); {
		case kind == "eXIf":
			found.addEXIF(body)
		case kind == "iTXt" && bytes.HasPrefix(body, []byte(xmpKeyword)):
			found.addXMP(body)
		case (kind == "tEXt" || kind == "zTXt") && bytes.HasPrefix(body, []byte("Raw profile type")):
			found.exif = true // ImageMagick writes EXIF, IPTC or XMP like this, in hex
		}
	}
}

// pngChunks yields the type and the content of each chunk. Like jpegSegments, it leaves errors to
// the decoder.
func pngChunks(src *io.SectionReader) iter.Seq2[string, *io.SectionReader] {
	return func(yield func(string, *io.SectionReader) bool) {
		var head [8]byte
		offset := int64(len(pngSignature))
		for range maxChunks {
			if _, err := src.ReadAt(head[:], offset); err != nil {
				return
			}
			kind, size := string(head[4:]), int64(binary.BigEndian.Uint32(head[:]))
			if kind == "IEND" || size > src.Size()-offset {
				return
			}
			if !yield(kind, io.NewSectionReader(src, offset+8, size)) {
				return
			}
			offset += 8 + size + 4 // 4 for the checksum
		}
	}
}

// readICCP unpacks a profile: a name that nobody needs, a zero, the method of compression (zlib),
// and the data. It returns nil if the profile is damaged or longer than maxProfile.
func readICCP(r io.Reader) []byte {
	packed, err := io.ReadAll(io.LimitReader(r, 2*maxProfile)) // zlib can store it uncompressed
	if err != nil {
		return nil
	}
	_, packed, ok := bytes.Cut(packed, []byte{0})
	if !ok || len(packed) == 0 || packed[0] != 0 {
		return nil
	}
	z, err := zlib.NewReader(bytes.NewReader(packed[1:]))
	if err != nil {
		return nil
	}
	profile, err := io.ReadAll(io.LimitReader(z, maxProfile+1))
	if err != nil || len(profile) > maxProfile {
		return nil
	}
	return profile
}

// pngMemory returns how many bytes image/png and the conversion to NRGBA take.
func pngMemory(width, height int, depth, colorType, interlace byte) int64 {
	decoded, converted := int64(4), int64(0) // NRGBA and opaque RGBA are used as they are
	switch {
	case depth == 16:
		decoded, converted = 8, 4
	case colorType == 0 || colorType == 3: // gray and paletted: one byte, or four for gray with a transparent shade
		decoded, converted = 1, 4
	}
	if interlace != 0 {
		decoded = 2 * max(decoded, 4) // each pass is an image of its own
	}
	return (decoded + converted) * int64(width) * int64(height)
}
