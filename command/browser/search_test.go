package browser

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// slash presses the key "/" without its text. With it, the text would be typed into the field that
// gets the focus, which does not happen with a real keyboard.
func (p *window) slash() {
	p.t.Helper()
	call(p, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeRawKeyDown, Key: "/", Code: "Slash"})
	p.await(`document.activeElement.matches("[name=q]")`)
}

// asks replaces the text of the search.
func (p *window) asks(question string) {
	p.t.Helper()
	ask[bool](p, fmt.Sprintf(`{ const q = document.querySelector("[name=q]"); q.value = %q; q.dispatchEvent(new InputEvent("input", {bubbles: true})) }`, question))
}

// finds waits until the search shows n tiles.
func (p *window) finds(n int) {
	p.t.Helper()
	p.await(fmt.Sprintf(`!document.querySelector(".hits").hidden && document.querySelectorAll(".hits li").length === %d`, n))
}

// testSearch searches while the visitor types.
func testSearch(t *testing.T, v *visit) {
	p := v.index(t, desktop)
	if ask[bool](p, `[...document.scripts].some(s => s.src.endsWith("data.js"))`) {
		t.Error("the data are loaded before anybody searches")
	}
	p.slash()
	p.press("harb")
	p.finds(1)
	p.await(`location.search === "?q=harb"`)
	p.is(`document.querySelector(".find output").textContent`, "1 of 90", "the answer")
	if n := ask[int](p, `[...document.querySelectorAll("main li")].filter(e => e.offsetParent).length`); n != 1 {
		t.Errorf("%d tiles are shown, want only the one that was found", n)
	}
	for _, query := range []struct {
		text string
		want int
	}{
		{"cafe", 1}, {"CAFÉ", 1}, {"boats", 1}, {"storm", 1}, {"night", 2}, {"night sea", 1}, {"shot-12", 1},
		{"29 July 2024", 1}, {"2024-06", 30}, {"nothing like this", 0},
	} {
		p.asks(query.text)
		p.finds(query.want)
	}
	p.is(`document.querySelector(".find output").textContent`, "No picture matches", "the answer")
	p.asks("night")
	p.await(`location.search === "?q=night"`)
	p.finds(2)
	p.press(kb.Enter)
	p.await(`document.activeElement.matches(".hits a")`)
	p.press(kb.Enter)
	v.shows(p, 0, 1, 2) // of those found
	p.press(kb.ArrowRight)
	v.shows(p, 1, 2, 2)
	p.press(kb.Escape)
	v.closed(p, 1)
	p.is(`location.search`, "?q=night", "the address after closing")
	p.do(chromedp.Reload())
	p.finds(2)
	p.is(`document.querySelector("[name=q]").value`, "night", "the text of the search after reloading")
	p.asks("")
	p.await(`location.search === "" && document.querySelector(".hits").hidden`)

	// Going back works after a quick click, too.
	ask[bool](p, `(async () => {
		const q = document.querySelector("[name=q]");
		q.value = "night";
		q.dispatchEvent(new InputEvent("input", {bubbles: true}));
		while (!document.querySelector(".hits a")) await new Promise((done) => setTimeout(done));
		document.querySelector(".hits a").click();
		return true;
	})()`)
	v.shows(p, 0, 1, 2)
	p.back()
	v.closed(p, 0)
	p.is(`location.search`, "?q=night", "the address after that")
	p.clean("the search")
}

// testFilters filters and sorts, goes back, and asks for more.
func testFilters(t *testing.T, v *visit) {
	p := v.index(t, desktop)
	choose := func(name, value string) {
		t.Helper()
		p.await(fmt.Sprintf(`[...document.querySelector("[name=%s]").options].some(o => o.value === %q)`, name, value))
		ask[bool](p, fmt.Sprintf(`{ const s = document.querySelector("[name=%s]"); s.value = %q; s.dispatchEvent(new InputEvent("input", {bubbles: true})) }`, name, value))
	}
	first := func() string {
		t.Helper()
		return ask[string](p, `document.querySelector(".hits a").href.match(/image\/(\w+)/)[1]`)
	}
	p.click(".find summary")
	choose("format", "png")
	p.finds(18)
	p.await(`location.search === "?format=png"`)
	p.await(`document.querySelector("[name=format]").selectedOptions[0].text === "PNG (18)"`)
	choose("month", "2024-06")
	p.finds(6)
	p.await(`document.querySelector("[name=month]").selectedOptions[0].text === "June 2024 (6)"`) // of the PNGs
	p.back()
	p.finds(18)
	p.is(`location.search + document.querySelector("[name=month]").value`, "?format=png", "after going back")
	choose("shape", "landscape")
	p.finds(0)
	choose("format", "")
	choose("shape", "portrait")
	p.finds(18)
	choose("shape", "")
	choose("tag", "night")
	p.finds(2)
	p.click(".find [type=reset]")
	p.await(`document.querySelector(".hits").hidden && location.search === ""`)
	choose("sort", "oldest")
	p.finds(60)
	if slug := v.site.images[studioSize-1].Slug; first() != slug {
		t.Errorf("the oldest is %s, want %s", first(), slug)
	}
	// A screen reader can press the button from afar. A click cannot: when the button comes near,
	// more is shown, and then something else is under the pointer.
	ask[bool](p, `document.querySelector(".more").click() ?? true`)
	p.finds(studioSize)
	p.await(`document.querySelector(".more").hidden && document.activeElement === document.querySelectorAll(".hits a")[60]`)
	choose("sort", "name")
	p.await(fmt.Sprintf(`document.querySelector(".hits a").href.includes(%q)`, v.site.images[2].Slug)) // its title begins with a mark
	choose("sort", "size")
	p.await(`location.search === "?sort=size" && document.querySelectorAll(".hits li").length >= 60`)
	ask[bool](p, `{ scrollTo(0, document.documentElement.scrollHeight); true }`)
	p.finds(studioSize) // near the end more is shown without asking
	p.visit(v.site.root, "index.html?tag=sea&sort=oldest")
	p.finds(1)
	if !ask[bool](p, `document.querySelector(".find details").open`) {
		t.Error("the address has filters, but they are not shown")
	}
	p.clean("the filters")
}

// testMany searches in ten thousand pictures and walks through them.
func testMany(t *testing.T, v *visit) {
	const count = 10_000
	p := open(t, desktop)
	root := v.serveData(t, v.manyPictures(t, count))
	p.visit(root, "index.html")
	if n := ask[int](p, `document.querySelectorAll(".tiles li").length`); n > 60 {
		t.Errorf("the index has %d tiles", n)
	}
	p.slash()
	p.press("street")
	p.finds(60)
	for _, query := range []struct {
		text, answer string
		tiles        int
	}{
		{"rain", "9,910 of 10,000", 60}, {"street lamp099", "100 of 10,000", 60}, {"lamp0999", "10 of 10,000", 10}, {"lamp09999", "1 of 10,000", 1},
	} {
		p.asks(query.text)
		p.finds(query.tiles)
		p.is(`document.querySelector(".find output").textContent`, query.answer, "the answer to "+query.text)
	}
	p.asks("")
	p.await(`document.querySelector(".hits").hidden`)
	p.click(v.tile(0))
	v.shows(p, 0, 1, count)
	p.press(kb.End)
	p.await(`document.querySelector(".count").textContent === "10,000 / 10,000"`)
	p.press(kb.ArrowLeft)
	p.await(`document.querySelector(".count").textContent === "9,999 / 10,000"`)
	if n := ask[int](p, `document.querySelectorAll(".slide").length`); n > 5 {
		t.Errorf("there are %d slides", n)
	}
	p.press(kb.Home)
	v.shows(p, 0, 1, count)
	p.clean("the walk")
}

// manyPictures returns the data of the site with more pictures of its kind, which have prompts.
func (v *visit) manyPictures(t *testing.T, count int) *searchData {
	t.Helper()
	data := v.data(t)
	own := data.Images
	for i := len(own); i < count; i++ {
		data.Images = append(data.Images, slices.Clone(own[i%len(own)]))
		data.set(i, "slug", fmt.Sprintf("%016x", i)) // it has no page
		data.set(i, "prompt", fmt.Sprintf("A quiet street in the rain, lamp%05d, with lights that are about to go out", i))
	}
	return data
}

// searchData is what data.js holds. Each image is a list of values, in the order of the names of
// the fields. Version 1 has no names.
type searchData struct {
	Version int                 `json:"version"`
	Fields  map[string][]string `json:"fields,omitempty"`
	Images  [][]any             `json:"images"`

	hold chan struct{} // the server waits until this is closed, if it is not nil
}

// set changes a field of image i.
func (d *searchData) set(i int, name string, value any) {
	d.Images[i][slices.Index(d.Fields["image"], name)] = value
}

// setFilm gives image i a film: path, poster, width and height.
func (d *searchData) setFilm(i int) { d.set(i, "clips", [][]any{{"media/film.mp4", "", 320, 180}}) }

// demoFilm is the path of a film of the demo.
var demoFilm = filepath.FromSlash("../../fetch/demo/clips/lighthouse.mp4")

// data returns the data of the site.
func (v *visit) data(t *testing.T) *searchData {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(v.site.dir, "data.js"))
	if err != nil {
		t.Fatal(err)
	}
	data := &searchData{}
	text = bytes.TrimSuffix(bytes.TrimPrefix(text, []byte("firstframe.load(")), []byte(");\n"))
	if err := json.Unmarshal(text, data); err != nil {
		t.Fatal(err)
	}
	return data
}

// serveData serves the site with other data, or without data if data is nil. Invented pictures get
// the renditions of real ones.
func (v *visit) serveData(t *testing.T, data *searchData) string {
	site := v.site.host()
	mux := http.NewServeMux()
	mux.Handle("/", site)
	mux.HandleFunc("/media/{name}", func(w http.ResponseWriter, r *http.Request) {
		_, rendition, _ := strings.Cut(r.PathValue("name"), "-")
		if found, _ := filepath.Glob(filepath.Join(v.site.dir, "media", "*-"+rendition)); len(found) > 0 {
			r.URL.Path = "/media/" + filepath.Base(found[0])
		}
		site.ServeHTTP(w, r)
	})
	for _, name := range []string{"film.mp4", "second.mp4"} {
		mux.HandleFunc("/media/"+name, func(w http.ResponseWriter, r *http.Request) {
			http.ServeFile(w, r, demoFilm)
		})
	}
	mux.HandleFunc("/data.js", func(w http.ResponseWriter, r *http.Request) {
		if data == nil {
			http.NotFound(w, r)
			return
		}
		if data.hold != nil {
			select {
			case <-data.hold:
			case <-r.Context().Done():
				return
			}
		}
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, "firstframe.load(")
		_ = json.NewEncoder(w).Encode(data)
		fmt.Fprint(w, ")")
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL + "/"
}
