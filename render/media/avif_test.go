package media

import (
	"bytes"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"firstframe/render/media/mediatest"
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
