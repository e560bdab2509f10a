package fetch

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// The temporary files of the cache.
const (
	// leftover is the age at which a temporary file cannot belong to a running process any more.
	leftover = 24 * time.Hour
	// temporaryPrefix begins the names of incomplete files.
	temporaryPrefix = "download-"
)

// Cache holds the originals on disk. It is private and can be deleted. Several goroutines and
// several processes can use it at the same time. It must not be copied, and its fields must not
// change after its first use.
//
//	originals/<2 digits>/<sha256>.jpg    bytes
//	originals/<2 digits>/<sha256>.json   their type, size and date
//	keys/<key>.json                      hashes of a usable file or video and its address
//	folders/<hash>.json                  hashes of the files in a folder of the owner's
//	temporary/download-*                 incomplete files, and copies of pictures in such a folder
type Cache struct {
	Dir         string
	MaxBytes    int64         // limit for one picture; 0 means 64 MiB
	Timeout     time.Duration // for one file with all its tries and waits; 0 means 5 minutes
	IdleTimeout time.Duration // time without a byte that ends a try; 0 means 30 s
	UserAgent   string        // "firstframe" when empty

	// AllowPrivateHosts allows downloads from addresses that are not public, and through the proxy
	// of the environment. When it is false, no proxy is used, because a proxy makes the connection,
	// so we cannot check the address.
	AllowPrivateHosts bool

	// Logf logs every request and every retry, with the host only. Several goroutines call it. Nil
	// logs nothing.
	Logf func(format string, args ...any)

	FirstWait time.Duration // wait before the second try; each further one doubles it; 0 means 1 s

	// Step is called before each operation that changes the disk, with its name as in package os
	// and the path. If it returns an error, the operation is skipped and fails with that error. So
	// a test can make each operation fail in turn. Several goroutines call it. Nil allows all of
	// them.
	Step func(operation, path string) error

	opening   sync.Once
	openErr   error
	connect   sync.Once
	transport *http.Transport
	pictures  circuits // for originals
	videos    circuits // for clips and covers, which come last and must not suffer from failed pictures
}

// StoreError means that the disk failed. It will fail for other originals, too.
type StoreError struct {
	Err error // error of the system, with the path
}

// Error returns the error of the system after what was being done.
func (e *StoreError) Error() string { return "writing to the cache: " + e.Err.Error() }

// Unwrap returns the error of the system.
func (e *StoreError) Unwrap() error { return e.Err }

// ErrTimeBudget means that the time for all work of a run is used up. A context that ends for this
// reason has it as its cause: it ends downloads, and the originals on disk can still be used.
var ErrTimeBudget = errors.New("the time for all downloads and pictures ran out")

// Open makes the folders of c, checks that they are writable, and removes what killed runs left in
// them. It does so only once. Original calls it before the first download; call it earlier to find
// problems earlier. Its error is a *StoreError.
func (c *Cache) Open() error {
	c.opening.Do(func() {
		if err := c.open(); err != nil {
			c.openErr = &StoreError{err}
		}
	})
	return c.openErr
}

// The folders of a cache.
const (
	originalsFolder = "originals"
	keysFolder      = "keys"
	temporaryFolder = "temporary"
)

// open does the work of Open.
func (c *Cache) open() error {
	for _, dir := range []string{c.temporaries(), filepath.Join(c.Dir, originalsFolder), filepath.Join(c.Dir, keysFolder)} {
		if err := c.mkdir(dir); err != nil {
			return err
		}
		probe, err := c.create(dir)
		if err != nil {
			return err
		}
		if err := errors.Join(probe.Close(), c.remove(probe.Name())); err != nil {
			return err
		}
		if err := c.clean(dir); err != nil {
			return err
		}
	}
	return nil
}

// clean removes the temporary files in dir that cannot belong to a running process any more.
func (c *Cache) clean(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), temporaryPrefix) {
			continue
		}
		info, err := entry.Info()
		if err != nil || time.Since(info.ModTime()) < leftover {
			continue
		}
		// An error does not matter: another run may have removed the file, and a left-over file
		// does no harm.
		_ = c.remove(filepath.Join(dir, entry.Name()))
	}
	return nil
}

// Close closes idle connections. c can still be used.
func (c *Cache) Close() {
	c.pool().CloseIdleConnections()
}

// pool returns the transport that all downloads use, so that they share connections.
func (c *Cache) pool() *http.Transport {
	c.connect.Do(func() {
		idle := cmp.Or(c.IdleTimeout, idleTimeout)
		if c.AllowPrivateHosts {
			c.transport = newTransport(idle, nil)
			c.transport.Proxy = http.ProxyFromEnvironment
		} else {
			c.transport = newTransport(idle, dialPublic)
		}
		// Function decoded undoes compression, because it knows the limit for the file.
		c.transport.DisableCompression = true
	})
	return c.transport
}

// Original returns the original of f, verified. It comes from the disk if Remember was called for
// it, and its size and hash are still right. If not, it is downloaded. A download counts as good
// only after Remember, because the picture can be broken. Until then, each call downloads it again.
//
// The error is a *NotImageError when the bytes are not a picture, a *StoreError when the disk
// fails, ErrTimeBudget when that is the cause of the end of ctx, the error of ctx when ctx has
// ended for another reason, and a *DownloadError in all other cases.
//
// If f is in a Folder, its original is a copy that must be released. Its Modified is the time of
// the file. If the file cannot be read, the error says why, without its path.
func (c *Cache) Original(ctx context.Context, f File) (Original, error) {
	if f.Picture != nil {
		o, err := c.fromFolder(ctx, f.Picture)
		if errors.Is(err, context.Canceled) && context.Cause(ctx) == ErrTimeBudget {
			err = ErrTimeBudget
		}
		return o, err
	}
	return c.get(ctx, f.Key(), f.URL, wanted{circuits: &c.pictures, limit: c.maxBytes()})
}

// Has reports whether Original will probably find the original of f on disk. It does not read the
// original, so it can be wrong.
func (c *Cache) Has(f File) bool {
	if f.Picture != nil {
		return true
	}
	r, err := readRecord(c.keyPath(f.Key()))
	return err == nil && r.Address == entryOf(f.URL, "")
}

// maxBytes returns the limit for one picture.
func (c *Cache) maxBytes() int64 { return cmp.Or(c.MaxBytes, maxOriginal) }

// wanted describes what a download must be.
type wanted struct {
	circuits *circuits // circuit breakers of the hosts
	clip     bool      // whether it must be an MP4 instead of a picture
	limit    int64     // largest size, in bytes
}

// accept returns the Accept header of the request.
func (w wanted) accept() string {
	if w.clip {
		return clipType
	}
	return "image/*"
}

// check returns an error unless mediaType is acceptable.
func (w wanted) check(mediaType string) error {
	switch {
	case w.clip && mediaType != clipType:
		return &NotVideoError{mediaType}
	case !w.clip && !isPicture(mediaType):
		return &NotImageError{mediaType}
	}
	return nil
}

// get returns the original that is remembered for key. If there is none, it downloads address.
func (c *Cache) get(ctx context.Context, key, address string, w wanted) (Original, error) {
	if kept, ok := c.remembered(key, entryOf(address, "")); ok && w.check(kept.Type) == nil {
		return kept, nil
	}
	if err := c.Open(); err != nil {
		return Original{}, err
	}
	if context.Cause(ctx) == ErrTimeBudget {
		return Original{}, ErrTimeBudget
	}
	one, cancel := context.WithTimeout(ctx, cmp.Or(c.Timeout, downloadTime))
	defer cancel()
	original, err := c.download(one, address, w)
	if _, disk := errors.AsType[*StoreError](err); err != nil && !disk && context.Cause(ctx) == ErrTimeBudget {
		return Original{}, ErrTimeBudget
	}
	if err != nil {
		return Original{}, err
	}
	original.key, original.address = key, entryOf(address, "")
	return original, nil
}

// Remember records that o is usable: from now on, its file or video has these bytes, and no
// download is needed. Its error is a *StoreError.
func (c *Cache) Remember(o Original) error {
	if o.Cached || o.key == "" {
		return nil
	}
	if err := c.writeRecord(c.keyPath(o.key), o); err != nil {
		return &StoreError{err}
	}
	return nil
}

// Forget records that o is not usable: the next call for its file or video downloads it again. The
// bytes stay on disk, because another file can have the same bytes.
func (c *Cache) Forget(o Original) {
	if o.key != "" {
		_ = c.remove(c.keyPath(o.key)) // if this fails, the next run does it again
	}
}

// Clip returns the video file of v, like Original returns a picture. Its limit is maxBytes (64 MiB
// when 0). The error is a *NotVideoError when the file is not an MP4, and in all other cases the
// same as from Original.
func (c *Cache) Clip(ctx context.Context, v Video, maxBytes int64) (Original, error) {
	if v.URL == "" {
		return Original{}, &DownloadError{Err: errors.New("the video has no clip yet")}
	}
	return c.get(ctx, v.Key(), v.URL, wanted{circuits: &c.videos, clip: true, limit: cmp.Or(maxBytes, maxOriginal)})
}

// Cover returns the cover picture of v, like Original.
func (c *Cache) Cover(ctx context.Context, v Video) (Original, error) {
	if v.Cover == "" {
		return Original{}, &DownloadError{Err: errors.New("the video has no cover")}
	}
	key := File{URL: v.Cover}.Key()
	return c.get(ctx, key, v.Cover, wanted{circuits: &c.videos, limit: c.maxBytes()})
}
