package command

import "testing"

// TestPruneWithEmptyAccount prunes while an account has nothing in a listing. Missing images may
// belong to that account.
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
	// A label says that an image belongs to another account.
	c.files["1001"], c.files["1002"] = list(c.file("f1", 1, "a.png")), "[]"
	c.videos["1002"] = list(c.video("w", "", "g3", 3), c.video("x", "", "g4", 4), c.video("y", "", "g5", 5))
	if code, _ := c.run("--prune"); code != exitOK {
		t.Errorf("exit code %d, want %d", code, exitOK)
	}
	c.wantPublic(1, 3, 4, 5)
}

// TestPruneWithoutVideos prunes while the listing of videos is empty or missing. An image that a
// video was made from was in that listing, too, so it may still exist.
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
		// For an image that no video was made from, the listing of files is enough.
		c.files[""] = list(c.file("f1", 1, "a.png"), c.file("f2", 2, "b.png"))
		if code, _ := c.run("--prune"); code != exitOK {
			t.Errorf("%s: exit code %d, want %d", videos, code, exitOK)
		}
		c.wantPublic(1, 2)
	}
}
