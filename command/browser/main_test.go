package browser

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// root is the root of the repository.
const root = "../.."

// All tests share one folder, one command and one browser. Each is made for the first test that asks
// for it, and TestMain removes the folder and ends the browser.
var (
	folder      string
	program     = sync.OnceValues(buildProgram)
	browser     = sync.OnceValues(startBrowser)
	stopBrowser = func() {}
)

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) (code int) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		// Most of the time these tests wait: for transitions, for frames, for the browser.
		_ = flag.Set("test.parallel", strconv.Itoa(3*runtime.GOMAXPROCS(0)))
	}
	dir, err := os.MkdirTemp("", "firstframe-browser-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	folder = dir
	code = m.Run()
	stopBrowser()
	return code
}

// buildProgram builds the command without the race detector, which makes drawing ten times slower.
func buildProgram() (string, error) {
	file := filepath.Join(folder, "firstframe")
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", file, root).CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the command: %v\n%s", err, out)
	}
	return file, nil
}

// errNoBrowser says that there is nothing to look at pages with.
var errNoBrowser = errors.New("the pages are not tested: there is no chromium, chromium-browser or google-chrome in PATH")

// startBrowser starts the browser. Each test opens windows of its own in it.
func startBrowser() (context.Context, error) {
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil && path == "" {
			path = found
		}
	}
	if path == "" {
		return nil, errNoBrowser
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
	)
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ := chromedp.NewContext(allocator)
	stopBrowser = func() {
		_ = chromedp.Cancel(ctx)
		stop()
	}
	if err := chromedp.Do(ctx); err != nil {
		return nil, fmt.Errorf("starting %s: %w", path, err)
	}
	return ctx, nil
}
