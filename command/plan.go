package command

import (
	"cmp"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"firstframe/fetch"
	"firstframe/render"
	"firstframe/render/gallery"
	"firstframe/render/media"
)

// task is an image that has to be made: of a file, of an image that is known
// already, or of both.
type task struct {
	file   *fetch.File
	source string         // that listed the file
	image  *gallery.Image // nil for a new one
}

// outcome is what became of a task.
type outcome struct {
	image   *gallery.Image
	skipped *gallery.Skipped
	err     error
}

// reconcile compares the listing with the state, and returns what is to be
// done. It is told which images are as the settings want them.
func (r *run) reconcile(l listing, upToDate []bool) []task {
	images := r.state.Images
	byKey := make(map[string]int, len(images))
	for i := range images {
		for _, key := range images[i].Keys {
			byKey[key] = i
		}
	}
	skipped, today := r.skipped(), now()
	var tasks []task
	fileOf := make([]*fetch.File, len(images))
	for i := range l.files {
		f := &l.files[i]
		switch at, known := byKey[f.Key()]; {
		case !known:
			s, skipped := skipped[f.Key()]
			if r.opts.source == sourceAuto && l.unused(f) && !r.isUnhidden(f.Key()) {
				if !skipped {
					r.result.Unused++
				}
				if name, captioned := r.names[f.Key()]; captioned {
					r.leftOut = append(r.leftOut, name.Text)
				}
				continue
			}
			if skipped && !s.Due(f.Entry(), today) {
				continue
			}
			tasks = append(tasks, task{file: f, source: l.sources[f.Key()]})
		default:
			if fileOf[at] == nil || images[at].Keys[0] == f.Key() {
				fileOf[at] = f
			}
			if l.sources[f.Key()] == sourceFiles && !images[at].Hidden {
				images[at].Source = sourceFiles // which of the two was asked first must not matter
			}
		}
	}
	for i := range images {
		m, f := &images[i], fileOf[i]
		if l.complete[m.Source] || f != nil {
			m.Listed = f != nil
		}
		if f != nil && !m.Hidden {
			r.describe(m, f)
		}
		if !m.Hidden && !upToDate[i] {
			t := task{file: f, image: m}
			if t.file != nil {
				t.source = l.sources[t.file.Key()]
			}
			tasks = append(tasks, t)
		}
	}
	return tasks
}

// upToDate reports of each image whether it is as the settings want it. Several
// are looked at at once: it means a look at every file. An error is the disk's:
// what cannot be looked at is not gone.
func (r *run) upToDate(images []gallery.Image) ([]bool, error) {
	whole := make([]bool, len(images))
	group := errgroup.Group{}
	group.SetLimit(runtime.GOMAXPROCS(0))
	const atOnce = 256
	for from := 0; from < len(images); from += atOnce {
		group.Go(func() error {
			for i := from; i < min(from+atOnce, len(images)); i++ {
				if images[i].Hidden {
					whole[i] = true
					continue
				}
				var err error
				if whole[i], err = r.isUpToDate(&images[i]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return whole, group.Wait()
}

// isUpToDate reports whether the image's renditions are those of the settings,
// and in place. What is not in place is taken off the image.
func (r *run) isUpToDate(m *gallery.Image) (bool, error) {
	if all, err := render.KeepInPlace(r.opts.out, m); !all || err != nil {
		return false, err
	}
	if !r.opts.originals {
		m.Original, m.Withheld = nil, 0 // the sweep takes the file away
	} else if !m.IsWithheld() && (m.Original == nil || m.Original.Path != media.OriginalPath(m.SHA256, m.Type)) {
		return false, nil
	}
	return r.planned(m), nil
}

// planned reports whether the image's renditions are those of the settings.
func (r *run) planned(m *gallery.Image) bool {
	same := func(a, b media.Rendition) bool { return a.Path == b.Path }
	return slices.EqualFunc(m.Renditions, r.maker.Plan(m.SHA256, m.Width, m.Height), same)
}

func taskName(t task) string {
	if t.file != nil && publicName(t.file) != "" {
		return publicName(t.file)
	}
	if t.image != nil {
		return cmp.Or(t.image.Name, t.image.Slug)
	}
	return "a file without a name"
}

// preview says what a run would do. Of a file that is new it is not known what
// it is until it is downloaded: it is counted as an image.
func (r *run) preview(l listing, tasks []task) (int, error) {
	outcomes, due := make([]outcome, len(tasks)), len(tasks)
	for i, t := range tasks {
		if t.image != nil && t.file == nil {
			if _, ok := r.cache.Stored(t.image.SHA256); !ok {
				outcomes[i].err = errNoOriginal
				due--
				continue
			}
		}
		if t.image != nil {
			r.result.Remade++
			r.ui.Detail("would make renditions of %s", taskName(t))
			continue
		}
		if r.site.Content.Hides("", t.file.Name) {
			r.state.Images = append(r.state.Images, *gallery.Tombstone("", t.file.Key()))
			continue
		}
		r.result.New++
		r.ui.Detail("would download %s", taskName(t))
		m := gallery.Image{Keys: []string{t.file.Key()}, Source: t.source, Listed: true}
		r.describe(&m, t.file)
		r.state.Images = append(r.state.Images, m)
	}
	r.merge(tasks, outcomes, nil)
	if r.hasNoImage() && len(l.sources) > 0 {
		return 0, r.nothingUsable()
	}
	r.relate(l)
	takes := r.takes(l)
	r.result.Clips = countFunc(takes, func(t *take) bool { return !t.known })
	code := r.finishState(l)
	r.result.Changed = due > 0 || r.result.Removed > 0 || len(takes) > 0
	if !r.result.Changed {
		same, err := render.UpToDate(r.opts.out, r.state, r.site)
		if err != nil {
			return 0, err
		}
		r.result.Changed = !same
	}
	return r.report(code)
}
