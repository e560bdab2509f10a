package command

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"firstframe/fetch"
	"firstframe/render"
	"firstframe/render/gallery"
	"firstframe/render/media"
)

// perform does the tasks, several at once, and returns their outcomes in the
// same order, and the memory that their images are in. The files of those that
// were done are cleared. Only what would be so for every task is an error: the
// others are in their outcomes.
func (r *run) perform(ctx context.Context, out *render.Output, tasks []task) ([]outcome, []gallery.Image, error) {
	r.maker.Write = out.Write
	r.tombstones = map[string]bool{}
	for i := range r.state.Images {
		if m := &r.state.Images[i]; m.Hidden {
			r.tombstones[m.Slug] = true
		}
	}
	bar := r.ui.Progress("images", len(tasks))
	defer bar.Close()
	outcomes, made := make([]outcome, len(tasks)), make([]gallery.Image, len(tasks))
	downloads, cpu := fetch.NewQueue(len(tasks)), semaphore.NewWeighted(int64(r.opts.jobs))
	r.maker.Idle = func() (release func(), ok bool) {
		return func() { cpu.Release(1) }, cpu.TryAcquire(1)
	}
	group, shared := errgroup.WithContext(ctx)
	group.SetLimit(fetch.AtOnce + r.opts.jobs)
	for _, i := range fetch.DailyOrder(len(tasks), now()) {
		if downloads.Next(shared) != nil {
			break
		}
		t := tasks[i]
		group.Go(func() error {
			o := r.do(shared, downloads, cpu, t)
			outcomes[i] = o
			if o.image != nil {
				made[i] = *o.image
				outcomes[i].image = &made[i]
			}
			if o.err == nil && t.file != nil {
				*t.file = fetch.File{} // what it said is in the image, or not needed any more: a tenth of the memory
			}
			bar.Add(1)
			if fatal(o.err) || shared.Err() != nil {
				return o.err
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, nil, err
	}
	return outcomes, made, ctx.Err()
}

// errNoOriginal is the outcome for an image whose renditions cannot be made
// again, because it is in no listing and not in the cache.
var errNoOriginal = errors.New("it is not listed any more, and its original is not in the cache")

// do gets an original and makes its renditions.
func (r *run) do(ctx context.Context, downloads *fetch.Queue, cpu *semaphore.Weighted, t task) outcome {
	if o, ok := r.fromParts(ctx, t); ok {
		downloads.Done()
		return o
	}
	original, err := r.original(ctx, t)
	downloads.Done()
	var notImage *fetch.NotImageError
	if errors.As(err, &notImage) && t.image == nil {
		return outcome{skipped: &gallery.Skipped{Key: t.file.Key(), Type: notImage.Type, Entry: t.file.Entry()}, err: err}
	}
	if err != nil {
		return outcome{err: err}
	}
	if t.image != nil && t.image.SHA256 != "" && t.image.SHA256 != original.SHA256 {
		r.cache.Forget(original)
		return outcome{err: errors.New("its bytes are not those that were published; the old ones stay")}
	}
	slug := media.Slug(original.SHA256)
	if t.image == nil && (r.tombstones[slug] || r.site.Content.Hides(slug, t.file.Name)) {
		return outcome{image: gallery.Tombstone(slug, t.file.Key())}
	}
	if err := cpu.Acquire(ctx, 1); err != nil {
		return outcome{err: err}
	}
	defer cpu.Release(1)
	source := sourceOf(original)
	picture, err := r.maker.Make(ctx, source)
	if err := r.keep(original, err); err != nil {
		return outcome{err: err}
	}
	m := r.imageOf(t, original, picture)
	if r.opts.originals {
		published, err := r.maker.Publish(ctx, source)
		if _, ok := errors.AsType[*media.WithheldError](err); ok {
			m.Withhold()
		}
		if err != nil {
			return outcome{image: m, err: err} // without it, but not without its page
		}
		m.Original = &published
	}
	return outcome{image: m}
}

// keep lets the cache keep an original that could be used, and forget one that
// could not: its server may have all of it the next time. It returns the error
// of using it, or of keeping it.
func (r *run) keep(o fetch.Original, err error) error {
	if err == nil {
		return r.cache.Remember(o)
	}
	if !fatal(err) && !errors.Is(err, context.Canceled) {
		r.cache.Forget(o)
	}
	return err
}

// original finds the bytes of a task's image: in the cache, which spares a
// download when only the settings changed, else where the listing says.
func (r *run) original(ctx context.Context, t task) (fetch.Original, error) {
	if t.image != nil && t.image.SHA256 != "" {
		if o, ok := r.cache.Stored(t.image.SHA256); ok {
			return o, nil
		}
	}
	if t.file == nil {
		return fetch.Original{}, errNoOriginal
	}
	return r.cache.Original(ctx, *t.file)
}

// merge puts the outcomes into the state, in the order of the tasks: the same
// bytes from several files are one image. The images of the outcomes are in made.
func (r *run) merge(tasks []task, outcomes []outcome, made []gallery.Image) {
	if len(outcomes) == 0 {
		return
	}
	bySlug := make(map[string]int, len(r.state.Images)+len(outcomes))
	for i, m := range r.state.Images {
		bySlug[m.Slug] = i
	}
	if len(r.state.Images) == 0 {
		// A first build has them in memory once: each is read before another
		// takes its place.
		r.state.Images = made[:0]
	}
	skipped, today := r.skipped(), now()
	kept := 0
	for i, o := range outcomes {
		switch {
		case errors.Is(o.err, errNoOriginal) && len(tasks[i].image.Renditions) == 0:
			r.lost++
			r.ui.Detail("%s has no pictures: %v", taskName(tasks[i]), o.err)
		case errors.Is(o.err, errNoOriginal):
			kept++
			r.ui.Detail("%s keeps the renditions that it has: %v", taskName(tasks[i]), o.err)
		case o.skipped != nil:
			before := skipped[o.skipped.Key]
			if fetch.SoundOrFilm(o.skipped.Type) { // videos are made from those, too
				skipped[o.skipped.Key] = before.AgainLate(*o.skipped, today)
				r.result.SoundsAndFilms++
				r.ui.Detail("%s is a sound or a film: %s", taskName(tasks[i]), o.skipped.Type)
				continue
			}
			skipped[o.skipped.Key] = before.Again(*o.skipped, today)
			r.result.Skipped++
			r.note(taskName(tasks[i]), o.err)
		case o.err != nil && wasSoundOrFilm(tasks[i], skipped):
			s := skipped[tasks[i].file.Key()]
			skipped[s.Key] = s.AgainLate(s, today)
			r.ui.Detail("%s was a sound or a film: %v", taskName(tasks[i]), o.err)
		case o.err != nil:
			r.problem(taskName(tasks[i]), o.err)
		}
		if o.image != nil {
			for _, key := range o.image.Keys {
				delete(skipped, key)
			}
			at, known := bySlug[o.image.Slug]
			if !known {
				bySlug[o.image.Slug] = len(r.state.Images)
				r.state.Images = append(r.state.Images, *o.image)
				if !o.image.Hidden {
					r.result.New++
					r.fresh = append(r.fresh, o.image.Slug)
				}
				continue
			}
			if tasks[i].image != nil {
				r.result.Remade++
			}
			r.state.Images[at].Merge(*o.image)
		}
	}
	r.setSkipped(skipped)
	if kept > 0 {
		r.ui.Warn("%s cannot be made again with these settings: not listed any more, and not in the cache",
			count(kept, "image"))
	}
	if r.lost > 0 {
		r.ui.Advise("if they are published, move "+r.opts.out+" away and run with --restore URL: it brings them back",
			"%s no pictures any more, and cannot be made again: not listed, and not in the cache", plural(r.lost, "image has", "images have"))
	}
}

// wasSoundOrFilm reports whether a file without an image is known as a sound or a film. It is no
// failure when it is gone.
func wasSoundOrFilm(t task, skipped map[string]gallery.Skipped) bool {
	return t.image == nil && t.file != nil && fetch.SoundOrFilm(skipped[t.file.Key()].Type)
}
