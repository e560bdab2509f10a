package command

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// licensesFile is in every archive of a release: the licenses of the modules ask for that.
const licensesFile = "../docs/licenses.txt"

// licenseName matches the files of a module that say under which terms it may be used.
var licenseName = regexp.MustCompile(`(?i)^(licen[sc]e|copying|notice)(\.\w+)?$`)

// TestLicenses compares the list of licenses with those of the modules in the program, on all
// systems that it is released for. The following command writes the list:
//
//	go test ./command -run TestLicenses -update
func TestLicenses(t *testing.T) {
	modules := map[string]string{} // folders by path
	for _, system := range []string{"linux", "darwin", "windows"} {
		list := exec.Command("go", "list", "-tags", "nodynamic", "-deps", "-f", `{{with .Module}}{{if not .Main}}{{.Path}} {{.Dir}}{{end}}{{end}}`, "firstframe")
		list.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		out, err := list.Output()
		must(t, err)
		for line := range strings.Lines(string(out)) {
			if path, dir, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
				modules[path] = dir
			}
		}
	}
	users := map[string][]string{} // modules by their terms
	for module, dir := range modules {
		entries, err := os.ReadDir(dir)
		must(t, err)
		terms := ""
		for _, entry := range entries {
			if licenseName.MatchString(entry.Name()) {
				data, err := os.ReadFile(filepath.Join(dir, entry.Name()))
				must(t, err)
				terms += "\n" + strings.TrimSpace(strings.ReplaceAll(string(data), "\r\n", "\n")) + "\n"
			}
		}
		if terms == "" {
			t.Errorf("%s has no license", module)
		}
		users[terms] = append(users[terms], module)
	}
	var parts []string
	for terms, modules := range users {
		slices.Sort(modules)
		for i, module := range modules {
			if module == "golang.org/x/sys" { // has the terms of Go itself
				modules = slices.Insert(modules, i, "Go")
				break
			}
		}
		parts = append(parts, fmt.Sprintf("%s\n%s", strings.Join(modules, "\n"), terms))
	}
	slices.Sort(parts)
	want := []byte("The program firstframe contains Go and the modules below. These are their licenses.\n\n" +
		strings.Join(parts, "\n"+strings.Repeat("=", 80)+"\n\n"))
	if *update {
		must(t, os.WriteFile(licensesFile, want, 0o644))
	}
	if got, err := os.ReadFile(licensesFile); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is stale: run go test ./command -run TestLicenses -update", licensesFile)
	}
}
