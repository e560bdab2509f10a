package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"firstframe/fetch"
	"firstframe/render"
	"firstframe/render/gallery"
	"firstframe/render/media"
)

// namesOf returns the names of the files, by key, or nil if there are no words that could need
// them. With --serve, there can be words later. These are the names as uploaded, also the private
// ones. They never leave the program.
func (r *run) namesOf(files []listedFile) map[string][]render.FileName {
	if !r.site.Content.NamesImages() && r.opts.serve == "" {
		return nil
	}
	names := make(map[string][]render.FileName, len(files))
	for i := range files {
		f := &files[i]
		for _, name := range captionNames(f.File) {
			names[f.Key()] = append(names[f.Key()], render.FileName{Text: name, Private: publicName(f.File) == ""})
		}
	}
	return names
}

// learnNames notes the names in a listing. The names from the service that an earlier build knew are
// kept if it was not asked this time.
func (r *run) learnNames(l *listing) {
	names := r.namesOf(l.files)
	if l.accounts > 0 {
		r.leftOut = nil
	} else if names != nil && r.names != nil {
		all := maps.Clone(r.names)
		maps.Copy(all, names)
		names = all
	}
	r.names = names
	r.serviceListed, r.folderListed = r.serviceListed || l.accounts > 0, r.folderListed || l.folder
}

// captionNames returns the names by which a caption can call a file. A picture in a folder has its
// path, too, and the names and paths of all files with the same bytes.
func captionNames(f *fetch.File) []string {
	if f.Picture == nil {
		if f.Name == "" {
			return nil
		}
		return []string{f.Name}
	}
	var names []string
	for _, p := range f.Picture.Paths {
		for _, name := range []string{p, path.Base(p)} {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// named returns an image with all its known names: the one that is shown, and those under which its
// files are listed now.
func (r *run) named(m *gallery.Image) render.Named {
	n := render.Named{Slug: m.Slug, Hidden: m.Hidden, Unsure: r.unsure(m)}
	if m.Name != "" {
		n.Names = append(n.Names, render.FileName{Text: m.Name})
	}
	for _, key := range m.Keys {
		for _, name := range r.names[key] {
			if name.Text != m.Name {
				n.Names = append(n.Names, name)
			}
		}
	}
	return n
}

// unsure reports whether the files of an image can have names that are unknown in this run, because
// a listing was not asked for: private ones, those of further files, and paths in a folder. Some
// listings have no names.
func (r *run) unsure(m *gallery.Image) bool {
	local, uploaded := origins(m)
	return local && !r.folderListed || uploaded && !r.serviceListed && !isNameless(m.Source) && (m.Name == "" || len(m.Keys) > 1)
}

// allNamed returns all images of the state with their names, or nil if there are no words that could
// need them.
func (r *run) allNamed() []render.Named {
	if !r.site.Content.NamesImages() {
		return nil
	}
	all := make([]render.Named, len(r.state.Images))
	for i := range r.state.Images {
		all[i] = r.named(&r.state.Images[i])
	}
	return all
}

// matchTopics finds the images that the texts about tags and months name, and looks for links that
// lead to nothing. The images must have their tags, and those that are hidden or pruned must be
// gone.
func (r *run) matchTopics(l *listing) {
	gallery.SortImages(r.state.Images)
	warnings := r.site.Content.MatchTopics(r.state.Images, r.allNamed())
	if r.expectsImages() && (l.known() || r.opts.offline) {
		r.warnEach(warnings)
		r.warnEach(r.site.LinkWarnings(r.state.Images))
	}
}

// expectsImages reports whether the images that the owner's words are about should be there. The
// demo does not have them, so nobody is warned about them, unless --content names the words.
func (r *run) expectsImages() bool { return !r.opts.demo || r.opts.flags.Changed("content") }

// checkCaptions refuses a caption that can mean several images, before anything is written. Parts
// are made without this check, because the run that merges them sees all images.
func (r *run) checkCaptions(ctx context.Context, tasks []task) error {
	if len(r.site.Content.Captions) == 0 || r.opts.shard.isPart() {
		return nil
	}
	named := r.allNamed()
	known := len(named)
	var added []task
	for _, t := range tasks {
		if t.image == nil {
			named = append(named, render.Named{Names: r.names[t.file.Key()]})
			added = append(added, t)
		}
	}
	matches := r.site.Content.Match(named)
	if !r.opts.dryRun { // a dry run downloads nothing
		for _, a := range matches.Ambiguous {
			for _, i := range a.Images {
				if i < known {
					continue
				}
				if err := r.identify(ctx, &named[i], added[i-known]); err != nil {
					return err
				}
			}
		}
		matches = r.site.Content.Match(render.Join(named))
	}
	return r.ambiguous(matches, false)
}

// identify downloads a new file that has the same name as another one, to find out which image it
// is: uploads of the same bytes are one image. A file that turns out not to be an image loses its
// name. A file that cannot be downloaded stays unknown.
func (r *run) identify(ctx context.Context, named *render.Named, t task) error {
	original, err := r.original(ctx, t)
	r.cache.Release(original)
	_, notImage := errors.AsType[*fetch.NotImageError](err)
	switch {
	case notImage:
		*named = render.Named{}
	case fatal(err) || ctx.Err() != nil:
		return cmp.Or(ctx.Err(), err)
	case err == nil:
		named.Slug = media.Slug(original.SHA256)
	}
	return nil
}

// ambiguous returns an error that names all captions that can mean several images, or only the
// captions that hide an image.
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
			slugs = append(slugs, comma(unknown)+" that cannot be downloaded now")
		}
		errs = append(errs, fmt.Sprintf("%s: %s have this name: %s", a.File, count(len(a.Images), "image"), someOf(slugs)))
	}
	if len(errs) == 0 {
		return nil
	}
	return &ownersError{hinted(fmt.Sprintf("name the file after the image that you mean, as in %s; nothing was changed", r.captionFile("SLUG")),
		"%s", strings.Join(errs, "; "))}
}

// captionFile returns the file of the caption with a slug, for hints.
func (r *run) captionFile(slug string) string {
	return filepath.Join(cmp.Or(r.opts.content, "content"), "images", slug+".md")
}
