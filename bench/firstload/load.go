//go:build unix

package main

import (
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// slow is a slow network.
type slow struct {
	rate    float64 // in Mbit/s
	latency float64 // in milliseconds
}

// loaded is what the browser loaded of a page before anybody scrolled.
type loaded struct {
	bytes int64    // of the pictures, with the headers of their answers
	files []string // the pictures, each on a line

	paint
}

// paint is what the page says of its painting.
type paint struct {
	Largest float64 // milliseconds until the largest picture was shown
	Shift   float64 // the layout shift
	Screen  float64 // milliseconds until all pictures on the first screen were loaded
}

// quiet is how long nothing must be loading: then the browser has everything that it wants.
const quiet = 700 * time.Millisecond

// load loads a page with a cold cache.
func load(browser context.Context, address string, s screen, n *slow) (loaded, error) {
	w := watch{pending: map[network.RequestID]*file{}}
	ctx, stop := chromedp.NewContext(browser, chromedp.WithNewBrowserContext(), chromedp.WithListener(w.hear))
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(s.width, s.height, chromedp.EmulateScale(s.density))); err != nil {
		return loaded{}, err
	}
	if n != nil {
		_, err := chromedp.Call(ctx, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
			MatchedNetworkConditions: []*network.Conditions{{
				Latency: n.latency, DownloadThroughput: n.rate * 1e6 / 8, UploadThroughput: n.rate * 1e6 / 8,
			}},
		})
		if err != nil {
			return loaded{}, err
		}
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(address)); err != nil {
		return loaded{}, err
	}
	for !w.idle() {
		time.Sleep(quiet / 10)
	}
	p, err := chromedp.Run(ctx, chromedp.Evaluate[paint](`new Promise(done => {
		let Shift = 0, Largest = 0;
		new PerformanceObserver(list => list.getEntries().forEach(e => Shift += e.value)).observe({type: "layout-shift", buffered: true});
		new PerformanceObserver(list => {
			Largest = list.getEntries().at(-1).startTime;
		}).observe({type: "largest-contentful-paint", buffered: true});
		const Screen = Math.max(0, ...[...document.images].filter(i => i.getBoundingClientRect().top < innerHeight)
			.flatMap(i => performance.getEntriesByName(i.currentSrc)).map(e => e.responseEnd));
		setTimeout(() => done({Largest, Screen, Shift}), 100);
	})`, chromedp.EvalAwaitPromise))
	return loaded{w.bytes, w.files, p}, err
}

// file is a file that is being loaded.
type file struct {
	name, priority string
	picture        bool
}

// watch keeps what a page loads.
type watch struct {
	mu      sync.Mutex
	pending map[network.RequestID]*file
	last    time.Time // when something began or ended
	bytes   int64
	files   []string
}

func (w *watch) hear(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		w.last = time.Now()
		w.pending[e.RequestID] = &file{path.Base(e.Request.URL), string(e.Request.InitialPriority), e.Type == network.ResourceTypeImage}
	case *network.EventLoadingFinished:
		w.last = time.Now()
		if f := w.pending[e.RequestID]; f != nil && f.picture {
			w.bytes += int64(e.EncodedDataLength)
			w.files = append(w.files, fmt.Sprintf("%7.0f %-8s %s\n", e.EncodedDataLength, f.priority, f.name))
		}
		delete(w.pending, e.RequestID)
	case *network.EventLoadingFailed:
		w.last = time.Now()
		delete(w.pending, e.RequestID)
	}
}

// idle reports whether nothing has been loading for a while.
func (w *watch) idle() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.pending) == 0 && time.Since(w.last) > quiet
}

// compressed compresses what is not a picture, as web hosts do.
func compressed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/media/") || !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			next.ServeHTTP(w, r)
			return
		}
		r.Header.Del("Range")
		w.Header().Set("Content-Encoding", "gzip")
		packer := gzip.NewWriter(w)
		defer packer.Close()
		next.ServeHTTP(packed{w, packer}, r)
	})
}

// packed is an answer whose body is compressed.
type packed struct {
	http.ResponseWriter
	packer *gzip.Writer
}

func (p packed) WriteHeader(status int) {
	p.Header().Del("Content-Length")
	p.ResponseWriter.WriteHeader(status)
}

func (p packed) Write(b []byte) (int, error) { return p.packer.Write(b) }
