package command

import (
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// Every flag that needs a value must have an example that can be typed.
func TestExamples(t *testing.T) {
	o := options{flags: pflag.NewFlagSet("firstframe", pflag.ContinueOnError)}
	o.define()
	o.flags.VisitAll(func(f *pflag.Flag) {
		if f.NoOptDefVal != "" {
			return
		}
		flag := strings.TrimPrefix(example(f), "for example: ")
		name, value, _ := strings.Cut(flag, " ")
		if err := o.flags.Parse([]string{name, value}); err != nil || value == "" || name != "--"+f.Name {
			t.Errorf("the example %q cannot be typed: %v", flag, err)
		}
		if placeholder, _ := pflag.UnquoteUsage(f); strings.HasPrefix(value, placeholder) {
			t.Errorf("the example %q says nothing", flag)
		}
	})
	for name := range examples {
		if o.flags.Lookup(name) == nil {
			t.Errorf("there is no flag --%s", name)
		}
	}
}
