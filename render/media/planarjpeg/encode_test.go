package planarjpeg

import (
	"bytes"
	"image"
	"image/jpeg"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"firstframe/render/media/mediatest"
	"firstframe/render/media/planar"
)

// planes converts a picture as image/jpeg does before it encodes.
func planes(m image.Image) *planar.Picture {
	n := image.NewNRGBA(m.Bounds())
	for y := range n.Rect.Dy() {
		for x := range n.Rect.Dx() {
			n.Set(x, y, m.At(x, y))
		}
	}
	if _, gray := m.(*image.Gray); gray {
		return planar.FromGray(n)
	}
	return planar.FromNRGBA(n)
}

// loss returns the mean square error between two planes.
func loss(a, b planar.Plane) float64 {
	sum := 0.0
	for y := range a.Height {
		for x, v := range a.Row(y) {
			d := float64(v) - float64(b.Row(y)[x])
			sum += d * d
		}
	}
	return sum / float64(a.Width*a.Height)
}

// Our files must have the quality of image/jpeg's files in fewer bytes. The mean square error is
// not what our tables minimize, so it may be larger, mainly at low qualities.
func TestEncodeIsLikeTheStandardLibrary(t *testing.T) {
	for _, m := range []image.Image{
		mediatest.DrawPicture(203, 101), mediatest.DrawPicture(320, 240), mediatest.DrawPicture(64, 64), mediatest.DrawPicture(17, 9), mediatest.DrawPicture(1, 1), mediatest.DrawPicture(8, 1), mediatest.DrawPicture(1, 33),
		gray(mediatest.DrawPicture(77, 50)), gray(mediatest.DrawPicture(200, 200)), checkers(64), image.NewGray(image.Rect(0, 0, 30, 30)),
	} {
		for quality, allowed := range map[int]struct{ factor, more float64 }{
			1: {2.5, 250}, 10: {2, 150}, 50: {1.3, 8}, 82: {1.1, 2}, 95: {1.1, 2}, 100: {1.1, 0.2},
		} {
			p := planes(m)
			data, err := Encode(p, quality, nil)
			if err != nil {
				t.Fatal(err)
			}
			got, _ := decodeTwice(t, data)

			reference := encoded(t, m, quality)
			want, err := Decode(bytes.NewReader(reference), full, full)
			if err != nil {
				t.Fatal(err)
			}
			if len(data) > len(reference) {
				t.Errorf("%v at %d: %d bytes, image/jpeg makes %d", m.Bounds(), quality, len(data), len(reference))
			}
			if p.Y.Width*p.Y.Height < 1000 {
				continue // the few blocks may be unlucky
			}
			if a, b := loss(got.Y, p.Y), loss(want.Y, p.Y); a > allowed.factor*b+allowed.more {
				t.Errorf("%v at %d: error %.2f, image/jpeg's is %.2f", m.Bounds(), quality, a, b)
			}
			if !p.Gray() {
				if a, b := loss(got.Cb, p.Cb), loss(want.Cb, p.Cb); a > allowed.factor*b+allowed.more {
					t.Errorf("%v at %d: error %.2f in chroma, image/jpeg's is %.2f", m.Bounds(), quality, a, b)
				}
			}
		}
	}
}

func TestSegmentsStandInFront(t *testing.T) {
	segment := []byte{0xff, markerAPP0 + 2, 0, 5, 'a', 'b', 'c'}
	data, err := Encode(planes(mediatest.DrawPicture(16, 16)), 80, segment)
	if err != nil || !bytes.HasPrefix(data, append([]byte{0xff, markerSOI}, segment...)) {
		t.Errorf("got %x…, %v", data[:10], err)
	}
}

func TestEncodeRefusesWhatDoesNotFit(t *testing.T) {
	y, c := planar.NewPlane(16, 16), planar.NewPlane(8, 8)
	for name, p := range map[string]*planar.Picture{
		"nothing":           {},
		"chroma of another": {Y: y, Cb: c, Cr: planar.NewPlane(8, 7)},
		"full chroma":       {Y: y, Cb: y, Cr: y},
		"too wide":          {Y: planar.NewPlane(1<<16, 1)},
	} {
		if _, err := Encode(p, 80, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// Encoders are reused. Nothing from one picture may get into the next.
func TestEncodeIsRepeatable(t *testing.T) {
	first, _ := Encode(planes(mediatest.DrawPicture(100, 80)), 82, nil)
	Encode(planes(gray(mediatest.DrawPicture(300, 200))), 50, nil)
	second, _ := Encode(planes(mediatest.DrawPicture(100, 80)), 82, nil)
	if !bytes.Equal(first, second) {
		t.Error("the same picture became two different files")
	}
}

// The forward transform must follow the definition, T.81 A.3.3.
func TestForward(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for i := range 200 {
		var samples [64]uint8
		for j := range samples {
			samples[j] = uint8(random.Uint32())
			if i%2 == 0 {
				samples[j] = uint8(255 * (random.Uint32() & 1))
			}
		}
		var c coefficients
		c.forward(samples[:], 8)
		for j := range samples {
			got := c.at(packed(j))
			u, v := j%8, j/8
			want := 0.0
			for k, s := range samples {
				want += (float64(s) - 128) * math.Cos(float64((2*(k%8)+1)*u)*math.Pi/16) * math.Cos(float64((2*(k/8)+1)*v)*math.Pi/16)
			}
			want /= 4
			for _, f := range []int{u, v} {
				if f == 0 {
					want /= math.Sqrt2
				}
			}
			if d := float64(got)/(1<<forwardBits) - want; d < -0.4 || d > 0.4 {
				t.Fatalf("coefficient %d,%d is %.2f, want %.2f", u, v, float64(got)/(1<<forwardBits), want)
			}
		}
	}
}

func TestQuantizerRounds(t *testing.T) {
	var q quantizer
	for quality := 1; quality <= 100; quality++ {
		q.set(quality%3, quality)
		for v := int64(-1100); v <= 1100; v += 13 {
			checkQuantized(t, &q, func(int) int64 { return v << forwardBits })
		}
		// Values at the limit and next to it, each above one that may borrow from it.
		for _, lower := range []int64{-1, 0, 1} {
			for _, upper := range []int64{-1, 0, 1} {
				for _, signs := range [][2]int64{{1, 1}, {1, -1}, {-1, 1}, {-1, -1}} {
					checkQuantized(t, &q, func(k int) int64 {
						if packed(int(zigzag[k])) < 32 {
							return signs[0] * (q.limit[k] + lower)
						}
						return signs[1] * (q.limit[k] + upper)
					})
				}
			}
		}
	}
}

// checkQuantized divides a block of coefficients, which value returns in zigzag order. Those that
// are not zero must stay.
func checkQuantized(t *testing.T, q *quantizer, value func(k int) int64) {
	t.Helper()
	var c coefficients
	for k := range q.table {
		i := packed(int(zigzag[k]))
		c[i&31] += value(k) << (i & 32)
	}
	var b quantized
	q.divideBlock(&c, &b)
	for k, divisor := range q.table {
		if got := c.at(packed(int(zigzag[k]))); got != value(k) {
			t.Fatalf("%d: %d is read as %d", k, value(k), got)
		}
		got := int32(0)
		if k == 0 || b.some[0]>>k&1 != 0 {
			got = b.value[k]
		}
		exact := float64(value(k)) / (1 << forwardBits) / float64(divisor)
		limit := float64(q.limit[k]) / (1 << forwardBits) / float64(divisor)
		down := 1 - float64(q.up[k])/(1<<forwardBits)/float64(divisor) // a smaller fraction is cut off
		magnitude, size := float64(max(got, -got)), math.Abs(exact)
		if (size < limit) != (got == 0) || got != 0 && (got < 0) != (exact < 0) ||
			magnitude > max(size+1-down+0.001, 1) || got != 0 && magnitude < size-down-0.001 {
			t.Fatalf("%d: %g is %d, of limit %g and rounding %g", k, exact, got, limit, down)
		}
		if k == 0 && math.Abs(float64(got)-exact) > 0.501 {
			t.Fatalf("the mean %g is %d", exact, got)
		}
		for i, some := range b.some {
			if magnitude := max(got, -got); some>>k&1 != 0 != (int(magnitude) > i) {
				t.Fatalf("%d: for %d, it reports %t for more than %d", k, got, some>>k&1 != 0, i)
			}
		}
	}
}

// If counts grow like Fibonacci numbers, codes would be longer than 16 bits. Many equal counts need
// full trees.
func TestCodes(t *testing.T) {
	var fibonacci, flat, one, squares symbolCounts
	for i := range 40 {
		fibonacci[i] = 1
		if i > 1 {
			fibonacci[i] = fibonacci[i-1] + fibonacci[i-2]
		}
	}
	one[7] = 5
	for i := range flat {
		flat[i], squares[i] = 3, i*i
	}
	for name, counts := range map[string]*symbolCounts{"fibonacci": &fibonacci, "flat": &flat, "one": &one, "squares": &squares} {
		c := newCodes(counts)
		room := 0 // a code of 16 bits takes 1
		for s, n := range counts {
			if (n > 0) != (c.length[s] > 0) {
				t.Errorf("%s: symbol %d has a code of %d bits", name, s, c.length[s])
			}
			if c.length[s] > 0 {
				room += 1 << (16 - c.length[s])
				if c.code[s] == 1<<c.length[s]-1 {
					t.Errorf("%s: symbol %d has the code of ones", name, s)
				}
			}
		}
		if room >= 1<<16 {
			t.Errorf("%s: the codes do not fit", name)
		}
		// The decoder must find every code.
		h, err := newHuffman((*[16]byte)(c.lengths[1:]), c.symbols)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range c.symbols {
			e := h.next(uint64(c.code[s]) << (64 - c.length[s]))
			if e.length() != int(c.length[s])+int(s&15) || e.run() != int(s>>4) {
				t.Errorf("%s: the code of %d is read as %#x", name, s, e)
			}
		}
		if !slices.IsSortedFunc(c.symbols, func(a, b byte) int { return counts[b] - counts[a] }) {
			t.Errorf("%s: rarer symbols have shorter codes", name)
		}
	}
}

// BenchmarkEncode compares with image/jpeg.
func BenchmarkEncode(b *testing.B) {
	p := planes(mediatest.DrawPicture(960, 640))
	b.Run("planarjpeg", func(b *testing.B) {
		b.SetBytes(960 * 640)
		for b.Loop() {
			if _, err := Encode(p, 82, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("image/jpeg", func(b *testing.B) {
		drawn := mediatest.DrawPicture(960, 640)
		m := &image.RGBA{Pix: drawn.Pix, Stride: drawn.Stride, Rect: drawn.Rect} // image/jpeg is faster with this type
		b.SetBytes(960 * 640)
		for b.Loop() {
			if err := jpeg.Encode(io.Discard, m, &jpeg.Options{Quality: 82}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkDecode compares all sizes with image/jpeg, which can decode only the full size.
func BenchmarkDecode(b *testing.B) {
	data := encoded(b, mediatest.DrawPicture(960, 640), 90)
	b.Run("image/jpeg", func(b *testing.B) {
		b.SetBytes(960 * 640)
		for b.Loop() {
			if _, err := jpeg.Decode(bytes.NewReader(data)); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, scale := range []int{1, 2, 4, 8} {
		b.Run("1-"+string(rune('0'+scale)), func(b *testing.B) {
			b.SetBytes(960 * 640)
			for b.Loop() {
				if _, err := Decode(bytes.NewReader(data), 960/scale, 640/scale); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
