package fetch

import (
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// A list has the same items as for encoding/json, even if it arrives byte by byte. If encoding/json
// rejects it, eachItem does, too.
func TestItemsOfAList(t *testing.T) {
	for _, body := range []string{
		`[]`, " [ ] \n", `[1]`, `[1,2 , 3]`, `["a","]","\"","\\",",\\\""]`, `[{"a":"}"},[["]"]],{},[],null,true,-1.5e+7]`,
		`["é\ud83d"]`, "[\"a\"\t,\r\n{ }\n]\n", "[" + strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth) + "]",
		``, ` `, `{}`, `null`, `[`, `[1`, `[1,`, `[,1]`, `[1,]`, `[1 2]`, `["a""b"]`, `[1}`, `[{]}]`, `[}]`, `["a]`, `["a\"]`, `[tru"e,"]`,
		`[1]]`, `[1],`, `[[1]`, `[01]`, "[\"\n\"]", "\xef\xbb\xbf[]",
		"[" + strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1) + "]",
	} {
		var want []json.RawMessage
		invalid := json.Unmarshal([]byte(body), &want) != nil || !strings.HasPrefix(strings.TrimSpace(body), "[")
		for name, answer := range map[string]io.Reader{
			"at once": strings.NewReader(body), "byte by byte": iotest.OneByteReader(strings.NewReader(body)),
		} {
			var got []json.RawMessage
			n, err := eachItem(answer, func(i int, item json.RawMessage) {
				if i != len(got) {
					t.Errorf("%.40s, %s: item %d comes after %d", body, name, i, len(got))
				}
				got = append(got, slices.Clone(item))
			})
			if invalid != (err != nil) {
				t.Errorf("%.40s, %s: got error %v", body, name, err)
			}
			if err == nil && (n != len(want) || !slices.EqualFunc(got, want, func(a, b json.RawMessage) bool { return string(a) == string(b) })) {
				t.Errorf("%.40s, %s: %d items: %s, want %s", body, name, n, got, want)
			}
		}
	}
}

// An item has the same fields as for encoding/json.
func TestObject(t *testing.T) {
	for _, item := range []string{
		`{}`, `{ }`, "{\n\t\"a\" : 1 ,\r\n\"b\":\t[ 1 , {\"a\" : \"]}\"} ] }", `{"a":"\\","b":"\"a\":","c":{"a":[[]]}}`,
		`{"a":1,"a":{"b":2},"b":null}`, `{"\u0061":1,"b\n":true,"":false}`, `{"a":-1.5e+7,"b":"é\ud83d\ude00"}`, `{"a":{}}`, `{"a":[] }`,
	} {
		var want map[string]json.RawMessage
		if err := json.Unmarshal([]byte(item), &want); err != nil {
			t.Fatal(err)
		}
		o := readObject([]byte(item))
		if o.err != nil || len(o.fields) != len(want) {
			t.Errorf("%s has %d fields, want %d; %v", item, len(o.fields), len(want), o.err)
		}
		for name, value := range want {
			if got := o.raw(name); string(got) != string(value) {
				t.Errorf("%s: %q is %s, want %s", item, name, got, value)
			}
			if kind(value) != "a string" {
				continue
			}
			var text string
			if err := json.Unmarshal(value, &text); err != nil || o.text(name) != text {
				t.Errorf("%s: %q is %q, want %q", item, name, o.text(name), text)
			}
		}
	}
	if o := readObject([]byte(`{` + strings.Repeat(`"a":1,`, 1000) + `"b":1}`)); len(o.fields) != 2 {
		t.Errorf("got %d fields", len(o.fields))
	}
}
