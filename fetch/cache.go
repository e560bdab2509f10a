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

const (
	// leftover is when a temporary file cannot belong to a run any more.
	leftover = 24 * time.Hour
	// temporaryPrefix starts the names of the files that are not complete yet.
	temporaryPrefix = "download-"
)

// Cache holds the originals on disk, private and disposable. It is safe for concurrent use, and by several processes
// at the same time. It must not be copied, and its fields must not change once it is used.
//
//	originals/<2 digits>/<sha256>.jpg    the bytes
//	originals/<2 digits>/<sha256>.json   what they are
//	keys/<key of a file>.json            which file, or video, had which bytes at which address, once they could be used
//	temporary/download-*                 what is not complete yet
type Cache struct {
	Dir         string
	MaxBytes    int64         // of one picture; 0 means 64 MiB
	Timeout     time.Duration // for one file with all its tries and waits; 0 means 5 minutes
	TimeBudget  time.Duration // for all originals, clips and covers together, from the first download on; 0 means no end
	IdleTimeout time.Duration // how long nothing may arrive before a try is given up; 0 means 30 s
	UserAgent   string        // "firstframe" when empty

	// AllowPrivateHosts lets downloads go to addresses that are not public, and through the proxy of the environment.
	// Otherwise there is no proxy: it would resolve names and dial in our place, where nobody checks the address.
	AllowPrivateHosts bool

	// Logf is told of every request and every new try, with the host only. It is called by several goroutines. Nil is
	// silent.
	Logf func(format string, args ...any)

	FirstWait time.Duration // before the second try, doubled for each further one; 0 means 1 s

	// Step is called before each operation that changes the disk, with its name as in package os and the
	// path. An error stands for that of the operation, which is then left out: so a test makes each of
	// them fail in turn. It is called by several goroutines. Nil lets all of them happen.
	Step func(operation, path string) error

	opening   sync.Once
	openErr   error
	connect   sync.Once
	transport *http.Transport
	pictures  circuits // of the hosts of originals
	videos    circuits // of those of clips and covers: they come last, and pictures must not cost them their turn
	starting  sync.Once
	ends      time.Time // when TimeBudget is over
}

// StoreError says that the disk failed, and where. No other original will have more luck.
type StoreError struct {
	Err error // of the system, with the path
}

func (e *StoreError) Error() string { return "keeping an original: " + e.Err.Error() }
func (e *StoreError) Unwrap() error { return e.Err }

// ErrTimeBudget is the error of a download for which no time was left.
var ErrTimeBudget = errors.New("the time for all downloads is over")

// Open makes the folders of c, checks that they can be written to, and removes what killed runs have left in them. It
// does its work once; Original calls it before the first download, and whoever wants to know earlier calls it earlier.
// Its error is a *StoreError.
func (c *Cache) Open() error {
	c.opening.Do(func() {
		if err := c.open(); err != nil {
			c.openErr = &StoreError{err}
		}
	})
	return c.openErr
}

func (c *Cache) open() error {
	for _, dir := range []string{c.temporaries(), filepath.Join(c.Dir, "originals"), filepath.Join(c.Dir, "keys")} {
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

// clean removes the temporary files in dir that cannot belong to a run any more.
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
		// Another run may have been quicker to remove it; and if it stays, it does no harm.
		_ = c.remove(filepath.Join(dir, entry.Name()))
	}
	return nil
}

// Close closes the connections that wait for another download. c can still be used.
func (c *Cache) Close() {
	c.pool().CloseIdleConnections()
}

// pool returns the transport of all downloads: one, so that they share their connections.
func (c *Cache) pool() *http.Transport {
	c.connect.Do(func() {
		idle := cmp.Or(c.IdleTimeout, idleTimeout)
		if c.AllowPrivateHosts {
			c.transport = newTransport(idle, nil)
			c.transport.Proxy = http.ProxyFromEnvironment
		} else {
			c.transport = newTransport(idle, dialPublic)
		}
		// It is decoded that undoes a compression, within the limit for the file.
		c.transport.DisableCompression = true
	})
	return c.transport
}

// Original returns the bytes of f, verified: those on disk when they were kept for f and still have
// their size and hash, else those that it downloads. A download that is complete can still be a
// broken picture, so the next call downloads again until Keep is told that this one could be used.
// Its error is a *NotImageError when they are no picture, a *StoreError when the disk fails,
// ErrTimeBudget, the error of ctx when that has ended, and else a *DownloadError.
func (c *Cache) Original(ctx context.Context, f File) (Original, error) {
	return c.get(ctx, f.Key(), f.URL, wanted{circuits: &c.pictures, limit: cmp.Or(c.MaxBytes, maxOriginal)})
}

// wanted is what a download has to be.
type wanted struct {
	circuits *circuits // that say whether its host is left alone
	clip     bool      // an MP4, not a picture
	limit    int64     // in bytes
}

// accept is the header that asks for it.
func (w wanted) accept() string {
	if w.clip {
		return clipType
	}
	return "image/*"
}

// check refuses bytes of another type.
func (w wanted) check(mediaType string) error {
	switch {
	case w.clip && mediaType != clipType:
		return &NotVideoError{mediaType}
	case !w.clip && (mediaType == clipType || extensions[mediaType] == ""):
		return &NotImageError{mediaType}
	}
	return nil
}

// get returns the bytes that are known by key, or that are at a URL.
func (c *Cache) get(ctx context.Context, key, address string, w wanted) (Original, error) {
	if kept, ok := c.remembered(key, entryOf(address, "")); ok && w.check(kept.Type) == nil {
		return kept, nil
	}
	if err := c.Open(); err != nil {
		return Original{}, err
	}
	ctx, cancel := c.budgeted(ctx)
	defer cancel()
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

// budgeted returns ctx with the end of all downloads. The time begins with the first of them.
func (c *Cache) budgeted(ctx context.Context) (context.Context, context.CancelFunc) {
	if c.TimeBudget <= 0 {
		return context.WithCancel(ctx)
	}
	c.starting.Do(func() { c.ends = time.Now().Add(c.TimeBudget) })
	return context.WithDeadlineCause(ctx, c.ends, ErrTimeBudget)
}

// Keep says that o could be used: from now on these are the bytes of its file or video, and no
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

// Forget says that o could not be used: the next call for its file or video downloads it again. The
// bytes stay under their hash, because they can be those of another file, too.
func (c *Cache) Forget(o Original) {
	if o.key != "" {
		_ = c.remove(c.keyPath(o.key)) // if that fails, the next run tries again
	}
}

// Clip returns the bytes of v itself, of at most maxBytes (64 MiB when 0), as Original does with those of a picture. Its
// error is a *NotVideoError when they are no MP4, and otherwise as that of Original.
func (c *Cache) Clip(ctx context.Context, v Video, maxBytes int64) (Original, error) {
	if v.URL == "" {
		return Original{}, &DownloadError{Err: errors.New("the video has none yet")}
	}
	return c.get(ctx, v.Key(), v.URL, wanted{circuits: &c.videos, clip: true, limit: cmp.Or(maxBytes, maxOriginal)})
}

// Cover returns the cover picture of v, as Original does.
func (c *Cache) Cover(ctx context.Context, v Video) (Original, error) {
	if v.Cover == "" {
		return Original{}, &DownloadError{Err: errors.New("the video has no cover")}
	}
	key := File{URL: v.Cover}.Key()
	return c.get(ctx, key, v.Cover, wanted{circuits: &c.videos, limit: cmp.Or(c.MaxBytes, maxOriginal)})
}
