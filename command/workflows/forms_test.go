package workflows

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// issueForm holds the fields of a form for issues that the tests need.
type issueForm struct {
	Name        string `yaml:"name"`
	Description string `yaml:"description"`
	Body        []struct {
		Type       string `yaml:"type"`
		ID         string `yaml:"id"`
		Attributes struct {
			Label       string   `yaml:"label"`
			Description string   `yaml:"description"`
			Value       string   `yaml:"value"`
			Options     []string `yaml:"options"`
		} `yaml:"attributes"`
		Validations struct {
			Required bool `yaml:"required"`
		} `yaml:"validations"`
	} `yaml:"body"`
}

// TestIssueForms checks that the forms are such that GitHub shows them, and that the form for bugs
// asks for what is needed to find one. GitHub leaves out a form with a mistake and says nothing.
func TestIssueForms(t *testing.T) {
	names, err := filepath.Glob(root + "/.github/ISSUE_TEMPLATE/*.yml")
	check(t, err)
	forms := 0
	for _, name := range names {
		if filepath.Base(name) == "config.yml" {
			continue
		}
		forms++
		form := readYAML[issueForm](t, name)
		if form.Name == "" || form.Description == "" {
			t.Errorf("%s has no name or no description", name)
		}
		questions := 0
		seen := map[string]bool{}
		for _, part := range form.Body {
			a := part.Attributes
			switch {
			case part.Type == "markdown":
				if a.Value == "" || part.ID != "" {
					t.Errorf("%s: a text has no value, or an id", name)
				}
				continue
			case !slices.Contains([]string{"input", "textarea", "dropdown"}, part.Type) || a.Label == "" || part.ID == "" || seen[part.ID]:
				t.Errorf("%s: the question %q (%s) has a wrong type, no label, or no id of its own", name, part.ID, part.Type)
			case (part.Type == "dropdown") != (len(a.Options) > 0):
				t.Errorf("%s: %s has %d options", name, part.ID, len(a.Options))
			}
			questions++
			seen[part.ID] = true
			if part.ID == "output" && (!strings.Contains(a.Description, "-v never prints your token") || !part.Validations.Required) {
				t.Errorf("%s does not insist on the output, or does not say that -v never prints the token", name)
			}
		}
		if questions == 0 {
			t.Errorf("%s asks nothing", name)
		}
		if filepath.Base(name) == "bug.yml" && !(seen["output"] && seen["version"] && seen["installed"]) {
			t.Errorf("%s asks only for %v", name, seen)
		}
	}
	if forms != 2 {
		t.Errorf("%d forms found, want 2", forms)
	}
}
