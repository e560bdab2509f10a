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

// userAgent is who asks, unless the caller says otherwise.
const userAgent = "firstframe"

// newTransport returns a transport that dials with control. Nothing in it waits for ever; the rest is
// bounded by send, which is given the same idle.
func newTransport(idle time.Duration, control func(network, address string, c syscall.RawConn) error) *http.Transport {
	dialer := &net.Dialer{Timeout: connectTime, Control: control}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true, // which an own dialer turns off
		TLSHandshakeTimeout:    connectTime,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConnsPerHost:    AtOnce,
		MaxResponseHeaderBytes: maxHeaders,
		// All requests to a host share one connection of HTTP/2. If it dies silently, so would every
		// try of all of them: nothing else closes it, and each new try would take it again. So a
		// silent connection is asked for a sign of life, and closed before a try is given up.
		HTTP2: &http.HTTP2Config{SendPingTimeout: idle / 3, PingTimeout: idle / 3},
	}
}

// stalledError says that nothing arrived for a while.
type stalledError struct{ idle time.Duration }

func (e *stalledError) Error() string { return fmt.Sprintf("nothing arrived for %v", e.idle) }

// send sends req and returns its answer. It fails when for idle no header, and later no byte of the body, arrives. The
// caller closes the body.
func send(t *http.Transport, req *http.Request, idle time.Duration) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	timer := time.AfterFunc(idle, func() { cancel(&stalledError{idle}) })
	resp, err := t.RoundTrip(req.WithContext(ctx))
	timer.Stop()
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause // why it was cancelled says more than that it was
		}
		cancel(nil)
		return nil, err
	}
	resp.Body = &watched{body: resp.Body, ctx: ctx, cancel: cancel, timer: timer, idle: idle}
	return resp, nil
}

// watched is the body of an answer. Its timer runs only while it is read: what the reader does in between takes as
// long as it takes.
type watched struct {
	body   io.ReadCloser
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
	idle   time.Duration
}

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

func (w *watched) Close() error {
	err := w.body.Close()
	w.timer.Stop()
	w.cancel(nil) // after Close: before it, a connection that could be used again would be thrown away
	return err
}

// failure says in words of this package what went wrong on the network, as an again when another try may help. It
// passes nothing on that it does not know, because errors of net/http can contain a URL, or bytes that the other side
// sent.
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
		return errors.New("the host does not speak TLS on this port")
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

// certificate says why a certificate was refused, without the names in it.
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
