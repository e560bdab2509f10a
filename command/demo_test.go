package command

import "testing"

// TestDemoSettings checks that the demo shows everything, except what the owner turns off.
func TestDemoSettings(t *testing.T) {
	t.Chdir(t.TempDir())
	prompts := func(args ...string) bool {
		t.Helper()
		o, err := parseOptions(append(args, "--demo"), nil)
		must(t, err)
		useDemo(&o, "http://127.0.0.1:1")
		if !o.clips {
			t.Error("there are no clips")
		}
		if o.idle != o.timeout {
			t.Errorf("a download that brings nothing ends after %v, and the pictures may still be drawn until %v", o.idle, o.timeout)
		}
		return o.prompts
	}
	if !prompts() || prompts("--prompts=false") {
		t.Error("the flag does not decide")
	}
	writeFiles(t, ".", map[string]string{"firstframe.yaml": "prompts: false\n"})
	if prompts() || !prompts("--prompts") {
		t.Error("the file of settings does not decide, or not without the flag")
	}
}
