package browser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"

	"firstframe/render/slowtest"
)

// slow3G are the conditions of a bad network, as Lighthouse has them.
var slow3G = network.Conditions{Latency: 400, DownloadThroughput: 400_000 / 8, UploadThroughput: 400_000 / 8}

// TestSlow loads pages over a bad network. Nothing may move when a style sheet, a script, a picture
// or an answer arrives.
func TestSlow(t *testing.T) {
	t.Parallel()
	slowtest.Skip(t)
	needBrowser(t)
	v := &visit{buildStudio(t)}
	for _, screen := range []size{{360, 740}, desktop} {
		for _, name := range []string{"", "index.html?q=shot", "index.html?tag=night", "month/2024-06/", imagePage(v.site.images[0])} {
			t.Run(fmt.Sprint(screen.width, " px, ", name), func(t *testing.T) {
				t.Parallel()
				p := open(t, screen)
				call(p, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
				call(p, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{&slow3G}})
				call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: nameShifts})
				p.visit(v.site.root, name)
				p.await(`document.readyState === "complete" && document.querySelector(".find")?.ariaBusy !== "true" &&
					[...document.images].filter(img => img.offsetParent && img.getBoundingClientRect().top < innerHeight).every(img => img.complete && img.naturalWidth)`)
				// The browser notes a shift with the frame after it.
				ask[bool](p, `new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(true)))))`)
				if moved := ask[[]string](p, `shifts`); len(moved) > 0 {
					t.Errorf("parts of the page move while it is loaded: %s", strings.Join(moved, "; "))
				}
				p.clean("the page")
			})
		}
	}
}

// nameShifts keeps what moves without a visitor's doing.
const nameShifts = `{
	window.shifts = [];
	const name = e => e ? e.localName + "." + e.className : "?";
	new PerformanceObserver(list => shifts.push(...list.getEntries().filter(e => !e.hadRecentInput)
		.map(e => e.value.toFixed(4) + " by " + e.sources.map(s => name(s.node?.closest ? s.node : s.node?.parentNode)).join())))
		.observe({type: "layout-shift", buffered: true});
}`
