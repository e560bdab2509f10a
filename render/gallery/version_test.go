package gallery_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"firstframe/render/gallery"
	"firstframe/render/gallery/gallerytest"
	"firstframe/render/media"
)

// goldenStates are the hashes of what this package writes for fullState, by the state's version.
var goldenStates = map[int]string{
	4: "804d0dd0ce552462",
}

// fullState is a state with everything in it that a state can have.
func fullState() *gallery.State {
	s := gallerytest.State(3)
	s.Demo, s.Filmed = true, true
	s.Skipped = []gallery.Skipped{{Key: "skipped", Type: "text/html", Tries: 2, Next: "2026-11-24", Entry: "entry"}}
	m := &s.Images[1]
	day := time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC)
	*m = gallery.Image{
		Slug: m.Slug, Keys: m.Keys, Name: "name <&> \u2028", Type: "image/png", Width: 96, Height: 64, Bytes: 1234, SHA256: m.SHA256,
		Uploaded: m.Uploaded, Listed: true, Source: "files", Scene: "scene", Status: "status", Account: "account", Color: "#102030",
		Camera: &media.Camera{
			Make: "make", Model: "model", Lens: "lens", Exposure: "1/60 s", Aperture: "f/2", FocalLength: "50 mm", ISO: "100", Taken: "2024-02-01",
		},
		Renditions: media.Renditions{
			{Path: "media/" + m.Slug + "-48-0a.jpg", Width: 48, Height: 32, Bytes: 1, Sum: "0123456789abcdef"},
			{Path: "media/" + m.Slug + "-96-0a.avif", Width: 96, Height: 64, Bytes: 1},
		},
		Original: &media.Published{Path: "media/" + m.Slug + "-0c.png", Bytes: 2, Sum: "0123456789abcdef"}, Withheld: 1, Stripped: 1,
		Videos: []gallery.Video{{Key: "video", Status: "completed", Created: day, Model: "model", Seconds: 6, Prompt: "prompt", Withheld: 1, Clip: &media.Clip{
			Published: media.Published{Path: "media/00000000000000cd-0a.mp4", Bytes: 1}, Width: 48, Height: 32,
			Poster: []media.Rendition{{Path: "media/00000000000000cc-48-0a.jpg", Width: 48, Height: 32, Bytes: 1}},
		}}},
		Title: "title", Alt: "alt", Caption: "caption", Tags: []string{"tag"}, Featured: true, SourceType: "composite", AISystem: "system",
		Generated: &gallery.Generated{Key: "key", Model: "model", Prompt: "prompt", Batch: "batch"},
	}
	s.Origin = media.Origin{SourceType: media.TrainedAlgorithmicMedia, AISystem: "another"}
	s.Settings = map[string]string{"clips": "true", "base_url": "https://example.com/"}
	s.Images[2] = *gallery.Tombstone(s.Images[2].Slug, s.Images[2].Keys...)
	s.Images[2].Used = true
	return s
}

// A site of an earlier version is the archive of its images. If the same state becomes other bytes,
// an earlier program can misread them, and must refuse them because of their version. A new field
// that is left out where it is empty needs no new version.
func TestStateVersion(t *testing.T) {
	data := encodeState(t, fullState())
	s, err := gallery.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	got := hex.EncodeToString(sum[:8])
	switch want, known := goldenStates[s.Version]; {
	case !known:
		t.Errorf("stateVersion is new: note the hash %s for %d, and drop the old one", got, s.Version)
	case got != want:
		t.Errorf("the output changed, the version did not: bump stateVersion and note the hash %s", got)
	}
}

// The states of earlier versions differ only in what they lack. They are still read.
func TestEarlierVersions(t *testing.T) {
	want := gallerytest.State(3)
	data := string(encodeState(t, want))
	for _, version := range []string{"1", "2", "3"} {
		lines, _, _ := strings.Cut(strings.Replace(data, `{"version": 4,`, `{"version": `+version+`,`, 1), gallery.ChecksumLead)
		sum := sha256.Sum256([]byte(lines))
		got, err := gallery.Decode([]byte(lines + gallery.ChecksumLead + hex.EncodeToString(sum[:]) + "\"}\n"))
		if err != nil {
			t.Errorf("version %s: %v", version, err)
			continue
		}
		if again := string(encodeState(t, got)); again != data {
			t.Errorf("version %s became another state:\n%s", version, again)
		}
	}
}

// Settings that are too long for a state are cut. What a run writes must not be damaged.
func TestLongSettings(t *testing.T) {
	for _, title := range []string{strings.Repeat("x", 20_000), strings.Repeat("<", 5000), strings.Repeat("ä", 9000)} {
		s := gallerytest.State(1)
		s.Settings = map[string]string{"title": title, "clips": "true"}
		read, err := gallery.Decode(encodeState(t, s))
		if err != nil {
			t.Fatal(err)
		}
		if got := read.Settings["title"]; got == "" || !strings.HasPrefix(title, got) || read.Settings["clips"] != "true" {
			t.Errorf("%d bytes became %d bytes: %.40q; clips is %q", len(title), len(got), got, read.Settings["clips"])
		}
	}
}
