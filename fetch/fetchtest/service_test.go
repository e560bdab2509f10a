package fetchtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// token is the token of the services in these tests.
const token = "user:1234-test"

// get sends h a GET for path with a bearer token, unless that is empty. It returns the status, the
// body and the headers.
func get(t *testing.T, h http.Handler, path, bearer string) (int, string, http.Header) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String(), w.Header()
}

// frames returns n pictures named "frame 0", "frame 1" and so on.
func frames(n int) []Picture {
	list := make([]Picture, n)
	for i := range list {
		list[i] = Picture{
			Name:     fmt.Sprintf("frame %d", i),
			Type:     "jpeg",
			Data:     []byte(fmt.Sprintf("\xff\xd8\xff%d", i)),
			Uploaded: time.Date(2024, 10, 11, 21, 30, 0, 0, time.UTC),
		}
	}
	return list
}

// The answers match the service's documentation in every field, so a client that works with the
// fake works with the real service.
func TestAnswers(t *testing.T) {
	several := &Service{Token: token, Accounts: []string{"111", "222"}, Pictures: frames(3)}
	several.Pictures[2].Account = "222"
	single := &Service{Token: token, Pictures: frames(12)}
	for _, test := range []struct {
		service      *Service
		query, token string
		status       int
		want         string // the body, or how it starts
		files        int
	}{
		{single, "", "", 401, `{"error":"Unauthorized","code":401}`, 0},
		{single, "", "user:1234-wrong", 401, `{"error":"Unauthorized","code":401}`, 0},
		{single, "", token, 200, `[{"file_id":"user:1234-minimax:`, 10},
		{single, "?limit=12", token, 200, `[{`, 12},
		{single, "?limit=1000", token, 200, `[{`, 12},
		{single, "?limit=0", token, 400, `{"error":"Parameter limit `, 0},
		{single, "?limit=ten", token, 400, `{"error":"Parameter limit `, 0},
		{single, "?limit=", token, 400, `{"error":"Parameter limit `, 0},
		{single, "?account=" + DefaultAccount, token, 200, `[{`, 10},
		{single, "?account=111", token, 404, `{"error":`, 0},
		{several, "", token, 400, `{"error":"Parameter account is required`, 0},
		{several, "?account=111", token, 200, `[{`, 2},
		{several, "?account=222", token, 200, `[{"file_id":"user:1234-minimax:222-file:`, 1},
		{several, "?account=333", token, 404, `{"error":`, 0},
		{several, "?account=333", "", 401, `{"error":"Unauthorized"`, 0},
		{&Service{Token: token}, "", token, 200, `[]`, 0},
		{&Service{}, "", "any", 200, `[]`, 0},
	} {
		status, body, header := get(t, test.service, "/v1/minimax/files/"+test.query, test.token)
		if status != test.status || !strings.HasPrefix(body, test.want) || !strings.HasPrefix(header.Get("Content-Type"), "application/json") {
			t.Errorf("%q: got status %d and %s, want %d and %s", test.query, status, body, test.status, test.want)
		}
		var list []map[string]any
		if status == 200 && (json.Unmarshal([]byte(body), &list) != nil || len(list) != test.files) {
			t.Errorf("%q lists %d, want %d", test.query, len(list), test.files)
		}
	}
}

// Ids and paths have the shape of the real ones and are the same on every run. The paths lead to
// the bytes.
func TestListedFiles(t *testing.T) {
	s := &Service{Token: token, Pictures: frames(40)}
	_, body, _ := get(t, s, "http://cdn.example:8080/v1/minimax/files/?limit=40", token)
	_, second, _ := get(t, &Service{Token: token, Pictures: frames(40)}, "http://cdn.example:8080/v1/minimax/files/?limit=40", token)
	if body != second {
		t.Error("two services with the same pictures list them differently")
	}
	var list []struct {
		ID     string `json:"file_id"`
		Name   string `json:"file_name"`
		Type   string `json:"file_type"`
		URL    string `json:"cdn_url"`
		Path   string `json:"oss_path"`
		Scene  int    `json:"file_scene"`
		Status int    `json:"file_status"`
	}
	if err := json.Unmarshal([]byte(body), &list); err != nil {
		t.Fatal(err)
	}
	id := regexp.MustCompile(`^user:\d+-minimax:` + DefaultAccount + `-file:\d{18}$`)
	kinds := []*regexp.Regexp{
		regexp.MustCompile(`/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\.jpg$`),
		regexp.MustCompile(`/1728682200\d{9}-\d{18}_1728682200\.jpg$`),
	}
	seen, of := map[string]bool{}, [2]int{}
	for i, f := range list {
		// Half past nine in the evening is already the next morning in UTC+8.
		if !id.MatchString(f.ID) || !strings.HasPrefix(f.URL, "http://cdn.example:8080/moss/prod/2024-10-12-05/user/multi_chat_file/") ||
			"http://cdn.example:8080/"+f.Path != f.URL || f.Scene != 10 || f.Status != 1 || f.Type != "jpeg" || f.Name != s.Pictures[i].Name {
			t.Errorf("%+v", f)
		}
		for k, kind := range kinds {
			if kind.MatchString(f.URL) {
				of[k]++
			}
		}
		if seen[f.ID] || seen[f.URL] {
			t.Errorf("%+v is listed twice", f)
		}
		seen[f.ID], seen[f.URL] = true, true
		status, data, header := get(t, s, f.URL, "")
		if status != 200 || data != string(s.Pictures[i].Data) || header.Get("Content-Type") != "image/jpeg" || header.Get("Last-Modified") != "Fri, 11 Oct 2024 21:30:00 GMT" {
			t.Errorf("%s: %d %q %v", f.URL, status, data, header)
		}
	}
	if of[0] == 0 || of[1] == 0 || of[0]+of[1] != 40 {
		t.Errorf("got %d paths of the first form and %d of the second, want some of both", of[0], of[1])
	}
	if status, _, _ := get(t, s, "/moss/prod/2024-10-12-05/user/multi_chat_file/none.jpg", ""); status != 404 {
		t.Errorf("a path without a picture: got status %d, want 404", status)
	}
	if s.Listings() != 1 || s.Downloads() != 41 || s.Count(s.Paths()[0]) != 1 {
		t.Errorf("got %d listings and %d downloads, want 1 and 41", s.Listings(), s.Downloads())
	}
}

// Pictures can change while requests are running.
func TestSet(t *testing.T) {
	s := &Service{Token: token, Pictures: frames(1), Record: true}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			s.Set(frames(i))
			get(t, s, "/v1/minimax/files/", token)
			s.FailDownload("", 1, Answer(500, ""))
			get(t, s, "/x", "")
			_, _, _, _ = s.Paths(), s.Requests(), s.Listings(), s.Downloads()
		})
	}
	wg.Wait()
	s.Set(nil)
	if _, body, _ := get(t, s, "/v1/minimax/files/", token); body != "[]" {
		t.Errorf("without pictures: got %s, want []", body)
	}
	if s.Listings() != 9 || s.Downloads() != 8 || len(s.Requests()) != 17 {
		t.Errorf("got %d listings, %d downloads and %d recorded requests, want 9, 8 and 17", s.Listings(), s.Downloads(), len(s.Requests()))
	}
}

// Faults happen as often as planned, to the planned pictures, and in order.
func TestFaults(t *testing.T) {
	s := &Service{Token: token, Pictures: frames(2)}
	a, b := s.Paths()[0], s.Paths()[1]
	s.FailDownload("frame 0", 2, Answer(503, "busy", "Retry-After", "1"))
	s.FailDownload("", 1, Redirect(302, "/elsewhere"))
	for i, want := range []struct {
		path   string
		status int
	}{{b, 302}, {b, 200}, {a, 503}, {a, 503}, {a, 200}} {
		if status, _, _ := get(t, s, want.path, ""); status != want.status {
			t.Errorf("request %d: got status %d, want %d", i, status, want.status)
		}
	}
	s.FailListing(-1, Answer(500, ""))
	for range 3 {
		if status, _, _ := get(t, s, "/v1/minimax/files/", token); status != 500 {
			t.Errorf("permanent fault: got status %d, want 500", status)
		}
	}
	s.Recover()
	if status, _, _ := get(t, s, "/v1/minimax/files/", token); status != 200 {
		t.Errorf("after Recover: got status %d, want 200", status)
	}
}

// A real client sees what the name of each fault says.
func TestFaultsOnTheWire(t *testing.T) {
	data := []byte("0123456789")
	s := &Service{Pictures: []Picture{{Name: "a", Type: "png", Data: data}}}
	srv := httptest.NewServer(s)
	defer srv.Close()
	client := srv.Client()
	client.Transport.(*http.Transport).DisableCompression = true
	for name, test := range map[string]struct {
		fault  Fault
		length int64
		body   string
		broken bool // reading the body fails
	}{
		"cut":         {Cut(4), 10, "0123", true},
		"cut chunked": {CutChunked(4), -1, "0123", true},
		"cut old":     {CutOld(4), -1, "0123", false},
		"drip":        {Drip(time.Millisecond), 10, "0123456789", false},
		"data":        {Data([]byte("<html>"), "image/png"), 6, "<html>", false},
		"answer":      {Answer(200, "x"), 1, "x", false},
	} {
		s.Recover()
		s.FailDownload("", -1, test.fault)
		resp, err := client.Get(srv.URL + s.Paths()[0])
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.ContentLength != test.length || string(body) != test.body || (err != nil) != test.broken {
			t.Errorf("%s: got length %d, body %q, error %v", name, resp.ContentLength, body, err)
		}
	}
	s.Recover()
	s.FailDownload("", 1, Reset())
	s.FailDownload("", 1, Reset()) // the client may repeat the request when the connection was used before
	if resp, err := client.Get(srv.URL + s.Paths()[0]); err == nil {
		resp.Body.Close()
		t.Error("reset: got an answer")
	}
	s.Recover()
	s.FailDownload("", 1, Bomb(1<<20))
	resp, err := client.Get(srv.URL + s.Paths()[0])
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || len(body) > 10_000 || resp.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("bomb: got %d compressed bytes, error %v", len(body), err)
	}
}
