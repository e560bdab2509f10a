package slowtest

import (
	"flag"
	"testing"
)

// set gives a flag of package testing another value until the end of the test.
func set(t *testing.T, name, value string) {
	t.Helper()
	before := flag.Lookup(name).Value.String()
	if err := flag.Set(name, value); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = flag.Set(name, before) })
}

// TestRun checks when slow tests run.
func TestRun(t *testing.T) {
	for _, c := range []struct {
		tests, run string
		want       bool
	}{
		{"", "", false},
		{"", "^TestKill$", true},
		{"slow", "", true},
		{"all", "", true},
		{"fast", "", false},
	} {
		t.Setenv("FIRSTFRAME_TESTS", c.tests)
		set(t, "test.run", c.run)
		if got := Run(); got != c.want {
			t.Errorf("FIRSTFRAME_TESTS=%s -run %q: Run is %t", c.tests, c.run, got)
		}
		skipped := true
		t.Run("slow", func(t *testing.T) {
			Skip(t)
			skipped = false
		})
		if skipped == c.want {
			t.Errorf("FIRSTFRAME_TESTS=%s -run %q: skipped is %t", c.tests, c.run, skipped)
		}
	}
}

// TestStride checks that all cases run if they are asked for, and only then.
func TestStride(t *testing.T) {
	for tests, want := range map[string]int{"": 5, "slow": 5, "all": 1} {
		t.Setenv("FIRSTFRAME_TESTS", tests)
		if got := Stride(5); got != want {
			t.Errorf("FIRSTFRAME_TESTS=%s: a stride of %d, want %d", tests, got, want)
		}
	}
}
