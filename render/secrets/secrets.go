// Package secrets finds secrets in what is about to be published. A [Secret] has several forms. A
// [Search] looks for them in a file that is written piece by piece.
package secrets

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Secret is a value that must not be published.
type Secret struct {
	Name  string   // what it is, such as "the token"; messages show this and never the value
	Forms []string // the ways to write it: as it is, URL-encoded, in base64
}

// Error is the error for a file that would publish a secret. The file was not written.
type Error struct{ Secret string }

// Error names the secret, but not its value.
func (e *Error) Error() string {
	return fmt.Sprintf("it contains %s, which must not be published", e.Secret)
}

// In reports whether data contains the secret.
func (s Secret) In(data []byte) bool { return s.inPart(data, false, false) }

// inPart is In for a part of a file. before and after say whether the file goes on before and after
// it.
func (s Secret) inPart(data []byte, before, after bool) bool {
	return slices.ContainsFunc(s.Forms, func(form string) bool { return holdsWord(data, form, before, after) })
}

// holdsWord reports whether data contains word. A number must not be part of a longer number or of
// a hash, because a gallery is full of those. So a number at an end of data does not count if more
// comes before or after it.
func holdsWord(data []byte, word string, before, after bool) bool {
	number := isNumber(word)
	for from := 0; word != ""; {
		at := bytes.Index(data[from:], []byte(word))
		if at < 0 {
			return false
		}
		at += from
		end := at + len(word)
		if !number || stands(data[:at], len(data[:at])-1, before) && stands(data[end:], 0, after) {
			return true
		}
		from = at + 1
	}
	return false
}

// stands reports whether the byte of data at i, the neighbour of a number, ends it. If data is
// empty, that depends on whether there is more.
func stands(data []byte, i int, more bool) bool {
	if len(data) == 0 {
		return !more
	}
	return !alphanumeric(data[i])
}

// isNumber reports whether s has only digits.
func isNumber(s string) bool { return strings.Trim(s, "0123456789") == "" }

// alphanumeric reports whether b is an ASCII letter or digit.
func alphanumeric(b byte) bool {
	return '0' <= b && b <= '9' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z'
}

// Distinct returns the secrets without the forms that contain another form: whatever contains them
// contains that one, too. A number counts only between other characters, so no form is dropped
// because of a number.
func Distinct(secrets []Secret) []Secret {
	distinct := make([]Secret, len(secrets))
	for i, s := range secrets {
		distinct[i] = Secret{Name: s.Name}
		for _, form := range s.Forms {
			if !slices.ContainsFunc(s.Forms, func(other string) bool {
				return other != form && other != "" && !isNumber(other) && strings.Contains(form, other)
			}) {
				distinct[i].Forms = append(distinct[i].Forms, form)
			}
		}
	}
	return distinct
}

// Search looks for secrets in a file that is written piece by piece.
type Search struct {
	secrets []Secret
	overlap int    // how many bytes of a piece are searched again with the next one
	tail    []byte // the last bytes so far, at most overlap of them
	cut     bool   // whether the file begins before tail
}

// NewSearch returns a search for these secrets.
func NewSearch(secrets []Secret) *Search {
	longest := 0
	for _, s := range secrets {
		for _, form := range s.Forms {
			longest = max(longest, len(form))
		}
	}
	// One more byte on each side shows whether a number is part of a longer one.
	return &Search{secrets: secrets, overlap: longest + 2}
}

// Add searches the next piece. It returns an *Error if there is a secret in it.
func (s *Search) Add(piece []byte) error {
	if len(s.secrets) == 0 {
		return nil
	}
	seam := append(s.tail, piece[:min(len(piece), s.overlap)]...)
	err := s.search(seam, s.cut, true)
	if err == nil && len(piece) > s.overlap {
		err = s.search(piece, true, true)
		seam, s.cut = piece, true
	}
	if more := len(seam) - s.overlap; more > 0 {
		seam, s.cut = seam[more:], true
	}
	s.tail = append(s.tail[:0], seam...)
	return err
}

// End searches the end of the file, which Add has put off because more could have come. It returns
// an *Error if there is a secret in it.
func (s *Search) End() error { return s.search(s.tail, s.cut, false) }

// search searches a part of the file.
func (s *Search) search(part []byte, before, after bool) error {
	for _, secret := range s.secrets {
		if secret.inPart(part, before, after) {
			return &Error{secret.Name}
		}
	}
	return nil
}
