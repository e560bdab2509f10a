package bench

import (
	"bytes"
	"path/filepath"
	"runtime"
	"testing"
)

func TestParseResult(t *testing.T) {
	for _, tt := range []struct {
		line string
		want Result
	}{
		{"nothing new: 10000 images in /tmp/gallery\n", Result{Images: 10000}},
		{"nothing new: 1 image in out\n", Result{Images: 1}},
		{"10,001 images in out, 1 new, 19 files written, 2.8 MB\n", Result{10001, 1, 19}},
		{"24 images in out, 24 new, 2 made again, 1 file written, 2.8 MB\n", Result{24, 24, 1}},
	} {
		if got, err := parseResult([]byte(tt.line)); err != nil || got != tt.want {
			t.Errorf("parseResult(%q) = %v, %v", tt.line, got, err)
		}
	}
	if _, err := parseResult([]byte("dry run: 3 images\n")); err == nil {
		t.Error("parseResult accepts a line of another form")
	}
}

// TestLab measures runs with three images. The first one writes a profile.
func TestLab(t *testing.T) {
	if testing.Short() || runtime.GOOS == "windows" {
		t.Skip("the programs that it builds are for Unix")
	}
	ctx := t.Context()
	profiles := t.TempDir()
	lab, done, err := Open(ctx, Options{Dir: t.TempDir(), Profile: profiles})
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	service, err := lab.Serve(ctx, "--images", "3", "--rate", "100", "--latency", "5ms")
	if err != nil {
		t.Fatal(err)
	}
	defer service.Close()
	check := func(what string, want Result) {
		t.Helper()
		u, got, err := lab.Firstframe(ctx, service, "site")
		if err != nil {
			t.Fatal(err)
		}
		if u.Wall <= 0 || u.CPU <= 0 || u.Memory < 1e6 {
			t.Errorf("%s used %+v", what, u)
		}
		if got.Written > 0 {
			got.Written = want.Written
		}
		if got != want {
			t.Errorf("%s: %+v, want %+v", what, got, want)
		}
	}
	check("the first build", Result{3, 3, 1})
	if list, err := filepath.Glob(filepath.Join(profiles, "001-site.pprof")); len(list) != 1 {
		t.Errorf("the first build wrote no profile: %v", err)
	}
	lab.profile = ""
	if c, err := service.Count(ctx); err != nil || c != (Count{Listings: 2, Downloads: 3}) {
		t.Errorf("the first build sent %+v, %v", c, err)
	}
	now := Now()
	check("nothing new", Result{Images: 3})
	if n, err := lab.Written("site", now); err != nil || n > 0 {
		t.Errorf("%d files written, %v", n, err)
	}
	if err := service.SetImages(ctx, 4); err != nil {
		t.Fatal(err)
	}
	check("one more", Result{4, 1, 1})
	if n, err := lab.Written("site", now); err != nil || n == 0 {
		t.Errorf("%d files written, %v", n, err)
	}
}

func TestMedian(t *testing.T) {
	same := func(x float64) float64 { return x }
	for _, tt := range []struct {
		of   []float64
		want float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{3, 9, 1}, 3}, {[]float64{4, 1, 2, 9}, 3}} {
		if got := Median(tt.of, same); got != tt.want {
			t.Errorf("Median(%v) = %v, want %v", tt.of, got, tt.want)
		}
	}
}

func TestTable(t *testing.T) {
	var b bytes.Buffer
	Table(&b, 1, []string{"program", "wall"}, []string{"sharp", "1 s"})
	if want := "\n| program | wall |\n|---|--:|\n| sharp | 1 s |\n\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}
