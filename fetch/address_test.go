package fetch

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

func TestPublic(t *testing.T) {
	for _, addr := range []string{
		"8.8.8.8", "1.1.1.1", "93.184.215.14", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1", "168.63.129.15",
		"169.253.0.1", "192.0.1.1", "198.17.0.1", "223.255.255.255", "11.0.0.1",
		"2606:4700::1111", "2a00:1450:4001::1", "2001:4860:4860::8888", "2400:cb00::1", "3ffe::1",
	} {
		if !public(netip.MustParseAddr(addr)) {
			t.Errorf("%s does not count as public", addr)
		}
	}
	for _, addr := range []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1", "127.255.255.255",
		"168.63.129.16", "169.254.169.254", "172.16.0.0", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1",
		"192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255",
		"240.0.0.1", "255.255.255.255",
		"::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1",
		"64:ff9b::8.8.8.8", "64:ff9b:1::1", "100::1", "2001::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::",
		"3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "4000::1",
	} {
		if public(netip.MustParseAddr(addr)) {
			t.Errorf("%s counts as public", addr)
		}
	}
	for _, address := range []string{"", "localhost:80", "127.0.0.1", "[fe80::1%eth0]:80", "8.8.8.8"} {
		if dialPublic("tcp", address, nil) == nil {
			t.Errorf("%q passes the check", address)
		}
	}
	if err := dialPublic("tcp", "8.8.8.8:443", nil); err != nil {
		t.Error(err)
	}
}

// By default there is no connection to an address that is not public, in whatever form it is
// written.
func TestPrivateHosts(t *testing.T) {
	var connections atomic.Int32
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(picture(1)) }))
	srv.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	srv.Start()
	defer srv.Close()
	_, port, _ := net.SplitHostPort(srv.Listener.Addr().String())
	for _, host := range []string{
		"127.0.0.1", "127.1.2.3", "localhost", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
		"[64:ff9b::7f00:1]", "[2002:7f00:1::]", "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "168.63.129.16",
		"100.64.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1", "[fe80::1]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]",
	} {
		c := newCache(t)
		c.AllowPrivateHosts = false
		_, err := c.Original(t.Context(), File{URL: "http://" + host + ":" + port + "/secret.png"})
		failed, ok := errors.AsType[*DownloadError](err)
		if !ok || failed.Tries != 1 || !strings.Contains(err.Error(), "is not a public address") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got error %v", host, err)
		}
	}
	// Depending on the resolver, a number or an octal is a loopback address or an unknown name.
	// Both must fail.
	for _, host := range []string{"2130706433", "0x7f000001", "0177.0.0.1", "127.1"} {
		c := newCache(t)
		c.AllowPrivateHosts = false
		c.Timeout = time.Second // in case no resolver answers
		if _, err := c.Original(t.Context(), File{URL: "http://" + host + ":" + port + "/"}); err == nil {
			t.Errorf("%s: got no error", host)
		}
	}
	if n := connections.Load(); n != 0 {
		t.Errorf("got %d connections", n)
	}
	if _, err := newCache(t).Original(t.Context(), File{URL: srv.URL}); err != nil || connections.Load() != 1 {
		t.Errorf("private hosts allowed: got error %v", err)
	}
}

// rebinding returns a dialer that checks addresses, with a resolver for which every name has the
// address that address returns.
func rebinding(t *testing.T, address func() [4]byte) *net.Dialer {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			m.Response, m.Additionals = true, nil
			if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
				m.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
					Body:   &dnsmessage.AResource{A: address()},
				}}
			}
			if packed, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(packed, from)
			}
		}
	}()
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
	return &net.Dialer{Control: dialPublic, Resolver: resolver}
}

// The check sees the address of the connection, so a name that also has a public address does not
// pass.
func TestRebinding(t *testing.T) {
	var connections atomic.Int32
	srv := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		connections.Add(1)
		_, _ = w.Write(picture(1))
	}))
	_, port, _ := net.SplitHostPort(srv.Listener.Addr().String())
	var lookups atomic.Int32
	dialer := rebinding(t, func() [4]byte {
		lookups.Add(1)
		return [4]byte{127, 0, 0, 1}
	})
	c := newCache(t)
	c.AllowPrivateHosts = false
	c.pool().DialContext = dialer.DialContext
	_, err := c.Original(t.Context(), File{URL: "http://images.example.com:" + port + "/"})
	if err == nil || err.Error() != "GET images.example.com: 127.0.0.1 is not a public address, so no request is sent; a service of your own needs --allow-private-hosts" {
		t.Errorf("got error %v", err)
	}
	if connections.Load() != 0 || lookups.Load() == 0 {
		t.Errorf("got %d connections, %d lookups", connections.Load(), lookups.Load())
	}
	// Without the check, the same name works. So it was not the resolver of this test that failed.
	dialer.Control = nil
	if _, err := c.Original(t.Context(), File{URL: "http://images.example.com:" + port + "/"}); err != nil || connections.Load() != 1 {
		t.Errorf("got error %v", err)
	}
}

// A redirect is as untrusted as any other URL: a public host must not lead into the owner's
// network.
func TestRedirectToPrivateHost(t *testing.T) {
	var inside atomic.Int32
	target := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		inside.Add(1)
		_, _ = w.Write(picture(1))
	}))
	front := serve(t, http.RedirectHandler(strings.Replace(target.URL, "127.0.0.1", "127.0.0.2", 1)+"/secret", http.StatusFound))
	c := newCache(t)
	c.AllowPrivateHosts = false
	// The front counts as public here. No other address passes without the check.
	c.pool().DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if address == front.Listener.Addr().String() {
			return new(net.Dialer).DialContext(ctx, network, address)
		}
		return (&net.Dialer{Control: dialPublic}).DialContext(ctx, network, address)
	}
	_, err := c.Original(t.Context(), File{URL: front.URL})
	if err == nil || err.Error() != "GET 127.0.0.2: 127.0.0.2 is not a public address, so no request is sent; a service of your own needs --allow-private-hosts" || inside.Load() != 0 {
		t.Errorf("got error %v", err)
	}
}

// With a proxy, nothing checks the address, because the proxy makes the connection. So it is used
// only when there is no check.
func TestProxy(t *testing.T) {
	if c := newCache(t); c.pool().Proxy == nil {
		t.Error("private hosts allowed: got no proxy")
	}
	c := newCache(t)
	c.AllowPrivateHosts = false
	if c.pool().Proxy != nil {
		t.Error("private hosts forbidden: got a proxy")
	}
}
