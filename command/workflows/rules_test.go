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

// used matches a line that names an action or another workflow, and pinned what it must name: one
// of our own files, or an action by commit and version. A guide names our action by a placeholder.
var (
	used   = regexp.MustCompile(`(?m)^ *(?:- )?uses: *(.*)$`)
	pinned = regexp.MustCompile(`^(?:\./[a-z./]*|OWNER/firstframe@COMMIT.*|([a-z-]+/[a-z/-]+)@([0-9a-f]{40}) # v([0-9]+\.[0-9]+\.[0-9]+))$`)
)

// TestActionsArePinned checks that actions are named by commit, and each by the same one
// everywhere. Somebody who takes over an action can move its tags.
func TestActionsArePinned(t *testing.T) {
	names := append(workflowFiles(t), actionFile)
	for _, pattern := range []string{"/docs/*.md", "/docs/template/.github/workflows/*.yml"} {
		more, err := filepath.Glob(root + pattern)
		check(t, err)
		names = append(names, more...)
	}
	pins := map[string]string{}
	for _, name := range names {
		data, err := os.ReadFile(name)
		check(t, err)
		for _, line := range used.FindAllStringSubmatch(string(data), -1) {
			m := pinned.FindStringSubmatch(line[1])
			if m == nil {
				t.Errorf("%s: %q is not pinned to a commit with a comment that names the version", name, line[1])
				continue
			}
			if m[1] == "" {
				continue // ours
			}
			action := strings.Join(strings.Split(m[1]+"//", "/")[:2], "/")
			if pin := m[2] + " " + m[3]; pins[action] == "" {
				pins[action] = pin
			} else if pins[action] != pin {
				t.Errorf("%s: %s is pinned to two commits, %s and %s", name, action, pins[action], pin)
			}
		}
	}
	if len(pins) < 8 {
		t.Errorf("only these actions found: %v", pins)
	}
}

// TestPermissions checks that the job with the token can write nothing, and that the job that
// publishes does not have the token.
func TestPermissions(t *testing.T) {
	w := readYAML[workflow](t, galleryWorkflow)
	for name, want := range map[string]map[string]string{
		"settings": {"contents": "read", "pages": "read"}, "last": {"contents": "read"}, "build": {"contents": "read", "attestations": "read"},
		"deploy": {"pages": "write", "id-token": "write"}, "schedule": {"actions": "write"},
	} {
		if got := w.Jobs[name].Permissions; !maps.Equal(got, want) {
			t.Errorf("the job %s has the permissions %v, want %v", name, got, want)
		}
	}
	if len(w.Jobs) != 5 {
		t.Errorf("there are %d jobs, want 5", len(w.Jobs))
	}
}

// TestCalledPermissions checks that a job that calls a workflow has every permission that a job of
// that workflow asks for. Otherwise GitHub does not even start the run, also if that job would be
// skipped.
func TestCalledPermissions(t *testing.T) {
	calls := 0
	for _, name := range workflowFiles(t) {
		for job, j := range readYAML[workflow](t, name).Jobs {
			if j.Uses == "" {
				continue
			}
			calls++
			for called, c := range readYAML[workflow](t, root+"/"+strings.TrimPrefix(j.Uses, "./")).Jobs {
				for right, level := range c.Permissions {
					if had := j.Permissions[right]; had != level && had != "write" {
						t.Errorf("%s: the job %s must have %s: %s, for the job %s", name, job, right, level, called)
					}
				}
			}
		}
	}
	if calls == 0 {
		t.Error("no workflow calls another one")
	}
}

// workflowFiles returns the names of our workflows.
func workflowFiles(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob(workflowsFolder + "/*.yml")
	check(t, err)
	return names
}

// TestChecksAreForThisProject checks that the checks of this project do not run in the fork of
// somebody who has a gallery, nor for what the owner of a gallery changes. They must run for
// everything else.
func TestChecksAreForThisProject(t *testing.T) {
	w := readYAML[workflow](t, workflowsFolder+"/ci.yml")
	gallery := readYAML[workflow](t, galleryWorkflow).On["push"].(map[string]any)["paths"]
	for _, event := range []string{"push", "pull_request"} {
		on, _ := w.On[event].(map[string]any)
		if ignored := on["paths-ignore"]; fmt.Sprint(ignored) != fmt.Sprint(gallery) || on["paths"] != nil {
			t.Errorf("at a %s, the checks ignore %v, and the gallery is made for %v", event, ignored, gallery)
		}
	}
	for name, job := range w.Jobs {
		for _, fork := range []bool{true, false} {
			s := &scope{values: map[string]any{"github": map[string]any{"event": map[string]any{"repository": map[string]any{"fork": fork}}}}}
			if s.holds(t, job.If) == fork {
				t.Errorf("with fork %v, the job %s has the condition %s", fork, name, job.If)
			}
		}
	}
}

// TestGoVersion checks that every file that says which Go builds the program says the same,
// exactly: another version makes other bytes, and may be one that nobody has tried.
func TestGoVersion(t *testing.T) {
	versions := map[string][]string{}
	form := regexp.MustCompile(`go-version: "?([^\s"]+)|golang:([0-9.]+)|Git and Go ([0-9.]*[0-9])`)
	for _, name := range append(workflowFiles(t), actionFile, root+"/.github/Containerfile", root+"/docs/verify.md") {
		text, err := os.ReadFile(name)
		check(t, err)
		if strings.Contains(string(text), "go-version-file") {
			t.Errorf("%s takes the version of Go from go.mod, which is the oldest one that is enough", name)
		}
		for _, m := range form.FindAllStringSubmatch(string(text), -1) {
			version := m[1] + m[2] + m[3]
			versions[version] = append(versions[version], name)
		}
	}
	if len(versions) != 1 || len(slices.Concat(slices.Collect(maps.Values(versions))...)) < 6 {
		t.Errorf("the versions of Go are %v", versions)
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
	for _, name := range workflowFiles(t) {
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
	if out, err := exec.Command(program, root+"/.github/fetch-release").CombinedOutput(); err != nil {
		t.Errorf("fetch-release: %v\n%s", err, out)
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
