package browser

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp/kb"

	"firstframe/fetch/fetchtest"
	"firstframe/render/gallery"
	"firstframe/render/slowtest"
)

// labelWords are the label of what AI has made, by language: as it is seen, and what it means if AI
// has made a picture, edited one, or made a film.
var labelWords = map[string][4]string{
	"en": {"AI", "Made with AI", "Edited with AI", "Film made with AI"},
	"de": {"KI", "Mit KI erzeugt", "Mit KI bearbeitet", "Film mit KI erzeugt"},
	"fr": {"IA", "Produite avec une IA", "Retouchée avec une IA", "Film produit avec une IA"},
	"es": {"IA", "Producida con IA", "Retocada con IA", "Vídeo producido con IA"},
	"ar": {"ذكاء اصطناعي", "أُنتجت بالذكاء الاصطناعي", "عُدّلت بالذكاء الاصطناعي", "فيلم أُنتج بالذكاء الاصطناعي"},
}

// labelLooks are the ways in which visitors see a page.
var labelLooks = []string{"prefers-color-scheme=light", "prefers-color-scheme=dark", "forced-colors=active"}

// TestLabel looks for the label of what AI has made, on sites in every language: before a visitor
// has done anything, on the wall and on the page of a picture, and then wherever the picture is shown.
func TestLabel(t *testing.T) {
	t.Parallel()
	slowtest.Skip(t)
	needBrowser(t)
	for language, words := range labelWords {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			l := &labelled{&visit{buildLabelled(t, language)}, words}
			for name, test := range map[string]func(*testing.T, *labelled){
				"wall": testLabelOnTheWall, "page": testLabelOnThePage, "viewer": testLabelInTheViewer, "accessibility": testLabelAccessibility,
			} {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					test(t, l)
				})
			}
		})
	}
}

// labelled is a site with pictures of AI, and the words of its labels.
type labelled struct {
	*visit
	words [4]string
}

// buildLabelled builds a site of eight pictures. AI has made all but two: it has edited the picture
// shot-06, and shot-05 is a photograph with a film.
func buildLabelled(t *testing.T, language string) *site {
	t.Helper()
	clip, err := os.ReadFile("../../fetch/demo/clips/low-sun.mp4")
	if err != nil {
		t.Fatal(err)
	}
	return buildFrom(t, &fetchtest.Service{
		Pictures: studioPictures(t, 8),
		Videos:   []fetchtest.Video{{Prompt: "Dawn", Status: fetchtest.Completed, Files: []string{"shot-05.png"}, Clip: clip}},
	}, map[string]string{
		"index.md":              "---\nlanguage: " + language + "\ndigital_source_type: trainedAlgorithmicMedia\nai_system: Model 7\n---\n",
		"images/shot-06.jpg.md": "---\ntitle: The sixth\nfeatured: true\ndigital_source_type: compositeWithTrainedAlgorithmicMedia\n---\n",
		"images/shot-05.png.md": "---\ntitle: The fifth\nalt: A photograph\ndigital_source_type: digitalCapture\n---\n",
	}, "--source", "both", "--clips", "--widths", "120,240,800")
}

// find returns the position of the picture with a name.
func (l *labelled) find(t *testing.T, name string) int {
	t.Helper()
	i := slices.IndexFunc(l.site.images, func(m gallery.Image) bool { return strings.HasPrefix(m.Name, name) })
	if i < 0 {
		t.Fatalf("there is no picture %s", name)
	}
	return i
}

// lookForLabels is a script that says what is wrong with the labels of places on the page: whether
// each place has exactly one that can be seen, lies within the place, is covered by nothing, and is
// readable, even where a white or a black picture is behind it.
const lookForLabels = `(selector, text) => {
	const places = [...document.querySelectorAll(selector)];
	const rgba = s => (s.match(/[\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
	const light = v => v / 255 <= .04045 ? v / 255 / 12.92 : ((v / 255 + .055) / 1.055) ** 2.4;
	const luminance = c => .2126 * light(c[0]) + .7152 * light(c[1]) + .0722 * light(c[2]);
	const contrast = (e, behind) => {
		const [r, g, b] = rgba(getComputedStyle(e).color);
		const layers = [];
		for (let n = e; n; n = n.parentElement) {
			const [r, g, b, a = 1] = rgba(getComputedStyle(n).backgroundColor);
			if (a) layers.unshift([r, g, b, a]);
			if (a) break;
		}
		const back = layers.reduce((under, [r, g, b, a]) => [r, g, b].map((v, i) => v * a + under[i] * (1 - a)), behind);
		const [low, high] = [luminance([r, g, b]), luminance(back)].sort((a, b) => a - b);
		return (high + .05) / (low + .05);
	};
	const faults = places.map(place => {
		place.scrollIntoView({ block: "center", behavior: "instant" });
		const marks = [...place.querySelectorAll(".ai")].filter(e => e.checkVisibility({ opacityProperty: true, visibilityProperty: true }));
		if (marks.length !== 1) return marks.length + " labels";
		const [mark] = marks, box = mark.getBoundingClientRect(), room = place.getBoundingClientRect();
		if (mark.innerText !== text) return "the text " + mark.innerText;
		if (box.width < 8 || box.height < 8 || parseFloat(getComputedStyle(mark).fontSize) < 9.5) return "a label of " + box.width + " by " + box.height;
		if (box.left < room.left - 1 || box.right > room.right + 1 || box.top < room.top - 1 || box.bottom > room.bottom + 1) return "a label outside";
		const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
		if (getComputedStyle(mark).pointerEvents !== "none" && !mark.contains(top)) return "a label behind " + top?.outerHTML.slice(0, 80);
		const worst = Math.min(...[[255, 255, 255], [0, 0, 0]].map(behind => contrast(mark, behind)));
		return worst >= 4.5 ? "" : "a contrast of " + worst;
	}).filter(Boolean);
	return places.length ? faults : ["nothing is there"];
}`

// labels fails the test if a place that a selector finds has no label, or not a good one.
func (l *labelled) labels(p *window, selector, where string) {
	p.t.Helper()
	for _, fault := range ask[[]string](p, fmt.Sprintf(`(%s)(%q, %q)`, lookForLabels, selector, l.words[0])) {
		p.t.Errorf("%s: %s", where, fault)
	}
	if alt := ask[string](p, fmt.Sprintf(`[...document.images].map(i => i.alt).find(alt => %q.split("|").some(word => alt.includes(word))) ?? ""`, strings.Join(l.words[1:], "|"))); alt != "" {
		p.t.Errorf("%s: the alternative text %q has the label", where, alt)
	}
}

// means fails the test if the label of the picture with a name does not mean what it should.
func (l *labelled) means(p *window, list, name string, words int) {
	p.t.Helper()
	slug := l.site.images[l.find(p.t, name)].Slug
	p.is(fmt.Sprintf(`document.querySelector(%q)?.title ?? ""`, list+` a[href*="`+slug+`"] .ai`), l.words[words], "the label of "+name)
}

// testLabelOnTheWall visits the wall without scripts, in every look, on wide and narrow screens, and
// then the search.
func testLabelOnTheWall(t *testing.T, l *labelled) {
	still, p := open(t, desktop), open(t, desktop)
	for _, look := range labelLooks {
		for _, s := range []size{{320, 640}, desktop} {
			where := fmt.Sprint(look, " at ", s.width, " px")
			still.media("", look)
			still.resize(s)
			call(still, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
			still.visit(l.site.root, "index.html")
			call(still, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{})
			l.labels(still, "main > .tiles:not(.hits) a", "the wall, "+where)
			for name, words := range map[string]int{"shot-07": 1, "shot-06": 2, "shot-05": 3} {
				l.means(still, "main > .tiles:not(.hits)", name, words)
			}
			still.fits("the wall, " + where)

			p.media("", look, "prefers-reduced-motion=reduce")
			p.resize(s)
			p.visit(l.site.root, "index.html?q=0")
			p.await(`document.querySelectorAll(".hits a").length > 6`)
			l.labels(p, ".hits a", "the search, "+where)
			l.means(p, ".hits", "shot-07", 1)
			l.means(p, ".hits", "shot-05", 3)
		}
	}

	// The label stays while the film plays.
	p.media("", "prefers-reduced-motion=no-preference")
	p.visit(l.site.root, "index.html")
	tile := l.tile(l.find(t, "shot-05"))
	ask[bool](p, fmt.Sprintf(`{ document.querySelector(%q).scrollIntoView({block: "center"}); true }`, tile))
	at := ask[[]float64](p, fmt.Sprintf(`(b => [b.left + b.width / 2, b.top + b.height / 2])(document.querySelector(%q).getBoundingClientRect())`, tile))
	call(p, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseMoved, X: at[0], Y: at[1]})
	p.plays(".tiles video.on")
	l.labels(p, tile, "a film on the wall")
	still.clean("the wall")
	p.clean("the wall")
}

// testLabelOnThePage visits the pages of pictures without scripts. On a small screen the title can be
// below the screen, and the label must not be.
func testLabelOnThePage(t *testing.T, l *labelled) {
	p := open(t, desktop)
	visit := func(name string) {
		t.Helper()
		call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		p.visit(l.site.root, imagePage(l.site.images[l.find(t, name)]))
		call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{})
	}
	const first = `[...document.querySelectorAll(".stage .ai, .name .ai")].some(e => e.checkVisibility() && e.getBoundingClientRect().bottom < innerHeight)`
	for _, look := range labelLooks {
		p.media("", look)
		for _, s := range []size{{320, 640}, {740, 360}, desktop} {
			p.resize(s)
			for name, words := range map[string]int{"shot-07": 1, "shot-06": 2, "shot-00": 1} { // the last one is upright
				where := fmt.Sprintf("the page of %s, %s at %d px", name, look, s.width)
				visit(name)
				if !ask[bool](p, first) {
					t.Errorf("%s: there is no label on the first screen", where)
				}
				l.labels(p, ".name", where)
				p.is(`document.querySelector(".name .ai").title`, l.words[words], where)
				p.fits(where)
			}
			where := fmt.Sprint("the page of a photograph with a film, ", look, " at ", s.width, " px")
			visit("shot-05")
			l.labels(p, ".takes li p", where)
			p.is(`document.querySelector(".takes .ai").title + document.querySelectorAll(".name .ai, .stage .ai").length`, l.words[3]+"0", where)
			l.labels(p, ".related li:not(:has([href*='"+l.site.images[l.find(t, "shot-05")].Slug+"']))", "the related pictures, "+where)
		}
	}
	p.is(`document.title + document.querySelector("h1").textContent`, "The fifth · "+ask[string](p, `document.querySelector(".top a").textContent`)+"The fifth", "the title")
	p.clean("the pages")
}

// testLabelInTheViewer opens pictures. Nothing that hides the rest of the viewer hides the label.
func testLabelInTheViewer(t *testing.T, l *labelled) {
	p := open(t, desktop)
	const slide = ".slide:not([inert])"
	for _, look := range labelLooks {
		for _, s := range []size{{320, 640}, desktop} {
			where := fmt.Sprint(look, " at ", s.width, " px")
			p.media("", look, "prefers-reduced-motion=reduce")
			p.resize(s)
			p.visit(l.site.root, "index.html")
			i := l.find(t, "shot-06")
			p.click(l.tile(i))
			l.shows(p, i, i+1, 8)
			l.labels(p, slide, "the viewer, "+where)
			p.is(`document.querySelector("`+slide+` .ai").title`, l.words[2], where)
			if s == desktop && ask[bool](p, `(([mark, img]) => mark.right > img.left && img.right > mark.left)([".ai", "img"].map(e => document.querySelector("`+slide+` " + e).getBoundingClientRect()))`) {
				t.Errorf("%s: the label has no background, but it is on the picture", where)
			}
			p.await(fmt.Sprintf(`document.querySelector(".viewer > .unseen").textContent.endsWith(%q)`, ": The sixth. "+l.words[2]))
			ask[bool](p, `document.querySelector(".viewer").classList.add("bare") ?? true`)
			l.labels(p, slide, "the picture alone, "+where)
			ask[bool](p, `document.querySelector(".viewer").classList.remove("bare") ?? true`)
			p.press("+")
			p.await(`document.querySelector(".viewer.zoomed") !== null`)
			l.labels(p, ".level", "the zoom, "+where)
			p.press("-")
			p.await(`document.querySelector(".viewer.zoomed") === null`)
			p.press(" ")
			p.await(`document.fullscreenElement !== null`)
			l.labels(p, slide, "the slide show, "+where)
			p.press(" ")
			p.await(`document.fullscreenElement === null`)
			p.press(kb.Escape)
			l.closed(p, i)
		}
	}
	// A photograph with a film, while that plays.
	i := l.find(t, "shot-05")
	p.click(l.tile(i))
	l.shows(p, i, i+1, 8)
	p.press("f")
	p.plays(".slide.filmed video")
	l.labels(p, slide, "the film")
	p.is(`document.querySelector("`+slide+` .ai").title`, l.words[3], "the film")
	p.press("i")
	p.await(`document.querySelectorAll("#About .related .ai").length > 1`)
	p.clean("the viewer")

	// From the page of a picture, before the data are there.
	p.visit(l.site.root, imagePage(l.site.images[l.find(t, "shot-07")]))
	p.click(".stage")
	p.await(`document.querySelector("` + slide + ` .ai") !== null`)
	p.still()
	l.labels(p, slide, "the viewer on the page")
	p.clean("the viewer")
}

// testLabelAccessibility lets axe check the pages with labels, in the language with the shortest label
// and in that with the longest.
func testLabelAccessibility(t *testing.T, l *labelled) {
	if l.words != labelWords["en"] && l.words != labelWords["ar"] {
		return
	}
	axe := readAxe(t)
	p := open(t, desktop)
	for _, look := range labelLooks {
		for _, s := range []size{{360, 740}, desktop} {
			p.media("", look, "prefers-reduced-motion=reduce")
			p.resize(s)
			check := func(what string) {
				t.Helper()
				p.load(axe)
				p.violates(fmt.Sprintf("%s, %s at %d px", what, look, s.width))
			}
			for _, name := range []string{"shot-06", "shot-05"} {
				p.visit(l.site.root, imagePage(l.site.images[l.find(t, name)]))
				check("the page of " + name)
			}
			p.visit(l.site.root, "index.html?q=0")
			p.await(`document.querySelectorAll(".hits a").length > 6`)
			check("the search")
			p.visit(l.site.root, "index.html")
			check("the wall")
			p.click(l.tile(l.find(t, "shot-06")))
			p.await(`document.querySelector(".slide:not([inert]) .ai") !== null`)
			p.still()
			p.press("i")
			p.await(`document.querySelector("#About .related .ai") !== null`)
			check("the viewer")
		}
	}
}
