package command

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestUseIsRemembered checks the rule for unused uploads: once an account has a video with a source
// image, its other uploads are not published. This still holds after that image is hidden, shown
// again or removed, if it never arrived, and when no video is listed any more.
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
	t.Run("hidden before it arrived", func(t *testing.T) {
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
	t.Run("never arrived", func(t *testing.T) {
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

// TestUnreadableVideos lists videos that cannot be read. Such a video may have a source image, so
// the uploads of the account do not count as used.
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

// TestManyUnusedUploads lists more uploads than the first request asks for. Most are not published.
// Every run must need the same number of requests.
func TestManyUnusedUploads(t *testing.T) {
	c := newChanging(t)
	var files []string
	for n := range 2500 {
		files = append(files, c.file(fmt.Sprint("f", n), n%10, ""))
	}
	c.files[""], c.videos[""] = list(files...), list(c.video("v1", "", "f1", 1))
	c.run()
	c.listings.Store(0)
	if _, said := c.run(); !strings.HasPrefix(said, "nothing new: 1 image in ") || !strings.Contains(said, "2,499 unused uploads") {
		t.Error(said)
	}
	if c.listings.Load() != 3+2 {
		t.Errorf("there were %d requests, want 3 for files and 2 for videos", c.listings.Load())
	}
}
