package command

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"firstframe/render/gallery"
	"firstframe/render/media"
)

// changing is a gallery and a service whose answers a test changes. The answers are JSON or the
// number of a status, by account.
type changing struct {
	t             *testing.T
	api, dir      string
	accounts      []string
	files, videos map[string]string
	images        map[string]string
	downloads     atomic.Int64      // number of downloads
	pictures      map[string][]byte // by path
	listings      atomic.Int64      // number of requests for listings
}

// newChanging returns a gallery of some accounts. Its service lists nothing yet.
func newChanging(t *testing.T, accounts ...string) *changing {
	t.Setenv("USEAPI_TOKEN", "user:1234-secret-token")
	c := &changing{t: t, dir: t.TempDir(), accounts: accounts, files: map[string]string{}, videos: map[string]string{}, images: map[string]string{}, pictures: map[string][]byte{}}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	c.api = server.URL
	return c
}

func (c *changing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	answer := "[]"
	switch r.URL.Path {
	case "/v1/minimax/files/":
		answer = c.files[query.Get("account")]
	case "/v1/minimax/videos/":
		if !query.Has("lastVideoId") {
			answer = c.videos[query.Get("account")]
		}
	case "/v1/minimax/images/":
		if !query.Has("lastImageId") {
			answer = c.images[query.Get("account")]
		}
	default:
		c.downloads.Add(1)
		if data, ok := c.pictures[r.URL.Path]; ok {
			w.Write(data)
		} else {
			http.NotFound(w, r)
		}
		return
	}
	c.listings.Add(1)
	if status, err := strconv.Atoi(answer); err == nil {
		http.Error(w, `{"error":"no"}`, status)
		return
	}
	io.WriteString(w, firstOf(answer, query.Get("limit")))
}

// firstOf returns the first items of a list, at most limit.
func firstOf(items, limit string) string {
	var all []json.RawMessage
	if n, err := strconv.Atoi(limit); err == nil && json.Unmarshal([]byte(items), &all) == nil && len(all) > n {
		b, _ := json.Marshal(all[:n])
		return string(b)
	}
	if items == "" {
		return "[]"
	}
	return items
}

// file returns the entry of an upload in a listing. The number of the picture decides its bytes.
func (c *changing) file(id string, picture int, name string) string {
	b, _ := json.Marshal(map[string]any{"file_id": id, "file_name": name, "cdn_url": c.put(picture)})
	return string(b)
}

// video returns the entry of a video in a listing. The video was made from an upload.
func (c *changing) video(id, prompt, file string, picture int) string {
	b, _ := json.Marshal(map[string]any{
		"videoId": id, "desc": prompt, "status": 2, "originFiles": []any{map[string]any{"id": file, "url": c.put(picture)}},
	})
	return string(b)
}

// image returns the entry of a picture that the service made, and that is also a file if file is set.
// It was made at an hour of 1 March 2025.
func (c *changing) image(id, prompt, file string, picture, hour int) string {
	b, _ := json.Marshal(map[string]any{
		"imageId": id, "desc": prompt, "status": 2, "fileID": file, "downloadURL": c.put(picture), "modelID": "image-01", "batchID": "batch of " + prompt,
		"createTime": time.Date(2025, 3, 1, hour, 30, 0, 0, time.UTC).UnixMilli(),
	})
	return string(b)
}

// put offers a picture for download and returns its address.
func (c *changing) put(picture int) string {
	path := fmt.Sprintf("/moss/prod/2024-07-%02d-10/user/%d.png", 1+picture%28, picture)
	c.pictures[path] = tinyPicture(picture).Data
	return c.api + path
}

// list returns a listing.
func list(items ...string) string { return "[" + strings.Join(items, ",") + "]" }

// run runs the command and returns its exit code and its messages.
func (c *changing) run(args ...string) (code int, said string) {
	c.t.Helper()
	var out bytes.Buffer
	all := []string{
		"--api", c.api, "--allow-private-hosts", "--widths=6", "--out", filepath.Join(c.dir, "out"), "--cache", filepath.Join(c.dir, "cache"),
	}
	if _, err := os.Stat(filepath.Join(c.dir, "content")); err == nil {
		all = append(all, "--content", filepath.Join(c.dir, "content"))
	}
	for _, a := range c.accounts {
		all = append(all, "--account", a)
	}
	code = Run(c.t.Context(), repositoryFiles(), append(all, args...), strings.NewReader(""), &out, &out)
	c.t.Logf("%v: %d\n%s", args, code, &out)
	return code, out.String()
}

// caption replaces the content folder by one with a caption.
func (c *changing) caption(name, front string) {
	c.t.Helper()
	c.captions(map[string]string{name: front})
}

// captions replaces the content folder by one with captions: their front matter, by name.
func (c *changing) captions(fronts map[string]string) {
	c.t.Helper()
	content := filepath.Join(c.dir, "content")
	if err := os.RemoveAll(content); err != nil {
		c.t.Fatal(err)
	}
	files := map[string]string{"index.md": ""}
	for name, front := range fronts {
		files["images/"+name+".md"] = "---\n" + front + "\n---\n"
	}
	writeFiles(c.t, content, files)
}

// slugOf returns the slug of a picture.
func slugOf(picture int) string {
	return media.Slug(fmt.Sprintf("%x", sha256.Sum256(tinyPicture(picture).Data)))
}

// wantPublic checks which pictures everybody can see.
func (c *changing) wantPublic(pictures ...int) {
	c.t.Helper()
	var got, want []string
	for _, m := range c.public() {
		got = append(got, m.Slug)
	}
	for _, n := range pictures {
		want = append(want, slugOf(n))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		c.t.Errorf("visible are %v, want %v", got, want)
	}
}

// wantTitles checks the titles of the images that everybody can see.
func (c *changing) wantTitles(want ...string) {
	c.t.Helper()
	var got []string
	for _, m := range c.public() {
		got = append(got, m.Title)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		c.t.Errorf("titles are %q, want %q", got, want)
	}
}

// public returns the images that everybody can see.
func (c *changing) public() []gallery.Image {
	c.t.Helper()
	state, _, err := gallery.Load(os.DirFS(filepath.Join(c.dir, "out")))
	if err != nil {
		c.t.Fatal(err)
	}
	return slices.DeleteFunc(state.Images, func(m gallery.Image) bool { return m.Hidden })
}
