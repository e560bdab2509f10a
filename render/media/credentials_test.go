package media

import (
	"bytes"
	"strings"
	"testing"

	"firstframe/render/media/mediatest"
)

// An owner must be told that Content Credentials are removed, and only then.
func TestHasCredentials(t *testing.T) {
	for name, data := range markable(t) {
		mediaType := Sniff(data)
		if HasCredentials(data, mediaType) {
			t.Errorf("%s has Content Credentials already", name)
		}
		with := mediatest.AddCredentials(data, mediaType, "secret place")
		if name == "open.mp4" {
			if HasCredentials(with, mediaType) {
				t.Errorf("%s: what is in a box without an end is found", name)
			}
			continue
		}
		if !HasCredentials(with, mediaType) {
			t.Errorf("%s: Content Credentials are not found", name)
		}
		stripped, err := Strip(with, mediaType)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, word := range []string{"secret", "place", "jumb", "c2pa", "caBX", "C2PA"} {
			if bytes.Contains(stripped, []byte(word)) {
				t.Errorf("%s: %q stays", name, word)
			}
		}
		if HasCredentials(stripped, mediaType) {
			t.Errorf("%s: Content Credentials stay", name)
		}
		for n := range min(len(with), 4096) {
			HasCredentials(with[:n], mediaType) // it must not panic
		}
	}
	if HasCredentials([]byte(mediatest.ManifestStore("")), "image/tiff") {
		t.Error("a TIFF is read")
	}
}

// Other things are stored in the same way.
func TestOtherThanCredentials(t *testing.T) {
	plain := mediatest.GrayJPEG(t, 16, 16)
	store := mediatest.ManifestStore("words")
	for name, test := range map[string]struct {
		segment string
		want    bool
	}{
		"credentials":     {"JP\x00\x01" + mediatest.Fields(1) + store, true},
		"64 bits":         {"JP\x00\x01" + mediatest.Fields(1, 1) + "jumb" + mediatest.Fields(0, len(store)+8) + store[8:], true},
		"another part":    {"JP\x00\x01" + mediatest.Fields(2) + store[:8] + "words" + store[8:], false},
		"another type":    {"JP\x00\x01" + mediatest.Fields(1) + strings.Replace(store, "c2pa", "json", 1), false},
		"no JUMBF":        {"HDR_RI ver=11" + store, false},
		"no box":          {"JP\x00\x01" + mediatest.Fields(1) + strings.Replace(store, "jumb", "free", 1), false},
		"nothing":         {"", false},
		"cut in the head": {"JP\x00\x01" + mediatest.Fields(1) + store[:30], false},
	} {
		if got := HasCredentials(mediatest.InsertJPEG(plain, 0xeb, test.segment), "image/jpeg"); got != test.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	if HasCredentials(mediatest.InsertPNG(mediatest.PNG(t, mediatest.Blocks(8, 8)), "caBX", ""), "image/png") {
		t.Error("an empty chunk is found")
	}
	film := append(mediatest.PlainFilm().Bytes(), mediatest.Box("uuid", "\xd8\xfe\xc3\xd6")...)
	if HasCredentials(film, "video/mp4") {
		t.Error("a short uuid is found")
	}
}

// A picture and a clip tell of their Content Credentials without being read twice.
func TestMakeTellsOfCredentials(t *testing.T) {
	for _, kind := range []string{"image/jpeg", "image/png", "image/gif", "image/webp", "video/mp4"} {
		plain := map[string][]byte{
			"image/jpeg": mediatest.JPEG(t, mediatest.Blocks(16, 16)), "image/png": mediatest.PNG(t, mediatest.Blocks(16, 16)),
			"image/gif": dressed(t)["image/gif"], "image/webp": readTestdata(t, "lossy.webp"), "video/mp4": mediatest.PlainFilm().Bytes(),
		}[kind]
		for _, want := range []bool{false, true} {
			data := plain
			if want {
				data = mediatest.AddCredentials(plain, kind, "secret place")
			}
			var w written
			m := &Maker{Widths: []int{16}, Write: w.write}
			var got bool
			if kind == "video/mp4" {
				_, found, err := m.Film(t.Context(), keep(t, kind, data))
				if got = found; err != nil {
					t.Fatal(err)
				}
			} else {
				pic, err := m.Make(t.Context(), keep(t, kind, data))
				if got = pic.Credentials; err != nil {
					t.Fatal(err)
				}
			}
			if got != want {
				t.Errorf("%s: got %t, want %t", kind, got, want)
			}
			for name, file := range w.files {
				if bytes.Contains(file, []byte("secret")) || bytes.Contains(file, []byte("jumb")) {
					t.Errorf("%s has them, too", name)
				}
			}
		}
	}
}

// FuzzHasCredentials looks for files that break the walk over their parts.
func FuzzHasCredentials(f *testing.F) {
	types := []string{"image/jpeg", "image/png", "image/gif", "image/webp", "video/mp4", "image/avif"}
	for name, data := range markable(f) {
		if len(data) > 1<<14 {
			continue
		}
		mediaType := Sniff(data)
		for i := range types {
			if types[i] == mediaType {
				f.Add(uint8(i), mediatest.AddCredentials(data, mediaType, name))
			}
		}
	}
	f.Fuzz(func(t *testing.T, kind uint8, data []byte) {
		mediaType := types[int(kind)%len(types)]
		HasCredentials(data, mediaType)
		if stripped, err := Strip(data, mediaType); err == nil && HasCredentials(stripped, mediaType) {
			t.Error("Content Credentials stay in a stripped file")
		}
	})
}
