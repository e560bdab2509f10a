package render

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"firstframe/render/gallery"
	"firstframe/render/gallery/gallerytest"
	"firstframe/render/media"
)

// readData returns the images of a site's data file. Each has its fields by name.
func readData(t *testing.T, dir string) []map[string]any {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, gallery.DataName))
	if err != nil {
		t.Fatal(err)
	}
	data = bytes.TrimSuffix(bytes.TrimPrefix(data, []byte("firstframe.load(")), []byte(");\n"))
	var document struct {
		Version int
		Fields  map[string][]string
		Images  [][]any
	}
	if err := json.Unmarshal(data, &document); err != nil || document.Version != gallery.DataVersion {
		t.Fatalf("version %d, %v", document.Version, err)
	}
	named := func(kind string, row []any) map[string]any {
		names := document.Fields[kind]
		if len(row) != len(names) {
			t.Fatalf("%v has the fields %v", row, names)
		}
		object := map[string]any{}
		for i, name := range names {
			object[name] = row[i]
		}
		return object
	}
	var images []map[string]any
	for _, row := range document.Images {
		m := named("image", row)
		for kind, list := range map[string]string{"rendition": "renditions", "clip": "clips"} {
			if rows, ok := m[list].([]any); ok {
				for i := range rows {
					rows[i] = named(kind, rows[i].([]any))
				}
			}
		}
		images = append(images, m)
	}
	return images
}

// The scripts and the checker read the data by these names.
func TestData(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	s := gallerytest.State(3)
	m := &s.Images[1]
	m.Title, m.Alt, m.Tags, m.Account = "Low tide", "Wet sand", []string{"sea", "dusk"}, "Studio"
	m.Videos = []gallery.Video{{Key: "1", Status: "completed"}, {Key: "2", Status: "queued"}, {Key: "3", Status: "completed"}, {Key: "4", Status: "unheard of"}}
	m.Caption = "# A *heading*\n\nand [a link](about.md) &amp; `code`\n\n- one\n- two"
	m.Original = &media.Published{Path: "media/" + m.Slug + "-0f.jpg", Bytes: 1}
	s.Images[2].Hidden = true
	o := openOutput(t, dir)
	if err := errors.Join(o.Write(m.Original.Path, []byte{0}), o.Close()); err != nil {
		t.Fatal(err)
	}
	buildExample(t, dir, s, exampleOptions(t, ""))
	images := readData(t, dir)
	if len(images) != 2 {
		t.Fatalf("there are %d images, want those that have a page", len(images))
	}
	want := map[string]any{
		"slug": "0000000000000001", "title": "Low tide", "alt": "Wet sand",
		"caption": "A heading and a link & code one two", "tags": []any{"sea", "dusk"},
		"time": 1719792000.0, "name": "picture-1.jpg", "format": "jpeg",
		"width": 96.0, "height": 64.0, "bytes": 1234.0, "color": "102030",
		"renditions": []any{
			map[string]any{"width": 48.0, "height": 32.0, "key": "0a"},
			map[string]any{"width": 96.0, "height": 64.0, "key": "0b"},
		},
		"prompt": "", "account": "Studio", "clips": 0.0, "original": "media/0000000000000001-0f.jpg", "avif": 0.0, "related": []any{1.0}, "hues": []any{"blue"}, "statuses": []any{"queued", "completed"}, "ai": 0.0,
	}
	if diff := cmp.Diff(want, images[1]); diff != "" {
		t.Error(diff)
	}
	if page := readSite(t, dir, gallery.ImagePath(m.Slug)); !bytes.Contains(page, []byte("<dt>Account</dt><dd>Studio</dd>")) {
		t.Error("the image's page does not name the account")
	}
	if m := images[0]; m["alt"] != "" || m["tags"] != 0.0 || m["original"] != "" {
		t.Errorf("the missing values are %v, want empty ones", m)
	}
	for _, r := range m.Renditions {
		if key := renditionKey(r.Path); !strings.HasSuffix(r.Path, "-"+key+".jpg") {
			t.Errorf("the key of %s is %s", r.Path, key)
		}
	}
}
