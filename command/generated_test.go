package command

import (
	"slices"
	"strings"
	"testing"
	"time"

	"firstframe/render/gallery"
)

// TestGeneratedIsOneImage lists a picture that the service made as an image, as a file and as the
// source image of a video, in several orders. It must be one image, downloaded once, with what all
// listings say.
func TestGeneratedIsOneImage(t *testing.T) {
	asFile, asVideo, asImage := "--source=files", "--source=videos", "--source=images"
	for _, order := range [][]string{
		{"--source=both"}, {asImage, asFile, asVideo}, {asFile, asImage, asVideo}, {asVideo, asImage, asFile}, {asVideo, "--source=both"}, {asFile, "--source=both"},
		{asImage, "--source=both"}, {"--source=auto", "--source=both"},
	} {
		c := newChanging(t)
		c.files[""] = list(c.file("f1", 1, "beach.png"))
		c.videos[""] = list(c.video("v1", "it moves", "f1", 1))
		c.images[""] = list(c.image("i1", "a beach", "f1", 1, 5))
		for _, source := range order {
			if code, said := c.run(source); code != exitOK {
				t.Fatalf("%v, %s: exit code %d: %s", order, source, code, said)
			}
		}
		c.wantPublic(1)
		m := c.public()[0]
		if c.downloads.Load() != 1 || m.Name != "beach.png" || m.Source != sourceFiles || !m.Uploaded.Equal(time.Date(2025, 3, 1, 5, 0, 0, 0, time.UTC)) ||
			len(m.Videos) != 1 || len(m.Keys) != 1 || m.Generated == nil || m.Generated.Model != "image-01" || m.Generated.Batch == "" || m.Generated.Prompt != "" {
			t.Errorf("%v: got %d downloads and %+v with %+v", order, c.downloads.Load(), m, m.Generated)
		}
		if _, said := c.run("--source=both"); !strings.HasPrefix(said, "nothing new") {
			t.Errorf("%v: %s", order, said)
		}
	}
}

// TestGeneratedBecomesAFile lists a picture before it is a file, and then with the id of its file. It
// stays one image, and is not downloaded again, also if the listing forgets the file's id again. A
// hidden one stays hidden.
func TestGeneratedBecomesAFile(t *testing.T) {
	for _, hidden := range []bool{false, true} {
		c := newChanging(t)
		before, after := list(c.image("i1", "a beach", "", 1, 5), c.image("i2", "a sea", "", 2, 6)), list(c.image("i1", "a beach", "f1", 1, 5), c.image("i2", "a sea", "f2", 2, 6))
		want := []int{1, 2}
		c.images[""] = before
		c.run("--source=images")
		if hidden {
			c.caption(slugOf(1), "hidden: true")
			want = []int{2}
		}
		c.images[""], c.files[""] = after, list(c.file("f1", 1, "a.png"))
		for range 2 {
			c.run("--source=both")
			c.wantPublic(want...)
		}
		if c.downloads.Load() != 2 {
			t.Errorf("hidden %v: got %d downloads, want 2", hidden, c.downloads.Load())
		}
		c.videos[""] = list(c.video("v1", "it moves", "f1", 1))
		if c.run(); !hidden && !slices.ContainsFunc(c.public(), func(m gallery.Image) bool { return len(m.Videos) == 1 && m.Name == "a.png" && len(m.Keys) == 1 }) {
			t.Errorf("the video is not that of its image: %+v", c.public())
		}
		c.images[""] = before
		c.run("--source=images")
		c.wantPublic(want...)
		if !hidden && c.downloads.Load() != 2 {
			t.Errorf("got %d downloads, want 2", c.downloads.Load())
		}
		c.images[""] = after
		c.run("--source=both")
		c.wantPublic(want...)
	}
}

// TestGeneratedWithOtherBytes lists a picture whose file has other bytes, as if it was encoded again.
// Both are published, and stay.
func TestGeneratedWithOtherBytes(t *testing.T) {
	c := newChanging(t)
	c.images[""] = list(c.image("i1", "a beach", "", 1, 5))
	c.run("--source=images")
	c.files[""] = list(c.file("f1", 2, "a.png"))
	c.run("--source=both")
	c.wantPublic(1, 2)
	c.images[""] = list(c.image("i1", "a beach", "f1", 1, 5))
	for range 2 {
		c.run("--source=both")
		c.wantPublic(1, 2)
	}
}

// TestUnreadableImages lists pictures that cannot be used. They are reported, and the rest is
// published. They say nothing about uploads.
func TestUnreadableImages(t *testing.T) {
	c := newChanging(t)
	c.files[""] = list(c.file("f1", 1, "a.png"))
	c.images[""] = list(`{"imageId":"i2","status":2}`, `{"imageId":3}`, `"i4"`, c.image("i5", "a sea", "", 5, 5), `{"imageId":"i6","status":2,"videoURL":"javascript:alert(1)"}`)
	if code, said := c.run("--source=both"); code != exitIncomplete || !strings.Contains(said, "downloadURL is missing") {
		t.Errorf("exit code %d: %s", code, said)
	}
	c.wantPublic(1, 5)
	c.run()
	c.wantPublic(1, 5)
}

// TestUnusedGenerated publishes a picture that the service made and that is also listed as a file. It
// is no upload that the owner should decide about.
func TestUnusedGenerated(t *testing.T) {
	c := newChanging(t)
	c.files[""] = list(c.file("f1", 1, "a.png"), c.file("f2", 2, "b.png"))
	c.videos[""] = list(c.video("v1", "it moves", "f1", 1))
	c.images[""] = list(c.image("i2", "a sea", "f2", 2, 5))
	c.run("--source=both")
	if _, said := c.run(); strings.Contains(said, "although no listed video") {
		t.Error(said)
	}
	c.wantPublic(1, 2)
}

// TestPromptOfPart makes a part with a picture that the service made. A part has no prompt that is not
// published, because other machines get it.
func TestPromptOfPart(t *testing.T) {
	c := newChanging(t)
	c.images[""] = list(c.image("i1", "a beach", "f1", 1, 5))
	c.run("--source=images", "--shard=1/1")
	if m := c.public()[0]; m.Generated == nil || m.Generated.Prompt != "" {
		t.Errorf("got %+v", m.Generated)
	}
}

// TestPrunedGenerated removes a picture that the service no longer lists, but only if its listing
// was asked for and is not empty.
func TestPrunedGenerated(t *testing.T) {
	c := newChanging(t)
	c.images[""] = list(c.image("i1", "", "", 1, 1), c.image("i2", "", "f2", 2, 2), c.image("i3", "", "", 3, 3))
	c.files[""] = list(c.file("f4", 4, "d.png"))
	c.run("--source=both")
	c.images[""] = list(c.image("i1", "", "", 1, 1), c.image("i3", "", "", 3, 3))
	c.run("--prune") // which does not ask for images
	c.wantPublic(1, 2, 3, 4)
	c.images[""] = "[]"
	if code, said := c.run("--source=both", "--prune"); code != exitGuarded {
		t.Errorf("a listing is empty: exit code %d: %s", code, said)
	}
	c.images[""] = list(c.image("i1", "", "", 1, 1), c.image("i3", "", "", 3, 3))
	if code, said := c.run("--source=both", "--prune"); code != exitOK {
		t.Errorf("exit code %d: %s", code, said)
	}
	c.wantPublic(1, 3, 4)
}
