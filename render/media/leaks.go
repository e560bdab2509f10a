package media

import (
	"bytes"
	"encoding/binary"
)

// GPSMetadata is the kind of metadata that tells where a picture was taken.
const GPSMetadata = "a GPS position"

// CleanCommand is the start of a command that removes the metadata from a picture, and keeps its
// colours and its orientation. The name of the file comes after it. It keeps no copy beside the file,
// because that would be published, too.
const CleanCommand = "exiftool -overwrite_original -all= --icc_profile:all -tagsfromfile @ -exif:orientation"

// MetadataOf returns the kinds of metadata in a picture, sorted by how private they are. An
// orientation on its own does not count: without it, the picture would lie on its side. Videos and
// unknown types give none.
func MetadataOf(data []byte, mediaType string) []string {
	f := formatOf(mediaType)
	if f == nil || f.metadata == nil {
		return nil
	}
	var found leaks
	f.metadata(data, &found)
	return found.kinds()
}

// leaks are the kinds of metadata that a picture has.
type leaks struct {
	gps, exif, xmp, iptc bool
}

// kinds returns the names of the kinds, the most private first.
func (l *leaks) kinds() []string {
	var kinds []string
	for _, kind := range []struct {
		name  string
		found bool
	}{{GPSMetadata, l.gps}, {"EXIF", l.exif}, {"XMP", l.xmp}, {"IPTC", l.iptc}} {
		if kind.found {
			kinds = append(kinds, kind.name)
		}
	}
	return kinds
}

// addEXIF notes an EXIF block, with or without the prefix that it has in a JPEG.
func (l *leaks) addEXIF(block []byte) {
	block = bytes.TrimPrefix(block, []byte(exifPrefix+"\x00"))
	if isHarmless(block) {
		return
	}
	l.exif = true
	l.gps = l.gps || hasGPS(block)
}

// addXMP notes an XMP packet. A position in it is plain text.
func (l *leaks) addXMP(packet []byte) {
	l.xmp = true
	l.gps = l.gps || bytes.Contains(packet, []byte("GPS"))
}

// isHarmless reports whether an EXIF block has only an orientation, a resolution and the place of the
// colour samples, and not one byte more. CleanCommand leaves these, because the standard asks for the
// others where there is an orientation.
func isHarmless(block []byte) bool {
	const head, typeShort, typeRational = 10, 3, 5
	if len(block) < head {
		return false
	}
	order := byteOrder(block)
	entries := int(order.Uint16(block[8:]))
	values := head + 12*entries + 4 // after the entries, there is the place of the next directory
	if order.Uint32(block[4:]) != 8 || len(block) < values || order.Uint32(block[values-4:]) != 0 {
		return false
	}
	for i := range entries {
		entry := block[head+12*i:]
		kind := order.Uint16(entry[2:])
		switch order.Uint16(entry) {
		case 0x112, 0x128, 0x213: // Orientation, ResolutionUnit, YCbCrPositioning
			if kind != typeShort {
				return false
			}
		case 0x11a, 0x11b: // XResolution, YResolution
			if kind != typeRational {
				return false
			}
			values += 8
		default:
			return false
		}
		if order.Uint32(entry[4:]) != 1 {
			return false
		}
	}
	return len(block) == values
}

// byteOrder returns the byte order of an EXIF block.
func byteOrder(block []byte) binary.ByteOrder {
	if block[0] == 'M' {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// hasGPS reports whether the first directory of an EXIF block points to one with a position (tag
// 34853).
func hasGPS(block []byte) bool {
	const tagGPS = 34853
	if len(block) < 8 {
		return false
	}
	order := byteOrder(block)
	at := int64(order.Uint32(block[4:]))
	if at+2 > int64(len(block)) {
		return false
	}
	entries := int64(order.Uint16(block[at:]))
	for i := range entries {
		entry := at + 2 + 12*i
		if entry+12 > int64(len(block)) {
			return false
		}
		if order.Uint16(block[entry:]) == tagGPS {
			return true
		}
	}
	return false
}
