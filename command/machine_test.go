//go:build unix

package command

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"firstframe/command/commandtest"
	"firstframe/fetch/fetchtest"
	"firstframe/render/gallery"
)

// TestDiskFull fills the disk of the site. The run fails, and the site stays as it was.
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

// TestCacheDiskFull fills the disk of the cache. The run fails, and the site stays as it was.
func TestCacheDiskFull(t *testing.T) {
	m := newComputer(t)
	m.mount(m.cache, "size=200k")
	m.pictures("a.jpg")
	m.succeed()
	m.pictures(many...)
	exit, said := m.run("")
	if exit != exitFailed || !strings.Contains(said, "error: writing to the cache: ") || !strings.Contains(said, "no space left") {
		t.Errorf("exit code %d: %s", exit, said)
	}
	m.complete(1)
}

// TestFileSizeLimit sets a limit for the size of files. It acts like a full disk, but needs no
// rights.
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

// TestReadOnly checks that a folder that cannot be written is found before any download.
func TestReadOnly(t *testing.T) {
	for _, which := range []string{"out", "cache"} {
		t.Run(which, func(t *testing.T) {
			m := newComputer(t)
			dir := filepath.Join(m.dir, which)
			if os.Geteuid() == 0 { // modes do not stop root
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
				t.Errorf("%d files were downloaded for nothing", n)
			}
			m.complete(1)
		})
	}
}

// TestInitReadOnly checks that --init writes nothing if one of its folders cannot be written.
func TestInitReadOnly(t *testing.T) {
	m := newComputer(t)
	workflows := filepath.Join(m.dir, ".github", "workflows")
	if os.Geteuid() == 0 { // modes do not stop root
		m.mount(workflows, "ro")
	} else {
		must(t, os.MkdirAll(workflows, 0o755))
		must(t, os.Chmod(workflows, 0o555))
		defer os.Chmod(workflows, 0o755)
	}
	exit, said := m.run("", "--init")
	if exit != exitFailed || !strings.Contains(said, ".github/workflows") {
		t.Errorf("exit code %d: %s", exit, said)
	}
	if _, err := os.Stat(filepath.Join(m.dir, "content")); err == nil {
		t.Error("content/ was written, although the workflow cannot be written")
	}
}

// TestUnreadableMedia makes the media unreadable. They still exist, so nothing may be removed from
// the site.
func TestUnreadableMedia(t *testing.T) {
	m := newComputer(t)
	m.pictures("a.jpg", "b.jpg")
	m.succeed()
	m.pictures() // no image can be made again
	must(t, os.RemoveAll(m.cache))
	media := filepath.Join(m.out, "media")
	must(t, os.Chmod(media, 0))
	defer os.Chmod(media, 0o755)
	c := m.command("")
	if os.Geteuid() == 0 { // modes do not stop root
		const nobody = 65534
		program, err := exec.LookPath("firstframe")
		must(t, err)
		data, err := os.ReadFile(program)
		must(t, err)
		commandtest.WriteProgram(t, filepath.Join(m.dir, "firstframe"), string(data)) // where the user nobody may run it
		c.Env = append(c.Env, "PATH="+m.dir)
		c.Path = "/bin/sh"
		must(t, os.Chmod(filepath.Dir(m.dir), 0o755))
		for _, dir := range []string{m.dir, m.out, media} {
			must(t, os.Chown(dir, nobody, nobody))
		}
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	if said, _ := c.CombinedOutput(); c.ProcessState.ExitCode() != exitFailed || !strings.Contains(string(said), "looking for "+media) {
		t.Errorf("exit code %d: %s", c.ProcessState.ExitCode(), said)
	}
	must(t, os.Chmod(media, 0o755))
	m.complete(2)
	m.succeed()
	m.complete(2)
}

// TestTerminated sends SIGTERM. A machine does that when it shuts down.
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
			t.Fatal("the download has not started")
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

// TestLinksInOut runs with links of a stranger in out/. Package render tests the details.
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
			t.Errorf("%s has mode %v, want a regular file that everybody can read", name, info.Mode())
		}
	}
}

// TestLinkedFolders replaces folders of the site by links. Such a folder does not belong to the
// site: its target may change, or vanish when the first new file makes it a real folder.
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
