package plainyaml

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// dates are keys of their own.
type dates struct {
	Day    string   `yaml:"day"`
	Months []string `yaml:"months"`
}

// count is a type that decodes itself.
type count int

func (c *count) UnmarshalYAML(decode func(any) error) error {
	var n int
	if err := decode(&n); err != nil {
		return err
	}
	if n < 0 {
		return errors.New("it is negative")
	}
	*c = count(n)
	return nil
}

// fields are all kinds of fields.
type fields struct {
	Title   string            `yaml:"title"`
	Alt     string            `yaml:"alt"`
	Tags    []string          `yaml:"tags"`
	Hidden  *bool             `yaml:"hidden"`
	Weight  int               `yaml:"weight"`
	Dates   dates             `yaml:"dates"`
	Words   map[string]string `yaml:"words"`
	Widths  []int             `yaml:"widths"`
	Count   count             `yaml:"count"`
	Any     any               `yaml:"any"`
	Private string            `yaml:"-"`
}

// What owners write means what they expect.
func TestDecode(t *testing.T) {
	yes, no := true, false
	for source, want := range map[string]fields{
		"":                                       {},
		"title: # todo\nalt: ## todo\ntags: #\n": {},
		"# nothing\n":                            {},
		"---\ntitle: a\n":                        {Title: "a"},
		"title: Low tide # at noon\nalt:\n":      {Title: "Low tide"},
		"title: 2024\nalt: 007":                  {Title: "2024", Alt: "007"},
		"title: 2024-10-31\nalt: 1.50":           {Title: "2024-10-31", Alt: "1.50"},
		"title: true\nalt: 'it''s'":              {Title: "true", Alt: "it's"},
		"title: \"a: \\\"b\\\"\"\nalt: a:b":      {Title: `a: "b"`, Alt: "a:b"},
		"title: |\n  a\n  b\nalt: >- # folded\n  c\n  d\n": {Title: "a\nb\n", Alt: "c d"},
		"tags: [sea, 2024, ]\nhidden: true":                {Tags: []string{"sea", "2024"}, Hidden: &yes},
		"tags:\n- \n- sea\nhidden: false":                  {Tags: []string{"", "sea"}, Hidden: &no},
		"tags: []\nhidden: ~":                              {Tags: []string{}},
		"weight: -3\nwidths: [480, 0x10]":                  {Weight: -3, Widths: []int{480, 16}},
		"dates: {day: a, months: [b]}":                     {Dates: dates{"a", []string{"b"}}},
		"dates:\n    day: a\nwords:\n    1: b\n    no: c":  {Dates: dates{Day: "a"}, Words: map[string]string{"1": "b", "no": "c"}},
		"count: 3\nany: {a: [1, b, true, 1.5]}":            {Count: 3, Any: map[string]any{"a": []any{uint64(1), "b", true, 1.5}}},
		"{\"title\": \"a\", \"tags\": [\"b\"]}":            {Title: "a", Tags: []string{"b"}},
		"title: a\r\nhidden: true\r\ntags:\r\n- b\r\n":     {Title: "a", Hidden: &yes, Tags: []string{"b"}},
	} {
		var got fields
		unknown, err := Decode("f", 1, []byte(source), &got)
		if err != nil || unknown != nil {
			t.Errorf("%q: %v, %v", source, unknown, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %+v, want %+v", source, got, want)
		}
	}
}

// adviceForm finds what a message says to write.
var adviceForm = regexp.MustCompile(`: write (\w+: .+)$`)

// advised has the fields that messages give advice about, without those in other fields.
type advised struct {
	fields `yaml:",inline"`
	Day    string `yaml:"day"`
}

// Every mistake is explained in words that say what to write, with the line of the file.
func TestProblems(t *testing.T) {
	for _, tt := range [][2]string{
		{"hidden: yes", `f:2: hidden must be true or false, not "yes": write hidden: true`},
		{"hidden: Off", `f:2: hidden must be true or false, not "Off": write hidden: false`},
		{"hidden: \"true\"", `f:2: hidden must be true or false, not text in quotes ("true"): write hidden: true`},
		{"hidden: maybe", `f:2: hidden must be true or false, not "maybe"`},
		{"hidden: [true]", `f:2: hidden must be true or false, not a list`},
		{"tags: sea", "f:2: tags must be a list: write tags: [sea]"},
		{"tags: sea, low tide,", "f:2: tags must be a list: write tags: [sea, low tide]"},
		{"tags: \"a [b\"", "f:2: tags must be a list: write tags: [first, second]"},
		{"tags:\n  a: b", "f:3: tags must be a list: write tags: [first, second]"},
		{"tags: [a, [b]]", "f:2: each item of tags must be text, not a list: put it in quotes"},
		{"tags: [a b: c]", "f:2: each item of tags must be text, not keys and values: put it in quotes"},
		{"tags:\n- a\n- b: c", "f:4: each item of tags must be text, not keys and values: put it in quotes"},
		{"tags:\n- a\n-\n\nhidden: true", "f:4: an item of tags is empty: remove its -"},
		{"title: [draft]", `f:2: title must be text, not a list: write title: "[draft]"`},
		{"title: {a}", `f:2: title must be text, not keys and values: write title: "{a}"`},
		{"title:\n- a", "f:3: title must be text, not a list"},
		{"title:\n  a: b", "f:3: title must be text, not keys and values"},
		{"weight: ten", `f:2: weight must be a whole number, not "ten"`},
		{"weight: 1.5", `f:2: weight must be a whole number, not "1.5"`},
		{"weight: 2024-10-31", `f:2: weight must be a whole number, not "2024-10-31"`},
		{"weight: 9999999999999999999", "f:2: weight is too large a number: 9999999999999999999"},
		{"widths: [480, big]", `f:2: each item of widths must be a whole number, not "big"`},
		{"widths: 480", "f:2: widths must be a list: write widths: [480]"},
		{"dates: a", `f:2: dates must have keys of its own, indented in the lines below it, not "a"`},
		{"dates:\n  day: [a]", `f:3: dates.day must be text, not a list: write day: "[a]"`},
		{"words: [a]", "f:2: words must have keys of its own, indented in the lines below it, not a list"},
		{"count: -1", "f:2: count: it is negative"},
		{"count: a", `f:2: count must be a whole number, not "a"`},
		{"title: a\nalt: b\ntitle: c", "f:4: title is here twice, first in line 2: remove one of them"},
		{"words: {a: b, a: c}", "f:2: words.a is here twice, first in line 2: remove one of them"},

		{"title: a: b", `f:2: a value with ": " in it must be in quotes: write title: "a: b"`},
		{"alt: a\ntitle: say \"a\": b", `f:3: a value with ": " in it must be in quotes: write title: 'say "a": b'`},
		{"title: a:", `f:2: a value with ": " in it must be in quotes: write title: "a:"`},
		{"alt: a\ntitle: @home", `f:3: a value that begins with @ must be in quotes: write title: "@home"`},
		{"title: `a`", "f:2: a value that begins with ` must be in quotes: write title: \"`a`\""},
		{"title: %a", `f:2: a value that begins with % must be in quotes: write title: "%a"`},
		{"title: *Stars*", `f:2: a value that begins with * must be in quotes: write title: "*Stars*"`},
		{"title: &b c", `f:2: a value that begins with & must be in quotes: write title: "&b c"`},
		{"title: !a", `f:2: a value that begins with ! must be in quotes: write title: "!a"`},
		{"tags:\n- a: b: c", `f:3: a value with ": " in it must be in quotes: write a: "b: c"`},
		{"tags: [*a]", "f:2: a value that begins with * must be in quotes"},
		{"title: > a", `f:2: a value that begins with > must be in quotes: write title: "> a"`},
		{"title: | a", `f:2: a value that begins with | must be in quotes: write title: "| a"`},
		{"title: ]a", `f:2: a value that begins with ] must be in quotes: write title: "]a"`},
		{"title: - a", `f:2: a value that begins with "- " must be in quotes: write title: "- a"`},
		{"<<: {title: a}", "f:2: the key << must be in quotes"},
		{"title: \"a\nalt: b", `f:2: the quotation mark " is not closed: write title: "a"`},
		{"title: 'a\nalt: b", `f:2: the quotation mark ' is not closed: write title: "a"`},
		{"title: 'it's'", `f:2: a value with ' in it must be in double quotes: write title: "it's"`},
		{"title: \"a\" b", `f:2: nothing can follow the quotation mark that closes a value: put all of it in quotes: write title: '"a" b'`},
		{`title: "C:\q"`, `f:2: in double quotes, \ has a meaning of its own: use single quotes: write title: 'C:\q'`},
		{`title: "C:\"`, `f:2: in double quotes, \ has a meaning of its own: use single quotes: write title: 'C:\'`},
		{"tags: [a, b\nalt: c", "f:2: a ] is missing at the end: write tags: [a, b]"},
		{"tags: [a,\n  b\nalt: c", "f:2: a ] is missing at the end"},
		{"tags: [a, b", "f:2: a ] is missing at the end: write tags: [a, b]"},
		{"words: {a: b\nalt: c", "f:2: a } is missing at the end: write words: {a: b}"},
		{"title: [draft] sea", `f:2: a value that begins with [ must be in quotes: write title: "[draft] sea"`},
		{"tags: [a, \"b]\nalt: c", `f:2: a quotation mark " is not closed`},
		{"title: #1 of all", `f:2: a value that begins with # must be in quotes, because # begins a comment: write "#1 of all"`},
		{"tags:\n- #sea\n- #low tide", `f:3: a value that begins with # must be in quotes, because # begins a comment: write "#sea"` + "\n" +
			`f:4: a value that begins with # must be in quotes, because # begins a comment: write "#low tide"`},
		{"tags: [#sea, #tide]", `f:2: an item that begins with # must be in quotes, because # begins a comment: write "#first", "#second"`},
		{"title: a\n- alt: b", "f:3: a line that begins with - needs a key above it, as in tags:"},
		{"\ttitle: a", "f:2: a line cannot begin with a tab: use spaces"},
		{"tags:\n\t- a", "f:3: a line cannot begin with a tab: use spaces"},
		{"title: a\n alt: b", "f:3: alt is indented more than title: begin both in the same column"},
		{" title: a\nalt: b", "f:3: alt does not begin in the same column as the keys above it"},
		{"title A hill", "f:2: each line must have the form key: value"},
		{"title:A hill", "f:2: a colon needs a space after it: write title: A hill"},
		{"alt: a\ntitle:A hill", "f:3: a colon needs a space after it: write title: A hill"},
		{"- a\n- b", "f:2: each line must have the form key: value"},
		{"title: a\n- b", "f:3: a line that begins with - needs a key above it, as in tags:"},
		{"tags: -a\n-b", "f:3: an item needs a space after the -: write - b"},
		{"title: a\nb", "f:3: there is no key in this line: write key: value, or indent it if it belongs to the line above"},
		{": a", "f:2: there is no key before the colon: write key: value"},
		{"[a]: b", "f:2: a key must be a plain word: write key: value"},
		{"title: a\n---\nalt: b", "f:4: a line of --- or ... or one that begins with % cannot be here: remove it"},
		{"%YAML 1.2\n---\ntitle: a", "f:2: a line of --- or ... or one that begins with % cannot be here: remove it"},
	} {
		_, err := Decode("f", 2, []byte(tt[0]), &fields{})
		if err == nil || err.Error() != tt[1] {
			t.Errorf("%q:\n got %v\nwant %s", tt[0], err, tt[1])
		}
		if advice := adviceForm.FindStringSubmatch(tt[1]); advice != nil {
			if _, err := Decode("f", 1, []byte(advice[1]), &advised{}); err != nil {
				t.Errorf("%q: the advice is a mistake, too: %v", tt[0], err)
			}
		}
	}
}

// All problems are reported at once, in the order of their lines, and so are all unknown keys.
func TestAllProblems(t *testing.T) {
	source := "titel: a\nhidden: yes\ndates:\n  dya: a\n  months: b\nauthor: me\ntags: c\nPrivate: d\n"
	unknown, err := Decode("a/b.md", 2, []byte(source), &fields{})
	want := `a/b.md:3: hidden must be true or false, not "yes": write hidden: true
a/b.md:6: dates.months must be a list: write months: [b]
a/b.md:8: tags must be a list: write tags: [c]`
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
	var lines []string
	for _, p := range unknown {
		lines = append(lines, p.Error())
	}
	want = `a/b.md:2: there is no key titel; did you mean title?
a/b.md:5: there is no key dates.dya; did you mean dates.day?
a/b.md:7: there is no key author; the keys are alt, any, count, dates, hidden, tags, title, weight, widths, words
a/b.md:9: there is no key Private; the keys are alt, any, count, dates, hidden, tags, title, weight, widths, words`
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	var problem Problem
	if !errors.As(err, &problem) || problem.Line != 3 || problem.File != "a/b.md" {
		t.Errorf("the first problem is %+v", problem)
	}
}

// A file with a thousand mistakes must not fill the screen, or the memory.
func TestManyProblems(t *testing.T) {
	var source strings.Builder
	for i := range 400 {
		fmt.Fprintf(&source, "k%d: a\n", i)
	}
	source.WriteString("words:\n" + strings.Repeat("  a: [b]\n", 400))
	unknown, err := Decode("f", 1, []byte(source.String()), &fields{})
	if n := len(problemsOf(t, err)); len(unknown) != MaxProblems || n != MaxProblems {
		t.Errorf("%d unknown keys and %d problems, want %d of each", len(unknown), n, MaxProblems)
	}
}

// The lines of the keys are those of the file, whichever editor wrote it.
func TestLines(t *testing.T) {
	want := map[string]int{"title": 1, "tags": 3, "alt": 5}
	for _, source := range []string{
		"title: a\n\ntags:\n- b\nalt: c\n",
		"\ufefftitle: a\r\n\r\ntags:\r\n- b\r\nalt: c\r\n",
		"title: a\r\rtags:\r- b\ralt: c\r",
	} {
		if got := Lines([]byte(source)); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %v, want %v", source, got, want)
		}
	}
	if got := Lines([]byte("title: a: b")); got != nil {
		t.Errorf("got %v for what cannot be read", got)
	}
}
