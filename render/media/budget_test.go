package media

import (
	"bytes"
	"errors"
	"image"
	"image/color/palette"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"firstframe/render/media/mediatest"
)

// The budget is for all calls together, so eight pictures of the greatest size must not be decoded
// at once.
func TestBudgetBoundsAllCalls(t *testing.T) {
	const largest = 64_000_000 * 5
	var inFlight, most atomic.Int64
	m := &Maker{formats: pngWith(
		func(*io.SectionReader) (header, error) {
			return header{width: 8000, height: 8000, memory: largest, metadata: metadata{orientation: 1}}, nil
		},
		func(*io.SectionReader) (image.Image, error) {
			now := inFlight.Add(largest)
			for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
			}
			time.Sleep(20 * time.Millisecond)
			inFlight.Add(-largest)
			return nil, errors.New("seen enough")
		})}
	o := keep(t, "image/png", mediatest.PNG(t, mediatest.Blocks(8, 8)))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { m.Make(t.Context(), o) })
	}
	all.Wait()
	if most.Load() > defaultBudget {
		t.Errorf("%d bytes at once, of %d", most.Load(), defaultBudget)
	}
	if most.Load() < 2*largest {
		t.Errorf("%d bytes at once: not even two pictures", most.Load())
	}
}

// Two pictures must fit into the budget at once, or one of two processors would have nothing to do.
func TestTwoPicturesFit(t *testing.T) {
	for _, size := range [][2]int{{1920, 1080}, {4032, 3024}} {
		m := &Maker{AVIF: true}
		plan := m.Plan(hash, size[0], size[1])
		largest := plan.Largest()
		var b bytes.Buffer
		if err := jpeg.Encode(&b, image.NewYCbCr(image.Rect(0, 0, size[0], size[1]), image.YCbCrSubsampleRatio420), nil); err != nil {
			t.Fatal(err)
		}
		h, err := inspectJPEG(section(b.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if n := makeMemory(h, largest.Width, largest.Height, plan); 2*n > defaultBudget {
			t.Errorf("%v: %d bytes, of %d", size, n, defaultBudget)
		}
	}
}

// An idle processor must not make an AVIF that there is no memory for. A JPEG takes little, and is
// counted already.
func TestReserve(t *testing.T) {
	const size = 200 << 20
	const processors = 2
	idle := 0
	m := &Maker{AVIF: true, Budget: size, Idle: func() (func(), bool) {
		if idle == processors {
			return nil, false
		}
		idle++
		return func() { idle-- }, true
	}}
	m.start()
	plan := m.Plan(hash, 400, 300)
	jpeg, avif := &plan[0], &plan[1]
	first, ok := m.reserve(avif)
	if !ok || idle != 1 {
		t.Fatal("nothing is reserved for an AVIF")
	}
	if _, ok := m.reserve(avif); ok || idle != 1 {
		t.Error("there is memory for a second AVIF")
	}
	second, ok := m.reserve(jpeg)
	if !ok || idle != 2 {
		t.Fatal("nothing is reserved for a JPEG")
	}
	first()
	second()
	idle = processors
	if _, ok := m.reserve(avif); ok {
		t.Error("a busy processor is reserved")
	}
	giveBack, ok := m.budget.takeNow(size)
	if !ok {
		t.Fatal("not all memory was given back")
	}
	giveBack()
}

// Make must take as much from the budget as it needs. Without this test, a change of a decoder
// could make the budget meaningless.
func TestMemoryIsCountedHonestly(t *testing.T) {
	picture := mediatest.DrawPicture(600, 400)
	deep := image.NewNRGBA64(picture.Rect)
	draw.Draw(deep, deep.Rect, picture, image.Point{}, draw.Src)
	gray := image.NewGray(picture.Rect)
	draw.Draw(gray, gray.Rect, picture, image.Point{}, draw.Src)
	var asGIF bytes.Buffer
	if err := gif.Encode(&asGIF, image.NewPaletted(picture.Rect, palette.Plan9), nil); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, mediaType string
		data            []byte
		width, height   int
	}{
		{"jpeg", "image/jpeg", mediatest.JPEG(t, picture), 480, 320},
		{"jpeg gray", "image/jpeg", mediatest.JPEG(t, gray), 480, 320},
		{"jpeg cmyk", "image/jpeg", encodeCMYK(t, picture), 480, 320},
		{"jpeg cmyk, profile", "image/jpeg", inkJPEG(t, inkAmounts(), inkProfile(2, "mft2", "Lab ")), 144, 144},
		{"jpeg oddly sampled", "image/jpeg", sampledJPEG(t, image.Pt(600, 400), []byte{0x11, 0x31, 0x12}, toYCbCr), 480, 320},
		{"jpeg cmyk, oddly sampled", "image/jpeg", sampledJPEG(t, image.Pt(384, 384), []byte{0x31, 0x11, 0x12, 0x11}, toCMYK), 384, 384},
		{"png", "image/png", mediatest.PNG(t, picture), 480, 320},
		{"png 16", "image/png", mediatest.PNG(t, deep), 480, 320},
		{"png gray", "image/png", mediatest.PNG(t, gray), 480, 320},
		{"png interlaced", "image/png", encodeInterlaced(picture), 480, 320},
		{"gif", "image/gif", asGIF.Bytes(), 480, 320},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := new(Maker)
			m.start()
			src, err := m.open(keep(t, test.mediaType, test.data))
			if err != nil {
				t.Fatal(err)
			}
			defer src.Close()
			h, err := src.header(t.Context(), m.maxPixels())
			if err != nil {
				t.Fatal(err)
			}
			// Free the memory of earlier pictures. Pools keep it for one collection, so this takes
			// two.
			runtime.GC()
			runtime.GC()
			before := mediatest.Allocated()
			img, err := src.picture(t.Context(), h, test.width, test.height, m.background())
			if err != nil {
				t.Fatal(err)
			}
			// What is counted is enough for any quality. At a low one, there is little to encode.
			if _, err := encode(t.Context(), img.Resize(test.width, test.height), h, 88, &jpegFormat); err != nil {
				t.Fatal(err)
			}
			plan := []Rendition{{Path: "media/0-1-0.jpg", Width: test.width, Height: test.height}}
			counted := makeMemory(h, test.width, test.height, plan)
			if used := int64(mediatest.Allocated() - before); used > counted+256<<10 || 2*used < counted { // tables and buffers
				t.Errorf("it took %d bytes, %d were counted", used, counted)
			}
		})
	}
}
