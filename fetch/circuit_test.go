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

// answer is a download that ends at once, with what its host did.
func answer(err error) func(func() bool) outcome {
	return func(func() bool) outcome { return outcome{err: err, last: time.Now()} }
}

func silence(func() bool) outcome {
	return outcome{err: errors.New("nothing arrived"), silent: true, last: time.Now()}
}

// A host that does not answer several downloads in a row is left alone, and asked by one of them
// after a while.
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
				t.Fatal("refused too early")
			}
		}
		if do(answer(nil)) || asked != silentAfter {
			t.Fatal("a host that is silent is asked again")
		}
		if _, allowed := all.of("other.example").do(answer(nil)); !allowed {
			t.Error("another host is left alone")
		}
		time.Sleep(restFor - time.Second)
		if do(answer(nil)) {
			t.Error("it is asked too early")
		}
		// One probe at a time, and it fails.
		time.Sleep(2 * time.Second)
		probed := do(func(closed func() bool) outcome {
			if do(answer(nil)) {
				t.Error("two probes at the same time")
			}
			if !closed() {
				t.Error("a probe may not try again")
			}
			return silence(closed)
		})
		if !probed || do(answer(nil)) {
			t.Error("after a probe without an answer the host is asked again")
		}
		time.Sleep(restFor + time.Second)
		for range 3 {
			if !do(answer(nil)) {
				t.Error("a host that answers again is left alone")
			}
		}
	})
}

// What says nothing of the host, or says that it is there, does not open the circuit.
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
					t.Fatalf("%s: refused", name)
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
				t.Errorf("%s: refused", name)
			}
		}
	}
}

// Slow pictures among good ones end together, with none of the good ones between them. The host has
// answered others since their last tries began.
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
				t.Fatal("a host that answers is left alone")
			}
		}
	})
}

// An outage costs the tries of a few downloads, and not those of all.
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
					if i == silentAfter && err.Error() != "GET 127.0.0.1: it has not answered 5 downloads in a row; the next run tries again" {
						t.Error(err)
					}
				}
				if most := silentAfter * maxTries; s.Downloads() > most {
					t.Errorf("got %d downloads, want at most %d", s.Downloads(), most)
				}
			})
		})
	}
}

// A download that began before its host was left alone does not ask it again and again.
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
			t.Error("downloaded")
		}
	}
	close(answer)
	select {
	case <-asked:
		t.Error("the host is asked again")
	case err := <-ended:
		if err == nil || err.Error() != "GET 127.0.0.1: unexpected status 503 Service Unavailable" {
			t.Errorf("%v", err)
		}
	}
}

// Bad answers are answers: all of them are asked for.
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
				t.Errorf("%v", err)
			}
		}
		if s.Downloads() != 20 {
			t.Errorf("%d downloads", s.Downloads())
		}
	}
}
