package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"firstframe/fetch/fetchtest"
)

// Sixteen goroutines download the same files through two caches in one folder. Each gets every
// file, and nothing but originals remains.
func TestConcurrent(t *testing.T) {
	s := &fetchtest.Service{Token: token, Pictures: pictures(20)}
	for i := 10; i < 20; i++ {
		s.Pictures[i].Data = s.Pictures[i-10].Data // the same bytes under another id
	}
	list, err := newAPI(serve(t, s)).Files(t.Context(), "", 0)
	if err != nil {
		t.Fatal(err)
	}
	a := newCache(t)
	b := &Cache{Dir: a.Dir, AllowPrivateHosts: true}
	defer b.Close()
	var wg sync.WaitGroup
	var asked atomic.Int32
	for range 8 {
		for _, c := range []*Cache{a, b} {
			wg.Go(func() {
				for i := range list.Files {
					asked.Add(1)
					f := list.Files[(i*7+int(asked.Load()))%len(list.Files)]
					o, err := keep(t, c, f)
					if err != nil {
						t.Error(err)
						continue
					}
					if info, err := os.Stat(o.Path); err != nil || info.Size() != o.Bytes {
						t.Errorf("got %v, error %v", info, err)
					}
				}
			})
		}
	}
	wg.Wait()
	// Each original is there once, with its record. Each file has its key.
	count := map[string]int{}
	for _, path := range files(t, a.Dir) {
		count[strings.SplitN(path, "/", 2)[0]+filepath.Ext(path)]++
	}
	for kind, want := range map[string]int{"originals.png": 10, "originals.json": 10} {
		if count[kind] != want {
			t.Errorf("%d of %s, want %d: %v", count[kind], kind, want, count)
		}
	}
	for kind := range count {
		if strings.HasPrefix(kind, "temporary") {
			t.Errorf("got left-over temporary files: %v", count)
		}
	}
	for _, f := range list.Files {
		// These pictures were uploaded at a full hour, so Last-Modified is the same time.
		if o, err := a.Original(t.Context(), f); err != nil || !o.Modified.Equal(f.Uploaded()) {
			t.Errorf("got %v, error %v", o.Modified, err)
		}
	}
}

// Old files of killed runs are removed. Files that another run is writing right now are not.
func TestLeftovers(t *testing.T) {
	c := newCache(t)
	if err := os.MkdirAll(c.temporaries(), 0o700); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-2 * leftover)
	for name, modified := range map[string]time.Time{
		"download-old": old, "download-new": time.Now(), "mine": old,
	} {
		path := filepath.Join(c.temporaries(), name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, modified, modified); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Open(); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(files(t, c.Dir)); got != "[temporary/download-new temporary/mine]" {
		t.Error(got)
	}
}

// A failure of the disk is not retried, and its error contains the path.
func TestDiskFails(t *testing.T) {
	s, f := one(t, fetchtest.Picture{Name: "a", Type: "png", Data: picture(1)})
	sum := ""
	t.Run("originals", func(t *testing.T) {
		c := newCache(t)
		o, err := c.Original(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		sum = o.SHA256
	})
	for name, block := range map[string]func(dir string) string{
		"the folder is a file":    func(dir string) string { return dir },
		"originals is a file":     func(dir string) string { return filepath.Join(dir, "originals") },
		"a subfolder is a file":   func(dir string) string { return filepath.Join(dir, "originals", sum[:2]) },
		"keys is a file":          func(dir string) string { return filepath.Join(dir, "keys") },
		"an original is a folder": func(dir string) string { return filepath.Join(dir, "originals", sum[:2], sum+".png", "x") },
		"a key is a folder":       func(dir string) string { return filepath.Join(dir, "keys", f.Key()+".json", "x") },
	} {
		t.Run(name, func(t *testing.T) {
			c := newCache(t)
			path := block(c.Dir)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			before := s.Downloads()
			_, err := keep(t, c, f)
			if _, ok := errors.AsType[*StoreError](err); !ok || !strings.Contains(err.Error(), c.Dir) || s.Downloads() > before+1 {
				t.Errorf("got error %v after %d downloads", err, s.Downloads()-before)
			}
			for _, left := range files(t, c.Dir) {
				if strings.Contains(left, temporaryPrefix) {
					t.Errorf("got a left-over temporary file %s", left)
				}
			}
		})
	}
}

func TestReadOnlyCache(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may write everywhere")
	}
	s, f := one(t, fetchtest.Picture{Name: "a", Type: "png", Data: picture(1)})
	c := newCache(t)
	if err := os.Mkdir(c.Dir, 0o500); err != nil {
		t.Fatal(err)
	}
	_, err := c.Original(t.Context(), f)
	if _, ok := errors.AsType[*StoreError](err); !ok || !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), c.Dir) || s.Downloads() != 0 {
		t.Errorf("got error %v after %d downloads", err, s.Downloads())
	}
}

// A picture does not fit on the disk. The test needs its own process, because the limit applies to
// all of a process.
func TestFileTooBig(t *testing.T) {
	t.Parallel()
	if os.Getenv("FIRSTFRAME_TEST_FILE_SIZE") == "" {
		runAgain(t, "FIRSTFRAME_TEST_FILE_SIZE=1")
		return
	}
	data := append(picture(1), make([]byte, 1<<20)...)
	s, f := one(t, fetchtest.Picture{Name: "a", Type: "png", Data: data})
	c := newCache(t)
	if err := c.Open(); err != nil {
		t.Fatal(err)
	}
	limitFileSize(t, 100_000)
	_, err := c.Original(t.Context(), f)
	if _, ok := errors.AsType[*StoreError](err); !ok || !errors.Is(err, syscall.EFBIG) || !strings.Contains(err.Error(), c.Dir) || s.Downloads() != 1 {
		t.Errorf("got error %v after %d downloads", err, s.Downloads())
	}
	if kept := files(t, c.Dir); len(kept) != 0 {
		t.Errorf("got %v in the cache", kept)
	}
}

// Two services can use the same ids, and a service can replace a picture. So the cache returns an
// original only for the address that it came from. The query of an address does not matter, because
// it is a signature.
func TestSameIDElsewhere(t *testing.T) {
	s := &fetchtest.Service{Token: token, Pictures: pictures(2)}
	list, err := newAPI(serve(t, s)).Files(t.Context(), "", 0)
	if err != nil {
		t.Fatal(err)
	}
	a, b := list.Files[0], list.Files[1]
	b.ID, b.key = a.ID, a.key
	c := newCache(t)
	first, err := keep(t, c, a)
	if err != nil {
		t.Fatal(err)
	}
	other, err := keep(t, c, b)
	if err != nil || other.SHA256 == first.SHA256 {
		t.Errorf("got the bytes of the first file for the other one, error %v", err)
	}
	b.URL += "?Expires=1"
	if again, err := c.Original(t.Context(), b); err != nil || !again.Cached || again.SHA256 != other.SHA256 {
		t.Errorf("with another signature: got %+v, error %v", again, err)
	}
}

// An original counts only if its record and its bytes agree. Otherwise it is downloaded again.
func TestDamagedCache(t *testing.T) {
	s, f := one(t, fetchtest.Picture{Name: "a.png", Type: "png", Data: picture(1)})
	c := newCache(t)
	o, err := keep(t, c, f)
	if err != nil || !o.Modified.IsZero() {
		t.Fatal(o, err)
	}
	data := picture(1)
	flipped := bytes.Clone(data)
	flipped[len(flipped)/2] ^= 1
	write := func(path, content string) func() error {
		return func() error { return os.WriteFile(path, []byte(content), 0o600) }
	}
	for name, damage := range map[string]func() error{
		"empty":           write(o.Path, ""),
		"cut":             write(o.Path, string(data[:100])),
		"a bit":           write(o.Path, string(flipped)),
		"longer":          write(o.Path, string(data)+"x"),
		"gone":            func() error { return os.Remove(o.Path) },
		"key empty":       write(c.keyPath(f.Key()), ""),
		"key not JSON":    write(c.keyPath(f.Key()), "{"),
		"key gone":        func() error { return os.Remove(c.keyPath(f.Key())) },
		"key elsewhere":   write(c.keyPath(f.Key()), `{"sha256":"../../../../etc/passwd","type":"image/png","bytes":1}`),
		"key of no type":  write(c.keyPath(f.Key()), `{"sha256":"`+o.SHA256+`","type":"text/html","bytes":`+fmt.Sprint(o.Bytes)+`}`),
		"key wrong type":  write(c.keyPath(f.Key()), `{"sha256":"`+o.SHA256+`","type":"image/gif","bytes":`+fmt.Sprint(o.Bytes)+`}`),
		"key wrong size":  write(c.keyPath(f.Key()), `{"sha256":"`+o.SHA256+`","type":"image/png","bytes":1}`),
		"key wrong bytes": write(c.keyPath(f.Key()), `{"sha256":"`+strings.Repeat("0", 64)+`","type":"image/png","bytes":1}`),
	} {
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		if stored, ok := c.Stored(o.SHA256); ok && !strings.HasPrefix(name, "key") {
			t.Errorf("%s: got %+v from Stored", name, stored)
		}
		before := s.Downloads()
		again, err := keep(t, c, f)
		if err != nil || again != o || s.Downloads() != before+1 {
			t.Errorf("%s: got %+v, error %v after %d downloads", name, again, err, s.Downloads()-before)
		}
		if _, ok := c.Stored(o.SHA256); !ok {
			t.Errorf("%s: Stored has no original after the download", name)
		}
	}
	for _, sum := range []string{"", "..", strings.Repeat("0", 64), strings.ToUpper(o.SHA256), o.SHA256 + "/", strings.Repeat("/", 64)} {
		if _, ok := c.Stored(sum); ok {
			t.Errorf("Stored has an original for %q", sum)
		}
		if _, ok := c.StoredAs(sum); ok {
			t.Errorf("StoredAs has an original for %q", sum)
		}
	}
	for _, beginning := range []string{o.SHA256[:2], o.SHA256[:16], o.SHA256} {
		if stored, ok := c.StoredAs(beginning); !ok || stored.Path != o.Path {
			t.Errorf("StoredAs has %+v for %q, want %s", stored, beginning, o.Path)
		}
	}
}

// A picture that is cut on the server arrives completely, with its new length. Only a decoder can
// notice that. So it is downloaded again until Remember, and after Forget.
func TestCutWhereItIsStored(t *testing.T) {
	data := picture(1)
	s, f := one(t, fetchtest.Picture{Name: "a", Type: "png", Data: data})
	c := newCache(t)
	get := func(want []byte, downloads int) Original {
		t.Helper()
		o, err := c.Original(t.Context(), f)
		if err != nil || o.Bytes != int64(len(want)) || s.Downloads() != downloads {
			t.Fatalf("got %+v, error %v after %d downloads", o, err, s.Downloads())
		}
		return o
	}
	s.FailDownload("", 1, fetchtest.Data(data[:100], "image/png"))
	cut := get(data[:100], 1)
	whole := get(data, 2)
	if err := c.Remember(whole); err != nil {
		t.Fatal(err)
	}
	if o := get(data, 2); !o.Cached {
		t.Errorf("got %+v, want it from the cache", o)
	}
	// An older version may have remembered the cut picture.
	if err := c.Remember(cut); err != nil {
		t.Fatal(err)
	}
	cached := get(data[:100], 2)
	c.Forget(cached)
	get(data, 3)
	// Remember and Forget do nothing for an original from Stored, because it has no file.
	if o, ok := c.Stored(whole.SHA256); !ok || c.Remember(o) != nil {
		t.Error("Stored has no original")
	} else {
		c.Forget(o)
	}
}

func TestClip(t *testing.T) {
	s := &fetchtest.Service{Token: token, Record: true, Pictures: pictures(1), Videos: films(1, 1)}
	s.Videos[0].Clip = append(bytes.Clone(mp4), make([]byte, 5000)...)
	list, err := newAPI(serve(t, s)).Videos(t.Context(), "", 0)
	if err != nil {
		t.Fatal(err)
	}
	v := list.Videos[0]
	c := newCache(t)
	c.MaxBytes = 10 // this limit is for pictures only
	clip, err := c.Clip(t.Context(), v, 0)
	if err != nil || clip.Type != "video/mp4" || clip.Bytes != int64(len(s.Videos[0].Clip)) || clip.Cached || !strings.HasSuffix(clip.Path, clip.SHA256+".mp4") {
		t.Fatalf("got %+v, error %v", clip, err)
	}
	if data, err := os.ReadFile(clip.Path); err != nil || !bytes.Equal(data, s.Videos[0].Clip) {
		t.Errorf("got %d bytes, error %v", len(data), err)
	}
	header := s.Requests()[len(s.Requests())-1].Header
	if header.Get("Authorization") != "" || header.Get("Accept") != "video/mp4" {
		t.Errorf("got request headers %v", header)
	}
	if err := c.Remember(clip); err != nil {
		t.Fatal(err)
	}
	clip.Cached = true
	if again, err := c.Clip(t.Context(), v, 0); err != nil || again != clip || s.Downloads() != 1 {
		t.Errorf("got %+v, error %v after %d downloads", again, err, s.Downloads())
	}
	clip.key, clip.address = "", ""
	if stored, ok := c.Stored(clip.SHA256); !ok || stored != clip {
		t.Errorf("got %+v, %v from Stored", stored, ok)
	}

	cover, err := newCache(t).Cover(t.Context(), v)
	if err != nil || cover.Type != "image/png" {
		t.Errorf("cover: got %+v, error %v", cover, err)
	}
	// A video does not count as a picture, even if somebody renames its key.
	c.MaxBytes = 0
	if err := os.Rename(c.keyPath(v.Key()), c.keyPath(list.Files[0].Key())); err != nil {
		t.Fatal(err)
	}
	if o, err := c.Original(t.Context(), list.Files[0]); err != nil || o.Type != "image/png" {
		t.Errorf("got %+v, error %v", o, err)
	}
}

// A disk can change a byte without an error. The cache never returns such an original.
func TestDamagedOriginals(t *testing.T) {
	s := &fetchtest.Service{Token: token, Pictures: pictures(1), Videos: films(1, 1)}
	s.Videos[0].Clip = append(bytes.Clone(mp4), make([]byte, 5000)...)
	list, err := newAPI(serve(t, s)).Videos(t.Context(), "", 0)
	if err != nil {
		t.Fatal(err)
	}
	for name, get := range map[string]func(*Cache) (Original, error){
		"a picture": func(c *Cache) (Original, error) { return c.Original(t.Context(), list.Files[0]) },
		"a clip":    func(c *Cache) (Original, error) { return c.Clip(t.Context(), list.Videos[0], 0) },
		"a cover":   func(c *Cache) (Original, error) { return c.Cover(t.Context(), list.Videos[0]) },
	} {
		c := newCache(t)
		o, err := get(c)
		if err != nil {
			t.Fatalf("%s: got error %v", name, err)
		}
		want, err := os.ReadFile(o.Path)
		if err != nil {
			t.Fatal(err)
		}
		flipped := bytes.Clone(want)
		flipped[len(flipped)-1] ^= 1
		if err := os.WriteFile(o.Path, flipped, 0o600); err != nil {
			t.Fatal(err)
		}
		if stored, ok := c.Stored(o.SHA256); ok {
			t.Errorf("%s: got %+v from Stored for damaged bytes", name, stored)
		}
		again, err := get(c)
		if err != nil || again.Cached {
			t.Errorf("%s: got %+v, %v, want a new download", name, again, err)
		}
		if got, err := os.ReadFile(again.Path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: the original is still damaged, error %v", name, err)
		}
	}
}

// A file that is not an MP4 is rejected with its type, and a file that is too large is rejected
// with the limit. Errors reveal nothing but the host.
func TestNoClip(t *testing.T) {
	for name, test := range map[string]struct {
		data  []byte
		limit int64
		want  string
	}{
		"picture":   {picture(1), 0, "the file is not an MP4 video but image/png"},
		"page":      {[]byte("<!DOCTYPE html>"), 0, "the file is not an MP4 video but text/html"},
		"empty":     {[]byte{}, 0, "the file is empty"},
		"quicktime": {[]byte("\x00\x00\x00\x14ftypqt  \x00\x00\x02\x00qt  "), 0, "the file is not an MP4 video but video/quicktime"},
		"avif":      {[]byte("\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1miaf"), 0, "the file is not an MP4 video but image/avif"},
		"too large": {append(bytes.Clone(mp4), make([]byte, 1000)...), 1000, "the file is larger than 1,000 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &fetchtest.Service{Token: token, Videos: []fetchtest.Video{{Prompt: "a", Clip: test.data}}}
			list, err := newAPI(serve(t, s)).Videos(t.Context(), "", 0)
			if err != nil {
				t.Fatal(err)
			}
			c := newCache(t)
			_, err = c.Clip(t.Context(), list.Videos[0], test.limit)
			if err == nil || !strings.HasSuffix(err.Error(), test.want) {
				t.Fatalf("got error %v", err)
			}
			if _, ok := errors.AsType[*NotVideoError](err); ok != (test.want == "the file is empty" || strings.Contains(test.want, "not an MP4 video")) {
				t.Errorf("got an error of type %T", err)
			}
			nothingOf(t, err, File{ID: list.Videos[0].ID, URL: list.Videos[0].URL})
			if kept := files(t, c.Dir); len(kept) != 0 || s.Downloads() != 1 {
				t.Errorf("got %v in the cache after %d downloads", kept, s.Downloads())
			}
		})
	}
	c := &Cache{Dir: filepath.Join(t.TempDir(), "cache")}
	defer c.Close()
	for want, v := range map[string]Video{
		"the video has no clip yet": {ID: "a"},
		"GET 127.0.0.1: 127.0.0.1 is not a public address, so no request is sent; a service of your own needs --allow-private-hosts": {URL: "http://127.0.0.1/a.mp4"},
	} {
		if _, err := c.Clip(t.Context(), v, 0); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := c.Cover(t.Context(), Video{}); err == nil || err.Error() != "the video has no cover" {
		t.Errorf("got error %v", err)
	}
}

// When the time for all downloads is over, running downloads end and no others start. Originals on
// disk are still available.
func TestTimeBudget(t *testing.T) {
	s := &fetchtest.Service{Token: token, Pictures: pictures(3)}
	list, err := newAPI(serve(t, s)).Files(t.Context(), "", 0)
	if err != nil {
		t.Fatal(err)
	}
	before := newCache(t)
	if _, err := keep(t, before, list.Files[0]); err != nil {
		t.Fatal(err)
	}
	for name, fault := range map[string]fetchtest.Fault{
		"hang": fetchtest.Hang(), "stall": fetchtest.Stall(10),
	} {
		t.Run(name, func(t *testing.T) {
			s.FailDownload("", -1, fault)
			defer s.Recover()
			c := newCache(t)
			c.Dir = before.Dir
			ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, ErrTimeBudget)
			defer cancel()
			if _, err := c.Original(ctx, list.Files[1]); err != ErrTimeBudget {
				t.Fatal(err)
			}
			asked := s.Downloads()
			for range 10 {
				if _, err := c.Original(ctx, list.Files[2]); err != ErrTimeBudget {
					t.Fatal(err)
				}
			}
			if s.Downloads() != asked {
				t.Error("a download started after the time was over")
			}
			if o, err := c.Original(ctx, list.Files[0]); err != nil || !o.Cached {
				t.Errorf("got %+v, error %v", o, err)
			}
			// After an interrupt, the error is that of the context.
			interrupted, interrupt := context.WithCancel(t.Context())
			interrupt()
			if _, err := c.Original(interrupted, list.Files[2]); !errors.Is(err, context.Canceled) {
				t.Errorf("interrupted: got error %v", err)
			}
			// The time does not apply to the files of a published site, because they are restored
			// completely or not at all.
			s.Recover()
			if data, err := c.SiteFile(t.Context(), list.Files[1].URL, 1<<20); err != nil || len(data) == 0 {
				t.Errorf("restoring: got error %v", err)
			}
		})
	}
}
