//go:build unix

package main

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// bucket lets bytes through at a rate, whoever they are for: a wire that all
// connections share, first come, first served.
type bucket struct {
	perSecond float64

	mu   sync.Mutex
	free time.Time // when all that was let through is on its way
}

// late is how late somebody may come without losing his turn: a busy machine
// must not make the wire slower than it is.
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

type slowListener struct {
	net.Listener
	wire *bucket
}

func (l *slowListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	// What the client does not read must stop the sender soon, as on a long
	// way, and not be delivered into the memory of this machine.
	if err := c.(*net.TCPConn).SetWriteBuffer(8 * portion); err != nil {
		return nil, err
	}
	return &slowConn{c, l.wire}, nil
}

// slowConn is a connection whose bytes to the client take their time. What
// comes from it are requests, too short to count.
type slowConn struct {
	net.Conn
	wire *bucket
}

// portion is how many bytes of a connection follow each other before those of
// another have their turn: a few packets.
const portion = 8 << 10

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

// connected is the key of a *sync.Once in a request's context: what happens
// once on its connection.
type connected struct{}

func newConnection(ctx context.Context, _ net.Conn) context.Context {
	return context.WithValue(ctx, connected{}, new(sync.Once))
}

// wait is a round trip for the request, and another one for its connection if
// that is new. The slow start of TCP is left out: it is that of a client who
// does nothing else, too.
func wait(r *http.Request, roundTrip time.Duration) {
	if roundTrip <= 0 {
		return
	}
	trips := time.Duration(1)
	r.Context().Value(connected{}).(*sync.Once).Do(func() { trips = 2 })
	time.Sleep(trips * roundTrip)
}
