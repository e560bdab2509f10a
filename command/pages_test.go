package command

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"firstframe/fetch/fetchtest"
	"firstframe/render/gallery"
	"firstframe/render/media"
)

// TestPages looks at the pages as a visitor does: with a browser, over HTTP and
// from disk, wide and narrow, light and dark, by keyboard and without scripts.
// Templates and style sheet are read by nothing else that could say that they
// are wrong.
func TestPages(t *testing.T) {
	browser := startBrowser(t)
	w := &world{
		browser: browser,
		demo:    serveSite(t, buildDemo(t)),
		long:    serveSite(t, buildLong(t)),
	}
	for _, test := range []struct {
		name string
		run  func(*testing.T, *world)
	}{
		{"load", testLoad},
		{"weight", testWeight},
		{"missing", testMissing},
		{"layout", testLayout},
		{"full rows", testFullRows},
		{"large text", testLargeText},
		{"without scripts", testWithoutScripts},
		{"tab key", testTabKey},
		{"page keys", testPageKeys},
		{"right to left", testRightToLeft},
		{"machines", testMachines},
		{"colours", testColours},
		{"print", testPrint},
		{"reduced motion", testReducedMotion},
		{"accessibility", testAccessibility},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, w)
		})
	}
}

// world is what the tests share: a browser, and two sites.
type world struct {
	browser context.Context

	// demo is the site of --demo. Its address is not known to it.
	demo *site

	// long is a site of several pages, with pictures of extreme shapes and with
	// words that fit nowhere. It is built for the folder /repo/ of a host.
	long *site
}

// ---- The sites ----

// site is a built site, and where it can be reached.
type site struct {
	dir    string
	images []gallery.Image // newest first
	root   string          // at the root of its host
	repo   string          // in a folder of its host
	disk   string          // without a server
}

// buildDemo builds the demo by the command itself. The command is built without
// the race detector, which makes the drawing of the pictures ten times as slow.
func buildDemo(t *testing.T) string {
	dir := t.TempDir()
	for _, c := range []*exec.Cmd{
		exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", filepath.Join(dir, "firstframe"), ".."),
		exec.CommandContext(t.Context(), filepath.Join(dir, "firstframe"), "--demo", "--cache", "cache", "--out", "site"),
	} {
		if filepath.IsAbs(c.Args[0]) {
			c.Dir = dir // which has no folder content/
		}
		if output, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", c.Args, err, output)
		}
	}
	return filepath.Join(dir, "site")
}

// longSize is how many images the long site has: two full pages of the oldest,
// and longFirst on the index.
const (
	longSize  = longFirst + 120
	longFirst = 60
)

// longShapes are the shapes of its pictures: what cameras and models make, a
// panorama, a tower and an icon.
var longShapes = []image.Point{{320, 180}, {180, 320}, {320, 213}, {240, 240}, {320, 134}, {256, 320}, {320, 32}, {32, 320}, {48, 48}}

// longWord has no place to break it.
var longWord = strings.Repeat("Donaudampfschifffahrt", 8)

// longContent is what its owner wrote.
var longContent = map[string]string{
	"index.md": "---\ntitle: " + longWord + "\nauthor: A & B\nlicense: CC BY\n---\nSee [about](about.md). " + longWord + "\n",
	"about.md": "---\ntitle: About\n---\n" + longWord + "\n\n```\n" + longWord + "\n```\n\n" +
		"| a | b |\n|---|---|\n| " + longWord + " | " + longWord + " |\n",
	"images/picture-179.jpg.md": "---\ntitle: \"<b>Fish & chips</b>\"\nalt: A plate\ntags: [sea, \"" + longWord + "\"]\nfeatured: true\n---\n`" + longWord + "`\n",
	"images/picture-177.jpg.md": "---\ntitle: " + longWord + "\n---\n",
	"images/picture-003.jpg.md": "---\ntitle: An old one\nfeatured: true\n---\n",
}

// writeFiles writes files of these names, which have slashes, below dir.
func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// buildSite builds the site of a service in this process, with the words of the
// folder content/ in dir, and returns the site's folder, which is in dir as well.
func buildSite(t *testing.T, dir string, service *fetchtest.Service, flags ...string) string {
	t.Helper()
	server := httptest.NewServer(service)
	defer server.Close()
	out := filepath.Join(dir, "site")
	var messages bytes.Buffer
	code := Run(t.Context(), repositoryFiles(), append([]string{
		"--api", server.URL, "--allow-private-hosts", "--token-file", "-",
		"--out", out, "--cache", filepath.Join(dir, "cache"), "--content", filepath.Join(dir, "content"),
	}, flags...), strings.NewReader(service.Token), &messages, &messages)
	if code != exitOK {
		t.Fatalf("building the site: exit code %d\n%s", code, &messages)
	}
	return out
}

// buildLong builds the long site.
func buildLong(t *testing.T) string {
	dir := t.TempDir()
	writeFiles(t, filepath.Join(dir, "content"), longContent)
	service := &fetchtest.Service{Token: "token", Pictures: longPictures(t)}
	return buildSite(t, dir, service, "--base-url", "https://gallery.example/repo/", "--widths", "120,240,480", "--originals")
}

func longPictures(t *testing.T) []fetchtest.Picture {
	pictures := make([]fetchtest.Picture, longSize)
	for i := range pictures {
		m := image.NewRGBA(image.Rectangle{Max: longShapes[i%len(longShapes)]})
		shade := color.RGBA{uint8(40 + i), uint8(200 - i), uint8(60 + 7*i%150), 255}
		draw.Draw(m, m.Bounds(), image.NewUniform(shade), image.Point{}, draw.Src)
		var data bytes.Buffer
		if err := jpeg.Encode(&data, m, nil); err != nil {
			t.Fatal(err)
		}
		pictures[i] = fetchtest.Picture{
			Name: fmt.Sprintf("picture-%03d.jpg", i), Type: "jpeg", Data: data.Bytes(),
			Uploaded: time.Date(2024, 7, 1, 13*i, 0, 0, 0, time.UTC),
		}
	}
	return pictures
}

// serveSite serves a site as --serve does, and as hosts do that give a site a
// folder: what is beside it is not ours.
func serveSite(t *testing.T, dir string) *site {
	state, _, err := gallery.Load(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	serve := func(h http.Handler) string {
		server := httptest.NewServer(h)
		t.Cleanup(server.Close)
		return server.URL + "/"
	}
	handler := siteHandler(os.DirFS(dir))
	inFolder := http.NewServeMux()
	inFolder.Handle("/repo/", http.StripPrefix("/repo", handler))
	return &site{
		dir: dir, images: state.Images,
		root: serve(handler),
		repo: serve(inFolder) + "repo/",
		disk: (&url.URL{Scheme: "file", Path: filepath.ToSlash(dir) + "/"}).String(),
	}
}

func imagePage(m gallery.Image) string { return "image/" + m.Slug + "/index.html" }

// pick returns the page of the first image that is so.
func (s *site) pick(t *testing.T, what string, is func(gallery.Image) bool) string {
	i := slices.IndexFunc(s.images, is)
	if i < 0 {
		t.Fatalf("%s has no %s picture", s.dir, what)
	}
	return imagePage(s.images[i])
}

func (s *site) landscape(t *testing.T) string {
	return s.pick(t, "landscape", func(m gallery.Image) bool { return 2*m.Width > 3*m.Height })
}

func (s *site) portrait(t *testing.T) string {
	return s.pick(t, "portrait", func(m gallery.Image) bool { return 2*m.Width < 3*m.Height && m.Width < m.Height })
}

// ---- The browser ----

// patience is how long a test waits for what should take moments. It says that
// something hangs, and nothing about speed.
const patience = time.Minute

// needed skips a test that lacks something, except where all is installed.
func needed(t *testing.T, missing string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(missing)
	}
	t.Skip(missing)
}

// startBrowser starts the one browser that the tests share: each has a window
// of its own in it.
func startBrowser(t *testing.T) context.Context {
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil && path == "" {
			path = found
		}
	}
	if path == "" {
		needed(t, "the pages are not tested: there is no chromium, chromium-browser or google-chrome in PATH")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
	)
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, _ := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("starting %s: %v", path, err)
	}
	t.Cleanup(func() { _ = chromedp.Cancel(ctx) })
	return ctx
}

// window is a browser's window, and what went wrong in it.
type window struct {
	t   *testing.T
	ctx context.Context

	mu      sync.Mutex
	site    string // the address that all requests must begin with
	missing bool   // the page itself is answered with the status 404
	faults  []string
	pending map[network.RequestID]string
}

// size is that of a window, in CSS pixels.
type size struct{ width, height int64 }

var desktop = size{1440, 900}

// open opens a window.
func (w *world) open(t *testing.T, s size) *window {
	p := &window{t: t, pending: map[network.RequestID]string{}}
	ctx, stop := chromedp.NewContext(w.browser, chromedp.WithListener(p.hear))
	t.Cleanup(stop)
	p.ctx = ctx
	// The first use of a context opens the window, which lives as long as it.
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("opening a window: %v", err)
	}
	// Only one window can have the focus, unless each is made to believe so.
	call(p, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	p.do(chromedp.EmulateViewport(s.width, s.height))
	return p
}

// hear takes down what goes wrong: errors and warnings, of which refusals by
// the page's policy are some, requests that fail, and requests to elsewhere.
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
		if at := e.Request.URL; !strings.HasPrefix(at, p.site) && !strings.HasPrefix(at, "data:") {
			complain("a request to elsewhere: %s", at)
		}
		p.pending[e.RequestID] = e.Request.URL
	case *network.EventResponseReceived:
		if e.Response.Status >= 400 && !(p.missing && e.Type == network.ResourceTypeDocument) {
			complain("status %d of %s", e.Response.Status, e.Response.URL)
		}
	case *network.EventLoadingFinished:
		delete(p.pending, e.RequestID)
	case *network.EventLoadingFailed:
		if !e.Canceled { // as by leaving the page
			complain("%s: %s", p.pending[e.RequestID], e.ErrorText)
		}
		delete(p.pending, e.RequestID)
	}
}

// visit goes to a page of a site, and waits until it has loaded.
func (p *window) visit(site, name string) {
	p.t.Helper()
	p.mu.Lock()
	p.site = site
	p.mu.Unlock()
	p.do(chromedp.Navigate(site + name))
}

// mayMiss lets pages be answered with the status 404 from now on.
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

// ask evaluates a script, and waits for what it promises.
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

// await waits until a script says true, on whatever page the window is then.
func (p *window) await(script string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	for {
		// On the way from page to page there is an error instead of an answer.
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

// awaitPage waits until the window shows a page of a site. A folder and its
// index.html are the same.
func (p *window) awaitPage(site, name string) {
	p.t.Helper()
	path, fragment, _ := strings.Cut(name, "#")
	if fragment != "" {
		fragment = "#" + fragment
	}
	want := site + strings.TrimSuffix(path, "index.html") + fragment
	p.await(fmt.Sprintf(`document.readyState === "complete" && location.href.replace("index.html", "") === %q`, want))
}

func (p *window) press(key string) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(key))
}

func (p *window) click(selector string) {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.CSS(selector)))
}

// media makes the page believe in a medium or a preference.
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
		p.t.Errorf("%s has to be scrolled sideways: %s", what, strings.Join(wide[max(0, len(wide)-5):], ", "))
	}
}

// ---- The tests ----

// testLoad visits every kind of page in the three ways in which a site is
// reached. An absolute address would break two of them, a policy that is too
// strict all, and a font or a script from elsewhere would tell others who
// looks at the gallery.
func testLoad(t *testing.T, w *world) {
	for name, s := range map[string]*site{"demo": w.demo, "long": w.long} {
		for way, root := range map[string]string{"root": s.root, "folder": s.repo, "disk": s.disk} {
			t.Run(name+" "+way, func(t *testing.T) {
				p := w.open(t, desktop)
				pages := []string{"index.html", "about/index.html", s.landscape(t), s.portrait(t)}
				if name == "long" {
					pages = append(pages, "page/2/index.html", "page/3/index.html", "month/2024-07/index.html", "tag/sea/index.html")
				}
				for _, name := range pages {
					p.visit(root, name)
					p.await(`document.readyState === "complete" && [...document.images].every(i => i.complete || i.loading === "lazy")`)
					if ask[string](p, `getComputedStyle(document.body).display`) != "flex" {
						t.Errorf("%s has no style", name)
					}
					if broken := ask[[]string](p, `[...document.images].filter(i => i.complete && i.currentSrc && !i.naturalWidth).map(i => i.currentSrc)`); len(broken) > 0 {
						t.Errorf("%s: these pictures do not show: %v", name, broken)
					}
					p.clean(name)
				}
			})
		}
	}
}

// testWeight weighs what a visitor loads before the pictures, compressed as
// servers do.
func testWeight(t *testing.T, w *world) {
	for _, part := range []struct {
		what, pattern string
		limit         int
	}{
		{"an index of 60 pictures", "index.html", 12_000},
		{"another page", "page/2/index.html", 12_000},
		{"the style sheets", "assets/*.css", 6_000},
		{"the scripts", "assets/*.js", 8_000},
	} {
		files, err := filepath.Glob(filepath.Join(w.long.dir, filepath.FromSlash(part.pattern)))
		if err != nil || files == nil {
			t.Fatalf("%s: %v, %v", part.pattern, files, err)
		}
		var packed bytes.Buffer
		packer, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := packer.Write(data); err != nil {
				t.Fatal(err)
			}
		}
		if err := packer.Close(); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d bytes", part.what, packed.Len())
		if packed.Len() > part.limit {
			t.Errorf("%s: %d bytes, want at most %d", part.what, packed.Len(), part.limit)
		}
	}
}

// testMissing asks for what is not there, at several depths: the page is shown
// under an address that it does not know.
func testMissing(t *testing.T, w *world) {
	depths := []string{"nothing", "image/nothing/", "a/b/c/nothing.html"}
	p := w.open(t, desktop)
	p.mayMiss()
	p.visit(w.demo.root, "index.html")
	wall := ask[string](p, `getComputedStyle(document.documentElement).backgroundColor`)
	for _, root := range []string{w.demo.root, w.demo.repo} {
		for _, depth := range depths {
			p.visit(root, depth)
			if title := ask[string](p, `document.querySelector("h1").textContent`); title != "Not found" {
				t.Errorf("%s%s shows %q", root, depth, title)
			}
			if n := ask[int](p, `document.querySelectorAll("[href]:not([href^='data:']), [src]").length`); n > 0 {
				t.Errorf("%s%s has %d addresses, of which none can be right at every depth", root, depth, n)
			}
			if got := ask[string](p, `getComputedStyle(document.documentElement).backgroundColor`); got != wall {
				t.Errorf("%s%s has the background %s, want %s: its style is not applied", root, depth, got, wall)
			}
			p.clean(depth)
		}
	}
	for _, depth := range depths {
		p.visit(w.long.repo, depth)
		if got := ask[string](p, `getComputedStyle(document.body).display`); got != "flex" {
			t.Errorf("%s of a site with a known address is not styled", depth)
		}
		p.click("main a")
		p.awaitPage(w.long.repo, "index.html")
		p.clean(depth)
	}
}

// tile is a picture of a gallery page, as it is laid out.
type tile struct {
	List          int // the number of its list on the page
	Slug          string
	Top           float64 // of the page
	Width, Height float64
	Lazy          bool
}

// testLayout looks at the pages on small and large screens.
func testLayout(t *testing.T, w *world) {
	for _, s := range []size{{320, 568}, {360, 740}, {768, 1024}, desktop, {2560, 1440}} {
		t.Run(fmt.Sprint(s.width), func(t *testing.T) {
			t.Parallel()
			p := w.open(t, s)
			call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watchShifts})
			for _, name := range []string{"index.html", "about/index.html", w.demo.landscape(t), w.demo.portrait(t)} {
				p.visit(w.demo.root, name)
				checkLayout(p, w.demo, s, "demo/"+name)
			}
			for _, name := range append(w.long.extremes(), "index.html", "about/index.html", "page/2/index.html", "page/3/index.html") {
				p.visit(w.long.root, name)
				checkLayout(p, w.long, s, "long/"+name)
			}
			p.mayMiss()
			p.visit(w.demo.root, "nothing")
			p.fits("404.html")
			p.clean("the pages")
		})
	}
}

// extremes are the pages of an image of every shape.
func (s *site) extremes() []string {
	var pages []string
	for i := range longShapes {
		pages = append(pages, imagePage(s.images[i]))
	}
	return pages
}

// watchShifts takes down what is moved about after it was shown.
const watchShifts = `
	window.shifts = [];
	window.watcher = new PerformanceObserver(list => shifts.push(...list.getEntries()));
	watcher.observe({type: "layout-shift", buffered: true});`

func checkLayout(p *window, s *site, screen size, what string) {
	p.t.Helper()
	// A browser may show a page of which it has only the beginning, and a row
	// finds its height with its last picture. What counts is from there on.
	ask[bool](p, `(async () => {
		for (const _ of [1, 2]) await new Promise(requestAnimationFrame);
		watcher.takeRecords();
		shifts.length = 0;
		return true;
	})()`)
	tiles := measure(p)
	for _, tile := range tiles {
		if tile.Lazy && tile.Top < float64(screen.height) {
			p.t.Errorf("%s: %s is on the first screen (%.0f of %d px), and loaded late", what, tile.Slug, tile.Top, screen.height)
			break
		}
	}
	if len(tiles) > 40 && screen.width < 400 && ask[bool](p, `[...document.images].at(-1).complete`) {
		p.t.Errorf("%s: the last picture is loaded before anybody scrolls to it", what)
	}
	scrollThrough(p)
	p.fits(what)
	checkRatios(p, s, tiles, what)
	checkRows(p, tiles, what)
	for _, shift := range ask[[]string](p, `shifts.concat(watcher.takeRecords()).map(s =>
		s.value + " " + s.sources.map(x => x.node?.outerHTML?.slice(0, 120)).join(" "))`) {
		p.t.Errorf("%s: what was shown moved: %s", what, shift)
	}
	if late := ask[int](p, `[...document.images].filter(i => !i.complete || !i.naturalWidth).length`); late > 0 {
		p.t.Errorf("%s: %d pictures are not shown after scrolling through", what, late)
	}
}

func measure(p *window) []tile {
	return ask[[]tile](p, `[...document.querySelectorAll(".tiles")].flatMap((list, n) => [...list.querySelectorAll("img")].map(i => {
		const box = i.getBoundingClientRect();
		return {
			List: n, Slug: i.closest("a").href.match(/image\/([0-9a-f]+)/)[1], Top: box.top + scrollY,
			Width: box.width, Height: box.height, Lazy: i.loading === "lazy",
		};
	}))`)
}

// scrollThrough scrolls to the end by halves of a screen, as soon as the
// pictures in sight have loaded.
func scrollThrough(p *window) {
	p.t.Helper()
	ask[bool](p, `(async () => {
		const frame = () => new Promise(requestAnimationFrame);
		const waiting = i => {
			const box = i.getBoundingClientRect();
			return !i.complete && box.bottom > 0 && box.top < innerHeight;
		};
		for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight / 2) {
			scrollTo(0, y);
			do await frame(); while ([...document.images].some(waiting));
		}
		await frame();
		await frame();
		return true;
	})()`)
}

// checkRatios compares the pictures with their largest renditions: a picture
// must be neither cut nor stretched.
func checkRatios(p *window, s *site, tiles []tile, what string) {
	p.t.Helper()
	largest := map[string]media.Rendition{}
	for _, m := range s.images {
		largest[m.Slug] = m.Renditions[len(m.Renditions)-1]
	}
	for _, tile := range tiles {
		r := largest[tile.Slug]
		want := tile.Width * float64(r.Height) / float64(r.Width)
		if off := math.Abs(tile.Height - want); off > max(1, want/100) {
			p.t.Errorf("%s: %s of %d×%d is shown as %.1f×%.1f", what, tile.Slug, r.Width, r.Height, tile.Width, tile.Height)
		}
	}
}

// checkRows checks that the pictures of a row are of one height, and that the
// last row, which is seldom full, is not blown up to fill its width.
func checkRows(p *window, tiles []tile, what string) {
	p.t.Helper()
	for list := range 2 {
		var heights []float64
		row := -1.0
		for _, tile := range tiles {
			if tile.List != list {
				continue
			}
			if math.Abs(tile.Top-row) > 1 {
				row = tile.Top
				heights = append(heights, tile.Height)
			} else if h := heights[len(heights)-1]; math.Abs(tile.Height-h) > 1 {
				p.t.Errorf("%s: %s is %.1f px high in a row of %.1f px", what, tile.Slug, tile.Height, h)
			}
		}
		if len(heights) < 4 {
			continue
		}
		last := heights[len(heights)-1]
		others := slices.Sorted(slices.Values(heights[:len(heights)-1]))
		if median := others[len(others)/2]; last > 1.3*median {
			p.t.Errorf("%s: the last row is %.0f px high, where the others are %.0f", what, last, median)
		}
	}
}

// testFullRows looks for rows that end before the page does, other than the
// last one: among pictures of usual shapes there is no reason for any.
func testFullRows(t *testing.T, w *world) {
	for _, width := range []int64{360, 660, 768, 900, 1440, 2560} {
		p := w.open(t, size{width, 900})
		for _, name := range []string{"index.html", "index.html?q=moon", "tag/night/index.html"} {
			p.visit(w.demo.root, name)
			p.await(`!location.search || document.querySelector(".hits li") !== null`)
			for _, gap := range ask[[]string](p, `(() => {
				const list = document.querySelector("main > .tiles:not([hidden])"), end = list.getBoundingClientRect().right;
				const boxes = [...list.children].map(e => e.getBoundingClientRect());
				return boxes.filter((box, i) => boxes[i + 1]?.top > box.top + 1 && box.right < end - 1).map(box => (end - box.right) + " px at " + box.top);
			})()`) {
				t.Errorf("%s at %d px: a row leaves %s", name, width, gap)
			}
		}
		p.clean("the pages")
	}
}

// testLargeText looks at pages on a phone whose owner reads letters of twice
// the usual size: nothing may lie on anything else.
func testLargeText(t *testing.T, w *world) {
	p := w.open(t, size{360, 740})
	for at, s := range map[string]*site{
		"index.html": w.demo, w.demo.landscape(t): w.demo, "about/index.html": w.demo, "page/2/index.html": w.long, imagePage(w.long.images[1]): w.long,
	} {
		p.visit(s.root, at)
		ask[bool](p, `{ document.documentElement.style.fontSize = "200%"; true }`)
		p.fits(at)
		for _, pair := range ask[[]string](p, `(() => {
			const links = [...document.querySelectorAll(".top a, .pager a, .foot a")].map(e => [e.textContent, e.getBoundingClientRect()]);
			return links.flatMap(([one, a], i) => links.slice(i + 1).filter(([, b]) =>
				a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1).map(([other]) => one + " and " + other));
		})()`) {
			t.Errorf("%s: one link lies on the other: %s", at, pair)
		}
	}

	// To a style sheet's queries such letters are a window of half the width.
	p = w.open(t, size{180, 370})
	p.visit(w.demo.root, w.demo.landscape(t))
	if lines := ask[float64](p, `(e => e.offsetHeight / parseFloat(getComputedStyle(e).lineHeight))(document.querySelector(".plate dd"))`); lines > 2.1 {
		t.Errorf("the date stands on %.1f lines", lines)
	}
	p.visit(w.demo.root, "index.html")
	p.click(".tiles a")
	p.await(`document.querySelector(".viewer").open`)
	p.still()
	if ask[bool](p, `document.querySelector(".close").getBoundingClientRect().right > document.documentElement.clientWidth`) {
		t.Error("the way out of the viewer is out of the window")
	}
	p.clean("the pages")
}

// testWithoutScripts walks through a site with scripts turned off: they must
// add keys, and nothing else.
func testWithoutScripts(t *testing.T, w *world) {
	s := w.long
	p := w.open(t, desktop)
	call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	first := s.images[0]
	for _, at := range []struct {
		list  string
		tile  int // on its page
		image int // in the gallery
	}{{"index.html", 2, 2}, {"page/3/index.html", 5, longFirst + 5}} {
		p.visit(s.repo, at.list)
		m := s.images[at.image]
		p.click(`a[id="i-` + m.Slug + `"]`)
		p.awaitPage(s.repo, imagePage(m))
		p.click(".older")
		p.awaitPage(s.repo, imagePage(s.images[at.image+1]))
		p.click(".newer")
		p.awaitPage(s.repo, imagePage(m))
		p.click(".back")
		p.awaitPage(s.repo, at.list+"#i-"+m.Slug)
		if !ask[bool](p, `(() => { const box = document.querySelector(":target").getBoundingClientRect();
			return box.top >= 0 && box.top < innerHeight })()`) {
			t.Errorf("back on %s, the picture is out of sight", at.list)
		}
	}
	p.visit(s.repo, "index.html")
	for _, next := range []string{"page/3/index.html", "page/2/index.html"} {
		p.click(".older")
		p.awaitPage(s.repo, next)
	}
	if n := ask[int](p, `document.querySelectorAll(".older").length`); n > 0 {
		t.Error("the page of the oldest pictures leads to older ones")
	}
	for _, next := range []string{"page/3/index.html", "index.html"} {
		p.click(".newer")
		p.awaitPage(s.repo, next)
	}
	p.visit(s.repo, imagePage(first))
	p.click(".top p a")
	p.awaitPage(s.repo, "index.html")
	p.click(".top nav a")
	p.awaitPage(s.repo, "about/index.html")
	p.clean("the walk")
}

// stops are the elements that the tab key leads to.
const stops = `a[href]:not(dialog *), .find input, .find summary`

// focused is the element that has the focus.
type focused struct {
	Number  int // among the page's stops
	Ring    bool
	InSight bool
	Name    string
}

func focus(p *window) focused {
	return ask[focused](p, `(() => {
		const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
		return {
			Number: [...document.querySelectorAll(`+"`"+stops+"`"+`)].indexOf(e),
			Ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 || style.boxShadow !== "none",
			InSight: box.width > 0 && box.bottom > 0 && box.top < innerHeight && style.clipPath === "none",
			Name: e.outerHTML.slice(0, 100),
		};
	})()`)
}

// testTabKey goes through pages by the tab key: every link and field must be reached, in
// the order of the page, and be seen to have the focus.
func testTabKey(t *testing.T, w *world) {
	p := w.open(t, desktop)
	for _, name := range []string{"index.html", "about/index.html", w.demo.landscape(t)} {
		p.visit(w.demo.root, name)
		for i := range ask[int](p, "document.querySelectorAll(`"+stops+"`).length") {
			p.press(kb.Tab)
			f := focus(p)
			switch {
			case i == 0 && !strings.Contains(f.Name, `href="#Main"`):
				t.Errorf("%s: first comes %s, want the link that skips the navigation", name, f.Name)
			case f.Number != i:
				t.Fatalf("%s: press %d of the tab key leads to %s, want stop %d of the page", name, i+1, f.Name, i+1)
			case !f.Ring:
				t.Errorf("%s: nothing shows that the focus is on %s", name, f.Name)
			case !f.InSight:
				t.Errorf("%s: the focus is out of sight, on %s", name, f.Name)
			}
		}
	}
	p.visit(w.demo.root, "index.html")
	p.press(kb.Tab)
	p.press(kb.Enter)
	p.await(`location.hash === "#Main"`)
	p.press(kb.Tab)
	if !ask[bool](p, `document.activeElement.matches("main a")`) {
		t.Errorf("the link to the content leads to %s", focus(p).Name)
	}
	p.clean("the way")
}

// testPageKeys goes from picture to picture by the keys of site.js, which must
// leave those of the browser alone.
func testPageKeys(t *testing.T, w *world) {
	for way, s := range map[string]string{"server": w.long.repo, "disk": w.long.disk} {
		t.Run(way, func(t *testing.T) {
			p := w.open(t, desktop)
			p.visit(s, imagePage(w.long.images[longFirst+1]))
			p.press(kb.ArrowLeft)
			p.awaitPage(s, imagePage(w.long.images[longFirst]))
			p.press(kb.ArrowRight)
			p.awaitPage(s, imagePage(w.long.images[longFirst+1]))
			p.press(kb.Escape)
			p.awaitPage(s, "page/3/index.html#i-"+w.long.images[longFirst+1].Slug)
			p.press(kb.ArrowLeft)
			p.awaitPage(s, "index.html")
			p.press(kb.ArrowRight)
			p.awaitPage(s, "page/3/index.html")
			p.visit(s, imagePage(w.long.images[1]))
			for _, with := range []string{"altKey", "ctrlKey", "metaKey", "shiftKey", "repeat"} {
				if !ask[bool](p, `document.body.dispatchEvent(new KeyboardEvent("keydown",
					{key: "ArrowRight", bubbles: true, cancelable: true, `+with+`: true}))`) {
					t.Errorf("the arrow key with %s is taken from the browser", with)
				}
			}
			p.clean("the way")
		})
	}
}

// testColours compares a light and a dark page. The contrast is measured by
// testAccessibility.
func testColours(t *testing.T, w *world) {
	p := w.open(t, desktop)
	p.mayMiss()
	for _, name := range []string{"index.html", "about/index.html", w.demo.landscape(t), "nothing"} {
		seen := map[string]string{}
		for _, scheme := range []string{"light", "dark"} {
			p.media("", "prefers-color-scheme="+scheme)
			p.visit(w.demo.root, name)
			for _, property := range []string{"backgroundColor", "color"} {
				value := ask[string](p, `getComputedStyle(document.documentElement).`+property)
				if other, ok := seen[value]; ok {
					t.Errorf("%s: the %s of the %s page is %s, as is the %s", name, property, scheme, value, other)
				}
				seen[value] = property + " of the " + scheme + " page"
			}
		}
	}
	p.clean("the pages")
}

// testPrint lays the pages out on paper, which must cut nothing off.
func testPrint(t *testing.T, w *world) {
	p := w.open(t, size{794, 1123}) // A4
	p.media("print", "prefers-color-scheme=dark")
	for _, name := range []string{"index.html", "about/index.html", w.demo.landscape(t), w.demo.portrait(t)} {
		p.visit(w.demo.root, name)
		scrollThrough(p)
		p.fits(name)
		checkRatios(p, w.demo, measure(p), name)
		if luminance(t, ask[string](p, `getComputedStyle(document.documentElement).color`)) > 0.5 {
			t.Errorf("%s prints light letters, for a dark background that is not printed", name)
		}
	}

	// Behind the viewer there is the page, and it is what is printed.
	p.media("")
	p.visit(w.demo.root, "index.html")
	p.click(".tiles a")
	p.await(`document.querySelector(".viewer").open`)
	p.still()
	p.media("print", "prefers-color-scheme=dark")
	if luminance(t, ask[string](p, `getComputedStyle(document.documentElement).backgroundColor`)) < 0.9 {
		t.Error("with the viewer open the page is printed on the viewer's dark ground")
	}
	p.is(`getComputedStyle(document.documentElement).overflow`, "visible", "what does not fit the first sheet")
	p.clean("the pages")
}

var rgb = regexp.MustCompile(`^rgb\((\d+), (\d+), (\d+)\)$`)

// luminance is how light a colour is, roughly: 0 is black, 1 white.
func luminance(t *testing.T, css string) float64 {
	var r, g, b float64
	m := rgb.FindStringSubmatch(css)
	if m == nil {
		t.Fatalf("%q is no colour", css)
	}
	fmt.Sscan(strings.Join(m[1:], " "), &r, &g, &b)
	return (0.21*r + 0.72*g + 0.07*b) / 255
}

// testReducedMotion finds whatever moves for those who asked that nothing does.
func testReducedMotion(t *testing.T, w *world) {
	p := w.open(t, desktop)
	p.media("", "prefers-reduced-motion=reduce")
	for _, name := range []string{"index.html", "about/index.html", w.demo.landscape(t)} {
		p.visit(w.demo.root, name)
		moving := ask[[]string](p, `[...document.querySelectorAll("*")].filter(e => {
			const s = getComputedStyle(e);
			const times = (s.transitionDuration + "," + s.animationDuration).split(",").map(parseFloat);
			return Math.max(...times) > .01 || s.scrollBehavior === "smooth";
		}).map(e => e.outerHTML.slice(0, 80))`)
		if len(moving) > 0 {
			t.Errorf("%s: %d elements move, as %s", name, len(moving), moving[0])
		}
		p.fits(name)
	}
	p.clean("the pages")
}

// violation is a rule of axe that a page breaks.
type violation struct {
	ID, Help string
	Nodes    []struct{ HTML, FailureSummary string }
}

// testAccessibility has the pages checked by axe: names and roles, landmarks,
// headings, and the contrast of every text.
func testAccessibility(t *testing.T, w *world) {
	file := os.Getenv("FIRSTFRAME_AXE")
	if file == "" {
		needed(t, "the accessibility is not tested: FIRSTFRAME_AXE is not the path of axe.min.js (npm install axe-core)")
	}
	axe, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pages := []struct {
		root, name string
	}{
		{w.demo.root, "index.html"},
		{w.demo.root, "about/index.html"},
		{w.demo.root, w.demo.landscape(t)},
		{w.demo.root, "nothing"},
		{w.demo.root, "month/2024-10/index.html"},
		{w.demo.root, "tag/sea/index.html"},
		{w.long.repo, "index.html"},
		{w.long.repo, "page/3/index.html"},
		{w.long.repo, "month/2024-07/index.html"},
		{w.long.repo, "tag/sea/index.html"},
		{w.long.repo, imagePage(w.long.images[0])},
		{w.long.repo, "nothing"},
	}
	for _, s := range []size{{360, 740}, desktop} {
		for _, scheme := range []string{"light", "dark"} {
			t.Run(fmt.Sprint(s.width, " ", scheme), func(t *testing.T) {
				t.Parallel()
				p := w.open(t, s)
				p.mayMiss()
				p.media("", "prefers-color-scheme="+scheme)
				for _, at := range pages {
					p.visit(at.root, at.name)
					ask[bool](p, string(axe)+"\n;true")
					for _, v := range ask[[]violation](p, `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations)`) {
						t.Errorf("%s: %s: %s\n%s\n%s", at.name, v.ID, v.Help, v.Nodes[0].HTML, v.Nodes[0].FailureSummary)
					}
				}
			})
		}
	}
}

// ---- The README's pictures ----

// TestScreenshots takes the README's pictures of the demo. .ci/screenshots runs it.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv("FIRSTFRAME_SCREENSHOTS")
	if dir == "" {
		t.Skip("FIRSTFRAME_SCREENSHOTS names no folder to take them to")
	}
	w := &world{browser: startBrowser(t), demo: serveSite(t, buildDemo(t))}
	for _, shot := range []struct {
		name, page, scheme string
		size               size
	}{
		{"index.jpg", "index.html", "light", size{1280, 860}},
		{"image.jpg", imagePage(w.demo.images[8]), "dark", size{1280, 860}},
		{"phone.jpg", "index.html", "dark", size{390, 844}},
	} {
		p := w.open(t, shot.size)
		p.media("", "prefers-color-scheme="+shot.scheme)
		p.visit(w.demo.root, shot.page)
		// Loaded is not painted: a picture is decoded on its way to the screen.
		ask[bool](p, `(async () => {
			await Promise.all([...document.images].filter(i => i.getBoundingClientRect().top < innerHeight).map(i => i.decode()));
			for (const _ of [1, 2]) await new Promise(requestAnimationFrame);
			return true;
		})()`)
		quality := int64(82)
		answer, err := chromedp.Call(p.ctx, page.CaptureScreenshot,
			page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatJpeg, Quality: &quality})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, shot.name), answer.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
