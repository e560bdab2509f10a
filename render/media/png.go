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

// inspectPNG reads the header of a PNG.
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
	h.orientation, h.camera = readMetadata(exif, xmp)
	colors, err := readPNGColors(src)
	if err != nil {
		return header{}, err
	}
	h.profile = colors.profile
	return h, nil
}

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

func planesOfPNG(src *io.SectionReader, _, _ int, background color.NRGBA) (*planar.Picture, error) {
	colors, err := readPNGColors(src)
	if err != nil {
		return nil, err
	}
	return planarpng.Decode(src, background, colors.table8())
}

// pngChunks yields the chunks' types and contents. Like jpegSegments it leaves
// errors to the decoder.
func pngChunks(src *io.SectionReader) iter.Seq2[string, *io.SectionReader] {
	return func(yield func(string, *io.SectionReader) bool) {
		var head [8]byte
		offset := int64(8) // behind the signature
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
			offset += 8 + size + 4 // with the checksum
		}
	}
}

// readICCP unpacks a profile: its name, which nobody needs, a zero, the
// method of compression, which is zlib, and the data. It returns nil if
// they are damaged or longer than a profile may be.
func readICCP(r io.Reader) []byte {
	packed, err := io.ReadAll(io.LimitReader(r, 2*maxProfile)) // it may be stored as it is
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

// pngMemory tells how many bytes image/png and the conversion to NRGBA take.
func pngMemory(width, height int, depth, colorType, interlace byte) int64 {
	decoded, converted := int64(4), int64(0) // NRGBA, and RGBA without transparency, are used as they are
	switch {
	case depth == 16:
		decoded, converted = 8, 4
	case colorType == 0 || colorType == 3: // gray and paletted: a byte, or four for gray with a transparent shade
		decoded, converted = 1, 4
	}
	if interlace != 0 {
		decoded = 2 * max(decoded, 4) // its passes are images of their own
	}
	return (decoded + converted) * int64(width) * int64(height)
}
