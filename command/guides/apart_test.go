//go:build unix

package guides

import (
	"cmp"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// apart lists the blocks that no test runs as they are, and why.
var apart = []struct{ guide, begins, why string }{
	{"docs/architecture.md", "flowchart TB", "it is a drawing"},
	{"CONTRIBUTING.md", "go run . --demo", "the demo is also in the README, and go test runs this test"},
	{"docs/publishing.md", "on: workflow_dispatch", "TestWorkflowExamples"},
	{"docs/large-galleries.md", "- name: Install rclone", "TestWorkflowExamples"},
	{"docs/themes.md", "{{with .AVIF}}", "TestPictureElement tests these lines in the program's own templates"},
	{"docs/themes.md", "{{with .AI}}", "TestLabels tests this line in the program's own templates"},
	{"docs/verify.md", ".ci/release-tools", "the tools take minutes to build; .ci/reproducible, which .ci/run runs, does the same"},
	{"docs/performance.md", "GOCACHE=", "it compiles everything once more; the demo is also in the README"},
	{"docs/publishing.md", "podman build", "it needs podman and an image from a registry; TestContainerfile reads the Containerfile"},
}

// testAllUsed checks that every block of code in the guides is used by TestFirstHour. Others are
// the recipes, which TestPublishingRecipes runs, messages, which TestQuotedMessages finds in the
// program, the commands for developers, and those in apart.
func testAllUsed(t *testing.T, guides map[string][]*block) {
	listed := map[int]int{}
	for guide, blocks := range guides {
		for _, b := range blocks {
			i := b.apart()
			recipe := (guide == "docs/publishing.md" || guide == "docs/large-galleries.md") && strings.HasPrefix(b.info, "sh ")
			message := (guide == "docs/troubleshooting.md" || guide == "docs/upgrading.md") && b.info == "text"
			if i >= 0 {
				listed[i]++
			}
			switch used := b.used.Load(); {
			case used && i >= 0:
				t.Errorf("%v is used: remove it from the list of those that are not", b)
			case !used && i < 0 && !recipe && !message && !b.isForDevelopers():
				t.Errorf("%v: no test runs it or uses it as a file. Extend TestFirstHour, or give a reason in apart_test.go", b)
			}
		}
	}
	for i, a := range apart {
		if listed[i] != 1 {
			t.Errorf("%d blocks of %s begin with %q, want one", listed[i], a.guide, a.begins)
		}
	}
}

// forDevelopers matches a command that runs tests or benchmarks.
var forDevelopers = regexp.MustCompile(`^((FIRSTFRAME_\w+=\S+ )?go test|go run \./bench/\w+|bench/[\w/]+)( |$)`)

// isForDevelopers reports whether all lines of a block are commands for developers, which
// TestCommandsOfDevelopers checks.
func (b *block) isForDevelopers() bool {
	return !slices.ContainsFunc(b.lines(), func(line string) bool { return !forDevelopers.MatchString(line) })
}

// apart returns the number of a block in the list, or -1.
func (b *block) apart() int {
	for i, a := range apart {
		if a.guide == b.guide && strings.HasPrefix(strings.TrimSpace(b.text), a.begins) {
			return i
		}
	}
	return -1
}

// TestCommandsOfDevelopers checks the commands for developers, which take too long to be run here:
// the tests, benchmarks, packages and programs that they name exist.
func TestCommandsOfDevelopers(t *testing.T) {
	checked := 0
	for _, blocks := range readGuides(t) {
		for _, b := range blocks {
			for _, line := range b.lines() {
				if !forDevelopers.MatchString(line) {
					continue
				}
				checked++
				if problem := wrongCommand(t, line); problem != "" {
					t.Errorf("%v: %s: %s", b, line, problem)
				}
			}
		}
	}
	if checked < 8 {
		t.Errorf("only %d commands found", checked)
	}
	for line, want := range map[string]string{
		"go test -run TestThatDoesNotExist ./command": "there is no such test",
		"go test -run '^$' -bench Nothing ./render":   "there is no such benchmark",
		"go run ./bench/nothing":                      "there is no such program",
		"bench/nothing":                               "there is no such program",
		"FIRSTFRAME_NOTHING=1 go test ./command":      "no test reads FIRSTFRAME_NOTHING",
	} {
		if got := wrongCommand(t, line); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

// wrongCommand returns what is wrong with a command for developers, or "".
func wrongCommand(t *testing.T, line string) string {
	t.Helper()
	words := strings.Fields(strings.ReplaceAll(line, "'", ""))
	variable := ""
	if name, _, ok := strings.Cut(words[0], "="); ok {
		variable, words = name, words[1:]
	}
	if words[0] != "go" || words[1] == "run" {
		program := words[0]
		if program == "go" {
			program = filepath.Join(words[2], "main.go")
		}
		if info, err := os.Stat(filepath.Join(root, program)); err != nil || words[0] != "go" && info.Mode()&0o111 == 0 {
			return "there is no such program"
		}
		return ""
	}
	source := testsIn(t, words[len(words)-1])
	shared, err := os.ReadFile(root + "/render/slowtest/slowtest.go")
	check(t, err)
	flag := func(name string) string {
		i := slices.Index(words, name)
		if i < 0 {
			return ""
		}
		return words[i+1]
	}
	finds := func(kind, pattern string) bool {
		named := regexp.MustCompile(pattern)
		return slices.ContainsFunc(regexp.MustCompile(`(?m)^func (`+kind+`\w*)\(`).FindAllStringSubmatch(source, -1),
			func(function []string) bool { return named.MatchString(function[1]) })
	}
	switch {
	case flag("-bench") == "" && !finds("Test", cmp.Or(flag("-run"), ".")):
		return "there is no such test"
	case flag("-bench") != "" && !finds("Benchmark", flag("-bench")):
		return "there is no such benchmark"
	case variable != "" && !strings.Contains(source+string(shared), `"`+variable+`"`):
		return "no test reads " + variable
	}
	return ""
}

// testsIn returns the tests of a package, or of all packages in a folder as in ./render/...
func testsIn(t *testing.T, packages string) string {
	t.Helper()
	dir, all := strings.CutSuffix(packages, "/...")
	var source strings.Builder
	check(t, filepath.WalkDir(filepath.Join(root, dir), func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && !all && name != filepath.Join(root, dir):
			return fs.SkipDir
		case !strings.HasSuffix(name, "_test.go"):
			return nil
		}
		data, err := os.ReadFile(name)
		source.Write(data)
		return err
	}))
	return source.String()
}

// workflowExample is a part of a workflow, as far as the tests look at it.
type workflowExample struct {
	Uses string            `yaml:"uses"`
	With map[string]string `yaml:"with"`
	Run  string            `yaml:"run"`
}

// TestWorkflowExamples checks the parts of workflows in the guides: the action has the inputs and
// outputs that they use, and the command that they add to the workflow of a gallery does what the
// guide says.
func TestWorkflowExamples(t *testing.T) {
	guides := readGuides(t)
	var action struct{ Inputs, Outputs map[string]any }
	data, err := os.ReadFile(root + "/action.yml")
	check(t, err)
	check(t, yaml.Unmarshal(data, &action))

	smallest := find(t, guides, "docs/publishing.md", "on: workflow_dispatch").text
	var whole struct {
		Jobs map[string]struct{ Steps []workflowExample }
	}
	check(t, yaml.Unmarshal([]byte(smallest), &whole))
	checked := 0
	for _, step := range whole.Jobs["build"].Steps {
		if step.Uses != "OWNER/firstframe@COMMIT" {
			continue
		}
		for input := range step.With {
			checked++
			if action.Inputs[input] == nil {
				t.Errorf("the action has no input %s", input)
			}
		}
	}
	for _, match := range regexp.MustCompile(`steps\.gallery\.outputs\.([\w-]+)`).FindAllStringSubmatch(smallest, -1) {
		checked++
		if action.Outputs[match[1]] == nil {
			t.Errorf("the action has no output %s", match[1])
		}
	}
	if checked < 2 {
		t.Errorf("only %d inputs and outputs found", checked)
	}

	if _, err := exec.LookPath("rclone"); err != nil && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	var more []workflowExample
	check(t, yaml.Unmarshal([]byte(find(t, guides, "docs/large-galleries.md", "- name: Put the pictures").text), &more))
	workflow, err := os.ReadFile(root + "/.github/workflows/gallery.yml")
	check(t, err)
	if !strings.Contains(string(workflow), "name: Put the site into the cache\n") {
		t.Error("the workflow has no step after which the guide wants another one")
	}
	dir := t.TempDir()
	check(t, os.MkdirAll(filepath.Join(dir, "out/media"), 0o755))
	check(t, os.WriteFile(filepath.Join(dir, "out/media/a.jpg"), []byte("a picture"), 0o644))
	cmd := exec.Command("bash", "-e", "-c", more[1].Run)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "BUCKET="+filepath.Join(dir, "bucket"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	moved, _ := os.ReadFile(filepath.Join(dir, "bucket/media/a.jpg"))
	if _, err := os.Stat(filepath.Join(dir, "out/media")); string(moved) != "a picture" || err == nil {
		t.Errorf("the pictures are not moved to the bucket: %q, %v", moved, err)
	}
}
