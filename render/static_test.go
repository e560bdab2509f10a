package render

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"firstframe/render/gallery/gallerytest"
	"firstframe/render/media/mediatest"
)

// makeStatic writes a static folder.
func makeStatic(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "static")
	for name, text := range files {
		writeFile(t, filepath.Join(dir, filepath.FromSlash(name)), text)
	}
	return dir
}

// loadStatic loads a static folder until the test ends.
func loadStatic(t *testing.T, dir string) (*Static, []string) {
	t.Helper()
	s, warnings, err := LoadStatic(dir, &Content{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, warnings
}

// A name that no server, no file system or the site itself can have is an error that names it.
func TestStaticNames(t *testing.T) {
	content := &Content{Texts: []Text{{Name: "about"}}}
	for name, want := range map[string]string{
		"a.txt":             "",
		"Größe ½.pdf":       "",
		"about/map.svg":     "",
		"sitemaps.xml":      "",
		"my/index.html":     "",
		"my/media/a.txt":    "",
		"a\nb.txt":          "characters that cannot be shown",
		"a\u202eb.txt":      "characters that cannot be shown",
		"a\xffb.txt":        "characters that cannot be shown",
		`a\b.txt`:           "a name must not have any of",
		"a:b.txt":           "a name must not have any of",
		"a?.txt":            "a name must not have any of",
		"a./b.txt":          "a name must not have any of",
		"a.txt ":            "a name must not have any of",
		"index.html":        "the site has a file or folder of this name itself",
		"404.HTML":          "the site has a file or folder of this name itself",
		"Media/a.txt":       "the site has a file or folder of this name itself",
		"tag":               "the site has a file or folder of this name itself",
		"robots.txt/a.txt":  "the site has a file or folder of this name itself",
		"sitemap-2.xml":     "the site has a file or folder of this name itself",
		"gallery.json":      "the site has a file or folder of this name itself",
		"shard.json":        "the site has a file or folder of this name itself",
		"about":             "the page about.md needs this name",
		"About/Index.html":  "the page about.md needs this name",
		"B.txt|b.txt":       "have the same name on some systems",
		"é.txt|e\u0301.txt": "have the same name on some systems",
		"a|A/b.txt":         "have the same name on some systems",
		"c/a.txt|C/b.txt":   "",
	} {
		files := map[string]string{}
		for part := range strings.SplitSeq(name, "|") {
			files[part] = "x"
		}
		s, warnings, err := LoadStatic(makeStatic(t, files), content, nil)
		s.Close()
		switch {
		case want == "" && (err != nil || warnings != nil || len(s.files) != len(files)):
			t.Errorf("%q: error %v, warnings %q", name, err, warnings)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%q: got error %v, want %q", name, err, want)
		}
	}
}

// What is left out is named, unless every system leaves it behind.
func TestStaticSkips(t *testing.T) {
	dir := makeStatic(t, map[string]string{
		".DS_Store": "", "a/.gitkeep": "", "Thumbs.db": "",
		".env": "", "a/.b/c.txt": "", "a/.well-known/x": "", ".well-known/.y": "", ".well-known-not": "", "a.bak": "", "a.jpg_original": "",
		".well-known/x": "", "a/c.txt": "",
	})
	s, warnings := loadStatic(t, dir)
	if got, want := s.paths(), []string{".well-known/x", "a/c.txt"}; !slices.Equal(got, want) {
		t.Errorf("got the files %q, want %q", got, want)
	}
	var skipped []string
	for _, w := range warnings {
		name, _, _ := strings.Cut(strings.TrimPrefix(w, filepath.ToSlash(dir)+"/"), " is not published: ")
		skipped = append(skipped, name)
	}
	if want := []string{".env", ".well-known/.y", ".well-known-not", "a/.b", "a/.well-known", "a.bak", "a.jpg_original"}; !slices.Equal(skipped, want) {
		t.Errorf("got warnings of %q, want %q", skipped, want)
	}
}

// No file that a site has by itself can be a static file. Otherwise one would overwrite the other.
func TestStaticCannotBeOurs(t *testing.T) {
	for _, noIndex := range []bool{false, true} {
		dir := filepath.Join(t.TempDir(), "out")
		opts := exampleOptions(t, "")
		opts.BaseURL, opts.NoIndex = "https://example.org/", noIndex
		s := gallerytest.State(2*perPage + 1)
		s.Images[0].Tags = []string{"sea"}
		buildExample(t, dir, s, opts)
		for name := range treeOf(t, dir) {
			if canBeStatic(name) {
				t.Errorf("%s is a file of the site, and could be a static one", name)
			}
		}
	}
}

// A picture that tells where it was taken is named, with what to do. Of many, some are named.
func TestStaticMetadata(t *testing.T) {
	photo := mediatest.JPEG(t, image.NewGray(image.Rect(0, 0, 8, 8)))
	exif := mediatest.InsertJPEG(photo, 0xe1, mediatest.EXIFHead+mediatest.FullEXIF(6))
	dir := makeStatic(t, map[string]string{"clean.jpg": string(photo), "my $(exit 1) photo.jpg": string(exif), "photo.txt": "GPS"})
	_, warnings := loadStatic(t, dir)
	name := filepath.ToSlash(filepath.Join(dir, "my $(exit 1) photo.jpg"))
	command := `exiftool -overwrite_original -all= --icc_profile:all -tagsfromfile @ -exif:orientation '` + name + `'`
	want := name + " contains a GPS position, EXIF, and is published as it is; to remove that, run " + command
	if !slices.Equal(warnings, []string{want}) {
		t.Errorf("got the warnings %q, want %q", warnings, want)
	}
	wantCommandCleans(t, command, dir)
	for i := range namedStatic + 2 {
		writeFile(t, filepath.Join(dir, fmt.Sprint(i, ".jpg")), string(exif))
	}
	_, warnings = loadStatic(t, dir)
	if last := warnings[len(warnings)-1]; len(warnings) != namedStatic+1 || last != "2 more files in "+filepath.ToSlash(dir)+" contain metadata" {
		t.Errorf("got %d warnings, the last is %q", len(warnings), last)
	}
}

// wantCommandCleans runs the command of a warning, on machines that have the tool. Then there is
// nothing to warn of, the picture still has its orientation, and no copy of it is left.
func wantCommandCleans(t *testing.T, command, dir string) {
	t.Helper()
	if _, err := exec.LookPath("exiftool"); err != nil {
		t.Log("not run:", err)
		return
	}
	before := len(treeOf(t, dir))
	if out, err := exec.Command("sh", "-c", command).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if _, warnings := loadStatic(t, dir); warnings != nil || len(treeOf(t, dir)) != before {
		t.Errorf("after the command: the warnings %q, %d files", warnings, len(treeOf(t, dir)))
	}
	if !strings.Contains(treeOf(t, dir)["my $(exit 1) photo.jpg"], "\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06") {
		t.Error("after the command, the picture has no orientation")
	}
}

// buildStatic builds a small site with the static files in a folder, and calls step before each
// operation.
func buildStatic(t *testing.T, dir, static string, step func(operation, path string) error) error {
	t.Helper()
	s := gallerytest.State(1)
	opts := exampleOptions(t, "")
	opts.Static, _ = loadStatic(t, static)
	o, err := OpenOutput(dir, OutputOptions{Step: step})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	gallerytest.WriteMedia(t, s, o.Write)
	return build(context.Background(), o, s, opts)
}

// A file that changes while the run works is not published: nobody has looked at its new bytes.
func TestStaticChanges(t *testing.T) {
	dir, static := filepath.Join(t.TempDir(), "out"), makeStatic(t, map[string]string{"a.txt": "one"})
	if err := buildStatic(t, dir, static, nil); err != nil {
		t.Fatal(err)
	}
	before := treeOf(t, dir)
	for _, data := range []string{"two", "longer than before", ""} {
		writeFile(t, filepath.Join(static, "a.txt"), "new")
		err := buildStatic(t, dir, static, func(operation, path string) error {
			writeFile(t, filepath.Join(static, "a.txt"), data)
			return nil
		})
		if err == nil || !strings.Contains(err.Error(), "static/a.txt has changed during this run") {
			t.Errorf("%q: got error %v", data, err)
		}
		if !maps.Equal(treeOf(t, dir), before) {
			t.Errorf("%q: the site has changed", data)
		}
	}
}

// A run that ends between two steps has perhaps put a static file into the site. If it is gone from
// the folder then, the next run removes it.
func TestStaticAfterKill(t *testing.T) {
	dir, static := filepath.Join(t.TempDir(), "out"), makeStatic(t, map[string]string{"a/b/c.txt": "x"})
	killed := errors.New("killed")
	err := buildStatic(t, dir, static, func(operation, path string) error {
		if operation == "rename" && path == "index.html" {
			return killed
		}
		return nil
	})
	if placed := treeOf(t, dir)["a/b/c.txt"]; !errors.Is(err, killed) || placed != "x" {
		t.Fatalf("the run ended with %v, and a/b/c.txt is %q", err, placed)
	}
	writeFile(t, filepath.Join(dir, "a/mine.txt"), "mine")
	if err := os.Remove(filepath.Join(static, "a/b/c.txt")); err != nil {
		t.Fatal(err)
	}
	if err := buildStatic(t, dir, static, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "a/b")); err == nil {
		t.Error("the folder of the static file is still there")
	}
	if treeOf(t, dir)["a/mine.txt"] != "mine" {
		t.Error("a file that somebody else has put there is gone")
	}
	wantComplete(t, dir, "")
}

// A link in the place of a static folder is replaced, and what it leads to stays.
func TestStaticReplacesLinks(t *testing.T) {
	base := t.TempDir()
	dir, static := filepath.Join(base, "out"), makeStatic(t, map[string]string{"a/b.txt": "x", "c.txt": "y"})
	if err := buildStatic(t, dir, static, nil); err != nil {
		t.Fatal(err)
	}
	elsewhere := filepath.Join(base, "elsewhere")
	writeFile(t, filepath.Join(elsewhere, "b.txt"), "mine")
	for _, name := range []string{"a", "c.txt"} {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(elsewhere, filepath.Join(dir, name)); err != nil {
			t.Skip("this system has no links:", err)
		}
	}
	if err := buildStatic(t, dir, static, nil); err != nil {
		t.Fatal(err)
	}
	if got := treeOf(t, dir); got["a/b.txt"] != "x" || got["c.txt"] != "y" {
		t.Errorf("the files are %q and %q", got["a/b.txt"], got["c.txt"])
	}
	if got := treeOf(t, elsewhere); len(got) != 1 || got["b.txt"] != "mine" {
		t.Errorf("elsewhere there is %q", got)
	}
}

// A folder that somebody else has put into the site stays, with what is in it. A file of its name
// cannot take its place.
func TestStaticSparesFolders(t *testing.T) {
	dir, static := filepath.Join(t.TempDir(), "out"), makeStatic(t, map[string]string{"a/b.txt": "x"})
	if err := buildStatic(t, dir, static, nil); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "mine/b.txt"), "mine")
	writeFile(t, filepath.Join(static, "mine"), "new")
	before := treeOf(t, dir)
	err := buildStatic(t, dir, static, nil)
	if err == nil || !strings.Contains(err.Error(), "mine is a folder that firstframe did not make") || !maps.Equal(treeOf(t, dir), before) {
		t.Errorf("got error %v and the files %q", err, slices.Sorted(maps.Keys(treeOf(t, dir))))
	}
	// Its own folders give way.
	for _, name := range []string{"mine", "a/b.txt", "a"} {
		if err := os.Remove(filepath.Join(static, name)); err != nil {
			t.Fatal(err)
		}
	}
	writeFile(t, filepath.Join(static, "a"), "a file now")
	if err := buildStatic(t, dir, static, nil); err != nil || treeOf(t, dir)["a"] != "a file now" {
		t.Errorf("got error %v and the files %q", err, slices.Sorted(maps.Keys(treeOf(t, dir))))
	}
}

// The owner's icons replace the theme's one.
func TestStaticIcons(t *testing.T) {
	for names, want := range map[string][]string{
		"a.txt":                    {`<link rel="icon" href="assets/icon.`},
		"favicon.ico":              {`<link rel="icon" href="favicon.ico">`},
		"favicon.svg,favicon.ico":  {`<link rel="icon" href="favicon.ico">`, `<link rel="icon" href="favicon.svg" type="image/svg&#43;xml">`},
		"apple-touch-icon.png":     {`<link rel="apple-touch-icon" href="apple-touch-icon.png">`, `<link rel="icon" href="assets/icon.`},
		"my/favicon.ico,robot.txt": {`<link rel="icon" href="assets/icon.`},
	} {
		files := map[string]string{}
		for name := range strings.SplitSeq(names, ",") {
			files[name] = "x"
		}
		dir := filepath.Join(t.TempDir(), "out")
		if err := buildStatic(t, dir, makeStatic(t, files), nil); err != nil {
			t.Fatal(err)
		}
		var got []string
		for line := range strings.Lines(string(readSite(t, dir, "index.html"))) {
			if strings.Contains(line, `icon" href`) {
				got = append(got, line)
			}
		}
		if !slices.EqualFunc(got, want, strings.HasPrefix) {
			t.Errorf("%s: got %q, want %q", names, got, want)
		}
		if missing := readSite(t, dir, "404.html"); !bytes.Contains(missing, []byte(`<link rel="icon" href="data:,">`)) {
			t.Errorf("%s: the page 404 has an address that is wrong at another depth", names)
		}
	}
}
