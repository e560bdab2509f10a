package fetch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"firstframe/fetch/fetchtest"
)

func TestListing(t *testing.T) {
	s := &fetchtest.Service{Token: token, Record: true, Pictures: pictures(12)}
	srv := serve(t, s)
	var said strings.Builder
	api := newAPI(srv)
	api.UserAgent = "firstframe/1 test"
	api.Logf = func(format string, args ...any) { fmt.Fprintf(&said, format+"\n", args...) }
	list, err := api.Files(t.Context(), "", 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Files) != 12 || !list.Complete || list.Requests != 1 || list.Skipped != nil {
		t.Errorf("got %d files, complete %v, %d requests, skipped %v", len(list.Files), list.Complete, list.Requests, list.Skipped)
	}
	got := list.Files[3]
	if got.Name != "frame 3.png" || got.Type != "png" || got.Scene != "10" || got.Status != "1" || got.Account != "" ||
		!strings.HasPrefix(got.ID, "user:1234-minimax:"+fetchtest.DefaultAccount+"-file:") ||
		got.URL != srv.URL+s.Paths()[3] || !got.Uploaded().Equal(time.Date(2024, 10, 12, 3, 0, 0, 0, time.UTC)) {
		t.Errorf("got %+v as file 3", got)
	}
	request := s.Requests()[0]
	if request.Path != "/v1/minimax/files/" || request.Query != "limit=1000" {
		t.Errorf("got a request for %s?%s", request.Path, request.Query)
	}
	for name, want := range map[string]string{"Authorization": "Bearer " + token, "Accept": "application/json", "User-Agent": "firstframe/1 test", "Cookie": "", "Referer": ""} {
		if got := request.Header.Get(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if strings.Contains(said.String(), "abcd") || strings.Contains(said.String(), "?") || said.Len() == 0 {
		t.Errorf("got the log %q", said.String())
	}
}

func TestListingOfAccounts(t *testing.T) {
	s := &fetchtest.Service{Token: token, Accounts: []string{"111222333", "444555666"}, Pictures: pictures(3)}
	s.Pictures[1].Account = "444555666"
	var said strings.Builder
	api := newAPI(serve(t, s))
	api.Logf = func(format string, args ...any) { fmt.Fprintf(&said, format+"\n", args...) }

	list, err := api.Files(t.Context(), "444555666", 0)
	if err != nil || len(list.Files) != 1 || list.Files[0].Account != "444555666" || list.Files[0].Name != "frame 1.png" {
		t.Errorf("got %+v, error %v", list, err)
	}
	_, err = api.Files(t.Context(), "", 0)
	if refused, ok := errors.AsType[*ServiceError](err); !ok || refused.Status != 400 || !refused.Refused() || !strings.Contains(refused.Hint(), "--account ID") {
		t.Errorf("no account: got error %v", err)
	}
	_, err = api.Files(t.Context(), "777888999", 0)
	if refused, ok := errors.AsType[*ServiceError](err); !ok || refused.Status != 404 || !refused.Refused() || strings.Contains(err.Error(), "777888999") {
		t.Errorf("unknown account: got error %v", err)
	}
	if strings.Contains(said.String(), "444555666") {
		t.Errorf("the log contains the account: %q", said.String())
	}
}

// The limit grows until the answer is shorter. If the answer does not grow with the limit, the
// service has cut it.
func TestLimit(t *testing.T) {
	for _, test := range []struct {
		have, serverMax, limit int
		asked                  []string
		files                  int
		complete               bool
	}{
		{have: 0, asked: []string{"1000"}, files: 0, complete: true},
		{have: 999, asked: []string{"1000"}, files: 999, complete: true},
		{have: 1001, asked: []string{"1000", "2000"}, files: 1001, complete: true},
		{have: 4500, asked: []string{"1000", "2000", "4000", "8000"}, files: 4500, complete: true},
		{have: 4500, serverMax: 1000, asked: []string{"1000", "2000"}, files: 1000, complete: false},
		{have: 4500, serverMax: 2000, asked: []string{"1000", "2000", "4000"}, files: 2000, complete: false},
		{have: 1e6, asked: []string{"1000", "2000", "4000", "8000", "16000", "32000", "64000", "128000"}, files: 128000, complete: false},
		{have: 20, limit: 5, asked: []string{"5"}, files: 5, complete: false},
		{have: 20, limit: 20, asked: []string{"20"}, files: 20, complete: false},
		{have: 20, limit: 21, asked: []string{"21"}, files: 20, complete: true},
		{have: 20, limit: 5, serverMax: -1, asked: []string{"5"}, files: 5, complete: false}, // it sends all anyway
	} {
		t.Run(fmt.Sprintf("%d of %d to %d", test.limit, test.have, test.serverMax), func(t *testing.T) {
			var asked []string
			api := newAPI(serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked = append(asked, r.FormValue("limit"))
				n, _ := strconv.Atoi(r.FormValue("limit"))
				if n = min(n, test.have); test.serverMax > 0 {
					n = min(n, test.serverMax)
				} else if test.serverMax < 0 {
					n = test.have
				}
				item := `{"cdn_url":"x"},`
				_, _ = io.WriteString(w, "["+strings.TrimSuffix(strings.Repeat(item, n), ",")+"]")
			})))
			list, err := api.Files(t.Context(), "", test.limit)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(asked, test.asked) || len(list.Files) != test.files || list.Complete != test.complete || list.Requests != len(test.asked) {
				t.Errorf("got requests with limits %v, %d files, complete %v", asked, len(list.Files), list.Complete)
			}
		})
	}
}

// If a larger answer is too large, the smaller one before it still counts.
func TestLimitUntilTooLarge(t *testing.T) {
	api := newAPI(serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("limit") != "1000" {
			_, _ = w.Write(make([]byte, maxAnswer+1))
			return
		}
		_, _ = io.WriteString(w, "["+strings.Repeat(`{"cdn_url":"https://cdn.example/x"},`, 999)+"{}]")
	})))
	list, err := api.Files(t.Context(), "", 0)
	if err != nil || len(list.Files) != 999 || len(list.Skipped) != 1 || list.Complete {
		t.Errorf("got %d files, complete %v, error %v", len(list.Files), list.Complete, err)
	}
}

func TestItems(t *testing.T) {
	api, _ := answering(t, fetchtest.Answer(200, `[
		{"cdn_url":"https://cdn.example/1"},
		{"file_id":null,"file_name":null,"file_type":null,"cdn_url":"https://cdn.example/2","oss_path":null,"file_scene":null,"file_status":null},
		{"file_id":123456789012345678,"cdn_url":"https://cdn.example/3"},
		{"file_id":"a","file_name":7,"cdn_url":"https://cdn.example/4"},
		{"file_id":"b"},
		{"file_id":"c","cdn_url":null},
		{"file_id":"d","cdn_url":""},
		{"file_id":"e","cdn_url":{"u":1}},
		null, 3, "text", [],
		{"file_id":"f","CDN_URL":"https://cdn.example/5"},
		{"file_id":"g","cdn_url":"https://cdn.example/6","file_scene":"ten","file_status":1e1,"unknown":[{"deep":{}}],"oss_path":5},
		{"file_id":"h","cdn_url":"https://cdn.example/7","file_scene":12345678901234567890,"file_status":true},
		{"file_id":"i","cdn_url":"https://cdn.example/8","file_scene":[1]}
	]`))
	list, err := api.Files(t.Context(), "", 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range list.Files {
		got = append(got, fmt.Sprintf("%s %s %s %s", f.ID, f.URL, f.Scene, f.Status))
	}
	if want := []string{
		" https://cdn.example/1  ",
		" https://cdn.example/2  ",
		"g https://cdn.example/6 ten 1e1",
		"h https://cdn.example/7 [redacted] true",
	}; !slices.Equal(got, want) {
		t.Errorf("files:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	got = nil
	for _, err := range list.Skipped {
		got = append(got, err.Error())
	}
	if want := []string{
		"item 3 of the listing: file_id is a number, not a string",
		"item 4 of the listing: file_name is a number, not a string",
		"item 5 of the listing: cdn_url is missing",
		"item 6 of the listing: cdn_url is missing",
		"item 7 of the listing: cdn_url is missing",
		"item 8 of the listing: cdn_url is an object, not a string",
		"item 9 of the listing: the item is null, not an object",
		"item 10 of the listing: the item is a number, not an object",
		"item 11 of the listing: the item is a string, not an object",
		"item 12 of the listing: the item is an array, not an object",
		"item 13 of the listing: cdn_url is missing",
		"item 16 of the listing: file_scene is an array, not a number",
	}; !slices.Equal(got, want) {
		t.Errorf("skipped:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A long list is never in memory as a whole. It is read while it arrives.
func TestListWhileItArrives(t *testing.T) {
	item := `{"cdn_url":"https://cdn.example/a","oss_path":"` + strings.Repeat("x", 10<<10) + `"},`
	const items = 1500
	var most uint64
	answer := io.MultiReader(strings.NewReader("["), &repeated{text: item, times: items, each: func() {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		most = max(most, m.HeapAlloc)
	}}, strings.NewReader("{}]"))
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	list, n, err := parseFiles(answer, "", 2*items, 0)
	if err != nil || n != items+1 || len(list.Files) != items {
		t.Fatalf("got %d items, %d files, error %v", n, len(list.Files), err)
	}
	if used := int64(most) - int64(before.HeapAlloc); used > 2<<20 {
		t.Errorf("got %d KiB in use for an answer of %d KiB", used>>10, items*len(item)>>10)
	}
}

// repeated is a reader of a text that is repeated many times. A read never goes beyond one
// repetition.
type repeated struct {
	text  string
	times int
	each  func() // called every hundred times
	rest  string
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.rest == "" {
		if r.times == 0 {
			return 0, io.EOF
		}
		if r.times--; r.times%100 == 0 {
			r.each()
		}
		r.rest = r.text
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// An answer of exactly the largest size is accepted.
func TestLargestList(t *testing.T) {
	api, _ := answering(t, fetchtest.Answer(200, "["+strings.Repeat(" ", maxAnswer-2)+"]"))
	if list, err := api.Files(t.Context(), "", 0); err != nil || len(list.Files) != 0 {
		t.Errorf("got %v, error %v", list, err)
	}
}

// When many files are expected, a larger answer is accepted.
func TestLargeGallery(t *testing.T) {
	const files = 20_000
	item := `{"cdn_url":"https://cdn.example/` + strings.Repeat("x", 900) + `"}`
	api, s := answering(t, fetchtest.Answer(200, "["+strings.Repeat(item+",", files-1)+item+"]"))
	api.Expected = files
	list, err := api.Files(t.Context(), "", 0)
	if err != nil || len(list.Files) != files || !list.Complete || s.Listings() != 1 {
		t.Errorf("got %d files, complete %v, %d requests, error %v", len(list.Files), list.Complete, s.Listings(), err)
	}
	api, _ = answering(t, fetchtest.Answer(200, "["+strings.Repeat(" ", 2*files*maxItem)+"]"))
	api.Expected = files
	if _, err = api.Files(t.Context(), "", 0); err == nil || !strings.Contains(err.Error(), "larger than 21 MiB") {
		t.Errorf("got error %v", err)
	}
}

// Thousands of bad items must not become thousands of errors.
func TestManyBadItems(t *testing.T) {
	list, n, err := parseFiles(strings.NewReader("[{}"+strings.Repeat(",{}", 5e4)+"]"), "", 1e9, 0)
	if err != nil || n != 5e4+1 || len(list.Skipped) != maxSkipped+1 || list.Skipped[maxSkipped].Error() != "49901 more items of the listing cannot be used" {
		t.Errorf("got %d items, %d skipped, the last one %v, error %v", n, len(list.Skipped), list.Skipped[len(list.Skipped)-1], err)
	}
}

func FuzzListing(f *testing.F) {
	for _, seed := range []string{
		`[]`, `[{}]`, `null`, `[{"cdn_url":"https://cdn.example/2024-10-12-05/a","file_id":"user:1-minimax:2-file:3"}]`,
		`[{"cdn_url":1},null,[[]],{"cdn_url":"x","file_scene":{}}]`, `{"error":"x","code":401}`, `{"error":{"message":"x"}}`,
		`[{"cdn_url":"x"}`, `[1,]`, "\xef\xbb\xbf[]", `{"error":"` + token + `"}`, strings.Repeat("[", 20000),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if object, ok := errorObject(body); ok {
			if status := object.status(); status != 200 && (status < 400 || status > 599) {
				t.Errorf("got status %d", status)
			}
			if m := NewRedactor(token).message(object.message()); len(m) > longest || m != oneLine(m) || strings.Contains(m, token) {
				t.Errorf("got message %q", m)
			}
		}
		list, n, err := parseFiles(bytes.NewReader(body), "account", 50, 0)
		if err != nil {
			if m := err.Error(); m != oneLine(m) || len(m) > 2*longest {
				t.Errorf("got error %q", m)
			}
			return
		}
		if !json.Valid(body) {
			t.Error("got a list from something that is not JSON")
		}
		if len(list.Files)+len(list.Skipped) != min(n, 50) {
			t.Errorf("got %d items, but %d files and %d errors", n, len(list.Files), len(list.Skipped))
		}
		_, _ = eachItem(bytes.NewReader(body), func(_ int, item json.RawMessage) {
			var want map[string]json.RawMessage
			_ = json.Unmarshal(item, &want)
			o := readObject(item)
			for _, f := range o.fields {
				if string(f.value) != string(want[string(f.name)]) {
					t.Errorf("%s: %q is %s, want %s", item, f.name, f.value, want[string(f.name)])
				}
			}
			if len(o.fields) != min(len(want), maxFields) {
				t.Errorf("%s has %d fields, want %d", item, len(o.fields), len(want))
			}
		})
		for _, file := range list.Files {
			if file.URL == "" || file.Account != "account" || len(file.Key()) != 20 {
				t.Errorf("got file %+v", file)
			}
		}
	})
}

// A run with nothing new needs one request, however many files there are.
func TestExpectedFiles(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ files, expected, requests int }{
		{1500, 0, 2}, {1500, 1500, 1}, {1500, 1400, 1}, {3, 1500, 1}, {1500, 10, 2},
	} {
		s := &fetchtest.Service{Token: token, Pictures: frames(test.files)}
		api := newAPI(serve(t, s))
		api.Expected = test.expected
		list, err := api.Files(t.Context(), "", 0)
		if err != nil || len(list.Files) != test.files || !list.Complete || list.Requests != test.requests {
			t.Errorf("%+v: got %d files, complete %v, %d requests, error %v", test, len(list.Files), list.Complete, list.Requests, err)
		}
	}
}

// Names are cut, because it takes minutes to clean, compare and print a name of a megabyte.
func TestLongName(t *testing.T) {
	t.Parallel()
	list, _, err := parseFiles(strings.NewReader(`[{"file_name":"`+strings.Repeat("éé ", 1<<19)+`","cdn_url":"https://cdn.example/a"}]`), "", 1, 0)
	if err != nil || len(list.Files) != 1 {
		t.Fatal(list, err)
	}
	if name := list.Files[0].Name; len(name) > maxName || !utf8.ValidString(name) || !strings.HasPrefix(name, "éé") {
		t.Errorf("got a name of %d bytes", len(name))
	}
}

// BenchmarkParseFiles reads a listing of a thousand files in the form that the service uses.
func BenchmarkParseFiles(b *testing.B) {
	const n = 1000
	items := make([]map[string]any, n)
	for i := range items {
		path := fmt.Sprintf("moss/prod/2024-10-12-05/user/multi_chat_file/%032x.png", i)
		items[i] = map[string]any{
			"file_id":   fmt.Sprintf("user:1234-minimax:288230376151711-file:%018d", i),
			"file_name": fmt.Sprintf("picture number %d.png", i), "file_type": "png",
			"cdn_url": "https://cdn.example.org/" + path, "oss_path": path, "file_scene": 10, "file_status": 1,
		}
	}
	body, err := json.Marshal(items)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	redactor := NewRedactor("user:1234-secret-token", "288230376151711")
	for b.Loop() {
		list, _, err := parseFiles(bytes.NewReader(body), "288230376151711", n, n)
		if err != nil || len(list.Files) != n {
			b.Fatalf("%d files, %v", len(list.Files), err)
		}
		redactor.withhold(&list)
	}
}
