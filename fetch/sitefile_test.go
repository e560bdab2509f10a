package fetch

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"

	"firstframe/fetch/fetchtest"
)

// A published site is as untrusted as any other address.
func TestSiteFile(t *testing.T) {
	body := bytes.Repeat([]byte("x"), 1000)
	answering := func(fault fetchtest.Fault) string {
		return serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for _, header := range []string{"Authorization", "Referer", "Cookie"} {
				if r.Header.Get(header) != "" {
					t.Errorf("got the request header %s", header)
				}
			}
			fault(w, r, body)
		})).URL
	}
	c := newCache(t)
	data, err := c.SiteFile(t.Context(), answering(fetchtest.Data(body, "image/jpeg")), 1000)
	if err != nil || !bytes.Equal(data, body) {
		t.Errorf("got %d bytes, %v", len(data), err)
	}
	compressed := fetchtest.Answer(200, string(zipped(body)), "Content-Encoding", "gzip")
	if data, err := c.SiteFile(t.Context(), answering(compressed), 1000); err != nil || !bytes.Equal(data, body) {
		t.Errorf("compressed: got %d bytes, error %v", len(data), err)
	}
	var large *TooLargeError
	for name, fault := range map[string]fetchtest.Fault{
		"too large": fetchtest.Data(body, "image/jpeg"), "endless": fetchtest.Endless(), "a bomb": fetchtest.Bomb(1 << 20),
	} {
		if data, err := c.SiteFile(t.Context(), answering(fault), 999); !errors.As(err, &large) {
			t.Errorf("%s: got %d bytes, error %v", name, len(data), err)
		}
	}
	var failed *DownloadError
	for name, fault := range map[string]fetchtest.Fault{
		"gone": fetchtest.Answer(404, ""), "forbidden": fetchtest.Answer(403, ""), "cut": fetchtest.Cut(10),
		"compressed in another way": fetchtest.Answer(200, "abc", "Content-Encoding", "br"),
		"a redirect to a file":      fetchtest.Redirect(302, "file:///etc/passwd"),
	} {
		if _, err := c.SiteFile(t.Context(), answering(fault), 1000); !errors.As(err, &failed) {
			t.Errorf("%s: got error %v", name, err)
		}
	}
	c = newCache(t)
	c.AllowPrivateHosts = false
	if _, err := c.SiteFile(t.Context(), answering(fetchtest.Data(body, "")), 1000); err == nil || !strings.Contains(err.Error(), "not a public address") {
		t.Errorf("a private address: got error %v", err)
	}
}
