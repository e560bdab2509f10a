package gallery_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"testing/iotest"

	"firstframe/render/gallery"
	"firstframe/render/gallery/gallerytest"
	"firstframe/render/media"
	"firstframe/render/media/mediatest"
	"firstframe/render/slowtest"
)

// hostileState returns a state of about size bytes whose images are what line returns, with the
// right checksum.
func hostileState(size int, line func(i int) string) []byte {
	var b bytes.Buffer
	b.WriteString("{\"version\": 1,\n\"images\": [")
	for i := 0; b.Len() < size; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
		b.WriteString(line(i))
	}
	b.WriteString("],\n\"skipped\": [],")
	sum := sha256.Sum256(b.Bytes())
	b.WriteString(gallery.ChecksumLead + hex.EncodeToString(sum[:]) + "\"}\n")
	return b.Bytes()
}

// hostileShapes returns lines that take more memory, or look like more, than they are.
func hostileShapes(size int) map[string]func(i int) string {
	long := func(field, item string, each int) func(int) string {
		return func(i int) string {
			return fmt.Sprintf(`{"slug":"%016x","width":1,"height":1,"%s":[%s%s]}`, i, field, strings.Repeat(item+",", each/(len(item)+1)), item)
		}
	}
	shapes := map[string]func(i int) string{
		"small images": func(i int) string { return fmt.Sprintf(`{"slug":"%016x","width":1,"height":1}`, i) },
		"hidden ones":  func(i int) string { return fmt.Sprintf(`{"slug":"%016x","hidden":true}`, i) },
		"no objects":   func(int) string { return "" },
		"empty ones":   func(int) string { return "{}" },
		"wrong bytes": func(i int) string {
			return fmt.Sprintf(`{"slug":"%016x","width":1,"height":1,"name":"%s"}`, i, strings.Repeat("\xff", 1000))
		},
		"deep": func(i int) string {
			return fmt.Sprintf(`{"slug":"%016x","width":1,"height":1,"x":%s}`, i, strings.Repeat("[", 9000)+strings.Repeat("]", 9000))
		},
		"very deep": func(int) string { return strings.Repeat(`{"images":[`, size/11) },
		"one text":  func(i int) string { return fmt.Sprintf(`{"slug":"%016x","name":"%s"}`, i, strings.Repeat("a", size)) },
		"the same field again": func(i int) string {
			return fmt.Sprintf(`{"slug":"%016x","width":1,"height":1%s}`, i, strings.Repeat(`,"tags":["a"]`, 1000))
		},
	}
	for _, each := range []int{500, 30_000, size} {
		for name, field := range map[string][2]string{
			"empty tags": {"tags", `""`}, "short tags": {"tags", `"a"`}, "empty keys": {"keys", `""`}, "short keys": {"keys", `"a"`},
			"empty videos": {"videos", `{}`}, "short videos": {"videos", `{"key":"a"}`}, "empty renditions": {"renditions", `{}`},
			"short renditions": {"renditions", `{"path":"media/0000000000000000-1-0.jpg","width":1,"height":1,"bytes":1}`},
			"clips":            {"videos", `{"key":"a","clip":{"path":"media/0000000000000000-0.mp4","bytes":1,"width":1,"height":1}}`},
			"unknown numbers":  {"unknown", `0`}, "unknown objects": {"unknown", `{}`},
		} {
			shapes[fmt.Sprintf("%s in %d bytes", name, each)] = long(field[0], field[1], each)
		}
	}
	return shapes
}

// Reading a state needs a limited amount of memory, whatever is in it. It may come from anywhere.
func TestHostileStates(t *testing.T) {
	slowtest.Skip(t)
	const size, most = 3 << 20, 100 << 20
	for name, line := range hostileShapes(size) {
		data := hostileState(size, line)
		before := mediatest.Allocated()
		if s, _, err := gallery.Load(fstest.MapFS{gallery.StateName: {Data: data}, "index.html": {}}); err != nil || len(s.Images) > gallery.MaxImages {
			t.Errorf("%s: %v", name, err)
		}
		if used := mediatest.Allocated() - before; used > most {
			t.Errorf("%s: loading %d MiB took %d MiB", name, len(data)>>20, used>>20)
		}
		before = mediatest.Allocated()
		if _, _, err := gallery.ReadPublished(data); err != nil && !errors.Is(err, gallery.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
		if used := mediatest.Allocated() - before; used > most {
			t.Errorf("%s: reading %d MiB took %d MiB", name, len(data)>>20, used>>20)
		}
	}
}

// fullImage returns an image with as much of everything as a run gives one, and texts that look
// like the lists and objects of a state.
func fullImage() gallery.Image {
	m := gallerytest.Image(1)
	marks := strings.Repeat(`{"[,<`, 100)
	m.Name, m.Title, m.Alt, m.Caption = marks, marks, marks, strings.Repeat(`{`, 32<<10)+strings.Repeat(`,`, 32<<10)
	for i := range gallery.MaxKeys - 1 {
		m.Keys = append(m.Keys, fmt.Sprintf("%020x", 1000+i))
	}
	for i := range gallery.MaxTags {
		m.Tags = append(m.Tags, strconv.Itoa(i))
	}
	for len(m.Renditions) < gallery.MaxRenditions {
		m.Renditions = append(m.Renditions, m.Renditions[0])
	}
	var videos []gallery.Video
	for i := range gallery.MaxVideos + 10 {
		videos = append(videos, gallery.Video{
			Key: fmt.Sprintf("%020x", i), Status: "completed", Prompt: strings.Repeat("<", 1000),
			Clip: &media.Clip{Published: media.Published{Path: "media/0000000000000001-0a.mp4", Bytes: 1}, Width: 1, Height: 1, Poster: m.Renditions},
		})
	}
	m.MergeVideos(videos)
	return m
}

// What a run writes at the limits can be read again, with the braces in its texts.
func TestLargestImage(t *testing.T) {
	s := gallerytest.State(0)
	s.Images = append(s.Images, fullImage())
	data := encodeState(t, s)
	got, err := gallery.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	m := got.Images[0]
	if len(m.Videos) != gallery.MaxVideos || len(m.Keys) != gallery.MaxKeys || len(m.Tags) != gallery.MaxTags || m.Caption != s.Images[0].Caption {
		t.Errorf("got %d videos, %d keys, %d tags", len(m.Videos), len(m.Keys), len(m.Tags))
	}
	if m.Videos[0].Prompt == "" || m.Videos[gallery.MaxVideos-1].Prompt != "" {
		t.Error("the newest videos have not kept their prompts, or all have")
	}
	// Merging the same once more changes nothing.
	m.MergeVideos(s.Images[0].Videos)
	if again := encodeState(t, &gallery.State{Images: []gallery.Image{m}}); !bytes.Equal(again, data) {
		t.Error("merged again it is another one")
	}
	salvaged, _, err := gallery.Load(fstest.MapFS{gallery.StateName: {Data: data[:len(data)-1]}, "index.html": {}})
	if err != nil || len(salvaged.Images) != 1 {
		t.Errorf("salvaged: %v", err)
	}
}

// A state that the next run would not read is not written.
func TestStateTooLarge(t *testing.T) {
	long := gallerytest.Image(1)
	long.Caption = strings.Repeat("a", gallery.MaxStateLine)
	many := gallerytest.Image(2)
	many.Keys = make([]string, gallery.MaxParts)
	for name, s := range map[string]*gallery.State{
		"images": {Images: make([]gallery.Image, gallery.MaxImages+1)}, "skips": {Skipped: make([]gallery.Skipped, gallery.MaxSkips+1)},
		"a line": {Images: []gallery.Image{long}}, "parts": {Images: []gallery.Image{many}},
	} {
		if _, err := s.Write(io.Discard); !errors.Is(err, gallery.ErrStateTooLarge) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// A file that is larger than any state is a damaged one. But if it says that its version is newer,
// it is a newer one.
func TestHugeState(t *testing.T) {
	huge := func(head string) error {
		_, err := gallery.ReadState(io.MultiReader(strings.NewReader(head), zeros{}), gallery.MaxState+1)
		return err
	}
	if err := huge("{\"version\": 1,\n"); !errors.Is(err, gallery.ErrDamaged) {
		t.Errorf("got %v", err)
	}
	if err := huge("{\"version\": 5,\n"); !errors.Is(err, gallery.ErrNewerState) {
		t.Errorf("got %v", err)
	}
}

// zeros is a reader of zeros.
type zeros struct{}

// Read fills p with zeros.
func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// A state is not damaged only because the disk fails while it is read.
func TestStateReadError(t *testing.T) {
	data, failed := encodeState(t, gallerytest.State(300)), errors.New("input/output error")
	_, err := gallery.ReadState(io.MultiReader(bytes.NewReader(data[:len(data)/2]), iotest.ErrReader(failed)), len(data))
	if !errors.Is(err, failed) {
		t.Errorf("got %v", err)
	}
}
