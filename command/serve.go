package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"time"

	"firstframe/command/workshop"
	"firstframe/render"
	"firstframe/render/gallery"
	"firstframe/render/secrets"
)

// serve builds the site while it serves what is there. It builds the site again whenever the owner's
// words, theme or settings change, until ctx ends. It returns the exit code of the last build.
func serve(ctx context.Context, first *run) (int, error) {
	out, ui := first.opts.out, first.ui
	if err := render.CheckOutput(out); err != nil { // a folder with something else is not served
		return 0, err
	}
	server, err := workshop.Listen(first.opts.serve, out)
	if errors.Is(err, syscall.EADDRINUSE) {
		err = fmt.Errorf("another program uses %s", first.opts.serve)
	}
	if err != nil {
		return 0, hinted("choose another port, for example: --serve=127.0.0.1:8081", "serving %s: %w", out, err)
	}
	defer server.Close()
	ui.Info("serving %s at %s until interrupted", out, server.URL())
	watcher, err := workshop.Watch(first.opts.watched()...)
	if err != nil { // the system watches only so many files for all programs together
		ui.Advise("after a change, interrupt firstframe and start it again", "changes are not noticed: %v", err)
	} else {
		defer watcher.Close()
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	served := make(chan error, 1)
	go func() {
		served <- server.Serve(ctx)
		stop()
	}()
	p := &preview{last: first, server: server, watcher: watcher}
	if err := p.begin(ctx); err != nil {
		return 0, err
	}
	p.goOn(ctx)
	if err := <-served; err != nil {
		return 0, fmt.Errorf("serving %s: %w", out, err)
	}
	return p.exit, nil
}

// preview is a site that is served while it is built again and again.
type preview struct {
	last    *run // the last build
	server  *workshop.Server
	watcher *workshop.Watcher // nil if nothing can be watched

	asked  options // with which the service was asked last; zero if it was not asked yet
	locked bool    // another run writes to the folder
	exit   int     // the exit code of the last build
}

// earlier is what the builds before this one have found out.
type earlier struct {
	names    map[string][]render.FileName // see run
	leftOut  []string                     // see run
	shown    []string                     // slugs of the images that the last build was to show again
	outdated bool                         // the service was asked with other options
}

// suffices reports whether a build needs no listing: its options are those of the last listing, and
// the owner shows no other hidden images again. A first build needs one.
func (e *earlier) suffices(unhidden []gallery.Image) bool {
	return e != nil && !e.outdated &&
		!slices.ContainsFunc(unhidden, func(m gallery.Image) bool { return !slices.Contains(e.shown, m.Slug) })
}

// begin builds the site for the first time, like a run without --serve. An error ends the command,
// unless an edit can mend it, or there is a site that needs no listing.
func (p *preview) begin(ctx context.Context) error {
	err := p.build(ctx, p.last)
	p.last.ui.End()
	_, unlisted := errors.AsType[*listingError](err)
	switch {
	case err == nil:
		p.succeed()
		return p.last.tellRunner()
	case ctx.Err() != nil:
		return err
	case editMends(err):
		p.fail(err)
		return nil
	case unlisted && p.hasSite():
		p.goWithout(err)
		p.again(ctx, nil, p.last.opts)
		return nil
	}
	return err
}

// editMends reports whether an error is in the owner's words, theme or settings, so that the service
// was not asked, or its answer does not matter.
func editMends(err error) bool {
	_, owners := errors.AsType[*ownersError](err)
	_, guarded := errors.AsType[*guardedError](err)
	_, secret := errors.AsType[*secrets.Error](err)
	return owners || guarded || secret
}

// hasSite reports whether there is a site to build again.
func (p *preview) hasSite() bool {
	_, err := os.Stat(filepath.Join(p.last.opts.out, gallery.IndexName))
	return err == nil && !p.last.hasNoImage()
}

// goWithout says why there is no listing, and that the site is built without one.
func (p *preview) goWithout(err error) {
	_, hint := diagnose(err)
	p.last.ui.Advise(hint, "%v", err)
	p.last.ui.Info("the images stay as they are; changes of your words, theme and settings are shown")
}

// goOn builds the site again after each change, until ctx ends.
func (p *preview) goOn(ctx context.Context) {
	if p.watcher == nil {
		<-ctx.Done()
		return
	}
	var changed []string
	for {
		names, err := p.wait(ctx)
		if err != nil {
			return
		}
		if len(names) > 0 { // if not, the last build is tried again
			changed = names
		}
		opts, err := p.optionsNow()
		if err != nil {
			p.fail(err)
			continue
		}
		if err := p.watcher.Follow(opts.watched()...); err != nil {
			p.last.ui.Warn("%v", err)
		}
		p.again(ctx, changed, opts)
	}
}

// whileLocked is how long to wait before a build is tried again, if another run writes to the
// folder.
const whileLocked = time.Second

// wait waits until the site must be built again. It returns the names of the changed files, or none
// if the last build must be tried again. It returns the error of a context that ends.
func (p *preview) wait(ctx context.Context) ([]string, error) {
	waiting := ctx
	if p.locked {
		var cancel context.CancelFunc
		waiting, cancel = context.WithTimeout(ctx, whileLocked)
		defer cancel()
	}
	names, err := p.watcher.Wait(waiting)
	if err != nil {
		return nil, ctx.Err()
	}
	return names, nil
}

// optionsNow returns the options that the program would have if it were started now. It refuses
// changes that need another server.
func (p *preview) optionsNow() (options, error) {
	old := &p.last.opts
	o, err := parseOptions(p.last.args, strings.NewReader(old.token)) // nobody is asked for a token again
	if err != nil {
		return o, err
	}
	if o.demo != old.demo || o.out != old.out || o.serve != old.serve {
		return o, usage("interrupt firstframe, and start it again", "demo, out and serve cannot change while the site is served")
	}
	if o.demo {
		useDemo(&o, old.api)
	}
	return o, nil
}

// again builds the site again after changes in these files. It asks the service only if that can
// make a difference.
func (p *preview) again(ctx context.Context, changed []string, opts options) {
	began, last := time.Now(), p.last
	known := &earlier{names: last.names, leftOut: last.leftOut, outdated: !opts.hasImagesOf(p.asked)}
	for _, m := range last.unhidden {
		known.shown = append(known.shown, m.Slug)
	}
	last.ui.BeginAgain()
	last.ui.Private = opts.redactor()
	err := p.build(ctx, &run{
		files: last.files, args: last.args, opts: opts, ui: last.ui, hooks: last.hooks,
		earlier: known, names: known.names, leftOut: known.leftOut,
		serviceListed: last.serviceListed, folderListed: last.folderListed,
	})
	_, unlisted := errors.AsType[*listingError](err)
	switch {
	case ctx.Err() != nil:
	case unlisted: // the next try asks for nothing
		p.goWithout(err)
		p.again(ctx, changed, opts)
	case err != nil:
		p.fail(err)
	default:
		p.succeed()
		if len(changed) > 0 {
			last.ui.Info("%s changed: %s in %.2f s", someOf(changed), p.outcome(), time.Since(began).Seconds())
		}
	}
}

// build does one run.
func (p *preview) build(ctx context.Context, r *run) error {
	p.last = r
	if u, err := url.Parse(r.opts.baseURL); err == nil {
		p.server.Under(cmp.Or(u.Path, "/"))
	}
	err := r.build(ctx)
	if !editMends(err) && !r.earlier.suffices(r.unhidden) {
		p.asked = r.opts // also if there was no answer: not every edit asks again
	}
	return err
}

// succeed shows the site that was built.
func (p *preview) succeed() {
	p.exit, p.locked = p.last.result.Exit, false
	p.server.Built(p.last.result.Changed)
}

// outcome returns what the last build did to the files of the site.
func (p *preview) outcome() string {
	written, removed := p.last.out.Written(), p.last.out.Removed()
	switch {
	case written+removed == 0:
		return "nothing to write"
	case removed == 0:
		return count(written, "file") + " written"
	}
	return fmt.Sprintf("%s written, %d removed", count(written, "file"), removed)
}

// fail says why the site could not be built, on the terminal and in open pages. It says only once
// that another run writes to the folder.
func (p *preview) fail(err error) {
	code, hint := diagnose(err)
	ui, again := p.last.ui, p.locked
	p.exit, p.locked = code, errors.Is(err, render.ErrLocked)
	if again && p.locked {
		return
	}
	complain(ui, err, hint)
	problem := workshop.Problem{Hint: ui.Clean(hint)}
	for _, e := range problemsIn(err) {
		problem.Messages = append(problem.Messages, ui.Clean(e.Error()))
	}
	p.server.Failed(problem)
}

// watched returns the files and folders whose changes change the site. They need not exist.
func (o *options) watched() []string {
	places := []string{o.config}
	for flag, dir := range map[string]string{"content": o.content, "theme": o.theme, "static": o.static} {
		if dir == "" && !o.isGiven(flag) { // it can appear later, next to the settings
			dir = filepath.Join(filepath.Dir(o.settings.file), flag)
		}
		if dir != "" {
			places = append(places, dir)
		}
	}
	if pictures := cmp.Or(o.pictures, o.absent); pictures != "" && !inside(o.out, pictures) && !inside(o.cache, pictures) { // what a build writes must not start another
		places = append(places, pictures)
	}
	return places
}

// hasImagesOf reports whether other options would give the same images, with other words and another
// look at most.
func (o options) hasImagesOf(other options) bool {
	for _, of := range []*options{&o, &other} {
		of.content, of.theme, of.static, of.title, of.baseURL, of.mediaURL = "", "", "", "", "", ""
		of.noIndex, of.serviceCodes = false, false
		of.settings, of.flags = settings{}, nil // the other fields have their values
	}
	return reflect.DeepEqual(o, other)
}
