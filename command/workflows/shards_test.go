package workflows

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"firstframe/fetch/fetchtest"
	"firstframe/render/gallery"
	"firstframe/render/slowtest"
)

// TestShardsWorkflow makes the parts on eight machines. Then the workflow of the gallery publishes
// them without downloads. If a part fails, nothing is published.
func TestShardsWorkflow(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	names := strings.Fields("a.jpg b.jpg c.jpg d.jpg e.jpg f.jpg g.jpg h.jpg i.jpg j.jpg")
	s := h.serve(names...)
	s.FailListing(1, fetchtest.Answer(402, `{"error":"expired"}`))
	got := h.run(shardsWorkflow)
	if got["parts"] != "failure" || got["gallery"] != "skipped" || h.live != "" {
		t.Fatalf("the jobs are %v\n%s", got, h.log)
	}
	before := s.Downloads()
	got = h.run(shardsWorkflow)
	if got["gallery"] != "success" || h.deployed != 1 {
		t.Fatalf("the jobs are %v\n%s", got, h.log)
	}
	if n := s.Downloads() - before; n != len(names) {
		t.Errorf("there were %d downloads, want %d", n, len(names))
	}
	if got := h.images(); !slices.Equal(got, names) {
		t.Errorf("published are %s, want %s", got, names)
	}
	if got := h.run(galleryWorkflow); got["build"] != "success" || h.deployed != 1 {
		t.Errorf("the next night: %v, %d deployments\n%s", got, h.deployed, h.log)
	}
}

// TestPartsHideWhatIsHidden looks into the parts. Everybody can download them, so they must not
// hold what the published site hides.
func TestPartsHideWhatIsHidden(t *testing.T) {
	t.Parallel()
	slowtest.Skip(t)
	h := newHost(t)
	h.serve("a.jpg", "b.jpg")
	h.hide("b.md")
	h.run(galleryWorkflow)
	h.repository = ""
	if got := h.run(shardsWorkflow); got["gallery"] != "success" {
		t.Fatalf("the jobs are %v\n%s", got, h.log)
	}
	if got := strings.TrimSpace(strings.Join(h.images(), " ")); got != "a.jpg" { // the hidden one has no name
		t.Errorf("published are %s, want a.jpg", got)
	}
	parts := 0
	for name, dir := range h.uploads {
		if !strings.HasPrefix(name, "part-") {
			continue
		}
		state, _, err := gallery.Load(os.DirFS(dir))
		check(t, err)
		for _, m := range state.Images {
			if parts++; m.Name == "b.jpg" {
				t.Errorf("%s holds a hidden image", name)
			}
		}
	}
	if parts == 0 {
		t.Error("no part has an image")
	}
}

// TestPartsInRepository commits files in the folders of the parts. They must not get into an
// artifact.
func TestPartsInRepository(t *testing.T) {
	t.Parallel()
	slowtest.Skip(t)
	h := newHost(t)
	h.serve("a.jpg", "b.jpg", "c.jpg")
	h.repository = t.TempDir()
	for _, dir := range []string{"part", "parts/part-1"} {
		check(t, os.MkdirAll(filepath.Join(h.repository, dir), 0o755))
		check(t, os.WriteFile(filepath.Join(h.repository, dir, "gallery.json"), []byte(`{"version":1,"images":[]}`), 0o644))
		check(t, os.WriteFile(filepath.Join(h.repository, dir, "shard.json"), []byte(`{"shard":1,"of":3}`), 0o644))
		check(t, os.Symlink("/etc/hostname", filepath.Join(h.repository, dir, "stolen.txt")))
	}
	got := h.run(shardsWorkflow)
	h.check("with parts in the repository", "a.jpg b.jpg c.jpg", got)
	for name, dir := range h.uploads {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			continue
		}
		check(t, filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && !d.Type().IsRegular() {
				t.Errorf("the artifact %s holds %s", name, file)
			}
			return err
		}))
	}
}
