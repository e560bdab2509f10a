package fetch

import (
	"encoding/json"
	"fmt"
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
	for created, want := range map[string]string{
		"1728731234567": "2024-10-12T11", `"1728731234567"`: "2024-10-12T11", "1728731234": "2024-10-11T21", "-1": "2024-10-11T21", "9e99": "2024-10-11T21",
		"null": "2024-10-11T21", `"noon"`: "2024-10-11T21", "4102444800000": "2024-10-11T21", `{"at":1}`: "2024-10-11T21", `"NaN"`: "2024-10-11T21",
	} {
		v := parseVideo(json.RawMessage(`{"videoId":"v","createTime":`+created+`,"coverURL":"`+a+`"}`), "").video
		if got := v.Created().Format("2006-01-02T15"); got != want || v.Created().Location() != time.UTC {
			t.Errorf("createTime %s became %s, want %s", created, got, want)
		}
	}
	if got := (Video{Cover: "%zz", URL: "x"}).Created(); !got.IsZero() {
		t.Errorf("got %v as the time of creation", got)
	}
}

// A length is a number of seconds, also in a string. A strange one is none, and no reason to leave
// out the video.
func TestSeconds(t *testing.T) {
	for duration, want := range map[string]float64{
		"6": 6, `"10"`: 10, "5.875": 5.875, "0": 0, "-6": 0, "3600": 3600, "3601": 0, "1e400": 0, `"six"`: 0, "null": 0, "[6]": 0, `"Inf"`: 0,
	} {
		e := parseVideo(json.RawMessage(`{"videoId":"v","modelID":"MiniMax-Hailuo-02","duration":`+duration+`}`), "")
		if !e.usable || e.video.Seconds != want || e.video.Model != "MiniMax-Hailuo-02" {
			t.Errorf("%s became %v, error %v", duration, e.video, e.err)
		}
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

// A video with too many source images is read up to the limit, with an error.
func TestManyOrigins(t *testing.T) {
	images := strings.TrimSuffix(strings.Repeat(`{"id":"#","url":"x"},`, maxOrigins+1), ",")
	for i := range maxOrigins + 1 {
		images = strings.Replace(images, "#", strconv.Itoa(i), 1)
	}
	item := parseVideo(json.RawMessage(`{"videoId":"a","originFiles":[`+images+`]}`), "")
	if !item.usable || len(item.files) != maxOrigins || len(item.video.Files) != maxOrigins ||
		item.err == nil || item.err.Error() != "the video has 65 images, and only the first 64 are read" {
		t.Errorf("got %d images, error %v", len(item.files), item.err)
	}
}

// Any field of a video can be missing. Items that are not videos do not affect the others.
func TestVideoItems(t *testing.T) {
	api, _ := answers(t, `[
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

func TestVideosOfAccounts(t *testing.T) {
	s := &fetchtest.Service{Token: token, Accounts: []string{"111222333", "444555666"}, Pictures: pictures(2), Videos: films(2, 2)}
	s.Pictures[1].Account, s.Videos[1].Account = "444555666", "444555666"
	list, err := newAPI(serve(t, s)).Videos(t.Context(), "444555666", 0)
	if err != nil || len(list.Videos) != 1 || list.Videos[0].Account != "444555666" || list.Files[0].Account != "444555666" {
		t.Errorf("got %+v, error %v", list, err)
	}
}
