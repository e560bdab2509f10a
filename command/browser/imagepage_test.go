package browser

import (
	"slices"
	"testing"

	"github.com/chromedp/cdproto/emulation"

	"firstframe/render/gallery"
)

// filmed returns the page of an image whose film is published.
func (s *site) filmed(t *testing.T) string {
	t.Helper()
	return s.pick(t, "filmed", func(m gallery.Image) bool {
		return slices.ContainsFunc(m.Videos, func(v gallery.Video) bool { return v.Clip != nil })
	})
}

// testImagePage looks at the page of an image with a film and a prompt, without scripts: shared
// links lead there, and what a visitor came for must not be below a long list of facts.
func testImagePage(t *testing.T, w *world) {
	p := open(t, desktop)
	call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	name := w.demo.filmed(t)
	for _, s := range []size{{360, 740}, {820, 1180}, desktop, {2560, 1440}} {
		p.resize(s)
		p.visit(w.demo.root, name)
		p.fits(name)
		if !ask[bool](p, `(() => {
			const [film, facts] = [".takes li:first-child video", ".plate dl"].map(s => document.querySelector(s).getBoundingClientRect());
			return film.width > 200 && film.height <= innerHeight && (film.bottom <= facts.top || facts.left >= film.right && film.top < facts.bottom);
		})()`) {
			t.Errorf("at %d px, the film is neither beside nor above the facts", s.width)
		}
		if got := ask[string](p, `document.querySelector(".prompt h2")?.textContent + ": " + document.querySelector(".prompt blockquote")?.textContent.slice(0, 1)`); len(got) < len("Prompt: X") || got[:8] != "Prompt: " {
			t.Errorf("the prompt has the label %q", got)
		}
		// Only a script can copy, so nothing offers it before one runs.
		if n := ask[int](p, `[...document.querySelectorAll(".copy, .note")].filter(e => e.offsetHeight > 0).length`); n > 0 {
			t.Errorf("at %d px, %d elements that need a script can be seen", s.width, n)
		}
		related := ask[[]float64](p, `[...document.querySelectorAll(".related img")].map(i => i.getBoundingClientRect().height)`)
		if len(related) != 6 || slices.Max(related)-slices.Min(related) > 1 || slices.Max(related) > 130 {
			t.Errorf("at %d px, the related pictures have the heights %v", s.width, related)
		}
	}
	p.click(".related li:last-child a")
	p.await(`document.querySelector(".related") && location.href !== "` + w.demo.root + name + `"`)
	p.clean("the pages")
}

// testFilmBadge looks at the badge of a picture with a film: it must be on the picture, and
// readable on any.
func testFilmBadge(t *testing.T, w *world) {
	p := open(t, desktop)
	for _, s := range []size{{360, 740}, desktop} {
		p.resize(s)
		p.visit(w.demo.root, "index.html")
		badges := ask[[]string](p, `[...document.querySelectorAll("main > .tiles a[data-film]")].map(a => {
			const [picture, badge, label] = ["img", ".length", "span"].map(s => a.querySelector(s).getBoundingClientRect());
			const on = badge.left >= picture.left && badge.right <= picture.right && badge.top >= picture.top && badge.bottom <= picture.bottom;
			return [on, label.height > 0 && label.top < badge.bottom, a.querySelector(".length").innerText.replace(/\s+/g, " "), /\.mp4$/.test(a.dataset.film)].join();
		})`)
		if len(badges) == 0 {
			t.Error("no picture has a film")
		}
		for _, badge := range badges {
			if badge != "true,false,Film 0:03,true" {
				t.Errorf("at %d px, a badge is %s", s.width, badge)
			}
		}
	}
	if n := ask[int](p, `document.querySelectorAll("video").length + performance.getEntriesByType("resource").filter(e => e.name.endsWith(".mp4")).length`); n > ask[int](p, `document.querySelectorAll(".viewer video").length`) {
		t.Error("a film is loaded before anybody asks for it")
	}
	p.clean("the pages")
}
