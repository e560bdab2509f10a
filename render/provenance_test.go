package render

import (
	"bytes"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"firstframe/render/gallery"
	"firstframe/render/gallery/gallerytest"
	"firstframe/render/media"
	"firstframe/render/media/mediatest"
)

// markedExample is a gallery of two images with one film together, and its output folder.
func markedExample(t *testing.T) (*Output, *gallery.State) {
	t.Helper()
	out, err := OpenOutput(filepath.Join(t.TempDir(), "out"), OutputOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	write := func(name string, data []byte) media.Published {
		if err := out.Write(name, data); err != nil {
			t.Fatal(err)
		}
		return media.Published{Path: name, Bytes: int64(len(data)), Sum: media.Sum(data)}
	}
	rendition := func(name string) media.Rendition {
		p := write(name, gallerytest.JPEG(t, 48, 32))
		return media.Rendition{Path: p.Path, Width: 48, Height: 32, Bytes: p.Bytes, Sum: p.Sum}
	}
	strip := func(data []byte, mediaType string) []byte {
		stripped, err := media.Strip(data, mediaType)
		if err != nil {
			t.Fatal(err)
		}
		return stripped
	}
	film := write("media/00000000000000cd-0123456789.mp4", strip(mediatest.PlainFilm().Bytes(), "video/mp4"))
	s := gallerytest.State(2)
	for i := range s.Images {
		m := &s.Images[i]
		m.Renditions = media.Renditions{rendition("media/" + m.Slug + "-48-0123456789.jpg")}
		m.Videos = []gallery.Video{{Key: "film", Status: "completed", Model: "Hailuo-02", Prompt: "a prompt", Clip: &media.Clip{
			Published: film, Width: 48, Height: 32, Poster: media.Renditions{rendition("media/00000000000000cc-48-0123456789.jpg")},
		}}}
	}
	original := write("media/"+s.Images[0].Slug+"-9876543210.png", strip(mediatest.PNG(t, mediatest.Blocks(16, 16)), "image/png"))
	s.Images[0].Original = &original
	return out, s
}

// filesOf returns the bytes of all files that the images of a state name, by path.
func filesOf(t *testing.T, out *Output, s *gallery.State) map[string]string {
	t.Helper()
	files := map[string]string{}
	for i := range s.Images {
		for _, m := range s.Images[i].Media() {
			data, err := out.Read(m.Path)
			if err == nil {
				err = m.Verify(data)
			}
			if err != nil {
				t.Fatalf("%s: %v", m.Path, err)
			}
			files[m.Path] = string(data)
		}
	}
	return files
}

// saysOf returns what a file says about its origin.
func saysOf(t *testing.T, path, data string) media.Provenance {
	t.Helper()
	name, _ := media.ParseName(path)
	_, packet := media.Unmark([]byte(data), name.Type)
	if packet == nil {
		return media.Provenance{}
	}
	p, err := media.ParsePacket(packet)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return p
}

// Every file says what is known about its origin. A file with other bytes has another name. If
// nothing is said any more, the files are those from before.
func TestMark(t *testing.T) {
	out, s := markedExample(t)
	opts := exampleOptions(t, "")
	opts.Content = &Content{Site: SiteInfo{Author: "Ann", License: "CC BY 4.0"}}
	mark := func() map[string]string {
		t.Helper()
		if err := out.Mark(t.Context(), s, opts); err != nil {
			t.Fatal(err)
		}
		return filesOf(t, out, s)
	}
	before := filesOf(t, out, s)
	if after := mark(); !maps.Equal(before, after) {
		t.Error("nothing is known, and something was written")
	}

	s.Images[0].SourceType, s.Images[0].AISystem = media.TrainedAlgorithmicMedia, "Painter"
	written := out.Written()
	after := mark()
	if n := out.Written() - written; n != 4 {
		t.Errorf("%d files were written, want a rendition, an original, a film and its poster", n)
	}
	for path, data := range after {
		name, _ := media.ParseName(path)
		got, want := saysOf(t, path, data), media.Provenance{
			Origin: media.Origin{SourceType: media.TrainedAlgorithmicMedia, AISystem: "Painter"}, Creator: "Ann",
			License: "CC BY 4.0", LicenseURL: "https://creativecommons.org/licenses/by/4.0/",
		}
		switch name.Slug {
		case s.Images[1].Slug:
			want = media.Provenance{}
		case s.Images[0].Slug:
		default: // the film of both, and its poster
			want.AISystem, want.Prompt = "Hailuo-02", "a prompt"
		}
		if got != want {
			t.Errorf("%s says %+v, want %+v", path, got, want)
		}
		if old, kept := before[path]; kept && old != data {
			t.Errorf("%s has other bytes and the same name", path)
		}
	}
	if s.Images[0].Videos[0].Clip.Path != s.Images[1].Videos[0].Clip.Path {
		t.Error("a film of two images became two films")
	}

	written = out.Written()
	if again := mark(); !maps.Equal(after, again) || out.Written() != written {
		t.Error("with nothing new, something was written")
	}
	s.Images[0].SourceType, s.Images[0].AISystem = "", ""
	if back := mark(); !maps.Equal(before, back) {
		t.Errorf("what is said no longer left a trace: %v, before %v", slices.Sorted(maps.Keys(back)), slices.Sorted(maps.Keys(before)))
	}
}

// A file that is missing or not as it was written keeps its name, because other parts of the program
// report it and make it again.
func TestMarkDamaged(t *testing.T) {
	out, s := markedExample(t)
	opts := exampleOptions(t, "")
	s.Origin = media.Origin{SourceType: media.TrainedAlgorithmicMedia}
	damaged, missing := s.Images[0].Renditions[0].Path, s.Images[1].Renditions[0].Path
	data, err := out.Read(damaged)
	if err != nil {
		t.Fatal(err)
	}
	if err := out.Write(damaged, bytes.ToUpper(data)); err != nil {
		t.Fatal(err)
	}
	if err := out.Remove(missing); err != nil {
		t.Fatal(err)
	}
	if err := out.Mark(t.Context(), s, opts); err != nil {
		t.Fatal(err)
	}
	if s.Images[0].Renditions[0].Path != damaged || s.Images[1].Renditions[0].Path != missing {
		t.Error("a file that is not as it was written was written anew")
	}
	if !strings.Contains(s.Images[0].Original.Path, "-9876543210") || s.Images[0].Original.Path == "media/"+s.Images[0].Slug+"-9876543210.png" {
		t.Errorf("the original is %s", s.Images[0].Original.Path)
	}
}
