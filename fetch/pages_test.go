package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"firstframe/fetch/fetchtest"
)

// pagedTest is a listing with pages, as tests need it.
type pagedTest struct {
	pagedListing
	of       func(a *API, ctx context.Context, account string, limit int) (Listing, error)
	item     string                                // an item with the id # and its own picture
	set      func(s *fetchtest.Service, n, of int) // lists n of them, without those before the last of
	fail     func(s *fetchtest.Service, times int, fault fetchtest.Fault)
	requests func(s *fetchtest.Service) int
	ends     bool // whether the fake service says which page is the last one
}

// pagedTests are all listings with pages.
var pagedTests = []pagedTest{
	{
		videoListing, (*API).Videos, `{"videoId":"#","desc":"#","originFiles":[{"id":"file #","url":"https://cdn.example/#"}]}`,
		func(s *fetchtest.Service, n, of int) { s.SetVideos(films(of, of)[of-n:]) },
		(*fetchtest.Service).FailVideos, (*fetchtest.Service).VideoListings, false,
	},
	{
		imageListing, (*API).Images, `{"imageId":"#","desc":"#","status":2,"fileID":"file #","downloadURL":"https://cdn.example/#"}`,
		func(s *fetchtest.Service, n, of int) { s.SetImages(generated(of)[of-n:]) },
		(*fetchtest.Service).FailImages, (*fetchtest.Service).ImageListings, true,
	},
}

// eachPaged runs a test for each listing with pages.
func eachPaged(t *testing.T, test func(t *testing.T, p pagedTest)) {
	t.Helper()
	for _, p := range pagedTests {
		t.Run(p.name, func(t *testing.T) { test(t, p) })
	}
}

// generated returns n images, the newest first, with prompts like those of films.
func generated(n int) []fetchtest.Image {
	list := make([]fetchtest.Image, n)
	for i := range list {
		list[i] = fetchtest.Image{
			Prompt: fmt.Sprintf("prompt %d", n-i), Status: fetchtest.Completed, File: fmt.Sprintf("frame %d.png", i), Data: []byte{1},
			Created: time.Date(2024, 10, 12, 3, 0, 0, 0, time.UTC).Add(time.Duration(n-i) * time.Hour),
		}
	}
	return list
}

// service returns a service that lists n entries.
func (p pagedTest) service(n int) *fetchtest.Service {
	s := &fetchtest.Service{Token: token, Record: true, Pictures: frames(n)}
	p.set(s, n, n)
	return s
}

// asked returns the number of requests for n entries in pages of 100.
func (p pagedTest) asked(n int) int {
	full := (n + 99) / 100
	if p.ends {
		return max(full, 1)
	}
	return full + 1
}

// page returns a page of entries with these ids, each with its own picture.
func (p pagedTest) page(ids string) string {
	var items []string
	for _, id := range strings.Fields(ids) {
		items = append(items, strings.ReplaceAll(p.item, "#", id))
	}
	return "[" + strings.Join(items, ",") + "]"
}

// said returns the prompts of the entries of a listing, in order.
func said(list Listing) string {
	var all []string
	for _, v := range list.Videos {
		all = append(all, v.Prompt)
	}
	for _, f := range list.Files {
		if f.Generated != nil {
			all = append(all, f.Generated.Prompt)
		}
	}
	return strings.Join(all, ",")
}

// countdown returns the prompts of the last n of the entries that set lists.
func countdown(n int) string {
	var all []string
	for ; n > 0; n-- {
		all = append(all, fmt.Sprint("prompt ", n))
	}
	return strings.Join(all, ",")
}

// answers serves one page per request, and then repeats the last one. It returns an API for it and
// the number of requests.
func answers(t *testing.T, bodies ...string) (*API, *int) {
	t.Helper()
	n := new(int)
	return newAPI(serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, bodies[min(*n, len(bodies)-1)])
		*n++
	}))), n
}

// For any number of entries, each is listed once and in order.
func TestPages(t *testing.T) {
	eachPaged(t, func(t *testing.T, p pagedTest) {
		for _, n := range []int{0, 1, 30, 31, 100, 101, 1000} {
			s := p.service(n)
			list, err := p.of(newAPI(serve(t, s)), t.Context(), "", 0)
			if err != nil {
				t.Fatal(err)
			}
			if said(list) != countdown(n) || len(list.Files) != n || !list.Complete || list.Requests != p.asked(n) || p.requests(s) != p.asked(n) {
				t.Errorf("%d entries: got %d images, complete %v, %d requests", n, len(list.Files), list.Complete, list.Requests)
			}
			if n > 100 && !strings.HasPrefix(s.Requests()[1].Query, p.cursor+"=user%3A1234-minimax") {
				t.Errorf("got %s as the query of the second page", s.Requests()[1].Query)
			}
		}
	})
}

// Services differ in what they consider a page.
func TestEndOfPages(t *testing.T) {
	eachPaged(t, func(t *testing.T, p pagedTest) {
		for name, test := range map[string]struct {
			pages    []string
			want     string
			requests int
			complete bool
		}{
			"short pages":       {[]string{"a b", "c", "d e f", ""}, "a,b,c,d,e,f", 4, true},
			"overlap":           {[]string{"a b c", "b c d", "d", ""}, "a,b,c,d", 3, true},
			"from the last on":  {[]string{"a b", "b c", "c"}, "a,b,c", 3, true},
			"the first forever": {[]string{"a b c"}, "a,b,c", 2, false},
			"the last forever":  {[]string{"a b", "c d"}, "a,b,c,d", 3, false},
			"around":            {[]string{"a b", "c d", "a b", "e"}, "a,b,c,d", 3, false},
			"repeated within":   {[]string{"a a b a", ""}, "a,b", 2, true},
		} {
			var bodies []string
			for _, ids := range test.pages {
				bodies = append(bodies, p.page(ids))
			}
			api, asked := answers(t, bodies...)
			list, err := p.of(api, t.Context(), "", 0)
			if got := said(list); err != nil || got != test.want || *asked != test.requests || list.Requests != *asked || list.Complete != test.complete {
				t.Errorf("%s: got %s, %d requests, complete %v, error %v", name, got, *asked, list.Complete, err)
			}
		}
	})
}

// Entries without an id cannot say where a page begins.
func TestNoCursor(t *testing.T) {
	for name, test := range map[string]struct {
		pages    []string
		want     string
		requests int
		complete bool
	}{
		"no ids": {[]string{`[{"videoURL":"https://cdn.example/1"},{"videoURL":"https://cdn.example/2"},{"videoURL":"https://cdn.example/1"}]`},
			",", 1, false},
		"the last without an id": {[]string{`[{"id":"a","desc":"a"},{"coverURL":"https://cdn.example/1"}]`, `[{"id":"b","desc":"b"}]`, "[]"}, "a,,b", 3, true},
		"only unusable":          {[]string{`[{"videoId":"a","desc":1}]`, `[{"id":"b","desc":"b"}]`, "[]"}, "b", 3, true},
	} {
		api, asked := answers(t, test.pages...)
		list, err := api.Videos(t.Context(), "", 0)
		if err != nil || said(list) != test.want || *asked != test.requests || list.Complete != test.complete {
			t.Errorf("%s: got %s, %d requests, complete %v, error %v", name, said(list), *asked, list.Complete, err)
		}
	}
}

// If a page says that it is the last one, there is no further request.
func TestHasNext(t *testing.T) {
	eachPaged(t, func(t *testing.T, p pagedTest) {
		page := func(list, next string) string {
			return `{"` + p.name + `":` + p.page(list) + `,"hasNext":` + next + `}`
		}
		for name, test := range map[string]struct {
			pages    []string
			limit    int
			files    int
			requests int
			complete bool
		}{
			"one page":             {[]string{page("a b", "false")}, 0, 2, 1, true},
			"two pages":            {[]string{page("a b", "true"), page("c", "false")}, 0, 3, 2, true},
			"nothing":              {[]string{page("", "false")}, 0, 0, 1, true},
			"nothing, and more":    {[]string{page("", "true")}, 0, 0, 1, false},
			"more, and then none":  {[]string{page("a", "true"), page("", "false")}, 0, 1, 2, true},
			"more without an end":  {[]string{page("a", "true"), page("a", "true")}, 0, 1, 2, false},
			"unknown":              {[]string{page("a", "null"), page("", "null")}, 0, 1, 2, true},
			"no boolean":           {[]string{page("a", `"no"`), page("", `0`)}, 0, 1, 2, true},
			"less than there is":   {[]string{page("a b c", "false")}, 2, 2, 1, false},
			"the end, then a list": {[]string{page("a", "false"), p.page("b")}, 0, 1, 1, true},
		} {
			api, asked := answers(t, test.pages...)
			list, err := p.of(api, t.Context(), "", test.limit)
			if err != nil || len(list.Files) != test.files || *asked != test.requests || list.Complete != test.complete {
				t.Errorf("%s: got %d images, %d requests, complete %v, error %v", name, len(list.Files), *asked, list.Complete, err)
			}
		}
		// The service says that this is the end, so a missing image does not cause another request.
		api, asked := answers(t, page("a", "false"))
		api.Known = []string{"missing"}
		if list, err := p.of(api, t.Context(), "", 0); err != nil || *asked != 1 || !list.Complete {
			t.Errorf("got %d requests, complete %v, error %v", *asked, list.Complete, err)
		}
	})
}

// An endless list ends at one of its limits. A very long page is read up to its limit.
func TestEndlessPages(t *testing.T) {
	eachPaged(t, func(t *testing.T, p pagedTest) {
		for _, name := range []string{"pages", "entries", "bytes"} {
			all := newPager(p.pagedListing, "", 0)
			switch name {
			case "pages":
				all.pages = maxPages - 2
			case "entries":
				for i := range maxEntries - 3 {
					all.entries["known "+strconv.Itoa(i)] = true
				}
			case "bytes":
				all.size = maxPagesTogether - 3000
			}
			for page, want := range []bool{true, false} {
				item := strings.TrimSuffix(strings.ReplaceAll(p.item, "#", strconv.Itoa(page)), "}")
				more, err := all.add([]byte(fmt.Sprintf(`[%s,"more":%q}]`, item, strings.Repeat("x", 2000))))
				if err != nil || more != want || len(all.list.Files) != page+1 || all.list.Complete {
					t.Errorf("%s: page %d: got %d images, more %v, error %v", name, page, len(all.list.Files), more, err)
				}
			}
		}
		all := newPager(p.pagedListing, "", 0)
		more, err := all.add([]byte(strings.TrimSuffix(p.page("a"), "]") + strings.Repeat(`,{}`, maxPage) + `]`))
		if !more || err != nil || all.items != maxPage || len(all.skipped.errors()) != maxSkipped+1 {
			t.Errorf("got %d items, %d skipped, error %v", all.items, len(all.skipped.errors()), err)
		}
	})
}

// New entries move the others to later pages. Each older one is still listed exactly once.
func TestGrowingList(t *testing.T) {
	eachPaged(t, func(t *testing.T, p pagedTest) {
		for name, byNumber := range map[string]bool{"pages behind an entry": false, "pages by number": true} {
			s := p.service(350)
			n := 0
			api := newAPI(serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				p.set(s, 300+10*min(n, 5), 350)
				from := 100 * n
				n++
				if !byNumber {
					s.ServeHTTP(w, r)
					return
				}
				// A service with numbered pages repeats some entries.
				r.URL.RawQuery = "limit=1000"
				answer := httptest.NewRecorder()
				s.ServeHTTP(answer, r)
				list, _, _ := unwrap(answer.Body.Bytes())
				var items []json.RawMessage
				if err := json.Unmarshal(list, &items); err != nil {
					t.Error(err)
				}
				from = min(from, len(items))
				_ = json.NewEncoder(w).Encode(items[from:min(from+100, len(items))])
			})))
			got, err := p.of(api, t.Context(), "", 0)
			if err != nil || said(got) != countdown(300) || len(got.Files) != 300 || n < 3 {
				t.Errorf("%s: got %d images, %d requests, error %v", name, len(got.Files), n, err)
			}
		}
	})
}

// A page after an entry that was deleted in the meantime is empty. That is not the end of the list.
func TestDeletedMeanwhile(t *testing.T) {
	eachPaged(t, func(t *testing.T, p pagedTest) {
		var all []string
		for i := range 250 {
			all = append(all, strconv.Itoa(i))
		}
		var known []string
		for _, id := range all {
			known = append(known, File{ID: "file " + id}.Key())
		}
		// list answers like a service whose list is all without the deleted entries, from the second
		// request on.
		list := func(from, to int) (Listing, error) {
			n := 0
			api := newAPI(serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				now := all
				if n++; n > 1 {
					now = slices.Delete(slices.Clone(all), from, to)
				}
				start := 0
				if after := r.FormValue(p.cursor); after != "" {
					if start = slices.Index(now, after) + 1; start == 0 {
						start = len(now)
					}
				}
				_, _ = io.WriteString(w, p.page(strings.Join(now[start:min(start+100, len(now))], " ")))
			})))
			api.Known = known
			return p.of(api, t.Context(), "", 0)
		}
		for name, test := range map[string]struct {
			deleted          [2]int
			images, requests int
			complete         bool
		}{
			"none":              {[2]int{0, 0}, 250, 4, true},    // three pages and an empty one
			"the last":          {[2]int{99, 100}, 250, 5, true}, // plus the page after the entry before
			"the last two":      {[2]int{98, 100}, 100, 3, false},
			"all but the first": {[2]int{1, 250}, 100, 3, false},
		} {
			got, err := list(test.deleted[0], test.deleted[1])
			if err != nil || len(got.Files) != test.images || got.Requests != test.requests || got.Complete != test.complete {
				t.Errorf("%s: got %d images, %d requests, complete %v, error %v", name, len(got.Files), got.Requests, got.Complete, err)
			}
		}
	})
}

// Fewer images than known, but nothing was deleted in the meantime: one more request confirms that.
func TestKnownImagesAreMissing(t *testing.T) {
	eachPaged(t, func(t *testing.T, p pagedTest) {
		for n, ids := range []string{"", "a", "a b", "a b c"} {
			api, asked := answers(t, p.page(ids), p.page(ids[max(0, len(ids)-1):]))
			api.Known = []string{"missing"}
			list, err := p.of(api, t.Context(), "", 0)
			if want := []int{1, 3, 3, 3}[n]; err != nil || !list.Complete || len(list.Files) != n || *asked != want {
				t.Errorf("%s: got %d images, %d requests, complete %v, error %v", ids, len(list.Files), *asked, list.Complete, err)
			}
		}
	})
}

func TestLimitOfPages(t *testing.T) {
	eachPaged(t, func(t *testing.T, p pagedTest) {
		srv := serve(t, p.service(250))
		for _, test := range []struct {
			limit, files, requests int
			complete               bool
		}{
			{1, 1, 1, false},
			{100, 100, 1, false},
			{101, 101, 2, false},
			{249, 249, 3, false},
			{250, 250, 3, false},
			{251, 250, p.asked(250), true},
		} {
			list, err := p.of(newAPI(srv), t.Context(), "", test.limit)
			if err != nil || len(list.Files) != test.files || list.Requests != test.requests || list.Complete != test.complete {
				t.Errorf("limit %d: got %d images, %d requests, complete %v, error %v", test.limit, len(list.Files), list.Requests, list.Complete, err)
			}
		}
		if _, err := p.of(&API{Root: "https://api.example", Token: token}, t.Context(), "", -1); err == nil {
			t.Error("got no error for a limit below 0")
		}
	})
}

// If the service refuses the size of a page, a smaller one is requested. Any other refusal ends the
// listing.
func TestPageTooLarge(t *testing.T) {
	eachPaged(t, func(t *testing.T, p pagedTest) {
		s := p.service(40)
		p.fail(s, 1, fetchtest.Answer(400, `{"error":"Parameter limit must be at most 50","code":400}`))
		list, err := p.of(newAPI(serve(t, s)), t.Context(), "", 0)
		before := p.requests(s)
		if err != nil || len(list.Files) != 40 || list.Requests != before || s.Requests()[1].Query != "limit=30" {
			t.Errorf("got %d images, %d requests, error %v", len(list.Files), list.Requests, err)
		}
		p.fail(s, -1, fetchtest.Answer(400, `{"error":"limit exceeded","code":400}`))
		if _, err := p.of(newAPI(serve(t, s)), t.Context(), "", 0); err == nil || p.requests(s) != before+2 {
			t.Errorf("got %d requests, error %v", p.requests(s)-before, err)
		}
	})
}

func TestWrappedList(t *testing.T) {
	eachPaged(t, func(t *testing.T, p pagedTest) {
		for body, want := range map[string]string{
			`{"videos":` + p.page("a b") + `,"hasNext":true}`:        "a,b",
			`{"images":` + p.page("a b") + `}`:                       "a,b",
			` {"code":0,"data":` + p.page("a b") + `,"tags":["x"]} `: "a,b",
			`{"videos": [ ` + p.item + ` ] ,"warnings":[ ]}`:         "#",
			`{"error":null,"items":` + p.page("a") + `}`:             "a",
			p.page("a"):                     "a",
			`{"images":[],"hasNext":false}`: "",
			`{"images":` + p.page("a") + `,"others":` + p.page("b") + `}`: "something that is not a list",
			`{}`:                      "something that is not a list",
			`{"images":{"0":{}}}`:     "something that is not a list",
			`{"images":[1,2]}`:        "something that is not a list",
			`{"images":[{"id":"a"}`:   "not JSON",
			`{"images":[{"id":'a'}]}`: "not JSON",
			`[{"id":"a"}`:             "ends in the middle",
			`<html>`:                  "a page (text/html)",
			`{"error":{"message":"Busy, see ` + token + `"},"code":418}`:     "418",
			strings.Repeat("[", 1e6):                                         "depth",
			`{"images":[` + strings.Repeat(`{"a":[`, 1e6):                    "not JSON",
			`{"images":[{"x":"` + strings.Repeat("x", maxAnswer) + `"}]}`:    "larger than 16 MiB",
			`[{"imageId":"x","videoId":"x"}` + strings.Repeat(" ", 10) + `,`: "ends in the middle",
		} {
			api, _ := answers(t, body, "[]")
			list, err := p.of(api, t.Context(), "", 0)
			if got := said(list); got != want && (err == nil || !strings.Contains(err.Error(), want)) || err != nil && strings.Contains(err.Error(), token) {
				t.Errorf("%.100s: got %s, error %v", body, got, err)
			}
		}
	})
}

// A refusal on any page ends the listing like one of files: without a retry, and without a result.
func TestPagesRefused(t *testing.T) {
	eachPaged(t, func(t *testing.T, p pagedTest) {
		for _, status := range []int{400, 401, 402, 403, 404, 412, 596} {
			for page := range 2 {
				s := p.service(150)
				api := newAPI(serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if p.requests(s) == page {
						p.fail(s, 1, fetchtest.Answer(status, asJSON(map[string]any{"error": "no " + token + " after " + r.FormValue(p.cursor), "code": status})))
					}
					s.ServeHTTP(w, r)
				})))
				list, err := p.of(api, t.Context(), "", 0)
				refused, ok := errors.AsType[*ServiceError](err)
				if !ok || refused.Status != status || !refused.Refused() || !strings.HasPrefix(err.Error(), "listing "+p.name+": the service answered ") ||
					strings.Contains(err.Error(), "abcd") || strings.Contains(err.Error(), "1234") {
					t.Errorf("%d on page %d: got error %v", status, page, err)
				}
				if list.Items() != 0 || list.Requests != page+1 || p.requests(s) != page+1 {
					t.Errorf("%d on page %d: got %d requests", status, page, p.requests(s))
				}
			}
		}
	})
}

// Each page has its own tries.
func TestTriesOfPages(t *testing.T) {
	eachPaged(t, func(t *testing.T, p pagedTest) {
		for name, fault := range map[string]fetchtest.Fault{
			"503": fetchtest.Answer(503, ""), "429 in a 200": fetchtest.Answer(200, `{"error":"slow down","code":429}`),
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := p.service(150)
				n := 0
				api := newAPI(serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if n++; n%4 != 0 {
						p.fail(s, 1, fault)
					}
					s.ServeHTTP(w, r)
				})))
				list, err := p.of(api, t.Context(), "", 0)
				if err != nil || len(list.Files) != 150 || list.Requests != 4*p.asked(150) {
					t.Errorf("got %d images, %d requests, error %v", len(list.Files), list.Requests, err)
				}
			})
		}
	})
}

// A page that breaks off is requested again.
func TestBrokenPages(t *testing.T) {
	eachPaged(t, func(t *testing.T, p pagedTest) {
		for name, fault := range map[string]fetchtest.Fault{
			"reset": fetchtest.Reset(), "cut": fetchtest.Cut(20), "cut chunks": fetchtest.CutChunked(20),
		} {
			s := p.service(150)
			p.fail(s, 2, fault)
			list, err := p.of(newAPI(serve(t, s)), t.Context(), "", 0)
			if err != nil || said(list) != countdown(150) || !list.Complete {
				t.Errorf("%s: got %d images, complete %v, error %v", name, len(list.Files), list.Complete, err)
			}
		}
	})
}

// The token goes nowhere else, and only to the path of the listing.
func TestRedirectOfPages(t *testing.T) {
	eachPaged(t, func(t *testing.T, p pagedTest) {
		s := p.service(1)
		p.fail(s, -1, fetchtest.Redirect(302, "https://other.example/"+token))
		_, err := p.of(newAPI(serve(t, s)), t.Context(), "", 0)
		if err == nil || !strings.Contains(err.Error(), "redirects are refused") || strings.Contains(err.Error(), "abcd") || len(s.Requests()) != 1 || s.Requests()[0].Path != p.path {
			t.Errorf("got %d requests, error %v", len(s.Requests()), err)
		}
	})
}

// fuzzPages looks for pages that break the promises of a listing.
func fuzzPages(f *testing.F, p pagedTest) {
	for _, seed := range []string{
		`[]`, `[{}]`, `null`, `{"` + p.name + `":` + p.page("a") + `,"hasNext":true}`, p.page("a b a"),
		`[{"id":1},null,[[]],{"originFiles":{}}]`, `{"a":[],"b":[{}]}`, `[{"status":1e400}]`, strings.Repeat(`{"a":`, 20000),
		`[{"videoId":"user:1-minimax:2-video:3","originFiles":[{"id":"x","url":"y"},{"id":"x"},null]}]`,
		`[{"imageId":"user:1-minimax:2-image:3","status":2,"videoURL":"y","createTime":1742173334234,"modelID":"image-01","batchID":7},
			{"fileID":"x","status":2,"downloadURL":"y","createTime":"1e99","duration":-1,"modelID":"<b>"},{"imageId":"a","status":5}]`,
	} {
		f.Add([]byte(seed), []byte(seed))
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		all := newPager(p.pagedListing, "account", 5)
		for _, body := range [][]byte{first, second} {
			more, err := all.add(body)
			if err != nil {
				if m := err.Error(); m != oneLine(m) || len(m) > 2*longest {
					t.Errorf("got error %q", m)
				}
				return
			}
			if more && all.last == "" {
				t.Error("got more pages, but no entry after which they begin")
			}
		}
		if len(all.list.Files) > 5 {
			t.Errorf("got %d images", len(all.list.Files))
		}
		keys := map[string]bool{}
		for _, video := range all.list.Videos {
			if keys[video.Key()] || !isModel(video.Model) || video.Seconds < 0 || video.Seconds > maxSeconds {
				t.Errorf("got %+v, perhaps twice", video)
			}
			keys[video.Key()] = true
		}
		for _, file := range all.list.Files {
			if file.URL == "" || file.Account != "account" || keys[file.Key()] {
				t.Errorf("got file %+v", file)
			}
			keys[file.Key()] = true
			if g := file.Generated; g != nil && (!isModel(g.Model) || len(g.Prompt) > maxPrompt || !g.Created.IsZero() && !plausible(g.Created)) {
				t.Errorf("got picture %+v", g)
			}
		}
	})
}

// isModel reports whether s can be shown as the name of a model.
func isModel(s string) bool { return modelName(s) == s && len(s) <= maxModel }

func FuzzVideos(f *testing.F) { fuzzPages(f, pagedTests[0]) }

func FuzzImages(f *testing.F) { fuzzPages(f, pagedTests[1]) }
