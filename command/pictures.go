package command

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"firstframe/fetch"
	"firstframe/render"
)

// perform does the tasks, several at once, and returns their outcomes in the
// same order, and the memory that their images are in. The files of those that
// were done are cleared. Only what would be so for every task is an error: the
// others are in their outcomes.
func (g *gallery) perform(ctx context.Context, out *render.Output, tasks []task) ([]outcome, []render.Image, error) {
	g.maker.Write = out.Write
	g.tombstones = map[string]bool{}
	for i := range g.state.Images {
		if m := &g.state.Images[i]; m.Hidden {
			g.tombstones[m.Slug] = true
		}
	}
	bar := g.ui.Progress("images", len(tasks))
	defer bar.Close()
	outcomes, made := make([]outcome, len(tasks)), make([]render.Image, len(tasks))
	downloads, cpu := fetch.NewQueue(len(tasks)), semaphore.NewWeighted(int64(g.opts.jobs))
	g.maker.Idle = func() (release func(), ok bool) {
		return func() { cpu.Release(1) }, cpu.TryAcquire(1)
	}
	group, shared := errgroup.WithContext(ctx)
	group.SetLimit(fetch.AtOnce + g.opts.jobs)
	for _, i := range fetch.Turns(len(tasks), now()) {
		if downloads.Next(shared) != nil {
			break
		}
		t := tasks[i]
		group.Go(func() error {
			o := g.do(shared, downloads, cpu, t)
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
func (g *gallery) do(ctx context.Context, downloads *fetch.Queue, cpu *semaphore.Weighted, t task) outcome {
	if o, ok := g.fromParts(ctx, t); ok {
		downloads.Done()
		return o
	}
	original, err := g.original(ctx, t)
	downloads.Done()
	var notImage *fetch.NotImageError
	if errors.As(err, &notImage) && t.image == nil {
		return outcome{skipped: &render.Skipped{Key: t.file.Key(), Type: notImage.Type, Entry: t.file.Entry()}, err: err}
	}
	if err != nil {
		return outcome{err: err}
	}
	if t.image != nil && t.image.SHA256 != "" && t.image.SHA256 != original.SHA256 {
		g.cache.Forget(original)
		return outcome{err: errors.New("its bytes are not those that were published; the old ones stay")}
	}
	slug := render.Slug(original.SHA256)
	if t.image == nil && (g.tombstones[slug] || g.site.Content.Hides(slug, t.file.Name)) {
		return outcome{image: render.Tombstone(slug, t.file.Key())}
	}
	if err := cpu.Acquire(ctx, 1); err != nil {
		return outcome{err: err}
	}
	defer cpu.Release(1)
	source := sourceOf(original)
	picture, err := g.maker.Make(ctx, source)
	if err := g.keep(original, err); err != nil {
		return outcome{err: err}
	}
	m := g.imageOf(t, original, picture)
	if g.opts.originals {
		published, err := g.maker.Publish(ctx, source)
		if _, ok := errors.AsType[*render.WithheldError](err); ok {
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
func (g *gallery) keep(o fetch.Original, err error) error {
	if err == nil {
		return g.cache.Keep(o)
	}
	if !fatal(err) && !errors.Is(err, context.Canceled) {
		g.cache.Forget(o)
	}
	return err
}

// original finds the bytes of a task's image: in the cache, which spares a
// download when only the settings changed, else where the listing says.
func (g *gallery) original(ctx context.Context, t task) (fetch.Original, error) {
	if t.image != nil && t.image.SHA256 != "" {
		if o, ok := g.cache.Stored(t.image.SHA256); ok {
			return o, nil
		}
	}
	if t.file == nil {
		return fetch.Original{}, errNoOriginal
	}
	return g.cache.Original(ctx, *t.file)
}

// merge puts the outcomes into the state, in the order of the tasks: the same
// bytes from several files are one image. The images of the outcomes are in made.
func (g *gallery) merge(tasks []task, outcomes []outcome, made []render.Image) {
	if len(outcomes) == 0 {
		return
	}
	bySlug := make(map[string]int, len(g.state.Images)+len(outcomes))
	for i, m := range g.state.Images {
		bySlug[m.Slug] = i
	}
	if len(g.state.Images) == 0 {
		// A first build has them in memory once: each is read before another
		// takes its place.
		g.state.Images = made[:0]
	}
	skipped, today := g.skipped(), now()
	kept := 0
	for i, o := range outcomes {
		switch {
		case errors.Is(o.err, errNoOriginal) && len(tasks[i].image.Renditions) == 0:
			g.lost++
			g.ui.Detail("%s has no pictures: %v", taskName(tasks[i]), o.err)
		case errors.Is(o.err, errNoOriginal):
			kept++
			g.ui.Detail("%s keeps the renditions that it has: %v", taskName(tasks[i]), o.err)
		case o.skipped != nil:
			before := skipped[o.skipped.Key]
			if fetch.SoundOrFilm(o.skipped.Type) { // videos are made from those, too
				skipped[o.skipped.Key] = before.AgainLate(*o.skipped, today)
				g.result.SoundsAndFilms++
				g.ui.Detail("%s is a sound or a film: %s", taskName(tasks[i]), o.skipped.Type)
				continue
			}
			skipped[o.skipped.Key] = before.Again(*o.skipped, today)
			g.result.Skipped++
			g.note(taskName(tasks[i]), o.err)
		case o.err != nil && wasSoundOrFilm(tasks[i], skipped):
			s := skipped[tasks[i].file.Key()]
			skipped[s.Key] = s.AgainLate(s, today)
			g.ui.Detail("%s was a sound or a film: %v", taskName(tasks[i]), o.err)
		case o.err != nil:
			g.problem(taskName(tasks[i]), o.err)
		}
		if o.image != nil {
			for _, key := range o.image.Keys {
				delete(skipped, key)
			}
			at, known := bySlug[o.image.Slug]
			if !known {
				bySlug[o.image.Slug] = len(g.state.Images)
				g.state.Images = append(g.state.Images, *o.image)
				if !o.image.Hidden {
					g.result.New++
					g.fresh = append(g.fresh, o.image.Slug)
				}
				continue
			}
			if tasks[i].image != nil {
				g.result.Remade++
			}
			g.state.Images[at].Merge(*o.image)
		}
	}
	g.setSkipped(skipped)
	if kept > 0 {
		g.ui.Warn("%s cannot be made again with these settings: not listed any more, and not in the cache",
			count(kept, "image"))
	}
	if g.lost > 0 {
		g.ui.Advise("if they are published, move "+g.opts.out+" away and run with --restore URL: it brings them back",
			"%s no pictures any more, and cannot be made again: not listed, and not in the cache", plural(g.lost, "image has", "images have"))
	}
}

// wasSoundOrFilm reports whether a file without an image is known as a sound or a film. It is no
// failure when it is gone.
func wasSoundOrFilm(t task, skipped map[string]render.Skipped) bool {
	return t.image == nil && t.file != nil && fetch.SoundOrFilm(skipped[t.file.Key()].Type)
}
