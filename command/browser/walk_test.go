package browser

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"firstframe/render/slowtest"
)

// walkCount is the number of walks, and walkLength the number of actions of each.
const walkCount, walkLength = 60, 40

// TestWalks walks through the gallery at random. After each action, the address, the title, the
// picture, its number, the question and the hits must agree, and the history must have the entries
// that a visitor expects. The seeds are the same each time, so chance decides nothing.
// FIRSTFRAME_SEED is another first one.
func TestWalks(t *testing.T) {
	t.Parallel()
	slowtest.Skip(t)
	needBrowser(t)
	v := &visit{buildStudio(t)}
	pictures := v.pictures(t)
	first, err := strconv.ParseUint(cmp.Or(os.Getenv("FIRSTFRAME_SEED"), "1"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	for seed := first; seed < first+walkCount; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			t.Logf("the seed is %d", seed)
			// Some browsers keep the pages that were left, some visitors want no motion, and some
			// screens can be touched.
			p := openKept(t, desktop, seed%4 == 0)
			if seed%3 != 0 {
				p.media("", "prefers-reduced-motion=reduce")
			}
			call(p, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: seed%2 == 0, MaxTouchPoints: 1})
			w := &walk{window: p, rand: rand.New(rand.NewPCG(seed, 0)), pictures: pictures, touch: seed%2 == 0, size: desktop}
			from := w.one("", "", "page/2/", "month/2024-06/")
			w.entries = []entry{{path: from}}
			p.visit(v.site.root, from+"index.html")
			w.titles = map[string]string{}
			w.rests("the visit")
			for range walkLength {
				what := w.act()
				w.said = append(w.said, what)
				w.rests(what)
				p.clean(strings.Join(w.said, ", "))
				if t.Failed() {
					return
				}
			}
		})
	}
}

// walk is a walk through the gallery, and what a visitor expects of it.
type walk struct {
	*window
	rand     *rand.Rand
	pictures []picture         // newest first
	titles   map[string]string // of gallery pages, by path
	entries  []entry           // the history
	at       int               // the entry that is shown
	now      look
	size     size
	touch    bool
	said     []string // the actions so far
}

// entry is an entry in the history.
type entry struct {
	path     string // below the root of the site
	question string // of the search, as in an address
	typed    bool   // whether the question was typed here: the next key does not make an entry
	viewer   bool   // whether the viewer may be open here, instead of the picture's own page
}

// slug returns the slug of the entry's picture, or "" for a gallery page.
func (e entry) slug() string {
	if rest, ok := strings.CutPrefix(e.path, "image/"); ok {
		return strings.TrimSuffix(rest, "/")
	}
	return ""
}

// look is what a visitor sees.
type look struct {
	Ready    bool
	Marked   bool // whether this is the document from before a reload
	Entry    int  // the number of the entry in the history
	Entries  int
	Path     string // as in entry
	Question string // in the address
	Form     string // in the fields
	Title    string
	Heading  string // above or below the picture
	Viewer   bool   // whether it is open
	Own      bool   // whether this is the page of a picture
	Picture  string // the slug of the picture that is shown and loaded
	Count    string
	Wall     bool // whether the tiles of the page are shown
	Hits     []string
	Answer   string
}

const lookScript = `(() => {
	const $ = selector => document.querySelector(selector);
	const viewer = $(".viewer[open]"), form = $(".find"), own = !!$(".stage"), hits = $(".hits");
	const img = viewer ? viewer.querySelector(".slide:not([inert]) img") : $(".stage img");
	const slug = url => url?.match(/(?:image|media)\/(\w+)/)?.[1] ?? "";
	const asked = ["q", "format", "shape", "tag", "sort"].map(name => [name, form?.elements[name].value]).filter(([, value]) => value);
	return {
		ready: document.readyState === "complete" && !document.documentElement.matches(":active-view-transition") &&
			form?.ariaBusy !== "true" && viewer?.ariaBusy !== "true",
		marked: !!window.marked, entry: navigation.currentEntry.index, entries: navigation.entries().length,
		path: location.pathname.slice(1).replace("index.html", ""), question: location.search.slice(1),
		form: new URLSearchParams(asked).toString(), title: document.title,
		heading: (viewer ? viewer.querySelector(".label h2") : $("h1"))?.textContent ?? "",
		viewer: !!viewer, own, picture: img?.complete && img.naturalWidth ? slug(img.currentSrc) : "",
		count: viewer?.querySelector(".count").textContent ?? "",
		wall: !own && !!$(".tiles:not(.hits)")?.offsetParent,
		hits: hits && !hits.hidden ? [...hits.querySelectorAll("a")].map(a => slug(a.href)) : [],
		answer: form?.querySelector("output").textContent ?? "",
	};
})()`

// rests waits until everything agrees, and still does a moment later.
func (w *walk) rests(what string) {
	w.t.Helper()
	var faults []string
	agreed := 0
	for end := time.Now().Add(patience / 2); time.Now().Before(end); time.Sleep(15 * time.Millisecond) {
		// While the window goes from page to page, there is an error instead of a value.
		seen, err := chromedp.Run(w.ctx, chromedp.Evaluate[look](lookScript))
		if err != nil {
			continue
		}
		if faults = w.faults(seen); faults != nil {
			agreed = 0
			continue
		}
		if agreed++; agreed > 1 {
			w.now = seen
			w.entries[w.at].viewer = seen.Viewer
			return
		}
	}
	w.t.Fatalf("after %s: %s\nthe walk: %s\nthe history, at %d: %+v", what, strings.Join(faults, "; "), strings.Join(w.said, ", "), w.at, w.entries)
}

// faults returns what disagrees.
func (w *walk) faults(l look) []string {
	var faults []string
	agree := func(what string, got, want any) {
		if got != want {
			faults = append(faults, fmt.Sprintf("%s is %#v, want %#v", what, got, want))
		}
	}
	e := w.entries[w.at]
	agree("ready", l.Ready, true)
	agree("marked", l.Marked, false)
	agree("the entry", l.Entry, w.at)
	agree("the number of entries", l.Entries, len(w.entries))
	agree("the path", l.Path, e.path)
	agree("the question in the address", l.Question, e.question)
	if slug := e.slug(); slug != "" {
		title := w.pictures[w.index(w.pictures, slug)].title
		agree("the picture", l.Picture, slug)
		agree("the title", l.Title, title+" · Studio")
		agree("the heading", l.Heading, title)
		if l.Viewer && e.viewer {
			list := w.list(l, slug)
			agree("the number", l.Count, fmt.Sprintf("%d / %d", w.index(list, slug)+1, len(list)))
		} else {
			agree("the viewer", l.Viewer, false)
			agree("the picture's own page", l.Own, true)
		}
		return faults
	}
	agree("the viewer", l.Viewer, false)
	agree("a picture's own page", l.Own, false)
	if w.titles[e.path] == "" && l.Ready && l.Path == e.path {
		w.titles[e.path] = l.Title // the page has just been loaded
	}
	agree("the title", l.Title, w.titles[e.path])
	agree("the question in the fields", l.Form, e.question)
	agree("the wall", l.Wall, e.question == "")
	if e.question == "" {
		agree("the number of hits", len(l.Hits), 0)
		agree("the answer", l.Answer, "")
		return faults
	}
	hits := w.find(e)
	var slugs []string
	for _, m := range hits[:min(len(hits), len(l.Hits))] {
		slugs = append(slugs, m.slug)
	}
	agree("the first hits", strings.Join(l.Hits, " "), strings.Join(slugs, " "))
	if n := min(len(hits), 60); len(l.Hits) < n {
		agree("the number of hits", len(l.Hits), n)
	}
	want := "No picture matches"
	if len(hits) > 0 {
		want = fmt.Sprintf("%d of %d", len(hits), len(w.own(e.path)))
	}
	agree("the answer", l.Answer, want)
	return faults
}

// act does something at random and says what. It changes what is expected.
func (w *walk) act() string {
	deeds := []func() string{w.reload, w.resize}
	if w.at > 0 {
		deeds = append(deeds, w.goBack, w.goBack)
	}
	if w.at < len(w.entries)-1 {
		deeds = append(deeds, w.goForward, w.goForward)
	}
	switch {
	case w.now.Viewer:
		deeds = append(deeds, w.turn, w.turn, w.turn, w.leave, w.leave)
		if w.touch {
			deeds = append(deeds, w.swipe, w.swipe)
		}
	case w.now.Own:
		deeds = append(deeds, w.openTile, w.openTile, w.follow, w.follow)
	default:
		deeds = append(deeds, w.openTile, w.openTile, w.openTile, w.search, w.search, w.filter, w.filter, w.follow)
	}
	return deeds[w.rand.IntN(len(deeds))]()
}

func (w *walk) one(values ...string) string { return values[w.rand.IntN(len(values))] }

// push is a step to go back to.
func (w *walk) push(e entry) {
	w.entries = append(w.entries[:w.at+1], e)
	w.at++
}

func (w *walk) goBack() string {
	w.back()
	w.at--
	return "back"
}

func (w *walk) goForward() string {
	w.forward()
	w.at++
	return "forward"
}

func (w *walk) reload() string {
	ask[bool](w.window, `window.marked = setTimeout(() => location.reload()) > 0`)
	w.entries[w.at].viewer = false
	return "reload"
}

func (w *walk) resize() string {
	sizes := []size{{360, 740}, {844, 390}, {768, 1024}, desktop}
	w.size = sizes[w.rand.IntN(len(sizes))]
	w.window.resize(w.size)
	return fmt.Sprint("resize to ", w.size)
}

// openTile opens the viewer from a tile or from the picture of a page.
func (w *walk) openTile() string {
	script := `(() => { const all = [...document.querySelectorAll(".tiles a, .stage")].filter(a => a.offsetParent && !a.closest("dialog"));
		const a = all[%d %% all.length]; a?.click(); return a?.href.match(/(?:image|media)\/(\w+)/)[1] ?? "" })()`
	slug := ask[string](w.window, fmt.Sprintf(script, w.rand.IntN(1000)))
	if slug == "" {
		return "no tile to open"
	}
	w.push(entry{path: "image/" + slug + "/", viewer: true})
	return "open " + slug
}

// follow follows a link to the next page or the one before, or from a picture to the gallery.
func (w *walk) follow() string {
	link := w.one(".older", ".newer", ".back")
	href := ask[string](w.window, fmt.Sprintf(`(() => { const a = document.querySelector("main > .pager " + %q); if (!a?.offsetParent) return ""; setTimeout(() => a.click()); return a.href })()`, link))
	if href == "" {
		return "no link " + link
	}
	u, err := url.Parse(href)
	if err != nil {
		w.t.Fatal(err)
	}
	w.push(entry{path: strings.TrimSuffix(strings.TrimPrefix(u.Path, "/"), "index.html")})
	return "follow " + link
}

// leave closes the viewer by a key.
func (w *walk) leave() string {
	w.press(kb.Escape)
	w.at--
	return "Escape"
}

// moved expects the neighbour of the picture in the viewer, if there is one.
func (w *walk) moved(by int) {
	list := w.list(w.now, w.entries[w.at].slug())
	i := w.index(list, w.entries[w.at].slug()) + by
	w.entries[w.at].path = "image/" + list[min(max(i, 0), len(list)-1)].slug + "/"
}

// turn goes to a neighbour by a key.
func (w *walk) turn() string {
	key, by := kb.ArrowRight, 1
	if w.rand.IntN(3) == 0 {
		key, by = kb.ArrowLeft, -1
	}
	w.press(key)
	w.moved(by)
	return fmt.Sprint("turn by ", by)
}

// swipe goes to a neighbour by a finger.
func (w *walk) swipe() string {
	from, by := .9, -.8
	if w.rand.IntN(3) == 0 {
		from, by = .1, .8
	}
	width, y := float64(w.size.width), .3*float64(w.size.height)
	w.window.touch(input.DispatchTouchEventTypeTouchStart, from*width, y)
	for step := 1.0; step <= 10; step++ {
		w.window.touch(input.DispatchTouchEventTypeTouchMove, (from+by*step/10)*width, y)
	}
	w.window.touch(input.DispatchTouchEventTypeTouchEnd)
	if by < 0 {
		w.moved(1)
		return "swipe to the next"
	}
	w.moved(-1)
	return "swipe to the one before"
}

// search types another question.
func (w *walk) search() string {
	e := &w.entries[w.at]
	asked, _ := url.ParseQuery(e.question)
	text := asked.Get("q")
	for text == asked.Get("q") {
		text = w.one("night", "harbour", "CAFÉ", "storm", "shot", "shot-1", "shot-8", "2024-06", "nothing like this")
	}
	ask[bool](w.window, `{ const q = document.querySelector("[name=q]"); q.focus(); q.select(); true }`)
	w.press(text)
	asked.Set("q", text)
	if !e.typed {
		w.push(entry{path: e.path, typed: true})
	}
	w.entries[w.at].question = inOrder(asked)
	return "type " + text
}

// filter chooses another value of a filter.
func (w *walk) filter() string {
	e := w.entries[w.at]
	asked, _ := url.ParseQuery(e.question)
	name := w.one("format", "shape", "tag", "sort")
	values := map[string][]string{
		"format": {"", "jpeg", "png"}, "shape": {"", "landscape", "portrait"}, "tag": {"", "night", "sea"}, "sort": {"", "oldest"},
	}[name]
	value := asked.Get(name)
	for value == asked.Get(name) {
		value = w.one(values...)
	}
	// The filters may not be loaded, and a page may have no picture with this value.
	if !ask[bool](w.window, fmt.Sprintf(`(async () => {
		const form = document.querySelector(".find"), field = form.elements[%q];
		form.elements.q.focus();
		await withFinder();
		await pictures();
		for (let i = 0; i < 100 && form.elements.month.options.length < 2; i++) await new Promise(done => setTimeout(done, 20));
		if (![...field.options].some(o => o.value === %q)) return false;
		field.value = %[2]q;
		return field.dispatchEvent(new InputEvent("input", {bubbles: true}));
	})()`, name, value)) {
		return "no " + name + " " + value
	}
	asked.Set(name, value)
	w.push(entry{path: e.path, question: inOrder(asked)})
	return "choose " + name + " " + value
}

// inOrder returns a question as the page writes it into the address.
func inOrder(asked url.Values) string {
	var parts []string
	for _, name := range []string{"q", "format", "shape", "tag", "sort"} {
		if value := asked.Get(name); value != "" {
			parts = append(parts, name+"="+url.QueryEscape(value))
		}
	}
	return strings.Join(parts, "&")
}

// picture is what the walks know about an image.
type picture struct {
	slug, title, format, month string
	tags                       []string
	words                      []string // what a word can be found in, the best first
	wide                       bool
}

// pictures returns the pictures of the site.
func (v *visit) pictures(t *testing.T) []picture {
	t.Helper()
	data := v.data(t)
	var list []picture
	for _, row := range data.Images {
		text := map[string]string{}
		for i, name := range data.Fields["image"] {
			if i < len(row) {
				b, _ := json.Marshal(row[i])
				text[name] = string(b)
				if s, ok := row[i].(string); ok {
					text[name] = s
				}
			}
		}
		m := picture{slug: text["slug"], title: text["title"], format: text["format"]}
		_ = json.Unmarshal([]byte(text["tags"]), &m.tags)
		seconds, _ := strconv.ParseInt(text["time"], 10, 64)
		m.month = time.Unix(seconds, 0).UTC().Format("2006-01")
		width, _ := strconv.Atoi(text["width"])
		height, _ := strconv.Atoi(text["height"])
		m.wide = width > height
		for _, s := range []string{m.title + "\n" + text["tags"], text["caption"] + "\n" + text["alt"], text["name"] + "\n" + m.month} {
			m.words = append(m.words, strings.ReplaceAll(strings.ToLower(s), "é", "e"))
		}
		list = append(list, m)
	}
	return list
}

func (w *walk) index(list []picture, slug string) int {
	return slices.IndexFunc(list, func(m picture) bool { return m.slug == slug })
}

// own returns the pictures that a gallery page searches.
func (w *walk) own(path string) []picture {
	month, ok := strings.CutPrefix(path, "month/")
	if !ok {
		return w.pictures
	}
	return slices.DeleteFunc(slices.Clone(w.pictures), func(m picture) bool { return m.month+"/" != month })
}

// find returns what the search must find at an entry.
func (w *walk) find(e entry) []picture {
	asked, _ := url.ParseQuery(e.question)
	terms := strings.Fields(strings.ReplaceAll(strings.ToLower(asked.Get("q")), "é", "e"))
	ranks := map[string]int{}
	list := slices.DeleteFunc(slices.Clone(w.own(e.path)), func(m picture) bool {
		for _, term := range terms {
			i := slices.IndexFunc(m.words, func(s string) bool { return strings.Contains(s, term) })
			if i < 0 {
				return true
			}
			ranks[m.slug] += []int{9, 3, 1}[i]
		}
		shape, tag := asked.Get("shape"), asked.Get("tag")
		return asked.Has("format") && m.format != asked.Get("format") || shape != "" && m.wide != (shape == "landscape") || tag != "" && !slices.Contains(m.tags, tag)
	})
	if asked.Get("sort") == "oldest" {
		slices.Reverse(list)
	} else {
		slices.SortStableFunc(list, func(a, b picture) int { return ranks[b.slug] - ranks[a.slug] })
	}
	return list
}

// list returns the pictures between which the viewer moves: those that were found on the page below
// it, those of that page, or all.
func (w *walk) list(l look, slug string) []picture {
	if l.Own {
		return w.pictures
	}
	below := w.at
	for below > 0 && w.entries[below].slug() != "" {
		below--
	}
	e := w.entries[below]
	for _, list := range [][]picture{w.find(e), w.own(e.path)} {
		if w.index(list, slug) >= 0 {
			return list
		}
	}
	return w.pictures
}
