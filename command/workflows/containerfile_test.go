package workflows

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// programFiles returns the files that the program is built from.
func programFiles(t *testing.T) []string {
	t.Helper()
	list, err := exec.Command("go", "list", "-deps", "-f",
		`{{if and .Module .Module.Main}}{{$d := .Dir}}{{range .GoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}{{range .EmbedFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}{{end}}`, root).Output()
	check(t, err)
	here, err := filepath.Abs(root)
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

// TestContainerfile checks that the container is built from all files of the program, and not from
// everything in the folder: that may hold private files.
func TestContainerfile(t *testing.T) {
	recipe, err := os.ReadFile(root + "/.github/Containerfile")
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
			t.Errorf("the Containerfile does not copy %s", name)
		}
	}
	if slices.Contains(sources, ".") {
		t.Error("the Containerfile copies everything in the folder")
	}
}
