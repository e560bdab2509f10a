package browser

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp/kb"
)

// touch sends a touch event with the points x, y, x, y….
func (p *window) touch(kind input.DispatchTouchEventType, points ...float64) {
	p.t.Helper()
	params := input.DispatchTouchEventParams{Type: kind, TouchPoints: []*input.TouchPoint{}}
	for i := 0; i < len(points); i += 2 {
		id := float64(i)
		params.TouchPoints = append(params.TouchPoints, &input.TouchPoint{X: points[i], Y: points[i+1], ID: &id})
	}
	call(p, input.DispatchTouchEvent, params)
}

// openPhone opens a window like a phone's, for two fingers.
func openPhone(t *testing.T) *window {
	t.Helper()
	p := open(t, size{390, 844})
	call(p, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true, MaxTouchPoints: 2})
	return p
}

// swipe moves a finger sideways.
func (p *window) swipe(from, by float64) {
	p.t.Helper()
	p.touch(input.DispatchTouchEventTypeTouchStart, from, 400)
	for step := 1.0; step <= 10; step++ {
		p.touch(input.DispatchTouchEventTypeTouchMove, from+by*step/10, 400)
	}
	p.touch(input.DispatchTouchEventTypeTouchEnd)
}

// testTouch swipes, pinches and taps.
func testTouch(t *testing.T, v *visit) {
	p := openPhone(t)
	p.visit(v.site.root, "index.html")
	p.click(v.tile(1))
	v.shows(p, 1, 2, studioSize)
	p.swipe(350, -320)
	v.shows(p, 2, 3, studioSize)
	p.swipe(40, 320)
	v.shows(p, 1, 2, studioSize)

	p.touch(input.DispatchTouchEventTypeTouchStart, 150, 400, 240, 400)
	p.touch(input.DispatchTouchEventTypeTouchMove, 100, 400, 290, 400)
	p.touch(input.DispatchTouchEventTypeTouchMove, 60, 400, 330, 400)
	p.touch(input.DispatchTouchEventTypeTouchEnd)
	p.await(`document.querySelector(".viewer.zoomed .slide:not([inert]) img").offsetWidth > innerWidth * 1.8`)
	// Both taps come at once: on a busy machine, real taps would be too far apart.
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

// testPull pulls the picture down. A short pull does nothing, and a long one closes the viewer.
func testPull(t *testing.T, v *visit) {
	p := openPhone(t)
	p.visit(v.site.root, "index.html")
	p.click(v.tile(1))
	v.shows(p, 1, 2, studioSize)
	pull := func(x, y float64) {
		p.touch(input.DispatchTouchEventTypeTouchStart, 195, 400)
		for step := 1.0; step <= 10; step++ {
			p.touch(input.DispatchTouchEventTypeTouchMove, 195+x*step/10, 400+y*step/10)
		}
	}
	// moved waits until the picture has moved down by so much.
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
	p.touch(input.DispatchTouchEventTypeTouchCancel) // for example a phone call
	moved("")
	pull(0, 60)
	p.touch(input.DispatchTouchEventTypeTouchStart, 195, 460, 195, 300)
	p.touch(input.DispatchTouchEventTypeTouchMove, 195, 660, 195, 100)
	p.await(`document.querySelector(".viewer.zoomed") !== null`)
	moved("0px") // two fingers zoom, and then one finger moves the picture
	p.touch(input.DispatchTouchEventTypeTouchEnd)
	moved("")
	if !ask[bool](p, `document.querySelector(".viewer").open`) {
		t.Fatal("the viewer is closed, but nothing pulled the picture down")
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
		t.Error("the buttons of the viewer are hidden: they were hidden when it was closed")
	}
	p.clean("the touches")
}

// testMouse zooms to the largest rendition by clicks, keys and the wheel.
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
	// The window is nearly as wide as the file, so its pixels are no step. Each pixel gets up to four.
	p.await(`Math.abs(document.querySelector(".slide:not([inert]) img").offsetWidth - 2 * 800) <= 1 && document.querySelector(".level").textContent === "200 %"`)
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
	zoomed(true) // the end of a drag is not a click
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

	// After a zoomed picture is left, the next one is not zoomed.
	p.press("+")
	zoomed(true)
	p.press(kb.Escape)
	v.closed(p, 2)
	p.click(v.tile(1))
	v.shows(p, 1, 2, studioSize)
	p.is(`document.querySelector(".viewer").className + document.querySelector(".zoom").ariaPressed`, "viewerfalse", "the state of the next picture")
	p.clean("the zoom")
}

// testZoomSteps presses a key at every moment of a zoom. Widths are rounded, so the zoom at which a
// pixel is a pixel seems to change on the way. Each key must still be a step.
func testZoomSteps(t *testing.T, v *visit) {
	p := v.index(t, size{700, 500})
	p.click(v.tile(1))
	v.shows(p, 1, 2, studioSize)
	// Time stands still, and frame(ms) draws the next frame of a zoom that began at 0.
	ask[bool](p, `performance.now = () => 0, requestAnimationFrame = f => (window.frame = f, 1), cancelAnimationFrame = () => window.frame = () => {}, true`)
	end := func() { ask[bool](p, `(frame(200), true)`) }
	for first := 0; first < 200; first += 25 {
		for second := 0; second < 200; second += 25 {
			what := fmt.Sprintf("keys after %d and %d ms", first, second)
			p.click(".zoom")
			end()
			p.await(`document.querySelector(".level").textContent === "200 %"`)
			p.press("-")
			ask[bool](p, fmt.Sprintf(`(frame(%d), true)`, first))
			p.press("-")
			ask[bool](p, fmt.Sprintf(`(frame(%d), true)`, second))
			p.press("-")
			end()
			p.is(`document.querySelector(".viewer").className + document.querySelector(".level").textContent`, "viewer", what)
		}
	}
	p.clean("the steps")
}
