package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"
)

// userAgent is the default User-Agent.
const userAgent = "firstframe"

// newTransport returns a transport that dials with control. It limits the time for connecting; send
// limits all other waits. It must get the same idle.
func newTransport(idle time.Duration, control func(network, address string, c syscall.RawConn) error) *http.Transport {
	dialer := &net.Dialer{Timeout: connectTime, Control: control}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true, // a custom dialer turns it off
		TLSHandshakeTimeout:    connectTime,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConnsPerHost:    AtOnce,
		MaxResponseHeaderBytes: maxHeaders,
		// All requests to a host share one HTTP/2 connection. If it is lost without an error, all
		// requests stall, and every retry would use the same connection again. So a silent
		// connection gets a ping, and is closed before a try times out.
		HTTP2: &http.HTTP2Config{SendPingTimeout: idle / 3, PingTimeout: idle / 3},
	}
}

// stalledError means that no byte arrived for the time idle.
type stalledError struct{ idle time.Duration }

// Error returns how long nothing arrived.
func (e *stalledError) Error() string { return fmt.Sprintf("nothing arrived for %v", e.idle) }

// send sends req and returns its answer. It fails when no header arrives for the time idle. Reading
// the body fails when no byte arrives for that time. The caller must close the body.
func send(t *http.Transport, req *http.Request, idle time.Duration) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	timer := time.AfterFunc(idle, func() { cancel(&stalledError{idle}) })
	resp, err := t.RoundTrip(req.WithContext(ctx))
	timer.Stop()
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause // the cause says more than "context canceled"
		}
		cancel(nil)
		return nil, err
	}
	resp.Body = &watched{body: resp.Body, ctx: ctx, cancel: cancel, timer: timer, idle: idle}
	return resp, nil
}

// watched is the body of an answer. Its timer runs only during reads, so the reader can take its
// time in between.
type watched struct {
	body   io.ReadCloser
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
	idle   time.Duration
}

// Read reads the next bytes. It fails when none arrives for the time idle.
func (w *watched) Read(p []byte) (int, error) {
	w.timer.Reset(w.idle)
	n, err := w.body.Read(p)
	w.timer.Stop()
	if err != nil && err != io.EOF {
		if cause := context.Cause(w.ctx); cause != nil {
			err = cause
		}
	}
	return n, err
}

// Close ends the request.
func (w *watched) Close() error {
	err := w.body.Close()
	w.timer.Stop()
	w.cancel(nil) // after Close, because cancelling first would close a reusable connection
	return err
}

// networkError describes an error of the network in our own words. The result is retryable when a
// retry can help. It never repeats an unknown error, because errors of net/http can contain a URL,
// or bytes that the other side sent.
func networkError(err error) error {
	if known, ok := errors.AsType[*addressError](err); ok {
		return known
	}
	if known, ok := errors.AsType[*stalledError](err); ok {
		return &retryable{err: known}
	}
	if name, ok := errors.AsType[*net.DNSError](err); ok {
		if name.IsNotFound {
			return errors.New("no such host")
		}
		return &retryable{err: errors.New("the host's name could not be resolved")}
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return errors.New("the certificate of the host cannot be trusted: " + certificate(err))
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return errors.New("the host does not answer with https on this port")
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return &retryable{err: errno}
	}
	switch timeout, ok := errors.AsType[net.Error](err); {
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &retryable{err: errors.New("the connection was closed before the answer was complete")}
	case ok && timeout.Timeout():
		return &retryable{err: errors.New("connecting took too long")}
	}
	return &retryable{err: errors.New("the connection failed")}
}

// certificate returns why a certificate was refused, without the names in it.
func certificate(err error) string {
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "it is for another name"
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return "it has expired, or the clock here is wrong"
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "it is signed by an unknown authority"
	}
	return "it is not valid"
}
