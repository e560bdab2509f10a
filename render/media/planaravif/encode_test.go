package planaravif

import (
	"bytes"
	"fmt"
	"testing"

	"firstframe/render/media/planar"
	"firstframe/render/slowtest"
)

// skipIfDynamic skips a test in a build that would use the machine's library.
func skipIfDynamic(t testing.TB) {
	t.Helper()
	if err := Available(); err != nil {
		t.Skip(err)
	}
}

// Pictures of all shapes, with and without colours, must be encoded. A file must be what Parse
// expects.
func TestEncode(t *testing.T) {
	skipIfDynamic(t)
	for _, size := range [][2]int{{1, 1}, {2, 1}, {1, 2}, {3, 2}, {300, 201}, {1, 16384}, {16384, 1}, {16384, 3}} {
		for _, gray := range []bool{false, true} {
			t.Run(fmt.Sprintf("%dx%d %v", size[0], size[1], gray), func(t *testing.T) {
				w, h := size[0], size[1]
				if max(w, h) > 1000 {
					slowtest.Skip(t)
				}
				p := drawings(w, h)["a gradient"]
				if gray {
					p.Cb, p.Cr = planar.Plane{}, planar.Plane{}
				}
				data, err := Encode(p, 82, []byte("profile"))
				if err != nil {
					t.Fatal(err)
				}
				f, err := Parse(data)
				if err != nil || f.Width != w || f.Height != h || string(f.Profile) != "profile" {
					t.Fatalf("%+v, %v", f, err)
				}
				if !bytes.Equal(f.Bytes(), data) {
					t.Error("it changes when it is written again")
				}
			})
		}
	}
	for _, size := range [][2]int{{0, 0}, {16385, 1}, {1, 16385}} {
		if _, err := Encode(planar.New(size[0], size[1]), 82, nil); err == nil {
			t.Errorf("%v is not refused", size)
		}
	}
}

// The same picture must give the same bytes again. Whether they are those of other machines and
// other versions is what TestAVIFBytesStay of package media looks at.
func TestBytesStay(t *testing.T) {
	skipIfDynamic(t)
	p := drawings(64, 48)["a gradient"]
	first, err := Encode(p, 82, nil)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Encode(p, 82, nil)
	if err != nil || !bytes.Equal(first, again) {
		t.Errorf("the bytes differ (%v)", err)
	}
}
