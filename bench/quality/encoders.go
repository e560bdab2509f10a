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

	"github.com/disintegration/imaging"
)

// encoder is a program to compare.
type encoder struct {
	name      string
	extension string
	// qualities are on the encoder's own scale, from low to high. They must cover the quality of
	// the reference's files, and should be close enough together to draw a curve through.
	qualities []int
	// encode makes a file of a PNG.
	encode func(ctx context.Context, from, to string, quality int) error
	// decode makes a PNG or JPEG of the file, for butteraugli_main. It is nil if that can read it.
	decode func(ctx context.Context, from, to string) error
}

// encoders returns all encoders. The first one is the reference.
func (b *bytesBench) encoders() []encoder {
	wide := []int{55, 65, 75, 84, 91, 97}
	list := []encoder{
		{name: "firstframe", extension: ".jpg", qualities: reference, encode: ours(b.path("encode-now"))},
		{name: "libjpeg-turbo (cjpeg)", extension: ".jpg", qualities: wide, encode: cjpeg},
		{name: "sharp, mozjpeg", extension: ".jpg", qualities: wide, encode: b.sharp("jpeg", `{"quality":%d,"mozjpeg":true}`)},
	}
	if b.before != "" {
		list[0].qualities = []int{60, 70, 82, 90, 97}
		before := encoder{name: "firstframe before", extension: ".jpg", qualities: reference, encode: ours(b.path("encode-before"))}
		list = append([]encoder{before}, list...)
	}
	return list
}

// ours returns the encoder of a version of firstframe: program is the program encode, built in it.
func ours(program string) func(context.Context, string, string, int) error {
	return func(ctx context.Context, from, to string, quality int) error {
		return start(ctx, program, strconv.Itoa(quality), from, to)
	}
}

// cjpeg is the encoder of libjpeg-turbo. It reads no PNG.
func cjpeg(ctx context.Context, from, to string, quality int) error {
	m, err := imaging.Open(from)
	if err != nil {
		return err
	}
	plain := to + ".ppm"
	if err := os.WriteFile(plain, pixmap(imaging.Clone(m)), 0o644); err != nil {
		return err
	}
	defer os.Remove(plain)
	return start(ctx, "cjpeg", "-quality", strconv.Itoa(quality), "-progressive", "-optimize", "-outfile", to, plain)
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

// sharp returns an encoder of sharp. The options have %d in place of the quality.
func (b *bytesBench) sharp(format, options string) func(context.Context, string, string, int) error {
	return func(ctx context.Context, from, to string, quality int) error {
		return start(ctx, "node", b.path("sharp.mjs"), filepath.Join(b.npm, "node_modules"), format, fmt.Sprintf(options, quality), from, to)
	}
}

// start runs a program. The error has what it printed.
func start(ctx context.Context, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, program, args...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(program), err, bytes.TrimSpace(out))
	}
	return nil
}
