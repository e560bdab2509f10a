package fetch

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"firstframe/fetch/fetchtest"
)

const token = "user:1234-abcdEFGHijkl"

// newAPI returns an API for srv that does not lose time between its tries.
func newAPI(srv *httptest.Server) *API {
	return &API{Root: srv.URL, Token: token, FirstWait: time.Millisecond}
}

// answering serves one answer to every request, and counts them.
func answering(t *testing.T, fault fetchtest.Fault) (*API, *fetchtest.Service) {
	t.Helper()
	s := &fetchtest.Service{Token: token, Pictures: pictures(2)}
	s.FailListing(-1, fault)
	return newAPI(serve(t, s)), s
}

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
		t.Errorf("%d files, complete %v, %d requests, skipped %v", len(list.Files), list.Complete, list.Requests, list.Skipped)
	}
	got := list.Files[3]
	if got.Name != "frame 3.png" || got.Type != "png" || got.Scene != "10" || got.Status != "1" || got.Account != "" ||
		!strings.HasPrefix(got.ID, "user:1234-minimax:"+fetchtest.DefaultAccount+"-file:") ||
		got.URL != srv.URL+s.Paths()[3] || !got.Uploaded().Equal(time.Date(2024, 10, 12, 3, 0, 0, 0, time.UTC)) {
		t.Errorf("file 3 = %+v", got)
	}
	request := s.Requests()[0]
	if request.Path != "/v1/minimax/files/" || request.Query != "limit=1000" {
		t.Errorf("asked for %s?%s", request.Path, request.Query)
	}
	for name, want := range map[string]string{"Authorization": "Bearer " + token, "Accept": "application/json", "User-Agent": "firstframe/1 test", "Cookie": "", "Referer": ""} {
		if got := request.Header.Get(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if strings.Contains(said.String(), "abcd") || strings.Contains(said.String(), "?") || said.Len() == 0 {
		t.Errorf("the log says %q", said.String())
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
		t.Errorf("%+v, %v", list, err)
	}
	_, err = api.Files(t.Context(), "", 0)
	if refused, ok := errors.AsType[*ServiceError](err); !ok || refused.Status != 400 || !refused.Refused() || !strings.Contains(refused.Hint(), "--account ID") {
		t.Errorf("no account: %v", err)
	}
	_, err = api.Files(t.Context(), "777888999", 0)
	if refused, ok := errors.AsType[*ServiceError](err); !ok || refused.Status != 404 || !refused.Refused() || strings.Contains(err.Error(), "777888999") {
		t.Errorf("unknown account: %v", err)
	}
	if strings.Contains(said.String(), "444555666") {
		t.Errorf("the log names the account: %q", said.String())
	}
}

// The limit grows until the answer is shorter than it; an answer that does not grow with it is cut
// by the service.
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
		{have: 20, limit: 5, serverMax: -1, asked: []string{"5"}, files: 5, complete: false}, // it sends all the same
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
				t.Errorf("asked for %v, %d files, complete %v", asked, len(list.Files), list.Complete)
			}
		})
	}
}

// A larger answer that is too large does not spoil the smaller one that was good.
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
		t.Errorf("%d files, complete %v, %v", len(list.Files), list.Complete, err)
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
		"item 9 of the listing: it is null, not an object",
		"item 10 of the listing: it is a number, not an object",
		"item 11 of the listing: it is a string, not an object",
		"item 12 of the listing: it is an array, not an object",
		"item 13 of the listing: cdn_url is missing",
		"item 16 of the listing: file_scene is an array, not a number",
	}; !slices.Equal(got, want) {
		t.Errorf("skipped:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// What is refused is asked for once, and said with what the service said.
func TestRefused(t *testing.T) {
	for _, test := range []struct {
		status int
		body   string
		code   int
		want   string
		hint   string
	}{
		{400, `{"error":"Parameter account is required","code":400}`, 400, "listing files: the service answered 400 Bad Request: Parameter account is required", "--account ID"},
		{400, `{"error":"limit must be below 100","code":400}`, 400, "400 Bad Request: limit must be below 100", "--limit"},
		{401, `{"error":"Unauthorized","code":401}`, 401, "listing files: the service answered 401 Unauthorized: Unauthorized", "https://useapi.net/docs/start-here/setup-useapi"},
		{402, `{"error":{"message":"Subscription expired"}}`, 402, "402 Payment Required: Subscription expired", "subscription"},
		{403, `Forbidden for you`, 403, "403 Forbidden: Forbidden for you", "token"},
		{404, `{"error":"no"}`, 404, "404 Not Found: no", "--account"},
		{412, `{"error":"Insufficient credits"}`, 412, "412 Precondition Failed: Insufficient credits", "credits"},
		{596, `{"error":"Session"}`, 596, "listing files: the service answered 596: Session", "add the account"},
		{401, `<html><body>no</body></html>`, 401, "listing files: the service answered 401 Unauthorized", "token"},
		{403, ``, 403, "listing files: the service answered 403 Forbidden", "token"},
		{200, `{"error":"Unauthorized","code":401}`, 401, "401 Unauthorized: Unauthorized", "token"},
		{200, `{"error":{"message":"on hold","code":1},"code":"596"}`, 596, "answered 596: on hold", "add the account"},
		{200, `{"code":400,"error":"bad","more":[]}`, 400, "400 Bad Request: bad", ""},
	} {
		t.Run(fmt.Sprintf("%d %s", test.status, test.body), func(t *testing.T) {
			api, s := answering(t, fetchtest.Answer(test.status, test.body))
			_, err := api.Files(t.Context(), "", 0)
			refused, ok := errors.AsType[*ServiceError](err)
			if !ok || refused.Status != test.code || !refused.Refused() {
				t.Fatalf("error = %v", err)
			}
			if !strings.HasSuffix(err.Error(), test.want) || !strings.Contains(refused.Hint(), test.hint) {
				t.Errorf("error = %v, hint = %s", err, refused.Hint())
			}
			if s.Listings() != 1 {
				t.Errorf("%d requests", s.Listings())
			}
		})
	}
}

// What is no list is an error that names what it is, after one request, and costs no more memory
// than its size allows.
func TestNoList(t *testing.T) {
	for name, test := range map[string]struct{ body, want string }{
		"a page":          {"<!DOCTYPE html><html>" + token, "a page (text/html)"},
		"nothing":         {"", "with nothing"},
		"null":            {"null", "something that is not a list"},
		"a string":        {`"[]"`, "something that is not a list"},
		"an object":       {`{"files":[]}`, "something that is not a list"},
		"no error":        {`{"error":null,"code":400}`, "something that is not a list"},
		"cut":             {`[{"cdn_url":"https://cdn.example/1"},{"cdn_u`, "ends in the middle, after 1 complete items"},
		"cut between":     {`[{"cdn_url":"https://cdn.example/1"},`, "ends in the middle"},
		"without an end":  {`[{"cdn_url":"https://cdn.example/1"}`, "ends in the middle"},
		"followed":        {`[] []`, "followed by something else"},
		"not JSON":        {`[{"cdn_url":'x'}]`, "not JSON, at item 1"},
		"too large":       {"[" + strings.Repeat(" ", maxAnswer-1) + "]", "larger than 16 MiB"},
		"deep array":      {strings.Repeat("[", 1e6), "depth"},
		"deep array, end": {strings.Repeat("[", 1e6) + strings.Repeat("]", 1e6), "depth"},
		"deep item":       {`[{"cdn_url":"x","y":` + strings.Repeat(`{"a":[`, 1e6), "depth"},
		"deep object":     {strings.Repeat(`{"error":`, 1e6), "something that is not a list"},
		"deep error":      {`{"error":` + strings.Repeat(`[`, 1e6) + strings.Repeat("]", 1e6) + "}", "something that is not a list"},
	} {
		t.Run(name, func(t *testing.T) {
			api, s := answering(t, fetchtest.Answer(200, test.body))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := api.Files(t.Context(), "", 0)
			runtime.ReadMemStats(&after)
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), token) {
				t.Errorf("error = %v", err)
			}
			if _, ok := errors.AsType[*ServiceError](err); ok {
				t.Errorf("%v is taken for an error that the service has told", err)
			}
			if s.Listings() != 1 {
				t.Errorf("%d requests", s.Listings())
			}
			// All that was allocated, not only what was held at the same time, by the server too.
			if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 200 {
				t.Errorf("%d MiB allocated", used)
			}
		})
	}
}

// A list is divided where encoding/json divides it, however little of it arrives at a time; and
// what encoding/json does not take is no list.
func TestItemsOfAList(t *testing.T) {
	for _, body := range []string{
		`[]`, " [ ] \n", `[1]`, `[1,2 , 3]`, `["a","]","\"","\\",",\\\""]`, `[{"a":"}"},[["]"]],{},[],null,true,-1.5e+7]`,
		`["é\ud83d"]`, "[\"a\"\t,\r\n{ }\n]\n", "[" + strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth) + "]",
		``, ` `, `{}`, `null`, `[`, `[1`, `[1,`, `[,1]`, `[1,]`, `[1 2]`, `["a""b"]`, `[1}`, `[{]}]`, `[}]`, `["a]`, `["a\"]`, `[tru"e,"]`,
		`[1]]`, `[1],`, `[[1]`, `[01]`, "[\"\n\"]", "\xef\xbb\xbf[]",
		"[" + strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1) + "]",
	} {
		var want []json.RawMessage
		invalid := json.Unmarshal([]byte(body), &want) != nil || !strings.HasPrefix(strings.TrimSpace(body), "[")
		for name, answer := range map[string]io.Reader{
			"at once": strings.NewReader(body), "byte by byte": iotest.OneByteReader(strings.NewReader(body)),
		} {
			var got []json.RawMessage
			n, err := eachItem(answer, func(i int, item json.RawMessage) {
				if i != len(got) {
					t.Errorf("%.40s, %s: item %d comes after %d", body, name, i, len(got))
				}
				got = append(got, slices.Clone(item))
			})
			if invalid != (err != nil) {
				t.Errorf("%.40s, %s: error = %v", body, name, err)
			}
			if err == nil && (n != len(want) || !slices.EqualFunc(got, want, func(a, b json.RawMessage) bool { return string(a) == string(b) })) {
				t.Errorf("%.40s, %s: %d items: %s, want %s", body, name, n, got, want)
			}
		}
	}
}

// A long list is not in memory: what arrives is read, and forgotten.
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
		t.Fatalf("%d items, %d files, %v", n, len(list.Files), err)
	}
	if used := int64(most) - int64(before.HeapAlloc); used > 2<<20 {
		t.Errorf("%d KiB were held, of an answer of %d KiB", used>>10, items*len(item)>>10)
	}
}

// repeated is a text many times over, one at a time.
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

// The limit itself is still read.
func TestLargestList(t *testing.T) {
	api, _ := answering(t, fetchtest.Answer(200, "["+strings.Repeat(" ", maxAnswer-2)+"]"))
	if list, err := api.Files(t.Context(), "", 0); err != nil || len(list.Files) != 0 {
		t.Errorf("%v, %v", list, err)
	}
}

// Where more files are asked for, because there are likely to be so many, a larger answer is read.
func TestLargeGallery(t *testing.T) {
	const files = 20_000
	item := `{"cdn_url":"https://cdn.example/` + strings.Repeat("x", 900) + `"}`
	api, s := answering(t, fetchtest.Answer(200, "["+strings.Repeat(item+",", files-1)+item+"]"))
	api.Expected = files
	list, err := api.Files(t.Context(), "", 0)
	if err != nil || len(list.Files) != files || !list.Complete || s.Listings() != 1 {
		t.Errorf("%d files, complete %v, %d requests, %v", len(list.Files), list.Complete, s.Listings(), err)
	}
	api, _ = answering(t, fetchtest.Answer(200, "["+strings.Repeat(" ", 2*files*maxItem)+"]"))
	api.Expected = files
	if _, err = api.Files(t.Context(), "", 0); err == nil || !strings.Contains(err.Error(), "larger than 21 MiB") {
		t.Errorf("error = %v", err)
	}
}

// The fields of an item are found as encoding/json finds them.
func TestObject(t *testing.T) {
	for _, item := range []string{
		`{}`, `{ }`, "{\n\t\"a\" : 1 ,\r\n\"b\":\t[ 1 , {\"a\" : \"]}\"} ] }", `{"a":"\\","b":"\"a\":","c":{"a":[[]]}}`,
		`{"a":1,"a":{"b":2},"b":null}`, `{"\u0061":1,"b\n":true,"":false}`, `{"a":-1.5e+7,"b":"é\ud83d\ude00"}`, `{"a":{}}`, `{"a":[] }`,
	} {
		var want map[string]json.RawMessage
		if err := json.Unmarshal([]byte(item), &want); err != nil {
			t.Fatal(err)
		}
		o := readObject([]byte(item))
		if o.err != nil || len(o.fields) != len(want) {
			t.Errorf("%s has %d fields, want %d; %v", item, len(o.fields), len(want), o.err)
		}
		for name, value := range want {
			if got := o.raw(name); string(got) != string(value) {
				t.Errorf("%s: %q is %s, want %s", item, name, got, value)
			}
			if kind(value) != "a string" {
				continue
			}
			var text string
			if err := json.Unmarshal(value, &text); err != nil || o.text(name) != text {
				t.Errorf("%s: %q is %q, want %q", item, name, o.text(name), text)
			}
		}
	}
	if o := readObject([]byte(`{` + strings.Repeat(`"a":1,`, 1000) + `"b":1}`)); len(o.fields) != 2 {
		t.Errorf("%d fields", len(o.fields))
	}
}

// Thousands of items that are nothing must not become thousands of errors.
func TestManyBadItems(t *testing.T) {
	list, n, err := parseFiles(strings.NewReader("[{}"+strings.Repeat(",{}", 5e4)+"]"), "", 1e9, 0)
	if err != nil || n != 5e4+1 || len(list.Skipped) != maxSkipped+1 || list.Skipped[maxSkipped].Error() != "and 49901 more items of the listing" {
		t.Errorf("%d items, %d skipped, the last: %v, %v", n, len(list.Skipped), list.Skipped[len(list.Skipped)-1], err)
	}
}

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

// A status that means neither "not you" nor "not now" is an error at once.
func TestOddStatus(t *testing.T) {
	for _, status := range []int{201, 204, 405, 418, 501, 599} {
		api, s := answering(t, fetchtest.Answer(status, ""))
		_, err := api.Files(t.Context(), "", 0)
		if odd, ok := errors.AsType[*ServiceError](err); !ok || odd.Status != status || odd.Refused() || s.Listings() != 1 {
			t.Errorf("%d: %d requests, %v", status, s.Listings(), err)
		}
	}
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

// The token goes to one address and to no other, whatever the service says.
func TestRedirectOfAListing(t *testing.T) {
	var elsewhere atomic.Int32
	other := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	otherPort := other.Listener.Addr().(interface{ String() string }).String()
	for name, location := range map[string]string{
		"same host":   "/v1/minimax/files",
		"other port":  other.URL + "/a?secret=query",
		"other host":  strings.Replace(other.URL, "127.0.0.1", "localhost", 1) + "/",
		"subdomain":   "http://eu.localhost:" + otherPort[strings.LastIndex(otherPort, ":")+1:],
		"user":        "http://" + token + "@" + otherPort + "/",
		"the token":   other.URL + "/" + token,
		"the token %": "https://api.useapi.net/" + strings.ReplaceAll(url.QueryEscape(token), "a", "%61"),
		"no URL":      "http://[::1/%zz",
		"nowhere":     "",
	} {
		for _, status := range []int{301, 307} {
			api, s := answering(t, fetchtest.Redirect(status, location))
			_, err := api.Files(t.Context(), "", 0)
			refused, ok := errors.AsType[*ServiceError](err)
			if !ok || refused.Status != status || !strings.Contains(refused.Hint(), "--api") || !strings.Contains(err.Error(), "a redirect ") {
				t.Errorf("%s, %d: %v", name, status, err)
			}
			if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "abcd") {
				t.Errorf("%s, %d: %v", name, status, err)
			}
			if s.Listings() != 1 || elsewhere.Load() != 0 {
				t.Fatalf("%s, %d: %d requests, %d elsewhere", name, status, s.Listings(), elsewhere.Load())
			}
		}
	}
}

// Whatever the service repeats of what it was sent stays between the two.
func TestSecretsInAnswers(t *testing.T) {
	const account = "98-main" // shorter than the numbers that are taken for ids anyway
	encode := base64.StdEncoding.EncodeToString
	for name, said := range map[string]string{
		"plain":           "bad token " + token + ".",
		"upper case":      "bad token " + strings.ToUpper(token),
		"URL":             "bad token " + url.QueryEscape(token),
		"lower-case URL":  "bad token " + strings.ToLower(url.QueryEscape(token)),
		"base64":          "bad token " + encode([]byte(token)),
		"base64, inside":  "bad header " + encode([]byte("Bearer "+token+" x")),
		"base64, inside2": "bad header " + encode([]byte("Bearer  "+token)),
		"URL base64":      "bad token " + base64.RawURLEncoding.EncodeToString([]byte(token)),
		"at the cut":      strings.Repeat("x", longest-5) + token,
		"account":         "bad account " + account + " and its file user:1234-minimax:" + account + "-file:123456789012345678",
		"in a URL":        "see https://cdn.example/private/" + token + "?t=" + token,
		"on its site":     "see https://useapi.net/" + strings.ReplaceAll(token, "c", "%63") + "?t=" + token,
	} {
		for _, body := range []string{
			asJSON(map[string]any{"error": said, "code": 400}),
			asJSON(map[string]any{"error": map[string]any{"message": said}}),
			said,
		} {
			api, _ := answering(t, fetchtest.Answer(400, body))
			_, err := api.Files(t.Context(), account, 0)
			if err == nil {
				t.Fatal("no error")
			}
			text := err.Error()
			for _, secret := range []string{"abcdE", "abcd", "1234", account, encode([]byte(token))[4:16], "private", "%63"} {
				if strings.Contains(strings.ToLower(text), strings.ToLower(secret)) {
					t.Errorf("%s: %q is in %q", name, secret, text)
				}
			}
		}
	}
}

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// A secret is found in any case, as far as a regular expression knows cases.
func TestHideCases(t *testing.T) {
	r := NewRedactor("user:1234-Kelvin-straße", "ΣΊΣΥΦΟΣ-ǅ")
	for s, want := range map[string]string{
		"a user:1234-kelvin-STRAßE b":            "a [redacted] b",
		"USER:1234-\u212aelvin-\u017ftra\u1e9ee": "[redacted]", // the Kelvin sign, a long s, a capital sharp s
		"σίσυφος-ǆ, Σίσυφοσ-Ǆ":                   "[redacted], [redacted]",
		"user:1234-Kelvin-strasse":               "user:1234-Kelvin-strasse",
		"":                                       "",
	} {
		if got := r.Hide(s); got != want {
			t.Errorf("Hide(%q) = %q, want %q", s, got, want)
		}
	}
	if got := (Redactor{}).Hide("x"); got != "x" {
		t.Error(got)
	}
}

// What is published of a listing must not repeat a secret, in whatever form, and whatever else it
// looks like.
func TestWithhold(t *testing.T) {
	r := NewRedactor("letters-only", "98765")
	list := Listing{
		Files: []File{{Name: "a letters-only.jpg", Scene: "LETTERS-only", Status: "98765"}, {Name: "bGV0dGVycy1vbmx5.jpg"}, {Name: "98765"}, {Name: "a.jpg", Scene: "10"},
			{Name: "user:12-minimax:34-file:5.jpg"}, {Name: "user:1234-0123456789abcdef.jpg"}, {Name: "123456789012345.jpg"}, {Name: "IMG_20240701_120000.jpg"}},
		Videos: []Video{{Prompt: "a letters-only sea", StatusLabel: "of 98765"},
			{Prompt: "as in https://cdn.example/moss/prod/2024-10-12-05/user/a.png, by user:12-minimax:34-file:5 in 1,234,567 colours"},
			{Prompt: "cdn.example%2Fmoss%2Fprod%2Fa.png USER%3a12%2DABC 311111111111111111 Bearer 0123456789abcdef"},
			{Prompt: "a user: 12-year-old, the bearer of moss and products"}},
	}
	r.withhold(&list)
	want := Listing{
		Files: []File{{Name: "a letters-only.jpg", Scene: redacted, Status: redacted, Secret: true}, {Name: "bGV0dGVycy1vbmx5.jpg", Secret: true},
			{Name: "98765", Secret: true}, {Name: "a.jpg", Scene: "10"},
			{Name: "user:12-minimax:34-file:5.jpg", Secret: true}, {Name: "user:1234-0123456789abcdef.jpg", Secret: true},
			{Name: "123456789012345.jpg", Secret: true}, {Name: "IMG_20240701_120000.jpg"}},
		Videos: []Video{{Prompt: "a [redacted] sea", StatusLabel: "of [redacted]"},
			{Prompt: "as in [redacted] by [redacted] in 1,234,567 colours"},
			{Prompt: "[redacted] [redacted] [redacted] [redacted]"},
			{Prompt: "a user: 12-year-old, the bearer of moss and products"}},
	}
	if fmt.Sprint(list) != fmt.Sprint(want) {
		t.Errorf("%+v, want %+v", list, want)
	}
}

// A message can neither break out of its line nor colour it, and the terminal of nobody is filled
// with it.
func TestMessage(t *testing.T) {
	r := NewRedactor(token)
	for said, want := range map[string]string{
		"one\r\n::add-mask::two\x00\t three":  "one ::add-mask::two three",
		"\x1b[31mred\x1b[0m":                  "[31mred [0m",
		"\u202egnp.exe\u2028x\ufeff":          "gnp.exe x",
		"bad \xff\xfe bytes":                  "bad bytes",
		"see https://useapi.net/docs/x?y=z#w": "see https://useapi.net/docs/x",
		"at https://cdn.example/a/b.png now":  "at https://cdn.example/… now",
		"account 123456 of 3":                 "account [redacted] of 3",
	} {
		if got := r.message(said); got != want {
			t.Errorf("message of %q = %q, want %q", said, got, want)
		}
	}
	if got := r.message(strings.Repeat("ä", 1000)); len(got) > longest || !strings.HasSuffix(got, "ä…") {
		t.Errorf("a long message is %d bytes: %q", len(got), got)
	}
	if got := NewRedactor("", "").message("nothing secret"); got != "nothing secret" {
		t.Errorf("without secrets: %q", got)
	}
}

func TestListingCancelled(t *testing.T) {
	for _, fault := range []fetchtest.Fault{
		fetchtest.Hang(),
		fetchtest.Stall(5),
		fetchtest.Answer(429, "", "Retry-After", "60"),
	} {
		s := &fetchtest.Service{Token: token, Pictures: pictures(1)}
		s.FailListing(-1, fault)
		ctx, cancel := context.WithCancel(t.Context())
		api := newAPI(serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.AfterFunc(20*time.Millisecond, cancel)
			s.ServeHTTP(w, r)
		})))
		if _, err := api.Files(ctx, "", 0); !errors.Is(err, context.Canceled) || s.Listings() != 1 {
			t.Errorf("%d requests, %v", s.Listings(), err)
		}
	}
}

// The time for a listing ends it, and what went wrong before is not forgotten.
func TestListingOutOfTime(t *testing.T) {
	t.Parallel()
	api, s := answering(t, fetchtest.Drip(50*time.Millisecond))
	api.Timeout = 200 * time.Millisecond
	if _, err := api.Files(t.Context(), "", 0); !errors.Is(err, context.DeadlineExceeded) || s.Listings() != 1 {
		t.Errorf("%d requests, %v", s.Listings(), err)
	}
	api, s = answering(t, fetchtest.Hang())
	s.Recover()
	s.FailListing(1, fetchtest.Answer(503, "busy"))
	s.FailListing(-1, fetchtest.Hang())
	api.Timeout = 500 * time.Millisecond
	_, err := api.Files(t.Context(), "", 0)
	if busy, ok := errors.AsType[*ServiceError](err); !ok || busy.Status != 503 || s.Listings() != 2 {
		t.Errorf("%d requests, %v", s.Listings(), err)
	}
}

func TestBadSettings(t *testing.T) {
	for _, api := range []API{
		{Root: "https://api.example"},
		{Root: "https://api.example", Token: "a\nb"},
		{Root: "https://api.example", Token: "user:1 2"},
		{Root: "https://api.example", Token: "täken"},
		{Root: "ftp://api.example", Token: token},
		{Root: "api.example", Token: token},
		{Root: "https://", Token: token},
		{Root: "https://" + token + "@api.example", Token: token},
		{Root: "https://api.example?x=" + token, Token: token},
		{Root: "https://api.example/%zz", Token: token},
		{Token: token},
	} {
		_, err := api.Files(t.Context(), "", 0)
		if err == nil || api.Token != "" && strings.Contains(err.Error(), api.Token) {
			t.Errorf("%+v: %v", api, err)
		}
	}
	if _, err := (&API{Root: "https://api.example", Token: token}).Files(t.Context(), "", -1); err == nil {
		t.Error("a limit below 0 is accepted")
	}
}

// A certificate that nobody vouches for ends the listing before the token is sent.
func TestCertificate(t *testing.T) {
	var asked atomic.Int32
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	srv.Config.ErrorLog = quiet
	srv.StartTLS()
	defer srv.Close()
	_, err := newAPI(srv).Files(t.Context(), "", 0)
	if err == nil || !strings.Contains(err.Error(), "certificate") || strings.Contains(err.Error(), "tries") || asked.Load() != 0 {
		t.Errorf("%d requests, %v", asked.Load(), err)
	}
	plain := serve(t, http.NotFoundHandler())
	api := &API{Root: strings.Replace(plain.URL, "http:", "https:", 1), Token: token, FirstWait: time.Millisecond}
	if _, err := api.Files(t.Context(), "", 0); err == nil || !strings.Contains(err.Error(), "does not speak TLS") {
		t.Errorf("%v", err)
	}
}

func TestNoService(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close()
	_, err := newAPI(srv).Files(t.Context(), "", 0)
	if err == nil || err.Error() != "listing files: "+srv.Listener.Addr().String()+": connection refused (after 4 tries)" {
		t.Errorf("%v", err)
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
				t.Errorf("status %d", status)
			}
			if m := NewRedactor(token).message(object.message()); len(m) > longest || m != oneLine(m) || strings.Contains(m, token) {
				t.Errorf("message %q", m)
			}
		}
		list, n, err := parseFiles(bytes.NewReader(body), "account", 50, 0)
		if err != nil {
			if m := err.Error(); m != oneLine(m) || len(m) > 2*longest {
				t.Errorf("error %q", m)
			}
			return
		}
		if !json.Valid(body) {
			t.Error("a list that is not JSON")
		}
		if len(list.Files)+len(list.Skipped) != min(n, 50) {
			t.Errorf("%d items became %d files and %d errors", n, len(list.Files), len(list.Skipped))
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
				t.Errorf("%+v", file)
			}
		}
	})
}

// A run with nothing new makes one request, however many files there are.
func TestExpectedFiles(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ files, expected, requests int }{
		{1500, 0, 2}, {1500, 1500, 1}, {1500, 1400, 1}, {3, 1500, 1}, {1500, 10, 2},
	} {
		s := &fetchtest.Service{Token: token, Pictures: pictures(test.files)}
		api := newAPI(serve(t, s))
		api.Expected = test.expected
		list, err := api.Files(t.Context(), "", 0)
		if err != nil || len(list.Files) != test.files || !list.Complete || list.Requests != test.requests {
			t.Errorf("%+v: got %d files, complete %v, by %d requests, %v", test, len(list.Files), list.Complete, list.Requests, err)
		}
	}
}

// A name of a megabyte would be cleaned, compared and printed for minutes.
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
