package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
)

// packetHeadMP4 marks a uuid box with a packet (XMP specification, part 3).
const packetHeadMP4 = "uuid\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac"

// markMP4 appends a box with a packet. At the end it moves no sample, so every offset stays right.
//
// The last box of a film can reach up to the end of the file, whatever its length. Such a box gets
// its length, and the length of the new box then has 64 bits: so unmarkMP4 can tell what it was.
func markMP4(data, packet []byte) ([]byte, error) {
	size := len(packetHeadMP4) + len(packet)
	last, open := lastBoxMP4(data)
	switch {
	case last < 0:
		return nil, errors.New("its boxes do not fill it")
	case !open:
		head := binary.BigEndian.AppendUint32(nil, uint32(4+size))
		return insert(data, len(data), head, []byte(packetHeadMP4), packet), nil
	case len(data)-last > math.MaxUint32:
		return nil, errors.New("its last box is too large")
	}
	const type4 = 4
	head := append([]byte{0, 0, 0, 1}, packetHeadMP4[:type4]...)
	head = binary.BigEndian.AppendUint64(head, uint64(4+8+size))
	out := insert(data, len(data), head, []byte(packetHeadMP4[type4:]), packet)
	binary.BigEndian.PutUint32(out[last:], uint32(len(data)-last))
	return out, nil
}

// unmarkMP4 takes off the box that markMP4 appends.
func unmarkMP4(data []byte) (rest, packet []byte) {
	last, open := lastBoxMP4(data)
	if last < 0 || open {
		return data, nil
	}
	if packet, ok := bytes.CutPrefix(data[min(last+4, len(data)):], []byte(packetHeadMP4)); ok {
		return bytes.Clone(data[:last]), packet
	}
	const head = "\x00\x00\x00\x01uuid"
	packet, ok := bytes.CutPrefix(data[last:], []byte(head))
	if !ok || len(packet) < 8 {
		return data, nil
	}
	if packet, ok = bytes.CutPrefix(packet[8:], []byte(packetHeadMP4[4:])); !ok {
		return data, nil
	}
	rest = bytes.Clone(data[:last])
	if last, open = lastBoxMP4(rest); last < 0 || open {
		return data, nil
	}
	clear(rest[last : last+4])
	return rest, packet
}

// lastBoxMP4 returns the offset of the last box, and whether it reaches up to the end of the file
// without saying how long it is. It returns -1 unless the boxes fill the file.
func lastBoxMP4(data []byte) (last int, open bool) {
	last = -1
	for b := range topBoxes(section(data)) {
		last, open = int(b.at), b.open
		if b.at+b.size == int64(len(data)) {
			return last, open
		}
	}
	return -1, false
}
