package render

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"slices"
)

// stripVersion is part of the names of published originals. It changes
// whenever the same original would be stripped to other bytes.
const stripVersion = 1

// Published is an original that is published beside its renditions.
type Published struct {
	Path  string `json:"path"` // from the site's root: media/<slug>-<key>.<extension>
	Bytes int64  `json:"bytes"`
	Sum   string `json:"sum,omitempty"` // as that of a Rendition
}

// WithheldError says that the bytes of an original or a clip cannot be published, because it is not
// known what they hold. Another try ends the same way, until another version understands them.
type WithheldError struct{ Err error }

func (e *WithheldError) Error() string { return e.Err.Error() }
func (e *WithheldError) Unwrap() error { return e.Err }

// Withhold notes that the original cannot be published.
func (m *Image) Withhold() { m.Original, m.Withheld = nil, stripVersion }

// IsWithheld reports whether this version has found that the original cannot be published.
func (m *Image) IsWithheld() bool { return m.Withheld == stripVersion }

// OriginalPath tells where Publish puts an original, without reading it.
func OriginalPath(original, mediaType string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s", stripVersion, original))
	return "media/" + Slug(original) + "-" + hex.EncodeToString(sum[:5]) + Extension(mediaType)
}

// Publish writes an original without its metadata. Its pixels are those of the
// original, bit by bit: nothing is encoded again. One that cannot be stripped is
// a WithheldError.
func (m *Maker) Publish(ctx context.Context, o Original) (Published, error) {
	if err := ctx.Err(); err != nil {
		return Published{}, err
	}
	data, err := os.ReadFile(o.Path)
	if err != nil {
		return Published{}, fmt.Errorf("reading the original: %w", err)
	}
	stripped, err := Strip(data, o.Type)
	if err != nil {
		return Published{}, &WithheldError{fmt.Errorf("stripping the original: %w", err)}
	}
	p := Published{Path: OriginalPath(o.SHA256, o.Type), Bytes: int64(len(stripped)), Sum: mediaSum(stripped)}
	return p, m.Write(p.Path, stripped)
}

var errNotStripped = errors.New("its structure is not understood")

// Strip takes out of a JPEG, PNG, GIF or WebP file everything that its pixels
// do not need: EXIF, XMP, IPTC, comments, thumbnails, chunks of no known kind,
// and what follows the image's end. The ICC profile stays, and the orientation
// as an EXIF block of this one value. What is kept is named here; a file that
// is not understood is an error, since nobody knows what it holds.
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

// orientationEXIF is a TIFF block with the orientation alone (TIFF 6.0, tag 274).
func orientationEXIF(orientation int) []byte {
	return []byte{
		'M', 'M', 0, 42, 0, 0, 0, 8, // big-endian; the first directory follows
		0, 1, // of one entry
		0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, byte(orientation), 0, 0, // a SHORT
		0, 0, 0, 0, // no other directory
	}
}

// stripJPEG keeps the segments that ITU T.81 needs for decoding, JFIF without
// its thumbnail, Adobe's colour transform, and the ICC profile.
func stripJPEG(data []byte) ([]byte, error) {
	h, err := inspectJPEG(section(data))
	if err != nil {
		return nil, err
	}
	out := []byte{0xff, 0xd8}
	if h.orientation > 1 {
		exif := append([]byte(exifPrefix+"\x00"), orientationEXIF(h.orientation)...)
		out = appendSegment(out, markerAPP1, exif)
	}
	for offset := 2; ; {
		if offset+2 > len(data) || data[offset] != 0xff {
			return nil, errNotStripped
		}
		marker := data[offset+1]
		switch {
		case marker == 0xff: // fill byte
			offset++
			continue
		case marker == markerEOI:
			return append(out, 0xff, markerEOI), nil
		}
		if offset+4 > len(data) {
			return nil, errNotStripped
		}
		size := int(binary.BigEndian.Uint16(data[offset+2:]))
		if size < 2 || offset+2+size > len(data) {
			return nil, errNotStripped
		}
		content := data[offset+4 : offset+2+size]
		if content, keep := keptOfJPEG(marker, content); keep {
			out = appendSegment(out, marker, content)
		}
		offset += 2 + size
		if marker == markerSOS {
			end := offset + scanLength(data[offset:])
			out = append(out, data[offset:end]...)
			offset = end
		}
	}
}

func appendSegment(out []byte, marker byte, content []byte) []byte {
	out = append(out, 0xff, marker)
	out = binary.BigEndian.AppendUint16(out, uint16(2+len(content)))
	return append(out, content...)
}

// keptOfJPEG returns what stays of a segment.
func keptOfJPEG(marker byte, content []byte) ([]byte, bool) {
	const (
		markerDHT, markerDAC  = 0xc4, 0xcc
		markerDQT, markerDNL  = 0xdb, 0xdc
		markerDRI             = 0xdd
		markerSOF15           = 0xcf
		markerAPP0, markerJPG = 0xe0, 0xc8
		markerAPP14           = 0xee
	)
	switch {
	case marker >= markerSOF0 && marker <= markerSOF15 && marker != markerJPG, // SOF, DHT and DAC
		marker == markerDQT, marker == markerDNL, marker == markerDRI, marker == markerSOS:
		return content, true
	case marker == markerAPP0 && bytes.HasPrefix(content, []byte("JFIF\x00")) && len(content) >= 14:
		return append(slices.Clone(content[:12]), 0, 0), true // no thumbnail
	case marker == markerAPP2 && bytes.HasPrefix(content, []byte(iccPrefix)):
		return content, true
	case marker == markerAPP14 && bytes.HasPrefix(content, []byte("Adobe")) && len(content) >= 12:
		return content[:12], true
	}
	return nil, false
}

// scanLength is the length of the coded data of a scan: up to the next marker
// that is neither a stuffed zero nor a restart (ITU T.81, B.1.1.5).
func scanLength(data []byte) int {
	for i := 0; i+1 < len(data); i++ {
		if next := data[i+1]; data[i] == 0xff && next != 0 && next != 0xff && (next < 0xd0 || next > 0xd7) {
			return i
		}
	}
	return len(data)
}

// pngKept are the chunks that decide on the pixels and their colours.
var pngKept = []string{
	"IHDR", "PLTE", "IDAT", "tRNS", "sBIT", "gAMA", "cHRM", "sRGB", "cICP", "iCCP", "pHYs",
	"acTL", "fcTL", "fdAT", // of an animation
}

func stripPNG(data []byte) ([]byte, error) {
	src := section(data)
	h, err := inspectPNG(src)
	if err != nil {
		return nil, err
	}
	out := slices.Clone(data[:8])
	pixels, chunks := false, 0
	for kind, content := range pngChunks(src) {
		if chunks++; chunks == maxChunks {
			return nil, errNotStripped // what comes behind them would be missing
		}
		if !slices.Contains(pngKept, kind) {
			continue
		}
		body, err := io.ReadAll(content)
		if err != nil {
			return nil, err
		}
		if kind == "iCCP" {
			// The profile's name is free text.
			_, packed, _ := bytes.Cut(body, []byte{0})
			body = append([]byte("icc\x00"), packed...)
		}
		out = appendChunk(out, kind, body)
		if kind == "IHDR" && h.orientation > 1 {
			out = appendChunk(out, "eXIf", orientationEXIF(h.orientation))
		}
		pixels = pixels || kind == "IDAT"
	}
	if !pixels {
		return nil, errNotStripped
	}
	return appendChunk(out, "IEND", nil), nil
}

func appendChunk(out []byte, kind string, content []byte) []byte {
	out = binary.BigEndian.AppendUint32(out, uint32(len(content)))
	start := len(out)
	out = append(append(out, kind...), content...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[start:]))
}

// stripGIF keeps the frames, their timing and the number of repetitions
// (GIF89a; the latter by Netscape's extension).
func stripGIF(data []byte) ([]byte, error) {
	if _, err := inspectGIF(section(data)); err != nil {
		return nil, err
	}
	const plainText, graphicControl, application = 0x01, 0xf9, 0xff
	offset := 13 + colorTableSize(data[10])
	if offset > len(data) {
		return nil, errNotStripped
	}
	out := slices.Clone(data[:offset])
	for offset < len(data) {
		start := offset
		switch data[offset] {
		case 0x3b: // trailer
			return append(out, 0x3b), nil
		case 0x21:
			if offset+2 > len(data) {
				return nil, errNotStripped
			}
			label := data[offset+1]
			end, ok := blocksEnd(data, offset+2)
			// Where the first block has another size than it should, not all decoders
			// agree on where the extension ends, and so on what is a picture.
			if !ok || label == plainText && data[offset+2] != 12 || label == application && data[offset+2] == 0 {
				return nil, errNotStripped
			}
			switch body := data[start:end]; {
			case label == graphicControl:
				out = append(out, body...)
			case label == application && len(body) >= 19 && string(body[2:14]) == "\x0bNETSCAPE2.0" && body[14] == 3:
				out = append(append(out, body[:18]...), 0) // the repetitions, and no block behind them
			}
			offset = end
		case 0x2c:
			if offset+10 > len(data) {
				return nil, errNotStripped
			}
			end, ok := blocksEnd(data, offset+10+colorTableSize(data[offset+9])+1)
			if !ok {
				return nil, errNotStripped
			}
			out = append(out, data[start:end]...)
			offset = end
		default:
			return nil, errNotStripped
		}
	}
	return nil, errNotStripped
}

func colorTableSize(flags byte) int {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (1 + flags&7)
}

// blocksEnd is the offset behind the data blocks that begin at offset.
func blocksEnd(data []byte, offset int) (int, bool) {
	for offset < len(data) {
		size := int(data[offset])
		offset += 1 + size
		if size == 0 {
			return offset, true
		}
	}
	return 0, false
}

// stripWebP keeps the chunks of the picture, of an animation, and the profile.
func stripWebP(data []byte) ([]byte, error) {
	src := section(data)
	h, err := inspectWebP(src)
	if err != nil {
		return nil, err
	}
	const exifFlag, xmpFlag = 1 << 3, 1 << 2
	var chunks []byte
	extended, n := false, 0
	end := 8 + int64(binary.LittleEndian.Uint32(data[4:]))
	for kind, content := range riffChunks(src, 12, end) {
		if n++; n == maxChunks {
			return nil, errNotStripped // as with PNG
		}
		body, err := io.ReadAll(content)
		if err != nil {
			return nil, err
		}
		switch kind {
		case "VP8X":
			extended = true
			body = slices.Clone(body[:10])
			body[0] &^= exifFlag | xmpFlag
			if h.orientation > 1 {
				body[0] |= exifFlag
			}
		case "ANMF":
			body = stripFrame(body)
		case "VP8 ", "VP8L", "ALPH", "ICCP", "ANIM":
		default:
			continue
		}
		chunks = appendRIFF(chunks, kind, body)
	}
	if h.orientation > 1 && extended {
		chunks = appendRIFF(chunks, "EXIF", orientationEXIF(h.orientation))
	}
	out := append([]byte("RIFF"), 0, 0, 0, 0)
	binary.LittleEndian.PutUint32(out[4:], uint32(4+len(chunks)))
	return append(append(out, "WEBP"...), chunks...), nil
}

// stripFrame keeps the place, the timing and the pixels of an animation's frame.
func stripFrame(body []byte) []byte {
	if len(body) < 16 {
		return body
	}
	out := slices.Clone(body[:16])
	for kind, content := range riffChunks(bytes.NewReader(body), 16, int64(len(body))) {
		if kind == "VP8 " || kind == "VP8L" || kind == "ALPH" {
			data, err := io.ReadAll(content)
			if err == nil {
				out = appendRIFF(out, kind, data)
			}
		}
	}
	return out
}

func appendRIFF(out []byte, kind string, content []byte) []byte {
	out = binary.LittleEndian.AppendUint32(append(out, kind...), uint32(len(content)))
	out = append(out, content...)
	if len(content)%2 == 1 {
		out = append(out, 0)
	}
	return out
}

func section(data []byte) *io.SectionReader {
	return io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data)))
}
