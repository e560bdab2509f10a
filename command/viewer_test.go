package command

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"firstframe/fetch/fetchtest"
)

// TestViewer uses the viewer and the search as visitors do: by mouse, keys and
// touch, over HTTP and from disk.
func TestViewer(t *testing.T) {
	v := &visit{world: &world{browser: startBrowser(t)}, site: serveSite(t, buildStudio(t))}
	for _, test := range []struct {
		name string
		run  func(*testing.T, *visit)
	}{
		{"open", testOpen},
		{"keys", testViewerKeys},
		{"other clicks", testOtherClicks},
		{"across pages", testAcrossPages},
		{"month", testMonth},
		{"touch", testTouch},
		{"pull", testPull},
		{"mouse", testMouse},
		{"panel", testPanel},
		{"slideshow", testSlideshow},
		{"motion", testMotion},
		{"search", testSearch},
		{"filters", testFilters},
		{"many", testMany},
		{"disk", testDisk},
		{"strangers", testStrangers},
		{"right to left", testViewerRightToLeft},
		{"no data", testNoData},
		{"narrow", testNarrow},
		{"bar", testBar},
		{"no scripts", testNoScripts},
		{"accessibility", testViewerAccessibility},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, v)
		})
	}
}

// visit is a site that is visited.
type visit struct {
	*world
	site *site
}

// studioSize is how many images the site has, and studioFirst how many of them
// are on the index. The second page has the oldest, some of which are on both.
const (
	studioSize  = 90
	studioFirst = 60
)

// stranger is what must be shown as it is, wherever it comes from.
const stranger = `<script>hacked()</script><img src=x onerror=hacked()>`

// strangerLabel is what of it an account's label may be: one with an equals sign is refused.
const strangerLabel = `<script>hacked()</script>`

// studioContent is what the owner wrote about the newest three.
var studioContent = map[string]string{
	"images/shot-89.jpg.md": "---\ntitle: The harbour\nalt: Boats at night\ntags: [sea, night]\n---\nBefore the *storm*.\n",
	"images/shot-88.jpg.md": "---\ntitle: Café\ntags: [night]\n---\n",
	"images/shot-87.jpg.md": "---\ntitle: '" + stranger + "'\n---\n",
}

// buildStudio builds a site of two pages. Its pictures are landscape, but for
// every fifth, which is a portrait and a PNG, and they are of three months.
func buildStudio(t *testing.T) string {
	dir := t.TempDir()
	writeFiles(t, filepath.Join(dir, "content"), studioContent)
	service := &fetchtest.Service{Token: "token", Pictures: studioPictures(t)}
	return buildSite(t, dir, service, "--title", "Studio", "--widths", "120,240,800")
}

func studioPictures(t *testing.T) []fetchtest.Picture {
	pictures := make([]fetchtest.Picture, studioSize)
	for i := range pictures {
		bounds, kind, encode := image.Rect(0, 0, 800, 450), "jpeg", func(b *bytes.Buffer, m image.Image) error { return jpeg.Encode(b, m, nil) }
		name := fmt.Sprintf("shot-%02d.jpg", i)
		if i%5 == 0 {
			bounds, kind, encode = image.Rect(0, 0, 300, 400), "png", func(b *bytes.Buffer, m image.Image) error { return png.Encode(b, m) }
			name = fmt.Sprintf("shot-%02d.png", i)
		}
		m := image.NewPaletted(bounds, color.Palette{color.RGBA{uint8(3 * i), 90, uint8(200 - 2*i), 255}})
		var data bytes.Buffer
		if err := encode(&data, m); err != nil {
			t.Fatal(err)
		}
		pictures[i] = fetchtest.Picture{
			Name: name, Type: kind, Data: data.Bytes(), Uploaded: time.Date(2024, 5, 1+i, 12, 0, 0, 0, time.UTC),
		}
	}
	return pictures
}

// ---- What is looked at ----

func (v *visit) index(t *testing.T, s size) *window {
	p := v.open(t, s)
	p.visit(v.site.root, "index.html")
	return p
}

func (v *visit) tile(i int) string { return `.tiles a[href*="` + v.site.images[i].Slug + `"]` }

// shows waits until the viewer shows image i of the site as number n of count,
// and has the image's address.
func (v *visit) shows(p *window, i, n, count int) {
	p.t.Helper()
	p.await(fmt.Sprintf(`document.querySelector(".viewer").open && document.querySelector(".count").textContent.replaceAll(",", "") === "%d / %d" &&
		document.querySelector(".slide:not([inert]) img").src.includes(%q)`, n, count, v.site.images[i].Slug))
	p.await(fmt.Sprintf(`location.href.includes(%q)`, v.site.images[i].Slug))
	p.still()
}

// still waits for the end of a transition, during which nothing can be clicked.
func (p *window) still() {
	p.t.Helper()
	p.await(`!document.documentElement.matches(":active-view-transition")`)
}

// closed waits until the viewer is closed, and the focus is on a tile.
func (v *visit) closed(p *window, i int) {
	p.t.Helper()
	p.await(`!document.querySelector(".viewer").open`)
	p.still()
	p.await(fmt.Sprintf(`document.activeElement.matches(%q)`, v.tile(i)))
	if !ask[bool](p, `(() => { const box = document.activeElement.getBoundingClientRect(); return box.bottom > 0 && box.top < innerHeight })()`) {
		p.t.Errorf("the picture shown last is out of sight")
	}
}

func (p *window) is(script, want, what string) {
	p.t.Helper()
	if got := ask[string](p, script); got != want {
		p.t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

// back goes back in the history, which may or may not leave the document.
func (p *window) back() {
	p.t.Helper()
	ask[bool](p, `history.back() ?? true`)
}

// ---- The viewer ----

// testOpen opens a picture, and leaves it in every way.
func testOpen(t *testing.T, v *visit) {
	p := v.index(t, desktop)
	entries := ask[int](p, `history.length`)
	p.click(v.tile(2))
	v.shows(p, 2, 3, studioSize)
	p.await(`document.querySelector(".viewer > .unseen").textContent.startsWith("3 of 90: ")`)
	if got := ask[string](p, `location.href`); got != v.site.root+"image/"+v.site.images[2].Slug+"/" {
		t.Errorf("the address of a picture is %s", got)
	}
	p.await(`document.title.endsWith(" · Studio")`)
	for range 30 {
		p.press(kb.Tab)
		if name := ask[string](p, `(e => e === document.body || e.closest(".viewer") ? "" : e.outerHTML)(document.activeElement)`); name != "" {
			t.Fatalf("the tab key leads out of the viewer, to %s", name)
		}
	}
	for _, name := range []string{".prev", ".next", ".close"} {
		if small := ask[bool](p, `(b => Math.min(b.width, b.height) < 24)(document.querySelector(`+fmt.Sprintf("%q", name)+`).getBoundingClientRect())`); small {
			t.Errorf("%s is smaller than 24 px", name)
		}
	}
	p.press(kb.ArrowRight)
	v.shows(p, 3, 4, studioSize)
	if got := ask[int](p, `history.length`); got != entries+1 {
		t.Errorf("there are %d entries in the history, want %d", got, entries+1)
	}
	p.back()
	v.closed(p, 3)
	p.awaitPage(v.site.root, "index.html")
	p.is(`document.title`, "Studio", "after closing")
	ask[bool](p, `history.forward() ?? true`)
	v.shows(p, 3, 4, studioSize)
	p.press(kb.Escape)
	v.closed(p, 3)
	p.click(v.tile(1))
	v.shows(p, 1, 2, studioSize)
	p.click(".close")
	v.closed(p, 1)

	// The address is the picture's page, for those who reload or were sent it.
	p.click(v.tile(1))
	v.shows(p, 1, 2, studioSize)
	p.do(chromedp.Reload())
	p.awaitPage(v.site.root, imagePage(v.site.images[1]))
	p.await(`document.querySelector(".stage") !== null`)
	p.back()
	p.awaitPage(v.site.root, "index.html")
	p.clean("the visit")
}

// testViewerKeys goes through the pictures by keys.
func testViewerKeys(t *testing.T, v *visit) {
	p := v.index(t, desktop)
	ask[bool](p, `document.querySelector(`+fmt.Sprintf("%q", v.tile(4))+`).focus() ?? true`)
	p.press(kb.Enter)
	v.shows(p, 4, 5, studioSize)
	p.press(kb.ArrowLeft)
	v.shows(p, 3, 4, studioSize)
	p.press(kb.Home)
	v.shows(p, 0, 1, studioSize)
	p.press(kb.ArrowLeft)
	p.press(kb.ArrowRight)
	p.press(kb.ArrowRight)
	v.shows(p, 2, 3, studioSize)
	p.press(kb.End)
	v.shows(p, studioSize-1, studioSize, studioSize)
	p.click(".prev")
	v.shows(p, studioSize-2, studioSize-1, studioSize)
	p.click(".next")
	v.shows(p, studioSize-1, studioSize, studioSize)
	p.press(kb.Home)
	v.shows(p, 0, 1, studioSize)

	// So it is for those who went to the picture by the tab key.
	ask[bool](p, `document.querySelector(".slide:not([inert])").focus() ?? true`)
	p.press(kb.ArrowRight)
	v.shows(p, 1, 2, studioSize)
	p.await(`document.activeElement === document.querySelector(".slide:not([inert])")`)
	p.press(kb.End)
	v.shows(p, studioSize-1, studioSize, studioSize)
	p.press(kb.Home)
	v.shows(p, 0, 1, studioSize)
	p.press(kb.Escape)
	v.closed(p, 0)
	p.clean("the way")
}

// testOtherClicks leaves to the browser what is its own.
func testOtherClicks(t *testing.T, v *visit) {
	p := v.index(t, desktop)
	for _, with := range []string{"ctrlKey: true", "metaKey: true", "shiftKey: true", "altKey: true"} {
		if ask[bool](p, `(() => {
			let taken;
			addEventListener("click", e => { taken = e.defaultPrevented; e.preventDefault() }, {once: true});
			document.querySelector(".tiles img").dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true, `+with+`}));
			return taken;
		})()`) {
			t.Errorf("a click with %s is taken from the browser", with)
		}
	}
	p.clean("the clicks")
}

// testAcrossPages walks from page to page of the gallery.
func testAcrossPages(t *testing.T, v *visit) {
	p := v.index(t, desktop)
	const last = studioFirst - 1
	p.click(v.tile(last))
	v.shows(p, last, last+1, studioSize)
	p.press(kb.ArrowRight)
	v.shows(p, last+1, last+2, studioSize)
	p.press(kb.Escape)
	v.closed(p, last) // the last of this page
	p.click("a.older")
	p.awaitPage(v.site.root, "page/2/index.html#i-"+v.site.images[studioFirst].Slug) // past what was seen
	const first = studioSize - 60
	p.visit(v.site.repo, "page/2/index.html")
	p.click(v.tile(first))
	v.shows(p, first, first+1, studioSize)
	p.press(kb.ArrowLeft)
	v.shows(p, first-1, first, studioSize)
	p.press(kb.Escape)
	v.closed(p, first) // the first of this page
	p.clean("the walk")
}

// testMonth walks through the pictures of a month, and no others.
func testMonth(t *testing.T, v *visit) {
	p := v.open(t, desktop)
	p.visit(v.site.root, "month/2024-06/index.html")
	first := studioSize - 61
	p.click(v.tile(first))
	v.shows(p, first, 1, 30)
	p.press(kb.End)
	v.shows(p, first+29, 30, 30)
	p.clean("the walk")
}

func (p *window) touch(kind input.DispatchTouchEventType, points ...float64) {
	p.t.Helper()
	params := input.DispatchTouchEventParams{Type: kind, TouchPoints: []*input.TouchPoint{}}
	for i := 0; i < len(points); i += 2 {
		id := float64(i)
		params.TouchPoints = append(params.TouchPoints, &input.TouchPoint{X: points[i], Y: points[i+1], ID: &id})
	}
	call(p, input.DispatchTouchEvent, params)
}

// testTouch swipes, pinches and taps.
func testTouch(t *testing.T, v *visit) {
	p := v.open(t, size{390, 844})
	call(p, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true, MaxTouchPoints: 2})
	p.visit(v.site.root, "index.html")
	p.click(v.tile(1))
	v.shows(p, 1, 2, studioSize)
	swipe := func(from, by float64) {
		p.touch(input.DispatchTouchEventTypeTouchStart, from, 400)
		for step := 1.0; step <= 10; step++ {
			p.touch(input.DispatchTouchEventTypeTouchMove, from+by*step/10, 400)
		}
		p.touch(input.DispatchTouchEventTypeTouchEnd)
	}
	swipe(350, -320)
	v.shows(p, 2, 3, studioSize)
	swipe(40, 320)
	v.shows(p, 1, 2, studioSize)

	p.touch(input.DispatchTouchEventTypeTouchStart, 150, 400, 240, 400)
	p.touch(input.DispatchTouchEventTypeTouchMove, 100, 400, 290, 400)
	p.touch(input.DispatchTouchEventTypeTouchMove, 60, 400, 330, 400)
	p.touch(input.DispatchTouchEventTypeTouchEnd)
	p.await(`document.querySelector(".viewer.zoomed .slide:not([inert]) img").offsetWidth > innerWidth * 1.8`)
	// Both taps at once: on a busy machine those of fingers would be too far apart.
	tap := func(times int) {
		ask[bool](p, fmt.Sprintf(`[1, 2].slice(0, %d).every(() => document.querySelector(".slide:not([inert]) img").dispatchEvent(
			new PointerEvent("click", {bubbles: true, pointerType: "touch", clientX: 195, clientY: 400})))`, times))
	}
	tap(2)
	p.await(`!document.querySelector(".viewer.zoomed")`)
	for _, bare := range []bool{true, false} {
		tap(1)
		p.await(fmt.Sprintf(`document.querySelector(".viewer").classList.contains("bare") === %v`, bare))
	}

	p.click(".close")
	v.closed(p, 1)
	p.clean("the touches")
}

// testPull pulls the picture down, which closes the viewer if it is meant.
func testPull(t *testing.T, v *visit) {
	p := v.open(t, size{390, 844})
	call(p, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true, MaxTouchPoints: 2})
	p.visit(v.site.root, "index.html")
	p.click(v.tile(1))
	v.shows(p, 1, 2, studioSize)
	pull := func(x, y float64) {
		p.touch(input.DispatchTouchEventTypeTouchStart, 195, 400)
		for step := 1.0; step <= 10; step++ {
			p.touch(input.DispatchTouchEventTypeTouchMove, 195+x*step/10, 400+y*step/10)
		}
	}
	// moved waits until the picture is so far below its place.
	moved := func(want string) {
		t.Helper()
		p.await(fmt.Sprintf(`document.querySelector(".slide:not([inert])").style.translate === %q`, want))
	}
	pull(5, 60)
	moved("0px 60px")
	p.touch(input.DispatchTouchEventTypeTouchEnd)
	moved("")
	pull(0, -200)
	moved("0px")
	p.touch(input.DispatchTouchEventTypeTouchEnd)
	moved("")
	pull(0, 200)
	moved("0px 200px")
	p.touch(input.DispatchTouchEventTypeTouchCancel) // as by a call
	moved("")
	pull(0, 60)
	p.touch(input.DispatchTouchEventTypeTouchStart, 195, 460, 195, 300)
	p.touch(input.DispatchTouchEventTypeTouchMove, 195, 660, 195, 100)
	p.await(`document.querySelector(".viewer.zoomed") !== null`)
	moved("0px") // two fingers zoom, and a picture that is zoomed is moved about
	p.touch(input.DispatchTouchEventTypeTouchEnd)
	moved("")
	if !ask[bool](p, `document.querySelector(".viewer").open`) {
		t.Fatal("the viewer is closed by what does not pull the picture down")
	}
	p.click(".zoom")
	p.await(`document.querySelector(".viewer.zoomed") === null`)
	ask[bool](p, `document.querySelector(".viewer").classList.toggle("bare")`)
	pull(5, 200)
	p.touch(input.DispatchTouchEventTypeTouchEnd)
	v.closed(p, 1)
	p.awaitPage(v.site.root, "index.html")
	p.click(v.tile(2))
	v.shows(p, 2, 3, studioSize)
	if !ask[bool](p, `document.querySelector(".close").offsetWidth > 0`) {
		t.Error("the viewer is opened without its buttons, which were hidden when it was closed")
	}
	p.clean("the touches")
}

// testMouse zooms to the largest rendition, by clicks, keys and the wheel.
func testMouse(t *testing.T, v *visit) {
	p := v.index(t, size{700, 500})
	p.click(v.tile(1))
	v.shows(p, 1, 2, studioSize)
	zoomed := func(want bool) {
		t.Helper()
		p.await(fmt.Sprintf(`document.querySelector(".viewer").classList.contains("zoomed") === %v`, want))
	}
	p.click(".slide:not([inert]) img")
	zoomed(true)
	p.await(`document.querySelector(".slide:not([inert]) img").naturalWidth === 800`)
	p.await(`document.querySelector(".slide:not([inert])").style.getPropertyValue("--z") === "2"`)
	before := ask[float64](p, `document.querySelector(".slide:not([inert])").scrollLeft`)
	for _, e := range []input.DispatchMouseEventParams{
		{Type: input.DispatchMouseEventTypeMousePressed, X: 300, Y: 250, Button: input.MouseButtonLeft, Buttons: 1, ClickCount: 1},
		{Type: input.DispatchMouseEventTypeMouseMoved, X: 330, Y: 250, Button: input.MouseButtonLeft, Buttons: 1},
		{Type: input.DispatchMouseEventTypeMouseMoved, X: 360, Y: 250, Button: input.MouseButtonLeft, Buttons: 1},
		{Type: input.DispatchMouseEventTypeMouseReleased, X: 360, Y: 250, Button: input.MouseButtonLeft, ClickCount: 1},
	} {
		call(p, input.DispatchMouseEvent, e)
	}
	p.await(fmt.Sprintf(`document.querySelector(".slide:not([inert])").scrollLeft < %v`, before))
	zoomed(true) // the end of a drag is no click
	p.press("-")
	p.press("-")
	p.press("-")
	zoomed(false)
	p.press("+")
	zoomed(true)
	p.press(kb.ArrowRight) // moves the picture
	p.await(`document.querySelector(".count").textContent === "2 / 90"`)
	p.click(".next")
	v.shows(p, 2, 3, studioSize)
	zoomed(false)
	call(p, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseWheel, X: 350, Y: 200, DeltaX: 1, DeltaY: -120})
	zoomed(true)
	p.click(".zoom")
	zoomed(false)

	// Whoever leaves a picture that is zoomed finds the next one as it is.
	p.press("+")
	zoomed(true)
	p.press(kb.Escape)
	v.closed(p, 2)
	p.click(v.tile(1))
	v.shows(p, 1, 2, studioSize)
	p.is(`document.querySelector(".viewer").className + document.querySelector(".zoom").ariaPressed`, "viewerfalse", "the state of the next picture")
	p.clean("the zoom")
}

// testPanel reads what is known of a picture, takes it away and passes it on.
func testPanel(t *testing.T, v *visit) {
	p := v.index(t, desktop)
	p.click(v.tile(0))
	v.shows(p, 0, 1, studioSize)
	p.press("i")
	p.await(`document.querySelector(".info").ariaExpanded === "true" && !document.querySelector("#About").hidden`)
	for fact, want := range map[string]string{
		"title": "The harbour", "caption": "Before the storm.", "date": "29 July 2024", "name": "shot-89.jpg", "size": "800 × 450",
	} {
		p.is(`document.querySelector('#About [data-fact="`+fact+`"]').textContent`, want, fact)
	}
	p.is(`document.querySelector(".slide:not([inert]) img").alt`, "Boats at night", "the alternative text")
	p.is(`[...document.querySelectorAll("#About dd a")].map(a => a.textContent).join()`, "sea,night", "the tags")
	if !strings.Contains(ask[string](p, `document.querySelector(".download").href`), v.site.images[0].Slug+"-800-") {
		t.Error("the download is not the largest picture")
	}
	p.is(`document.querySelector(".download").download`, "shot-89.jpg", "the download's name")
	ask[bool](p, `Object.defineProperty(navigator, "clipboard", {value: {writeText: async s => { window.copied = s }}}) && true`)
	p.keepTexts(".note")
	p.press("s")
	p.await(`window.copied === location.href && texts.size > 0`)
	p.press("i")
	p.await(`document.querySelector("#About").hidden`)
	p.clean("the panel")
}

// keepTexts keeps every text that an element has from now on, even for a moment.
func (p *window) keepTexts(selector string) {
	p.t.Helper()
	ask[bool](p, fmt.Sprintf(`{
		window.texts = new Set();
		const element = document.querySelector(%q);
		new MutationObserver(() => texts.add(element.textContent)).observe(element, {childList: true});
		true
	}`, selector))
}

// testSlideshow watches the pictures go by, and stops them.
func testSlideshow(t *testing.T, v *visit) {
	p := v.open(t, desktop)
	call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `{ const wait = setTimeout; window.setTimeout = (f, ms) => wait(f, ms === 5000 ? 400 : ms) }`,
	})
	p.visit(v.site.root, "index.html")
	p.click(v.tile(0))
	v.shows(p, 0, 1, studioSize)
	p.keepTexts(".count")
	p.press(" ")
	p.await(`document.querySelector(".play").ariaPressed === "true"`)
	p.await(`texts.has("3 / 90")`)
	p.press(kb.ArrowLeft)
	p.await(`document.querySelector(".play").ariaPressed === "false"`)
	p.clean("the slideshow")
}

// testMotion opens a picture where nothing may move.
func testMotion(t *testing.T, v *visit) {
	for _, reduced := range []bool{false, true} {
		p := v.open(t, desktop)
		if reduced {
			p.media("", "prefers-reduced-motion=reduce")
		}
		p.visit(v.site.root, "index.html")
		ask[bool](p, `{
			window.moves = [];
			const start = document.startViewTransition.bind(document);
			document.startViewTransition = change => { moves.push("transition"); return start(change) };
			const scroll = Element.prototype.scrollTo;
			Element.prototype.scrollTo = function (to) { moves.push(to.behavior); scroll.call(this, to) };
			true
		}`)
		p.click(v.tile(0))
		v.shows(p, 0, 1, studioSize)
		p.press(kb.ArrowRight)
		v.shows(p, 1, 2, studioSize)
		p.press(kb.Escape)
		v.closed(p, 1)
		moved := ask[bool](p, `moves.includes("transition") && moves.includes("smooth")`)
		still := ask[bool](p, `!moves.includes("transition") && !moves.includes("smooth")`)
		if reduced && !still || !reduced && !moved {
			t.Errorf("with reduced motion %v, there were %v", reduced, ask[[]string](p, `moves`))
		}
		p.clean("the motion")
	}
}

// ---- The search ----

// slash presses the key alone: the letter would be typed into what gets the
// focus, which it is not by a keyboard.
func (p *window) slash() {
	p.t.Helper()
	call(p, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeRawKeyDown, Key: "/", Code: "Slash"})
	p.await(`document.activeElement.matches("[name=q]")`)
}

// asks replaces the question.
func (p *window) asks(question string) {
	p.t.Helper()
	ask[bool](p, fmt.Sprintf(`{ const q = document.querySelector("[name=q]"); q.value = %q; q.dispatchEvent(new InputEvent("input", {bubbles: true})) }`, question))
}

// finds waits until so many tiles are found.
func (p *window) finds(n int) {
	p.t.Helper()
	p.await(fmt.Sprintf(`!document.querySelector(".hits").hidden && document.querySelectorAll(".hits li").length === %d`, n))
}

// testSearch searches as one types.
func testSearch(t *testing.T, v *visit) {
	p := v.index(t, desktop)
	if ask[bool](p, `[...document.scripts].some(s => s.src.endsWith("data.js"))`) {
		t.Error("the data are loaded before anybody asks")
	}
	p.slash()
	p.press("harb")
	p.finds(1)
	p.await(`location.search === "?q=harb"`)
	p.is(`document.querySelector(".find output").textContent`, "1 of 90", "the answer")
	if n := ask[int](p, `[...document.querySelectorAll("main li")].filter(e => e.offsetParent).length`); n != 1 {
		t.Errorf("%d tiles are shown, want the one that was found", n)
	}
	for _, query := range []struct {
		text string
		want int
	}{
		{"cafe", 1}, {"CAFÉ", 1}, {"boats", 1}, {"storm", 1}, {"night", 2}, {"night sea", 1}, {"shot-12", 1},
		{"29 July 2024", 1}, {"2024-06", 30}, {"nothing like this", 0},
	} {
		p.asks(query.text)
		p.finds(query.want)
	}
	p.is(`document.querySelector(".find output").textContent`, "No picture matches", "the answer")
	p.asks("night")
	p.await(`location.search === "?q=night"`)
	p.finds(2)
	p.press(kb.Enter)
	p.await(`document.activeElement.matches(".hits a")`)
	p.press(kb.Enter)
	v.shows(p, 0, 1, 2) // of those found
	p.press(kb.ArrowRight)
	v.shows(p, 1, 2, 2)
	p.press(kb.Escape)
	v.closed(p, 1)
	p.is(`location.search`, "?q=night", "the address after closing")
	p.do(chromedp.Reload())
	p.finds(2)
	p.is(`document.querySelector("[name=q]").value`, "night", "the question after reloading")
	p.asks("")
	p.await(`location.search === "" && document.querySelector(".hits").hidden`)

	// Whoever is quick finds the way back, too.
	ask[bool](p, `(async () => {
		const q = document.querySelector("[name=q]");
		q.value = "night";
		q.dispatchEvent(new InputEvent("input", {bubbles: true}));
		while (!document.querySelector(".hits a")) await null;
		document.querySelector(".hits a").click();
		return true;
	})()`)
	v.shows(p, 0, 1, 2)
	p.back()
	v.closed(p, 0)
	p.is(`location.search`, "?q=night", "the address after that")
	p.clean("the search")
}

// testFilters filters and sorts, goes back, and asks for more.
func testFilters(t *testing.T, v *visit) {
	p := v.index(t, desktop)
	choose := func(name, value string) {
		t.Helper()
		p.await(fmt.Sprintf(`[...document.querySelector("[name=%s]").options].some(o => o.value === %q)`, name, value))
		ask[bool](p, fmt.Sprintf(`{ const s = document.querySelector("[name=%s]"); s.value = %q; s.dispatchEvent(new InputEvent("input", {bubbles: true})) }`, name, value))
	}
	first := func() string {
		t.Helper()
		return ask[string](p, `document.querySelector(".hits a").href.match(/image\/(\w+)/)[1]`)
	}
	p.click(".find summary")
	choose("format", "png")
	p.finds(18)
	p.await(`location.search === "?format=png"`)
	p.is(`document.querySelector("[name=format]").selectedOptions[0].text`, "PNG (18)", "the choice")
	choose("month", "2024-06")
	p.finds(6)
	p.is(`document.querySelector("[name=month]").selectedOptions[0].text`, "June 2024 (30)", "the choice")
	p.back()
	p.finds(18)
	p.is(`location.search + document.querySelector("[name=month]").value`, "?format=png", "after going back")
	choose("shape", "landscape")
	p.finds(0)
	choose("format", "")
	choose("shape", "portrait")
	p.finds(18)
	choose("shape", "")
	choose("tag", "night")
	p.finds(2)
	p.click(".find [type=reset]")
	p.await(`document.querySelector(".hits").hidden && location.search === ""`)
	choose("sort", "oldest")
	p.finds(60)
	if slug := v.site.images[studioSize-1].Slug; first() != slug {
		t.Errorf("the oldest is %s, want %s", first(), slug)
	}
	// Pressed from afar, as by a screen reader: more is shown unasked where the
	// button comes near, and then something else is under the pointer.
	ask[bool](p, `document.querySelector(".more").click() ?? true`)
	p.finds(studioSize)
	p.await(`document.querySelector(".more").hidden && document.activeElement === document.querySelectorAll(".hits a")[60]`)
	choose("sort", "name")
	p.await(fmt.Sprintf(`document.querySelector(".hits a").href.includes(%q)`, v.site.images[2].Slug)) // it begins with a mark
	choose("sort", "size")
	p.await(`location.search === "?sort=size" && document.querySelectorAll(".hits li").length >= 60`)
	ask[bool](p, `{ scrollTo(0, document.documentElement.scrollHeight); true }`)
	p.finds(studioSize) // near the end more is shown unasked
	p.visit(v.site.root, "index.html?tag=sea&sort=oldest")
	p.finds(1)
	if !ask[bool](p, `document.querySelector(".find details").open`) {
		t.Error("the filters that are in the address are not shown")
	}
	p.clean("the filters")
}

// manyPictures are the site's data, and more of the kind, with prompts.
func (v *visit) manyPictures(t *testing.T, count int) *searchData {
	data := v.data(t)
	own := data.Images
	for i := len(own); i < count; i++ {
		data.Images = append(data.Images, slices.Clone(own[i%len(own)]))
		data.set(i, "slug", fmt.Sprintf("%016x", i)) // which has no page
		data.set(i, "prompt", fmt.Sprintf("A quiet street in the rain, lamp%05d, with lights that are about to go out", i))
	}
	return data
}

// testMany searches and walks through ten thousand pictures.
func testMany(t *testing.T, v *visit) {
	const count = 10_000
	p := v.open(t, desktop)
	root := v.serveData(t, v.manyPictures(t, count))
	p.visit(root, "index.html")
	if n := ask[int](p, `document.querySelectorAll(".tiles li").length`); n > 60 {
		t.Errorf("the index has %d tiles", n)
	}
	p.slash()
	p.press("street")
	p.finds(60)
	for _, query := range []struct {
		text, answer string
		tiles        int
	}{
		{"rain", "9,910 of 10,000", 60}, {"street lamp099", "100 of 10,000", 60}, {"lamp0999", "10 of 10,000", 10}, {"lamp09999", "1 of 10,000", 1},
	} {
		p.asks(query.text)
		p.finds(query.tiles)
		p.is(`document.querySelector(".find output").textContent`, query.answer, "the answer to "+query.text)
	}
	p.asks("")
	p.await(`document.querySelector(".hits").hidden`)
	p.click(v.tile(0))
	v.shows(p, 0, 1, count)
	p.press(kb.End)
	p.await(`document.querySelector(".count").textContent === "10,000 / 10,000"`)
	p.press(kb.ArrowLeft)
	p.await(`document.querySelector(".count").textContent === "9,999 / 10,000"`)
	if n := ask[int](p, `document.querySelectorAll(".slide").length`); n > 5 {
		t.Errorf("there are %d slides", n)
	}
	p.press(kb.Home)
	v.shows(p, 0, 1, count)
	p.clean("the walk")
}

// searchData are what data.js holds. Each image is a list of values, in the order of the names of
// the fields.
type searchData struct {
	Version int                 `json:"version"`
	Fields  map[string][]string `json:"fields"`
	Images  [][]any             `json:"images"`
}

// set changes a field of image i.
func (d *searchData) set(i int, name string, value any) {
	d.Images[i][slices.Index(d.Fields["image"], name)] = value
}

// setFilm gives image i a film: path, poster, width and height.
func (d *searchData) setFilm(i int) { d.set(i, "clips", [][]any{{"media/film.mp4", "", 320, 180}}) }

// data are the data of the site.
func (v *visit) data(t *testing.T) *searchData {
	text, err := os.ReadFile(filepath.Join(v.site.dir, "data.js"))
	if err != nil {
		t.Fatal(err)
	}
	data := &searchData{}
	text = bytes.TrimSuffix(bytes.TrimPrefix(text, []byte("firstframe.load(")), []byte(");\n"))
	if err := json.Unmarshal(text, data); err != nil {
		t.Fatal(err)
	}
	return data
}

// serveData serves the site with other data, or with none. Pictures that are
// made up have the renditions of those that they were made from.
func (v *visit) serveData(t *testing.T, data *searchData) string {
	site := siteHandler(os.DirFS(v.site.dir))
	mux := http.NewServeMux()
	mux.Handle("/", site)
	mux.HandleFunc("/media/{name}", func(w http.ResponseWriter, r *http.Request) {
		_, rendition, _ := strings.Cut(r.PathValue("name"), "-")
		if found, _ := filepath.Glob(filepath.Join(v.site.dir, "media", "*-"+rendition)); len(found) > 0 {
			r.URL.Path = "/media/" + filepath.Base(found[0])
		}
		site.ServeHTTP(w, r)
	})
	mux.HandleFunc("/data.js", func(w http.ResponseWriter, r *http.Request) {
		if data == nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, "firstframe.load(")
		_ = json.NewEncoder(w).Encode(data)
		fmt.Fprint(w, ")")
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL + "/"
}

// ---- Other circumstances ----

// testDisk visits the site without a server, where no other address may be
// shown.
func testDisk(t *testing.T, v *visit) {
	p := v.open(t, desktop)
	p.visit(v.site.disk, "index.html")
	p.click(v.tile(1))
	v.shows(p, 1, 2, studioSize)
	p.press(kb.ArrowRight)
	v.shows(p, 2, 3, studioSize)
	p.is(`location.hash`, "#view-"+v.site.images[2].Slug, "the address")
	p.do(chromedp.Reload())
	v.shows(p, 2, 3, studioSize)
	p.back()
	v.closed(p, 2)
	p.is(`location.href`, v.site.disk+"index.html", "after closing")
	p.slash()
	p.press("night")
	p.finds(2)
	p.await(`location.search === "?q=night"`)
	p.clean("the visit")
}

// testStrangers shows what others wrote: as text, wherever it stands.
func testStrangers(t *testing.T, v *visit) {
	strange := &visit{world: v.world, site: buildStrangers(t)}
	images := strange.site.images
	p := v.open(t, desktop)
	call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `window.hacked = () => { window.ran = true }`})
	harmless := func(what string) {
		t.Helper()
		for _, found := range ask[[]string](p, `[...document.querySelectorAll("*")].filter(e =>
			e.matches("script") && !e.matches("head > script[src], script[type$=json]") || e.src?.endsWith?.("/x") ||
			[...e.attributes].some(a => a.name.startsWith("on") || /^\s*javascript:/i.test(a.value))).map(e => e.outerHTML)`) {
			t.Errorf("%s has the element %s", what, found)
		}
		if ask[bool](p, `"ran" in window`) {
			t.Errorf("%s: what others wrote is run", what)
		}
		p.clean(what)
	}
	pages := []string{"index.html", "month/2024-09/index.html", imagePage(images[0]), imagePage(images[1])}
	tags, err := filepath.Glob(filepath.Join(strange.site.dir, "tag", "*"))
	if err != nil || len(tags) != 1 {
		t.Fatalf("the pages of the tags are %v, %v", tags, err)
	}
	for _, name := range append(pages, "tag/"+filepath.Base(tags[0])+"/index.html") {
		p.visit(strange.site.root, name)
		if !ask[bool](p, fmt.Sprintf(`document.body.textContent.includes(%q)`, stranger)) {
			t.Errorf("%s does not show what others wrote", name)
		}
		harmless(name)
	}

	p.visit(strange.site.root, "index.html")
	p.slash()
	p.press("hacked")
	p.finds(2)
	p.is(`document.querySelector(".hits span").textContent`, stranger, "the title of a tile")
	harmless("the search")
	p.click(".hits a")
	strange.shows(p, 0, 1, 2)
	p.press("i")
	for _, fact := range []string{"title", "caption", "name", "prompt", "account", "tags"} {
		shown := stranger
		if fact == "account" {
			shown = strangerLabel
		}
		p.await(fmt.Sprintf(`document.querySelector('#About [data-fact="%s"]').textContent.includes(%q)`, fact, shown))
	}
	harmless("the viewer")
	p.press(kb.ArrowRight)
	strange.shows(p, 1, 2, 2)
	harmless("the second picture")

	// If there were one, it would be refused.
	if ask[bool](p, `(() => {
		document.body.append(Object.assign(document.createElement("script"), {textContent: "hacked()"}));
		document.body.insertAdjacentHTML("beforeend", "<img src='data:,' onerror='hacked()'><a class=evil href='javascript:hacked()'>x</a>");
		document.querySelector(".evil").click();
		return new Promise(done => setTimeout(() => done("ran" in window), 100));
	})()`) {
		t.Error("the policy of the page lets it run scripts that stand in it")
	}
}

// buildStrangers builds a site in which everything that can come from outside
// would like to be a script.
func buildStrangers(t *testing.T) *site {
	dir := t.TempDir()
	pictures := studioPictures(t)[:3]
	for i := range pictures[:2] {
		pictures[i].Name = fmt.Sprint(stranger, i, ".jpg")
		pictures[i].Uploaded = time.Date(2024, 9, 3-i, 12, 0, 0, 0, time.UTC)
	}
	service := &fetchtest.Service{
		Token: "token", Pictures: pictures,
		Videos: []fetchtest.Video{{Prompt: stranger, Status: fetchtest.Completed, Files: []string{pictures[0].Name, pictures[1].Name}, Created: pictures[0].Uploaded}},
	}
	writeFiles(t, dir, map[string]string{"content/index.md": ""})
	build := func() *site {
		return serveSite(t, buildSite(t, dir, service, "--account", fetchtest.DefaultAccount+"="+strangerLabel, "--source", "both", "--prompts"))
	}
	text := "---\ntitle: '" + stranger + "'\nalt: '" + stranger + "'\ntags: ['" + stranger + "']\n---\n`" + stranger + "`\n\n" +
		stranger + "\n\n<div onclick=hacked()>x</div>\n\n[a](javascript:hacked()) [b](&#106;avascript:hacked()) <javascript:hacked()> ![c](javascript:hacked())\n"
	writeFiles(t, dir, map[string]string{"content/images/" + build().images[0].Slug + ".md": text})
	return build()
}

// testViewerRightToLeft walks through a site in Arabic: the next picture is on
// the left, by eye, by key and by finger.
func testViewerRightToLeft(t *testing.T, v *visit) {
	arabic := &visit{world: v.world, site: buildArabic(t)}
	p := arabic.index(t, desktop)
	p.click(arabic.tile(0))
	arabic.shows(p, 0, 1, 3)
	if !ask[bool](p, `document.querySelector(".next").getBoundingClientRect().right < innerWidth / 2`) {
		t.Error("the way to the next picture is not on the left")
	}
	p.press(kb.ArrowLeft)
	arabic.shows(p, 1, 2, 3)
	p.press(kb.End)
	arabic.shows(p, 2, 3, 3)
	p.press(kb.ArrowRight)
	arabic.shows(p, 1, 2, 3)
	if !ask[bool](p, `(b => b.left >= 0 && b.right <= innerWidth)(document.querySelector(".slide:not([inert]) img").getBoundingClientRect())`) {
		t.Error("the picture is not in the window")
	}
	p.press(kb.Escape)
	arabic.closed(p, 1)
	p.clean("the walk")
}

// testNoData visits a site whose data cannot be loaded.
func testNoData(t *testing.T, v *visit) {
	p := v.open(t, desktop)
	p.visit(v.serveData(t, nil), "index.html")
	p.click(v.tile(1))
	v.shows(p, 1, 1, 1)
	p.press(kb.Escape)
	v.closed(p, 1)
	p.slash()
	p.press("night")
	p.await(`document.querySelector(".find output").textContent === "The search could not be loaded"`)
}

// testNarrow looks at the search and the viewer on the smallest screen.
func testNarrow(t *testing.T, v *visit) {
	p := v.index(t, size{320, 568})
	p.click(".find summary")
	p.slash()
	p.press("night")
	p.finds(2)
	p.fits("the search")
	p.click(".hits a")
	v.shows(p, 0, 1, 2)
	if ask[bool](p, `document.querySelector(".label h2").textContent = "A long title ".repeat(30), document.querySelector(".label").offsetHeight > innerHeight / 4`) {
		t.Error("a long title takes the room of the picture")
	}
	p.press("i")
	p.await(`!document.querySelector("#About").hidden`)
	p.is(`[...document.querySelectorAll(".viewer h2")].filter(e => e.offsetParent).map(e => e.closest("aside, .label").localName).join()`,
		"aside", "where the title stands, which the panel has in full")
	if ask[bool](p, `document.querySelector(".viewer").scrollWidth > innerWidth`) {
		t.Error("the viewer is wider than the window")
	}
	if ask[bool](p, `document.querySelector(".slide:not([inert]) img").getBoundingClientRect().right > innerWidth + 1`) {
		t.Error("the picture is wider than the window")
	}
	p.clean("the small screen")
}

// testBar looks at the viewer's buttons where there is the least room for them:
// all must be there, beside the number of a picture that has films.
func testBar(t *testing.T, v *visit) {
	for _, at := range []struct {
		screen size
		count  int
		text   string
	}{{size{320, 568}, 10_000, "100%"}, {size{360, 740}, studioSize, "200%"}} {
		data := v.manyPictures(t, at.count)
		data.setFilm(0)
		p := v.open(t, at.screen)
		p.visit(v.serveData(t, data), "index.html")
		ask[bool](p, fmt.Sprintf(`{ document.documentElement.style.fontSize = %q; true }`, at.text))
		p.click(v.tile(0))
		v.shows(p, 0, 1, at.count)
		what := fmt.Sprint(at.count, " pictures on a screen of ", at.screen.width, " px, text of ", at.text)
		if ask[bool](p, `(e => e.offsetHeight > 1.5 * parseFloat(getComputedStyle(e).lineHeight))(document.querySelector(".count"))`) {
			t.Errorf("%s: the number is not on one line", what)
		}
		for _, fault := range ask[[]string](p, `[...document.querySelectorAll(".bar > *")].map(e => [e.className, e.getBoundingClientRect()])
			.filter(([, box]) => box.left < 0 || box.right > document.documentElement.clientWidth || box.width < 24).map(([name, box]) => name + " " + box.left + " to " + box.right)`) {
			t.Errorf("%s: there is no room for %s", what, fault)
		}
		p.clean("the bar")
	}
}

// testNoScripts looks for what is of no use without scripts.
func testNoScripts(t *testing.T, v *visit) {
	p := v.open(t, desktop)
	call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	p.visit(v.site.root, "index.html")
	if ask[bool](p, `[...document.querySelectorAll(".find, .hits, .more, .viewer")].some(e => e.offsetParent)`) {
		t.Error("what needs scripts is shown without them")
	}
	p.click(v.tile(0))
	p.awaitPage(v.site.root, imagePage(v.site.images[0]))
	p.clean("the visit")
}

// testViewerAccessibility has the search and the viewer checked by axe.
func testViewerAccessibility(t *testing.T, v *visit) {
	file := os.Getenv("FIRSTFRAME_AXE")
	if file == "" {
		needed(t, "the accessibility is not tested: FIRSTFRAME_AXE is not the path of axe.min.js (npm install axe-core)")
	}
	axe, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, scheme := range []string{"light", "dark"} {
		for _, screen := range []size{{390, 844}, desktop} {
			t.Run(fmt.Sprint(scheme, " ", screen.width), func(t *testing.T) {
				p := v.open(t, screen)
				p.media("", "prefers-color-scheme="+scheme, "prefers-reduced-motion=reduce")
				checkStates(v, p, string(axe))
			})
		}
	}
}

// checkStates has axe look at what one page can turn into.
func checkStates(v *visit, p *window, axe string) {
	data := v.data(p.t)
	data.setFilm(0)
	p.visit(v.serveData(p.t, data), "index.html")
	ask[bool](p, axe+"\n;true")
	check := func(state string) {
		p.t.Helper()
		for _, found := range ask[[]violation](p, `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations)`) {
			p.t.Errorf("%s: %s: %s\n%s\n%s", state, found.ID, found.Help, found.Nodes[0].HTML, found.Nodes[0].FailureSummary)
		}
	}
	p.click(".find summary")
	p.slash()
	p.await(`document.querySelectorAll("[name=month] option").length > 1`)
	check("the filters")
	p.press("zebra")
	p.finds(0)
	check("no hits")
	p.asks("night")
	p.finds(2)
	check("hits")
	p.click(".hits a")
	v.shows(p, 0, 1, 2)
	check("the viewer")
	p.press("i")
	p.await(`!document.querySelector("#About").hidden`)
	check("the panel")
	p.press("+")
	p.await(`document.querySelector(".viewer").classList.contains("zoomed")`)
	check("the zoom")
	p.press("f")
	p.await(`document.querySelector(".slide video") !== null && !document.querySelector(".viewer").classList.contains("zoomed")`)
	check("the film")
	p.press("i")
	p.press("f")
	p.await(`document.querySelector(".slide video") === null && document.querySelector("#About").hidden`)
	p.press(" ")
	check("the slideshow")
	p.press(kb.Escape)
	v.closed(p, 0)
	check("the page after it")

	p.visit(v.serveData(p.t, nil), "index.html")
	ask[bool](p, axe+"\n;true")
	p.slash()
	p.press("night")
	p.await(`document.querySelector(".find output").textContent !== ""`)
	check("no data")
}
