package command

import (
	"path"
	"regexp"
	"strings"
	"testing"
	"time"

	"firstframe/fetch"
)

// TestNoClock checks that the same input gives the same site, whatever the clock says. Only the
// network and the benchmarks may ask the clock. The command asks it to show how long a stage or a
// build took, and for the date of an image that has no other date.
func TestNoClock(t *testing.T) {
	clock := regexp.MustCompile(`\btime\.(Now|Since|Until)\b`)
	allowed := map[string]int{
		"command/run.go":             1, // now
		"command/serve.go":           2, // the start and the end of a build
		"command/terminal/runner.go": 2, // the start and the end of a stage
	}
	for name, file := range goFiles(t) {
		folder := path.Dir(name)
		if strings.HasSuffix(name, "_test.go") || folder == "fetch" || folder == "bench" || strings.HasPrefix(folder, "bench/") {
			continue
		}
		if n := len(clock.FindAllString(file.text, -1)); n != allowed[name] {
			t.Errorf("%s asks the clock %d times, want %d", name, n, allowed[name])
		}
	}
	t.Setenv("SOURCE_DATE_EPOCH", "86400")
	if got := uploadDate(&fetch.File{}, fetch.Original{}); !got.Equal(time.Date(1970, 1, 2, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("got %v, want the date of SOURCE_DATE_EPOCH", got)
	}
}
