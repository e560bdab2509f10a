package browser

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp/kb"
)

// testStrangers looks at what others wrote. It must be text, wherever it is shown.
func testStrangers(t *testing.T, v *visit) {
	strange := &visit{buildStrangers(t)}
	images := strange.site.images
	p := open(t, desktop)
	call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `window.hacked = () => { window.ran = true }`})
	harmless := func(what string) {
		t.Helper()
		for _, found := range ask[[]string](p, `[...document.querySelectorAll("*")].filter(e =>
			e.matches("script") && !e.matches("head > script[src], script[type$=json]") || e.src?.endsWith?.("/x") ||
			[...e.attributes].some(a => a.name.startsWith("on") || /^\s*javascript:/i.test(a.value))).map(e => e.outerHTML)`) {
			t.Errorf("%s has the element %s", what, found)
		}
		if ask[bool](p, `"ran" in window`) {
			t.Errorf("%s: a script that others wrote runs", what)
		}
		p.clean(what)
	}
	pages := []string{"index.html", "month/2024-09/index.html", imagePage(images[0]), imagePage(images[1])}
	tags, err := filepath.Glob(filepath.Join(strange.site.dir, "tag", "*"))
	if err != nil || len(tags) != 1 {
		t.Fatalf("the pages of the tags are %v, %v", tags, err)
	}
	for _, name := range append(pages, "tag/"+filepath.Base(tags[0])+"/index.html") {
		p.visit(strange.site.root, name)
		if !ask[bool](p, fmt.Sprintf(`document.body.textContent.includes(%q)`, stranger)) {
			t.Errorf("%s does not show what others wrote", name)
		}
		harmless(name)
	}

	p.visit(strange.site.root, "index.html")
	p.slash()
	p.press("hacked")
	p.finds(2)
	p.is(`document.querySelector(".hits span").textContent`, stranger, "the title of a tile")
	harmless("the search")
	p.click(".hits a")
	strange.shows(p, 0, 1, 2)
	p.press("i")
	for _, fact := range []string{"title", "caption", "name", "prompt", "account", "tags"} {
		shown := stranger
		if fact == "account" {
			shown = strangerLabel
		}
		p.await(fmt.Sprintf(`document.querySelector('#About [data-fact="%s"]').textContent.includes(%q)`, fact, shown))
	}
	harmless("the viewer")
	p.press(kb.ArrowRight)
	strange.shows(p, 1, 2, 2)
	harmless("the second picture")

	// Even if there were such a script, the policy would refuse it.
	if ask[bool](p, `(() => {
		document.body.append(Object.assign(document.createElement("script"), {textContent: "hacked()"}));
		document.body.insertAdjacentHTML("beforeend", "<img src='data:,' onerror='hacked()'><a class=evil href='javascript:hacked()'>x</a>");
		document.querySelector(".evil").click();
		return new Promise(done => setTimeout(() => done("ran" in window), 100));
	})()`) {
		t.Error("the policy of the page allows scripts inside the page")
	}
}
