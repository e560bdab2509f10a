package command

import (
	"testing"

	"github.com/chromedp/chromedp/kb"

	"firstframe/fetch/fetchtest"
)

// testRightToLeft looks at a site in Arabic: its pages begin on the right, and
// so do the ways from one to the next.
func testRightToLeft(t *testing.T, w *world) {
	s := buildArabic(t)
	first, second := imagePage(s.images[0]), imagePage(s.images[1])
	for _, screen := range []size{{360, 740}, desktop} {
		p := w.open(t, screen)
		for _, name := range []string{"index.html", first, "month/2024-07/index.html"} {
			p.visit(s.root, name)
			p.fits(name)
			if !ask[bool](p, `document.dir === "rtl" && document.querySelector(".top").firstElementChild.getBoundingClientRect().right > innerWidth / 2`) {
				t.Errorf("%s does not begin on the right", name)
			}
			p.clean(name)
		}
		// The older picture is on the left, by eye and by key.
		p.visit(s.root, first)
		if !ask[bool](p, `document.querySelector("a.older").getBoundingClientRect().right < innerWidth / 2`) {
			t.Error("the way to the older picture is not on the left")
		}
		p.press(kb.ArrowLeft)
		p.awaitPage(s.root, second)
		p.press(kb.ArrowRight)
		p.awaitPage(s.root, first)
		p.clean("the way")
	}
}

func buildArabic(t *testing.T) *site {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"content/index.md": "---\ntitle: الصور الأولى\nlanguage: ar\n---\nمقدمة\n"})
	return serveSite(t, buildSite(t, dir, &fetchtest.Service{Token: "token", Pictures: longPictures(t)[:3]}))
}

// testMachines reads the data in the pages as a browser does: the policy must
// not keep them from being there, and none of it may run.
func testMachines(t *testing.T, w *world) {
	p := w.open(t, desktop)
	for name, kind := range map[string]string{
		"index.html": "ImageGallery", "month/2024-07/index.html": "ImageGallery", imagePage(w.long.images[0]): "ImageObject",
	} {
		p.visit(w.long.repo, name)
		if got := ask[string](p, `JSON.parse(document.querySelector('script[type="application/ld+json"]').textContent)["@type"]`); got != kind {
			t.Errorf("%s is of the type %q, want %q", name, got, kind)
		}
		if got := ask[string](p, `JSON.parse(document.getElementById("config").textContent).data`); got != "data.js" {
			t.Errorf("%s has its data in %q", name, got)
		}
		p.clean(name)
	}
	p.visit(w.long.repo, imagePage(w.long.images[0]))
	if got := ask[string](p, `JSON.parse(document.querySelector('script[type="application/ld+json"]').textContent).name`); got != "<b>Fish & chips</b>" {
		t.Errorf("the name of the image is %q", got)
	}
}
