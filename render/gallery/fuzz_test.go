package gallery_test

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"firstframe/render/gallery"
	"firstframe/render/gallery/gallerytest"
)

// plainMedia matches the names in media/ that every server and every file system allows.
var plainMedia = regexp.MustCompile(`^media/[a-z0-9._-]+$`)

// FuzzState reads any bytes as a state. The result must be fit to become paths and markup, and must
// be the same when it is written and read again.
func FuzzState(f *testing.F) {
	for _, n := range []int{0, 1, 3} {
		data, err := gallerytest.State(n).Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		f.Add(data[:len(data)/2])
	}
	f.Add([]byte(`{"version": 2}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, _, err := gallery.Load(fstest.MapFS{gallery.StateName: {Data: data}, "index.html": {}})
		if err != nil {
			return
		}
		for i := range s.Images {
			if m := &s.Images[i]; !m.Valid() {
				t.Errorf("got %+v", m)
			}
			for f := range s.Images[i].Files {
				name := f.Path
				if !fs.ValidPath(name) || !strings.HasPrefix(name, "media/") || !plainMedia.MatchString(name) {
					t.Errorf("got a file %q", name)
				}
			}
		}
		encoded, err := s.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := gallery.Decode(encoded); err != nil || len(again.Images) != len(s.Images) {
			t.Errorf("what was read cannot be read again: %v", err)
		}
	})
}
