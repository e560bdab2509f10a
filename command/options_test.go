package command

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
)

// TestDocumentedFlags checks that docs/settings.md has a row for each flag that is not a setting,
// and for no other. The settings are flags, too, and have a table of their own.
func TestDocumentedFlags(t *testing.T) {
	want := []string{"--help", "-h"}
	opts, _ := parseOptions([]string{"--version"}, strings.NewReader(""))
	opts.flags.VisitAll(func(f *pflag.Flag) {
		if isSetting(f) {
			return
		}
		want = append(want, "--"+f.Name)
		if f.Shorthand != "" {
			want = append(want, "-"+f.Shorthand)
		}
	})
	named := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| (`-.*?) \\|").FindAllStringSubmatch(section(t, "docs/settings.md", "Flags for one run"), -1) {
		for _, flag := range regexp.MustCompile("`(--?[a-z-]+)").FindAllStringSubmatch(row[1], -1) {
			named[flag[1]] = true
		}
	}
	var got []string
	for flag := range named {
		got = append(got, flag)
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/settings.md lists other flags than the command has (-command +document):\n%s", diff)
	}
}
