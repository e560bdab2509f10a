package command

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"firstframe/fetch"
	"firstframe/render/gallery"
	"firstframe/render/media"
)

// outcome is what became of a task.
type outcome struct {
	image   *gallery.Image   // nil if there is none
	skipped *gallery.Skipped // a file that is not an image; nil if it is one
	err     error            // also of an image that lacks its original
}

// errNoOriginal is the outcome for an image whose renditions cannot be made again.
var errNoOriginal = errors.New("its original is not in the cache, and cannot be downloaded")

// makePictures does the tasks and puts their outcomes into the state.
func (r *run) makePictures(ctx context.Context, tasks []task) error {
	if len(tasks) > 0 {
		makingPictures.enter(len(r.state.Images)+len(tasks) > largeGallery)
		// A disk that cannot be written is found before anything is downloaded.
		if !r.opts.offline { // which only reads the cache
			if err := r.cache.Open(); err != nil {
				return err
			}
		}
	}
	outcomes, made, err := r.perform(ctx, tasks)
	if err != nil {
		return err
	}
	r.merge(tasks, outcomes, made)
	return nil
}

// perform does the tasks, several at the same time. It returns their outcomes in the order of the
// tasks, and the memory that their images are in. It returns an error only if every task would fail
// with that error. Other errors are in the outcomes.
func (r *run) perform(ctx context.Context, tasks []task) ([]outcome, []gallery.Image, error) {
	r.tombstones = map[string]bool{}
	for i := range r.state.Images {
		if m := &r.state.Images[i]; m.Hidden {
			r.tombstones[m.Slug] = true
		}
	}
	bar := r.ui.Progress("images", len(tasks))
	defer bar.Close()
	outcomes, made := make([]outcome, len(tasks)), make([]gallery.Image, len(tasks))
	downloads := fetch.NewQueue(len(tasks))
	group, shared := errgroup.WithContext(ctx)
	group.SetLimit(fetch.AtOnce + r.opts.jobs)
	for _, i := range r.order(tasks) {
		if downloads.Next(shared) != nil {
			break
		}
		group.Go(func() error {
			o := r.makeInTime(shared, downloads, tasks[i])
			outcomes[i] = o
			if o.image != nil {
				made[i] = *o.image
				outcomes[i].image = &made[i]
			}
			if o.err == nil {
				tasks[i].file = nil // no longer needed, and a tenth of the memory of a first build
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

// makeInTime does a task, unless the time budget is too short for it. Then a new image gets what a
// part has of it, also if the settings want it otherwise.
func (r *run) makeInTime(ctx context.Context, downloads *fetch.Queue, t task) outcome {
	o := r.makeImage(ctx, downloads, t)
	if o.image != nil || t.isShown() || !errors.Is(o.err, fetch.ErrTimeBudget) {
		return o
	}
	old, ok := r.fromParts(ctx, t, true)
	if !ok {
		return o
	}
	if old.image != nil && !old.image.Hidden {
		old.err = o.err
	}
	return old
}

// makeImage finds the original of a task and makes its renditions. Its error is
// fetch.ErrTimeBudget if the time budget was used up before it began with that.
func (r *run) makeImage(ctx context.Context, downloads *fetch.Queue, t task) outcome {
	if o, ok := r.fromParts(ctx, t, false); ok {
		downloads.Done()
		return o
	}
	if r.outOfTime() {
		downloads.Done()
		return outcome{err: fetch.ErrTimeBudget}
	}
	timed, stop := r.inTime(ctx)
	defer stop()
	original, err := r.original(timed, t)
	downloads.Done()
	defer r.cache.Release(original)
	if notImage, ok := errors.AsType[*fetch.NotImageError](err); ok && t.image == nil {
		return outcome{skipped: &gallery.Skipped{Key: t.file.Key(), Type: notImage.Type, Entry: t.file.Entry()}, err: err}
	}
	if err != nil {
		return outcome{err: err}
	}
	if t.image != nil && t.image.SHA256 != "" && t.image.SHA256 != original.SHA256 {
		r.cache.Forget(original)
		return outcome{err: errors.New("the file is now another picture than the published one, which stays; to publish the new one, upload it again")}
	}
	slug := media.Slug(original.SHA256)
	if t.image == nil && (r.tombstones[slug] || r.site.Content.Hides(slug, captionNames(t.file.File)...)) {
		return outcome{image: gallery.Tombstone(slug, t.file.Key())}
	}
	if err := r.cpu.Acquire(timed, 1); err != nil {
		return outcome{err: context.Cause(timed)}
	}
	defer r.cpu.Release(1)
	if r.outOfTime() {
		return outcome{err: fetch.ErrTimeBudget}
	}
	origin := r.foretellOrigin(t, slug)
	source := sourceOf(original, r.site.PacketOf(origin.OriginAmong(r.state.Origin), origin.Generated.PromptOf()))
	picture, err := r.maker.Make(ctx, source)
	if err := r.keep(original, err); err != nil {
		return outcome{err: err}
	}
	if picture.Credentials {
		r.signed.Add(1)
	}
	m := r.imageOf(t, original, picture)
	m.SourceType, m.AISystem = origin.SourceType, origin.AISystem
	if r.opts.originals {
		published, err := r.maker.Publish(ctx, source)
		if _, ok := errors.AsType[*media.WithheldError](err); ok {
			m.Withhold()
		}
		if err != nil {
			return outcome{image: m, err: err} // it has a page, without its original
		}
		m.Original = &published
	}
	return outcome{image: m}
}

// knownFiles are the renditions that the state names, by their paths without marks. Several
// goroutines can use it at once.
type knownFiles struct {
	mu    sync.Mutex
	known map[string]media.Rendition
}

// note notes renditions.
func (k *knownFiles) note(renditions []media.Rendition) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil {
		k.known = map[string]media.Rendition{}
	}
	for _, r := range renditions {
		k.known[media.Unmarked(r.Path)] = r
	}
}

// named returns the rendition with this path, but for the mark.
func (k *knownFiles) named(name string) (r media.Rendition, known bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	r, known = k.known[name]
	return r, known
}

// madeBefore returns the bytes of a rendition that is in the output folder, as media.Maker.Made
// does, without a packet. If the state says that they were others, the file is damaged, and must be
// made again. A file that no state names yet was left by a run that was interrupted.
func (r *run) madeBefore(name string, limit int64) []byte {
	was, known := r.noted.named(media.Unmarked(name))
	if known {
		data, err := r.out.ReadAtMost(was.Path, limit+media.MaxPacket)
		if err == nil && was.Sum == media.Sum(data) {
			data, _ = media.Unmark(data, was.MediaType())
			return data
		}
		if was.Path == name {
			return nil
		}
	}
	data, err := r.out.ReadAtMost(name, limit)
	if err != nil {
		return nil
	}
	return data
}

// original returns the original of a task. It takes the original from the cache if the bytes are
// known, which saves a download when only the settings have changed. If not, it downloads it, or
// copies it from the folder of pictures. The caller must release it.
func (r *run) original(ctx context.Context, t task) (fetch.Original, error) {
	if t.image != nil && t.image.SHA256 != "" {
		if o, ok := r.cache.Stored(t.image.SHA256); ok {
			return o, nil
		}
	}
	if t.image != nil && t.image.SHA256 == "" && r.opts.offline { // the state was lost, and no listing helps
		if o, ok := r.cache.StoredAs(t.image.Slug); ok {
			return o, nil
		}
	}
	if t.file == nil {
		return fetch.Original{}, errNoOriginal
	}
	return r.cache.Original(ctx, *t.file.File)
}

// keep keeps an original in the cache if it could be used. If not, it removes the original, because
// the server may send all of it the next time. err is the error from using the original. keep
// returns that error, or the error from keeping it.
func (r *run) keep(o fetch.Original, err error) error {
	if err == nil {
		return r.cache.Remember(o)
	}
	if !fatal(err) && !errors.Is(err, context.Canceled) {
		r.cache.Forget(o)
	}
	return err
}

// merge puts the outcomes into the state, in the order of the tasks. Files with the same bytes
// become one image. The images of the outcomes are in made.
func (r *run) merge(tasks []task, outcomes []outcome, made []gallery.Image) {
	if len(outcomes) == 0 {
		return
	}
	bySlug := make(map[string]int, len(r.state.Images)+len(outcomes))
	for i, m := range r.state.Images {
		bySlug[m.Slug] = i
	}
	if len(r.state.Images) == 0 {
		// A first build reuses the memory of the outcomes for the images. Each outcome is read
		// before an image takes its place. That saves a sixth of the memory, measured with 20,000
		// images.
		r.state.Images = made[:0]
	}
	skipped, today := r.skipped(), now()
	found := map[string]bool{} // slugs of what was made from listed files, after the state was lost
	for _, o := range outcomes {
		if r.repaired && o.image != nil {
			found[o.image.Slug] = true
		}
	}
	for i, o := range outcomes {
		if errors.Is(o.err, errNoOriginal) && found[tasks[i].image.Slug] {
			continue // a listed file has its bytes
		}
		r.noteOutcome(tasks[i], o, skipped, today)
		if o.image == nil {
			continue
		}
		for _, key := range o.image.Keys {
			delete(skipped, key)
		}
		if at, known := bySlug[o.image.Slug]; known {
			if tasks[i].image != nil {
				r.result.Remade++
			}
			r.state.Images[at].Merge(*o.image)
			continue
		}
		bySlug[o.image.Slug] = len(r.state.Images)
		r.state.Images = append(r.state.Images, *o.image)
		if !o.image.Hidden {
			r.result.New++
			r.fresh = append(r.fresh, o.image.Slug)
		}
	}
	r.setSkipped(skipped)
}

// warnOfKept warns of the images that cannot be made again. With --offline, a run with a listing
// may be able to.
func (r *run) warnOfKept() {
	if r.opts.offline {
		r.warnOfOriginals()
		return
	}
	if r.kept > 0 {
		r.ui.Warn("%s old pictures: no original is listed or in the cache", plural(r.kept, "image keeps its", "images keep their"))
	}
	if r.lost > 0 {
		r.ui.Advise("if they are published, move "+r.opts.out+" away and run with --restore URL, which brings them back",
			"%s no pictures any more: no original is listed or in the cache", plural(r.lost, "image has", "images have"))
	}
}

// foretellOrigin returns what tells how the image of a task was made, without anything else. It lets
// most files be written with the right packet at once. In the end render.Output.Mark decides, which
// knows all captions.
func (r *run) foretellOrigin(t task, slug string) gallery.Image {
	var m gallery.Image
	var names []string
	if t.image != nil {
		m.Generated, names = t.image.Generated, r.named(t.image).Texts()
	}
	if t.file != nil {
		r.learnGenerated(&m, t.file.File)
		names = append(names, captionNames(t.file.File)...)
	}
	caption := r.site.Content.Foretell(slug, names...)
	m.SourceType, m.AISystem = caption.SourceType, caption.AISystem
	return m
}

// mentionCredentials says that signed statements of origin are not published. Their owner may count
// on them.
func (r *run) mentionCredentials() {
	if n := int(r.signed.Load()); n > 0 {
		r.ui.Info("the Content Credentials (C2PA) of %s are not published: like all metadata, they can contain private data", count(n, "file"))
	}
}

// noteOutcome notes what went wrong with a task, in the result and in skipped.
func (r *run) noteOutcome(t task, o outcome, skipped map[string]gallery.Skipped, today time.Time) {
	if errors.Is(o.err, errNoOriginal) && r.opts.offline && t.image.Listed {
		r.stale++
	}
	switch {
	case errors.Is(o.err, fetch.ErrTimeBudget) && (t.isShown() || o.image != nil):
		r.result.Waiting++
		r.ui.Detail("%s keeps the renditions that it has: %v", t.name(), o.err)
	case errors.Is(o.err, errNoOriginal) && len(t.image.Renditions) == 0:
		r.lost++
		r.ui.Detail("%s has no pictures: %v", t.name(), o.err)
	case errors.Is(o.err, errNoOriginal):
		r.kept++
		r.ui.Detail("%s keeps the renditions that it has: %v", t.name(), o.err)
	case o.skipped != nil && fetch.SoundOrFilm(o.skipped.Type): // videos are made from those, too
		skipped[o.skipped.Key] = skipped[o.skipped.Key].AgainLate(*o.skipped, today)
		r.result.SoundsAndFilms++
		r.ui.Detail("%s is a sound or a film: %s", t.name(), o.skipped.Type)
	case o.skipped != nil:
		skipped[o.skipped.Key] = skipped[o.skipped.Key].Again(*o.skipped, today)
		r.result.Skipped++
		r.note(t.name(), o.err)
	case o.err != nil && wasSoundOrFilm(t, skipped):
		s := skipped[t.file.Key()]
		skipped[s.Key] = s.AgainLate(s, today)
		r.ui.Detail("%s was a sound or a film: %v", t.name(), o.err)
	case o.err != nil:
		r.problem(t.name(), withFlag(o.err, "max-bytes"))
	}
}

// withFlag adds to an error about a limit the flag that changes the limit. sizeFlag is the one for
// the size of a file.
func withFlag(err error, sizeFlag string) error {
	if _, tooLarge := errors.AsType[*fetch.TooLargeError](err); tooLarge {
		return fmt.Errorf("%w; a larger --%s lets it in", err, sizeFlag)
	}
	if errors.Is(err, media.ErrTooManyPixels) {
		return fmt.Errorf("%w; a larger --max-pixels lets it in", err)
	}
	return err
}

// wasSoundOrFilm reports whether the file of a task without an image is known as a sound or a film.
// If such a file is gone, that is not a failure.
func wasSoundOrFilm(t task, skipped map[string]gallery.Skipped) bool {
	return t.image == nil && t.file != nil && fetch.SoundOrFilm(skipped[t.file.Key()].Type)
}
