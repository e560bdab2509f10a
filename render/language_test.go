package render

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"firstframe/render/gallery"
	"firstframe/render/gallery/gallerytest"
)

func exampleWords(t testing.TB, language string) *Words {
	t.Helper()
	theme, _, err := LoadTheme(builtin, "")
	if err != nil {
		t.Fatal(err)
	}
	words, known := theme.words(language)
	if !known {
		t.Fatalf("there are no words in the language %q", language)
	}
	return words
}

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// placeholders returns the placeholders of all forms of a word together: the form for one need not
// have the number.
func placeholders(w word) string {
	var all []string
	for _, text := range w {
		all = append(all, placeholder.FindAllString(text, -1)...)
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), " ")
}

// A word that is missing would be English in the middle of a page, and one
// without its placeholder would say nothing.
func TestLanguagesAreComplete(t *testing.T) {
	theme, _, err := LoadTheme(builtin, "")
	if err != nil {
		t.Fatal(err)
	}
	english := theme.languages[fallbackLanguage]()
	if len(theme.languages) < 5 {
		t.Errorf("there are only %d languages", len(theme.languages))
	}
	for tag, read := range theme.languages {
		f := read()
		words, _ := theme.words(tag)
		for section, pair := range map[string][2]map[string]word{
			"pages": {english.Pages, f.Pages},
		} {
			want, got := pair[0], pair[1]
			for key := range want {
				if got[key] == nil {
					t.Errorf("%s: %s has no %s", tag, section, key)
				} else if placeholders(got[key]) != placeholders(want[key]) {
					t.Errorf("%s: %s.%s has the placeholders %q, want %q", tag, section, key, placeholders(got[key]), placeholders(want[key]))
				}
				if len(want[key]) > 1 {
					checkPlural(t, words, tag+": "+key, got[key])
				}
			}
			for key := range got {
				if want[key] == nil {
					t.Errorf("%s: %s.%s is not in English", tag, section, key)
				}
			}
		}
		d, n := f.Dates, f.Numbers
		if len(d.Months) != 12 || len(n.Units) != 5 || n.Decimal == "" || n.Group == "" || n.Decimal == n.Group {
			t.Errorf("%s: dates %v or numbers %v are not complete", tag, d, n)
		}
		for pattern, want := range map[string]string{
			d.Day: "{day} {month} {year}", d.Month: "{month} {year}", d.Range: "{from} {to}", n.Size: "{n} {unit}",
		} {
			if got := placeholders(word{"other": pattern}); got != want {
				t.Errorf("%s: the pattern %q has the placeholders %q, want %q", tag, pattern, got, want)
			}
		}
	}
}

// checkPlural checks that a word has the forms that its language needs, and
// none that it never uses.
func checkPlural(t *testing.T, words *Words, what string, w word) {
	used := map[string]bool{"other": true}
	for n := range 200 {
		used[words.form(n)] = true
	}
	if got, want := slices.Sorted(maps.Keys(w)), slices.Sorted(maps.Keys(used)); !slices.Equal(got, want) {
		t.Errorf("%s has the forms %v, want %v", what, got, want)
	}
}

func TestDatesAndNumbers(t *testing.T) {
	first := time.Date(2024, 10, 1, 5, 0, 0, 0, time.UTC)
	for language, want := range map[string][]string{
		"en":    {"1 October 2024", "October 2024", "September – October 2024", "1,234,567", "2.4\u00a0MB", "12\u00a0kB", "1 picture", "1,234 pictures"},
		"en-GB": {"1 October 2024", "October 2024", "September – October 2024", "1,234,567", "2.4\u00a0MB", "12\u00a0kB", "1 picture", "1,234 pictures"},
		"de":    {"1. Oktober 2024", "Oktober 2024", "September – Oktober 2024", "1.234.567", "2,4\u00a0MB", "12\u00a0kB", "1 Bild", "1.234 Bilder"},
		"fr":    {"1er octobre 2024", "Octobre 2024", "Septembre – Octobre 2024", "1\u202f234\u202f567", "2,4\u00a0Mo", "12\u00a0ko", "1 image", "1\u202f234 images"},
		"es":    {"1 de octubre de 2024", "Octubre de 2024", "Septiembre – Octubre de 2024", "1.234.567", "2,4\u00a0MB", "12\u00a0kB", "1 imagen", "1234 imágenes"},
		"ar":    {"1 أكتوبر 2024", "أكتوبر 2024", "سبتمبر – أكتوبر 2024", "1,234,567", "2.4\u00a0ميغابايت", "12\u00a0كيلوبايت", "صورة واحدة", "1,234 صورة"},
	} {
		w := exampleWords(t, language)
		got := []string{
			w.day(first), w.month(first), w.period(first.AddDate(0, -1, 0), first),
			w.number(1234567), w.fileSize(2_412_345), w.fileSize(12_345), w.say("pictures", "n", 1), w.say("pictures", "n", 1234),
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", language, got, want)
		}
	}
}

func TestFileSize(t *testing.T) {
	w := exampleWords(t, "en")
	for bytes, want := range map[int64]string{
		-1: "0 B", 0: "0 B", 999: "999 B", 1000: "1.0 kB", 9949: "9.9 kB", 9950: "10 kB", 999_499: "999 kB", 999_500: "1.0 MB",
		5e15: "5000 TB",
	} {
		if got := strings.ReplaceAll(w.fileSize(bytes), "\u00a0", " "); got != want {
			t.Errorf("%d bytes are %q, want %q", bytes, got, want)
		}
	}
}

// What is put into a word must stay as it is, even if it looks like a place.
func TestText(t *testing.T) {
	w := exampleWords(t, "en")
	if got := w.say("picturesBy", "name", "{name} {n}"); got != "Pictures by {name} {n}" {
		t.Errorf("got %q", got)
	}
	for _, wrong := range [][]any{{"no such word"}, {"picturesBy", "name"}, {"picturesBy", 1, 2}} {
		if got, err := w.text(wrong[0].(string), wrong[1:]...); err == nil {
			t.Errorf("%v gives %q, want an error", wrong, got)
		}
	}
}

// A theme changes single words and adds languages; the rest falls back.
func TestThemeLanguages(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"en.yaml":    "pages: {gallery: Wall}\n",
		"pt.yaml":    "pages:\n  older: Mais antiga\n  pictures: {one: uma, other: \"{n} imagens\"}\n",
		"pt-BR.yaml": "pages: {newer: Mais nova}\nscripts: {}\n",
	} {
		writeFile(t, filepath.Join(dir, wordsFolder, name), text)
	}
	theme, warnings, err := LoadTheme(builtin, dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "pt-BR.yaml:2") {
		t.Errorf("got the warnings %q, want one for the unknown section", warnings)
	}
	words, known := theme.words("pt-br")
	if !known {
		t.Error("pt-br is not known")
	}
	for key, want := range map[string]string{
		"gallery": "Wall", "older": "Mais antiga", "newer": "Mais nova", "selected": "Selected",
	} {
		if got := words.say(key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	if got := words.say("pictures", "n", 1); got != "uma" {
		t.Errorf("one picture is %q", got)
	}
	if words, known := theme.words("tlh"); known || words.language != "en" {
		t.Errorf("tlh is known as %q, want English instead", words.language)
	}
}

func TestBrokenWords(t *testing.T) {
	for text, want := range map[string]string{
		"pages:\n  older: [a]\n":                "en.yaml:2",
		"pages:\n  pictures: {single: a}\n":     "not a plural form",
		"pages:\n  pictures: {one: a}\n":        `form "other" is missing`,
		"dates:\n  months: [January, February]": "12 names, not 2",
		"numbers:\n  units: [B]\n":              "5 names, not 1",
		"pages:\n\tolder: a\n":                  "en.yaml:2",
	} {
		dir := t.TempDir()
		writeFile(t, filepath.Join(dir, wordsFolder, "en.yaml"), text)
		if _, _, err := LoadTheme(builtin, dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want an error with %q", text, err, want)
		}
	}
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// In another language no word of a page may be left in English.
func TestPagesInAnotherLanguage(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	opts := exampleOptions(t, "")
	opts.Content = &Content{Site: SiteInfo{Language: "ar", Author: "A"}}
	s := gallerytest.State(130)
	s.Images[0].Tags, s.Images[0].Featured = []string{"x"}, true
	buildExample(t, dir, s, opts)
	wantComplete(t, dir, "/")
	english := exampleWords(t, "en")
	for _, name := range []string{"index.html", "404.html", galleryPath(2), gallery.ImagePath(s.Images[0].Slug)} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		page := string(data)
		if !strings.Contains(page, `<html lang="ar" dir="rtl">`) {
			t.Errorf("%s is not written from right to left", name)
		}
		for key, forms := range english.pages {
			if text := forms["other"]; strings.Contains(page, ">"+text+"<") || strings.Contains(page, `label="`+text+`"`) {
				t.Errorf("%s has the English %s: %q", name, key, text)
			}
		}
	}
}

func TestFill(t *testing.T) {
	for _, tt := range []struct {
		pattern string
		pairs   []string
		want    string
	}{
		{"", nil, ""},
		{"{a}", nil, "{a}"},
		{"{a}", []string{"{a}", ""}, ""},
		{"{a}{b}", []string{"{a}", "{b}", "{b}", "{a}"}, "{b}{a}"},
		{"x {a} y {b {a", []string{"{a}", "1", "{b}", "2"}, "x 1 y {b {a"},
		{"é{n}é{n}", []string{"{n}", "ü"}, "éüéü"},
		{"{c}", []string{"{a}", "1"}, "{c}"},
	} {
		if got := fill(tt.pattern, tt.pairs...); got != tt.want {
			t.Errorf("fill(%q, %q) = %q, want %q", tt.pattern, tt.pairs, got, tt.want)
		}
	}
}

// A browser refuses a language that it cannot read, or in which something is said
// twice; and then the scripts do not run.
func TestLanguageOfScripts(t *testing.T) {
	for language, want := range map[string]string{
		"en": "en", "pt-BR": "pt-br", "zh-Hant-TW": "zh-hant-tw", "de-1996": "de-1996", "ar-u-nu-arab": "ar",
		"de-DE-u-co-phonebk": "de-de", "en-x-mine": "en",
		"en-GB-oed": "en-gb-oxendict", "xx-YY": "und", "de-latin": "de",
		"en-a": "error", "en-12": "error", "en-u": "error", "i-klingon": "error",
	} {
		c, _, err := LoadContent(fstest.MapFS{"index.md": {Data: []byte("---\nlanguage: " + language + "\n---\n")}})
		got := "error"
		if err == nil {
			p := &Page{Site: &Site{words: newWords(c.Site.Language)}, theme: &Theme{}}
			got = strings.ToLower(p.Config().Lang)
		}
		if got != want {
			t.Errorf("%s: got %s, %v, want %s", language, got, err, want)
		}
	}
}

func TestPeriod(t *testing.T) {
	words := exampleWords(t, "en")
	day := func(y int, m time.Month) time.Time { return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC) }
	for _, tt := range []struct {
		a, b time.Time
		want string
	}{
		{day(2024, 7), day(2024, 7), "July 2024"},
		{day(2024, 7), day(2024, 9), "July – September 2024"},
		{day(2023, 12), day(2024, 1), "December 2023 – January 2024"},
		{time.Time{}, day(2024, 1), "Older pictures"},
	} {
		if got := words.period(tt.a, tt.b); got != tt.want {
			t.Errorf("period(%v, %v) = %q, want %q", tt.a, tt.b, got, tt.want)
		}
	}
}
