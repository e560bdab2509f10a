package media

// made returns the bytes of a rendition if they are in the site already, or nil. A run that was
// interrupted can have made it; encoding some formats again would take seconds. The name says what
// it was made from, and by which settings and version. The bytes are read as those of another
// machine are: they must decode to the right size and contain nothing else. The file can have the
// packet that this run writes, or another one, or none. It is returned without a packet.
func (m *Maker) made(r *Rendition, packet []byte) []byte {
	if m.Made == nil {
		return nil
	}
	// Many times as much as a rendition has. It bounds the memory for a file that is something else.
	limit := int64(r.Width)*int64(r.Height)*16 + 1<<20
	name, _ := ParseName(r.Path)
	data := m.Made(name.WithMark(MarkOf(packet)).String(), limit)
	if data == nil && packet != nil {
		data = m.Made(r.Path, limit)
	}
	if int64(len(data)) >= limit {
		return nil
	}
	data, _ = Unmark(data, r.MediaType())
	found := *r
	found.Bytes = int64(len(data))
	medium := Medium{Published: Published{Path: r.Path, Bytes: found.Bytes}, Rendition: &found}
	if medium.Verify(data) != nil {
		return nil
	}
	return data
}
