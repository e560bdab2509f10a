package render

import (
	"bytes"
	"context"
	"fmt"
	"html/template"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
	"golang.org/x/net/html"

	"firstframe/render/gallery"
	"firstframe/render/timebox"
)

// markdown renders the owner's words. It shows raw HTML as text. Links and pictures lead only to
// the web, to mail and into the site, as keeper says. What checkMarkdown accepts takes less than a
// second; the deadline is for inputs that nobody has thought of.
func markdown(source string, keeper *linkKeeper) (template.HTML, error) {
	return markdownWithin(context.Background(), source, keeper)
}

// markdownWithin is markdown with a context that can end it earlier.
func markdownWithin(ctx context.Context, source string, keeper *linkKeeper) (template.HTML, error) {
	if source == "" {
		return "", nil // most captions are empty, and making a parser takes longer than the rest of a page
	}
	ctx, cancel := context.WithTimeoutCause(ctx, markdownTime, fmt.Errorf("it takes longer than %v", markdownTime))
	defer cancel()
	page, err := timebox.Run(ctx, "the parser", func() (template.HTML, error) {
		md := goldmark.New(
			extensions(),
			goldmark.WithParserOptions(
				parser.WithAutoHeadingID(),
				parser.WithASTTransformers(util.Prioritized(keeper, 1000), util.Prioritized(headingKeeper{}, 1000)),
			),
		)
		// Each link begins with a root, and can lead to a longer name than is written.
		b := bounded{room: maxHTML + maxLinks*(max(len(keeper.root), len(keeper.media))+longestTarget), limit: maxHTML}
		ids := parser.NewContext()
		ids.IDs().Put([]byte(configID))
		err := md.Convert([]byte(source), &b, parser.WithContext(ids))
		return template.HTML(b.bytes), err
	})
	if err != nil {
		return "", fmt.Errorf("rendering Markdown: %w", err)
	}
	return page, nil
}

// extensions returns the extensions of Markdown. This is not all of GFM: the boxes of its task lists
// have no label.
func extensions() goldmark.Option {
	return goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.Linkify, extension.Typographer, extension.Footnote)
}

// configID is the only id in the layout that differs from an id of a heading by more than a capital
// letter.
const configID = "config"

// bounded collects what is written to it, and refuses more than it has room for.
type bounded struct {
	bytes []byte
	room  int
	limit int64 // the limit that messages name
}

// Write adds p, or fails if there is no room.
func (b *bounded) Write(p []byte) (int, error) {
	if len(b.bytes)+len(p) > b.room {
		return 0, fmt.Errorf("the result is larger than %s", humanize.IBytes(uint64(b.limit)))
	}
	b.bytes = append(b.bytes, p...)
	return len(p), nil
}

// trialFrom is the size in bytes from which on a text is rendered once before the first request. A
// smaller text cannot take long or become large, unless it repeats what it defines.
const trialFrom = 4 << 10

// tryMarkdown renders the texts of the content that could fail, so that a run does not find that
// out after all downloads. shown returns the path of a file in messages.
func (c *Content) tryMarkdown(shown func(...string) string) error {
	ctx, cancel := context.WithTimeoutCause(context.Background(), contentTime,
		fmt.Errorf("all texts together take longer than %v", contentTime))
	defer cancel()
	try := func(file, body string) error {
		if len(body) < trialFrom && !strings.Contains(body, "]:") {
			return nil
		}
		if _, err := markdownWithin(ctx, body, &linkKeeper{}); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		return nil
	}
	if err := try(shown("index.md"), c.Intro); err != nil {
		return err
	}
	for _, page := range c.Texts {
		if err := try(shown(page.Name+".md"), page.Body); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Captions)) {
		if err := try(c.Captions[name].File, c.Captions[name].Body); err != nil {
			return err
		}
	}
	for _, topic := range c.topicFiles() {
		if err := try(topic.File, topic.Body); err != nil {
			return err
		}
	}
	return nil
}

// checkMarkdown refuses a text that would take too long to render, or become too large. The
// parser's time grows with the square of the depth, of the unclosed links and code, and of the
// marks in a paragraph. And a short row of a table gets as many cells as the table has columns.
// before is the number of lines before the text in its file.
func checkMarkdown(file, source string, before int) error {
	if len(source) > maxMarkdown {
		return fmt.Errorf("%s: the text is larger than %s", file, humanize.IBytes(maxMarkdown))
	}
	count := func(chars string) (n int) {
		for i := range len(chars) {
			n += strings.Count(source, chars[i:i+1])
		}
		return n
	}
	for _, limit := range []struct {
		most, have int
		what       string
	}{
		{maxMarkdownLines, count("\n\r"), "lines"},
		{maxLinks, count("["), "opening brackets"},
		{maxMarks, count("*_~\"'"), "asterisks, underscores, tildes and quotation marks"},
	} {
		if limit.have > limit.most {
			return fmt.Errorf("%s: the text has more than %s %s", file, humanize.Comma(int64(limit.most)), limit.what)
		}
	}
	if lines := count("\n\r"); lines*count("`") > maxCode {
		return fmt.Errorf("%s: the text has too many backquotes: close every ` and ```", file)
	}
	if tableCells(source) > maxCells {
		return fmt.Errorf("%s: the tables of the text have more than %s cells: split it into several pages", file, humanize.Comma(maxCells))
	}
	number := before
	for line := range strings.Lines(source) {
		if number++; nestingOf(line) > maxMarkdownDepth {
			return fmt.Errorf("%s:%d: lists and quotes are nested more than %d levels deep", file, number, maxMarkdownDepth)
		}
	}
	return nil
}

// blanks are the characters that Markdown treats as space.
const blanks = " \t\r\n\f\v"

// tableCells returns the maximum number of cells in the tables of a text. A table ends at an empty
// line, or with the quote around it. It has the columns of its line of dashes.
func tableCells(source string) int {
	cells, rows, columns := 0, 0, 0
	for line := range strings.Lines(source) {
		if strings.Trim(line, blanks+">") == "" {
			cells, rows, columns = cells+rows*columns, 0, 0
			continue
		}
		rows++
		if strings.Trim(line, blanks+">-:|") == "" && strings.Contains(line, "|") {
			columns = max(columns, strings.Count(line, "|")+1)
		}
	}
	return cells + rows*columns
}

// nestingOf returns the maximum number of lists, quotes and footnotes around a line. Each has a
// mark in the line, or indents the line by two columns or more, unless the line continues a
// paragraph.
func nestingOf(line string) int {
	marks, columns := 0, 0
	for i := 0; i < len(line); {
		switch c := line[i]; {
		case c == ' ':
			columns++
			i++
		case c == '\t':
			columns += 4
			i++
		case c == '>':
			marks++
			i++
		default:
			n := itemMark(line[i:])
			if n == 0 {
				return marks + columns/2
			}
			marks++
			i += n
		}
	}
	return marks + columns/2
}

// itemMark returns the length of the mark that opens a list item or a footnote at the start of s,
// with the blank after it, or 0 if there is none.
func itemMark(s string) int {
	n := 0
	switch {
	case strings.HasPrefix(s, "[^"):
		end := strings.Index(s, "]:")
		if end < 0 {
			return 0
		}
		return end + len("]:")
	case s[0] == '-' || s[0] == '+' || s[0] == '*':
		n = 1
	default:
		for n < len(s) && '0' <= s[n] && s[n] <= '9' {
			n++
		}
		if n == 0 || n == len(s) || s[n] != '.' && s[n] != ')' {
			return 0
		}
		n++
	}
	if n < len(s) && !strings.Contains(blanks, s[n:n+1]) {
		return 0
	}
	return min(n+1, len(s))
}

// headingKeeper makes the highest heading of a document one of the second level, because the first
// level is the page's title.
type headingKeeper struct{}

// Transform shifts the headings.
func (headingKeeper) Transform(doc *ast.Document, _ text.Reader, _ parser.Context) {
	var headings []*ast.Heading
	highest := 6
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if h, ok := n.(*ast.Heading); ok && entering {
			headings = append(headings, h)
			highest = min(highest, h.Level)
		}
		return ast.WalkContinue, nil
	})
	for _, h := range headings {
		h.Level = min(h.Level+2-highest, 6)
	}
}

// linkKeeper rewrites the links of a document. Links into the site become relative to the page.
type linkKeeper struct {
	root  string // the address of the site's root, from the page: "", "../" or "../../", or a full one
	media string // what comes before "media/" in addresses
	links *links // where addresses lead; nil if it does not matter

	pages []ownLink // the links to pages that it has found
}

// ownLink is a link to a page of the site in the owner's words.
type ownLink struct {
	attribute string // in the HTML
	target    string // the path of the page
}

// longestTarget is more than the length of any file that a link can lead to by a shorter name, in
// bytes.
const longestTarget = 160

// Transform rewrites the destinations of links and pictures, and turns raw HTML into text.
func (k *linkKeeper) Transform(doc *ast.Document, reader text.Reader, _ parser.Context) {
	var raw []ast.Node // replaced after the walk, which needs the siblings
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Link:
			n.Destination = k.destination(n.Destination, false)
		case *ast.Image:
			n.Destination = k.destination(n.Destination, true)
		case *ast.AutoLink:
			if n.AutoLinkType == ast.AutoLinkURL && len(k.destination(n.URL(reader.Source()), false)) == 0 {
				raw = append(raw, n)
			}
		case *ast.RawHTML, *ast.HTMLBlock:
			raw = append(raw, n)
		}
		return ast.WalkContinue, nil
	})
	for _, n := range raw {
		showAsText(n, reader.Source())
	}
}

// destination returns the destination of a link or a picture on the page: http, https, mailto and
// links into the site. For any other it returns an empty one.
func (k *linkKeeper) destination(dest []byte, picture bool) []byte {
	u, err := url.Parse(string(util.ResolveEntityNames(util.ResolveNumericReferences(dest))))
	if err != nil {
		return nil
	}
	switch strings.ToLower(u.Scheme) {
	case "http", "https", "mailto":
		return dest
	case "":
	default:
		return nil
	}
	if u.Host != "" || u.Path == "" {
		return dest
	}
	a := address{url: u, picture: picture}
	target := k.links.resolve(a)
	known := target != ""
	if !known {
		// The index is named, because a folder shows no page when it is opened from disk.
		if target = a.path(); strings.HasSuffix(u.Path, "/") {
			target = path.Join(target, gallery.IndexName)
		}
	}
	u.Path, u.RawPath = target, ""
	root := k.root
	if strings.HasPrefix(target, gallery.MediaFolder+"/") {
		root = k.media
	}
	dest, _ = bytes.CutPrefix([]byte(u.String()), []byte("./"))
	if first, _, _ := bytes.Cut(dest, []byte("/")); root == "" && bytes.ContainsRune(first, ':') {
		dest = append([]byte("./"), dest...) // without this, it would begin with a scheme
	}
	dest = append([]byte(root), dest...)
	if known && path.Base(target) == gallery.IndexName && !k.links.static.has(target) {
		k.pages = append(k.pages, ownLink{` href="` + string(util.EscapeHTML(util.URLEscape(dest, true))) + `"`, target})
	}
	return dest
}

// showAsText replaces raw HTML in the document by its text. goldmark would leave it out.
func showAsText(n ast.Node, source []byte) {
	var value []byte
	switch n := n.(type) {
	case *ast.RawHTML:
		value = n.Segments.Value(source)
	case *ast.AutoLink:
		value = n.Label(source)
	case *ast.HTMLBlock:
		value = n.Lines().Value(source)
		if n.HasClosure() {
			value = append(value, n.ClosureLine.Value(source)...)
		}
	}
	shown := ast.NewString(value)
	shown.SetRaw(true) // only escaped
	var replacement ast.Node = shown
	if n.Type() == ast.TypeBlock {
		replacement = ast.NewParagraph()
		replacement.AppendChild(replacement, shown)
	}
	parent := n.Parent()
	parent.ReplaceChild(parent, n, replacement)
}

// plainText returns the text of Markdown as it is read: on one line, without marks.
func plainText(source string) (string, error) {
	if source == "" {
		return "", nil
	}
	rendered, err := markdown(source, &linkKeeper{})
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for z := html.NewTokenizer(strings.NewReader(string(rendered))); ; {
		switch z.Next() {
		case html.ErrorToken: // the end
			return OneLine(b.String()), nil
		case html.TextToken:
			b.Write(z.Text())
		case html.StartTagToken, html.SelfClosingTagToken:
			if name, _ := z.TagName(); !inline[string(name)] {
				b.WriteByte(' ')
			}
		}
	}
}

// inline are the elements that do not separate words.
var inline = map[string]bool{"a": true, "em": true, "strong": true, "code": true, "del": true, "sup": true}
