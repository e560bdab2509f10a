package command

import (
	"os"
	"path/filepath"
	"testing"

	"firstframe/render/gallery"
)

// TestShownAgainOffline shows a hidden image again without the service. Its date and its source are
// unknown then. The next run with a listing must give the same state as in a gallery that was never
// without the service.
func TestShownAgainOffline(t *testing.T) {
	for _, source := range []string{sourceFiles, sourceVideos, sourceImages, sourceBoth} {
		t.Run(source, func(t *testing.T) {
			hidden := func() *changing {
				c := newChanging(t)
				c.files[""] = list(c.file("f1", 1, "a.png"), c.file("f2", 2, "b.png"), c.file("f3", 1, "c.png"))
				c.videos[""] = list(c.video("v1", "", "f1", 1), c.video("v2", "", "f2", 2))
				c.images[""] = list(c.image("i1", "", "f1", 1, 1), c.image("i2", "", "f2", 2, 2))
				c.run("--source", source)
				c.caption(slugOf(1), "hidden: true")
				c.run("--source", source)
				c.wantPublic(2)
				c.caption(slugOf(1), "hidden: false")
				return c
			}
			state := func(c *changing) string {
				c.run("--source", source)
				data, err := os.ReadFile(filepath.Join(c.dir, "out", gallery.StateName))
				must(t, err)
				return string(data)
			}
			want := state(hidden())
			c := hidden()
			if code, said := c.run("--offline", "--dry-run"); code != exitOK {
				t.Errorf("exit code %d: %s", code, said)
			}
			c.wantPublic(2)
			for range 2 {
				if code, said := c.run("--offline"); code != exitOK {
					t.Errorf("exit code %d: %s", code, said)
				}
				c.wantPublic(1, 2)
			}
			for range 2 {
				if got := state(c); got != want {
					t.Errorf("the state is\n%s\nwant\n%s", got, want)
				}
			}
		})
	}
}
