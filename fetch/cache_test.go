package fetch

import (
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

// Sixteen at a time, of the same files, through two caches in one folder: everybody gets
// everything, and nothing but originals is left.
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
						t.Errorf("%v, %v", info, err)
					}
				}
			})
		}
	}
	wg.Wait()
	// Every original is there once, with its record, and every file has its key.
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
			t.Errorf("left: %v", count)
		}
	}
	for _, f := range list.Files {
		// Pictures are uploaded at full hours, so that this is Last-Modified, too.
		if o, err := a.Original(t.Context(), f); err != nil || !o.Modified.Equal(f.Uploaded()) {
			t.Errorf("%v, %v", o.Modified, err)
		}
	}
}

// What a killed run has left is removed once it is old; what another run is writing just now is
// not.
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

// The disk is not the network: what it refuses is not asked for again, and the error says where.
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
				t.Errorf("%v after %d downloads", err, s.Downloads()-before)
			}
			for _, left := range files(t, c.Dir) {
				if strings.Contains(left, temporaryPrefix) {
					t.Errorf("left %s", left)
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
		t.Errorf("%v after %d downloads", err, s.Downloads())
	}
}

// The picture that does not fit on the disk, in a process of its own, since its limit is for all of
// the process.
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
		t.Errorf("%v after %d downloads", err, s.Downloads())
	}
	if kept := files(t, c.Dir); len(kept) != 0 {
		t.Errorf("kept %v", kept)
	}
}

// Two services may use the same ids, and a service may put another picture in the place of one: a
// picture is taken from the cache only for the address that it came from. Its query is a signature.
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
		t.Errorf("the other file has the bytes of the first: %v", err)
	}
	b.URL += "?Expires=1"
	if again, err := c.Original(t.Context(), b); err != nil || !again.Cached || again.SHA256 != other.SHA256 {
		t.Errorf("with another signature: %+v, %v", again, err)
	}
}
