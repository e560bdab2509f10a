package fetchtest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// sketches returns n images named "prompt 0", "prompt 1" and so on.
func sketches(n int) []Image {
	list := make([]Image, n)
	for i := range list {
		list[i] = Image{ID: fmt.Sprintf("user:1234-minimax:5-image:%018d", i), Prompt: fmt.Sprintf("prompt %d", i), Status: Completed, Data: []byte{byte(i)}}
	}
	return list
}

// The answers match the service's documentation, and the same requests are refused as for files.
func TestImageAnswers(t *testing.T) {
	several := &Service{Token: token, Accounts: []string{"111", "222"}, Images: sketches(3)}
	several.Images[2].Account = "222"
	single := &Service{Token: token, Images: sketches(70)}
	const id = "user:1234-minimax:5-image:"
	for _, test := range []struct {
		service      *Service
		query, token string
		status       int
		want         string // the body, or how it starts
		images       int
		next         bool
	}{
		{single, "", "", 401, `{"error":"Unauthorized","code":401}`, 0, false},
		{single, "", token, 200, `{"images":[{"id":"`, 30, true},
		{single, "?limit=70", token, 200, `{"images":[{`, 70, false},
		{single, "?limit=0", token, 400, `{"error":"Parameter limit `, 0, false},
		{single, "?lastImageId=" + id + "000000000000000009", token, 200, `{"images":[{`, 30, true},
		{single, "?lastImageId=" + id + "000000000000000059", token, 200, `{"images":[{`, 10, false},
		{single, "?lastImageId=" + id + "000000000000000069", token, 200, `{"images":[],"hasNext":false}`, 0, false},
		{single, "?lastImageId=" + id + "999", token, 200, `{"images":[],"hasNext":false}`, 0, false},
		{single, "?account=111", token, 404, `{"error":`, 0, false},
		{several, "", token, 400, `{"error":"Parameter account is required`, 0, false},
		{several, "?account=111", token, 200, `{"images":[{`, 2, false},
		{several, "?account=222", token, 200, `{"images":[{`, 1, false},
		{&Service{Token: token}, "", token, 200, `{"images":[],"hasNext":false}`, 0, false},
	} {
		status, body, header := get(t, test.service, "/v1/minimax/images/"+test.query, test.token)
		if status != test.status || !strings.HasPrefix(body, test.want) || !strings.HasPrefix(header.Get("Content-Type"), "application/json") {
			t.Errorf("%q: got status %d and %.200s, want %d and %s", test.query, status, body, test.status, test.want)
		}
		var list struct {
			Images  []map[string]any
			HasNext bool
		}
		if status == 200 && (json.Unmarshal([]byte(body), &list) != nil || len(list.Images) != test.images || list.HasNext != test.next) {
			t.Errorf("%q lists %d, and says that there are more: %v", test.query, len(list.Images), list.HasNext)
		}
	}
	if n := single.ImageListings(); n != 9 || single.Listings() != 0 || single.VideoListings() != 0 || single.Downloads() != 0 {
		t.Errorf("got %d listings of images, want 9 and nothing else", n)
	}
}

// An image that is a file has the file's id and bytes. Only a finished one has addresses.
func TestListedImages(t *testing.T) {
	created := time.Date(2024, 10, 12, 8, 15, 0, 0, time.UTC)
	s := &Service{Token: token, Pictures: frames(2), Images: []Image{
		{Prompt: "a", Status: Completed, File: "frame 1", Created: created, Model: "image-01", Batch: "7", Ratio: "9:16"},
		{Prompt: "b", Status: Completed, Data: []byte("b"), File: "user:1234-minimax:5-file:6"},
		{Prompt: "b", Status: Completed, Data: []byte("b")}, {Prompt: "b", Status: Completed, Data: []byte("b")},
		{Prompt: "c", Status: Processing},
	}}
	_, filesBody, _ := get(t, s, "http://cdn.example/v1/minimax/files/", token)
	_, body, _ := get(t, s, "http://cdn.example/v1/minimax/images/", token)
	if _, second, _ := get(t, s, "http://cdn.example/v1/minimax/images/", token); body != second {
		t.Error("two answers differ")
	}
	var files []file
	var listed struct{ Images []image }
	if err := json.Unmarshal([]byte(filesBody), &files); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(body), &listed); err != nil {
		t.Fatal(err)
	}
	images := listed.Images
	a, b, c := images[0], images[1], images[4]
	if a.FileID != files[1].ID || a.CreateTime != created.UnixMilli() || a.ModelID != "image-01" || a.BatchID != "7" || a.AspectRatio != "9:16" ||
		a.StatusLabel != "completed" || !a.StatusFinal || !strings.HasPrefix(a.CoverURL, a.VideoURL+"?") {
		t.Errorf("%+v", a)
	}
	if b.FileID != "user:1234-minimax:5-file:6" || images[2].FileID != "" || images[2].ImageID == images[3].ImageID || b.ImageID == images[2].ImageID {
		t.Errorf("%+v", images)
	}
	if c.VideoURL != "" || c.DownloadURL != "" || c.CoverURL != "" || c.Status != Processing || c.StatusFinal {
		t.Errorf("%+v", c)
	}
	for url, want := range map[string]string{a.DownloadURL: string(s.Pictures[1].Data), b.VideoURL: "b"} {
		if status, data, header := get(t, s, url, ""); status != 200 || data != want || header.Get("Content-Type") != "image/jpeg" {
			t.Errorf("%s: got status %d, body %q and headers %v", url, status, data, header)
		}
	}
}

// A fault of the listing of images does not affect the others.
func TestImageFaults(t *testing.T) {
	s := &Service{Token: token, Images: sketches(1)}
	s.FailImages(1, Answer(503, ""))
	s.FailDownload("prompt 0", 1, Answer(410, ""))
	for _, want := range []int{503, 200} {
		if status, _, _ := get(t, s, "/v1/minimax/images/", token); status != want {
			t.Errorf("images: got status %d, want %d", status, want)
		}
	}
	for _, want := range []int{410, 200} {
		if status, _, _ := get(t, s, s.images[0].picture.path, ""); status != want {
			t.Errorf("picture: got status %d, want %d", status, want)
		}
	}
	s.SetImages(nil)
	if _, body, _ := get(t, s, "/v1/minimax/images/", token); !strings.HasPrefix(body, `{"images":[]`) {
		t.Errorf("without images: got %s", body)
	}
}
