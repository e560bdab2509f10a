package command

import (
	"slices"

	"firstframe/render/gallery"
)

// prune removes the images that no listing has any more. Absence is not
// deletion: the service lists a part of what there is, and sometimes nothing.
// So nothing goes unless every listing was whole and every download worked,
// and unless that is forced no more than half, and nothing while an account has
// nothing, or the listing that an image was in, in any account that it may be of.
func (r *run) prune(l listing, code int) int {
	switch {
	case r.result.Failed > 0:
		r.ui.Warn("nothing is pruned: some files could not be got")
		return code
	case l.cut:
		r.ui.Warn("nothing is pruned: the listing was cut, so what is missing in it may still be there")
		return code
	}
	gone, all, empty := 0, 0, l.empty
	for _, m := range r.state.Images {
		if m.Hidden {
			continue
		}
		all++
		if !m.Listed {
			gone++
			empty = empty || l.mayBeMissing(&m)
		}
	}
	if gone > 0 && r.opts.prune != "force" && (empty || 2*gone > all) {
		why := ""
		if empty {
			why = "a listing is empty, and "
		}
		r.ui.Error("nothing is pruned: %s%d of %s would be removed", why, gone, count(all, "image"))
		r.ui.Hint("if that is meant, use --prune=force")
		return exitGuarded
	}
	r.state.Images = slices.DeleteFunc(r.state.Images, func(m gallery.Image) bool {
		removed := !m.Hidden && !m.Listed
		r.state.Filmed = r.state.Filmed || removed && m.WasUsed()
		return removed
	})
	r.state.Skipped = slices.DeleteFunc(r.state.Skipped, func(s gallery.Skipped) bool { return !l.has(s.Key) })
	r.result.Removed = gone
	return code
}

// mayBeMissing reports whether an image may be that of an account which has nothing
// now in a listing that the image was in. Of what videos were made from, both were.
func (l *listing) mayBeMissing(m *gallery.Image) bool {
	mayBeOf := func(label string) bool { return m.Account == "" || label == m.Account }
	return slices.ContainsFunc(l.without[m.Source], mayBeOf) || m.WasUsed() && slices.ContainsFunc(l.without[sourceVideos], mayBeOf)
}
