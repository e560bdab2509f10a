package workflows

import (
	"os"
	"slices"
	"testing"

	"github.com/goccy/go-yaml"
)

// workflow, workflowJob, workflowStep and compositeAction hold the fields that the tests need.
type (
	workflow struct {
		On   map[string]any          `yaml:"on"`
		Env  map[string]any          `yaml:"env"`
		Jobs map[string]*workflowJob `yaml:"jobs"`

		Permissions map[string]string `yaml:"permissions"`
	}
	workflowJob struct {
		Needs       needs             `yaml:"needs"`
		If          string            `yaml:"if"`
		Permissions map[string]string `yaml:"permissions"`
		Outputs     map[string]string `yaml:"outputs"`
		Steps       []workflowStep    `yaml:"steps"`
		Uses        string            `yaml:"uses"`
		With        map[string]any    `yaml:"with"`
		Strategy    struct {
			Matrix map[string][]any `yaml:"matrix"`
		} `yaml:"strategy"`
	}
	workflowStep struct {
		ID              string         `yaml:"id"`
		Name            string         `yaml:"name"`
		If              string         `yaml:"if"`
		Uses            string         `yaml:"uses"`
		Run             string         `yaml:"run"`
		Shell           string         `yaml:"shell"`
		With            map[string]any `yaml:"with"`
		Env             map[string]any `yaml:"env"`
		ContinueOnError bool           `yaml:"continue-on-error"`
	}
	compositeAction struct {
		Inputs map[string]struct {
			Default  string `yaml:"default"`
			Required bool   `yaml:"required"`
		} `yaml:"inputs"`
		Outputs map[string]struct {
			Value string `yaml:"value"`
		} `yaml:"outputs"`
		Runs struct {
			Steps []workflowStep `yaml:"steps"`
		} `yaml:"runs"`
	}
)

// needs is one job or a list of jobs.
type needs []string

func (n *needs) UnmarshalYAML(data []byte) error {
	var one string
	if yaml.Unmarshal(data, &one) == nil {
		*n = needs{one}
		return nil
	}
	return yaml.Unmarshal(data, (*[]string)(n))
}

// readYAML reads a file and fails the test if that is not possible.
func readYAML[T any](t *testing.T, name string) *T {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	v := new(T)
	if err := yaml.Unmarshal(data, v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

// stepOf returns the step with an id.
func stepOf(t *testing.T, steps []workflowStep, id string) workflowStep {
	t.Helper()
	i := slices.IndexFunc(steps, func(s workflowStep) bool { return s.ID == id })
	if i < 0 {
		t.Fatalf("there is no step %s", id)
	}
	return steps[i]
}

// allSteps returns the steps of our action and of all jobs of all workflows.
func allSteps(t *testing.T) map[string][]workflowStep {
	t.Helper()
	steps := map[string][]workflowStep{actionFile: readYAML[compositeAction](t, actionFile).Runs.Steps}
	for _, name := range workflowFiles(t) {
		for job, j := range readYAML[workflow](t, name).Jobs {
			steps[name+" "+job] = j.Steps
		}
	}
	return steps
}
