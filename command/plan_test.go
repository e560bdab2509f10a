package command

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDryRunIsTrue compares dry runs with real runs: when the service refuses and something is
// hidden, and when images cannot be made again.
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

// TestSecondUploadSettlesAtOnce uploads an image that only videos had before. After one run, the
// next run has nothing to write.
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
