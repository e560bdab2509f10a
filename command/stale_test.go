package command

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"firstframe/fetch/fetchtest"
)

// published runs the gallery's workflow with these inputs and checks what is published afterwards.
func (h *host) published(name, images string, inputs map[string]any) {
	h.t.Helper()
	h.inputs = inputs
	got := h.run(galleryWorkflow)
	h.check(name, images, got)
}

func (h *host) check(name, images string, conclusions map[string]string) {
	h.t.Helper()
	if got := strings.Join(h.images(), " "); got != images {
		h.t.Errorf("%s: %q are published, want %q; the jobs are %v\n%s", name, got, images, conclusions, h.log)
	}
}

// Whoever builds a gallery at home and commits all that is there commits out/,
// too. It is old tomorrow, and a change that somebody proposes could bring links
// in it: it is no more than what a first run begins with.
func TestSiteInRepository(t *testing.T) {
	t.Parallel()
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
	hide := filepath.Join(h.repository, "content", "images", "b.md")
	check(t, os.MkdirAll(filepath.Dir(hide), 0o755))
	check(t, os.WriteFile(hide, []byte("---\nhidden: true\n---\n"), 0o644))
	h.published("one is hidden", " a.jpg c.jpg d.jpg", nil)
	check(t, os.Remove(hide))
	h.evict("")
	h.published("it was visible at home", " a.jpg c.jpg d.jpg", nil)

	live := h.live
	h.live = ""
	h.evict("site-")
	h.inputs = nil
	if got := h.run(galleryWorkflow); h.live != "" || !strings.Contains(h.log, "although one was published before") {
		t.Errorf("the site is gone, and an old one is published: %v\n%s", got, h.log)
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

// What the repository has in the place of the parts goes into no artifact.
func TestPartsInRepository(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.serve("a.jpg", "b.jpg", "c.jpg")
	h.repository = t.TempDir()
	for _, dir := range []string{"part", "parts/part-1"} {
		check(t, os.MkdirAll(filepath.Join(h.repository, dir), 0o755))
		check(t, os.WriteFile(filepath.Join(h.repository, dir, "gallery.json"), []byte(`{"version":1,"images":[]}`), 0o644))
		check(t, os.WriteFile(filepath.Join(h.repository, dir, partName), []byte(`{"shard":1,"of":3}`), 0o644))
		check(t, os.Symlink("/etc/hostname", filepath.Join(h.repository, dir, "stolen.txt")))
	}
	got := h.run("../.github/workflows/shards.yml")
	h.check("with parts in the repository", "a.jpg b.jpg c.jpg", got)
	for name, dir := range h.uploads {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			continue
		}
		check(t, filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && !d.Type().IsRegular() {
				t.Errorf("the artifact %s has %s", name, file)
			}
			return err
		}))
	}
}

// A cache that could not be saved leaves an older one behind. What was removed
// or hidden since does not come back with it.
func TestOldCache(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	s := h.serve("a.jpg", "b.jpg", "c.jpg")
	lose := func() { // what the last run has put into the cache
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
		t.Errorf("an empty folder is in the cache, in front of one that could be needed\n%s", h.log)
	}
	h.closed = false
	h.published("the night after", "a.jpg b.jpg", nil)
	h.published("with the cache again", "a.jpg b.jpg", nil)
	if strings.Contains(h.log, "restored") {
		t.Errorf("all is downloaded every night\n%s", h.log)
	}

	hide := func(name string) {
		h.repository = t.TempDir()
		check(t, os.MkdirAll(filepath.Join(h.repository, "content", "images"), 0o755))
		check(t, os.WriteFile(filepath.Join(h.repository, "content", "images", name), []byte("---\nhidden: true\n---\n"), 0o644))
	}
	hide("b.md")
	h.published("one is hidden", " a.jpg", nil)
	lose()
	h.repository = ""
	h.published("and its file deleted", " a.jpg", nil)
	lose()
	h.evict("published-") // the site itself says what is hidden
	h.published("and nobody knows of a site", " a.jpg", nil)
	setNames(s, "d.jpg")
	h.published("with a new one", " a.jpg d.jpg", nil)
	hide("d.md")
	h.broken = true
	h.published("that is hidden, which cannot be deployed", " a.jpg d.jpg", nil)
	h.repository, h.broken = "", false
	h.published("it can again, and its file is deleted", "  a.jpg", nil)
	lose()
	h.live = ""
	if got := h.run(galleryWorkflow); h.live != "" || !strings.Contains(h.log, "start-anew") {
		t.Errorf("the site is gone, and an older one is published: %v\n%s", got, h.log)
	}
}

// A state that is cut on its way does not make an older cache look whole.
func TestCutPublishedState(t *testing.T) {
	t.Parallel()
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

// "Re-run failed jobs" of an older run takes over what that run had found: when
// a newer one has published since, it would publish less than there is.
func TestRerun(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	s := h.serve("a.jpg", "b.jpg")
	h.published("the first", "a.jpg b.jpg", nil)

	setNames(s, "b.jpg", "c.jpg")
	h.broken = true
	h.published("it cannot be deployed", "a.jpg b.jpg", nil)
	undeployed := h.now
	h.broken = false
	h.check("it can again", "a.jpg b.jpg c.jpg", h.rerun(galleryWorkflow, undeployed))

	h.broken = true
	setNames(s, "c.jpg", "d.jpg")
	h.published("it cannot be deployed once more", "a.jpg b.jpg c.jpg", nil)
	undeployed, h.broken = h.now, false
	s.FailListing(1, fetchtest.Answer(402, `{"error":"expired"}`))
	h.published("the service refuses", "a.jpg b.jpg c.jpg", nil)
	unbuilt := h.now
	setNames(s, "d.jpg", "e.jpg")
	h.published("all is well", "a.jpg b.jpg c.jpg d.jpg e.jpg", nil)
	setNames(s, "e.jpg")
	for _, old := range []*attempt{undeployed, unbuilt} {
		got := h.rerun(galleryWorkflow, old)
		h.check("an old run again", "a.jpg b.jpg c.jpg d.jpg e.jpg", got)
		if !strings.Contains(h.log, "Re-run all jobs") {
			t.Errorf("it does not say what to do: %v\n%s", got, h.log)
		}
	}
	setNames(s, "f.jpg")
	h.published("the next night", "a.jpg b.jpg c.jpg d.jpg e.jpg f.jpg", nil)

	s.FailListing(1, fetchtest.Answer(402, `{"error":"expired"}`))
	h.published("the service refuses", "a.jpg b.jpg c.jpg d.jpg e.jpg f.jpg", nil)
	setNames(s, "g.jpg")
	h.check("nothing was published since", "a.jpg b.jpg c.jpg d.jpg e.jpg f.jpg g.jpg", h.rerun(galleryWorkflow, h.now))
}

// Who asks for a new beginning, with or without the cache, has been told that the site is gone. If it
// is not, nothing gets lost.
func TestStartAnewWithSite(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	s := h.serve("a.jpg", "b.jpg")
	h.published("the first", "a.jpg b.jpg", nil)
	setNames(s, "c.jpg")
	h.published("without the cache", "a.jpg b.jpg c.jpg", map[string]any{"rebuild": true, "start-anew": true})
	if !strings.Contains(h.log, "::warning title=The site is not gone::") {
		t.Errorf("it does not say why\n%s", h.log)
	}
	h.evict("site-")
	setNames(s, "d.jpg")
	h.published("with no cache", "a.jpg b.jpg c.jpg d.jpg", map[string]any{"start-anew": true})
	h.live, h.caches = "", nil
	h.published("it is gone", "d.jpg", map[string]any{"rebuild": true, "start-anew": true})
}
