package render

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/dustin/go-humanize"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"
)

// decodeYAML decodes front matter or a file of words. The warnings name keys that fields does not
// have. They are most often typing errors, and sometimes meant for another program.
func decodeYAML(file string, data []byte, fields any) (unknown []string, err error) {
	defer func() { // the parser panics on what it does not expect
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: this YAML cannot be read: %v", file, p)
		}
	}()
	if err := checkYAML(file, data); err != nil {
		return nil, err
	}
	err = yaml.UnmarshalWithOptions(data, fields, yaml.DisallowUnknownField())
	var extra *yaml.UnknownFieldError
	if errors.As(err, &extra) {
		unknown = append(unknown, fmt.Sprintf("%s: %s", place(file, extra), extra.GetMessage()))
		err = yaml.Unmarshal(data, fields)
	}
	var ye yaml.Error
	if errors.As(err, &ye) {
		return nil, fmt.Errorf("%s: %s", place(file, ye), ye.GetMessage())
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return unknown, nil
}

// place returns file:line, as editors and terminals link it.
func place(file string, err yaml.Error) string {
	if t := err.GetToken(); t != nil && t.Position != nil {
		return fmt.Sprintf("%s:%d", file, t.Position.Line)
	}
	return file
}

// checkYAML refuses YAML that the parser would take too long for, or that would become much larger:
// a few lines with aliases stand for gigabytes. It looks at tokens only. Their time grows with
// their number.
func checkYAML(file string, data []byte) error {
	if len(data) > maxYAML {
		return fmt.Errorf("%s: the YAML in it is larger than %s", file, humanize.IBytes(maxYAML))
	}
	if bytes.Count(data, []byte("\n"))+bytes.Count(data, []byte("\r")) > maxYAMLLines {
		return fmt.Errorf("%s: the YAML in it has more than %s lines", file, humanize.Comma(maxYAMLLines))
	}
	var nesting yamlNesting
	for _, t := range lexer.Tokenize(string(data)) {
		if problem := yamlFeature(t.Type); problem != "" {
			return fmt.Errorf("%s:%d: %s", file, t.Position.Line, problem)
		}
		if nesting.add(t) > maxYAMLDepth {
			return fmt.Errorf("%s:%d: the YAML is nested more than %d levels deep", file, t.Position.Line, maxYAMLDepth)
		}
	}
	return nil
}

// yamlFeature returns what is wrong with a token of a feature that nothing here needs, or "". A
// value that begins with such a sign is most often a mistake.
func yamlFeature(t token.Type) string {
	switch t {
	case token.AnchorType:
		return "YAML anchors are not supported: a value that begins with & must be in quotes"
	case token.AliasType:
		return "YAML aliases are not supported: a value that begins with * must be in quotes"
	case token.TagType:
		return "YAML tags are not supported: a value that begins with ! must be in quotes"
	case token.MergeKeyType:
		return "YAML merge keys are not supported: the key << must be in quotes"
	}
	return ""
}

// yamlNesting counts how deep a token is nested in collections.
type yamlNesting struct {
	flow  int   // the depth in brackets and braces
	block []int // the columns at which the other collections begin
}

// add takes the next token and returns its depth. Columns show which block collection is deeper: it
// begins further to the right.
func (n *yamlNesting) add(t *token.Token) int {
	switch t.Type {
	case token.SequenceStartType, token.MappingStartType:
		n.flow++
	case token.SequenceEndType, token.MappingEndType:
		n.flow = max(n.flow-1, 0)
	}
	opens := t.Type == token.SequenceEntryType || t.Type == token.MappingKeyType ||
		n.flow == 0 && t.NextType() == token.MappingValueType
	if opens && t.Position != nil {
		for len(n.block) > 0 && n.block[len(n.block)-1] > t.Position.Column {
			n.block = n.block[:len(n.block)-1]
		}
		if len(n.block) == 0 || n.block[len(n.block)-1] < t.Position.Column {
			n.block = append(n.block, t.Position.Column)
		}
	}
	return n.flow + len(n.block)
}
