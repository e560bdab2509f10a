package render

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"firstframe/render/spelling"
)

// declaredProperty matches the declaration of a custom property of CSS at the start of a statement,
// and usedProperty its use.
var (
	declaredProperty = regexp.MustCompile(`^\s*(--[\w-]+)\s*:`)
	usedProperty     = regexp.MustCompile(`var\(\s*(--[\w-]+)`)
	nextDeclaration  = regexp.MustCompile(`\n\s*--[\w-]+\s*:`)
)

// sheetProperties returns the custom properties that a style sheet declares.
func sheetProperties(sheet string) []string {
	var names []string
	scanSheet(sheet, func(statement string, _ int) {
		if m := declaredProperty.FindStringSubmatch(statement); m != nil && !slices.Contains(names, m[1]) {
			names = append(names, m[1])
		}
	})
	return names
}

// checkSheet returns a sentence for each slip in the owner's style sheet that a browser passes over
// in silence: a property that is nearly one of those of the built-in sheet, and what is not closed.
// It knows no more of CSS than that. A property that the sheet itself uses is one of the owner's.
func checkSheet(file, sheet, builtin string) []string {
	known := sheetProperties(builtin)
	for _, m := range usedProperty.FindAllStringSubmatch(sheet, -1) {
		known = append(known, m[1])
	}
	var slips []string
	slip := func(line int, text string) {
		if len(slips) < maxFaults {
			slips = append(slips, fmt.Sprintf("%s:%d: %s", file, line, text))
		}
	}
	line, open := scanSheet(sheet, func(statement string, line int) {
		m := declaredProperty.FindStringSubmatch(statement)
		if m == nil {
			return
		}
		if near := spelling.Nearest(m[1], slices.Values(known)); near != "" && !slices.Contains(known, m[1]) {
			slip(line, fmt.Sprintf("there is no property %s", m[1])+didYouMean(near))
		}
		if next := nextDeclaration.FindStringIndex(statement[len(m[0]):]); next != nil {
			slip(line+strings.Count(strings.TrimRight(statement[:len(m[0])+next[0]], " \t\r\n"), "\n"), "a ; is missing at the end of this line")
		}
	})
	if open != "" {
		slip(line, open)
	}
	return slips
}

// scanSheet calls do for each statement of a style sheet with its first line: what stands before a
// semicolon or a brace, without comments. It stops where something does not close or opens nothing,
// and returns what is wrong there with its line, or "".
func scanSheet(sheet string, do func(statement string, line int)) (line int, wrong string) {
	var braces []int // the lines of those that are open
	var statement strings.Builder
	line = 1
	begin := 0 // the first line of the statement; 0 if there is nothing of it yet
	for len(sheet) > 0 {
		n, wrong := opaque(sheet)
		if wrong != "" {
			return line, wrong
		}
		part := sheet[:max(n, 1)]
		switch {
		case strings.HasPrefix(part, "/*"):
		case part == "}" && len(braces) == 0:
			return line, "this } closes nothing: remove it"
		case part == "{" || part == "}" || part == ";":
			do(statement.String(), begin)
			statement.Reset()
			begin = 0
			if part == "{" {
				braces = append(braces, line)
			} else if part == "}" {
				braces = braces[:len(braces)-1]
			}
		case begin > 0 || strings.TrimSpace(part) != "":
			begin = cmp.Or(begin, line)
			statement.WriteString(part)
		}
		line += strings.Count(part, "\n")
		sheet = sheet[len(part):]
	}
	do(statement.String(), begin)
	if len(braces) > 0 {
		return braces[len(braces)-1], "this { is not closed: a } is missing"
	}
	return 0, ""
}

// quotedText matches a text in quotation marks, which ends on its line. bareAddress matches an
// address without them, up to its end if it has one on its line.
var (
	quotedText  = regexp.MustCompile(`^(?s:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')`)
	bareAddress = regexp.MustCompile(`^(?i:url\()\s*[^\s"')][^)\n]*\)?`)
)

// opaque returns the length of what stands at the start of a style sheet and is not looked into: a
// comment, a text, an address or an escaped character. It is 0 if there is none of these. wrong says
// which of them does not end.
func opaque(sheet string) (n int, wrong string) {
	switch c := sheet[0]; {
	case strings.HasPrefix(sheet, "/*"):
		if n = strings.Index(sheet[2:], "*/"); n < 0 {
			return 0, "this comment is not closed: */ is missing"
		}
		return n + len("/**/"), ""
	case c == '"' || c == '\'':
		if n = len(quotedText.FindString(sheet)); n == 0 {
			return 0, fmt.Sprintf("the quotation mark %c is not closed", c)
		}
		return n, ""
	case c == 'u' || c == 'U':
		address := bareAddress.FindString(sheet)
		if address != "" && !strings.HasSuffix(address, ")") {
			return 0, "this url( is not closed: a ) is missing"
		}
		return len(address), ""
	case c == '\\':
		return min(len(sheet), 2), ""
	}
	return 0, ""
}
