package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image/color"
	"io"
	"iter"

	"firstframe/render/media/planar"
	"firstframe/render/media/planarjpeg"
)

const (
	markerSOF0  = 0xc0 // baseline
	markerSOF1  = 0xc1 // extended sequential
	markerSOF2  = 0xc2 // progressive
	markerEOI   = 0xd9
	markerSOS   = 0xda
	MarkerAPP1  = 0xe1
	markerAPP2  = 0xe2
	markerAPP13 = 0xed
)

// inspectJPEG reads what stands before the first scan.
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
		case MarkerAPP1:
			// The first APP1 may be XMP, which is an APP1 too.
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
	profileSize := profile.size // and not the profile itself, which nobody needs until the pixels are there
	h.reduced = func(width, height int) int64 { return jpegMemory(&info, profileSize, width, height) }
	h.orientation, h.camera = readMetadata(exif, bytes.TrimPrefix(xmp, []byte(xmpPrefix)))
	if !info.Kind.Inks() { // which become sRGB
		h.profile = checkProfile(profile.join(), h.gray)
	}
	return h, nil
}

func planesOfJPEG(src *io.SectionReader, width, height int, _ color.NRGBA) (*planar.Picture, error) {
	pic, err := planarjpeg.Decode(src, width, height)
	if errors.Is(err, planarjpeg.ErrUnsupported) {
		return colorsOfJPEG(src, width, height)
	}
	return pic, err
}

// jpegSegments yields the segments before the first scan with their markers.
// It ends without an error where the file is not as it should be: whether that
// matters, the decoder knows.
func jpegSegments(src io.ReaderAt) iter.Seq2[byte, *io.SectionReader] {
	return func(yield func(byte, *io.SectionReader) bool) {
		var head [4]byte
		offset := int64(2) // behind SOI
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
