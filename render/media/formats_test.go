package media

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"firstframe/render/media/mediatest"
)

// A TIFF must not get to imaging, whatever it is called: some of them end the
// whole program there.
func TestTIFFIsRefused(t *testing.T) {
	// One pixel with a palette of no colours, as in CVE-2023-36308.
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
		t.Errorf("called by its name: got %v, want a PictureError", err)
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
			t.Errorf("%s guesses the kind of a picture by %s", name, found)
		}
	}
}
