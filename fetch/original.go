package fetch

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// Original is a picture as its owner uploaded it, or a video that was made from it, verified and on disk.
type Original struct {
	Path     string
	SHA256   string // 64 hex digits
	Bytes    int64
	Type     string    // "image/jpeg", "image/png", "image/gif", "image/webp" or "video/mp4": from the bytes
	Modified time.Time // the Last-Modified of its download, in UTC; zero when there was none
	Cached   bool      // it was on disk already

	key     string // of the file or video that it was asked for as; "" when it was asked for by its hash
	address string // a hash of where it came from; "" when it was asked for by its hash
}

// record is what is remembered of an original. It has no name, no URL and no id in it.
type record struct {
	SHA256   string    `json:"sha256"`
	Type     string    `json:"type"`
	Bytes    int64     `json:"bytes"`
	Modified time.Time `json:"modified,omitzero"`
	Address  string    `json:"address,omitempty"` // a hash of where it came from, in the record of a key
}

// Stored returns the original whose SHA-256 this is, in hex digits, if c has it whole. Its Modified is that of the
// latest of its downloads.
func (c *Cache) Stored(sha256 string) (Original, bool) {
	if !isSHA256.MatchString(sha256) {
		return Original{}, false
	}
	r, err := readRecord(c.recordPath(sha256))
	if err != nil || r.SHA256 != sha256 {
		return Original{}, false
	}
	return c.verified(r)
}

// kept returns the original that the file or video with this key had, if c has it whole, and if it came
// from this address: another service may use the same ids for other pictures.
func (c *Cache) remembered(key, address string) (Original, bool) {
	r, err := readRecord(c.keyPath(key))
	if err != nil || r.Address != address {
		return Original{}, false
	}
	o, ok := c.verified(r)
	o.key, o.address = key, address
	return o, ok
}

// verified returns the original that r tells of, if its bytes are what r says. A power failure may have left a file
// that is empty or half written under its final name, and disks fail: only the hash tells.
func (c *Cache) verified(r record) (Original, bool) {
	path := c.originalPath(r.SHA256, r.Type)
	// To open a FIFO would wait for ever.
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() || info.Size() != r.Bytes {
		return Original{}, false
	}
	file, err := os.Open(path)
	if err != nil {
		return Original{}, false
	}
	defer file.Close()
	hash := sha256.New()
	if n, err := io.Copy(hash, io.LimitReader(file, r.Bytes)); err != nil || n != r.Bytes || hex.EncodeToString(hash.Sum(nil)) != r.SHA256 {
		return Original{}, false
	}
	return Original{Path: path, SHA256: r.SHA256, Bytes: r.Bytes, Type: r.Type, Modified: r.Modified, Cached: true}, true
}

// keep gives the complete bytes in temporary their final name. What they are is written first: an original without it
// would not be found by its hash.
func (c *Cache) finish(temporary string, o Original) error {
	if err := c.mkdir(filepath.Dir(o.Path)); err != nil {
		return err
	}
	if err := c.writeRecord(c.recordPath(o.SHA256), o); err != nil {
		return err
	}
	return c.rename(temporary, o.Path)
}

// maxRecord is many times the length of a record, in bytes.
const maxRecord = 4 << 10

var isSHA256 = regexp.MustCompile(`^[0-9a-f]{64}$`)

// readRecord reads a record, and believes it no further than that a path can be made of it.
func readRecord(path string) (record, error) {
	// To open a FIFO would wait for ever, and some devices never end.
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() || info.Size() > maxRecord {
		return record{}, fmt.Errorf("%s: not the record of an original", path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return record{}, err
	}
	var r record
	if err := json.Unmarshal(data, &r); err != nil {
		return record{}, err
	}
	if !isSHA256.MatchString(r.SHA256) || extensions[r.Type] == "" {
		return record{}, fmt.Errorf("%s: not the record of an original", path)
	}
	return r, nil
}

// writeRecord writes what o is to path, whole or not at all.
func (c *Cache) writeRecord(path string, o Original) error {
	data, err := json.Marshal(record{o.SHA256, o.Type, o.Bytes, o.Modified, o.address})
	if err != nil {
		return err
	}
	temporary, err := c.create(c.temporaries())
	if err != nil {
		return err
	}
	_, err = temporary.Write(append(data, '\n'))
	if err = errors.Join(err, temporary.Close()); err == nil {
		err = c.rename(temporary.Name(), path)
	}
	if err != nil {
		return errors.Join(err, c.remove(temporary.Name()))
	}
	return nil
}

func (c *Cache) temporaries() string { return filepath.Join(c.Dir, "temporary") }

func (c *Cache) keyPath(key string) string { return filepath.Join(c.Dir, "keys", key+".json") }

func (c *Cache) recordPath(sha256 string) string {
	return filepath.Join(c.Dir, "originals", sha256[:2], sha256+".json")
}

func (c *Cache) originalPath(sha256, mediaType string) string {
	return filepath.Join(c.Dir, "originals", sha256[:2], sha256+extensions[mediaType])
}

// store streams at most limit bytes through SHA-256 into a temporary file and keeps it as o. Whatever happens, no
// temporary file is left behind.
func (c *Cache) store(body io.Reader, limit int64, o Original) (_ Original, err error) {
	file, err := c.create(c.temporaries())
	if err != nil {
		return Original{}, err
	}
	defer func() {
		if err != nil {
			// What went wrong first is what matters.
			_ = file.Close()
			_ = c.remove(file.Name())
		}
	}()
	hash := sha256.New()
	o.Bytes, err = io.Copy(io.MultiWriter(hash, file), io.LimitReader(body, limit+1))
	if err != nil {
		return Original{}, err
	}
	if o.Bytes > limit {
		return Original{}, &TooLargeError{limit}
	}
	if err := file.Close(); err != nil {
		return Original{}, err
	}
	o.SHA256 = hex.EncodeToString(hash.Sum(nil))
	o.Path = c.originalPath(o.SHA256, o.Type)
	return o, c.finish(file.Name(), o)
}

// lastModified returns the Last-Modified of an answer in UTC; zero when it is missing, or no time at which a file can
// have been uploaded.
func lastModified(h http.Header) time.Time {
	t, err := http.ParseTime(h.Get("Last-Modified"))
	if err != nil || t.Year() < 2000 || t.Year() > 2099 {
		return time.Time{}
	}
	return t.UTC()
}
