package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"firstframe/fetch/fetchtest"

	"golang.org/x/net/dns/dnsmessage"
)

// newCache returns a cache in a folder of its own that may ask the loopback, and loses no time
// between its tries.
func newCache(t *testing.T) *Cache {
	t.Helper()
	c := &Cache{Dir: filepath.Join(t.TempDir(), "cache"), AllowPrivateHosts: true, FirstWait: time.Millisecond}
	t.Cleanup(c.Close)
	return c
}

// one serves one picture, and returns it as it is listed.
func one(t *testing.T, p fetchtest.Picture) (*fetchtest.Service, File) {
	t.Helper()
	s := &fetchtest.Service{Token: token, Record: true, Pictures: []fetchtest.Picture{p}}
	list, err := newAPI(serve(t, s)).Files(t.Context(), "", 0)
	if err != nil {
		t.Fatal(err)
	}
	return s, list.Files[0]
}

// keep downloads f and keeps it, as a run does with a picture that it could use.
func keep(t *testing.T, c *Cache, f File) (Original, error) {
	t.Helper()
	o, err := c.Original(t.Context(), f)
	if err == nil {
		err = c.Remember(o)
	}
	return o, err
}

// files returns the paths of all files below dir.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			found = append(found, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return found
}

// nothingOf fails the test if err tells more of f than its host.
func nothingOf(t *testing.T, err error, f File) {
	t.Helper()
	u, _ := url.Parse(f.URL)
	for e := err; e != nil; e = errors.Unwrap(e) {
		for _, secret := range []string{f.URL, u.Path, filepath.Base(u.Path), f.ID, "multi_chat_file"} {
			if len(secret) > 1 && strings.Contains(e.Error(), secret) {
				t.Errorf("%q says %q", e, secret)
			}
		}
		if _, ok := e.(*url.Error); ok {
			t.Errorf("%v is a url.Error", e)
		}
	}
}

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
		t.Errorf("%d bytes, %v", len(got), err)
	}

	// The image request carries nothing of the owner.
	header := s.Requests()[1].Header
	for _, name := range []string{"Authorization", "Referer", "Cookie", "From", "Origin"} {
		if header.Get(name) != "" {
			t.Errorf("a download sends %s: %s", name, header.Get(name))
		}
	}
	if got := header.Get("Accept-Encoding"); got != "identity" {
		t.Errorf("a download accepts %q, want the bytes as they are", got)
	}
	for name, values := range header {
		if strings.Contains(strings.Join(values, " "), "abcd") {
			t.Errorf("a download sends the token in %s", name)
		}
	}
	if said.String() != "GET 127.0.0.1\n" {
		t.Errorf("the log says %q", said.String())
	}

	// The next run has it, all of it, without a request.
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
		t.Errorf("%d downloads", s.Downloads())
	}
	for path, mode := range map[string]fs.FileMode{
		c.Dir: 0o700, filepath.Dir(first.Path): 0o700, first.Path: 0o600, c.keyPath(f.Key()): 0o600, c.recordPath(first.SHA256): 0o600,
	} {
		if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v; want %v", path, info.Mode(), err, mode)
		}
	}
	for _, path := range files(t, c.Dir) {
		kept, err := os.ReadFile(filepath.Join(c.Dir, path))
		if err != nil || strings.Contains(path, "download-") || bytes.Contains(kept, []byte("127.0.0.1")) || bytes.Contains(kept, []byte(f.ID)) {
			t.Errorf("%s is kept: %s", path, kept)
		}
	}
}

// Only a record and bytes that agree are an original; anything else is downloaded again.
func TestDamagedCache(t *testing.T) {
	s, f := one(t, fetchtest.Picture{Name: "a.png", Type: "png", Data: picture(1)})
	c := newCache(t)
	o, err := keep(t, c, f)
	if err != nil || !o.Modified.IsZero() {
		t.Fatal(o, err)
	}
	data := picture(1)
	flipped := bytes.Clone(data)
	flipped[len(flipped)/2] ^= 1
	write := func(path, content string) func() error {
		return func() error { return os.WriteFile(path, []byte(content), 0o600) }
	}
	for name, damage := range map[string]func() error{
		"empty":           write(o.Path, ""),
		"cut":             write(o.Path, string(data[:100])),
		"a bit":           write(o.Path, string(flipped)),
		"longer":          write(o.Path, string(data)+"x"),
		"gone":            func() error { return os.Remove(o.Path) },
		"key empty":       write(c.keyPath(f.Key()), ""),
		"key not JSON":    write(c.keyPath(f.Key()), "{"),
		"key gone":        func() error { return os.Remove(c.keyPath(f.Key())) },
		"key elsewhere":   write(c.keyPath(f.Key()), `{"sha256":"../../../../etc/passwd","type":"image/png","bytes":1}`),
		"key of no type":  write(c.keyPath(f.Key()), `{"sha256":"`+o.SHA256+`","type":"text/html","bytes":`+fmt.Sprint(o.Bytes)+`}`),
		"key wrong type":  write(c.keyPath(f.Key()), `{"sha256":"`+o.SHA256+`","type":"image/gif","bytes":`+fmt.Sprint(o.Bytes)+`}`),
		"key wrong size":  write(c.keyPath(f.Key()), `{"sha256":"`+o.SHA256+`","type":"image/png","bytes":1}`),
		"key wrong bytes": write(c.keyPath(f.Key()), `{"sha256":"`+strings.Repeat("0", 64)+`","type":"image/png","bytes":1}`),
	} {
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		if stored, ok := c.Stored(o.SHA256); ok && !strings.HasPrefix(name, "key") {
			t.Errorf("%s: stored %+v", name, stored)
		}
		before := s.Downloads()
		again, err := keep(t, c, f)
		if err != nil || again != o || s.Downloads() != before+1 {
			t.Errorf("%s: %+v, %v after %d downloads", name, again, err, s.Downloads()-before)
		}
		if _, ok := c.Stored(o.SHA256); !ok {
			t.Errorf("%s: not stored", name)
		}
	}
	for _, sum := range []string{"", "..", strings.Repeat("0", 64), strings.ToUpper(o.SHA256), o.SHA256 + "/", strings.Repeat("/", 64)} {
		if _, ok := c.Stored(sum); ok {
			t.Errorf("%q is stored", sum)
		}
	}
}

// The bytes decide what they are, whatever the listing and the answer say.
func TestTypeOfDownload(t *testing.T) {
	for name, test := range map[string]struct{ data, contentType, want, ext string }{
		"webp as jpeg": {"RIFF\x24\x00\x00\x00WEBPVP8 ", "image/jpeg", "image/webp", ".webp"},
		"jpeg as html": {"\xff\xd8\xff\xe0 <html>", "text/html", "image/jpeg", ".jpg"},
		"gif as png":   {"GIF89a....", "image/png", "image/gif", ".gif"},
		"no type":      {string(picture(1)), "", "image/png", ".png"},
	} {
		t.Run(name, func(t *testing.T) {
			_, f := one(t, fetchtest.Picture{Name: "a", Type: "jpeg", Data: []byte(test.data), ContentType: test.contentType})
			o, err := newCache(t).Original(t.Context(), f)
			if err != nil || o.Type != test.want || filepath.Ext(o.Path) != test.ext {
				t.Errorf("%+v, %v", o, err)
			}
		})
	}
}

func TestNotAnImage(t *testing.T) {
	for want, data := range map[string]string{
		"text/html":                "<!DOCTYPE html><title>Sign in</title>",
		"image/svg+xml":            `<?xml version="1.0"?><svg onload="alert(1)"/>`,
		"video/mp4":                "\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp42" + strings.Repeat("x", 5000),
		"audio/mpeg":               "ID3\x04\x00\x00\x00\x00\x00\x00",
		"text/plain":               "just words",
		"empty":                    "",
		"application/octet-stream": "\x00\x01\x02\x03",
		"application/pdf":          "%PDF-1.7",
		"image/tiff":               "II*\x00....",
		"image/avif":               "\x00\x00\x00\x1cftypavif\x00\x00\x00\x00mif1miaf",
		"image/bmp":                "BM......",
	} {
		t.Run(want, func(t *testing.T) {
			s, f := one(t, fetchtest.Picture{Name: "a", Type: "png", Data: []byte(data), ContentType: "image/png"})
			c := newCache(t)
			_, err := c.Original(t.Context(), f)
			no, ok := errors.AsType[*NotImageError](err)
			if !ok || no.Type != want || s.Downloads() != 1 {
				t.Errorf("%v after %d downloads", err, s.Downloads())
			}
			if kept := files(t, c.Dir); len(kept) != 0 {
				t.Errorf("kept %v", kept)
			}
		})
	}
}

// What is gone is asked for once, and again in the next run.
func TestGone(t *testing.T) {
	for _, status := range []int{404, 403, 410, 400, 401, 451, 501, 204, 206, 304} {
		s, f := one(t, fetchtest.Picture{Name: "a", Type: "png", Data: picture(1)})
		s.FailDownload("", 1, fetchtest.Answer(status, ""))
		c := newCache(t)
		_, err := c.Original(t.Context(), f)
		failed, ok := errors.AsType[*DownloadError](err)
		if !ok || failed.Status != status || failed.Gone() != (status == 404 || status == 403 || status == 410) || s.Downloads() != 1 {
			t.Errorf("%d: %v after %d downloads", status, err, s.Downloads())
		}
		if status == 404 && err.Error() != "GET 127.0.0.1: unexpected status 404 Not Found" {
			t.Error(err)
		}
		nothingOf(t, err, f)
		if kept := files(t, c.Dir); len(kept) != 0 {
			t.Errorf("%d: kept %v", status, kept)
		}
		if _, err := c.Original(t.Context(), f); err != nil {
			t.Errorf("%d, in the next run: %v", status, err)
		}
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

// HTTP/1.0 without a length ends where the connection ends. Nobody can tell that from a cut, so
// what has come is an original, and it is for the decoder to find the picture incomplete.
func TestCutOld(t *testing.T) {
	data := picture(1)
	s, f := one(t, fetchtest.Picture{Name: "a", Type: "png", Data: data})
	s.FailDownload("", -1, fetchtest.CutOld(100))
	c := newCache(t)
	if o, err := c.Original(t.Context(), f); err != nil || o.Bytes != 100 {
		t.Errorf("%+v, %v", o, err)
	}
	s.Recover()
	if o, err := c.Original(t.Context(), f); err != nil || o.Bytes != int64(len(data)) {
		t.Errorf("the next time: %+v, %v", o, err)
	}
}

// A picture that is cut where it is stored comes whole, with the length that it has now. Only its
// decoder can tell, so it is downloaded again until Keep, and after Forget.
func TestCutWhereItIsStored(t *testing.T) {
	data := picture(1)
	s, f := one(t, fetchtest.Picture{Name: "a", Type: "png", Data: data})
	c := newCache(t)
	get := func(want []byte, downloads int) Original {
		t.Helper()
		o, err := c.Original(t.Context(), f)
		if err != nil || o.Bytes != int64(len(want)) || s.Downloads() != downloads {
			t.Fatalf("%+v, %v after %d downloads", o, err, s.Downloads())
		}
		return o
	}
	s.FailDownload("", 1, fetchtest.Data(data[:100], "image/png"))
	cut := get(data[:100], 1)
	whole := get(data, 2)
	if err := c.Remember(whole); err != nil {
		t.Fatal(err)
	}
	if o := get(data, 2); !o.Cached {
		t.Errorf("%+v is not cached", o)
	}
	// A cache of before may have it for good.
	if err := c.Remember(cut); err != nil {
		t.Fatal(err)
	}
	cached := get(data[:100], 2)
	c.Forget(cached)
	get(data, 3)
	// What was found by its hash has no file that could be forgotten.
	if o, ok := c.Stored(whole.SHA256); !ok || c.Remember(o) != nil {
		t.Error("not stored")
	} else {
		c.Forget(o)
	}
}

// A body that comes too slowly to ever stall is bounded by the time for the whole file.
func TestDrip(t *testing.T) {
	s, f := one(t, fetchtest.Picture{Name: "a", Type: "png", Data: picture(1)})
	s.FailDownload("", -1, fetchtest.Drip(20*time.Millisecond))
	c := newCache(t)
	c.Timeout = 200 * time.Millisecond
	_, err := c.Original(t.Context(), f)
	if _, ok := errors.AsType[*DownloadError](err); !ok || !errors.Is(err, context.DeadlineExceeded) || s.Downloads() != 1 {
		t.Errorf("%v after %d downloads", err, s.Downloads())
	}
	nothingOf(t, err, f)
	if kept := files(t, c.Dir); len(kept) != 0 {
		t.Errorf("kept %v", kept)
	}
}

// A download that is larger than the limit stops there, whether it says so or not, and is not tried
// again.
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
				t.Errorf("%v after %d downloads", err, s.Downloads())
			}
			if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 20 {
				t.Errorf("%d MiB allocated", used)
			}
			if kept := files(t, c.Dir); len(kept) != 0 {
				t.Errorf("kept %v", kept)
			}
		})
	}
	_, f := one(t, fetchtest.Picture{Name: "a", Type: "png", Data: data})
	c := newCache(t)
	c.MaxBytes = int64(len(data))
	if _, err := c.Original(t.Context(), f); err != nil {
		t.Errorf("the limit itself: %v", err)
	}
}

// A bomb goes off no further than the limit.
func TestBomb(t *testing.T) {
	s, f := one(t, fetchtest.Picture{Name: "a", Type: "png", Data: picture(1)})
	c := newCache(t)
	c.MaxBytes = 1 << 20
	hollow := bytes.Repeat(zipped(nil), 1<<16) // more than a megabyte that decodes to nothing
	for name, fault := range map[string]fetchtest.Fault{
		"zeros":  fetchtest.Bomb(8 << 20),
		"hollow": fetchtest.Answer(200, string(hollow), "Content-Encoding", "gzip"),
	} {
		s.Recover()
		s.FailDownload("", -1, fault)
		before := s.Downloads()
		_, err := c.Original(t.Context(), f)
		if _, ok := errors.AsType[*TooLargeError](err); !ok || s.Downloads() != before+1 {
			t.Errorf("%s: %v after %d downloads", name, err, s.Downloads()-before)
		}
		if kept := files(t, c.Dir); len(kept) != 0 {
			t.Errorf("%s: kept %v", name, kept)
		}
	}
}

// zipped returns data as gzip compresses it.
func zipped(data []byte) []byte {
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	_, _ = zip.Write(data)
	_ = zip.Close()
	return b.Bytes()
}

// Some servers compress whatever is asked for. What is kept is what they compressed, and never what
// came.
func TestCompressedDownload(t *testing.T) {
	data := picture(1)
	whole := zipped(data)
	damaged := bytes.Clone(whole)
	damaged[len(damaged)-6] ^= 1 // in the checksum
	page := "<!DOCTYPE html><title>Sorry</title>"
	for name, test := range map[string]struct {
		body, encoding string
		want           string // of the error, "" for the picture
		tries          int
	}{
		"gzip":                  {string(whole), "gzip", "", 1},
		"by its old name":       {string(whole), "X-GZIP", "", 1},
		"two members":           {string(zipped(data[:100])) + string(zipped(data[100:])), "gzip", "", 1},
		"not compressed at all": {string(data), "gzip", "", 1},
		"identity":              {string(data), "identity", "", 1},
		"a page":                {string(zipped([]byte(page))), "gzip", "not a JPEG, PNG, GIF or WebP picture but text/html", 1},
		"nothing":               {"", "gzip", "not a picture but empty", 1},
		"without saying so":     {string(whole), "", "not a JPEG, PNG, GIF or WebP picture but application/gzip", 1},
		"twice":                 {string(zipped(whole)), "gzip, gzip", "GET 127.0.0.1: its bytes are compressed in an unknown way", 1},
		"brotli":                {"\x0b\x02\x80abc", "br", "GET 127.0.0.1: its bytes are compressed (br)", 1},
		"deflate":               {string(data), "deflate", "GET 127.0.0.1: its bytes are compressed (deflate)", 1},
		"zstd":                  {"\x28\xb5\x2f\xfd", "zstd", "GET 127.0.0.1: its bytes are compressed (zstd)", 1},
		"secret":                {string(data), "secret", "GET 127.0.0.1: its bytes are compressed in an unknown way", 1},
		"cut":                   {string(whole[:len(whole)-1]), "gzip", "GET 127.0.0.1: the connection was closed before the answer was complete", 4},
		"cut in its header":     {string(whole[:5]), "gzip", "GET 127.0.0.1: the connection was closed before the answer was complete", 4},
		"damaged":               {string(damaged), "gzip", "GET 127.0.0.1: its compressed bytes are damaged", 4},
	} {
		t.Run(name, func(t *testing.T) {
			s, f := one(t, fetchtest.Picture{Name: "a", Type: "png", Data: data})
			s.FailDownload("", -1, fetchtest.Answer(200, test.body, "Content-Type", "image/png", "Content-Encoding", test.encoding))
			c := newCache(t)
			o, err := c.Original(t.Context(), f)
			if s.Downloads() != test.tries {
				t.Errorf("%d downloads, want %d", s.Downloads(), test.tries)
			}
			if test.want == "" {
				if got, readErr := os.ReadFile(o.Path); err != nil || readErr != nil || !bytes.Equal(got, data) || o.Bytes != int64(len(data)) {
					t.Errorf("%+v, %v", o, err)
				}
				return
			}
			if err == nil || !strings.HasPrefix(err.Error(), test.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%v, want %s", err, test.want)
			}
			if kept := files(t, c.Dir); len(kept) != 0 {
				t.Errorf("kept %v", kept)
			}
			s.Recover()
			if _, err := c.Original(t.Context(), f); err != nil {
				t.Errorf("the next time: %v", err)
			}
		})
	}
}

// Without leave, no connection is made to an address that is not public, however it is written or
// reached.
func TestPrivateHosts(t *testing.T) {
	var connections atomic.Int32
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(picture(1)) }))
	srv.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	srv.Start()
	defer srv.Close()
	_, port, _ := net.SplitHostPort(srv.Listener.Addr().String())
	for _, host := range []string{
		"127.0.0.1", "127.1.2.3", "localhost", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
		"[64:ff9b::7f00:1]", "[2002:7f00:1::]", "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "168.63.129.16",
		"100.64.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1", "[fe80::1]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]",
	} {
		c := newCache(t)
		c.AllowPrivateHosts = false
		_, err := c.Original(t.Context(), File{URL: "http://" + host + ":" + port + "/secret.png"})
		failed, ok := errors.AsType[*DownloadError](err)
		if !ok || failed.Tries != 1 || !strings.Contains(err.Error(), "is not a public address") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", host, err)
		}
	}
	// How a number or an octal is read is up to the resolver: as a loopback address, or as no name
	// at all. Both are refused.
	for _, host := range []string{"2130706433", "0x7f000001", "0177.0.0.1", "127.1"} {
		c := newCache(t)
		c.AllowPrivateHosts = false
		c.Timeout = time.Second // where no resolver answers
		if _, err := c.Original(t.Context(), File{URL: "http://" + host + ":" + port + "/"}); err == nil {
			t.Errorf("%s is asked", host)
		}
	}
	if n := connections.Load(); n != 0 {
		t.Errorf("%d connections", n)
	}
	if _, err := newCache(t).Original(t.Context(), File{URL: srv.URL}); err != nil || connections.Load() != 1 {
		t.Errorf("with leave: %v", err)
	}
}

// rebinding returns the dialer of a cache that is not allowed to ask private hosts, in a world in
// which every name is at the address that this returns.
func rebinding(t *testing.T, address func() [4]byte) *net.Dialer {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			m.Response, m.Additionals = true, nil
			if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
				m.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
					Body:   &dnsmessage.AResource{A: address()},
				}}
			}
			if packed, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(packed, from)
			}
		}
	}()
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
	return &net.Dialer{Control: dialPublic, Resolver: resolver}
}

// A name is checked at the address that is dialled, so it does not help it to be public somewhere
// else.
func TestRebinding(t *testing.T) {
	var connections atomic.Int32
	srv := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		connections.Add(1)
		_, _ = w.Write(picture(1))
	}))
	_, port, _ := net.SplitHostPort(srv.Listener.Addr().String())
	var lookups atomic.Int32
	dialer := rebinding(t, func() [4]byte {
		lookups.Add(1)
		return [4]byte{127, 0, 0, 1}
	})
	c := newCache(t)
	c.AllowPrivateHosts = false
	c.pool().DialContext = dialer.DialContext
	_, err := c.Original(t.Context(), File{URL: "http://images.example.com:" + port + "/"})
	if err == nil || err.Error() != "GET images.example.com: 127.0.0.1 is not a public address, so no request is sent" {
		t.Errorf("%v", err)
	}
	if connections.Load() != 0 || lookups.Load() == 0 {
		t.Errorf("%d connections, %d lookups", connections.Load(), lookups.Load())
	}
	// The same name is asked where that is allowed: the test's resolver works.
	dialer.Control = nil
	if _, err := c.Original(t.Context(), File{URL: "http://images.example.com:" + port + "/"}); err != nil || connections.Load() != 1 {
		t.Errorf("%v", err)
	}
}

// A redirect is a URL from outside like any other: a public host must not lead into the owner's
// network.
func TestRedirectToPrivateHost(t *testing.T) {
	var inside atomic.Int32
	target := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		inside.Add(1)
		_, _ = w.Write(picture(1))
	}))
	front := serve(t, http.RedirectHandler(strings.Replace(target.URL, "127.0.0.1", "127.0.0.2", 1)+"/secret", http.StatusFound))
	c := newCache(t)
	c.AllowPrivateHosts = false
	// The front is taken for public, and nothing else is: its is the only exact address that
	// passes.
	c.pool().DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if address == front.Listener.Addr().String() {
			return new(net.Dialer).DialContext(ctx, network, address)
		}
		return (&net.Dialer{Control: dialPublic}).DialContext(ctx, network, address)
	}
	_, err := c.Original(t.Context(), File{URL: front.URL})
	if err == nil || err.Error() != "GET 127.0.0.2: 127.0.0.2 is not a public address, so no request is sent" || inside.Load() != 0 {
		t.Errorf("%v", err)
	}
}

func TestRedirectOfADownload(t *testing.T) {
	data := picture(1)
	hops := func(n int) File {
		srv := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			at := len(r.URL.Path) - 1
			if len(r.Header["Referer"]) != 0 || len(r.Header["Cookie"]) != 0 {
				t.Errorf("hop %d has %v", at, r.Header)
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
		t.Errorf("%+v, %v", o, err)
	}
	if _, err := newCache(t).Original(t.Context(), hops(maxRedirects+1)); err == nil || err.Error() != "GET 127.0.0.1: more than 5 redirects" {
		t.Errorf("%v", err)
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
			t.Errorf("to %q: %v", location, err)
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
			t.Errorf("%q: %v", address, err)
		}
	}
}

// A proxy dials in our place, and so past the check of the address: there is one only where there
// is no check.
func TestProxy(t *testing.T) {
	if c := newCache(t); c.pool().Proxy == nil {
		t.Error("no proxy, although every address may be asked")
	}
	c := newCache(t)
	c.AllowPrivateHosts = false
	if c.pool().Proxy != nil {
		t.Error("a proxy would decide which address is asked")
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
				t.Errorf("%v after %d downloads", err, s.Downloads())
			}
			if _, ok := errors.AsType[*DownloadError](err); ok {
				t.Error("it is the download's fault that it was cancelled")
			}
			nothingOf(t, err, f)
			if kept := files(t, c.Dir); len(kept) != 0 {
				t.Errorf("kept %v", kept)
			}
		})
	}
}

func TestLastModified(t *testing.T) {
	for value, want := range map[string]time.Time{
		"Sat, 12 Oct 2024 05:00:07 GMT": time.Date(2024, 10, 12, 5, 0, 7, 0, time.UTC),
		"Thu, 01 Jan 1970 00:00:00 GMT": {},
		"Fri, 01 Jan 2100 00:00:00 GMT": {},
		"yesterday":                     {},
		"":                              {},
	} {
		if got := lastModified(http.Header{"Last-Modified": {value}}); !got.Equal(want) {
			t.Errorf("%q is %v", value, got)
		}
	}
}

// One byte more than the limit is enough to know, and all that is ever written to the disk.
func TestLimitOnDisk(t *testing.T) {
	c := newCache(t)
	if err := c.Open(); err != nil {
		t.Fatal(err)
	}
	body := bytes.NewReader(make([]byte, 1000))
	if _, err := c.store(body, 100, Original{Type: "image/png"}); err == nil || body.Len() != 1000-101 {
		t.Errorf("%d bytes read, %v", 1000-body.Len(), err)
	}
}
