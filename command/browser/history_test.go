package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"firstframe/render/slowtest"
)

// TestHistory goes back and forward. Each way is gone twice: browsers keep some pages as they were
// left, and load the others again.
func TestHistory(t *testing.T) {
	t.Parallel()
	slowtest.Skip(t)
	needBrowser(t)
	v := &visit{buildStudio(t)}
	for _, test := range []struct {
		name string
		run  func(*testing.T, *visit, bool)
	}{
		{"reload in the viewer", testReloadInViewer},
		{"forward into the viewer", testForward},
		{"tag link", testTagLink},
		{"results", testResults},
		{"forward to results", testForwardToResults},
	} {
		for name, kept := range map[string]bool{"kept": true, "loaded again": false} {
			t.Run(test.name+", "+name, func(t *testing.T) {
				t.Parallel()
				test.run(t, v, kept)
			})
		}
	}
	t.Run("film", func(t *testing.T) {
		t.Parallel()
		testFilmEnds(t, v)
	})
}

// openKept opens a window of a browser that keeps pages, or of one that does not. It notes in
// window.kept whether a page was kept.
func openKept(t *testing.T, s size, kept bool) *window {
	t.Helper()
	start := browser
	if kept {
		start = keeper
	}
	p := openIn(t, need(t, start), s)
	call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `addEventListener("pageshow", event => { window.kept = event.persisted })`,
	})
	return p
}

// wasKept fails the test if the page was not kept or loaded again as wanted. Then it tests something
// else than it says.
func (p *window) wasKept(want bool) {
	p.t.Helper()
	p.await(`window.kept !== undefined`)
	if got := ask[bool](p, `window.kept`); got != want {
		p.t.Errorf("the browser had kept the page: %v, want %v", got, want)
	}
}

func (p *window) forward() {
	p.t.Helper()
	p.step(`forward`)
}

// wall waits until the window shows a gallery page and no viewer.
func (v *visit) wall(p *window, name string) {
	p.t.Helper()
	p.awaitPage(v.site.root, name, `document.querySelector(".stage") === null && document.querySelector(".viewer[open]") === null &&
		document.querySelector(".tiles:not(.hits)").offsetParent !== null && document.title === "Studio"`)
	p.still()
}

// ownPage waits until the window shows the page of image i, and its picture.
func (v *visit) ownPage(p *window, i int) {
	p.t.Helper()
	p.awaitPage(v.site.root, imagePage(v.site.images[i]), fmt.Sprintf(`document.querySelector(".viewer[open]") === null && document.querySelector(".stage img")?.currentSrc.includes(%q) === true`, v.site.images[i].Slug))
}

// testReloadInViewer reloads the page while a picture is open, and goes back and forward.
func testReloadInViewer(t *testing.T, v *visit, kept bool) {
	p := openKept(t, desktop, kept)
	p.visit(v.site.root, "index.html")
	p.click(v.tile(1))
	v.shows(p, 1, 2, studioSize)
	p.do(chromedp.Reload())
	v.ownPage(p, 1)
	for range 2 {
		p.back()
		v.wall(p, "index.html")
		p.forward()
		v.ownPage(p, 1)
	}

	// The picture's own page opens a viewer, too.
	p.click(".stage")
	v.shows(p, 1, 2, studioSize)
	p.press(kb.ArrowRight)
	v.shows(p, 2, 3, studioSize)
	p.do(chromedp.Reload())
	v.ownPage(p, 2)
	p.back()
	v.ownPage(p, 1)
	p.back()
	v.wall(p, "index.html")
	p.clean("the history")
}

// testForward goes forward to a picture from a page that was loaded after it had been closed.
func testForward(t *testing.T, v *visit, kept bool) {
	p := openKept(t, size{390, 844}, kept)
	p.visit(v.site.root, "index.html")
	p.click(v.tile(2))
	v.shows(p, 2, 3, studioSize)
	p.press(kb.Escape)
	v.closed(p, 2)
	p.do(chromedp.Reload())
	v.wall(p, "index.html")
	p.forward()
	v.shows(p, 2, 3, studioSize)
	p.is(`document.title`, ask[string](p, `document.querySelector(".viewer h2").textContent`)+" · Studio", "the title")
	p.await(`[...document.images].every(img => img.complete && img.naturalWidth || img.loading === "lazy")`)
	p.back()
	v.wall(p, "index.html")
	p.clean("the history")
}

// testTagLink follows a tag from the panel of the viewer.
func testTagLink(t *testing.T, v *visit, kept bool) {
	p := openKept(t, desktop, kept)
	p.visit(v.site.root, "index.html")
	p.click(v.tile(0))
	v.shows(p, 0, 1, studioSize)
	p.press("i")
	p.click("#About dd a")
	p.await(`location.search === "?tag=sea"`)
	p.finds(1)
	picture := func() {
		t.Helper()
		if kept {
			v.shows(p, 0, 1, studioSize)
		} else {
			v.ownPage(p, 0)
		}
	}
	for range 2 {
		p.back()
		picture()
		p.wasKept(kept)
		p.back()
		v.wall(p, "index.html")
		p.forward()
		picture()
		p.forward()
		p.await(`location.search === "?tag=sea"`)
		p.finds(1)
	}
	p.clean("the history")
}

// testResults leaves results that were scrolled, and comes back.
func testResults(t *testing.T, v *visit, kept bool) {
	p := openKept(t, desktop, kept)
	p.visit(v.site.root, "month/2024-06/index.html")
	p.visit(v.site.root, "index.html")
	entries := ask[int](p, `history.length`)
	p.slash()
	for _, key := range "shot-" {
		p.press(string(key))
	}
	p.await(`location.search === "?q=shot-"`)
	p.finds(studioFirst)
	if got := ask[int](p, `history.length`) - entries; got != 1 {
		t.Errorf("typing a word makes %d entries in the history, want 1", got)
	}
	ask[bool](p, `(scrollTo(0, document.documentElement.scrollHeight), true)`)
	p.finds(studioSize)
	const at = `String(Math.round(document.querySelectorAll(".hits li")[80].getBoundingClientRect().top))`
	ask[bool](p, `new Promise(done => {
		addEventListener("scrollend", () => setTimeout(() => done(true)), {once: true});
		document.querySelectorAll(".hits li")[80].scrollIntoView({behavior: "instant", block: "center"});
		scrollBy({top: -100, behavior: "instant"});
	})`)
	before, first := ask[string](p, at), ask[string](p, `document.querySelector(".hits a").href`)
	ask[bool](p, `document.querySelector("footer a, .ways a").click() ?? true`)
	p.await(`document.readyState === "complete" && location.search === "" && document.querySelector(".hits:not([hidden])") === null`)
	p.back()
	p.await(`location.search === "?q=shot-"`)
	p.finds(studioSize)
	p.wasKept(kept)
	p.await(`Math.abs(` + at + ` - ` + before + `) <= 2`)
	p.is(`document.querySelector("[name=q]").value`, "shot-", "the question")
	p.is(`document.querySelector(".hits a").href`, first, "the first hit")
	p.is(`document.querySelector(".find output").textContent`, "90 of 90", "the answer")
	p.back()
	v.wall(p, "index.html")
	p.is(`document.querySelector("[name=q]").value`, "", "the question on the wall")
	p.forward()
	p.await(`location.search === "?q=shot-"`)
	p.finds(studioSize)
	p.await(`Math.abs(` + at + ` - ` + before + `) <= 2`)
	p.clean("the history")
}

// testForwardToResults goes forward to a question from a page on which nobody has searched yet.
func testForwardToResults(t *testing.T, v *visit, kept bool) {
	p := openKept(t, desktop, kept)
	p.visit(v.site.root, "index.html")
	p.slash()
	p.press("night")
	p.finds(2)
	p.await(`location.search === "?q=night"`)
	p.back()
	v.wall(p, "index.html")
	p.do(chromedp.Reload())
	v.wall(p, "index.html")
	p.forward()
	p.await(`location.search === "?q=night" && document.querySelector("[name=q]").value === "night"`)
	p.finds(2)
	p.back()
	v.wall(p, "index.html")
	p.clean("the history")
}

// testFilmEnds leaves a picture whose film plays. No film may play behind the next picture, not even
// one that is no longer in the page.
func testFilmEnds(t *testing.T, v *visit) {
	film, err := os.ReadFile(filepath.FromSlash("../../fetch/demo/clips/lighthouse.mp4"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(v.site.dir, "media", "film.mp4"), film, 0o644); err != nil {
		t.Fatal(err)
	}
	data := v.data(t)
	data.setFilm(1)
	data.setFilm(3)
	root := v.serveData(t, data)
	for _, motion := range []string{"no-preference", "reduce"} {
		p := open(t, desktop)
		p.media("", "prefers-reduced-motion="+motion)
		call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `{
			window.films = new Set();
			const { play } = HTMLMediaElement.prototype;
			HTMLMediaElement.prototype.play = function () { films.add(this); return play.call(this) };
		}`})
		p.visit(root, "index.html")
		plays := func(n int) {
			t.Helper()
			p.await(fmt.Sprintf(`[...films].filter(film => !film.paused && film.readyState > 2).length === %d && document.querySelectorAll(".viewer video").length === %d`, n, n))
		}
		p.click(v.tile(1))
		v.shows(p, 1, 2, studioSize)
		if motion == "reduce" {
			p.press("f")
		}
		plays(1)
		p.press(kb.ArrowRight)
		v.shows(p, 2, 3, studioSize)
		plays(0)
		p.press(kb.ArrowRight)
		v.shows(p, 3, 4, studioSize)
		plays(1) // a visitor who has asked for one film wants the others
		p.press(kb.Escape)
		v.closed(p, 3)
		plays(0)
		p.clean("the films")
	}
}
