package browser

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp/kb"

	"firstframe/fetch/fetchtest"
	"firstframe/render/slowtest"
)

// TestFormats looks at a site with AVIFs and JPEGs, in a browser that knows AVIF and in one that
// does not. Each must get pictures everywhere, and none of the other kind.
func TestFormats(t *testing.T) {
	t.Parallel()
	slowtest.Skip(t)
	needBrowser(t)
	const pictures = 24 // the last ones are loaded when they come into view
	s := buildFrom(t, &fetchtest.Service{Pictures: longPictures(t, pictures)}, longContent, "--widths", "40,80,160", "--formats", "avif,jpeg")
	for _, test := range []struct {
		extension string
		disabled  []emulation.DisabledImageType
	}{
		{"avif", nil},
		{"jpg", []emulation.DisabledImageType{emulation.DisabledImageTypeAvif}},
	} {
		for way, root := range map[string]string{"root": s.root, "disk": s.disk} {
			t.Run(test.extension+" "+way, func(t *testing.T) {
				t.Parallel()
				p := open(t, desktop)
				call(p, emulation.SetDisabledImageTypes, emulation.SetDisabledImageTypesParams{ImageTypes: test.disabled})
				testFormat(p, s, root, test.extension)
			})
		}
	}
}

// testFormat visits each kind of page, the viewer and the search.
func testFormat(p *window, s *site, root, extension string) {
	// pictures waits until all pictures that match a selector are shown, and fails if one of them
	// comes from a file of another format.
	pictures := func(selector string, count int) {
		p.t.Helper()
		p.await(fmt.Sprintf(`(images => images.length >= %d && images.every(i => i.complete && i.naturalWidth))([...document.querySelectorAll(%q)])`, count, selector))
		others := ask[[]string](p, fmt.Sprintf(`[...document.querySelectorAll(%q)].map(i => i.currentSrc).filter(src => !src.endsWith(".%s"))`, selector, extension))
		if len(others) > 0 {
			p.t.Errorf("%s: wanted .%s, got %v", selector, extension, others)
		}
	}
	p.visit(root, "image/"+s.images[1].Slug+"/index.html")
	pictures(".stage img", 1)
	p.visit(root, "index.html")
	ask[bool](p, `{ document.querySelector(".foot").scrollIntoView(); true }`)
	pictures(".tiles:not(.hits) img", len(s.images))
	// Before the data are loaded, the viewer knows what the tile says.
	tile := `.tiles:not(.featured) a[href*="` + s.images[1].Slug + `"]`
	p.click(tile)
	p.await(`document.querySelector(".viewer").open`)
	for range 3 {
		p.still()
		pictures(".slide:not([inert]) img", 1)
		p.await(fmt.Sprintf(`document.querySelector(".download").href.endsWith(".%s")`, extension))
		p.press(kb.ArrowRight)
	}
	p.press(kb.Escape)
	p.await(`!document.querySelector(".viewer").open`)
	p.still()
	p.slash()
	p.press("picture")
	p.finds(len(s.images))
	ask[bool](p, `{ document.querySelector(".foot").scrollIntoView(); true }`)
	pictures(".hits img", len(s.images))
	p.clean(extension)
}
