package render

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"firstframe/render/media/mediatest"
)

// aliasBomb returns front matter in which each line stands for ten of the line before: a few
// hundred bytes for gigabytes.
func aliasBomb() string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := range 9 {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 10), ", "))
	}
	return b.String()
}

// Front matter that would take much time or memory is refused before it is parsed, because of its
// bytes, lines, depth or features. The error names file and line.
func TestHostileFrontMatter(t *testing.T) {
	for name, tt := range map[string]struct{ front, want string }{
		"a bomb of aliases":     {aliasBomb(), "images/a.md:2: a value that begins with & must be in quotes"},
		"an alias":              {"title: *Stars*", "images/a.md:2: a value that begins with * must be in quotes"},
		"an anchor":             {"title: a\nalt: &b c", "images/a.md:3: a value that begins with & must be in quotes"},
		"a merge key":           {"title: a\n<<: {alt: b}", "images/a.md:3: the key << must be in quotes"},
		"a tag":                 {"title: !!str a", "images/a.md:2: a value that begins with ! must be in quotes"},
		"a tag of a tag":        {"tags: " + strings.Repeat("!!a ", 1000), "images/a.md:2: a value that begins with ! must be in quotes"},
		"nested brackets":       {"tags: " + strings.Repeat("[", 30_000), "images/a.md:2: the YAML is nested more than 8 levels deep"},
		"nested braces":         {"tags: " + strings.Repeat("{a: ", 8_000), "images/a.md:2: the YAML is nested more than 8 levels deep"},
		"nested lists":          {"tags:\n" + strings.Repeat("- ", 15_000), "images/a.md:3: the YAML is nested more than 8 levels deep"},
		"nested lists in a row": {"tags: [" + strings.Repeat("- ", 15_000), "images/a.md:2: the YAML is nested more than 8 levels deep"},
		"nested keys":           {strings.Repeat("? ", 15_000), "images/a.md:2: the YAML is nested more than 8 levels deep"},
		"deeper on each line":   {deeperLines(200), "images/a.md:10: the YAML is nested more than 8 levels deep"},
		"many lines":            {"title: |\n " + strings.Repeat("\n", 30_000), "images/a.md: the YAML in it has more than 1,000 lines"},
		"many old lines":        {"title: |\n " + strings.Repeat("\r", 30_000), "images/a.md: the YAML in it has more than 1,000 lines"},
		"many bytes":            {"title: " + strings.Repeat("a", 33<<10), "images/a.md: the YAML in it is larger than 32 KiB"},
		"many tags":             {"tags: [" + strings.Repeat("a,", 15_000) + "]", "images/a.md: an image cannot have more than 200 tags"},
		"a long title":          {"title: " + strings.Repeat("é", 2500), "images/a.md: a text in the front matter is longer than 4.0 KiB"},
		"a huge number":         {"hidden: " + strings.Repeat("9", 30_000), "images/a.md:2: "},
		"a long key":            {strings.Repeat("k", 30_000) + ": 1", ""},
		"many keys":             {manyKeys(900), ""},
		"all that is usual":     {"title: a\nalt: \"*b* & <<\"\ntags:\n  - a\n  - b\nhidden: false\n", ""},
	} {
		before := mediatest.Allocated()
		_, _, err := LoadContent(fstest.MapFS{"images/a.md": {Data: []byte("---\n" + tt.front + "\n---\n")}})
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.want)) {
			t.Errorf("%s: got %.200v, want %q", name, err, tt.want)
		}
		if used := (mediatest.Allocated() - before) >> 20; used > 50 {
			t.Errorf("%s: %d MiB were allocated", name, used)
		}
	}
}

// deeperLines returns YAML that is nested n levels deep.
func deeperLines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%sk:\n", strings.Repeat(" ", i))
	}
	return b.String()
}

// manyKeys returns YAML with n keys.
func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "k%d: 1\n", i)
	}
	return b.String()
}

// The words of a theme have the same limits.
func TestHostileThemeWords(t *testing.T) {
	theme := t.TempDir()
	writeFile(t, filepath.Join(theme, "templates/words/de.yaml"), "pages:\n  a: &a x\n")
	_, _, err := LoadTheme(builtin, theme)
	want := filepath.ToSlash(theme) + "/templates/words/de.yaml:2: a value that begins with & must be in quotes"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
}
