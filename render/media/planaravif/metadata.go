package planaravif

import (
	"encoding/binary"
	"maps"
	"slices"
)

// Metadata is what a file says besides the picture.
type Metadata struct {
	EXIF, XMP [][]byte // EXIF without the length in front of it; a block that cannot be read is nil
}

// xmpUUID marks a box with XMP, as in other files of this family (XMP specification, part 3).
const xmpUUID = "\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac"

// FindMetadata finds the metadata in a file. It reads as much of a broken file as it can.
func FindMetadata(data []byte) Metadata {
	var m Metadata
	for b, err := range boxes(data) {
		switch {
		case err != nil:
		case b.kind == "uuid":
			m.addUUID(b.content)
		case b.kind == "meta" && len(b.content) > 4:
			m.addItems(b.content[4:], data)
		}
	}
	return m
}

// addUUID notes a box that a uuid names.
func (m *Metadata) addUUID(content []byte) {
	if n := len(xmpUUID); len(content) >= n && string(content[:n]) == xmpUUID {
		m.XMP = append(m.XMP, content[n:])
	}
}

// addItems notes the items with metadata of a meta box.
func (m *Metadata) addItems(meta, file []byte) {
	var kinds map[uint32]string
	var places map[uint32]place
	for b, err := range boxes(meta) {
		switch {
		case err != nil:
		case b.kind == "iinf":
			kinds, _ = parseKinds(b.content)
		case b.kind == "iloc":
			places, _ = parsePlaces(b.content)
		case b.kind == "uuid":
			m.addUUID(b.content)
		}
	}
	left := len(file) // blocks can overlap, but are not read again and again
	for _, id := range slices.Sorted(maps.Keys(kinds)) {
		kind, block := kinds[id], places[id].in(file)
		if len(block) > left {
			block = nil
		}
		switch kind {
		case "Exif":
			m.EXIF = append(m.EXIF, withoutLength(block))
		case "mime":
			m.XMP = append(m.XMP, block)
		default:
			continue
		}
		left -= len(block)
	}
}

// in returns the bytes of a place, or nil if it is not in the file.
func (p place) in(file []byte) []byte {
	if p.offset > uint64(len(file)) || p.size > uint64(len(file))-p.offset {
		return nil
	}
	return file[p.offset : p.offset+p.size]
}

// withoutLength returns the EXIF block of an item. In front of it there is the length of what comes
// before its header (ISO/IEC 23008-12, A.2.1).
func withoutLength(item []byte) []byte {
	if len(item) < 4 {
		return nil
	}
	skip := uint64(binary.BigEndian.Uint32(item))
	if skip > uint64(len(item)-4) {
		return nil
	}
	return item[4+skip:]
}
