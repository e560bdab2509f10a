package demo

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"image"
	"image/color"
	"image/gif"
	_ "image/jpeg"
	_ "image/png"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"firstframe/fetch/fetchtest"
)

// small is the divisor of all sizes here. With the race detector, drawing everything in full size
// takes half a minute.
const small = 8

// smallPictures returns pictures(small), drawn once for all tests.
var smallPictures = sync.OnceValue(func() []fetchtest.Picture { return pictures(small) })

// data returns what is downloaded as p.
func data(p fetchtest.Picture) []byte {
	if p.Draw != nil {
		return p.Draw()
	}
	return p.Data
}

// Goldens, caches and a second run of the demo need the same bytes each time.
func TestPicturesAreDeterministic(t *testing.T) {
	first, second := smallPictures(), pictures(small)
	for i, p := range first {
		if !bytes.Equal(data(p), data(second[i])) {
			t.Errorf("%s differs between two calls", p.Name)
		}
	}
}

func TestUploads(t *testing.T) {
	pictures := smallPictures()
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
			t.Errorf("%s was uploaded on %s, which is not between %s and %s", p.Name, p.Uploaded, from, until)
		}
	}
	if !slices.IsSortedFunc(pictures, func(a, b fetchtest.Picture) int { return a.Uploaded.Compare(b.Uploaded) }) {
		t.Error("the pictures are not in the order of their uploads")
	}
}

// The demo has every kind of file that a gallery must handle. All of them are pictures, so that the
// demo reports nothing that looks like a problem.
func TestKinds(t *testing.T) {
	kinds, duplicates := map[string]int{}, 0
	seen := map[string]bool{}
	for _, p := range smallPictures() {
		if seen[string(data(p))] {
			duplicates++
		}
		seen[string(data(p))] = true
		img, format, err := image.Decode(bytes.NewReader(data(p)))
		if err != nil {
			t.Errorf("%s is not a picture: %v", p.Name, err)
			continue
		}
		kinds[format]++
		if format != p.Type {
			t.Errorf("%s is a %s, but its type is %s", p.Name, format, p.Type)
		}
		if o, ok := img.(interface{ Opaque() bool }); ok && !o.Opaque() {
			kinds["transparent"]++
		}
		if _, ok := img.ColorModel().(color.Palette); ok && format == "png" {
			kinds["paletted"]++
		}
		if format == "gif" {
			film, err := gif.DecodeAll(bytes.NewReader(data(p)))
			if err == nil && len(film.Image) > 1 {
				kinds["animated"]++
			}
		}
		if orientation(data(p)) > 1 {
			kinds["turned"]++
		}
	}
	if duplicates != 1 {
		t.Errorf("got %d duplicates, want 1", duplicates)
	}
	for _, want := range []string{"jpeg", "png", "gif", "transparent", "paletted", "animated", "turned"} {
		if kinds[want] == 0 {
			t.Errorf("no picture is %s", want)
		}
	}
}

// orientation returns the EXIF orientation of a JPEG that begins with an APP1 segment, or 0.
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

// The service accepts a short side above 300 pixels, and a ratio between 2:5 and 5:2.
func TestSizes(t *testing.T) {
	wide, narrow := false, false
	for _, s := range sketches {
		short, long := min(s.w, s.h), max(s.w, s.h)
		if short <= 300 || 2*long > 5*short {
			t.Errorf("the service would refuse %s, which has %d×%d pixels", s.name, s.w, s.h)
		}
		wide, narrow = wide || s.w > 1920, narrow || s.w < 480
	}
	if !wide || !narrow {
		t.Error("no picture is wider than 1920 pixels, or none is narrower than 480")
	}
}

// A sketch adapts to any size and shape.
func TestSketchesAtAnotherSize(t *testing.T) {
	for i, s := range sketches {
		c := newCanvas(64, 48, uint64(i))
		s.draw(c)
		if got := c.image().Bounds().Size(); got != image.Pt(64, 48) {
			t.Errorf("%s at 64×48 pixels has a size of %v", s.name, got)
		}
	}
}

func BenchmarkPictures(b *testing.B) {
	for b.Loop() {
		for _, p := range Pictures() {
			data(p)
		}
	}
}

// The demo has every kind of video that a gallery must handle, and all pictures that videos name.
func TestVideos(t *testing.T) {
	names := map[string]bool{}
	for _, s := range sketches {
		names[s.name] = true
	}
	videos := Videos()
	made, states, clips, of := map[string]int{}, map[int]int{}, 0, map[int]int{}
	for _, v := range videos {
		for _, name := range v.Files {
			if made[name]++; !names[name] {
				t.Errorf("%q is made from %s, which is missing", v.Prompt, name)
			}
		}
		states[v.Status]++
		of[len(v.Files)]++
		if v.Clip != nil {
			clips++
			if len(v.Clip) > 300_000 || !bytes.Equal(v.Clip[4:8], []byte("ftyp")) {
				t.Errorf("the clip of %q is no MP4 or too large: %d bytes", v.Prompt, len(v.Clip))
			}
		}
	}
	if len(made) < len(sketches)/2 || made["low-sun-over-the-sea.jpg"] < 3 {
		t.Errorf("only %d pictures have videos, or the sun over the sea has fewer than 3", len(made))
	}
	if of[0] != 1 || of[2] != 1 || states[fetchtest.Processing] != 1 || states[fetchtest.Moderated] != 1 || states[7] != 1 || clips != 2 {
		t.Errorf("a kind of video is missing: videos by number of pictures %v, by status %v, %d clips", of, states, clips)
	}
	if !slices.IsSortedFunc(videos, func(a, b fetchtest.Video) int { return b.Created.Compare(a.Created) }) {
		t.Error("the videos are not sorted, newest first")
	}
}

// Each video has its own id. The service derives ids from prompts, dates and pictures.
func TestVideoIDs(t *testing.T) {
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/minimax/videos/?limit=1000", nil)
	w := httptest.NewRecorder()
	(&fetchtest.Service{Pictures: smallPictures(), Videos: Videos()}).ServeHTTP(w, r)
	var listed []struct {
		ID string `json:"videoId"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &listed); err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, v := range listed {
		ids[v.ID] = true
	}
	if len(listed) != len(Videos()) || len(ids) != len(Videos()) {
		t.Errorf("got %d videos with %d ids, want %d of both", len(listed), len(ids), len(Videos()))
	}
}

// The pictures that the service made are drawn alike each time, and no two are the same. Three are of
// one request, and one of these is an upload that a video was made from.
func TestImages(t *testing.T) {
	first, second := images(small), images(small)
	seen, of := map[string]bool{}, map[string]int{}
	for i, m := range first {
		if m.Status != fetchtest.Completed {
			continue
		}
		of[m.Batch]++
		if m.File != "" {
			uploaded := slices.ContainsFunc(sketches, func(s sketch) bool { return s.name == m.File })
			filmed := slices.ContainsFunc(Videos(), func(v fetchtest.Video) bool { return slices.Contains(v.Files, m.File) })
			if !uploaded || !filmed || m.Batch != balloonsPrompt {
				t.Errorf("%s is no upload, has no video, or has no variations", m.File)
			}
			continue
		}
		data := m.Draw()
		if !bytes.Equal(data, second[i].Draw()) || seen[string(data)] {
			t.Errorf("image %d differs between two calls, or is the same as another one", i)
		}
		seen[string(data)] = true
	}
	if len(first) != 6 || len(seen) != 4 || of[balloonsPrompt] != 3 {
		t.Errorf("got %d images, %d of them drawn, by request: %v", len(first), len(seen), of)
	}
	if !slices.IsSortedFunc(first, func(a, b fetchtest.Image) int { return b.Created.Compare(a.Created) }) {
		t.Error("the images are not sorted, newest first")
	}
}
