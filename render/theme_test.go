package render

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"firstframe/render/gallery/gallerytest"
)

// Whatever an asset is called, its published name fits every server and file
// system, and is one that a later run knows and removes.
func TestHashedName(t *testing.T) {
	for name, want := range map[string]string{
		"style.css":                      "assets/style.HASH.css",
		"My Photo.JPG":                   "assets/my-photo.HASH.jpg",
		"a.tar.gz":                       "assets/a.tar.HASH.gz",
		"LICENSE":                        "assets/license.HASH",
		"fonts/A.woff2":                  "assets/fonts-a.HASH.woff2",
		"x.日本":                           "assets/x.--.HASH",
		"ß.É":                            "assets/-.-.HASH",
		"İ.svg":                          "assets/i.HASH.svg",
		"a.foo-bar":                      "assets/a.foo-bar.HASH",
		"a.":                             "assets/a..HASH",
		strings.Repeat("a", 250) + ".js": "assets/" + strings.Repeat("a", 100) + ".HASH.js",
		"a." + strings.Repeat("b", 250):  "assets/a." + strings.Repeat("b", 98) + ".HASH",
	} {
		got := hashedName(name, nil)
		if want := strings.Replace(want, "HASH", "e3b0c44298", 1); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
		if !assetForm.MatchString(got) || !isOurs(got) {
			t.Errorf("%s: %s is not known as ours", name, got)
		}
	}
}

// What looks like a comment but shares its line with something else must stay.
func TestWithoutComments(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"a.js", "// one\n\t // two\nf();\n//\n// the end\n", "f();\n"},
		{"a.js", "// one\r\nf();\r\n", "f();\r\n"},
		{"a.js", "f(); // beside\n", "f(); // beside\n"},
		{"a.js", "const a = \"// text\";\nconst b = `// text`;\n", "const a = \"// text\";\nconst b = `// text`;\n"},
		{"a.js", "s.split(\n  /\\/\\//,\n  /[/]/ //x\n);\n", "s.split(\n  /\\/\\//,\n  /[/]/ //x\n);\n"},
		{"a.js", "/* a */\n/*\n * b\n */\n", "/* a */\n/*\n * b\n */\n"},
		{"a.js", "f(); // no end of line\n// none here", "f(); // no end of line\n// none here"},
		{"a.css", "/* one */\n\ta {}\n\t/* two\n   lines **/\nb {}\n/**/\n", "\ta {}\nb {}\n"},
		{"a.css", "/* one */\r\na {}\r\n", "a {}\r\n"},
		{"a.css", "a {} /* beside */\n", "a {} /* beside */\n"},
		{"a.css", "/* before */ a {}\nb {} /* beside */\n", "/* before */ a {}\nb {} /* beside */\n"},
		{"a.css", "/* before */ a {}\n/* own */\nb {}\n", "/* before */ a {}\nb {}\n"},
		{"a.css", "a::before { content: \"/* text */\" }\n", "a::before { content: \"/* text */\" }\n"},
		{"a.css", "// no comment\na {}\n/* no end\n", "// no comment\na {}\n/* no end\n"},
		{"a.svg", "// text\n/* text */\n", "// text\n/* text */\n"},
	} {
		if got := string(withoutComments(tt.name, []byte(tt.in))); got != tt.want {
			t.Errorf("%s %q becomes %q, want %q", tt.name, tt.in, got, tt.want)
		}
	}
}

// withoutComments does not parse: in the built-in assets no string, template literal or comment
// that begins beside code may go on on the next line.
func TestBuiltinComments(t *testing.T) {
	long := regexp.MustCompile(`/\*([^*]|\*+[^*/])*\*+/`)
	names, err := fs.Glob(builtin, "assets/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(builtin, name)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(withoutComments(name, data)), "\n") {
			open := map[string]bool{
				".js":  strings.Count(line, "`")%2 != 0 || strings.Contains(line, "/*") || strings.HasSuffix(line, `\`),
				".css": strings.Contains(long.ReplaceAllString(line, ""), "/*") || strings.HasSuffix(line, `\`),
			}
			if open[path.Ext(name)] {
				t.Errorf("%s: line %d without the comments may go on on the next one: %s", name, i+1, line)
			}
		}
	}
}

// The built-in assets are published without comments, and so is a copy of them. What the owner has
// changed is published as it is.
func TestCommentsOfThemes(t *testing.T) {
	script, err := fs.ReadFile(builtin, "assets/site.js")
	if err != nil {
		t.Fatal(err)
	}
	published := func(dir string) []byte {
		theme, warnings, err := LoadTheme(builtin, dir)
		if err != nil || warnings != nil {
			t.Fatal(warnings, err)
		}
		for _, a := range theme.assets {
			if a.path == theme.names["site.js"] {
				return a.data
			}
		}
		t.Fatal("there is no site.js")
		return nil
	}
	short := published("")
	if !bytes.HasPrefix(short, []byte(`"use strict";`)) || !bytes.HasPrefix(script, []byte("// ")) {
		t.Errorf("the published script begins with %.40q", short)
	}
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "assets/site.js"), string(script))
	if !bytes.Equal(published(dir), short) {
		t.Error("a copy of the script is published in another way")
	}
	own := append(bytes.Clone(script), "f();\n"...)
	writeFile(t, filepath.Join(dir, "assets/site.js"), string(own))
	if !bytes.Equal(published(dir), own) {
		t.Error("the owner's script is not published as it is")
	}
}

// makeTheme writes a theme and loads it.
func makeTheme(t *testing.T, files map[string]string) (dir string, warnings []string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range files {
		writeFile(t, filepath.Join(dir, filepath.FromSlash(name)), text)
	}
	_, warnings, err := LoadTheme(builtin, dir)
	if err != nil {
		t.Fatal(err)
	}
	return dir, warnings
}

// buildTheme builds a site with a theme and returns its folder.
func buildTheme(t *testing.T, theme string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "out")
	s := gallerytest.State(2*perPage + 1)
	s.Images[0].Tags = []string{"sea"}
	buildExample(t, dir, s, exampleOptions(t, theme))
	return dir
}

// A theme adds templates for page kinds that share the gallery's.
func TestThemeAddsKinds(t *testing.T) {
	files := map[string]string{}
	pages := map[string]string{
		kindIndex: "index.html", kindArchive: galleryPath(2), kindTag: "tag/sea/index.html", kindMonth: "month/2024-07/index.html",
	}
	for kind := range pages {
		files["templates/"+kind+".html"] = `{{define "main"}}<p>own ` + kind + `</p>{{range .Tiles}}<a id="i-{{.Slug}}" href="{{.Href}}">x</a>{{end}}{{end}}`
	}
	theme, warnings := makeTheme(t, files)
	if warnings != nil {
		t.Errorf("got the warnings %q", warnings)
	}
	dir := buildTheme(t, theme)
	for kind, page := range pages {
		if !bytes.Contains(readSite(t, dir, page), []byte("<p>own "+kind+"</p>")) {
			t.Errorf("%s is not made from the theme's %s.html", page, kind)
		}
	}
}

// A theme adds definitions that its templates use, and replaces single built-in ones. A file from
// which no page takes anything is named.
func TestThemeAddsPartials(t *testing.T) {
	files := map[string]string{
		"templates/text.html":    `{{define "main"}}{{template "card" .}}{{end}}`,
		"templates/_card.html":   `{{define "card"}}{{if .Title}}{{else}}{{with .}}{{range .Nav}}{{else}}{{template "name" .}}{{end}}{{end}}{{end}}{{end}}`,
		"templates/_name.html":   `{{define "name"}}own name{{end}}`,
		"templates/_label.html":  `{{define "label"}}<b>own label</b>{{end}}`,
		"templates/_unused.html": `{{define "nobody"}}{{template "never" .}}{{end}}`,
		"templates/_never.html":  `{{define "never"}}{{end}}`,
		"templates/_empty.html":  ``,
		"templates/_pages.html":  `{{define "main"}}every page has its own{{end}}`,
		"templates/_old/a.html":  `{{if}}`,
		"templates/_note.txt":    `{{if}}`,
	}
	theme, warnings := makeTheme(t, files)
	want := []string{
		"the theme's file templates/_empty.html is not used: no built-in file has this name, and no template includes it",
		"the theme's file templates/_never.html is not used: no built-in file has this name, and no template includes it",
		"the theme's file templates/_note.txt is not used: no built-in file has this name, and no template includes it",
		"the theme's folder templates/_old is not used",
		"the theme's file templates/_pages.html is not used: no built-in file has this name, and no template includes it",
		"the theme's file templates/_unused.html is not used: no built-in file has this name, and no template includes it",
	}
	if !slices.Equal(warnings, want) {
		t.Errorf("got the warnings %q, want %q", warnings, want)
	}
	index := readSite(t, buildTheme(t, theme), "index.html")
	if !bytes.Contains(index, []byte("<b>own label</b>")) || bytes.Contains(index, []byte("<span>")) {
		t.Error("the theme's label is not on the index")
	}
}

// A theme from before a built-in partial was divided still replaces all of its definitions. A copy
// that is left beside its own partial replaces nothing.
func TestThemeReplacesPartials(t *testing.T) {
	theme, warnings := makeTheme(t, map[string]string{
		"templates/_tiles.html":  `{{define "picture"}}alt=""{{end}}{{define "label"}}{{end}}{{define "pager"}}own pager{{end}}{{define "search"}}own search{{end}}{{define "viewer"}}own viewer{{end}}`,
		"templates/_tiles2.html": `{{define "pager"}}copy{{end}}{{define "search"}}copy{{end}}`,
	})
	if want := []string{"the theme's file templates/_tiles2.html is not used: no built-in file has this name, and no template includes it"}; !slices.Equal(warnings, want) {
		t.Errorf("got the warnings %q, want %q", warnings, want)
	}
	index := readSite(t, buildTheme(t, theme), "index.html")
	for _, part := range []string{"own pager", "own search", "own viewer"} {
		if !bytes.Contains(index, []byte(part)) {
			t.Errorf("the index has no %s", part)
		}
	}
}

// All templates of a page are in memory for each kind of page.
func TestManyPartials(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a", "b", "c", "d"} {
		writeFile(t, filepath.Join(dir, "templates/_"+name+".html"), strings.Repeat("x", maxTemplate))
	}
	_, _, err := LoadTheme(builtin, dir)
	if want := "and the templates that it includes are larger than 1.0 MiB together"; err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("got error %v, want %q", err, want)
	}
}

// A theme sorts its assets into folders. Style sheets name them from where they are.
func TestAssetFolders(t *testing.T) {
	theme, warnings := makeTheme(t, map[string]string{
		"assets/fonts/a.woff2":    "font",
		"assets/css/more.css":     `a { src: url("../fonts/a.woff2"); b: url(/fonts/a.woff2); c: url(fonts/a.woff2) }`,
		"assets/css/.draft.css":   `x`,
		"assets/.git/config":      `x`,
		"assets/empty/.keep":      ``,
		"assets/notes.txt~":       `x`, // the backups of some editors
		"assets/#notes.txt#":      `x`,
		"assets/css/more.css.bak": `x`,
		"templates/text.html":     `{{define "main"}}{{.Asset "css/more.css"}}{{end}}`,
		"templates/fonts/b.html":  ``,
	})
	want := []string{
		"the theme's file assets/#notes.txt# is not published: it looks like an editor's backup",
		"the theme's file assets/css/more.css.bak is not published: it looks like an editor's backup",
		"the theme's folder assets/empty is not used",
		"the theme's file assets/notes.txt~ is not published: it looks like an editor's backup",
		"the theme's folder templates/fonts is not used",
	}
	if !slices.Equal(warnings, want) {
		t.Errorf("got the warnings %q, want %q", warnings, want)
	}
	loaded, _, err := LoadTheme(builtin, theme)
	if err != nil {
		t.Fatal(err)
	}
	font := path.Base(hashedName("fonts/a.woff2", []byte("font")))
	sheet := `a { src: url(` + font + `); b: url(/fonts/a.woff2); c: url(fonts/a.woff2) }`
	dir := buildTheme(t, theme)
	if got := string(readSite(t, dir, loaded.names["css/more.css"])); got != sheet {
		t.Errorf("the style sheet is %s, want %s", got, sheet)
	}
	if got := string(readSite(t, dir, "assets/"+font)); got != "font" {
		t.Errorf("the font is %q", got)
	}
	plain, _, err := LoadTheme(builtin, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(loaded.names) != len(plain.names)+2 {
		t.Errorf("the assets are %v", loaded.names)
	}
}

// A browser takes the sum of a style element's text, in which all ends of lines
// are those of Unix.
func TestStyleOfWindows(t *testing.T) {
	theme := &Theme{
		assets: []asset{{"assets/style.00.css", []byte("a {\r\n}\rb {}\n")}},
		names:  map[string]string{"style.css": "assets/style.00.css"},
	}
	sheet, hash := theme.inlineStyle()
	sum := sha256.Sum256([]byte("a {\n}\nb {}\n"))
	if want := "sha256-" + base64.StdEncoding.EncodeToString(sum[:]); string(sheet) != "a {\n}\nb {}\n" || hash != want {
		t.Errorf("got %q, %s, want %s", sheet, hash, want)
	}
}

// A theme's custom.css comes after the built-in style sheet on every page, under a name with a hash
// of its bytes. Its change renames it, so all pages are written again, and nothing else.
func TestCustomSheet(t *testing.T) {
	theme, warnings := makeTheme(t, map[string]string{
		"custom.css":           `a { src: url("assets/fonts/a.woff2"); b: url(../logo.svg) }`,
		"assets/fonts/a.woff2": "font",
	})
	if warnings != nil {
		t.Errorf("got the warnings %q", warnings)
	}
	loaded, _, err := LoadTheme(builtin, theme)
	if err != nil {
		t.Fatal(err)
	}
	style, custom := loaded.names["style.css"], loaded.names["custom.css"]
	dir := buildTheme(t, theme)
	sheet := "a { src: url(" + path.Base(loaded.names["fonts/a.woff2"]) + "); b: url(../logo.svg) }"
	if got := string(readSite(t, dir, custom)); got != sheet {
		t.Errorf("the style sheet is %s, want %s", got, sheet)
	}
	links := `<link rel="stylesheet" href="../../` + style + "\">\n" + `<link rel="stylesheet" href="../../` + custom + `">`
	if page := readSite(t, dir, "tag/sea/index.html"); !bytes.Contains(page, []byte(links)) || bytes.Contains(page, []byte("theme-color")) {
		t.Errorf("the page of a tag lacks %s, or names the built-in colours: %.1000s", links, page)
	}
	// The page 404 of a site without an address contains both sheets, and allows only them.
	missing := readSite(t, dir, "404.html")
	_, inline, _ := bytes.Cut(missing, []byte("<style>"))
	inline, _, _ = bytes.Cut(inline, []byte("</style>"))
	sum := sha256.Sum256(inline)
	hash := []byte("style-src &#39;sha256-" + strings.ReplaceAll(base64.StdEncoding.EncodeToString(sum[:]), "+", "&#43;"))
	if !bytes.HasSuffix(inline, []byte(sheet)) || !bytes.Contains(missing, hash) {
		t.Errorf("404.html lacks the style sheet or its hash %s", hash)
	}

	before := treeOf(t, dir)
	writeFile(t, filepath.Join(theme, "custom.css"), "a {}")
	s := gallerytest.State(2*perPage + 1)
	s.Images[0].Tags = []string{"sea"}
	buildExample(t, dir, s, exampleOptions(t, theme))
	for name, data := range treeOf(t, dir) {
		isNew := path.Ext(name) == ".html" || strings.HasPrefix(name, "assets/custom.") || strings.HasPrefix(name, ".firstframe-files")
		if changed := before[name] != data; changed != isNew {
			t.Errorf("%s: changed is %v, want %v", name, changed, isNew)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(custom))); err == nil {
		t.Error("the old style sheet is still there")
	}
}

// A custom.css to which a layout of the theme has no link is named, and so is one of two.
func TestCustomSheetUnused(t *testing.T) {
	layout, err := fs.ReadFile(builtin, "templates/layout.html")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"custom.css": "a {}", "templates/layout.html": string(layout)}
	if _, warnings := makeTheme(t, files); warnings != nil {
		t.Errorf("got the warnings %q", warnings)
	}
	files["templates/layout.html"] = strings.ReplaceAll(string(layout), "custom.css", "style.css")
	want := []string{`the theme's custom.css is not used, because no template links to it; write {{.Asset "custom.css"}} in templates/layout.html`}
	dir, warnings := makeTheme(t, files)
	if !slices.Equal(warnings, want) {
		t.Errorf("got the warnings %q, want %q", warnings, want)
	}
	writeFile(t, filepath.Join(dir, "assets/custom.css"), "a {}")
	if _, _, err := LoadTheme(builtin, dir); err == nil || !strings.Contains(err.Error(), "two of the name custom.css: keep the one beside assets/") {
		t.Errorf("with two style sheets of the name the error is %v", err)
	}
}
