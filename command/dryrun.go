package command

import (
	"slices"

	"firstframe/render"
	"firstframe/render/gallery"
	"firstframe/render/media"
)

// reportDryRun reports what a run would do. It counts a new file as an image, because nobody knows
// what the file is before it is downloaded.
func (r *run) reportDryRun(l *listing, tasks []task) error {
	outcomes, due := make([]outcome, len(tasks)), 0
	for i, t := range tasks {
		if t.image != nil && t.file == nil {
			if _, ok := r.cache.Stored(t.image.SHA256); !ok {
				// An image that was found without the state has no keys. Only a download shows
				// whether one of the listed files has its bytes.
				if len(t.image.Keys) > 0 {
					outcomes[i].err = errNoOriginal
				}
				continue
			}
		}
		due++
		r.dryRunTask(t)
	}
	r.merge(tasks, outcomes, nil)
	r.warnOfKept()
	if err := r.checkUsable(); err != nil {
		return err
	}
	r.relate(l)
	clips := r.clipTasks(l)
	for _, c := range clips {
		if !c.known {
			r.ui.Detail("would download %s", c.name)
			r.result.Clips++
		}
	}
	r.finishState(l)
	r.result.Changed = due > 0 || r.result.Removed > 0 || len(clips) > 0
	if !r.result.Changed {
		same, err := render.UpToDate(r.opts.out, r.state, r.site)
		if err != nil {
			return err
		}
		r.result.Changed = !same
	}
	return r.report()
}

// dryRunTask counts a task, and puts a new image into the state.
func (r *run) dryRunTask(t task) {
	if t.image != nil && r.isUnhiddenImage(t.image.Slug) { // by a run without a listing
		r.result.New++
		r.ui.Detail("would show %s again", t.name())
		r.state.Images = append(r.state.Images, *t.image)
		return
	}
	if t.image != nil {
		r.result.Remade++
		r.ui.Detail("would make the renditions of %s again", t.name())
		return
	}
	if r.site.Content.Hides("", captionNames(t.file.File)...) {
		r.state.Images = append(r.state.Images, *gallery.Tombstone("", t.file.Key()))
		return
	}
	would := "download"
	if p := t.file.Picture; p != nil {
		would = "add"
		slug := media.Slug(p.SHA256)
		if slices.ContainsFunc(r.state.Images, func(m gallery.Image) bool { return m.Slug == slug }) {
			return // the same bytes as an image that came from the service
		}
	}
	r.result.New++
	r.ui.Detail("would %s %s", would, t.name())
	m := gallery.Image{Keys: []string{t.file.Key()}, Source: t.file.source, Listed: true}
	r.learnGenerated(&m, t.file.File)
	r.describe(&m, t.file.File)
	r.state.Images = append(r.state.Images, m)
}
