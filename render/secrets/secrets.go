package secrets

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Secret is a value that must not be published.
type Secret struct {
	Name  string   // what it is, such as "the token"; messages show it, and never the value
	Forms []string // how it may be written: as it is, URL-encoded, in base64
}

// SecretError is the answer to a file that would publish a secret of the run's. The file was not
// written.
type Error struct{ Secret string }

func (e *Error) Error() string { return fmt.Sprintf("it would publish %s", e.Secret) }

// in reports whether data holds the secret.
func (s Secret) In(data []byte) bool { return s.inPart(data, false, false) }

// inPart does so with a part of a file, which may go on before and after it.
func (s Secret) inPart(data []byte, before, after bool) bool {
	return slices.ContainsFunc(s.Forms, func(form string) bool { return holdsWord(data, form, before, after) })
}

// holdsWord reports whether word is in data. A number must not be a part of a longer one, or of a
// hash: a gallery is full of those. So one at an end of data does not count if more comes before
// or after it.
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

// stands reports whether the byte of data at i, the neighbour of a number, ends it. Where data is
// empty, that depends on whether there is more.
func stands(data []byte, i int, more bool) bool {
	if len(data) == 0 {
		return !more
	}
	return !alphanumeric(data[i])
}

func isNumber(s string) bool { return strings.Trim(s, "0123456789") == "" }

func alphanumeric(b byte) bool {
	return '0' <= b && b <= '9' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z'
}

// distinctForms drops the forms that hold another one: whatever has them has that one, too. A
// number counts only between other characters, so it stands for itself alone.
func DistinctForms(secrets []Secret) []Secret {
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

// secretSearch looks for secrets in a file that is written piece by piece.
type Search struct {
	secrets []Secret
	overlap int    // bytes of a piece that are searched again with the next one
	tail    []byte // the last bytes so far, at most overlap
	cut     bool   // the file begins before tail
}

func NewSearch(secrets []Secret) *Search {
	longest := 0
	for _, s := range secrets {
		for _, form := range s.Forms {
			longest = max(longest, len(form))
		}
	}
	// One more on each side tells whether a number is a part of a longer one.
	return &Search{secrets: secrets, overlap: longest + 2}
}

// add searches the next piece, and returns a *SecretError if there is one in it.
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

// end searches the end of the file, which add has put off: more could have come.
func (s *Search) End() error { return s.search(s.tail, s.cut, false) }

func (s *Search) search(part []byte, before, after bool) error {
	for _, secret := range s.secrets {
		if secret.inPart(part, before, after) {
			return &Error{secret.Name}
		}
	}
	return nil
}
