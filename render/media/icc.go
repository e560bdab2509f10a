package media

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

// checkProfile returns what a rendition needs of a profile, or nil. The profile
// must be for RGB pixels or, where the picture is gray, for gray ones: one for
// other pixels would turn the colours. A profile of sRGB is carried over like
// any other, for there are too many of them to know.
func checkProfile(data []byte, gray bool) []byte {
	space := "RGB "
	if gray {
		space = "GRAY"
	}
	return rebuildProfile(data, maxRenditionProfile, space)
}

// keptProfile returns what an original with so many channels of colour needs of
// a profile, or nil. Readers apply a profile for RGB to a gray picture, too.
func keptProfile(data []byte, channels int) []byte {
	switch channels {
	case 1:
		return rebuildProfile(data, maxProfile, "GRAY", "RGB ")
	case 3:
		return rebuildProfile(data, maxProfile, "RGB ")
	case 4:
		return rebuildProfile(data, maxProfile, "CMYK")
	}
	return nil
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
