package command

import (
	"cmp"
	"context"
	"slices"

	"firstframe/render"
	"firstframe/render/batch"
	"firstframe/render/gallery"
	"firstframe/render/media"
)

// task is an image that must be made: from a listed file, from an image that is known already, or
// from both.
type task struct {
	file  *listedFile    // nil if the image is not listed
	image *gallery.Image // nil for a new one
}

// name returns what messages call the task.
func (t task) name() string {
	if t.file != nil && publicName(t.file.File) != "" {
		if p := t.file.Picture; p != nil {
			return p.Shown() // several folders can have a file of this name
		}
		return publicName(t.file.File)
	}
	if t.image != nil {
		return cmp.Or(t.image.Name, t.image.Slug)
	}
	return "a file without a name"
}

// lookAtDisk begins to find out which images are as the settings want them. It changes the images
// to what is in place. The function that it returns waits for the answer: one value for each image
// of the state. An error means that the disk cannot be read, so nothing is known to be missing.
func (r *run) lookAtDisk() (wait func() ([]bool, error)) {
	upToDate := make([]bool, len(r.state.Images))
	done := make(chan error, 1)
	go func() { done <- r.checkImages(upToDate) }()
	return func() ([]bool, error) {
		err := <-done
		return upToDate, err
	}
}

// checkImages sets upToDate for each image of the state. It has to look at every file.
func (r *run) checkImages(upToDate []bool) error {
	return batch.Do(len(upToDate), func(from, to int) (err error) {
		for i := from; i < to; i++ {
			if upToDate[i], err = r.isUpToDate(&r.state.Images[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// isUpToDate reports whether an image is hidden, or has the renditions of the settings in place. It
// removes from the image what is not in place.
func (r *run) isUpToDate(m *gallery.Image) (bool, error) {
	if m.Hidden {
		return true, nil
	}
	before := m.Renditions
	all, err := render.KeepInPlace(r.opts.out, m)
	if err != nil {
		return false, err
	}
	if !r.opts.originals {
		m.Original, m.Withheld = nil, 0 // the file is removed with everything that no page refers to
	}
	if all && r.hasAll(m) {
		return true, nil
	}
	r.noted.note(before)
	return false, nil
}

// hasAll reports whether an image has everything that the settings ask for.
func (r *run) hasAll(m *gallery.Image) bool {
	if r.opts.originals && !m.IsWithheld() && (m.Original == nil || media.Unmarked(m.Original.Path) != media.OriginalPath(m.SHA256, m.Type)) {
		return false
	}
	return r.planned(m)
}

// planned reports whether an image has the renditions that the settings ask for, with any packet or
// none.
func (r *run) planned(m *gallery.Image) bool {
	same := func(a, b media.Rendition) bool { return media.Unmarked(a.Path) == b.Path }
	return slices.EqualFunc(m.Renditions, r.maker.Plan(m.SHA256, m.Width, m.Height), same)
}

// plan compares the listing with the state and the settings. It returns the images that must be
// made, and empties the listing's files: the tasks have copies of those that they need.
func (r *run) plan(ctx context.Context, l *listing, upToDate []bool) ([]task, error) {
	if l.known() {
		r.learnKeys(l)
		r.learnNames(l)
		upToDate = r.showNamed(upToDate)
	}
	l.files = slices.DeleteFunc(l.files, func(f listedFile) bool { return !r.opts.shard.has(f.Key()) })
	known, files := r.planFiles(l)
	tasks := slices.Concat(files, r.planImages(l, known, upToDate), r.planUnhidden())
	if err := r.checkCaptions(ctx, tasks); err != nil {
		return nil, err
	}
	r.warnOfUnused(l)
	l.files = nil
	return tasks, nil
}

// planFiles returns the listed file of each image of the state, or nil, and the tasks for the other
// files.
func (r *run) planFiles(l *listing) (known []*listedFile, tasks []task) {
	images := r.state.Images
	byKey := make(map[string]int, len(images))
	for i := range images {
		if g := images[i].Generated; g != nil && g.Key != "" {
			byKey[g.Key] = i
		}
	}
	for i := range images {
		for _, key := range images[i].Keys {
			byKey[key] = i
		}
	}
	known = make([]*listedFile, len(images))
	skipped, today := r.skipped(), now()
	for i := range l.files {
		f := &l.files[i]
		if at, is := imageOfFile(byKey, f.File); is {
			if known[at] == nil || images[at].Keys[0] == f.Key() {
				known[at] = f
			}
			if images[at].Source == "" && !images[at].Hidden {
				completeUnhidden(&images[at], f)
			}
			if !images[at].Hidden {
				images[at].Source = gallery.BetterSource(images[at].Source, f.source) // whichever was asked first
				r.learnGenerated(&images[at], f.File)
			}
			continue
		}
		s, isSkipped := skipped[f.Key()]
		switch {
		case r.opts.source == sourceAuto && l.unused(f) && !r.isUnhidden(f.Key()):
			if !isSkipped {
				r.result.Unused++
			}
			for _, name := range r.names[f.Key()] {
				r.leftOut = append(r.leftOut, name.Text)
			}
		case !isSkipped || f.Picture == nil && s.Due(f.Entry(), today): // bytes that are known stay what they are
			tasks = append(tasks, task{file: f.copy()})
		}
	}
	return known, tasks
}

// planImages updates the images of the state from their listed files. It returns the tasks for the
// images that are not up to date.
func (r *run) planImages(l *listing, listed []*listedFile, upToDate []bool) []task {
	var tasks []task
	for i := range r.state.Images {
		m, f := &r.state.Images[i], listed[i]
		if f != nil || l.lacks(m) {
			m.Listed = f != nil
		}
		if m.Hidden {
			continue
		}
		if f != nil {
			r.describe(m, f.File)
		}
		if !upToDate[i] {
			tasks = append(tasks, task{f.copy(), m})
		}
	}
	return tasks
}
