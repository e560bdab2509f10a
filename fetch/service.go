package fetch

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// listBuffer is the size of the buffer for reading a list, in bytes.
const listBuffer = 64 << 10

// API lists files, videos and images from the service. It can be copied. It is safe for concurrent
// use.
type API struct {
	Root      string        // "https://api.useapi.net"; "/v1/minimax/…" is appended
	Token     string        // complete, for example "user:1234-abcd"
	Timeout   time.Duration // for one listing with all its requests, tries and waits; 0 means 2 minutes
	UserAgent string        // "firstframe" when empty
	Expected  int           // likely number of files, which sets the limit of the first request; 0 when unknown
	Known     []string      // keys of the images that the listing had last time; for listings with pages
	Secrets   []string      // more text that must not be shown, besides the token and the account

	// Logf logs every request and every retry. It never gets the token, an account or a query. Nil
	// logs nothing.
	Logf func(format string, args ...any)

	IdleTimeout time.Duration // time without a byte that ends a try; 0 means 30 s
	FirstWait   time.Duration // wait before the second try; each further one doubles it; 0 means 1 s

	// dial connects to the service in tests without a network. Nil uses the network.
	dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// tooLargeError means that an answer is larger than limit, in bytes.
type tooLargeError struct{ limit int }

// Error returns the limit in words.
func (e *tooLargeError) Error() string {
	return fmt.Sprintf("the answer is larger than %d MiB", e.limit>>20)
}

// session is one listing. Its requests share a deadline and a connection.
type session struct {
	API
	doing     string // for example "listing files"
	account   string
	root      *url.URL
	transport *http.Transport
	redactor  Redactor
	maxAnswer int // largest accepted answer, in bytes
	requests  int // sent so far, including retries
	cancel    context.CancelFunc
}

// session validates the settings. It returns a session, which the caller must close, and a context
// with its deadline.
func (a *API) session(ctx context.Context, doing, account string, limit int) (*session, context.Context, error) {
	s, err := a.newSession(doing, account, limit)
	if err != nil {
		return nil, nil, err
	}
	ctx, s.cancel = context.WithTimeout(ctx, cmp.Or(a.Timeout, listingTime))
	return s, ctx, nil
}

// newSession validates the settings and returns a session without a deadline.
func (a *API) newSession(doing, account string, limit int) (*session, error) {
	root, err := url.Parse(a.Root)
	switch {
	case limit < 0:
		return nil, fmt.Errorf("%s: the limit is %d, below 0", doing, limit)
	case err != nil, root.Scheme != "https" && root.Scheme != "http", root.Hostname() == "":
		return nil, fmt.Errorf("%s: the service's root must be an http or https URL, as in https://api.useapi.net", doing)
	case root.User != nil, root.RawQuery != "", root.Fragment != "":
		return nil, fmt.Errorf("%s: the service's root must have neither a user nor a query nor a fragment", doing)
	case a.Token == "":
		return nil, fmt.Errorf("%s: there is no token", doing)
	}
	if strings.ContainsFunc(a.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, fmt.Errorf("%s: the token contains a character that cannot be part of a token, such as a blank or a line break", doing)
	}
	s := &session{API: *a, doing: doing, account: account, root: root, maxAnswer: maxAnswer, redactor: NewRedactor(append([]string{a.Token, account}, a.Secrets...)...)}
	if s.Logf == nil {
		s.Logf = func(string, ...any) {}
	}
	s.IdleTimeout = cmp.Or(s.IdleTimeout, idleTimeout)
	// The owner chose this address, so it may be private, and the proxy of the environment may be
	// used.
	s.transport = newTransport(s.IdleTimeout, nil)
	s.transport.Proxy = http.ProxyFromEnvironment
	if s.dial != nil {
		s.transport.DialContext = s.dial
	}
	return s, nil
}

// close ends the session and its connection.
func (s *session) close() {
	s.cancel()
	s.transport.CloseIdleConnections()
}

// list requests at most limit items of the listing at path. after are more parameters, which say
// where a page begins. read gets the answer while it arrives: a list, or anything else that is
// not an error object. A retry calls read again, so read must start from scratch each time.
func (s *session) list(ctx context.Context, path string, limit int, after url.Values, read func(answer io.Reader) error) error {
	query := url.Values{"limit": {strconv.Itoa(limit)}}
	maps.Copy(query, after)
	if s.account != "" {
		query.Set("account", s.account)
	}
	return s.get(ctx, path, query, read)
}

// get sends a GET for path, with retries, and lets read read the body of the answer.
func (s *session) get(ctx context.Context, path string, query url.Values, read func(answer io.Reader) error) error {
	u := s.root.JoinPath(path)
	shown := u.String()
	u.RawQuery = query.Encode()
	_, tries, err := retry(ctx, listingTries, s.FirstWait, s.Logf, func() (struct{}, error) {
		s.requests++
		if query.Has("limit") {
			s.Logf("GET %s (limit %s)", shown, query.Get("limit"))
		} else {
			s.Logf("GET %s", shown)
		}
		return struct{}{}, s.try(ctx, u, read)
	})
	if err == nil {
		return nil
	}
	if answer, ok := errors.AsType[*ServiceError](err); ok {
		final := *answer
		final.Tries = tries
		if late, ok := errors.AsType[*outOfTime](err); ok {
			final.Wait = late.wait
		}
		return &final
	}
	if tries > 1 {
		return fmt.Errorf("%s: %w (after %d tries)", s.doing, err, tries)
	}
	return fmt.Errorf("%s: %w", s.doing, err)
}

// try sends one request. Its errors are safe to show. They are retryable where another try can
// help.
func (s *session) try(ctx context.Context, u *url.URL, read func(answer io.Reader) error) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return errors.New("the request could not be made")
	}
	req.Header.Set("Authorization", "Bearer "+s.Token)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", cmp.Or(s.UserAgent, userAgent))
	resp, err := send(s.transport, req, s.IdleTimeout)
	if err != nil {
		return s.unreached(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return s.refusal(resp)
	}
	body := &arriving{body: resp.Body, limit: s.maxAnswer, failed: s.unreached}
	err = s.answer(resp.Header, body, read)
	return cmp.Or(body.err, err) // the reason why reading stopped says more than what was missing
}

// arriving is the body of an answer while it arrives. It enforces the limit and remembers why it
// ended.
type arriving struct {
	body   io.Reader
	limit  int               // largest size, in bytes
	failed func(error) error // turns an error of the network into one of try
	size   int               // bytes that have arrived
	err    error             // why reading stopped before the end; an error of try
}

// Read reads the next bytes. It fails when there are more than limit.
func (a *arriving) Read(p []byte) (int, error) {
	if a.err != nil {
		return 0, a.err
	}
	n, err := a.body.Read(p)
	a.size += n
	switch {
	case a.size > a.limit:
		n, a.err = 0, &tooLargeError{a.limit}
	case err != nil && err != io.EOF:
		a.err = a.failed(err)
	default:
		return n, err
	}
	return n, a.err
}

// answer lets read read the answer, unless it is an error object or a page. A list is read while it
// arrives, because it can have a hundred thousand files. Everything else is short and is read at
// once.
func (s *session) answer(header http.Header, body io.Reader, read func(answer io.Reader) error) error {
	arriving := bufio.NewReaderSize(body, listBuffer)
	first, err := firstByte(arriving)
	if err == nil && first == '[' {
		return read(arriving)
	}
	whole, err := io.ReadAll(arriving)
	if err != nil {
		return err
	}
	if object, ok := errorObject(whole); ok {
		return s.answerError(object.status(), object.message(), retryAfter(header, object.RetryAfter))
	}
	switch t := MediaType(whole); t {
	case "text/html", "text/xml", "image/svg+xml":
		return fmt.Errorf("the service answered with a page (%s) instead of a list; check --api, which may not be the address of its API", t)
	}
	return read(bytes.NewReader(whole))
}

// firstByte returns the next byte that is not blank, without consuming it.
func firstByte(r *bufio.Reader) (byte, error) {
	for {
		b, err := r.ReadByte()
		if err != nil {
			return 0, err
		}
		if !isBlank(b) {
			return b, r.UnreadByte()
		}
	}
}

// unreached returns a failure of the network with the name of the service's host.
func (s *session) unreached(err error) error {
	err = networkError(err)
	if temporary, ok := errors.AsType[*retryable](err); ok {
		return &retryable{err: fmt.Errorf("%s: %w", s.root.Host, temporary.err)}
	}
	return fmt.Errorf("%s: %w", s.root.Host, err)
}

// refusal returns the error for an answer whose status is not 200.
func (s *session) refusal(resp *http.Response) error {
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		where := "redirects are refused"
		if to, err := resp.Request.URL.Parse(resp.Header.Get("Location")); err == nil {
			where = fmt.Sprintf("redirects are refused, and this one leads to %s://%s%s", to.Scheme, to.Host, to.EscapedPath())
		}
		return s.answerError(resp.StatusCode, where, 0)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxExplanation+1))
	if err != nil || len(body) > maxExplanation {
		body = nil // a cut message can end with a part of a secret
	}
	object, ok := errorObject(body)
	message := object.message()
	if !ok && MediaType(body) == "text/plain" {
		message = string(body)
	}
	return s.answerError(resp.StatusCode, message, retryAfter(resp.Header, object.RetryAfter))
}

// answerError returns the error for an answer. It is retryable where another try can help.
func (s *session) answerError(status int, message string, wait time.Duration) error {
	err := &ServiceError{Status: status, Tries: 1, doing: s.doing}
	err.Accounts = choices(status, s.redactor.Hide(oneLine(message)))
	err.Message = NewRedactor(err.Accounts...).Hide(s.redactor.message(message)) // also the short ids
	if temporary(status) {
		return &retryable{err: err, wait: wait}
	}
	return err
}
