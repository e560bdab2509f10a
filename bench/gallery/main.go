//go:build unix

// Gallery measures runs on large galleries: the first build, runs with nothing new, runs with one
// new image, and runs with another theme. The images are small, so the measured time is spent on
// what grows with their number: the state, the listing, the pages, and the files to look at.
//
//	go run ./bench/gallery
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"github.com/dustin/go-humanize"
	"github.com/spf13/pflag"

	"firstframe/bench"
)

func main() { bench.Main("gallery", run) }

func run(ctx context.Context) error {
	sizes := pflag.IntSlice("images", []int{1_000, 10_000, 100_000}, "measure galleries of `N` images each")
	runs := pflag.Int("runs", 5, "take the median of `N` runs")
	changed := pflag.Int("changed", 10_000, "add an image and change the theme in the gallery of `N` images")
	var o bench.Options
	pflag.StringVar(&o.Dir, "scratch", "", "work in `DIR`, and keep it")
	pflag.StringVar(&o.Profile, "profile", "", "write a CPU profile of each run to `DIR`")
	pflag.Parse()

	lab, done, err := bench.Open(ctx, o)
	if err != nil {
		return err
	}
	defer done()
	// Each image has three renditions, as by default.
	w := bench.SmallWidth
	g := &galleries{Lab: lab, runs: *runs, flags: []string{
		"--base-url", "https://gallery.example/", "--widths", fmt.Sprintf("%d,%d,%d", w/4, w/2, w),
	}}
	fmt.Println(bench.Machine())
	for _, n := range *sizes {
		if err := g.measure(ctx, n, n == *changed); err != nil {
			return err
		}
	}
	g.print()
	return nil
}

// galleries holds the settings and the results.
type galleries struct {
	*bench.Lab
	runs  int
	flags []string

	rows    []row
	changes [][]string
}

// row is the result for a gallery of one size.
type row struct {
	images              int
	first               bench.Use
	unchanged           []bench.Use
	listings, downloads int // requests of the unchanged runs
	written             int // files written by the unchanged runs
}

// measure measures the first build of a gallery of n images, and runs with nothing new. With
// change, it also measures runs with one new image, and runs with another theme.
func (g *galleries) measure(ctx context.Context, n int, change bool) error {
	site, err := g.NewSite(fmt.Sprintf("gallery-%d", n))
	if err != nil {
		return err
	}
	service, err := g.Serve(ctx, "--images", strconv.Itoa(n))
	if err != nil {
		return err
	}
	defer service.Close()
	r := row{images: n}

	fmt.Fprintf(g.Log, "%s images: the first build\n", humanize.Comma(int64(n)))
	first, result, err := g.Firstframe(ctx, service, site, g.flags...)
	if err != nil {
		return err
	}
	if result.Images != n {
		return fmt.Errorf("the gallery has %d images, want %d", result.Images, n)
	}
	r.first = first
	if err := settle(ctx, service); err != nil {
		return err
	}

	before := bench.Now()
	for i := range g.runs {
		fmt.Fprintf(g.Log, "%s images: nothing new, run %d\n", humanize.Comma(int64(n)), i+1)
		u, _, err := g.Firstframe(ctx, service, site, g.flags...)
		if err != nil {
			return err
		}
		r.unchanged = append(r.unchanged, u)
	}
	if r.written, err = g.Written(site, before); err != nil {
		return err
	}
	count, err := service.Count(ctx)
	if err != nil {
		return err
	}
	r.listings, r.downloads = count.Listings, count.Downloads
	g.rows = append(g.rows, r)
	if change {
		if err := g.oneMore(ctx, service, site, n); err != nil {
			return err
		}
		return g.themes(ctx, service, site, n)
	}
	return nil
}

// settle waits until the disk has stored what the last run wrote, so that the next run does not
// have to wait for it. It also resets the count of requests.
func settle(ctx context.Context, service *bench.Service) error {
	syscall.Sync()
	_, err := service.Count(ctx)
	return err
}

// oneMore measures runs that each find one new image.
func (g *galleries) oneMore(ctx context.Context, service *bench.Service, site string, n int) error {
	var uses []bench.Use
	most := 0
	for i := range g.runs {
		fmt.Fprintf(g.Log, "one new image, run %d\n", i+1)
		if err := service.SetImages(ctx, n+i+1); err != nil {
			return err
		}
		if err := settle(ctx, service); err != nil {
			return err
		}
		u, result, err := g.Firstframe(ctx, service, site, g.flags...)
		if err != nil {
			return err
		}
		if result.New != 1 {
			return fmt.Errorf("%d images are new, want 1", result.New)
		}
		uses = append(uses, u)
		most = max(most, result.Written)
	}
	g.changed(n, "one new image, with its download", uses, most)
	return nil
}

// themes measures runs with a changed style sheet. Its name is in every page.
func (g *galleries) themes(ctx context.Context, service *bench.Service, site string, n int) error {
	theme := g.Path("theme")
	if err := os.RemoveAll(theme); err != nil {
		return err
	}
	if _, _, err := g.Measure(ctx, nil, g.Bin("firstframe"), "--export-theme", theme); err != nil {
		return err
	}
	style := filepath.Join(theme, "assets", "style.css")
	css, err := os.ReadFile(style)
	if err != nil {
		return err
	}
	var uses []bench.Use
	most := 0
	for i := range g.runs {
		fmt.Fprintf(g.Log, "another theme, run %d\n", i+1)
		if err := os.WriteFile(style, fmt.Appendf(css, "/* %d */\n", i), 0o644); err != nil {
			return err
		}
		if err := settle(ctx, service); err != nil {
			return err
		}
		u, result, err := g.Firstframe(ctx, service, site, append(slices.Clone(g.flags), "--theme", theme)...)
		if err != nil {
			return err
		}
		uses = append(uses, u)
		most = max(most, result.Written)
	}
	g.changed(n, "another theme: all pages anew", uses, most)
	return nil
}

// changed adds a row to the table of changes.
func (g *galleries) changed(n int, what string, uses []bench.Use, written int) {
	g.changes = append(g.changes, []string{what, humanize.Comma(int64(n)),
		fmt.Sprintf("%.2f s", bench.Median(uses, bench.Wall)), fmt.Sprintf("%.2f s", bench.Median(uses, bench.CPU)),
		bench.MB(bench.Median(uses, bench.Memory)), humanize.Comma(int64(written))})
}

// print prints the tables.
func (g *galleries) print() {
	var first, unchanged [][]string
	for i, r := range g.rows {
		images := humanize.Comma(int64(r.images))
		// The cost of an image is the difference to the gallery before. The rest of the memory is
		// used without any image, too.
		growth := func(memory func(row) float64) string {
			if i == 0 {
				return ""
			}
			last := g.rows[i-1]
			return fmt.Sprintf("%.1f KB", (memory(r)-memory(last))/float64(r.images-last.images)/1000)
		}
		firstMemory := func(r row) float64 { return bench.Memory(r.first) }
		laterMemory := func(r row) float64 { return bench.Median(r.unchanged, bench.Memory) }
		each := func(seconds float64) string { return fmt.Sprintf("%.0f µs", seconds/float64(r.images)*1e6) }
		wall := bench.Median(r.unchanged, bench.Wall)
		first = append(first, []string{images, fmt.Sprintf("%.1f s", r.first.Wall), fmt.Sprintf("%.1f s", r.first.CPU),
			each(r.first.Wall), bench.MB(firstMemory(r)), growth(firstMemory)})
		perRun := func(n int) string { return strconv.FormatFloat(float64(n)/float64(g.runs), 'g', 3, 64) }
		unchanged = append(unchanged, []string{images, fmt.Sprintf("%.3f s", wall),
			fmt.Sprintf("%.3f s", bench.Median(r.unchanged, bench.CPU)), each(wall), bench.MB(laterMemory(r)),
			growth(laterMemory), perRun(r.listings), perRun(r.downloads), perRun(r.written)})
	}
	fmt.Println("\nA first build:")
	bench.Table(os.Stdout, 0, []string{"images", "wall", "CPU", "wall each", "memory", "growth each"}, first...)
	fmt.Printf("Nothing new, the median of %d runs:\n", g.runs)
	bench.Table(os.Stdout, 0, []string{"images", "wall", "CPU", "wall each", "memory", "growth each", "listings",
		"downloads", "files written"}, unchanged...)
	if len(g.changes) > 0 {
		fmt.Printf("Something new, the median of %d runs:\n", g.runs)
		bench.Table(os.Stdout, 1, []string{"what", "images", "wall", "CPU", "memory", "files written"}, g.changes...)
	}
}
