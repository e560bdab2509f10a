package render

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"

	"firstframe/render/gallery"
	"firstframe/render/media"
)

// Restore writes the state and the media of a published site into the folder. read returns the
// bytes of a file.
//
// The order matters if the restore is killed. The copy of the state comes first: the next run knows
// every image by it. Only if there are pages whose state is damaged, the copy comes after the
// media: HasSite reports a site there, and with the copy the restore would not start again.
// Renditions come before the other media, because an image without any has no page, and its
// original would be removed. The state comes last: until then HasSite reports no site, and the
// restore starts again.
func (o *Output) Restore(ctx context.Context, s *gallery.State, files []media.Medium, read func(media.Medium) ([]byte, error)) error {
	sum, err := s.Write(io.Discard)
	if err != nil {
		return err
	}
	if there, err := gallery.HasSite(o.root.FS()); err != nil {
		return err
	} else if !there {
		if err := o.saveStateAs(gallery.BackupName, s, sum, (*temporary).placeDurably); err != nil {
			return err
		}
	}
	for _, m := range renditionsFirst(files) {
		if err := ctx.Err(); err != nil {
			return err
		}
		data, err := read(m)
		if err == nil {
			if err = media.VerifySize(m.Bytes, int64(len(data))); err != nil {
				err = fmt.Errorf("%s: %w", m.Path, err)
			}
		}
		if err := cmp.Or(err, media.VerifySum(m.Sum, data)); err != nil { // the disk can have damaged it
			return err
		}
		if err := o.Write(m.Path, data); err != nil {
			return err
		}
	}
	return o.saveState(s, sum, (*temporary).placeDurably)
}

// renditionsFirst returns the files with the renditions first. The order is otherwise kept.
func renditionsFirst(files []media.Medium) []media.Medium {
	isOther := func(m media.Medium) int {
		if m.Rendition != nil {
			return 0
		}
		return 1
	}
	return slices.SortedStableFunc(slices.Values(files), func(a, b media.Medium) int { return cmp.Compare(isOther(a), isOther(b)) })
}
