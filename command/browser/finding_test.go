package browser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// TestFinding asks questions whose answers are known.
func TestFinding(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	v := &visit{buildStudio(t)}
	v.runAll(t, []visitTest{
		{"unknown", testUnknown, quick},
		{"rank", testRank, quick},
		{"numbers", testNumbers, slow},
		{"counts", testCounts, slow},
		{"chips", testChips, slow},
		{"colours", testColoursOfPictures, slow},
		{"waiting", testWaiting, slow},
	})
}

// found waits until the search shows exactly these images, in this order.
func (v *visit) found(p *window, images ...int) {
	p.t.Helper()
	var slugs []string
	for _, i := range images {
		slugs = append(slugs, v.site.images[i].Slug)
	}
	p.await(fmt.Sprintf(`[...document.querySelectorAll(".hits a")].map(a => a.href.match(/image\/(\w+)/)[1]).join() === %q`, strings.Join(slugs, ",")))
}

// testUnknown asks for what no picture has, by address. The page says so and offers a way out.
func testUnknown(t *testing.T, v *visit) {
	p := open(t, desktop)
	for _, question := range []string{"tag=nonexistent", "month=1999-01", "format=gif&q=night"} {
		p.visit(v.site.root, "index.html?"+question)
		p.await(`document.querySelector(".none").offsetParent !== null`)
		p.is(`document.querySelector(".none p").textContent`, "No picture matches", question)
		if ask[bool](p, `document.querySelector("main > .tiles:not(.hits)").offsetParent !== null`) {
			t.Errorf("%s shows the whole wall", question)
		}
		p.is(`location.search`, "?"+question, "the address")
		p.click(".none button")
		p.await(`location.search === "" && document.querySelector("main > .tiles:not(.hits)").offsetParent !== null`)
	}
	p.visit(v.site.root, "index.html?tag=SEA")
	v.found(p, 0)
	p.visit(v.site.root, "index.html?utm_source=elsewhere")
	p.await(`document.querySelector("main > .tiles:not(.hits)").offsetParent !== null`)
	p.clean("the questions")
}

// testRank finds a word in several places.
func testRank(t *testing.T, v *visit) {
	data := v.data(t)
	data.set(5, "name", "walrus.jpg")
	data.set(4, "caption", "A walrus.")
	data.set(6, "title", "The walrus")
	data.set(7, "tags", []string{"Walrus"})
	data.set(8, "prompt", "walrus, walrus")
	p := open(t, desktop)
	p.visit(v.serveData(t, data), "index.html?q=walrus")
	v.found(p, 6, 7, 4, 8, 5)
	p.visit(v.serveData(t, data), "index.html?q=walrus&sort=newest")
	v.found(p, 4, 5, 6, 7, 8)
	p.clean("the search")
}

// testNumbers looks for short numbers. They are days only beside a month or a year.
func testNumbers(t *testing.T, v *visit) {
	data := v.data(t)
	for i := range data.Images {
		data.set(i, "name", "a.jpg")
		data.set(i, "title", "A picture")
	}
	// Without a title of its own, a picture is called by its day.
	data.set(47, "title", "Untitled, 12 June 2024")
	data.set(3, "title", "12 apples")
	p := open(t, desktop)
	p.visit(v.serveData(t, data), "index.html")
	p.slash()
	p.asks("12")
	v.found(p, 3)
	p.asks("12 june") // picture 89 is of 1 May
	v.found(p, 47)
	p.asks("june 2")
	v.found(p, 57)
	p.clean("the search")
}

// testCounts reads the numbers beside the choices of a filter. They follow the other filters.
func testCounts(t *testing.T, v *visit) {
	data := v.data(t)
	data.setFilm(0)
	data.setFilm(5)
	data.set(0, "statuses", []string{"completed", "moderated"})
	p := open(t, desktop)
	p.visit(v.serveData(t, data), "index.html?q=shot")
	p.click(".find summary")
	says := func(name, want string) {
		t.Helper()
		p.await(fmt.Sprintf(`[...document.querySelector("[name=%s]").options].filter(o => !o.hidden).map(o => o.text).join(", ") === %q`, name, want))
	}
	says("format", "All, JPEG (72), PNG (18)")
	says("film", "All, With a film (2)")
	says("status", "All, Finished (1), Withheld by moderation (1)")
	p.visit(p.sites[0], "index.html?film=yes")
	p.await(`document.querySelector(".find details").open`)
	says("format", "All, JPEG (2), PNG (0)")
	says("film", "All, With a film (2)")
	if ask[bool](p, `document.querySelector("[name=account]").offsetParent !== null`) {
		t.Error("there is a filter that no picture has a value for")
	}
	p.clean("the counts")
}

// testChips takes filters away, one by one.
func testChips(t *testing.T, v *visit) {
	p := open(t, desktop)
	p.visit(v.site.root, "index.html?tag=night&format=png&q=shot")
	chips := func(want string) {
		t.Helper()
		p.await(fmt.Sprintf(`[...document.querySelectorAll(".chips button")].map(b => b.textContent).join() === %q`, want))
	}
	chips("PNG,night")
	p.await(`document.querySelector(".none").offsetParent !== null`)
	p.click(".chips button")
	chips("night")
	p.await(`location.search === "?q=shot&tag=night" && document.activeElement.matches(".chips button")`)
	p.finds(2)
	p.press(kb.Enter)
	chips("")
	p.await(`location.search === "?q=shot" && document.activeElement.matches("[name=q]")`)
	p.back()
	chips("night")
	p.finds(2)
	p.clean("the chips")
}

// testColoursOfPictures chooses a colour by mouse and by keyboard.
func testColoursOfPictures(t *testing.T, v *visit) {
	data := v.data(t)
	for i := range data.Images {
		data.set(i, "hues", []string{[]string{"red", "blue", "white"}[i%3]})
	}
	p := open(t, desktop)
	p.visit(v.serveData(t, data), "index.html")
	p.click(".find summary")
	p.await(`document.querySelector(".swatches").offsetParent !== null`)
	p.is(`[...document.querySelectorAll(".swatches input")].filter(i => i.offsetParent).map(i => i.value).join()`, ",red,blue,white", "the colours")
	p.click(".swatches [value=blue]")
	p.await(`location.search === "?hue=blue"`)
	p.finds(30)
	p.await(`document.querySelector(".swatches [value=red]").title === "Red (30)"`)
	p.press(kb.ArrowRight)
	p.await(`location.search === "?hue=white"`)
	p.finds(30)
	p.is(`document.querySelector(".chips button").textContent`, "White", "the chip")
	p.click(".chips button")
	p.await(`location.search === "" && document.querySelector(".swatches [value='']").checked`)
	p.clean("the colours")
}

// testWaiting visits a site whose data are slow to come.
func testWaiting(t *testing.T, v *visit) {
	data := v.data(t)
	data.hold = make(chan struct{})
	p := open(t, desktop)
	root := v.serveData(t, data)
	// The window would wait for the data, too, so the page is opened by a script.
	p.visit(root, "404.html")
	p.mayMiss()
	ask[bool](p, fmt.Sprintf(`{ location.href = %q; true }`, root+"index.html?tag=night"))
	p.await(`document.querySelector(".find")?.ariaBusy === "true"`)
	if ask[bool](p, `[...document.querySelectorAll("main li")].some(e => e.offsetParent)`) {
		t.Error("before the answer is there, the whole wall is shown")
	}
	ask[bool](p, fmt.Sprintf(`{ location.href = %q; true }`, root+"index.html"))
	p.await(`location.search === "" && document.readyState !== "loading" && window.firstframe !== undefined`)
	p.click(v.tile(1))
	at := func(i int, count string) {
		t.Helper()
		p.await(fmt.Sprintf(`document.querySelector(".viewer").open && location.href.includes(%q) && document.querySelector(".count").textContent === %q`, v.site.images[i].Slug, count))
	}
	at(1, "")
	p.press(kb.ArrowRight)
	at(2, "")
	p.await(`document.querySelector(".viewer").ariaBusy === "true"`)
	close(data.hold)
	at(2, fmt.Sprint("3 / ", studioSize))
	p.await(`document.querySelector(".viewer").ariaBusy === "false"`)
	p.press(kb.ArrowLeft)
	v.shows(p, 1, 2, studioSize)
	p.press(kb.Escape)
	v.closed(p, 1)
	p.clean("the visit")
}
