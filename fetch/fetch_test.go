package fetch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"firstframe/fetch/fetchtest"

	"go.uber.org/goleak"
)

// TestMain checks that no goroutine outlives the tests. In a run over thousands of images, they
// would pile up.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// quiet is the log of the servers. They would only report the connections that tests cut on
// purpose.
var quiet = log.New(io.Discard, "", 0)

// serve serves h on a loopback port until the test ends.
func serve(t *testing.T, h http.Handler) *httptest.Server {
	t.Helper()
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ErrorLog = quiet
	srv.Start()
	t.Cleanup(srv.Close)
	return srv
}

// pipes is a network in memory with one server. In a bubble of synctest, waiting on it takes no
// real time.
type pipes struct {
	accepted chan net.Conn
	closed   chan struct{}
	close    func() // closes closed, once
}

// serveInMemory serves h on a network in memory until the test ends, and returns the server's URL.
func serveInMemory(t *testing.T, h http.Handler) (*pipes, string) {
	t.Helper()
	closed := make(chan struct{})
	p := &pipes{make(chan net.Conn), closed, sync.OnceFunc(func() { close(closed) })}
	srv := &httptest.Server{Listener: p, Config: &http.Server{Handler: h, ErrorLog: quiet}}
	srv.Start()
	t.Cleanup(srv.Close)
	return p, srv.URL
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.accepted:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.close()
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

// dial connects to the server, whatever the address.
func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.accepted <- server:
		return client, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// apiInMemory returns an API for h on a network in memory.
func apiInMemory(t *testing.T, h http.Handler) *API {
	t.Helper()
	network, root := serveInMemory(t, h)
	return &API{Root: root, Token: token, dial: network.dial}
}

// cacheInMemory serves s on a network in memory. It returns a cache that downloads from there, and
// the files of s.
func cacheInMemory(t *testing.T, s *fetchtest.Service) (*Cache, []File) {
	t.Helper()
	api := apiInMemory(t, s)
	list, err := api.Files(t.Context(), "", 0)
	if err != nil {
		t.Fatal(err)
	}
	c := newCache(t)
	c.pool().DialContext = api.dial
	return c, list.Files
}

// picture returns a PNG that is different for each number.
func picture(n int) []byte {
	img := image.NewGray(image.Rect(0, 0, 40, 30))
	for i := range img.Pix {
		img.Pix[i] = byte(i*n + i*i/7)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// pictures returns n pictures named "frame 0.png" and so on.
func pictures(n int) []fetchtest.Picture {
	list := make([]fetchtest.Picture, n)
	for i := range list {
		list[i] = fetchtest.Picture{
			Name:     fmt.Sprintf("frame %d.png", i),
			Type:     "png",
			Data:     picture(i + 1),
			Uploaded: time.Date(2024, 10, 12, i%24, 0, 0, 0, time.UTC),
		}
	}
	return list
}

func TestKey(t *testing.T) {
	// The state of published sites contains keys of IDs, so they must never change.
	if got, want := (File{ID: "user:1-minimax:2-file:3"}).Key(), "c155a41241f39fe32c3b"; got != want {
		t.Errorf("key of an ID = %s, want %s", got, want)
	}
	byURL := File{URL: "https://cdn.example/a.png"}.Key()
	if !regexp.MustCompile(`^[0-9a-f]{20}$`).MatchString(byURL) {
		t.Errorf("got %q as the key of a URL, want 20 hex digits", byURL)
	}
	if byURL == (File{ID: "https://cdn.example/a.png"}).Key() {
		t.Error("an ID that looks like a URL has the same key as the URL")
	}
	if (File{ID: "a", URL: "b"}).Key() != (File{ID: "a", URL: "c"}).Key() {
		t.Error("the key changes with the URL, even with an ID")
	}
}

func TestUploaded(t *testing.T) {
	hour := func(y int, m time.Month, d, h int) time.Time { return time.Date(y, m, d, h, 0, 0, 0, time.UTC) }
	const host = "https://cdn.hailuoai.video"
	for url, want := range map[string]time.Time{
		host + "/moss/prod/2024-10-12-05/user/multi_chat_file/a.png":             hour(2024, 10, 11, 21),
		host + "/moss/prod/2025-01-01-00/user/multi_chat_file/a.jpg?x=1":         hour(2024, 12, 31, 16),
		host + "/moss/prod/2024-02-29-23/a":                                      hour(2024, 2, 29, 15),
		host + "/moss/prod/2024-13-01-00/2024-10-12-05/a":                        hour(2024, 10, 11, 21),
		host + "/moss/prod/2023-02-29-00/a":                                      {},
		host + "/moss/prod/2024-10-12-24/a":                                      {},
		host + "/moss/prod/2024-10-00-05/a":                                      {},
		host + "/moss/prod/2024-00-12-05/a":                                      {},
		host + "/moss/prod/1999-10-12-05/a":                                      {},
		host + "/moss/prod/2100-10-12-05/a":                                      {},
		host + "/moss/prod/+024-10-12-05/a":                                      {},
		host + "/moss/prod/2024-10-12-+5/a":                                      {},
		host + "/moss/prod/2024-10-12/a":                                         {},
		host + "/moss/prod/x2024-10-12-05/a":                                     {},
		host + "/a?when=/2024-10-12-05/":                                         {},
		"":                                                                       {},
		"://":                                                                    {},
		host + "/moss/prod/２０２４-10-12-05/a":                                      {},
		host + "/moss/prod/2024-10-12-05/user/multi_chat_file/2023-01-01-01.png": hour(2024, 10, 11, 21),
	} {
		if got := (File{URL: url}).Uploaded(); !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("Uploaded of %q = %v, want %v", url, got, want)
		}
	}
}

func FuzzUploaded(f *testing.F) {
	f.Add("https://cdn.hailuoai.video/moss/prod/2024-10-12-05/user/multi_chat_file/a.png")
	f.Add("/2024-02-30-05/")
	f.Add("/0000-00-00-00/")
	f.Add("%zz")
	f.Fuzz(func(t *testing.T, url string) {
		got := File{URL: url}.Uploaded()
		if got.IsZero() {
			return
		}
		// The date must be in the URL as it is.
		if written := got.In(china).Format("2006-01-02-15"); !strings.Contains(url, written) && !strings.Contains(url, "%") {
			t.Errorf("Uploaded of %q = %v", url, got)
		}
		if got.Minute() != 0 || got.Year() < 1999 || got.Year() > 2099 {
			t.Errorf("Uploaded of %q = %v", url, got)
		}
	})
}

// An entry changes with the address and the type, but not with a signature.
func TestEntry(t *testing.T) {
	f := File{ID: "1", URL: "https://cdn.example/moss/a.png?sign=1", Type: "png"}
	if n := len(f.Entry()); n != 16 {
		t.Errorf("got %d digits, want 16", n)
	}
	for name, test := range map[string]struct {
		other File
		same  bool
	}{
		"signed again":    {File{URL: "https://cdn.example/moss/a.png?sign=2", Type: "png", Name: "b"}, true},
		"another path":    {File{URL: "https://cdn.example/moss/b.png?sign=1", Type: "png"}, false},
		"another host":    {File{URL: "https://cdn2.example/moss/a.png?sign=1", Type: "png"}, false},
		"another type":    {File{URL: "https://cdn.example/moss/a.png?sign=1", Type: "jpeg"}, false},
		"what is no URL":  {File{URL: "https://cdn.example/%zz", Type: "png"}, false},
		"what is nowhere": {File{}, false},
	} {
		if got := test.other.Entry() == f.Entry(); got != test.same {
			t.Errorf("%s: got the same entry: %v", name, got)
		}
	}
	if (Video{URL: f.URL}).Entry() != (Video{ID: "a", URL: f.URL, Prompt: "b"}).Entry() {
		t.Error("the entry of a video depends on more than its address")
	}
}

// token is the token of the services in these tests.
const token = "user:1234-abcdEFGHijkl"

// newAPI returns an API for srv that hardly waits between tries.
func newAPI(srv *httptest.Server) *API {
	return &API{Root: srv.URL, Token: token, FirstWait: time.Millisecond}
}

// answering serves the same answer to every request. It returns an API for it and the service.
func answering(t *testing.T, fault fetchtest.Fault) (*API, *fetchtest.Service) {
	t.Helper()
	s := &fetchtest.Service{Token: token, Pictures: pictures(2)}
	s.FailListing(-1, fault)
	return newAPI(serve(t, s)), s
}

// asJSON returns v as JSON.
func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// newCache returns a cache in its own folder that allows private hosts and hardly waits between
// tries.
func newCache(t *testing.T) *Cache {
	t.Helper()
	c := &Cache{Dir: filepath.Join(t.TempDir(), "cache"), AllowPrivateHosts: true, FirstWait: time.Millisecond}
	t.Cleanup(c.Close)
	return c
}

// one serves one picture. It returns the service and the file.
func one(t *testing.T, p fetchtest.Picture) (*fetchtest.Service, File) {
	t.Helper()
	s := &fetchtest.Service{Token: token, Record: true, Pictures: []fetchtest.Picture{p}}
	list, err := newAPI(serve(t, s)).Files(t.Context(), "", 0)
	if err != nil {
		t.Fatal(err)
	}
	return s, list.Files[0]
}

// keep downloads f and remembers it, like a run does with a usable picture.
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

// nothingOf fails the test if err reveals more about f than its host.
func nothingOf(t *testing.T, err error, f File) {
	t.Helper()
	u, _ := url.Parse(f.URL)
	for e := err; e != nil; e = errors.Unwrap(e) {
		for _, secret := range []string{f.URL, u.Path, filepath.Base(u.Path), f.ID, "multi_chat_file"} {
			if len(secret) > 1 && strings.Contains(e.Error(), secret) {
				t.Errorf("%q contains %q", e, secret)
			}
		}
		if _, ok := e.(*url.Error); ok {
			t.Errorf("got a url.Error: %v", e)
		}
	}
}
