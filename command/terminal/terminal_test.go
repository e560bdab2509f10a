package terminal

import (
	"bytes"
	"strings"
	"testing"
	"unicode"

	"firstframe/fetch"
)

// What the service or a file name says must not break out of its line, nor
// speak to a CI runner, nor tell the token.
func TestClean(t *testing.T) {
	ui := &Terminal{Private: fetch.NewRedactor("user:1-token")}
	for in, want := range map[string]string{
		"a\n::add-mask::x":          "a ::add-mask::x",
		"##[error]x":                "# #[error]x",
		"a user:1-token b":          "a [redacted] b",
		"user%3A1-token":            "[redacted]",
		"Basic dXNlcjoxLXRva2Vu":    "Basic [redacted]",
		"user:1-\x00token":          "[redacted]",
		"red\x1b[31m":               "red[31m",
		"left\u202eright\u2028\x00": "leftright",
	} {
		if got := ui.Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}

// FuzzClean looks for text that breaks out of its line in a log, or speaks to
// the terminal or to the runner that shows it.
func FuzzClean(f *testing.F) {
	for _, s := range []string{"a\n::add-mask::x", "##[error]x", "\x1b[31m", "a\u202eb\u2028c", "::error::x", "#\u200b#[x", "%0A::x", "user:1-token"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, runner := range []bool{false, true} {
			var out bytes.Buffer
			ui := &Terminal{Stderr: &out, Runner: runner, Private: fetch.NewRedactor("user:1-token")}
			ui.Warn("%s", text)
			said := out.String()
			rest, whole := strings.CutSuffix(said, "\n")
			start := "firstframe: warning: "
			if runner {
				start = "::warning title=firstframe::"
			}
			if !whole || !strings.HasPrefix(rest, start) || strings.ContainsFunc(rest, unicode.IsControl) ||
				strings.Contains(rest, "##[") || strings.ContainsAny(rest, "\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069") ||
				strings.Contains(strings.ToLower(rest), "user:1-token") {
				t.Errorf("%q is said as %q", text, said)
			}
		}
	})
}

// A warning or a note that a run repeats from the run before it must be printed once, with its hint.
// It must be printed again if it comes back later.
func TestBeginAgain(t *testing.T) {
	var out bytes.Buffer
	ui := &Terminal{Stderr: &out}
	for run, want := range []int{1, 0, 0, 1} {
		out.Reset()
		if run != 2 {
			ui.Warn("%s is odd", "a.md")
			ui.Advise("write it differently", "%s is odd", "b.md")
			ui.Note("%s counts", "a flag")
		}
		for _, text := range []string{"warning: a.md is odd\n", "warning: b.md is odd\n", "hint: write it differently\n", "firstframe: a flag counts\n"} {
			if got := strings.Count(out.String(), text); got != want {
				t.Errorf("run %d prints %q %d times, want %d", run, text, got, want)
			}
		}
		ui.BeginAgain()
	}
}
