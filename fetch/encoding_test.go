package fetch

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"strings"
	"testing"

	"firstframe/fetch/fetchtest"
)

// A decompression bomb is read only up to the limit.
func TestBomb(t *testing.T) {
	s, f := one(t, fetchtest.Picture{Name: "a", Type: "png", Data: picture(1)})
	c := newCache(t)
	c.MaxBytes = 1 << 20
	hollow := bytes.Repeat(zipped(nil), 1<<16) // more than a megabyte that decodes to nothing
	for name, fault := range map[string]fetchtest.Fault{
		"zeros":  fetchtest.Bomb(8 << 20),
		"hollow": fetchtest.Answer(200, string(hollow), "Content-Encoding", "gzip"),
	} {
		s.Recover()
		s.FailDownload("", -1, fault)
		before := s.Downloads()
		_, err := c.Original(t.Context(), f)
		if _, ok := errors.AsType[*TooLargeError](err); !ok || s.Downloads() != before+1 {
			t.Errorf("%s: got error %v after %d downloads", name, err, s.Downloads()-before)
		}
		if kept := files(t, c.Dir); len(kept) != 0 {
			t.Errorf("%s: got %v in the cache", name, kept)
		}
	}
}

// zipped returns data compressed with gzip.
func zipped(data []byte) []byte {
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	_, _ = zip.Write(data)
	_ = zip.Close()
	return b.Bytes()
}

// Some servers compress although we do not ask for it. The cache stores the decompressed bytes,
// never the compressed ones.
func TestCompressedDownload(t *testing.T) {
	data := picture(1)
	whole := zipped(data)
	damaged := bytes.Clone(whole)
	damaged[len(damaged)-6] ^= 1 // in the checksum
	page := "<!DOCTYPE html><title>Sorry</title>"
	for name, test := range map[string]struct {
		body, encoding string
		want           string // expected error, "" for the picture
		tries          int
	}{
		"gzip":                  {string(whole), "gzip", "", 1},
		"by its old name":       {string(whole), "X-GZIP", "", 1},
		"two members":           {string(zipped(data[:100])) + string(zipped(data[100:])), "gzip", "", 1},
		"not compressed at all": {string(data), "gzip", "", 1},
		"identity":              {string(data), "identity", "", 1},
		"a page":                {string(zipped([]byte(page))), "gzip", "the file is not a JPEG, PNG, GIF or WebP picture but text/html", 1},
		"nothing":               {"", "gzip", "the file is empty", 1},
		"without saying so":     {string(whole), "", "the file is not a JPEG, PNG, GIF or WebP picture but application/gzip", 1},
		"twice":                 {string(zipped(whole)), "gzip, gzip", "GET 127.0.0.1: the answer is compressed in an unknown way", 1},
		"brotli":                {"\x0b\x02\x80abc", "br", "GET 127.0.0.1: the answer is compressed (br)", 1},
		"deflate":               {string(data), "deflate", "GET 127.0.0.1: the answer is compressed (deflate)", 1},
		"zstd":                  {"\x28\xb5\x2f\xfd", "zstd", "GET 127.0.0.1: the answer is compressed (zstd)", 1},
		"secret":                {string(data), "secret", "GET 127.0.0.1: the answer is compressed in an unknown way", 1},
		"cut":                   {string(whole[:len(whole)-1]), "gzip", "GET 127.0.0.1: the connection was closed before the answer was complete", 4},
		"cut in its header":     {string(whole[:5]), "gzip", "GET 127.0.0.1: the connection was closed before the answer was complete", 4},
		"damaged":               {string(damaged), "gzip", "GET 127.0.0.1: the compressed bytes of the answer are damaged", 4},
	} {
		t.Run(name, func(t *testing.T) {
			s, f := one(t, fetchtest.Picture{Name: "a", Type: "png", Data: data})
			s.FailDownload("", -1, fetchtest.Answer(200, test.body, "Content-Type", "image/png", "Content-Encoding", test.encoding))
			c := newCache(t)
			o, err := c.Original(t.Context(), f)
			if s.Downloads() != test.tries {
				t.Errorf("%d downloads, want %d", s.Downloads(), test.tries)
			}
			if test.want == "" {
				if got, readErr := os.ReadFile(o.Path); err != nil || readErr != nil || !bytes.Equal(got, data) || o.Bytes != int64(len(data)) {
					t.Errorf("got %+v, error %v", o, err)
				}
				return
			}
			if err == nil || !strings.HasPrefix(err.Error(), test.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%v, want %s", err, test.want)
			}
			if kept := files(t, c.Dir); len(kept) != 0 {
				t.Errorf("got %v in the cache", kept)
			}
			s.Recover()
			if _, err := c.Original(t.Context(), f); err != nil {
				t.Errorf("the next time: got error %v", err)
			}
		})
	}
}
