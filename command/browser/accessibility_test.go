package browser

import (
	"fmt"
	"os"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp/kb"
)

// violation is a rule of axe that a page breaks.
type violation struct {
	ID, Help string
	Nodes    []struct{ HTML, FailureSummary string }
}

// readAxe returns the script of axe, or skips the test if nobody says where it is.
func readAxe(t *testing.T) string {
	t.Helper()
	file := os.Getenv("FIRSTFRAME_AXE")
	if file == "" {
		needed(t, "the accessibility is not tested: FIRSTFRAME_AXE must be the path of axe.min.js (npm install axe-core)")
	}
	axe, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(axe)
}

// load runs a script in the page.
func (p *window) load(script string) { ask[bool](p, script+"\n;true") }

// violates reports what axe finds in the page as it is now. The page must have loaded axe.
func (p *window) violates(state string) {
	p.t.Helper()
	for _, v := range ask[[]violation](p, `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations)`) {
		p.t.Errorf("%s: %s: %s\n%s\n%s", state, v.ID, v.Help, v.Nodes[0].HTML, v.Nodes[0].FailureSummary)
	}
}

// testAccessibility lets axe check the pages: names and roles, landmarks, headings, and the
// contrast of every text.
func testAccessibility(t *testing.T, w *world) {
	axe := readAxe(t)
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
				p := open(t, s)
				p.mayMiss()
				p.media("", "prefers-color-scheme="+scheme)
				for _, at := range pages {
					p.visit(at.root, at.name)
					p.load(axe)
					p.violates(at.name)
				}
			})
		}
	}
}

// testViewerAccessibility lets axe check the search and the viewer.
func testViewerAccessibility(t *testing.T, v *visit) {
	axe := readAxe(t)
	for _, look := range []struct {
		name, feature string
		screen        size
		script        string // runs before the page is there
	}{
		{"light phone", "prefers-color-scheme=light", size{390, 844}, ""},
		{"dark phone", "prefers-color-scheme=dark", size{390, 844}, ""},
		{"light", "prefers-color-scheme=light", desktop, ""},
		{"dark", "prefers-color-scheme=dark", desktop, ""},
		{"forced colours", "forced-colors=active", desktop, ""},
		{"large text", "prefers-color-scheme=light", size{390, 844}, `addEventListener("DOMContentLoaded", () => document.documentElement.style.fontSize = "200%")`},
	} {
		t.Run(look.name, func(t *testing.T) {
			p := open(t, look.screen)
			p.media("", look.feature, "prefers-reduced-motion=reduce")
			call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: look.script})
			checkStates(v, p, axe)
		})
	}
}

// checkStates lets axe check every state of the search and the viewer.
func checkStates(v *visit, p *window, axe string) {
	data := v.data(p.t)
	data.setFilm(0)
	data.set(0, "prompt", "Boats leave at dusk.")
	data.set(1, "prompt", "Boats leave at dusk.")
	data.set(0, "related", []int{3, 4, 5})
	for i := range data.Images {
		data.set(i, "hues", []string{[]string{"red", "blue", "white"}[i%3]})
	}
	p.visit(v.serveData(p.t, data), "index.html")
	p.load(axe)
	check := p.violates
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
	p.click(".swatches [value=red]")
	p.finds(1)
	check("filters that are on")
	p.click(".chips button")
	p.finds(2)
	p.click(".hits a")
	v.shows(p, 0, 1, 2)
	p.await(`document.querySelector(".start") !== null`)
	check("the viewer")
	p.question()
	check("the keys")
	p.press(kb.Escape)
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
	p.await(`document.fullscreenElement !== null`)
	check("the slideshow")
	p.press(" ")
	p.await(`document.fullscreenElement === null`)
	p.press(kb.Escape)
	v.closed(p, 0)
	check("the page after it")

	p.visit(v.serveData(p.t, nil), "index.html")
	ask[bool](p, axe+"\n;true")
	p.slash()
	p.press("night")
	p.await(`document.querySelector(".find output").textContent !== ""`)
	check("no data")
	p.click(v.tile(1))
	p.await(`document.querySelector(".slide:not([inert]) img") !== null`)
	p.still()
	ask[bool](p, `document.querySelector(".slide:not([inert]) img").dispatchEvent(new Event("error"))`)
	p.await(`document.querySelector(".failure") !== null`)
	check("a picture that cannot be loaded")
}
