package media

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

// This file writes the packet of a Provenance into published files, and takes it out again. A marked
// file is a stripped file with exactly one packet, in one place and in one form. So what is left
// without the packet can be checked like any stripped file.

// marker is how the files of one format carry a packet. Each format has it in its own file.
type marker struct {
	// mark returns a stripped file with a packet. It copies pixels and samples.
	mark func(data, packet []byte) ([]byte, error)

	// unmark takes a packet out of the place where mark puts it. It returns nil for a file without
	// one, and anything for a file that mark has not made.
	unmark func(data []byte) (rest, packet []byte)
}

// errMarked means that a file has a packet already.
var errMarked = errors.New("the file has an XMP packet already")

// Mark returns a stripped file with a packet of a Provenance, or the file itself without a packet.
// Nothing is decoded or encoded. It fails for a packet that ParsePacket does not accept, and for a
// file that has a packet already.
func Mark(data []byte, mediaType string, packet []byte) ([]byte, error) {
	if packet == nil {
		return data, nil
	}
	f := formatOf(mediaType)
	if f == nil {
		return nil, fmt.Errorf("files of type %s are not published", mediaType)
	}
	if _, err := ParsePacket(packet); err != nil {
		return nil, err
	}
	if _, twice := f.unmark(data); twice != nil {
		return nil, errMarked
	}
	return f.mark(data, packet)
}

// Unmark takes the packet out of a file that Mark has made of rest and packet. Any other file is
// returned as it is, without a packet. It decodes nothing, so it accepts a rest that is no picture.
func Unmark(data []byte, mediaType string) (rest, packet []byte) {
	f := formatOf(mediaType)
	if f == nil {
		return data, nil
	}
	rest, packet = f.unmark(data)
	if packet == nil || f.metadata != nil && hasXMP(f, rest) {
		return data, nil
	}
	if again, err := Mark(rest, mediaType, packet); err != nil || !bytes.Equal(again, data) {
		return data, nil
	}
	return rest, packet
}

// hasXMP reports whether a file has a packet in another place than its format's.
func hasXMP(f *format, data []byte) bool {
	var found leaks
	f.metadata(data, &found)
	return found.xmp
}

// MarkOf returns the part of a file's name that tells which packet the file has: the first eight hex
// digits of its SHA-256. Without a packet, it is "".
func MarkOf(packet []byte) string {
	if packet == nil {
		return ""
	}
	sum := sha256.Sum256(packet)
	return hex.EncodeToString(sum[:markDigits/2])
}

// insert returns data with parts inserted at an offset.
func insert(data []byte, offset int, parts ...[]byte) []byte {
	return bytes.Join(append(append([][]byte{data[:offset]}, parts...), data[offset:]), nil)
}

// cutOut returns a copy of data without the bytes from start to end.
func cutOut(data []byte, start, end int) []byte {
	return bytes.Join([][]byte{data[:start], data[end:]}, nil)
}
