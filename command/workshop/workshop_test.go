package workshop

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// served is a server for a folder of its own.
type served struct {
	t      *testing.T
	dir    string
	server *Server
	client *http.Client
}

// serveFiles serves a folder with these files. Without files, there is no folder.
func serveFiles(t *testing.T, files map[string]string) *served {
	t.Helper()
	s := &served{t: t, dir: filepath.Join(t.TempDir(), "out")}
	s.write(files)
	var err error
	if s.server, err = Listen("127.0.0.1:0", s.dir); err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableCompression: true}
	s.client = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.server.Serve(ctx) }()
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s
}

// write writes files of the site.
func (s *served) write(files map[string]string) {
	s.t.Helper()
	for name, text := range files {
		name = filepath.Join(s.dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			s.t.Fatal(err)
		}
	}
}

// request sends a request. The path is sent as it is.
func (s *served) request(method, path string, header ...string) (*http.Response, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.server.URL(), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.URL.Opaque = path
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
	}
	answer, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer, string(body)
}

// files are the files of a small site.
func files() map[string]string {
	return map[string]string{
		"index.html": "<head></head>index", "404.html": "<head></head>missing", "image/a/index.html": "<head></head>a",
		"gallery.json": "{}", "media/a.jpg": "jpeg", "media/a.mp4": "0123456789", "assets/style.css": "p{}", "assets/site.js": "1",
		"site.webmanifest": "{}", ".well-known/security.txt": "mail", ".well-known/.a": "hidden", ".firstframe-files": "list", ".git/config": "private", "image/.a": "hidden",
	}
}

// TestSite asks for what a site has, and for what must not be served.
func TestSite(t *testing.T) {
	s := serveFiles(t, files())
	secret := filepath.Join(filepath.Dir(s.dir), "secret.html")
	if err := os.WriteFile(secret, []byte("secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(s.dir, "link.html")); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		path     string
		status   int
		kind, in string
	}{
		{"/", 200, "text/html; charset=utf-8", "index"},
		{"/image/a/", 200, "text/html; charset=utf-8", ">a"},
		{"/image/a", 301, "", ""},
		{"/image/a/index.html", 301, "", ""},
		{"/404.html", 200, "text/html; charset=utf-8", "missing"},
		{"/gallery.json", 200, "application/json", "{}"},
		{"/media/a.jpg", 200, "image/jpeg", "jpeg"},
		{"/media/a.mp4", 200, "video/mp4", "0123456789"},
		{"/assets/style.css", 200, "text/css; charset=utf-8", "p{}"},
		{"/assets/site.js", 200, "text/javascript; charset=utf-8", "1"},
		{"/site.webmanifest", 200, "application/manifest+json", "{}"},
		{"/.firstframe/script.js", 200, "text/javascript; charset=utf-8", "EventSource"},
		{"/.well-known/security.txt", 200, "text/plain; charset=utf-8", "mail"},
		{"/.well-known/.a", 404, "text/html; charset=utf-8", "missing"},
		{"/.well-known/", 404, "text/html; charset=utf-8", "missing"},
		{"/nothing", 404, "text/html; charset=utf-8", "missing"},
		{"/media/", 404, "text/html; charset=utf-8", "missing"}, // no list of files
		{"/media", 404, "text/html; charset=utf-8", "missing"},
		{"/.firstframe-files", 404, "text/html; charset=utf-8", "missing"},
		{"/.git/config", 404, "text/html; charset=utf-8", "missing"},
		{"/image/.a", 404, "text/html; charset=utf-8", "missing"},
		{"/.firstframe/", 404, "text/html; charset=utf-8", "missing"},
		{"/../secret.html", 404, "text/html; charset=utf-8", "missing"},
		{"/image/../../secret.html", 404, "text/html; charset=utf-8", "missing"},
		{"/%2e%2e/secret.html", 404, "text/html; charset=utf-8", "missing"},
		{"/..%2fsecret.html", 404, "text/html; charset=utf-8", "missing"},
		{"/link.html", 404, "text/html; charset=utf-8", "missing"},
	} {
		answer, body := s.request("GET", tt.path)
		if answer.StatusCode != tt.status || tt.kind != "" && answer.Header.Get("Content-Type") != tt.kind || !strings.Contains(body, tt.in) {
			t.Errorf("%s: status %d, type %q: %q; want %d, %q with %q", tt.path, answer.StatusCode, answer.Header.Get("Content-Type"), body, tt.status, tt.kind, tt.in)
		}
		if got := answer.Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s: Cache-Control %q", tt.path, got)
		}
		// Without it, any page in the same browser could load data.js, and read it.
		if got := answer.Header.Get("Cross-Origin-Resource-Policy"); got != "same-origin" {
			t.Errorf("%s: Cross-Origin-Resource-Policy %q", tt.path, got)
		}
		isPage := strings.HasPrefix(tt.kind, "text/html")
		if strings.Contains(body, `<script src="/.firstframe/script.js"`) != isPage {
			t.Errorf("%s: is a page: %v, but the script is there or not: %q", tt.path, isPage, body)
		}
	}
}

// TestUnderPath asks for a site that will be published under a path. It must be there, too.
func TestUnderPath(t *testing.T) {
	s := serveFiles(t, files())
	s.write(map[string]string{"pics/own.txt": "own"})
	check := func(path string, status int, in, location string) {
		t.Helper()
		answer, body := s.request("GET", path)
		if got := answer.Header.Get("Location"); answer.StatusCode != status || !strings.Contains(body, in) || got != location {
			t.Errorf("%s: status %d, location %q: %q; want %d, %q with %q", path, answer.StatusCode, got, body, status, location, in)
		}
	}
	check("/pics/assets/style.css", 404, "missing", "")
	s.server.Under("/pics/")
	check("/pics/", 200, "index", "")
	check("/pics", 301, "", "/pics/")
	check("/pics/assets/style.css", 200, "p{}", "")
	check("/pics/image/a/", 200, ">a", "")
	check("/pics/image/a", 301, "", "a/")
	check("/pics/nothing", 404, "missing", "")
	check("/pics/.git/config", 404, "missing", "")
	check("/pics/../.git/config", 404, "missing", "")
	check("/picsassets/style.css", 404, "missing", "")
	check("/pics/own.txt", 200, "own", "") // the site has such a folder itself
	check("/", 200, "index", "")
	check("/assets/style.css", 200, "p{}", "")
	s.server.Under("/other/")
	check("/pics/assets/style.css", 404, "missing", "")
	s.server.Under("/")
	check("/assets/style.css", 200, "p{}", "")
}

// TestRequests sends requests of other kinds.
func TestRequests(t *testing.T) {
	s := serveFiles(t, files())
	answer, body := s.request("GET", "/media/a.mp4", "Range", "bytes=2-4")
	if answer.StatusCode != http.StatusPartialContent || body != "234" {
		t.Errorf("a part of a clip: status %d, %q", answer.StatusCode, body)
	}
	for _, path := range []string{"/", "/media/a.mp4", "/nothing", eventsPath} {
		if answer, body := s.request("HEAD", path); body != "" || answer.StatusCode != 200 && path != "/nothing" {
			t.Errorf("HEAD %s: status %d, %q", path, answer.StatusCode, body)
		}
	}
	if answer, _ := s.request("POST", "/"); answer.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: status %d", answer.StatusCode)
	}
	for host, want := range map[string]int{
		"localhost:8080": 200, "LOCALHOST": 200, "127.0.0.1": 200, "127.0.0.2:80": 200, "[::1]:8080": 200, "[::1]": 200,
		"evil.example": 421, "evil.example:8080": 421, "127.0.0.1.evil.example": 421, "192.168.0.1": 421, "localhost.evil.example": 421,
	} {
		for _, path := range []string{"/", eventsPath} {
			if answer, _ := s.request("HEAD", path, "Host", host); answer.StatusCode != want {
				t.Errorf("host %q: status %d of %s, want %d", host, answer.StatusCode, path, want)
			}
		}
	}
}

// TestWaiting asks for a site that does not exist yet, and then exists.
func TestWaiting(t *testing.T) {
	s := serveFiles(t, nil)
	for range 2 { // without a folder, and with an empty one
		for _, path := range []string{"/", "/image/a/"} {
			if answer, body := s.request("GET", path); answer.StatusCode != 503 || !strings.Contains(body, "being built") || !strings.Contains(body, scriptPath) {
				t.Errorf("%s: status %d, %q", path, answer.StatusCode, body)
			}
		}
		if err := os.MkdirAll(s.dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	s.write(files())
	if answer, body := s.request("GET", "/"); answer.StatusCode != 200 || !strings.Contains(body, "index") {
		t.Errorf("status %d, %q", answer.StatusCode, body)
	}
}

// TestEvents listens as an open page does.
func TestEvents(t *testing.T) {
	s := serveFiles(t, files())
	s.server.Failed(Problem{Messages: []string{"content/images/a.md:2: no"}, Hint: "say yes"})
	r, err := http.NewRequestWithContext(t.Context(), "GET", s.server.URL()+eventsPath[1:], nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if got := answer.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("the type is %q", got)
	}
	lines := bufio.NewScanner(answer.Body)
	hear := func() (n news) {
		t.Helper()
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				if err := json.Unmarshal([]byte(data), &n); err != nil {
					t.Fatal(err)
				}
				return n
			}
		}
		t.Fatalf("the events ended: %v", lines.Err())
		return n
	}
	first := hear() // at once, because something may have happened since the page was loaded
	if first.Problem == nil || len(first.Problem.Messages) != 1 || first.Problem.Messages[0] != "content/images/a.md:2: no" || first.Problem.Hint != "say yes" {
		t.Errorf("the problem is %+v", first.Problem)
	}
	if _, body := s.request("GET", "/"); !strings.Contains(body, `data-build="`+first.Build+`"`) {
		t.Errorf("the page is not of build %q: %q", first.Build, body)
	}
	s.server.Built(false)
	if same := hear(); same.Problem != nil || same.Build != first.Build {
		t.Errorf("after a build that changed nothing: %+v", same)
	}
	s.server.Built(true)
	if next := hear(); next.Problem != nil || next.Build == first.Build {
		t.Errorf("after a build: %+v", next)
	}
}

// TestListen takes an address that is taken, or cannot be.
func TestListen(t *testing.T) {
	first, err := Listen(":0", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if !strings.HasPrefix(first.URL(), "http://127.0.0.1:") {
		t.Errorf("without a host, the address is %s", first.URL())
	}
	taken := strings.Trim(strings.TrimPrefix(first.URL(), "http://"), "/")
	for _, addr := range []string{taken, ":99999", "nothing"} {
		if s, err := Listen(addr, t.TempDir()); err == nil {
			s.Close()
			t.Errorf("%s can be listened to", addr)
		}
	}
}
