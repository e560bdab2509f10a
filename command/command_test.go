//go:build unix

package command

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestUnsolicitedAnswer sends more bytes after an answer. Package net/http would log them as they
// are, with everything private that the service repeats.
func TestUnsolicitedAnswer(t *testing.T) {
	m := newComputer(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		fmt.Fprintf(conn, "HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\n{}##[error]%s", r.Header.Get("Authorization"))
		_, _ = conn.Read(make([]byte, 1)) // until the other side has read it and closes
	}))
	defer server.Close()
	m.api = server.URL
	exit, said := m.run(`set -- "$@" --timeout=2s; `)
	if exit != exitFailed || !strings.Contains(said, "503") {
		t.Errorf("exit code %d", exit)
	}
	if strings.Contains(said, m.service.Token) || strings.Contains(said, "##[") || strings.Contains(said, "Unsolicited") {
		t.Errorf("the log says %s", said)
	}
}
