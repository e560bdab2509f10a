//go:build unix

package command

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestServe serves a site until it is interrupted, which is not a failure. It must serve only the
// files of the site. An address that is taken is a failure.
func TestServe(t *testing.T) {
	m := newComputer(t)
	m.pictures("a.jpg")
	c := m.command("")
	c.Args = append(c.Args, "--serve=127.0.0.1:0")
	said, err := c.StderrPipe()
	must(t, err)
	must(t, c.Start())
	t.Cleanup(func() { _ = c.Process.Kill() })
	line, err := bufio.NewReader(said).ReadString('\n')
	root := regexp.MustCompile(`http://[0-9.:]+/`).FindString(line)
	if err != nil || root == "" {
		t.Fatalf("the first line is %q, %v; want one with an address", line, err)
	}
	for name, want := range map[string]int{"": 200, "gallery.json": 200, "nothing": 404, "media/": 404, ".firstframe-files": 404} {
		if status, _, _ := get(t, root+name); status != want {
			t.Errorf("/%s: status %d, want %d", name, status, want)
		}
	}
	must(t, c.Process.Signal(os.Interrupt))
	if err := c.Wait(); err != nil {
		t.Errorf("after the interrupt it ended with %v", err)
	}

	taken, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer taken.Close()
	exit, words := m.run("", "--serve="+taken.Addr().String())
	if exit != exitFailed || !strings.Contains(words, "address already in use") || !strings.Contains(words, "hint: choose another port") {
		t.Errorf("exit code %d: %s", exit, words)
	}
}

// get requests an address.
func get(t *testing.T, address string) (status int, kind string, body []byte) {
	t.Helper()
	response, err := http.Get(address)
	must(t, err)
	defer response.Body.Close()
	body, err = io.ReadAll(response.Body)
	must(t, err)
	return response.StatusCode, response.Header.Get("Content-Type"), body
}
