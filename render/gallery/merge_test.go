package gallery_test

import (
	"slices"
	"testing"
	"time"

	"firstframe/render/gallery"
	"firstframe/render/media"
)

// A listing that leaves something out must not remove a video, its date or its clip.
func TestMergeVideos(t *testing.T) {
	hour := func(h int) time.Time { return time.Date(2024, 9, 1, h, 0, 0, 0, time.UTC) }
	clip := &media.Clip{Width: 1}
	m := gallery.Image{Videos: []gallery.Video{
		{Key: "a", Status: "processing", Created: hour(1)},
		{Key: "b", Status: "completed", Created: hour(2), Clip: clip},
	}}
	m.MergeVideos([]gallery.Video{
		{Key: "c", Status: "queued", Created: hour(3)}, {Key: "a", Status: "completed"}, {Key: "b", Status: "completed", Created: hour(2)},
	})
	var keys []string
	for _, v := range m.Videos {
		keys = append(keys, v.Key)
	}
	if !slices.Equal(keys, []string{"c", "b", "a"}) {
		t.Fatalf("got %v, want the newest first", keys)
	}
	if b, a := m.Videos[1], m.Videos[2]; b.Clip != clip || a.Status != "completed" || !a.Created.Equal(hour(1)) {
		t.Errorf("got %+v and %+v", b, a)
	}
}
