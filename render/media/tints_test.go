package media

import (
	"image"
	"image/color"
	"testing"

	"firstframe/render/media/mediatest"
)

// The colours of the six parts of a picture, in the order of reading.
func TestTints(t *testing.T) {
	parts := [][]color.NRGBA{
		{{255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255}},
		{{255, 255, 255, 255}, {0, 0, 0, 255}, {128, 128, 128, 255}},
	}
	draw := func(width, height int) *image.NRGBA {
		m := image.NewNRGBA(image.Rect(0, 0, width, height))
		for y := range height {
			for x := range width {
				m.SetNRGBA(x, y, parts[y*2/height][x*3/width])
			}
		}
		return m
	}
	for _, test := range []struct {
		picture *image.NRGBA
		want    string // "" if the codec mixes the colours
	}{
		{draw(240, 160), "f000f000ffff000888"}, {draw(1, 1), "f00f00f00f00f00f00"}, {draw(3, 1), ""}, {draw(1, 3), ""}, {draw(5, 2), ""},
	} {
		m := &Maker{Write: func(string, []byte) error { return nil }}
		pic, err := m.Make(t.Context(), keep(t, "image/png", mediatest.PNG(t, test.picture)))
		if err != nil {
			t.Fatal(err)
		}
		if !IsTints(pic.Tints) || test.want != "" && pic.Tints != test.want {
			t.Errorf("%v: got %s, want %s", test.picture.Rect, pic.Tints, test.want)
		}
	}
	for _, s := range []string{"", "f00", "f000f000ffff00088", "f000f000ffff00088g", "f000f000ffff000888f", ";}</style>1234567890"} {
		if IsTints(s) {
			t.Errorf("%q are tints", s)
		}
	}
}
