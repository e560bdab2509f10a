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
	"strings"
	"time"
)

// Original is an uploaded picture, a video or its cover, verified and on disk.
type Original struct {
	Path     string
	SHA256   string // 64 hex digits
	Bytes    int64
	Type     string    // from the bytes: "image/jpeg", "image/png", "image/gif", "image/webp" or "video/mp4"
	Modified time.Time // Last-Modified of the download, in UTC; zero when there was none
	Cached   bool      // whether it was on disk already

	key       string // key of the file or video; "" when Stored returned it
	address   string // hash of its address; "" when Stored returned it
	temporary bool   // whether Path is a copy that Release removes
}

// record is what the cache remembers about an original, as JSON. It contains neither a name nor a
// URL nor an id.
type record struct {
	SHA256   string    `json:"sha256"`
	Type     string    `json:"type"`
	Bytes    int64     `json:"bytes"`
	Modified time.Time `json:"modified,omitzero"`
	Address  string    `json:"address,omitempty"` // hash of its address, only in the record of a key
}

// Stored returns the original with this SHA-256, in hex digits, if c has it and it is intact. Its
// Modified is from the latest download.
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

// StoredAs returns the original whose SHA-256 begins with these hex digits, at least two, like
// Stored.
func (c *Cache) StoredAs(beginning string) (Original, bool) {
	if len(beginning) < 2 || !isHex.MatchString(beginning) {
		return Original{}, false
	}
	entries, err := os.ReadDir(filepath.Join(c.Dir, originalsFolder, beginning[:2]))
	if err != nil {
		return Original{}, false
	}
	for _, entry := range entries {
		sum, isRecord := strings.CutSuffix(entry.Name(), ".json")
		if !isRecord || !strings.HasPrefix(sum, beginning) {
			continue
		}
		if o, ok := c.Stored(sum); ok {
			return o, true
		}
	}
	return Original{}, false
}

// remembered returns the original of the file or video with this key, if c has it and it is intact.
// It must have come from this address, because another service can use the same ids for other
// pictures.
func (c *Cache) remembered(key, address string) (Original, bool) {
	r, err := readRecord(c.keyPath(key))
	if err != nil || r.Address != address {
		return Original{}, false
	}
	o, ok := c.verified(r)
	o.key, o.address = key, address
	return o, ok
}

// verified returns the original of r, if its size and its hash are right. A power failure can leave
// an empty or half written file under its final name, and disks fail, so the hash must be checked
// each time.
func (c *Cache) verified(r record) (Original, bool) {
	path := c.originalPath(r.SHA256, r.Type)
	// Opening a FIFO would wait forever.
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

// finish gives the complete file temporary its final name. It writes the record first, because
// Stored does not find an original without one.
func (c *Cache) finish(temporary string, o Original) error {
	if err := c.mkdir(filepath.Dir(o.Path)); err != nil {
		return err
	}
	if err := c.writeRecord(c.recordPath(o.SHA256), o); err != nil {
		return err
	}
	return c.rename(temporary, o.Path)
}

// maxRecord is many times the size of a record, in bytes.
const maxRecord = 4 << 10

// isHex matches hex digits.
var isHex = regexp.MustCompile(`^[0-9a-f]+$`)

// isSHA256 matches the hex digits of a SHA-256.
var isSHA256 = regexp.MustCompile(`^[0-9a-f]{64}$`)

// readRecord reads a record. It makes sure that the paths of its original can be derived from it,
// and checks nothing else.
func readRecord(path string) (record, error) {
	// Opening a FIFO would wait forever, and some devices never end.
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

// writeRecord writes the record of o to path, completely or not at all.
func (c *Cache) writeRecord(path string, o Original) error {
	data, err := json.Marshal(record{o.SHA256, o.Type, o.Bytes, o.Modified, o.address})
	if err != nil {
		return err
	}
	return c.writeFile(path, append(data, '\n'))
}

// writeFile writes a file of the cache, completely or not at all.
func (c *Cache) writeFile(path string, data []byte) error {
	temporary, err := c.create(c.temporaries())
	if err != nil {
		return err
	}
	_, err = temporary.Write(data)
	if err = errors.Join(err, temporary.Close()); err == nil {
		err = c.rename(temporary.Name(), path)
	}
	if err != nil {
		return errors.Join(err, c.remove(temporary.Name()))
	}
	return nil
}

// temporaries returns the folder of incomplete files.
func (c *Cache) temporaries() string { return filepath.Join(c.Dir, temporaryFolder) }

// keyPath returns the path of the record of a key.
func (c *Cache) keyPath(key string) string { return filepath.Join(c.Dir, keysFolder, key+".json") }

// recordPath returns the path of the record of an original.
func (c *Cache) recordPath(sha256 string) string {
	return filepath.Join(c.Dir, originalsFolder, sha256[:2], sha256+".json")
}

// originalPath returns the path of an original.
func (c *Cache) originalPath(sha256, mediaType string) string {
	return filepath.Join(c.Dir, originalsFolder, sha256[:2], sha256+extensions[mediaType])
}

// store files a temporary original under its final name, or removes it.
func (c *Cache) store(o Original) (Original, error) {
	temporary := o.Path
	o.Path, o.temporary = c.originalPath(o.SHA256, o.Type), false
	if err := c.finish(temporary, o); err != nil {
		_ = c.remove(temporary) // the first error is the one that matters
		return Original{}, err
	}
	return o, nil
}

// spool streams at most limit bytes through SHA-256 into a temporary file, which becomes the path
// of o. If it fails, it leaves no file behind.
func (c *Cache) spool(body io.Reader, limit int64, o Original) (_ Original, err error) {
	file, err := c.create(c.temporaries())
	if err != nil {
		return Original{}, err
	}
	defer func() {
		if err != nil {
			// The first error is the one that matters.
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
	o.SHA256, o.Path, o.temporary = hex.EncodeToString(hash.Sum(nil)), file.Name(), true
	return o, nil
}

// lastModified returns the Last-Modified of an answer in UTC; zero when it is missing, or cannot be
// the time of an upload.
func lastModified(h http.Header) time.Time {
	t, err := http.ParseTime(h.Get("Last-Modified"))
	if err != nil || t.Year() < 2000 || t.Year() > 2099 {
		return time.Time{}
	}
	return t.UTC()
}
