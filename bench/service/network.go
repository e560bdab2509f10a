//go:build unix

package main

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// bucket is a wire that all connections share, first come, first served. It lets bytes through at a
// fixed rate.
type bucket struct {
	perSecond float64 // bytes

	mu   sync.Mutex
	free time.Time // the time at which the wire is free again
}

// late is the delay of a sender that costs no capacity of the wire. Without it, a busy machine
// would make the wire slower than its rate.
const late = 10 * time.Millisecond

// take waits until n bytes are through.
func (b *bucket) take(n int) {
	b.mu.Lock()
	if earliest := time.Now().Add(-late); b.free.Before(earliest) {
		b.free = earliest
	}
	b.free = b.free.Add(time.Duration(float64(n) / b.perSecond * float64(time.Second)))
	until := b.free
	b.mu.Unlock()
	time.Sleep(time.Until(until))
}

// slowListener makes slowConns of its connections.
type slowListener struct {
	net.Listener
	wire *bucket
}

// Accept returns the next connection with a small write buffer.
func (l *slowListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	// A client that does not read must stop the sender soon, as on a real network. A large buffer
	// would take the bytes instead.
	if err := c.(*net.TCPConn).SetWriteBuffer(8 * portion); err != nil {
		return nil, err
	}
	return &slowConn{c, l.wire}, nil
}

// slowConn is a connection that sends to the client at the rate of the wire. Requests from the
// client are too short to count.
type slowConn struct {
	net.Conn
	wire *bucket
}

// portion is the number of bytes, a few packets, that one connection sends before another one has
// its turn.
const portion = 8 << 10

// Write sends p in portions, each when the wire is free.
func (c *slowConn) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 {
		n := min(len(p), portion)
		c.wire.take(n)
		m, err := c.Conn.Write(p[:n])
		written += m
		if err != nil {
			return written, err
		}
		p = p[n:]
	}
	return written, nil
}

// connected is the key of a *sync.Once in a request's context. The Once belongs to the connection.
type connected struct{}

// newConnection adds the *sync.Once of a connection to its context.
func newConnection(ctx context.Context, _ net.Conn) context.Context {
	return context.WithValue(ctx, connected{}, new(sync.Once))
}

// wait takes a round trip for the request, and another one for its connection if that is new. It
// does not imitate TCP's slow start, which also slows down a client that only downloads.
func wait(r *http.Request, roundTrip time.Duration) {
	if roundTrip <= 0 {
		return
	}
	trips := time.Duration(1)
	r.Context().Value(connected{}).(*sync.Once).Do(func() { trips = 2 })
	time.Sleep(trips * roundTrip)
}
