package browser

import (
	"fmt"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp/kb"

	"firstframe/render/gallery"
	"firstframe/render/slowtest"
)

// TestFilms looks at films on the wall and in the viewer, on a site with two of them.
func TestFilms(t *testing.T) {
	t.Parallel()
	slowtest.Skip(t)
	needBrowser(t)
	v := &visit{build(t, t.TempDir(), "--demo", "--clips", "--prompts")}
	v.runAll(t, []visitTest{
		{"on the wall", testFilmsOnTheWall, slow},
		{"under a finger", testFilmsUnderAFinger, slow},
		{"in the viewer", testFilmsInTheViewer, slow},
		{"slide show", testFilmsInTheSlideShow, slow},
		{"calm", testCalmFilms, slow},
		{"takes", testTakes, slow},
		{"prompt", testPrompt, slow},
	})
}

// film returns the position of an image with a film: the first one, or the next ones.
func (v *visit) film(t *testing.T, n int) int {
	t.Helper()
	for i := range v.site.images {
		if slices.ContainsFunc(v.site.images[i].Videos, func(f gallery.Video) bool { return f.Clip != nil }) {
			if n == 0 {
				return i
			}
			n--
		}
	}
	t.Fatal("too few images have a film")
	return 0
}

// requests reports how many films the page has begun to load.
const requests = `performance.getEntriesByType("resource").filter(e => e.name.endsWith(".mp4")).length`

// plays waits until the only film of the page plays, in a place.
func (p *window) plays(place string) {
	p.t.Helper()
	p.await(fmt.Sprintf(`(films => films.length === 1 && films[0].matches(%q) && !films[0].paused && films[0].currentTime > 0 && films[0].loop)([...document.querySelectorAll("dialog[open] video, .tiles video")])`, place))
}

// noFilm waits until no film is left.
func (p *window) noFilm() {
	p.t.Helper()
	p.await(`document.querySelector("dialog video, .tiles video") === null`)
}

// testFilmsOnTheWall points at tiles with films.
func testFilmsOnTheWall(t *testing.T, v *visit) {
	p := open(t, desktop)
	p.visit(v.site.root, "index.html?film=yes")
	p.finds(2)
	tile, other := ".hits li:nth-child(1) a", ".hits li:nth-child(2) a"
	if n := ask[int](p, requests); n > 0 {
		t.Errorf("%d films are loaded before anybody wants one", n)
	}
	to := func(selector string) {
		t.Helper()
		at := ask[[]float64](p, fmt.Sprintf(`(b => [b.left + b.width / 2, b.top + b.height / 2])(document.querySelector(%q).getBoundingClientRect())`, selector))
		call(p, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseMoved, X: at[0], Y: at[1]})
	}
	to(tile)
	p.plays(".tiles video")
	if !ask[bool](p, `(f => f.muted && f.offsetWidth === f.parentNode.querySelector("img").offsetWidth && getComputedStyle(f).pointerEvents === "none")(document.querySelector(".tiles video"))`) {
		t.Error("the film is not a muted one in the place of the picture")
	}
	to(".top")
	p.noFilm()

	// The focus does the same, and at most two films play at once: here one for the focus, one for
	// the pointer.
	ask[bool](p, fmt.Sprintf(`document.querySelector(%q).focus({focusVisible: true, preventScroll: true}) ?? true`, tile))
	p.plays(tile + " video")
	to(other)
	p.await(`[...document.querySelectorAll(".tiles video")].filter(f => !f.paused && f.currentTime > 0).length === 2`)
	to(".top")
	p.plays(tile + " video")
	ask[bool](p, fmt.Sprintf(`document.querySelector(%q).focus({focusVisible: true}) ?? true`, other))
	p.plays(other + " video")

	// The viewer takes its place.
	p.press(kb.Enter)
	p.plays(".slide video")
	p.press(kb.Escape)
	p.await(`!document.querySelector(".viewer").open`)
	p.clean("the films")
}

// testFilmsUnderAFinger holds a finger on a tile, and then on the film in the viewer.
func testFilmsUnderAFinger(t *testing.T, v *visit) {
	p := openPhone(t)
	p.visit(v.site.root, "index.html")
	i := v.film(t, 0)
	tile := v.tile(i)
	ask[bool](p, fmt.Sprintf(`{ document.querySelector(%q).scrollIntoView({block: "center"}); true }`, tile))
	at := ask[[]float64](p, fmt.Sprintf(`(b => [b.left + b.width / 2, b.top + b.height / 2])(document.querySelector(%q).getBoundingClientRect())`, tile))
	p.touch(input.DispatchTouchEventTypeTouchStart, at[0], at[1])
	p.plays(".tiles video")
	p.touch(input.DispatchTouchEventTypeTouchEnd)
	p.plays(".tiles video") // it goes on, and the end of the touch opens nothing
	if ask[bool](p, `document.querySelector(".viewer").open`) {
		t.Error("a long press opens the viewer")
	}
	p.touch(input.DispatchTouchEventTypeTouchStart, 2, at[1]) // beside the wall
	p.touch(input.DispatchTouchEventTypeTouchEnd)
	p.noFilm()
	p.click(tile)
	v.shows(p, i, i+1, len(v.site.images))
	p.plays(".slide video")
	p.touch(input.DispatchTouchEventTypeTouchStart, 195, 400)
	p.await(`document.querySelector(".slide.peek") !== null`)
	p.touch(input.DispatchTouchEventTypeTouchEnd)
	p.await(`document.querySelector(".slide.peek") === null`)
	p.plays(".slide video")
	if ask[bool](p, `document.querySelector(".viewer").classList.contains("bare")`) {
		t.Error("the end of a long press is taken for a tap")
	}
	p.clean("the touches")
}

// testFilmsInTheViewer goes to a picture with a film.
func testFilmsInTheViewer(t *testing.T, v *visit) {
	p := open(t, desktop)
	first := v.film(t, 0)
	count := len(v.site.images)
	p.visit(v.site.root, "index.html")
	ask[bool](p, `localStorage.clear() ?? true`)
	p.click(v.tile(first))
	v.shows(p, first, first+1, count)
	p.plays(".slide.filmed:not(.peek) video")
	seen := func(video, img string) {
		t.Helper()
		p.await(fmt.Sprintf(`["video", "img"].map(name => getComputedStyle(document.querySelector(".slide:not([inert]) " + name)).visibility).join() === "%s,%s"`, video, img))
	}
	seen("visible", "hidden")
	p.is(`["film", "sound"].map(name => document.querySelector(".bar ." + name).ariaPressed) + document.querySelector(".slide video").muted`, "true,falsetrue", "film, sound, and whether it is muted")
	p.is(`document.querySelector(".download").href.split(".").at(-1)`, "mp4", "the download")

	// The first frame can be seen as long as the key is down.
	call(p, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeRawKeyDown, Key: "c", Code: "KeyC"})
	seen("hidden", "visible")
	call(p, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyUp, Key: "c", Code: "KeyC"})
	seen("visible", "hidden")

	// The sound is remembered.
	p.press("m")
	p.await(`!document.querySelector(".slide video").muted && document.querySelector(".sound").ariaPressed === "true"`)
	p.press("f")
	p.noFilm()
	p.is(`document.querySelector(".download").href.split(".").at(-1)`, "jpg", "the download")
	p.press("f")
	p.plays(".slide video")
	p.await(`!document.querySelector(".slide video").muted`)

	// A click on the film pauses it, and the large button lets it go on.
	p.click(".slide video")
	p.await(`document.querySelector(".slide video").paused && document.querySelector(".start").offsetParent !== null`)
	p.click(".start")
	p.plays(".slide video")
	p.await(`document.querySelector(".start").offsetParent === null`)

	// A visitor who zooms wants the picture.
	p.press("+")
	p.noFilm()
	p.await(`document.querySelector(".viewer.zoomed") !== null && document.querySelector(".level").textContent.endsWith("%")`)
	p.press("-")
	p.press("-")
	p.press("f")
	p.plays(".slide video")
	p.press(kb.ArrowRight)
	v.shows(p, first+1, first+2, count)
	p.noFilm()
	p.press(kb.ArrowLeft)
	v.shows(p, first, first+1, count)
	p.plays(".slide video")
	p.press(kb.Escape)
	v.closed(p, first)
	p.plays(v.tile(first) + " video") // the focus is on the tile
	p.clean("the films")
}

// testFilmsInTheSlideShow waits for the end of a film.
func testFilmsInTheSlideShow(t *testing.T, v *visit) {
	p := open(t, desktop)
	// A picture would stay for ever, so the film is what the show goes on after.
	call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `{ const wait = setTimeout; window.setTimeout = (f, ms) => ms === 5000 ? 0 : wait(f, ms) }`,
	})
	i := v.film(t, 0)
	p.visit(v.site.root, "index.html")
	p.click(v.tile(i))
	p.plays(".slide video")
	p.press(" ")
	p.await(`document.querySelector(".play").ariaPressed === "true"`)
	v.shows(p, i+1, i+2, len(v.site.images))
	p.noFilm()
	p.press(kb.ArrowLeft)
	p.await(`document.querySelector(".play").ariaPressed === "false"`)
	p.clean("the slide show")
}

// testCalmFilms visits films as somebody who wants no motion. They play when asked to.
func testCalmFilms(t *testing.T, v *visit) {
	p := open(t, desktop)
	p.media("", "prefers-reduced-motion=reduce")
	i := v.film(t, 0)
	p.visit(v.site.root, "index.html")
	tile := v.tile(i)
	ask[bool](p, fmt.Sprintf(`document.querySelector(%q).focus({focusVisible: true}) ?? true`, tile))
	// After twice the time that a film would wait, nothing is loaded.
	ask[bool](p, `withViewer().then(() => load(scripts.film)).then(() => new Promise(done => setTimeout(done, 600))).then(() => true)`)
	p.press(kb.Enter)
	v.shows(p, i, i+1, len(v.site.images))
	p.await(`document.querySelector(".slide:not([inert]) .start") !== null`)
	if n := ask[int](p, requests); n > 0 {
		t.Errorf("%d films are loaded, but nobody has asked for one", n)
	}
	p.click(".slide:not([inert]) .start")
	p.plays(".slide video")
	p.clean("the films")
}

// testTakes goes from film to film of one picture.
func testTakes(t *testing.T, v *visit) {
	data := v.data(t)
	data.set(0, "clips", [][]any{{"media/film.mp4", "", 320, 180, 6.0}, {"media/second.mp4", "", 320, 180, 4.0}})
	p := open(t, desktop)
	p.visit(v.serveData(t, data), "index.html")
	p.click(v.tile(0))
	v.shows(p, 0, 1, len(v.site.images))
	for _, name := range []string{"film", "second", "film"} {
		p.plays(`.slide video[src$="/media/` + name + `.mp4"]`)
		p.press("t")
	}
	p.press(kb.ArrowRight)
	v.shows(p, 1, 2, len(v.site.images))
	if ask[bool](p, `document.querySelector(".take").offsetParent !== null`) {
		t.Error("a picture without films offers another one")
	}
	p.clean("the films")
}

// testPrompt reads the prompt in the viewer and copies it.
func testPrompt(t *testing.T, v *visit) {
	p := v.index(t, desktop)
	i := v.film(t, 0)
	prompt := v.site.images[i].Prompt()
	p.click(v.tile(i))
	v.shows(p, i, i+1, len(v.site.images))
	p.is(`document.querySelector(".label .line").textContent`, prompt, "the prompt below the picture")
	ask[bool](p, `Object.defineProperty(navigator, "clipboard", {value: {writeText: async s => { window.copied = s }}}) && true`)
	p.press("i")
	p.await(`document.querySelector("#About .copy").offsetParent !== null`)
	p.keepTexts(".viewer .note")
	p.press("p")
	p.await(fmt.Sprintf(`window.copied === %q && texts.has("The prompt is on the clipboard")`, prompt))
	p.await(`document.querySelectorAll("#About .related a").length > 0`)

	// A related picture is shown in the same viewer, without another step to go back to.
	entries := ask[int](p, `history.length`)
	slug := ask[string](p, `document.querySelector("#About .related a").href.match(/image\/(\w+)/)[1]`)
	p.click("#About .related a")
	k := slices.IndexFunc(v.site.images, func(m gallery.Image) bool { return m.Slug == slug })
	v.shows(p, k, k+1, len(v.site.images))
	if n := ask[int](p, `history.length`); n != entries {
		t.Errorf("there are %d entries in the history, want %d", n, entries)
	}
	p.press(kb.Escape)
	v.closed(p, k)
	p.clean("the prompt")
}
