package workflows

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestUnchangedNight measures a night with nothing new, which is what most nights are. It must send
// no more requests than that takes, and set up nothing. With -v it prints what a night costs, and
// with strace how many programs the scripts start. To compare two versions, run this with both:
//
//	go test ./command/workflows -run TestUnchangedNight -v
func TestUnchangedNight(t *testing.T) {
	h := newHost(t)
	s := h.serve("a.jpg", "b.jpg")
	s.Record = true
	h.published("the first", "a.jpg b.jpg", nil)
	night := func(traced bool) (took time.Duration) {
		asked, deployed := len(s.Requests()), h.deployed
		h.spent.reset(traced)
		h.published("nothing new", "a.jpg b.jpg", nil)
		if h.deployed > deployed {
			t.Error("a night with nothing new publishes")
		}
		slices.Sort(h.spent.actions)
		t.Logf("%d jobs, %d scripts in %v, %d programs; %d requests to the service, %d to the site; actions: %s", h.spent.jobs, h.spent.scripts,
			h.spent.time.Round(10*time.Millisecond), h.spent.programs, len(s.Requests())-asked, h.spent.site.Load(), strings.Join(h.spent.actions, " "))
		return h.spent.time
	}
	night(false)
	if _, err := exec.LookPath("strace"); err == nil {
		night(true)
	}
}

// trace makes a command run under strace. The function that it returns says how many programs the
// command has started, with itself.
func trace(cmd *exec.Cmd) (programs func() int) {
	log := filepath.Join(filepath.Dir(cmd.Args[len(cmd.Args)-1]), "trace")
	strace, err := exec.LookPath("strace")
	if err != nil {
		return func() int { return 0 }
	}
	cmd.Path, cmd.Args = strace, append([]string{strace, "-f", "-qq", "-e", "trace=execve", "-e", "status=successful", "-o", log}, cmd.Args...)
	return func() int {
		text, _ := os.ReadFile(log)
		return strings.Count(string(text), "execve(")
	}
}
