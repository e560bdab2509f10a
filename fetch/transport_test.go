package fetch

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// network forwards connections to a server. lose makes it silently drop the bytes of all open
// connections from then on, in both directions. New connections work.
type network struct {
	server string

	mu   sync.Mutex
	lost chan struct{} // closed when the current connections are lost
}

// start starts forwarding, and returns the address for clients.
func (n *network) start(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	n.lost = make(chan struct{})
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", n.server)
			if err != nil {
				client.Close()
				return
			}
			n.mu.Lock()
			lost := n.lost
			n.mu.Unlock()
			go forward(client, server, lost)
			go forward(server, client, lost)
		}
	}()
	return l.Addr().String()
}

// forward copies bytes until a connection ends. It drops them once lost is closed.
func forward(to, from net.Conn, lost chan struct{}) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 32<<10)
	for {
		k, err := from.Read(buffer)
		if err != nil {
			return
		}
		select {
		case <-lost:
		default:
			if _, err := to.Write(buffer[:k]); err != nil {
				return
			}
		}
	}
}

// lose loses all open connections.
func (n *network) lose() {
	n.mu.Lock()
	defer n.mu.Unlock()
	close(n.lost)
	n.lost = make(chan struct{})
}

// All downloads from a host share one HTTP/2 connection. When it dies silently, they must retry on
// a new one. Otherwise one lost connection looks like an outage of the host.
func TestLostConnection(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Errorf("got a request by %s, want HTTP/2", r.Proto)
		}
		io.WriteString(w, "\x89PNG\r\n\x1a\n"+r.URL.Path)
	}))
	server.EnableHTTP2 = true
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it would only report connections that end during their handshake
	server.StartTLS()
	defer server.Close()
	n := &network{server: server.Listener.Addr().String()}
	root := "https://" + n.start(t)
	c := newCache(t)
	c.IdleTimeout = 2 * time.Second
	known := x509.NewCertPool()
	known.AddCert(server.Certificate())
	c.pool().TLSClientConfig = &tls.Config{RootCAs: known}
	if _, err := c.Original(t.Context(), File{URL: root + "/first"}); err != nil {
		t.Fatal(err)
	}
	n.lose()
	var all sync.WaitGroup
	for i := range AtOnce {
		all.Go(func() {
			if _, err := c.Original(t.Context(), File{URL: fmt.Sprintf("%s/%d", root, i)}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}
