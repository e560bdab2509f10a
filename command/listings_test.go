package command

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"firstframe/render/gallery"
	"firstframe/render/media"
)

// changing is a gallery, and a service that answers what it is told to. Its
// listings are JSON, by account, or the number of a status.
type changing struct {
	t             *testing.T
	api, dir      string
	accounts      []string
	files, videos map[string]string
	pictures      map[string][]byte // by path
	listings      int               // requests
}

func newChanging(t *testing.T, accounts ...string) *changing {
	t.Setenv("USEAPI_TOKEN", "user:1234-secret-token")
	c := &changing{t: t, dir: t.TempDir(), accounts: accounts, files: map[string]string{}, videos: map[string]string{}, pictures: map[string][]byte{}}
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
	default:
		if data, ok := c.pictures[r.URL.Path]; ok {
			w.Write(data)
		} else {
			http.NotFound(w, r)
		}
		return
	}
	c.listings++
	if status, err := strconv.Atoi(answer); err == nil {
		http.Error(w, `{"error":"no"}`, status)
		return
	}
	io.WriteString(w, firstOf(answer, query.Get("limit")))
}

// firstOf are as many items of a list as were asked for.
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

// file is the entry of an upload. The number of its picture tells its bytes.
func (c *changing) file(id string, picture int, name string) string {
	b, _ := json.Marshal(map[string]any{"file_id": id, "file_name": name, "cdn_url": c.put(picture)})
	return string(b)
}

// video is the entry of a video that was made from an upload.
func (c *changing) video(id, prompt, file string, picture int) string {
	b, _ := json.Marshal(map[string]any{
		"videoId": id, "desc": prompt, "status": 2, "originFiles": []any{map[string]any{"id": file, "url": c.put(picture)}},
	})
	return string(b)
}

// put makes a picture one that can be downloaded, and returns its address.
func (c *changing) put(picture int) string {
	path := fmt.Sprintf("/moss/prod/2024-07-%02d-10/user/%d.png", 1+picture%28, picture)
	c.pictures[path] = tinyPicture(picture).Data
	return c.api + path
}

func list(items ...string) string { return "[" + strings.Join(items, ",") + "]" }

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

// caption writes the only words there are.
func (c *changing) caption(name, front string) {
	c.t.Helper()
	content := filepath.Join(c.dir, "content")
	if err := os.RemoveAll(content); err != nil {
		c.t.Fatal(err)
	}
	writeFiles(c.t, content, map[string]string{"index.md": "", "images/" + name + ".md": "---\n" + front + "\n---\n"})
}

func slugOf(picture int) string {
	return media.Slug(fmt.Sprintf("%x", sha256.Sum256(tinyPicture(picture).Data)))
}

// wantPublic compares the numbers of the pictures that anybody can see.
func (c *changing) wantPublic(pictures ...int) {
	c.t.Helper()
	state, _, err := gallery.Load(os.DirFS(filepath.Join(c.dir, "out")))
	if err != nil {
		c.t.Fatal(err)
	}
	var got, want []string
	for _, m := range state.Images {
		if !m.Hidden {
			got = append(got, m.Slug)
		}
	}
	for _, n := range pictures {
		want = append(want, slugOf(n))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		c.t.Errorf("public are %v, want %v", got, want)
	}
}

// Once an account has a video with a source image, its other uploads are not
// published, though that image is hidden, shown again, removed, or never came,
// and no video is listed any more.
func TestUseIsRemembered(t *testing.T) {
	begin := func(t *testing.T, accounts ...string) *changing {
		c := newChanging(t, accounts...)
		account := strings.Join(accounts[:min(len(accounts), 1)], "")
		c.files[account] = list(c.file("f1", 1, "a.png"), c.file("f2", 2, "b.png"))
		c.videos[account] = list(c.video("v1", "", "f1", 1))
		c.run()
		c.wantPublic(1)
		return c
	}
	t.Run("hidden", func(t *testing.T) {
		c := begin(t)
		c.caption(slugOf(1), "hidden: true")
		c.run()
		for _, videos := range []string{"[]", "404"} {
			c.videos[""] = videos
			c.run()
			c.wantPublic()
		}
		c.caption(slugOf(1), "hidden: false")
		for range 2 {
			c.run()
			c.wantPublic(1)
		}
	})
	t.Run("hidden before it came", func(t *testing.T) {
		c := newChanging(t)
		c.files[""] = list(c.file("f3", 3, "c.png"))
		c.run()
		c.files[""], c.videos[""] = list(c.file("f1", 1, "a.png"), c.file("f2", 2, "b.png")), list(c.video("v1", "", "f1", 1))
		c.caption("a", "hidden: true")
		c.run()
		c.videos[""] = "[]"
		c.run()
		c.wantPublic(3)
	})
	t.Run("removed", func(t *testing.T) {
		c := begin(t)
		c.run("--source=both")
		c.files[""], c.videos[""] = list(c.file("f2", 2, "b.png"), c.file("f3", 3, "c.png")), list(`{"videoId":"v2"}`)
		c.run("--prune")
		c.run()
		c.wantPublic(2)
	})
	t.Run("never came", func(t *testing.T) {
		c := newChanging(t)
		c.files[""] = list(c.file("f3", 3, "c.png"))
		c.run()
		c.files[""], c.videos[""] = list(c.file("f1", 1, "a.png"), c.file("f2", 2, "b.png")), list(c.video("v1", "", "f1", 1))
		clear(c.pictures)
		c.run()
		c.videos[""] = "[]"
		c.put(1)
		c.put(2)
		c.run()
		c.wantPublic(3)
	})
	t.Run("of this account alone", func(t *testing.T) {
		c := begin(t, "1001", "1002")
		c.caption(slugOf(1), "hidden: true")
		c.run()
		c.videos["1001"], c.files["1002"] = "[]", list(c.file("g4", 4, "d.png"))
		c.run()
		c.wantPublic(4)
	})
	t.Run("listed for another account", func(t *testing.T) { // where the same picture was uploaded
		c := newChanging(t, "1001", "1002")
		c.files["1001"] = list(c.file("f1", 1, "a.png"), c.file("f2", 2, "b.png"))
		c.files["1002"] = list(c.file("g1", 1, "a.png"))
		c.videos["1001"] = list(c.video("v1", "", "f1", 1))
		c.run()
		c.files["1001"], c.videos["1001"] = list(c.file("f2", 2, "b.png")), "[]"
		c.run()
		c.wantPublic(1)
	})
}

// What cannot be read in the listing of videos may be a video with a source
// image: then the uploads of the account are not taken for used ones.
func TestUnreadableVideos(t *testing.T) {
	for _, video := range []string{
		`{"id":12,"status":2,"originFiles":[{"id":"f1","url":"x"}]}`,
		`{"videoId":"v","status":"completed","originFiles":[{"id":"f1","url":"x"}]}`,
		`{"videoId":"v","status":2,"originFiles":{"id":"f1"}}`,
		`{"videoId":"v","status":2,"originFiles":[{"id":17}]}`,
		`{"videoId":"v","status":2,"originFiles":["f1"]}`,
		`"v"`,
	} {
		c := newChanging(t)
		c.files[""] = list(c.file("f1", 1, "a.png"), c.file("f2", 2, "b.png"))
		c.videos[""] = list(video)
		for _, args := range [][]string{{"--dry-run"}, {}} {
			if code, _ := c.run(args...); code != exitFailed {
				t.Errorf("%s %v: exit code %d, want %d: nothing is known to be used", video, args, code, exitFailed)
			}
		}
		if _, err := os.Stat(filepath.Join(c.dir, "out/index.html")); err == nil {
			t.Errorf("%s: something is published", video)
		}
	}
}

// The ids of the owner's other accounts and of strangers, and what has the form
// of a token or of an address of the service, are not published with a name or a
// prompt; and they do not keep the gallery from being published.
func TestIdsInNamesAndPrompts(t *testing.T) {
	c := newChanging(t, "1234567", "7654321")
	name := "holiday 7654321.png"
	c.files["1234567"] = list(c.file("f1", 1, name), c.file("f2", 2, "b.png"), c.file("f3", 3, "user:9-minimax:8-file:7.png"))
	c.files["7654321"] = list(c.file("g1", 4, "user:1234-0123456789abcdef0123.png"))
	var videos []string
	for i, prompt := range []string{
		"as account 7654321 does", "like user:9-minimax:8-file:311111111111111111", "user:1234-0123456789abcdef0123",
		"as https://cdn.example/moss/prod/2024-10-12-05/user/multi_chat_file/a.png", "Bearer 0123456789abcdef0123",
	} {
		videos = append(videos, c.video(fmt.Sprint("v", i), prompt, "f2", 2))
	}
	c.videos["1234567"] = list(videos...)
	for _, args := range [][]string{{"--source=both", "--prompts"}, {"--check"}} {
		if code, said := c.run(args...); code != exitOK {
			t.Errorf("%v: exit code %d: %s", args, code, said)
		}
	}
	c.wantPublic(1, 2, 3, 4)
	// The owner's words find the image all the same.
	c.caption(name, "hidden: true")
	c.run("--source=both")
	c.wantPublic(2, 3, 4)
}

// A name that was published before it was known to be private is taken back.
func TestNameBecomesPrivate(t *testing.T) {
	c := newChanging(t, "1234567")
	c.files["1234567"] = list(c.file("f1", 1, "holiday 7654321.png"))
	c.run()
	c.accounts = append(c.accounts, "7654321")
	for _, args := range [][]string{{}, {"--check"}} {
		if code, said := c.run(args...); code != exitOK {
			t.Errorf("%v: exit code %d: %s", args, code, said)
		}
	}
}

// A picture that is saved from the gallery has the slug for its name. Uploaded
// again, it is another one than that of the slug.
func TestCaptionBySlugIsOfOne(t *testing.T) {
	c := newChanging(t)
	c.files[""] = list(c.file("f1", 1, "a.png"), c.file("f2", 2, slugOf(1)+".jpg"), c.file("f3", 3, "c.png"))
	c.caption(slugOf(1), "hidden: true")
	for range 2 { // as a new image, and as one that was hidden before
		c.run()
		c.wantPublic(2, 3)
		c.files[""] = list(c.file("f2", 2, slugOf(1)+".jpg"), c.file("f3", 3, "c.png"))
	}
	// Where there is no image of such a slug, it is a name like others.
	c.files[""] = list(c.file("f2", 2, slugOf(1)+".jpg"), c.file("f3", 3, "c.png"), c.file("f4", 4, slugOf(9)+".jpg"))
	c.caption(slugOf(9), "hidden: true")
	c.run()
	c.wantPublic(2, 3)
}

// Where one of the accounts has nothing in a listing, images that were in it may
// be that account's.
func TestPruneWithEmptyAccount(t *testing.T) {
	c := newChanging(t, "1001=One", "1002")
	c.files["1001"] = list(c.file("f1", 1, "a.png"), c.file("f2", 2, "b.png"))
	c.files["1002"] = list(c.file("g3", 3, "c.png"), c.file("g4", 4, "d.png"), c.file("g5", 5, "e.png"))
	c.videos["1001"] = list(`{"videoId":"v","status":2}`)
	c.run()
	c.files["1001"] = "[]"
	if code, _ := c.run("--prune"); code != exitGuarded {
		t.Errorf("exit code %d, want %d", code, exitGuarded)
	}
	c.wantPublic(1, 2, 3, 4, 5)
	// Unless a label says that it is not.
	c.files["1001"], c.files["1002"] = list(c.file("f1", 1, "a.png")), "[]"
	c.videos["1002"] = list(c.video("w", "", "g3", 3), c.video("x", "", "g4", 4), c.video("y", "", "g5", 5))
	if code, _ := c.run("--prune"); code != exitOK {
		t.Errorf("exit code %d, want %d", code, exitOK)
	}
	c.wantPublic(1, 3, 4, 5)
}

// An image that a video was made from was in the listing of videos, too. While
// that has nothing, or is not there, the image may be in it.
func TestPruneWithoutVideos(t *testing.T) {
	for _, videos := range []string{"[]", "404"} {
		c := newChanging(t)
		c.files[""] = list(c.file("f1", 1, "a.png"), c.file("f2", 2, "b.png"), c.file("f3", 3, "c.png"))
		c.videos[""] = list(c.video("v1", "", "f1", 1))
		c.run("--source=both")
		c.files[""], c.videos[""] = list(c.file("f2", 2, "b.png"), c.file("f3", 3, "c.png")), videos
		if code, _ := c.run("--prune"); code != exitGuarded {
			t.Errorf("%s: exit code %d, want %d", videos, code, exitGuarded)
		}
		c.wantPublic(1, 2, 3)
		// Of what no video was made from, files says enough.
		c.files[""] = list(c.file("f1", 1, "a.png"), c.file("f2", 2, "b.png"))
		if code, _ := c.run("--prune"); code != exitOK {
			t.Errorf("%s: exit code %d, want %d", videos, code, exitOK)
		}
		c.wantPublic(1, 2)
	}
}

// A dry run says what a run would do where the service refuses and something is
// hidden, and of images that cannot be made again.
func TestDryRunIsTrue(t *testing.T) {
	c := newChanging(t)
	same := func(want int, args ...string) {
		t.Helper()
		var results [2]result
		for i, more := range []string{"--dry-run", "--quiet"} {
			code, said := c.run(append(args, "--json", "--quiet", more)...)
			if err := json.Unmarshal([]byte(said), &results[i]); err != nil || code != want {
				t.Fatalf("%s: exit code %d, want %d: %v: %s", more, code, want, err, said)
			}
		}
		dry, real := results[0], results[1]
		if dry.Changed != real.Changed || dry.Images != real.Images || dry.New != real.New || dry.Remade != real.Remade || dry.Failed != real.Failed {
			t.Errorf("%v: %+v, want %+v", args, dry, real)
		}
	}
	c.files[""] = list(c.file("f1", 1, "a.png"), c.file("f2", 2, "b.png"), c.file("f3", 3, "c.png"))
	same(exitOK)
	c.caption("a", "hidden: true")
	c.files[""] = "402"
	same(exitIncomplete)
	c.files[""] = list(c.file("f2", 2, "b.png"))
	same(exitOK)
	if err := os.RemoveAll(filepath.Join(c.dir, "cache")); err != nil {
		t.Fatal(err)
	}
	same(exitOK, "--widths=5")
	same(exitOK, "--widths=5") // nothing new
}

// The order in a listing does not matter, nor does that of the accounts, also
// where a listing has a file twice and says two things of it.
func TestListingOrder(t *testing.T) {
	for _, source := range []string{"both", "auto", "videos"} {
		var first map[string]string
		for seed := range 8 {
			c := newChanging(t, "1001", "1002")
			if seed%2 == 1 {
				slices.Reverse(c.accounts)
			}
			for a, account := range []string{"1001", "1002"} {
				c.shuffled(account, 5*a, rand.New(rand.NewPCG(uint64(seed), 1)))
			}
			c.run("--source="+source, "--prompts")
			site := map[string]string{}
			tree, err := snapshotTree(filepath.Join(c.dir, "out"))
			if err != nil {
				t.Fatal(err)
			}
			for name, entry := range tree {
				site[name] = entry[strings.LastIndex(entry, " "):]
			}
			if first == nil {
				first = site
			}
			for name := range site {
				if site[name] != first[name] || len(site) != len(first) {
					t.Errorf("%s, seed %d: %s is another one", source, seed, name)
				}
			}
		}
	}
}

// shuffled lists uploads and videos, some pictures in both accounts, in any order.
func (c *changing) shuffled(account string, from int, random *rand.Rand) {
	files := []string{c.file(account+"-1", 30, "other.png"), c.file(account+"-1", 31, "another.png")}
	var videos []string
	for n := range 8 {
		files = append(files, c.file(fmt.Sprint(account, "-", n), (n+from)%9, fmt.Sprint(n%5, ".png")))
		videos = append(videos, c.video(fmt.Sprint(account, "v", n), fmt.Sprint("prompt ", n), fmt.Sprint(account, "-", n/2), (n/2+from)%9))
	}
	for _, items := range [][]string{files, videos} {
		random.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
	}
	c.files[account], c.videos[account] = list(files...), list(videos...)
}

// A second upload of an image that only the videos had is all the same after one
// run: the next one has nothing to write.
func TestSecondUploadSettlesAtOnce(t *testing.T) {
	c := newChanging(t)
	c.videos[""] = list(c.video("v1", "", "f1", 1))
	c.run()
	c.files[""] = list(c.file("f2", 1, "a.png"), c.file("f3", 3, "c.png"))
	c.run("--source=files")
	if code, said := c.run("--source=files"); code != exitOK || !strings.HasPrefix(said, "nothing new") {
		t.Errorf("exit code %d: %s", code, said)
	}
}

// More uploads than are asked for at first, most of them not published, are
// asked for with as many requests by every run.
func TestManyUnusedUploads(t *testing.T) {
	c := newChanging(t)
	var files []string
	for n := range 2500 {
		files = append(files, c.file(fmt.Sprint("f", n), n%10, ""))
	}
	c.files[""], c.videos[""] = list(files...), list(c.video("v1", "", "f1", 1))
	c.run()
	c.listings = 0
	if _, said := c.run(); !strings.HasPrefix(said, "nothing new: 1 image in ") || !strings.Contains(said, "2,499 unused uploads") {
		t.Error(said)
	}
	if c.listings != 3+2 {
		t.Errorf("there were %d requests, want 3 for files and 2 for videos", c.listings)
	}
}

// An image that is to be shown again, and cannot be, is named; the last one, too.
func TestShownAgainButNotListed(t *testing.T) {
	c := newChanging(t)
	c.files[""] = list(c.file("f1", 1, "a.png"))
	c.run()
	c.caption(slugOf(1), "hidden: true")
	c.run()
	c.files[""] = "[]"
	c.caption(slugOf(1), "hidden: false")
	for _, args := range [][]string{{"--dry-run"}, {}} {
		if code, said := c.run(args...); code != exitOK || !strings.Contains(said, "1 hidden image is not shown again") || !strings.Contains(said, slugOf(1)) {
			t.Errorf("%v: exit code %d: %s", args, code, said)
		}
	}
	c.files[""] = list(c.file("f9", 1, "z.png"))
	if code, said := c.run(); code != exitOK || strings.Contains(said, "warning") {
		t.Errorf("exit code %d: %s", code, said)
	}
	c.wantPublic(1)
}
