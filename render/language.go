package render

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"firstframe/render/plainyaml"
)

// wordsFolder has a file with the words of the interface for each language. They are YAML and not
// templates, because they contain plurals and date patterns.
const wordsFolder = "templates/words"

// fallbackLanguage is the language that has every word.
const fallbackLanguage = "en"

// Words are the words of the interface in one language, and its way of writing dates and numbers.
type Words struct {
	language string // of the words, in BCP 47; the site's language can differ
	tag      language.Tag
	pages    map[string]word
	dates    dateWords
	numbers  numberWords
}

// wordFile is the content of a file of words.
type wordFile struct {
	Pages   map[string]word `yaml:"pages"`
	Dates   dateWords       `yaml:"dates"`
	Numbers numberWords     `yaml:"numbers"`
}

// dateWords are the names of the months, and patterns for dates.
type dateWords struct {
	Months []string `yaml:"months"`
	// MonthsInDate are the names of the months beside a day, in languages in which they differ, for
	// example as a genitive.
	MonthsInDate []string `yaml:"monthsInDate"`
	Day          string   `yaml:"day"`
	FirstDay     string   `yaml:"firstDay"` // the first day of a month, if it is not written "1"
	Month        string   `yaml:"month"`
	Range        string   `yaml:"range"`
}

// numberWords are the marks in numbers, and units.
type numberWords struct {
	Decimal string `yaml:"decimal"`
	Group   string `yaml:"group"` // between thousands
	// GroupFrom is the smallest number of digits that are grouped; 4 if 0.
	GroupFrom int      `yaml:"groupFrom"`
	Units     []string `yaml:"units"` // bytes and larger decimal units
	Size      string   `yaml:"size"`
}

// word is a text, or one text for each plural form.
type word map[string]string

// pluralForms are the plural forms of Unicode, by their numbers in x/text.
var pluralForms = map[plural.Form]string{
	plural.Other: "other", plural.Zero: "zero", plural.One: "one",
	plural.Two: "two", plural.Few: "few", plural.Many: "many",
}

// UnmarshalYAML reads a text, or a mapping from plural form to text.
func (w *word) UnmarshalYAML(decode func(any) error) error {
	var text string
	if decode(&text) == nil {
		*w = word{"other": text}
		return nil
	}
	var forms map[string]string
	if err := decode(&forms); err != nil {
		return err
	}
	for form := range forms {
		if !slices.Contains(slices.Collect(maps.Values(pluralForms)), form) {
			return fmt.Errorf("%q is not a plural form: use zero, one, two, few, many or other", form)
		}
	}
	if forms["other"] == "" {
		return errors.New(`the plural form "other" is missing`)
	}
	*w = forms
	return nil
}

// readWords reads a language's file in every layer that has it, the lowest first. It returns nil if
// there is none, and warnings for fields that have no effect. Messages name a file of the owner's in
// folder.
func readWords(layers []fs.FS, name, folder string) (*wordFile, []string, error) {
	var merged *wordFile
	var warnings []string
	for i, layer := range layers {
		data, err := fs.ReadFile(layer, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("reading the words: %w", err)
		}
		var f wordFile
		file := name
		if i > 0 {
			file = path.Join(folder, name)
		}
		unknown, err := plainyaml.Decode(file, 1, data, &f)
		if err == nil {
			err = f.check(file)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("reading the words: %w", err)
		}
		for _, problem := range unknown {
			warnings = append(warnings, problem.Error())
		}
		if merged == nil {
			merged = &wordFile{}
		}
		merged.add(&f)
	}
	return merged, warnings, nil
}

// check returns an error if a list does not have the length that it needs.
func (f *wordFile) check(name string) error {
	for _, months := range [][]string{f.Dates.Months, f.Dates.MonthsInDate} {
		if len(months) != 0 && len(months) != 12 {
			return fmt.Errorf("%s: months must have 12 names, not %d", name, len(months))
		}
	}
	if n := len(f.Numbers.Units); n != 0 && n != 5 {
		return fmt.Errorf("%s: units must have 5 names, not %d", name, n)
	}
	return nil
}

// add takes over everything in n, which wins.
func (f *wordFile) add(n *wordFile) {
	if f.Pages == nil {
		f.Pages = map[string]word{}
	}
	maps.Copy(f.Pages, n.Pages)
	f.Dates = n.Dates.or(f.Dates)
	f.Numbers = n.Numbers.or(f.Numbers)
}

// or fills what is missing in d from e. The two lists of months belong together, so they come from
// the same file.
func (d dateWords) or(e dateWords) dateWords {
	if len(d.Months) == 0 {
		d.Months, d.MonthsInDate = e.Months, cmpSlices(d.MonthsInDate, e.MonthsInDate)
	}
	d.Day, d.FirstDay = cmp.Or(d.Day, e.Day), cmp.Or(d.FirstDay, e.FirstDay)
	d.Month, d.Range = cmp.Or(d.Month, e.Month), cmp.Or(d.Range, e.Range)
	return d
}

// or fills what is missing in d from e.
func (d numberWords) or(e numberWords) numberWords {
	d.Decimal, d.Group = cmp.Or(d.Decimal, e.Decimal), cmp.Or(d.Group, e.Group)
	d.GroupFrom = cmp.Or(d.GroupFrom, e.GroupFrom)
	d.Units, d.Size = cmpSlices(d.Units, e.Units), cmp.Or(d.Size, e.Size)
	return d
}

// cmpSlices returns a, or b if a is empty.
func cmpSlices(a, b []string) []string {
	if len(a) > 0 {
		return a
	}
	return b
}

// wordsForm matches the path of a file of words in a theme.
var wordsForm = regexp.MustCompile(`^templates/words/([A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*)\.yaml$`)

// loadLanguages finds all files of words. It reads the files of an owner's theme at once, so that
// it finds an error in any of them. The built-in ones are tested, so each is read when it is used.
func (t *Theme) loadLanguages(files fs.FS, layers []fs.FS) ([]string, error) {
	entries, err := fs.ReadDir(files, wordsFolder)
	if err != nil {
		return nil, fmt.Errorf("reading the words: %w", err)
	}
	t.languages = map[string]func() *wordFile{}
	total := sha256.New()
	var warnings []string
	for _, e := range entries {
		name := path.Join(wordsFolder, e.Name())
		match := wordsForm.FindStringSubmatch(name)
		if match == nil {
			continue
		}
		var below []byte
		for _, layer := range layers {
			data, err := fs.ReadFile(layer, name)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, fmt.Errorf("reading the words: %w", err)
			}
			if err == nil && !bytes.Equal(data, below) { // an unchanged copy counts as nothing
				fmt.Fprintf(total, "%s %d %s", name, len(data), data)
				below = data
			}
		}
		tag := strings.ToLower(match[1])
		if t.builtin {
			t.languages[tag] = sync.OnceValue(func() *wordFile {
				f, _, err := readWords(layers, name, t.folder)
				if err != nil {
					panic(err)
				}
				return f
			})
			continue
		}
		f, unknown, err := readWords(layers, name, t.folder)
		if err != nil {
			return nil, err
		}
		t.languages[tag] = func() *wordFile { return f }
		warnings = append(warnings, unknown...)
	}
	if t.languages[fallbackLanguage] == nil {
		return nil, fmt.Errorf("reading the words: there is no %s/%s.yaml", wordsFolder, fallbackLanguage)
	}
	t.hash = total.Sum(t.hash)
	return warnings, nil
}

// words returns the words in a language. For pt-BR, each word comes from pt-BR, or else from pt, or
// else from English. known is false if the language is missing and the words are English.
func (t *Theme) words(tag string) (w *Words, known bool) {
	chain := []*wordFile{t.languages[fallbackLanguage]()}
	parts := strings.Split(strings.ToLower(tag), "-")
	for i := range parts {
		if read := t.languages[strings.Join(parts[:i+1], "-")]; read != nil {
			chain = append(chain, read())
		}
	}
	known = len(chain) > 1
	var f wordFile
	for _, part := range chain {
		f.add(part)
	}
	if !known {
		tag = fallbackLanguage
	}
	w = newWords(tag)
	w.pages, w.dates, w.numbers = f.Pages, f.Dates, f.Numbers
	return w, known
}

// newWords returns Words that are still empty. A tag that BCP 47 does not allow is treated like
// English.
func newWords(tag string) *Words {
	w := &Words{language: tag}
	w.tag, _ = language.Parse(tag)
	return w
}

// forScripts returns the language without its extensions, so that every browser accepts it. The
// scripts add extensions of their own.
func (w *Words) forScripts() string {
	parts := strings.Split(w.tag.String(), "-")
	for i, part := range parts {
		if len(part) == 1 {
			return strings.Join(parts[:i], "-")
		}
	}
	return w.tag.String()
}

// text returns a word of the pages. The pairs are the names of placeholders and their values. The
// value of "n" is a number, and chooses the plural form. text fails if the word is missing or a
// pair is incomplete.
func (w *Words) text(key string, pairs ...any) (string, error) {
	forms, ok := w.pages[key]
	if !ok {
		return "", fmt.Errorf("there is no word %q", key)
	}
	if len(pairs)%2 != 0 {
		return "", fmt.Errorf("the word %q has a placeholder without a value", key)
	}
	form := "other"
	values := make([]string, 0, len(pairs))
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return "", fmt.Errorf("the word %q has the placeholder %v, which is not a name in quotes", key, pairs[i])
		}
		value := fmt.Sprint(pairs[i+1])
		if n, ok := pairs[i+1].(int); ok {
			if name == "n" {
				form = w.form(n)
			}
			value = w.number(n)
		}
		values = append(values, "{"+name+"}", value)
	}
	return fill(cmp.Or(forms[form], forms["other"]), values...), nil
}

// say is text for the words that this package uses itself. English has all of them.
func (w *Words) say(key string, pairs ...any) string {
	text, err := w.text(key, pairs...)
	if err != nil {
		return key
	}
	return text
}

// fill puts values into the placeholders of a pattern, which are names in braces. It does not look
// for placeholders in the values.
func fill(pattern string, pairs ...string) string {
	// An image page fills a dozen patterns, each once. A strings.Replacer for each of them doubles
	// the memory that building all pages takes: see BenchmarkBuild.
	var b strings.Builder
	done := 0
	for i := 0; i < len(pattern); {
		width := 1
		for k := 0; k < len(pairs) && pattern[i] == '{'; k += 2 {
			if strings.HasPrefix(pattern[i:], pairs[k]) {
				width = len(pairs[k])
				b.WriteString(pattern[done:i])
				b.WriteString(pairs[k+1])
				done = i + width
				break
			}
		}
		i += width
	}
	if done == 0 {
		return pattern
	}
	b.WriteString(pattern[done:])
	return b.String()
}

// form returns the plural form for a number.
func (w *Words) form(n int) string {
	return pluralForms[plural.Cardinal.MatchPlural(w.tag, n%10_000_000, 0, 0, 0, 0)]
}

// number writes a number with separators between thousands.
func (w *Words) number(n int) string {
	digits := strconv.Itoa(n)
	if len(digits) < max(w.numbers.GroupFrom, 4) {
		return digits
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(w.numbers.Group)
		}
		b.WriteRune(d)
	}
	return b.String()
}

// fileSize writes a file's size in decimal units: "2.4 MB".
func (w *Words) fileSize(bytes int64) string {
	size, unit := float64(max(bytes, 0)), 0
	for size >= 999.5 && unit < len(w.numbers.Units)-1 {
		size, unit = size/1000, unit+1
	}
	digits := 0
	if unit > 0 && size < 9.95 {
		digits = 1
	}
	n := strings.Replace(strconv.FormatFloat(size, 'f', digits, 64), ".", w.numbers.Decimal, 1)
	return fill(w.numbers.Size, "{n}", n, "{unit}", w.numbers.Units[unit])
}

// day writes a date, or "" if it is zero.
func (w *Words) day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.UTC()
	number := strconv.Itoa(t.Day())
	if t.Day() == 1 {
		number = cmp.Or(w.dates.FirstDay, number)
	}
	names := cmpSlices(w.dates.MonthsInDate, w.dates.Months)
	return fill(w.dates.Day, "{day}", number, "{month}", names[t.Month()-1], "{year}", strconv.Itoa(t.Year()))
}

// month writes a month and its year, as a heading.
func (w *Words) month(t time.Time) string {
	return capital(fill(w.dates.Month, "{month}", w.dates.Months[t.Month()-1], "{year}", strconv.Itoa(t.Year())))
}

// monthName writes a month without its year, as a heading.
func (w *Words) monthName(t time.Time) string { return capital(w.dates.Months[t.Month()-1]) }

// period names the months from a to b, as a heading.
func (w *Words) period(a, b time.Time) string {
	if a.IsZero() || b.IsZero() {
		return w.say("olderPictures")
	}
	from, to := w.month(a), w.month(b)
	switch {
	case from == to:
		return to
	case a.Year() == b.Year():
		from = w.monthName(a)
	}
	return fill(w.dates.Range, "{from}", from, "{to}", to)
}

// capital makes the first letter upper case, as in a heading.
func capital(s string) string {
	_, size := utf8.DecodeRuneInString(s)
	return strings.ToUpper(s[:size]) + s[size:]
}
