package workflows

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"firstframe/render/slowtest"
)

// TestSiteInRepository commits the folder out/. Owners do that when they build a gallery at home
// and commit everything. The folder gets old, and somebody could propose a change with links in it.
// So only a first run may use it.
func TestSiteInRepository(t *testing.T) {
	t.Parallel()
	slowtest.Skip(t)
	h := newHost(t)
	s := h.serve("a.jpg", "b.jpg")
	h.published("at home", "a.jpg b.jpg", nil)
	h.repository = t.TempDir()
	check(t, os.Rename(h.live, filepath.Join(h.repository, "out")))
	h.live, h.caches = "", nil

	setNames(s, "b.jpg", "c.jpg")
	h.published("a first run", "a.jpg b.jpg c.jpg", nil)
	setNames(s, "d.jpg")
	h.published("with the cache", "a.jpg b.jpg c.jpg d.jpg", nil)
	h.evict("site-")
	h.published("without it", "a.jpg b.jpg c.jpg d.jpg", nil)
	h.published("with rebuild", "a.jpg b.jpg c.jpg d.jpg", map[string]any{"rebuild": true})
	h.evict("")
	h.published("without any", "a.jpg b.jpg c.jpg d.jpg", nil)
	h.hide("b.md")
	h.published("one is hidden", " a.jpg c.jpg d.jpg", nil)
	check(t, os.Remove(filepath.Join(h.repository, "content", "images", "b.md")))
	h.evict("")
	h.published("it was visible at home", " a.jpg c.jpg d.jpg", nil)

	live := h.live
	h.live = ""
	h.evict("site-")
	h.inputs = nil
	if got := h.run(galleryWorkflow); h.live != "" || !strings.Contains(h.log, "although one was published before") {
		t.Errorf("the site is gone, but an old one is published: %v\n%s", got, h.log)
	}
	h.live = live
	check(t, os.Symlink("/etc/hostname", filepath.Join(h.repository, "out", "stolen.txt")))
	h.published("with a link", " a.jpg c.jpg d.jpg", nil)
	h.live, h.caches = "", nil
	h.published("with a link, the first run", "d.jpg", nil)
	if _, err := os.Lstat(filepath.Join(h.live, "stolen.txt")); err == nil {
		t.Error("a file of the machine is published")
	}
}

// TestOldCache runs with an older cache, as if saving the newest cache had failed. Images that were
// removed or hidden since then must not come back.
func TestOldCache(t *testing.T) {
	t.Parallel()
	slowtest.Skip(t)
	h := newHost(t)
	s := h.serve("a.jpg", "b.jpg", "c.jpg")
	lose := func() { // loses what the last run saved
		h.caches = slices.DeleteFunc(h.caches, func(c cacheEntry) bool {
			return strings.HasPrefix(c.key, "site-") && strings.HasSuffix(c.key, "-"+strconv.Itoa(h.runs)+"-1")
		})
	}
	h.published("the first", "a.jpg b.jpg c.jpg", nil)
	setNames(s, "a.jpg", "b.jpg")
	h.published("one is pruned", "a.jpg b.jpg", map[string]any{"prune": "guarded"})
	lose()
	h.closed = true
	saved := len(h.caches)
	h.published("the next night, and the site cannot be read", "a.jpg b.jpg", nil)
	if len(h.caches) != saved {
		t.Errorf("an empty folder is in the cache. It hides an older one that may be needed\n%s", h.log)
	}
	h.closed = false
	h.published("the night after", "a.jpg b.jpg", nil)
	h.published("with the cache again", "a.jpg b.jpg", nil)
	if strings.Contains(h.log, "restored") {
		t.Errorf("everything is downloaded every night\n%s", h.log)
	}

	h.hide("b.md")
	h.published("one is hidden", " a.jpg", nil)
	lose()
	h.repository = ""
	h.published("and its file deleted", " a.jpg", nil)
	lose()
	h.evict("published-") // the site itself says what is hidden
	h.published("and nobody knows of a site", " a.jpg", nil)
	setNames(s, "d.jpg")
	h.published("with a new one", " a.jpg d.jpg", nil)
	h.hide("d.md")
	h.broken = true
	h.published("d.jpg is hidden, but the deployment fails", " a.jpg d.jpg", nil)
	h.repository, h.broken = "", false
	h.published("the deployment works again, without the caption", "  a.jpg", nil)
	lose()
	h.live = ""
	if got := h.run(galleryWorkflow); h.live != "" || !strings.Contains(h.log, "start-anew") {
		t.Errorf("the site is gone, but an older one is published: %v\n%s", got, h.log)
	}
}

// TestCutPublishedState cuts the published state while it is downloaded. The older cache must not
// be used.
func TestCutPublishedState(t *testing.T) {
	t.Parallel()
	slowtest.Skip(t)
	h := newHost(t)
	s := h.serve("a.jpg", "b.jpg")
	h.published("the first", "a.jpg b.jpg", nil)
	old := slices.Clone(h.caches)
	setNames(s, "b.jpg", "c.jpg")
	h.published("the second", "a.jpg b.jpg c.jpg", nil)
	h.caches, h.cut = slices.DeleteFunc(old, func(c cacheEntry) bool { return strings.HasPrefix(c.key, "published-") }), true
	setNames(s, "d.jpg")
	h.published("with an older cache", "a.jpg b.jpg c.jpg", nil)
}

// TestPoisonedCache restores caches that an attacker made: anything that runs on the main branch
// can write one. Such a cache can take over the machine that unpacks it, or contain links to files
// of another machine.
func TestPoisonedCache(t *testing.T) {
	t.Parallel()
	slowtest.Skip(t)
	for name, poison := range map[string]func(dir string) error{
		"nothing more": func(string) error { return nil },
		"a link":       func(dir string) error { return os.Symlink("/etc/hostname", filepath.Join(dir, "stolen.txt")) },
		"a linked folder": func(dir string) error {
			return cmp.Or(os.RemoveAll(filepath.Join(dir, "media")), os.Symlink("/etc", filepath.Join(dir, "media")))
		},
		"a pipe": func(dir string) error { return exec.Command("mkfifo", filepath.Join(dir, "pipe.txt")).Run() },
	} {
		h := newHost(t)
		s := h.serve("a.jpg", "b.jpg")
		h.run(galleryWorkflow)
		i := slices.IndexFunc(h.caches, func(c cacheEntry) bool { return strings.HasPrefix(c.key, "site-") })
		bad := cacheEntry{h.caches[i].key + "0", t.TempDir(), true}
		check(t, copyTree(h.caches[i].dir, bad.dir))
		check(t, poison(bad.dir))
		h.caches = append(h.caches, bad)
		setNames(s, "b.jpg", "c.jpg")
		if got := h.run(galleryWorkflow); got["build"] != "success" || got["deploy"] != "success" {
			t.Errorf("%s: the jobs are %v\n%s", name, got, h.log)
		}
		if h.loot == "" || strings.Contains(h.loot, "secret-token") {
			t.Errorf("%s: the machine with the cache has the token, or no machine unpacked it", name)
		}
		if got := strings.Join(h.images(), " "); got != "a.jpg b.jpg c.jpg" {
			t.Errorf("%s: published are %s", name, got)
		}
		for _, file := range []string{"stolen.txt", "media/hostname"} {
			if _, err := os.Lstat(filepath.Join(h.live, file)); err == nil {
				t.Errorf("%s: %s is published", name, file)
			}
		}
	}
}
