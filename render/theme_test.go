package render

import (
	"bytes"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Whatever an asset is called, its published name fits every server and file
// system, and is one that a later run knows and removes.
func TestHashedName(t *testing.T) {
	for name, want := range map[string]string{
		"style.css":                      "assets/style.HASH.css",
		"My Photo.JPG":                   "assets/my-photo.HASH.jpg",
		"a.tar.gz":                       "assets/a.tar.HASH.gz",
		"LICENSE":                        "assets/license.HASH",
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
