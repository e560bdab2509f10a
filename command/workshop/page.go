package workshop

import (
	"bytes"
	"fmt"
	"html"
	"slices"
	"strings"

	tokens "golang.org/x/net/html"
)

// withScript returns a page with the workshop's script. The script gets the build of the page. If
// the page has a Content-Security-Policy, it allows the script and its requests. The rest of the
// page stays as it is.
func withScript(page []byte, build string) []byte {
	script := fmt.Sprintf(`<script src="%s" data-build="%s" defer></script>`, scriptPath, html.EscapeString(build))
	var b bytes.Buffer
	b.Grow(len(page) + len(script) + 100) // a policy may get longer, too
	added := false
	z := tokens.NewTokenizer(bytes.NewReader(page))
	for {
		kind := z.Next()
		if kind == tokens.ErrorToken { // the end, because reading from memory does not fail
			break
		}
		raw := string(z.Raw()) // the next call overwrites it
		switch kind {
		case tokens.StartTagToken, tokens.SelfClosingTagToken:
			if t := z.Token(); t.Data == "meta" && isPolicy(t) {
				raw = withPolicy(t)
			}
		case tokens.EndTagToken:
			if name, _ := z.TagName(); string(name) == "head" && !added {
				raw, added = script+raw, true
			}
		}
		b.WriteString(raw)
	}
	b.Write(z.Raw()) // what is left of a tag that has no end
	if !added {
		b.WriteString(script)
	}
	return b.Bytes()
}

// isPolicy reports whether a meta element is a Content-Security-Policy.
func isPolicy(t tokens.Token) bool {
	return slices.ContainsFunc(t.Attr, func(a tokens.Attribute) bool {
		return a.Key == "http-equiv" && strings.EqualFold(strings.TrimSpace(a.Val), "Content-Security-Policy")
	})
}

// withPolicy returns the element of a policy that allows the workshop's script and its requests.
func withPolicy(t tokens.Token) string {
	for i, a := range t.Attr {
		if a.Key == "content" {
			t.Attr[i].Val = allowOwn(a.Val)
		}
	}
	return t.String()
}

// allowOwn returns a Content-Security-Policy that also allows scripts of the same host, and requests
// to it.
func allowOwn(policy string) string {
	var names []string
	sources := map[string][]string{} // by the names of the directives
	for directive := range strings.SplitSeq(policy, ";") {
		fields := strings.Fields(directive)
		if len(fields) == 0 {
			continue
		}
		name := strings.ToLower(fields[0])
		if _, twice := sources[name]; !twice { // a browser ignores the second one
			names = append(names, name)
			sources[name] = fields[1:]
		}
	}
	for _, fallbacks := range [][]string{{"script-src-elem", "script-src", "default-src"}, {"connect-src", "default-src"}} {
		i := slices.IndexFunc(fallbacks, func(name string) bool { return slices.Contains(names, name) })
		if i < 0 || slices.Contains(sources[fallbacks[i]], "'self'") {
			continue
		}
		// Other kinds of requests must stay as limited as they are, so the fallback is not changed.
		own := fallbacks[0]
		if i > 0 {
			names = append(names, own)
		}
		kept := slices.DeleteFunc(slices.Clone(sources[fallbacks[i]]), func(s string) bool { return s == "'none'" })
		sources[own] = append(kept, "'self'")
	}
	for i, name := range names {
		names[i] = strings.Join(append([]string{name}, sources[name]...), " ")
	}
	return strings.Join(names, "; ")
}
