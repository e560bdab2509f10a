package plainyaml

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// The parser's messages are about its own work. What an owner got wrong is easier to see in the
// line itself.

// pairForm matches a line with a key: its indentation, the key, and the value.
var pairForm = regexp.MustCompile(`^([ \t]*(?:- +)*)("[^"]*"|'[^']*'|[^\s:#"'\[\]{},-][^:]*?)[ \t]*:(?:[ \t]+(.*?))?[ \t]*$`)

// blockForm matches the mark after which a text begins on the next line.
var blockForm = regexp.MustCompile(`^[|>][-+0-9]*([ \t]+#.*)?$`)

// pair is a line with a key.
type pair struct{ indent, key, value string }

// pairOf takes a line apart. ok is false if it has no key.
func pairOf(line string) (p pair, ok bool) {
	m := pairForm.FindStringSubmatch(line)
	if m == nil {
		return pair{}, false
	}
	return pair{m[1], m[2], m[3]}, true
}

// write returns what to write instead of the value of the pair.
func (p pair) write(value string) string { return write(p.key, value) }

// lineAt returns a line, which is counted from 1, or "".
func lineAt(lines []string, n int) string {
	if n < 1 || n > len(lines) {
		return ""
	}
	return lines[n-1]
}

// opensBlock reports whether nothing but a comment follows the mark of a text in several lines. The
// parser ignores what follows.
func (d *decoder) opensBlock(n *ast.LiteralNode) bool {
	t := n.Start.Position
	line := []rune(lineAt(d.lines, t.Line))
	return t.Column < 1 || t.Column > len(line) || blockForm.MatchString(strings.TrimRight(string(line[t.Column-1:]), " \t"))
}

// written returns a value as it is written in the line of its key, or "" if it begins below.
func (d *decoder) written(key string, n ast.Node) string {
	p, _ := pairOf(lineAt(d.lines, lineOf(n)))
	if p.key != key {
		return ""
	}
	return p.value
}

// hashtagForm matches a line whose value looks like a hashtag. YAML takes it for a comment. Comments
// of owners have a blank after the #.
var hashtagForm = regexp.MustCompile(`(?:^|: |:\t)[ \t]*(?:- +)?(#[^\s#].*?)[ \t]*$`)

// hashtag returns the value of a line if it was probably meant as text and not as a comment, or "".
func hashtag(line string) string {
	if m := hashtagForm.FindStringSubmatch(line); m != nil {
		return short(m[1])
	}
	return ""
}

// explainSign returns the problem with a value that begins with a sign that has a meaning in YAML.
func explainSign(lines []string, n int, sign string) *Problem {
	if sign == "<<" {
		return &Problem{Line: n, Text: "the key << must be in quotes"}
	}
	text := fmt.Sprintf("a value that begins with %s must be in quotes", sign)
	if p, ok := pairOf(lineAt(lines, n)); ok && strings.HasPrefix(p.value, sign) {
		text += p.write(quoted(p.value))
	}
	return &Problem{Line: n, Text: text}
}

// explain returns the most likely reason why YAML cannot be parsed. n is the line at which the
// parser gave up, or 0.
func explain(lines []string, n int) *Problem {
	line := lineAt(lines, n)
	if n == 0 || line == "" {
		return &Problem{Line: n, Text: "this YAML cannot be read: write each line in the form key: value, and put the values in quotes"}
	}
	if strings.Contains(line[:len(line)-len(strings.TrimLeft(line, " \t"))], "\t") {
		return &Problem{Line: n, Text: "a line cannot begin with a tab: use spaces"}
	}
	if open := unclosedAbove(lines, n); open != nil {
		return open
	}
	p, ok := pairOf(line)
	if !ok {
		return &Problem{Line: n, Text: explainLine(lines, n)}
	}
	if text := explainValue(p); text != "" {
		return &Problem{Line: n, Text: text}
	}
	if strings.Contains(p.indent, "-") {
		return &Problem{Line: n, Text: explainLine(lines, n)}
	}
	// The value goes on in the next line if that is indented.
	for next := n + 1; next <= len(lines); next++ {
		below, ok := pairOf(lineAt(lines, next))
		if ok && len(below.indent) > len(p.indent) {
			return &Problem{Line: next, Text: fmt.Sprintf("%s is indented more than %s: begin both in the same column", shown(below.key), shown(p.key))}
		}
		if strings.TrimSpace(lineAt(lines, next)) != "" {
			break
		}
	}
	return &Problem{Line: n, Text: fmt.Sprintf("%s does not begin in the same column as the keys above it", shown(p.key))}
}

// explainValue returns what is wrong with a value, or "".
func explainValue(p pair) string {
	v := p.value
	if v == "" {
		return ""
	}
	switch v[0] {
	case '"', '\'':
		return explainQuotes(p)
	case '[', '{':
		return explainBrackets(p)
	}
	switch {
	case strings.ContainsAny(v[:1], "@`%|>&*!]},"):
		return fmt.Sprintf("a value that begins with %s must be in quotes%s", v[:1], p.write(quoted(v)))
	case strings.HasPrefix(v, "- ") || strings.HasPrefix(v, "? "):
		return fmt.Sprintf("a value that begins with %q must be in quotes%s", v[:2], p.write(quoted(v)))
	case strings.Contains(v, ": ") || strings.Contains(v, ":\t") || strings.HasSuffix(v, ":"):
		return `a value with ": " in it must be in quotes` + p.write(quoted(v))
	}
	return ""
}

// explainQuotes returns what is wrong with a value that begins with a quotation mark.
func explainQuotes(p pair) string {
	mark, inner, end := p.value[:1], p.value[1:], closing(p.value)
	if end > 0 {
		inner = p.value[1 : end-1]
	}
	switch {
	case mark == `"` && strings.Contains(inner, `\`):
		return `in double quotes, \ has a meaning of its own: use single quotes` + p.write(quoted(strings.TrimSuffix(inner, mark)))
	case end == 0:
		return fmt.Sprintf("the quotation mark %s is not closed%s", mark, p.write(quoted(inner)))
	case mark == "'" && end < len(p.value) && strings.HasSuffix(p.value, mark):
		return "a value with ' in it must be in double quotes" + p.write(quoted(p.value[1:len(p.value)-1]))
	case end < len(p.value):
		return "nothing can follow the quotation mark that closes a value: put all of it in quotes" + p.write(quoted(p.value))
	}
	return ""
}

// closers are the brackets that close others.
var closers = map[byte]string{'[': "]", '{': "}"}

// explainBrackets returns what is wrong with a value that begins with a bracket.
func explainBrackets(p pair) string {
	closes := closers[p.value[0]]
	if strings.Count(p.value, `"`)%2 == 1 {
		return `a quotation mark " is not closed`
	}
	if strings.Contains(p.value, "[#") || strings.Contains(p.value, " #") {
		return `an item that begins with # must be in quotes, because # begins a comment: write "#first", "#second"`
	}
	if !strings.Contains(p.value, closes) {
		return fmt.Sprintf("a %s is missing at the end%s", closes, p.write(p.value+closes))
	}
	if !strings.HasSuffix(p.value, closes) {
		return fmt.Sprintf("a value that begins with %s must be in quotes%s", p.value[:1], p.write(quoted(p.value)))
	}
	return fmt.Sprintf("the items between %s and %s must be separated by commas, and in quotes if they contain other signs", p.value[:1], closes)
}

// unclosedAbove returns the problem of a bracket that begins in the lines above and is not closed
// before line n. The parser gives up only where the next key is.
func unclosedAbove(lines []string, n int) *Problem {
	for above := n - 1; above > 0; above-- {
		p, ok := pairOf(lineAt(lines, above))
		if !ok {
			continue
		}
		if p.value == "" || p.value[0] != '[' && p.value[0] != '{' {
			return nil
		}
		closes := closers[p.value[0]]
		if strings.Contains(strings.Join(lines[above-1:n-1], "\n"), closes) {
			return nil
		}
		text := fmt.Sprintf("a %s is missing at the end", closes)
		if above == n-1 {
			text += p.write(p.value + closes)
		}
		return &Problem{Line: above, Text: text}
	}
	return nil
}

// explainLine returns what is wrong with a line that has no key.
func explainLine(lines []string, n int) string {
	line := strings.TrimSpace(lineAt(lines, n))
	key, value, colon := strings.Cut(line, ":")
	_, follows := pairOf(lineAt(lines, n-1))
	switch {
	case strings.HasPrefix(line, "- "):
		return "a line that begins with - needs a key above it, as in tags:"
	case strings.HasPrefix(line, "-") && len(line) > 1:
		return "an item needs a space after the -: write - " + short(strings.TrimLeft(line, "-"))
	case colon && key == "":
		return "there is no key before the colon: write key: value"
	case colon && plainWord.MatchString(key):
		return "a colon needs a space after it" + write(key, value)
	case colon:
		return "a key must be a plain word: write key: value"
	case strings.ContainsAny(line[:1], "]}"):
		return fmt.Sprintf("the %s closes nothing", line[:1])
	case follows:
		return "there is no key in this line: write key: value, or indent it if it belongs to the line above"
	}
	return "there is no key in this line: write key: value"
}

// closing returns the length of the value up to the mark that closes it, or 0 if there is none.
func closing(value string) int {
	for i := 1; i < len(value); i++ {
		switch {
		case value[0] == '"' && value[i] == '\\':
			i++
		case value[i] != value[0]:
		case value[0] == '\'' && strings.HasPrefix(value[i+1:], "'"):
			i++
		default:
			return i + 1
		}
	}
	return 0
}
