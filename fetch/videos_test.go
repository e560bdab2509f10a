package fetch

import (
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

// mp4 is the beginning of an MP4, enough to recognize it.
var mp4 = []byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom\x00\x00\x00\x08mdat")

// films returns n videos, the newest first. Each is made from one picture, whose name is like those
// from the function pictures.
func films(n, pictures int) []fetchtest.Video {
	list := make([]fetchtest.Video, n)
	for i := range list {
		list[i] = fetchtest.Video{
			Prompt:  fmt.Sprintf("prompt %d", n-i),
			Status:  fetchtest.Completed,
			Files:   []string{fmt.Sprintf("frame %d.png", i%pictures)},
			Created: time.Date(2024, 10, 12, 3, 0, 0, 0, time.UTC).Add(time.Duration(n-i) * time.Hour),
		}
	}
	return list
}

// frames returns n pictures that tests list but never download.
func frames(n int) []fetchtest.Picture {
	list := make([]fetchtest.Picture, n)
	for i := range list {
		list[i] = fetchtest.Picture{Name: fmt.Sprintf("frame %d.png", i), Type: "png"}
	}
	return list
}

// prompts returns the prompts of videos, in order.
func prompts[V any](videos []V, prompt func(V) string) string {
	var b strings.Builder
	for _, v := range videos {
		fmt.Fprintf(&b, "%s,", prompt(v))
	}
	return b.String()
}

// promptOf returns the prompt of a listed video.
func promptOf(v Video) string { return v.Prompt }

func TestVideoListing(t *testing.T) {
	s := &fetchtest.Service{Token: token, Record: true, Pictures: pictures(3), Videos: []fetchtest.Video{
		{Prompt: "a", Status: fetchtest.Completed, Files: []string{"frame 2.png", "frame 0.png", "frame 2.png"}, Clip: mp4, Paid: true, Width: 1280, Height: 720,
			Created: time.Date(2024, 10, 13, 1, 30, 0, 0, time.UTC)},
		{Prompt: "b", Status: fetchtest.Processing, Files: []string{"frame 0.png"}},
		{Prompt: "c", Status: fetchtest.Completed, Cover: picture(9), Clip: mp4, Created: time.Date(2024, 10, 12, 22, 0, 0, 0, time.UTC)},
	}}
	srv := serve(t, s)
	var said strings.Builder
	api := newAPI(srv)
	api.Logf = func(format string, args ...any) { fmt.Fprintf(&said, format+"\n", args...) }
	list, err := api.Videos(t.Context(), "", 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Videos) != 3 || !list.Complete || list.Requests != 2 || list.Skipped != nil {
		t.Fatalf("got %+v", list)
	}
	// A file has the same key in both listings, so it is the same image in both.
	files, err := api.Files(t.Context(), "", 0)
	if err != nil {
		t.Fatal(err)
	}
	keys := func(indices ...int) (keys []string) {
		for _, i := range indices {
			keys = append(keys, files.Files[i].Key())
		}
		return keys
	}
	var got []string
	for _, f := range list.Files {
		got = append(got, f.Key())
	}
	if want := keys(2, 0); !slices.Equal(got, want) {
		t.Errorf("images %v, want %v", got, want)
	}
	if f := list.Files[0]; f.ID != files.Files[2].ID || f.URL != files.Files[2].URL || f.Type != "png" || f.Name != "" {
		t.Errorf("got image %+v", f)
	}
	first, last := list.Videos[0], list.Videos[2]
	if !strings.HasPrefix(first.ID, "user:1234-minimax:") || first.State() != "completed" || first.StatusLabel != "completed" || !first.Final ||
		first.Width != 1280 || first.Height != 720 || !slices.Equal(first.Files, keys(2, 0)) ||
		!strings.Contains(first.URL, "/video/") || !strings.HasPrefix(first.Cover, srv.URL) {
		t.Errorf("got video %+v", first)
	}
	if want := time.Date(2024, 10, 13, 1, 0, 0, 0, time.UTC); !first.Created().Equal(want) || first.Created().Location() != time.UTC {
		t.Errorf("created %v, want %v", first.Created(), want)
	}
	if v := list.Videos[1]; v.State() != "processing" || v.Final || v.URL != "" || v.Cover != "" || !v.Created().IsZero() {
		t.Errorf("got video %+v", v)
	}
	if len(last.Files) != 0 || !strings.Contains(last.URL, "/video_watermark/") {
		t.Errorf("got video %+v", last)
	}
	if q := s.Requests()[1].Query; !strings.HasPrefix(q, "lastVideoId=user%3A1234-minimax") || !strings.HasSuffix(q, "&limit=100") {
		t.Errorf("got %s as the query of the second page", q)
	}
	if strings.Contains(said.String(), "video:") || strings.Contains(said.String(), "?") || said.Len() == 0 {
		t.Errorf("got the log %q", said.String())
	}
}

func TestVideoKey(t *testing.T) {
	// The state of published sites can contain keys of IDs, so they must never change.
	id := "user:1-minimax:2-video:3"
	if got, want := (Video{ID: id}).Key(), "f29cc57d01aa50ce45a9"; got != want {
		t.Errorf("key of an ID = %s, want %s", got, want)
	}
	different := map[string]bool{File{ID: id}.Key(): true}
	for _, v := range []Video{{ID: id}, {URL: id}, {Cover: id}, {Prompt: id}, {Files: []string{id}}, {}} {
		if different[v.Key()] || len(v.Key()) != 20 {
			t.Errorf("%+v has the same key as another one", v)
		}
		different[v.Key()] = true
	}
	if (Video{ID: id, URL: "a", Files: []string{"b"}}).Key() != (Video{ID: id}).Key() {
		t.Error("the key changes when the video is finished")
	}
}

func TestCreated(t *testing.T) {
	const a, b = "https://cdn.example/moss/prod/2024-10-12-05/a.jpg", "https://cdn.example/moss/prod/2024-10-12-06/b.mp4"
	for _, test := range []struct {
		video Video
		want  int // the hour
	}{
		{Video{Cover: a, URL: b}, 21},
		{Video{Cover: "https://cdn.example/a.jpg", URL: b}, 22},
		{Video{URL: b}, 22},
	} {
		if got, want := test.video.Created(), time.Date(2024, 10, 11, test.want, 0, 0, 0, time.UTC); !got.Equal(want) {
			t.Errorf("%+v was created %v, want %v", test.video, got, want)
		}
	}
	if got := (Video{Cover: "%zz", URL: "x"}).Created(); !got.IsZero() {
		t.Errorf("got %v as the time of creation", got)
	}
}

func TestState(t *testing.T) {
	known := map[int]string{0: "pending", 1: "processing", 2: "completed", 5: "moderated", 7: "moderated", 14: "moderated", 11: "queued"}
	for status := -1; status < 20; status++ {
		want := known[status]
		if want == "" {
			want = "unknown"
		}
		if got := (Video{Status: status}).State(); got != want {
			t.Errorf("status %d is %s, want %s", status, got, want)
		}
	}
}

// For any number of videos, each is listed once and in order.
func TestPages(t *testing.T) {
	for _, test := range []struct{ videos, requests int }{{0, 1}, {1, 2}, {30, 2}, {31, 2}, {100, 2}, {101, 3}, {1000, 11}} {
		s := &fetchtest.Service{Token: token, Pictures: frames(7), Videos: films(test.videos, 7)}
		list, err := newAPI(serve(t, s)).Videos(t.Context(), "", 0)
		if err != nil {
			t.Fatal(err)
		}
		want := prompts(s.Videos, func(v fetchtest.Video) string { return v.Prompt })
		if got := prompts(list.Videos, promptOf); got != want || len(list.Files) != min(7, test.videos) || !list.Complete ||
			list.Requests != test.requests || s.VideoListings() != test.requests {
			t.Errorf("%d videos: got %d videos, %d images, complete %v, %d requests", test.videos, len(list.Videos), len(list.Files), list.Complete, list.Requests)
		}
	}
}

// pages serves one page per request, and then repeats the last one. It returns an API for it and
// the number of requests.
func pages(t *testing.T, bodies ...string) (*API, *int) {
	t.Helper()
	n := new(int)
	return newAPI(serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, bodies[min(*n, len(bodies)-1)])
		*n++
	}))), n
}

// ids returns a page of videos with these ids, each with its own source image.
func ids(list string) string {
	var items []string
	for _, id := range strings.Fields(list) {
		items = append(items, fmt.Sprintf(`{"videoId":%q,"desc":%[1]q,"originFiles":[{"id":"file %[1]s","url":"https://cdn.example/%[1]s"}]}`, id))
	}
	return "[" + strings.Join(items, ",") + "]"
}

// Services differ in what they consider a page.
func TestEndOfPages(t *testing.T) {
	for name, test := range map[string]struct {
		pages    []string
		want     string
		requests int
		complete bool
	}{
		"short pages":       {[]string{ids("a b"), ids("c"), ids("d e f"), "[]"}, "a,b,c,d,e,f,", 4, true},
		"overlap":           {[]string{ids("a b c"), ids("b c d"), ids("d"), "[]"}, "a,b,c,d,", 3, true},
		"from the last on":  {[]string{ids("a b"), ids("b c"), ids("c")}, "a,b,c,", 3, true},
		"the first forever": {[]string{ids("a b c")}, "a,b,c,", 2, false},
		"the last forever":  {[]string{ids("a b"), ids("c d")}, "a,b,c,d,", 3, false},
		"around":            {[]string{ids("a b"), ids("c d"), ids("a b"), ids("e")}, "a,b,c,d,", 3, false},
		"repeated within":   {[]string{ids("a a b a"), "[]"}, "a,b,", 2, true},
		"no ids": {[]string{`[{"videoURL":"https://cdn.example/1"},{"videoURL":"https://cdn.example/2"},{"videoURL":"https://cdn.example/1"}]`},
			",,", 1, false},
		"the last without an id": {[]string{`[{"id":"a","desc":"a"},{"coverURL":"https://cdn.example/1"}]`, ids("b"), "[]"}, "a,,b,", 3, true},
		"only unusable":          {[]string{`[{"videoId":"a","desc":1}]`, ids("b"), "[]"}, "b,", 3, true},
	} {
		t.Run(name, func(t *testing.T) {
			api, asked := pages(t, test.pages...)
			list, err := api.Videos(t.Context(), "", 0)
			if err != nil {
				t.Fatal(err)
			}
			if got := prompts(list.Videos, promptOf); got != test.want || *asked != test.requests || list.Requests != *asked || list.Complete != test.complete {
				t.Errorf("got %s, %d requests, complete %v", got, *asked, list.Complete)
			}
		})
	}
}

// If a page says that it is the last one, there is no further request.
func TestHasNext(t *testing.T) {
	page := func(list, next string) string { return `{"videos":` + ids(list) + `,"hasNext":` + next + `}` }
	for name, test := range map[string]struct {
		pages    []string
		limit    int
		want     string
		requests int
		complete bool
	}{
		"one page":             {[]string{page("a b", "false")}, 0, "a,b,", 1, true},
		"two pages":            {[]string{page("a b", "true"), page("c", "false")}, 0, "a,b,c,", 2, true},
		"nothing":              {[]string{page("", "false")}, 0, "", 1, true},
		"nothing, and more":    {[]string{page("", "true")}, 0, "", 1, false},
		"more, and then none":  {[]string{page("a", "true"), page("", "false")}, 0, "a,", 2, true},
		"more without an end":  {[]string{page("a", "true"), page("a", "true")}, 0, "a,", 2, false},
		"unknown":              {[]string{page("a", "null"), page("", "null")}, 0, "a,", 2, true},
		"no boolean":           {[]string{page("a", `"no"`), page("", `0`)}, 0, "a,", 2, true},
		"less than there is":   {[]string{page("a b c", "false")}, 2, "a,b,c,", 1, false},
		"the end, then a list": {[]string{page("a", "false"), ids("b")}, 0, "a,", 1, true},
	} {
		api, asked := pages(t, test.pages...)
		list, err := api.Videos(t.Context(), "", test.limit)
		if err != nil {
			t.Fatal(err)
		}
		if got := prompts(list.Videos, promptOf); got != test.want || *asked != test.requests || list.Complete != test.complete {
			t.Errorf("%s: got %s, %d requests, complete %v", name, got, *asked, list.Complete)
		}
	}
	// The service says that this is the end, so a missing image does not cause another request.
	api, asked := pages(t, page("a", "false"))
	api.Known = []string{"missing"}
	if list, err := api.Videos(t.Context(), "", 0); err != nil || *asked != 1 || !list.Complete {
		t.Errorf("got %d requests, complete %v, error %v", *asked, list.Complete, err)
	}
}

// An endless list ends at one of its limits. A very long page is read up to its limit.
func TestEndlessPages(t *testing.T) {
	for name, v := range map[string]*videoPages{
		"pages":   {pages: maxPages - 2, seen: map[string]bool{}},
		"entries": {seen: map[string]bool{}},
		"bytes":   {size: maxPagesTogether - 3000, seen: map[string]bool{}},
	} {
		for i := len(v.seen); name == "entries" && i < maxEntries-3; i++ {
			v.seen[strconv.Itoa(i)] = true
		}
		for page, want := range []bool{true, false} {
			more, err := v.add([]byte(fmt.Sprintf(`[{"id":"%d","originFiles":[{"id":"%[1]d","url":"x"}],"more":%q}]`, page, strings.Repeat("x", 2000))))
			if err != nil || more != want || len(v.list.Videos) != page+1 || v.list.Complete {
				t.Errorf("%s: page %d: got %d videos, more %v, error %v", name, page, len(v.list.Videos), more, err)
			}
		}
	}
	v := videoPages{seen: map[string]bool{}}
	if more, err := v.add([]byte(`[{"id":"a"}` + strings.Repeat(`,{}`, maxPage) + `]`)); !more || err != nil || v.items != maxPage || len(v.skipped.errors()) != maxSkipped+1 {
		t.Errorf("got %d items, %d skipped, error %v", v.items, len(v.skipped.errors()), err)
	}
}

// New videos move the others to later pages. Each older video is still listed exactly once.
func TestGrowingList(t *testing.T) {
	all := films(350, 350)
	for name, list := range map[string]func(w http.ResponseWriter, s *fetchtest.Service, r *http.Request, n int){
		"pages behind a video": func(w http.ResponseWriter, s *fetchtest.Service, r *http.Request, n int) {
			s.SetVideos(all[50-10*min(n, 5):])
			s.ServeHTTP(w, r)
		},
		// A service with numbered pages repeats some videos.
		"pages by number": func(w http.ResponseWriter, s *fetchtest.Service, r *http.Request, n int) {
			s.SetVideos(all[50-10*min(n, 5):])
			r.URL.RawQuery = "limit=1000"
			answer := httptest.NewRecorder()
			s.ServeHTTP(answer, r)
			var items []json.RawMessage
			if err := json.Unmarshal(answer.Body.Bytes(), &items); err != nil {
				t.Error(err)
			}
			from := min(100*n, len(items))
			_ = json.NewEncoder(w).Encode(items[from:min(from+100, len(items))])
		},
	} {
		s := &fetchtest.Service{Token: token, Pictures: frames(350)}
		n := 0
		api := newAPI(serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			list(w, s, r, n)
			n++
		})))
		got, err := api.Videos(t.Context(), "", 0)
		want := prompts(all[50:], func(v fetchtest.Video) string { return v.Prompt })
		if err != nil || prompts(got.Videos, promptOf) != want || len(got.Files) != 300 || n < 4 {
			t.Errorf("%s: got %d videos, %d images, %d requests, error %v", name, len(got.Videos), len(got.Files), n, err)
		}
	}
}

// A video with too many source images is read up to the limit, with an error.
func TestManyOrigins(t *testing.T) {
	images := strings.TrimSuffix(strings.Repeat(`{"id":"#","url":"x"},`, maxOrigins+1), ",")
	for i := range maxOrigins + 1 {
		images = strings.Replace(images, "#", strconv.Itoa(i), 1)
	}
	item := parseVideo(json.RawMessage(`{"videoId":"a","originFiles":[`+images+`]}`), "")
	if !item.usable || len(item.images) != maxOrigins || len(item.video.Files) != maxOrigins ||
		item.err == nil || item.err.Error() != "the video has 65 images, and only the first 64 are read" {
		t.Errorf("got %d images, error %v", len(item.images), item.err)
	}
}

// A page after a video that was deleted in the meantime is empty. That is not the end of the list.
func TestDeletedMeanwhile(t *testing.T) {
	all := films(250, 250)
	before, err := newAPI(serve(t, &fetchtest.Service{Token: token, Pictures: frames(250), Videos: all})).Videos(t.Context(), "", 0)
	if err != nil {
		t.Fatal(err)
	}
	var known []string
	for _, f := range before.Files {
		known = append(known, f.Key())
	}
	for name, test := range map[string]struct {
		deleted          [2]int // range of videos deleted at the second request
		images, requests int
		complete         bool
	}{
		"none":              {[2]int{0, 0}, 250, 4, true},    // three pages and an empty one
		"the last":          {[2]int{99, 100}, 250, 5, true}, // plus the page after the video before
		"the last two":      {[2]int{98, 100}, 100, 3, false},
		"all but the first": {[2]int{1, 250}, 100, 3, false},
	} {
		s := &fetchtest.Service{Token: token, Pictures: frames(250), Videos: all}
		n := 0
		api := newAPI(serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if n++; n == 2 {
				s.SetVideos(slices.Delete(slices.Clone(all), test.deleted[0], test.deleted[1]))
			}
			s.ServeHTTP(w, r)
		})))
		api.Known = known
		list, err := api.Videos(t.Context(), "", 0)
		if err != nil || len(list.Files) != test.images || list.Requests != test.requests || list.Complete != test.complete {
			t.Errorf("%s: got %d images, %d requests, complete %v, error %v", name, len(list.Files), list.Requests, list.Complete, err)
		}
	}
	// Fewer images than known, but nothing was deleted in the meantime. One more request confirms
	// that.
	s := &fetchtest.Service{Token: token, Pictures: frames(3), Videos: films(1, 1)}
	for videos, requests := range []int{1, 3, 3, 3} {
		s.SetVideos(films(videos, 3))
		api := newAPI(serve(t, s))
		api.Known = known
		list, err := api.Videos(t.Context(), "", 0)
		if err != nil || !list.Complete || len(list.Files) != videos || list.Requests != requests {
			t.Errorf("%d videos: got %d images, %d requests, complete %v, error %v", videos, len(list.Files), list.Requests, list.Complete, err)
		}
	}
}

func TestVideoLimit(t *testing.T) {
	s := &fetchtest.Service{Token: token, Pictures: frames(250), Videos: films(250, 250)}
	srv := serve(t, s)
	for _, test := range []struct {
		limit, files, videos, requests int
		complete                       bool
	}{
		{1, 1, 100, 1, false},
		{100, 100, 100, 1, false},
		{101, 101, 200, 2, false},
		{249, 249, 250, 3, false},
		{250, 250, 250, 3, false},
		{251, 250, 250, 4, true},
	} {
		list, err := newAPI(srv).Videos(t.Context(), "", test.limit)
		if err != nil || len(list.Files) != test.files || len(list.Videos) != test.videos || list.Requests != test.requests || list.Complete != test.complete {
			t.Errorf("limit %d: got %d images, %d videos, %d requests, complete %v, error %v", test.limit, len(list.Files), len(list.Videos), list.Requests, list.Complete, err)
		}
	}
}

// If the service refuses the size of a page, a smaller one is requested. Any other refusal ends the
// listing.
func TestPageTooLarge(t *testing.T) {
	s := &fetchtest.Service{Token: token, Record: true, Pictures: frames(1), Videos: films(40, 1)}
	s.FailVideos(1, fetchtest.Answer(400, `{"error":"Parameter limit must be at most 50","code":400}`))
	list, err := newAPI(serve(t, s)).Videos(t.Context(), "", 0)
	if err != nil || len(list.Videos) != 40 || list.Requests != 4 || s.Requests()[1].Query != "limit=30" {
		t.Errorf("got %d videos, %d requests, error %v", len(list.Videos), list.Requests, err)
	}
	s.FailVideos(-1, fetchtest.Answer(400, `{"error":"limit exceeded","code":400}`))
	if _, err := newAPI(serve(t, s)).Videos(t.Context(), "", 0); err == nil || s.VideoListings() != 6 {
		t.Errorf("got %d requests, error %v", s.VideoListings()-4, err)
	}
}

func TestWrappedList(t *testing.T) {
	for body, want := range map[string]string{
		`{"videos":` + ids("a b") + `,"hasNext":true}`:          "a,b,",
		` {"code":0,"data":` + ids("a b") + `,"tags":["x"]} `:   "a,b,",
		`{"videos": [ {"id":"a","desc":"a"} ] ,"warnings":[ ]}`: "a,",
		`{"error":null,"items":` + ids("a") + `}`:               "a,",
		`{"videos":[],"hasNext":false}`:                         "",
		`{"videos":` + ids("a") + `,"others":` + ids("b") + `}`: "something that is not a list",
		`{}`:                      "something that is not a list",
		`{"videos":{"0":{}}}`:     "something that is not a list",
		`{"videos":[1,2]}`:        "something that is not a list",
		`{"videos":[{"id":"a"}`:   "not JSON",
		`{"videos":[{"id":'a'}]}`: "not JSON",
	} {
		api, _ := pages(t, body, "[]")
		list, err := api.Videos(t.Context(), "", 0)
		if got := prompts(list.Videos, promptOf); got != want && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %s, error %v", body, got, err)
		}
	}
}

// Any field of a video can be missing. Items that are not videos do not affect the others.
func TestVideoItems(t *testing.T) {
	api, _ := pages(t, `[
		{"videoId":"v1"},
		{"id":"v2","videoId":null,"desc":null,"coverURL":null,"videoURL":"https://cdn.example/w","downloadURL":"","status":null,"statusFinal":null,"width":null,"originFiles":null},
		{"id":123456789012345678},
		{"videoId":"v4","desc":7},
		{"videoId":"v5","status":"2"},
		{"videoId":"v6","status":2.5},
		{"videoId":"v7","status":2e0,"width":1e10},
		{"videoId":"v8","originFiles":{"id":"f"}},
		{"videoId":"v9","statusFinal":"yes"},
		null, 3, "text", [], {}, {"VIDEOID":"x"},
		{"id":"i","videoId":"v16","status":14.0,"statusLabel":"odd","originFiles":[null,{"id":"f1","url":"https://cdn.example/1","type":7},{"id":"f2"},{"url":"https://cdn.example/3"},{"id":4,"url":"https://cdn.example/4"},{"id":"f1","url":"https://cdn.example/5"},{}]},
		{"originFiles":[{"id":"f6","url":"https://cdn.example/6"}]},
		{"originFiles":[{"url":7}]}
	]`, "[]")
	list, err := api.Videos(t.Context(), "x", 0)
	if err != nil {
		t.Fatal(err)
	}
	key := func(f File) string { return f.Key() }
	f1, f2, f3, f6 := File{ID: "f1"}, File{ID: "f2"}, File{URL: "https://cdn.example/3"}, File{ID: "f6"}
	want := []Video{
		{ID: "v1", Status: -1, Account: "x"},
		{ID: "v2", Status: -1, URL: "https://cdn.example/w", Account: "x"},
		{ID: "v16", Status: 14, StatusLabel: "odd", Files: []string{key(f1), key(f2), key(f3)}, Account: "x"},
		{Status: -1, Files: []string{key(f6)}, Account: "x"},
	}
	if got, want := fmt.Sprintf("%+v", list.Videos), fmt.Sprintf("%+v", want); got != want {
		t.Errorf("videos:\n%s\nwant:\n%s", got, want)
	}
	var got []string
	for _, f := range list.Files {
		got = append(got, f.ID+" "+f.URL+" "+f.Type+" "+f.Account)
	}
	if want := []string{"f1 https://cdn.example/1 7 x", " https://cdn.example/3  x", "f6 https://cdn.example/6  x"}; !slices.Equal(got, want) {
		t.Errorf("images %q, want %q", got, want)
	}
	got = nil
	for _, err := range list.Skipped {
		got = append(got, err.Error())
	}
	if want := []string{
		"item 3 of the listing: id is a number, not a string",
		"item 4 of the listing: desc is a number, not a string",
		"item 5 of the listing: status is a string, not a number",
		"item 6 of the listing: status is not a whole number of up to 32 bits",
		"item 7 of the listing: width is not a whole number of up to 32 bits",
		"item 8 of the listing: originFiles is an object, not an array",
		"item 9 of the listing: statusFinal is a string, not a boolean",
		"item 10 of the listing: the item is null, not an object",
		"item 11 of the listing: the item is a number, not an object",
		"item 12 of the listing: the item is a string, not an object",
		"item 13 of the listing: the item is an array, not an object",
		"item 14 of the listing: videoId is missing",
		"item 15 of the listing: videoId is missing",
		"item 16 of the listing: image 1 of the video: the item is null, not an object",
		"item 18 of the listing: image 1 of the video: url is a number, not a string",
	}; !slices.Equal(got, want) {
		t.Errorf("skipped:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A prompt keeps every character that its author wrote. The code that shows it must escape it.
func TestPrompts(t *testing.T) {
	s := &fetchtest.Service{Token: token}
	for _, prompt := range []string{
		`<script>alert(1)</script>`, "two\nlines\tand \x00\x1b[31m\u2028\u202e", `"><img src=x onerror=alert(1)>`, "::error::x",
		"山の上の雲 🌄", strings.Repeat("long ", 2000), "",
	} {
		s.Videos = append(s.Videos, fetchtest.Video{Prompt: prompt, ID: "video " + prompt, Status: 99})
	}
	list, err := newAPI(serve(t, s)).Videos(t.Context(), "", 0)
	if err != nil || len(list.Videos) != len(s.Videos) {
		t.Fatalf("got %+v, error %v", list, err)
	}
	for i, v := range list.Videos {
		if v.Prompt != s.Videos[i].Prompt || v.State() != "unknown" || v.Status != 99 {
			t.Errorf("%+v, want the prompt %q", v, s.Videos[i].Prompt)
		}
	}
}

// A refusal on any page ends the listing like one of files: without a retry, and without a result.
func TestVideosRefused(t *testing.T) {
	for _, status := range []int{400, 401, 402, 403, 404, 412, 596} {
		for page := range 2 {
			s := &fetchtest.Service{Token: token, Pictures: frames(1), Videos: films(150, 1)}
			api := newAPI(serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if s.VideoListings() == page {
					s.FailVideos(1, fetchtest.Answer(status, asJSON(map[string]any{"error": "no " + token + " after " + r.FormValue("lastVideoId"), "code": status})))
				}
				s.ServeHTTP(w, r)
			})))
			list, err := api.Videos(t.Context(), "", 0)
			refused, ok := errors.AsType[*ServiceError](err)
			if !ok || refused.Status != status || !refused.Refused() || !strings.HasPrefix(err.Error(), "listing videos: the service answered ") ||
				strings.Contains(err.Error(), "abcd") || strings.Contains(err.Error(), "1234") {
				t.Errorf("%d on page %d: got error %v", status, page, err)
			}
			if list.Videos != nil || list.Requests != page+1 || s.VideoListings() != page+1 {
				t.Errorf("%d on page %d: got %d requests", status, page, s.VideoListings())
			}
		}
	}
	if _, err := (&API{Root: "https://api.example", Token: token}).Videos(t.Context(), "", -1); err == nil {
		t.Error("got no error for a limit below 0")
	}
}

// Each page has its own tries.
func TestTriesOfPages(t *testing.T) {
	for name, fault := range map[string]fetchtest.Fault{
		"503": fetchtest.Answer(503, ""), "429 in a 200": fetchtest.Answer(200, `{"error":"slow down","code":429}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &fetchtest.Service{Token: token, Pictures: frames(2), Videos: films(150, 2)}
			n := 0
			api := newAPI(serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if n++; n%4 != 0 {
					s.FailVideos(1, fault)
				}
				s.ServeHTTP(w, r)
			})))
			list, err := api.Videos(t.Context(), "", 0)
			if err != nil || len(list.Videos) != 150 || list.Requests != 12 {
				t.Errorf("got %d videos, %d requests, error %v", len(list.Videos), list.Requests, err)
			}
		})
	}
}

func TestVideosOfAccounts(t *testing.T) {
	s := &fetchtest.Service{Token: token, Accounts: []string{"111222333", "444555666"}, Pictures: pictures(2), Videos: films(2, 2)}
	s.Pictures[1].Account, s.Videos[1].Account = "444555666", "444555666"
	list, err := newAPI(serve(t, s)).Videos(t.Context(), "444555666", 0)
	if err != nil || len(list.Videos) != 1 || list.Videos[0].Account != "444555666" || list.Files[0].Account != "444555666" {
		t.Errorf("got %+v, error %v", list, err)
	}
}

func FuzzVideos(f *testing.F) {
	for _, seed := range []string{
		`[]`, `[{}]`, `null`, `{"videos":[{"videoId":"a"}],"hasNext":true}`, ids("a b a"),
		`[{"videoId":"user:1-minimax:2-video:3","originFiles":[{"id":"x","url":"y"},{"id":"x"},null]}]`,
		`[{"id":1},null,[[]],{"originFiles":{}}]`, `{"a":[],"b":[{}]}`, `[{"status":1e400}]`, strings.Repeat(`{"a":`, 20000),
	} {
		f.Add([]byte(seed), []byte(seed))
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		v := videoPages{account: "account", limit: 5, seen: map[string]bool{}}
		for _, body := range [][]byte{first, second} {
			more, err := v.add(body)
			if err != nil {
				if m := err.Error(); m != oneLine(m) || len(m) > 2*longest {
					t.Errorf("got error %q", m)
				}
				return
			}
			if more && v.last == "" {
				t.Error("got more pages, but no video after which they begin")
			}
		}
		if len(v.list.Files) > 5 {
			t.Errorf("got %d images", len(v.list.Files))
		}
		keys := map[string]bool{}
		for _, video := range v.list.Videos {
			if keys[video.Key()] {
				t.Errorf("got %+v twice", video)
			}
			keys[video.Key()] = true
		}
		for _, file := range v.list.Files {
			if file.URL == "" || file.Account != "account" || keys[file.Key()] {
				t.Errorf("got file %+v", file)
			}
			keys[file.Key()] = true
		}
	})
}
