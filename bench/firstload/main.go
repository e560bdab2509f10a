//go:build unix

// Firstload measures what a visitor loads first: the bytes of the pictures of the index before
// anybody scrolls, on four screens, and how long its largest picture takes on a slow network. It
// builds the site with firstframe, and looks at it with Chromium.
//
//	go run ./bench/firstload --pictures DIR [flags of firstframe after --]
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/chromedp"
	"github.com/spf13/pflag"

	"firstframe/bench"
)

func main() { bench.Main("firstload", run) }

// A screen is a window and its pixels.
type screen struct {
	width, height int64   // in CSS pixels
	density       float64 // pixels for a CSS pixel
}

func (s screen) String() string { return fmt.Sprintf("%d px at %.0f×", s.width, s.density) }

var screens = []screen{{390, 844, 3}, {390, 844, 2}, {1440, 900, 1}, {1440, 900, 2}}

func run(ctx context.Context) error {
	pictures := pflag.String("pictures", "", "build the site from the pictures in `DIR`")
	site := pflag.String("site", "", "measure the finished site in `DIR` instead")
	page := pflag.String("page", "index.html", "load the page `PATH` of the site")
	rate := pflag.Float64("rate", 1.6, "limit the slow network to `MBIT` a second")
	latency := pflag.Float64("latency", 150, "let a request on the slow network take `MS` at least")
	runs := pflag.Int("runs", 5, "take the median of `N` loads over the slow network")
	list := pflag.Bool("list", false, "also list what was loaded")
	var o bench.Options
	pflag.StringVar(&o.Dir, "scratch", "", "work in `DIR`, and keep it")
	pflag.Parse()
	if (*pictures == "") == (*site == "") {
		return errors.New("either --pictures or --site is required")
	}
	folder := *site
	if folder == "" {
		lab, done, err := bench.Open(ctx, o)
		if err != nil {
			return err
		}
		defer done()
		if folder, err = build(ctx, lab, *pictures, pflag.Args()); err != nil {
			return err
		}
	}
	browser, stop, err := start(ctx)
	if err != nil {
		return err
	}
	defer stop()
	host := httptest.NewServer(compressed(http.FileServer(http.Dir(folder))))
	defer host.Close()

	media, err := size(filepath.Join(folder, "media"))
	if err != nil {
		return err
	}
	t := table{slow: slow{*rate, *latency}, runs: *runs, list: *list}
	for _, s := range screens {
		if err := t.measure(browser, host.URL+"/"+*page, s); err != nil {
			return err
		}
	}
	fmt.Println(bench.Machine())
	network := fmt.Sprintf(" at %g Mbit/s and %g ms", *rate, *latency)
	bench.Table(os.Stdout, 1, append(t.row("", func(c column) string { return c.screen.String() }), "media/"),
		append(t.row("bytes of the pictures", func(c column) string { return fmt.Sprintf("%.0f kB", float64(c.fast.bytes)/1000) }), bench.MB(float64(media))),
		append(t.row("number of pictures", func(c column) string { return fmt.Sprint(len(c.fast.files)) }), ""),
		append(t.row("largest paint"+network, func(c column) string { return c.seconds(func(l loaded) float64 { return l.Largest }) }), ""),
		append(t.row("all pictures on the first screen"+network, func(c column) string { return c.seconds(func(l loaded) float64 { return l.Screen }) }), ""),
		append(t.row("layout shift", func(c column) string {
			return fmt.Sprintf("%.3f", bench.Median(c.slow, func(l loaded) float64 { return l.Shift }))
		}), ""))
	return nil
}

// table is what was measured.
type table struct {
	slow    slow
	runs    int
	list    bool
	columns []column
}

// column is what was measured on a screen.
type column struct {
	screen screen
	fast   loaded
	slow   []loaded // over the slow network
}

// measure loads a page on a screen.
func (t *table) measure(browser context.Context, address string, s screen) error {
	c := column{screen: s}
	var err error
	if c.fast, err = load(browser, address, s, nil); err != nil {
		return err
	}
	for range t.runs {
		l, err := load(browser, address, s, &t.slow)
		if err != nil {
			return err
		}
		c.slow = append(c.slow, l)
	}
	if t.list {
		fmt.Printf("%s\n%s", s, strings.Join(c.fast.files, ""))
	}
	t.columns = append(t.columns, c)
	return nil
}

// row returns a row of the table with a cell for each screen.
func (t *table) row(name string, cell func(column) string) []string {
	row := []string{name}
	for _, c := range t.columns {
		row = append(row, cell(c))
	}
	return row
}

// seconds formats the median of a number of milliseconds.
func (c column) seconds(number func(loaded) float64) string {
	return fmt.Sprintf("%.2f s", bench.Median(c.slow, number)/1000)
}

// build builds the site of a folder of pictures, and returns its folder.
func build(ctx context.Context, lab *bench.Lab, pictures string, flags []string) (string, error) {
	pictures, err := filepath.Abs(pictures)
	if err != nil {
		return "", err
	}
	service, err := lab.Serve(ctx, "--pictures", pictures)
	if err != nil {
		return "", err
	}
	fmt.Fprintln(lab.Log, "building the site")
	_, _, err = lab.Firstframe(ctx, service, "site", flags...)
	return lab.Path("site"), errors.Join(err, service.Close())
}

// size returns the bytes of all files of a folder.
func size(folder string) (bytes int64, err error) {
	err = filepath.WalkDir(folder, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			bytes += info.Size()
		}
		return err
	})
	return bytes, err
}

// start starts the browser that FIRSTFRAME_BROWSER names, or Chromium.
func start(ctx context.Context) (context.Context, func(), error) {
	name := cmp.Or(os.Getenv("FIRSTFRAME_BROWSER"), "chromium")
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(name), chromedp.NoSandbox, chromedp.DisableGPU)
	allocator, stop := chromedp.NewExecAllocator(ctx, options...)
	browser, _ := chromedp.NewContext(allocator)
	if err := chromedp.Do(browser); err != nil {
		stop()
		return nil, nil, fmt.Errorf("starting %s: %w", name, err)
	}
	return browser, func() {
		_ = chromedp.Cancel(browser)
		stop()
	}, nil
}
