package workflows

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"firstframe/command/commandtest"
)

const releaseWorkflow = workflowsFolder + "/release.yml"

// TestReleaseIsAttested checks the order of a release: the checks, the build without any rights,
// the attestation, and only then a release. Nothing else makes one.
func TestReleaseIsAttested(t *testing.T) {
	w := readYAML[workflow](t, releaseWorkflow)
	checks, build, publish := w.Jobs["checks"], w.Jobs["build"], w.Jobs["publish"]
	if len(w.Jobs) != 3 || checks.Uses != "./.github/workflows/ci.yml" || !slices.Equal(build.Needs, needs{"checks"}) || !slices.Equal(publish.Needs, needs{"build"}) {
		t.Errorf("the jobs are not checks, build and publish, in this order")
	}
	if !strings.Contains(checks.If, "!github.event.repository.fork") {
		t.Errorf("a tag in a fork makes a release: %q", checks.If)
	}
	for name, want := range map[string]map[string]string{
		"checks": {"contents": "read"}, "build": {"contents": "read"}, "publish": {"contents": "write", "id-token": "write", "attestations": "write"},
	} {
		if got := w.Jobs[name].Permissions; !maps.Equal(got, want) {
			t.Errorf("the job %s has the permissions %v, want %v", name, got, want)
		}
	}
	var order []string
	for _, step := range publish.Steps {
		action, _, _ := strings.Cut(step.Uses, "@")
		switch {
		case action == "actions/attest-build-provenance":
			order = append(order, "attest")
		case strings.Contains(step.Run, "gh release create"):
			order = append(order, "draft")
			if !strings.Contains(step.Run, " --draft ") {
				t.Error("the release is not a draft")
			}
		case strings.Contains(step.Run, "--draft=false"):
			order = append(order, "publish")
		}
	}
	if !slices.Equal(order, []string{"attest", "draft", "publish"}) {
		t.Errorf("the order is %q", order)
	}
	for name, steps := range allSteps(t) {
		for _, step := range steps {
			if strings.Contains(step.Run, "gh release") && name != releaseWorkflow+" publish" {
				t.Errorf("%s: %q has to do with releases", name, step.Name)
			}
			if strings.HasPrefix(name, releaseWorkflow) && (strings.HasPrefix(step.Uses, "actions/cache") || strings.HasPrefix(step.Uses, "actions/setup-go") && asString(step.With["cache"]) != "false") {
				t.Errorf("%s: %q uses a cache", name, step.Name)
			}
		}
	}
}

// release is a folder in which the steps of the release workflow run, with programs of the test.
type release struct {
	t         *testing.T
	dir, bin  string
	variables []string
}

// newRelease returns an empty folder for the steps of the release v1.2.3.
func newRelease(t *testing.T) *release {
	dir := t.TempDir()
	r := &release{t: t, dir: filepath.Join(dir, "workspace"), bin: filepath.Join(dir, "tools")}
	check(t, os.Mkdir(r.dir, 0o755))
	check(t, os.Mkdir(r.bin, 0o755))
	r.variables = append(os.Environ(), "PATH="+r.bin+":"+os.Getenv("PATH"), "RUNNER_TEMP="+dir, "GITHUB_REF_NAME=v1.2.3",
		"GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org")
	return r
}

// write writes a file of the workspace.
func (r *release) write(name, text string) {
	r.t.Helper()
	name = filepath.Join(r.dir, name)
	check(r.t, os.MkdirAll(filepath.Dir(name), 0o755))
	check(r.t, os.WriteFile(name, []byte(text), 0o644))
}

// names returns the names of the files and folders in a folder of the workspace.
func (r *release) names(folder string) []string {
	r.t.Helper()
	entries, err := os.ReadDir(filepath.Join(r.dir, folder))
	check(r.t, err)
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// shell runs a script as the runner does.
func (r *release) shell(script string) (string, error) {
	cmd := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script)
	cmd.Dir, cmd.Env = r.dir, r.variables
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// step runs the script of a step of a job.
func (r *release) step(job, name string) (string, error) {
	r.t.Helper()
	steps := readYAML[workflow](r.t, releaseWorkflow).Jobs[job].Steps
	i := slices.IndexFunc(steps, func(s workflowStep) bool { return s.Name == name })
	if i < 0 {
		r.t.Fatalf("the job %s has no step %q", job, name)
	}
	return r.shell(steps[i].Run)
}

// must runs a script that must succeed.
func (r *release) must(script string) {
	r.t.Helper()
	if out, err := r.shell(script); err != nil {
		r.t.Fatalf("%s: %v\n%s", script, err, out)
	}
}

// TestReleaseIsOnMain releases a commit of the main branch, and one of another branch.
func TestReleaseIsOnMain(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	r := newRelease(t)
	r.must("git init -q -b main . && git commit -q --allow-empty -m one && git update-ref refs/remotes/origin/main HEAD")
	if out, err := r.step("build", "Is the commit on the main branch?"); err != nil {
		t.Errorf("on main: %v\n%s", err, out)
	}
	r.must("git commit -q --allow-empty -m two")
	if out, err := r.step("build", "Is the commit on the main branch?"); err == nil || !strings.Contains(out, "::error title=Not on main::") {
		t.Errorf("not on main: %v\n%s", err, out)
	}
}

// TestReleaseFiles builds a release with a goreleaser that makes empty files, and compares what the
// next job gets.
func TestReleaseFiles(t *testing.T) {
	r := newRelease(t)
	commandtest.WriteProgram(t, filepath.Join(r.bin, "goreleaser"), `#!/bin/bash
echo "$@" > asked
mkdir -p dist/firstframe_linux_amd64_v1 dist/firstframe_linux_arm64_v8.0
cd dist
printf '#!/bin/sh\necho "firstframe $SAYS"\n' > firstframe_linux_amd64_v1/firstframe
chmod +x firstframe_linux_amd64_v1/firstframe
touch artifacts.json config.yaml firstframe_1.2.3_linux_arm64.tar.gz{,.sbom.json} firstframe_1.2.3_windows_amd64.zip{,.sbom.json}
sha256sum firstframe_1.2.3_* > checksums.txt
`)
	r.write(".ci/notes", "#!/bin/sh\necho \"notes of $1\"\n")
	check(t, os.Chmod(filepath.Join(r.dir, ".ci/notes"), 0o755))
	if out, err := r.step("build", "Get the notes from the changelog"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got := r.names("."); !slices.Equal(got, []string{".ci"}) {
		t.Errorf("goreleaser and Go find changes in the working folder: %q", got)
	}
	if out, err := r.step("build", "Build the release"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	asked, err := os.ReadFile(filepath.Join(r.dir, "asked"))
	check(t, err)
	if !strings.Contains(string(asked), "--skip=publish") {
		t.Errorf("goreleaser publishes: %s", asked)
	}
	want := strings.Fields("checksums.txt firstframe_1.2.3_linux_arm64.tar.gz firstframe_1.2.3_linux_arm64.tar.gz.sbom.json " +
		"firstframe_1.2.3_windows_amd64.zip firstframe_1.2.3_windows_amd64.zip.sbom.json notes.md")
	if got := r.names("../release"); !slices.Equal(got, want) {
		t.Errorf("the next job gets %q, want %q", got, want)
	}
	r.must("mv ../release .")
	if out, err := r.step("publish", "Compare the files with their checksums"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	r.write("release/firstframe_1.2.3_windows_amd64.zip", "changed")
	if out, err := r.step("publish", "Compare the files with their checksums"); err == nil {
		t.Errorf("a changed file is attested:\n%s", out)
	}
	for says, right := range map[string]bool{"v1.2.3": true, "v0.0.0-20261130054008-0123456789ab": false} {
		r.variables = append(r.variables, "SAYS="+says)
		if out, err := r.step("build", "Does the program know its version?"); (err == nil) != right {
			t.Errorf("the program says %s: %v\n%s", says, err, out)
		}
	}
}

// TestReleaseDraft makes a draft where there is none, in place of one that an earlier attempt has
// left, and where the version is published.
func TestReleaseDraft(t *testing.T) {
	r := newRelease(t)
	commandtest.WriteProgram(t, filepath.Join(r.bin, "gh"), `#!/bin/bash
echo "$*" >> asked
if [ "$2" = view ]; then
  if [ "$DRAFT" = none ]; then echo "release not found" >&2; exit 1; fi
  echo "$DRAFT"
fi
`)
	r.write("bundle", "the attestation")
	r.write("release/checksums.txt", "")
	r.write("release/notes.md", "")
	r.write("release/firstframe_1.2.3_linux_amd64.tar.gz", "")
	r.variables = append(r.variables, "ATTESTATION=bundle")
	const (
		view   = "release view v1.2.3 --json isDraft --jq .isDraft\n"
		remove = "release delete v1.2.3 --yes\n"
		create = "release create v1.2.3 --draft --verify-tag --title v1.2.3 --notes-file release/notes.md " +
			"release/checksums.txt release/firstframe_1.2.3.intoto.jsonl release/firstframe_1.2.3_linux_amd64.tar.gz\n"
	)
	for draft, want := range map[string]string{"none": view + create, "true": view + remove + create, "false": view} {
		r.variables = append(r.variables, "DRAFT="+draft)
		r.must("rm -f asked")
		out, err := r.step("publish", "Make a draft")
		asked, _ := os.ReadFile(filepath.Join(r.dir, "asked"))
		if published := draft == "false"; (err != nil) != published || string(asked) != want || published != strings.Contains(out, "::error title=Published already::") {
			t.Errorf("isDraft is %s: %v, %s\nasked:\n%s\nwant:\n%s", draft, err, out, asked, want)
		}
	}
	r.must("grep -q attestation release/firstframe_1.2.3.intoto.jsonl && rm asked")
	out, err := r.step("publish", "Publish it")
	asked, _ := os.ReadFile(filepath.Join(r.dir, "asked"))
	if want := "release edit v1.2.3 --draft=false\n"; err != nil || string(asked) != want {
		t.Errorf("%v, %s\nasked %q, want %q", err, out, asked, want)
	}
}

// TestReleaseNotes takes the notes of a version from a changelog.
func TestReleaseNotes(t *testing.T) {
	script, err := os.ReadFile(root + "/.ci/notes")
	check(t, err)
	r := newRelease(t)
	r.write(".ci/notes", string(script))
	r.write("CHANGELOG.md", "# Changelog\n\n## Unreleased\n\n## v1.10.0 (2026-12-03)\n\nTen.\n\n### Site\n- New.\n\n## v1.1.0\n## v1.0.0\n\nFirst.\n")
	for version, want := range map[string]string{
		"v1.10.0": "Ten.\n\n### Site\n- New.\n", "v1.0.0": "First.\n", "v1.1.0": "", "v1.1": "", "v1.0.1": "", "Unreleased": "",
	} {
		got, err := r.shell("bash .ci/notes " + version)
		if want == "" {
			if err == nil || !strings.Contains(got, "CHANGELOG.md says nothing about "+version) {
				t.Errorf("%s: %v, %q", version, err, got)
			}
		} else if err != nil || got != want {
			t.Errorf("%s: %v, %q, want %q", version, err, got, want)
		}
	}
}

// TestContentsList lists the contents of an archive twice, with a syft that names the time and a
// random address. The lists must not differ.
func TestContentsList(t *testing.T) {
	if _, err := exec.LookPath("jq"); err != nil && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	r := newRelease(t)
	commandtest.WriteProgram(t, filepath.Join(r.bin, "syft"), `#!/bin/bash
echo "$*" >> asked
echo '{"name": "a.zip", "documentNamespace": "https://example.org/'$RANDOM$RANDOM'", "creationInfo": {"created": "'$(date +%N)'", "creators": []}}'
`)
	script, err := filepath.Abs(root + "/.ci/sbom")
	check(t, err)
	r.write("a.zip", "an archive")
	r.must("bash " + script + " a.zip one 2026-12-01T00:00:00Z && bash " + script + " a.zip two 2026-12-01T00:00:00Z && cmp one two")
	list, err := os.ReadFile(filepath.Join(r.dir, "one"))
	check(t, err)
	for _, want := range []string{"2026-12-01T00:00:00Z", "creators"} {
		if !strings.Contains(string(list), want) {
			t.Errorf("the list lacks %q:\n%s", want, list)
		}
	}
}
