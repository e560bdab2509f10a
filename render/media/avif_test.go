package media

import (
	"bytes"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"firstframe/render/media/mediatest"
	"firstframe/render/media/planar"
)

// dressedAVIF returns an AVIF with metadata wherever there is room for it.
func dressedAVIF(t testing.TB) []byte {
	t.Helper()
	a := mediatest.ReadAVIF(readTestdata(t, "rendition.avif"))
	a.EXIF, a.XMP, a.Profile = mediatest.FullEXIF(1), mediatest.XMPPacket+"<exif:GPSLatitude>secret place</exif:GPSLatitude>", string(makeProfile("RGB ", 400))
	a.Coded = "\x12\x00" + a.Coded + "\x2a\x0csecret place" + "\x7a\x0csecret place" // delimiter, metadata, padding
	a.Meta = mediatest.Box("free", "secret place") + mediatest.Box("uuid", "secret place")
	a.End = mediatest.Box("uuid", "secret place") + mediatest.Box("free", "secret place")
	return a.Bytes()
}

// A rendition has one form. Whatever else is in a file goes.
func TestStripAVIF(t *testing.T) {
	plain := readTestdata(t, "rendition.avif")
	if got, err := Strip(plain, "image/avif"); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("a rendition changes when it is stripped (%v)", err)
	}
	data := dressedAVIF(t)
	if got := strings.Join(MetadataOf(data, "image/avif"), ", "); got != "a GPS position, EXIF, XMP" {
		t.Errorf("found %s", got)
	}
	got, err := Strip(data, "image/avif")
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range append(secrets, "secret", "Nikon", "XMP") {
		if bytes.Contains(got, []byte(secret)) {
			t.Errorf("it still holds %q", secret)
		}
	}
	if again, err := Strip(got, "image/avif"); err != nil || !bytes.Equal(again, got) {
		t.Errorf("it changes when it is stripped again (%v)", err)
	}
	if !bytes.Contains(got, []byte("acsp")) {
		t.Error("it has lost its profile")
	}
	for n := range len(plain) {
		if _, err := Strip(plain[:n], "image/avif"); err == nil {
			t.Errorf("cut at %d it is not refused", n)
		}
	}
}

// --check and a lost state need the size of a rendition, without its pixels.
func TestMeasureAVIF(t *testing.T) {
	plain := readTestdata(t, "rendition.avif")
	dir := t.TempDir()
	name := "media-64.avif"
	for _, tt := range []struct {
		data []byte
		want string
	}{{plain, ""}, {plain[:len(plain)-1], "cut"}, {[]byte("<!doctype html>"), "does not begin"}} {
		if err := os.WriteFile(filepath.Join(dir, name), tt.data, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := Measure(os.DirFS(dir), name)
		if tt.want != "" {
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			continue
		}
		want := Rendition{Path: name, Width: 64, Height: 48, Bytes: int64(len(plain)), Sum: Sum(plain)}
		if err != nil || r != want {
			t.Errorf("%+v, %v", r, err)
		}
	}
	if size, err := measureAVIF(bytes.NewReader(plain)); err != nil || size != image.Pt(64, 48) {
		t.Errorf("%v, %v", size, err)
	}
}

// If the encoder makes other bytes, pipelineVersion must change, because a rendition never changes
// under its name. Then write what it makes now to testdata/rendition.avif.
func TestAVIFBytesStay(t *testing.T) {
	if err := CanEncodeAVIF(); err != nil {
		t.Skip(err)
	}
	got, err := encodeAVIF(t.Context(), planar.FromNRGBA(mediatest.Blocks(64, 48)), 82, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, readTestdata(t, "rendition.avif")) {
		t.Error("the encoder makes other bytes than testdata/rendition.avif")
	}
}

// A gray picture keeps the tones of its profile, although its AVIF has colours.
func TestGrayProfileInAVIF(t *testing.T) {
	profile := colorsOfGray(checkProfile(readTestdata(t, "icc/gray.icc"), true))
	p, ok := parseProfile(profile)
	if !ok || p.space != "RGB " || !bytes.Equal(p.tags["gTRC"], p.tags["rTRC"]) || len(p.tags["gTRC"]) == 0 {
		t.Fatalf("%d bytes, %v", len(profile), ok)
	}
	if again := keptProfile(profile, 3); !bytes.Equal(again, profile) {
		t.Error("it changes when it is stripped")
	}
	if colorsOfGray(nil) != nil || colorsOfGray(readTestdata(t, "icc/display-p3.icc")) != nil {
		t.Error("a profile that is not for gray is converted")
	}
}

// What a run wrote must be accepted, and nothing else.
func TestVerifyAVIF(t *testing.T) {
	if err := CanEncodeAVIF(); err != nil {
		t.Skip(err)
	}
	plain := readTestdata(t, "rendition.avif")
	damaged := bytes.Clone(plain)
	clear(damaged[len(damaged)-60:])
	a := mediatest.ReadAVIF(plain)
	for _, tt := range []struct {
		name, path string
		data       []byte
		width      int
		want       string
	}{
		{"a rendition", "media/00000000000000ff-64-0a.avif", plain, 64, ""},
		{"of another size", "media/00000000000000ff-48-0a.avif", plain, 48, "it is 64 × 48 instead of 48 × 48"},
		{"a JPEG", "media/00000000000000ff-64-0a.avif", mediatest.JPEG(t, mediatest.Blocks(64, 48)), 64, "it is not what its name says"},
		{"called a JPEG", "media/00000000000000ff-64-0a.jpg", plain, 64, "it is not what its name says"},
		{"in another form", "media/00000000000000ff-64-0a.avif", a.Bytes(), 64, "more than the picture"},
		{"cut", "media/00000000000000ff-64-0a.avif", plain[:len(plain)-9], 64, "it is not what its name says"},
		{"called an original", "media/00000000000000ff-0a.avif", plain, 64, "it is not what its name says"},
	} {
		r := &Rendition{Path: tt.path, Width: tt.width, Height: 48, Bytes: int64(len(tt.data))}
		err := Medium{Published: Published{Path: tt.path, Bytes: r.Bytes}, Rendition: r}.Verify(tt.data)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
	for name, data := range map[string][]byte{"damaged": damaged, "cut": plain[:len(plain)-9]} {
		if err := decodesAVIF(data, image.Pt(64, 48)); err == nil {
			t.Errorf("a %s picture decodes", name)
		}
	}
}
