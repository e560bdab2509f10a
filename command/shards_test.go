package command

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"firstframe/render/gallery"
)

// TestHostilePart merges parts from machines that lie or have an earlier version. The run that
// merges must correct everything that is wrong in them.
func TestHostilePart(t *testing.T) {
	t.Parallel()
	r := newRestorer(t)
	setNames(r.service, "a.jpg", "b.jpg", "c.jpg", "d.jpg")
	parts := filepath.Join(r.dir, "parts")
	r.run("parts/1", "--shard=1/1")
	r.run("alone", "--merge", parts)
	want, err := snapshotTree(filepath.Join(r.dir, "alone"))
	must(t, err)
	name := filepath.Join(parts, "1", gallery.StateName)
	data, err := os.ReadFile(name)
	must(t, err)
	for what, spoil := range map[string]func(t *testing.T, images []gallery.Image){
		"another type": func(t *testing.T, images []gallery.Image) {
			for i := range images {
				images[i].Type, images[i].Original = "text/html", nil
			}
		},
		"an original of another type": func(t *testing.T, images []gallery.Image) {
			images[0].Type, images[0].Original.Path = "image/png", strings.Replace(images[0].Original.Path, ".jpg", ".png", 1)
		},
		"an original of another name": func(t *testing.T, images []gallery.Image) {
			o := images[0].Original
			to := strings.TrimSuffix(o.Path, ".jpg") + "00.jpg"
			copyFile(t, filepath.Join(parts, "1", o.Path), filepath.Join(parts, "1", to))
			o.Path = to
		},
		"no hash": func(t *testing.T, images []gallery.Image) { images[0].SHA256 = "" },
		"hidden":  func(t *testing.T, images []gallery.Image) { images[0].Hidden = true },
		"another width": func(t *testing.T, images []gallery.Image) {
			images[0].Width, images[0].Height = 2*images[0].Width, 2*images[0].Height
		},
		"free bytes of an earlier version": func(t *testing.T, images []gallery.Image) {
			rendition := &images[0].Renditions[0]
			file := filepath.Join(parts, "1", rendition.Path)
			picture, err := os.ReadFile(file)
			must(t, err)
			t.Cleanup(func() { must(t, os.WriteFile(file, picture, 0o644)) })
			filled := bytes.Replace(picture, []byte("\xff\xdb"), []byte("\xff\xff\xff\xdb"), 1)
			must(t, os.WriteFile(file, filled, 0o644))
			rendition.Bytes, rendition.Sum = int64(len(filled)), ""
			images[0].Stripped = 0
		},
	} {
		t.Run(what, func(t *testing.T) {
			state, _, err := gallery.ReadPublished(data)
			must(t, err)
			spoil(t, state.Images)
			spoilt, err := state.Encode()
			must(t, err)
			must(t, os.WriteFile(name, spoilt, 0o644))
			r := *r
			r.t = t
			out := strings.ReplaceAll(what, " ", "-")
			r.run(out, "--merge", parts)
			r.same(what, want, out)
		})
	}
}

// copyFile copies a file.
func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	must(t, err)
	must(t, os.WriteFile(to, data, 0o644))
}
