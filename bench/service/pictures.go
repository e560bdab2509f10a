//go:build unix

package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"firstframe/bench"
	"firstframe/fetch/fetchtest"
)

// load reads the pictures of a folder in the order of their names. If count is larger than their
// number, copies follow. It fails if the folder has no pictures.
func load(dir string, count int) ([]fetchtest.Picture, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	types := map[string]string{".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png"}
	var pictures []fetchtest.Picture
	for _, e := range entries {
		mediaType := types[strings.ToLower(filepath.Ext(e.Name()))]
		if mediaType == "" {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		pictures = append(pictures, fetchtest.Picture{Name: e.Name(), Type: mediaType, Data: data})
	}
	n := len(pictures)
	if n == 0 {
		return nil, fmt.Errorf("no pictures in %s", dir)
	}
	for i := n; i < count; i++ {
		p := pictures[i%n]
		p.Name = fmt.Sprintf("%d-%s", i/n, p.Name)
		original := p.Data
		p.Data, p.Draw = nil, func() []byte { return copied(original, i) }
		pictures = append(pictures, p)
	}
	if count > 0 {
		pictures = pictures[:min(count, len(pictures))]
	}
	for i := range pictures {
		pictures[i].ID = fmt.Sprintf("%018d", 3e17+i)
		pictures[i].Uploaded = uploaded(i)
	}
	return pictures, nil
}

// copied returns the file with a number appended: the same picture with other bytes.
func copied(file []byte, n int) []byte {
	return binary.BigEndian.AppendUint64(slices.Clip(file), uint64(n))
}

// uploaded returns the upload time of image i: twelve a day, the last one is the newest.
func uploaded(i int) time.Time {
	return time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * 2 * time.Hour)
}

// small returns n images of 64 × 48 pixels: 16 pictures over and over, with other names and bytes.
func small(n int) []fetchtest.Picture {
	var files [16][]byte
	for i := range files {
		files[i] = draw(float64(i))
	}
	pictures := make([]fetchtest.Picture, n)
	for i := range pictures {
		pictures[i] = fetchtest.Picture{
			ID:       fmt.Sprintf("%018d", 4e17+i),
			Name:     name(i),
			Type:     "jpeg",
			Draw:     func() []byte { return copied(files[i%len(files)], i) },
			Uploaded: uploaded(i),
		}
	}
	return pictures
}

// name returns a file name such as a person might choose.
func name(i int) string {
	things := []string{"lighthouse", "low tide", "paper boat", "night train", "orchard", "harbour", "glacier", "market"}
	ways := []string{"at dusk", "in the rain", "from above", "after the storm", "in fog", "with birds", "in winter"}
	return fmt.Sprintf("%s %s %d.jpg", things[i%len(things)], ways[i/len(things)%len(ways)], i)
}

// draw returns a small picture of waves as JPEG.
func draw(phase float64) []byte {
	img := image.NewRGBA(image.Rect(0, 0, bench.SmallWidth, bench.SmallWidth*3/4))
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			wave := math.Sin(phase+float64(x)/9) * math.Cos(phase/3+float64(y)/7)
			img.SetRGBA(x, y, color.RGBA{uint8(128 + 90*wave), uint8(110 + y), uint8(200 - 60*wave), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		panic(err) // writing to memory cannot fail
	}
	return b.Bytes()
}
