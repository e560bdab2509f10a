// A reader of untrusted JSON. It keeps one item in memory, keeps few fields of it, and never fails
// for a field that nobody needs. It takes a quarter of the time and of the memory of encoding/json;
// BenchmarkParseFiles measures it.

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
	"time"
	"unicode/utf8"
)

// eachItem calls do for every item of the JSON array in list, and returns their number. Only one
// item is in memory at a time, so do must not keep it.
func eachItem(list io.Reader, do func(i int, item json.RawMessage)) (int, error) {
	var split itemSplitter
	items := bufio.NewScanner(list)
	items.Buffer(nil, math.MaxInt) // the limit of the answer also limits its items
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

// badItem returns the error for a list that is not JSON from an item on, counted from 0.
func badItem(item int, err error) error {
	return fmt.Errorf("the service's list cannot be read at item %d: %s", item+1, cut(oneLine(err.Error()), longest))
}

// errNoList means that an answer is not a list.
var errNoList = errors.New("the service answered with something that is not a list")

// itemSplitter splits a JSON array into its items, for a bufio.Scanner. It finds where they begin
// and end, but does not check that they are JSON.
type itemSplitter struct {
	began    bool // after the opening bracket of the list
	items    int  // number of items so far
	between  bool // after an item, before a comma or the end of the list
	ended    bool // after the end of the list
	scanned  int  // bytes of the current item that were looked at
	depth    int  // nesting depth after those bytes
	inString bool // whether they end inside a string
	escaped  bool // whether they end with a backslash in a string
}

// next returns the next item. It is a bufio.SplitFunc.
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
			return 0, nil, badItem(s.items-1, fmt.Errorf("the item is followed by %q", rune(b)))
		default:
			s.items++
			return s.item(data, i)
		}
	}
	return len(data), nil, nil
}

// item returns the item that begins at start, if data contains all of it and at least one byte
// after it.
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
			return 0, nil, badItem(s.items-1, fmt.Errorf("there is %q instead of an item", rune(item[0])))
		}
		if end > 0 {
			s.scanned, s.between = 0, true
			return start + end, item[:end], nil
		}
	}
	s.scanned = len(item)
	return start, nil, nil
}

// end returns an error if the list does not end after n items.
func (s *itemSplitter) end(n int) error {
	switch {
	case !s.began:
		return errors.New("the service answered with nothing")
	case !s.ended:
		return fmt.Errorf("the service's list ends in the middle, after %d complete items", n)
	}
	return nil
}

// object is a JSON object whose fields are read one by one. Fields can be missing or null. A field
// of the wrong type counts as missing, and err names the first such field. Names must match
// exactly, whereas decoding into a struct would ignore case.
type object struct {
	fields []field
	err    error
}

// field is a field of an object. Its value is JSON.
type field struct{ name, value []byte }

// readObject parses item, which must be valid JSON.
func readObject(item json.RawMessage) *object {
	var o object
	o.read(item)
	return &o
}

// read replaces o with the fields of item, which must be valid JSON.
func (o *object) read(item json.RawMessage) {
	o.err, o.fields = nil, o.fields[:0]
	if kind(item) != "an object" {
		o.err = fmt.Errorf("the item is %s, not an object", kind(item))
		return
	}
	o.fields = slices.Grow(o.fields, 8) // most items have at most 8
	for rest := skipBlanks(item[1:]); rest[0] == '"'; {
		end := valueEnd(rest)
		f := field{name: unquoted(rest[:end])}
		rest = skipBlanks(skipBlanks(rest[end:])[1:]) // after the colon
		end = valueEnd(rest)
		f.value, rest = rest[:end], skipBlanks(rest[end:])
		if rest[0] == ',' {
			rest = skipBlanks(rest[1:])
		}
		o.add(f)
	}
}

// add keeps f, unless o already has maxFields.
func (o *object) add(f field) {
	if i := slices.IndexFunc(o.fields, func(g field) bool { return bytes.Equal(f.name, g.name) }); i >= 0 {
		o.fields[i] = f // the last of several fields with one name counts
	} else if len(o.fields) < maxFields {
		o.fields = append(o.fields, f)
	}
}

// unquoted returns the text of a JSON string, which must be valid.
func unquoted(quoted []byte) []byte {
	if bytes.IndexByte(quoted, '\\') < 0 && utf8.Valid(quoted) {
		return quoted[1 : len(quoted)-1] // nearly all strings are like this
	}
	var text string
	_ = json.Unmarshal(quoted, &text) // cannot fail, because it is valid
	return []byte(text)
}

// skipBlanks returns b without the blanks at its beginning.
func skipBlanks(b []byte) []byte { return bytes.TrimLeft(b, " \t\r\n") }

// isBlank reports whether JSON allows b between values.
func isBlank(b byte) bool { return b == ' ' || b == '\t' || b == '\r' || b == '\n' }

// valueEnd returns the length of the JSON value at the beginning of valid. The value must be valid
// and something must follow it, as is the case inside an object.
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
				return i // the end of the surrounding object
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

// raw returns the JSON of a field; nil when it is missing.
func (o *object) raw(name string) json.RawMessage {
	for _, f := range o.fields {
		if string(f.name) == name {
			return f.value
		}
	}
	return nil
}

// is returns the field if it is of the wanted kind.
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

// wrong sets err, unless it is set.
func (o *object) wrong(name, how string) {
	if o.err == nil {
		o.err = fmt.Errorf("%s is %s", name, how)
	}
}

// text returns a string. It does not accept numbers, because an id has more digits than a float64.
func (o *object) text(name string) string {
	raw, ok := o.is(name, "a string")
	if !ok {
		return ""
	}
	return string(unquoted(raw))
}

// scalar returns a number in its original spelling, a string as one line, "true" or "false"; ""
// when missing.
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

// integer returns a whole number in any spelling, or missing when there is none.
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

// boolean returns a boolean; false when missing.
func (o *object) boolean(name string) bool {
	raw, _ := o.is(name, "a boolean")
	return string(raw) == "true"
}

// word returns a string or the spelling of a number; "" for anything else. It never sets err,
// because it is for fields that nothing depends on.
func (o *object) word(name string) string {
	switch raw := o.raw(name); kind(raw) {
	case "a string":
		return string(unquoted(raw))
	case "a number":
		return string(raw)
	}
	return ""
}

// number returns a number, which can also be in a string; 0 for anything else. Like word, it never
// sets err.
func (o *object) number(name string) float64 {
	n, err := strconv.ParseFloat(o.word(name), 64)
	if err != nil || math.IsNaN(n) {
		return 0
	}
	return n
}

// hour returns the hour of a time in milliseconds since 1970, in UTC; zero if it is missing or
// implausible.
func (o *object) hour(name string) time.Time {
	ms := o.number(name)
	if !(ms > 0 && ms < lastTime) {
		return time.Time{}
	}
	t := time.UnixMilli(int64(ms)).UTC().Truncate(time.Hour)
	if !plausible(t) {
		return time.Time{}
	}
	return t
}

// lastTime is a time in the year 2100, in milliseconds since 1970.
const lastTime = 4.11e12

// seconds returns a length of time in seconds; 0 if it is missing or implausible.
func (o *object) seconds(name string) float64 {
	if n := o.number(name); n > 0 && n <= maxSeconds {
		return n
	}
	return 0
}

// kind returns the kind of JSON value that raw is. An empty raw is null.
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
