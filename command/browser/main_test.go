package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"firstframe/command/commandtest"
)

// Almost all tests share one browser. The first test that needs it starts it, and TestMain ends it.
// It never keeps a page that was left. The keeper does, as the browsers of visitors do.
var (
	browser = sync.OnceValues(func() (context.Context, error) {
		return startBrowser(browsers, chromedp.Flag("disable-back-forward-cache", true))
	})
	keeper = sync.OnceValues(func() (context.Context, error) { return startBrowser(browsers[1:]) })
)

// stopBrowsers ends the browsers that were started.
var (
	stopping     sync.Mutex
	stopBrowsers []func()
)

func TestMain(m *testing.M) {
	code := commandtest.Main(m)
	for _, stop := range stopBrowsers {
		stop()
	}
	os.Exit(code)
}

// browsers are the names of the programs that can be the browser, the best first. The first is the
// same browser without its own windows and menus, which take a third of the time; it cannot keep pages.
// FIRSTFRAME_BROWSER names another one.
var browsers = []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"}

// errNoBrowser says that there is nothing to look at pages with.
var errNoBrowser = fmt.Errorf("the pages are not tested: none of %s is in PATH", strings.Join(browsers, ", "))

// startBrowser starts the first of the browsers that is installed. Each test opens windows of its own
// in it.
func startBrowser(names []string, flags ...chromedp.ExecAllocatorOption) (context.Context, error) {
	if wanted := os.Getenv("FIRSTFRAME_BROWSER"); wanted != "" {
		names = []string{wanted}
	}
	var path string
	for _, name := range names {
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
	options = append(options, flags...)
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ := chromedp.NewContext(allocator)
	stopping.Lock()
	stopBrowsers = append(stopBrowsers, func() {
		_ = chromedp.Cancel(ctx)
		stop()
	})
	stopping.Unlock()
	if err := chromedp.Do(ctx); err != nil {
		return nil, fmt.Errorf("starting %s: %w", path, err)
	}
	return ctx, nil
}
