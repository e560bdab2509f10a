package render

import (
	"context"
	"io"
	"slices"
)

// stagedFile is a temporary file that is complete and waits for its place.
type stagedFile struct {
	name   string
	serial int
}

// Stage prepares a file as Write does, but leaves what is there until Commit. So a site that cannot
// be written as a whole, because the disk is full or a secret is found, is not touched at all.
func (o *Output) Stage(name string, data []byte) error {
	return o.put(name, data, (*temporary).stage)
}

// stageFrom stages what content writes, and returns how many bytes that is. They are never in
// memory together.
func (o *Output) stageFrom(name string, content func(io.Writer) error) (int64, error) {
	return o.putFrom(name, content, (*temporary).stage)
}

// Commit puts the staged files in their places, in the order in which they were staged. It needs no
// space. Whenever it ends, what it has done so far stays.
func (o *Output) Commit(ctx context.Context) error {
	for i, f := range o.staged {
		err := ctx.Err()
		if err == nil {
			err = o.writeError(f.name, o.place(f.name, f.serial))
		}
		if err != nil {
			o.staged = o.staged[i:]
			return err
		}
	}
	o.staged = nil
	return nil
}

// discard removes what is still staged, and the folders that were made for it. If no file was
// written, the manifest says again what it said before. Errors do no harm: the next run finds what
// is left.
func (o *Output) discard() {
	for _, f := range o.staged {
		o.removeTemporary(f.name, f.serial)
	}
	if len(o.staged) > 0 {
		for _, folder := range slices.Backward(o.fresh) {
			_ = o.remove(folder) // fails on one that is not empty: that is meant
		}
		o.staged = nil
	}
	if o.marked && o.Written()+o.Removed() == 0 && len(o.before.files) > 0 {
		_ = o.writeManifest(&o.before)
	}
}
