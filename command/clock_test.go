package command

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"firstframe/fetch"
)

// Whatever the clock says, the site is the same: package render does not ask
// it, and the command only for what it says on a terminal, and for the date of
// an image of which nothing else tells one.
func TestNoClock(t *testing.T) {
	clock := regexp.MustCompile(`time\.(Now|Since|Until)\(`)
	// now asks it, for the date of an image without any other, and a stage twice, for how long it takes.
	allowed := map[string]int{"../command/run.go": 1, "../command/terminal/runner.go": 2}
	for _, folder := range []string{"../command", "../render"} {
		err := filepath.WalkDir(folder, func(name string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
				return err
			}
			data, err := os.ReadFile(name)
			if n := len(clock.FindAll(data, -1)); n > allowed[filepath.ToSlash(name)] {
				t.Errorf("%s asks the clock %d times, want %d", name, n, allowed[name])
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("SOURCE_DATE_EPOCH", "86400")
	if got := uploadDate(&fetch.File{}, fetch.Original{}); !got.Equal(time.Date(1970, 1, 2, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("got %v, want the date of SOURCE_DATE_EPOCH", got)
	}
}
