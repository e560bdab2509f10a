// Encode makes a rendition's JPEG of a PNG, at its own size:
//
//	encode QUALITY IN.png OUT.jpg
//
// The program quality builds it, also inside an older version of this repository.
package main

import (
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"strconv"

	"firstframe/render/media/planar"
	"firstframe/render/media/planarjpeg"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "encode:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 3 {
		return fmt.Errorf("usage: encode QUALITY IN.png OUT.jpg")
	}
	quality, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	f, err := os.Open(args[1])
	if err != nil {
		return err
	}
	defer f.Close()
	m, err := png.Decode(f)
	if err != nil {
		return err
	}
	pixels := image.NewNRGBA(image.Rect(0, 0, m.Bounds().Dx(), m.Bounds().Dy()))
	draw.Draw(pixels, pixels.Rect, m, m.Bounds().Min, draw.Src)
	data, err := planarjpeg.Encode(planar.FromNRGBA(pixels), quality, nil)
	if err != nil {
		return err
	}
	return os.WriteFile(args[2], data, 0o644)
}
