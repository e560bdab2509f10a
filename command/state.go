package command

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"

	"firstframe/render/gallery"
)

// readState reads the state in the output folder.
func (r *run) readState() (err error) {
	if info, err := os.Stat(filepath.Join(r.opts.out, gallery.StateName)); err == nil && info.Size() > largeState {
		debug.SetGCPercent(largeGarbage)
	}
	if r.state, r.repaired, err = gallery.Load(os.DirFS(r.opts.out)); err != nil {
		return fmt.Errorf("reading %s: %w", filepath.Join(r.opts.out, gallery.StateName), err)
	}
	return nil
}

// loadState reads the state, unless restore has, and prepares it for this run.
func (r *run) loadState() error {
	if r.state == nil {
		if err := r.readState(); err != nil {
			return err
		}
	}
	if r.repaired {
		r.ui.Warn("%s was damaged or missing, and has been put together again with %s",
			filepath.Join(r.opts.out, gallery.StateName), count(len(r.state.Images), "image"))
	}
	if err := r.checkDemo(r.state, r.opts.out, "choose another folder with --out, or remove that one"); err != nil {
		return err
	}
	r.state.Demo = r.opts.demo
	for _, hidden := range r.buried {
		if !slices.ContainsFunc(r.state.Images, func(m gallery.Image) bool { return m.Slug == hidden.Slug }) {
			r.state.Images = append(r.state.Images, hidden)
		}
	}
	r.forgetSecrets()
	r.unhidden = r.site.Content.Unhide(r.state)
	return nil
}

// checkDemo refuses the state of the demo for a real gallery, and the other way round.
func (r *run) checkDemo(s *gallery.State, where, hint string) error {
	if len(s.Images) == 0 || s.Demo == r.opts.demo {
		return nil
	}
	return usage(hint, "the site in %s is %s: demo pictures and yours must not be mixed", where, map[bool]string{true: "a real gallery", false: "the demo"}[r.opts.demo])
}

// finishState applies the owner's words and removals, and returns the exit code.
func (r *run) finishState(l listing) int {
	missing := r.keepUnhidden()
	if len(missing) > 0 && l.sources != nil {
		r.ui.Warn("%s not shown again, because the service does not list it now or it cannot be downloaded: %s",
			plural(len(missing), "hidden image is", "hidden images are"), someOf(missing))
	}
	matches := r.site.Content.Match(r.allNamed())
	matches.Apply(r.state.Images)
	if l.sources != nil { // else the names are not known
		for _, w := range matches.Warnings(r.leftOut...) {
			r.ui.Warn("%s", w)
		}
	}
	r.dropLabels()
	wasUsed := func(m gallery.Image) bool { return m.WasUsed() }
	if len(l.videos) > 0 && len(r.opts.accounts) == 1 && !slices.ContainsFunc(r.state.Images, wasUsed) {
		r.state.Filmed = true // by an image that did not come; of several accounts, that would count for all
	}
	code := exitOK
	if r.result.Failed > 0 || r.lost > 0 || r.result.Skipped > 0 && !r.opts.demo {
		code = exitIncomplete
	}
	if r.opts.prune != "" {
		code = r.prune(l, code)
	}
	for _, m := range r.state.Images {
		if m.Hidden {
			continue
		}
		r.result.Images++
		if !m.Listed {
			r.result.Unlisted++
		}
	}
	return code
}

// dropLabels takes the labels off the images that are not those of any account
// now: of an image that is not listed any more only the label is known, not
// the account.
func (r *run) dropLabels() {
	for i := range r.state.Images {
		m := &r.state.Images[i]
		if !slices.ContainsFunc(r.opts.accounts, func(a account) bool { return a.label == m.Account }) {
			m.Account = ""
		}
	}
}

// isUnhidden reports whether the owner shows an image again that came from this
// file: then it is wanted, whatever it was used for.
func (r *run) isUnhidden(key string) bool {
	return slices.ContainsFunc(r.unhidden, func(m gallery.Image) bool { return slices.Contains(m.Keys, key) })
}

// keepUnhidden puts those back that did not come: they are tried again by the
// next run. It returns their slugs.
func (r *run) keepUnhidden() []string {
	var missing []string
	for _, hidden := range r.unhidden {
		i := slices.IndexFunc(r.state.Images, func(m gallery.Image) bool {
			// Before a download, only the key is known.
			return m.Slug == hidden.Slug || m.Slug == "" && slices.ContainsFunc(m.Keys, func(key string) bool { return slices.Contains(hidden.Keys, key) })
		})
		if i < 0 {
			r.state.Images = append(r.state.Images, hidden)
			missing = append(missing, hidden.Slug)
			continue
		}
		r.state.Images[i].Used = r.state.Images[i].Used || hidden.Used
	}
	return missing
}

// skipped is what the state says of files and videos that were not what they
// should be, by their keys.
func (r *run) skipped() map[string]gallery.Skipped {
	skipped := make(map[string]gallery.Skipped, len(r.state.Skipped))
	for _, s := range r.state.Skipped {
		skipped[s.Key] = s
	}
	return skipped
}

// setSkipped puts that into the state, sorted.
func (r *run) setSkipped(skipped map[string]gallery.Skipped) {
	r.state.Skipped = slices.SortedFunc(maps.Values(skipped), func(a, b gallery.Skipped) int { return cmp.Compare(a.Key, b.Key) })
}
