package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long a test waits for something that should take a moment. When it is over,
// something hangs. It says nothing about speed.
const patience = time.Minute

// needed skips a test that misses something. In CI everything is installed, so there it fails.
func needed(t *testing.T, missing string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(missing)
	}
	t.Skip(missing)
}

// needBrowser starts the browser, or skips the test where there is none.
func needBrowser(t *testing.T) context.Context {
	t.Helper()
	return need(t, browser)
}

func need(t *testing.T, browser func() (context.Context, error)) context.Context {
	t.Helper()
	ctx, err := browser()
	if errors.Is(err, errNoBrowser) {
		needed(t, err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	return ctx
}

// window is a window of the browser. It keeps what went wrong in it.
type window struct {
	t   *testing.T
	ctx context.Context

	mu      sync.Mutex
	sites   []string // addresses of the sites that were visited
	missing bool     // whether a page may be answered with the status 404
	faults  []string
	pending map[network.RequestID]string
}

// size is the size of a window in CSS pixels.
type size struct{ width, height int64 }

var desktop = size{1440, 900}

// open opens a window.
func open(t *testing.T, s size) *window {
	t.Helper()
	return openIn(t, needBrowser(t), s)
}

// openIn opens a window of a browser.
func openIn(t *testing.T, browser context.Context, s size) *window {
	t.Helper()
	p := &window{t: t, pending: map[network.RequestID]string{}}
	ctx, stop := chromedp.NewContext(browser, chromedp.WithListener(p.hear))
	t.Cleanup(stop)
	p.ctx = ctx
	// The first use of a context opens the window. The window lives as long as the context.
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("opening a window: %v", err)
	}
	// Only one window has the focus. This makes every window believe that it has it.
	call(p, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	p.resize(s)
	return p
}

// resize gives the window another size. This costs far less than another window.
func (p *window) resize(s size) {
	p.t.Helper()
	p.do(chromedp.EmulateViewport(s.width, s.height))
}

// run runs a subtest in the window.
func (p *window) run(name string, test func(*testing.T)) {
	whole := p.t
	defer func() { p.t = whole }()
	whole.Run(name, func(t *testing.T) {
		p.t = t
		test(t)
	})
}

// hear keeps what goes wrong: errors and warnings (including what the page's policy refuses),
// requests that fail, and requests to other sites.
func (p *window) hear(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	complain := func(format string, args ...any) { p.faults = append(p.faults, fmt.Sprintf(format, args...)) }
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		complain("exception: %s", e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		complain("console.%s", e.Type)
	case *log.EventEntryAdded:
		if p.missing && e.Entry.Source == log.EntrySourceNetwork && strings.Contains(e.Entry.Text, "404") {
			return
		}
		complain("%s %s: %s (%s)", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL)
	case *network.EventRequestWillBeSent:
		if at := e.Request.URL; !p.within(e.DocumentURL, at) && !strings.HasPrefix(at, "data:") {
			complain("%s requests another site: %s", e.DocumentURL, at)
		}
		p.pending[e.RequestID] = e.Request.URL
	case *network.EventResponseReceived:
		if e.Response.Status >= 400 && !(p.missing && e.Type == network.ResourceTypeDocument) {
			complain("status %d of %s", e.Response.Status, e.Response.URL)
		}
	case *network.EventLoadingFinished:
		delete(p.pending, e.RequestID)
	case *network.EventLoadingFailed:
		if !e.Canceled { // leaving a page cancels its requests
			complain("%s: %s", p.pending[e.RequestID], e.ErrorText)
		}
		delete(p.pending, e.RequestID)
	}
}

// within reports whether an address is on the same visited site as the page that requests it.
func (p *window) within(page, address string) bool {
	i := slices.IndexFunc(p.sites, func(site string) bool { return strings.HasPrefix(page, site) })
	return i >= 0 && strings.HasPrefix(address, p.sites[i])
}

// visit opens a page of a site and waits until it has loaded.
func (p *window) visit(site, name string) {
	p.t.Helper()
	p.mu.Lock()
	p.sites = append(p.sites, site)
	p.mu.Unlock()
	p.do(chromedp.Navigate(site + name))
}

// mayMiss allows the status 404 for pages from now on.
func (p *window) mayMiss() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.missing = true
}

// clean fails the test if anything went wrong in the window.
func (p *window) clean(what string) {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, fault := range p.faults {
		p.t.Errorf("%s: %s", what, fault)
	}
	p.faults = nil
}

func (p *window) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatal(err)
	}
}

func call[P, R any](p *window, command cdp.Command[P, R], params P) {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, command, params); err != nil {
		p.t.Fatal(err)
	}
}

// ask evaluates a script and returns its value. It waits for a promise.
func ask[T any](p *window, script string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	answer, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("evaluating %.80q: %v", script, err)
	}
	return answer
}

// await waits until a script is true, on whatever page the window is by then.
func (p *window) await(script string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	for {
		// While the window goes from page to page, there is an error instead of a value.
		if ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script)); ok && err == nil {
			return
		}
		select {
		case <-ctx.Done():
			at := ask[string](p, `location.href + (document.querySelector(".viewer[open]") ? ", in the viewer at " + document.querySelector(".count").textContent : "")`)
			p.t.Fatalf("never true at %s: %s", at, script)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// awaitPage waits until the window shows a page of a site. A folder and its index.html are the same
// page. Scripts that must be true at the same time can follow: when the address has changed, the
// page before it may still be there, and when that has gone, the next one is not complete.
func (p *window) awaitPage(site, name string, also ...string) {
	p.t.Helper()
	path, fragment, _ := strings.Cut(name, "#")
	if fragment != "" {
		fragment = "#" + fragment
	}
	want := site + strings.TrimSuffix(path, "index.html") + fragment
	loaded := fmt.Sprintf(`document.readyState === "complete" && location.href.replace("index.html", "") === %q`, want)
	p.await(strings.Join(append([]string{loaded}, also...), " && "))
}

func (p *window) press(key string) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(key))
}

func (p *window) click(selector string) {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.CSS(selector)))
}

// media sets the medium and the preferences that the page sees.
func (p *window) media(medium string, features ...string) {
	p.t.Helper()
	params := emulation.SetEmulatedMediaParams{Media: medium}
	for _, f := range features {
		name, value, _ := strings.Cut(f, "=")
		params.Features = append(params.Features, &emulation.MediaFeature{Name: name, Value: value})
	}
	call(p, emulation.SetEmulatedMedia, params)
}

// fits fails the test if the page is wider than the window.
func (p *window) fits(what string) {
	p.t.Helper()
	const script = `(() => {
		const room = document.documentElement.clientWidth;
		if (document.documentElement.scrollWidth <= room) return [];
		return [...document.querySelectorAll("body *")]
			.filter(e => e.getBoundingClientRect().right > room + 1)
			.map(e => e.tagName + "." + e.className + " ends at " + e.getBoundingClientRect().right)
			.concat("the page is " + document.documentElement.scrollWidth + " wide");
	})()`
	if wide := ask[[]string](p, script); len(wide) > 0 {
		p.t.Errorf("%s must be scrolled sideways: %s", what, strings.Join(wide[max(0, len(wide)-5):], ", "))
	}
}

// is fails the test if a script does not return want.
func (p *window) is(script, want, what string) {
	p.t.Helper()
	if got := ask[string](p, script); got != want {
		p.t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

// step goes a step in the history, once the answer is on its way: the window may leave the document.
func (p *window) step(way string) {
	p.t.Helper()
	ask[bool](p, `setTimeout(() => history.`+way+`()) > 0`)
}

// back goes back in the history. This may or may not leave the document.
func (p *window) back() {
	p.t.Helper()
	p.step(`back`)
}
