package fetch

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
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
		check := func(t *testing.T, s *fetchtest.Service, api *API) {
			s.FailListing(3, fault)
			list, err := api.Files(t.Context(), "", 0)
			if err != nil || len(list.Files) != 2 || list.Requests != 4 || s.Listings() != 4 {
				t.Errorf("after three failures: got %d files, %d requests, error %v", len(list.Files), s.Listings(), err)
			}
			s.FailListing(-1, fault)
			list, err = api.Files(t.Context(), "", 0)
			if err == nil || !strings.Contains(err.Error(), "after 4 tries") || s.Listings() != 8 || list.Files != nil {
				t.Errorf("permanent failure: got %d requests, error %v", s.Listings()-4, err)
			}
			if refused, ok := errors.AsType[*ServiceError](err); ok && (refused.Refused() || refused.Tries != 4) {
				t.Errorf("permanent failure: got %+v, want 4 tries and no refusal", refused)
			}
		}
		t.Run(name, func(t *testing.T) {
			s := &fetchtest.Service{Token: token, Pictures: pictures(2)}
			if name == "no headers" || name == "stall" {
				synctest.Test(t, func(t *testing.T) {
					api := apiInMemory(t, s)
					api.IdleTimeout = 20 * time.Second // four times the default is as long as the time for a listing
					check(t, s, api)
				})
				return
			}
			t.Parallel()
			check(t, s, newAPI(serve(t, s)))
		})
	}
}

// cutAtTheEnd sends all items of a list, but not its end.
func cutAtTheEnd(w http.ResponseWriter, r *http.Request, body []byte) {
	fetchtest.Cut(bytes.LastIndexByte(body, ']'))(w, r, body)
}

// A retry waits as long as the service asks.
func TestRetryAfter(t *testing.T) {
	for name, fault := range map[string]func(until time.Time) fetchtest.Fault{
		"seconds": func(time.Time) fetchtest.Fault { return fetchtest.Answer(429, "", "Retry-After", "7") },
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
			synctest.Test(t, func(t *testing.T) {
				var second time.Time
				s := &fetchtest.Service{Token: token, Pictures: pictures(2)}
				until := time.Now().Add(7 * time.Second).UTC().Truncate(time.Second)
				s.FailListing(1, fault(until))
				api := apiInMemory(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					second = time.Now()
					s.ServeHTTP(w, r)
				}))
				list, err := api.Files(t.Context(), "", 0)
				if err != nil || len(list.Files) != 2 || list.Requests != 2 {
					t.Fatalf("got %+v, error %v", list, err)
				}
				if !second.Equal(until) {
					t.Errorf("the retry came %v after the time that the service named", second.Sub(until))
				}
			})
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
		if !ok || late.Wait < 23*time.Hour || late.Refused() || !strings.Contains(err.Error(), "slow down; the next try must wait for ") {
			t.Errorf("%s: got error %v", name, err)
		}
		if s.Listings() != 1 {
			t.Errorf("%s: got %d requests, want 1", name, s.Listings())
		}
	}
}

// No header can make the wait overflow. An invalid header means no wait.
func TestRetryAfterHeader(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"": 0, "0": 0, "-5": 0, "5": 5 * time.Second, "5.5": 0, "soon": 0, "99999999999999999999": 0,
		"Sat, 12 Oct 2024 05:00:07 GMT": 7 * time.Second,
		"Sat, 12 Oct 2024 04:00:00 GMT": 0,
	} {
		h := http.Header{"Retry-After": {value}, "Date": {"Sat, 12 Oct 2024 05:00:00 GMT"}}
		if got := retryAfter(h, ""); got != want {
			t.Errorf("Retry-After: %s: got a wait of %v, want %v", value, got, want)
		}
	}
	h := http.Header{"Date": {"Sat, 12 Oct 2024 05:00:00 GMT"}}
	if got := retryAfter(h, "2024-10-12T05:00:02.500Z"); got != 2500*time.Millisecond {
		t.Errorf("a time in the body: got a wait of %v, want 2.5 s", got)
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
		check := func(t *testing.T, s *fetchtest.Service, f File, c *Cache) {
			s.FailDownload("", 4, fault)
			_, err := c.Original(t.Context(), f)
			failed, ok := errors.AsType[*DownloadError](err)
			if !ok || failed.Tries != 4 || failed.Gone() || s.Downloads() != 4 || !strings.HasSuffix(err.Error(), " (after 4 tries)") {
				t.Errorf("got error %v after %d downloads", err, s.Downloads())
			}
			nothingOf(t, err, f)
			if kept := files(t, c.Dir); len(kept) != 0 {
				t.Errorf("got %v in the cache", kept)
			}
			s.FailDownload("", 3, fault)
			o, err := c.Original(t.Context(), f)
			if err != nil || o.Bytes != int64(len(data)) || s.Downloads() != 8 {
				t.Errorf("after three failures: got %+v, error %v after %d downloads", o, err, s.Downloads()-4)
			}
		}
		t.Run(name, func(t *testing.T) {
			p := fetchtest.Picture{Name: "a", Type: "png", Data: data}
			if name == "no headers" || strings.HasPrefix(name, "stall") {
				synctest.Test(t, func(t *testing.T) {
					s := &fetchtest.Service{Token: token, Pictures: []fetchtest.Picture{p}}
					c, files := cacheInMemory(t, s)
					check(t, s, files[0], c)
				})
				return
			}
			t.Parallel()
			s, f := one(t, p)
			check(t, s, f, newCache(t))
		})
	}
}

// A retry waits as long as the host asks. If that is too long, there is no retry.
func TestRetryAfterOfADownload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fetchtest.Service{Token: token, Pictures: pictures(1)}
		c, files := cacheInMemory(t, s)
		s.FailDownload("", 1, fetchtest.Answer(429, "", "Retry-After", "7"))
		before := time.Now()
		if _, err := c.Original(t.Context(), files[0]); err != nil || s.Downloads() != 2 || time.Since(before) != 7*time.Second {
			t.Errorf("got error %v after %d downloads and %v, want none after 2 and 7 s", err, s.Downloads(), time.Since(before))
		}
		s.FailDownload("", -1, fetchtest.Answer(503, "", "Retry-After", "86400"))
		_, err := c.Original(t.Context(), files[0])
		if failed, ok := errors.AsType[*DownloadError](err); !ok || failed.Status != 503 || s.Downloads() != 3 || !strings.Contains(err.Error(), "must wait for 24h,") {
			t.Errorf("got error %v after %d downloads", err, s.Downloads())
		}
	})
}
