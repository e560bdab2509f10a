package fetch

import (
	"bytes"
	"net/http"
	"testing"
	"time"
)

func TestLastModified(t *testing.T) {
	for value, want := range map[string]time.Time{
		"Sat, 12 Oct 2024 05:00:07 GMT": time.Date(2024, 10, 12, 5, 0, 7, 0, time.UTC),
		"Thu, 01 Jan 1970 00:00:00 GMT": {},
		"Fri, 01 Jan 2100 00:00:00 GMT": {},
		"yesterday":                     {},
		"":                              {},
	} {
		if got := lastModified(http.Header{"Last-Modified": {value}}); !got.Equal(want) {
			t.Errorf("%q is %v", value, got)
		}
	}
}

// Reading stops one byte after the limit, so no more than that is ever written to the disk.
func TestLimitOnDisk(t *testing.T) {
	c := newCache(t)
	if err := c.Open(); err != nil {
		t.Fatal(err)
	}
	body := bytes.NewReader(make([]byte, 1000))
	if _, err := c.spool(body, 100, Original{Type: "image/png"}); err == nil || body.Len() != 1000-101 {
		t.Errorf("%d bytes were read, error %v", 1000-body.Len(), err)
	}
}
