package render

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/fstest"
)

// Only the bytes that a run has written come back.
func TestMediumVerify(t *testing.T) {
	picture := jpegBytes(t, 48, 32)
	original := encodePNG(t, blocks(16, 16))
	film, err := StripMP4(plainFilm().bytes())
	if err != nil {
		t.Fatal(err)
	}
	rendition := Rendition{Path: "media/00000000000000ff-48-0a.jpg", Width: 48, Height: 32}
	for _, tt := range []struct {
		name, path string
		rendition  *Rendition
		data       []byte
		bytes      int // other than the data's
		sum        string
		want       string
	}{
		{name: "a rendition", path: rendition.Path, rendition: &rendition, data: picture},
		{name: "a rendition with its sum", path: rendition.Path, rendition: &rendition, data: picture, sum: mediaSum(picture)},
		{name: "another pixel", path: rendition.Path, rendition: &rendition, data: picture, sum: mediaSum(jpegBytes(t, 49, 32)), want: "not those that were written"},
		{name: "another original", path: "media/00000000000000ff-0a.png", data: original, sum: mediaSum(picture), want: "not those that were written"},
		{name: "cut", path: rendition.Path, rendition: &rendition, data: picture[:200], bytes: len(picture), want: "bytes instead of"},
		{name: "cut and padded", path: rendition.Path, rendition: &rendition, data: append(bytes.Clone(picture[:len(picture)/2]), make([]byte, len(picture)-len(picture)/2)...), want: "i"},
		{name: "a page", path: rendition.Path, rendition: &rendition, data: []byte("<!doctype html>"), want: "it is not what its name says"},
		{name: "of another size", path: rendition.Path, rendition: &rendition, data: jpegBytes(t, 96, 64), want: "it is 96 × 64 instead of 48 × 32"},
		{name: "with metadata", path: rendition.Path, rendition: &rendition, data: insertJPEG(picture, markerAPP1, exifHead+fullEXIF(1)), want: "no part of the picture"},
		{name: "a PNG as a rendition", path: rendition.Path, rendition: &rendition, data: original, want: "it is not what its name says"},
		{name: "another name", path: "media/00000000000000ff-49-0a.jpg", rendition: &rendition, data: picture, want: "by its name"},
		{name: "an original", path: "media/00000000000000ff-0a.png", data: original},
		{name: "an original with metadata", path: "media/00000000000000ff-0a.png", data: insertPNG(original, "eXIf", fullEXIF(1)), want: "no part of the picture"},
		{name: "a GIF as a PNG", path: "media/00000000000000ff-0a.png", data: []byte("GIF89a"), want: "it is not what its name says"},
		{name: "a clip", path: "media/00000000000000ff-0a.mp4", data: film},
		{name: "a page as a clip", path: "media/00000000000000ff-0a.mp4", data: []byte("<!doctype html>"), want: "it is not what its name says"},
	} {
		m := Medium{Published{Path: tt.path, Bytes: int64(len(tt.data)), Sum: tt.sum}, tt.rendition}
		if tt.bytes > 0 {
			m.Bytes = int64(tt.bytes)
		}
		if r := tt.rendition; r != nil {
			r.Bytes = m.Bytes
		}
		err := m.Verify(tt.data)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}

// A state that somebody else has written must not lead anywhere.
func TestReadPublished(t *testing.T) {
	s := exampleState(2)
	s.Images[0].Original = &Published{Path: "media/" + s.Images[0].Slug + "-0a.png", Bytes: 7}
	hidden := Tombstone(strings.Repeat("f", 64), "key")
	s.Images = append(s.Images, *hidden)
	state, media, err := ReadPublished(encodeState(t, s))
	if err != nil || len(state.Images) != 3 || len(media) != 5 {
		t.Fatalf("got %d files, %v", len(media), err)
	}
	s.Images[0].Original.Path = "../index.html"
	if _, _, err := ReadPublished(encodeState(t, s)); !errors.Is(err, errDamaged) {
		t.Errorf("a path outside: got %v", err)
	}
	if _, _, err := ReadPublished([]byte(`{"version": 2}`)); !errors.Is(err, ErrNewerState) {
		t.Errorf("a newer one: got %v", err)
	}
}

func TestHasSite(t *testing.T) {
	for name, want := range map[string]bool{
		StateName: true, backupName: true, "index.html": true, "media/00000000000000ff-5-aa.jpg": false, ".gitignore": false, "CNAME": false,
	} {
		if got := HasSite(fstest.MapFS{name: {}}); got != want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
