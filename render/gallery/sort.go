package gallery

import (
	"cmp"
	"slices"
)

// SortImages sorts the newest first, and images of the same hour by slug. For most images only the
// hour is known, and the order of a listing must not matter. Pictures of a folder that are of the
// same day are sorted by name, the last first: cameras count. Months, feeds and page numbers rely
// on this order.
func SortImages(images []Image) {
	slices.SortFunc(images, func(a, b Image) int {
		return cmp.Or(b.Uploaded.Compare(a.Uploaded), cmp.Compare(b.counted(), a.counted()), cmp.Compare(a.Slug, b.Slug))
	})
}

// counted returns the name of a picture of a folder, and "" for other images.
func (m *Image) counted() string {
	if m.Source != SourceFolder {
		return ""
	}
	return m.Name
}

// SortVideos sorts the newest first.
func SortVideos(videos []Video) {
	slices.SortFunc(videos, func(a, b Video) int {
		return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(a.Key, b.Key))
	})
}
