package media

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"testing"

	"firstframe/render/media/mediatest"
)

// chunk returns the content of a chunk of a WebP file.
func chunk(t testing.TB, file []byte, kind string) string {
	t.Helper()
	for k, data := range riffChunks(bytes.NewReader(file), 12, int64(len(file))) {
		if k == kind {
			b, err := io.ReadAll(data)
			if err != nil {
				t.Fatal(err)
			}
			return string(b)
		}
	}
	t.Fatalf("no %s chunk", kind)
	return ""
}

// Without converting the range, the error is 10. If the range is converted but the chroma is not
// interpolated, it is 20 at edges.
func TestWebPIsThatOfLibwebp(t *testing.T) {
	for _, name := range []string{"lossy", "lossy-alpha", "lossless"} {
		data := readTestdata(t, name+".webp")
		got, err := decodeWebP(io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data))))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want, err := png.Decode(bytes.NewReader(readTestdata(t, name+".png")))
		if err != nil {
			t.Fatal(err)
		}
		if got.Bounds() != want.Bounds() {
			t.Fatalf("%s is %v, want %v", name, got.Bounds(), want.Bounds())
		}
		if e := rootMeanSquareError(got, want); e > 1 {
			t.Errorf("%s is %.2f off", name, e)
		}
	}
}

// rootMeanSquareError compares pixels with their alpha. It ignores the colours of transparent
// pixels.
func rootMeanSquareError(a, b image.Image) float64 {
	var sum float64
	n := 0
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			p := color.NRGBAModel.Convert(a.At(x, y)).(color.NRGBA)
			q := color.NRGBAModel.Convert(b.At(x, y)).(color.NRGBA)
			if p.A == 0 && q.A == 0 {
				continue
			}
			for _, d := range []int{int(p.R) - int(q.R), int(p.G) - int(q.G), int(p.B) - int(q.B), int(p.A) - int(q.A)} {
				sum += float64(d * d)
				n++
			}
		}
	}
	return math.Sqrt(sum / float64(n))
}

func TestAnimatedWebPShowsItsFirstFrame(t *testing.T) {
	img := makeLargest(t, new(Maker), "image/webp", readTestdata(t, "animated.webp"))
	if img.Bounds() != image.Rect(0, 0, 48, 36) {
		t.Errorf("the picture is %v, want the whole canvas", img.Bounds())
	}
	wantColor(t, img, 32, 24, color.NRGBA{200, 40, 40, 255})
	wantColor(t, img, 4, 4, color.NRGBA{255, 255, 255, 255})
}

func TestAnimatedWebPWithAlpha(t *testing.T) {
	still := readTestdata(t, "lossy-alpha.webp")
	head := []byte{1, 0, 0, 2, 0, 0, 63, 0, 0, 47, 0, 0, 100, 0, 0, 0} // at 2,4; 64 × 48
	frame := string(head) + string(mediatest.RIFFBytes("ALPH", chunk(t, still, "ALPH"), "VP8 ", chunk(t, still, "VP8 ")))
	file := mediatest.RIFF("VP8X", mediatest.VP8X(1<<1|1<<4, 80, 60), "ANIM", "\x00\x00\x00\x00\x00\x00", "ANMF", frame, "ANMF", "cut")
	img := makeLargest(t, &Maker{Background: color.NRGBA{0, 0, 200, 255}}, "image/webp", file)
	if img.Bounds() != image.Rect(0, 0, 80, 60) {
		t.Errorf("the picture is %v, want the whole canvas", img.Bounds())
	}
	wantColor(t, img, 75, 30, color.NRGBA{0, 0, 200, 255})       // beside the frame
	wantColor(t, img, 2+44, 4+16, color.NRGBA{230, 20, 30, 255}) // the disc
}

// Like libwebp, the decoder must read a file whose header promises an alpha that is missing, and
// one with an alpha that the header does not promise.
func TestWebPHeaderMayLieAboutAlpha(t *testing.T) {
	plain, alpha := readTestdata(t, "lossy.webp"), readTestdata(t, "lossy-alpha.webp")
	for _, file := range [][]byte{
		mediatest.RIFF("VP8X", mediatest.VP8X(1<<4, 64, 48), "VP8 ", chunk(t, plain, "VP8 ")),
		mediatest.RIFF("VP8X", mediatest.VP8X(0, 64, 48), "ALPH", chunk(t, alpha, "ALPH"), "VP8 ", chunk(t, alpha, "VP8 ")),
	} {
		img := makeLargest(t, new(Maker), "image/webp", file)
		wantColor(t, img, 44, 16, color.NRGBA{230, 20, 30, 255})
	}
}
