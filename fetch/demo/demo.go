// Package demo contains the pictures and videos of --demo. Package fetchtest serves them like an
// account. All pictures are drawn by code, so the demo needs neither files nor a network.
//
// Service answers like the real service, with the uploads, the videos made from them and the pictures
// that the service made itself: Pictures (demo.go, with the list in sketches.go), Videos (videos.go)
// and Images (images.go). Content returns what their owner wrote about them (content.go,
// content/*.md).
//
// A picture is painted on a canvas (canvas.go) in linear light (colour.go), with gradient noise for
// natural shapes such as clouds and rock (noise.go). Then it is developed like a film and encoded
// (encode.go). One picture has a camera's metadata (exif.go). The pictures themselves are
// landscapes (landscapes.go, with their common parts in nature.go), skies (skies.go), close views
// (still.go) and patterns (abstract.go). The two clips are files (clips), because Go has no encoder
// for a video that browsers play.
package demo

import (
	"net/http"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"firstframe/fetch/fetchtest"
)

// Service returns a handler that lists and serves the pictures, videos and images. A request for a listing
// needs the token.
func Service(token string) http.Handler {
	return &fetchtest.Service{Token: token, Pictures: Pictures(), Videos: Videos(), Images: Images()}
}

// Pictures returns the uploads of the demo, the first one first. They are the same at every call.
// Each is drawn when it is first downloaded. Two of them show what happens in real accounts: a
// picture uploaded twice, and a photo stored on its side with its place in EXIF.
func Pictures() []fetchtest.Picture { return pictures(1) }

// pictures returns all uploads, with the width and the height of each picture divided by shrink. At
// most one picture per processor is drawn at a time. A second run of the demo downloads nothing, so
// it draws nothing.
func pictures(shrink int) []fetchtest.Picture {
	list := make([]fetchtest.Picture, len(sketches))
	processors := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, s := range sketches {
		list[i] = fetchtest.Picture{
			Name: s.name, Type: fileType(s.name), Uploaded: hour(s.uploaded), Scene: 10, Status: 1,
			Draw: sync.OnceValue(func() []byte {
				processors <- struct{}{}
				defer func() { <-processors }()
				return s.bytes(uint64(i), shrink)
			}),
		}
	}
	return withSecondUpload(list)
}

// withSecondUpload adds a second upload of one picture, under another name.
func withSecondUpload(list []fetchtest.Picture) []fetchtest.Picture {
	i := slices.IndexFunc(list, func(p fetchtest.Picture) bool { return p.Name == "beach-final.jpg" })
	again := list[i]
	again.Name, again.Uploaded = "beach-final-v2.jpg", hour("2024-07-18 13")
	list = append(list, again)
	slices.SortStableFunc(list, func(a, b fetchtest.Picture) int { return a.Uploaded.Compare(b.Uploaded) })
	return list
}

// fileType returns the file_type that the service gives a file of that name.
func fileType(name string) string {
	extension := strings.ToLower(filepath.Ext(name))
	if extension == ".jpg" {
		return "jpeg"
	}
	return extension[1:]
}

// hour parses an hour of a table in this package, in UTC.
func hour(s string) time.Time {
	t, err := time.Parse("2006-01-02 15", s)
	if err != nil {
		panic(err) // a typing mistake in a table
	}
	return t
}
