package media

import (
	"bytes"
	"testing"

	"firstframe/render/media/mediatest"
)

// TestMakeTakesWhatIsMade makes a picture after an interrupted run. The renditions that the run
// has made are not made again, unless they are damaged or something else.
func TestMakeTakesWhatIsMade(t *testing.T) {
	data := mediatest.JPEG(t, mediatest.DrawPicture(600, 90))
	before, files := mustMake(t, &Maker{Widths: []int{100, 200}}, "image/jpeg", data)
	// The same size in pixels, from other settings: nobody would make it under this name.
	_, others := mustMake(t, &Maker{Widths: []int{100, 200}, Quality: 30}, "image/jpeg", data)
	marked, err := Mark(others[0], "image/jpeg", fullProvenance().Packet())
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		made []byte
		want []byte
	}{
		"nothing":      {nil, files[0]},
		"a rendition":  {others[0], others[0]},
		"a marked one": {marked, others[0]},
		"cut":          {files[0][:len(files[0])-9], files[0]},
		"empty":        {[]byte{}, files[0]},
		"another size": {files[1], files[0]},
		"more":         {append(bytes.Clone(files[0]), "more"...), files[0]},
		"a web page":   {[]byte("<!doctype html>"), files[0]},
	} {
		t.Run(name, func(t *testing.T) {
			m := &Maker{Widths: []int{100, 200}}
			m.Made = func(name string, limit int64) []byte {
				if limit < int64(len(files[1])) {
					t.Errorf("asks for at most %d bytes of %s", limit, name)
				}
				if name == before.Renditions[0].Path {
					return test.made
				}
				return nil
			}
			pic, after := mustMake(t, m, "image/jpeg", data)
			if !bytes.Equal(after[0], test.want) || !bytes.Equal(after[1], files[1]) || pic.Renditions[0].Sum != Sum(test.want) {
				t.Error("the renditions are not what they should be")
			}
			if pic.Color != before.Color {
				t.Errorf("the colour is %s, want %s", pic.Color, before.Color)
			}
		})
	}
}
