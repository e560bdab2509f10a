package render

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// Every page has a link to each further page. Thousands of small files would become gigabytes, in
// memory and on the disk.
func TestManyPages(t *testing.T) {
	pages := func(n int, title string) fstest.MapFS {
		dir := fstest.MapFS{}
		for i := range n {
			dir[fmt.Sprintf("p%d.md", i)] = &fstest.MapFile{Data: []byte("---\ntitle: " + title + "\n---\n")}
		}
		return dir
	}
	for _, tt := range []struct {
		dir  fstest.MapFS
		want string
	}{
		{pages(maxTexts, "A page"), ""},
		{pages(maxTexts+1, "A page"), "there are more than 200 pages besides index.md"},
		{pages(100, strings.Repeat("a", 200)), "the titles of the pages are longer than 16 KiB together: make them shorter"},
	} {
		_, _, err := LoadContent(tt.dir)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || err.Error() != tt.want) {
			t.Errorf("%d pages: got error %v, want %q", len(tt.dir), err, tt.want)
		}
	}
}

// A file name becomes a title, unless it means nothing to a person.
func TestTitleFromName(t *testing.T) {
	for name, want := range map[string]string{
		"misty-ridge_dawn.jpg":  "Misty ridge dawn",
		"IMG_4127.jpg":          "IMG 4127",
		"aurora over fjord.png": "Aurora over fjord",
		"élan.png":              "Élan",
		"6f1c2d3e-0000-4000-8000-0123456789ab.png":   "",
		"1728689632123456789-288230376151711_17.jpg": "",
		"":       "",
		".hid":   "",
		"a\x00b": "Ab",
	} {
		if got := titleFromName(name); got != want {
			t.Errorf("titleFromName(%q) = %q, want %q", name, got, want)
		}
	}
}
