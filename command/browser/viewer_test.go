package browser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"firstframe/render/slowtest"
)

// TestViewer uses the viewer and the search as visitors do: by mouse, keys and touch, over HTTP and
// from disk.
func TestViewer(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	v := &visit{buildStudio(t)}
	v.runAll(t, []visitTest{
		{"open", testOpen, quick},
		{"keys", testViewerKeys, quick},
		{"other clicks", testOtherClicks, slow},
		{"across pages", testAcrossPages, quick},
		{"month", testMonth, slow},
		{"order", testOrder, slow},
		{"touch", testTouch, quick},
		{"pull", testPull, slow},
		{"mouse", testMouse, slow},
		{"zoom steps", testZoomSteps, slow},
		{"panel", testPanel, slow},
		{"slideshow", testSlideshow, slow},
		{"motion", testMotion, slow},
		{"search", testSearch, quick},
		{"filters", testFilters, slow},
		{"many", testMany, slow},
		{"disk", testDisk, slow},
		{"strangers", testStrangers, slow},
		{"right to left", testViewerRightToLeft, slow},
		{"no data", testNoData, slow},
		{"old data", testOldData, slow},
		{"narrow", testNarrow, slow},
		{"bar", testBar, slow},
		{"no scripts", testNoScripts, quick},
		{"accessibility", testViewerAccessibility, slow},
	})
}

// visitTest is a part of a test that visits a site.
type visitTest struct {
	name string
	run  func(*testing.T, *visit)
	slow bool // see package slowtest
}

// Some parts of the large tests are left out of an ordinary run. Those that are not look at
// everything once.
const quick, slow = false, true

// runAll runs tests at the same time, each in windows of its own.
func (v *visit) runAll(t *testing.T, tests []visitTest) {
	t.Helper()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if test.slow {
				slowtest.Skip(t)
			}
			test.run(t, v)
		})
	}
}

// visit is a visit to a site.
type visit struct{ site *site }

// index opens the index in a window.
func (v *visit) index(t *testing.T, s size) *window {
	p := open(t, s)
	p.visit(v.site.root, "index.html")
	return p
}

// tile selects the tile of image i.
func (v *visit) tile(i int) string { return `.tiles a[href*="` + v.site.images[i].Slug + `"]` }

// shows waits until the viewer shows image i of the site as number n of count, at the address of
// the image.
func (v *visit) shows(p *window, i, n, count int) {
	p.t.Helper()
	p.await(fmt.Sprintf(`document.querySelector(".viewer").open && document.querySelector(".count").textContent.replaceAll(",", "") === "%d / %d" &&
		document.querySelector(".slide:not([inert]) img").src.includes(%q)`, n, count, v.site.images[i].Slug))
	p.await(fmt.Sprintf(`location.href.includes(%q)`, v.site.images[i].Slug))
	p.still()
}

// still waits for the end of a transition. Until then nothing can be clicked.
func (p *window) still() {
	p.t.Helper()
	p.await(`!document.documentElement.matches(":active-view-transition")`)
}

// closed waits until the viewer is closed and tile i has the focus.
func (v *visit) closed(p *window, i int) {
	p.t.Helper()
	p.await(`!document.querySelector(".viewer").open`)
	p.still()
	p.await(fmt.Sprintf(`document.activeElement.matches(%q)`, v.tile(i)))
	if !ask[bool](p, `(() => { const box = document.activeElement.getBoundingClientRect(); return box.bottom > 0 && box.top < innerHeight })()`) {
		p.t.Errorf("the picture that was shown last cannot be seen")
	}
}

// testOpen opens a picture and closes it in every way.
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
			t.Fatalf("the tab key leaves the viewer, for %s", name)
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

	// The address is the page of the picture, for those who reload it or get it from others.
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

	// The same holds for visitors who came to the picture by the tab key.
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

// testOtherClicks checks that clicks with a modifier key still belong to the browser.
func testOtherClicks(t *testing.T, v *visit) {
	p := v.index(t, desktop)
	for _, with := range []string{"ctrlKey: true", "metaKey: true", "shiftKey: true", "altKey: true"} {
		if ask[bool](p, `(() => {
			let taken;
			addEventListener("click", e => { taken = e.defaultPrevented; e.preventDefault() }, {once: true});
			document.querySelector(".tiles img").dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true, `+with+`}));
			return taken;
		})()`) {
			t.Errorf("the page takes a click with %s from the browser", with)
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
	p.awaitPage(v.site.root, "page/2/index.html#i-"+v.site.images[studioFirst].Slug) // after the last picture that was seen
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

// testMonth walks through the pictures of one month.
func testMonth(t *testing.T, v *visit) {
	p := open(t, desktop)
	p.visit(v.site.root, "month/2024-06/index.html")
	first := studioSize - 61
	p.click(v.tile(first))
	v.shows(p, first, 1, 30)
	p.press(kb.End)
	v.shows(p, first+29, 30, 30)
	p.clean("the walk")
}

// testOrder walks through pictures that their owner has arranged, and opens the cover.
func testOrder(t *testing.T, v *visit) {
	p := open(t, desktop)
	p.visit(v.site.root, "month/2024-05/index.html")
	const oldest, count = studioSize - 1, 31
	p.click(".tiles li a")
	v.shows(p, oldest, 1, count)
	p.press(kb.ArrowRight)
	v.shows(p, oldest-1, 2, count)
	p.press(kb.Escape)
	v.closed(p, oldest-1)
	p.click(".cover a")
	v.shows(p, oldest-11, 12, count)
	p.press(kb.Escape)
	v.closed(p, oldest-11)

	hit := func(i int) {
		t.Helper()
		p.await(fmt.Sprintf(`document.querySelector(".hits a")?.href.includes(%q)`, v.site.images[i].Slug))
	}
	p.asks("shot")
	p.finds(count)
	hit(oldest)
	p.is(`document.querySelector("[name=sort]").selectedOptions[0].text`, "As on this page", "the choice")
	p.visit(v.site.root, "month/2024-05/index.html?sort=newest")
	p.finds(count)
	hit(oldest - count + 1)

	p.visit(v.site.root, "tag/night/index.html")
	p.click(".tiles li a")
	v.shows(p, 1, 1, 2)
	p.press(kb.ArrowRight)
	v.shows(p, 0, 2, 2)
	p.clean("the walk")
}

// testPanel reads the facts about a picture, downloads it and shares it.
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

// keepTexts keeps every text that an element has from now on, even for a moment only.
func (p *window) keepTexts(selector string) {
	p.t.Helper()
	ask[bool](p, fmt.Sprintf(`{
		window.texts = new Set();
		const element = document.querySelector(%q);
		new MutationObserver(() => texts.add(element.textContent)).observe(element, {childList: true});
		true
	}`, selector))
}

// testSlideshow starts the slideshow and stops it.
func testSlideshow(t *testing.T, v *visit) {
	p := open(t, desktop)
	call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `{ const wait = setTimeout; window.setTimeout = (f, ms) => wait(f, ms === 5000 ? 400 : ms) }`,
	})
	p.visit(v.site.root, "index.html")
	p.click(v.tile(0))
	v.shows(p, 0, 1, studioSize)
	p.keepTexts(".count")
	p.press(" ")
	p.await(`document.querySelector(".play").ariaPressed === "true" && document.fullscreenElement === document.querySelector(".track")`)
	p.await(`texts.has("3 / 90")`)
	p.press(kb.ArrowLeft)
	p.await(`document.querySelector(".play").ariaPressed === "false" && document.fullscreenElement === null`)
	p.clean("the slideshow")
}

// testMotion opens a picture with and without motion.
func testMotion(t *testing.T, v *visit) {
	for _, reduced := range []bool{false, true} {
		p := open(t, desktop)
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
			t.Errorf("with reduced motion %v, these moves were made: %v", reduced, ask[[]string](p, `moves`))
		}
		p.clean("the motion")
	}
}

// testDisk visits the site without a server. There a page cannot change its path.
func testDisk(t *testing.T, v *visit) {
	p := open(t, desktop)
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

// testViewerRightToLeft walks through a site in Arabic. The next picture is on the left, for the
// eye and for the keys.
func testViewerRightToLeft(t *testing.T, v *visit) {
	arabic := &visit{buildArabic(t)}
	p := arabic.index(t, desktop)
	p.click(arabic.tile(0))
	arabic.shows(p, 0, 1, 3)
	if !ask[bool](p, `document.querySelector(".next").getBoundingClientRect().right < innerWidth / 2`) {
		t.Error("the button for the next picture is not on the left")
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

// testNoData visits a site without its data.
func testNoData(t *testing.T, v *visit) {
	p := open(t, desktop)
	root := v.serveData(t, nil)
	p.visit(root, "index.html")
	p.click(v.tile(1))
	shows := func(i int) {
		t.Helper()
		p.await(fmt.Sprintf(`document.querySelector(".viewer").open && location.href.includes(%q) && document.querySelector(".slide:not([inert]) img").src.includes(%q)`,
			v.site.images[i].Slug, v.site.images[i].Slug))
		p.still()
	}
	shows(1)
	p.press(kb.ArrowRight)
	shows(2) // the pictures of the page are known without the data
	p.is(`document.querySelector(".count").textContent`, "", "the number of an unknown number of pictures")
	p.press(kb.Escape)
	v.closed(p, 2)
	p.slash()
	p.press("night")
	p.await(`document.querySelector(".find output").textContent === "The search could not be loaded"`)
	p.visit(root, "index.html?q=night")
	p.await(`document.querySelector(".find output").textContent === "The search could not be loaded" && document.querySelector(".tiles li a").offsetParent !== null`)
}

// testOldData visits a site whose data file is still of version 1. A cache may hold the old file, or
// a run may be killed between the pages and the data.
func testOldData(t *testing.T, v *visit) {
	data := v.data(t)
	data.setFilm(1)
	data.Version, data.Fields = 1, nil
	root := v.serveData(t, data)
	p := open(t, desktop)
	p.visit(root, "index.html")
	p.slash()
	p.press("night")
	p.finds(2)
	p.visit(root, "index.html")
	p.click(v.tile(1))
	v.shows(p, 1, 2, len(v.site.images))
	p.await(`document.querySelector("video").src.endsWith("/media/film.mp4")`)
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
		t.Error("a long title takes the space of the picture")
	}
	p.press("i")
	p.await(`!document.querySelector("#About").hidden`)
	p.is(`[...document.querySelectorAll(".viewer h2")].filter(e => e.offsetParent).map(e => e.closest("aside, .label").localName).join()`,
		"aside", "the place of the title: the panel has all of it")
	if ask[bool](p, `document.querySelector(".viewer").scrollWidth > innerWidth`) {
		t.Error("the viewer is wider than the window")
	}
	if ask[bool](p, `document.querySelector(".slide:not([inert]) img").getBoundingClientRect().right > innerWidth + 1`) {
		t.Error("the picture is wider than the window")
	}
	p.clean("the small screen")
}

// testBar looks at the buttons of the viewer on the smallest screens. All must be there, beside a
// large number, for a picture with a film.
func testBar(t *testing.T, v *visit) {
	p := open(t, desktop)
	for _, at := range []struct {
		screen size
		count  int
		text   string
	}{{size{320, 568}, 10_000, "100%"}, {size{360, 740}, studioSize, "200%"}} {
		data := v.manyPictures(t, at.count)
		data.setFilm(0)
		p.resize(at.screen)
		p.visit(v.serveData(t, data), "index.html")
		ask[bool](p, fmt.Sprintf(`{ document.documentElement.style.fontSize = %q; true }`, at.text))
		p.click(v.tile(0))
		v.shows(p, 0, 1, at.count)
		what := fmt.Sprint(at.count, " pictures on a screen of ", at.screen.width, " px, text of ", at.text)
		if ask[bool](p, `(e => e.offsetHeight > 1.5 * parseFloat(getComputedStyle(e).lineHeight))(document.querySelector(".count"))`) {
			t.Errorf("%s: the number takes more than one line", what)
		}
		for _, fault := range ask[[]string](p, `[...document.querySelectorAll(".bar > *")].filter(e => e.offsetParent).map(e => [e.className, e.getBoundingClientRect()])
			.filter(([, box]) => box.left < 0 || box.right > document.documentElement.clientWidth || box.width < 24).map(([name, box]) => name + " " + box.left + " to " + box.right)`) {
			t.Errorf("%s: there is no space for %s", what, fault)
		}
		p.is(`[...document.querySelectorAll(".bar > *")].filter(e => e.offsetParent).map(e => e.className).join(" ")`,
			"count sound film play download share info close", what+": the bar")
		p.clean("the bar")
	}
}

// testNoScripts looks for things that do nothing without scripts.
func testNoScripts(t *testing.T, v *visit) {
	p := open(t, desktop)
	call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	p.visit(v.site.root, "index.html")
	if ask[bool](p, `[...document.querySelectorAll(".find, .hits, .more, .viewer")].some(e => e.offsetParent)`) {
		t.Error("something that needs scripts is shown without them")
	}
	p.click(v.tile(0))
	p.awaitPage(v.site.root, imagePage(v.site.images[0]))
	p.clean("the visit")
}
