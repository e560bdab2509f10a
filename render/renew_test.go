package render

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

// An image that cannot be made again, and a clip that cannot be downloaded, must not
// keep what an earlier version published with them.
func TestRenew(t *testing.T) {
	out, err := OpenOutput(filepath.Join(t.TempDir(), "out"), OutputOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	write := func(name string, data []byte) Published {
		if err := out.Write(name, data); err != nil {
			t.Fatal(err)
		}
		return Published{name, int64(len(data)), mediaSum(data)}
	}
	rendition := func(name string, data []byte) Rendition {
		p := write(name, data)
		return Rendition{Path: p.Path, Width: 48, Height: 32, Bytes: p.Bytes, Sum: p.Sum}
	}
	slug := strings.Repeat("a", 16)
	plain := jpegBytes(t, 48, 32)
	marked := insertJPEG(plain, 0xfe, "a secret comment")
	original := write("media/"+slug+"-00.png", insertPNG(encodePNG(t, blocks(16, 16)), "sBIT", "secret"))
	clip := &Clip{Published: write("media/"+slug+"-01.mp4", plainFilm().bytes()), Poster: []Rendition{rendition("media/"+slug+"-48-02.jpg", marked)}}
	broken := &Clip{Published: write("media/"+slug+"-03.mp4", []byte("no film"))}
	m := Image{
		Slug: slug, SHA256: strings.Repeat("a", 64), Type: "image/png",
		Renditions: []Rendition{rendition("media/"+slug+"-48-04.jpg", marked), rendition("media/"+slug+"-48-05.jpg", plain)},
		Original:   &original, Videos: []Video{{Clip: clip}, {Clip: broken}, {}},
	}
	made := m
	dropped, err := out.Renew(&m, false)
	if dropped != 1 || err != nil || m.Stripped != StrippedNow || m.Videos[1].Clip != nil {
		t.Fatalf("%d are dropped, %v", dropped, err)
	}
	if clip.Path != "media/"+slug+"-01.mp4" {
		t.Error("the clip of another image was changed")
	}
	n := 0
	for f := range m.media {
		n++
		if !isRendition(f.Path) && !filedForm.MatchString(f.Path) && !clipForm.MatchString(f.Path) {
			t.Errorf("%s is no name for a file", f.Path)
		}
		data, err := out.Read(f.Path)
		if err != nil || int64(len(data)) != f.Bytes || verifySum(f.Sum, data) != nil {
			t.Errorf("%s: %v", f.Path, err)
		}
		stripped, err := stripAny(data, mediaTypeOf(filepath.Ext(f.Path)))
		if err != nil || !bytes.Equal(stripped, data) {
			t.Errorf("%s is not stripped (%v)", f.Path, err)
		}
		if f.Path != "media/"+slug+"-48-05.jpg" && strings.Contains(f.Path, "-0") {
			t.Errorf("%s has other bytes and the name that it had", f.Path)
		}
	}
	if n != 5 {
		t.Errorf("%d files are left", n)
	}
	renditions := m.Renditions
	if dropped, err := out.Renew(&m, false); dropped != 0 || err != nil || m.Renditions[0] != renditions[0] {
		t.Errorf("renewed again it differs: %v", err)
	}
	if _, err := out.Renew(&made, true); err != nil || made.Renditions[0].Path != "media/"+slug+"-48-04.jpg" {
		t.Errorf("what this version made was looked at: %v", err)
	}
}
