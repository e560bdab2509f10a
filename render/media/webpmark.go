package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
)

const (
	webpXMP = 1 << 2 // a flag of VP8X

	riffHead   = 12                 // of a file: RIFF, its length, and WEBP
	canvasHead = riffHead + 8       // of a file with VP8X, up to its content
	canvasEnd  = canvasHead + 4 + 6 // of VP8X
)

// webpJunk is an empty chunk that every program skips.
const webpJunk = "JUNK\x00\x00\x00\x00"

// markWebP appends an XMP chunk with a packet, and sets its flag in VP8X (RFC 9649). The simple kind
// of file gets a VP8X.
//
// A stripped file can have a VP8X that says nothing. Then an empty chunk comes after the packet: so
// unmarkWebP can tell that the VP8X was there.
func markWebP(data, packet []byte) ([]byte, error) {
	if len(data) < canvasEnd || string(data[:4]) != "RIFF" || int64(binary.LittleEndian.Uint32(data[4:])) != int64(len(data))-8 {
		return nil, errors.New("it does not begin like a WebP")
	}
	out := slices.Clone(data[:riffHead])
	chunks, junk := data[riffHead:], ""
	if isExtendedWebP(data) {
		if saysNothingWebP(data) {
			junk = webpJunk
		}
	} else {
		canvas := simpleCanvas(chunks)
		if canvas == nil {
			return nil, errors.New("it has no picture")
		}
		out = appendRIFF(out, "VP8X", canvas)
	}
	out = append(appendRIFF(append(out, chunks...), "XMP ", packet), junk...)
	out[canvasHead] |= webpXMP
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out, nil
}

// unmarkWebP undoes markWebP.
func unmarkWebP(data []byte) (rest, packet []byte) {
	if !isExtendedWebP(data) || data[canvasHead]&webpXMP == 0 {
		return data, nil
	}
	chunks, junk := bytes.CutSuffix(data, []byte(webpJunk))
	at, packet := lastChunkWebP(chunks)
	if packet == nil {
		return data, nil
	}
	rest = slices.Clone(data[:at])
	rest[canvasHead] &^= webpXMP
	if !junk && saysNothingWebP(rest) {
		rest = cutOut(rest, riffHead, canvasEnd)
	}
	binary.LittleEndian.PutUint32(rest[4:], uint32(len(rest)-8))
	return rest, packet
}

// isExtendedWebP reports whether a file begins with VP8X.
func isExtendedWebP(data []byte) bool {
	return len(data) >= canvasEnd && string(data[riffHead:canvasHead]) == "VP8X\x0a\x00\x00\x00"
}

// saysNothingWebP reports whether the VP8X of a file is the one that markWebP would write.
func saysNothingWebP(data []byte) bool {
	canvas := simpleCanvas(data[canvasEnd:])
	return canvas != nil && bytes.Equal(data[canvasHead:canvasEnd], canvas)
}

// simpleCanvas returns the content of VP8X for a picture whose chunk comes first. It returns nil
// unless that is one.
func simpleCanvas(chunks []byte) []byte {
	const head = 8
	if len(chunks) < head+10 {
		return nil
	}
	flags, width, height := byte(0), uint32(0), uint32(0)
	switch body := chunks[head:]; string(chunks[:4]) {
	case "VP8 ": // RFC 6386, 9.1: a tag, a start code, and 14 bits each
		width = uint32(binary.LittleEndian.Uint16(body[6:])&0x3fff) - 1
		height = uint32(binary.LittleEndian.Uint16(body[8:])&0x3fff) - 1
	case "VP8L": // RFC 9649, 3.4: a signature, 14 bits each, and the alpha flag
		bits := binary.LittleEndian.Uint32(body[1:])
		width, height = bits&0x3fff, bits>>14&0x3fff
		if bits>>28&1 == 1 {
			flags = webpAlpha
		}
	default:
		return nil
	}
	return []byte{flags, 0, 0, 0, byte(width), byte(width >> 8), byte(width >> 16), byte(height), byte(height >> 8), byte(height >> 16)}
}

// lastChunkWebP returns the offset of the last chunk and its content, or nil if that is not XMP.
func lastChunkWebP(data []byte) (at int, content []byte) {
	at = riffHead
	for range maxChunks {
		if len(data)-at < 8 {
			return 0, nil
		}
		size := int64(binary.LittleEndian.Uint32(data[at+4:]))
		end := int64(at) + 8 + size + size%2
		if end > int64(len(data)) {
			return 0, nil
		}
		if end == int64(len(data)) {
			break
		}
		at = int(end)
	}
	if size := binary.LittleEndian.Uint32(data[at+4:]); string(data[at:at+4]) == "XMP " && size <= MaxPacket {
		return at, data[at+8 : at+8+int(size)]
	}
	return 0, nil
}
