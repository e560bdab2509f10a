// Package slowtest keeps an ordinary go test short. Tests that take seconds are left out of it, and
// some tests try only a part of their cases. CI runs everything.
package slowtest

import (
	"flag"
	"os"
	"testing"
)

// Run reports whether slow tests run: with FIRSTFRAME_TESTS=slow or all, and always when the flag
// -run says which tests are wanted.
func Run() bool {
	switch os.Getenv("FIRSTFRAME_TESTS") {
	case "slow", "all":
		return true
	}
	wanted := flag.Lookup("test.run")
	return wanted != nil && wanted.Value.String() != ""
}

// Skip ends a slow test, unless slow tests run.
func Skip(t testing.TB) {
	t.Helper()
	if !Run() {
		t.Skip("this test takes long: it runs in CI, with FIRSTFRAME_TESTS=slow, or with -run")
	}
}

// Stride returns the distance between the cases that a test tries: a number for ordinary tests, or
// 1 to try all of them, with FIRSTFRAME_TESTS=all.
func Stride(ordinary int) int {
	if os.Getenv("FIRSTFRAME_TESTS") == "all" {
		return 1
	}
	return ordinary
}
