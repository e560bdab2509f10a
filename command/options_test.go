package command

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// TestReadmeFlags checks that the README names every flag and no other.
func TestReadmeFlags(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	must(t, err)
	_, table, _ := strings.Cut(string(readme), "\n## Flags\n")
	table, _, _ = strings.Cut(table, "\n## ")
	named := map[string]bool{}
	for _, match := range regexp.MustCompile("--([a-z][a-z-]+)").FindAllStringSubmatch(table, -1) {
		named[match[1]] = true
	}
	opts, _ := parseOptions([]string{"--version"}, strings.NewReader(""))
	known := map[string]bool{"help": true}
	opts.flags.VisitAll(func(f *pflag.Flag) { known[f.Name] = true })
	for name := range known {
		if !named[name] {
			t.Errorf("the README does not name --%s", name)
		}
	}
	for name := range named {
		if !known[name] {
			t.Errorf("the README names --%s, which does not exist", name)
		}
	}
}
