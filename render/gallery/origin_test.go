package gallery_test

import (
	"testing"

	"firstframe/render/gallery"
	"firstframe/render/media"
)

// What is known about one image counts more than what the owner says about all. An AI system of all
// images is not named where it cannot be meant.
func TestOriginAmong(t *testing.T) {
	const trained, photo = media.TrainedAlgorithmicMedia, "digitalCapture"
	owner := media.Origin{SourceType: trained, AISystem: "Owner's"}
	generated := &gallery.Generated{Model: "image-01"}
	for _, tt := range []struct {
		name  string
		image gallery.Image
		all   media.Origin
		want  media.Origin
	}{
		{"nothing", gallery.Image{}, media.Origin{}, media.Origin{}},
		{"a system and no type", gallery.Image{AISystem: "A"}, media.Origin{AISystem: "B"}, media.Origin{}},
		{"of all", gallery.Image{}, owner, owner},
		{"its own type", gallery.Image{SourceType: photo}, owner, media.Origin{SourceType: photo}},
		{"another kind of AI", gallery.Image{SourceType: media.CompositeWithTrainedAlgorithmicMedia}, owner,
			media.Origin{SourceType: media.CompositeWithTrainedAlgorithmicMedia, AISystem: "Owner's"}},
		{"its own system", gallery.Image{AISystem: "A"}, owner, media.Origin{SourceType: trained, AISystem: "A"}},
		{"made by the service", gallery.Image{Generated: generated}, media.Origin{SourceType: photo, AISystem: "Owner's"},
			media.Origin{SourceType: trained, AISystem: "MiniMax Hailuo image-01"}},
		{"made by a model that is not named", gallery.Image{Generated: &gallery.Generated{}}, media.Origin{},
			media.Origin{SourceType: trained, AISystem: "MiniMax Hailuo"}},
		{"the caption knows better", gallery.Image{Generated: generated, SourceType: photo}, owner, media.Origin{SourceType: photo}},
	} {
		if got := tt.image.OriginAmong(tt.all); got != tt.want {
			t.Errorf("%s: got %+v, want %+v", tt.name, got, tt.want)
		}
	}
	film := gallery.Video{Model: "MiniMax-Hailuo-02"}
	if got := film.Origin(); !got.IsAI() || got.AISystem != "MiniMax-Hailuo-02" {
		t.Errorf("a film: got %+v", got)
	}
}
