package main

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/disintegration/imaging"
)

// encoder is a program to compare.
type encoder struct {
	name      string
	extension string
	// qualities are on the encoder's own scale, from low to high. They should cover the quality of
	// the reference's files, and should be close enough together to draw a curve through.
	qualities []int
	// encode makes files of a PNG, and returns the processor time that it took for each, in seconds.
	encode func(ctx context.Context, from string, to []target) ([]float64, error)
	// decode makes a PNG of the file, for butteraugli_main. It is nil if that can read it.
	decode func(ctx context.Context, from, to string) error
}

// target is a file to make.
type target struct {
	quality int
	name    string
}

// encoders returns all encoders. The first one is the reference.
func (b *bytesBench) encoders() []encoder {
	now := ours(b.path("encode-now"))
	list := []encoder{{name: "firstframe", extension: ".jpg", qualities: reference, encode: now}}
	if b.before != "" {
		list[0].qualities = []int{60, 70, 82, 90, 94, 97}
		before := encoder{name: "firstframe before", extension: ".jpg", qualities: reference, encode: ours(b.path("encode-before"))}
		list = append([]encoder{before}, list...)
	}
	if b.avif {
		return append(list,
			encoder{name: "firstframe, AVIF", extension: ".avif", qualities: []int{60, 70, 82, 90, 97},
				encode: now, decode: avifdec},
			encoder{name: "sharp, AVIF", extension: ".avif", qualities: []int{40, 55, 70, 82, 92},
				encode: b.sharp("avif", `{"effort":4,"chromaSubsampling":"4:2:0"}`), decode: avifdec})
	}
	wide := []int{55, 65, 75, 84, 91, 97}
	return append(list,
		encoder{name: "libjpeg-turbo (cjpeg)", extension: ".jpg", qualities: wide, encode: cjpeg},
		encoder{name: "sharp, mozjpeg", extension: ".jpg", qualities: wide, encode: b.sharp("jpeg", `{"mozjpeg":true}`)})
}

// ours returns the encoder of a version of firstframe: program is the program encode, built in it.
func ours(program string) func(context.Context, string, []target) ([]float64, error) {
	return func(ctx context.Context, from string, to []target) ([]float64, error) {
		return timed(ctx, to, program, from)
	}
}

// cjpeg is the encoder of libjpeg-turbo. It reads no PNG.
func cjpeg(ctx context.Context, from string, to []target) ([]float64, error) {
	m, err := imaging.Open(from)
	if err != nil {
		return nil, err
	}
	plain := to[0].name + ".ppm"
	if err := os.WriteFile(plain, pixmap(imaging.Clone(m)), 0o644); err != nil {
		return nil, err
	}
	defer os.Remove(plain)
	var seconds []float64
	for _, t := range to {
		_, used, err := start(ctx, "cjpeg", "-quality", strconv.Itoa(t.quality), "-progressive", "-optimize", "-outfile", t.name, plain)
		if err != nil {
			return nil, err
		}
		seconds = append(seconds, used)
	}
	return seconds, nil
}

// pixmap returns a picture as PPM.
func pixmap(m *image.NRGBA) []byte {
	out := fmt.Appendf(nil, "P6\n%d %d\n255\n", m.Rect.Dx(), m.Rect.Dy())
	for i := 0; i < len(m.Pix); i += 4 {
		out = append(out, m.Pix[i:i+3]...)
	}
	return out
}

// sharpScript encodes with sharp.
//
//go:embed sharp.mjs
var sharpScript []byte

// sharp returns an encoder of sharp. The options have no quality.
func (b *bytesBench) sharp(format, options string) func(context.Context, string, []target) ([]float64, error) {
	return func(ctx context.Context, from string, to []target) ([]float64, error) {
		return timed(ctx, to, "node", b.path("sharp.mjs"), filepath.Join(b.npm, "node_modules"), format, options, from)
	}
}

// avifdec makes a PNG of an AVIF with libavif, which is not the decoder of either encoder's build.
func avifdec(ctx context.Context, from, to string) error {
	_, _, err := start(ctx, "avifdec", "--jobs", "1", from, to)
	return err
}

// timed runs a program that takes the qualities and names of files as its last arguments, and
// prints the seconds that it took for each.
func timed(ctx context.Context, to []target, program string, args ...string) ([]float64, error) {
	for _, t := range to {
		args = append(args, strconv.Itoa(t.quality), t.name)
	}
	out, _, err := start(ctx, program, args...)
	if err != nil {
		return nil, err
	}
	var seconds []float64
	for _, word := range strings.Fields(out) {
		s, err := strconv.ParseFloat(word, 64)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(program), err)
		}
		seconds = append(seconds, s)
	}
	if len(seconds) != len(to) {
		return nil, fmt.Errorf("%s: unexpected output: %s", filepath.Base(program), out)
	}
	return seconds, nil
}

// start runs a program. It returns what the program printed and its processor time in seconds. The
// error has what it printed.
func start(ctx context.Context, program string, args ...string) (string, float64, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", 0, fmt.Errorf("%s: %w: %s", filepath.Base(program), err, bytes.TrimSpace(out))
	}
	return string(out), (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), nil
}
