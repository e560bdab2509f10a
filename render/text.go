package render

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// printable drops the characters that could do harm on a page or a terminal: control characters,
// line ends, and the marks that turn the reading direction. It keeps all others, including the
// joiners of Persian words and of emoji.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp) {
			return -1
		}
		return r
	}, s)
}

// OneLine makes text from outside fit for one line of a page or a terminal. White space becomes a
// single space, and only printable characters stay.
func OneLine(s string) string {
	return strings.TrimSpace(printable(strings.Join(strings.Fields(s), " ")))
}

// dimensions returns a size in pixels with a multiplication sign.
func dimensions(width, height int) string { return fmt.Sprintf("%d × %d", width, height) }

// rightToLeft are the languages (ISO 639) and scripts (ISO 15924) that are written from right to
// left.
var rightToLeft = []string{
	"ar", "arc", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "syr", "ug", "ur", "yi",
	"adlm", "arab", "hebr", "nkoo", "rohg", "syrc", "thaa",
}

// direction returns the direction of a language's writing, "rtl" or "ltr". If the tag has a script,
// the script decides.
func direction(language string) string {
	parts := strings.Split(strings.ToLower(language), "-")
	deciding := parts[0]
	if len(parts) > 1 && len(parts[1]) == 4 {
		deciding = parts[1]
	}
	if slices.Contains(rightToLeft, deciding) {
		return "rtl"
	}
	return "ltr"
}

// sentenceEnd matches the end of a sentence.
var sentenceEnd = regexp.MustCompile(`[.!?…](\s|$)|[。！？]|\n`)

// firstSentence returns the first sentence of a text without its full stop. If it has more than
// longest characters, it is cut between two words.
func firstSentence(s string, longest int) string {
	s = strings.TrimSpace(s)
	if end := sentenceEnd.FindStringIndex(s); end != nil {
		s = s[:end[0]]
	}
	return shorten(s, longest)
}

// shorten returns a text of at most this many characters. It cuts a longer one between two words.
func shorten(s string, longest int) string {
	runes := []rune(s)
	if len(runes) <= longest {
		return s
	}
	s = string(runes[:longest-1]) // one less, for the ellipsis
	if space := strings.LastIndexByte(s, ' '); space > len(s)/2 {
		s = s[:space]
	}
	return strings.TrimRight(s, " ,;:-") + "…"
}
