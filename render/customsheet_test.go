package render

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A slip in custom.css has no effect, or takes the rest of the sheet away, and a browser says
// nothing. So a run does.
func TestCustomSheetSlips(t *testing.T) {
	for sheet, want := range map[string]string{
		":root { --wal: red }":                                                "1: there is no property --wal; did you mean --wall?",
		":root {\n\n  --Ink: red;\n  --radus: 1px }":                          "3: there is no property --Ink; did you mean --ink?|4: there is no property --radus; did you mean --radius?",
		".viewer { --marc: red }":                                             "1: there is no property --marc; did you mean --mark?",
		":root {\n  --wall: red\n  --ink: blue;\n}":                           "2: a ; is missing at the end of this line",
		"a {}\n:root { --wall: red;\n":                                        "2: this { is not closed: a } is missing",
		"@media print {\n:root { --wall: red; }\n":                            "1: this { is not closed: a } is missing",
		":root { --wall: red }\n}\n":                                          "2: this } closes nothing: remove it",
		"/* a */\n/* b\n:root { --wall: red }":                                "2: this comment is not closed: */ is missing",
		"a { b: 'c }\n:root { --wall: red }":                                  "1: the quotation mark ' is not closed",
		"a { b: url(c }\n:root { --wall: red }":                               "1: this url( is not closed: a ) is missing",
		":root { --wall: red; --my-own: 1px } a { b: c }":                     "",
		":root { --wal: red } a { color: var( --wal ) }":                      "",
		"/* } { ' --wal: 1 */ a::before { content: '} /* \\' {' }":            "",
		"a { b: url(data:image/svg+xml;utf8,{}') } c { d: \"\\\n--wal: e\" }": "",
		"a { b: url( 'c)' ) } .x\\{y { color: red }":                          "",
		"@import 'a.css'; a{}":                                                "",
		"":                                                                    "",
	} {
		dir := t.TempDir()
		writeFile(t, filepath.Join(dir, "custom.css"), sheet)
		_, warnings, err := LoadTheme(builtin, dir)
		if err != nil {
			t.Fatal(err)
		}
		for i := range warnings {
			warnings[i] = strings.TrimPrefix(warnings[i], filepath.ToSlash(dir)+"/custom.css:")
		}
		if got := strings.Join(warnings, "|"); got != want {
			t.Errorf("%q: got %q, want %q", sheet, got, want)
		}
	}
	// The built-in sheet has no slip, and no name of it is one.
	data, err := fs.ReadFile(builtin, "assets/style.css")
	if got := checkSheet("style.css", string(data), string(data)); err != nil || got != nil {
		t.Errorf("the built-in sheet: %q, error %v", got, err)
	}
	if known := sheetProperties(string(data)); !slices.Contains(known, "--stretch") || slices.Contains(known, "--not-there") {
		t.Errorf("the properties are %q", known)
	}
}
