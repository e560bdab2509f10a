package media

import (
	"slices"
	"strings"
	"testing"
)

// An orientation is needed, and tools add what its standard asks for beside it. Neither says
// anything about the owner. Anything more does, even if it only hides behind them.
func TestHarmlessEXIF(t *testing.T) {
	const (
		orientation = "\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00"
		resolution  = "\x01\x1a\x00\x05\x00\x00\x00\x01\x00\x00\x00\x4a" + "\x01\x1b\x00\x05\x00\x00\x00\x01\x00\x00\x00\x52"
		unit        = "\x01\x28\x00\x03\x00\x00\x00\x01\x00\x02\x00\x00"
		samples     = "\x02\x13\x00\x03\x00\x00\x00\x01\x00\x01\x00\x00"
		maker       = "\x01\x0f\x00\x02\x00\x00\x00\x02X\x00\x00\x00"
		position    = "\x88\x25\x00\x04\x00\x00\x00\x01\x00\x00\x00\x1a"
		values      = "\x00\x00\x00\x48\x00\x00\x00\x01\x00\x00\x00\x48\x00\x00\x00\x01"
		head, end   = "MM\x00\x2a\x00\x00\x00\x08\x00", "\x00\x00\x00\x00"
	)
	for name, tt := range map[string]struct {
		block string
		want  []string
	}{
		"only an orientation":       {head + "\x01" + orientation + end, nil},
		"what exiftool leaves":      {head + "\x05" + orientation + resolution + unit + samples + end + values, nil},
		"a maker":                   {head + "\x02" + maker + orientation + end, []string{"EXIF"}},
		"a position":                {head + "\x02" + orientation + position + end, []string{GPSMetadata, "EXIF"}},
		"a second directory":        {head + "\x01" + orientation + "\x00\x00\x00\x1a" + "\x00\x00", []string{"EXIF"}},
		"bytes after it":            {head + "\x01" + orientation + end + "me", []string{"EXIF"}},
		"bytes before it":           {"MM\x00\x2a\x00\x00\x00\x0ame\x00\x01" + orientation + end, []string{"EXIF"}},
		"a text as its orientation": {head + "\x01" + "\x01\x12\x00\x02\x00\x00\x00\x04me!\x00" + end, []string{"EXIF"}},
		"a cut one":                 {head + "\x05" + orientation, []string{"EXIF"}},
		"a very short one":          {"MM", []string{"EXIF"}},
		"nothing":                   {"", []string{"EXIF"}},
	} {
		for _, prefix := range []string{"", exifPrefix + "\x00"} {
			var found leaks
			found.addEXIF([]byte(prefix + tt.block))
			if got := found.kinds(); !slices.Equal(got, tt.want) {
				t.Errorf("%s: got %s, want %s", name, strings.Join(got, ", "), strings.Join(tt.want, ", "))
			}
		}
	}
	// The same in the other byte order.
	little := "II\x2a\x00\x08\x00\x00\x00\x01\x00" + "\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00" + end
	var found leaks
	if found.addEXIF([]byte(little)); found.kinds() != nil {
		t.Errorf("an orientation in the other byte order is %q", found.kinds())
	}
}
