package render

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// A secret must be found wherever the pieces of a file end, and a number only where it stands alone.
func TestSecretSearch(t *testing.T) {
	secrets := []Secret{{"the token", []string{"user:1-token", "dXNlcjox"}}, {"the account", []string{"20240711"}}}
	for text, want := range map[string]string{
		"":                       "",
		"user:1-token":           "the token",
		"<p>user:1-token</p>":    "the token",
		"user:1-tokem":           "",
		"x dXNlcjox y":           "the token",
		"20240711":               "the account",
		"of 20240711, mine":      "the account",
		"of 120240711":           "",
		"of 202407110":           "",
		"a20240711":              "",
		"of 120240711, 20240711": "the account",
	} {
		for _, padding := range []int{0, 1, 50} {
			blank := strings.Repeat(" ", padding)
			data := []byte(blank + text + blank)
			for piece := 1; piece <= len(data)+1; piece++ {
				s := newSecretSearch(secrets)
				got := ""
				note := func(err error) {
					var found *SecretError
					if errors.As(err, &found) {
						got = found.Secret
					}
				}
				for from := 0; from < len(data); from += piece {
					note(s.add(data[from:min(from+piece, len(data))]))
				}
				note(s.end())
				if got != want {
					t.Errorf("in pieces of %d bytes of %q: found %q, want %q", piece, data, got, want)
				}
			}
		}
	}
}

// Every form that is dropped must be found by one that is left.
// What the owner wrote is searched as it was written: on the page two hyphens are a
// dash, a plus sign is a number, and between two low lines there is emphasis.
func TestCheckSecrets(t *testing.T) {
	const token = "user:1234-_ab--cd_+e&f"
	secrets := []Secret{{"the token", []string{token}}, {"the id", []string{"20240711"}}}
	for name, opts := range map[string]Options{
		"about.md":    {Content: &Content{Texts: []Text{{Name: "about", Body: "It is " + token + "."}}}},
		"more.md":     {Content: &Content{Texts: []Text{{Name: "more", Title: token}}}},
		"index.md":    {Content: &Content{Intro: token}},
		"images/a.md": {Content: &Content{Captions: map[string]Caption{"a": {File: "images/a.md", Tags: []string{"sea", token}}}}},
		"--title":     {Content: &Content{}, Title: token},
		"--base-url":  {Content: &Content{}, BaseURL: "https://example.org/20240711/"},
	} {
		err := opts.CheckSecrets(secrets)
		if err == nil || !strings.HasPrefix(err.Error(), name+": it would publish the ") || strings.Contains(err.Error(), "ab--cd") {
			t.Errorf("%s: got error %v", name, err)
		}
		if err := opts.CheckSecrets(nil); err != nil {
			t.Errorf("%s without secrets: %v", name, err)
		}
	}
	longer := Options{Content: &Content{Intro: "No. 120240711"}}
	if err := longer.CheckSecrets(secrets); err != nil {
		t.Errorf("a longer number: %v", err)
	}
}

func TestDistinctForms(t *testing.T) {
	forms := []string{"user:1", "user%3A1", "dXNlcjox", "AdXNlcjoxA", "12345678", "1234567890"}
	left := distinctForms([]Secret{{"the token", forms}})[0]
	if len(left.Forms) != 5 {
		t.Errorf("left are %q, want all but one", left.Forms)
	}
	for _, form := range forms {
		if !left.in([]byte(form)) {
			t.Errorf("%q is not found any more", form)
		}
	}
}

// The search costs little: a first build looks through all its renditions.
func BenchmarkSecretSearch(b *testing.B) {
	secrets := []Secret{{"the token", []string{"user:1234-secret", "user%3A1234-secret", "user%3a1234-secret", "dXNlcjoxMjM0LXNl", "VzZXI6MTIzNC1zZWNy", "1c2VyOjEyMzQtc2Vj"}}}
	data := bytes.Repeat([]byte("<a href=\"../image/0123456789abcdef/index.html\">user, dusk</a>\n"), 1<<14)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if err := newSecretSearch(secrets).add(data); err != nil {
			b.Fatal(err)
		}
	}
}
