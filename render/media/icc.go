package media

import (
	"cmp"
	"encoding/binary"
	"io"
)

// iccPrefix marks an APP2 segment with a part of a profile.
const iccPrefix = "ICC_PROFILE\x00"

// iccChunkSize is how many bytes of a profile fit in a JPEG segment: 65535 minus the length, the
// prefix, the number of the part and the number of parts.
const iccChunkSize = 65535 - 2 - len(iccPrefix) - 2

// profileChunks collects the parts of a profile from the APP2 segments of a JPEG. They can come in
// any order.
type profileChunks struct {
	parts  map[byte][]byte // by number
	total  byte            // how many parts there should be
	limit  int             // for the size in bytes; 0 means maxProfile
	size   int             // of the parts so far
	broken bool            // the parts contradict each other, or are too large
}

// add takes an APP2 segment. It ignores one without a profile.
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

// join returns the profile. It returns nil if there is none, or if the parts are incomplete or
// contradict each other.
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

// checkProfile returns the part of a profile that a rendition needs, or nil. The profile must be
// for RGB, or for gray if the picture is gray, because any other one would change the colours. A
// profile of sRGB is kept like any other: there are too many variants to recognise.
func checkProfile(data []byte, gray bool) []byte {
	space := "RGB "
	if gray {
		space = "GRAY"
	}
	return rebuildProfile(data, maxRenditionProfile, space)
}

// keptProfile returns the part of a profile that an original with so many channels of colour needs,
// or nil. A gray picture can have a profile for RGB, because readers apply that too.
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

// profileSegments returns the APP2 segments for a profile in a JPEG.
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
