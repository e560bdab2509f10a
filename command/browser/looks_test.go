package browser

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"firstframe/fetch/fetchtest"
	"firstframe/render/gallery"
)

// testColours compares a light and a dark page. testAccessibility measures the contrast.
func testColours(t *testing.T, w *world) {
	p := open(t, desktop)
	p.mayMiss()
	for _, name := range []string{"index.html", "about/index.html", w.demo.landscape(t), "nothing"} {
		seen := map[string]string{}
		for _, scheme := range []string{"light", "dark"} {
			p.media("", "prefers-color-scheme="+scheme)
			p.visit(w.demo.root, name)
			for _, property := range []string{"backgroundColor", "color"} {
				value := ask[string](p, `getComputedStyle(document.documentElement).`+property)
				if other, ok := seen[value]; ok {
					t.Errorf("%s: the %s of the %s page is %s, like the %s", name, property, scheme, value, other)
				}
				seen[value] = property + " of the " + scheme + " page"
			}
		}
	}
	p.clean("the pages")
}

// testCustomSheet changes the colours with a theme's custom.css. It counts everywhere, except in the
// viewer, which is dark, and on paper, which is white.
func testCustomSheet(t *testing.T, _ *world) {
	s := buildIn(t, &fetchtest.Service{Pictures: longPictures(t, 3)}, map[string]string{
		"theme/custom.css":          ":root { --wall: light-dark(#fffff0, #000010); --ink: light-dark(#100000, #f0ffff); --radius: 9px }",
		"static/map.svg":            `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><title>A map</title></svg>`,
		"content/index.md":          "![A map](/map.svg)\n",
		"content/months/2024-07.md": "---\ncover: picture-001.jpg\n---\n",
	})
	p := open(t, desktop)
	p.mayMiss()
	const colours = `getComputedStyle(document.documentElement).backgroundColor + " " + getComputedStyle(document.documentElement).color`
	for _, name := range []string{"index.html", imagePage(s.images[0]), "nothing"} {
		for scheme, want := range map[string]string{"light": "rgb(255, 255, 240) rgb(16, 0, 0)", "dark": "rgb(0, 0, 16) rgb(240, 255, 255)"} {
			p.media("", "prefers-color-scheme="+scheme)
			p.visit(s.root, name)
			p.is(colours, want, "the colours of the "+scheme+" page "+name)
		}
	}
	p.media("print", "prefers-color-scheme=dark")
	p.visit(s.root, "index.html")
	p.is(colours, "rgb(255, 255, 255) rgb(0, 0, 0)", "the colours on paper")
	p.media("")
	p.is(`getComputedStyle(document.querySelector(".tiles img")).borderRadius`, "9px", "the corners of a picture")
	p.is(`getComputedStyle(document.querySelector(".prose img")).borderRadius`, "9px", "the corners of a picture in a text")
	p.visit(s.root, "month/2024-07/index.html")
	p.is(`getComputedStyle(document.querySelector(".cover img")).borderRadius`, "9px", "the corners of a cover")
	p.visit(s.root, "index.html")
	p.click(".tiles a")
	p.await(`document.querySelector(".viewer").open`)
	p.is(`getComputedStyle(document.querySelector(".viewer")).color`, "rgb(236, 231, 223)", "the colour of the viewer's text")
	p.is(`getComputedStyle(document.querySelector(".slide > *")).borderRadius`, "9px", "the corners of a picture in the viewer")
	p.resize(size{390, 844}) // there it reaches the edges of the window
	p.is(`getComputedStyle(document.querySelector(".slide > *")).borderRadius`, "0px", "the corners of a picture in the viewer of a phone")
	p.clean("the pages")
}

// testPrint lays the pages out on paper. Nothing may be cut off.
func testPrint(t *testing.T, w *world) {
	p := open(t, size{794, 1123}) // A4
	p.media("print", "prefers-color-scheme=dark")
	for _, name := range []string{"index.html", "about/index.html", w.demo.landscape(t), w.demo.portrait(t)} {
		p.visit(w.demo.root, name)
		scrollThrough(p)
		p.fits(name)
		checkRatios(p, w.demo, measure(p), name)
		if luminance(t, ask[string](p, `getComputedStyle(document.documentElement).color`)) > 0.5 {
			t.Errorf("%s prints light text, but the dark background is not printed", name)
		}
	}

	// A film would be an empty box.
	p.visit(w.demo.root, w.demo.pick(t, "filmed", func(m gallery.Image) bool {
		return slices.ContainsFunc(m.Videos, func(v gallery.Video) bool { return v.Clip != nil })
	}))
	p.is(`getComputedStyle(document.querySelector("video")).display`, "none", "a film on paper")

	// The viewer covers the page. The page is printed, and the viewer is not.
	p.media("")
	p.visit(w.demo.root, "index.html")
	p.click(".tiles a")
	p.await(`document.querySelector(".viewer").open`)
	p.still()
	p.media("print", "prefers-color-scheme=dark")
	if luminance(t, ask[string](p, `getComputedStyle(document.documentElement).backgroundColor`)) < 0.9 {
		t.Error("with the viewer open, the page is printed on the dark background of the viewer")
	}
	p.is(`getComputedStyle(document.documentElement).overflow`, "visible", "the overflow, which holds what does not fit on the first sheet")
	p.clean("the pages")
}

// testForcedColours opens the panel of the viewer with the colours of the visitor. What is on must
// not look like what is off.
func testForcedColours(t *testing.T, w *world) {
	p := open(t, desktop)
	p.media("", "forced-colors=active")
	p.visit(w.demo.root, "index.html")
	p.click(".tiles a")
	p.await(`document.querySelector(".viewer").open`)
	p.still()
	const colours = `(s => s.backgroundColor + " " + s.color)(getComputedStyle(document.querySelector(".info")))`
	off := ask[string](p, colours)
	p.press("i")
	p.await(`document.querySelector(".info").ariaExpanded === "true"`)
	if on := ask[string](p, colours); on == off {
		t.Errorf("a button that is on has the colours %s, like one that is off", on)
	}
	p.clean("the viewer")
}

// testLostPictures looks at the alternative text of pictures that cannot be loaded. It must be
// readable on the colour in their place.
func testLostPictures(t *testing.T, w *world) {
	p := open(t, desktop)
	for _, scheme := range []string{"light", "dark"} {
		p.media("", "prefers-color-scheme="+scheme)
		p.visit(w.demo.root, "index.html")
		for _, bad := range ask[[]string](p, `(() => {
			const light = v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
			return [...document.querySelectorAll(".tiles img")].map(img => {
				const style = getComputedStyle(img), place = style.getPropertyValue("--c").trim();
				const [r, g, b] = [1, 3, 5].map(i => light(parseInt(place.slice(i, i + 2), 16) / 255));
				const lights = [.2126 * r + .7152 * g + .0722 * b, +style.color.split(" ")[2]].sort((a, b) => b - a);
				const contrast = (lights[0] + .05) / (lights[1] + .05);
				return contrast >= 4.5 ? "" : style.color + " on " + place + " has a contrast of " + contrast;
			}).filter(Boolean);
		})()`) {
			t.Errorf("on a %s page, %s", scheme, bad)
		}
	}
	p.clean("the page")
}

// testLongWords looks for words that the pages break or cut off in languages with long ones.
func testLongWords(t *testing.T, _ *world) {
	for _, language := range []string{"de", "fr", "es"} {
		s := buildFrom(t, &fetchtest.Service{Pictures: longPictures(t, 9)}, map[string]string{"index.md": "---\nlanguage: " + language + "\n---\n"})
		p := open(t, desktop)
		for _, screen := range []size{{360, 740}, {820, 1180}, desktop} {
			p.resize(screen)
			p.visit(s.root, imagePage(s.images[0]))
			for _, word := range ask[[]string](p, `[...document.querySelectorAll(".plate dt")].filter(e => {
				const range = document.createRange();
				range.selectNodeContents(e);
				return range.getClientRects().length > e.textContent.split(" ").length;
			}).map(e => e.textContent)`) {
				t.Errorf("%s at %d px: %q is broken", language, screen.width, word)
			}
			p.visit(s.root, "index.html")
			p.click(".find summary")
			for _, word := range ask[[]string](p, `[...document.querySelectorAll(".find select")].filter(s => s.offsetParent).map(s => {
				const { font, padding, border } = getComputedStyle(s);
				const copy = document.body.appendChild(document.createElement("select"));
				copy.style.cssText = `+"`position: absolute; font: ${font}; padding: ${padding}; border: ${border}`"+`;
				copy.append(...[...s.options].map(o => new Option(o.text)));
				const needs = copy.offsetWidth;
				copy.remove();
				return needs > s.offsetWidth ? s.name + " is " + s.offsetWidth + " px wide and needs " + needs : "";
			}).filter(Boolean)`) {
				t.Errorf("%s at %d px: %s", language, screen.width, word)
			}
		}
		p.clean("the pages")
	}
}

var rgb = regexp.MustCompile(`^rgb\((\d+), (\d+), (\d+)\)$`)

// luminance returns how light a colour is, roughly: 0 is black, 1 is white.
func luminance(t *testing.T, css string) float64 {
	var r, g, b float64
	m := rgb.FindStringSubmatch(css)
	if m == nil {
		t.Fatalf("%q is not a colour", css)
	}
	fmt.Sscan(strings.Join(m[1:], " "), &r, &g, &b)
	return (0.21*r + 0.72*g + 0.07*b) / 255
}

// testReducedMotion looks for anything that moves although the visitor asked for no motion.
func testReducedMotion(t *testing.T, w *world) {
	p := open(t, desktop)
	p.media("", "prefers-reduced-motion=reduce")
	for _, name := range []string{"index.html", "about/index.html", w.demo.landscape(t)} {
		p.visit(w.demo.root, name)
		moving := ask[[]string](p, `[...document.querySelectorAll("*")].filter(e => {
			const s = getComputedStyle(e);
			const times = (s.transitionDuration + "," + s.animationDuration).split(",").map(parseFloat);
			return Math.max(...times) > .01 || s.scrollBehavior === "smooth";
		}).map(e => e.outerHTML.slice(0, 80))`)
		if len(moving) > 0 {
			t.Errorf("%s: %d elements move, for example %s", name, len(moving), moving[0])
		}
		p.fits(name)
	}
	p.clean("the pages")
}
