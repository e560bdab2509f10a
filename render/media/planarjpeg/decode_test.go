package planarjpeg

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"firstframe/render/media/mediatest"
	"firstframe/render/media/planar"
)

func encoded(t testing.TB, m image.Image, quality int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gray(m image.Image) *image.Gray {
	g := image.NewGray(m.Bounds())
	for y := range g.Rect.Dy() {
		for x := range g.Rect.Dx() {
			g.Set(x, y, m.At(x, y))
		}
	}
	return g
}

// samples returns the files in testdata, which image/jpeg cannot write, and some that it can.
func samples(t testing.TB) map[string][]byte {
	all := map[string][]byte{
		"baseline":      encoded(t, mediatest.DrawPicture(203, 101), 90),
		"baseline low":  encoded(t, mediatest.DrawPicture(64, 48), 10),
		"gray":          encoded(t, gray(mediatest.DrawPicture(77, 50)), 95),
		"one pixel":     encoded(t, mediatest.DrawPicture(1, 1), 80),
		"high contrast": encoded(t, checkers(64), 100),
	}
	files, err := filepath.Glob("testdata/*.jpg")
	if err != nil || len(files) == 0 {
		t.Fatal("no testdata", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(file), ".jpg")] = data
	}
	return all
}

// checkers returns a picture with the largest possible coefficients.
func checkers(size int) image.Image {
	m := image.NewGray(image.Rect(0, 0, size, size))
	for i := range m.Pix {
		m.Pix[i] = uint8(255 * ((i + i/size) & 1))
	}
	return m
}

const full = 1 << 16 // wider than any picture

// compare fails if planes differ from image/jpeg's planes by more than rounding.
func compare(t *testing.T, got *planar.Picture, want image.Image) {
	t.Helper()
	switch m := want.(type) {
	case *image.Gray:
		if !got.Gray() {
			t.Error("a gray picture has colours")
		}
		comparePlane(t, "Y", got.Y, m.Pix, m.Stride, m.Rect.Dx(), m.Rect.Dy())
	case *image.YCbCr:
		w, h := m.Rect.Dx(), m.Rect.Dy()
		comparePlane(t, "Y", got.Y, m.Y, m.YStride, w, h)
		cw, ch := got.Cb.Width, got.Cb.Height
		if (w+cw-1)/cw*cw < w || len(m.Cb) < (ch-1)*m.CStride+cw {
			t.Fatalf("chroma is %d × %d", cw, ch)
		}
		comparePlane(t, "Cb", got.Cb, m.Cb, m.CStride, cw, ch)
		comparePlane(t, "Cr", got.Cr, m.Cr, m.CStride, cw, ch)
	default:
		t.Fatalf("image/jpeg returned a %T", want)
	}
}

func comparePlane(t *testing.T, name string, got planar.Plane, want []uint8, stride, width, height int) {
	t.Helper()
	if got.Width != width || got.Height != height {
		t.Fatalf("%s is %d × %d, want %d × %d", name, got.Width, got.Height, width, height)
	}
	for y := range height {
		for x, v := range got.Row(y) {
			if d := int(v) - int(want[y*stride+x]); d < -2 || d > 2 {
				t.Fatalf("%s at %d,%d is %d, want %d", name, x, y, v, want[y*stride+x])
			}
		}
	}
}

// decodeTwice decodes a file with this package and with the standard library. Both must find the
// same.
func decodeTwice(t *testing.T, data []byte) (*planar.Picture, image.Image) {
	t.Helper()
	want, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(bytes.NewReader(data), full, full)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, got, want)
	return got, want
}

func TestFullSizeIsLikeTheStandardLibrary(t *testing.T) {
	for name, data := range samples(t) {
		t.Run(name, func(t *testing.T) {
			_, want := decodeTwice(t, data)
			// A reader that returns one byte at a time covers every place where the buffer can end.
			slow, err := Decode(iotest.OneByteReader(bytes.NewReader(data)), full, full)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, slow, want)
		})
	}
}

// In a reduced picture of slow gradients, each pixel must be about the mean of those that it
// replaces.
func TestReducedSizes(t *testing.T) {
	m := image.NewGray(image.Rect(0, 0, 203, 101))
	for i := range m.Pix {
		x, y := float64(i%203), float64(i/203)
		m.Pix[i] = uint8(128 + 60*math.Sin(x/30) + 60*math.Cos(y/25))
	}
	data := encoded(t, m, 98)
	for _, scale := range []int{1, 2, 4, 8} {
		width, height := (203+scale-1)/scale, (101+scale-1)/scale
		pic, err := Decode(bytes.NewReader(data), width, height)
		if err != nil {
			t.Fatal(err)
		}
		if pic.Y.Width != width || pic.Y.Height != height {
			t.Fatalf("1/%d is %d × %d", scale, pic.Y.Width, pic.Y.Height)
		}
		for y := range 101 / scale {
			for x := range 203 / scale {
				sum := 0
				for i := range scale * scale {
					sum += int(m.Pix[(y*scale+i/scale)*203+x*scale+i%scale])
				}
				mean := sum / (scale * scale)
				if d := int(pic.Y.Row(y)[x]) - mean; d < -4 || d > 4 {
					t.Fatalf("1/%d: at %d,%d is %d, want about %d", scale, x, y, pic.Y.Row(y)[x], mean)
				}
			}
		}
	}
}

// Chroma must not be larger than renditions need.
func TestPlanesHaveTheSizeThatIsNeeded(t *testing.T) {
	for _, test := range []struct{ width, height, wantWidth, wantHeight, points int }{
		{4032, 3024, 1920, 1440, 4},
		{4032, 3024, 2016, 1512, 4},
		{4032, 3024, 2017, 1512, 8},
		{4032, 3024, 1008, 756, 2},
		{4032, 3024, 504, 378, 1},
		{4032, 3024, 10, 10, 1},
		{4033, 3024, 2017, 1512, 4},
		{1920, 1080, 1920, 1080, 8},
	} {
		if got := Points(test.width, test.height, test.wantWidth, test.wantHeight); got != test.points {
			t.Errorf("%+v: got %d", test, got)
		}
	}
	pic, err := Decode(bytes.NewReader(encoded(t, mediatest.DrawPicture(400, 300), 80)), 200, 150)
	if err != nil {
		t.Fatal(err)
	}
	if pic.Y.Width != 200 || pic.Cb.Width != 100 || pic.Cr.Height != 75 {
		t.Errorf("got %d and %d × %d", pic.Y.Width, pic.Cb.Width, pic.Cr.Height)
	}
}

func TestTruncatedFilesAreRefused(t *testing.T) {
	for name, data := range samples(t) {
		for n := range len(data) {
			if n%7 != 0 && n < len(data)-20 {
				continue
			}
			if _, err := Decode(bytes.NewReader(data[:n]), 8, 8); err == nil {
				t.Fatalf("%s: %d of %d bytes were accepted as a picture", name, n, len(data))
			}
		}
	}
}

// An error of the disk must not look like one of the picture.
func TestErrorsOfTheReaderAreHandedOn(t *testing.T) {
	data := encoded(t, mediatest.DrawPicture(43, 21), 90)
	broken := errors.New("broken")
	for n := range len(data) {
		r := io.MultiReader(bytes.NewReader(data[:n]), iotest.ErrReader(broken))
		if _, err := Decode(r, full, full); !errors.Is(err, broken) {
			t.Fatalf("after %d bytes: got %v", n, err)
		}
	}
}

func TestOtherKindsAreUnsupported(t *testing.T) {
	data := encoded(t, mediatest.DrawPicture(32, 32), 90)
	sof := bytes.Index(data, []byte{0xff, markerSOF0})
	change := func(at int, b byte) []byte {
		out := bytes.Clone(data)
		out[at] = b
		return out
	}
	rgb := bytes.Clone(data)
	rgb[sof+10], rgb[sof+13], rgb[sof+16] = 'R', 'G', 'B'
	for name, data := range map[string][]byte{
		"lossless":   change(sof+1, 0xc3),
		"arithmetic": change(sof+1, 0xc9),
		"12 bits":    change(sof+4, 12),
		"RGB":        rgb,
	} {
		if _, err := Decode(bytes.NewReader(data), full, full); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestConstants(t *testing.T) {
	for k, got := range map[int]int64{1: cos1, 2: cos2, 3: cos3, 5: cos5, 6: cos6, 7: cos7} {
		want := int64(math.Round(math.Sqrt2 * math.Cos(float64(k)*math.Pi/16) * (1 << cosineBits)))
		if got != want {
			t.Errorf("√2·cos(%dπ/16) is %d, want %d", k, got, want)
		}
	}
}

// The transform of a block must follow the definition, T.81 A.3.3.
func TestInverse(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		var c [64]int32
		for range 1 + random.IntN(20) {
			c[random.IntN(64)] = int32(random.IntN(401) - 200)
		}
		for _, n := range []int{8, 4, 2} {
			var b block
			for i, v := range c {
				b.add(uint8(i), v)
			}
			var got [64]uint8
			switch n {
			case 8:
				b.inverse8(got[:], 8)
			case 4:
				b.inverse4(got[:], 8)
			case 2:
				b.inverse2(got[:], 8)
			}
			for y := range n {
				for x := range n {
					want := min(max(definition(&c, n, x, y), 0), 255)
					if d := float64(got[8*y+x]) - want; d < -0.6 || d > 0.6 {
						t.Fatalf("%d points: at %d,%d is %d, want %.2f", n, x, y, got[8*y+x], want)
					}
				}
			}
		}
	}
}

func definition(c *[64]int32, n, x, y int) float64 {
	sum := 0.0
	for v := range n {
		for u := range n {
			f := float64(c[8*v+u]) / 4
			if u == 0 {
				f /= math.Sqrt2
			}
			if v == 0 {
				f /= math.Sqrt2
			}
			sum += f * math.Cos(float64((2*x+1)*u)*math.Pi/float64(2*n)) * math.Cos(float64((2*y+1)*v)*math.Pi/float64(2*n))
		}
	}
	return sum + 128
}

// FuzzDecodeAgainstStd looks for files that make a decoder panic, or that both decoders accept with
// different pixels:
//
//	go test -fuzz FuzzDecodeAgainstStd -fuzzminimizetime 1s ./render/media/planarjpeg
func FuzzDecodeAgainstStd(f *testing.F) {
	for _, data := range samples(f) {
		f.Add(data)
	}
	for _, factors := range [][]byte{{0x11, 0x21, 0x12}, {0x31, 0x11, 0x13}, {0x21, 0x11, 0x11, 0x21}} {
		f.Add(mosaic(30, 20, factors, true))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		info, err := Inspect(bytes.NewReader(data))
		if err != nil || info.Width*info.Height > 1<<16 {
			return
		}
		for _, scale := range []int{1, 2, 4, 8} {
			width, height := info.Width/scale, info.Height/scale
			Decode(bytes.NewReader(data), width, height)
			planes, err := Components(bytes.NewReader(data), width, height)
			if err != nil {
				continue
			}
			for _, p := range planes {
				if p.Width < 1 || p.Width > info.Width || p.Height < 1 || p.Height > info.Height {
					t.Fatalf("a component of %d × %d is %d × %d", info.Width, info.Height, p.Width, p.Height)
				}
			}
		}
		got, err := Decode(bytes.NewReader(data), full, full)
		if err != nil {
			return
		}
		want, err := jpeg.Decode(bytes.NewReader(data))
		if err != nil || wild(data) {
			return
		}
		compare(t, got, want)
	})
}

// wild reports whether a file has coefficients that no picture has. The two decoders overflow in
// different ways.
func wild(data []byte) bool {
	found := false
	d := &decoder{width: full, height: full}
	d.src = bytes.NewReader(data)
	d.check = func(b *block) {
		for _, v := range b {
			for _, v := range []int64{lower(v), upper(v)} {
				found = found || v < -1<<11 || v > 1<<11
			}
		}
	}
	d.decode()
	return found
}
