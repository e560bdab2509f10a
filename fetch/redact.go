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

// longest is how many bytes of a message from outside are shown.
const longest = 300

// oneLine makes text from outside fit to be shown: control and format characters (which could break a line, colour a
// terminal or turn its order around) become blanks, and blanks become one.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return ' '
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// cut shortens s to n bytes at most, between two characters.
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

// cutWords shortens s to n bytes at most, between two words: the rest of a secret would not be known
// as one. Of a single long word nothing is left.
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

const redacted = "[redacted]"

var (
	// private is what an id looks like: of a file, a video or a user, and any long number, since the ids of accounts
	// and uploaders are numbers of six digits and more.
	private = regexp.MustCompile(`(?i)user:\d+[\w:-]*|\d{6,}`)
	// folder is where the images of all users are, with whatever stands behind it.
	folder = regexp.MustCompile(`(?i)moss(?:/|\\/|%2F)prod[^\s"'<>]*`)
	// address is a URL in a message. Those of the service's own site are help; others can be the private URL of an image.
	address = regexp.MustCompile(`(?i)https?://[^\s"'<>]+`)
)

// identifying is what a text that is published must not repeat, whether it is the owner's or not: an id of a user, an account or a file,
// what has the form of a token, the address of an image, and a number as long as that of a file. Shorter numbers are
// common in names and prompts.
var identifying = regexp.MustCompile(`(?i)user(?::|%3A)[0-9]+(?:-|%2D)[\w:%-]+|bearer(?: |%20|\+)[\w.~+/:=%-]{16,}|` +
	`[^\s"'<>]*moss(?:/|\\/|%2F)prod(?:/|\\/|%2F)[^\s"'<>]*|[0-9]{15,}`)

// identifies reports whether identifying finds something in s. Most texts have nothing that can be the beginning of it.
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

// shortestPrivate is the length of the shortest text that private, folder or address find, in bytes.
const shortestPrivate = len("123456")

// Redactor takes secrets out of text. The zero value knows none.
type Redactor struct {
	secrets *regexp.Regexp // nil when there is no secret
	folded  []string       // the same, folded: looked for first, in a fraction of the time
}

// Forms returns the ways in which a secret may be written: as it is, URL-encoded, and in base64 at any of its three
// alignments, so that it is found inside of a longer encoded text, too. None is returned twice. An empty secret has none.
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
			// The characters whose six bits are all of the secret.
			inner := encoded[(offset*8+5)/6 : (offset+len(secret))*8/6]
			// Fewer than eight are in any text, and then it is not the secret that is found.
			if len(inner) >= 8 {
				forms = append(forms, inner)
			}
		}
	}
	slices.Sort(forms)
	return slices.Compact(forms)
}

// escape is a character in a URL that is written by its number.
var escape = regexp.MustCompile(`%[0-9A-F]{2}`)

func lowerEscapes(s string) string { return escape.ReplaceAllStringFunc(s, strings.ToLower) }

// NewRedactor returns a redactor of secrets, in any of their Forms, in any case. Empty secrets are none.
func NewRedactor(secrets ...string) Redactor {
	var forms []string
	for _, s := range secrets {
		forms = append(forms, Forms(s)...)
	}
	if len(forms) == 0 {
		return Redactor{}
	}
	// The longest first: the first alternative that matches is the one that is taken.
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

// fold returns the first of the characters that differ in their case only, as a regular expression understands it.
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

// has reports whether there is a secret in s.
func (r Redactor) has(s string) bool {
	if r.secrets == nil {
		return false
	}
	s = strings.Map(fold, s)
	return slices.ContainsFunc(r.folded, func(form string) bool { return strings.Contains(s, form) })
}

// message returns text from outside as one short line without secrets. It is shortened last, so that no part of a
// secret is left at its end.
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
		// The path is decoded, and whatever was encoded in it may be a secret now.
		return u.Scheme + "://" + u.Host + r.Hide(oneLine(u.Path))
	})
	s = folder.ReplaceAllLiteralString(s, redacted)
	s = private.ReplaceAllLiteralString(s, redacted)
	return cut(s, longest)
}

// Hide returns s without the secrets.
func (r Redactor) Hide(s string) string {
	if !r.has(s) {
		return s
	}
	return r.secrets.ReplaceAllLiteralString(s, redacted)
}

// withhold takes out of list what may be shown and should not be: a service that repeats a secret in a field must not
// get it published.
func (r Redactor) withhold(list *Listing) {
	for i := range list.Files {
		f := &list.Files[i]
		f.Scene, f.Status = r.message(f.Scene), r.message(f.Status)
		f.Secret = r.has(f.Name) || identifies(f.Name)
	}
	for i := range list.Videos {
		v := &list.Videos[i]
		if v.Prompt = r.Hide(v.Prompt); identifies(v.Prompt) {
			v.Prompt = identifying.ReplaceAllLiteralString(v.Prompt, redacted)
		}
		v.StatusLabel = r.message(v.StatusLabel)
	}
}
