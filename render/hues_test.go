package render

import (
	"slices"
	"strings"
	"testing"

	"firstframe/render/gallery/gallerytest"
)

// A visitor who asks for blue pictures must get those that people would call blue.
func TestHues(t *testing.T) {
	m := gallerytest.Image(1)
	for color, want := range map[string]string{
		"#000000": "black", "#111111": "black", "#222222": "black", "#001100": "black", "#808080": "grey", "#555555": "grey", "#708090": "grey", "#bbbbbb": "grey",
		"#ffffff": "white", "#f5f5f5": "white", "#fffaf0": "white",
		"#ff0000": "red", "#8b0000": "red", "#dc143c": "red", "#ff6347": "red", "#ff7f50": "red",
		"#ffa500": "orange", "#ff8c00": "orange",
		"#ffff00": "yellow", "#ffd700": "yellow", "#f0e68c": "yellow",
		"#008000": "green", "#00ff00": "green", "#228b22": "green", "#808000": "green", "#98fb98": "green",
		"#008080": "teal", "#40e0d0": "teal", "#00ffff": "teal",
		"#0000ff": "blue", "#000080": "blue", "#87ceeb": "blue", "#4682b4": "blue",
		"#800080": "purple", "#8a2be2": "purple", "#4b0082": "purple", "#ff00ff": "purple",
		"#ffc0cb": "pink", "#ff69b4": "pink", "#ff1493": "pink",
		"#8b4513": "brown", "#654321": "brown", "#a0826d": "brown",
		"": "", "red": "",
	} {
		m.Color = color
		if got := strings.Join(hueNames(&m), " "); got != want {
			t.Errorf("%s is %q, want %q", color, got, want)
		}
	}
	for tints, want := range map[string]string{
		"00f00f00f0f00f0f00": "blue green red", // the most parts first
		"f0000f0f0f00000fff": "red blue green",
		"777777777777777777": "grey",
		"no tints":           "purple", // those of an earlier version: the mean colour counts
	} {
		m.Tints, m.Color = tints, "#ff00ff"
		if got := strings.Join(hueNames(&m), " "); got != want {
			t.Errorf("%s has the colours %q, want %q", tints, got, want)
		}
	}
	for i, s := range shades() {
		if int(s.hue) >= len(hueFamilies) {
			t.Fatalf("the colour %03x has no name", i)
		}
	}
}

// The distance is that of the eye: none from itself, and the most from black to white.
func TestColorDistance(t *testing.T) {
	m := gallerytest.Image(1)
	of := func(tints string) sketch {
		m.Tints = tints
		s, _ := sketchOf(&m)
		return s
	}
	black, white, grey := of(strings.Repeat("0", 18)), of(strings.Repeat("f", 18)), of(strings.Repeat("8", 18))
	got := []int{black.distance(&black), black.distance(&grey), grey.distance(&black), black.distance(&white)}
	if !slices.Equal(got, []int{0, 160, 160, 255}) {
		t.Errorf("the distances are %d", got)
	}
}
