package render

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"

	"firstframe/render/media/mediatest"
)

// Texts that would take minutes, or become gigabytes, are refused before they are rendered. All
// others are rendered soon.
func TestHostileMarkdown(t *testing.T) {
	// Beside other tests, everything takes longer. Only a text that never ends takes this long.
	one, all := markdownTime, contentTime
	markdownTime, contentTime = 10*time.Minute, 10*time.Minute
	t.Cleanup(func() { markdownTime, contentTime = one, all })
	fill := func(s string) string { return strings.Repeat(s, maxMarkdown/len(s)) }
	pad := func(s string) string { return s + strings.Repeat("a", maxMarkdown-len(s)) }
	for name, tt := range map[string]struct{ source, want string }{
		"many bytes":             {strings.Repeat("a", maxMarkdown+1), "more.md: the text is larger than 64 KiB"},
		"many lines":             {strings.Repeat("a\n", 10_001), "more.md: the text has more than 10,000 lines"},
		"many old lines":         {strings.Repeat("a\r", 10_001), "more.md: the text has more than 10,000 lines"},
		"a list in a list":       {"a\n\n" + strings.Repeat("- ", 3000) + "a", "more.md:3: lists and quotes are nested more than 32 levels deep"},
		"a list of numbers":      {strings.Repeat("1. ", 3000) + "a", "more.md:1: lists and quotes are nested"},
		"a quote in a quote":     {fill(">"), "more.md:1: lists and quotes are nested"},
		"a footnote in another":  {strings.Repeat("[^1]: ", 1000), "more.md:1: lists and quotes are nested"},
		"a list line by line":    {deeperList(200), "more.md:33: lists and quotes are nested"},
		"brackets":               {fill("["), "more.md: the text has more than 2,000 opening brackets"},
		"links without an end":   {fill("[a]("), "more.md: the text has more than 2,000 opening brackets"},
		"emphasis without end":   {fill("*a_"), "more.md: the text has more than 10,000 asterisks"},
		"quotation marks":        {fill(`"`), "more.md: the text has more than 10,000 asterisks"},
		"a wide table":           {strings.Repeat("|a", 3000) + "\n" + strings.Repeat("|-", 3000) + "\n" + strings.Repeat("|\n", 9000), "more.md: the tables of the text have more than 10,000 cells"},
		"a wide table in a list": {"- " + strings.Repeat("|a", 3000) + "\n  " + strings.Repeat("|-", 3000) + "\n" + strings.Repeat("  |\n", 2000), "more.md: the tables of the text have more than 10,000 cells"},
		"a long link many times": {"[a]: http://x/" + strings.Repeat("y", 30_000) + "\n\n" + strings.Repeat("[a]", 1900), "more.md: rendering Markdown: the result is larger than 1.0 MiB"},
		"a long title, too":      {"[a]: x '" + strings.Repeat("y", 30_000) + "'\n\n" + strings.Repeat("[a]", 1900), "more.md: rendering Markdown: the result is larger than 1.0 MiB"},

		"code without an end":            {strings.Repeat("a\\``\n", 3000), "more.md: the text has too many backquotes"},
		"code without an end in a table": {strings.Repeat("-|-\n\\``", 3000), "more.md: the text has too many backquotes"},

		"code just below the limit":     {strings.Repeat("a\\``\n", 1414), ""},
		"a long page with much code":    {strings.Repeat("`a` and `b`\n", 700), ""},
		"links just below the limit":    {pad(strings.Repeat("[a](", 2000)), ""},
		"pictures just below it":        {pad(strings.Repeat("![](", 2000)), ""},
		"emphasis just below it":        {pad(strings.Repeat("*a_", 5000)), ""},
		"quotation marks just below it": {pad(strings.Repeat("'", 10_000)), ""},
		"quotes just below it":          {strings.Repeat(strings.Repeat(">", 32)+"a\n", 1900), ""},
		"lists just below it":           {strings.Repeat(strings.Repeat("- ", 32)+"a\n", 900), ""},
		"many footnotes":                {strings.Repeat("[^1]: www.", 1900), ""},
		"a footnote used often":         {"[^1]: a\n\n" + strings.Repeat("[^1]", 1900), ""},
		"code":                          {fill("` `` "), ""},
		"entities":                      {fill("&nGt;"), ""},
		"headings of one name":          {strings.Repeat("# a\n", 10_000), ""},
		"a rule of many dashes":         {strings.Repeat("-", 300) + "\n\n" + strings.Repeat("* ", 20), ""},
	} {
		before := mediatest.Allocated()
		_, _, err := LoadContent(fstest.MapFS{"more.md": {Data: []byte(tt.source)}})
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.want)) {
			t.Errorf("%s: got %.200v, want %q", name, err, tt.want)
		}
		if used := (mediatest.Allocated() - before) >> 20; used > 200 {
			t.Errorf("%s: %d MiB were allocated", name, used)
		}
	}
}

// deeperList returns a list that is nested n levels deep.
func deeperList(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%s- a\n", strings.Repeat("  ", i))
	}
	return b.String()
}

// A text after front matter is refused with its line in the file.
func TestHostileMarkdownLine(t *testing.T) {
	_, _, err := LoadContent(fstest.MapFS{"more.md": {Data: []byte("---\ntitle: a\n---\na\n\n" + strings.Repeat(">", 40) + "\n")}})
	if want := "more.md:6: lists and quotes are nested more than 32 levels deep"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %q", err, want)
	}
}

// The result of nestingOf is never less than the depth that the parser finds.
func TestNestingOf(t *testing.T) {
	parts := []string{"> ", ">", "- ", "-", "* ", "+\t", "1. ", "23) ", "  ", "    ", "\t", "a", "\n", "\n", "[^1]: ", "|", "`", "***", "# ", "```"}
	random := rand.New(rand.NewPCG(1, 2))
	parse := goldmark.New(goldmark.WithExtensions(extension.Table, extension.Footnote)).Parser()
	for range 20_000 {
		var b strings.Builder
		for range 1 + random.IntN(40) {
			b.WriteString(parts[random.IntN(len(parts))])
		}
		source := b.String()
		bound, depth := 0, 0
		for line := range strings.Lines(source) {
			bound = max(bound, nestingOf(line))
		}
		_ = ast.Walk(parse.Parse(text.NewReader([]byte(source))), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
			at := 0
			for p := n; p != nil; p = p.Parent() {
				switch p.(type) {
				case *ast.ListItem, *ast.Blockquote:
					at++
				}
			}
			depth = max(depth, at)
			return ast.WalkContinue, nil
		})
		if depth > bound {
			t.Fatalf("%q is nested %d levels deep, and not %d", source, depth, bound)
		}
	}
}

// A page has one heading of the first level: its title.
func TestHeadings(t *testing.T) {
	for source, want := range map[string]string{
		"# A\n\n## B\n\n# C": "h2 h3 h2", "### A\n\n#### B": "h2 h3", "text": "",
	} {
		html, err := markdown(source, &linkKeeper{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range regexp.MustCompile("<(h[1-6])").FindAllStringSubmatch(string(html), -1) {
			got = append(got, m[1])
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q has the headings %v, want %q", source, got, want)
		}
	}
}

// A relative link with a colon must not become an address with a scheme.
func TestRelativeLinkWithColon(t *testing.T) {
	for source, want := range map[string]string{
		"[x](./javascript:alert)":   `href="./javascript:alert"`,
		"[x](./tel:123)":            `href="./tel:123"`,
		"[x](foo%3Abar/)":           `href="./foo:bar/index.html"`,
		"![x](./data:image/png,AA)": `src="./data:image/png,AA"`,
		"[x](./about/)":             `href="about/index.html"`,
	} {
		got, err := markdown(source, &linkKeeper{})
		if err != nil || !strings.Contains(string(got), want) {
			t.Errorf("%s: got %s, %v, want %s", source, got, err, want)
		}
	}
}
