package fetch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"firstframe/fetch/fetchtest"
)

func TestDownload(t *testing.T) {
	data := picture(1)
	uploaded := time.Date(2024, 10, 12, 3, 4, 5, 0, time.UTC)
	s, f := one(t, fetchtest.Picture{Name: "a.png", Type: "png", Data: data, Uploaded: uploaded})
	c := newCache(t)
	var said strings.Builder
	c.Logf = func(format string, args ...any) { fmt.Fprintf(&said, format+"\n", args...) }
	first, err := keep(t, c, f)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	want := Original{
		Path:     filepath.Join(c.Dir, "originals", hex.EncodeToString(sum[:1]), hex.EncodeToString(sum[:])+".png"),
		SHA256:   hex.EncodeToString(sum[:]),
		Bytes:    int64(len(data)),
		Type:     "image/png",
		Modified: uploaded,
		key:      f.Key(),
		address:  entryOf(f.URL, ""),
	}
	if first != want {
		t.Errorf("downloaded %+v\nwant %+v", first, want)
	}
	if got, err := os.ReadFile(first.Path); err != nil || !bytes.Equal(got, data) {
		t.Errorf("got %d bytes, error %v", len(got), err)
	}

	// The request for an image reveals nothing about the owner.
	header := s.Requests()[1].Header
	for _, name := range []string{"Authorization", "Referer", "Cookie", "From", "Origin"} {
		if header.Get(name) != "" {
			t.Errorf("got the request header %s: %s", name, header.Get(name))
		}
	}
	if got := header.Get("Accept-Encoding"); got != "identity" {
		t.Errorf("a download accepts %q, want the bytes as they are", got)
	}
	for name, values := range header {
		if strings.Contains(strings.Join(values, " "), "abcd") {
			t.Errorf("got the token in the request header %s", name)
		}
	}
	if said.String() != "GET 127.0.0.1\n" {
		t.Errorf("got the log %q", said.String())
	}

	// The next run finds it in the cache, without a request.
	want.Cached = true
	c2 := &Cache{Dir: c.Dir}
	defer c2.Close()
	if second, err := c2.Original(t.Context(), f); err != nil || second != want {
		t.Errorf("from the cache %+v, %v\nwant %+v", second, err, want)
	}
	want.key, want.address = "", ""
	if stored, ok := c2.Stored(want.SHA256); !ok || stored != want {
		t.Errorf("stored %+v, %v\nwant %+v", stored, ok, want)
	}
	if s.Downloads() != 1 {
		t.Errorf("got %d downloads", s.Downloads())
	}
	for path, mode := range map[string]fs.FileMode{
		c.Dir: 0o700, filepath.Dir(first.Path): 0o700, first.Path: 0o600, c.keyPath(f.Key()): 0o600, c.recordPath(first.SHA256): 0o600,
	} {
		if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != mode {
			t.Errorf("%s: got mode %v, error %v, want %v", path, info.Mode(), err, mode)
		}
	}
	for _, path := range files(t, c.Dir) {
		kept, err := os.ReadFile(filepath.Join(c.Dir, path))
		if err != nil || strings.Contains(path, "download-") || bytes.Contains(kept, []byte("127.0.0.1")) || bytes.Contains(kept, []byte(f.ID)) {
			t.Errorf("%s contains %s", path, kept)
		}
	}
}

// A missing file gets one request in a run, and another one in the next run.
func TestGone(t *testing.T) {
	for _, status := range []int{404, 403, 410, 400, 401, 451, 501, 204, 206, 304} {
		s, f := one(t, fetchtest.Picture{Name: "a", Type: "png", Data: picture(1)})
		s.FailDownload("", 1, fetchtest.Answer(status, ""))
		c := newCache(t)
		_, err := c.Original(t.Context(), f)
		failed, ok := errors.AsType[*DownloadError](err)
		if !ok || failed.Status != status || failed.Gone() != (status == 404 || status == 403 || status == 410) || s.Downloads() != 1 {
			t.Errorf("%d: got error %v after %d downloads", status, err, s.Downloads())
		}
		if status == 404 && err.Error() != "GET 127.0.0.1: unexpected status 404 Not Found" {
			t.Error(err)
		}
		nothingOf(t, err, f)
		if kept := files(t, c.Dir); len(kept) != 0 {
			t.Errorf("%d: got %v in the cache", status, kept)
		}
		if _, err := c.Original(t.Context(), f); err != nil {
			t.Errorf("%d, the next run: got error %v", status, err)
		}
	}
}

// An answer in HTTP/1.0 without a length ends with its connection. Nobody can distinguish that from
// a cut. So what has arrived is an original, and the decoder must find out that it is incomplete.
func TestCutOld(t *testing.T) {
	data := picture(1)
	s, f := one(t, fetchtest.Picture{Name: "a", Type: "png", Data: data})
	s.FailDownload("", -1, fetchtest.CutOld(100))
	c := newCache(t)
	if o, err := c.Original(t.Context(), f); err != nil || o.Bytes != 100 {
		t.Errorf("got %+v, error %v", o, err)
	}
	s.Recover()
	if o, err := c.Original(t.Context(), f); err != nil || o.Bytes != int64(len(data)) {
		t.Errorf("the next time: got %+v, error %v", o, err)
	}
}

// A body that arrives slowly but never stalls is limited by the time for the whole file.
func TestDrip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fetchtest.Service{Token: token, Pictures: pictures(1)}
		c, list := cacheInMemory(t, s)
		s.FailDownload("", -1, fetchtest.Drip(20*time.Second))
		start := time.Now()
		_, err := c.Original(t.Context(), list[0])
		if _, ok := errors.AsType[*DownloadError](err); !ok || !errors.Is(err, context.DeadlineExceeded) || s.Downloads() != 1 || time.Since(start) != downloadTime {
			t.Errorf("got error %v after %d downloads and %v", err, s.Downloads(), time.Since(start))
		}
		nothingOf(t, err, list[0])
		if kept := files(t, c.Dir); len(kept) != 0 {
			t.Errorf("got %v in the cache", kept)
		}
	})
}

// A download that is larger than the limit ends there, with or without a Content-Length. It is not
// retried.
func TestTooLarge(t *testing.T) {
	data := picture(1)
	for name, test := range map[string]struct {
		fault fetchtest.Fault
		max   int64
	}{
		"by its length": {func(w http.ResponseWriter, r *http.Request, body []byte) {
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
		}, int64(len(data)) - 1},
		"64 MiB + 1":     {fetchtest.Answer(200, string(data), "Content-Length", fmt.Sprint(64<<20+1)), 0},
		"without length": {fetchtest.Endless(), 1 << 20},
		"endless":        {fetchtest.Endless(), 0},
	} {
		t.Run(name, func(t *testing.T) {
			s, f := one(t, fetchtest.Picture{Name: "a", Type: "png", Data: data})
			s.FailDownload("", -1, test.fault)
			c := newCache(t)
			c.MaxBytes = test.max
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := c.Original(t.Context(), f)
			runtime.ReadMemStats(&after)
			if _, ok := errors.AsType[*TooLargeError](err); !ok || s.Downloads() != 1 {
				t.Errorf("got error %v after %d downloads", err, s.Downloads())
			}
			if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 20 {
				t.Errorf("got %d MiB of allocations", used)
			}
			if kept := files(t, c.Dir); len(kept) != 0 {
				t.Errorf("got %v in the cache", kept)
			}
		})
	}
	_, f := one(t, fetchtest.Picture{Name: "a", Type: "png", Data: data})
	c := newCache(t)
	c.MaxBytes = int64(len(data))
	if _, err := c.Original(t.Context(), f); err != nil {
		t.Errorf("the limit itself: got error %v", err)
	}
}

func TestRedirectOfADownload(t *testing.T) {
	data := picture(1)
	hops := func(n int) File {
		srv := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			at := len(r.URL.Path) - 1
			if len(r.Header["Referer"]) != 0 || len(r.Header["Cookie"]) != 0 {
				t.Errorf("redirect %d: got request headers %v", at, r.Header)
			}
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
			if at == n {
				_, _ = w.Write(data)
				return
			}
			w.Header().Set("Location", r.URL.Path+"x")
			w.WriteHeader([]int{301, 302, 303, 307, 308}[at%5])
		}))
		return File{URL: srv.URL + "/"}
	}
	if o, err := newCache(t).Original(t.Context(), hops(maxRedirects)); err != nil || o.Bytes != int64(len(data)) {
		t.Errorf("got %+v, error %v", o, err)
	}
	if _, err := newCache(t).Original(t.Context(), hops(maxRedirects+1)); err == nil || err.Error() != "GET 127.0.0.1: more than 5 redirects" {
		t.Errorf("got error %v", err)
	}
	s, f := one(t, fetchtest.Picture{Name: "a", Type: "png", Data: data})
	for location, want := range map[string]string{
		"file:///etc/passwd":             "neither http nor https",
		"ftp://cdn.example/x":            "neither http nor https",
		"javascript:alert(1)":            "neither http nor https",
		"http://user:pw@127.0.0.1/x":     "user name",
		"http://user@127.0.0.1/x":        "user name",
		"http:///x":                      "no host",
		"http://[::1/%zz-secret":         "not a URL",
		"http://127.0.0.1:99999/secret?": "connection failed",
		"":                               "without an address",
	} {
		s.Recover()
		s.FailDownload("", -1, fetchtest.Redirect(302, location))
		_, err := newCache(t).Original(t.Context(), f)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "pw") || strings.Contains(err.Error(), "secret") {
			t.Errorf("to %q: got error %v", location, err)
		}
		nothingOf(t, err, f)
	}
}

func TestRefusedURLs(t *testing.T) {
	for address, want := range map[string]string{
		"file:///etc/passwd":                "neither http nor https",
		"ftp://cdn.example/a.png":           "neither http nor https",
		"data:image/png;base64,AAAA":        "neither http nor https",
		"//cdn.example/a.png":               "neither http nor https",
		"secret":                            "neither http nor https",
		"":                                  "neither http nor https",
		"http://user:pw@cdn.example/secret": "user name",
		"http://:80/secret":                 "no host",
		"http://cdn.example/%zz-secret":     "not a URL",
		"http://a b/secret":                 "not a URL",
	} {
		_, err := newCache(t).Original(t.Context(), File{URL: address})
		failed, ok := errors.AsType[*DownloadError](err)
		if !ok || failed.Tries != 1 || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "pw") {
			t.Errorf("%q: got error %v", address, err)
		}
	}
}

func TestDownloadCancelled(t *testing.T) {
	data := picture(1)
	for name, fault := range map[string]fetchtest.Fault{
		"headers": fetchtest.Hang(),
		"stall":   fetchtest.Stall(len(data) - 1),
		"drip":    fetchtest.Drip(time.Millisecond),
		"wait":    fetchtest.Answer(503, "", "Retry-After", "60"),
		"endless": fetchtest.Endless(),
	} {
		t.Run(name, func(t *testing.T) {
			s, f := one(t, fetchtest.Picture{Name: "a", Type: "png", Data: append(data, make([]byte, 5000)...)})
			ctx, cancel := context.WithCancel(t.Context())
			s.FailDownload("", -1, func(w http.ResponseWriter, r *http.Request, body []byte) {
				time.AfterFunc(20*time.Millisecond, cancel)
				fault(w, r, body)
			})
			c := newCache(t)
			c.MaxBytes = 1 << 40
			_, err := c.Original(ctx, f)
			if !errors.Is(err, context.Canceled) || s.Downloads() != 1 {
				t.Errorf("got error %v after %d downloads", err, s.Downloads())
			}
			if _, ok := errors.AsType[*DownloadError](err); ok {
				t.Error("got a DownloadError for a cancelled download")
			}
			nothingOf(t, err, f)
			if kept := files(t, c.Dir); len(kept) != 0 {
				t.Errorf("got %v in the cache", kept)
			}
		})
	}
}
