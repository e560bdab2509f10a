package render

import (
	"io"

	"firstframe/render/gallery"
)

// SaveState writes the copy of the state and then the state. Whenever the run ends, one of the two
// is whole, and neither is ahead of the pages.
func (o *Output) SaveState(s *gallery.State) error {
	sum, err := s.Write(io.Discard)
	if err != nil {
		return err
	}
	return o.saveState(s, sum, (*temporary).placeDurably)
}

// saveState hands both files of a state to done. sum is the SHA-256 of its bytes.
func (o *Output) saveState(s *gallery.State, sum []byte, done func(*temporary) error) error {
	if err := o.saveStateAs(gallery.BackupName, s, sum, done); err != nil {
		return err
	}
	return o.saveStateAs(gallery.StateName, s, sum, done)
}

// saveStateAs hands one of the two files to done, unless it has these bytes already.
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
