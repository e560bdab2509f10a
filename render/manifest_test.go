package render

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"firstframe/render/gallery"
)

func exampleManifest(n int) manifest {
	m := manifest{inputs: fingerprintOf([]byte("all"))}
	for i := range n {
		m.files = append(m.files, made{gallery.ImagePath(fmt.Sprintf("%016x", i)), fingerprintOf([]byte{byte(i)}), int64(i)})
	}
	m.files = append(m.files, made{path: "index.html", bytes: 1 << 40})
	return m
}

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
		t.Error("an empty file is that of a run that has ended")
	}
}

// Part of a list would pass for a site with fewer files.
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

// What is the same is not written; what is not is, whole, wherever it begins to
// differ.
func TestWriteFrom(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, gallery.StateName), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("0123456789", 30_000) // several buffers
	changed := func(at int) string { return long[:at] + "x" + long[at+1:] }
	before := ""
	for i, want := range []string{
		"", long, changed(0), changed(1), changed(65_536), changed(200_000), changed(len(long) - 1), long[:len(long)-1], long + "x",
		long[:65_536], long[:65_537], "", "x",
	} {
		for again := range 2 {
			o := openOutput(t, dir)
			size, err := o.putFrom("data.js", func(w io.Writer) error {
				for part := range slices.Chunk([]byte(want), 7919) {
					if _, err := w.Write(part); err != nil {
						return err
					}
				}
				return nil
			}, (*temporary).place)
			o.Close()
			if got := string(readSite(t, dir, "data.js")); err != nil || got != want || size != int64(len(want)) {
				t.Fatalf("%d: got %d bytes, %v; %d are said to be written, want %d", i, len(got), err, size, len(want))
			}
			if wrote, differs := o.Written() == 1, again == 0 && (i == 0 || want != before); wrote != differs {
				t.Errorf("%d: written: %v, want %v", i, wrote, differs)
			}
			before = want
		}
	}

	failed := errors.New("no more")
	for _, begun := range []string{"x", "x and more", "something else"} {
		o := openOutput(t, dir)
		_, err := o.putFrom("data.js", func(w io.Writer) error {
			_, err := io.WriteString(w, begun)
			return errors.Join(err, failed)
		}, (*temporary).place)
		o.Close()
		if !errors.Is(err, failed) || o.Written() != 0 {
			t.Errorf("got %v and %d files written, want the error", err, o.Written())
		}
	}
	if got := string(readSite(t, dir, "data.js")); got != "x" {
		t.Errorf("a file that could not be made anew is %q", got)
	}
	if left := temporaries(t, dir); left != nil {
		t.Errorf("left behind: %q", left)
	}
}
