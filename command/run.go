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
	"firstframe/fetch/fetchtest"
	"firstframe/render"
)

// gallery is one run.
type gallery struct {
	files Files
	opts  options
	ui    *terminal.Terminal

	site  render.Options
	maker *render.Maker
	cache *fetch.Cache
	state *render.State

	repaired bool // the state, from its copy or from pieces

	result   result
	siteSize func() (int64, error) // of a site that was built; nil where none was
	fresh    []string              // the slugs of the new images
	lost     int                   // images without any picture left, here or at the service
	parts    []part
	buried   []render.Image      // what the published site hides, for a part of it
	decoded  *semaphore.Weighted // the pixels of the files that are verified now

	// step is called before each operation that changes the disk; see render.OutputOptions. Nil outside
	// of tests.
	step func(operation, path string) error

	alike map[string]int // how often each warning of a file was due
	late  int            // files for which there was no time left

	names      map[string]render.FileName // of the listed files, by their keys; nil where there are no captions
	tombstones map[string]bool            // slugs of the images that were hidden before
	unhidden   []render.Image             // those that the owner shows again
	leftOut    []string                   // names of the uploads that are left out, where there are captions
}

// update makes the site what the listings say, and returns the exit code.
func (g *gallery) update(ctx context.Context) (int, error) {
	debug.SetGCPercent(startGarbage)
	g.ui.Begin("Settings")
	if err := g.prepare(); err != nil {
		return 0, err
	}
	if err := g.openParts(); err != nil {
		return 0, err
	}
	defer g.closeParts()
	var out *render.Output
	if !g.opts.dryRun {
		var err error
		if out, err = render.OpenOutput(g.opts.out, render.OutputOptions{Secrets: g.opts.unpublishable(), Step: g.step}); err != nil {
			return 0, err
		}
		defer out.Close()
	}
	defer g.cache.Close()
	if g.opts.restore != "" {
		g.ui.Begin("Restoring")
		if err := g.restore(ctx, out); err != nil {
			return 0, fmt.Errorf("restoring the site: %w", err)
		}
	}
	if err := g.loadState(); err != nil {
		return 0, err
	}
	g.ui.Begin("Listing")
	// While the service answers there is time to look at the disk.
	var upToDate []bool
	looked := make(chan error, 1)
	go func() {
		var err error
		upToDate, err = g.upToDate(g.state.Images)
		looked <- err
	}()
	listed, err := g.list(ctx)
	if err := <-looked; err != nil {
		return 0, err
	}
	if err != nil {
		return g.withoutListing(ctx, out, err)
	}
	g.names = g.namesOf(listed.files)
	listed.files = slices.DeleteFunc(listed.files, func(f fetch.File) bool { return !g.opts.shard.has(f.Key()) })
	tasks := g.reconcile(listed, upToDate)
	if err := g.checkCaptions(ctx, tasks); err != nil {
		return 0, err
	}
	g.warnOfUnused(listed)
	if g.opts.dryRun {
		return g.preview(listed, tasks)
	}
	if len(tasks) > 0 {
		debug.SetGCPercent(usualGarbage)
		if len(g.state.Images)+len(tasks) > largeGallery {
			debug.SetGCPercent(largeGarbage)
		}
		// A disk that cannot be written to is found before anything is downloaded.
		if err := g.cache.Open(); err != nil {
			return 0, err
		}
	}
	g.ui.Begin("Pictures")
	outcomes, made, err := g.perform(ctx, out, tasks)
	if err != nil {
		return 0, err
	}
	g.merge(tasks, outcomes, made)
	if g.opts.shard.of > 0 {
		return g.finishPart(out)
	}
	if g.hasNoImage() && len(listed.sources) > 0 {
		return 0, g.nothingUsable()
	}
	g.relate(listed)
	if err := g.film(ctx, listed); err != nil {
		return 0, err
	}
	return g.publish(ctx, out, g.finishState(listed))
}

// prepare checks what the owner gave before the first request is made.
func (g *gallery) prepare() error {
	theme, warnings, err := render.LoadTheme(g.files.Theme, g.opts.theme)
	if err != nil {
		return err
	}
	content, more, err := g.loadContent()
	if err != nil {
		return err
	}
	for _, w := range slices.Concat(warnings, more) {
		g.ui.Warn("%s", w)
	}
	g.site = render.Options{
		Title: g.opts.title, BaseURL: g.opts.baseURL, MediaURL: g.opts.mediaURL, Theme: theme, Content: content, GitIgnore: g.files.GitIgnore,
		NoIndex: g.opts.noIndex, Changing: g.makeRoom,
	}
	if err := g.site.CheckSecrets(g.opts.unpublishable()); err != nil {
		return fmt.Errorf("looking through the words: %w", err)
	}
	for _, w := range g.site.Warnings() {
		g.ui.Warn("%s", w)
	}
	g.maker = &render.Maker{Widths: g.opts.widths, Quality: g.opts.quality, MaxPixels: g.opts.maxPixels}
	g.cache = &fetch.Cache{
		Dir: g.opts.cache, MaxBytes: g.opts.maxBytes, Timeout: g.opts.timeout, TimeBudget: g.opts.budget,
		AllowPrivateHosts: g.opts.allowPrivate, UserAgent: userAgent(), Logf: g.ui.Detail, Step: g.step,
	}
	g.decoded = semaphore.NewWeighted(int64(g.opts.maxPixels))
	g.result.Out, g.result.DryRun, g.result.Problems = g.opts.out, g.opts.dryRun, []problem{}
	if err := render.CheckTemplates(g.site); err != nil {
		return err
	}
	return render.CheckOutput(g.opts.out)
}

// loadContent reads the owner's words, else those of the demo where it runs.
func (g *gallery) loadContent() (*render.Content, []string, error) {
	switch {
	case g.opts.content == "" && g.opts.demo:
		return render.LoadContent(fetchtest.Content())
	case g.opts.content == "":
		return &render.Content{Captions: map[string]render.Caption{}}, nil, nil // as of an empty folder
	}
	dir, err := render.OpenContent(g.opts.content)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the content folder: %w", err)
	}
	defer dir.Close()
	content, warnings, err := render.LoadContent(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the content folder %s: %w", g.opts.content, err)
	}
	return content, warnings, nil
}

// publish writes the site, and reports the run with this exit code.
func (g *gallery) publish(ctx context.Context, out *render.Output, code int) (int, error) {
	if len(g.state.Images) > largeGallery {
		debug.SetGCPercent(largeGarbage)
	}
	g.ui.Begin("Pages")
	if err := g.renew(out); err != nil {
		return 0, err
	}
	if err := render.Build(ctx, out, g.state, g.site); err != nil {
		return 0, err
	}
	g.result.Written = out.Written()
	g.result.Changed = out.Written()+out.Removed() > 0
	g.siteSize = out.Size
	return g.report(code)
}

// renew takes out of what is published what earlier versions left in it.
func (g *gallery) renew(out *render.Output) error {
	dropped := 0
	for i := range g.state.Images {
		m := &g.state.Images[i]
		if m.Hidden || m.Stripped >= render.StrippedNow {
			continue // as all are, but for the first run of a version
		}
		n, err := out.Renew(m, g.planned(m))
		if err != nil {
			return err
		}
		dropped += n
	}
	if dropped > 0 {
		g.ui.Warn("%s of an earlier version cannot be stripped of their metadata, and are not published any more", count(dropped, "file"))
	}
	return nil
}

// hasNoImage reports whether the gallery has no image, not even a hidden one.
func (g *gallery) hasNoImage() bool { return len(g.state.Images)+len(g.unhidden) == 0 }

// nothingUsable is the error where no file could be used and there is no site:
// an empty one is never what its owner wants.
func (g *gallery) nothingUsable() error {
	g.sumUp()
	return errNothingUsable
}

// before asks for an operation that is about to change the disk; see step.
func (g *gallery) before(operation, path string) error {
	if g.step == nil {
		return nil
	}
	return g.step(operation, path)
}

// now is the time, in UTC, or what SOURCE_DATE_EPOCH says it is.
func now() time.Time {
	if epoch, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64); err == nil {
		return time.Unix(epoch, 0).UTC()
	}
	return time.Now().UTC()
}
