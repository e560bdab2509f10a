package gallery_test

import (
	"slices"
	"testing"
	"time"

	"firstframe/render/gallery"
	"firstframe/render/gallery/gallerytest"
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

// A listing without the newer fields must not remove what was known about a video.
func TestMergeKeepsModel(t *testing.T) {
	m := gallery.Image{Videos: []gallery.Video{{Key: "a", Model: "model", Seconds: 6}, {Key: "b", Model: "model", Seconds: 6}}}
	m.MergeVideos([]gallery.Video{{Key: "a", Status: "completed"}, {Key: "b", Model: "other", Seconds: 10}})
	if a, b := m.Videos[0], m.Videos[1]; a.Model != "model" || a.Seconds != 6 || b.Model != "other" || b.Seconds != 10 {
		t.Errorf("got %+v and %+v", a, b)
	}
}

// A picture that the service made is one image with the upload of the same bytes, and stays what it
// is, whichever comes first.
func TestMergeGenerated(t *testing.T) {
	made, upload := gallerytest.Image(1), gallerytest.Image(1)
	made.Keys, made.Source, made.Generated = []string{"0b"}, gallery.SourceImages, &gallery.Generated{Model: "image-01", Prompt: "a lake"}
	upload.Keys, upload.Source = []string{"0c"}, gallery.SourceVideos
	for _, hours := range []time.Duration{-1, 1} {
		upload.Uploaded = made.Uploaded.Add(hours * time.Hour)
		for _, order := range [][2]gallery.Image{{made, upload}, {upload, made}} {
			m := order[0]
			m.Merge(order[1])
			if m.Generated == nil || m.Generated.Model != "image-01" || m.Source != gallery.SourceImages || len(m.Keys) != 2 || m.Prompt() != "a lake" {
				t.Errorf("got %+v", m)
			}
			m.MergeVideos([]gallery.Video{{Key: "v", Prompt: "it moves"}})
			if m.Prompt() != "it moves" {
				t.Errorf("the prompt is %q, want that of the video", m.Prompt())
			}
		}
	}
	var m gallery.Image
	m.Videos = []gallery.Video{
		{Prompt: "first", Status: "moderated"}, {Status: "completed"}, {Prompt: "second", Status: "completed"}, {Prompt: "third", Status: "completed"},
	}
	if got := m.Prompt(); got != "second" {
		t.Errorf("the prompt is %q, want that of the newest finished video", got)
	}
	m = made
	m.Bury(m.Keys)
	if m.Generated != nil || m.Prompt() != "" {
		t.Errorf("a hidden image keeps %+v", m.Generated)
	}
}
