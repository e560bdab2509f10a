package browser

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"

	"firstframe/fetch/fetchtest"
	"firstframe/render/media"
	"firstframe/render/slowtest"
)

// tile is a picture on a page of the gallery, with its place and size.
type tile struct {
	List          int // number of its list on the page
	Slug          string
	Top           float64 // distance from the top of the page
	Width, Height float64
	Room          float64 // the width of its list
	Lazy          bool
	Priority      string  // "high" or ""
	Said          float64 // the width that the attribute sizes promises, or 0
}

// screens are the sizes of windows from a small phone to a large screen.
var screens = []size{{320, 568}, {360, 740}, {768, 1024}, desktop, {2560, 1440}}

// testLayout looks at the pages on small and large screens. An ordinary test tries the smallest, a
// tablet's and the largest.
func testLayout(t *testing.T, w *world) {
	for i := 0; i < len(screens); i += slowtest.Stride(2) {
		s := screens[i]
		t.Run(fmt.Sprint(s.width), func(t *testing.T) {
			t.Parallel()
			p := open(t, s)
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

// watchShifts keeps what moves after it was shown.
const watchShifts = `
	window.shifts = [];
	window.watcher = new PerformanceObserver(list => shifts.push(...list.getEntries()));
	watcher.observe({type: "layout-shift", buffered: true});`

// checkLayout scrolls through a page and looks at its pictures.
func checkLayout(p *window, s *site, screen size, what string) {
	p.t.Helper()
	// A browser may show the beginning of a page before it has the rest, and a row gets its height
	// with its last picture. So only later moves count.
	ask[bool](p, `(async () => {
		for (const _ of [1, 2]) await new Promise(requestAnimationFrame);
		watcher.takeRecords();
		shifts.length = 0;
		return true;
	})()`)
	tiles := measure(p)
	checkLoading(p, tiles, what)
	// Chromium loads pictures that are less than 3000 px below the screen.
	if len(tiles) > 40 && tiles[len(tiles)-1].Top > float64(screen.height)+3000 && ask[bool](p, `[...document.images].at(-1).complete`) {
		p.t.Errorf("%s: the last picture is loaded before anybody scrolls to it", what)
	}
	scrollThrough(p)
	p.fits(what)
	checkRatios(p, s, tiles, what)
	checkRows(p, tiles, what)
	for _, shift := range ask[[]string](p, `shifts.concat(watcher.takeRecords()).map(s =>
		s.value + " " + s.sources.map(x => x.node?.outerHTML?.slice(0, 120)).join(" "))`) {
		p.t.Errorf("%s: something moved after it was shown: %s", what, shift)
	}
	if late := ask[int](p, `[...document.images].filter(i => !i.complete || !i.naturalWidth).length`); late > 0 {
		p.t.Errorf("%s: after scrolling through the page %d pictures are not shown", what, late)
	}
}

// checkLoading checks when pictures are loaded. The first rows must not wait for the layout, and no
// picture on the first screen may come last: it can be the one that a visitor waits for. On the page
// of an image, the others are below it and can wait.
func checkLoading(p *window, tiles []tile, what string) {
	p.t.Helper()
	atOnce, first := 5, 0
	if strings.Contains(what, "/image/") {
		atOnce, first = 0, -1
	}
	for i, tile := range tiles {
		if tile.Lazy != (i >= atOnce) {
			p.t.Errorf("%s: picture %d: lazy is %v, but the first %d are to be loaded at once", what, i+1, tile.Lazy, atOnce)
		}
		if want := map[bool]string{true: "high", false: ""}[i == first]; tile.Priority != want {
			p.t.Errorf("%s: picture %d has the priority %q, want %q", what, i+1, tile.Priority, want)
		}
	}
}

// measure returns the pictures of a page.
func measure(p *window) []tile {
	return ask[[]tile](p, `(() => {
	// A browser takes the first width whose condition is true.
	const said = (sizes) => {
		for (const part of sizes.split(/, (?=\(max-|[\d.]+vw$)/).filter(Boolean)) {
			const [, condition, width] = part.match(/^(\(\w+-width:[^)]*\))?\s*(.*)$/);
			if (condition && !matchMedia(condition).matches) continue;
			const box = document.body.appendChild(document.createElement("div"));
			box.style.cssText = "position:absolute;width:" + width;
			const got = box.getBoundingClientRect().width;
			box.remove();
			return got;
		}
		return 0;
	};
	return [...document.querySelectorAll(".tiles")].flatMap((list, n) => [...list.querySelectorAll("img")].map(i => {
		const box = i.getBoundingClientRect();
		return {
			List: n, Slug: i.closest("a").href.match(/image\/([0-9a-f]+)/)[1], Top: box.top + scrollY,
			Width: box.width, Height: box.height, Room: list.clientWidth, Lazy: i.loading === "lazy",
			Priority: i.getAttribute("fetchpriority") ?? "", Said: said(i.sizes.replace(/^auto, /, "")),
		};
	}));
	})()`)
}

// scrollThrough scrolls to the end in steps of half a screen. Before each step it waits for the
// pictures that can be seen.
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

// checkRatios compares the pictures with their largest renditions. No picture may be cut or
// stretched.
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

// checkRows checks that the pictures of a row have the same height, and that no row is more than 15 %
// higher or lower than the others. Only a panorama that fills its row can be lower.
func checkRows(p *window, tiles []tile, what string) {
	p.t.Helper()
	for list := range 2 {
		var heights []float64
		row := -1.0
		for _, tile := range tiles {
			if tile.List != list || tile.Room == 0 {
				continue
			}
			if math.Abs(tile.Top-row) > 1 {
				row = tile.Top
				heights = append(heights, tile.Height)
			} else if h := heights[len(heights)-1]; math.Abs(tile.Height-h) > 1 {
				p.t.Errorf("%s: %s is %.1f px high in a row of %.1f px", what, tile.Slug, tile.Height, h)
			}
			if tile.Width > tile.Room-1 && tile.Width > 2*tile.Height {
				heights = heights[:len(heights)-1]
				row = -1
			}
		}
		if len(heights) < 2 {
			continue
		}
		// A pixel is for rounding.
		if least, most := slices.Min(heights), slices.Max(heights); most > least*1.15/.85+1 {
			p.t.Errorf("%s: rows are between %.0f and %.0f px high", what, least, most)
		}
	}
}

// testRows measures the rows in windows of all sizes.
func testRows(t *testing.T, w *world) {
	p := open(t, desktop)
	for _, at := range [][2]string{{w.demo.root, "index.html"}, {w.long.root, "index.html"}, {w.long.root, "page/2/index.html"}} {
		p.visit(at[0], at[1])
		for _, width := range []int64{320, 360, 480, 481, 500, 704, 705, 768, 992, 1024, 1376, 1440, 1856, 1920, 2560} {
			p.resize(size{width, 900})
			checkRows(p, measure(p), fmt.Sprintf("%s at %d px", at[1], width))
			p.fits(at[1])
		}
	}
	p.clean("the pages")
}

// testFew looks at galleries of one and of two pictures. They must be large, but not higher than the
// window, and there is nothing to search. From eight pictures on there is.
func testFew(t *testing.T, _ *world) {
	for n, search := range map[int]bool{1: false, 2: false, 7: false, 8: true} {
		s := buildFrom(t, &fetchtest.Service{Pictures: longPictures(t, n)}, nil, "--widths", "120,240,480")
		p := open(t, desktop)
		for _, screen := range []size{{320, 568}, {390, 844}, {820, 1180}, desktop, {2560, 1440}} {
			p.resize(screen)
			p.visit(s.root, "index.html")
			what := fmt.Sprintf("%d pictures at %d px", n, screen.width)
			if p.fits(what); n > 2 {
				continue
			}
			tiles := measure(p)
			widest, highest := 0.0, 0.0
			for _, tile := range tiles {
				widest, highest = max(widest, tile.Width), max(highest, tile.Height)
				if off := math.Abs(tile.Said - tile.Width); tile.Said > 0 && off > tile.Width*.1 {
					t.Errorf("%s: a picture is %.0f px wide, and the page says %.0f", what, tile.Width, tile.Said)
				}
			}
			if high := float64(screen.height) * .75; highest > high+1 || widest < tiles[0].Room*.7 && highest < high-1 {
				t.Errorf("%s: they are %.0f px high, and one is %.0f of %.0f px wide", what, highest, widest, tiles[0].Room)
			}
		}
		if got := ask[bool](p, `document.querySelector(".find") !== null`); got != search {
			t.Errorf("%d pictures: there is a search: %v, want %v", n, got, search)
		}
		p.clean("the page")
	}
}

// testUpperThird looks for the first picture on a phone. Only a title and the search may be
// above it.
func testUpperThird(t *testing.T, _ *world) {
	s := buildIn(t, &fetchtest.Service{Pictures: longPictures(t, 9)}, map[string]string{
		"content/index.md":                  "---\ntitle: Seaside pictures\n---\n",
		"content/about.md":                  "---\ntitle: About\n---\nWords.\n",
		"content/images/picture-001.jpg.md": "---\ntags: [sea]\nfeatured: true\n---\n",
		"content/months/2024-07.md":         "---\ntitle: A month\n---\n",
	})
	p := open(t, desktop)
	for _, screen := range []size{{360, 740}, {390, 844}} {
		p.resize(screen)
		for _, name := range []string{"index.html", "month/2024-07/index.html", "tag/sea/index.html"} {
			p.visit(s.root, name)
			if top := measure(p)[0].Top; top > float64(screen.height)/3 {
				t.Errorf("%s at %d × %d: the first picture is at %.0f px", name, screen.width, screen.height, top)
			}
		}
	}
	p.clean("the pages")
}

// viewports are the windows of phones, tablets and desktops.
var viewports = []size{
	{320, 568}, {360, 740}, {390, 844}, {430, 932}, {600, 960}, {768, 1024}, {820, 1180}, {1024, 768}, {1280, 800},
	{1440, 900}, {1920, 1080}, {2560, 1440},
}

// testSizes compares what the pages say of the widths of pictures with their widths. A browser
// chooses a rendition by what they say. The first pictures say it exactly. For the others, Chromium
// knows it, and other browsers have an estimate.
func testSizes(t *testing.T, w *world) {
	p := open(t, desktop)
	exact, estimates, off := 0, 0, 0.0
	for _, s := range viewports {
		p.resize(s)
		for _, at := range [][2]string{{w.demo.root, "index.html"}, {w.long.root, "index.html"}, {w.long.root, "page/2/index.html"}, {w.long.root, "tag/sea/index.html"}} {
			p.visit(at[0], at[1])
			for i, tile := range measure(p) {
				wrong := math.Abs(tile.Said-tile.Width) / tile.Width
				switch {
				case tile.Said == 0: // there is one rendition only
				case tile.Lazy:
					estimates, off = estimates+1, off+wrong
				case wrong > .1:
					t.Errorf("%s at %d px: picture %d is %.0f px wide, and the page says %.0f", at, s.width, i+1, tile.Width, tile.Said)
				default:
					exact++
				}
			}
		}
	}
	// What a loaded picture calls its own width is what sizes says.
	for _, s := range viewports {
		p.resize(s)
		for _, name := range []string{w.demo.landscape(t), w.demo.portrait(t), "tag/sea/index.html"} {
			p.visit(w.demo.root, name)
			p.await(`[...document.querySelectorAll(".stage img, .cover img")].every(i => i.complete && i.naturalWidth)`)
			for _, wrong := range ask[[]string](p, `[...document.querySelectorAll(".stage img[srcset], .cover img[srcset]")].map(i => [i.naturalWidth, i.clientWidth])
				.filter(([said, is]) => Math.abs(said - is) > is * .1).map(([said, is]) => is + " px wide, and the page says " + said)`) {
				t.Errorf("%s at %d px: the picture is %s", name, s.width, wrong)
			}
		}
	}
	if exact < 100 {
		t.Errorf("only %d pictures say how wide they are", exact)
	}
	t.Logf("%d pictures are right; the estimates of %d others are off by %.0f %% on average", exact, estimates, 100*off/float64(estimates))
	p.clean("the pages")
}

// testFullRows looks for rows that end before the page does. In the pages' rows that have too little
// room to be full, the pictures are in the middle. The last row begins where all rows begin.
func testFullRows(t *testing.T, w *world) {
	p := open(t, desktop)
	for _, width := range []int64{360, 660, 768, 900, 1440, 2560} {
		p.resize(size{width, 900})
		for _, name := range []string{"index.html", "index.html?q=moon", "tag/night/index.html"} {
			p.visit(w.demo.root, name)
			p.await(`!location.search || document.querySelector(".hits li") !== null`)
			for _, gap := range ask[[]string](p, `(() => {
				const list = document.querySelector("main > .tiles:not([hidden])"), room = list.getBoundingClientRect();
				const rows = Object.values(Object.groupBy([...list.children].map(e => e.getBoundingClientRect()), box => Math.round(box.top)));
				return rows.map((row, i) => {
					const before = row[0].left - room.left, after = room.right - row.at(-1).right;
					if (i === rows.length - 1 ? before < 1 : list.matches(".hits") ? after < 1 : Math.abs(before - after) < 1.5) return "";
					return before + " px before and " + after + " px after row " + (i + 1);
				}).filter(Boolean);
			})()`) {
				t.Errorf("%s at %d px: there is a gap of %s", name, width, gap)
			}
		}
		p.clean("the pages")
	}
}

// testPlate compares the edges of a picture on its page with those of the words below it. They must be
// the same, or so far apart that it does not look like a mistake.
func testPlate(t *testing.T, w *world) {
	p := open(t, desktop)
	for _, s := range []size{{390, 844}, {820, 1180}, {1200, 1200}, {1000, 1400}, {1280, 800}, {1440, 900}, {1920, 1080}} {
		p.resize(s)
		for _, name := range []string{w.demo.portrait(t), w.demo.landscape(t)} {
			p.visit(w.demo.root, name)
			p.fits(name)
			if !ask[bool](p, `(() => {
				const [plate, title, facts] = [".plate", ".plate h1", ".plate dl"].map(s => document.querySelector(s).getBoundingClientRect());
				const below = facts.top >= title.bottom, beside = facts.left >= title.right && Math.abs(facts.top - title.top) < 1;
				return Math.abs(facts.right - plate.right) < 1 && (beside || below && Math.abs(facts.left - plate.left) < 1);
			})()`) {
				t.Errorf("%s at %d × %d: the facts are neither beside the title nor below it", name, s.width, s.height)
			}
			for _, words := range []string{".plate", ".takes"} {
				apart := ask[float64](p, `(e => e ? document.querySelector(".stage").getBoundingClientRect().left - e.getBoundingClientRect().left : 0)(document.querySelector("`+words+`"))`)
				if math.Abs(apart) > 1 && apart < 100 && s.width > 640 { // on a phone the picture fills the width
					t.Errorf("%s at %d × %d: the edges of the picture and of %s are %.0f px apart", name, s.width, s.height, words, apart)
				}
			}
		}
	}
	p.clean("the pages")
}

// testCover looks at the title beside a high cover. It must not be below a lot of nothing.
func testCover(t *testing.T, _ *world) {
	s := buildIn(t, &fetchtest.Service{Pictures: longPictures(t, 3)}, map[string]string{
		"content/months/2024-07.md": "---\ntitle: High\ncover: picture-001.jpg\n---\n",
	})
	p := open(t, desktop)
	for _, screen := range []size{{390, 844}, {820, 1180}, {1200, 1200}, {1280, 800}} {
		p.resize(screen)
		p.visit(s.root, "month/2024-07/index.html")
		if above := ask[float64](p, `(e => e.querySelector("h1").getBoundingClientRect().top - e.getBoundingClientRect().top)(document.querySelector(".opening"))`); above > 160 {
			t.Errorf("at %d × %d, there are %.0f px of nothing above the title", screen.width, screen.height, above)
		}
	}
	p.clean("the page")
}

// testLargeText looks at pages on a phone with text of twice the usual size. Nothing may cover
// anything else.
func testLargeText(t *testing.T, w *world) {
	p := open(t, size{360, 740})
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
			t.Errorf("%s: one link covers the other: %s", at, pair)
		}
	}

	// For the queries of a style sheet, text of twice the size is a window of half the width.
	p.resize(size{180, 370})
	p.visit(w.demo.root, w.demo.landscape(t))
	if lines := ask[float64](p, `(e => e.offsetHeight / parseFloat(getComputedStyle(e).lineHeight))(document.querySelector(".plate dd"))`); lines > 2.1 {
		t.Errorf("the date takes %.1f lines", lines)
	}
	p.visit(w.demo.root, "index.html")
	p.click(".tiles a")
	p.await(`document.querySelector(".viewer").open`)
	p.still()
	if ask[bool](p, `document.querySelector(".close").getBoundingClientRect().right > document.documentElement.clientWidth`) {
		t.Error("the button that closes the viewer is outside the window")
	}
	p.clean("the pages")
}
