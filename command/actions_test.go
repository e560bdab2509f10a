package command

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/spf13/pflag"
	"golang.org/x/net/html"

	"firstframe/command/terminal"
	"firstframe/fetch/fetchtest"
	"firstframe/render/gallery"
	"firstframe/render/media"
)

// ---- The steps as they are written ----

// A workflow, a job and a step, as far as they are read here.
type (
	workflow struct {
		On   map[string]any          `yaml:"on"`
		Env  map[string]any          `yaml:"env"`
		Jobs map[string]*workflowJob `yaml:"jobs"`

		Permissions map[string]string `yaml:"permissions"`
	}
	workflowJob struct {
		Needs       needs             `yaml:"needs"`
		If          string            `yaml:"if"`
		Permissions map[string]string `yaml:"permissions"`
		Outputs     map[string]string `yaml:"outputs"`
		Steps       []workflowStep    `yaml:"steps"`
		Uses        string            `yaml:"uses"`
		With        map[string]any    `yaml:"with"`
		Strategy    struct {
			Matrix map[string][]any `yaml:"matrix"`
		} `yaml:"strategy"`
	}
	workflowStep struct {
		ID              string         `yaml:"id"`
		Name            string         `yaml:"name"`
		If              string         `yaml:"if"`
		Uses            string         `yaml:"uses"`
		Run             string         `yaml:"run"`
		Shell           string         `yaml:"shell"`
		With            map[string]any `yaml:"with"`
		Env             map[string]any `yaml:"env"`
		ContinueOnError bool           `yaml:"continue-on-error"`
	}
	compositeAction struct {
		Inputs map[string]struct {
			Default  string `yaml:"default"`
			Required bool   `yaml:"required"`
		} `yaml:"inputs"`
		Outputs map[string]struct {
			Value string `yaml:"value"`
		} `yaml:"outputs"`
		Runs struct {
			Steps []workflowStep `yaml:"steps"`
		} `yaml:"runs"`
	}
)

// needs is one job or a list of them.
type needs []string

func (n *needs) UnmarshalYAML(data []byte) error {
	var one string
	if yaml.Unmarshal(data, &one) == nil {
		*n = needs{one}
		return nil
	}
	return yaml.Unmarshal(data, (*[]string)(n))
}

func readYAML[T any](t *testing.T, name string) *T {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	v := new(T)
	if err := yaml.Unmarshal(data, v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

// scope is what the expressions of a step can name.
type scope struct {
	values map[string]any
	failed bool
	glob   func(pattern string) string
}

var expressionForm = regexp.MustCompile(`\$\{\{(.*?)\}\}`)

// expand replaces the expressions in a text.
func (s *scope) expand(t *testing.T, text string) string {
	return expressionForm.ReplaceAllStringFunc(text, func(e string) string {
		return asString(s.evaluate(t, expressionForm.FindStringSubmatch(e)[1]))
	})
}

// holds evaluates the condition of a step or a job.
func (s *scope) holds(t *testing.T, condition string) bool {
	if m := expressionForm.FindStringSubmatch(condition); m != nil {
		condition = m[1]
	}
	if !regexp.MustCompile(`\b(always|failure|cancelled)\(\)`).MatchString(condition) && s.failed {
		return false
	}
	return strings.TrimSpace(condition) == "" || truth(s.evaluate(t, condition))
}

func (s *scope) evaluate(t *testing.T, text string) any {
	p := &expression{t: t, scope: s, tokens: tokenForm.FindAllString(text, -1), text: text}
	v := p.or()
	if len(p.tokens) > 0 {
		t.Fatalf("the expression %q does not end at %q", text, p.tokens[0])
	}
	return v
}

// expression reads the part of the runner's expressions that is used here.
type expression struct {
	t      *testing.T
	scope  *scope
	tokens []string
	text   string
}

var tokenForm = regexp.MustCompile(`'(?:[^']|'')*'|[A-Za-z0-9_.*-]+|&&|\|\||==|!=|[!(),]`)

func (p *expression) accept(token string) bool {
	if len(p.tokens) > 0 && p.tokens[0] == token {
		p.tokens = p.tokens[1:]
		return true
	}
	return false
}

func (p *expression) or() any {
	v := p.and()
	for p.accept("||") {
		if w := p.and(); !truth(v) {
			v = w
		}
	}
	return v
}

func (p *expression) and() any {
	v := p.compare()
	for p.accept("&&") {
		if w := p.compare(); truth(v) {
			v = w
		}
	}
	return v
}

func (p *expression) compare() any {
	v := p.unary()
	switch {
	case p.accept("=="):
		return asString(v) == asString(p.unary())
	case p.accept("!="):
		return asString(v) != asString(p.unary())
	}
	return v
}

func (p *expression) unary() any {
	if p.accept("!") {
		return !truth(p.unary())
	}
	if p.accept("(") {
		v := p.or()
		p.accept(")")
		return v
	}
	if len(p.tokens) == 0 {
		p.t.Fatalf("the expression %q ends too early", p.text)
	}
	token := p.tokens[0]
	p.tokens = p.tokens[1:]
	switch {
	case token[0] == '\'':
		return strings.ReplaceAll(token[1:len(token)-1], "''", "'")
	case token == "true" || token == "false":
		return token == "true"
	case p.accept("("):
		return p.call(token)
	}
	var v any = p.scope.values
	for _, name := range strings.Split(token, ".") {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[name]
	}
	return v
}

func (p *expression) call(name string) any {
	var args []string
	for !p.accept(")") {
		args = append(args, asString(p.or()))
		p.accept(",")
	}
	switch name {
	case "always":
		return true
	case "failure":
		return p.scope.failed
	case "cancelled":
		return false
	case "hashFiles":
		return p.scope.glob(args[0])
	}
	p.t.Fatalf("the function %s in %q is not known here", name, p.text)
	return nil
}

func truth(v any) bool { return v != nil && v != false && v != "" && v != "0" }

func asString(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// ---- A runner ----

// host is what outlives the machines: the caches, the published site and what
// the owner set.
type host struct {
	t       *testing.T
	server  *httptest.Server
	live    string // the folder of the published site, or ""
	media   string // the folder above media/, if it is another one
	caches  []cacheEntry
	uploads map[string]string // archives and folders, by name
	secrets map[string]any
	inputs  map[string]any
	action  map[string]string // put into every use of our action
	env     map[string]any    // of the workflow
	runs    int
	now     *attempt // the one that is under way, or the last one
	broken  bool     // nothing can be deployed
	unbuilt bool     // the program has to be built
	closed  bool     // the published site cannot be read
	cut     bool     // its state arrives only in part

	repository string // a folder with what else is in the repository, or ""

	deployed int
	last     map[string]map[string]any // the outputs of the last run's steps
	log      string                    // of the last run
	loot     string                    // what was seen on machines that belong to somebody else
	masks    []string                  // what the runner was told to strike out of its log
}

type cacheEntry struct {
	key, dir string
	poisoned bool // unpacking it writes outside of its folder
}

// attempt is one at a run, and what another one at the jobs that failed can use of it.
type attempt struct {
	run, number int
	conclusions map[string]string
	results     map[string]any
	uploads     map[string]string
}

func newHost(t *testing.T) *host {
	h := &host{t: t, uploads: map[string]string{}, secrets: map[string]any{"USEAPI_TOKEN": "user:1234-secret-token"}}
	h.server = httptest.NewServer(http.StripPrefix("/repo", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case h.closed:
			http.Error(w, "not today", http.StatusForbidden)
			return
		case h.live == "":
			http.NotFound(w, r)
			return
		case h.cut && strings.HasSuffix(r.URL.Path, gallery.StateName):
			w.Header().Set("Content-Length", "1000000")
			_, _ = io.WriteString(w, `{"version":1,`)
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}
		siteHandler(os.DirFS(h.live)).ServeHTTP(w, r)
	})))
	t.Cleanup(h.server.Close)
	return h
}

// serve starts the service, and points our action at it.
func (h *host) serve(pictures ...string) *fetchtest.Service {
	s := &fetchtest.Service{Token: "user:1234-secret-token"}
	server := httptest.NewServer(s)
	h.t.Cleanup(server.Close)
	h.action = map[string]string{"api": server.URL, "allow-private-hosts": "true"}
	setNames(s, pictures...)
	return s
}

func setNames(s *fetchtest.Service, names ...string) {
	pictures := make([]fetchtest.Picture, len(names))
	for i, name := range names {
		pictures[i] = picture(name)
	}
	s.Set(pictures)
}

// run runs a workflow, each job on a machine of its own, and returns the
// conclusions of its jobs.
func (h *host) run(name string) map[string]string {
	h.t.Helper()
	h.runs++
	return h.try(name, &attempt{run: h.runs, number: 1})
}

// rerun runs the jobs of an earlier attempt that failed, and those that need them, as "Re-run failed
// jobs" does.
func (h *host) rerun(name string, a *attempt) map[string]string {
	h.t.Helper()
	again := &attempt{run: a.run, number: a.number + 1, conclusions: maps.Clone(a.conclusions), results: a.results, uploads: a.uploads}
	maps.DeleteFunc(again.conclusions, func(_, conclusion string) bool { return conclusion != "success" })
	return h.try(name, again)
}

func (h *host) try(name string, a *attempt) map[string]string {
	h.now, h.last, h.log, h.uploads = a, map[string]map[string]any{}, "", map[string]string{}
	maps.Copy(h.uploads, a.uploads)
	a.conclusions, a.results = h.call(name, h.inputs, a.conclusions, a.results)
	a.uploads = h.uploads
	return a.conclusions
}

// call runs the jobs of a workflow that have no conclusion yet.
func (h *host) call(name string, inputs map[string]any, done map[string]string, before map[string]any) (map[string]string, map[string]any) {
	w := readYAML[workflow](h.t, name)
	h.env = w.Env
	conclusions, results := map[string]string{}, map[string]any{}
	maps.Copy(conclusions, done)
	maps.Copy(results, before)
	for len(conclusions) < len(w.Jobs) {
		for _, name := range slices.Sorted(maps.Keys(w.Jobs)) {
			job := w.Jobs[name]
			ready := conclusions[name] == "" && !slices.ContainsFunc(job.Needs, func(n string) bool { return conclusions[n] == "" })
			if !ready {
				continue
			}
			conclusion, outputs := h.matrix(job, inputs, results, conclusions)
			conclusions[name] = conclusion
			results[name] = map[string]any{"result": conclusions[name], "outputs": outputs}
		}
	}
	return conclusions, results
}

// matrix runs a job once for each of the values of its matrix.
func (h *host) matrix(job *workflowJob, inputs, results map[string]any, conclusions map[string]string) (conclusion string, outputs map[string]any) {
	if len(job.Strategy.Matrix) == 0 {
		return h.job(job, inputs, results, conclusions, nil)
	}
	conclusion = "success"
	for name, values := range job.Strategy.Matrix {
		for _, value := range values {
			got, _ := h.job(job, inputs, results, conclusions, map[string]any{name: value})
			if got != "success" {
				conclusion = got
			}
		}
	}
	return conclusion, nil
}

func (h *host) job(job *workflowJob, inputs, results map[string]any, conclusions map[string]string, matrix map[string]any) (string, map[string]any) {
	m := &machine{host: h, temp: h.t.TempDir(), workspace: h.t.TempDir()}
	s := m.scope(inputs)
	s.values["needs"], s.values["matrix"] = results, matrix
	for _, n := range job.Needs {
		s.failed = s.failed || conclusions[n] != "success"
	}
	if !s.holds(h.t, job.If) {
		return "skipped", nil
	}
	s.failed = false
	if job.Uses != "" {
		with := map[string]any{}
		for name, value := range job.With {
			with[name] = value
			if e := expressionForm.FindStringSubmatch(asString(value)); e != nil {
				with[name] = s.evaluate(h.t, e[1])
			}
		}
		called, _ := h.call("../"+strings.TrimPrefix(job.Uses, "./"), with, nil, nil)
		for _, conclusion := range called {
			s.failed = s.failed || conclusion == "failure"
		}
	}
	m.steps(s, job.Steps)
	outputs := map[string]any{}
	for name, value := range job.Outputs {
		outputs[name] = s.expand(h.t, value)
	}
	if s.failed {
		return "failure", outputs
	}
	return "success", outputs
}

// machine is a runner's: new for every job.
type machine struct {
	*host
	temp, workspace string
	theirs          bool // it unpacked a poisoned cache: its maker sees all that is done here
}

func (m *machine) scope(inputs map[string]any) *scope {
	return &scope{
		values: map[string]any{
			"github":  map[string]any{"run_id": strconv.Itoa(m.now.run), "run_attempt": strconv.Itoa(m.now.number), "workspace": m.workspace, "action_path": m.workspace},
			"runner":  map[string]any{"temp": m.temp, "os": "Linux", "arch": "X64"},
			"secrets": m.secrets, "inputs": inputs, "steps": map[string]any{},
			"env": m.env,
		},
		glob: func(pattern string) string {
			matches, _ := filepath.Glob(filepath.Join(m.workspace, strings.ReplaceAll(pattern, "**", "*")))
			return strings.Repeat("f00d", min(len(matches), 1))
		},
	}
}

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

func (m *machine) step(s *scope, step workflowStep) (map[string]any, error) {
	with := map[string]string{}
	for name, value := range step.With {
		with[name] = s.expand(m.t, asString(value))
	}
	if step.ID == "program" && !m.unbuilt {
		return nil, m.install()
	}
	if step.Uses == "" {
		return m.shell(s, step)
	}
	name, _, _ := strings.Cut(step.Uses, "@")
	outputs := map[string]any{}
	switch name {
	case "./":
		return m.composite(with)
	case "actions/checkout":
		return nil, m.checkout()
	case "actions/setup-go":
		return nil, nil // the tests run with Go
	case "actions/configure-pages":
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
	m.t.Fatalf("the action %s is not known here", name)
	return nil, nil
}

// shell runs a script as the runner does.
func (m *machine) shell(s *scope, step workflowStep) (map[string]any, error) {
	log, err := m.command(s, step).CombinedOutput()
	m.read(string(log))
	text, rerr := os.ReadFile(filepath.Join(m.temp, "output"))
	check(m.t, rerr)
	outputs := map[string]any{}
	for name, value := range parseOutputs(m.t, string(text)) {
		outputs[name] = value
	}
	return outputs, err
}

// read takes over what a step printed. A command to the runner is none of its
// log. What it was told to strike out stays there: no step should print it.
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

func (m *machine) command(s *scope, step workflowStep) *exec.Cmd {
	script, output := filepath.Join(m.temp, "script.sh"), filepath.Join(m.temp, "output")
	check(m.t, os.WriteFile(script, []byte(s.expand(m.t, step.Run)), 0o644))
	check(m.t, os.WriteFile(output, nil, 0o644))
	cmd := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", script)
	cmd.Dir = m.workspace
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + m.temp, "GITHUB_ACTIONS=true", "CI=true",
		"GITHUB_WORKSPACE=" + m.workspace, "GITHUB_ACTION_PATH=" + repository(), "RUNNER_TEMP=" + m.temp,
		"GITHUB_OUTPUT=" + output, "GITHUB_STEP_SUMMARY=" + filepath.Join(m.temp, "summary"),
		"GITHUB_RUN_ID=" + strconv.Itoa(m.now.run), "GITHUB_RUN_ATTEMPT=" + strconv.Itoa(m.now.number), "GOFLAGS=" + os.Getenv("GOFLAGS"), "GOPROXY=" + os.Getenv("GOPROXY"),
	}
	for _, name := range []string{"GOCACHE", "GOMODCACHE"} {
		value, err := exec.Command("go", "env", name).Output()
		check(m.t, err)
		cmd.Env = append(cmd.Env, name+"="+strings.TrimSpace(string(value)))
	}
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

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// composite runs our action.
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

// enter returns our action with what its expressions can name.
func (m *machine) enter(with map[string]string) (*compositeAction, *scope) {
	a := readYAML[compositeAction](m.t, "../action.yml")
	inputs := map[string]any{}
	for name, input := range a.Inputs {
		inputs[name] = input.Default
	}
	maps.Copy(with, m.action)
	for name, value := range with {
		if _, ok := a.Inputs[name]; !ok {
			m.t.Fatalf("action.yml has no input %q", name)
		}
		inputs[name] = value
	}
	return a, m.scope(inputs)
}

// checkout gives the job the owner's words. The program's source stays where
// it is: our action finds it by its own path.
func (m *machine) checkout() error {
	if err := copyTree(filepath.Join("..", ".github", "init"), m.workspace); err != nil || m.repository == "" {
		return err
	}
	return copyTree(m.repository, m.workspace)
}

func copyTree(from, to string) error {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	if out, err := exec.Command("cp", "-a", from+"/.", to).CombinedOutput(); err != nil {
		return fmt.Errorf("copying %s: %v: %s", from, err, out)
	}
	return nil
}

func (m *machine) place(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(m.workspace, name)
}

// install puts the program of the tests where the action builds it.
func (m *machine) install() error {
	program, err := exec.LookPath("firstframe")
	check(m.t, err)
	dir := filepath.Join(m.temp, "firstframe")
	check(m.t, os.MkdirAll(dir, 0o755))
	return os.Symlink(program, filepath.Join(dir, "firstframe"))
}

// restore gives back the cache of this key, else the newest one that begins
// with one of the others, and returns its key.
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

func (m *machine) save(with map[string]string) error {
	if _, err := os.Stat(m.place(with["path"])); err != nil {
		return nil // the action warns of it
	}
	dir := m.t.TempDir()
	m.caches = append(m.caches, cacheEntry{key: with["key"], dir: dir})
	return copyTree(m.place(with["path"]), dir)
}

// evict removes the caches whose keys begin with prefix.
func (h *host) evict(prefix string) {
	h.caches = slices.DeleteFunc(h.caches, func(c cacheEntry) bool { return strings.HasPrefix(c.key, prefix) })
}

// upload keeps a folder for later jobs, without hidden files.
func (m *machine) upload(with map[string]string) error {
	dir := m.t.TempDir()
	m.uploads[with["name"]] = dir
	out, err := exec.Command("bash", "-c", `tar --exclude=".[^/]*" -cC "$0" . | tar -xC "$1"`, m.place(with["path"]), dir).CombinedOutput()
	if err != nil {
		return fmt.Errorf("uploading: %v: %s", err, out)
	}
	return nil
}

// download gives back a folder by its name, or those that match a pattern, each
// below its name.
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

// pack makes the archive as actions/upload-pages-artifact v5 does.
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

// images returns the names of the published images; hidden ones have none.
func (h *host) images() []string {
	h.t.Helper()
	data, err := os.ReadFile(filepath.Join(h.live, gallery.StateName))
	check(h.t, err)
	var state gallery.State
	check(h.t, json.Unmarshal(data, &state))
	var names []string
	for _, m := range state.Images {
		for _, r := range m.Renditions {
			info, err := os.Stat(filepath.Join(cmp.Or(h.media, h.live), r.Path))
			if err != nil || info.Size() != r.Bytes {
				h.t.Errorf("%s of %s is not published whole", r.Path, m.Name)
			}
		}
		names = append(names, m.Name)
	}
	slices.Sort(names)
	return names
}

// parseOutputs reads a file of outputs as the runner does: a line
// name<<delimiter, the value, and the delimiter alone on a line.
func parseOutputs(t *testing.T, text string) map[string]string {
	t.Helper()
	outputs := map[string]string{}
	for text != "" {
		line, rest, _ := strings.Cut(text, "\n")
		name, delimiter, heredoc := strings.Cut(line, "<<")
		if !heredoc {
			name, value, ok := strings.Cut(line, "=")
			if !ok {
				t.Fatalf("no output: %q", line)
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

// A folder's name may hold anything; it must not become another output.
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

// The runner refuses a summary of more than 1 MiB.
func TestSummarySize(t *testing.T) {
	g := &run{ui: &terminal.Terminal{}, state: &gallery.State{}}
	g.opts.baseURL = "https://example.org/" + strings.Repeat("x", 2000) + "/"
	long := problem{strings.Repeat("|", 500), strings.Repeat("\U0001f600", 9999)}
	for i := range 20_000 {
		slug := fmt.Sprintf("%016x", i)
		g.state.Images = append(g.state.Images, gallery.Image{Slug: slug, Renditions: make([]media.Rendition, 1)})
		g.fresh = append(g.fresh, slug)
		g.result.Problems = append(g.result.Problems, long)
	}
	text := g.summary(3 << 30)
	if len(text) >= 1<<20 {
		t.Errorf("the summary has %d bytes", len(text))
	}
	if !strings.Contains(text, "| 3.2 GB, 300.0 % of the 1 GB") || strings.Count(text, "and 19,950 more") != 3 {
		t.Errorf("the summary is\n%s", regexp.MustCompile(`(?m)^- .*\n`).ReplaceAllString(text, ""))
	}
}

const galleryWorkflow = "../.github/workflows/gallery.yml"

// crawl follows every link of the site at root, and checks the page that is
// shown for addresses which are not there, at three depths.
func crawl(t *testing.T, root string, others ...string) (pages int) {
	t.Helper()
	seen := map[string]bool{}
	var follow func(from *url.URL, body []byte)
	visit := func(address *url.URL) {
		address.Fragment = ""
		if seen[address.String()] {
			return
		}
		seen[address.String()] = true
		within := func(root string) bool { return strings.HasPrefix(address.String(), root) }
		if !slices.ContainsFunc(append(others, root), within) {
			t.Errorf("a link leads out of the site, to %s", address)
			return
		}
		status, kind, body := get(t, address.String())
		if status != http.StatusOK {
			t.Errorf("%s: status %d", address, status)
		}
		if strings.HasPrefix(kind, "text/html") {
			pages++
			follow(address, body)
		}
	}
	follow = func(from *url.URL, body []byte) {
		for _, link := range linksOf(t, body) {
			to, err := from.Parse(link)
			check(t, err)
			if to.Scheme == "data" || strings.HasPrefix(link, "#") {
				continue
			}
			visit(to)
		}
	}
	start, err := url.Parse(root)
	check(t, err)
	visit(start)
	for _, missing := range []string{"nothing", "image/nothing", "image/nothing/at/all"} {
		at, _ := start.Parse(missing)
		status, _, body := get(t, at.String())
		if status != http.StatusNotFound || len(linksOf(t, body)) == 0 {
			t.Errorf("%s: status %d with %d links, want 404 with some", at, status, len(linksOf(t, body)))
		}
		follow(at, body)
	}
	return pages
}

func get(t *testing.T, address string) (status int, kind string, body []byte) {
	t.Helper()
	response, err := http.Get(address)
	check(t, err)
	defer response.Body.Close()
	body, err = io.ReadAll(response.Body)
	check(t, err)
	return response.StatusCode, response.Header.Get("Content-Type"), body
}

// linksOf returns what a page links to and shows.
func linksOf(t *testing.T, page []byte) []string {
	t.Helper()
	var links []string
	tokens := html.NewTokenizer(bytes.NewReader(page))
	for tokens.Next() != html.ErrorToken {
		for _, a := range tokens.Token().Attr {
			switch a.Key {
			case "href", "src":
				links = append(links, a.Val)
			case "srcset":
				for _, candidate := range strings.Split(a.Val, ",") {
					links = append(links, strings.Fields(candidate)[0])
				}
			}
		}
	}
	return links
}

// A schedule that nobody watches: whatever happens to the service, to the
// cache and to a deployment, the site has every image that was ever published
// and nothing is published twice.
func TestScheduledRuns(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	s := h.serve("a.jpg", "b.jpg")
	var early cacheEntry
	for _, tt := range []struct {
		name     string
		before   func()
		build    string // the conclusion of the build job
		deployed bool
		changed  string
		images   string
	}{
		{"the first", func() {}, "success", true, "true", "a.jpg b.jpg"},
		{"nothing new", func() {
			i := slices.IndexFunc(h.caches, func(c cacheEntry) bool { return strings.HasPrefix(c.key, "site-") })
			early = h.caches[i]
		}, "success", false, "false", "a.jpg b.jpg"},
		{"one new image", func() { setNames(s, "a.jpg", "b.jpg", "c.jpg") }, "success", true, "true", "a.jpg b.jpg c.jpg"},
		{"the service is down", func() { s.FailListing(-1, fetchtest.Answer(402, `{"error":"expired"}`)) }, "failure", false, "", "a.jpg b.jpg c.jpg"},
		{"the service lists nothing", func() { s.Recover(); setNames(s) }, "success", true, "true", "a.jpg b.jpg c.jpg"},
		{"nothing in the cache, another window", func() { h.evict("site-"); setNames(s, "c.jpg", "d.jpg") }, "success", true, "true", "a.jpg b.jpg c.jpg d.jpg"},
		{"an old cache, an image that fell off the list", func() { h.caches = append(h.caches, early); setNames(s, "d.jpg") }, "success", true, "", "a.jpg b.jpg c.jpg d.jpg"},
		{"nothing new again", func() {}, "success", false, "false", "a.jpg b.jpg c.jpg d.jpg"},
		{"it cannot be deployed", func() { h.broken = true; setNames(s, "c.jpg", "d.jpg", "e.jpg") }, "success", false, "true", "a.jpg b.jpg c.jpg d.jpg"},
		{"it can again", func() { h.broken = false }, "success", true, "false", "a.jpg b.jpg c.jpg d.jpg e.jpg"},
		{"one is not to be had", func() {
			setNames(s, "c.jpg", "d.jpg", "e.jpg", "f.jpg", "g.jpg")
			s.FailDownload("f.jpg", -1, fetchtest.Answer(404, ""))
		}, "success", true, "true", "a.jpg b.jpg c.jpg d.jpg e.jpg g.jpg"},
		{"nothing is cached, and the site cannot be read", func() { h.evict("site-"); h.closed = true }, "failure", false, "", "a.jpg b.jpg c.jpg d.jpg e.jpg g.jpg"},
		{"nothing is cached, nothing new", func() { h.closed = false }, "success", false, "", "a.jpg b.jpg c.jpg d.jpg e.jpg g.jpg"},
	} {
		tt.before()
		deployed := h.deployed
		got := h.run(galleryWorkflow)
		if got["build"] != tt.build || (h.deployed > deployed) != tt.deployed {
			t.Fatalf("%s: the jobs are %v, deployed %v; want build %s, deployed %v\n%s", tt.name, got, h.deployed > deployed, tt.build, tt.deployed, h.log)
		}
		if changed := h.last["gallery"]["changed"]; tt.changed != "" && changed != tt.changed {
			t.Errorf("%s: changed=%v, want %s\n%s", tt.name, changed, tt.changed, h.log)
		}
		if got := strings.Join(h.images(), " "); got != tt.images {
			t.Fatalf("%s: %s are published, want %s\n%s", tt.name, got, tt.images, h.log)
		}
	}
	if pages := crawl(t, h.server.URL+"/repo/"); pages < 8 {
		t.Errorf("only %d pages were found", pages)
	}
}

// Eight machines make the parts, and the gallery's workflow publishes them
// without a download of its own; if one fails, nothing is published.
func TestShardsWorkflow(t *testing.T) {
	t.Parallel()
	const shards = "../.github/workflows/shards.yml"
	h := newHost(t)
	names := strings.Fields("a.jpg b.jpg c.jpg d.jpg e.jpg f.jpg g.jpg h.jpg i.jpg j.jpg")
	s := h.serve(names...)
	s.FailListing(1, fetchtest.Answer(402, `{"error":"expired"}`))
	got := h.run(shards)
	if got["parts"] != "failure" || got["gallery"] != "skipped" || h.live != "" {
		t.Fatalf("the jobs are %v\n%s", got, h.log)
	}
	before := s.Downloads()
	got = h.run(shards)
	if got["gallery"] != "success" || h.deployed != 1 {
		t.Fatalf("the jobs are %v\n%s", got, h.log)
	}
	if n := s.Downloads() - before; n != len(names) {
		t.Errorf("there were %d downloads, want %d", n, len(names))
	}
	if got := h.images(); !slices.Equal(got, names) {
		t.Errorf("%s are published, want %s", got, names)
	}
	if got := h.run(galleryWorkflow); got["build"] != "success" || h.deployed != 1 {
		t.Errorf("the next night: %v, %d deployments\n%s", got, h.deployed, h.log)
	}
}

// Others can download the parts, so what the published site hides must not be in them.
func TestPartsHideWhatIsHidden(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.serve("a.jpg", "b.jpg")
	h.repository = t.TempDir()
	writeFiles(t, h.repository, map[string]string{"content/images/b.md": "---\nhidden: true\n---\n"})
	h.run(galleryWorkflow)
	h.repository = ""
	if got := h.run("../.github/workflows/shards.yml"); got["gallery"] != "success" {
		t.Fatalf("the jobs are %v\n%s", got, h.log)
	}
	if got := strings.TrimSpace(strings.Join(h.images(), " ")); got != "a.jpg" { // the hidden one has no name
		t.Errorf("%s are published, want a.jpg", got)
	}
	parts := 0
	for name, dir := range h.uploads {
		if !strings.HasPrefix(name, "part-") {
			continue
		}
		state, _, err := gallery.Load(os.DirFS(dir))
		check(t, err)
		for _, m := range state.Images {
			if parts++; m.Name == "b.jpg" {
				t.Errorf("%s has what is hidden", name)
			}
		}
	}
	if parts == 0 {
		t.Error("no part has an image")
	}
}

// A site that was published and is not there is no first run, whatever has
// become of it. With the cache it is published again; without it somebody has to
// say that its images may be lost.
func TestPublishedSiteIsGone(t *testing.T) {
	t.Parallel()
	const shards = "../.github/workflows/shards.yml"
	h := newHost(t)
	s := h.serve("a.jpg", "b.jpg", "c.jpg")
	h.run(galleryWorkflow)
	setNames(s, "b.jpg")
	h.run(galleryWorkflow)
	for _, tt := range []struct {
		name, workflow string
		cached         bool
		inputs         map[string]any
		images         string // "" where the run must fail
	}{
		{"with the cache", galleryWorkflow, true, nil, "a.jpg b.jpg c.jpg"},
		{"without the cache, though it is there", galleryWorkflow, true, map[string]any{"rebuild": true}, ""},
		{"without a cache", galleryWorkflow, false, nil, ""},
		{"on several machines", shards, false, nil, ""},
		{"on several machines, anew", shards, false, map[string]any{"start-anew": true}, "b.jpg"},
		{"anew", galleryWorkflow, false, map[string]any{"start-anew": true}, "b.jpg"},
	} {
		h.live, h.inputs = "", tt.inputs
		if !tt.cached {
			h.evict("site-")
		}
		deployed := h.deployed
		got := h.run(tt.workflow)
		if tt.images == "" {
			if h.deployed > deployed || !strings.Contains(h.log, "although one was published before") || !strings.Contains(h.log, "start-anew") {
				t.Errorf("%s: the jobs are %v\n%s", tt.name, got, h.log)
			}
			continue
		}
		if h.deployed == deployed {
			t.Fatalf("%s: nothing was published: the jobs are %v\n%s", tt.name, got, h.log)
		}
		if got := strings.Join(h.images(), " "); got != tt.images {
			t.Errorf("%s: %s are published, want %s", tt.name, got, tt.images)
		}
	}
}

// Whatever runs on the main branch can write a cache that takes over the machine
// which unpacks it, or that holds links to the files of another one.
func TestPoisonedCache(t *testing.T) {
	t.Parallel()
	for name, poison := range map[string]func(dir string) error{
		"nothing more": func(string) error { return nil },
		"a link":       func(dir string) error { return os.Symlink("/etc/hostname", filepath.Join(dir, "stolen.txt")) },
		"a linked folder": func(dir string) error {
			return cmp.Or(os.RemoveAll(filepath.Join(dir, "media")), os.Symlink("/etc", filepath.Join(dir, "media")))
		},
		"a pipe": func(dir string) error { return exec.Command("mkfifo", filepath.Join(dir, "pipe.txt")).Run() },
	} {
		h := newHost(t)
		s := h.serve("a.jpg", "b.jpg")
		h.run(galleryWorkflow)
		i := slices.IndexFunc(h.caches, func(c cacheEntry) bool { return strings.HasPrefix(c.key, "site-") })
		bad := cacheEntry{h.caches[i].key + "0", t.TempDir(), true}
		check(t, copyTree(h.caches[i].dir, bad.dir))
		check(t, poison(bad.dir))
		h.caches = append(h.caches, bad)
		setNames(s, "b.jpg", "c.jpg")
		if got := h.run(galleryWorkflow); got["build"] != "success" || got["deploy"] != "success" {
			t.Errorf("%s: the jobs are %v\n%s", name, got, h.log)
		}
		if h.loot == "" || strings.Contains(h.loot, "secret-token") {
			t.Errorf("%s: the machine with the cache has the token, or there is none", name)
		}
		if got := strings.Join(h.images(), " "); got != "a.jpg b.jpg c.jpg" {
			t.Errorf("%s: %s are published", name, got)
		}
		for _, file := range []string{"stolen.txt", "media/hostname"} {
			if _, err := os.Lstat(filepath.Join(h.live, file)); err == nil {
				t.Errorf("%s: %s is published", name, file)
			}
		}
	}
}

// A fork without the secret must not turn red every night.
func TestForkWithoutToken(t *testing.T) {
	h := newHost(t)
	h.secrets = map[string]any{}
	got := h.run(galleryWorkflow)
	if got["settings"] != "success" || got["build"] != "skipped" || got["deploy"] != "skipped" {
		t.Errorf("the jobs are %v", got)
	}
	if !strings.Contains(h.log, "::notice title=No gallery yet::") {
		t.Errorf("there is no hint in %s", h.log)
	}
}

func newMachine(t *testing.T) (*machine, *fetchtest.Service) {
	h := newHost(t)
	h.last, h.now = map[string]map[string]any{}, &attempt{number: 1}
	return &machine{host: h, temp: t.TempDir(), workspace: t.TempDir()}, h.serve("a.jpg")
}

// What an input holds is one word of the command line, and never part of a script.
func TestActionInputs(t *testing.T) {
	m, _ := newMachine(t)
	out := "a site's $(touch pwned) \"folder\""
	title := "two\nlines & `touch pwned` ${HOME} '; touch pwned; echo \\"
	outputs, err := m.composite(map[string]string{
		"token": "user:1234-secret-token", "title": title, "out": out, "widths": "200,100", "prune": "no", "limit": "0",
	})
	if err != nil || outputs["path"] != out || outputs["images"] != "1" || outputs["failed"] != "0" || outputs["site-bytes"] == "" {
		t.Fatalf("%v, outputs %q\n%s", err, outputs, m.log)
	}
	page, err := os.ReadFile(filepath.Join(m.workspace, out, "index.html"))
	check(t, err)
	if want := html.EscapeString("& `touch pwned` ${HOME} '; touch pwned; echo \\"); !bytes.Contains(page, []byte(want)) {
		t.Errorf("the page does not have the title %s", want)
	}
	for _, dir := range []string{m.workspace, m.temp, "."} {
		if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
			t.Errorf("an input was executed in %s", dir)
		}
	}
	if strings.Contains(m.log, "secret-token") || !slices.Equal(m.masks, []string{"user:1234-secret-token"}) {
		t.Errorf("the token is in the log, or %q are masked and not the token:\n%s", m.masks, m.log)
	}
}

// The runner is told what to strike out before any other step can print it, as
// the command reads it; and not to strike out what is no secret.
func TestTokenIsMasked(t *testing.T) {
	for token, want := range map[string][]string{
		"user:1234-secret-token":      {"user:1234-secret-token"},
		" user:1234-100%25\r\n":       {"user:1234-100%25"},
		"user:1234-a\n::error::x":     {"user:1234-a::error::x"}, // no token; and no command
		"$(touch pwned)`touch pwned`": {"$(touchpwned)`touchpwned`"},
		"":                            nil,
		"demo":                        nil,
	} {
		m, _ := newMachine(t)
		a, s := m.enter(map[string]string{"token": token})
		m.steps(s, a.Runs.Steps[:1])
		if !slices.Equal(m.masks, want) || m.log != "" || s.failed {
			t.Errorf("of the token %q %q are masked, want %q; the log says %q", token, m.masks, want, m.log)
		}
	}
}

// An expression in a script would be spliced into it before a shell reads it.
func TestNoExpressionInScripts(t *testing.T) {
	for name, steps := range allSteps(t) {
		for _, step := range steps {
			if expressionForm.MatchString(step.Run) {
				t.Errorf("%s: the script of %q holds an expression", name, step.Name)
			}
		}
	}
}

// Every input that has a flag reaches it, and each is one that there is.
func TestActionInputsAreFlags(t *testing.T) {
	a := readYAML[compositeAction](t, "../action.yml")
	step := stepOf(t, a.Runs.Steps, "run")
	opts, _ := parseOptions([]string{"--version"}, strings.NewReader(""))
	loop := strings.ReplaceAll(step.Run[strings.Index(step.Run, "for name in "):strings.Index(step.Run, "; do")], "\\\n", " ")
	names := strings.Fields(strings.TrimPrefix(loop, "for name in "))
	for name := range a.Inputs {
		if name != "token" && name != "account" && !slices.Contains(names, name) {
			t.Errorf("the input %s is not given to the command", name)
		}
	}
	for _, name := range names {
		variable := "FLAG_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		if asString(step.Env[variable]) != "${{ inputs."+name+" }}" || opts.flags.Lookup(name) == nil {
			t.Errorf("%s is not an input that goes to a flag by %s", name, variable)
		}
	}
	// These make no sense in a job, or are the inputs token and account. The time
	// budget is well below the time of a job.
	others := strings.Fields("account token-file cache init export-theme time-budget demo serve check dry-run json quiet verbose version")
	opts.flags.VisitAll(func(f *pflag.Flag) {
		if !slices.Contains(names, f.Name) && !slices.Contains(others, f.Name) {
			t.Errorf("there is no input for --%s", f.Name)
		}
	})
}

func stepOf(t *testing.T, steps []workflowStep, id string) workflowStep {
	t.Helper()
	i := slices.IndexFunc(steps, func(s workflowStep) bool { return s.ID == id })
	if i < 0 {
		t.Fatalf("there is no step %s", id)
	}
	return steps[i]
}

// A job that is cancelled tells the shell; the program has to be there to hear it.
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
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != exitInterrupted {
		t.Errorf("the step ended with %v", err)
	}
}

// allSteps returns the steps of our action and of all workflows' jobs.
func allSteps(t *testing.T) map[string][]workflowStep {
	t.Helper()
	steps := map[string][]workflowStep{"../action.yml": readYAML[compositeAction](t, "../action.yml").Runs.Steps}
	names, err := filepath.Glob("../.github/workflows/*.yml")
	check(t, err)
	for _, name := range names {
		for job, j := range readYAML[workflow](t, name).Jobs {
			steps[name+" "+job] = j.Steps
		}
	}
	return steps
}

var pinned = regexp.MustCompile(`^\s*(?:- )?uses: (?:\./[a-z./]*|([a-z-]+/[a-z/-]+)@([0-9a-f]{40}) # v([0-9]+\.[0-9]+\.[0-9]+))$`)

// A tag can be moved to another commit by whoever gets hold of the action.
func TestActionsArePinned(t *testing.T) {
	names, err := filepath.Glob("../.github/workflows/*.yml")
	check(t, err)
	pins := map[string]string{}
	for _, name := range append(names, "../action.yml") {
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
				t.Errorf("%s: %q is not pinned by a commit and its version", name, line)
				continue
			}
			action := strings.Join(strings.Split(m[1]+"//", "/")[:2], "/")
			if pin := m[2] + " " + m[3]; pins[action] == "" {
				pins[action] = pin
			} else if pins[action] != pin {
				t.Errorf("%s: %s is pinned twice, by %s and %s", name, action, pins[action], pin)
			}
		}
	}
}

// The job that holds the token can write nothing, and the one that publishes
// does not have it.
func TestPermissions(t *testing.T) {
	w := readYAML[workflow](t, galleryWorkflow)
	for name, want := range map[string]map[string]string{
		"settings": {"pages": "read"}, "last": {"contents": "read"}, "build": {"contents": "read"}, "deploy": {"pages": "write", "id-token": "write"},
	} {
		if got := w.Jobs[name].Permissions; !maps.Equal(got, want) {
			t.Errorf("the job %s has the permissions %v, want %v", name, got, want)
		}
	}
}

// What a job with the token executes must not come from a cache, which whatever
// runs on the main branch can write: npm's packages in the checks, for example.
func TestNoCacheBesideTheToken(t *testing.T) {
	for name, steps := range allSteps(t) {
		token := name == "../action.yml" || slices.ContainsFunc(steps, func(s workflowStep) bool {
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

// Nothing that a stranger can start runs with the rights of the repository.
func TestTriggers(t *testing.T) {
	names, err := filepath.Glob("../.github/workflows/*.yml")
	check(t, err)
	for _, name := range names {
		w := readYAML[workflow](t, name)
		for event := range w.On {
			if !slices.Contains([]string{"push", "pull_request", "schedule", "workflow_dispatch", "workflow_call"}, event) {
				t.Errorf("%s is started by %s", name, event)
			}
		}
		for right, level := range w.Permissions {
			if level != "read" {
				t.Errorf("%s gives %s: %s to all of its jobs", name, right, level)
			}
		}
		if w.Permissions == nil {
			t.Errorf("%s does not say which permissions it needs", name)
		}
	}
}

// programFiles returns what the program is made of.
func programFiles(t *testing.T) []string {
	t.Helper()
	list, err := exec.Command("go", "list", "-deps", "-f",
		`{{if and .Module .Module.Main}}{{$d := .Dir}}{{range .GoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}{{range .EmbedFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}{{end}}`, "..").Output()
	check(t, err)
	here, err := filepath.Abs("..")
	check(t, err)
	var names []string
	for _, name := range strings.Split(strings.TrimSpace(string(list)), "\n") {
		if name == "" {
			continue // between packages
		}
		rel, err := filepath.Rel(here, name)
		check(t, err)
		names = append(names, rel)
	}
	return append(names, "go.mod", "go.sum")
}

// A container is built of the program's source and of nothing that is private.
func TestContainerfile(t *testing.T) {
	recipe, err := os.ReadFile("../.github/Containerfile")
	check(t, err)
	var sources []string
	for _, m := range regexp.MustCompile(`(?m)^COPY ([^-].*) \S+$`).FindAllStringSubmatch(string(recipe), -1) {
		sources = append(sources, strings.Fields(m[1])...)
	}
	for _, name := range programFiles(t) {
		copied := slices.ContainsFunc(sources, func(source string) bool {
			match, _ := path.Match(source, name)
			return match || strings.HasPrefix(name, source+"/")
		})
		if !copied {
			t.Errorf("%s is not copied", name)
		}
	}
	if slices.Contains(sources, ".") {
		t.Error("all that is in the folder is copied")
	}
}

// In the project's own checks the program is built as our action builds it.
func TestActionBuild(t *testing.T) {
	if os.Getenv("CI") == "" {
		t.Skip("CI is not set: building takes a while")
	}
	m, s := newMachine(t)
	m.unbuilt = true
	outputs, err := m.composite(map[string]string{"token": s.Token})
	if err != nil || outputs["changed"] != "true" {
		t.Errorf("%v, outputs %q\n%s", err, outputs, m.log)
	}
}

// actionlint reads the scripts of workflows, but not those of an action.
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

// eachRecipe runs a test with each of the recipes of docs/publishing.md, as it is written.
func eachRecipe(t *testing.T, test func(t *testing.T, name, script string)) {
	guide, err := os.ReadFile("../docs/publishing.md")
	check(t, err)
	tools := map[string][]string{"branch": {"git"}, "rsync": {"rsync"}, "rclone": {"rclone"}, "media": {"rclone", "rsync"}}
	blocks := regexp.MustCompile("(?s)\n```sh ([a-z]+)\n(.*?)\n```\n").FindAllStringSubmatch(string(guide), -1)
	if len(blocks) != len(tools) {
		t.Fatalf("docs/publishing.md has %d recipes", len(blocks))
	}
	for _, m := range blocks {
		t.Run(m[1], func(t *testing.T) {
			for _, tool := range tools[m[1]] {
				if _, err := exec.LookPath(tool); err != nil {
					if os.Getenv("CI") != "" {
						t.Fatal(err)
					}
					t.Skip(err)
				}
			}
			test(t, m[1], m[2])
		})
	}
}

// The recipes publish, they publish what is new, and nothing is lost on a new
// machine. A picture that cannot be downloaded does not hold back the others.
func TestPublishingRecipes(t *testing.T) {
	t.Parallel()
	eachRecipe(t, func(t *testing.T, name, script string) {
		r := newRecipe(t, name == "media")
		r.run(script)
		r.published(name, "a.jpg b.jpg")
		setNames(r.service, "b.jpg", "c.jpg")
		r.run(script)
		r.published(name, "a.jpg b.jpg c.jpg")
		check(t, os.RemoveAll(filepath.Join(r.gallery, "out")))
		setNames(r.service, "d.jpg", "e.jpg")
		r.service.FailDownload("e.jpg", -1, fetchtest.Answer(404, ""))
		r.run(script)
		r.published(name, "a.jpg b.jpg c.jpg d.jpg")
	})
}

// Whichever command of a recipe fails, before it has done anything, after all
// of it or, if it is Git's, half-way, on the usual machine or on a new one:
// nothing that is published goes, and the next run publishes all.
func TestPublishingRecipesFail(t *testing.T) {
	t.Parallel()
	eachRecipe(t, func(t *testing.T, name, script string) {
		r := newRecipe(t, name == "media")
		r.run(script)
		images, failures := []string{"a.jpg", "b.jpg"}, 0
		for _, fresh := range []bool{false, true} {
			for _, how := range waysToFail(name) {
				for n, all := 1, false; !all; n++ {
					if n > 20 {
						t.Fatal("there is no end of commands that fail")
					}
					if fresh {
						check(t, os.RemoveAll(filepath.Join(r.gallery, "out")))
					}
					fresh := fmt.Sprintf("c%03d.jpg", len(images))
					setNames(r.service, fresh)
					before := r.files(name)
					err := r.try(script, fmt.Sprintf("FAIL_AT=%d", n), "FAIL="+how, "COUNT="+filepath.Join(r.folder(), "count"))
					if after := r.files(name); !maps.Equal(before, after) {
						for file := range before {
							if !after[file] {
								t.Errorf("%s command %d: %s is gone", how, n, file)
							}
						}
					}
					r.run(script)
					images = append(images, fresh)
					r.published(name, strings.Join(images, " "))
					if all = err == nil; !all {
						failures++
					}
				}
			}
		}
		if failures < 8 {
			t.Errorf("only %d commands failed", failures)
		}
	})
}

// waysToFail are those of the commands of a recipe.
func waysToFail(name string) []string {
	if name == "branch" {
		return []string{"before", "within", "after"}
	}
	return []string{"before", "after"}
}

// The same goes for the run that publishes first, where a recipe has commands for it.
func TestFirstPublishingFails(t *testing.T) {
	t.Parallel()
	eachRecipe(t, func(t *testing.T, name, script string) {
		if name != "branch" {
			return
		}
		for _, how := range waysToFail(name) {
			for n, all := 1, false; !all; n++ {
				r := newRecipe(t, name == "media")
				err := r.try(script, fmt.Sprintf("FAIL_AT=%d", n), "FAIL="+how, "COUNT="+filepath.Join(r.folder(), "count"))
				if all = err == nil; n > 20 {
					t.Fatal("there is no end of commands that fail")
				}
				setNames(r.service, "a.jpg", "b.jpg", "c.jpg")
				if err := r.try(script); err != nil {
					t.Errorf("%s command %d: the next run fails: %v", how, n, err)
					continue
				}
				r.published(name, "a.jpg b.jpg c.jpg")
			}
		}
	})
}

// The commands of the tests cannot be led out of their folder.
func TestRecipeGuard(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"git", "rsync", "rclone"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	r := newRecipe(t, false)
	outside := t.TempDir()
	check(t, os.WriteFile(filepath.Join(outside, "kept"), nil, 0o644))
	check(t, os.MkdirAll(filepath.Join(r.gallery, "out"), 0o755))
	// The destinations hold one file, of this test: if the guard did not hold, that would go.
	for _, script := range []string{
		`rsync --archive --delete-after out/ "$OUTSIDE/"`, `rclone sync out "$OUTSIDE"`,
		`cd "$OUTSIDE"; git init --quiet`,
	} {
		if err := r.try(script, "OUTSIDE="+outside); err == nil || !strings.Contains(err.Error(), "is not in the folder of the test") {
			t.Errorf("%s: %v", script, err)
		}
	}
	if _, err := os.Stat(filepath.Join(outside, "kept")); err != nil {
		t.Error(err)
	}
}

// With an empty variable a recipe would copy to, and delete from, the root of the machine. So it ends
// before any command: those here are empty ones, and there are no others, whatever the recipe says.
func TestPublishingRecipesNeedTheirVariables(t *testing.T) {
	t.Parallel()
	eachRecipe(t, func(t *testing.T, _, script string) {
		root := t.TempDir()
		bin, log := filepath.Join(root, "bin"), filepath.Join(root, "log")
		check(t, os.MkdirAll(bin, 0o755))
		for _, tool := range []string{"git", "rsync", "rclone", "firstframe"} {
			check(t, os.WriteFile(filepath.Join(bin, tool), []byte(fmt.Sprintf("#!/bin/sh\necho %s >>'%s'\n", tool, log)), 0o755))
		}
		shell, err := exec.LookPath("bash")
		check(t, err)
		names := regexp.MustCompile(`\$\{?([A-Z_]+)`).FindAllStringSubmatch(script, -1)
		for _, name := range names {
			cmd := exec.Command(shell, "-c", script)
			cmd.Dir = root
			cmd.Env = []string{"PATH=" + bin}
			for _, other := range names {
				if other[1] != name[1] {
					cmd.Env = append(cmd.Env, other[1]+"="+root)
				}
			}
			for _, empty := range [][]string{nil, {name[1] + "="}} {
				cmd := *cmd
				cmd.Env = append(slices.Clone(cmd.Env), empty...)
				if err := cmd.Run(); err == nil {
					t.Errorf("it goes on without %s", name[1])
				}
			}
		}
		if ran, err := os.ReadFile(log); err == nil {
			t.Errorf("without a variable it ran %q", ran)
		}
	})
}

// recipe is where a recipe is run, and the home that it publishes to. All of it is in one folder, and
// the commands of a recipe refuse to work anywhere else: they delete what they do not expect.
type recipe struct {
	t       *testing.T
	root    string
	service *fetchtest.Service
	gallery string
	home    string
	bucket  string // where the media are, or ""
	server  *httptest.Server
	env     []string

	mediaURL string
}

func newRecipe(t *testing.T, apart bool) *recipe {
	h := newHost(t)
	root, err := filepath.EvalSymlinks(t.TempDir())
	check(t, err)
	r := &recipe{t: t, root: root, service: h.serve("a.jpg", "b.jpg")}
	r.gallery, r.home = r.folder(), r.folder()
	r.bucket = r.home
	if apart {
		r.bucket = r.folder()
	}
	bucket := httptest.NewServer(http.FileServer(http.Dir(r.bucket)))
	t.Cleanup(bucket.Close)
	r.mediaURL = bucket.URL + "/media/"
	r.server = httptest.NewServer(http.StripPrefix("/repo", http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		siteHandler(os.DirFS(r.home)).ServeHTTP(w, q)
	})))
	t.Cleanup(r.server.Close)
	remote := filepath.Join(r.folder(), "remote.git")
	check(t, exec.Command("git", "init", "--quiet", "--bare", remote).Run())
	r.env = []string{
		"PATH=" + r.commands(h.action["api"]) + ":" + os.Getenv("PATH"), "HOME=" + r.folder(), "USEAPI_TOKEN=" + r.service.Token,
		"GALLERY=" + r.gallery, "BASE_URL=" + r.server.URL + "/repo/", "REMOTE=" + remote, "SERVER=" + r.home, "BUCKET=" + r.bucket,
		"MEDIA_URL=" + r.mediaURL,
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org",
	}
	return r
}

// folder makes a new folder in the root.
func (r *recipe) folder() string {
	r.t.Helper()
	dir, err := os.MkdirTemp(r.root, "")
	check(r.t, err)
	return dir
}

// commands makes the commands of a recipe, and returns their folder. Each runs the real one, if it is
// to work in the root and to write to it. The one with the number $FAIL_AT fails, before or after its
// work, as $FAIL says; $COUNT is a file for counting.
func (r *recipe) commands(api string) string {
	bin := r.folder()
	for _, tool := range []string{"git", "rsync", "rclone", "firstframe"} {
		program, err := exec.LookPath(tool)
		if err != nil {
			continue // eachRecipe has skipped the recipes that need it
		}
		work := fmt.Sprintf("%q", program)
		switch tool {
		case "firstframe":
			work += fmt.Sprintf(" --api %q --allow-private-hosts", api)
		case "rsync", "rclone":
			work = `for last; do :; done; inside "$last"; ` + work
		}
		check(r.t, os.WriteFile(filepath.Join(bin, tool), []byte(fmt.Sprintf(`#!/bin/bash
set -e
inside() { case "$(realpath -m -- "$1")" in %[1]s/*) ;; *) echo "%[2]s: $1 is not in the folder of the test" >&2; exit 97 ;; esac; }
inside .
if [ -n "$FAIL_AT" ]; then
  echo >>"$COUNT"
  if [ "$(wc -l <"$COUNT")" = "$FAIL_AT" ]; then
    for last; do :; done
    case "$FAIL %[2]s $1" in
      "within git clone") inside "$last"; %[3]s clone --no-checkout "${@:2}" ;;
      "within git init") inside "$last"; mkdir -p "$last/.git/refs" ;;
      after*) %[3]s "$@" ;;
    esac
    exit 1
  fi
fi
%[3]s "$@"
`, r.root, tool, work)), 0o755))
	}
	return bin
}

func (r *recipe) run(script string) {
	r.t.Helper()
	if err := r.try(script); err != nil {
		r.t.Fatal(err)
	}
}

// try runs a script as it is, with more in its environment.
func (r *recipe) try(script string, env ...string) error {
	cmd := exec.Command("bash", "-c", script)
	cmd.Env = append(slices.Clone(r.env), env...)
	cmd.Dir = r.gallery
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%v\n%s", err, out)
	}
	return nil
}

// files returns the names of all files that are published.
func (r *recipe) files(name string) map[string]bool {
	r.t.Helper()
	if name == "branch" {
		r.home = r.folder()
		check(r.t, r.try(`git clone --quiet --branch gh-pages "$REMOTE" `+r.home))
	}
	files := map[string]bool{}
	for _, dir := range []string{r.home, r.bucket} {
		check(r.t, filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() && d.Name() == ".git" {
				return fs.SkipDir
			}
			rel, _ := filepath.Rel(dir, file)
			files[rel] = true
			return err
		}))
	}
	return files
}

// published checks what the home has now, and follows its links.
func (r *recipe) published(name, images string) {
	r.t.Helper()
	if name == "branch" {
		r.home = r.folder()
		r.run(`git clone --quiet --branch gh-pages "$REMOTE" ` + r.home)
	}
	h := &host{t: r.t, live: r.home}
	if _, err := os.Stat(filepath.Join(r.home, "media")); name == "media" && err == nil {
		r.t.Error("the pictures are published with the pages")
	}
	if name == "media" {
		h.media = r.bucket
	}
	if got := strings.Join(h.images(), " "); got != images {
		r.t.Errorf("%s are published, want %s", got, images)
	}
	hidden, _ := filepath.Glob(filepath.Join(r.home, ".firstframe*"))
	if name != "branch" && len(hidden) > 0 || name == "branch" && slices.ContainsFunc(hidden, func(f string) bool { return strings.HasSuffix(f, "lock") }) {
		r.t.Errorf("%v are published", hidden)
	}
	crawl(r.t, r.server.URL+"/repo/", r.mediaURL)
}

// An unchanged scheduled run, as the workflow makes it: from the start of the
// process to its end, with its requests.
func BenchmarkUnchangedRun(b *testing.B) {
	program, err := exec.LookPath("firstframe")
	if err != nil {
		b.Fatal(err)
	}
	for _, images := range []int{10, 500} {
		b.Run(strconv.Itoa(images), func(b *testing.B) {
			s := &fetchtest.Service{Token: "user:1234-secret-token"}
			server := httptest.NewServer(s)
			defer server.Close()
			var pictures []fetchtest.Picture
			for i := range images {
				p := picture(fmt.Sprintf("%d.jpg", i))
				p.ID = strconv.Itoa(400_000_000_000_000_000 + i)
				pictures = append(pictures, p)
			}
			s.Set(pictures)
			dir := b.TempDir()
			run := func() {
				cmd := exec.Command(program, "--api", server.URL, "--allow-private-hosts", "--base-url", "https://example.org/", "--cache", "cache")
				cmd.Dir = dir
				cmd.Env = []string{"HOME=" + dir, "USEAPI_TOKEN=" + s.Token, "GITHUB_ACTIONS=true"}
				if out, err := cmd.CombinedOutput(); err != nil {
					b.Fatalf("%v\n%s", err, out)
				}
			}
			run()
			listings, downloads := s.Listings()+s.VideoListings(), s.Downloads()
			for b.Loop() {
				run()
			}
			b.ReportMetric(float64(s.Listings()+s.VideoListings()-listings)/float64(b.N), "listings/op")
			b.ReportMetric(float64(s.Downloads()-downloads)/float64(b.N), "downloads/op")
		})
	}
}
