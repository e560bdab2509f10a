package fetch

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// decoded returns the body of resp without compression. Downloads ask for no compression, but some
// servers compress anyway. Gzip is undone; any other compression is an error. The caller must limit
// what it reads. decoded limits what arrives, because a long compressed body can decode to nothing.
func decoded(resp *http.Response, limit int64) (io.Reader, error) {
	encoding := strings.ToLower(strings.Join(resp.Header.Values("Content-Encoding"), ", "))
	switch encoding {
	case "", "identity":
		return resp.Body, nil
	case "gzip", "x-gzip":
	case "br", "deflate", "zstd":
		return nil, compressedError("(" + encoding + ")")
	default:
		// The error does not repeat the header, because it can contain anything.
		return nil, compressedError("in an unknown way")
	}
	// Incompressible bytes grow by less than a thousandth.
	body := bufio.NewReader(http.MaxBytesReader(nil, resp.Body, limit+limit/1024+1024))
	magic, err := body.Peek(2)
	if err == nil && string(magic) == "\x1f\x8b" {
		return gzip.NewReader(body)
	}
	return body, nil // the header is wrong; an error of Peek comes again when reading
}

// compressedError is how an answer was compressed, for a message.
type compressedError string

// Error returns the error in words.
func (e compressedError) Error() string {
	return fmt.Sprintf("the answer is compressed %s, which was not asked for; a later run may help", string(e))
}

// bodyError describes an error of reading a body of at most limit bytes, like networkError.
func bodyError(err error, limit int64) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &TooLargeError{limit}
	}
	_, corrupt := errors.AsType[flate.CorruptInputError](err)
	if corrupt || errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) {
		return &retryable{err: errors.New("the compressed bytes of the answer are damaged")}
	}
	if unknown, ok := errors.AsType[compressedError](err); ok {
		return unknown
	}
	return networkError(err)
}
