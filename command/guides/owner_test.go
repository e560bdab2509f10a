//go:build unix

package guides

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"firstframe/command/commandtest"
	"firstframe/render/media/mediatest"
)

// owner is somebody with the program, and with a copy of the repository, on a computer with Go,
// rsync and a shell.
type owner struct {
	t       *testing.T
	guides  map[string][]*block
	copy    string // of the repository
	gallery string // the folder in which the owner types
	home    string
	server  string            // the files of the owner's web server, which has the path /var/www/
	say     map[string]string // what the owner types in place of a placeholder
	env     []string
}

// newOwner returns an owner with pictures, who has done nothing yet.
func newOwner(t *testing.T, guides map[string][]*block) *owner {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	check(t, err)
	o := &owner{t: t, guides: guides, copy: filepath.Join(dir, "copy"), gallery: filepath.Join(dir, "gallery"), home: filepath.Join(dir, "home"), server: filepath.Join(dir, "server"), say: map[string]string{}}
	copyRepository(t, o.copy)
	check(t, os.MkdirAll(o.server, 0o755))
	check(t, os.MkdirAll(o.gallery, 0o755))
	photo := mediatest.JPEG(t, mediatest.DrawPicture(900, 600))
	o.write(o.home, "Pictures/holiday/beach.jpg", mediatest.InsertJPEG(photo, 0xe1, "Exif\x00\x00"+mediatest.FullEXIF(1)))
	o.write(o.home, "Pictures/holiday/harbour/two-boats.png", mediatest.PNG(t, mediatest.Blocks(640, 480)))
	o.write(o.home, "Pictures/holiday/IMG_20240701_101500.jpg", mediatest.JPEG(t, mediatest.Blocks(500, 700)))
	// Otherwise a process that go starts in the background can write here while the folder is removed.
	o.write(o.home, ".config/go/telemetry/mode", []byte("off"))
	o.env = []string{
		"PATH=" + o.commands(dir) + ":" + os.Getenv("PATH"), "HOME=" + o.home, "TMPDIR=" + os.TempDir(),
		// The copy is built from the cache of the builds before, whatever its path is, and without a network.
		"GOFLAGS=-trimpath " + os.Getenv("GOFLAGS"), "GOPROXY=off", "GOTOOLCHAIN=local", "GOCACHE=" + goEnv(t, "GOCACHE"), "GOMODCACHE=" + goEnv(t, "GOMODCACHE"),
		"SERVER=" + o.server,
		"GIT_AUTHOR_NAME=Owner", "GIT_AUTHOR_EMAIL=me@example.org", "GIT_COMMITTER_NAME=Owner", "GIT_COMMITTER_EMAIL=me@example.org",
	}
	return o
}

// copyRepository copies what somebody gets who clones the repository, except its history. The tests
// also run in forks, so it leaves out the gallery of a fork.
func copyRepository(t *testing.T, to string) {
	t.Helper()
	ignored, err := os.ReadFile(root + "/.gitignore")
	check(t, err)
	without := strings.Fields(".git content firstframe.schema.json firstframe.yaml pictures static theme")
	for pattern := range strings.FieldsSeq(string(ignored)) { // such as /out/
		without = append(without, strings.Trim(pattern, "/"))
	}
	check(t, filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		switch {
		case d.IsDir() && slices.Contains(without, rel):
			return fs.SkipDir
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, rel), 0o755)
		case slices.Contains(without, rel) || !d.Type().IsRegular():
			return nil
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), data, info.Mode().Perm())
	}))
}

// goEnv returns a setting of Go.
func goEnv(t *testing.T, name string) string {
	t.Helper()
	value, err := exec.Command("go", "env", name).Output()
	check(t, err)
	return strings.TrimSpace(string(value))
}

// commands makes the commands of the computer that are not the usual ones, and returns their folder.
//
//   - firstframe is the real one, but it gets the flags $SERVICE, because the tests must not reach the
//     real service, and a preview is on any port, because another program may use the usual one.
//   - curl downloads the release that is in the folder of the test.
//   - ssh reaches a web server whose folder /var/www/ is in the folder of the test.
func (o *owner) commands(dir string) string {
	o.t.Helper()
	bin := filepath.Join(dir, "bin")
	commandtest.WriteProgram(o.t, filepath.Join(bin, "firstframe"), fmt.Sprintf(`#!/bin/bash
args=()
for arg; do
  if [ "$arg" = --serve ]; then arg=--serve=127.0.0.1:0; fi
  args+=("$arg")
done
exec %q "${args[@]}" $SERVICE
`, commandtest.Program(o.t)))
	commandtest.WriteProgram(o.t, filepath.Join(bin, "curl"), fmt.Sprintf(`#!/bin/bash
set -e
case "$1 $2" in
  "-LO https://github.com/OWNER/firstframe/releases/download/v1.2.3/firstframe_1.2.3_linux_amd64.tar.gz")
    exec tar -czf firstframe_1.2.3_linux_amd64.tar.gz -C %q firstframe ;;
esac
echo "curl: there is no $2" >&2
exit 22
`, filepath.Dir(commandtest.Program(o.t))))
	commandtest.WriteProgram(o.t, filepath.Join(bin, "ssh"), `#!/bin/bash
set -e
while [ "$1" != rsync ]; do shift; done
args=("${@/#\/var\/www\//$SERVER/}")
case "$(realpath -m -- "${args[-1]}")" in
  "$SERVER"/*) exec "${args[@]}" ;;
  *) echo "ssh: ${args[-1]} is not on the web server" >&2; exit 97 ;;
esac
`)
	return bin
}

// write writes a file, and makes its folder.
func (o *owner) write(dir, name string, data []byte) {
	o.t.Helper()
	name = filepath.Join(dir, name)
	check(o.t, os.MkdirAll(filepath.Dir(name), 0o755))
	check(o.t, os.WriteFile(name, data, 0o644))
}

// writeFile writes the file that a block shows, as it is printed.
func (o *owner) writeFile(b *block, name string) {
	o.t.Helper()
	o.write(o.gallery, name, []byte(b.text))
}

// read returns a file in the owner's folder. If there is none, the test fails.
func (o *owner) read(name string) string {
	o.t.Helper()
	data, err := os.ReadFile(filepath.Join(o.gallery, name))
	if err != nil {
		o.t.Error(err)
	}
	return string(data)
}

// command returns a line of a guide as a process that does not run yet. Nothing but the placeholders
// is replaced.
func (o *owner) command(line string) *exec.Cmd {
	for placeholder, text := range o.say {
		line = strings.ReplaceAll(line, placeholder, text)
	}
	cmd := exec.Command("bash", "-c", line)
	cmd.Dir, cmd.Env = o.gallery, o.env
	return cmd
}

// run runs one line of a guide, which must succeed, and returns what it prints.
func (o *owner) run(line string) string {
	o.t.Helper()
	out, err := o.try(line)
	if err != nil {
		o.t.Fatalf("%s: %v\n%s", line, err, out)
	}
	return out
}

// try runs one line of a guide, and returns what it prints. A variable that the line exports counts
// for all lines after it.
func (o *owner) try(line string) (string, error) {
	o.t.Helper()
	if export, ok := strings.CutPrefix(line, "export "); ok {
		out, err := o.command(line + "\nexport -p").CombinedOutput()
		name, _, _ := strings.Cut(export, "=")
		match := regexp.MustCompile(`(?m)^declare -x ` + name + `="(.*)"$`).FindSubmatch(out)
		if match == nil {
			o.t.Fatalf("%s: nothing is exported: %v\n%s", line, err, out)
		}
		o.env = append(o.env, name+"="+string(match[1]))
		return "", err
	}
	out, err := o.command(line).CombinedOutput()
	return string(out), err
}

// find returns the path of the page of the image with a title, in out/, or "" if there is none.
func (o *owner) find(title string) string {
	o.t.Helper()
	names, err := filepath.Glob(filepath.Join(o.gallery, "out/image/*/index.html"))
	check(o.t, err)
	for _, name := range names {
		data, err := os.ReadFile(name)
		check(o.t, err)
		if regexp.MustCompile(`<h1[^>]*>\s*` + regexp.QuoteMeta(title) + `\s*</h1>`).Match(data) {
			return "image/" + filepath.Base(filepath.Dir(name)) + "/index.html"
		}
	}
	return ""
}

// page returns the page of the image with a title. If there is none, the test fails.
func (o *owner) page(title string) string {
	o.t.Helper()
	name := o.find(title)
	if name == "" {
		o.t.Errorf("no image has the title %q", title)
		return ""
	}
	return o.read("out/" + name)
}

// wants checks that a text contains others.
func (o *owner) wants(what, text string, parts ...string) {
	o.t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			o.t.Errorf("%s lacks %q:\n%.3000s", what, part, text)
		}
	}
}

// lacks checks that a text does not contain others.
func (o *owner) lacks(what, text string, parts ...string) {
	o.t.Helper()
	for _, part := range parts {
		if strings.Contains(text, part) {
			o.t.Errorf("%s contains %q:\n%.3000s", what, part, text)
		}
	}
}

// preview runs a line of a guide that serves the site, calls use with the address and a function
// that returns what the preview has said, and ends the preview with Ctrl-C.
func (o *owner) preview(line string, use func(address string, said func() string)) {
	o.t.Helper()
	cmd := o.command(line)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C reaches all processes of the command
	stderr, err := cmd.StderrPipe()
	check(o.t, err)
	check(o.t, cmd.Start())
	interrupt := sync.OnceFunc(func() { syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) })
	defer interrupt()
	var mu sync.Mutex
	var b strings.Builder
	said := func() string {
		mu.Lock()
		defer mu.Unlock()
		return b.String()
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			mu.Lock()
			fmt.Fprintln(&b, lines.Text())
			mu.Unlock()
		}
	}()
	address := ""
	await(o.t, func() bool {
		address = regexp.MustCompile(`http://127\.0\.0\.1:\d+/`).FindString(said())
		return address != ""
	}, func() string { return "no address is printed:\n" + said() })
	use(address, said)
	select {
	case <-ended:
		o.t.Errorf("the preview ends by itself:\n%s", said())
	default:
	}
	interrupt()
	<-ended
	// The exit code is that of the last build, or of go run, if it ends first.
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		o.t.Error(err)
	}
}

// await waits until something has happened, for two minutes at most, and fails the test then.
func await(t *testing.T, happened func() bool, otherwise func() string) {
	t.Helper()
	for range 2400 {
		if happened() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal(otherwise())
}
