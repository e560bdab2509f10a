package fetch

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"
)

// eachItem calls do for every item of the JSON array that list is, and returns how many there are. One item is in memory
// at a time, and do must not keep it.
func eachItem(list io.Reader, do func(i int, item json.RawMessage)) (int, error) {
	var split itemSplitter
	items := bufio.NewScanner(list)
	items.Buffer(nil, math.MaxInt) // an item may be as large as the answer, and that has its limit
	items.Split(split.next)
	n := 0
	for ; items.Scan(); n++ {
		item := items.Bytes()
		if !json.Valid(item) {
			return 0, badItem(n, json.Unmarshal(item, new(json.RawMessage)))
		}
		do(n, item)
	}
	if err := items.Err(); err != nil {
		return 0, err
	}
	return n, split.end(n)
}

// badItem says where a list is not JSON any more.
func badItem(item int, err error) error {
	return fmt.Errorf("the service's list is not JSON, at item %d: %s", item+1, cut(oneLine(err.Error()), longest))
}

var errNoList = errors.New("the service answered with something else where a list was expected")

// itemSplitter divides a JSON array into its items, for a bufio.Scanner. It sees where they begin and end, not whether
// they are JSON.
type itemSplitter struct {
	began    bool // behind the bracket that begins the list
	items    int  // begun so far
	between  bool // behind an item, where a comma or the list's end has to come
	ended    bool // behind the list's end
	scanned  int  // bytes of the item that has begun
	depth    int  // behind them
	inString bool // there
	escaped  bool // the next character, in a string
}

// next is a bufio.SplitFunc.
func (s *itemSplitter) next(data []byte, _ bool) (int, []byte, error) {
	if s.scanned > 0 {
		return s.item(data, 0)
	}
	for i, b := range data {
		switch {
		case isBlank(b):
		case s.ended:
			return 0, nil, errors.New("the service's list is followed by something else")
		case !s.began && b != '[':
			return 0, nil, errNoList
		case !s.began:
			s.began = true
		case b == ']' && (s.between || s.items == 0):
			s.ended = true
		case s.between && b == ',':
			s.between = false
		case s.between:
			return 0, nil, badItem(s.items-1, fmt.Errorf("it is followed by %q", rune(b)))
		default:
			s.items++
			return s.item(data, i)
		}
	}
	return len(data), nil, nil
}

// item returns the item that begins at start, if all of it is in data, and something behind it.
func (s *itemSplitter) item(data []byte, start int) (int, []byte, error) {
	item := data[start:]
	for i := s.scanned; i < len(item); i++ {
		end := -1
		switch b := item[i]; {
		case s.escaped:
			s.escaped = false
		case s.inString:
			s.escaped, s.inString = b == '\\', b != '"'
			if !s.inString && s.depth == 0 {
				end = i + 1
			}
		case b == '"':
			s.inString = true
		case b == '{' || b == '[':
			if s.depth++; s.depth > maxDepth {
				return 0, nil, badItem(s.items-1, errors.New("exceeded max depth"))
			}
		case s.depth == 0 && (b == '}' || b == ']' || b == ',' || isBlank(b)):
			end = i
		case b == '}' || b == ']':
			if s.depth--; s.depth == 0 {
				end = i + 1
			}
		}
		if end == 0 {
			return 0, nil, badItem(s.items-1, fmt.Errorf("there is %q instead of it", rune(item[0])))
		}
		if end > 0 {
			s.scanned, s.between = 0, true
			return start + end, item[:end], nil
		}
	}
	s.scanned = len(item)
	return start, nil, nil
}

// end returns what is wrong with the end of the list, after n items.
func (s *itemSplitter) end(n int) error {
	switch {
	case !s.began:
		return errors.New("the service answered with nothing where a list was expected")
	case !s.ended:
		return fmt.Errorf("the service's list ends in the middle, after %d complete items", n)
	}
	return nil
}

// object is an item whose fields are read one by one. Each may be missing or null. What is of another type than it
// should be is as good as missing, and err says so of the first one. The fields are looked up by their exact names: a
// struct would also accept them in another case.
type object struct {
	fields []field
	err    error
}

// field is a field of an object; its value as it is written.
type field struct{ name, value []byte }

func readObject(item json.RawMessage) *object {
	var o object
	o.read(item)
	return &o
}

// read makes o the object that item is, whatever it was before.
func (o *object) read(item json.RawMessage) {
	o.err, o.fields = nil, o.fields[:0]
	if kind(item) != "an object" {
		o.err = fmt.Errorf("it is %s, not an object", kind(item))
		return
	}
	o.fields = slices.Grow(o.fields, 8) // as many as most have
	for rest := skipBlanks(item[1:]); rest[0] == '"'; {
		end := valueEnd(rest)
		f := field{name: unquoted(rest[:end])}
		rest = skipBlanks(skipBlanks(rest[end:])[1:]) // behind the colon
		end = valueEnd(rest)
		f.value, rest = rest[:end], skipBlanks(rest[end:])
		if rest[0] == ',' {
			rest = skipBlanks(rest[1:])
		}
		o.add(f)
	}
}

// add keeps f, unless there are too many already.
func (o *object) add(f field) {
	if i := slices.IndexFunc(o.fields, func(g field) bool { return bytes.Equal(f.name, g.name) }); i >= 0 {
		o.fields[i] = f // the last one counts
	} else if len(o.fields) < maxFields {
		o.fields = append(o.fields, f)
	}
}

// unquoted returns the text of a string that is valid JSON.
func unquoted(quoted []byte) []byte {
	if bytes.IndexByte(quoted, '\\') < 0 && utf8.Valid(quoted) {
		return quoted[1 : len(quoted)-1] // as nearly all are
	}
	var text string
	_ = json.Unmarshal(quoted, &text) // which does not fail with what is valid
	return []byte(text)
}

func skipBlanks(b []byte) []byte {
	for len(b) > 0 && isBlank(b[0]) {
		b = b[1:]
	}
	return b
}

func isBlank(b byte) bool { return b == ' ' || b == '\t' || b == '\r' || b == '\n' }

// valueEnd returns where the JSON value ends that valid begins with. It must be known to be valid and to have something
// behind it, as the values in an object do.
func valueEnd(valid []byte) int {
	depth := 0
	for i := 0; ; i++ {
		switch valid[i] {
		case '"':
			for i++; valid[i] != '"'; i++ {
				if valid[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i // of the object that the value is in
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
		}
	}
}

// raw returns the value of a field as it is written; nothing when it is missing.
func (o *object) raw(name string) json.RawMessage {
	for _, f := range o.fields {
		if string(f.name) == name {
			return f.value
		}
	}
	return nil
}

// is returns the field when it is of the kind that it should be.
func (o *object) is(name, want string) (json.RawMessage, bool) {
	raw := o.raw(name)
	switch kind(raw) {
	case want:
		return raw, true
	case "null":
	default:
		o.wrong(name, kind(raw)+", not "+want)
	}
	return nil, false
}

func (o *object) wrong(name, how string) {
	if o.err == nil {
		o.err = fmt.Errorf("%s is %s", name, how)
	}
}

// text returns a string. An id that comes as a number is no longer the right one: it has more digits than a float64.
func (o *object) text(name string) string {
	raw, ok := o.is(name, "a string")
	if !ok {
		return ""
	}
	return string(unquoted(raw))
}

// scalar returns a number as it is written, one line of the text of a string, "true" or "false"; "" for nothing.
func (o *object) scalar(name string) string {
	switch raw := o.raw(name); kind(raw) {
	case "null":
		return ""
	case "a string":
		return cut(oneLine(o.text(name)), longest)
	case "a number", "a boolean":
		return cut(string(raw), longest)
	default:
		o.wrong(name, kind(raw)+", not a number")
		return ""
	}
}

// integer returns a whole number, however it is written; missing when it is.
func (o *object) integer(name string, missing int) int {
	raw, ok := o.is(name, "a number")
	if !ok {
		return missing
	}
	n, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || n != float64(int32(n)) {
		o.wrong(name, "not a whole number of up to 32 bits")
		return missing
	}
	return int(n)
}

func (o *object) boolean(name string) bool {
	raw, _ := o.is(name, "a boolean")
	return string(raw) == "true"
}

// kind names what raw is, without its content. Nothing at all is null.
func kind(raw json.RawMessage) string {
	if len(raw) == 0 {
		return "null"
	}
	switch raw[0] {
	case 'n':
		return "null"
	case 't', 'f':
		return "a boolean"
	case '"':
		return "a string"
	case '[':
		return "an array"
	case '{':
		return "an object"
	}
	return "a number"
}
