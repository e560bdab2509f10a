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

// TestUnchangedNight runs a night with nothing new, which is what most nights are, in a repository
// that was made from the template. It must set up and publish nothing, and send no more requests
// than it needs. With -v it prints what a night costs. If strace is installed, too, a second night
// counts the programs that the scripts start, which takes longer. To compare two versions, run this
// with both:
//
//	go test ./command/workflows -run TestUnchangedNight -v
func TestUnchangedNight(t *testing.T) {
	h, workflow := newTemplate(t)
	h.event = map[string]any{"name": "schedule"}
	h.check("the first", "a.jpg b.jpg", h.run(workflow))
	h.service.Record = true
	for _, traced := range []bool{false, true} {
		if _, err := exec.LookPath("strace"); traced && (err != nil || !testing.Verbose()) {
			continue
		}
		asked, released, deployed := len(h.service.Requests()), h.hub.asked.Load(), h.deployed
		h.spent.reset(traced)
		h.check("nothing new", "a.jpg b.jpg", h.run(workflow))
		slices.Sort(h.spent.actions)
		asked, released = len(h.service.Requests())-asked, h.hub.asked.Load()-released
		t.Logf("%d jobs, %d scripts in %v, %d programs; requests: %d to the service, %d to the site, %d for the program; actions: %s", h.spent.jobs, h.spent.scripts,
			h.spent.time.Round(10*time.Millisecond), h.spent.programs, asked, h.spent.site.Load(), released, strings.Join(h.spent.actions, " "))
		if h.deployed > deployed || slices.Contains(h.spent.actions, "actions/setup-go") {
			t.Errorf("a night with nothing new publishes something or sets up Go\n%s", h.log)
		}
		// The listings of files and videos; the state of the site; the tags, the checksums and the
		// program.
		if asked > 3 || h.spent.site.Load() > 1 || released > 4 {
			t.Errorf("there are %d requests to the service, %d to the site and %d for the program", asked, h.spent.site.Load(), released)
		}
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
