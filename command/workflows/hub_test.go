package workflows

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"firstframe/command/commandtest"
)

// owned is this repository, as other repositories call it.
const owned = "OWNER/firstframe"

// hub is GitHub as far as the action uses it: the tags of this repository, a release over HTTP, and
// the command gh.
type hub struct {
	t       *testing.T
	server  *httptest.Server
	assets  map[string][]byte // files of the release v1.2.0, by name
	commits map[string]string // by tag
	cuts    atomic.Int64      // how many more downloads of an archive are cut
	asked   atomic.Int64      // requests

	system, machine string // of the runner; Linux and X64 if empty
	bin             string // folder with gh
	log             string // file with the calls of gh
	refuses         string // "gh refuses": what the next call of gh says before it fails
	lacks           string // "gh", or an option that gh does not know yet
}

// newHub returns a hub with three tags: v1.1.0, the annotated v1.2.0, and v1 at the same commit. A
// newer commit has no tag. The program of the release v1.2.0 is a script.
func newHub(t *testing.T, program string) *hub {
	t.Helper()
	dir := t.TempDir()
	b := &hub{t: t, assets: map[string][]byte{}, commits: map[string]string{}, bin: filepath.Join(dir, "bin"), log: filepath.Join(dir, "gh.log")}
	b.init(filepath.Join(dir, owned+".git"))
	var sums strings.Builder
	for name, data := range map[string][]byte{
		"firstframe_1.2.0_linux_amd64.tar.gz":  tarball(t, "firstframe", program),
		"firstframe_1.2.0_darwin_arm64.tar.gz": tarball(t, "firstframe", program),
		"firstframe_1.2.0_windows_amd64.zip":   zipped(t, "firstframe.exe", program),
	} {
		b.assets[name] = data
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(data), name)
	}
	b.assets["checksums.txt"] = []byte(sums.String())
	commandtest.WriteProgram(t, filepath.Join(b.bin, "gh"), `#!/bin/bash
[ "$GH_LACKS" != gh ] || exit 127
if [[ "$*" == *--help ]]; then
  echo "--repo --source-digest" | sed "s/${GH_LACKS:-nothing}//"
  exit
fi
echo "$GH_HOST ${GH_TOKEN-no token} ${USEAPI_TOKEN-} $*" >> "$GH_LOG"
[ -z "$GH_REFUSES" ] || { echo "$GH_REFUSES" >&2; exit 1; }
`)
	mux := http.NewServeMux()
	mux.Handle("/"+owned+".git/", http.FileServer(http.Dir(dir)))
	mux.HandleFunc("/"+owned+"/releases/download/v1.2.0/{name}", b.download)
	b.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.asked.Add(1)
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(b.server.Close)
	return b
}

// init makes the repository, with the files that a Git client asks a plain web server for.
func (b *hub) init(dir string) {
	b.t.Helper()
	git := func(args ...string) string {
		b.t.Helper()
		cmd := exec.Command("git", append([]string{"--git-dir", dir, "-c", "user.name=a", "-c", "user.email=a@example.org"}, args...)...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			b.t.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	check(b.t, os.MkdirAll(dir, 0o755))
	git("init", "--quiet", "--bare", "--initial-branch", "main")
	tree := git("hash-object", "-t", "tree", "-w", "/dev/null")
	for _, tag := range []string{"v1.1.0", "v1.2.0", "none"} {
		b.commits[tag] = git("commit-tree", "-m", tag, tree)
	}
	git("tag", "v1.1.0", b.commits["v1.1.0"])
	git("tag", "--annotate", "--message", "a release", "v1.2.0", b.commits["v1.2.0"])
	git("tag", "v1", "v1.2.0^{commit}")
	git("branch", "main", b.commits["none"])
	git("branch", "moving", b.commits["v1.2.0"])
	git("tag", "moving", b.commits["v1.2.0"])
	git("update-server-info")
}

// download answers a request for a file of the release.
func (b *hub) download(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	data, ok := b.assets[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(data)))
	if name != "checksums.txt" && b.cuts.Add(-1) >= 0 {
		_, _ = w.Write(data[:len(data)/2])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(data)
}

// path returns the folders with commands.
func (b *hub) path() string {
	if b == nil {
		return os.Getenv("PATH")
	}
	return b.bin + ":" + os.Getenv("PATH")
}

// variables returns what the runner says about itself and GitHub.
func (b *hub) variables() []string {
	if b == nil {
		return nil
	}
	return []string{
		"RUNNER_OS=" + cmp.Or(b.system, "Linux"), "RUNNER_ARCH=" + cmp.Or(b.machine, "X64"), "GITHUB_SERVER_URL=" + b.server.URL,
		"GITHUB_REPOSITORY=me/gallery", "GITHUB_WORKFLOW_REF=me/gallery/.github/workflows/gallery.yml@refs/heads/main",
		"GH_LOG=" + b.log, "GH_REFUSES=" + b.refuses, "GH_LACKS=" + b.lacks,
	}
}

// calls returns the calls of gh so far.
func (b *hub) calls() string {
	text, _ := os.ReadFile(b.log)
	return string(text)
}

// tarball returns an archive with a program and another file.
func tarball(t *testing.T, name, program string) []byte {
	t.Helper()
	var data bytes.Buffer
	pack := gzip.NewWriter(&data)
	w := tar.NewWriter(pack)
	for _, f := range [][2]string{{"README.md", "# firstframe\n"}, {name, program}} {
		check(t, w.WriteHeader(&tar.Header{Name: f[0], Mode: 0o755, Size: int64(len(f[1])), ModTime: time.Unix(0, 0)}))
		_, err := w.Write([]byte(f[1]))
		check(t, err)
	}
	check(t, w.Close())
	check(t, pack.Close())
	return data.Bytes()
}

// zipped is like tarball, for Windows.
func zipped(t *testing.T, name, program string) []byte {
	t.Helper()
	var data bytes.Buffer
	w := zip.NewWriter(&data)
	for _, f := range [][2]string{{"README.md", "# firstframe\n"}, {name, program}} {
		file, err := w.Create(f[0])
		check(t, err)
		_, err = file.Write([]byte(f[1]))
		check(t, err)
	}
	check(t, w.Close())
	return data.Bytes()
}
