package media_test

import (
	"slices"
	"testing"
	"testing/fstest"

	"firstframe/render/check"
	"firstframe/render/media"
)

// The checker must find every hiding place, and nothing in a stripped file.
func TestHidingPlacesAreFound(t *testing.T) {
	for _, h := range media.Hideaways(t) {
		t.Run(h.Name, func(t *testing.T) {
			stripped, err := media.Strip(h.Data, h.MediaType)
			if err != nil {
				t.Skip("a picture that cannot be read is not published:", err)
			}
			wantLeak(t, nameOf(h.MediaType), h.Data, stripped)
		})
	}
	for name, data := range media.FilmHideaways() {
		t.Run(name, func(t *testing.T) {
			stripped, err := media.Strip(data, "video/mp4")
			if err != nil {
				t.Fatal(err)
			}
			wantLeak(t, nameOf("video/mp4"), data, stripped)
		})
	}
}

// What a marked file says about its origin is no leak, and hides none.
func TestHidingPlacesAreFoundBesidePackets(t *testing.T) {
	packet := media.Provenance{Origin: media.Origin{SourceType: "print"}}.Packet()
	for _, h := range media.Hideaways(t) {
		stripped, err := media.Strip(h.Data, h.MediaType)
		if err != nil {
			continue
		}
		good, err := media.Mark(stripped, h.MediaType, packet)
		if err != nil {
			t.Fatal(err)
		}
		bad, err := media.Mark(h.Data, h.MediaType, packet)
		if err != nil {
			bad = h.Data // Mark does not understand it
		}
		t.Run(h.Name, func(t *testing.T) {
			name, _ := media.ParseName(nameOf(h.MediaType))
			wantLeak(t, name.WithMark(media.MarkOf(packet)).String(), bad, good)
		})
	}
}

// nameOf returns the name of a published file.
func nameOf(mediaType string) string {
	return media.Name{Slug: "0123456789abcdef", Key: "0123456789", Type: mediaType}.String()
}

// wantLeak requires that a check finds something in data, and nothing in stripped.
func wantLeak(t testing.TB, name string, data, stripped []byte) {
	t.Helper()
	for _, test := range []struct {
		data []byte
		want bool
	}{{data, true}, {stripped, false}} {
		report, err := check.Site(t.Context(), fstest.MapFS{name: {Data: test.data}}, check.Options{})
		if err != nil {
			t.Fatal(err)
		}
		found := slices.ContainsFunc(report.Errors, func(f check.Finding) bool { return f.File == name })
		if found != test.want {
			t.Errorf("the check finds it: %t, want %t", found, test.want)
		}
	}
}
