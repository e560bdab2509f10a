package workflows

import (
	"flag"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"firstframe/command/commandtest"
)

// templateFolder is the content of a repository that others begin their gallery with.
const templateFolder = root + "/docs/template"

var update = flag.Bool("update", false, "write docs/template again, with what --init writes")

// TestTemplate checks that the template is what --init writes into a folder, and a README.md. To
// write it again:
//
//	go test ./command/workflows -run TestTemplate -update
func TestTemplate(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(commandtest.Program(t), "--init")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want, got := filesIn(t, dir), filesIn(t, templateFolder)
	want["README.md"] = got["README.md"]
	if *update {
		for name := range got {
			check(t, os.Remove(filepath.Join(templateFolder, name)))
		}
		check(t, os.WriteFile(filepath.Join(dir, "README.md"), []byte(want["README.md"]), 0o644))
		check(t, copyTree(dir, templateFolder))
		return
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got[name] != want[name] {
			t.Errorf("docs/template/%s is not what --init writes; write it again with -update", name)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("docs/template has %s, which --init does not write", name)
		}
	}
	// The table in the README names files of the template, or such as an owner adds.
	for _, m := range regexp.MustCompile("`((?:content|firstframe|theme|pictures)[./][\\w./]*)`").FindAllStringSubmatch(got["README.md"], -1) {
		owners := slices.Contains([]string{"theme/custom.css", "pictures/", "content/images/"}, m[1])
		if _, ok := got[m[1]]; !ok && !owners {
			t.Errorf("the README of the template names %s, which is not there", m[1])
		}
	}
}

// filesIn returns the files in a folder, by name.
func filesIn(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	check(t, filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		rel, _ := filepath.Rel(dir, name)
		files[filepath.ToSlash(rel)] = string(data)
		return err
	}))
	return files
}

// newTemplate returns a repository that somebody made from the template, which names the release
// v1.2.0, and the name of its workflow.
func newTemplate(t *testing.T) (*host, string) {
	t.Helper()
	h := newHost(t)
	h.serve("a.jpg", "b.jpg")
	h.hub = newHub(t, h.program())
	h.files = t.TempDir()
	check(t, copyTree(templateFolder, h.files))
	workflow := filepath.Join(h.files, ".github/workflows/gallery.yml")
	data, err := os.ReadFile(workflow)
	check(t, err)
	before, after, ok := strings.Cut(string(data), "uses: OWNER/firstframe@COMMIT\n")
	if !ok || strings.Contains(after, "OWNER") {
		t.Fatal("the workflow of the template does not use OWNER/firstframe@COMMIT once")
	}
	check(t, os.WriteFile(workflow, []byte(before+"uses: OWNER/firstframe@"+h.hub.commits["v1.2.0"]+" # v1.2.0\n"+after), 0o644))
	return h, workflow
}

// TestTemplateOfRelease makes the files of the template repository, which name the action of a
// release.
func TestTemplateOfRelease(t *testing.T) {
	r := newRelease(t)
	script, err := os.ReadFile(root + "/.ci/template")
	check(t, err)
	r.write(".ci/template", string(script))
	check(t, copyTree(templateFolder, filepath.Join(r.dir, "docs/template")))
	r.must("git init --quiet && git add . && git -c user.name=a -c user.email=a@example.org commit --quiet --message one && git tag v1.2.3")
	commit, err := r.shell("git rev-parse HEAD")
	check(t, err)
	if out, err := r.shell("bash .ci/template me/firstframe v1.2.3 made"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	made := filesIn(t, filepath.Join(r.dir, "made"))
	for name, text := range filesIn(t, templateFolder) {
		switch name {
		case ".github/workflows/gallery.yml":
			text = strings.Replace(text, "OWNER/firstframe@COMMIT", "me/firstframe@"+strings.TrimSpace(commit)+" # v1.2.3", 1)
		case "README.md":
			text = strings.Replace(text, "OWNER", "me", 1)
		}
		if made[name] != text {
			t.Errorf("%s is wrong:\n%s", name, made[name])
		}
	}
	if out, err := r.shell("bash .ci/template me/firstframe v9.9.9 other"); err == nil {
		t.Errorf("there is a template without a release:\n%s", out)
	}
}

// TestGalleryFromTemplate does what the README of the template says. GitHub runs the workflow as
// soon as the repository is there. Without the secret it must succeed, and say what to do. Without
// Pages it must say that. With both, the released program builds the gallery. Nothing sets up Go.
func TestGalleryFromTemplate(t *testing.T) {
	t.Parallel()
	h, workflow := newTemplate(t)
	secrets := h.secrets
	h.secrets, h.event = map[string]any{}, map[string]any{"name": "push"}
	for name, conclusion := range h.run(workflow) {
		if conclusion == "failure" {
			t.Errorf("without a secret, the job %s fails\n%s", name, h.log)
		}
	}
	if h.deployed > 0 || h.hub.asked.Load() > 0 || !strings.Contains(h.log, "::notice title=No gallery yet::to have a gallery, add your API token as the secret USEAPI_TOKEN") {
		t.Errorf("without a secret: %d deployments, %d requests\n%s", h.deployed, h.hub.asked.Load(), h.log)
	}

	h.secrets, h.event, h.noPages = secrets, map[string]any{"name": "workflow_dispatch"}, true
	got := h.run(workflow)
	if got["settings"] != "failure" || got["build"] != "skipped" || !strings.Contains(h.log, "::error title=GitHub Pages is not set up::choose GitHub Actions in Settings > Pages > Source") {
		t.Errorf("without Pages, the jobs are %v\n%s", got, h.log)
	}
	h.noPages = false
	got = h.run(workflow)
	h.check("with the secret", "a.jpg b.jpg", got)
	if !strings.Contains(h.log, "firstframe v1.2.0, verified") || slices.Contains(h.spent.actions, "actions/setup-go") {
		t.Errorf("the program is not the released one\n%s", h.log)
	}
	if pages := crawl(t, h.server.URL+"/repo/"); pages < 4 {
		t.Errorf("there are only %d pages", pages)
	}
	h.commit("content/index.md", "---\ntitle: Mine\n---\n")
	h.event = map[string]any{"name": "push"}
	h.check("with a title", "a.jpg b.jpg", h.run(workflow))
	if page, err := os.ReadFile(filepath.Join(h.live, "index.html")); err != nil || !strings.Contains(string(page), "Mine") {
		t.Errorf("the title is not published: %v", err)
	}
}
