package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"firstframe/render"
)

// parseOutputs reads a file of outputs as the runner does: a line
// name<<delimiter, the value, and the delimiter alone on a line.
func parseOutputs(t *testing.T, text string) map[string]string {
	t.Helper()
	outputs := map[string]string{}
	for text != "" {
		line, rest, _ := strings.Cut(text, "\n")
		name, delimiter, heredoc := strings.Cut(line, "<<")
		if !heredoc {
			name, value, ok := strings.Cut(line, "=")
			if !ok {
				t.Fatalf("no output: %q", line)
			}
			outputs[name], text = value, rest
			continue
		}
		value, after, ok := strings.Cut(rest, "\n"+delimiter+"\n")
		if !ok {
			t.Fatalf("the output %s has no end", name)
		}
		outputs[name], text = value, after
	}
	return outputs
}

// A folder's name may hold anything; it must not become another output.
func TestStepOutputs(t *testing.T) {
	hostile := "out\nEOF\nend-\nchanged=true\nchanged<<X\ntrue\nX"
	text := stepOutputs([][2]string{{"path", hostile}, {"changed", "false"}})
	outputs := parseOutputs(t, text)
	if len(outputs) != 2 || outputs["path"] != hostile || outputs["changed"] != "false" {
		t.Errorf("the outputs are %q", outputs)
	}
	if text == stepOutputs([][2]string{{"path", hostile}, {"changed", "false"}}) {
		t.Error("the delimiters can be guessed")
	}
}

// A name in the summary must be no markup, link or mention.
func TestMarkdownText(t *testing.T) {
	for in, want := range map[string]string{
		"wet sand":               "wet sand",
		"a|b":                    "a&#124;b",
		"[x](http://e.org)":      "&#91;x&#93;&#40;http&#58;&#47;&#47;e&#46;org&#41;",
		"@name\n# <b>":           "&#64;name &#35; &#60;b&#62;",
		"\u202e\x1b":             "",
		strings.Repeat("é", 400): strings.Repeat("é", longestMarkdown) + "…",
	} {
		if got := markdownText(in); got != want {
			t.Errorf("markdownText(%q) = %q, want %q", in, got, want)
		}
	}
}

// The runner refuses a summary of more than 1 MiB.
func TestSummarySize(t *testing.T) {
	g := &gallery{ui: &terminal{}, state: &render.State{}}
	g.opts.baseURL = "https://example.org/" + strings.Repeat("x", 2000) + "/"
	for i := range 20_000 {
		slug := fmt.Sprintf("%016x", i)
		g.state.Images = append(g.state.Images, render.Image{Slug: slug, Renditions: make([]render.Rendition, 1)})
		g.fresh = append(g.fresh, slug)
		g.result.Problems = append(g.result.Problems, problem{strings.Repeat("|", 500), strings.Repeat("\U0001f600", 9999)})
	}
	text := g.summary(3 << 30)
	if len(text) >= 1<<20 {
		t.Errorf("the summary has %d bytes", len(text))
	}
	if !strings.Contains(text, "| 3.2 GB, 300.0 % of the 1 GB") || strings.Count(text, "and 19,950 more") != 3 {
		t.Errorf("the summary is\n%s", regexp.MustCompile(`(?m)^- .*\n`).ReplaceAllString(text, ""))
	}
}
