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
)

// readData returns the images of a site's data file.
func readData(t *testing.T, dir string) [][]any {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, dataName))
	if err != nil {
		t.Fatal(err)
	}
	data = bytes.TrimSuffix(bytes.TrimPrefix(data, []byte("firstframe.load(")), []byte(");\n"))
	var document struct {
		Version int
		Images  [][]any
	}
	if err := json.Unmarshal(data, &document); err != nil || document.Version != dataVersion {
		t.Fatalf("version %d, %v", document.Version, err)
	}
	return document.Images
}

// The scripts read by position: none may ever change its meaning.
func TestData(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	s := exampleState(3)
	m := &s.Images[1]
	m.Title, m.Alt, m.Tags, m.Account = "Low tide", "Wet sand", []string{"sea", "dusk"}, "Studio"
	m.Caption = "# A *heading*\n\nand [a link](about.md) &amp; `code`\n\n- one\n- two"
	m.Original = &Published{Path: "media/" + m.Slug + "-0f.jpg", Bytes: 1}
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
	want := []any{
		"0000000000000001", "Low tide", "Wet sand", "A heading and a link & code one two", []any{"sea", "dusk"},
		1719792000.0, "picture-1.jpg", "jpeg", 96.0, 64.0, 1234.0, "102030",
		[]any{[]any{48.0, 32.0, "0a"}, []any{96.0, 64.0, "0b"}}, "", "Studio", 0.0, "media/0000000000000001-0f.jpg",
	}
	if diff := cmp.Diff(want, images[1]); diff != "" {
		t.Error(diff)
	}
	if page := readSite(t, dir, imagePath(m.Slug)); !bytes.Contains(page, []byte("<dt>Account</dt><dd>Studio</dd>")) {
		t.Error("the image's page does not name the account")
	}
	if images[0][2] != "" || images[0][4] != 0.0 || images[0][16] != "" {
		t.Errorf("what there is not is %v, want nothing", images[0])
	}
	for _, r := range m.Renditions {
		if key := renditionKey(r.Path); !strings.HasSuffix(r.Path, "-"+key+".jpg") {
			t.Errorf("the key of %s is %s", r.Path, key)
		}
	}
}
