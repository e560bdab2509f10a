package command

import (
	"cmp"
	"slices"

	"firstframe/render/gallery"
)

// prune removes the images that are no longer listed. A missing image is not necessarily deleted:
// the service sometimes lists only a part of what there is, or nothing. So prune removes nothing
// unless every listing was complete and every download worked. Without --prune=force, it also
// refuses to remove
//   - more than half of the images,
//   - anything while an account has nothing listed at all,
//   - an image while its listing is empty in an account that the image may belong to.
func (r *run) prune(l *listing) {
	switch {
	case r.result.Failed > 0:
		r.ui.Advise("run it again: --prune works after a run without failures",
			"no image was removed, because some files could not be downloaded or read")
		return
	case len(l.cut) > 0:
		r.ui.Advise("leave out --limit, if you use it", "no image was removed, because the listing is incomplete: what is missing in it may still exist")
		return
	}
	gone, all, empty := 0, 0, l.empty
	for _, m := range r.state.Images {
		if m.Hidden {
			continue
		}
		all++
		if l.isGone(&m) {
			gone++
			empty = empty || l.mayBeMissing(&m)
		}
	}
	if gone > 0 && r.opts.prune != "force" && (empty || 2*gone > all) {
		why := ""
		if empty {
			why = "a listing is empty, and "
		}
		r.ui.Error("no image was removed: %s--prune would remove %s of %s", why, comma(gone), count(all, "image"))
		r.ui.Hint("--prune=force removes them; with --dry-run it only names them")
		r.guarded = true
		return
	}
	var names []string
	r.state.Images = slices.DeleteFunc(r.state.Images, func(m gallery.Image) bool {
		removed := !m.Hidden && l.isGone(&m)
		r.state.Filmed = r.state.Filmed || removed && m.WasUsed()
		if removed {
			names = append(names, cmp.Or(m.Name, m.Slug))
		}
		return removed
	})
	r.nameLost("remove", "removing", names)
	if l.accounts > 0 { // a folder alone says nothing about the files of the service
		r.state.Skipped = slices.DeleteFunc(r.state.Skipped, func(s gallery.Skipped) bool { return !l.has(s.Key) })
	}
	r.result.Removed = gone
}

// isGone reports whether an image is no longer listed, in a run that has asked for the listings that
// it can be in. If the run has not, the guard knows nothing about them: perhaps it has refused to
// remove the image before.
func (l *listing) isGone(m *gallery.Image) bool {
	local, uploaded := origins(m)
	return !m.Listed && (!local || l.folder) && (!uploaded || l.accounts > 0)
}

// mayBeMissing reports whether an image may belong to an account whose listing is empty now, if the
// image was in that listing. An image that videos were made from was also in the listing of videos.
func (l *listing) mayBeMissing(m *gallery.Image) bool {
	if fromFolder(m) && len(l.without[sourceFolder]) > 0 {
		return true
	}
	mayBeOf := func(label string) bool { return m.Account == "" || label == m.Account }
	return slices.ContainsFunc(l.without[m.Source], mayBeOf) || m.WasUsed() && slices.ContainsFunc(l.without[sourceVideos], mayBeOf)
}
