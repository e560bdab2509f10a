package media

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// markJPEG inserts an APP1 segment with a packet (XMP specification, part 3). It comes after JFIF,
// which must come first, and after the orientation.
func markJPEG(data, packet []byte) ([]byte, error) {
	at := packetPlaceJPEG(data)
	if at < 0 {
		return nil, errors.New("it does not begin like a JPEG")
	}
	return insert(data, at, appendSegment(nil, markerAPP1, append([]byte(xmpPrefix), packet...))), nil
}

// unmarkJPEG takes out the segment that markJPEG inserts.
func unmarkJPEG(data []byte) (rest, packet []byte) {
	at := packetPlaceJPEG(data)
	content, end := segmentAt(data, at, markerAPP1)
	packet, ok := bytes.CutPrefix(content, []byte(xmpPrefix))
	if !ok {
		return data, nil
	}
	return cutOut(data, at, end), packet
}

// packetPlaceJPEG returns the offset of a packet in a stripped file, or -1 if the file is no JPEG.
func packetPlaceJPEG(data []byte) int {
	if !bytes.HasPrefix(data, []byte{0xff, 0xd8}) {
		return -1
	}
	at := 2
	if content, end := segmentAt(data, at, markerAPP0); bytes.HasPrefix(content, []byte("JFIF\x00")) {
		at = end
	}
	if content, end := segmentAt(data, at, markerAPP1); bytes.HasPrefix(content, []byte(exifPrefix)) {
		at = end
	}
	return at
}

// segmentAt returns the content of a segment with a marker at an offset, and the offset after it. It
// returns nil if there is no such segment.
func segmentAt(data []byte, at int, marker byte) (content []byte, end int) {
	if at < 0 || at+4 > len(data) || data[at] != 0xff || data[at+1] != marker {
		return nil, at
	}
	end = at + 2 + int(binary.BigEndian.Uint16(data[at+2:]))
	if end < at+4 || end > len(data) {
		return nil, at
	}
	return data[at+4 : end], end
}
