package planaravif

import "errors"

// Types of OBUs (AV1, 6.2.2).
const (
	obuSequence  = 1
	obuDelimiter = 2
	obuMetadata  = 5
	obuFrame     = 6
	obuPadding   = 15
)

// errOBU means that a picture is not coded as one frame.
var errOBU = errors.New("avif: the picture is not one AV1 frame")

// splitOBUs returns the contents of the sequence header and of the frame of a picture. It drops
// metadata, padding and delimiters.
func splitOBUs(data []byte) (header, frame []byte, err error) {
	for len(data) > 0 {
		kind, content, rest, ok := nextOBU(data)
		if !ok {
			return nil, nil, errOBU
		}
		switch {
		case kind == obuDelimiter || kind == obuMetadata || kind == obuPadding:
		case kind == obuSequence && header == nil && frame == nil:
			header = content
		case kind == obuFrame && header != nil && frame == nil:
			frame = content
		default:
			return nil, nil, errOBU
		}
		data = rest
	}
	if len(header) == 0 || len(frame) == 0 {
		return nil, nil, errOBU
	}
	return header, frame, nil
}

// nextOBU takes the first OBU off (AV1, 5.3). The last one need not have a size.
func nextOBU(data []byte) (kind byte, content, rest []byte, ok bool) {
	const forbidden, extended, sized, reserved = 0x80, 4, 2, 1
	head := data[0]
	if head&(forbidden|extended|reserved) != 0 {
		return 0, nil, nil, false
	}
	kind, data = head>>3, data[1:]
	if head&sized == 0 {
		return kind, data, nil, true
	}
	size, n := leb128(data)
	if n == 0 || size > uint64(len(data)-n) {
		return 0, nil, nil, false
	}
	return kind, data[n : n+int(size)], data[n+int(size):], true
}

// leb128 reads a number and returns how many bytes it has, or 0 if it is broken.
func leb128(data []byte) (v uint64, n int) {
	for i, b := range data[:min(8, len(data))] {
		v |= uint64(b&0x7f) << (7 * i)
		if b&0x80 == 0 {
			return v, i + 1
		}
	}
	return 0, 0
}

// appendOBU appends an OBU with its size.
func appendOBU(out []byte, kind byte, content []byte) []byte {
	out = append(out, kind<<3|2)
	size := len(content)
	for size > 0x7f {
		out = append(out, byte(size)|0x80)
		size >>= 7
	}
	return append(append(out, byte(size)), content...)
}
