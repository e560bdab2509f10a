//go:build unix

package command

import (
	"bufio"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"firstframe/command/commandtest"
	"firstframe/fetch/fetchtest"
	"firstframe/render/gallery"
)

// servedSite is a run with --serve.
type servedSite struct {
	*computer
	process *exec.Cmd
	root    string      // the address of the site
	lines   chan string // what it says on both streams
	ended   chan error
}

// serve starts a run with --serve, and waits until it tells its address.
func (m *computer) serve(flags ...string) *servedSite {
	m.t.Helper()
	return m.serveWithin("", flags...)
}

// serveWithin is serve within limits, as in command.
func (m *computer) serveWithin(limits string, flags ...string) *servedSite {
	m.t.Helper()
	s := &servedSite{computer: m, process: m.command(limits), lines: make(chan string, 1000), ended: make(chan error, 1)}
	s.process.Args = append(s.process.Args, append([]string{"--serve=127.0.0.1:0"}, flags...)...)
	read, write, err := os.Pipe()
	must(m.t, err)
	s.process.Stdout, s.process.Stderr = write, write
	must(m.t, s.process.Start())
	must(m.t, write.Close())
	m.t.Cleanup(func() { _ = s.process.Process.Kill() })
	go func() {
		for lines := bufio.NewScanner(read); lines.Scan(); {
			s.lines <- lines.Text()
		}
		close(s.lines)
		s.ended <- s.process.Wait()
	}()
	s.root = regexp.MustCompile(`http://[0-9.:]+/`).FindString(s.hear(" until interrupted"))
	return s
}

// hear waits for a line with a text, and returns the line. It fails the test if another line than
// that is an error.
func (s *servedSite) hear(text string) string {
	s.t.Helper()
	patience := time.NewTimer(time.Minute) // when it is over, something hangs
	defer patience.Stop()
	var said []string
	for {
		select {
		case line, ok := <-s.lines:
			said = append(said, line)
			switch {
			case strings.Contains(line, text) && ok:
				return line
			case !ok || strings.Contains(line, "error: "):
				s.t.Fatalf("it did not say %q, but %q", text, said)
			}
		case <-patience.C:
			s.t.Fatalf("it did not say %q, but %q", text, said)
		}
	}
}

// edit writes a file as many editors do: it puts another file in its place. It waits until the
// command says what it expects.
func (s *servedSite) edit(name, text, expected string) string {
	s.t.Helper()
	s.save(name, text)
	return s.hear(expected)
}

// save writes a file of the owner.
func (s *servedSite) save(name, text string) {
	s.t.Helper()
	name = filepath.Join(s.dir, filepath.FromSlash(name))
	must(s.t, os.MkdirAll(filepath.Dir(name), 0o755))
	must(s.t, os.WriteFile(name+"~", []byte(text), 0o644))
	must(s.t, os.Rename(name+"~", name))
}

// shows checks the status and a text of a page.
func (s *servedSite) shows(path string, status int, text string) {
	s.t.Helper()
	if got, _, body := commandtest.Get(s.t, s.root+path); got != status || !strings.Contains(string(body), text) {
		s.t.Errorf("/%s: status %d, want %d, and a page with %q:\n%s", path, got, status, text, body)
	}
}

// interrupt ends the run, and returns its exit code.
func (s *servedSite) interrupt() int {
	s.t.Helper()
	must(s.t, s.process.Process.Signal(os.Interrupt))
	for range s.lines { // until it has ended
	}
	<-s.ended
	return s.process.ProcessState.ExitCode()
}

// requests returns how many requests the service got.
func (s *servedSite) requests() int {
	return s.service.Listings() + s.service.VideoListings() + s.service.Downloads()
}

// TestServe serves a site until it is interrupted, which is not a failure. It must serve only the
// files of the site. If the address cannot be used, the command fails before it does anything else.
func TestServe(t *testing.T) {
	m := newComputer(t)
	m.pictures("a.jpg")
	s := m.serve()
	s.hear("1 image in ")
	for name, want := range map[string]int{"": 200, "gallery.json": 200, "nothing": 404, "media/": 404, ".firstframe-files": 404} {
		s.shows(name, want, "")
	}
	if exit := s.interrupt(); exit != exitOK {
		t.Errorf("after the interrupt it ended with %d", exit)
	}

	taken, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer taken.Close()
	before := s.requests()
	for address, problem := range map[string]string{taken.Addr().String(): "another program uses", ":99999": "invalid port"} {
		exit, words := m.run("", "--serve="+address)
		if exit != exitFailed || !strings.Contains(words, problem) || !strings.Contains(words, "hint: choose another port") {
			t.Errorf("--serve=%s: exit code %d: %s", address, exit, words)
		}
	}
	if s.requests() != before {
		t.Error("the service was asked before the address")
	}
}

// TestServeEdits edits everything that an owner can while the site is served. Each edit must be
// shown without a request. In the end the site must be what a plain run makes.
func TestServeEdits(t *testing.T) {
	m := newComputer(t)
	m.pictures("a.jpg", "b.jpg", "c.jpg")
	must(t, os.MkdirAll(filepath.Join(m.dir, "look"), 0o755))
	s := m.serve("--theme", "look")
	s.hear("3 images in ")
	before := s.requests()

	// The folder content/ does not exist yet.
	s.edit("content/index.md", "---\ntitle: My gallery\n---\n", " changed: ")
	s.shows("", 200, "My gallery")
	s.edit("content/images/a.jpg.md", "---\ntitle: First words\n---\n", " changed: ")
	s.shows("", 200, "First words")
	s.edit("content/images/a.jpg.md", "---\ntitle: Other words\n---\n", " changed: ")
	s.shows("", 200, "Other words")
	s.edit("look/assets/style.css", "p { color: teal }\n", " changed: ")
	s.edit("look/assets/style.css", "p { color: navy }\n", " changed: ")
	if sheets, _ := filepath.Glob(filepath.Join(m.out, "assets", "style.*.css")); len(sheets) != 1 {
		t.Errorf("the style sheets are %q", sheets)
	}
	s.edit("static/robots.html", "<p>As it is</p>\n", " changed: ")
	s.shows("robots.html", 200, "As it is")
	s.edit("static/.well-known/security.txt", "Contact: mailto:me@example.org\n", " changed: ") // of a new folder, the name can be all
	s.shows(".well-known/security.txt", 200, "Contact: ")
	s.edit("content/about.md", "About me\n", " changed: ")
	s.shows("about/", 200, "About me")
	// A changed static file, and a name that none can have.
	s.edit("static/robots.html", "<p>Another</p>\n", " changed: ")
	s.shows("robots.html", 200, "Another")
	s.edit("static/index.html", "Mine\n", "static/index.html: the site has a file or folder of this name itself")
	must(t, os.Remove(filepath.Join(m.dir, "static", "index.html")))
	s.hear(" changed: ")

	// An error leaves everything as it is, and says where it is.
	s.edit("content/images/a.jpg.md", "---\ntitle: [a\n---\n", "images/a.jpg.md:2: ")
	s.shows("", 200, "Other words")
	s.edit("look/templates/image.html", "{{define \"main\"}}{{nothing}}{{end}}", "image.html:1")
	must(t, os.RemoveAll(filepath.Join(m.dir, "look", "templates")))
	s.hear("images/a.jpg.md:2: ") // the other error is still there
	s.edit("content/images/a.jpg.md", "---\ntitle: Last words\n---\n", " changed: ")
	s.shows("", 200, "Last words")

	// A warning is said when it is new.
	s.edit("content/images/d.jpg.md", "Nobody\n", "there is no image of this slug or file name")
	s.hear("d.jpg.md changed: ")
	s.edit("content/images/d.jpg.md", "Nobody\n", "d.jpg.md changed: nothing to write")
	s.edit("content/images/b.jpg.md", "---\nhidden: true\n---\n", " changed: ")
	if s.requests() != before {
		t.Errorf("the edits led to %d requests", s.requests()-before)
	}
	s.plain("--theme", "look")
}

// plain interrupts the run. It fails the test if the site is not what a plain run makes.
func (s *servedSite) plain(flags ...string) {
	s.t.Helper()
	if exit := s.interrupt(); exit != exitOK {
		s.t.Errorf("it ended with %d", exit)
	}
	served, err := snapshotTree(s.out)
	must(s.t, err)
	for name := range served {
		data, err := os.ReadFile(filepath.Join(s.out, name))
		must(s.t, err)
		if strings.Contains(string(data), "/.firstframe/") {
			s.t.Errorf("%s has something of the workshop", name)
		}
	}
	if exit, said := s.run("", append(flags, "--out="+s.out+"2")...); exit != exitOK {
		s.t.Fatalf("exit code %d: %s", exit, said)
	}
	plain, err := snapshotTree(s.out + "2")
	must(s.t, err)
	for _, name := range slices.Sorted(maps.Keys(plain)) {
		if !sameEntry(served[name], plain[name], true) {
			s.t.Errorf("%s is not as a plain run makes it", name)
		}
		delete(served, name)
	}
	for name := range served {
		s.t.Errorf("a plain run does not make %s", name)
	}
}

// TestServeShowsAgain hides an image and shows it again, which needs the service. If the service
// does not have it, it is not asked again at each edit.
func TestServeShowsAgain(t *testing.T) {
	m := newComputer(t)
	m.pictures("a.jpg", "b.jpg")
	s := m.serve()
	s.hear("2 images in ")
	slug := m.slug("b.jpg")
	s.edit("content/images/"+slug+".md", "---\nhidden: true\n---\n", " changed: ")
	s.shows("image/"+slug+"/", 404, "")
	s.edit("content/images/"+slug+".md", "---\nhidden: false\n---\n", " changed: ")
	s.shows("image/"+slug+"/", 200, "")

	s.edit("content/images/"+slug+".md", "---\nhidden: true\n---\n", " changed: ")
	m.pictures("a.jpg")
	s.edit("content/images/"+slug+".md", "---\nhidden: false\n---\n", "is not shown again")
	s.hear(" changed: ")
	before := s.requests()
	s.edit("content/index.md", "---\ntitle: Mine\n---\n", " changed: ")
	if s.requests() != before {
		t.Error("the service was asked again")
	}
}

// slug returns the slug of the published image with this name.
func (m *computer) slug(name string) string {
	m.t.Helper()
	state, _, err := gallery.Load(os.DirFS(m.out))
	must(m.t, err)
	for _, image := range state.Images {
		if image.Name == name {
			return image.Slug
		}
	}
	m.t.Fatalf("there is no image %s in the state", name)
	return ""
}

// TestServePrune prunes while the site is served. What the guard has refused to remove must not be
// removed by a build that does not ask the service.
func TestServePrune(t *testing.T) {
	m := newComputer(t)
	m.pictures("a.jpg", "b.jpg")
	for _, name := range []string{"c.jpg", "d.jpg"} {
		writeFiles(t, m.dir, map[string]string{"mine/" + name: string(picture(name).Data)})
	}
	if exit, said := m.run("", "--pictures=mine"); exit != exitOK {
		t.Fatalf("exit code %d: %s", exit, said)
	}
	m.pictures()
	s := m.serve("--pictures=mine", "--prune")
	s.hear("error: no image was removed: a listing is empty")
	s.edit("content/index.md", "---\ntitle: Mine\n---\n", " changed: ")
	s.shows("", 200, "Mine")
	if exit := s.interrupt(); exit != exitOK {
		t.Errorf("it ended with %d", exit)
	}
	m.complete(4)
}

// TestServeWithoutService shows edits while the service does not answer. There must be a site. If
// there is none, the run ends as it does without --serve.
func TestServeWithoutService(t *testing.T) {
	m := newComputer(t)
	m.pictures("a.jpg")
	m.service.FailListing(-1, fetchtest.Answer(402, `{"error":"no subscription"}`))
	if exit, said := m.run("", "--serve=127.0.0.1:0"); exit != exitRefused {
		t.Errorf("without a site: exit code %d: %s", exit, said)
	}
	m.service.Recover()
	m.succeed()
	m.service.FailListing(-1, fetchtest.Answer(402, `{"error":"no subscription"}`))
	s := m.serve()
	s.hear("402 Payment Required")
	s.edit("content/images/a.jpg.md", "---\ntitle: New words\n---\n", " changed: ")
	s.shows("", 200, "New words")
	if exit := s.interrupt(); exit != exitOK {
		t.Errorf("it ended with %d", exit)
	}
}

// TestServeBroken starts with words that cannot be read. An edit mends that.
func TestServeBroken(t *testing.T) {
	m := newComputer(t)
	m.pictures("a.jpg")
	writeFiles(t, m.dir, map[string]string{"content/index.md": "---\ntitle: [a\n---\n"})
	s := m.serve()
	s.hear("index.md:2: ")
	s.shows("", 503, "being built")
	if got := s.requests(); got != 0 {
		t.Errorf("there were %d requests before the words were read", got)
	}
	s.edit("content/index.md", "---\ntitle: Mended\n---\n", " changed: ")
	s.shows("", 200, "Mended")
	s.edit("content/index.md", "---\ntitle: [a\n---\n", "index.md:2: ")
	if exit := s.interrupt(); exit != exitFailed {
		t.Errorf("the last build failed, and the run ended with %d", exit)
	}
}

// TestServeSettings edits the file of settings. A setting that is gone takes nothing away until the
// owner says so.
func TestServeSettings(t *testing.T) {
	m := newComputer(t)
	m.pictures("a.jpg", "b.jpg")
	s := m.serve()
	s.hear("2 images in ")
	before := s.requests()
	s.edit("firstframe.yaml", "title: By the settings\n", "firstframe.yaml changed: ")
	s.shows("", 200, "By the settings")
	if s.requests() != before {
		t.Error("a title needs no request")
	}
	s.edit("firstframe.yaml", "title: By the settings\nwidths: [100]\noriginals: true\n", "firstframe.yaml changed: ")
	if found, _ := filepath.Glob(filepath.Join(m.out, "media", "*.jpg")); len(found) != 4 {
		t.Errorf("the pictures are %q; want one rendition and the original of each image", found)
	}
	s.edit("firstframe.yaml", "title: By the settings\nwidth: 100\n", "firstframe.yaml:2: ")
	s.edit("firstframe.yaml", "title: Another one\n", "this run would make the pictures in other widths and remove the originals")
	s.shows("", 200, "By the settings")
	s.edit("firstframe.yaml", "title: Another one\nwidths: [440, 864, 1200, 1920]\noriginals: false\n", "firstframe.yaml changed: ")
	s.shows("", 200, "Another one")
	s.edit("firstframe.yaml", "title: Another one\nout: elsewhere\n", "--out overrides out in firstframe.yaml")
	s.edit("firstframe.yaml", "title: Another one\n", "firstframe.yaml changed: ")
	m.complete(2)
}

// TestServeUnderPath serves a site that will be published under a path, which changes meanwhile. The
// page 404 asks for its style sheet there.
func TestServeUnderPath(t *testing.T) {
	m := newComputer(t)
	m.pictures("a.jpg")
	writeFiles(t, m.dir, map[string]string{"firstframe.yaml": "base_url: https://name.example/pics/\n"})
	s := m.serve()
	s.hear("1 image in ")
	sheet := regexp.MustCompile(`<link rel="stylesheet" href="/([^"]+)"`)
	for _, path := range []string{"pics", "my%20films/2024"} {
		s.edit("firstframe.yaml", "base_url: https://name.example/"+path+"/\n", "firstframe.yaml changed: ")
		_, _, page := commandtest.Get(t, s.root+"image/nothing")
		found := sheet.FindSubmatch(page)
		if found == nil || !strings.HasPrefix(string(found[1]), path+"/assets/") {
			t.Fatalf("the page 404 has the style sheet %q, want one under %s", found, path)
		}
		s.shows(string(found[1]), 200, "--wall")
		s.shows(path+"/", 200, `<ul class="tiles rows`)
		s.shows("", 200, `<ul class="tiles rows`)
	}
}

// TestServeWithoutWatching serves although the system can watch no more files.
func TestServeWithoutWatching(t *testing.T) {
	if out, err := exec.Command("unshare", "-r", "sh", "-c", "echo 0 >/proc/sys/user/max_inotify_instances").CombinedOutput(); err != nil {
		t.Skipf("the test needs a limit of its own: %v: %s", err, out)
	}
	m := newComputer(t)
	m.pictures("a.jpg")
	s := m.serveWithin(`exec unshare -r sh -c 'echo 0 >/proc/sys/user/max_inotify_instances && exec firstframe "$@"' sh "$@"; `)
	s.hear("warning: changes are not noticed: ")
	s.hear("1 image in ")
	s.shows("", 200, "")
	if exit := s.interrupt(); exit != exitOK {
		t.Errorf("it ended with %d", exit)
	}
}

// TestServeElsewhere changes the folder of the site while it is served.
func TestServeElsewhere(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("USEAPI_TOKEN", "user:1234-secret-token")
	args := []string{"--serve"}
	opts, err := parseOptions(args, nil)
	must(t, err)
	p := &preview{last: &run{args: args, opts: opts}}
	if _, err := p.optionsNow(); err != nil {
		t.Error(err)
	}
	writeFiles(t, ".", map[string]string{"firstframe.yaml": "out: elsewhere\n"})
	if _, err := p.optionsNow(); err == nil || !strings.Contains(err.Error(), "cannot change while the site is served") {
		t.Errorf("the folder changes: %v", err)
	}
}

// TestServeBesideARun builds while another run has the folder, which is possible when it has ended.
func TestServeBesideARun(t *testing.T) {
	m := newComputer(t)
	m.pictures("a.jpg")
	s := m.serve()
	s.hear("1 image in ")
	m.pictures("a.jpg", "b.jpg")
	m.service.FailDownload("b.jpg", -1, fetchtest.Hang())
	other := m.command("")
	must(t, other.Start())
	t.Cleanup(func() { _ = other.Process.Kill() })
	for m.service.Downloads() < 2 { // the test itself has a limit
		time.Sleep(10 * time.Millisecond)
	}
	s.edit("content/images/a.jpg.md", "---\ntitle: Words\n---\n", "another run is writing to it")
	must(t, other.Process.Signal(os.Interrupt))
	_ = other.Wait()
	s.hear(" changed: ")
	s.shows("", 200, "Words")

	m.service.Recover()
	m.succeed() // another run is possible between two builds
	s.edit("content/images/b.jpg.md", "---\ntitle: More\n---\n", " changed: ")
	s.shows("", 200, "More")
	m.complete(2)
}

// TestServePictures adds a picture to the folder while the site is served. It must be shown without
// a request, and what the service said must not be forgotten.
func TestServePictures(t *testing.T) {
	m := newComputer(t)
	m.pictures("a.jpg")
	mine := filepath.Join(m.dir, "mine")
	writeFiles(t, m.dir, map[string]string{"mine/notes.txt": "words"})
	s := m.serve("--pictures=" + mine)
	s.hear("1 file in " + mine + " is not a picture: notes.txt")
	s.hear("1 image in ")
	requests := s.requests()
	s.edit("mine/more.txt", "words", "1 file in "+mine+" is not a picture: more.txt")
	s.edit("mine/trip/b.jpg", string(picture("b.jpg").Data), "written")
	s.shows("gallery.json", 200, `"tags":["trip"]`)
	s.edit("content/images/trip/b.md", "---\ntitle: By its path\n---\n", "written")
	s.shows("gallery.json", 200, "By its path")
	s.edit("content/images/a.md", "---\ntitle: Of the service\n---\n", "written")
	s.shows("gallery.json", 200, "Of the service")
	must(t, os.RemoveAll(filepath.Join(mine, "trip")))
	s.hear("written")
	s.shows("gallery.json", 200, "By its path") // it is no longer listed, and keeps its words
	if s.requests() != requests {
		t.Errorf("%d requests were sent", s.requests()-requests)
	}
	if exit := s.interrupt(); exit != exitOK {
		t.Errorf("after the interrupt it ended with %d", exit)
	}
}
