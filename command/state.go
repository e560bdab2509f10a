package command

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/dustin/go-humanize/english"

	"firstframe/render/gallery"
	"firstframe/render/plainfs"
)

// statePath returns the path of the state in the output folder.
func (r *run) statePath() string { return filepath.Join(r.opts.out, gallery.StateName) }

// readState reads the state in the output folder.
func (r *run) readState() (err error) {
	if info, err := os.Stat(r.statePath()); err == nil {
		readingState.enter(info.Size() > largeState)
	}
	if r.state, r.repaired, err = gallery.Load(plainfs.Dir(r.opts.out)); err != nil {
		return stateError(r.statePath(), err)
	}
	return nil
}

// stateError returns the error for a state that cannot be used.
func stateError(name string, err error) error {
	if errors.Is(err, gallery.ErrNewerState) {
		return fmt.Errorf("%s was %w", name, err)
	}
	return fmt.Errorf("reading %s: %w", name, err)
}

// loadState reads the state, unless restore has read it, and prepares it for this run.
func (r *run) loadState() error {
	if r.state == nil {
		if err := r.readState(); err != nil {
			return err
		}
	}
	if err := r.checkForgotten(r.state); err != nil {
		return err
	}
	if r.repaired {
		r.ui.Advise("if images are missing and the site is published, move "+r.opts.out+" away and run with --restore URL",
			"%s was damaged or missing, and was repaired with %s", r.statePath(), count(len(r.state.Images), "image"))
	}
	if r.opts.offline && r.opts.pictures == "" && len(r.state.Images) == 0 {
		return errNoGallery(r.opts.out)
	}
	if err := r.checkDemo(r.state, r.opts.out, "choose another folder with --out"); err != nil {
		return err
	}
	r.state.Demo = r.opts.demo
	r.state.Origin = r.site.Content.Origin()
	for _, hidden := range r.buried {
		if !slices.ContainsFunc(r.state.Images, func(m gallery.Image) bool { return m.Slug == hidden.Slug }) {
			r.state.Images = append(r.state.Images, hidden)
		}
	}
	r.forgetSecrets()
	r.unhidden = r.site.Content.Unhide(r.state)
	if r.names != nil { // of an earlier build
		r.showNamed(make([]bool, len(r.state.Images)))
	}
	return nil
}

// checkDemo refuses the state of the demo for a real gallery, and the state of a real gallery for
// the demo.
func (r *run) checkDemo(s *gallery.State, where, hint string) error {
	if len(s.Images) == 0 || s.Demo == r.opts.demo {
		return nil
	}
	what := "the demo"
	if r.opts.demo {
		what = "a real gallery"
	}
	return usage(hint, "the site in %s is %s: demo pictures and yours must not be mixed", where, what)
}

// forgetSecrets removes from the state what has become a secret since it was written, such as the
// id of an account that is named for the first time. If it stayed in the state, it would stay
// published, or every run that writes something would fail.
func (r *run) forgetSecrets() {
	for i := range r.state.Images {
		m := &r.state.Images[i]
		if r.ui.Private.Hide(m.Name) != m.Name {
			m.Name = "" // a name with a hidden part is of no use
		}
		m.Folders = slices.DeleteFunc(m.Folders, func(name string) bool { return r.ui.Private.Hide(name) != name })
		for j := range m.Videos {
			v := &m.Videos[j]
			v.Prompt = r.ui.Private.Hide(v.Prompt)
		}
		if g := m.Generated; g != nil {
			g.Prompt = r.ui.Private.Hide(g.Prompt)
		}
	}
}

// finishState applies what the owner says to the state, and counts the images. It can be called
// without a listing.
func (r *run) finishState(l *listing) {
	l.describeFolder(r.state.Images)
	missing := r.keepUnhidden()
	if r.opts.offline {
		r.warnOffline(missing)
	} else if len(missing) > 0 && l.known() {
		r.ui.Warn("%s not shown again, because %s not listed now or could not be read: %s",
			plural(len(missing), "hidden image is", "hidden images are"), english.PluralWord(len(missing), "it is", "they are"), someOf(missing))
	}
	matches := r.site.Content.Match(r.allNamed())
	r.hide(matches)
	switch {
	case !r.expectsImages():
	case r.names != nil && (r.serviceListed || !slices.ContainsFunc(r.state.Images, func(m gallery.Image) bool { return r.unsure(&m) })):
		r.warnEach(matches.Warnings(r.leftOut...))
	case r.opts.offline:
		r.warnOfIdle(matches.Idle())
	}
	r.dropLabels()
	r.rememberFilmed(l)
	if r.opts.prune != "" && l.known() {
		r.prune(l)
	}
	r.matchTopics(l)
	for _, m := range r.state.Images {
		if m.Hidden {
			continue
		}
		r.result.Images++
		if !m.Listed {
			r.result.Unlisted++
		}
	}
}

// dropLabels removes the labels that no account has now. The state does not know the account of an
// image that is no longer listed. Without the service, no account needs to be named, so if none is,
// that says nothing about the labels.
func (r *run) dropLabels() {
	if !r.opts.service && !r.opts.namesAccounts() {
		return
	}
	for i := range r.state.Images {
		m := &r.state.Images[i]
		if !slices.ContainsFunc(r.opts.accounts, func(a account) bool { return a.label == m.Account }) {
			m.Account = ""
		}
	}
}

// skipped returns the files and videos that were not what they should be, by key.
func (r *run) skipped() map[string]gallery.Skipped {
	skipped := make(map[string]gallery.Skipped, len(r.state.Skipped))
	for _, s := range r.state.Skipped {
		skipped[s.Key] = s
	}
	return skipped
}

// setSkipped puts the files and videos that were not what they should be into the state, by key.
func (r *run) setSkipped(skipped map[string]gallery.Skipped) {
	r.state.Skipped = slices.SortedFunc(maps.Values(skipped), func(a, b gallery.Skipped) int { return cmp.Compare(a.Key, b.Key) })
}
