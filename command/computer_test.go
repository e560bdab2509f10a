//go:build unix

package command

import (
	"errors"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"firstframe/fetch/fetchtest"
	"firstframe/render/check"
)

// computer runs the command in a folder of its own, with a service.
type computer struct {
	t       *testing.T
	service *fetchtest.Service
	api     string
	dir     string
	out     string
	cache   string
}

// newComputer returns a computer. The service lists nothing yet.
func newComputer(t *testing.T) *computer {
	m := &computer{t: t, service: &fetchtest.Service{Token: "user:1234-secret-token"}, dir: t.TempDir()}
	server := httptest.NewServer(m.service)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	m.api = server.URL
	m.out, m.cache = filepath.Join(m.dir, "out"), filepath.Join(m.dir, "cache")
	return m
}

// pictures makes the service list pictures of these names.
func (m *computer) pictures(names ...string) {
	var pictures []fetchtest.Picture
	for _, name := range names {
		pictures = append(pictures, picture(name))
	}
	m.service.Set(pictures)
}

// command returns a run that is not started. The shell runs the commands in limits before it.
func (m *computer) command(limits string) *exec.Cmd {
	c := exec.Command("sh", "-c", limits+`exec firstframe "$@"`, "sh",
		"--api", m.api, "--allow-private-hosts", "--out", m.out, "--cache", m.cache)
	c.Dir = m.dir
	c.Env = append(os.Environ(), "USEAPI_TOKEN="+m.service.Token, "GITHUB_ACTIONS=", "HOME="+m.dir)
	return c
}

// run runs the command and returns its exit code and its messages.
func (m *computer) run(limits string, flags ...string) (int, string) {
	m.t.Helper()
	var said strings.Builder
	c := m.command(limits)
	c.Args = append(c.Args, flags...)
	c.Stderr = &said
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		m.t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), said.String()
}

// succeed runs the command, which must succeed.
func (m *computer) succeed() {
	m.t.Helper()
	if exit, said := m.run(""); exit != 0 {
		m.t.Fatalf("exit code %d: %s", exit, said)
	}
}

// complete checks that the site is complete, counts its images, and looks for temporary files.
func (m *computer) complete(images int) {
	m.t.Helper()
	report, err := check.Site(m.t.Context(), os.DirFS(m.out), check.Options{})
	if err != nil {
		m.t.Fatal(err)
	}
	for _, f := range report.Errors {
		if !strings.Contains(f.Problem, "leads to no element") {
			m.t.Error(f)
		}
	}
	if report.Images != images {
		m.t.Errorf("the site has %d images, want %d", report.Images, images)
	}
	if left := temporaries(m.t, m.out); len(left) > 0 {
		m.t.Errorf("temporary files are left: %q", left)
	}
}

// mount mounts a small disk at dir. It skips the test if that is not allowed.
func (m *computer) mount(dir, options string) {
	m.t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		m.t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", options, "tmpfs", dir).CombinedOutput(); err != nil {
		m.t.Skipf("the test needs the right to mount a disk: %v: %s", err, out)
	}
	m.t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			m.t.Errorf("%v: %s", err, out)
		}
	})
}

// many are names of so many pictures that a small disk is full.
var many = []string{
	"a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg", "f.jpg", "g.jpg", "h.jpg", "i.jpg", "j.jpg", "k.jpg", "l.jpg",
	"m.jpg", "n.jpg", "o.jpg", "p.jpg", "q.jpg", "r.jpg", "s.jpg", "t.jpg", "u.jpg", "v.jpg", "w.jpg", "x.jpg",
}
