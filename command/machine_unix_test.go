//go:build unix

package command

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"

	"firstframe/fetch"
	"firstframe/fetch/fetchtest"
	sitecheck "firstframe/render/check"
	"firstframe/render/gallery"
)

// computer is where the command runs: the command in a folder of its own, with a service.
type computer struct {
	t       *testing.T
	service *fetchtest.Service
	api     string
	dir     string
	out     string
	cache   string
}

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

func (m *computer) pictures(names ...string) {
	var pictures []fetchtest.Picture
	for _, name := range names {
		pictures = append(pictures, picture(name))
	}
	m.service.Set(pictures)
}

// command is a run, of which the shell says before what its limits are.
func (m *computer) command(limits string) *exec.Cmd {
	c := exec.Command("sh", "-c", limits+`exec firstframe "$@"`, "sh",
		"--api", m.api, "--allow-private-hosts", "--out", m.out, "--cache", m.cache)
	c.Dir = m.dir
	c.Env = append(os.Environ(), "USEAPI_TOKEN="+m.service.Token, "GITHUB_ACTIONS=", "HOME="+m.dir)
	return c
}

// run returns the exit code and what was said on stderr.
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

func (m *computer) succeed() {
	m.t.Helper()
	if exit, said := m.run(""); exit != 0 {
		m.t.Fatalf("exit code %d: %s", exit, said)
	}
}

// complete checks the site, and that no temporary file is left in it.
func (m *computer) complete(images int) {
	m.t.Helper()
	report, err := sitecheck.Site(m.t.Context(), os.DirFS(m.out), sitecheck.Options{})
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

// mount puts a small disk at dir, or skips the test where that is not allowed.
func (m *computer) mount(dir, options string) {
	m.t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		m.t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", options, "tmpfs", dir).CombinedOutput(); err != nil {
		m.t.Skipf("only who may mount a disk can fill it: %v: %s", err, out)
	}
	m.t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			m.t.Errorf("%v: %s", err, out)
		}
	})
}

var many = []string{
	"a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg", "f.jpg", "g.jpg", "h.jpg", "i.jpg", "j.jpg", "k.jpg", "l.jpg",
	"m.jpg", "n.jpg", "o.jpg", "p.jpg", "q.jpg", "r.jpg", "s.jpg", "t.jpg", "u.jpg", "v.jpg", "w.jpg", "x.jpg",
}

// A full disk ends the run; the site is what it was.
func TestDiskFull(t *testing.T) {
	m := newComputer(t)
	m.mount(m.out, "size=600k")
	m.pictures("a.jpg")
	m.succeed()
	m.pictures(many...)
	exit, said := m.run("")
	if exit != exitFailed || !strings.Contains(said, "error: writing "+m.out) || !strings.Contains(said, "no space left") {
		t.Errorf("exit code %d: %s", exit, said)
	}
	m.complete(1)
}

func TestCacheDiskFull(t *testing.T) {
	m := newComputer(t)
	m.mount(m.cache, "size=200k")
	m.pictures("a.jpg")
	m.succeed()
	m.pictures(many...)
	exit, said := m.run("")
	if exit != exitFailed || !strings.Contains(said, "error: keeping an original: ") || !strings.Contains(said, "no space left") {
		t.Errorf("exit code %d: %s", exit, said)
	}
	m.complete(1)
}

// A limit for the size of files is like a full disk, and needs no right.
func TestFileSizeLimit(t *testing.T) {
	m := newComputer(t)
	m.pictures("a.jpg")
	m.succeed()
	m.pictures("a.jpg", "b.jpg", "c.png")
	exit, said := m.run("ulimit -f 4; ")
	if exit != exitFailed || !strings.Contains(said, "file too large") {
		t.Errorf("exit code %d: %s", exit, said)
	}
	m.complete(1)
}

// What cannot be written to is found before anything is downloaded.
func TestReadOnly(t *testing.T) {
	for _, which := range []string{"out", "cache"} {
		t.Run(which, func(t *testing.T) {
			m := newComputer(t)
			dir := filepath.Join(m.dir, which)
			if os.Geteuid() == 0 { // whom no mode stops
				m.mount(dir, "size=10m")
			}
			m.pictures("a.jpg")
			m.succeed()
			m.pictures("a.jpg", "b.jpg")
			if os.Geteuid() == 0 {
				if out, err := exec.Command("mount", "-o", "remount,ro", dir).CombinedOutput(); err != nil {
					t.Skipf("%v: %s", err, out)
				}
			} else {
				for _, folder := range []string{dir, filepath.Join(dir, "temporary")} {
					if err := os.Chmod(folder, 0o555); err == nil {
						defer os.Chmod(folder, 0o755)
					}
				}
			}
			before := m.service.Downloads()
			exit, said := m.run("")
			if exit != exitFailed || !strings.Contains(said, dir) {
				t.Errorf("exit code %d: %s", exit, said)
			}
			if n := m.service.Downloads() - before; n > 0 {
				t.Errorf("%d downloads were made in vain", n)
			}
			m.complete(1)
		})
	}
}

// Media that cannot be looked at are not gone: nothing is taken out of the site, and nothing is lost.
func TestUnreadableMedia(t *testing.T) {
	m := newComputer(t)
	m.pictures("a.jpg", "b.jpg")
	m.succeed()
	m.pictures() // no image could be made again
	check(t, os.RemoveAll(m.cache))
	media := filepath.Join(m.out, "media")
	check(t, os.Chmod(media, 0))
	defer os.Chmod(media, 0o755)
	c := m.command("")
	if os.Geteuid() == 0 { // whom no mode stops
		const nobody = 65534
		program, err := exec.LookPath("firstframe")
		check(t, err)
		data, err := os.ReadFile(program)
		check(t, err)
		check(t, os.WriteFile(filepath.Join(m.dir, "firstframe"), data, 0o755)) // where nobody may run it
		c.Env = append(c.Env, "PATH="+m.dir)
		c.Path = "/bin/sh"
		check(t, os.Chmod(filepath.Dir(m.dir), 0o755))
		for _, dir := range []string{m.dir, m.out, media} {
			check(t, os.Chown(dir, nobody, nobody))
		}
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	if said, _ := c.CombinedOutput(); c.ProcessState.ExitCode() != exitFailed || !strings.Contains(string(said), "looking for "+media) {
		t.Errorf("exit code %d: %s", c.ProcessState.ExitCode(), said)
	}
	check(t, os.Chmod(media, 0o755))
	m.complete(2)
	m.succeed()
	m.complete(2)
}

// SIGTERM is how a machine that is shut down says so.
func TestTerminated(t *testing.T) {
	m := newComputer(t)
	m.pictures("a.jpg")
	m.succeed()
	m.pictures("a.jpg", "b.jpg")
	m.service.FailDownload("b.jpg", -1, fetchtest.Hang())
	c := m.command("")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); m.service.Downloads() < 2; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the download has not begun")
		}
	}
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	if exit := c.ProcessState.ExitCode(); exit != exitInterrupted {
		t.Errorf("exit code %d, want %d", exit, exitInterrupted)
	}
	m.complete(1)
}

// What comes behind an answer, package net/http tells its logger, as it came: with
// whatever the service repeats, and in any words.
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
		_, _ = conn.Read(make([]byte, 1)) // until the other side has read it, and closes
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

// --serve shows the site and nothing else of the folder until it is
// interrupted, which is no failure; an address that is taken is one.
func TestServe(t *testing.T) {
	m := newComputer(t)
	m.pictures("a.jpg")
	c := m.command("")
	c.Args = append(c.Args, "--serve=127.0.0.1:0")
	said, err := c.StderrPipe()
	check(t, err)
	check(t, c.Start())
	t.Cleanup(func() { _ = c.Process.Kill() })
	line, err := bufio.NewReader(said).ReadString('\n')
	root := regexp.MustCompile(`http://[0-9.:]+/`).FindString(line)
	if err != nil || root == "" {
		t.Fatalf("it said %q, %v", line, err)
	}
	for name, want := range map[string]int{"": 200, "gallery.json": 200, "nothing": 404, "media/": 404, ".firstframe-files": 404} {
		if status, _, _ := get(t, root+name); status != want {
			t.Errorf("/%s: status %d, want %d", name, status, want)
		}
	}
	check(t, c.Process.Signal(os.Interrupt))
	if err := c.Wait(); err != nil {
		t.Errorf("interrupted, it ended with %v", err)
	}

	taken, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	defer taken.Close()
	exit, words := m.run("", "--serve="+taken.Addr().String())
	if exit != exitFailed || !strings.Contains(words, "address already in use") || !strings.Contains(words, "hint: choose another port") {
		t.Errorf("exit code %d: %s", exit, words)
	}
}

// An answer that is made to fill the memory must not. With the race detector a
// program takes many times as much, so that only how it ends is looked at.
func TestHostileListings(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the unit of Maxrss is another one on each system")
	}
	const limit = 200 << 10 // KiB
	// Made one by one: at its start a program has taken as much as the one that starts it.
	for name, body := range map[string]func() string{
		"too large":         func() string { return "[" + strings.Repeat(" ", 16<<20) },
		"deep":              func() string { return strings.Repeat("[", 1_000_000) },
		"deep in an object": func() string { return `[{"a":` + strings.Repeat(`{"a":`, 1_000_000) },
		"many items":        func() string { return "[" + strings.Repeat("{},", 5_000_000) + "{}]" },
		"many fields":       func() string { return `[{` + strings.Repeat(`"a":1,`, 2_500_000) + `"b":1}]` },
		"a long text": func() string {
			return `[{"file_name":"` + strings.Repeat("x", 15<<20) + `","cdn_url":"ftp://cdn.example/x"}]`
		},
		"a large object": func() string { return numbered("{", 1_300_000, `"%x":[],`, `"a":1}`) },
		"many videos":    func() string { return numbered("[", 900_000, `{"id":"%x"},`, `{}]`) },
		"many images": func() string {
			return numbered(`[{"videoId":"a","originFiles":[`, 600_000, `{"id":"%x","url":"x"},`, `{}]}]`)
		},
	} {
		for _, source := range []string{"files", "videos"} {
			t.Run(name+" of "+source, func(t *testing.T) {
				m := newComputer(t)
				fault := fetchtest.Answer(200, body())
				m.service.FailListing(-1, fault)
				m.service.FailVideos(-1, fault)
				c := m.command(`set -- "$@" --source=` + source + "; ")
				_ = c.Run()
				if exit := c.ProcessState.ExitCode(); exit != exitFailed {
					t.Errorf("exit code %d, want %d", exit, exitFailed)
				}
				used, ok := c.ProcessState.SysUsage().(*syscall.Rusage)
				if ok && used.Maxrss > limit && !raceDetector() {
					t.Errorf("it took %d MiB, want at most %d", used.Maxrss>>10, limit>>10)
				}
				if _, err := os.Stat(filepath.Join(m.out, "index.html")); err == nil {
					t.Error("a site was built")
				}
			})
		}
	}
}

// numbered is a text of at most 16 MiB with a form for each of n numbers.
func numbered(begin string, n int, form, end string) string {
	var b strings.Builder
	b.Grow(16 << 20)
	b.WriteString(begin)
	for i := range n {
		fmt.Fprintf(&b, form, i)
	}
	b.WriteString(end)
	return b.String()
}

func raceDetector() bool {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return false
	}
	for _, s := range info.Settings {
		if s.Key == "-race" {
			return s.Value == "true"
		}
	}
	return false
}

// Whatever the clock says, the site is the same: package render does not ask
// it, and the command only for what it says on a terminal, and for the date of
// an image of which nothing else tells one.
func TestNoClock(t *testing.T) {
	clock := regexp.MustCompile(`time\.(Now|Since|Until)\(`)
	// now asks it, for the date of an image without any other, and a stage twice, for how long it takes.
	allowed := map[string]int{"../command/run.go": 1, "../command/terminal/runner.go": 2}
	for _, folder := range []string{"../command", "../render", "../fetch/demo"} {
		err := filepath.WalkDir(folder, func(name string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
				return err
			}
			data, err := os.ReadFile(name)
			if n := len(clock.FindAll(data, -1)); n > allowed[filepath.ToSlash(name)] {
				t.Errorf("%s asks the clock %d times, want %d", name, n, allowed[name])
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("SOURCE_DATE_EPOCH", "86400")
	if got := uploadDate(&fetch.File{}, fetch.Original{}); !got.Equal(time.Date(1970, 1, 2, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("got %v, want the date of SOURCE_DATE_EPOCH", got)
	}
}

// What happens to a stranger's link in out/ is tested in package render; here a
// whole run meets some.
func TestLinksInOut(t *testing.T) {
	m := newComputer(t)
	m.pictures("a.jpg", "b.jpg")
	m.succeed()
	precious := filepath.Join(m.dir, "precious")
	if err := os.WriteFile(precious, []byte("years of work"), 0o600); err != nil {
		t.Fatal(err)
	}
	pages, _ := filepath.Glob(filepath.Join(m.out, "image/*/index.html"))
	media, _ := filepath.Glob(filepath.Join(m.out, "media/*.jpg"))
	for _, name := range []string{pages[0], filepath.Join(m.out, "index.html"), media[0]} {
		if err := errors.Join(os.Remove(name), os.Symlink(precious, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{pages[1], filepath.Join(m.out, gallery.StateName)} {
		if err := errors.Join(os.Remove(name), os.Link(precious, name)); err != nil {
			t.Fatal(err)
		}
	}
	m.succeed()
	m.complete(2)
	data, err := os.ReadFile(precious)
	if err != nil || string(data) != "years of work" {
		t.Errorf("a file outside was written through a link: %q, %v", data, err)
	}
	for _, name := range append(pages, filepath.Join(m.out, "index.html"), media[0]) {
		if info, err := os.Lstat(name); err != nil || !info.Mode().IsRegular() || fmt.Sprintf("%o", info.Mode().Perm()) != "644" {
			t.Errorf("%s is %v, want a file for everybody", name, info.Mode())
		}
	}
}

// A folder that is a link is none of the site's: what it leads to may change, or
// be gone when the first new file makes a folder of it.
func TestLinkedFolders(t *testing.T) {
	m := newComputer(t)
	content := filepath.Join(m.dir, "content")
	writeFiles(t, content, map[string]string{"about.md": "About"})
	m.pictures("a.jpg", "b.jpg")
	m.succeed()
	for i, more := range [][]string{{}, {"c.jpg"}} {
		for _, name := range []string{"media", "image", "assets", "about"} {
			folder, elsewhere := filepath.Join(m.out, name), filepath.Join(m.dir, fmt.Sprint(name, i))
			if err := errors.Join(os.Rename(folder, elsewhere), os.Symlink(elsewhere, folder)); err != nil {
				t.Fatal(err)
			}
		}
		m.pictures(append([]string{"a.jpg", "b.jpg"}, more...)...)
		m.succeed()
		m.complete(2 + len(more))
	}
}
