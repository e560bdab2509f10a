package mediatest

import (
	"encoding/binary"
)

// RIFF returns a WebP file of chunks, each a type and its content.
func RIFF(chunks ...string) []byte {
	body := append([]byte("WEBP"), RIFFBytes(chunks...)...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

// RIFFBytes returns chunks, each a type and its content.
func RIFFBytes(chunks ...string) []byte {
	var out []byte
	for i := 0; i < len(chunks); i += 2 {
		out = append(out, chunks[i]...)
		out = binary.LittleEndian.AppendUint32(out, uint32(len(chunks[i+1])))
		out = append(out, chunks[i+1]...)
		if len(chunks[i+1])%2 == 1 {
			out = append(out, 0)
		}
	}
	return out
}

// VP8X returns the content of a VP8X chunk.
func VP8X(flags byte, width, height int) string {
	w, h := width-1, height-1
	return string([]byte{flags, 0, 0, 0, byte(w), byte(w >> 8), byte(w >> 16), byte(h), byte(h >> 8), byte(h >> 16)})
}
