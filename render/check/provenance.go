package check

import (
	"firstframe/render/gallery"
	"firstframe/render/media"
)

// noteOrigins notes how the picture or the film in each file was made, if the file must say it in its
// bytes.
func (c *checker) noteOrigins(state *gallery.State) {
	c.origins = map[string]media.Origin{}
	films := state.FilmOrigins()
	for _, m := range c.images {
		o := m.OriginAmong(state.Origin)
		for _, r := range m.Renditions {
			c.origins[r.Path] = o
		}
		if m.Original != nil {
			c.origins[m.Original.Path] = o
		}
		for _, v := range m.Videos {
			if v.Clip == nil {
				continue
			}
			c.origins[v.Clip.Path] = films[v.Key]
			for _, r := range v.Clip.Poster {
				c.origins[r.Path] = films[v.Key]
			}
		}
	}
}

// checkOrigin checks that a file says how its picture or its film was made: what the state says, and
// nothing if that says nothing. packet is the file's packet, or nil without one.
func (c *checker) checkOrigin(name string, packet []byte) {
	if parsed, _ := media.ParseName(name); media.MarkOf(packet) != parsed.Mark() {
		c.error(name, "it does not say the same about its origin as its name; delete it, and run firstframe again")
		return
	}
	want, used := c.origins[name]
	if !used {
		return
	}
	// The name of a system can be too long for a packet.
	expected, _ := media.ParsePacket(media.Provenance{Origin: want}.Packet())
	said, _ := media.ParsePacket(packet)
	switch {
	case said.Origin == expected.Origin:
	case packet == nil:
		c.error(name, "it does not say how it was made; run firstframe again")
	default:
		c.error(name, "it says that it was made in another way; run firstframe again")
	}
}
