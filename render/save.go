package render

import (
	"io"

	"firstframe/render/gallery"
)

// SaveState writes the state and its copy, the copy first: whenever the run
// ends, one of the two is whole, and neither is ahead of the pages.
func (o *Output) SaveState(s *gallery.State) error {
	sum, err := s.Write(io.Discard)
	if err != nil {
		return err
	}
	return o.saveState(s, sum, (*temporary).placeDurably)
}

// saveState hands both files of a state whose bytes have this hash to done.
func (o *Output) saveState(s *gallery.State, sum []byte, done func(*temporary) error) error {
	if err := o.saveStateAs(gallery.BackupName, s, sum, done); err != nil {
		return err
	}
	return o.saveStateAs(gallery.StateName, s, sum, done)
}

// saveStateAs does so with one of the two, unless it has these bytes.
func (o *Output) saveStateAs(name string, s *gallery.State, sum []byte, done func(*temporary) error) error {
	if o.hasSum(name, sum) {
		return nil
	}
	o.Then()
	_, err := o.putFrom(name, func(w io.Writer) error {
		_, err := s.Write(w)
		return err
	}, done)
	return err
}
