// Encode makes renditions of a PNG, at its own size and in some qualities:
//
//	encode IN.png QUALITY OUT.jpg [QUALITY OUT.jpg]...
//
// For each file it prints the processor time of encoding, in seconds. The program quality builds
// it. Inside an older version of this repository it builds only main.go, which makes JPEGs. avif.go
// adds AVIF.
package main

import (
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"firstframe/render/media/planar"
	"firstframe/render/media/planarjpeg"
)

// encoders has the encoders by the extension of the file.
var encoders = map[string]func(p *planar.Picture, quality int, profile []byte) ([]byte, error){
	".jpg": planarjpeg.Encode,
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "encode:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 3 || len(args)%2 == 0 {
		return fmt.Errorf("usage: encode IN.png QUALITY OUT.jpg, and more pairs of QUALITY and OUT.jpg")
	}
	p, err := open(args[0])
	if err != nil {
		return err
	}
	for i := 1; i < len(args); i += 2 {
		quality, err := strconv.Atoi(args[i])
		if err != nil {
			return err
		}
		name := args[i+1]
		encode := encoders[filepath.Ext(name)]
		if encode == nil {
			return fmt.Errorf("no encoder for %s", name)
		}
		if i == 1 {
			// The first call prepares the encoder, which is not part of the measured time.
			if _, err := encode(black(), quality, nil); err != nil {
				return err
			}
		}
		begin := cpu()
		data, err := encode(p, quality, nil)
		if err != nil {
			return err
		}
		fmt.Println(cpu() - begin)
		if err := os.WriteFile(name, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// open reads a PNG.
func open(name string) (*planar.Picture, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, err := png.Decode(f)
	if err != nil {
		return nil, err
	}
	return picture(m, m.Bounds()), nil
}

// black returns a small black picture.
func black() *planar.Picture { return picture(image.Black, image.Rect(0, 0, 16, 16)) }

// picture returns a part of an image.
func picture(m image.Image, part image.Rectangle) *planar.Picture {
	pixels := image.NewNRGBA(image.Rect(0, 0, part.Dx(), part.Dy()))
	draw.Draw(pixels, pixels.Rect, m, part.Min, draw.Src)
	return planar.FromNRGBA(pixels)
}

// cpu returns the processor time of this process so far, in seconds.
func cpu() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
