package render

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// Every page leads to all further pages: thousands of small files would become
// gigabytes, in memory and on the disk.
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
		{pages(maxTexts+1, "A page"), "there are more than 200 further pages"},
		{pages(100, strings.Repeat("a", 200)), "the titles of all further pages are longer than 16 KiB"},
	} {
		_, _, err := LoadContent(tt.dir)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || err.Error() != tt.want) {
			t.Errorf("%d pages: got error %v, want %q", len(tt.dir), err, tt.want)
		}
	}
}
