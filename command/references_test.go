package command

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"firstframe/render/check"
)

// guides returns the README and all documents in docs/, by their paths from the root.
func guides(t *testing.T) map[string]document {
	t.Helper()
	names, err := filepath.Glob("../docs/*.md")
	must(t, err)
	all := map[string]document{}
	for _, name := range append(names, "../README.md") {
		all[strings.TrimPrefix(filepath.ToSlash(name), "../")] = readDocument(t, name)
	}
	if len(all) < 15 {
		t.Fatalf("only %d documents found", len(all))
	}
	return all
}

// othersFlags are flags in code spans that belong to other programs than firstframe, by document.
var othersFlags = map[string]string{
	"docs/performance.md": "--profile --runs --rate --latency --limit",         // of the programs in bench/
	"docs/publishing.md":  "--delete --include --exclude --filter --read-only", // of rsync, rclone and podman
	"docs/verify.md":      "--bundle",                                          // of gh
}

// usage of firstframe in a line of a script or in a code span.
var commandLine = regexp.MustCompile(`^(?:\./)?(?:firstframe|go run \.)(?: |$)`)

// TestFlagsInDocuments checks that every flag exists that a document names, alone or in a command.
func TestFlagsInDocuments(t *testing.T) {
	opts, _ := parseOptions([]string{"--version"}, strings.NewReader(""))
	known := map[string]bool{"--help": true, "-h": true}
	opts.flags.VisitAll(func(f *pflag.Flag) {
		known["--"+f.Name] = true
		known["-"+f.Shorthand] = f.Shorthand != ""
	})
	// The properties of the style sheet look like flags. TestStyleProperties checks them.
	sheet, err := os.ReadFile("../assets/style.css")
	must(t, err)
	for _, property := range regexp.MustCompile(`(?m)^ +(--[\w-]+):`).FindAllStringSubmatch(string(sheet), -1) {
		known[property[1]] = true
	}
	flag := regexp.MustCompile(`(?:^|\s)(--?[a-z][\w-]*)`)
	found := 0
	for name, doc := range guides(t) {
		others := strings.Fields(othersFlags[name])
		used := map[string]bool{}
		for _, text := range append(doc.spans, doc.lines...) {
			if !strings.HasPrefix(text, "-") && !commandLine.MatchString(text) {
				continue
			}
			text, _, _ = strings.Cut(text, " ||")
			text, _, _ = strings.Cut(text, " #")
			for _, match := range flag.FindAllStringSubmatch(text, -1) {
				found++
				used[match[1]] = true
				if !known[match[1]] && !slices.Contains(others, match[1]) {
					t.Errorf("%s names %s in %q, which does not exist", name, match[1], text)
				}
			}
		}
		for _, other := range others {
			if !used[other] {
				t.Errorf("%s does not name %s any more: remove it from othersFlags", name, other)
			}
		}
	}
	if found < 150 {
		t.Errorf("only %d flags found", found)
	}
}

// othersKeys are keys with a colon in code spans that belong to other files than those of an owner:
// workflows and style sheets.
var othersKeys = []string{"uses", "color-scheme"}

// TestKeysInDocuments checks that each key exists that a document names: a setting, a key of front
// matter, a field of --json, or an input of the action with a value. Except for inputs, those of
// more than one word have underscores.
func TestKeysInDocuments(t *testing.T) {
	known := append(append(settingNames(), othersKeys...), actionNames(t)...)
	for _, name := range []string{"content.go", "topics.go"} {
		source, err := os.ReadFile("../render/" + name)
		must(t, err)
		for _, tag := range regexp.MustCompile(`yaml:"(\w+)"`).FindAllStringSubmatch(string(source), -1) {
			known = append(known, tag[1])
		}
	}
	for _, form := range []any{result{}, problem{}, failedRun{}, checked{}, check.Finding{}} {
		known = append(known, jsonFields(form)...)
	}
	key := regexp.MustCompile(`^(?:([a-z]+(?:_[a-z]+)+)|([a-z_-]+): .*)$`)
	found := 0
	for name, doc := range guides(t) {
		texts := doc.spans
		for _, block := range doc.settings {
			for line := range strings.Lines(block) {
				texts = append(texts, strings.TrimSpace(line))
			}
		}
		for _, text := range texts {
			match := key.FindStringSubmatch(text)
			if match == nil {
				continue
			}
			found++
			if named := match[1] + match[2]; !slices.Contains(known, named) {
				t.Errorf("%s names %s in %q, which does not exist", name, named, text)
			}
		}
	}
	if found < 50 {
		t.Errorf("only %d keys found", found)
	}
}

// jsonFields returns the names of the fields of a struct in JSON.
func jsonFields(form any) []string {
	var names []string
	fields := reflect.TypeOf(form)
	for i := range fields.NumField() {
		name, _, _ := strings.Cut(fields.Field(i).Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

// TestExitCodesInDocuments checks that the table of exit codes is complete, and that no document
// names another one.
func TestExitCodesInDocuments(t *testing.T) {
	source, err := os.ReadFile("command.go")
	must(t, err)
	var codes []string
	for _, match := range regexp.MustCompile(`(?m)^\texit\w+ += (\d+)$`).FindAllStringSubmatch(string(source), -1) {
		codes = append(codes, match[1])
	}
	var listed []string
	table := section(t, "docs/troubleshooting.md", "Exit codes")
	for _, row := range regexp.MustCompile(`(?m)^\| (\d+) \|`).FindAllStringSubmatch(table, -1) {
		listed = append(listed, row[1])
	}
	if diff := cmp.Diff(codes, listed); diff != "" || len(codes) < 7 {
		t.Errorf("docs/troubleshooting.md has other exit codes than the command (-command +document):\n%s", diff)
	}
	for name, doc := range guides(t) {
		for _, match := range regexp.MustCompile(`\bexit(?:s with)?(?:\s+code)?\s+(\d+)`).FindAllStringSubmatch(doc.source, -1) {
			if !slices.Contains(codes, match[1]) {
				t.Errorf("%s says %q, and there is no such exit code", name, match[0])
			}
		}
	}
}

// section returns a section of a document, without its heading.
func section(t *testing.T, name, heading string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", name))
	must(t, err)
	_, rest, found := strings.Cut(string(text), "\n## "+heading+"\n")
	if !found {
		t.Fatalf("%s has no section %q", name, heading)
	}
	rest, _, _ = strings.Cut(rest, "\n## ")
	return rest
}

// actionNames returns the names of the inputs and outputs of the action.
func actionNames(t *testing.T) []string {
	t.Helper()
	data, err := os.ReadFile("../action.yml")
	must(t, err)
	var action struct{ Inputs, Outputs map[string]any }
	must(t, yaml.Unmarshal(data, &action))
	return slices.Concat(slices.Sorted(maps.Keys(action.Inputs)), slices.Sorted(maps.Keys(action.Outputs)))
}

// TestActionInDocuments checks that the inputs and outputs of the action exist that its section
// names.
func TestActionInDocuments(t *testing.T) {
	known, found := actionNames(t), 0
	for _, match := range regexp.MustCompile("`([a-z]+(?:-[a-z]+)*)`").FindAllStringSubmatch(section(t, "docs/publishing.md", "The action"), -1) {
		found++
		if !slices.Contains(known, match[1]) {
			t.Errorf("docs/publishing.md names %s, and the action has no such input or output", match[1])
		}
	}
	if found < 8 {
		t.Errorf("only %d inputs and outputs found", found)
	}
}

// ownersFolders are the folders that a document can name files in that are not in the repository:
// those of a gallery, those of a site, and that of a release.
var ownersFolders = strings.Fields("content theme static out demo page dist")

// exampleFiles are files that a document names as an example.
var exampleFiles = strings.Fields("408bcb3dfd75f908.md beach.md 2024/beach.jpg templates/_NAME.html templates/words/TAG.yaml templates/words/nl.yaml " +
	"templates/index.html templates/archive.html templates/month.html templates/tag.html .github/dependabot.yml")

// TestFilesInDocuments checks that every file and folder of the repository exists that a document
// names, and that the program knows the others.
func TestFilesInDocuments(t *testing.T) {
	var source strings.Builder
	for name, file := range goFiles(t) {
		if !strings.HasSuffix(name, "_test.go") {
			source.WriteString(file.text)
		}
	}
	named := map[string]bool{}
	for name, doc := range guides(t) {
		for _, path := range doc.paths {
			if strings.HasSuffix(path, ".txtar") {
				continue // TestFaultsAreTested
			}
			named[path] = true
			first, _, _ := strings.Cut(path, "/")
			_, err := os.Stat(filepath.Join("..", path))
			_, workflow := os.Stat(filepath.Join("../.github/workflows", path))
			if err == nil || workflow == nil || slices.Contains(ownersFolders, first) || slices.Contains(exampleFiles, path) {
				continue
			}
			if !strings.Contains(source.String(), `"`+strings.TrimSuffix(path, "/")+`"`) {
				t.Errorf("%s names %s, which does not exist", name, path)
			}
		}
	}
	if len(named) < 50 {
		t.Errorf("only %d paths found", len(named))
	}
	for _, path := range exampleFiles {
		if !named[path] {
			t.Errorf("no document names %s any more: remove it from exampleFiles", path)
		}
	}
}

// TestReadmeIsShort checks that the README has at most 9,000 bytes. What more there is to say
// belongs in docs/.
func TestReadmeIsShort(t *testing.T) {
	info, err := os.Stat("../README.md")
	must(t, err)
	if info.Size() > 9000 {
		t.Errorf("README.md has %d bytes", info.Size())
	}
}

// TestReadmeIsIndex checks that the README leads to every document.
func TestReadmeIsIndex(t *testing.T) {
	all := guides(t)
	for name := range all {
		if name != "README.md" && !slices.Contains(all["README.md"].links, name) {
			t.Errorf("README.md has no link to %s", name)
		}
	}
}

// TestQuotedMessages checks that the program says what the documents about troubles quote, letter
// by letter.
func TestQuotedMessages(t *testing.T) {
	messages, err := os.ReadFile(messagesFile)
	must(t, err)
	quoted := 0
	for _, name := range []string{"docs/troubleshooting.md", "docs/upgrading.md"} {
		for _, line := range readDocument(t, "../"+name).lines {
			message, ok := strings.CutPrefix(line, "firstframe: ")
			if !ok {
				continue
			}
			quoted++
			if !strings.Contains(string(messages), "\n    "+message+"\n") {
				t.Errorf("%s: the program does not say %q", name, message)
			}
		}
	}
	if quoted < 15 {
		t.Errorf("only %d lines are quoted", quoted)
	}
	for _, row := range regexp.MustCompile("(?m)^\\| (.*`.*`.*) \\| .* \\|$").FindAllStringSubmatch(section(t, "docs/troubleshooting.md", "A missing image, and other messages"), -1) {
		for _, part := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[1], -1) {
			if !strings.Contains(string(messages), part[1]) {
				t.Errorf("docs/troubleshooting.md: no message contains %q", part[1])
			}
		}
	}
}

// TestOneDrawing checks that the documents have exactly one drawing, in the one about the
// architecture.
func TestOneDrawing(t *testing.T) {
	for name, doc := range guides(t) {
		want := 0
		if name == "docs/architecture.md" {
			want = 1
		}
		if got := strings.Count(doc.source, "```mermaid\n"); got != want {
			t.Errorf("%s has %d drawings, want %d", name, got, want)
		}
	}
}

// TestDependenciesHaveReasons compares the modules in go.mod with the table that says what each is
// for.
func TestDependenciesHaveReasons(t *testing.T) {
	mod, err := os.ReadFile("../go.mod")
	must(t, err)
	var required, explained []string
	for _, match := range regexp.MustCompile(`(?m)^(?:require)?\s+(\S+\.\S+) v\S+$`).FindAllStringSubmatch(string(mod), -1) {
		required = append(required, match[1])
	}
	for _, link := range regexp.MustCompile(`https://(?:pkg\.go\.dev/)?([^)]+)`).FindAllStringSubmatch(section(t, "docs/architecture.md", "Dependencies"), -1) {
		explained = append(explained, link[1])
	}
	for _, module := range required {
		if !slices.ContainsFunc(explained, func(name string) bool { return module == name || strings.HasPrefix(module, name+"/") }) {
			t.Errorf("docs/architecture.md does not say what %s is for", module)
		}
	}
	for _, name := range explained {
		if !slices.ContainsFunc(required, func(module string) bool { return module == name || strings.HasPrefix(module, name+"/") }) {
			t.Errorf("docs/architecture.md explains %s, which go.mod does not require", name)
		}
	}
}

// TestStateVersionInDocuments checks that the guide names the version of the state.
func TestStateVersionInDocuments(t *testing.T) {
	source, err := os.ReadFile("../render/gallery/state.go")
	must(t, err)
	version := regexp.MustCompile(`(?m)^const stateVersion = (\d+)$`).FindStringSubmatch(string(source))
	if version == nil {
		t.Fatal("the version of the state is not found")
	}
	if text := section(t, "docs/upgrading.md", "The state"); !strings.Contains(text, "which is now "+version[1]+".") {
		t.Errorf("docs/upgrading.md does not say that the version of the state is %s", version[1])
	}
}
