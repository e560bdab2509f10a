package media

import (
	"bytes"
	"errors"
)

// packetHeadGIF begins the application extension with a packet (XMP specification, part 3). The
// packet follows as it is, and not in blocks.
const packetHeadGIF = "\x21\xff\x0bXMP DataXMP"

// packetTailGIF returns what follows a packet. A program that reads the packet as blocks takes each
// of its bytes for the length of a block. Wherever that leads, it ends at the last byte.
func packetTailGIF() []byte {
	tail := []byte{1}
	for i := 255; i >= 0; i-- {
		tail = append(tail, byte(i))
	}
	return append(tail, 0)
}

// markGIF inserts an extension with a packet. It comes after the colors, and after the repetitions:
// some programs look for these only there.
func markGIF(data, packet []byte) ([]byte, error) {
	at := packetPlaceGIF(data)
	if at < 0 {
		return nil, errors.New("it does not begin like a GIF")
	}
	return insert(data, at, []byte(packetHeadGIF), packet, packetTailGIF()), nil
}

// unmarkGIF takes out the extension that markGIF inserts.
func unmarkGIF(data []byte) (rest, packet []byte) {
	at := packetPlaceGIF(data)
	if at < 0 || !bytes.HasPrefix(data[at:], []byte(packetHeadGIF)) {
		return data, nil
	}
	start, tail := at+len(packetHeadGIF), packetTailGIF()
	size := bytes.Index(data[start:min(len(data), start+MaxPacket+len(tail))], tail)
	if size < 0 {
		return data, nil
	}
	return cutOut(data, at, start+size+len(tail)), data[start : start+size]
}

// packetPlaceGIF returns the offset of a packet in a stripped file, or -1 if the file is no GIF.
func packetPlaceGIF(data []byte) int {
	const head, repeats, repeatsSize = 13, "\x21\xff\x0bNETSCAPE2.0\x03\x01", 19
	if len(data) < head {
		return -1
	}
	at := head + colorTableSize(data[10])
	if at > len(data) {
		return -1
	}
	if bytes.HasPrefix(data[at:], []byte(repeats)) && len(data) >= at+repeatsSize {
		at += repeatsSize
	}
	return at
}
