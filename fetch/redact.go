package fetch

import (
	"encoding/base64"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longest is the largest length of a message from outside that is shown, in bytes.
const longest = 300

// oneLine makes text from outside safe to show. It replaces control and format characters, which
// could break the line, colour a terminal or reverse the order of text, and merges blanks.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return ' '
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// cut shortens s to at most n bytes, between two characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	n -= len("…")
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// cutWords shortens s to at most n bytes, between two words. A part of a secret would not be
// recognized as one, so words are never cut. A single long word becomes "".
func cutWords(s string, n int) string {
	if len(s) <= n {
		return s
	}
	end := strings.LastIndexFunc(cut(s, n), unicode.IsSpace)
	if end < 0 {
		return ""
	}
	return s[:end] + "…"
}

// redacted replaces secrets.
const redacted = "[redacted]"

// What a message of the service must not repeat.
var (
	// private matches ids of files, videos and users, and long numbers, because the ids of accounts
	// and uploaders are numbers of at least six digits.
	private = regexp.MustCompile(`(?i)user:\d+[\w:-]*|\d{6,}`)
	// folder matches the folder with the images of all users, and everything after it.
	folder = regexp.MustCompile(`(?i)moss(?:/|\\/|%2F)prod[^\s"'<>]*`)
	// address matches a URL. URLs of the service's own site are helpful; others can be the private
	// URL of an image.
	address = regexp.MustCompile(`(?i)https?://[^\s"'<>]+`)
)

// identifying matches what a published text must not repeat, even if it is not the owner's: an id
// of a user, an account or a file, anything in the form of a token, the address of an image, and a
// number as long as a file's id. Shorter numbers are common in names and prompts.
var identifying = regexp.MustCompile(`(?i)user(?::|%3A)[0-9]+(?:-|%2D)[\w:%-]+|bearer(?: |%20|\+)[\w.~+/:=%-]{16,}|` +
	`[^\s"'<>]*moss(?:/|\\/|%2F)prod(?:/|\\/|%2F)[^\s"'<>]*|[0-9]{15,}`)

// identifies reports whether identifying matches in s. It first looks for what a match must
// contain, because most texts contain none of it, and the expression is slow.
func identifies(s string) bool {
	digits, longest := 0, 0
	for i := range len(s) {
		if digits++; s[i] < '0' || s[i] > '9' {
			digits = 0
		}
		longest = max(longest, digits)
	}
	lower := strings.ToLower(s)
	begins := func(word string) bool { return strings.Contains(lower, word) }
	return (longest >= 15 || begins("user") || begins("bearer") || begins("moss")) && identifying.MatchString(s)
}

// shortestPrivate is the length of the shortest match of private, folder and address, in bytes.
const shortestPrivate = len("123456")

// Redactor removes secrets from text. The zero value knows no secrets.
type Redactor struct {
	secrets *regexp.Regexp // nil when there is no secret
	folded  []string       // the same, folded; searched first, because that is much faster
}

// Forms returns the ways to write a secret: unchanged, URL-encoded, and in base64 at each of the
// three alignments, so that it is also found inside a longer encoded text. There are no duplicates.
// An empty secret has no forms.
func Forms(secret string) []string {
	if secret == "" {
		return nil
	}
	query, path := url.QueryEscape(secret), url.PathEscape(secret)
	forms := []string{secret, query, path, lowerEscapes(query), lowerEscapes(path)}
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		forms = append(forms, encoding.EncodeToString([]byte(secret)))
		for offset := range 3 {
			encoded := encoding.EncodeToString([]byte("\x00\x00\x00"[:offset] + secret))
			// These characters depend on nothing but the secret.
			inner := encoded[(offset*8+5)/6 : (offset+len(secret))*8/6]
			// Fewer than eight characters occur in any text by chance.
			if len(inner) >= 8 {
				forms = append(forms, inner)
			}
		}
	}
	slices.Sort(forms)
	return slices.Compact(forms)
}

// escape matches an escaped byte in a URL.
var escape = regexp.MustCompile(`%[0-9A-F]{2}`)

// lowerEscapes returns s with the hex digits of its escaped bytes in lower case.
func lowerEscapes(s string) string { return escape.ReplaceAllStringFunc(s, strings.ToLower) }

// NewRedactor returns a Redactor that removes secrets in all their Forms, in upper and lower case.
// It ignores empty secrets.
func NewRedactor(secrets ...string) Redactor {
	var forms []string
	for _, s := range secrets {
		forms = append(forms, Forms(s)...)
	}
	if len(forms) == 0 {
		return Redactor{}
	}
	// The longest form comes first, because a regular expression takes the first alternative that
	// matches.
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) })
	folded := make([]string, len(forms))
	for i, form := range forms {
		form = strings.ToValidUTF8(form, "\uFFFD")
		folded[i] = strings.Map(fold, form)
		forms[i] = regexp.QuoteMeta(form)
	}
	slices.Sort(folded)
	return Redactor{regexp.MustCompile("(?i)" + strings.Join(forms, "|")), slices.Compact(folded)}
}

// fold returns the same character for all characters that differ only in case, as regular
// expressions define it.
func fold(r rune) rune {
	switch {
	case 'a' <= r && r <= 'z':
		return r - 'a' + 'A'
	case r < utf8.RuneSelf:
		return r
	}
	first := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		first = min(first, next)
	}
	return first
}

// has reports whether s contains a secret.
func (r Redactor) has(s string) bool {
	if r.secrets == nil {
		return false
	}
	s = strings.Map(fold, s)
	return slices.ContainsFunc(r.folded, func(form string) bool { return strings.Contains(s, form) })
}

// message returns text from outside as one short line without secrets and ids. It shortens the text
// last, so that no part of a secret remains at the end.
func (r Redactor) message(s string) string {
	s = r.Hide(oneLine(s))
	if len(s) < shortestPrivate {
		return s
	}
	s = address.ReplaceAllStringFunc(s, func(found string) string {
		u, err := url.Parse(found)
		if err != nil {
			return redacted
		}
		if host := u.Hostname(); host != "useapi.net" && !strings.HasSuffix(host, ".useapi.net") {
			return u.Scheme + "://" + u.Host + "/…"
		}
		// The path is now decoded, so it can contain a secret that was encoded before.
		return u.Scheme + "://" + u.Host + r.Hide(oneLine(u.Path))
	})
	s = folder.ReplaceAllLiteralString(s, redacted)
	s = private.ReplaceAllLiteralString(s, redacted)
	return cut(s, longest)
}

// Hide returns s with all secrets replaced.
func (r Redactor) Hide(s string) string {
	if !r.has(s) {
		return s
	}
	return r.secrets.ReplaceAllLiteralString(s, redacted)
}

// withhold removes secrets from the fields of list that may be shown, and marks file names with
// secrets. A service that repeats a secret in such a field must not get it published.
func (r Redactor) withhold(list *Listing) {
	for i := range list.Files {
		f := &list.Files[i]
		f.Scene, f.Status = r.message(f.Scene), r.message(f.Status)
		f.Secret = r.has(f.Name) || identifies(f.Name)
		if g := f.Generated; g != nil {
			g.Prompt, g.Model = r.prompt(g.Prompt), r.model(g.Model)
		}
	}
	for i := range list.Videos {
		v := &list.Videos[i]
		v.Prompt, v.Model = r.prompt(v.Prompt), r.model(v.Model)
		v.StatusLabel = r.message(v.StatusLabel)
	}
}

// prompt returns a prompt without secrets and ids.
func (r Redactor) prompt(s string) string {
	if s = r.Hide(s); identifies(s) {
		return identifying.ReplaceAllLiteralString(s, redacted)
	}
	return s
}

// model returns the name of a model, or "" if it contains a secret or an id.
func (r Redactor) model(s string) string {
	if r.message(s) != s {
		return ""
	}
	return s
}

// modelName returns the name of a model if it looks like one: letters, digits and some marks, and
// not too long. It returns "" for anything else, because pages and pictures show the name.
func modelName(s string) string {
	usual := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("._- ", r)
	}
	if s = strings.TrimSpace(s); len(s) > maxModel || strings.ContainsFunc(s, func(r rune) bool { return !usual(r) }) {
		return ""
	}
	return s
}
