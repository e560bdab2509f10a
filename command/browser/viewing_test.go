package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp/kb"

	"firstframe/render/slowtest"
)

// TestViewing looks at single pictures in the viewer: from their own pages, with a zoom, and when
// something goes wrong.
func TestViewing(t *testing.T) {
	t.Parallel()
	slowtest.Skip(t)
	needBrowser(t)
	v, long := &visit{buildStudio(t)}, &visit{buildLong(t)}
	for _, test := range []struct {
		name string
		site *visit
		run  func(*testing.T, *visit)
	}{
		{"from an image's page", v, testFromImagePage},
		{"double click", v, testDoubleClick},
		{"zoom keeps its centre", v, testZoomCentre},
		{"panorama", long, testPanorama},
		{"swipe of a zoomed picture", v, testZoomedSwipe},
		{"pinch", v, testPinch},
		{"failure", v, testFailure},
		{"keys", v, testHelp},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, test.site)
		})
	}
}

// current selects the picture that is shown.
const current = ".slide:not([inert]) img"

// testFromImagePage opens the viewer on the page of a picture, where links from elsewhere lead.
func testFromImagePage(t *testing.T, v *visit) {
	for _, root := range []string{v.site.root, v.site.repo, v.site.disk} {
		p := open(t, desktop)
		p.visit(root, imagePage(v.site.images[7]))
		title := ask[string](p, `document.title`)
		p.click(".stage")
		v.shows(p, 7, 8, studioSize)
		p.press(kb.ArrowRight)
		v.shows(p, 8, 9, studioSize)
		p.await(fmt.Sprintf(`document.title !== %q`, title))
		p.press(kb.Escape)
		p.await(`!document.querySelector(".viewer").open`)
		p.awaitPage(root, imagePage(v.site.images[7]))
		p.is(`document.title`, title, "the title after closing")
		p.still()
		p.click(".stage")
		v.shows(p, 7, 8, studioSize)
		p.press(kb.Escape)
		p.await(`!document.querySelector(".viewer").open && document.activeElement.matches(".stage")`)
		p.clean("the visit of " + root)
	}
}

// testDoubleClick clicks twice at once. This is the same as one click.
func testDoubleClick(t *testing.T, v *visit) {
	p := v.index(t, size{700, 500})
	p.click(v.tile(1))
	v.shows(p, 1, 2, studioSize)
	for count := range int64(2) {
		for _, kind := range []input.DispatchMouseEventType{input.DispatchMouseEventTypeMousePressed, input.DispatchMouseEventTypeMouseReleased} {
			call(p, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: kind, X: 350, Y: 200, Button: input.MouseButtonLeft, ClickCount: count + 1})
		}
	}
	p.await(`document.querySelector(".slide:not([inert])").style.getPropertyValue("--z") > 2`)
	p.clean("the clicks")
}

// testZoomCentre resizes the window while a picture is zoomed.
func testZoomCentre(t *testing.T, v *visit) {
	p := open(t, size{900, 600})
	p.media("", "prefers-reduced-motion=reduce") // so that it zooms at once
	p.visit(v.site.root, "index.html")
	p.click(v.tile(1))
	v.shows(p, 1, 2, studioSize)
	for range 3 {
		p.press("+")
	}
	p.await(`document.querySelector(".slide:not([inert])").style.getPropertyValue("--z") >= 2`)
	ask[bool](p, `{ const box = document.querySelector(".slide:not([inert])"); box.scrollTo({left: 200, top: 120, behavior: "instant"}); true }`)
	// centre is which part of the picture is in the middle, in percent.
	const centre = `(b => { const i = b.querySelector("img").getBoundingClientRect(), o = b.getBoundingClientRect();
		return [o.left + o.width / 2 - i.left, o.top + o.height / 2 - i.top].map((n, k) => Math.round(100 * n / [i.width, i.height][k])) })(document.querySelector(".slide:not([inert])"))`
	p.await(`document.querySelector(".slide:not([inert])").scrollLeft === 200`)
	before := ask[[]int](p, centre)
	p.resize(size{700, 500})
	p.await(`document.querySelector(".track").clientWidth <= 700`)
	p.await(fmt.Sprintf(`%s.every((n, k) => Math.abs(n - [%d, %d][k]) <= 2)`, centre, before[0], before[1]))
	p.clean("the zoom")
}

// testPanorama zooms into a picture of 10:1. It must be possible to see it as high as the screen, or
// in its own pixels.
func testPanorama(t *testing.T, v *visit) {
	p := v.index(t, size{390, 844})
	i := 0
	for v.site.images[i].Width < 5*v.site.images[i].Height {
		i++
	}
	p.visit(v.site.root, imagePage(v.site.images[i]))
	p.click(".stage")
	p.await(`document.querySelector(".viewer").open && document.querySelector("` + current + `")?.offsetHeight > 0`)
	p.still()
	p.press("i") // the panel takes no part of the zoom
	p.press("i")
	p.click(".zoom")
	p.await(fmt.Sprintf(`(i => i.offsetHeight >= i.closest(".track").clientHeight - 2)(document.querySelector(%q))`, current))
	p.clean("the zoom")
}

// testZoomedSwipe swipes at the edge of a zoomed picture.
func testZoomedSwipe(t *testing.T, v *visit) {
	p := openPhone(t)
	p.media("", "prefers-reduced-motion=reduce") // so that it zooms at once
	p.visit(v.site.root, "index.html")
	p.click(v.tile(1))
	v.shows(p, 1, 2, studioSize)
	p.click(".zoom")
	p.await(`document.querySelector(".viewer.zoomed") !== null`)
	p.still()
	ask[bool](p, `{ const box = document.querySelector(".slide:not([inert])"); box.scrollTo({left: box.scrollWidth, behavior: "instant"}); true }`)
	p.swipe(350, -320)
	v.shows(p, 2, 3, studioSize)
	p.await(`document.querySelector(".viewer.zoomed") === null`)
	p.clean("the swipe")
}

// testPinch closes the viewer with two fingers.
func testPinch(t *testing.T, v *visit) {
	p := openPhone(t)
	p.visit(v.site.root, "index.html")
	p.click(v.tile(1))
	v.shows(p, 1, 2, studioSize)
	pinch := func(to float64) {
		p.touch(input.DispatchTouchEventTypeTouchStart, 195, 300, 195, 500)
		for step := 1.0; step <= 5; step++ {
			p.touch(input.DispatchTouchEventTypeTouchMove, 195, 300+(100-to)*step/5, 195, 500-(100-to)*step/5)
		}
		p.touch(input.DispatchTouchEventTypeTouchEnd)
	}
	pinch(90) // hardly
	p.await(`document.querySelector(".slide:not([inert])").style.scale === ""`)
	if !ask[bool](p, `document.querySelector(".viewer").open`) {
		t.Fatal("a small pinch closes the viewer")
	}
	pinch(40)
	v.closed(p, 1)
	p.clean("the pinch")
}

// testFailure opens a picture whose files cannot be loaded, and tries again.
func testFailure(t *testing.T, v *visit) {
	var broken atomic.Bool
	broken.Store(true)
	host := v.site.host()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if broken.Load() && strings.Contains(r.URL.Path, v.site.images[1].Slug+"-") {
			http.Error(w, "broken", http.StatusServiceUnavailable)
			return
		}
		host.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	p := open(t, desktop)
	p.visit(server.URL+"/", "index.html")
	p.click(v.tile(1))
	v.shows(p, 1, 2, studioSize)
	p.await(`document.querySelector(".slide:not([inert]) .failure")?.offsetParent !== null`)
	p.is(`document.querySelector(".failure p").textContent`, "This picture could not be loaded", "the message")
	p.is(`getComputedStyle(document.querySelector("`+current+`")).visibility`, "hidden", "the broken picture")
	broken.Store(false)
	p.click(".failure button")
	p.await(fmt.Sprintf(`document.querySelector(".failure") === null && document.querySelector(%q).naturalWidth > 0`, current))
	p.await(fmt.Sprintf(`getComputedStyle(document.querySelector(%q)).visibility === "visible"`, current))
	p.press(kb.ArrowRight)
	v.shows(p, 2, 3, studioSize)
}

// question presses the key "?", and waits for the list of keys.
func (p *window) question() {
	p.t.Helper()
	ask[bool](p, `document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "?", shiftKey: true, bubbles: true, cancelable: true})) ?? true`)
	p.await(`document.querySelector(".keys").open`)
}

// testHelp reads the list of keys, on the wall and in the viewer. Every key in it must do something.
func testHelp(t *testing.T, v *visit) {
	p := v.index(t, desktop)
	p.question()
	p.press(kb.Escape)
	p.await(`!document.querySelector(".keys").open`)
	p.click(v.tile(1))
	v.shows(p, 1, 2, studioSize)
	p.question()
	p.press(kb.Escape)
	p.await(`!document.querySelector(".keys").open && document.querySelector(".viewer").open`)
	missing := ask[[]string](p, `[...document.querySelectorAll(".keys dt")].flatMap(e => e.textContent.split(" "))
		.map(key => ({"←": "ArrowLeft", "→": "ArrowRight", "␣": " ", Esc: "Escape"})[key] ?? key)
		.filter(key => !["+", "−", "c"].includes(key) && !document.querySelector('[data-key="' + key + '"]'))`)
	if len(missing) > 0 {
		t.Errorf("these keys are listed, but nothing has them: %v", missing)
	}
	unlisted := ask[[]string](p, `[...document.querySelectorAll(".viewer [data-key]")].map(e => e.dataset.key)
		.filter(key => !document.querySelector(".keys").textContent.includes(({ArrowLeft: "←", ArrowRight: "→", " ": "␣", Escape: "Esc"})[key] ?? key))`)
	if len(unlisted) > 0 {
		t.Errorf("these keys do something, but are not listed: %v", unlisted)
	}
	p.clean("the help")
}
