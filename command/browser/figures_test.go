package browser

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// searchRounds is how often each key is measured.
const searchRounds = 5

// TestSearchFigures measures the figures of the search in docs/performance.md. A machine may be
// busy, so no time fails the test. It only fails if there are too many elements.
func TestSearchFigures(t *testing.T) {
	if os.Getenv("FIRSTFRAME_FIGURES") == "" {
		t.Skip("FIRSTFRAME_FIGURES is not set")
	}
	needBrowser(t)
	v := &visit{buildStudio(t)}
	for _, count := range []int{1_000, 10_000} {
		p := open(t, desktop)
		p.visit(v.serveData(t, v.manyPictures(t, count)), "index.html")
		ask[bool](p, watchKeys)
		call(p, performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks})
		report := func(what string) {
			p.t.Helper()
			call(p, heapprofiler.CollectGarbage, cdp.Empty{})
			used, err := chromedp.Call(p.ctx, runtime.GetHeapUsage, cdp.Empty{})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%6d pictures, %s: %.1f MB of scripts and %.1f MB of the page, which has %d elements", count, what,
				used.UsedSize/1e6, used.EmbedderHeapUsedSize/1e6, ask[int](p, `document.querySelectorAll("*").length`))
		}
		report("before the search")
		t.Logf("%6d pictures, the data: %.0f ms", count, ask[float64](p, loadData))

		p.slash()
		before := p.work()
		var times []float64
		for range searchRounds {
			for _, key := range []string{"s", "t", "r", "e", "e", "t", " ", "l", "a", "m", "p", "0", "0", "5", kb.Backspace, kb.Backspace, kb.Backspace} {
				times = append(times, p.answer(key))
			}
			for range len("street lamp") {
				times = append(times, p.answer(kb.Backspace))
			}
		}
		t.Logf("%6d pictures, work of the page's thread for a key: %.1f ms", count, (p.work()-before)/float64(len(times)))
		slices.Sort(times)
		t.Logf("%6d pictures, from a key to the painted answer, of %d: median %.1f ms, 95 %% within %.1f ms, longest %.1f ms",
			count, len(times), times[len(times)/2], times[len(times)*95/100], times[len(times)-1])
		p.press("street")
		p.finds(60)
		report("after all answers")

		p.click(".hits a")
		p.await(`document.querySelector(".viewer").open`)
		p.still()
		for range 100 {
			p.press(kb.ArrowRight)
		}
		p.await(`document.querySelector(".count").textContent.startsWith("101 / ")`)
		if n := ask[int](p, `document.querySelectorAll(".slide").length`); n > 5 {
			t.Errorf("there are %d slides", n)
		}
		report("after a hundred in the viewer")
		p.clean("the search")
	}
}

// watchKeys measures the time from each key to the frame that shows its answer. It ends with the
// first task after that frame.
const watchKeys = `{
	window.answers = [];
	let key;
	for (const type of ["keydown", "keypress"]) addEventListener(type, (event) => { key = event.timeStamp }, true);
	addEventListener("input", () => requestAnimationFrame(() => {
		const { port1, port2 } = new MessageChannel();
		port1.onmessage = () => answers.push(performance.now() - key);
		port2.postMessage(0);
	}), true);
	true;
}`

// loadData moves the focus to the search and waits for the data.
const loadData = `(async () => {
	const began = performance.now();
	document.querySelector("[name=q]").focus();
	while (document.querySelectorAll("[name=month] option").length < 2) await new Promise(done => setTimeout(done));
	return performance.now() - began;
})()`

// work returns the milliseconds of processor time that the thread of the page has used.
func (p *window) work() float64 {
	p.t.Helper()
	answer, err := chromedp.Call(p.ctx, performance.GetMetrics, cdp.Empty{})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, m := range answer.Metrics {
		if m.Name == "TaskDuration" {
			return 1000 * m.Value
		}
	}
	p.t.Fatal("the browser does not report TaskDuration")
	return 0
}

// answer presses a key in the search and returns the milliseconds until the answer is painted.
func (p *window) answer(key string) float64 {
	p.t.Helper()
	before := ask[int](p, `answers.length`)
	p.press(key)
	p.await(fmt.Sprintf(`answers.length > %d`, before))
	return ask[float64](p, `answers.at(-1)`)
}

// throttle is how much slower than this machine the visitor's processor is.
const throttle = 4

// TestInteractionFigures measures how long a visitor with a slow processor waits for the page while
// typing and when opening a picture. A machine may be busy, so no time fails the test.
func TestInteractionFigures(t *testing.T) {
	if os.Getenv("FIRSTFRAME_FIGURES") == "" {
		t.Skip("FIRSTFRAME_FIGURES is not set")
	}
	needBrowser(t)
	const count = 6_240
	v := &visit{buildStudio(t)}
	root := v.serveData(t, v.manyPictures(t, count))
	p := open(t, desktop)
	call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watchInteractions})
	call(p, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: throttle})
	p.visit(root, "index.html")
	p.slash()
	for range searchRounds {
		for _, key := range []string{"s", "t", "r", "e", "e", "t", " ", "l", "a", "m", "p", "0", "0", "5"} {
			p.typed(key)
		}
		for range len("street lamp005") {
			p.typed(kb.Backspace)
		}
	}
	p.report("a key in the search")

	// The first time, the viewer and the data are loaded when the pointer comes.
	for i := range searchRounds {
		p.visit(root, "index.html")
		p.opens(v.tile(i), "the first picture that is opened")
	}
	for i := range searchRounds {
		p.opens(v.tile(searchRounds+i), "another picture")
	}
	p.clean("the interactions")
}

// opens opens a picture in the viewer, reports how long that took, and closes the viewer.
func (p *window) opens(tile, what string) {
	p.t.Helper()
	p.click(tile)
	p.await(`window.shown > 0`)
	p.report(fmt.Sprintf("%s, in the viewer after %.0f ms", what, ask[float64](p, `shown`)))
	p.press(kb.Escape)
	p.await(`!document.querySelector(".viewer").open`)
	p.still()
	ask[bool](p, `{ interactions.clear(); true }`)
}

// watchInteractions keeps the duration of each interaction, and the time from the last click until
// a picture is in the viewer.
const watchInteractions = `{
	window.interactions = new Map();
	new PerformanceObserver(list => {
		for (const e of list.getEntries()) {
			if (e.interactionId) interactions.set(e.interactionId, Math.max(e.duration, interactions.get(e.interactionId) ?? 0));
		}
	}).observe({type: "event", durationThreshold: 16});
	addEventListener("click", ({ isTrusted, timeStamp }) => {
		if (!isTrusted) return;
		window.shown = 0;
		const look = () => {
			const img = document.querySelector(".viewer[open] .slide:not([inert]) img");
			if (img?.complete && img.naturalWidth) window.shown = performance.now() - timeStamp;
			else requestAnimationFrame(look);
		};
		requestAnimationFrame(look);
	}, true);
}`

// typed presses a key and waits as long as a fast typist does.
func (p *window) typed(key string) {
	p.t.Helper()
	p.press(key)
	time.Sleep(120 * time.Millisecond)
}

// report reports the durations of the interactions since the last report, and forgets them. Shorter
// ones than 16 ms are not among them.
func (p *window) report(what string) {
	p.t.Helper()
	p.still()
	times := ask[[]float64](p, `new Promise(done => setTimeout(() => { done([...interactions.values()]); interactions.clear() }, 1000))`)
	if len(times) == 0 {
		p.t.Logf("%s: all within 16 ms", what)
		return
	}
	slices.Sort(times)
	p.t.Logf("%s, of %d: median %.0f ms, 98 %% within %.0f ms, longest %.0f ms",
		what, len(times), times[len(times)/2], times[len(times)*98/100], times[len(times)-1])
}
