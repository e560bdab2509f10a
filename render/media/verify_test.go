package media

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"firstframe/render/media/mediatest"
)

// Only the bytes that a run wrote may come back.
func TestMediumVerify(t *testing.T) {
	published := func(width, height int) []byte {
		data, err := Strip(mediatest.GrayJPEG(t, width, height), "image/jpeg")
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	picture := published(48, 32)
	original := mediatest.PNG(t, mediatest.Blocks(16, 16))
	film, err := stripMP4(mediatest.PlainFilm().Bytes())
	if err != nil {
		t.Fatal(err)
	}
	packet := fullProvenance().Packet()
	mark := func(data []byte, mediaType string) []byte {
		marked, err := Mark(data, mediaType, packet)
		if err != nil {
			t.Fatal(err)
		}
		return marked
	}
	other := MarkOf(Provenance{Origin: Origin{SourceType: "print"}}.Packet())
	foreign := mediatest.InsertJPEG(picture, markerAPP1, xmpPrefix+strings.Replace(string(packet), "</rdf:RDF>", " </rdf:RDF>", 1))
	profiled := mediatest.InsertJPEG(picture, jpegICC(makeProfile("GRAY", 300))...)
	const named = "media/00000000000000ff-48-0123456789"
	rendition := Rendition{Path: "media/00000000000000ff-48-0a.jpg", Width: 48, Height: 32}
	for _, tt := range []struct {
		name, path string
		rendition  *Rendition
		data       []byte
		bytes      int // if it differs from the length of data
		sum        string
		earlier    bool
		want       string
	}{
		{name: "a rendition", path: rendition.Path, rendition: &rendition, data: picture},
		{name: "a rendition with its sum", path: rendition.Path, rendition: &rendition, data: picture, sum: Sum(picture)},
		{name: "another pixel", path: rendition.Path, rendition: &rendition, data: picture, sum: Sum(published(49, 32)), want: "have changed"},
		{name: "another original", path: "media/00000000000000ff-0a.png", data: original, sum: Sum(picture), want: "have changed"},
		{name: "cut", path: rendition.Path, rendition: &rendition, data: picture[:200], bytes: len(picture), want: "bytes instead of"},
		{name: "cut and padded", path: rendition.Path, rendition: &rendition, data: append(bytes.Clone(picture[:len(picture)/2]), make([]byte, len(picture)-len(picture)/2)...), want: "i"},
		{name: "a page", path: rendition.Path, rendition: &rendition, data: []byte("<!doctype html>"), want: "it is not what its name says"},
		{name: "of another size", path: rendition.Path, rendition: &rendition, data: published(96, 64), want: "it is 96 × 64 instead of 48 × 32"},
		{name: "with metadata", path: rendition.Path, rendition: &rendition, data: mediatest.InsertJPEG(picture, markerAPP1, mediatest.EXIFHead+mediatest.FullEXIF(1)), want: "more than the picture"},
		{name: "with a profile as it was", path: rendition.Path, rendition: &rendition, data: mediatest.InsertJPEG(picture, jpegICC(makeProfile("GRAY", 300))...), want: "more than the picture"},
		{name: "by an earlier version", path: rendition.Path, rendition: &rendition, data: mediatest.InsertJPEG(picture, jpegICC(makeProfile("GRAY", 300))...), earlier: true},
		{name: "with metadata, by an earlier version", path: rendition.Path, rendition: &rendition, data: mediatest.InsertJPEG(picture, markerAPP1, mediatest.EXIFHead+mediatest.FullEXIF(1)), earlier: true, want: "more than the picture"},
		{name: "a PNG as a rendition", path: rendition.Path, rendition: &rendition, data: original, want: "it is not what its name says"},
		{name: "another name", path: "media/00000000000000ff-49-0a.jpg", rendition: &rendition, data: picture, want: "according to its name, it is not 48 pixels wide"},
		{name: "an original", path: "media/00000000000000ff-0a.png", data: original},
		{name: "an original with metadata", path: "media/00000000000000ff-0a.png", data: mediatest.InsertPNG(original, "eXIf", mediatest.FullEXIF(1)), want: "more than the picture"},
		{name: "a GIF as a PNG", path: "media/00000000000000ff-0a.png", data: []byte("GIF89a"), want: "it is not what its name says"},
		{name: "a clip", path: "media/00000000000000ff-0a.mp4", data: film},
		{name: "a marked rendition", path: named + MarkOf(packet) + ".jpg", rendition: &rendition, data: mark(picture, "image/jpeg")},
		{name: "a marked original", path: "media/00000000000000ff-0123456789" + MarkOf(packet) + ".png", data: mark(original, "image/png")},
		{name: "a marked clip", path: "media/00000000000000ff-0123456789" + MarkOf(packet) + ".mp4", data: mark(film, "video/mp4")},
		{name: "a packet and no mark", path: named + ".jpg", rendition: &rendition, data: mark(picture, "image/jpeg"), want: "about its origin"},
		{name: "a mark and no packet", path: named + MarkOf(packet) + ".jpg", rendition: &rendition, data: picture, want: "about its origin"},
		{name: "another mark", path: named + other + ".jpg", rendition: &rendition, data: mark(picture, "image/jpeg"), want: "about its origin"},
		{name: "another mark, by an earlier version", path: named + other + ".jpg", rendition: &rendition, data: mark(picture, "image/jpeg"), earlier: true, want: "about its origin"},
		{name: "marked, by an earlier version", path: named + MarkOf(packet) + ".jpg", rendition: &rendition, data: mark(profiled, "image/jpeg"), earlier: true},
		{name: "a foreign packet", path: named + MarkOf(packet) + ".jpg", rendition: &rendition, data: foreign, want: "more than the picture"},
		{name: "marked, with metadata", path: named + MarkOf(packet) + ".jpg", rendition: &rendition, data: mark(mediatest.InsertJPEG(picture, 0xfe, "a comment"), "image/jpeg"), want: "more than the picture"},
		{name: "a page as a clip", path: "media/00000000000000ff-0a.mp4", data: []byte("<!doctype html>"), want: "it is not what its name says"},
	} {
		m := Medium{Published{Path: tt.path, Bytes: int64(len(tt.data)), Sum: tt.sum}, tt.rendition, tt.earlier}
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

// A file from another machine is read without following links, and only up to its length.
func TestReadMedium(t *testing.T) {
	dir := t.TempDir()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(os.Mkdir(filepath.Join(dir, "media"), 0o755))
	check(os.WriteFile(filepath.Join(dir, "media", "whole.jpg"), make([]byte, 100), 0o644))
	check(os.Symlink("whole.jpg", filepath.Join(dir, "media", "link.jpg")))
	check(syscall.Mkfifo(filepath.Join(dir, "media", "pipe.jpg"), 0o644))
	check(os.Mkdir(filepath.Join(dir, "media", "folder.jpg"), 0o755))
	check(os.Symlink("media", filepath.Join(dir, "linked")))
	root, err := os.OpenRoot(dir)
	check(err)
	defer root.Close()
	for name, want := range map[string]bool{
		"media/whole.jpg": true, "media/link.jpg": false, "media/pipe.jpg": false, "media/folder.jpg": false, "media/missing.jpg": false, "linked/whole.jpg": false,
	} {
		if data, err := (Medium{Published: Published{Path: name, Bytes: 100}}).Read(root); (err == nil) != want || want && len(data) != 100 {
			t.Errorf("%s: %d bytes, %v", name, len(data), err)
		}
	}
	if data, err := (Medium{Published: Published{Path: "media/whole.jpg", Bytes: 7}}).Read(root); err != nil || len(data) != 8 {
		t.Errorf("%d bytes were read of a file that is too long, %v", len(data), err)
	}
}
