package gallery

import "firstframe/render/media"

// Tombstone returns what is kept of an image that its owner has hidden: what it takes to recognize
// it when it is listed again. It has no key if only the pictures of the image were left.
func Tombstone(slug string, keys ...string) *Image {
	return &Image{Slug: slug, Keys: append([]string{}, keys...), Renditions: media.Renditions{}, Hidden: true}
}

// Bury makes m a tombstone with these keys.
func (m *Image) Bury(keys []string) {
	used := m.WasUsed()
	*m = *Tombstone(m.Slug, keys...)
	m.Used = used
}
