//go:build unix

package command

import (
	"bufio"
	"net"
	"os"
	"regexp"
	"strings"
	"testing"

	"firstframe/command/commandtest"
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
		if status, _, _ := commandtest.Get(t, root+name); status != want {
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
