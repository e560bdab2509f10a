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
)

// wordsFolder holds a file of the interface's words for each language. They
// are YAML and not templates, for they hold plurals, and patterns of dates.
const wordsFolder = "templates/words"

// fallbackLanguage has every word.
const fallbackLanguage = "en"

// Words are the words of the interface in one language, and how it writes
// dates and numbers.
type Words struct {
	language string // BCP 47; of the words, which need not be the owner's
	tag      language.Tag
	pages    map[string]word
	dates    dateWords
	numbers  numberWords
}

// wordFile is what a file of words holds.
type wordFile struct {
	Pages   map[string]word `yaml:"pages"`
	Dates   dateWords       `yaml:"dates"`
	Numbers numberWords     `yaml:"numbers"`
}

// dateWords are the names of the months, and patterns.
type dateWords struct {
	Months []string `yaml:"months"`
	// MonthsInDate are the months' names beside a day, in a language in which
	// they differ, as the genitive does.
	MonthsInDate []string `yaml:"monthsInDate"`
	Day          string   `yaml:"day"`
	FirstDay     string   `yaml:"firstDay"` // what the first day of a month is called, unless "1"
	Month        string   `yaml:"month"`
	Range        string   `yaml:"range"`
}

// numberWords are marks and units.
type numberWords struct {
	Decimal string `yaml:"decimal"`
	Group   string `yaml:"group"` // between thousands
	// GroupFrom is the number of digits from which on they are grouped; 4 if 0.
	GroupFrom int      `yaml:"groupFrom"`
	Units     []string `yaml:"units"` // bytes and the decimal units above
	Size      string   `yaml:"size"`
}

// word is a text, or one for each form of the plural.
type word map[string]string

// pluralForms are the forms that Unicode knows, as x/text numbers them.
var pluralForms = map[plural.Form]string{
	plural.Other: "other", plural.Zero: "zero", plural.One: "one",
	plural.Two: "two", plural.Few: "few", plural.Many: "many",
}

// UnmarshalYAML reads a text or a mapping from form to text.
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
			return fmt.Errorf("%q is no form of the plural: use zero, one, two, few, many, other", form)
		}
	}
	if forms["other"] == "" {
		return errors.New(`the plural has no form "other"`)
	}
	*w = forms
	return nil
}

// readWords reads the file of a language in each layer that has it, from the
// lowest. It returns nil if there is none, and warnings for what has no effect.
func readWords(layers []fs.FS, name string) (*wordFile, []string, error) {
	var merged *wordFile
	var warnings []string
	for _, layer := range layers {
		data, err := fs.ReadFile(layer, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("reading the words: %w", err)
		}
		var f wordFile
		unknown, err := decodeYAML(name, data, &f)
		if err == nil {
			err = f.check(name)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("reading the words: %w", err)
		}
		warnings = append(warnings, unknown...)
		if merged == nil {
			merged = &wordFile{}
		}
		merged.add(&f)
	}
	return merged, warnings, nil
}

func (f *wordFile) check(name string) error {
	for _, months := range [][]string{f.Dates.Months, f.Dates.MonthsInDate} {
		if len(months) != 0 && len(months) != 12 {
			return fmt.Errorf("%s: there are %d months, want 12", name, len(months))
		}
	}
	if n := len(f.Numbers.Units); n != 0 && n != 5 {
		return fmt.Errorf("%s: there are %d units, want 5", name, n)
	}
	return nil
}

// add takes over what n says, which wins.
func (f *wordFile) add(n *wordFile) {
	if f.Pages == nil {
		f.Pages = map[string]word{}
	}
	maps.Copy(f.Pages, n.Pages)
	f.Dates = n.Dates.or(f.Dates)
	f.Numbers = n.Numbers.or(f.Numbers)
}

func (d dateWords) or(e dateWords) dateWords {
	if len(d.Months) == 0 {
		d.Months, d.MonthsInDate = e.Months, cmpSlices(d.MonthsInDate, e.MonthsInDate)
	}
	d.Day, d.FirstDay = cmp.Or(d.Day, e.Day), cmp.Or(d.FirstDay, e.FirstDay)
	d.Month, d.Range = cmp.Or(d.Month, e.Month), cmp.Or(d.Range, e.Range)
	return d
}

func (d numberWords) or(e numberWords) numberWords {
	d.Decimal, d.Group = cmp.Or(d.Decimal, e.Decimal), cmp.Or(d.Group, e.Group)
	d.GroupFrom = cmp.Or(d.GroupFrom, e.GroupFrom)
	d.Units, d.Size = cmpSlices(d.Units, e.Units), cmp.Or(d.Size, e.Size)
	return d
}

func cmpSlices(a, b []string) []string {
	if len(a) > 0 {
		return a
	}
	return b
}

var wordsForm = regexp.MustCompile(`^templates/words/([A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*)\.yaml$`)

// loadLanguages finds all files of words. Those of an owner's theme are read at
// once, so that an error in one is found whichever is used; of those built in,
// which are tested, the ones that are used are read when they are.
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
			if err == nil && !bytes.Equal(data, below) { // a copy changes nothing
				fmt.Fprintf(total, "%s %d %s", name, len(data), data)
				below = data
			}
		}
		tag := strings.ToLower(match[1])
		if t.builtin {
			t.languages[tag] = sync.OnceValue(func() *wordFile {
				f, _, err := readWords(layers, name)
				if err != nil {
					panic(err)
				}
				return f
			})
			continue
		}
		f, unknown, err := readWords(layers, name)
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

// words returns the words in a language: of pt-BR those of pt-BR, then pt,
// then English. Known is false if it is English for want of the language.
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

// newWords returns no words yet. A tag that is none of BCP 47 counts like English.
func newWords(tag string) *Words {
	w := &Words{language: tag}
	w.tag, _ = language.Parse(tag)
	return w
}

// forScripts is the language as every browser takes it, without its extensions:
// the scripts add their own.
func (w *Words) forScripts() string {
	parts := strings.Split(w.tag.String(), "-")
	for i, part := range parts {
		if len(part) == 1 {
			return strings.Join(parts[:i], "-")
		}
	}
	return w.tag.String()
}

// text returns a word of the pages. The pairs are names of placeholders with
// their values; "n" is a number, and chooses the form of the plural.
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
			return "", fmt.Errorf("the word %q has the placeholder %v, which is no name", key, pairs[i])
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

// say is text for the words that this package names itself, all of which are
// in English.
func (w *Words) say(key string, pairs ...any) string {
	text, err := w.text(key, pairs...)
	if err != nil {
		return key
	}
	return text
}

// fill puts values into the places of a pattern, each of which is a name in
// braces. What is put in is not looked at again.
func fill(pattern string, pairs ...string) string {
	// By hand: a strings.Replacer is made for many texts, and every page of an
	// image has a dozen patterns.
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

// form is the plural's form for a number.
func (w *Words) form(n int) string {
	return pluralForms[plural.Cardinal.MatchPlural(w.tag, n%10_000_000, 0, 0, 0, 0)]
}

// number writes a number with its thousands apart.
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

// fileSize is a file's size as people say it, in decimal units: "2.4 MB".
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

// day writes a date, or "" for none.
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

// monthName is a month without its year, as a heading.
func (w *Words) monthName(t time.Time) string { return capital(w.dates.Months[t.Month()-1]) }

// period names the months from a to b.
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

// capital begins a text with a capital, as a heading does in every language
// that has them.
func capital(s string) string {
	_, size := utf8.DecodeRuneInString(s)
	return strings.ToUpper(s[:size]) + s[size:]
}
