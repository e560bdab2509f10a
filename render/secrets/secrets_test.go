package secrets

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// A secret must be found wherever the pieces of a file end, and a number only if it stands alone.
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
				s := NewSearch(secrets)
				got := ""
				note := func(err error) {
					var found *Error
					if errors.As(err, &found) {
						got = found.Secret
					}
				}
				for from := 0; from < len(data); from += piece {
					note(s.Add(data[from:min(from+piece, len(data))]))
				}
				note(s.End())
				if got != want {
					t.Errorf("in pieces of %d bytes of %q: found %q, want %q", piece, data, got, want)
				}
			}
		}
	}
}

// Every form that is dropped must be found by one that is left.
func TestDistinct(t *testing.T) {
	forms := []string{"user:1", "user%3A1", "dXNlcjox", "AdXNlcjoxA", "12345678", "1234567890"}
	left := Distinct([]Secret{{"the token", forms}})[0]
	if len(left.Forms) != 5 {
		t.Errorf("%q are left, want all but one", left.Forms)
	}
	for _, form := range forms {
		if !left.In([]byte(form)) {
			t.Errorf("%q is not found any more", form)
		}
	}
}

// BenchmarkSecretSearch must be cheap: a first build searches all its renditions.
func BenchmarkSecretSearch(b *testing.B) {
	secrets := []Secret{{"the token", []string{"user:1234-secret", "user%3A1234-secret", "user%3a1234-secret", "dXNlcjoxMjM0LXNl", "VzZXI6MTIzNC1zZWNy", "1c2VyOjEyMzQtc2Vj"}}}
	data := bytes.Repeat([]byte("<a href=\"../image/0123456789abcdef/index.html\">user, dusk</a>\n"), 1<<14)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if err := NewSearch(secrets).Add(data); err != nil {
			b.Fatal(err)
		}
	}
}
