package media

import (
	"bytes"
	"encoding/binary"
	"io"
)

const (
	GPSMetadata  = "a GPS position"
	exifMetadata = "EXIF"
	xmpMetadata  = "XMP"
	iptcMetadata = "IPTC"
)

// metadataOf names the kinds of metadata in a picture, sorted. An orientation
// alone is none: a picture lies on its side without it.
func MetadataOf(data []byte, mediaType string) []string {
	found := map[string]bool{}
	note := func(kind string, content []byte) {
		found[kind] = true
		// In XMP a position is written in plain words.
		if kind == xmpMetadata && bytes.Contains(content, []byte("GPS")) {
			found[GPSMetadata] = true
		}
	}
	exif := func(block []byte) {
		block = bytes.TrimPrefix(block, []byte(exifPrefix+"\x00"))
		if onlyOrientation(block) {
			return
		}
		note(exifMetadata, nil)
		if hasGPS(block) {
			found[GPSMetadata] = true
		}
	}
	switch mediaType {
	case "image/jpeg":
		for marker, content := range jpegSegments(section(data)) {
			body, _ := io.ReadAll(content)
			switch {
			case marker == MarkerAPP1 && bytes.HasPrefix(body, []byte(exifPrefix)):
				exif(body)
			case marker == MarkerAPP1 && bytes.HasPrefix(body, []byte("http://ns.adobe.com/x")):
				note(xmpMetadata, body)
			case marker == markerAPP13 && bytes.HasPrefix(body, []byte("Photoshop")):
				note(iptcMetadata, nil)
			}
		}
	case "image/png":
		for kind, content := range pngChunks(section(data)) {
			switch body, _ := io.ReadAll(content); {
			case kind == "eXIf":
				exif(body)
			case kind == "iTXt" && bytes.HasPrefix(body, []byte("XML:com.adobe.xmp")):
				note(xmpMetadata, body)
			case (kind == "tEXt" || kind == "zTXt") && bytes.HasPrefix(body, []byte("Raw profile type")):
				note(exifMetadata, nil) // as ImageMagick writes it: EXIF, IPTC or XMP in hex
			}
		}
	case "image/webp":
		for kind, content := range riffChunks(section(data), 12, int64(len(data))) {
			switch body, _ := io.ReadAll(content); kind {
			case "EXIF":
				exif(body)
			case "XMP ":
				note(xmpMetadata, body)
			}
		}
	case "image/gif":
		if bytes.Contains(data, []byte("XMP DataXMP")) {
			note(xmpMetadata, data)
		}
	}
	var kinds []string
	for _, kind := range []string{GPSMetadata, exifMetadata, xmpMetadata, iptcMetadata} {
		if found[kind] {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// onlyOrientation reports whether an EXIF block says no more than that.
func onlyOrientation(block []byte) bool {
	for o := 1; o <= 8; o++ {
		if bytes.Equal(block, orientationEXIF(o)) {
			return true
		}
	}
	return false
}

// hasGPS reports whether the first directory of an EXIF block leads to one with
// a position (tag 34853).
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
