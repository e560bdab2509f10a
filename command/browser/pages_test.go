package browser

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp/kb"

	"firstframe/render/slowtest"
)

// TestPages looks at the pages as visitors do: over HTTP and from disk, on wide and narrow screens,
// in light and dark, by keyboard, and without scripts. No other test would find a mistake in the
// templates or in the style sheet.
func TestPages(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	w := &world{demo: buildDemo(t), long: buildLong(t)}
	for _, test := range []struct {
		name string
		run  func(*testing.T, *world)
		slow bool
	}{
		{"load", testLoad, quick},
		{"weight", testWeight, quick},
		{"missing", testMissing, quick},
		{"layout", testLayout, slow},
		{"sizes", testSizes, slow},
		{"rows", testRows, slow},
		{"full rows", testFullRows, slow},
		{"few", testFew, slow},
		{"upper third", testUpperThird, slow},
		{"plate", testPlate, slow},
		{"image page", testImagePage, quick},
		{"film badge", testFilmBadge, slow},
		{"cover", testCover, slow},
		{"large text", testLargeText, slow},
		{"without scripts", testWithoutScripts, quick},
		{"tab key", testTabKey, quick},
		{"page keys", testPageKeys, quick},
		{"right to left", testRightToLeft, slow},
		{"machines", testMachines, quick},
		{"colours", testColours, slow},
		{"custom sheet", testCustomSheet, slow},
		{"print", testPrint, slow},
		{"forced colours", testForcedColours, slow},
		{"lost pictures", testLostPictures, slow},
		{"long words", testLongWords, slow},
		{"reduced motion", testReducedMotion, slow},
		{"accessibility", testAccessibility, slow},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if test.slow {
				slowtest.Skip(t)
			}
			test.run(t, w)
		})
	}
}

// world is the sites that the tests of the pages share.
type world struct {
	demo *site // it does not know its address
	long *site // it does
}

// testLoad visits every kind of page in the three ways to reach a site. An absolute address would
// break two of them, and a policy that is too strict all three. A font or a script from another
// site would tell that site who looks at the gallery.
func testLoad(t *testing.T, w *world) {
	p := open(t, desktop)
	for name, s := range map[string]*site{"demo": w.demo, "long": w.long} {
		for way, root := range map[string]string{"root": s.root, "folder": s.repo, "disk": s.disk} {
			p.run(name+" "+way, func(t *testing.T) {
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
						t.Errorf("%s: these pictures are not shown: %v", name, broken)
					}
					p.clean(name)
				}
			})
		}
	}
}

// testWeight measures what a visitor loads before the pictures, compressed as servers do: the page,
// the styles and the first script. The other scripts are loaded when they are needed.
func testWeight(t *testing.T, w *world) {
	for _, part := range []struct {
		what, pattern string
		limit         int
	}{
		{"an index of 60 pictures", "index.html", 12_000},
		{"another page", "page/2/index.html", 12_000},
		{"the style sheets", "assets/*.css", 8_000},
		{"the script of all pages", "assets/site.*.js", 8_000},
		{"the search", "assets/find.*.js", 8_000},
		{"the viewer", "assets/viewer.*.js", 8_000},
		{"the films of the wall", "assets/film.*.js", 8_000},
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

// testMissing asks for missing pages at several depths. The page 404 is shown at an address that it
// does not know.
func testMissing(t *testing.T, w *world) {
	depths := []string{"nothing", "image/nothing/", "a/b/c/nothing.html"}
	p := open(t, desktop)
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
				t.Errorf("%s%s has %d addresses. No address is right at every depth", root, depth, n)
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

// testWithoutScripts walks through a site with scripts turned off. Everything but the keys must
// work.
func testWithoutScripts(t *testing.T, w *world) {
	s := w.long
	p := open(t, desktop)
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
			t.Errorf("back on %s, the picture cannot be seen", at.list)
		}
	}
	p.visit(s.repo, "index.html")
	for _, next := range []string{"page/3/index.html", "page/2/index.html"} {
		p.click(".older")
		p.awaitPage(s.repo, next)
	}
	if n := ask[int](p, `document.querySelectorAll(".older").length`); n > 0 {
		t.Error("the page of the oldest pictures links to older ones")
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

// stops selects the elements that the tab key goes to.
const stops = `[...document.querySelectorAll("a[href], .find input, summary, button")].filter(e => !e.closest("dialog") && e.checkVisibility())`

// focused is the element that has the focus.
type focused struct {
	Number  int // its place among the stops of the page
	Ring    bool
	InSight bool
	Name    string
}

// focus returns the element that has the focus.
func focus(p *window) focused {
	return ask[focused](p, `(() => {
		const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
		return {
			Number: `+stops+`.indexOf(e),
			Ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 || style.boxShadow !== "none",
			InSight: box.width > 0 && box.bottom > 0 && box.top < innerHeight && style.clipPath === "none",
			Name: e.outerHTML.slice(0, 100),
		};
	})()`)
}

// testTabKey goes through pages by the tab key. It must reach every link and every field in the
// order of the page, and the focus must be visible.
func testTabKey(t *testing.T, w *world) {
	p := open(t, desktop)
	for _, name := range []string{"index.html", "about/index.html", w.demo.landscape(t)} {
		p.visit(w.demo.root, name)
		for i := range ask[int](p, stops+`.length`) {
			p.press(kb.Tab)
			f := focus(p)
			switch {
			case i == 0 && !strings.Contains(f.Name, `href="#Main"`):
				t.Errorf("%s: the first stop is %s, want the link that skips the navigation", name, f.Name)
			case f.Number != i:
				t.Fatalf("%s: press %d of the tab key goes to %s, want stop %d of the page", name, i+1, f.Name, i+1)
			case !f.Ring:
				t.Errorf("%s: nothing shows that the focus is on %s", name, f.Name)
			case !f.InSight:
				t.Errorf("%s: the focus is on %s, which cannot be seen", name, f.Name)
			}
		}
	}
	p.visit(w.demo.root, "index.html")
	p.press(kb.Tab)
	p.press(kb.Enter)
	p.await(`location.hash === "#Main"`)
	p.press(kb.Tab)
	if !ask[bool](p, `document.activeElement.matches("main *")`) {
		t.Errorf("the link to the content goes to %s", focus(p).Name)
	}
	p.clean("the way")
}

// testPageKeys goes from picture to picture by the keys of site.js. The keys of the browser must
// still work.
func testPageKeys(t *testing.T, w *world) {
	for way, s := range map[string]string{"server": w.long.repo, "disk": w.long.disk} {
		t.Run(way, func(t *testing.T) {
			p := open(t, desktop)
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
					t.Errorf("the page takes the arrow key with %s from the browser", with)
				}
			}
			p.clean("the way")
		})
	}
}

// testRightToLeft looks at a site in Arabic. Its pages begin on the right, and older pictures are
// on the left.
func testRightToLeft(t *testing.T, w *world) {
	s := buildArabic(t)
	first, second := imagePage(s.images[0]), imagePage(s.images[1])
	p := open(t, desktop)
	for _, screen := range []size{{360, 740}, desktop} {
		p.resize(screen)
		for _, name := range []string{"index.html", first, "month/2024-07/index.html"} {
			p.visit(s.root, name)
			p.fits(name)
			if !ask[bool](p, `document.dir === "rtl" && document.querySelector(".top").firstElementChild.getBoundingClientRect().right > innerWidth / 2`) {
				t.Errorf("%s does not begin on the right", name)
			}
			p.clean(name)
		}
		// The older picture is on the left, for the eye and for the keys.
		p.visit(s.root, first)
		if !ask[bool](p, `document.querySelector("a.older").getBoundingClientRect().right < innerWidth / 2`) {
			t.Error("the link to the older picture is not on the left")
		}
		p.press(kb.ArrowLeft)
		p.awaitPage(s.root, second)
		p.press(kb.ArrowRight)
		p.awaitPage(s.root, first)
		p.clean("the way")
	}
}

// testMachines reads the data that pages hold for machines. The policy of the page must let a
// browser see them, and nothing in them may run.
func testMachines(t *testing.T, w *world) {
	p := open(t, desktop)
	for name, kind := range map[string]string{
		"index.html": "ImageGallery", "month/2024-07/index.html": "ImageGallery", imagePage(w.long.images[0]): "ImageObject",
	} {
		p.visit(w.long.repo, name)
		if got := ask[string](p, `JSON.parse(document.querySelector('script[type="application/ld+json"]').textContent)["@type"]`); got != kind {
			t.Errorf("%s has the type %q, want %q", name, got, kind)
		}
		if got := ask[string](p, `JSON.parse(document.getElementById("config").textContent).data`); got != "data.js" {
			t.Errorf("%s has its data in %q, want data.js", name, got)
		}
		p.clean(name)
	}
	p.visit(w.long.repo, imagePage(w.long.images[0]))
	if got := ask[string](p, `JSON.parse(document.querySelector('script[type="application/ld+json"]').textContent).name`); got != "<b>Fish & chips</b>" {
		t.Errorf("the name of the image is %q", got)
	}
}
