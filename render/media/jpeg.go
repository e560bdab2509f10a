package media

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"iter"

	"firstframe/render/media/planar"
	"firstframe/render/media/planarjpeg"
)

// jpegFormat is JPEG (ITU T.81).
var jpegFormat = format{
	mediaType:   "image/jpeg",
	extension:   ".jpg",
	name:        "JPEG",
	begins:      func(head []byte) bool { return bytes.HasPrefix(head, []byte{0xff, 0xd8, 0xff}) },
	decoder:     decoder{inspect: inspectJPEG, planes: planesOfJPEG},
	encode:      encodeJPEG,
	memory:      planarjpeg.EncodeMemory,
	witness:     witness{measure: measureJPEG, decodes: decodesJPEG},
	strip:       stripJPEG,
	marker:      marker{markJPEG, unmarkJPEG},
	credentials: credentialsInJPEG,
	metadata:    leaksOfJPEG,
}

// Markers of segments (T.81, table B.1).
const (
	markerSOF0  = 0xc0 // baseline
	markerSOF1  = 0xc1 // extended sequential
	markerSOF2  = 0xc2 // progressive
	markerDHT   = 0xc4
	markerEOI   = 0xd9
	markerSOS   = 0xda
	markerDQT   = 0xdb
	markerDRI   = 0xdd
	markerAPP0  = 0xe0
	markerAPP1  = 0xe1
	markerAPP2  = 0xe2
	markerAPP13 = 0xed
	markerAPP14 = 0xee
)

// inspectJPEG reads everything in front of the first scan.
func inspectJPEG(src *io.SectionReader) (header, error) {
	info, err := planarjpeg.Inspect(src)
	if err != nil {
		return header{}, err
	}
	h := header{width: info.Width, height: info.Height, gray: info.Kind == planarjpeg.Gray, planes: true}

	var exif, xmp []byte
	var profile profileChunks
	if info.Kind.Inks() {
		profile.limit = maxInkProfile
	}
	for marker, data := range jpegSegments(src) {
		switch marker {
		case markerAPP1:
			// XMP has this marker too, and can come first.
			if exif == nil {
				exif, err = readPrefixed(data, exifPrefix, maxEXIF)
			}
			if xmp == nil && err == nil {
				_, err = data.Seek(0, io.SeekStart)
				if err == nil {
					xmp, err = readPrefixed(data, xmpPrefix, maxXMP)
				}
			}
		case markerAPP2:
			err = profile.add(data)
		}
		if err != nil {
			return header{}, err
		}
	}
	profileSize := profile.size // only its size: the profile itself is needed with the pixels
	h.reduced = func(width, height int) int64 { return jpegMemory(&info, profileSize, width, height) }
	h.metadata = readMetadata(exif, bytes.TrimPrefix(xmp, []byte(xmpPrefix)))
	if !info.Kind.Inks() { // inks are converted to sRGB
		h.profile = checkProfile(profile.join(), h.gray)
	}
	return h, nil
}

// planesOfJPEG decodes a JPEG. All JPEGs are decoded to planes.
func planesOfJPEG(src *io.SectionReader, width, height int, _ color.NRGBA) (*planar.Picture, error) {
	pic, err := planarjpeg.Decode(src, width, height)
	if errors.Is(err, planarjpeg.ErrUnsupported) {
		return colorsOfJPEG(src, width, height)
	}
	return pic, err
}

// encodeJPEG makes a rendition. It takes too little time to be stopped.
func encodeJPEG(_ context.Context, p *planar.Picture, quality int, profile []byte) ([]byte, error) {
	return planarjpeg.Encode(p, quality, profileSegments(profile))
}

// measureJPEG reads the size of a JPEG. If it is cut, the marker at its end is missing. It uses the
// decoder of the standard library, as a witness that is independent of ours.
func measureJPEG(src io.Reader) (image.Point, error) {
	end := &ending{}
	all := io.TeeReader(src, end)
	config, err := jpeg.DecodeConfig(all)
	if err != nil {
		return image.Point{}, err
	}
	if _, err := io.Copy(io.Discard, all); err != nil {
		return image.Point{}, err
	}
	if !bytes.HasSuffix(end.last, []byte{0xff, markerEOI}) {
		return image.Point{}, errors.New("cut")
	}
	return image.Pt(config.Width, config.Height), nil
}

// ending notes the last two bytes that are written to it.
type ending struct{ last []byte }

// Write notes p.
func (e *ending) Write(p []byte) (int, error) {
	e.last = append(e.last, p[max(0, len(p)-2):]...)
	e.last = e.last[max(0, len(e.last)-2):]
	return len(p), nil
}

// decodesJPEG fails if a JPEG does not decode. The decoder returns the size that it read in front.
func decodesJPEG(data []byte, _ image.Point) error {
	_, err := jpeg.Decode(bytes.NewReader(data))
	return err
}

// leaksOfJPEG notes the metadata in a JPEG.
func leaksOfJPEG(data []byte, found *leaks) {
	for marker, content := range jpegSegments(section(data)) {
		body, _ := io.ReadAll(content)
		switch {
		case marker == markerAPP1 && bytes.HasPrefix(body, []byte(exifPrefix)):
			found.addEXIF(body)
		case marker == markerAPP1 && bytes.HasPrefix(body, []byte("http://ns.adobe.com/x")):
			found.addXMP(body)
		case marker == markerAPP13 && bytes.HasPrefix(body, []byte("Photoshop")):
			found.iptc = true
		}
	}
}

// jpegSegments yields the segments in front of the first scan, with their markers. It ends without
// an error where the file is broken: the decoder decides whether that matters.
func jpegSegments(src io.ReaderAt) iter.Seq2[byte, *io.SectionReader] {
	return func(yield func(byte, *io.SectionReader) bool) {
		var head [4]byte
		offset := int64(2) // after SOI
		for range maxSegments {
			if _, err := src.ReadAt(head[:], offset); err != nil || head[0] != 0xff {
				return
			}
			marker, size := head[1], int64(binary.BigEndian.Uint16(head[2:]))
			switch {
			case marker == 0xff: // fill byte
				offset++
				continue
			case marker == 0x01 || 0xd0 <= marker && marker <= 0xd7: // without a length
				offset += 2
				continue
			case marker == markerSOS || marker == markerEOI || size < 2:
				return
			}
			if !yield(marker, io.NewSectionReader(src, offset+4, size-2)) {
				return
			}
			offset += 2 + size
		}
	}
}
