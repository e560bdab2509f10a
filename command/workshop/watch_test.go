package workshop

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for something that should take a moment. When it is over,
// something hangs. It says nothing about speed.
const patience = time.Minute

// watched is a folder that is worked in while it is watched.
type watched struct {
	t       *testing.T
	watcher *Watcher
}

// watchAt watches places in a folder of its own, which is the working folder.
func watchAt(t *testing.T, places ...string) *watched {
	t.Helper()
	t.Chdir(t.TempDir())
	w, err := Watch(places...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return &watched{t, w}
}

// write writes a file, and the folders that it needs.
func (w *watched) write(name string) {
	w.t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(name), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// hear waits until a name is among the changes. It returns all changes until then.
func (w *watched) hear(name string) []string {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	var all []string
	// A new folder may be reported by the files in it.
	for !slices.ContainsFunc(all, func(n string) bool { return n == name || strings.HasPrefix(n, name+"/") }) {
		changed, err := w.watcher.Wait(ctx)
		if err != nil {
			w.t.Fatalf("no change of %s is noticed, only of %q", name, all)
		}
		all = append(all, changed...)
	}
	return all
}

// TestWatch changes files in all the ways in which editors and owners do.
func TestWatch(t *testing.T) {
	w := watchAt(t, "content", "firstframe.yaml", "above/theme")
	w.write("firstframe.yaml") // none of the places existed
	w.hear("firstframe.yaml")
	w.write("content/images/a.md") // new folders
	w.hear("content")
	w.write("content/images/a.md")
	w.hear("content/images/a.md")
	w.write("above/theme/assets/style.css")
	w.hear("above/theme")
	w.write("above/theme/assets/style.css")
	w.hear("above/theme/assets/style.css")

	// An editor writes another file and puts it in place.
	for _, name := range []string{"content/images/a.md", "firstframe.yaml"} {
		w.write(name + ".tmp")
		if err := os.Rename(name+".tmp", name); err != nil {
			t.Fatal(err)
		}
		w.hear(name)
	}

	// A folder is moved away, and comes back as another one.
	if err := os.Rename("content", "elsewhere"); err != nil {
		t.Fatal(err)
	}
	w.hear("content")
	w.write("content/images/b.md")
	w.hear("content")
	w.write("content/images/b.md")
	w.hear("content/images/b.md")

	if err := os.RemoveAll("content"); err != nil {
		t.Fatal(err)
	}
	w.hear("content")
	w.write("content/index.md")
	w.hear("content")
}

// TestWatchLeavesOut changes what no site is made of. The change after it must be the only one that
// is noticed.
func TestWatchLeavesOut(t *testing.T) {
	w := watchAt(t, "content")
	w.write("content/index.md")
	w.hear("content")
	w.write("content/index.md")
	w.hear("content/index.md")
	for _, name := range []string{
		"content/index.md~", "content/.index.md.swp", "content/index.md.swx", "content/#index.md#", "content/.#index.md",
		"content/index.md___jb_tmp___", "content/.git/index", "out/index.html", "content.md",
	} {
		w.write(name)
	}
	if err := os.Chmod("content/index.md", 0o600); err != nil {
		t.Fatal(err)
	}
	w.write("content/last.md")
	for _, name := range w.hear("content/last.md") {
		if name != "content/last.md" && name != "content/index.md" { // which may have been written in two steps
			t.Errorf("a change of %s is noticed", name)
		}
	}
}

// TestWatchTogether checks that changes are reported together while nobody waits for them.
func TestWatchTogether(t *testing.T) {
	w := watchAt(t, "content")
	w.write("content/index.md")
	w.hear("content")
	for _, name := range []string{"content/a.md", "content/b.md", "content/c.md"} {
		w.write(name)
	}
	if all := w.hear("content/c.md"); !slices.Contains(all, "content/a.md") || !slices.Contains(all, "content/b.md") {
		t.Errorf("the changes are %q", all)
	}
}

// TestFollow watches other places than at the start, as after a change of the settings.
func TestFollow(t *testing.T) {
	w := watchAt(t, "content")
	if err := w.watcher.Follow("words"); err != nil {
		t.Fatal(err)
	}
	w.write("content/index.md")
	w.write("words/index.md")
	if all := w.hear("words"); slices.Contains(all, "content") {
		t.Errorf("the changes are %q", all)
	}
}
