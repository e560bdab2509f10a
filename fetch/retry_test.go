package fetch

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"firstframe/fetch/fetchtest"
)

func TestTriesOfAListing(t *testing.T) {
	for name, fault := range map[string]fetchtest.Fault{
		"408":            fetchtest.Answer(408, ""),
		"429":            fetchtest.Answer(429, `{"error":"slow down"}`),
		"500":            fetchtest.Answer(500, ""),
		"502":            fetchtest.Answer(502, "<html>"),
		"503":            fetchtest.Answer(503, ""),
		"504":            fetchtest.Answer(504, ""),
		"429 in a 200":   fetchtest.Answer(200, `{"error":"slow down","code":429}`),
		"reset":          fetchtest.Reset(),
		"cut":            fetchtest.Cut(10),
		"cut at the end": cutAtTheEnd,
		"cut chunked":    fetchtest.CutChunked(10),
		"no headers":     fetchtest.Hang(),
		"stall":          fetchtest.Stall(10),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &fetchtest.Service{Token: token, Pictures: pictures(2)}
			s.FailListing(3, fault)
			api := newAPI(serve(t, s))
			if name == "no headers" || name == "stall" {
				api.IdleTimeout = time.Second // what is answered must come within it on any machine
			}
			list, err := api.Files(t.Context(), "", 0)
			if err != nil || len(list.Files) != 2 || list.Requests != 4 || s.Listings() != 4 {
				t.Errorf("after three failures: %d files, %d requests, %v", len(list.Files), s.Listings(), err)
			}
			s.FailListing(-1, fault)
			list, err = api.Files(t.Context(), "", 0)
			if err == nil || !strings.Contains(err.Error(), "after 4 tries") || s.Listings() != 8 || list.Files != nil {
				t.Errorf("for ever: %d requests, %v", s.Listings()-4, err)
			}
			if refused, ok := errors.AsType[*ServiceError](err); ok && (refused.Refused() || refused.Tries != 4) {
				t.Errorf("%+v", refused)
			}
		})
	}
}

// cutAtTheEnd sends all items of a list, and then no more.
func cutAtTheEnd(w http.ResponseWriter, r *http.Request, body []byte) {
	fetchtest.Cut(bytes.LastIndexByte(body, ']'))(w, r, body)
}

// The service is not asked again before the time that it has named. Waiting longer is allowed, so
// there is no upper bound to test.
func TestRetryAfter(t *testing.T) {
	for name, fault := range map[string]func(until time.Time) fetchtest.Fault{
		"seconds": func(time.Time) fetchtest.Fault { return fetchtest.Answer(429, "", "Retry-After", "2") },
		"a date": func(until time.Time) fetchtest.Fault {
			return fetchtest.Answer(503, "", "Retry-After", until.Format(http.TimeFormat))
		},
		"a time in the body": func(until time.Time) fetchtest.Fault {
			return fetchtest.Answer(429, `{"error":"slow","code":429,"retryAfter":"`+until.Format("2006-01-02T15:04:05.000Z")+`"}`)
		},
		"the longer one": func(until time.Time) fetchtest.Fault {
			return fetchtest.Answer(429, `{"error":"slow","retryAfter":"`+until.Format(time.RFC3339)+`"}`, "Retry-After", "0")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var second time.Time
			s := &fetchtest.Service{Token: token, Pictures: pictures(2)}
			until := time.Now().Add(time.Second).UTC().Truncate(time.Second)
			s.FailListing(1, fault(until))
			api := newAPI(serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				second = time.Now()
				s.ServeHTTP(w, r)
			})))
			list, err := api.Files(t.Context(), "", 0)
			if err != nil || len(list.Files) != 2 || list.Requests != 2 {
				t.Fatalf("%+v, %v", list, err)
			}
			if second.Before(until) {
				t.Errorf("asked again %v too early", until.Sub(second))
			}
		})
	}
}

func TestRetryAfterTooLong(t *testing.T) {
	for name, fault := range map[string]fetchtest.Fault{
		"seconds": fetchtest.Answer(429, `{"error":"slow down"}`, "Retry-After", "86400"),
		"a date":  fetchtest.Answer(503, "slow down", "Retry-After", time.Now().Add(48*time.Hour).UTC().Format(http.TimeFormat)),
		"huge":    fetchtest.Answer(429, "slow down", "Retry-After", "4294967295"),
	} {
		api, s := answering(t, fault)
		_, err := api.Files(t.Context(), "", 0)
		late, ok := errors.AsType[*ServiceError](err)
		if !ok || late.Wait < 23*time.Hour || late.Refused() || !strings.Contains(err.Error(), "slow down; it asks to wait for ") {
			t.Errorf("%s: %v", name, err)
		}
		if s.Listings() != 1 {
			t.Errorf("%s: %d requests", name, s.Listings())
		}
	}
}

// No server can make the wait overflow, and nonsense is no wait.
func TestRetryAfterHeader(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"": 0, "0": 0, "-5": 0, "5": 5 * time.Second, "5.5": 0, "soon": 0, "99999999999999999999": 0,
		"Sat, 12 Oct 2024 05:00:07 GMT": 7 * time.Second,
		"Sat, 12 Oct 2024 04:00:00 GMT": 0,
	} {
		h := http.Header{"Retry-After": {value}, "Date": {"Sat, 12 Oct 2024 05:00:00 GMT"}}
		if got := retryAfter(h, ""); got != want {
			t.Errorf("Retry-After: %s waits for %v, want %v", value, got, want)
		}
	}
	h := http.Header{"Date": {"Sat, 12 Oct 2024 05:00:00 GMT"}}
	if got := retryAfter(h, "2024-10-12T05:00:02.500Z"); got != 2500*time.Millisecond {
		t.Errorf("a time in the body waits for %v", got)
	}
}

func TestTriesOfADownload(t *testing.T) {
	data := picture(1)
	for name, fault := range map[string]fetchtest.Fault{
		"408":               fetchtest.Answer(408, ""),
		"429":               fetchtest.Answer(429, ""),
		"500":               fetchtest.Answer(500, ""),
		"502":               fetchtest.Answer(502, ""),
		"503":               fetchtest.Answer(503, ""),
		"504":               fetchtest.Answer(504, ""),
		"reset":             fetchtest.Reset(),
		"cut before bytes":  fetchtest.Cut(0),
		"cut":               fetchtest.Cut(len(data) - 1),
		"cut chunked":       fetchtest.CutChunked(len(data)),
		"cut chunked early": fetchtest.CutChunked(1),
		"no headers":        fetchtest.Hang(),
		"stall at once":     fetchtest.Stall(0),
		"stall":             fetchtest.Stall(len(data) - 1),
		"no HTTP": func(w http.ResponseWriter, r *http.Request, _ []byte) {
			conn, _, _ := http.NewResponseController(w).Hijack()
			_, _ = io.WriteString(conn, "what is "+r.URL.Path+"?\r\n\r\n")
			conn.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, f := one(t, fetchtest.Picture{Name: "a", Type: "png", Data: data})
			c := newCache(t)
			if name == "no headers" || strings.HasPrefix(name, "stall") {
				c.IdleTimeout = time.Second // what is answered must come within it on any machine
			}
			s.FailDownload("", 4, fault)
			_, err := c.Original(t.Context(), f)
			failed, ok := errors.AsType[*DownloadError](err)
			if !ok || failed.Tries != 4 || failed.Gone() || s.Downloads() != 4 || !strings.HasSuffix(err.Error(), " (after 4 tries)") {
				t.Errorf("%v after %d downloads", err, s.Downloads())
			}
			nothingOf(t, err, f)
			if kept := files(t, c.Dir); len(kept) != 0 {
				t.Errorf("kept %v", kept)
			}
			s.FailDownload("", 3, fault)
			o, err := c.Original(t.Context(), f)
			if err != nil || o.Bytes != int64(len(data)) || s.Downloads() != 8 {
				t.Errorf("after three failures: %+v, %v after %d downloads", o, err, s.Downloads()-4)
			}
		})
	}
}

// A server that asks to wait is obeyed if there is time, and else left alone.
func TestRetryAfterOfADownload(t *testing.T) {
	t.Parallel()
	s, f := one(t, fetchtest.Picture{Name: "a", Type: "png", Data: picture(1)})
	s.FailDownload("", 1, fetchtest.Answer(429, "", "Retry-After", "1"))
	before := time.Now()
	if _, err := newCache(t).Original(t.Context(), f); err != nil || s.Downloads() != 2 || time.Since(before) < time.Second {
		t.Errorf("%v after %d downloads and %v", err, s.Downloads(), time.Since(before))
	}
	s.FailDownload("", -1, fetchtest.Answer(503, "", "Retry-After", "86400"))
	_, err := newCache(t).Original(t.Context(), f)
	if failed, ok := errors.AsType[*DownloadError](err); !ok || failed.Status != 503 || s.Downloads() != 3 || !strings.Contains(err.Error(), "asks to wait for 24h0m0s") {
		t.Errorf("%v after %d downloads", err, s.Downloads())
	}
}
