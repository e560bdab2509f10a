// Package gallerytest makes galleries for tests.
package gallerytest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"firstframe/render/gallery"
	"firstframe/render/media"
	"firstframe/render/media/mediatest"
)

// JPEG returns a gray JPEG, stripped like everything that is published.
func JPEG(t testing.TB, width, height int) []byte {
	t.Helper()
	stripped, err := media.Strip(mediatest.GrayJPEG(t, width, height), "image/jpeg")
	if err != nil {
		t.Fatal(err)
	}
	return stripped
}

// WriteMedia writes the renditions of a state made by State, and notes their sizes. It leaves out
// those with a packet, which were written from the others.
func WriteMedia(t testing.TB, s *gallery.State, write func(name string, data []byte) error) {
	t.Helper()
	data := map[int][]byte{48: JPEG(t, 48, 32), 96: JPEG(t, 96, 64)}
	for i := range s.Images {
		for j := range s.Images[i].Renditions {
			r := &s.Images[i].Renditions[j]
			if media.Unmarked(r.Path) != r.Path {
				continue
			}
			r.Bytes = int64(len(data[r.Width]))
			if err := write(r.Path, data[r.Width]); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Image returns example image i. None of its files exist.
func Image(i int) gallery.Image {
	slug := fmt.Sprintf("%016x", i)
	sha := slug + strings.Repeat("0", 48)
	return gallery.Image{
		Slug: slug, Keys: []string{fmt.Sprintf("%020x", i)}, Name: fmt.Sprintf("picture-%d.jpg", i), Type: "image/jpeg",
		Width: 96, Height: 64, Bytes: 1234, SHA256: sha, Listed: true, Source: "files", Color: "#102030",
		Uploaded: time.Date(2024, 7, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Hour),
		Renditions: []media.Rendition{
			{Path: "media/" + slug + "-48-0a.jpg", Width: 48, Height: 32, Bytes: 100},
			{Path: "media/" + slug + "-96-0b.jpg", Width: 96, Height: 64, Bytes: 200},
		},
	}
}

// State returns a state of n example images, newest first.
func State(n int) *gallery.State {
	s := &gallery.State{Version: 4}
	for i := range n {
		s.Images = append(s.Images, Image(i))
	}
	gallery.SortImages(s.Images)
	return s
}
