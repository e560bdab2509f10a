package render

import (
	"bufio"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"iter"

	"firstframe/render/planar"
	"firstframe/render/planarjpeg"
)

const (
	markerSOF0  = 0xc0 // baseline
	markerSOF1  = 0xc1 // extended sequential
	markerSOF2  = 0xc2 // progressive
	markerEOI   = 0xd9
	markerSOS   = 0xda
	markerAPP1  = 0xe1
	markerAPP2  = 0xe2
	markerAPP13 = 0xed
)

func inspectJPEG(src *io.SectionReader) (header, error) {
	config, err := jpeg.DecodeConfig(bufio.NewReader(src))
	if err != nil {
		return header{}, err
	}
	h := header{width: config.Width, height: config.Height, gray: config.ColorModel == color.GrayModel}

	var exif, frame []byte
	var progressive bool
	var profile profileChunks
	for marker, data := range jpegSegments(src) {
		switch marker {
		case markerSOF0, markerSOF1, markerSOF2:
			progressive = marker == markerSOF2
			frame, err = io.ReadAll(data)
		case markerAPP1:
			// The first APP1 may be XMP, which is an APP1 too.
			if exif == nil {
				exif, err = readPrefixed(data, exifPrefix, maxEXIF)
			}
		case markerAPP2:
			err = profile.add(data)
		}
		if err != nil {
			return header{}, err
		}
	}
	switch config.ColorModel {
	case color.GrayModel, color.YCbCrModel:
		h.planes = true
		h.reduced = func(width, height int) int64 {
			return planarjpeg.Memory(frame, progressive, width, height)
		}
	default: // RGB, which is rare, and CMYK
		h.memory = jpegMemory(h.width, h.height, frame, progressive)
	}
	h.orientation, h.camera = readEXIF(exif)
	if config.ColorModel != color.CMYKModel { // which becomes RGB, by the formula for no profile
		h.profile = checkProfile(profile.join(), h.gray)
	}
	return h, nil
}

func decodeJPEG(src *io.SectionReader) (image.Image, error) {
	return jpeg.Decode(bufio.NewReader(src))
}

func planesOfJPEG(src *io.SectionReader, width, height int, _ color.NRGBA) (*planar.Picture, error) {
	return planarjpeg.Decode(src, width, height)
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

// jpegMemory tells how many bytes image/jpeg and the conversion to NRGBA take
// for a picture with this frame header (the content of its SOF segment).
// Without one it takes the worst for granted: four full progressive planes.
func jpegMemory(width, height int, frame []byte, progressive bool) int64 {
	factors := []byte{0x11, 0x11, 0x11, 0x11}
	if len(frame) >= 6 && len(frame) >= 6+3*int(frame[5]) && 0 < frame[5] && frame[5] <= 4 {
		factors = factors[:frame[5]]
		for i := range factors {
			factors[i] = frame[7+3*i]
		}
	} else {
		progressive = true
	}
	if len(factors) == 1 {
		factors[0] = 0x11 // one component is never interleaved
	}
	blocks, h0, v0 := int64(0), 1, 1
	for _, f := range factors {
		h, v := int(f>>4), int(f&15)
		blocks += int64(h * v)
		h0, v0 = max(h0, h), max(v0, v)
	}
	blocks *= int64((width+8*h0-1)/(8*h0)) * int64((height+8*v0-1)/(8*v0))

	pixels := int64(width) * int64(height)
	memory := 64*blocks + 4*pixels // the planes and NRGBA
	if len(factors) == 4 {
		memory += 4 * pixels // image.CMYK
	}
	if progressive {
		memory += 4 * 64 * blocks // an int32 for every coefficient until the last scan
	}
	return memory
}
