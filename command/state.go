package command

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"

	"firstframe/render"
)

// readState reads the state in the output folder.
func (g *gallery) readState() (err error) {
	if info, err := os.Stat(filepath.Join(g.opts.out, render.StateName)); err == nil && info.Size() > largeState {
		debug.SetGCPercent(largeGarbage)
	}
	if g.state, g.repaired, err = render.LoadState(os.DirFS(g.opts.out)); err != nil {
		return fmt.Errorf("reading %s: %w", filepath.Join(g.opts.out, render.StateName), err)
	}
	return nil
}

// loadState reads the state, unless restore has, and prepares it for this run.
func (g *gallery) loadState() error {
	if g.state == nil {
		if err := g.readState(); err != nil {
			return err
		}
	}
	if g.repaired {
		g.ui.Warn("%s was damaged or missing, and has been put together again with %s",
			filepath.Join(g.opts.out, render.StateName), count(len(g.state.Images), "image"))
	}
	if err := g.checkDemo(g.state, g.opts.out, "choose another folder with --out, or remove that one"); err != nil {
		return err
	}
	g.state.Demo = g.opts.demo
	for _, hidden := range g.buried {
		if !slices.ContainsFunc(g.state.Images, func(m render.Image) bool { return m.Slug == hidden.Slug }) {
			g.state.Images = append(g.state.Images, hidden)
		}
	}
	g.forgetSecrets()
	g.unhidden = g.site.Content.Unhide(g.state)
	return nil
}

// checkDemo refuses the state of the demo for a real gallery, and the other way round.
func (g *gallery) checkDemo(s *render.State, where, hint string) error {
	if len(s.Images) == 0 || s.Demo == g.opts.demo {
		return nil
	}
	return usage(hint, "the site in %s is %s: demo pictures and yours must not be mixed", where, map[bool]string{true: "a real gallery", false: "the demo"}[g.opts.demo])
}

// finishState applies the owner's words and removals, and returns the exit code.
func (g *gallery) finishState(l listing) int {
	missing := g.keepUnhidden()
	if len(missing) > 0 && l.sources != nil {
		g.ui.Warn("%s not shown again, because the service does not list it now or it cannot be downloaded: %s",
			plural(len(missing), "hidden image is", "hidden images are"), someOf(missing))
	}
	matches := g.site.Content.Match(g.allNamed())
	matches.Apply(g.state.Images)
	if l.sources != nil { // else the names are not known
		for _, w := range matches.Warnings(g.leftOut...) {
			g.ui.Warn("%s", w)
		}
	}
	g.dropLabels()
	wasUsed := func(m render.Image) bool { return m.WasUsed() }
	if len(l.videos) > 0 && len(g.opts.accounts) == 1 && !slices.ContainsFunc(g.state.Images, wasUsed) {
		g.state.Filmed = true // by an image that did not come; of several accounts, that would count for all
	}
	code := exitOK
	if g.result.Failed > 0 || g.lost > 0 || g.result.Skipped > 0 && !g.opts.demo {
		code = exitIncomplete
	}
	if g.opts.prune != "" {
		code = g.prune(l, code)
	}
	for _, m := range g.state.Images {
		if m.Hidden {
			continue
		}
		g.result.Images++
		if !m.Listed {
			g.result.Unlisted++
		}
	}
	return code
}

// dropLabels takes the labels off the images that are not those of any account
// now: of an image that is not listed any more only the label is known, not
// the account.
func (g *gallery) dropLabels() {
	for i := range g.state.Images {
		m := &g.state.Images[i]
		if !slices.ContainsFunc(g.opts.accounts, func(a account) bool { return a.label == m.Account }) {
			m.Account = ""
		}
	}
}

// isUnhidden reports whether the owner shows an image again that came from this
// file: then it is wanted, whatever it was used for.
func (g *gallery) isUnhidden(key string) bool {
	return slices.ContainsFunc(g.unhidden, func(m render.Image) bool { return slices.Contains(m.Keys, key) })
}

// keepUnhidden puts those back that did not come: they are tried again by the
// next run. It returns their slugs.
func (g *gallery) keepUnhidden() []string {
	var missing []string
	for _, hidden := range g.unhidden {
		i := slices.IndexFunc(g.state.Images, func(m render.Image) bool {
			// Before a download, only the key is known.
			return m.Slug == hidden.Slug || m.Slug == "" && slices.ContainsFunc(m.Keys, func(key string) bool { return slices.Contains(hidden.Keys, key) })
		})
		if i < 0 {
			g.state.Images = append(g.state.Images, hidden)
			missing = append(missing, hidden.Slug)
			continue
		}
		g.state.Images[i].Used = g.state.Images[i].Used || hidden.Used
	}
	return missing
}

// skipped is what the state says of files and videos that were not what they
// should be, by their keys.
func (g *gallery) skipped() map[string]render.Skipped {
	skipped := make(map[string]render.Skipped, len(g.state.Skipped))
	for _, s := range g.state.Skipped {
		skipped[s.Key] = s
	}
	return skipped
}

// setSkipped puts that into the state, sorted.
func (g *gallery) setSkipped(skipped map[string]render.Skipped) {
	g.state.Skipped = slices.SortedFunc(maps.Values(skipped), func(a, b render.Skipped) int { return cmp.Compare(a.Key, b.Key) })
}
