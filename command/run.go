package command

import (
	"context"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"firstframe/command/terminal"
	"firstframe/fetch"
	"firstframe/render"
	"firstframe/render/gallery"
	"firstframe/render/media"
)

// hooks let a test watch a run and disturb it. Outside of tests, all of them are nil.
type hooks struct {
	// step is called before each operation that changes the disk; see render.OutputOptions.
	step func(operation, path string) error
	// limited stands for context.WithTimeoutCause: it starts the time budget.
	limited func(ctx context.Context, budget time.Duration, cause error) (context.Context, context.CancelFunc)
}

// run is one run: what was asked for, what the run works with, and what it has found out.
type run struct {
	files Files
	args  []string
	opts  options
	ui    *terminal.Terminal
	hooks hooks

	earlier *earlier // what the builds before this one have found out; nil except with --serve

	site     render.Options
	maker    *media.Maker
	cache    *fetch.Cache
	folder   *fetch.Folder          // of --pictures; nil until it is listed
	inFolder map[string]*fetch.File // its pictures, by SHA-256
	parts    []part                 // of --merge
	out      *render.Output         // nil in a dry run
	state    *gallery.State

	budget  context.Context     // ends when the time budget is used up
	cpu     *semaphore.Weighted // one for each picture that is being made
	decoded *semaphore.Weighted // the pixels of the files that are being verified

	noted    knownFiles      // the renditions of the images that are not up to date
	repaired bool            // the state was damaged or missing, and was put together again
	buried   []gallery.Image // hidden images of the published site, for --shard
	unhidden []gallery.Image // hidden images that the owner shows again

	serviceListed bool // the service was asked what there is
	folderListed  bool // the folder of --pictures was read

	tombstones map[string]bool              // slugs of the images that were hidden before
	names      map[string][]render.FileName // of the listed files, by key; nil without a listing or if no words need them
	leftOut    []string                     // names of the uploads that are left out; nil if no words need them

	result  result
	fresh   []string       // slugs of the new images
	kept    int            // images that keep renditions of older settings, because they cannot be made again
	lost    int            // images whose pictures are lost and cannot be made again
	alike   map[string]int // how many files have each problem, by message
	stale   int            // images that an --offline run leaves as they were, and a run with a listing can make
	signed  atomic.Int64   // originals and clips with Content Credentials
	late    int            // files that the time budget was too short for
	guarded bool           // a removal was refused
}

// build is one run. It makes the site what the listings and the owner say, and reports what it did.
// An error means that the site stays as it was.
func (r *run) build(ctx context.Context) error {
	defer r.close()
	starting.enter(false)

	r.ui.Begin("Settings")
	if err := r.prepare(); err != nil {
		return err
	}
	if r.opts.restore != "" {
		r.ui.Begin("Restoring")
		if err := r.restore(ctx); err != nil {
			return notRestored(err)
		}
	}
	if err := r.loadState(); err != nil {
		return err
	}

	r.ui.Begin("Listing")
	disk := r.lookAtDisk() // while the service answers
	listed, err := r.list(ctx)
	upToDate, diskErr := disk()
	if diskErr != nil {
		return diskErr
	}
	if err != nil {
		return r.takeDown(ctx, &listingError{err, !r.hasNoImage()})
	}
	tasks, err := r.plan(ctx, listed, upToDate)
	if err != nil {
		return err
	}
	if r.opts.dryRun {
		return r.reportDryRun(listed, tasks)
	}

	r.ui.Begin("Pictures")
	if err := r.work(ctx, listed, tasks); err != nil {
		return err
	}
	if r.opts.shard.isPart() {
		return r.finishPart()
	}

	r.finishState(listed)
	if err := r.writePages(ctx); err != nil {
		return err
	}
	return r.report()
}

// work makes pictures and clips, as far as the time budget allows. What is new comes first.
// Pictures that the site shows already, but not as the settings want them, come last.
func (r *run) work(ctx context.Context, l *listing, tasks []task) error {
	stop := r.startBudget(ctx)
	defer stop()
	defer media.StopEncoders()
	r.maker.Write, r.maker.Made = r.out.Write, r.madeBefore
	r.cpu = semaphore.NewWeighted(int64(r.opts.jobs))
	r.maker.Idle = func() (release func(), ok bool) {
		return func() { r.cpu.Release(1) }, r.cpu.TryAcquire(1)
	}
	fresh, again := split(tasks)
	if err := r.makePictures(ctx, fresh); err != nil {
		return err
	}
	if !r.opts.shard.isPart() {
		if err := r.checkUsable(); err != nil {
			return err
		}
		r.relate(l)
		if err := r.addClips(ctx, l); err != nil {
			return err
		}
	}
	if len(fresh) > 0 {
		again = r.stillDue(again)
	}
	if err := r.makePictures(ctx, again); err != nil {
		return err
	}
	r.warnOfKept()
	r.mentionCredentials()
	return nil
}

// close ends the use of the folders.
func (r *run) close() {
	if r.cache != nil {
		r.cache.Close()
	}
	if r.folder != nil {
		r.folder.Close()
	}
	if r.out != nil {
		r.out.Close()
	}
	r.closeParts()
	r.site.Static.Close()
}

// before is called before each operation that changes the disk, like step. It returns the error
// that the operation fails with, or nil.
func (r *run) before(operation, path string) error {
	if r.hooks.step == nil {
		return nil
	}
	return r.hooks.step(operation, path)
}

// now returns the time in UTC, or the time that SOURCE_DATE_EPOCH says.
func now() time.Time {
	if epoch, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64); err == nil {
		return time.Unix(epoch, 0).UTC()
	}
	return time.Now().UTC()
}
