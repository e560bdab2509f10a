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

// network forwards connections to a server, until it loses those that are open: their bytes are
// swallowed from then on, in both directions, and nobody is told. New ones work.
type network struct {
	server string

	mu   sync.Mutex
	lost chan struct{} // closed for the connections that are open now
}

// start returns the address at which the server can be reached through n.
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

func (n *network) lose() {
	n.mu.Lock()
	defer n.mu.Unlock()
	close(n.lost)
	n.lost = make(chan struct{})
}

// All downloads from a host share one connection of HTTP/2. When it dies silently, a try on a new
// one works. Otherwise one lost connection looks like a host that is down.
func TestLostConnection(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Errorf("asked by %s", r.Proto)
		}
		io.WriteString(w, "\x89PNG\r\n\x1a\n"+r.URL.Path)
	}))
	server.EnableHTTP2 = true
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // connections that end while they are set up
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
