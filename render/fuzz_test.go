package render

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"firstframe/render/gallery"
)

// FuzzTagSlugs gives any two tags to an image. Each must have an address of its own, which every
// server allows.
//
//	go test -fuzz FuzzTagSlugs ./render
func FuzzTagSlugs(f *testing.F) {
	f.Add("Sea", "sea")
	f.Add("日本", "日本 sea")
	f.Add("sea-77e7a5", "SEA")
	f.Add(" \u202e", "…")
	f.Fuzz(func(t *testing.T, a, b string) {
		images := []*gallery.Image{{Tags: []string{a}}, {Tags: []string{b}}}
		slugs := tagSlugs(images, newTagNames(images))
		used := map[string]string{}
		for _, m := range images {
			for _, tag := range shownTags(m) {
				if !tagSlugForm.MatchString(slugs[tag]) {
					t.Errorf("%q has the slug %q", tag, slugs[tag])
				}
			}
		}
		for tag, slug := range slugs {
			if other, ok := used[slug]; ok && foldTag(other) != foldTag(tag) {
				t.Errorf("%q has the slug of %q, %q", tag, other, slug)
			}
			used[slug] = tag
		}
	})
}

// FuzzPlainText takes the text out of any Markdown. It must be one line, without anything that a
// page or a terminal would obey.
//
//	go test -fuzz FuzzPlainText ./render
func FuzzPlainText(f *testing.F) {
	f.Add("# A *b* <script>c</script>\n\n[d](javascript:e) &lt;f&gt; \u2028")
	f.Fuzz(func(t *testing.T, source string) {
		text, err := plainText(source)
		if err != nil {
			t.Fatal(err)
		}
		if text != printable(text) {
			t.Errorf("%q gives %q", source, text)
		}
	})
}

// schemeOf returns the scheme of an address as a browser sees it: it ignores control characters,
// and errors after the scheme.
func schemeOf(address string) string {
	address = strings.Map(func(r rune) rune {
		if r <= ' ' {
			return -1
		}
		return r
	}, address)
	scheme, _, found := strings.Cut(address, ":")
	if !found || strings.ContainsAny(scheme, "/?#") {
		return ""
	}
	return strings.ToLower(scheme)
}

// FuzzWords looks for words of the owner's that become more than text, links and pictures on a
// page.
func FuzzWords(f *testing.F) {
	for _, s := range []string{
		"A *caption* with [a link](https://example.org/) and ![a picture](media/x.jpg).",
		"<script>alert(1)</script>", "[x](javascript:alert(1))", "[x](jav&#x61;script:alert(1))", "<javascript:alert(1)>",
		"![x](data:image/svg+xml;base64,AAAA)", "[x]: javascript:alert(1)\n[x]", "| a |\n|---|\n| <img onerror=x> |",
		"[^1]\n\n[^1]: <b onclick=x>", "# x {onclick=alert(1)}", "www.example.org/<script>", "[x](vbscript:x \"onload=\")",
		"---\ntitle: <b>\ntags: [a, \"<script>\"]\n---\n<img src=x onerror=alert(1)>",
	} {
		f.Add(s)
	}
	alignment := regexp.MustCompile(`^text-align:(left|center|right)$`)
	allowed := strings.Fields("a blockquote br code del div em h1 h2 h3 h4 h5 h6 hr img li ol p pre section strong sup table tbody td th thead tr ul")
	f.Fuzz(func(t *testing.T, source string) {
		var fields struct {
			Title string   `yaml:"title"`
			Tags  []string `yaml:"tags"`
		}
		body, _, err := parseFrontMatter("x.md", source, &fields)
		if err != nil {
			return
		}
		page, err := markdown(body, &linkKeeper{root: "../"})
		if err != nil {
			return
		}
		for z := html.NewTokenizer(strings.NewReader(string(page))); ; {
			kind := z.Next()
			if kind == html.ErrorToken {
				return
			}
			if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
				continue
			}
			element := z.Token()
			if !slices.Contains(allowed, element.Data) {
				t.Errorf("%q becomes an element %s", body, element.Data)
			}
			for _, a := range element.Attr {
				if a.Key == "style" && alignment.MatchString(a.Val) { // of a table's cell
					continue
				}
				if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "srcdoc" {
					t.Errorf("%q becomes an attribute %s", body, a.Key)
				}
				if a.Key != "href" && a.Key != "src" {
					continue
				}
				if scheme := schemeOf(a.Val); !slices.Contains([]string{"", "http", "https", "mailto"}, scheme) {
					t.Errorf("%q becomes an address %q", body, a.Val)
				}
			}
		}
	})
}
