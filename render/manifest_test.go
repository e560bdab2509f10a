package render

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"firstframe/render/gallery"
)

// exampleManifest returns a manifest of n images' pages and the index.
func exampleManifest(n int) manifest {
	m := manifest{inputs: fingerprintOf([]byte("all"))}
	for i := range n {
		m.files = append(m.files, made{gallery.ImagePath(fmt.Sprintf("%016x", i)), fingerprintOf([]byte{byte(i)}), int64(i)})
	}
	m.files = append(m.files, made{path: "index.html", bytes: 1 << 40})
	return m
}

// A manifest that is written and read again is the same.
func TestManifestRoundTrip(t *testing.T) {
	for _, want := range []manifest{{}, {inputs: fingerprint{1}}, exampleManifest(300)} {
		var text bytes.Buffer
		if err := want.encode(&text); err != nil {
			t.Fatal(err)
		}
		got, err := decodeManifest(&text, int64(text.Len()))
		if err != nil || got.inputs != want.inputs || !slices.Equal(got.files, want.files) {
			t.Errorf("got %v, %v, want %v", got, err, want)
		}
	}
	m := exampleManifest(300)
	for _, f := range m.files {
		if got, ok := m.file(f.path); !ok || got != f {
			t.Errorf("%s is %v, %v", f.path, got, ok)
		}
	}
	if m.has("image") || m.has("") || m.has("z") {
		t.Error("it has a file that is not in it")
	}
}

// Only a run that ended leaves a whole manifest with the hash of its inputs.
func TestEndedRun(t *testing.T) {
	for _, m := range []manifest{{}, exampleManifest(0), exampleManifest(300)} {
		var text bytes.Buffer
		if err := m.encode(&text); err != nil {
			t.Fatal(err)
		}
		for cut, want := range []bool{m.inputs != fingerprint{}, false, false} {
			if got := endedRun(bytes.NewReader(text.Bytes()[:text.Len()-cut])); got != want {
				t.Errorf("of %d files, cut by %d: got %v, want %v", len(m.files), cut, got, want)
			}
		}
	}
	if endedRun(strings.NewReader("")) {
		t.Error("an empty file counts as the manifest of a run that has ended")
	}
}

// A part of a manifest would pass for a site with fewer files.
func TestManifestDamaged(t *testing.T) {
	var text bytes.Buffer
	if m := exampleManifest(3); m.encode(&text) != nil {
		t.Fatal("it cannot be encoded")
	}
	whole := text.String()
	lines := strings.SplitAfter(whole, "\n")
	damaged := []string{
		`{"inputs":"","files":{}}`, whole + whole, whole + "\n", "\n" + whole,
		lines[1] + lines[0] + strings.Join(lines[2:], ""),
		strings.Replace(whole, " 2 ", " two ", 1), strings.Replace(whole, " ", "", 1), strings.Replace(whole, " ", "0 ", 1),
		whole[:1] + "g" + whole[2:],
	}
	for n := range len(whole) - 1 {
		damaged = append(damaged, whole[:n])
	}
	for _, s := range damaged {
		if m, err := decodeManifest(strings.NewReader(s), int64(len(s))); err == nil {
			t.Errorf("%q is read as %v", s, m)
		}
	}
}
