package command

import (
	"cmp"
	"context"
	"slices"

	"firstframe/render"
	"firstframe/render/gallery"
)

// hide applies the captions to the images, and names the images that they hide.
func (r *run) hide(matches render.Matches) {
	names := make([]string, len(r.state.Images)) // a hidden image has none
	for i := range r.state.Images {
		if m := &r.state.Images[i]; !m.Hidden {
			names[i] = cmp.Or(m.Name, m.Slug)
		}
	}
	matches.Apply(r.state.Images)
	var hidden []string
	for i := range r.state.Images {
		if r.state.Images[i].Hidden && names[i] != "" {
			hidden = append(hidden, names[i])
		}
	}
	r.result.Hidden = len(hidden)
	r.nameLost("hide", "hiding", hidden)
}

// nameLost names the images that leave the site. A dry run is made to find out about them, so it
// always names some. A run names them with -v.
func (r *run) nameLost(would, doing string, names []string) {
	if r.opts.dryRun && !r.opts.verbose && len(names) > 0 {
		r.ui.Info("would %s %s", would, someOf(names))
		return
	}
	if r.opts.dryRun {
		doing = "would " + would
	}
	for _, name := range names {
		r.ui.Detail("%s %s", doing, name)
	}
}

// hides reports whether the owner hides an image, under any of its names.
func (r *run) hides(m *gallery.Image) bool {
	return r.site.Content.Hides(m.Slug, r.named(m).Texts()...)
}

// shows reports whether the owner says that an image is not hidden, under any of its names.
func (r *run) shows(m *gallery.Image) bool {
	return r.site.Content.Shows(m.Slug, r.named(m).Texts()...)
}

// showNamed takes the hidden images out of the state that the owner shows again by the name of a
// file. Only a listing tells the names of hidden images, so it comes later than showing by the slug.
// It takes them out of upToDate, too, and returns that.
func (r *run) showNamed(upToDate []bool) []bool {
	isHidden := func(m gallery.Image) bool { return m.Hidden }
	if len(r.site.Content.Captions) == 0 || !slices.ContainsFunc(r.state.Images, isHidden) {
		return upToDate
	}
	named := r.allNamed()
	known := map[string]bool{}
	for _, m := range r.state.Images {
		for _, key := range m.Keys {
			known[key] = true
		}
	}
	for key, names := range r.names {
		if !known[key] { // a new file can be meant, too
			named = append(named, render.Named{Names: names})
		}
	}
	shown, unclear := r.site.Content.ShownAgain(named)
	for _, a := range unclear {
		slug := named[a.Images[0]].Slug
		r.ui.Warn("%s: %d images have this name, so the hidden image %s is not shown again: write hidden: false in %s",
			a.File, len(a.Images), slug, r.captionFile(slug))
	}
	for _, i := range slices.Backward(shown) {
		r.unhidden = append(r.unhidden, r.state.Images[i])
		r.state.Images = slices.Delete(r.state.Images, i, i+1)
		upToDate = slices.Delete(upToDate, i, i+1)
	}
	return upToDate
}

// hasToHide reports whether the site shows an image that the owner hides now. The matches are those
// of all images.
func (r *run) hasToHide(matches render.Matches) bool {
	if r.opts.shard.isPart() || len(r.site.Content.Captions) == 0 {
		return false
	}
	for i := range r.state.Images {
		if m := &r.state.Images[i]; !m.Hidden && (r.hides(m) || matches.Hides(i)) {
			return true
		}
	}
	return false
}

// takeDown ends a run that has no listing, for this cause. If the owner hides an image that is
// shown, it writes the site without the image. That cannot wait for a listing: the service may not
// answer for days, or never again after a subscription has ended. All other images stay as they
// are, and the cause becomes a problem of the run. If there is nothing to hide, it returns the
// cause.
func (r *run) takeDown(ctx context.Context, cause error) error {
	matches := r.site.Content.Match(r.allNamed())
	if ctx.Err() != nil || !r.hasToHide(matches) {
		return cause
	}
	if err := r.ambiguous(matches, true); err != nil {
		return err
	}
	r.problem("", cause)
	if _, hint := diagnose(cause); !r.opts.quiet {
		r.ui.Hint(hint)
	}
	r.ui.Info("what you hide is hidden all the same; everything else stays as it is")
	r.relate(&listing{})
	r.finishState(&listing{})
	if r.opts.dryRun {
		r.result.Changed = true
		return r.report()
	}
	if err := r.writePages(ctx); err != nil {
		return err
	}
	return r.report()
}

// isUnhidden reports whether the file with this key belongs to an image that the owner shows again.
// The owner wants such an image, even if no video was made from it.
func (r *run) isUnhidden(key string) bool {
	return slices.ContainsFunc(r.unhidden, func(m gallery.Image) bool { return slices.Contains(m.Keys, key) })
}

// keepUnhidden puts images back into the state that the owner shows again but that could not be
// made. The next run tries them again. keepUnhidden returns their slugs.
func (r *run) keepUnhidden() []string {
	var missing []string
	for _, hidden := range r.unhidden {
		same := func(m gallery.Image) bool {
			if m.Slug == "" { // a new image in a dry run
				return slices.ContainsFunc(m.Keys, func(key string) bool { return slices.Contains(hidden.Keys, key) })
			}
			return m.Slug == hidden.Slug
		}
		if i := slices.IndexFunc(r.state.Images, same); i >= 0 {
			m := &r.state.Images[i]
			m.Used = m.Used || hidden.Used
			m.AddKeys(hidden.Keys) // also those of uploads that are not listed now
			continue
		}
		r.state.Images = append(r.state.Images, hidden)
		missing = append(missing, hidden.Slug)
	}
	return missing
}
