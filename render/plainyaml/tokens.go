package plainyaml

import (
	"fmt"

	"github.com/dustin/go-humanize"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"
)

// readTokens refuses YAML that the parser would take too long for, or that would become much
// larger: a few lines with aliases stand for gigabytes. It looks at tokens only. Their time grows
// with their number.
func readTokens(lines []string, text string) (token.Tokens, *Problem) {
	if len(text) > MaxBytes {
		return nil, &Problem{Text: fmt.Sprintf("the YAML in it is larger than %s", humanize.IBytes(MaxBytes))}
	}
	if len(lines) > MaxLines+1 {
		return nil, &Problem{Text: fmt.Sprintf("the YAML in it has more than %s lines", humanize.Comma(MaxLines))}
	}
	var depth nesting
	// The lexer loses a tag at the end of a text without a last line end.
	tokens := lexer.Tokenize(text + "\n")
	for _, t := range tokens {
		if sign := unsupported(t.Type); sign != "" {
			return nil, explainSign(lines, t.Position.Line, sign)
		}
		if depth.add(t) > MaxDepth {
			return nil, &Problem{Line: t.Position.Line, Text: fmt.Sprintf("the YAML is nested more than %d levels deep", MaxDepth)}
		}
	}
	return tokens, nil
}

// unsupported returns the sign of a feature that nothing here needs, or "". A value that begins
// with such a sign is most often a mistake.
func unsupported(t token.Type) string {
	switch t {
	case token.AnchorType:
		return "&"
	case token.AliasType:
		return "*"
	case token.TagType:
		return "!"
	case token.MergeKeyType:
		return "<<"
	}
	return ""
}

// nesting counts how deep a token is nested in collections.
type nesting struct {
	flow  int   // the depth in brackets and braces
	block []int // the columns at which the other collections begin
}

// add takes the next token and returns its depth. Columns show which block collection is deeper: it
// begins further to the right.
func (n *nesting) add(t *token.Token) int {
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
