// Package plainyaml decodes the YAML that owners write: front matter, settings, and the words of a
// theme. It reads strictly, and its errors say in plain words what to write instead.
//
//	plainyaml.go  Decode, and what a problem is
//	tokens.go     refuses YAML that would take too long, and features that nobody needs here
//	fields.go     fills the fields, and says which values do not fit
//	lines.go      the lines of the keys
//	syntax.go     explains YAML that cannot be parsed
//	quote.go      how a value looks in a message
package plainyaml

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// The limits of what Decode reads. The YAML parser takes time and memory that grow with the square
// of the depth, and of the number of some lines.
const (
	MaxBytes = 32 << 10
	MaxLines = 1000
	MaxDepth = 8 // words have 3
)

// MaxProblems is the largest number of problems, and of unknown keys, that Decode returns.
const MaxProblems = 20

// Problem is something that is wrong in a file.
type Problem struct {
	File string
	Line int // 0 if it is about the whole file
	Text string
}

// Error returns the problem as "file:line: text". Editors and terminals make a link of that.
func (p Problem) Error() string {
	if p.Line == 0 {
		return p.File + ": " + p.Text
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
}

// HasKey reports whether Decode knows a key for fields, a pointer to a struct.
func HasKey(fields any, key string) bool {
	_, ok := fieldsOf(reflect.TypeOf(fields).Elem())[key]
	return ok
}

// Decode decodes YAML into fields, a pointer to a struct or a map. firstLine is the line of the file
// in which data begins, and 1 if data is a whole file.
//
// A key belongs to the field with this name in its "yaml" tag. Fields are texts, booleans, integers
// and any, pointers to them, lists and maps of them, and structs. A type can have a method
// UnmarshalYAML that gets a function to decode with. Text can be written like a number or a date
// without quotes, and is taken as it is written. A key without a value changes nothing. The data can
// have a byte order mark, and any line ends.
//
// The error joins all Problems, in the order of their lines. After a mistake that no parser gets
// past, there is only one. At most MaxProblems are returned. Unknown keys are not errors here,
// because the caller knows best what they mean. There is a Problem for each, also if there is an
// error, but at most MaxProblems.
func Decode(file string, firstLine int, data []byte, fields any) (unknown []Problem, err error) {
	text, err := Text(file, data)
	if err != nil {
		return nil, err
	}
	d := &decoder{file: file, before: firstLine - 1, lines: strings.Split(text, "\n")}
	root, problem := parse(d.lines, text)
	if problem != nil {
		return nil, d.place(*problem)
	}
	if root != nil {
		d.decode(name{}, root, reflect.ValueOf(fields).Elem())
	}
	return d.unknown, errors.Join(d.problems...)
}

// Text returns the text of a file with Unix line ends and without a byte order mark. It refuses
// bytes that are not UTF-8, because they would get onto a page. Windows writes UTF-16 in some
// places, in which nothing would be found; without a mark it has a zero beside its first letter.
func Text(file string, data []byte) (string, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) || bytes.IndexByte(data[:min(len(data), 2)], 0) >= 0 {
		return "", Problem{File: file, Text: "it is not UTF-8: save it in that encoding"}
	}
	return lineEnds.Replace(string(data)), nil
}

// lineEnds turns the line ends of Windows and of old Macs into those of Unix.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// parse returns the root of a text, or nil if there is nothing in it.
func parse(lines []string, text string) (root ast.Node, problem *Problem) {
	defer func() { // the lexer and the parser panic on what they do not expect
		if p := recover(); p != nil {
			root, problem = nil, explain(lines, 0)
		}
	}()
	tokens, problem := readTokens(lines, text)
	if problem != nil {
		return nil, problem
	}
	// The decoder reports keys that are written twice.
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		line := 0
		var syntax yaml.Error
		if errors.As(err, &syntax) && syntax.GetToken() != nil {
			line = syntax.GetToken().Position.Line
		}
		return nil, explain(lines, line)
	}
	for _, doc := range file.Docs {
		switch {
		case doc.Body == nil:
		case root != nil || doc.Body.Type() == ast.DirectiveType:
			return nil, &Problem{Line: lineOf(doc.Body), Text: "a line of --- or ... or one that begins with % cannot be here: remove it"}
		default:
			root = doc.Body
		}
	}
	return root, nil
}

// lineOf returns the line in which a node begins, counted from 1.
func lineOf(n ast.Node) int {
	if pair, ok := n.(*ast.MappingNode); ok && len(pair.Values) > 0 && !pair.IsFlowStyle {
		return lineOf(pair.Values[0].Key) // its own token is the first colon
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 0
}
