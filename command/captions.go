package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"firstframe/fetch"
	"firstframe/render"
	"firstframe/render/gallery"
	"firstframe/render/media"
)

// namesOf are the names of the files, where there are captions that may be about
// them. They are those that were uploaded, and not only what may be shown: they
// never leave this run.
func (r *run) namesOf(files []fetch.File) map[string]render.FileName {
	if len(r.site.Content.Captions) == 0 {
		return nil
	}
	names := make(map[string]render.FileName, len(files))
	for i := range files {
		if f := &files[i]; f.Name != "" {
			names[f.Key()] = render.FileName{Text: f.Name, Private: publicName(f) == ""}
		}
	}
	return names
}

// named is an image with all its names that are known: the one that is shown,
// and those under which its files are listed now.
func (r *run) named(m *gallery.Image) render.Named {
	n := render.Named{Slug: m.Slug, Hidden: m.Hidden}
	if m.Name != "" {
		n.Names = append(n.Names, render.FileName{Text: m.Name})
	}
	for _, key := range m.Keys {
		if name, ok := r.names[key]; ok && name.Text != m.Name {
			n.Names = append(n.Names, name)
		}
	}
	return n
}

// allNamed are all images, with their names; none where there are no captions.
func (r *run) allNamed() []render.Named {
	if len(r.site.Content.Captions) == 0 {
		return nil
	}
	all := make([]render.Named, len(r.state.Images))
	for i := range r.state.Images {
		all[i] = r.named(&r.state.Images[i])
	}
	return all
}

// hides reports whether the owner hides an image, by whatever name.
func (r *run) hides(m *gallery.Image) bool {
	var names []string
	for _, name := range r.named(m).Names {
		names = append(names, name.Text)
	}
	return r.site.Content.Hides(m.Slug, names...)
}

// checkCaptions refuses a caption that may mean several images, before anything
// is written. Uploads of the same bytes are one image: where new ones have the
// same name, they are downloaded to know that. Parts are made without this: the
// run that merges them looks at all of them.
func (r *run) checkCaptions(ctx context.Context, tasks []task) error {
	if len(r.site.Content.Captions) == 0 || r.opts.shard.of > 0 {
		return nil
	}
	named := r.allNamed()
	known := len(named)
	var files []task
	for _, t := range tasks {
		if t.image == nil {
			named = append(named, render.Named{Names: []render.FileName{r.names[t.file.Key()]}})
			files = append(files, t)
		}
	}
	matches := r.site.Content.Match(named)
	if !r.opts.dryRun { // which downloads nothing
		for _, a := range matches.Ambiguous {
			for _, i := range a.Images {
				if i < known {
					continue
				}
				original, err := r.original(ctx, files[i-known])
				if notImage := new(fetch.NotImageError); errors.As(err, &notImage) {
					named[i] = render.Named{}
				} else if fatal(err) || ctx.Err() != nil {
					return cmp.Or(ctx.Err(), err)
				} else if err == nil {
					named[i].Slug = media.Slug(original.SHA256)
				}
			}
		}
		matches = r.site.Content.Match(render.Join(named))
	}
	return r.ambiguous(matches, false)
}

// ambiguous returns an error for the captions that may mean several images: for
// all of them, or for those that hide.
func (r *run) ambiguous(matches render.Matches, hiding bool) error {
	var errs []string
	for _, a := range matches.Ambiguous {
		if hiding && !a.Hides {
			continue
		}
		var slugs []string
		unknown := 0
		for _, slug := range matches.Slugs(a) {
			if slug == "" {
				unknown++
			} else {
				slugs = append(slugs, slug)
			}
		}
		if unknown > 0 && r.opts.dryRun {
			r.ui.Warn("%s: several images may have this name", a.File)
			continue
		}
		if unknown > 0 {
			slugs = append(slugs, fmt.Sprintf("%d that cannot be downloaded now", unknown))
		}
		errs = append(errs, fmt.Sprintf("%s: %d images have this name: %s", a.File, len(a.Images), someOf(slugs)))
	}
	if len(errs) == 0 {
		return nil
	}
	return &hintedError{errors.New(strings.Join(errs, "; ")),
		fmt.Sprintf("give the file the name of the one that is meant, as in %s; nothing was changed", r.captionFile())}
}

// captionFile is the name of a caption, for hints.
func (r *run) captionFile() string {
	return filepath.Join(cmp.Or(r.opts.content, "content"), "images", "SLUG.md")
}

// hasToHide reports whether the site shows an image that the owner hides now.
func (r *run) hasToHide() bool {
	if r.opts.shard.of > 0 || len(r.site.Content.Captions) == 0 {
		return false
	}
	matches := r.site.Content.Match(r.allNamed())
	for i := range r.state.Images {
		if m := &r.state.Images[i]; !m.Hidden && (r.hides(m) || matches.Hides(i)) {
			return true
		}
	}
	return false
}

// withoutListing ends a run that could not find out what there is.
func (r *run) withoutListing(ctx context.Context, out *render.Output, cause error) (int, error) {
	if ctx.Err() != nil || !r.hasToHide() {
		return 0, cause
	}
	if err := r.ambiguous(r.site.Content.Match(r.allNamed()), true); err != nil {
		return 0, err
	}
	return r.takeDown(ctx, out, cause)
}

// takeDown publishes the site without what the owner hides, where there is no
// listing. That cannot wait until there is one: the service may not answer for
// days, and when a subscription has ended never again. All images stay as they
// are, and the cause is one of the run's problems.
func (r *run) takeDown(ctx context.Context, out *render.Output, cause error) (int, error) {
	r.problem("", cause)
	if hint := hintFor(cause); hint != "" && !r.opts.quiet {
		r.ui.Hint(hint)
	}
	r.relate(listing{})
	code := r.finishState(listing{})
	if r.opts.dryRun {
		r.result.Changed = true
		return r.report(code)
	}
	return r.publish(ctx, out, code)
}
