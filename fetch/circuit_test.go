package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"firstframe/fetch/fetchtest"
)

// answer returns a download that ends immediately with err.
func answer(err error) func(func() bool) outcome {
	return func(func() bool) outcome { return outcome{err: err, last: time.Now()} }
}

// silence is a download that gets no answer.
func silence(func() bool) outcome {
	return outcome{err: errors.New("nothing arrived"), silent: true, last: time.Now()}
}

// A host that does not answer several downloads in a row is left alone. After a while, one download
// tries it again.
func TestCircuit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all circuits
		asked := 0
		do := func(download func(func() bool) outcome) bool {
			_, allowed := all.of("cdn.example").do(func(closed func() bool) outcome {
				asked++
				return download(closed)
			})
			return allowed
		}
		for range silentAfter {
			if !do(silence) {
				t.Fatal("the circuit opened too early")
			}
		}
		if do(answer(nil)) || asked != silentAfter {
			t.Fatal("a silent host got another request")
		}
		if _, allowed := all.of("other.example").do(answer(nil)); !allowed {
			t.Error("the circuit of another host is open")
		}
		time.Sleep(restFor - time.Second)
		if do(answer(nil)) {
			t.Error("the host got a request too early")
		}
		// Only one download probes the host. This one fails.
		time.Sleep(2 * time.Second)
		probed := do(func(closed func() bool) outcome {
			if do(answer(nil)) {
				t.Error("two downloads probe the host")
			}
			if !closed() {
				t.Error("the probe must not retry")
			}
			return silence(closed)
		})
		if !probed || do(answer(nil)) {
			t.Error("the host got a request right after a probe without an answer")
		}
		time.Sleep(restFor + time.Second)
		for range 3 {
			if !do(answer(nil)) {
				t.Error("the circuit is still open after an answer")
			}
		}
	})
}

// The circuit stays closed after any answer, and after failures that say nothing about the host.
func TestCircuitStaysClosed(t *testing.T) {
	for name, between := range map[string]func(func() bool) outcome{
		"a picture":     answer(nil),
		"not a picture": answer(&NotImageError{"text/html"}),
		"not there":     answer(&DownloadError{Status: 404}),
	} {
		synctest.Test(t, func(t *testing.T) {
			var all circuits
			for range 10 {
				for range silentAfter - 1 {
					all.of("a").do(silence)
				}
				if _, allowed := all.of("a").do(between); !allowed {
					t.Fatalf("%s: the circuit is open", name)
				}
			}
		})
	}
	for name, err := range map[string]error{
		"interrupted": fmt.Errorf("GET a: %w", context.Canceled),
		"a full disk": &StoreError{errors.New("full")},
	} {
		var all circuits
		for range 10 {
			if _, allowed := all.of("a").do(func(func() bool) outcome { return outcome{err: err, silent: true} }); !allowed {
				t.Errorf("%s: the circuit is open", name)
			}
		}
	}
}

// Some slow pictures time out together, with no good one between them. They must not open the
// circuit, because the host has answered others since their last tries began.
func TestCircuitOfSlowPictures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all circuits
		began := time.Now()
		time.Sleep(time.Second)
		all.of("a").do(answer(nil))
		for range 3 * silentAfter {
			_, allowed := all.of("a").do(func(func() bool) outcome {
				return outcome{err: errors.New("nothing arrived"), silent: true, last: began}
			})
			if !allowed {
				t.Fatal("the circuit of a host that answers is open")
			}
		}
	})
}

// During an outage, only a few downloads use all their tries.
func TestOutage(t *testing.T) {
	for name, fault := range map[string]fetchtest.Fault{
		"hang":  fetchtest.Hang(),
		"stall": fetchtest.Stall(10),
		"reset": fetchtest.Reset(),
		"503":   fetchtest.Answer(503, ""),
		"wait":  fetchtest.Answer(503, "", "Retry-After", "86400"),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &fetchtest.Service{Token: token, Pictures: pictures(40)}
				c, list := cacheInMemory(t, s)
				s.FailDownload("", -1, fault)
				for i, f := range list {
					_, err := c.Original(t.Context(), f)
					failed, ok := errors.AsType[*DownloadError](err)
					if !ok || errors.Is(err, ErrResting) != (i >= silentAfter) || failed.Host != "127.0.0.1" {
						t.Fatalf("picture %d: got error %v", i+1, err)
					}
					nothingOf(t, err, f)
					if i == silentAfter && err.Error() != "GET 127.0.0.1: the host did not answer 5 downloads in a row; the next run tries again" {
						t.Error(err)
					}
				}
				if most := silentAfter * downloadTries; s.Downloads() > most {
					t.Errorf("got %d downloads, want at most %d", s.Downloads(), most)
				}
			})
		})
	}
}

// A download that started before the circuit opened does not retry.
func TestOutageEndsTries(t *testing.T) {
	s := &fetchtest.Service{Token: token, Pictures: pictures(1 + silentAfter)}
	list, err := newAPI(serve(t, s)).Files(t.Context(), "", 0)
	if err != nil {
		t.Fatal(err)
	}
	asked, answer := make(chan bool), make(chan bool)
	s.FailDownload(list.Files[0].Name, -1, func(w http.ResponseWriter, _ *http.Request, _ []byte) {
		asked <- true
		<-answer
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	s.FailDownload("", -1, fetchtest.Answer(503, "", "Retry-After", "86400"))
	c := newCache(t)
	ended := make(chan error)
	go func() {
		_, err := c.Original(t.Context(), list.Files[0])
		ended <- err
	}()
	<-asked
	for _, f := range list.Files[1:] {
		if _, err := c.Original(t.Context(), f); err == nil {
			t.Error("got no error")
		}
	}
	close(answer)
	select {
	case <-asked:
		t.Error("the host got another request")
	case err := <-ended:
		if err == nil || err.Error() != "GET 127.0.0.1: unexpected status 503 Service Unavailable" {
			t.Errorf("got error %v", err)
		}
	}
}

// A bad answer is an answer, so the circuit stays closed.
func TestNoOutage(t *testing.T) {
	for _, fault := range []fetchtest.Fault{
		fetchtest.Answer(404, ""), fetchtest.Answer(403, ""), fetchtest.Answer(410, ""),
		fetchtest.Data([]byte("<!DOCTYPE html>"), "image/png"), fetchtest.Answer(http.StatusOK, "", "Content-Encoding", "br"),
	} {
		s := &fetchtest.Service{Token: token, Pictures: pictures(20)}
		list, err := newAPI(serve(t, s)).Files(t.Context(), "", 0)
		if err != nil {
			t.Fatal(err)
		}
		s.FailDownload("", -1, fault)
		c := newCache(t)
		for _, f := range list.Files {
			if _, err := c.Original(t.Context(), f); err == nil || errors.Is(err, ErrResting) || strings.Contains(err.Error(), "tries") {
				t.Errorf("got error %v", err)
			}
		}
		if s.Downloads() != 20 {
			t.Errorf("got %d downloads", s.Downloads())
		}
	}
}
