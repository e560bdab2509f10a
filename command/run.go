package command

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/semaphore"

	"firstframe/command/terminal"
	"firstframe/fetch"
	"firstframe/fetch/demo"
	"firstframe/render"
	"firstframe/render/gallery"
	"firstframe/render/media"
)

// run is one run.
type run struct {
	files Files
	opts  options
	ui    *terminal.Terminal

	site  render.Options
	maker *media.Maker
	cache *fetch.Cache
	state *gallery.State

	repaired bool // the state, from its copy or from pieces

	result   result
	siteSize func() (int64, error) // of a site that was built; nil where none was
	fresh    []string              // the slugs of the new images
	lost     int                   // images without any picture left, here or at the service
	parts    []part
	buried   []gallery.Image     // what the published site hides, for a part of it
	decoded  *semaphore.Weighted // the pixels of the files that are verified now

	// step is called before each operation that changes the disk; see render.OutputOptions. Nil outside
	// of tests.
	step func(operation, path string) error

	alike map[string]int // how often each warning of a file was due
	late  int            // files for which there was no time left

	names      map[string]render.FileName // of the listed files, by their keys; nil where there are no captions
	tombstones map[string]bool            // slugs of the images that were hidden before
	unhidden   []gallery.Image            // those that the owner shows again
	leftOut    []string                   // names of the uploads that are left out, where there are captions
}

// update makes the site what the listings say, and returns the exit code.
func (r *run) update(ctx context.Context) (int, error) {
	debug.SetGCPercent(startGarbage)
	r.ui.Begin("Settings")
	if err := r.prepare(); err != nil {
		return 0, err
	}
	if err := r.openParts(); err != nil {
		return 0, err
	}
	defer r.closeParts()
	var out *render.Output
	if !r.opts.dryRun {
		var err error
		if out, err = render.OpenOutput(r.opts.out, render.OutputOptions{Secrets: r.opts.unpublishable(), Step: r.step}); err != nil {
			return 0, err
		}
		defer out.Close()
	}
	defer r.cache.Close()
	if r.opts.restore != "" {
		r.ui.Begin("Restoring")
		if err := r.restore(ctx, out); err != nil {
			return 0, fmt.Errorf("restoring the site: %w", err)
		}
	}
	if err := r.loadState(); err != nil {
		return 0, err
	}
	r.ui.Begin("Listing")
	// While the service answers there is time to look at the disk.
	var upToDate []bool
	looked := make(chan error, 1)
	go func() {
		var err error
		upToDate, err = r.upToDate(r.state.Images)
		looked <- err
	}()
	listed, err := r.list(ctx)
	if err := <-looked; err != nil {
		return 0, err
	}
	if err != nil {
		return r.withoutListing(ctx, out, err)
	}
	r.names = r.namesOf(listed.files)
	listed.files = slices.DeleteFunc(listed.files, func(f fetch.File) bool { return !r.opts.shard.has(f.Key()) })
	tasks := r.reconcile(listed, upToDate)
	if err := r.checkCaptions(ctx, tasks); err != nil {
		return 0, err
	}
	r.warnOfUnused(listed)
	if r.opts.dryRun {
		return r.preview(listed, tasks)
	}
	if len(tasks) > 0 {
		debug.SetGCPercent(usualGarbage)
		if len(r.state.Images)+len(tasks) > largeGallery {
			debug.SetGCPercent(largeGarbage)
		}
		// A disk that cannot be written to is found before anything is downloaded.
		if err := r.cache.Open(); err != nil {
			return 0, err
		}
	}
	r.ui.Begin("Pictures")
	outcomes, made, err := r.perform(ctx, out, tasks)
	if err != nil {
		return 0, err
	}
	r.merge(tasks, outcomes, made)
	if r.opts.shard.of > 0 {
		return r.finishPart(out)
	}
	if r.hasNoImage() && len(listed.sources) > 0 {
		return 0, r.nothingUsable()
	}
	r.relate(listed)
	if err := r.film(ctx, listed); err != nil {
		return 0, err
	}
	return r.publish(ctx, out, r.finishState(listed))
}

// prepare checks what the owner gave before the first request is made.
func (r *run) prepare() error {
	theme, warnings, err := render.LoadTheme(r.files.Theme, r.opts.theme)
	if err != nil {
		return err
	}
	content, more, err := r.loadContent()
	if err != nil {
		return err
	}
	for _, w := range slices.Concat(warnings, more) {
		r.ui.Warn("%s", w)
	}
	r.site = render.Options{
		Title: r.opts.title, BaseURL: r.opts.baseURL, MediaURL: r.opts.mediaURL, Theme: theme, Content: content, GitIgnore: r.files.GitIgnore,
		NoIndex: r.opts.noIndex, Changing: r.makeRoom,
	}
	if err := r.site.CheckSecrets(r.opts.unpublishable()); err != nil {
		return fmt.Errorf("looking through the words: %w", err)
	}
	for _, w := range r.site.Warnings() {
		r.ui.Warn("%s", w)
	}
	r.maker = &media.Maker{Widths: r.opts.widths, Quality: r.opts.quality, MaxPixels: r.opts.maxPixels}
	r.cache = &fetch.Cache{
		Dir: r.opts.cache, MaxBytes: r.opts.maxBytes, Timeout: r.opts.timeout, TimeBudget: r.opts.budget,
		AllowPrivateHosts: r.opts.allowPrivate, UserAgent: userAgent(), Logf: r.ui.Detail, Step: r.step,
	}
	r.decoded = semaphore.NewWeighted(int64(r.opts.maxPixels))
	r.result.Out, r.result.DryRun, r.result.Problems = r.opts.out, r.opts.dryRun, []problem{}
	if err := render.CheckTemplates(r.site); err != nil {
		return err
	}
	return render.CheckOutput(r.opts.out)
}

// loadContent reads the owner's words, else those of the demo where it runs.
func (r *run) loadContent() (*render.Content, []string, error) {
	switch {
	case r.opts.content == "" && r.opts.demo:
		return render.LoadContent(demo.Content())
	case r.opts.content == "":
		return &render.Content{Captions: map[string]render.Caption{}}, nil, nil // as of an empty folder
	}
	dir, err := render.OpenContent(r.opts.content)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the content folder: %w", err)
	}
	defer dir.Close()
	content, warnings, err := render.LoadContent(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the content folder %s: %w", r.opts.content, err)
	}
	return content, warnings, nil
}

// publish writes the site, and reports the run with this exit code.
func (r *run) publish(ctx context.Context, out *render.Output, code int) (int, error) {
	if len(r.state.Images) > largeGallery {
		debug.SetGCPercent(largeGarbage)
	}
	r.ui.Begin("Pages")
	if err := r.renew(out); err != nil {
		return 0, err
	}
	if err := render.Build(ctx, out, r.state, r.site); err != nil {
		return 0, err
	}
	r.result.Written = out.Written()
	r.result.Changed = out.Written()+out.Removed() > 0
	r.siteSize = out.Size
	return r.report(code)
}

// renew takes out of what is published what earlier versions left in it.
func (r *run) renew(out *render.Output) error {
	dropped := 0
	for i := range r.state.Images {
		m := &r.state.Images[i]
		if m.Hidden || m.Stripped >= media.StrippedNow {
			continue // as all are, but for the first run of a version
		}
		n, err := out.Renew(m, r.planned(m))
		if err != nil {
			return err
		}
		dropped += n
	}
	if dropped > 0 {
		r.ui.Warn("%s of an earlier version cannot be stripped of their metadata, and are not published any more", count(dropped, "file"))
	}
	return nil
}

// hasNoImage reports whether the gallery has no image, not even a hidden one.
func (r *run) hasNoImage() bool { return len(r.state.Images)+len(r.unhidden) == 0 }

// nothingUsable is the error where no file could be used and there is no site:
// an empty one is never what its owner wants.
func (r *run) nothingUsable() error {
	r.sumUp()
	return errNothingUsable
}

// before asks for an operation that is about to change the disk; see step.
func (r *run) before(operation, path string) error {
	if r.step == nil {
		return nil
	}
	return r.step(operation, path)
}

// now is the time, in UTC, or what SOURCE_DATE_EPOCH says it is.
func now() time.Time {
	if epoch, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64); err == nil {
		return time.Unix(epoch, 0).UTC()
	}
	return time.Now().UTC()
}
