package fetch

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"firstframe/fetch/fetchtest"
)

// Text is cut between words, because a part of a secret would not be recognized.
func TestCutWords(t *testing.T) {
	const n = 20
	for s, want := range map[string]string{
		"":                                  "",
		"as long as it may be":              "as long as it may be",
		"a dawn by user:1234-secret":        "a dawn by…",
		"a dawn\tuser:1234-secret":          "a dawn…",
		"user:1234-secret-of-twenty":        "",
		"ünïcödé " + strings.Repeat("é", 9): "ünïcödé…",
	} {
		if got := cutWords(s, n); got != want {
			t.Errorf("cutWords(%q) = %q, want %q", s, got, want)
		}
	}
}

// An error of the service that repeats secrets from the request is shown without them.
func TestSecretsInAnswers(t *testing.T) {
	const account = "98-main" // too short to be removed as an id
	encode := base64.StdEncoding.EncodeToString
	for name, said := range map[string]string{
		"plain":           "bad token " + token + ".",
		"upper case":      "bad token " + strings.ToUpper(token),
		"URL":             "bad token " + url.QueryEscape(token),
		"lower-case URL":  "bad token " + strings.ToLower(url.QueryEscape(token)),
		"base64":          "bad token " + encode([]byte(token)),
		"base64, inside":  "bad header " + encode([]byte("Bearer "+token+" x")),
		"base64, inside2": "bad header " + encode([]byte("Bearer  "+token)),
		"URL base64":      "bad token " + base64.RawURLEncoding.EncodeToString([]byte(token)),
		"at the cut":      strings.Repeat("x", longest-5) + token,
		"account":         "bad account " + account + " and its file user:1234-minimax:" + account + "-file:123456789012345678",
		"in a URL":        "see https://cdn.example/private/" + token + "?t=" + token,
		"on its site":     "see https://useapi.net/" + strings.ReplaceAll(token, "c", "%63") + "?t=" + token,
	} {
		for _, body := range []string{
			asJSON(map[string]any{"error": said, "code": 400}),
			asJSON(map[string]any{"error": map[string]any{"message": said}}),
			said,
		} {
			api, _ := answering(t, fetchtest.Answer(400, body))
			_, err := api.Files(t.Context(), account, 0)
			if err == nil {
				t.Fatal("got no error")
			}
			text := err.Error()
			for _, secret := range []string{"abcdE", "abcd", "1234", account, encode([]byte(token))[4:16], "private", "%63"} {
				if strings.Contains(strings.ToLower(text), strings.ToLower(secret)) {
					t.Errorf("%s: got %q in %q", name, secret, text)
				}
			}
		}
	}
}

// Secrets are found in upper and lower case, according to the rules of regular expressions.
func TestHideCases(t *testing.T) {
	r := NewRedactor("user:1234-Kelvin-straße", "ΣΊΣΥΦΟΣ-ǅ")
	for s, want := range map[string]string{
		"a user:1234-kelvin-STRAßE b":            "a [redacted] b",
		"USER:1234-\u212aelvin-\u017ftra\u1e9ee": "[redacted]", // the Kelvin sign, a long s, a capital sharp s
		"σίσυφος-ǆ, Σίσυφοσ-Ǆ":                   "[redacted], [redacted]",
		"user:1234-Kelvin-strasse":               "user:1234-Kelvin-strasse",
		"":                                       "",
	} {
		if got := r.Hide(s); got != want {
			t.Errorf("Hide(%q) = %q, want %q", s, got, want)
		}
	}
	if got := (Redactor{}).Hide("x"); got != "x" {
		t.Error(got)
	}
}

// The published parts of a listing must not repeat secrets in any form, nor anything that looks
// like one.
func TestWithhold(t *testing.T) {
	r := NewRedactor("letters-only", "98765")
	list := Listing{
		Files: []File{{Name: "a letters-only.jpg", Scene: "LETTERS-only", Status: "98765"}, {Name: "bGV0dGVycy1vbmx5.jpg"}, {Name: "98765"}, {Name: "a.jpg", Scene: "10"},
			{Name: "user:12-minimax:34-file:5.jpg"}, {Name: "user:1234-0123456789abcdef.jpg"}, {Name: "123456789012345.jpg"}, {Name: "IMG_20240701_120000.jpg"}},
		Videos: []Video{{Prompt: "a letters-only sea", StatusLabel: "of 98765"},
			{Prompt: "as in https://cdn.example/moss/prod/2024-10-12-05/user/a.png, by user:12-minimax:34-file:5 in 1,234,567 colours"},
			{Prompt: "cdn.example%2Fmoss%2Fprod%2Fa.png USER%3a12%2DABC 311111111111111111 Bearer 0123456789abcdef"},
			{Prompt: "a user: 12-year-old, the bearer of moss and products"}},
	}
	r.withhold(&list)
	want := Listing{
		Files: []File{{Name: "a letters-only.jpg", Scene: redacted, Status: redacted, Secret: true}, {Name: "bGV0dGVycy1vbmx5.jpg", Secret: true},
			{Name: "98765", Secret: true}, {Name: "a.jpg", Scene: "10"},
			{Name: "user:12-minimax:34-file:5.jpg", Secret: true}, {Name: "user:1234-0123456789abcdef.jpg", Secret: true},
			{Name: "123456789012345.jpg", Secret: true}, {Name: "IMG_20240701_120000.jpg"}},
		Videos: []Video{{Prompt: "a [redacted] sea", StatusLabel: "of [redacted]"},
			{Prompt: "as in [redacted] by [redacted] in 1,234,567 colours"},
			{Prompt: "[redacted] [redacted] [redacted] [redacted]"},
			{Prompt: "a user: 12-year-old, the bearer of moss and products"}},
	}
	if fmt.Sprint(list) != fmt.Sprint(want) {
		t.Errorf("%+v, want %+v", list, want)
	}
	made := Listing{Files: []File{{Generated: &Generated{Prompt: "a letters-only sea by user:12-minimax:34-file:5", Model: "m 98765"}}},
		Videos: []Video{{Model: "letters-only"}}}
	r.withhold(&made)
	if g := made.Files[0].Generated; g.Prompt != "a [redacted] sea by [redacted]" || g.Model != "" || made.Videos[0].Model != "" {
		t.Errorf("got %+v and %+v", g, made.Videos[0])
	}
}

// A message cannot leave its line, colour the terminal or fill it.
func TestMessage(t *testing.T) {
	r := NewRedactor(token)
	for said, want := range map[string]string{
		"one\r\n::add-mask::two\x00\t three":  "one ::add-mask::two three",
		"\x1b[31mred\x1b[0m":                  "[31mred [0m",
		"\u202egnp.exe\u2028x\ufeff":          "gnp.exe x",
		"bad \xff\xfe bytes":                  "bad bytes",
		"see https://useapi.net/docs/x?y=z#w": "see https://useapi.net/docs/x",
		"at https://cdn.example/a/b.png now":  "at https://cdn.example/… now",
		"account 123456 of 3":                 "account [redacted] of 3",
	} {
		if got := r.message(said); got != want {
			t.Errorf("message of %q = %q, want %q", said, got, want)
		}
	}
	if got := r.message(strings.Repeat("ä", 1000)); len(got) > longest || !strings.HasSuffix(got, "ä…") {
		t.Errorf("got a message of %d bytes: %q", len(got), got)
	}
	if got := NewRedactor("", "").message("nothing secret"); got != "nothing secret" {
		t.Errorf("without secrets: got %q", got)
	}
}
