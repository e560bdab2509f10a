package fetch

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// must ends the test at an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// jpegOf returns bytes that begin like a JPEG.
func jpegOf(text string) string { return "\xff\xd8\xff\xe0" + text }

// newFolder makes a folder with these files.
func newFolder(t *testing.T, files map[string]string) *Folder {
	t.Helper()
	all := fstest.MapFS{}
	for name, text := range files {
		all[name] = &fstest.MapFile{Data: []byte(text)}
	}
	f := &Folder{Dir: t.TempDir(), Cache: newCache(t), settled: time.Nanosecond}
	if err := os.CopyFS(f.Dir, all); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

// mustList lists a folder, as a new run does.
func mustList(t *testing.T, f *Folder) Contents {
	t.Helper()
	f.Close()
	c, err := f.List(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Each picture is listed once, with all that its paths say. Everything else is sorted by what its
// owner can do about it.
func TestFolder(t *testing.T) {
	f := newFolder(t, map[string]string{
		"b.jpg": jpegOf("b"), "a.PNG": "\x89PNG\r\n\x1a\na", "2024/summer/b.jpg": jpegOf("other"), "2024/again.jpg": jpegOf("b"),
		"no extension": jpegOf("c"), "called.jpg": "<!doctype html>", "notes.txt": "text", "film.mp4": "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom",
		"phone.heic": "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "scan.tiff": "II*\x00", ".hidden.jpg": jpegOf("d"), ".git/e.jpg": jpegOf("e"),
		"f.jpg~": jpegOf("f"), "g.jpg.part": jpegOf("g"), "site/gallery.json": "{}", "site/media/h.jpg": jpegOf("h"), "out/i.jpg": jpegOf("i"),
		"old cache/originals/ab/abc": jpegOf("j"), "old cache/keys/a.json": "{}", "old cache/temporary/k": jpegOf("k"),
	})
	f.SiteFile, f.Except = "gallery.json", []string{filepath.Join(f.Dir, "out"), filepath.Join(f.Dir, "missing")}
	c := mustList(t, f)
	type picture struct{ Name, Paths, Folders string }
	var got []picture
	for _, file := range c.Files {
		got = append(got, picture{file.Name, strings.Join(file.Picture.Paths, "|"), strings.Join(file.Picture.Folders, "|")})
		if file.Key() != PictureKey(file.Picture.SHA256) || len(file.Key()) != 20 {
			t.Errorf("%s has the key %s", file.Name, file.Key())
		}
	}
	want := []picture{
		{"again.jpg", "2024/again.jpg|b.jpg", "2024"}, {"b.jpg", "2024/summer/b.jpg", "2024|summer"}, {"a.PNG", "a.PNG", ""},
		{"called.jpg", "called.jpg", ""}, {"no extension", "no extension", ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	for _, tt := range []struct{ got, want []string }{
		{c.Others, []string{"film.mp4", "notes.txt"}}, {c.Foreign, []string{"phone.heic", "scan.tiff"}}, {c.Refused, []string{"site"}},
	} {
		if !slices.Equal(tt.got, tt.want) {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
	if !c.Complete || len(c.Failed) > 0 {
		t.Errorf("complete: %v, failed: %v", c.Complete, c.Failed)
	}
}

// replace writes other bytes into a file. Where the system has another sign of that, it sets the
// time back.
func replace(t *testing.T, path, text string) {
	t.Helper()
	before, err := os.Stat(path)
	must(t, err)
	must(t, os.WriteFile(path, []byte(text), 0o644))
	if changeTime(before) == 0 {
		must(t, os.Chtimes(path, time.Time{}, before.ModTime().Add(time.Hour)))
		return
	}
	for after := before; changeTime(after) == changeTime(before); { // the clock of a file system has steps of milliseconds
		must(t, os.Chtimes(path, time.Time{}, before.ModTime()))
		after, err = os.Stat(path)
		must(t, err)
	}
}

// A picture that is renamed or moved stays the same one. Another picture in its place is another
// one, even with the size and the time of the one before.
func TestFolderFollowsBytes(t *testing.T) {
	f := newFolder(t, map[string]string{"a.jpg": jpegOf("a"), "b.jpg": jpegOf("b")})
	before := mustList(t, f)
	must(t, os.Mkdir(filepath.Join(f.Dir, "new"), 0o755))
	must(t, os.Rename(filepath.Join(f.Dir, "a.jpg"), filepath.Join(f.Dir, "new", "z.jpg")))
	replace(t, filepath.Join(f.Dir, "b.jpg"), jpegOf("c"))
	after := mustList(t, f)
	if len(after.Files) != 2 || after.Files[1].Key() != before.Files[0].Key() || after.Files[1].Name != "z.jpg" {
		t.Errorf("the renamed picture: got %+v", after.Files)
	}
	if key := after.Files[0].Key(); key == before.Files[1].Key() {
		t.Error("the replaced picture has the key of the one before")
	}
}

// A file is read once. The memory is of no use to others, and can be lost or damaged.
func TestFolderRemembers(t *testing.T) {
	f := newFolder(t, map[string]string{"secret name.jpg": jpegOf("a"), "notes.txt": "text"})
	before := mustList(t, f)
	memory, err := os.ReadFile(f.memory())
	must(t, err)
	if s := string(memory); strings.Contains(s, "secret") || strings.Contains(s, "jpg") {
		t.Errorf("the memory has a name in it: %s", s)
	}
	// If a hash in the memory is wrong, a second reading would notice.
	wrong := strings.Repeat("0", 64)
	must(t, os.WriteFile(f.memory(), []byte(strings.Replace(string(memory), before.Files[0].Picture.SHA256, wrong, 1)), 0o600))
	if c := mustList(t, f); c.Files[0].Picture.SHA256 != wrong || !slices.Equal(c.Others, before.Others) {
		t.Errorf("a known file was read again: %+v", c)
	}
	// The bytes are compared with the hash when the picture is made.
	c := mustList(t, f)
	if _, err := f.Cache.Original(t.Context(), c.Files[0]); !errors.Is(err, errChanged) {
		t.Errorf("got %v, want %v", err, errChanged)
	}
	for _, damaged := range []string{"", "{", `{"x":{"sha256":"../../etc"}}`, "null"} {
		must(t, os.WriteFile(f.memory(), []byte(damaged), 0o600))
		if diff := cmp.Diff(before.Files[0].Picture.SHA256, mustList(t, f).Files[0].Picture.SHA256); diff != "" {
			t.Errorf("memory %q: %s", damaged, diff)
		}
	}
	// A file that was written just now can change without a new time.
	f.settled = time.Hour
	must(t, os.Remove(f.memory()))
	mustList(t, f)
	if memory, err := os.ReadFile(f.memory()); err != nil || strings.Contains(string(memory), before.Files[0].Picture.SHA256) {
		t.Errorf("a young file is remembered: %s, %v", memory, err)
	}
}

// interruptedContext ends while the files of a folder are read.
type interruptedContext struct {
	context.Context
	asked int
}

// Err returns nil only until the folder was opened.
func (c *interruptedContext) Err() error {
	if c.asked++; c.asked == 1 {
		return nil
	}
	return context.Canceled
}

// What is no picture is news once, whenever it was written, and also if it is written again. It is
// news if nobody has heard of it, because the run before was interrupted or wrote nothing.
func TestFolderNews(t *testing.T) {
	heic := "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"
	f := newFolder(t, map[string]string{"a.jpg": jpegOf("a"), "notes.txt": "text", "phone.heic": heic, "site/gallery.json": "{}"})
	f.SiteFile, f.settled = "gallery.json", time.Hour
	expect := func(want ...string) {
		t.Helper()
		news := mustList(t, f).News
		maps.DeleteFunc(news, func(_ string, isNew bool) bool { return !isNew })
		if got := slices.Sorted(maps.Keys(news)); !slices.Equal(got, want) {
			t.Errorf("the news are %q, want %q", got, want)
		}
	}
	f.ReadOnly = true
	expect("notes.txt", "phone.heic", "site")
	f.ReadOnly = false
	f.Close()
	if _, err := f.List(&interruptedContext{Context: context.Background()}, 0); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want an interrupt", err)
	}
	expect("notes.txt", "phone.heic", "site")
	expect()
	f.settled = time.Nanosecond
	expect()
	must(t, os.WriteFile(filepath.Join(f.Dir, "notes.txt"), []byte("other words"), 0o644))
	must(t, os.WriteFile(filepath.Join(f.Dir, "more.txt"), []byte("text"), 0o644))
	expect("more.txt")
	must(t, os.WriteFile(filepath.Join(f.Dir, "phone.heic"), []byte("text"), 0o644))
	expect("phone.heic") // it was a picture
	must(t, os.Remove(filepath.Join(f.Dir, "notes.txt")))
	expect()
	must(t, os.WriteFile(filepath.Join(f.Dir, "notes.txt"), []byte("text"), 0o644))
	expect("notes.txt")
}

// Nothing is written if that is wanted, and nothing is written twice.
func TestFolderWritesNothing(t *testing.T) {
	f := newFolder(t, map[string]string{"a.jpg": jpegOf("a")})
	var steps []string
	f.Cache.Step = func(operation, path string) error { steps = append(steps, operation); return nil }
	f.ReadOnly = true
	mustList(t, f)
	if len(steps) > 0 {
		t.Errorf("a dry run did %v", steps)
	}
	f.ReadOnly = false
	mustList(t, f)
	if steps = nil; len(mustList(t, f).Files) != 1 || len(steps) > 0 {
		t.Errorf("a run with nothing new did %v", steps)
	}
	// A disk that cannot be written is an error of the disk.
	must(t, os.RemoveAll(f.Cache.Dir))
	f.Cache.Step = func(operation, path string) error {
		return &fs.PathError{Op: operation, Path: path, Err: fs.ErrPermission}
	}
	f.Close()
	if _, err := f.List(t.Context(), 0); errorOf[*StoreError](err) == nil {
		t.Errorf("got %v, want a *StoreError", err)
	}
}

// What is made of a picture comes from a copy, so it does not matter what happens to the file
// meanwhile.
func TestFolderOriginal(t *testing.T) {
	f := newFolder(t, map[string]string{"a.jpg": jpegOf("a"), "page.jpg": "<!doctype html>", "gone.jpg": jpegOf("g"), "swapped.jpg": jpegOf("s")})
	at := time.Date(2021, 2, 3, 4, 5, 6, 0, time.UTC)
	must(t, os.Chtimes(filepath.Join(f.Dir, "a.jpg"), at, at))
	c := mustList(t, f)
	o, err := f.Cache.Original(t.Context(), c.Files[0])
	must(t, err)
	must(t, os.WriteFile(filepath.Join(f.Dir, "a.jpg"), []byte("changed"), 0o644))
	data, err := os.ReadFile(o.Path)
	must(t, err)
	if string(data) != jpegOf("a") || o.Type != "image/jpeg" || o.SHA256 != c.Files[0].Picture.SHA256 || !o.Modified.Equal(at) || o.Bytes != int64(len(data)) {
		t.Errorf("got %+v with %q", o, data)
	}
	must(t, f.Cache.Remember(o))
	f.Cache.Forget(o)
	f.Cache.Release(o)
	for _, path := range files(t, f.Cache.Dir) {
		if !strings.HasPrefix(path, "folders/") {
			t.Errorf("%s is left in the cache", path)
		}
	}
	if _, err := f.Cache.Original(t.Context(), c.Files[2]); errorOf[*NotImageError](err) == nil {
		t.Errorf("a web page: got %v", err)
	}
	must(t, os.Remove(filepath.Join(f.Dir, "gone.jpg")))
	if _, err := f.Cache.Original(t.Context(), c.Files[1]); !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), f.Dir) {
		t.Errorf("a file that is gone: got %v", err)
	}
	must(t, os.Remove(filepath.Join(f.Dir, "swapped.jpg")))
	must(t, os.Symlink("/etc/passwd", filepath.Join(f.Dir, "swapped.jpg")))
	if _, err := f.Cache.Original(t.Context(), c.Files[3]); err == nil {
		t.Error("a link in place of a picture was followed")
	}
}

// errorOf returns err as an error of type E, or nil.
func errorOf[E error](err error) error {
	if e, ok := errors.AsType[E](err); ok {
		return e
	}
	return nil
}

// A file that cannot be read, or is too large, is reported, and the listing does not count as
// complete: the file may be a picture of the gallery.
func TestFolderFailures(t *testing.T) {
	f := newFolder(t, map[string]string{"a.jpg": jpegOf("a"), "large.jpg": jpegOf(strings.Repeat("x", 100)), "large.txt": strings.Repeat("x", 1000)})
	f.Cache.MaxBytes = 50
	c := mustList(t, f)
	if len(c.Files) != 1 || len(c.Others) != 1 || c.Complete || len(c.Failed) != 1 || c.Failed[0].Path != "large.jpg" ||
		c.Failed[0].Err.Error() != "the file is larger than 50 bytes" {
		t.Errorf("got %+v", c)
	}

	// A file that is gone before it is read.
	f.Cache.MaxBytes = 0
	w := walk{Folder: f}
	must(t, w.folder(t.Context(), ".", 0))
	must(t, os.Remove(filepath.Join(f.Dir, "large.jpg")))
	must(t, w.read(t.Context()))
	if c := w.contents(0); c.Complete || len(c.Failed) != 1 || strings.Contains(c.Failed[0].Err.Error(), "large") {
		t.Errorf("got %+v", c)
	}
	// A file that grows while it is read.
	file := &folderFile{path: "a.jpg"}
	grows := &growing{path: filepath.Join(f.Dir, "a.jpg")}
	if err := w.inspect(grows, file); !errors.Is(err, errChanged) {
		t.Errorf("got %v, want %v", err, errChanged)
	}

	if _, err := (&Folder{Dir: filepath.Join(f.Dir, "missing"), Cache: f.Cache}).List(t.Context(), 0); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	f.Cache.Step = func(string, string) error { return errors.New("the disk fails") }
	cancel()
	f.Close()
	if _, err := f.List(ctx, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: got %v", err)
	}
}

// growing is a context that writes to a file whenever somebody asks for its error: before each
// reading.
type growing struct {
	context.Context
	path string
}

// Err makes the file longer.
func (g *growing) Err() error {
	f, err := os.OpenFile(g.path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString("more")
	return errors.Join(err, f.Close())
}

// Links and pipes are named, and never followed or opened.
func TestFolderRefusesLinks(t *testing.T) {
	f := newFolder(t, map[string]string{"a.jpg": jpegOf("a"), "folder/b.jpg": jpegOf("b")})
	other := newFolder(t, map[string]string{"private.jpg": jpegOf("p")})
	for name, target := range map[string]string{
		"link.jpg": "a.jpg", "outside": other.Dir, "loop": ".", "up.jpg": filepath.Join(other.Dir, "private.jpg"), "nowhere.jpg": "missing",
	} {
		must(t, os.Symlink(target, filepath.Join(f.Dir, name)))
	}
	c := mustList(t, f)
	if want := []string{"link.jpg", "loop", "nowhere.jpg", "outside", "up.jpg"}; len(c.Files) != 2 || !slices.Equal(c.Refused, want) || !c.Complete {
		t.Errorf("got %d files, and refused %q", len(c.Files), c.Refused)
	}
}

// No name breaks a line, turns the text around, is invalid UTF-8, or shows a secret.
func TestFolderNames(t *testing.T) {
	f := newFolder(t, nil)
	f.Secrets = NewRedactor("user:1234-secret-token")
	for _, name := range []string{
		"two\nlines.jpg", "turned\u202egpj.exe.jpg", "not utf-8 \xff.jpg", "user:1234-secret-token.jpg", "A.jpg", "a.jpg",
		"user:1234-secret-token", "of the film",
	} {
		if !strings.HasSuffix(name, ".jpg") {
			name += "/in it.jpg"
		}
		path := filepath.Join(f.Dir, name)
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		if err := os.WriteFile(path, []byte(jpegOf(name)), 0o644); err != nil {
			t.Skipf("the file system does not take %q: %v", name, err)
		}
	}
	c := mustList(t, f)
	got := map[string]string{}
	for _, file := range c.Files {
		name := file.Name
		if file.Secret {
			name = "secret"
		}
		got[name] = strings.Join(file.Picture.Folders, "|") + got[name]
	}
	want := map[string]string{"two lines.jpg": "", "turned gpj.exe.jpg": "", "not utf-8 .jpg": "", "secret": "", "A.jpg": "", "a.jpg": "", "in it.jpg": "of the film"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if again := mustList(t, f); len(again.Files) != len(c.Files) {
		t.Errorf("the second time there are %d files, not %d", len(again.Files), len(c.Files))
	}
}

// A folder that goes on and on does not.
func TestFolderLimits(t *testing.T) {
	deep := strings.Repeat("d/", maxFolderDepth)
	f := newFolder(t, map[string]string{"a.jpg": jpegOf("a"), "b.jpg": jpegOf("b"), deep + "c.jpg": jpegOf("c")})
	if c := mustList(t, f); !c.Complete || len(c.Files) != 3 {
		t.Errorf("got %+v", c)
	}
	f.Close()
	if c, err := f.List(t.Context(), 1); err != nil || c.Complete || len(c.Files) != 1 {
		t.Errorf("with a limit of one: got %+v, %v", c, err)
	}
	must(t, os.MkdirAll(filepath.Join(f.Dir, deep, "d"), 0o755))
	if c := mustList(t, f); c.Complete || len(c.Files) != 3 {
		t.Errorf("one folder deeper: got %+v", c)
	}
}
