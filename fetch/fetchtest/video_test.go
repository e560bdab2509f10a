package fetchtest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// films returns n videos named "prompt 0", "prompt 1" and so on.
func films(n int) []Video {
	list := make([]Video, n)
	for i := range list {
		list[i] = Video{
			Prompt:  fmt.Sprintf("prompt %d", i),
			Status:  Completed,
			Files:   []string{"frame 0"},
			Created: time.Date(2024, 10, 11, 21, 30, 0, 0, time.UTC),
		}
	}
	return list
}

// The answers match the service's documentation, and the same requests are refused as for files.
func TestVideoAnswers(t *testing.T) {
	several := &Service{Token: token, Accounts: []string{"111", "222"}, Videos: films(3)}
	several.Videos[2].Account = "222"
	single := &Service{Token: token, Pictures: frames(1), Videos: films(70)}
	for i := range single.Videos {
		single.Videos[i].ID = fmt.Sprintf("user:1234-minimax:5-video:%018d", i)
	}
	for _, test := range []struct {
		service      *Service
		query, token string
		status       int
		want         string // the body, or how it starts
		videos       int
	}{
		{single, "", "", 401, `{"error":"Unauthorized","code":401}`, 0},
		{single, "", token, 200, `[{"id":"000000000000000000","videoId":"user:1234-minimax:5-video:000000000000000000","desc":"prompt 0",`, 30},
		{single, "?limit=70", token, 200, `[{`, 70},
		{single, "?limit=0", token, 400, `{"error":"Parameter limit `, 0},
		{single, "?lastVideoId=", token, 200, `[{`, 30},
		{single, "?lastVideoId=user:1234-minimax:5-video:000000000000000009", token, 200, `[{"id":"000000000000000010",`, 30},
		{single, "?lastVideoId=user:1234-minimax:5-video:000000000000000059", token, 200, `[{"id":"000000000000000060",`, 10},
		{single, "?lastVideoId=user:1234-minimax:5-video:000000000000000069", token, 200, `[]`, 0},
		{single, "?lastVideoId=user:1234-minimax:5-video:999", token, 200, `[]`, 0},
		{single, "?account=111", token, 404, `{"error":`, 0},
		{several, "", token, 400, `{"error":"Parameter account is required`, 0},
		{several, "?account=111", token, 200, `[{`, 2},
		{several, "?account=222", token, 200, `[{`, 1},
		{&Service{Token: token}, "", token, 200, `[]`, 0},
	} {
		status, body, header := get(t, test.service, "/v1/minimax/videos/"+test.query, test.token)
		if status != test.status || !strings.HasPrefix(body, test.want) || !strings.HasPrefix(header.Get("Content-Type"), "application/json") {
			t.Errorf("%q: got status %d and %.200s, want %d and %s", test.query, status, body, test.status, test.want)
		}
		var list []map[string]any
		if status == 200 && (json.Unmarshal([]byte(body), &list) != nil || len(list) != test.videos) {
			t.Errorf("%q lists %d, want %d", test.query, len(list), test.videos)
		}
	}
	if n := single.VideoListings(); n != 10 || single.Listings() != 0 || single.Downloads() != 0 {
		t.Errorf("got %d listings of videos, %d of files and %d downloads, want 10, 0 and 0", n, single.Listings(), single.Downloads())
	}
}

// The origin files are the files in the listing of files, and each URL leads to the file's bytes.
func TestListedVideos(t *testing.T) {
	created := time.Date(2024, 10, 12, 8, 15, 0, 0, time.UTC)
	s := &Service{Token: token, Pictures: frames(3), Videos: []Video{
		{Prompt: "two", Status: Completed, Files: []string{"frame 2", "frame 0", "none"}, Clip: []byte("clip"), Paid: true, Created: created, Width: 1280, Height: 720},
		{Prompt: "text", Status: Completed, Cover: []byte("cover"), Clip: []byte("other clip"), Created: created},
		{Prompt: "wait", Status: Processing, Files: []string{"frame 1"}, Created: created},
		{Prompt: "no", Status: Moderated, Files: []string{"frame 1"}},
	}}
	_, filesBody, _ := get(t, s, "http://cdn.example/v1/minimax/files/", token)
	_, body, _ := get(t, s, "http://cdn.example/v1/minimax/videos/", token)
	_, second, _ := get(t, s, "http://cdn.example/v1/minimax/videos/", token)
	if body != second {
		t.Error("two answers differ")
	}
	var listed []file
	var videos []video
	if err := json.Unmarshal([]byte(filesBody), &listed); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(body), &videos); err != nil {
		t.Fatal(err)
	}
	of := func(i int) origin { return origin{listed[i].ID, listed[i].URL, "jpeg"} }
	if got, want := fmt.Sprint(videos[0].OriginFiles, videos[1].OriginFiles, videos[2].OriginFiles), fmt.Sprint([]origin{of(2), of(0)}, []origin(nil), []origin{of(1)}); got != want {
		t.Errorf("origin files %s, want %s", got, want)
	}
	if v := videos[2]; v.CoverURL != "" || v.VideoURL != "" || v.StatusFinal || v.StatusLabel != "processing" {
		t.Errorf("%+v", v)
	}
	if v := videos[3]; v.CoverURL != "" || !v.StatusFinal || v.StatusLabel != "moderated" || v.Message == "" {
		t.Errorf("%+v", v)
	}
	if strings.Contains(body, "null") || strings.Contains(body, `:""`) || strings.Contains(body, `"width":0`) {
		t.Errorf("got fields without a value: %s", body)
	}
	for url, want := range map[string]string{
		videos[0].CoverURL:    string(s.Pictures[2].Data),
		videos[0].VideoURL:    "clip",
		videos[0].DownloadURL: "clip",
		videos[1].CoverURL:    "cover",
		videos[1].VideoURL:    "other clip",
	} {
		status, data, header := get(t, s, url, "")
		if status != 200 || data != want || header.Get("Last-Modified") != "Sat, 12 Oct 2024 08:15:00 GMT" || !strings.Contains(url, "/2024-10-12-16/") {
			t.Errorf("%s: got status %d, body %q and headers %v", url, status, data, header)
		}
		if want := map[bool]string{true: "image/jpeg", false: "video/mp4"}[strings.HasSuffix(url, ".jpg")]; header.Get("Content-Type") != want {
			t.Errorf("%s: got type %s", url, header.Get("Content-Type"))
		}
	}
	if videos[1].DownloadURL != "" || videos[0].VideoURL == videos[0].DownloadURL {
		t.Error("a paid clip has no download URL, or an unpaid one has")
	}
}

func TestHideFiles(t *testing.T) {
	s := &Service{Token: token, Pictures: frames(1), Videos: films(1), HideFiles: true}
	if _, body, _ := get(t, s, "/v1/minimax/files/", token); body != "[]" {
		t.Errorf("got files: %s", body)
	}
	if _, body, _ := get(t, s, "/v1/minimax/videos/", token); !strings.Contains(body, `"originFiles":[{`) {
		t.Errorf("the videos have no origin files: %s", body)
	}
	if status, _, _ := get(t, s, s.Paths()[0], ""); status != 200 {
		t.Errorf("picture: got status %d, want 200", status)
	}
}

// A fault of one listing does not affect the other.
func TestVideoFaults(t *testing.T) {
	s := &Service{Token: token, Pictures: frames(1), Videos: films(1)}
	s.FailVideos(1, Answer(503, ""))
	s.FailListing(1, Answer(500, ""))
	s.FailDownload("prompt 0", 1, Answer(410, ""))
	for _, want := range []int{503, 200} {
		if status, _, _ := get(t, s, "/v1/minimax/videos/", token); status != want {
			t.Errorf("videos: got status %d, want %d", status, want)
		}
	}
	if status, _, _ := get(t, s, "/v1/minimax/files/", token); status != 500 {
		t.Errorf("files: got status %d, want 500", status)
	}
	for _, want := range []int{410, 200} {
		if status, _, _ := get(t, s, s.videos[0].cover.path, ""); status != want {
			t.Errorf("cover: got status %d, want %d", status, want)
		}
	}
	s.SetVideos(nil)
	if _, body, _ := get(t, s, "/v1/minimax/videos/", token); body != "[]" {
		t.Errorf("without videos: got %s, want []", body)
	}
}
