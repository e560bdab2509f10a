package plainyaml

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// libraryWords are words that only the parser's own messages have.
var libraryWords = []string{
	"token", "mapping", "sequence", "scalar", "unmarshal", "node", "undefined", "allowed in this context",
	"could not find", "reserved", "unexpected", "interface", "struct", "anchor", "alias", "convert", "panic", "runtime",
}

// FuzzDecode decodes any bytes. Whatever they are, there is no panic, every problem is one line with
// its place, and none is in the words of the parser.
//
//	go test -fuzz FuzzDecode ./render/plainyaml
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		"title: a: b\ntags: [a, {b: c}]", "hidden: yes\nweight: 1e9\ndates: {day: [a]}", "a: &b\n  - *b\n<<: !c d",
		"title: \"\\x\n- '\n? |\n  e\n\t: f", "%YAML\n---\n...\n@`", "tags:\n- \n\nwidths: [[[[[[[[[", "\ufeff\r\u2028:\x00",
		"{title: [}, a: ]", "count: -1\nany: {1: .inf, ~: .nan, [a]: 0o8}", "words:\n  a: >+2\n   b\n c: d",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		unknown, err := Decode("f", 2, []byte(source), &fields{})
		problems := slices.Clone(unknown)
		if err != nil {
			problems = append(problems, problemsOf(t, err)...)
		}
		lines := strings.Count(source, "\n") + strings.Count(source, "\r") + 2
		written := strings.ToLower(source)
		for _, p := range problems {
			if p.File != "f" || p.Line == 1 || p.Line > lines || p.Text == "" {
				t.Errorf("%q: %+v", source, p)
			}
			for _, word := range libraryWords {
				if strings.Contains(p.Text, word) && !strings.Contains(written, word) {
					t.Errorf("%q: %s", source, p.Text)
				}
			}
		}
	})
}

// FuzzQuoted decodes texts in the quotes that messages put them in. They must come back as they are,
// or else the advice in a message would be wrong.
//
//	go test -fuzz FuzzQuoted ./render/plainyaml
func FuzzQuoted(f *testing.F) {
	for _, s := range []string{"a: b", `it's "it"`, `C:\`, "#1 @home", "", "é – ’"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) || len(text) > MaxBytes/4 {
			return // values in messages come from one line
		}
		var got fields
		if _, err := Decode("f", 1, []byte("title: "+quoted(text)+"\n"), &got); err != nil || got.Title != text {
			t.Errorf("%s is %q, %v", quoted(text), got.Title, err)
		}
	})
}

// problemsOf returns the problems that Decode has joined.
func problemsOf(t *testing.T, err error) []Problem {
	t.Helper()
	var all []Problem
	var add func(error)
	add = func(err error) {
		switch err := err.(type) {
		case Problem:
			all = append(all, err)
		case interface{ Unwrap() []error }:
			for _, e := range err.Unwrap() {
				add(e)
			}
		default:
			t.Errorf("%v is no problem with a place, but a %T", err, err)
		}
	}
	add(err)
	return all
}
