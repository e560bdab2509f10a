package demo

import (
	"runtime"
	"slices"
	"sync"

	"firstframe/fetch/fetchtest"
)

// request is a picture that the service made of a prompt. Requests with the same prompt are one
// request, which made several.
type request struct {
	created string // the hour, in UTC
	file    string // name of the upload that is this picture; "" if it is none
	sketch  sketch
	prompt  string
}

// The prompts of the pictures that the service made.
const (
	balloonsPrompt = "Hot-air balloons in the first light. Seen from another balloon, soft haze, striped colours, painterly."
	nebulaPrompt   = "A nebula of dust and young stars. Violet and orange, deep field, long exposure."
	marblePrompt   = "Marble in rose and cream, polished, close-up from above. Even light."
)

// requests are all pictures of the demo that the service made, the oldest first. Three are variations
// of each other. One of these is an upload, too, because a video was made from it. The index of a
// request decides the seed of everything random in it.
var requests = []request{
	{"2024-09-10 20", "", sketch{w: 960, h: 720, draw: nebula}, nebulaPrompt},
	{"2024-09-14 05", "hot-air balloons.jpg", sketch{}, balloonsPrompt},
	{"2024-09-14 05", "", sketch{w: 912, h: 624, draw: balloons}, balloonsPrompt},
	{"2024-09-14 05", "", sketch{w: 912, h: 624, draw: balloons}, balloonsPrompt},
	{"2024-10-22 19", "", sketch{w: 672, h: 896, draw: marble}, marblePrompt},
}

// Images returns the pictures that the service made itself, the newest first, and one that it is
// still making. Each is drawn when it is first downloaded.
func Images() []fetchtest.Image { return images(1) }

// images returns these pictures, with the width and the height of each divided by shrink.
func images(shrink int) []fetchtest.Image {
	const firstSeed = 400 // those below are the seeds of other pictures
	processors := make(chan struct{}, runtime.GOMAXPROCS(0))
	list := []fetchtest.Image{{Prompt: marblePrompt, Status: fetchtest.Processing, Created: hour("2024-11-20 07"), Model: imageModel, Batch: "waiting"}}
	for i, r := range slices.Backward(requests) {
		m := fetchtest.Image{
			Prompt: r.prompt, Status: fetchtest.Completed, File: r.file, Created: hour(r.created), Model: imageModel, Batch: r.prompt,
		}
		if r.file == "" {
			m.Draw = sync.OnceValue(func() []byte {
				processors <- struct{}{}
				defer func() { <-processors }()
				return r.sketch.bytes(firstSeed+uint64(i), shrink)
			})
		}
		list = append(list, m)
	}
	return list
}

// imageModel is the model of the service that made the pictures.
const imageModel = "image-01"
