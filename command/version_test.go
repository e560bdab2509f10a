package command

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"firstframe/command/commandtest"
)

// placeholder is the action that --init names if the program is no release.
const placeholder = "OWNER/firstframe@COMMIT"

// TestVersion builds the program as releases, the action and the container are built, and as a
// developer builds it. It asks each for its version, and for the action that --init names.
func TestVersion(t *testing.T) {
	source := filepath.Join(t.TempDir(), "source")
	copySource(t, source)
	build := func(name string, args ...string) string {
		program := filepath.Join(t.TempDir(), name)
		// With -trimpath, what other tests have built in another folder need not be built again.
		cmd := exec.Command("go", append([]string{"build", "-tags", "nodynamic", "-trimpath", "-o", program}, args...)...)
		cmd.Dir = source
		runCommand(t, cmd)
		return program
	}
	test := func(name, program, version, action string) {
		t.Helper()
		if got := runCommand(t, exec.Command(program, "--version")); !regexp.MustCompile(`^firstframe ` + version + `\n$`).MatchString(got) {
			t.Errorf("%s: --version prints %q, want %s", name, got, version)
		}
		cmd := exec.Command(program, "--init")
		cmd.Dir = t.TempDir()
		said := runCommand(t, cmd)
		workflow, err := os.ReadFile(filepath.Join(cmd.Dir, filepath.FromSlash(workflowFile)))
		must(t, err)
		if !strings.Contains(string(workflow), "uses: "+action+"\n") {
			t.Errorf("%s: the workflow does not have the line uses: %s", name, action)
		}
		if asks := strings.Contains(said, placeholder); asks != (action == placeholder) {
			t.Errorf("%s: the workflow uses %s, but --init says:\n%s", name, action, said)
		}
	}

	test("not stamped", commandtest.Program(t), "devel", placeholder)
	test("stamped by the linker", build("linker", "-buildvcs=false", "-ldflags=-s -w -X firstframe/command.release=v1.2.3"), `v1\.2\.3`, placeholder)

	if _, err := exec.LookPath("git"); err != nil && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	git := func(args ...string) string {
		cmd := exec.Command("git", append([]string{"-c", "user.name=a", "-c", "user.email=a@example.org"}, args...)...)
		cmd.Dir = source
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
		return strings.TrimSpace(runCommand(t, cmd))
	}
	git("init", "--quiet")
	git("add", "--all")
	git("commit", "--quiet", "--message=first")
	git("tag", "v1.2.3")
	stamp := "-ldflags=-s -w -X firstframe/command.repository=Somebody/firstframe"
	test("a release", build("release", "-buildvcs=true", stamp), `v1\.2\.3`, "Somebody/firstframe@"+git("rev-parse", "HEAD")+" # v1.2.3")
}

// TestOrigin checks what the program says of itself, and which action --init names. Only a release
// names one: others would name a commit that nobody has published.
func TestOrigin(t *testing.T) {
	const commit = "0123456789abcdef0123456789abcdef01234567"
	for _, test := range []struct {
		from            origin
		version, action string
	}{
		{origin{}, "devel", placeholder},
		{origin{commit: commit}, "devel 0123456789ab", placeholder},
		{origin{version: "v1.2.3"}, "v1.2.3", placeholder},
		{origin{version: "v1.2.3", commit: commit}, "v1.2.3", placeholder},
		{origin{"Somebody/firstframe", "", commit}, "devel 0123456789ab", placeholder},
		{origin{"Somebody/firstframe", "v1.2.3", ""}, "v1.2.3", placeholder},
		{origin{"Somebody/firstframe", "v1.2.3+dirty", commit}, "v1.2.3+dirty", placeholder},
		{origin{"Somebody/firstframe", "v1.2.4-0.20261130054008-0123456789ab", commit}, "v1.2.4-0.20261130054008-0123456789ab", placeholder},
		{origin{"Somebody/firstframe", "v1.2.3", commit}, "v1.2.3", "Somebody/firstframe@" + commit + " # v1.2.3"},
	} {
		if version, action := test.from.String(), test.from.action(); version != test.version || action != test.action {
			t.Errorf("%+v: version %q and action %q, want %q and %q", test.from, version, action, test.version, test.action)
		}
	}
}

// TestLinkerFlags checks that what the builds set exists: the linker ignores a name that does not.
func TestLinkerFlags(t *testing.T) {
	set := regexp.MustCompile(`-X firstframe/command\.(\w+)=`)
	for name, want := range map[string]string{
		".github/Containerfile": "release", "action.yml": "release", ".github/goreleaser.yaml": "repository",
	} {
		data, err := os.ReadFile(filepath.Join(repositoryRoot(), filepath.FromSlash(name)))
		must(t, err)
		if found := set.FindAllStringSubmatch(string(data), -1); len(found) != 1 || found[0][1] != want {
			t.Errorf("%s sets %q, want only %s", name, found, want)
		}
	}
}

// copySource copies the files that the program is built from.
func copySource(t *testing.T, to string) {
	t.Helper()
	list := exec.Command("go", "list", "-deps", "-f", `{{if and .Module .Module.Main}}{{$d := .Dir}}{{range .GoFiles}}{{$d}}/{{.}}
{{end}}{{range .EmbedFiles}}{{$d}}/{{.}}
{{end}}{{end}}`, ".")
	list.Dir = repositoryRoot()
	names := strings.Split(runCommand(t, list), "\n")
	for _, name := range append(names, filepath.Join(list.Dir, "go.mod"), filepath.Join(list.Dir, "go.sum")) {
		if name == "" {
			continue // between packages
		}
		data, err := os.ReadFile(name)
		must(t, err)
		rel, err := filepath.Rel(list.Dir, name)
		must(t, err)
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(to, rel)), 0o755))
		must(t, os.WriteFile(filepath.Join(to, rel), data, 0o644))
	}
}

// runCommand runs a command, which must succeed, and returns what it prints.
func runCommand(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	return string(out)
}
