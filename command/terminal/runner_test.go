package terminal

import (
	"strings"
	"testing"
)

// A name in the summary must be no markup, link or mention.
func TestMarkdown(t *testing.T) {
	for in, want := range map[string]string{
		"wet sand":               "wet sand",
		"a|b":                    "a&#124;b",
		"[x](http://e.org)":      "&#91;x&#93;&#40;http&#58;&#47;&#47;e&#46;org&#41;",
		"@name\n# <b>":           "&#64;name &#35; &#60;b&#62;",
		"\u202e\x1b":             "",
		strings.Repeat("é", 400): strings.Repeat("é", MaxMarkdown) + "…",
	} {
		if got := Markdown(in); got != want {
			t.Errorf("Markdown(%q) = %q, want %q", in, got, want)
		}
	}
}
