package command

import (
	"strings"
	"testing"
)

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
