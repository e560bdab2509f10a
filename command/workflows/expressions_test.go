package workflows

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// scope holds what the expressions of a step can use.
type scope struct {
	values map[string]any
	failed bool
	glob   func(pattern string) string
}

var expressionForm = regexp.MustCompile(`\$\{\{(.*?)\}\}`)

// expand replaces the expressions in a text.
func (s *scope) expand(t *testing.T, text string) string {
	return expressionForm.ReplaceAllStringFunc(text, func(e string) string {
		return asString(s.evaluate(t, expressionForm.FindStringSubmatch(e)[1]))
	})
}

// holds evaluates the condition of a step or a job.
func (s *scope) holds(t *testing.T, condition string) bool {
	if m := expressionForm.FindStringSubmatch(condition); m != nil {
		condition = m[1]
	}
	// Without one of these functions, a step or a job runs only if nothing has failed.
	if !regexp.MustCompile(`\b(always|failure|cancelled)\(\)`).MatchString(condition) && s.failed {
		return false
	}
	return strings.TrimSpace(condition) == "" || truth(s.evaluate(t, condition))
}

func (s *scope) evaluate(t *testing.T, text string) any {
	p := &expression{t: t, scope: s, tokens: tokenForm.FindAllString(text, -1), text: text}
	v := p.or()
	if len(p.tokens) > 0 {
		t.Fatalf("the expression %q does not end at %q", text, p.tokens[0])
	}
	return v
}

// expression evaluates the part of the language that our files use.
type expression struct {
	t      *testing.T
	scope  *scope
	tokens []string
	text   string
}

var tokenForm = regexp.MustCompile(`'(?:[^']|'')*'|[A-Za-z0-9_.*-]+|&&|\|\||==|!=|[!(),]`)

func (p *expression) accept(token string) bool {
	if len(p.tokens) > 0 && p.tokens[0] == token {
		p.tokens = p.tokens[1:]
		return true
	}
	return false
}

func (p *expression) or() any {
	v := p.and()
	for p.accept("||") {
		if w := p.and(); !truth(v) {
			v = w
		}
	}
	return v
}

func (p *expression) and() any {
	v := p.compare()
	for p.accept("&&") {
		if w := p.compare(); truth(v) {
			v = w
		}
	}
	return v
}

func (p *expression) compare() any {
	v := p.unary()
	switch {
	case p.accept("=="):
		return asString(v) == asString(p.unary())
	case p.accept("!="):
		return asString(v) != asString(p.unary())
	}
	return v
}

func (p *expression) unary() any {
	if p.accept("!") {
		return !truth(p.unary())
	}
	if p.accept("(") {
		v := p.or()
		p.accept(")")
		return v
	}
	if len(p.tokens) == 0 {
		p.t.Fatalf("the expression %q ends too early", p.text)
	}
	token := p.tokens[0]
	p.tokens = p.tokens[1:]
	switch {
	case token[0] == '\'':
		return strings.ReplaceAll(token[1:len(token)-1], "''", "'")
	case token == "true" || token == "false":
		return token == "true"
	case p.accept("("):
		return p.call(token)
	}
	var v any = p.scope.values
	for _, name := range strings.Split(token, ".") {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[name]
	}
	return v
}

func (p *expression) call(name string) any {
	var args []string
	for !p.accept(")") {
		args = append(args, asString(p.or()))
		p.accept(",")
	}
	switch name {
	case "always":
		return true
	case "failure":
		return p.scope.failed
	case "cancelled":
		return false
	case "hashFiles":
		return p.scope.glob(args[0])
	}
	p.t.Fatalf("the tests do not know the function %s in %q", name, p.text)
	return nil
}

func truth(v any) bool { return v != nil && v != false && v != "" && v != "0" }

func asString(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}
