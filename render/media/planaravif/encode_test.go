package planaravif

import (
	"bytes"
	"testing"

	"firstframe/render/media/planar"
)

func picture(w, h int) *planar.Picture {
	p := planar.New(w, h)
	for y := range h {
		for x := range w {
			p.Y.Row(y)[x] = uint8(40 + 170*x/w)
		}
	}
	for y := range p.Cb.Height {
		for x := range p.Cb.Width {
			p.Cb.Row(y)[x], p.Cr.Row(y)[x] = uint8(100+x%40), uint8(160-y%50)
		}
	}
	return p
}

func TestEncode(t *testing.T) {
	if err := Available(); err != nil {
		t.Skip(err)
	}
	data, err := Encode(picture(300, 201), 82, nil)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Parse(data)
	if err != nil || f.Width != 300 || f.Height != 201 || !bytes.Equal(f.Bytes(), data) {
		t.Fatal(f, err)
	}
	m, err := Decode(data)
	if err != nil || m.Rect.Dx() != 300 || m.Rect.Dy() != 201 {
		t.Fatal(err)
	}
}
