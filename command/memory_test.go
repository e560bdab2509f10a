//go:build unix

package command

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"firstframe/fetch/fetchtest"
	"firstframe/render/slowtest"
)

// TestHostileListings serves listings that are made to fill the memory. The command must fail
// within 200 MiB. With the race detector a program takes many times as much, so then only the exit
// code counts.
func TestHostileListings(t *testing.T) {
	slowtest.Skip(t)
	if runtime.GOOS != "linux" {
		t.Skip("every system has another unit for Maxrss")
	}
	const limit = 200 << 10 // KiB
	for name, body := range map[string]func() string{
		"too large":         func() string { return "[" + strings.Repeat(" ", 16<<20) },
		"deep":              func() string { return strings.Repeat("[", 1_000_000) },
		"deep in an object": func() string { return `[{"a":` + strings.Repeat(`{"a":`, 1_000_000) },
		"many items":        func() string { return "[" + strings.Repeat("{},", 5_000_000) + "{}]" },
		"many fields":       func() string { return `[{` + strings.Repeat(`"a":1,`, 2_500_000) + `"b":1}]` },
		"a long text": func() string {
			return `[{"file_name":"` + strings.Repeat("x", 15<<20) + `","cdn_url":"ftp://cdn.example/x"}]`
		},
		"a large object": func() string { return numbered("{", 1_300_000, `"%x":[],`, `"a":1}`) },
		"many videos":    func() string { return numbered("[", 900_000, `{"id":"%x"},`, `{}]`) },
		"many images": func() string {
			return numbered(`[{"videoId":"a","originFiles":[`, 600_000, `{"id":"%x","url":"x"},`, `{}]}]`)
		},
	} {
		for _, source := range []string{"files", "videos", "images"} {
			t.Run(name+" of "+source, func(t *testing.T) {
				m := newComputer(t)
				fault := fetchtest.Answer(200, body())
				m.service.FailListing(-1, fault)
				m.service.FailVideos(-1, fault)
				m.service.FailImages(-1, fault)
				c := m.command(`exec measured firstframe "$@" --source=` + source + "; ")
				var used int64
				out, err := c.Output()
				if exit := c.ProcessState.ExitCode(); exit != exitFailed {
					t.Errorf("exit code %d, want %d", exit, exitFailed)
				}
				if _, serr := fmt.Sscan(string(out), &used); serr != nil {
					t.Fatalf("%v after %v: %q", serr, err, out)
				}
				if used > limit && !raceDetector() {
					t.Errorf("the command took %d MiB, want at most %d", used>>10, limit>>10)
				}
				if _, err := os.Stat(filepath.Join(m.out, "index.html")); err == nil {
					t.Error("a site was built")
				}
			})
		}
	}
}

// numbered returns a text of at most 16 MiB with n items.
func numbered(begin string, n int, form, end string) string {
	var b strings.Builder
	b.Grow(16 << 20)
	b.WriteString(begin)
	for i := range n {
		fmt.Fprintf(&b, form, i)
	}
	b.WriteString(end)
	return b.String()
}

// raceDetector reports whether the tests run with the race detector.
func raceDetector() bool {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return false
	}
	for _, s := range info.Settings {
		if s.Key == "-race" {
			return s.Value == "true"
		}
	}
	return false
}
