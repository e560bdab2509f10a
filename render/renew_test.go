package render

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"firstframe/render/gallery"
	"firstframe/render/gallery/gallerytest"
	"firstframe/render/media"
	"firstframe/render/media/mediatest"
)

// An image that cannot be made again, and a clip that cannot be downloaded, must not keep what an
// earlier version published with them.
func TestRenew(t *testing.T) {
	out, err := OpenOutput(filepath.Join(t.TempDir(), "out"), OutputOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	write := func(name string, data []byte) media.Published {
		if err := out.Write(name, data); err != nil {
			t.Fatal(err)
		}
		return media.Published{Path: name, Bytes: int64(len(data)), Sum: media.Sum(data)}
	}
	rendition := func(name string, data []byte) media.Rendition {
		p := write(name, data)
		return media.Rendition{Path: p.Path, Width: 48, Height: 32, Bytes: p.Bytes, Sum: p.Sum}
	}
	slug := strings.Repeat("a", 16)
	plain := gallerytest.JPEG(t, 48, 32)
	marked := mediatest.InsertJPEG(plain, 0xfe, "a secret comment")
	packet := media.Provenance{Origin: media.Origin{SourceType: "print"}}.Packet()
	sign := func(data []byte) []byte {
		signed, err := media.Mark(data, "image/jpeg", packet)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	kept := "media/" + slug + "-48-0506070809" + media.MarkOf(packet) + ".jpg"
	old := "media/" + slug + "-48-0607080900" + media.MarkOf(packet) + ".jpg"
	original := write("media/"+slug+"-00.png", mediatest.InsertPNG(mediatest.PNG(t, mediatest.Blocks(16, 16)), "sBIT", "secret"))
	clip := &media.Clip{Published: write("media/"+slug+"-01.mp4", mediatest.PlainFilm().Bytes()), Poster: []media.Rendition{rendition("media/"+slug+"-48-02.jpg", marked)}}
	broken := &media.Clip{Published: write("media/"+slug+"-03.mp4", []byte("no film"))}
	m := gallery.Image{
		Slug: slug, SHA256: strings.Repeat("a", 64), Type: "image/png",
		Renditions: []media.Rendition{rendition("media/"+slug+"-48-04.jpg", marked), rendition("media/"+slug+"-48-05.jpg", plain), rendition(kept, sign(plain)), rendition(old, sign(marked))},
		Original:   &original, Videos: []gallery.Video{{Clip: clip}, {Clip: broken}, {}},
	}
	made := m
	dropped, err := out.Renew(&m, false)
	if dropped != 1 || err != nil || m.Stripped != media.StrippedNow || m.Videos[1].Clip != nil {
		t.Fatalf("%d are dropped, %v", dropped, err)
	}
	if clip.Path != "media/"+slug+"-01.mp4" {
		t.Error("the clip of another image was changed")
	}
	n, signed := 0, 0
	for f := range m.Files {
		n++
		name, ok := media.ParseName(f.Path)
		if !ok {
			t.Errorf("%s is not a name of a file in media/", f.Path)
		}
		data, err := out.Read(f.Path)
		if err != nil || int64(len(data)) != f.Bytes || media.VerifySum(f.Sum, data) != nil {
			t.Errorf("%s: %v", f.Path, err)
		}
		rest, got := media.Unmark(data, name.Type)
		stripped, err := media.Strip(rest, name.Type)
		if err != nil || !bytes.Equal(stripped, rest) || media.MarkOf(got) != name.Mark() {
			t.Errorf("%s is not stripped (%v)", f.Path, err)
		}
		if f.Path == kept || got != nil {
			signed++
		}
		if f.Path != "media/"+slug+"-48-05.jpg" && f.Path != kept && strings.Contains(f.Path, "-0") {
			t.Errorf("%s has other bytes and the name that it had", f.Path)
		}
	}
	if n != 7 || signed != 2 {
		t.Errorf("%d files are left, and %d of them say something about their origin", n, signed)
	}
	renditions := m.Renditions
	if dropped, err := out.Renew(&m, false); dropped != 0 || err != nil || m.Renditions[0] != renditions[0] {
		t.Errorf("renewed again it differs: %v", err)
	}
	if _, err := out.Renew(&made, true); err != nil || made.Renditions[0].Path != "media/"+slug+"-48-04.jpg" {
		t.Errorf("what this version made was looked at: %v", err)
	}
}
