package workflows

import (
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"firstframe/command/commandtest"
	"firstframe/fetch/fetchtest"
)

// machine is what one job runs on. Every job gets a new one.
type machine struct {
	*host
	temp, workspace string
	theirs          bool   // whether it unpacked a poisoned cache, so that an attacker sees everything on it
	uses            string // how our action is called
}

// newMachine returns a machine for steps without a workflow, and the service.
func newMachine(t *testing.T) (*machine, *fetchtest.Service) {
	h := newHost(t)
	h.last, h.now = map[string]map[string]any{}, &attempt{number: 1}
	return &machine{host: h, temp: t.TempDir(), workspace: t.TempDir()}, h.serve("a.jpg")
}

// scope returns what expressions on the machine can use.
func (m *machine) scope(inputs map[string]any) *scope {
	return &scope{
		values: map[string]any{
			"github": map[string]any{"run_id": strconv.Itoa(m.now.run), "run_attempt": strconv.Itoa(m.now.number), "workspace": m.workspace, "action_path": m.workspace, "token": "github-token",
				"event_name": m.event["name"], "event": m.event},
			"runner":  map[string]any{"temp": m.temp, "os": "Linux", "arch": "X64"},
			"secrets": m.secrets, "inputs": inputs, "steps": map[string]any{},
			"env": m.env, "vars": m.vars,
		},
		glob: func(pattern string) string {
			matches, _ := filepath.Glob(filepath.Join(m.workspace, strings.ReplaceAll(pattern, "**", "*")))
			return strings.Repeat("f00d", min(len(matches), 1))
		},
	}
}

// steps runs steps in order.
func (m *machine) steps(s *scope, steps []workflowStep) {
	for _, step := range steps {
		if !s.holds(m.t, step.If) {
			continue
		}
		outputs, err := m.step(s, step)
		if step.ID != "" {
			outcome := "success"
			if err != nil {
				outcome = "failure"
			}
			s.values["steps"].(map[string]any)[step.ID] = map[string]any{"outcome": outcome, "outputs": outputs}
			m.last[step.ID] = outputs
		}
		if err != nil {
			m.log += fmt.Sprintf("\n%s: %v\n", step.Name, err)
			s.failed = s.failed || !step.ContinueOnError
		}
	}
}

// step runs a step and returns its outputs.
func (m *machine) step(s *scope, step workflowStep) (map[string]any, error) {
	with := map[string]string{}
	for name, value := range step.With {
		with[name] = s.expand(m.t, asString(value))
	}
	if step.ID == "program" && !m.unbuilt && (m.hub == nil || m.uses == "./") {
		return nil, m.install()
	}
	if step.Uses == "" {
		return m.shell(s, step)
	}
	name, _, _ := strings.Cut(step.Uses, "@")
	m.spent.actions = append(m.spent.actions, name)
	outputs := map[string]any{}
	switch name {
	case "./", owned:
		m.uses = step.Uses
		return m.composite(with)
	case "actions/checkout":
		return nil, m.checkout()
	case "actions/setup-go":
		return nil, nil // the tests run with Go
	case "actions/configure-pages":
		if m.noPages {
			return nil, fmt.Errorf("get Pages site failed")
		}
		outputs["base_url"] = m.server.URL + "/repo"
		return outputs, nil
	case "actions/cache", "actions/cache/restore":
		key, err := m.restore(with)
		outputs["cache-hit"], outputs["cache-matched-key"] = strconv.FormatBool(key == with["key"]), key
		return outputs, err
	case "actions/cache/save":
		return nil, m.save(with)
	case "actions/upload-artifact":
		return nil, m.upload(with)
	case "actions/download-artifact":
		return nil, m.download(with)
	case "actions/upload-pages-artifact":
		return nil, m.pack(with["path"])
	case "actions/deploy-pages":
		return nil, m.deploy()
	}
	m.t.Fatalf("the tests do not know the action %s", name)
	return nil, nil
}

// shell runs a script as the runner does.
func (m *machine) shell(s *scope, step workflowStep) (map[string]any, error) {
	cmd, programs := m.command(s, step), func() int { return 0 }
	if m.spent.traced {
		programs = trace(cmd)
	}
	begun := time.Now()
	log, err := cmd.CombinedOutput()
	m.spent.time += time.Since(begun)
	m.spent.scripts++
	m.spent.programs += programs()
	m.read(string(log))
	text, rerr := os.ReadFile(filepath.Join(m.temp, "output"))
	check(m.t, rerr)
	outputs := map[string]any{}
	for name, value := range parseOutputs(m.t, string(text)) {
		outputs[name] = value
	}
	return outputs, err
}

// read takes over what a step printed. Commands to the runner are not part of the log. Values to
// mask are not masked here, because no step should print them.
func (m *machine) read(log string) {
	for line := range strings.Lines(log) {
		value, command := strings.CutPrefix(line, "::add-mask::")
		if !command {
			m.log += line
			continue
		}
		m.masks = append(m.masks, strings.NewReplacer("%25", "%", "%0D", "\r", "%0A", "\n").Replace(strings.TrimSuffix(value, "\n")))
	}
}

// goCaches returns the variables with the folders in which Go keeps packages and modules.
var goCaches = sync.OnceValues(func() (variables []string, err error) {
	for _, name := range []string{"GOCACHE", "GOMODCACHE"} {
		value, err := exec.Command("go", "env", name).Output()
		if err != nil {
			return nil, err
		}
		variables = append(variables, name+"="+strings.TrimSpace(string(value)))
	}
	return variables, nil
})

// command returns the process of a step.
func (m *machine) command(s *scope, step workflowStep) *exec.Cmd {
	script, output := filepath.Join(m.temp, "script.sh"), filepath.Join(m.temp, "output")
	check(m.t, os.WriteFile(script, []byte(s.expand(m.t, step.Run)), 0o644))
	check(m.t, os.WriteFile(output, nil, 0o644))
	here, err := filepath.Abs(root)
	check(m.t, err)
	cmd := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", script)
	cmd.Dir = m.workspace
	cmd.Env = []string{
		"PATH=" + m.hub.path(), "HOME=" + m.temp, "GITHUB_ACTIONS=true", "CI=true",
		"GITHUB_WORKSPACE=" + m.workspace, "GITHUB_ACTION_PATH=" + here, "RUNNER_TEMP=" + m.temp,
		"GITHUB_OUTPUT=" + output, "GITHUB_STEP_SUMMARY=" + filepath.Join(m.temp, "summary"),
		"GITHUB_RUN_ID=" + strconv.Itoa(m.now.run), "GITHUB_RUN_ATTEMPT=" + strconv.Itoa(m.now.number), "GOFLAGS=" + os.Getenv("GOFLAGS"), "GOPROXY=" + os.Getenv("GOPROXY"),
	}
	caches, err := goCaches()
	check(m.t, err)
	cmd.Env = append(append(cmd.Env, caches...), m.hub.variables()...)
	for name, value := range m.env {
		cmd.Env = append(cmd.Env, name+"="+asString(value))
	}
	for name, value := range step.Env {
		cmd.Env = append(cmd.Env, name+"="+s.expand(m.t, asString(value)))
	}
	if m.theirs {
		m.loot += strings.Join(cmd.Env, "\n")
	}
	return cmd
}

// composite runs our action and returns its outputs.
func (m *machine) composite(with map[string]string) (map[string]any, error) {
	a, s := m.enter(with)
	m.steps(s, a.Runs.Steps)
	outputs := map[string]any{}
	for name, output := range a.Outputs {
		outputs[name] = s.expand(m.t, output.Value)
	}
	if s.failed {
		return outputs, fmt.Errorf("the action failed")
	}
	return outputs, nil
}

// enter returns our action, and what its expressions can use.
func (m *machine) enter(with map[string]string) (*compositeAction, *scope) {
	a := readYAML[compositeAction](m.t, actionFile)
	inputs := map[string]any{}
	for name, input := range a.Inputs {
		inputs[name] = input.Default
	}
	for name, value := range with {
		if _, ok := a.Inputs[name]; !ok {
			m.t.Fatalf("action.yml has no input %q", name)
		}
		inputs[name] = value
	}
	s := m.scope(inputs)
	// For a path, the runner leaves both empty.
	if repository, ref, ok := strings.Cut(m.uses, "@"); ok {
		github := s.values["github"].(map[string]any)
		github["action_repository"], github["action_ref"] = repository, ref
	}
	return a, s
}

// checkout copies the owner's texts. The source of the program stays where it is: our action finds
// it by its own path.
func (m *machine) checkout() error {
	if err := copyTree(m.files, m.workspace); err != nil || m.repository == "" {
		return err
	}
	return copyTree(m.repository, m.workspace)
}

// copyTree copies a folder with its links.
func copyTree(from, to string) error {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	if out, err := exec.Command("cp", "-a", from+"/.", to).CombinedOutput(); err != nil {
		return fmt.Errorf("copying %s: %v: %s", from, err, out)
	}
	return nil
}

// place returns the path of a file or folder that a step names.
func (m *machine) place(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(m.workspace, name)
}

// install puts the command where the action puts it.
func (m *machine) install() error {
	commandtest.WriteProgram(m.t, filepath.Join(m.temp, "firstframe", "firstframe"), m.program())
	return nil
}

// program returns a script that runs the command with the service of the test.
func (h *host) program() string {
	flags := ""
	if h.api != "" {
		flags = fmt.Sprintf(" --api '%s' --allow-private-hosts", h.api)
	}
	return fmt.Sprintf("#!/bin/sh\nexec '%s'%s \"$@\"\n", commandtest.Program(h.t), flags)
}

// restore restores the cache with a key, or else the newest cache whose key begins with one of the
// other keys. It returns the key of that cache.
func (m *machine) restore(with map[string]string) (key string, err error) {
	for _, prefix := range append([]string{with["key"]}, strings.Fields(with["restore-keys"])...) {
		for _, c := range slices.Backward(m.caches) {
			switch {
			case !strings.HasPrefix(c.key, prefix):
				continue
			case with["lookup-only"] == "true":
				return c.key, nil
			}
			m.theirs = m.theirs || c.poisoned
			return c.key, copyTree(c.dir, m.place(with["path"]))
		}
	}
	return "", nil
}

// save saves a folder under a key.
func (m *machine) save(with map[string]string) error {
	if _, err := os.Stat(m.place(with["path"])); err != nil {
		return nil // the real action only warns
	}
	dir := m.t.TempDir()
	m.caches = append(m.caches, cacheEntry{key: with["key"], dir: dir})
	return copyTree(m.place(with["path"]), dir)
}

// upload keeps a folder without its hidden files for later jobs.
func (m *machine) upload(with map[string]string) error {
	dir := m.t.TempDir()
	m.uploads[with["name"]] = dir
	out, err := exec.Command("bash", "-c", `tar --exclude=".[^/]*" -cC "$0" . | tar -xC "$1"`, m.place(with["path"]), dir).CombinedOutput()
	if err != nil {
		return fmt.Errorf("uploading: %v: %s", err, out)
	}
	return nil
}

// download copies the folder with a name. With a pattern, it copies each matching folder to a
// folder of its name.
func (m *machine) download(with map[string]string) error {
	if name := with["name"]; name != "" {
		if m.uploads[name] == "" {
			return fmt.Errorf("there is no artifact %s", name)
		}
		return copyTree(m.uploads[name], m.place(with["path"]))
	}
	for name, dir := range m.uploads {
		if ok, _ := path.Match(with["pattern"], name); ok {
			if err := copyTree(dir, filepath.Join(m.place(with["path"]), name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// pack makes the same archive as actions/upload-pages-artifact v5.
func (m *machine) pack(dir string) error {
	archive := filepath.Join(m.temp, "artifact.tar")
	out, err := exec.Command("tar", "--dereference", "--hard-dereference", "--directory", m.place(dir), "-cf", archive,
		"--exclude=.git", "--exclude=.github", "--exclude=.[^/]*", ".").CombinedOutput()
	if err != nil {
		return fmt.Errorf("packing the site: %v: %s", err, out)
	}
	m.uploads["github-pages"] = archive
	return nil
}

// deploy publishes what was packed.
func (m *machine) deploy() error {
	if m.broken {
		return fmt.Errorf("deployment failed")
	}
	dir := m.t.TempDir()
	if out, err := exec.Command("tar", "-xf", m.uploads["github-pages"], "-C", dir).CombinedOutput(); err != nil {
		return fmt.Errorf("unpacking the site: %v: %s", err, out)
	}
	m.live = dir
	m.deployed++
	return nil
}

// parseOutputs reads a file of outputs as the runner does: a line name<<delimiter, the value, and a
// line with the delimiter.
func parseOutputs(t *testing.T, text string) map[string]string {
	t.Helper()
	outputs := map[string]string{}
	for text != "" {
		line, rest, _ := strings.Cut(text, "\n")
		name, delimiter, heredoc := strings.Cut(line, "<<")
		if !heredoc {
			name, value, ok := strings.Cut(line, "=")
			if !ok {
				t.Fatalf("this line is not an output: %q", line)
			}
			outputs[name], text = value, rest
			continue
		}
		value, after, ok := strings.Cut(rest, "\n"+delimiter+"\n")
		if !ok {
			t.Fatalf("the output %s has no end", name)
		}
		outputs[name], text = value, after
	}
	return outputs
}
