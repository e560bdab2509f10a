package gallery

import (
	"cmp"
	"slices"
)

// SortImages sorts the newest first, and images of the same hour by slug. For most images only the
// hour is known, and the order of a listing must not matter. Months, feeds and page numbers rely on
// this order.
func SortImages(images []Image) {
	slices.SortFunc(images, func(a, b Image) int {
		return cmp.Or(b.Uploaded.Compare(a.Uploaded), cmp.Compare(a.Slug, b.Slug))
	})
}

// SortVideos sorts the newest first.
func SortVideos(videos []Video) {
	slices.SortFunc(videos, func(a, b Video) int {
		return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(a.Key, b.Key))
	})
}
