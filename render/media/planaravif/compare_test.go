package planaravif

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"firstframe/render/media/planar"
)

// drawings are pictures that are hard for an encoder, by name.
func drawings(w, h int) map[string]*planar.Picture {
	random := rand.New(rand.NewPCG(1, 2))
	draw := func(f func(x, y int) (luma, cb, cr uint8)) *planar.Picture {
		p := planar.New(w, h)
		for y := range h {
			for x := range w {
				luma, cb, cr := f(x, y)
				p.Y.Row(y)[x] = luma
				p.Cb.Row(y / 2)[x/2], p.Cr.Row(y / 2)[x/2] = cb, cr
			}
		}
		return p
	}
	random8 := func() uint8 { return uint8(random.Uint32()) }
	return map[string]*planar.Picture{
		"a gradient": draw(func(x, y int) (uint8, uint8, uint8) { return uint8(40 + 170*x/w), uint8(100 + x%40), uint8(160 - y%50) }),
		"noise":      draw(func(int, int) (uint8, uint8, uint8) { return random8(), random8(), random8() }),
		"gray noise": draw(func(int, int) (uint8, uint8, uint8) { return random8(), 128, 128 }),
		"a chessboard": draw(func(x, y int) (uint8, uint8, uint8) {
			return uint8(255 * ((x + y) % 2)), 128, 128
		}),
		"lines":         draw(func(x, _ int) (uint8, uint8, uint8) { return uint8(255 * (x / 3 % 2)), 128, 128 }),
		"colored lines": draw(func(x, _ int) (uint8, uint8, uint8) { return 128, uint8(60 + 136*(x/2%2)), uint8(196 - 136*(x/2%2)) }),
		"impossible":    draw(func(x, y int) (uint8, uint8, uint8) { return uint8(x), 255, uint8(y) }),
		"black":         draw(func(int, int) (uint8, uint8, uint8) { return 0, 128, 128 }),
		"white":         draw(func(int, int) (uint8, uint8, uint8) { return 255, 128, 128 }),
	}
}

// A picture must come back as it was, whatever it shows, and however good it must be.
func TestEncodedPictureIsThePicture(t *testing.T) {
	skipIfDynamic(t)
	for name, p := range drawings(49, 35) {
		for _, quality := range []int{1, 82, 100} {
			t.Run(fmt.Sprintf("%s, %d", name, quality), func(t *testing.T) {
				data, err := Encode(p, quality, nil)
				if err != nil {
					t.Fatal(err)
				}
				// A wrong picture of the same kind is noticed.
				m := toRGBA(p)
				for i := range m.Pix {
					m.Pix[i] = m.Pix[i]/2 + 32
				}
				if err := compare(data, m, quality); err == nil {
					t.Error("a flatter picture is accepted")
				}
			})
		}
	}
}

// Pictures with few pixels and a low quality lose the most. They must not be refused for that.
func TestTinyPicturesAtLowQuality(t *testing.T) {
	skipIfDynamic(t)
	for _, test := range []struct {
		name          string
		width, height int
		quality       int
	}{{"a gradient", 1, 8, 1}, {"noise", 3, 4, 1}, {"noise", 3, 5, 10}, {"noise", 4, 2, 1}} {
		if _, err := Encode(drawings(test.width, test.height)[test.name], test.quality, nil); err != nil {
			t.Errorf("%+v: %v", test, err)
		}
	}
}

// The comparison must notice what a broken encoder could do.
func TestCompareNotices(t *testing.T) {
	skipIfDynamic(t)
	p := drawings(128, 96)["a gradient"]
	data, err := Encode(p, 82, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(q *planar.Picture){
		"swapped colours": func(q *planar.Picture) { q.Cb, q.Cr = q.Cr, q.Cb },
		"no colours":      func(q *planar.Picture) { q.Cb, q.Cr = planar.Plane{}, planar.Plane{} },
		"another range": func(q *planar.Picture) {
			for i, v := range q.Y.Pix {
				q.Y.Pix[i] = uint8(16 + int(v)*219/255)
			}
		},
		"a missing half": func(q *planar.Picture) { clear(q.Y.Pix[len(q.Y.Pix)/2:]) },
		"a missing block": func(q *planar.Picture) {
			for y := range 32 {
				clear(q.Y.Row(y + 32)[32:64])
			}
		},
		"another width": func(q *planar.Picture) { *q = *q.Resize(127, 96) },
	} {
		q := &planar.Picture{Y: copied(p.Y), Cb: copied(p.Cb), Cr: copied(p.Cr)}
		change(q)
		if err := compare(data, toRGBA(q), 82); err == nil {
			t.Errorf("%s: nothing is noticed", name)
		}
	}
	if err := compare(data, toRGBA(p), 82); err != nil {
		t.Error(err)
	}
	if err := compare(data[:len(data)-1], toRGBA(p), 82); err == nil {
		t.Error("a cut file is accepted")
	}
}

// copied returns a copy of a plane.
func copied(p planar.Plane) planar.Plane {
	q := planar.NewPlane(p.Width, p.Height)
	for y := range p.Height {
		copy(q.Row(y), p.Row(y))
	}
	return q
}

// The message about a damaged file is for people. The library's has the stack of its machine.
func TestMessageOfDamage(t *testing.T) {
	skipIfDynamic(t)
	data, err := Encode(drawings(64, 48)["a gradient"], 82, nil)
	if err != nil {
		t.Fatal(err)
	}
	damaged := 0
	for at := len(data) - 1; at > len(data)/2; at -= 7 {
		changed := bytes.Clone(data)
		copy(changed[at:], "xyz")
		_, err := Decode(changed)
		if err == nil {
			continue // it is another picture
		}
		damaged++
		if err.Error() != errDamaged.Error() {
			t.Fatalf("byte %d: %q", at, err)
		}
	}
	if damaged == 0 {
		t.Error("no damage was noticed, so nothing was tested")
	}
}
