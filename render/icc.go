package render

import (
	"cmp"
	"encoding/binary"
	"io"
)

const iccPrefix = "ICC_PROFILE\x00"

// iccChunkSize is what a JPEG segment holds of a profile: 65535 bytes less the
// length, the prefix, the chunk's number and the number of chunks.
const iccChunkSize = 65535 - 2 - len(iccPrefix) - 2

// profileChunks collects the parts of a profile from the APP2 segments of a
// JPEG, by their numbers: they may stand in any order.
type profileChunks struct {
	parts  map[byte][]byte
	total  byte // of parts
	limit  int  // of the size; 0 means maxProfile
	size   int
	broken bool
}

// add takes an APP2 segment, and ignores one that is not of a profile.
func (c *profileChunks) add(r io.Reader) error {
	b, err := readPrefixed(r, iccPrefix, int64(iccChunkSize)+2)
	if b == nil || err != nil {
		return err
	}
	b = b[len(iccPrefix):]
	if len(b) < 2 || c.broken {
		c.broken = true
		return nil
	}
	number, total, part := b[0], b[1], b[2:]
	if c.parts == nil {
		c.parts, c.total = map[byte][]byte{}, total
	}
	_, twice := c.parts[number]
	c.size += len(part)
	if twice || number == 0 || number > total || total != c.total || c.size > cmp.Or(c.limit, maxProfile) {
		c.broken, c.parts = true, nil
		return nil
	}
	c.parts[number] = part
	return nil
}

// join returns the profile, or nil if there is none, or if a part is missing or
// contradicts the others.
func (c *profileChunks) join() []byte {
	if c.parts == nil || c.broken || len(c.parts) != int(c.total) {
		return nil
	}
	profile := make([]byte, 0, c.size)
	for number := range c.total {
		profile = append(profile, c.parts[number+1]...)
	}
	return profile
}

// checkProfile returns a profile that can be carried over to a rendition, or
// nil. The data must be a profile in its outline, for RGB pixels or, where the
// picture is gray, for gray ones: one for other pixels would turn the colours.
// What stands behind its end is cut off. A profile of sRGB is carried over like
// any other, for there are too many of them to know.
func checkProfile(data []byte, gray bool) []byte {
	const headerSize, tagSize = 128, 12
	if len(data) < headerSize+4 || len(data) > maxProfile {
		return nil
	}
	size := binary.BigEndian.Uint32(data)
	if size < headerSize+4 || int64(size) > int64(len(data)) || string(data[36:40]) != "acsp" {
		return nil
	}
	data = data[:size]

	switch string(data[12:16]) {
	case "mntr", "scnr", "prtr", "spac":
	default: // links between profiles and lists of names describe no pixels
		return nil
	}
	space := "RGB "
	if gray {
		space = "GRAY"
	}
	if string(data[16:20]) != space {
		return nil
	}

	tags := binary.BigEndian.Uint32(data[headerSize:])
	table := data[headerSize+4:]
	if int64(tags) > int64(len(table)/tagSize) {
		return nil
	}
	for tag := range tags {
		at := table[tag*tagSize:]
		offset, length := binary.BigEndian.Uint32(at[4:]), binary.BigEndian.Uint32(at[8:])
		if int64(offset)+int64(length) > int64(size) {
			return nil
		}
	}
	return data
}

// profileSegments are the APP2 segments that carry a profile in a JPEG.
func profileSegments(profile []byte) []byte {
	var out []byte
	total := (len(profile) + iccChunkSize - 1) / iccChunkSize
	for number := 1; len(profile) > 0; number++ {
		part := profile[:min(len(profile), iccChunkSize)]
		profile = profile[len(part):]
		out = append(out, 0xff, markerAPP2)
		out = binary.BigEndian.AppendUint16(out, uint16(2+len(iccPrefix)+2+len(part)))
		out = append(out, iccPrefix...)
		out = append(out, byte(number), byte(total))
		out = append(out, part...)
	}
	return out
}
