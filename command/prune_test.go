package command

import "testing"

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
