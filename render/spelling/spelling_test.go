package spelling

import (
	"slices"
	"testing"
)

// A hint must name what was meant, and nothing that only begins alike.
func TestNearest(t *testing.T) {
	for _, tt := range []struct {
		word  string
		known []string
		want  string
	}{
		{"titel", []string{"alt", "title"}, "title"},
		{"Hidden", []string{"title", "hidden"}, "hidden"},
		{"TAGS", []string{"tags"}, "tags"},
		{"quality", []string{"title", "widths"}, ""},
		{"tab", []string{"tag", "tap"}, "tag"},
		{"标签", []string{"alt"}, ""}, // two letters, although six bytes
		{"", []string{"title"}, ""},
		{"title", nil, ""},
	} {
		if got := Nearest(tt.word, slices.Values(tt.known)); got != tt.want {
			t.Errorf("%q among %q: %q, want %q", tt.word, tt.known, got, tt.want)
		}
	}
}
