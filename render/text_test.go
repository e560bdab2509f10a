package render

import (
	"strings"
	"testing"
)

// The first sentence ends at its full stop, or between two words.
func TestFirstSentence(t *testing.T) {
	for _, tt := range []struct {
		in, want string
	}{
		{"A dawn. It moves.", "A dawn"},
		{"One? Two!", "One"},
		{"version 1.5 of it", "version 1.5 of it"},
		{"一只猫。它在跑。", "一只猫"},
		{"no end", "no end"},
		{"", ""},
		{strings.Repeat("word ", 30), "word word word…"},
		{strings.Repeat("x", 30), strings.Repeat("x", 16) + "…"},
	} {
		if got := firstSentence(tt.in, 17); got != tt.want {
			t.Errorf("firstSentence(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

// A language's direction comes from its script, or else from the language.
func TestDirection(t *testing.T) {
	for language, want := range map[string]string{
		"en": "ltr", "ar": "rtl", "ar-EG": "rtl", "ckb": "rtl", "arn": "ltr", "az-Arab": "rtl", "he-Latn": "ltr",
	} {
		if got := direction(language); got != want {
			t.Errorf("direction(%q) = %q, want %q", language, got, want)
		}
	}
}
