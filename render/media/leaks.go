package media

import (
	"bytes"
	"encoding/binary"
)

// GPSMetadata is the kind of metadata that tells where a picture was taken.
const GPSMetadata = "a GPS position"

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
	if onlyOrientation(block) {
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

// onlyOrientation reports whether an EXIF block holds an orientation and nothing else.
func onlyOrientation(block []byte) bool {
	for o := 1; o <= 8; o++ {
		if bytes.Equal(block, orientationEXIF(o)) {
			return true
		}
	}
	return false
}

// hasGPS reports whether the first directory of an EXIF block points to one with a position (tag
// 34853).
func hasGPS(block []byte) bool {
	const tagGPS = 34853
	var order binary.ByteOrder = binary.LittleEndian
	if len(block) < 8 {
		return false
	}
	if block[0] == 'M' {
		order = binary.BigEndian
	}
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
