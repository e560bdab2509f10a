package render

import (
	"cmp"
	"context"
	"io"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
)

// stagedFile is a temporary file that is complete and waits for its place.
type stagedFile struct {
	name   string
	serial int // 0 when it is in its place
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

// Then divides what is staged: all files from now on take their places after those before.
func (o *Output) Then() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.staged = append(o.staged, nil)
}

// Commit puts the staged files in their places, in the order that Then asks for. It needs no space.
// Whenever it ends, what it has done so far stays.
func (o *Output) Commit(ctx context.Context) error {
	for _, files := range o.staged {
		if err := o.commit(ctx, files); err != nil {
			return err
		}
	}
	o.staged = nil
	return nil
}

// commit puts files in their places, in no order.
func (o *Output) commit(ctx context.Context, files []stagedFile) error {
	group, shared := errgroup.WithContext(ctx)
	group.SetLimit(pagesAtOnce * runtime.GOMAXPROCS(0))
	for i := range files {
		if shared.Err() != nil {
			break
		}
		group.Go(func() error {
			f := &files[i]
			if err := o.place(f.name, f.serial); err != nil {
				return o.writeError(f.name, err)
			}
			f.serial = 0
			return nil
		})
	}
	return cmp.Or(group.Wait(), ctx.Err())
}

// discard removes what is still staged, and the folders that were made for it. If no file was
// written, the manifest says again what it said before. Errors do no harm: the next run finds what
// is left.
func (o *Output) discard() {
	for _, f := range slices.Concat(o.staged...) {
		if f.serial > 0 {
			o.removeTemporary(f.name, f.serial)
		}
	}
	if o.staged != nil {
		for _, folder := range slices.Backward(o.fresh) {
			_ = o.remove(folder) // fails on one that is not empty: that is meant
		}
		o.staged = nil
	}
	if o.marked && o.Written()+o.Removed() == 0 && len(o.before.files) > 0 {
		_ = o.writeManifest(&o.before)
	}
}
