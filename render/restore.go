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

// Restore writes a published site's state and media, which read returns, into
// the folder. The copy of the state comes first: a run that finds an unfinished
// restore knows every image by it. Only where pages stand, whose state is in
// pieces, it comes after the media: HasSite reports a site there, and with the
// copy the restore would not start again. Renditions come before the rest: an image
// without any has no page, and its original would be removed. The state comes
// last: until it is there, HasSite reports no site, and the restore starts again.
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
		if err == nil && int64(len(data)) != m.Bytes {
			err = fmt.Errorf("%s: it has %d bytes instead of %d", m.Path, len(data), m.Bytes)
		}
		if err := cmp.Or(err, media.VerifySum(m.Sum, data)); err != nil { // the disk may have changed it
			return err
		}
		if err := o.Write(m.Path, data); err != nil {
			return err
		}
	}
	return o.saveState(s, sum, (*temporary).placeDurably)
}

func renditionsFirst(files []media.Medium) []media.Medium {
	rest := func(m media.Medium) int {
		if m.Rendition != nil {
			return 0
		}
		return 1
	}
	return slices.SortedStableFunc(slices.Values(files), func(a, b media.Medium) int { return cmp.Compare(rest(a), rest(b)) })
}
