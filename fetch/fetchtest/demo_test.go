package fetchtest

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	_ "image/jpeg"
	_ "image/png"
	"slices"
	"sync"
	"testing"
	"time"
)

// Under the race detector a full-sized gallery takes half a minute; these tests need no more than small ones.
const small = 8

var smallDemo = sync.OnceValue(func() []Picture { return demo(small) })

// Goldens, caches and a second run of the demo rest on the bytes being the same.
func TestDemoIsDeterministic(t *testing.T) {
	first, second := smallDemo(), demo(small)
	for i, p := range first {
		if !bytes.Equal(p.data(), second[i].data()) {
			t.Errorf("%s differs between two calls", p.Name)
		}
	}
}

func TestDemoListing(t *testing.T) {
	pictures := smallDemo()
	if len(pictures) < 36 {
		t.Errorf("got %d pictures, want at least 36", len(pictures))
	}
	from := time.Date(2024, time.July, 1, 0, 0, 0, 0, time.UTC)
	until := time.Date(2024, time.December, 1, 0, 0, 0, 0, time.UTC)
	names := map[string]bool{}
	for _, p := range pictures {
		if names[p.Name] {
			t.Errorf("two pictures are named %s", p.Name)
		}
		names[p.Name] = true
		if p.Uploaded.Before(from) || p.Uploaded.After(until) {
			t.Errorf("%s was uploaded on %s", p.Name, p.Uploaded)
		}
	}
	if !slices.IsSortedFunc(pictures, func(a, b Picture) int { return a.Uploaded.Compare(b.Uploaded) }) {
		t.Error("the pictures are not in the order of their uploads")
	}
}

// Every kind of file that the gallery has to cope with is in the demo, and what is broken is so by intent.
func TestDemoKinds(t *testing.T) {
	kinds, duplicates, broken := map[string]int{}, 0, 0
	seen := map[string]bool{}
	for _, p := range smallDemo() {
		if seen[string(p.data())] {
			duplicates++
		}
		seen[string(p.data())] = true
		img, format, err := image.Decode(bytes.NewReader(p.data()))
		if err != nil {
			broken++
			continue
		}
		kinds[format]++
		if format != p.Type {
			t.Errorf("%s is a %s, but said to be a %s", p.Name, format, p.Type)
		}
		if o, ok := img.(interface{ Opaque() bool }); ok && !o.Opaque() {
			kinds["transparent"]++
		}
		if _, ok := img.ColorModel().(color.Palette); ok && format == "png" {
			kinds["paletted"]++
		}
		if format == "gif" {
			film, err := gif.DecodeAll(bytes.NewReader(p.data()))
			if err == nil && len(film.Image) > 1 {
				kinds["animated"]++
			}
		}
		if orientation(p.data()) > 1 {
			kinds["turned"]++
		}
	}
	if duplicates != 1 || broken != 1 {
		t.Errorf("got %d duplicates and %d files that are no image, want one of each", duplicates, broken)
	}
	for _, want := range []string{"jpeg", "png", "gif", "transparent", "paletted", "animated", "turned"} {
		if kinds[want] == 0 {
			t.Errorf("no picture is %s", want)
		}
	}
}

// orientation reads the EXIF orientation of a JPEG that has its APP1 segment first, or 0.
func orientation(data []byte) uint16 {
	if len(data) < 40 || string(data[6:10]) != "Exif" {
		return 0
	}
	tiff := data[12:]
	count := binary.BigEndian.Uint16(tiff[8:])
	for i := range int(count) {
		e := tiff[10+12*i:]
		if binary.BigEndian.Uint16(e) == 0x0112 {
			return binary.BigEndian.Uint16(e[8:])
		}
	}
	return 0
}

// The limits of the service: a short side over 300 pixels, and a ratio between 2:5 and 5:2.
func TestDemoSizes(t *testing.T) {
	wide, narrow := false, false
	for _, s := range sketches {
		short, long := min(s.w, s.h), max(s.w, s.h)
		if short <= 300 || 2*long > 5*short {
			t.Errorf("%s would be refused with %d×%d pixels", s.name, s.w, s.h)
		}
		wide, narrow = wide || s.w > 1920, narrow || s.w < 480
	}
	if !wide || !narrow {
		t.Error("no picture is wider than 1920 pixels, or none is narrower than 480")
	}
}

func TestDraw(t *testing.T) {
	for seed := range uint64(len(sketches)) {
		if got := Draw(64, 48, seed).Bounds().Size(); got != image.Pt(64, 48) {
			t.Errorf("Draw(64, 48, %d) is %v large", seed, got)
		}
	}
}

func BenchmarkDemo(b *testing.B) {
	for b.Loop() {
		for _, p := range Demo() {
			p.data()
		}
	}
}

// Every kind of video that a gallery has to cope with is in the demo, and every picture that is named is there.
func TestDemoVideos(t *testing.T) {
	names := map[string]bool{}
	for _, s := range sketches {
		names[s.name] = true
	}
	videos := DemoVideos()
	made, states, clips, of := map[string]int{}, map[int]int{}, 0, map[int]int{}
	for _, v := range videos {
		for _, name := range v.Files {
			if made[name]++; !names[name] {
				t.Errorf("%q is made from %s, which is not there", v.Prompt, name)
			}
		}
		states[v.Status]++
		of[len(v.Files)]++
		if v.Clip != nil {
			clips++
			if len(v.Clip) > 300_000 || !bytes.Equal(v.Clip[4:8], []byte("ftyp")) {
				t.Errorf("the clip of %q has %d bytes", v.Prompt, len(v.Clip))
			}
		}
	}
	if len(made) < len(sketches)/2 || made["low-sun-over-the-sea.jpg"] < 3 {
		t.Errorf("%d pictures have videos", len(made))
	}
	if of[0] != 1 || of[2] != 1 || states[Processing] != 1 || states[Moderated] != 1 || states[7] != 1 || clips != 2 {
		t.Errorf("a kind of video is missing: %v, %v, %d clips", of, states, clips)
	}
	if !slices.IsSortedFunc(videos, func(a, b Video) int { return b.Created.Compare(a.Created) }) {
		t.Error("the newest is not the first")
	}
	// None of them is listed as another.
	ids := map[string]bool{}
	s := &Service{Pictures: smallDemo(), Videos: videos}
	s.Paths()
	for _, v := range s.videos {
		ids[v.ID] = true
	}
	if len(ids) != len(videos) {
		t.Errorf("%d videos have %d ids", len(videos), len(ids))
	}
}
