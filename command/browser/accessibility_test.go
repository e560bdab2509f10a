package browser

import (
	"fmt"
	"os"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// violation is a rule of axe that a page breaks.
type violation struct {
	ID, Help string
	Nodes    []struct{ HTML, FailureSummary string }
}

// testAccessibility lets axe check the pages: names and roles, landmarks, headings, and the
// contrast of every text.
func testAccessibility(t *testing.T, w *world) {
	file := os.Getenv("FIRSTFRAME_AXE")
	if file == "" {
		needed(t, "the accessibility is not tested: FIRSTFRAME_AXE must be the path of axe.min.js (npm install axe-core)")
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
				p := open(t, s)
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

// testViewerAccessibility lets axe check the search and the viewer.
func testViewerAccessibility(t *testing.T, v *visit) {
	file := os.Getenv("FIRSTFRAME_AXE")
	if file == "" {
		needed(t, "the accessibility is not tested: FIRSTFRAME_AXE must be the path of axe.min.js (npm install axe-core)")
	}
	axe, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, scheme := range []string{"light", "dark"} {
		for _, screen := range []size{{390, 844}, desktop} {
			t.Run(fmt.Sprint(scheme, " ", screen.width), func(t *testing.T) {
				p := open(t, screen)
				p.media("", "prefers-color-scheme="+scheme, "prefers-reduced-motion=reduce")
				checkStates(v, p, string(axe))
			})
		}
	}
}

// checkStates lets axe check every state of the search and the viewer.
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
