package fetch

import (
	"strings"
	"testing"
)

// A part of a secret would not be known as one.
func TestCutWords(t *testing.T) {
	const n = 20
	for s, want := range map[string]string{
		"":                                  "",
		"as long as it may be":              "as long as it may be",
		"a dawn by user:1234-secret":        "a dawn by…",
		"a dawn\tuser:1234-secret":          "a dawn…",
		"user:1234-secret-of-twenty":        "",
		"ünïcödé " + strings.Repeat("é", 9): "ünïcödé…",
	} {
		if got := cutWords(s, n); got != want {
			t.Errorf("cutWords(%q) = %q, want %q", s, got, want)
		}
	}
}
