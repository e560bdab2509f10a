package media

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/disintegration/imaging"

	"firstframe/render/media/planar"
)

// TestQuality reports how good and how large the renditions of real pictures are. It compares them,
// before encoding, with Lanczos from the full picture. It compares their bytes with what image/jpeg
// makes from the same pixels at the same quality. The pictures are in subfolders of a folder that
// the environment names:
//
//	FIRSTFRAME_PICTURES=DIR go test -run TestQuality -v ./render/media
func TestQuality(t *testing.T) {
	dir := os.Getenv("FIRSTFRAME_PICTURES")
	if dir == "" {
		t.Skip("FIRSTFRAME_PICTURES does not name a folder of real pictures")
	}
	sets, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Print("\n| set | width | PSNR: mean | worst | bytes, of `image/jpeg`'s |\n|---|--:|--:|--:|--:|\n")
	for _, set := range sets {
		files, err := filepath.Glob(filepath.Join(dir, set.Name(), "*.*"))
		if err != nil {
			t.Fatal(err)
		}
		var q qualities
		for _, name := range files {
			if types := map[string]string{".jpg": "image/jpeg", ".png": "image/png"}; types[filepath.Ext(name)] != "" {
				q.add(t, name, types[filepath.Ext(name)])
			}
		}
		q.print(set.Name())
	}
}

// qualities has the results for a set and a width.
type qualities map[int]*quality

type quality struct {
	noise       []float64 // in decibels, of each picture that is not equal
	bytes, than int       // of all pictures together; of image/jpeg
}

func (q *qualities) add(t *testing.T, name, mediaType string) {
	if *q == nil {
		*q = qualities{}
	}
	img, h := decoded(t, Original{Path: name, Type: mediaType})
	full, err := imaging.Open(name, imaging.AutoOrientation(true))
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range resized(img, h) {
		w := size.Y.Width
		if (*q)[w] == nil {
			(*q)[w] = new(quality)
		}
		(*q)[w].compare(t, size, full, h)
	}
}

func (q *quality) compare(t *testing.T, got *planar.Picture, full image.Image, h header) {
	ours, err := encode(t.Context(), got, h, 82, &jpegFormat)
	if err != nil {
		t.Fatal(err)
	}
	var theirs bytes.Buffer
	img := asYCbCr(got)
	if err := jpeg.Encode(&theirs, img, &jpeg.Options{Quality: 82}); err != nil {
		t.Fatal(err)
	}
	q.bytes += len(ours)
	q.than += theirs.Len()

	want := full
	if full.Bounds().Size() != img.Bounds().Size() {
		want = imaging.Resize(full, got.Y.Width, got.Y.Height, imaging.Lanczos)
	}
	// Both have their colours at half the size, as every JPEG of this quality does, so this
	// compares only the resizing.
	a, b := imaging.Clone(img), imaging.Clone(asYCbCr(planar.FromNRGBA(imaging.Clone(want))))
	sum, n := 0.0, 0
	for i, v := range a.Pix {
		if i%4 < 3 {
			d := float64(v) - float64(b.Pix[i])
			sum, n = sum+d*d, n+1
		}
	}
	if sum > 0 {
		q.noise = append(q.noise, 10*math.Log10(255*255*float64(n)/sum))
	}
}

// asYCbCr returns a picture as an image of the standard library, in 4:2:0.
func asYCbCr(p *planar.Picture) image.Image {
	r := image.Rect(0, 0, p.Y.Width, p.Y.Height)
	if p.Gray() {
		m := image.NewGray(r)
		for y := range p.Y.Height {
			copy(m.Pix[y*m.Stride:], p.Y.Row(y))
		}
		return m
	}
	m := image.NewYCbCr(r, image.YCbCrSubsampleRatio420)
	for y := range p.Y.Height {
		copy(m.Y[y*m.YStride:], p.Y.Row(y))
	}
	for y := range p.Cb.Height {
		copy(m.Cb[y*m.CStride:], p.Cb.Row(y))
		copy(m.Cr[y*m.CStride:], p.Cr.Row(y))
	}
	return m
}

func (q qualities) print(set string) {
	var all quality
	row := func(width string, q *quality) {
		mean, worst := "the same", ""
		if len(q.noise) > 0 {
			sum := 0.0
			for _, db := range q.noise {
				sum += db
			}
			mean = fmt.Sprintf("%.1f dB", sum/float64(len(q.noise)))
			worst = fmt.Sprintf("%.1f dB", slices.Min(q.noise))
		}
		fmt.Printf("| %s | %s | %s | %s | %.1f %% |\n", set, width, mean, worst, 100*float64(q.bytes)/float64(q.than))
	}
	for _, w := range slices.Backward(slices.Sorted(maps.Keys(q))) {
		row(strconv.Itoa(w), q[w])
		all.noise = append(all.noise, q[w].noise...)
		all.bytes += q[w].bytes
		all.than += q[w].than
	}
	if len(q) > 0 {
		row("all", &all)
	}
}
