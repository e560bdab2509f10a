package command

import (
	"strings"
	"testing"
)

// TestCaptionBySlugIsOfOne uploads a picture that was saved from the gallery. Its name is a slug,
// but the caption of that slug belongs to another image.
func TestCaptionBySlugIsOfOne(t *testing.T) {
	c := newChanging(t)
	c.files[""] = list(c.file("f1", 1, "a.png"), c.file("f2", 2, slugOf(1)+".jpg"), c.file("f3", 3, "c.png"))
	c.caption(slugOf(1), "hidden: true")
	for range 2 { // first as a new image, then as one that was hidden before
		c.run()
		c.wantPublic(2, 3)
		c.files[""] = list(c.file("f2", 2, slugOf(1)+".jpg"), c.file("f3", 3, "c.png"))
	}
	// If no image has this slug, it is a name like others.
	c.files[""] = list(c.file("f2", 2, slugOf(1)+".jpg"), c.file("f3", 3, "c.png"), c.file("f4", 4, slugOf(9)+".jpg"))
	c.caption(slugOf(9), "hidden: true")
	c.run()
	c.wantPublic(2, 3)
}

// TestShownAgainButNotListed shows an image again that is no longer listed. A warning must name it,
// even if it is the last one.
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

// TestWordsStayWithoutNames hides an image while the service refuses. The names of the files are
// then unknown, and the state contains none that is private. The words of the other images must
// stay, also those of captions by such a name.
func TestWordsStayWithoutNames(t *testing.T) {
	c := newChanging(t)
	c.files[""] = list(
		c.file("f1", 1, "123456789012345678.png"),                // may be an id, so it is private
		c.file("f2", 2, "b again.png"), c.file("f3", 2, "b.png"), // the state has only the second name
		c.file("f4", 4, "d.png"), c.file("f5", 5, "e.png"),
	)
	names := []string{"123456789012345678", "b again", "d"}
	c.captions(map[string]string{names[0]: "title: One", names[1]: "title: Two", names[2]: "title: Four"})
	c.run()
	c.wantTitles("One", "Two", "Four", "E")
	c.files[""] = "402"
	c.captions(map[string]string{names[0]: "title: One", names[1]: "title: Two", "e": "hidden: true"})
	if code, said := c.run(); code != exitIncomplete || strings.Contains(said, names[0]) {
		t.Errorf("exit code %d: %s", code, said)
	}
	c.wantTitles("One", "Two", "D")

	// Without a caption that could be about them, the words go.
	c.captions(map[string]string{slugOf(4): "hidden: true"})
	c.run()
	c.wantTitles("", "B")
}
