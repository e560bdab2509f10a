package fetch

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

// DownloadError means that a file could not be downloaded. It names the host at most, never a path
// or a query.
type DownloadError struct {
	Host   string // host that failed, the last one after redirects; "" when the URL has none
	Status int    // status of the answer; 0 when that is not the reason
	Err    error  // the reason, unless it is the status
	Tries  int    // number of tries
}

// Error returns for example "GET cdn.example: unexpected status 404 Not Found".
func (e *DownloadError) Error() string {
	var b strings.Builder
	if e.Host != "" {
		fmt.Fprintf(&b, "GET %s: ", e.Host)
	}
	if e.Status != 0 {
		fmt.Fprintf(&b, "unexpected status %s", status(e.Status))
		if e.Err != nil {
			b.WriteString("; ")
		}
	}
	if e.Err != nil {
		b.WriteString(e.Err.Error())
	}
	if e.Tries > 1 {
		fmt.Fprintf(&b, " (after %d tries)", e.Tries)
	}
	return b.String()
}

// Unwrap returns the reason, unless it is the status.
func (e *DownloadError) Unwrap() error { return e.Err }

// Gone reports whether the host answered that the file is missing or forbidden, so that a retry in
// this run does not help.
func (e *DownloadError) Gone() bool {
	return e.Status == http.StatusNotFound || e.Status == http.StatusForbidden || e.Status == http.StatusGone
}

// TooLargeError means that a file is larger than the limit, in bytes.
type TooLargeError struct{ Limit int64 }

// Error returns the limit in words.
func (e *TooLargeError) Error() string {
	if e.Limit%1024 == 0 {
		return "the file is larger than " + humanize.IBytes(uint64(e.Limit))
	}
	return "the file is larger than " + humanize.Comma(e.Limit) + " bytes"
}

// download downloads address with retries, and stores it if it is what is wanted. It fails
// immediately while the circuit of the host is open.
func (c *Cache) download(ctx context.Context, address string, w wanted) (Original, error) {
	u, err := url.Parse(address)
	if err != nil {
		return Original{}, &DownloadError{Err: errors.New("the address of the file is not a URL"), Tries: 1}
	}
	ended, allowed := w.circuits.of(u.Host).do(func(closed func() bool) outcome {
		return c.attempt(ctx, u, w, closed)
	})
	if !allowed {
		return Original{}, &DownloadError{Host: host(u), Err: ErrResting}
	}
	return ended.original, ended.err
}

// attempt downloads u with retries. It does not retry once the circuit of the host is open.
func (c *Cache) attempt(ctx context.Context, u *url.URL, w wanted, closed func() bool) outcome {
	logf := c.Logf
	if logf == nil {
		logf = func(string, ...any) {}
	}
	var a outcome
	var at string    // host of the last request, because a redirect can lead to another host
	var before error // error of the previous try
	tries := 0
	original, _, err := retry(ctx, downloadTries, c.FirstWait, logf, func() (Original, error) {
		if before != nil && !closed() {
			return Original{}, before
		}
		tries++
		at, a.last = host(u), time.Now()
		logf("GET %s", at)
		original, err := c.try(ctx, u, w, &at)
		var more *retryable
		if a.silent = errors.As(err, &more); a.silent {
			before = more.err
		}
		return original, err
	})
	_, late := errors.AsType[*outOfTime](err)
	a.original, a.silent = original, a.silent || late
	if err != nil {
		a.err = shown(at, err, tries)
	}
	return a
}

// shown returns the error of a download for the caller.
func shown(at string, err error, tries int) error {
	if no, ok := errors.AsType[*NotImageError](err); ok {
		return no
	}
	if no, ok := errors.AsType[*NotVideoError](err); ok {
		return no
	}
	if failed, ok := errors.AsType[*StoreError](err); ok {
		return failed
	}
	return failedAt(at, err, tries)
}

// failedAt returns the error of a download that failed at a host.
func failedAt(at string, err error, tries int) error {
	failed := &DownloadError{Host: at, Err: err, Tries: tries}
	if late, ok := errors.AsType[*outOfTime](err); !ok && errors.Is(err, context.Canceled) {
		return fmt.Errorf("GET %s: %w", at, err)
	} else if s, ok := errors.AsType[statusError](err); ok {
		failed.Status, failed.Err = int(s), nil
		if late != nil && late.wait > 0 {
			failed.Err = errors.New(tooLong(late.wait))
		}
	}
	return failed
}

// statusError is a status other than 200.
type statusError int

// Error returns the status in words.
func (e statusError) Error() string { return "unexpected status " + status(int(e)) }

// try downloads u, following redirects, and stores it. It sets at to the current host. Its errors
// are safe to show. They are retryable where another try can help.
func (c *Cache) try(ctx context.Context, u *url.URL, w wanted, at *string) (Original, error) {
	var original Original
	err := c.follow(ctx, u, w.accept(), at, func(resp *http.Response) (err error) {
		original, err = c.receive(resp, w)
		return err
	})
	return original, err
}

// follow requests u, follows redirects, and passes the final answer to receive.
func (c *Cache) follow(ctx context.Context, u *url.URL, accept string, at *string, receive func(*http.Response) error) error {
	for redirects := 0; ; redirects++ {
		*at = host(u)
		if err := downloadable(u); err != nil {
			return err
		}
		resp, err := c.request(ctx, u, accept)
		if err != nil {
			return networkError(err)
		}
		next, err := redirect(resp)
		if err == nil && next == nil {
			err := receive(resp)
			resp.Body.Close()
			return err
		}
		resp.Body.Close()
		switch {
		case err != nil:
			return err
		case redirects == maxRedirects:
			return fmt.Errorf("more than %d redirects", maxRedirects)
		}
		u = next
	}
}

// request requests u. It sends no token, no cookie and no Referer.
func (c *Cache) request(ctx context.Context, u *url.URL, accept string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", cmp.Or(c.UserAgent, userAgent))
	req.Header.Set("Accept", accept)
	req.Header.Set("Accept-Encoding", "identity") // pictures are already compressed
	return send(c.pool(), req, cmp.Or(c.IdleTimeout, idleTimeout))
}

// downloadable returns an error unless u is an http or https URL with a host and without a
// password.
func downloadable(u *url.URL) error {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return errors.New("the URL is neither http nor https")
	case u.User != nil:
		return errors.New("the URL has a user name in it")
	case u.Hostname() == "":
		return errors.New("the URL has no host")
	}
	return nil
}

// host returns the host of u, safe to show.
func host(u *url.URL) string { return cut(oneLine(u.Hostname()), longest) }

// redirect returns the URL that resp redirects to; nil when it does not.
func redirect(resp *http.Response) (*url.URL, error) {
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil, nil
	}
	location := resp.Header.Get("Location")
	if location == "" {
		return nil, errors.New("a redirect without an address")
	}
	u, err := resp.Request.URL.Parse(location)
	if err != nil {
		return nil, errors.New("a redirect to something that is not a URL")
	}
	return u, nil
}

// receive stores the body of resp if it is what is wanted. It does not read gigabytes of video
// where a picture should be.
func (c *Cache) receive(resp *http.Response, w wanted) (Original, error) {
	if err := checkStatus(resp); err != nil {
		return Original{}, err
	}
	body, err := decoded(resp, w.limit)
	if err != nil {
		return Original{}, bodyError(err, w.limit)
	}
	original, err := c.take(&bodyReader{body, w.limit}, resp.ContentLength, w)
	if err != nil {
		return Original{}, err
	}
	original.Modified = lastModified(resp.Header)
	if original, err = c.store(original); err != nil {
		return Original{}, &StoreError{err}
	}
	return original, nil
}

// bodyReader reads a body of at most limit bytes. Its errors are what bodyError makes of them.
type bodyReader struct {
	r     io.Reader
	limit int64
}

// Read reads from the body.
func (b *bodyReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err != nil && err != io.EOF {
		err = bodyError(err, b.limit)
	}
	return n, err
}

// take reads a file into a temporary original if it is what is wanted. It decides by the first
// bytes, before it makes a file. size is the size of the file as far as it is known, or -1. The
// error is what w.check says, a *TooLargeError, a *StoreError when the disk fails, or an error of
// in, which must not be about paths.
func (c *Cache) take(in io.Reader, size int64, w wanted) (Original, error) {
	head, err := io.ReadAll(io.LimitReader(in, sniffed))
	if err != nil {
		return Original{}, err
	}
	mediaType := MediaType(head)
	if err := w.check(mediaType); err != nil {
		return Original{}, err
	}
	if size > w.limit {
		return Original{}, &TooLargeError{w.limit}
	}
	original, err := c.spool(io.MultiReader(bytes.NewReader(head), in), w.limit, Original{Type: mediaType})
	// Only errors of the disk are about paths.
	if _, path := errors.AsType[*fs.PathError](err); path {
		return Original{}, &StoreError{err}
	}
	return original, err
}

// checkStatus returns an error when the status is not 200.
func checkStatus(resp *http.Response) error {
	err := statusError(resp.StatusCode)
	switch {
	case resp.StatusCode == http.StatusOK:
		return nil
	case temporary(resp.StatusCode):
		return &retryable{err: err, wait: retryAfter(resp.Header, "")}
	}
	return err
}
