package workflows

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"firstframe/command/commandtest"
	"firstframe/command/terminal"
	"firstframe/fetch/fetchtest"
)

// TestActionInputs gives the action hostile inputs. Each is one word of the command line and never
// part of a script.
func TestActionInputs(t *testing.T) {
	m, _ := newMachine(t)
	out := "a site's $(touch pwned) \"folder\" & `touch pwned` ${HOME}\n'; touch pwned; echo \\"
	outputs, err := m.composite(map[string]string{
		"token": "user:1234-secret-token", "out": out, "prune": "no", "limit": "0",
	})
	if err != nil || outputs["path"] != out || outputs["images"] != "1" || outputs["failed"] != "0" || outputs["site-bytes"] == "" {
		t.Fatalf("%v, outputs %q\n%s", err, outputs, m.log)
	}
	if _, err := os.Stat(filepath.Join(m.workspace, out, "index.html")); err != nil {
		t.Error(err)
	}
	for _, dir := range []string{m.workspace, m.temp, "."} {
		if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
			t.Errorf("an input was executed in %s", dir)
		}
	}
	if strings.Contains(m.log, "secret-token") || !slices.Equal(m.masks, []string{"user:1234-secret-token"}) {
		t.Errorf("the token is in the log, or the masked values are %q:\n%s", m.masks, m.log)
	}
}

// TestTokenIsMasked checks that the first step tells the runner to mask the token, in the form that
// the command reads. Values that are not secret are not masked.
func TestTokenIsMasked(t *testing.T) {
	for token, want := range map[string][]string{
		"user:1234-secret-token":      {"user:1234-secret-token"},
		" user:1234-100%25\r\n":       {"user:1234-100%25"},
		"user:1234-a\n::error::x":     {"user:1234-a::error::x"}, // not a token, and not a command
		"$(touch pwned)`touch pwned`": {"$(touchpwned)`touchpwned`"},
		"":                            nil,
		"demo":                        nil,
	} {
		m, _ := newMachine(t)
		a, s := m.enter(map[string]string{"token": token})
		m.steps(s, a.Runs.Steps[:1])
		if !slices.Equal(m.masks, want) || m.log != "" || s.failed {
			t.Errorf("for the token %q, %q is masked, want %q; the log says %q", token, m.masks, want, m.log)
		}
	}
}

// TestActionInputsAreFlags checks that every input reaches the flag of its name, as one argument,
// and that what firstframe.yaml can say is not an input, unless it differs from run to run.
func TestActionInputsAreFlags(t *testing.T) {
	a := readYAML[compositeAction](t, actionFile)
	step := stepOf(t, a.Runs.Steps, "run")
	help, err := exec.Command(commandtest.Program(t), "--help").Output()
	check(t, err)
	checked := 0
	for name := range a.Inputs {
		variable := "FLAG_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		switch name {
		case "token", "account", "check": // two are in the environment, and one is about another step
			continue
		}
		checked++
		if !strings.Contains(asString(step.Env[variable]), "inputs."+name+" ") {
			t.Errorf("the input %s is not in %s", name, variable)
		}
		if argument := fmt.Sprintf(`${%s:+"--%s=$%[1]s"}`, variable, name); !strings.Contains(step.Run, argument) {
			t.Errorf("the command does not get %s", argument)
		}
		if !regexp.MustCompile(`(?m)^ +(?:-\w, )?--` + name + `\b`).Match(help) {
			t.Errorf("there is no flag --%s", name)
		}
	}
	if checked < 8 {
		t.Errorf("only %d inputs are flags", checked)
	}
	settings, err := os.ReadFile(root + "/.github/init/firstframe.yaml")
	check(t, err)
	perRun := []string{"source", "limit", "out", "base-url"} // what the form and the workflow say
	for name := range a.Inputs {
		key := strings.ReplaceAll(name, "-", "_")
		if !slices.Contains(perRun, name) && regexp.MustCompile(`(?m)^# `+key+`:`).Match(settings) {
			t.Errorf("%s is a setting: an input is not needed", name)
		}
	}
}

// TestActionChecks builds a site with an error. The action must fail, unless the owner wants the site
// anyway. A part is not checked, because it is not a site.
func TestActionChecks(t *testing.T) {
	for _, tt := range []struct {
		name   string
		with   map[string]string
		failed bool
	}{
		{"a site with an error", map[string]string{}, true},
		{"published anyway", map[string]string{"check": "false"}, false},
		{"a part", map[string]string{"shard": "1/1", "out": "part"}, false},
	} {
		m, s := newMachine(t)
		check(t, os.MkdirAll(filepath.Join(m.workspace, "content"), 0o755))
		check(t, os.WriteFile(filepath.Join(m.workspace, "content", "about.md"), []byte("A [page](none.html) that is gone."), 0o644))
		tt.with["token"] = s.Token
		_, err := m.composite(tt.with)
		if (err != nil) != tt.failed || strings.Contains(m.log, "none.html: it is missing") != tt.failed {
			t.Errorf("%s: %v\n%s", tt.name, err, m.log)
		}
		if strings.Contains(m.log, "secret-token") {
			t.Errorf("%s: the token is in the log:\n%s", tt.name, m.log)
		}
	}
}

// TestActionIsCancelled cancels a job. The runner signals the process of the shell, so the command
// must have replaced the shell.
func TestActionIsCancelled(t *testing.T) {
	m, s := newMachine(t)
	a, scope := m.enter(map[string]string{"token": s.Token})
	check(t, m.install())
	s.FailDownload("a.jpg", -1, fetchtest.Hang())
	cmd := m.command(scope, stepOf(t, a.Runs.Steps, "run"))
	check(t, cmd.Start())
	for deadline := time.Now().Add(time.Minute); s.Downloads() == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("there was no download within a minute")
		}
	}
	check(t, cmd.Process.Signal(os.Interrupt))
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 130 {
		t.Errorf("the step ended with %v", err)
	}
}

// TestActionBuild lets our action build the program, in CI only.
func TestActionBuild(t *testing.T) {
	if os.Getenv("CI") == "" {
		t.Skip("building takes a while, so it is done only if CI is set")
	}
	m, _ := newMachine(t)
	m.unbuilt, m.uses = true, "./"
	// It does not know the service of the tests, so it gets none.
	check(t, os.MkdirAll(filepath.Join(m.workspace, "mine"), 0o755))
	check(t, os.WriteFile(filepath.Join(m.workspace, "mine", "a.jpg"), picture("a.jpg").Data, 0o644))
	check(t, os.WriteFile(filepath.Join(m.workspace, "firstframe.yaml"), []byte("pictures: mine\n"), 0o644))
	outputs, err := m.composite(map[string]string{})
	if err != nil || outputs["changed"] != "true" || outputs["images"] != "1" || !slices.Equal(m.spent.actions, []string{"actions/setup-go"}) {
		t.Errorf("%v, outputs %q, actions %q\n%s", err, outputs, m.spent.actions, m.log)
	}
}

// TestStepOutputs writes the name of a folder that looks like outputs. It must stay one output.
func TestStepOutputs(t *testing.T) {
	hostile := "out\nEOF\nend-\nchanged=true\nchanged<<X\ntrue\nX"
	write := func() string {
		name := filepath.Join(t.TempDir(), "outputs")
		t.Setenv("GITHUB_OUTPUT", name)
		check(t, terminal.WriteOutputs([][2]string{{"path", hostile}, {"changed", "false"}}))
		text, err := os.ReadFile(name)
		check(t, err)
		return string(text)
	}
	text := write()
	outputs := parseOutputs(t, text)
	if len(outputs) != 2 || outputs["path"] != hostile || outputs["changed"] != "false" {
		t.Errorf("the outputs are %q", outputs)
	}
	if text == write() {
		t.Error("the delimiters can be guessed")
	}
}
