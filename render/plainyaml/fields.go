package plainyaml

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"firstframe/render/spelling"
)

// decoder fills fields and collects what is wrong.
type decoder struct {
	file     string
	before   int // lines of the file before the YAML
	lines    []string
	unknown  []Problem
	problems []error
}

// custom is a type that decodes itself.
type custom interface{ UnmarshalYAML(func(any) error) error }

// name is what a value is called in messages.
type name struct {
	path string // the keys that lead to it, as in "dates.months"; "" for the whole YAML
	key  string // the last key
	item bool   // whether it is an item of the list with this name
}

// String returns the name as the subject of a sentence.
func (n name) String() string {
	if n.item {
		return "each item of " + n.path
	}
	return n.path
}

// below returns the name of the value with a key in n.
func (n name) below(key string) name {
	key = shown(key)
	if n.path == "" {
		return name{path: key, key: key}
	}
	return name{path: n.path + "." + key, key: key}
}

// place completes a problem, whose line is counted from the beginning of the YAML.
func (d *decoder) place(p Problem) Problem {
	p.File = d.file
	if p.Line > 0 {
		p.Line += d.before
	}
	return p
}

// fault adds a problem in the line of a node.
func (d *decoder) fault(n ast.Node, format string, args ...any) {
	d.add(d.place(Problem{Line: lineOf(n), Text: fmt.Sprintf(format, args...)}))
}

// add adds problems, unless there are enough.
func (d *decoder) add(problems ...error) {
	room := MaxProblems - len(d.problems)
	d.problems = append(d.problems, problems[:min(len(problems), room)]...)
}

// decode stores the value of a node. A node without a value leaves the field as it is.
func (d *decoder) decode(name name, n ast.Node, to reflect.Value) {
	if n.Type() == ast.NullType {
		if tag := hashtag(lineAt(d.lines, lineOf(n))); tag != "" {
			d.fault(n, "a value that begins with # must be in quotes, because # begins a comment: write %s", quoted(tag))
		}
		return
	}
	if own, ok := to.Addr().Interface().(custom); ok {
		d.custom(name, n, own)
		return
	}
	switch to.Kind() {
	case reflect.Pointer:
		value := reflect.New(to.Type().Elem())
		d.decode(name, n, value.Elem())
		to.Set(value)
	case reflect.Struct:
		d.structure(name, n, to)
	case reflect.Map:
		d.mapping(name, n, to)
	case reflect.Slice:
		d.list(name, n, to)
	case reflect.String:
		d.text(name, n, to)
	case reflect.Bool:
		d.boolean(name, n, to)
	case reflect.Int, reflect.Int64:
		d.integer(name, n, to)
	case reflect.Interface:
		if v := d.any(name, n); v != nil {
			to.Set(reflect.ValueOf(v))
		}
	default:
		panic(fmt.Sprintf("plainyaml: %s has the type %s, which is not supported", name, to.Type()))
	}
}

// custom lets a type decode itself. Its own errors get the line of the node.
func (d *decoder) custom(name name, n ast.Node, to custom) {
	part := &decoder{file: d.file, before: d.before, lines: d.lines}
	err := to.UnmarshalYAML(func(v any) error {
		part.problems = nil // a type can try several ways
		part.decode(name, n, reflect.ValueOf(v).Elem())
		return errors.Join(part.problems...)
	})
	switch {
	case err == nil:
	case len(part.problems) > 0:
		d.add(part.problems...)
	default:
		d.fault(n, "%s: %v", name, err)
	}
}

// pairs returns the keys and values of a node. ok is false, and there is a problem, if it has none.
// Keys that are written twice are a problem, too.
func (d *decoder) pairs(name name, n ast.Node) (pairs []*ast.MappingValueNode, ok bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	default:
		d.noPairs(name, n)
		return nil, false
	}
	first := map[string]int{}
	for _, pair := range pairs {
		key := keyOf(pair)
		line, twice := first[key]
		if twice {
			d.fault(pair.Key, "%s is here twice, first in line %d: remove one of them", name.below(key), line+d.before)
		} else {
			first[key] = lineOf(pair.Key)
		}
	}
	return pairs, true
}

// noPairs adds a problem about a value that must have keys.
func (d *decoder) noPairs(name name, n ast.Node) {
	text, _ := textOf(n)
	key, value, colon := strings.Cut(text, ":")
	switch {
	case name.path != "":
		d.fault(n, "%s must have keys of its own, indented in the lines below it, not %s", name, describe(n))
	case colon && plainWord.MatchString(key):
		d.fault(n, "a colon needs a space after it%s", write(key, value))
	default:
		d.fault(n, "each line must have the form key: value")
	}
}

// keyOf returns the key of a pair as it is written, without quotes.
func keyOf(pair *ast.MappingValueNode) string { return pair.Key.GetToken().Value }

// fieldsOf returns the index of each field of a struct that has a key, by the key.
func fieldsOf(t reflect.Type) map[string][]int {
	fields := map[string][]int{}
	for _, f := range reflect.VisibleFields(t) {
		key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if key != "" && key != "-" {
			fields[key] = f.Index
		}
	}
	return fields
}

// structure stores keys in the fields of a struct, and collects keys that are unknown.
func (d *decoder) structure(name name, n ast.Node, to reflect.Value) {
	pairs, ok := d.pairs(name, n)
	if !ok {
		return
	}
	fields := fieldsOf(to.Type())
	known := slices.Sorted(maps.Keys(fields))
	for _, pair := range pairs {
		key := keyOf(pair)
		if index, ok := fields[key]; ok {
			d.decode(name.below(key), pair.Value, to.FieldByIndex(index))
			continue
		}
		if len(d.unknown) == MaxProblems {
			continue
		}
		text := fmt.Sprintf("there is no key %s", name.below(key))
		if near := spelling.Nearest(short(key), slices.Values(known)); near != "" {
			text += "; did you mean " + name.below(near).path + "?"
		} else {
			text += "; the keys are " + strings.Join(known, ", ")
		}
		d.unknown = append(d.unknown, d.place(Problem{Line: lineOf(pair.Key), Text: text}))
	}
}

// mapping stores keys and values in a map from text.
func (d *decoder) mapping(name name, n ast.Node, to reflect.Value) {
	pairs, ok := d.pairs(name, n)
	if !ok {
		return
	}
	if to.IsNil() {
		to.Set(reflect.MakeMap(to.Type()))
	}
	for _, pair := range pairs {
		value := reflect.New(to.Type().Elem()).Elem()
		d.decode(name.below(keyOf(pair)), pair.Value, value)
		to.SetMapIndex(reflect.ValueOf(keyOf(pair)).Convert(to.Type().Key()), value)
	}
}

// list stores the items of a list.
func (d *decoder) list(name name, n ast.Node, to reflect.Value) {
	sequence, ok := n.(*ast.SequenceNode)
	if !ok {
		d.fault(n, "%s must be a list%s", name, write(name.key, "["+listOf(n)+"]"))
		return
	}
	name.item = true
	items := reflect.MakeSlice(to.Type(), len(sequence.Values), len(sequence.Values))
	for i, item := range sequence.Values {
		if i < len(sequence.Entries) && takesNextKey(sequence.Entries[i], item) {
			d.fault(sequence.Entries[i], "an item of %s is empty: remove its -", name.path)
			continue
		}
		d.decode(name, item, items.Index(i))
	}
	to.Set(items)
}

// listOf returns the items that a single value was probably meant to be, or an example.
func listOf(n ast.Node) string {
	text, _ := textOf(n)
	items := strings.FieldsFunc(text, func(r rune) bool { return r == ',' })
	for i, item := range items {
		items[i] = strings.TrimSpace(item)
		if !plainWord.MatchString(items[i]) {
			return "first, second"
		}
	}
	if len(items) == 0 {
		return "first, second"
	}
	return strings.Join(items, ", ")
}

// takesNextKey reports whether the parser takes the keys below a list for its last item, because
// nothing follows the - of that item.
func takesNextKey(entry *ast.SequenceEntryNode, item ast.Node) bool {
	pairs, ok := item.(*ast.MappingNode)
	if !ok || len(pairs.Values) == 0 || entry.Start == nil {
		return false
	}
	key := pairs.Values[0].Key.GetToken()
	return key.Position.Line > entry.Start.Position.Line && key.Position.Column <= entry.Start.Position.Column
}

// text stores text. Numbers, dates and booleans are text as they are written.
func (d *decoder) text(name name, n ast.Node, to reflect.Value) {
	if block, ok := n.(*ast.LiteralNode); ok && !d.opensBlock(block) {
		d.add(d.place(*explainSign(d.lines, lineOf(n), block.Start.Value)))
		return
	}
	text, ok := textOf(n)
	switch {
	case ok:
		to.SetString(text)
	case name.item:
		d.fault(n, "%s must be text, not %s: put it in quotes", name, describe(n))
	default:
		instead := ""
		if value := d.written(name.key, n); value != "" {
			instead = write(name.key, quoted(value))
		}
		d.fault(n, "%s must be text, not %s%s", name, describe(n), instead)
	}
}

// boolean stores true or false.
func (d *decoder) boolean(name name, n ast.Node, to reflect.Value) {
	if b, ok := n.(*ast.BoolNode); ok {
		to.SetBool(b.Value)
		return
	}
	text, _ := textOf(n)
	switch strings.ToLower(text) {
	case "true", "yes", "on", "y", "1":
		d.fault(n, "%s must be true or false, not %s%s", name, describe(n), write(name.key, "true"))
	case "false", "no", "off", "n", "0":
		d.fault(n, "%s must be true or false, not %s%s", name, describe(n), write(name.key, "false"))
	default:
		d.fault(n, "%s must be true or false, not %s", name, describe(n))
	}
}

// integer stores a whole number.
func (d *decoder) integer(name name, n ast.Node, to reflect.Value) {
	if number, ok := n.(*ast.IntegerNode); ok {
		if i, ok := number.Value.(int64); ok && !to.OverflowInt(i) {
			to.SetInt(i)
			return
		}
		if u, ok := number.Value.(uint64); ok && u <= 1<<63-1 && !to.OverflowInt(int64(u)) {
			to.SetInt(int64(u))
			return
		}
		d.fault(n, "%s is too large a number: %s", name, short(number.Token.Value))
		return
	}
	d.fault(n, "%s must be a whole number, not %s", name, describe(n))
}

// any returns a value of the type that it has in YAML: bool, int64, uint64, float64, string, []any
// or map[string]any.
func (d *decoder) any(name name, n ast.Node) any {
	switch n := n.(type) {
	case *ast.SequenceNode:
		var items []any
		d.list(name, n, reflect.ValueOf(&items).Elem())
		return items
	case *ast.MappingNode, *ast.MappingValueNode:
		var keys map[string]any
		d.mapping(name, n, reflect.ValueOf(&keys).Elem())
		return keys
	case *ast.BoolNode:
		return n.Value
	case *ast.IntegerNode:
		return n.Value
	case *ast.FloatNode:
		return n.Value
	}
	var text string
	d.text(name, n, reflect.ValueOf(&text).Elem())
	return text
}

// textOf returns a single value as it is written, without its quotes. ok is false for lists and
// keys.
func textOf(n ast.Node) (text string, ok bool) {
	switch n := n.(type) {
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// describe says what a value is.
func describe(n ast.Node) string {
	text, ok := textOf(n)
	_, isList := n.(*ast.SequenceNode)
	switch {
	case ok && isQuoted(n):
		return fmt.Sprintf("text in quotes (%q)", short(text))
	case ok:
		return fmt.Sprintf("%q", short(text))
	case isList:
		return "a list"
	}
	return "keys and values"
}

// isQuoted reports whether a value is written in quotes.
func isQuoted(n ast.Node) bool {
	kind := n.GetToken().Type
	return kind == token.SingleQuoteType || kind == token.DoubleQuoteType
}
