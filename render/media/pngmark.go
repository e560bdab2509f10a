package media

import (
	"bytes"
	"encoding/binary"
	"errors"
)

const (
	// packetPlacePNG is the offset of a packet: after the signature and IHDR.
	packetPlacePNG = len(pngSignature) + 4 + 4 + 13 + 4

	// packetHeadPNG comes before the packet in an iTXt chunk: the keyword, not compressed, without a
	// language and a translated keyword (PNG, 11.3.3.4, and XMP specification, part 3).
	packetHeadPNG = xmpKeyword + "\x00\x00\x00\x00\x00"
)

// markPNG inserts an iTXt chunk with a packet.
func markPNG(data, packet []byte) ([]byte, error) {
	if len(data) < packetPlacePNG {
		return nil, errors.New("it does not begin like a PNG")
	}
	return insert(data, packetPlacePNG, appendChunk(nil, "iTXt", append([]byte(packetHeadPNG), packet...))), nil
}

// unmarkPNG takes out the chunk that markPNG inserts.
func unmarkPNG(data []byte) (rest, packet []byte) {
	const head = packetPlacePNG + 8 // with the length and the type
	if len(data) < head || string(data[head-4:head]) != "iTXt" {
		return data, nil
	}
	size := int64(binary.BigEndian.Uint32(data[head-8:]))
	if size > MaxPacket+int64(len(packetHeadPNG)) || size+4 > int64(len(data)-head) {
		return data, nil
	}
	end := head + int(size)
	packet, ok := bytes.CutPrefix(data[head:end], []byte(packetHeadPNG))
	if !ok {
		return data, nil
	}
	return cutOut(data, packetPlacePNG, end+4), packet
}
