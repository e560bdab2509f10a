package workflows

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestNoExpressionInScripts checks that no script holds an expression: the runner would put its
// value into the script before the shell reads it.
func TestNoExpressionInScripts(t *testing.T) {
	for name, steps := range allSteps(t) {
		for _, step := range steps {
			if expressionForm.MatchString(step.Run) {
				t.Errorf("%s: the script of %q holds an expression", name, step.Name)
			}
		}
	}
}

// pinned matches a use of one of our own files, or of an action by commit and version.
var pinned = regexp.MustCompile(`^\s*(?:- )?uses: (?:\./[a-z./]*|([a-z-]+/[a-z/-]+)@([0-9a-f]{40}) # v([0-9]+\.[0-9]+\.[0-9]+))$`)

// TestActionsArePinned checks that actions are named by commit. Somebody who takes over an
// action can move its tags.
func TestActionsArePinned(t *testing.T) {
	names, err := filepath.Glob(workflowsFolder + "/*.yml")
	check(t, err)
	pins := map[string]string{}
	for _, name := range append(names, actionFile) {
		data, err := os.ReadFile(name)
		check(t, err)
		for _, line := range strings.Split(string(data), "\n") {
			if !strings.Contains(line, "uses:") {
				continue
			}
			m := pinned.FindStringSubmatch(line)
			if m != nil && m[1] == "" {
				continue // ours
			}
			if m == nil {
				t.Errorf("%s: %q is not pinned to a commit with a comment that names the version", name, line)
				continue
			}
			action := strings.Join(strings.Split(m[1]+"//", "/")[:2], "/")
			if pin := m[2] + " " + m[3]; pins[action] == "" {
				pins[action] = pin
			} else if pins[action] != pin {
				t.Errorf("%s: %s is pinned to two commits, %s and %s", name, action, pins[action], pin)
			}
		}
	}
}

// TestPermissions checks that the job with the token can write nothing, and that the job that
// publishes does not have the token.
func TestPermissions(t *testing.T) {
	w := readYAML[workflow](t, galleryWorkflow)
	for name, want := range map[string]map[string]string{
		"settings": {"contents": "read", "pages": "read"}, "last": {"contents": "read"}, "build": {"contents": "read"}, "deploy": {"pages": "write", "id-token": "write"},
	} {
		if got := w.Jobs[name].Permissions; !maps.Equal(got, want) {
			t.Errorf("the job %s has the permissions %v, want %v", name, got, want)
		}
	}
}

// TestNoCacheBesideTheToken checks that a job with the token runs nothing from a cache: anything
// that runs on the main branch can write caches, for example the npm packages of the checks.
func TestNoCacheBesideTheToken(t *testing.T) {
	for name, steps := range allSteps(t) {
		token := name == actionFile || slices.ContainsFunc(steps, func(s workflowStep) bool {
			return s.Uses == "./" || strings.Contains(fmt.Sprint(s.With, s.Env), "secrets.")
		})
		for _, step := range steps {
			action, _, _ := strings.Cut(step.Uses, "@")
			switch {
			case action == "actions/checkout" && asString(step.With["persist-credentials"]) != "false":
				t.Errorf("%s: the checkout leaves credentials behind", name)
			case !token:
			case action == "actions/cache" || action == "actions/cache/restore" && asString(step.With["lookup-only"]) != "true":
				t.Errorf("%s: %q unpacks a cache beside the token", name, step.Name)
			case strings.HasPrefix(action, "actions/setup-") && asString(step.With["cache"]) != "false":
				t.Errorf("%s: %q uses a cache beside the token", name, step.Name)
			}
		}
	}
}

// TestTriggers checks that nothing that strangers can start has the rights of the repository.
func TestTriggers(t *testing.T) {
	names, err := filepath.Glob(workflowsFolder + "/*.yml")
	check(t, err)
	for _, name := range names {
		w := readYAML[workflow](t, name)
		for event := range w.On {
			if !slices.Contains([]string{"push", "pull_request", "schedule", "workflow_dispatch", "workflow_call"}, event) {
				t.Errorf("%s starts at the event %s, which is not allowed", name, event)
			}
		}
		for right, level := range w.Permissions {
			if level != "read" {
				t.Errorf("%s gives the permission %s: %s to all its jobs", name, right, level)
			}
		}
		if w.Permissions == nil {
			t.Errorf("%s does not list its permissions", name)
		}
	}
}

// TestShellcheck checks all scripts. actionlint checks the scripts of workflows, but not the
// scripts of an action.
func TestShellcheck(t *testing.T) {
	program, err := exec.LookPath("shellcheck")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("shellcheck is not installed")
	}
	for name, steps := range allSteps(t) {
		for _, step := range steps {
			if step.Run == "" {
				continue
			}
			cmd := exec.Command(program, "--shell=bash", "-")
			cmd.Stdin = strings.NewReader("set -eo pipefail\n" + step.Run)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s, %s: %v\n%s", name, step.Name, err, out)
			}
		}
	}
}
