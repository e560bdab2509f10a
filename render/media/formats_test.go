package media

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"firstframe/render/media/mediatest"
)

// Everything that handles files goes through formats. So a format must be complete, and the tests
// that go through dressed, hideaways and rawPictures must cover it.
func TestFormats(t *testing.T) {
	files, hidden := dressed(t), hideaways(t)
	files["video/mp4"], files["image/avif"] = mediatest.PlainFilm().Bytes(), dressedAVIF(t)
	for _, f := range formats() {
		t.Run(f.name, func(t *testing.T) {
			data, ok := files[f.mediaType]
			if !ok {
				t.Fatal("dressed has no such file")
			}
			picture := IsPicture(f.mediaType)
			if picture && !slices.ContainsFunc(hidden, func(h hideaway) bool { return h.MediaType == f.mediaType }) {
				t.Error("hideaways has no such file")
			}
			if picture && f.planes == nil && f.decode == nil {
				t.Error("nothing decodes it")
			}
			if got := Sniff(data); got != f.mediaType {
				t.Errorf("it begins like %q", got)
			}
			for n := range Sniffed {
				Sniff(data[:n]) // it must not panic
			}
			name := "media/0123456789abcdef-0a" + extension(f.mediaType)
			parsed, ok := ParseName(name)
			if f.encode != nil && !picture {
				if ok {
					t.Errorf("%s is the name of an original, and there are none", name)
				}
				name = "media/0123456789abcdef-64-0a" + f.extension
				if parsed, ok := ParseName(name); !ok || !parsed.IsRendition() || parsed.String() != name {
					t.Errorf("%s is %+v", name, parsed)
				}
			} else if !ok || parsed.Type != f.mediaType || parsed.IsOriginal() != picture || parsed.IsClip() == picture || parsed.String() != name {
				t.Errorf("%s is %+v", name, parsed)
			}
			if FormatName(f.mediaType) != f.name || !strings.EqualFold(f.name, f.mediaType[strings.Index(f.mediaType, "/")+1:]) {
				t.Errorf("%s is called %s", f.mediaType, f.name)
			}
			if (f.encode != nil) != (f.memory != nil) {
				t.Error("nobody knows how much memory encoding takes")
			}
			if (f.encode != nil) != (f.measure != nil) || (f.encode != nil) != (f.decodes != nil) {
				t.Error("renditions are not read as they are written")
			}
			if f.metadata != nil && len(MetadataOf(data, f.mediaType)) == 0 {
				t.Error("no metadata is found")
			}
			stripped, err := Strip(data, f.mediaType)
			if err != nil {
				t.Fatal(err)
			}
			if found := MetadataOf(stripped, f.mediaType); len(found) > 0 {
				t.Errorf("the stripped file has %v", found)
			}
			packet := fullProvenance().Packet()
			marked, err := Mark(stripped, f.mediaType, packet)
			if err != nil {
				t.Fatal(err)
			}
			if rest, got := Unmark(marked, f.mediaType); string(rest) != string(stripped) || string(got) != string(packet) {
				t.Error("what it says about its origin is not read as it was written")
			}
		})
	}
	for _, unknown := range []string{"", "image/tiff", "image/svg+xml"} {
		if IsPicture(unknown) || extension(unknown) != "" || MetadataOf([]byte("Exif"), unknown) != nil {
			t.Errorf("%q is a format", unknown)
		}
	}
}

// A TIFF must never reach imaging, whatever it claims to be. Some TIFFs end the whole program
// there.
func TestTIFFIsRefused(t *testing.T) {
	// One pixel with an empty palette, as in CVE-2023-36308.
	directory := mediatest.AppendDirectory([]byte("II*\x00\x08\x00\x00\x00"), []mediatest.Tag{
		mediatest.Short(256, 1), mediatest.Short(257, 1), mediatest.Short(258, 8), mediatest.Short(259, 1), mediatest.Short(262, 3), {ID: 273, Kind: 4, Count: 1, Value: mediatest.Long(0)}, {ID: 279, Kind: 4, Count: 1, Value: mediatest.Long(1)}, {ID: 320, Kind: 3, Count: 0, Value: ""},
	})
	for _, f := range formats() {
		kind := f.mediaType
		m := &Maker{Write: func(name string, _ []byte) error {
			t.Errorf("%s: %s was written", kind, name)
			return nil
		}}
		var refused *PictureError
		if _, err := m.Make(t.Context(), keep(t, kind, directory)); !errors.As(err, &refused) {
			t.Errorf("called %s: got %v, want a PictureError", kind, err)
		}
	}
	var refused *PictureError
	if _, err := new(Maker).Make(t.Context(), keep(t, "image/tiff", directory)); !errors.As(err, &refused) {
		t.Errorf("called image/tiff: got %v, want a PictureError", err)
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	guesses := regexp.MustCompile(`\b(image\.Decode|image\.DecodeConfig|imaging\.(Open|Decode))\(`)
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if found := guesses.Find(data); found != nil && !strings.HasSuffix(name, "_test.go") {
			t.Errorf("%s guesses the format of a picture with %s", name, found)
		}
	}
}
