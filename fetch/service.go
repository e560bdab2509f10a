package fetch

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// listBuffer is how much of a list is read at a time.
const listBuffer = 64 << 10

// API is the service's side that lists files and videos. It can be copied, and used by several goroutines at the same time.
type API struct {
	Root      string        // "https://api.useapi.net"; "/v1/minimax/…" is appended
	Token     string        // the whole of it, as in "user:1234-abcd"
	Timeout   time.Duration // for one listing with all its requests, tries and waits; 0 means 2 minutes
	UserAgent string        // "firstframe" when empty
	Expected  int           // files that there are likely to be, for the limit of the first request; 0 when not known
	Known     []string      // keys of the images that the listing of videos had before
	Secrets   []string      // more that must not be shown than the token and the account: those of other accounts

	// Logf is told of every request and every new try. It gets neither the token nor an account nor a query. Nil is
	// silent.
	Logf func(format string, args ...any)

	IdleTimeout time.Duration // how long nothing may arrive before a try is given up; 0 means 30 s
	FirstWait   time.Duration // before the second try, doubled for each further one; 0 means 1 s
}

// tooLargeError says that an answer is larger than limit, in bytes.
type tooLargeError struct{ limit int }

func (e *tooLargeError) Error() string {
	return fmt.Sprintf("the answer is larger than %d MiB", e.limit>>20)
}

// session is one listing: the requests that belong together, with one deadline and one connection.
type session struct {
	API
	doing     string // "listing files"
	account   string
	root      *url.URL
	transport *http.Transport
	redactor  Redactor
	maxAnswer int // the size of an answer that is still read
	requests  int // sent so far, with every try
	cancel    context.CancelFunc
}

// session checks what the caller and the owner have set, and returns a session that must be closed, and its context,
// which has its deadline.
func (a *API) session(ctx context.Context, doing, account string, limit int) (*session, context.Context, error) {
	s, err := a.newSession(doing, account, limit)
	if err != nil {
		return nil, nil, err
	}
	ctx, s.cancel = context.WithTimeout(ctx, cmp.Or(a.Timeout, listingTime))
	return s, ctx, nil
}

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
	// The service is where the owner says that it is, so any address will do, and the proxy of the environment too.
	s.transport = newTransport(s.IdleTimeout, nil)
	s.transport.Proxy = http.ProxyFromEnvironment
	return s, nil
}

func (s *session) close() {
	s.cancel()
	s.transport.CloseIdleConnections()
}

// list asks for at most limit items of what is listed at path. With after, they are those that come after it. What read
// gets is the answer, while it arrives: a list, or else anything that is not an error object. It is called once for each
// try whose answer is worth reading, and must begin anew each time.
func (s *session) list(ctx context.Context, path string, limit int, after string, read func(answer io.Reader) error) error {
	query := url.Values{"limit": {strconv.Itoa(limit)}}
	if s.account != "" {
		query.Set("account", s.account)
	}
	if after != "" {
		query.Set("lastVideoId", after)
	}
	return s.get(ctx, path, query, read)
}

// get has the body of the answer to a GET of path read.
func (s *session) get(ctx context.Context, path string, query url.Values, read func(answer io.Reader) error) error {
	u := s.root.JoinPath(path)
	shown := u.String()
	u.RawQuery = query.Encode()
	_, tries, err := retry(ctx, s.FirstWait, s.Logf, func() (struct{}, error) {
		s.requests++
		s.Logf("GET %s (limit %s)", shown, query.Get("limit"))
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

// try sends one request. Its errors are safe to show, and an again where another try may help.
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
	return cmp.Or(body.err, err) // why nothing more came says more than what was missing
}

// arriving is the body of an answer while it arrives.
type arriving struct {
	body   io.Reader
	limit  int               // of its size, in bytes
	failed func(error) error // makes an error of try of what the network says
	size   int               // of what has arrived
	err    error             // why nothing more comes, unless this is the end; as those of try
}

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

// answer has an answer read that is no error. A list is read while it arrives: it may be of a hundred thousand files.
// All else is short, and is looked at as a whole.
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
		return fmt.Errorf("the service answered with a page (%s) where a list was expected: is this its address?", t)
	}
	return read(bytes.NewReader(whole))
}

// firstByte returns the next byte that is no blank, and leaves it where it is.
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

// unreached is a failure of the network, with the host that was to be reached.
func (s *session) unreached(err error) error {
	err = networkError(err)
	if temporary, ok := errors.AsType[*retryable](err); ok {
		return &retryable{err: fmt.Errorf("%s: %w", s.root.Host, temporary.err)}
	}
	return fmt.Errorf("%s: %w", s.root.Host, err)
}

// refusal makes an error of an answer whose status is not 200.
func (s *session) refusal(resp *http.Response) error {
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		where := "a redirect that leads nowhere"
		if to, err := resp.Request.URL.Parse(resp.Header.Get("Location")); err == nil {
			where = fmt.Sprintf("a redirect to %s://%s%s", to.Scheme, to.Host, to.EscapedPath())
		}
		return s.answerError(resp.StatusCode, where+", which is refused", 0)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxExplanation+1))
	if err != nil || len(body) > maxExplanation {
		body = nil // a part of a message could end in a part of a secret
	}
	object, ok := errorObject(body)
	message := object.message()
	if !ok && MediaType(body) == "text/plain" {
		message = string(body)
	}
	return s.answerError(resp.StatusCode, message, retryAfter(resp.Header, object.RetryAfter))
}

// answered is the error of an answer, as an again where another try may help.
func (s *session) answerError(status int, message string, wait time.Duration) error {
	err := &ServiceError{Status: status, Message: s.redactor.message(message), Tries: 1, doing: s.doing}
	if temporary(status) {
		return &retryable{err: err, wait: wait}
	}
	return err
}
