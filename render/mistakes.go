package render

import (
	"errors"

	"github.com/dustin/go-humanize/english"
)

// mistakes are what is wrong in the owner's files. They are collected, so that the owner hears of all
// of them at once.
type mistakes struct {
	first []error
	more  int // how many others there are
}

// add adds a mistake, or all that err joins. It keeps no more than a person reads.
func (m *mistakes) add(err error) {
	joined, ok := err.(interface{ Unwrap() []error })
	switch {
	case err == nil:
	case ok:
		for _, one := range joined.Unwrap() {
			m.add(one)
		}
	case len(m.first) < maxFaults:
		m.first = append(m.first, err)
	default:
		m.more++
	}
}

// err returns all mistakes as one error, or nil.
func (m *mistakes) err() error {
	if m.more > 0 {
		return errors.Join(append(m.first, errors.New("and "+english.Plural(m.more, "more mistake", "")))...)
	}
	return errors.Join(m.first...)
}
