package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/diff"

	"firstframe/command/commandtest"
	"firstframe/fetch/fetchtest"
	"firstframe/render/slowtest"
)

// messagesFile lists every message, with what provokes it. Its first lines explain its form.
const messagesFile = "testdata/messages.txt"

// TestMessages provokes every message in testdata/messages.txt: it runs each command there and
// compares what the command says. After a change, run:
//
//	go test ./command -run TestMessages -update
//
// and read the difference: it is what owners will read.
func TestMessages(t *testing.T) {
	t.Parallel()
	slowtest.Skip(t)
	data, err := os.ReadFile(messagesFile)
	must(t, err)
	blocks := strings.Split(string(data), "\n\n")
	title, cases := "", 0
	t.Run("cases", func(t *testing.T) {
		for i, block := range blocks {
			if !strings.HasPrefix(block, "    ") {
				title = block
				continue
			}
			cases++
			t.Run(title, func(t *testing.T) {
				t.Parallel()
				played := playMessages(t, strings.TrimSuffix(block, "\n"))
				if i == len(blocks)-1 {
					played += "\n"
				}
				if played != block && !*update {
					t.Errorf("what it says has changed:\n%s", diff.Diff("before", []byte(block), "now", []byte(played)))
				}
				blocks[i] = played
			})
		}
	})
	if cases < 50 {
		t.Errorf("there are only %d cases in %s", cases, messagesFile)
	}
	if *update {
		must(t, os.WriteFile(messagesFile, []byte(strings.Join(blocks, "\n\n")), 0o644))
	}
}

// messageCase is one case of testdata/messages.txt: a folder, and perhaps a service.
type messageCase struct {
	t       *testing.T
	dir     string
	service *fetchtest.Service // nil if no line is about it
	env     []string
	site    string // the address of a published site; "" if there is none
	host    string // of the service
	hidden  string // the flags that lead to it
	once    []reaction
}

// reaction is what happens while a command runs: a shell command, once it has said a text.
type reaction struct{ said, command string }

// playMessages runs the lines of a case, and returns them with what the commands say now.
func playMessages(t *testing.T, block string) string {
	dir := t.TempDir()
	c := &messageCase{t: t, dir: filepath.Join(dir, "gallery")}
	must(t, os.Mkdir(c.dir, 0o755))
	commandtest.WriteProgram(t, filepath.Join(dir, "bin", "firstframe"), "#!/bin/sh\nexec \"$PROGRAM\" \"$@\" $HIDDEN\n")
	c.env = []string{
		"PATH=" + filepath.Join(dir, "bin") + ":" + os.Getenv("PATH"), "PROGRAM=" + commandtest.Program(t), "HOME=" + dir,
		"SOURCE_DATE_EPOCH=1795000000", "LC_ALL=C",
	}
	var out []string
	for line := range strings.SplitSeq(block, "\n") {
		line = strings.TrimPrefix(line, "    ")
		switch {
		case strings.HasPrefix(line, "given "):
			out = append(out, line)
			if err := c.given(strings.TrimPrefix(line, "given ")); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
		case strings.HasPrefix(line, "$ "):
			out = append(out, line)
			out = append(out, c.run(strings.TrimPrefix(line, "$ "))...)
		}
	}
	return "    " + strings.Join(out, "\n    ")
}

// given prepares what a line "given …" says.
func (c *messageCase) given(line string) error {
	what, rest, _ := strings.Cut(line, " ")
	args := strings.Fields(rest)
	switch what {
	case "once": // once it says TEXT: COMMAND
		said, command, ok := strings.Cut(strings.TrimPrefix(rest, "it says "), ": ")
		if !ok {
			return errors.New("want: once it says TEXT: COMMAND")
		}
		c.once = append(c.once, reaction{said, command})
		return nil
	case "file": // file PATH TEXT, with \n for the end of a line and \t for a tab
		name, text, _ := strings.Cut(rest, " ")
		name = filepath.Join(c.dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		return os.WriteFile(name, []byte(strings.NewReplacer(`\n`, "\n", `\t`, "\t").Replace(text)), 0o644)
	case "folder": // folder DIR PICTURE...
		return writePictures(filepath.Join(c.dir, args[0]), args[1:])
	case "site": // site FLAG...: what a run with these flags makes
		c.startService()
		once := c.once
		defer func() { c.once = once }() // it is about the next line that is typed
		c.once = nil
		if said := c.run("firstframe " + rest); strings.HasPrefix(said[len(said)-1], "exit ") {
			return errors.New(strings.Join(said, "\n"))
		}
		return nil
	case "publication": // publication DIR: a web server at http://site.example/
		server := httptest.NewServer(http.FileServer(http.Dir(filepath.Join(c.dir, args[0]))))
		c.t.Cleanup(server.Close)
		c.env = append(c.env, "SITE="+server.URL+"/")
		c.site = server.URL
		return nil
	case "service":
		return c.serve(args)
	}
	return fmt.Errorf("%q is not known", what)
}

// startService starts the service, unless it has started.
func (c *messageCase) startService() {
	if c.service != nil {
		return
	}
	c.service = &fetchtest.Service{Token: "user:1234-secret-token", Pictures: parsePictures([]string{"beach.jpg"})}
	server := httptest.NewServer(c.service)
	c.t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	c.host = strings.TrimPrefix(server.URL, "http://")
	c.env = append(c.env, "BUSY="+c.host)
	c.hidden = "--api " + server.URL + " --allow-private-hosts"
	c.env = append(c.env, "USEAPI_TOKEN="+c.service.Token)
}

// serve prepares the service: pictures, videos, images, accounts or faults, as in the scripts.
func (c *messageCase) serve(args []string) error {
	c.startService()
	if len(args) == 0 {
		return nil
	}
	switch what, args := args[0], args[1:]; what {
	case "lists": // lists PICTURE...
		c.service.Set(parsePictures(args))
	case "videos": // videos [only] VIDEO...
		if c.service.HideFiles = len(args) > 0 && args[0] == "only"; c.service.HideFiles {
			args = args[1:]
		}
		videos, err := parseVideos(args)
		c.service.SetVideos(videos)
		return err
	case "images": // images IMAGE...
		images, err := parseImages(args)
		c.service.SetImages(images)
		return err
	case "accounts":
		c.service.Accounts = args
	case "recovers":
		c.service.Recover()
	case "fails": // fails listing|videos|images|NAME FAULT [ARG...]
		for i := range args { // a blank separates arguments
			args[i] = strings.ReplaceAll(args[i], "_", " ")
		}
		fault, err := faultOf(args[1], args[2:])
		if err != nil {
			return err
		}
		switch args[0] {
		case "listing":
			c.service.FailListing(-1, fault)
		case "videos":
			c.service.FailVideos(-1, fault)
		case "images":
			c.service.FailImages(-1, fault)
		default:
			c.service.FailDownload(args[0], -1, fault)
		}
	default:
		return fmt.Errorf("a service cannot do %q", what)
	}
	return nil
}

// run runs a shell command, and returns the lines that it prints and its exit code.
func (c *messageCase) run(line string) []string {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if strings.HasPrefix(line, "firstframe") {
		line = "exec " + line // the signals of a reaction reach it and not the shell
	}
	cmd := exec.CommandContext(ctx, "sh", "-c", line)
	cmd.Dir, cmd.Env = c.dir, c.env
	if !strings.Contains(line, "--demo") { // it has a service of its own
		cmd.Env = append(c.env, "HIDDEN="+c.hidden)
	}
	said := &watched{once: c.once, act: func(command string) {
		react := exec.Command("sh", "-c", command)
		react.Dir, react.Env = c.dir, append(c.env, "PID="+strconv.Itoa(cmd.Process.Pid))
		if out, err := react.CombinedOutput(); err != nil {
			c.t.Errorf("%s: %v\n%s", command, err, out)
		}
	}}
	c.once = nil
	cmd.Stdout, cmd.Stderr = said, said // one pipe keeps the order of the lines
	err := cmd.Run()
	var lines []string
	for text := range strings.Lines(said.text.String()) {
		lines = append(lines, c.normal(strings.TrimSuffix(text, "\n")))
	}
	if exit, failed := errors.AsType[*exec.ExitError](err); failed && exit.Sys().(syscall.WaitStatus).Exited() {
		lines = append(lines, fmt.Sprintf("exit %d", exit.ExitCode()))
	} else if err != nil {
		c.t.Errorf("%s: %v", line, err)
	}
	return lines
}

// normal returns a line without what differs from run to run, or between machines and versions.
func (c *messageCase) normal(line string) string {
	parent := filepath.Dir(c.dir)
	line = strings.NewReplacer(c.dir, "/home/me/gallery", parent, "/home/me").Replace(line)
	if c.site != "" {
		line = strings.ReplaceAll(line, c.site, "https://site.example")
	}
	if c.service != nil {
		line = strings.ReplaceAll(line, c.host, "service.example")
	}
	for _, r := range unsteady {
		line = r.form.ReplaceAllString(line, r.with)
	}
	if rest, isMessage := strings.CutPrefix(line, "firstframe: "); isMessage {
		return rest
	}
	return "> " + line
}

// unsteady is what differs from run to run, or between machines and versions.
var unsteady = []struct {
	form *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`127\.0\.0\.1:\d{5}`), "127.0.0.1:PORT"},
	{regexp.MustCompile(`[\d,]+ files? written, [\d.]+ [kM]?B`), "N files written, N MB"},
	{regexp.MustCompile(`[\d.]+ [kM]?B without clips`), "N MB without clips"},
	{regexp.MustCompile(`[\d,]+ files, [\d.]+ [kM]?B`), "N files, N MB"},
	{regexp.MustCompile(`in \d+\.\d+ s`), "in N s"},
	{regexp.MustCompile(`[\d.]+ [kM]?B, [\d.]+ %`), "N MB, N %"},
	{regexp.MustCompile(`trying again in [\d.]+m?s`), "trying again in N s"},
}

// watched collects what a command says, and reacts to it. Only one goroutine writes to it.
type watched struct {
	text bytes.Buffer
	once []reaction
	act  func(command string)
}

// Write adds to the text. The reactions follow each other in their order, each to a text that comes
// after the one before it.
func (w *watched) Write(p []byte) (int, error) {
	w.text.Write(p)
	if len(w.once) > 0 && bytes.Contains(p, []byte(w.once[0].said)) {
		command := w.once[0].command
		w.once = w.once[1:]
		w.act(command)
	}
	return len(p), nil
}
