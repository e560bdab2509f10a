package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"

	"firstframe/command/commandtest"

	"github.com/chromedp/chromedp"
)

// All tests share one browser. The first test that needs it starts it, and TestMain ends it.
var (
	browser     = sync.OnceValues(startBrowser)
	stopBrowser = func() {}
)

func TestMain(m *testing.M) {
	code := commandtest.Main(m)
	stopBrowser()
	os.Exit(code)
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
