package fetch

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
)

// SiteFile downloads a file of a published site, at most limit bytes. The same retries, timeouts
// and address checks apply as to other downloads, but the file is not stored, and the caller checks
// its content. The error is the error of ctx when ctx has ended, a *TooLargeError, or a
// *DownloadError in all other cases.
func (c *Cache) SiteFile(ctx context.Context, address string, limit int64) ([]byte, error) {
	logf := c.Logf
	if logf == nil {
		logf = func(string, ...any) {}
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, &DownloadError{Err: errors.New("the address of the file is not a URL"), Tries: 1}
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(c.Timeout, downloadTime))
	defer cancel()
	var at string
	data, tries, err := retry(ctx, downloadTries, c.FirstWait, logf, func() ([]byte, error) {
		at = host(u)
		logf("GET %s: %s", at, cut(oneLine(u.Path), longest))
		var data []byte
		err := c.follow(ctx, u, "*/*", &at, func(resp *http.Response) (err error) {
			data, err = receiveSiteFile(resp, limit)
			return err
		})
		return data, err
	})
	if err == nil {
		return data, nil
	}
	if large, ok := errors.AsType[*TooLargeError](err); ok {
		return nil, large
	}
	return nil, failedAt(at, err, tries)
}

// receiveSiteFile returns the body of resp, at most limit bytes.
func receiveSiteFile(resp *http.Response, limit int64) ([]byte, error) {
	if err := checkStatus(resp); err != nil {
		return nil, err
	}
	if resp.ContentLength > limit {
		return nil, &TooLargeError{limit}
	}
	body, err := decoded(resp, limit)
	if err != nil {
		return nil, bodyError(err, limit)
	}
	data, err := io.ReadAll(io.LimitReader(body, limit+1))
	if err != nil {
		return nil, bodyError(err, limit)
	}
	if int64(len(data)) > limit {
		return nil, &TooLargeError{limit}
	}
	return data, nil
}
