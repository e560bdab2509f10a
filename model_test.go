package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"time"

	"firstframe/fetch/fetchtest"
)

// tinyPicture is a picture of a few pixels. Those of different numbers have
// different bytes.
func tinyPicture(n int) fetchtest.Picture {
	m := image.NewNRGBA(image.Rect(0, 0, 6, 4))
	for i := range m.Pix {
		m.Pix[i] = uint8(i * 37)
	}
	m.SetNRGBA(0, 0, color.NRGBA{uint8(n), uint8(n >> 8), 0, 255})
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return fetchtest.Picture{
		ID: fmt.Sprintf("%d", 10_000+n), Name: fmt.Sprintf("tiny-%d.png", n), Type: "png", Data: b.Bytes(),
		Uploaded: time.Date(2024, 7, 1, n, 0, 0, 0, time.UTC),
	}
}
