package fetch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// temporary reports whether a retry can get another answer than this status.
func temporary(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// retryable is an error after which a retry can help.
type retryable struct {
	err  error
	wait time.Duration // wait that the other side asks for, 0 when it does not
}

// Error returns the text of the error.
func (e *retryable) Error() string { return e.err.Error() }

// Unwrap returns the error.
func (e *retryable) Unwrap() error { return e.err }

// outOfTime means that the time for all tries is over, or would be over after the next wait.
type outOfTime struct {
	last error         // error of the last try that did not end with the time; nil when there was none
	wait time.Duration // wait that the other side asked for, 0 when it did not
}

// Error returns the last error, and why there was no further try.
func (e *outOfTime) Error() string {
	switch {
	case e.wait > 0:
		return fmt.Sprintf("%v; %s", e.last, tooLong(e.wait))
	case e.last != nil:
		return fmt.Sprintf("%v; then the time was up", e.last)
	}
	return "no complete answer in time"
}

// tooLong says that the other side asks for a wait for which there is no time.
func tooLong(wait time.Duration) string {
	return "the next try must wait for " + Span(wait.Round(time.Second)) + ", which is too long for this run"
}

// Span returns a duration as people write it: "24h", and not "24h0m0s".
func Span(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// Unwrap returns the last error and context.DeadlineExceeded.
func (e *outOfTime) Unwrap() []error {
	if e.last == nil {
		return []error{context.DeadlineExceeded}
	}
	return []error{e.last, context.DeadlineExceeded}
}

// retry calls try until it succeeds, returns an error that is not retryable, has been called as
// often as most says, or ctx ends. ctx must have a deadline. retry also returns the number of
// calls. Its error is the error of the last call, without the retryable around it. When ctx ended,
// it is outOfTime or context.Canceled.
func retry[T any](ctx context.Context, most uint, first time.Duration, logf func(string, ...any), try func() (T, error)) (T, int, error) {
	deadline, _ := ctx.Deadline()
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval = cmp.Or(first, firstWait)
	wait.Multiplier = 2
	var (
		tries  int
		last   error
		refuse error
	)
	v, err := backoff.Retry(ctx, func() (T, error) {
		v, err := try()
		tries++
		if err == nil {
			return v, nil
		}
		if ctx.Err() != nil {
			return v, backoff.Permanent(err) // ctx ended this try, so last stays the error before it
		}
		a, ok := errors.AsType[*retryable](err)
		if !ok {
			last = err
			return v, backoff.Permanent(err)
		}
		last = a.err
		switch {
		case a.wait <= 0:
			return v, a.err
		case a.wait > time.Until(deadline):
			refuse = &outOfTime{last: a.err, wait: a.wait}
			return v, backoff.Permanent(refuse)
		}
		return v, &backoff.RetryAfterError{Duration: a.wait}
	},
		backoff.WithBackOff(wait),
		backoff.WithMaxTries(most),
		backoff.WithMaxElapsedTime(time.Until(deadline)),
		backoff.WithNotify(func(_ error, d time.Duration) {
			logf("trying again in %v: %v", d.Round(time.Millisecond), last)
		}),
	)
	switch {
	case err == nil:
		return v, tries, nil
	case errors.Is(ctx.Err(), context.Canceled):
		return v, tries, ctx.Err()
	case ctx.Err() != nil:
		return v, tries, &outOfTime{last: last}
	case refuse != nil:
		return v, tries, refuse
	}
	return v, tries, last
}

// retryAfter returns the wait that an answer asks for, 0 when it does not. Both the header
// Retry-After, in seconds or as a date, and the time iso in the body can ask for one; the longer
// wait counts. A date is compared with the header Date if there is one, because our own clock can
// be wrong.
func retryAfter(h http.Header, iso string) time.Duration {
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	var wait time.Duration
	value := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 32); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if date, err := http.ParseTime(value); err == nil {
		wait = date.Sub(now)
	}
	if date, err := time.Parse(time.RFC3339, iso); err == nil {
		wait = max(wait, date.Sub(now))
	}
	return max(wait, 0)
}
