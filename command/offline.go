package command

import (
	"slices"
	"time"

	"github.com/dustin/go-humanize/english"

	"firstframe/fetch"
	"firstframe/render/gallery"
)

// A run with --offline has no listing: an image is what the state says of it, and its original comes
// from the cache or not at all. So every image stays, with the listing that it had last. The run
// warns of everything that was asked for and that only a run with a listing can do.

// onlineHint says how to get what an offline run cannot get.
const onlineHint = "run without --offline when the service answers"

// errNoGallery returns the error for an offline run without a gallery to begin with.
func errNoGallery(out string) error {
	return hinted("run once without --offline; a gallery that is published can also be brought back with --restore URL",
		"there is no gallery in %s, and --offline cannot begin one", out)
}

// planUnhidden returns the tasks for the images that the owner shows again and whose originals are
// in the cache. With a listing, there are no such tasks: the images are new when they are listed.
func (r *run) planUnhidden() []task {
	if !r.opts.offline {
		return nil
	}
	var tasks []task
	for _, hidden := range r.unhidden {
		original, ok := r.cache.StoredAs(hidden.Slug)
		if !ok {
			continue
		}
		tasks = append(tasks, task{image: &gallery.Image{
			Slug: hidden.Slug, Keys: hidden.Keys, SHA256: original.SHA256, Uploaded: original.Modified.UTC().Truncate(time.Hour),
		}})
	}
	return tasks
}

// completeUnhidden gives an image of planUnhidden its source and its date, when it is listed.
func completeUnhidden(m *gallery.Image, f *listedFile) {
	m.Source, m.Uploaded = f.source, uploadDate(f.File, fetch.Original{Modified: m.Uploaded})
}

// warnOfOriginals warns of the images that cannot be made again, because their originals are not in
// the cache. A run with a listing can make those that are listed.
func (r *run) warnOfOriginals() {
	if r.kept > 0 {
		r.ui.Advise(onlineHint, "%s as before, because %s", plural(r.kept, "image stays", "images stay"), notInCache(r.kept))
	}
	if r.lost > 0 {
		r.ui.Advise(onlineHint, "%s no pictures any more, and %s", plural(r.lost, "image has", "images have"), notInCache(r.lost))
	}
}

// notInCache says that the originals of n images are not in the cache.
func notInCache(n int) string {
	return english.PluralWord(n, "its original is", "their originals are") + " not in the cache"
}

// warnOffline warns of what the owner may want and only the service has: images to show again, clips
// and prompts. It may not have all of that, so this does not change the exit code.
func (r *run) warnOffline(hidden []string) {
	if n := len(hidden); n > 0 {
		r.ui.Advise(onlineHint, "%s not shown again, because %s: %s", plural(n, "hidden image is", "hidden images are"), notInCache(n), someOf(hidden))
	}
	if n := r.missingClips(); n > 0 {
		r.ui.Advise(onlineHint, "%s no clip yet, and --offline downloads nothing", plural(n, "finished video has", "finished videos have"))
	}
	if r.opts.prompts && r.lacksPrompts() {
		r.ui.Advise(onlineHint, "no prompt is known, and --offline asks for none")
	}
}

// missingClips returns how many finished videos have no clip, if clips are published. It does not
// count the clips that cannot be published.
func (r *run) missingClips() int {
	if !r.opts.clips {
		return 0
	}
	skipped, missing := r.skipped(), map[string]bool{}
	for _, m := range r.state.Visible() {
		for _, v := range m.Videos {
			if _, tried := skipped[v.Key]; !tried && v.Clip == nil && v.Status == "completed" && !v.IsWithheld() {
				missing[v.Key] = true // several images can have the same video
			}
		}
	}
	return len(missing)
}

// lacksPrompts reports whether there are videos or pictures that the service made, and none has a
// prompt.
func (r *run) lacksPrompts() bool {
	made := 0
	for _, m := range r.state.Visible() {
		made += len(m.Videos)
		if m.Generated != nil {
			made++
		}
		if m.Prompt() != "" {
			return false
		}
	}
	return made > 0
}

// warnOfIdle warns of the captions that fit no image, by their files. Such a caption may still be
// about an image: the state does not have all names of files.
func (r *run) warnOfIdle(files []string) {
	if len(files) > 0 {
		r.ui.Advise("some file names are unknown offline; a caption named after the slug of its image always works, as in "+r.captionFile("SLUG"),
			"%s no image that is known offline: %s", plural(len(files), "caption fits", "captions fit"), someOf(files))
	}
}

// isUnhiddenImage reports whether the owner shows the image with this slug again.
func (r *run) isUnhiddenImage(slug string) bool {
	return slices.ContainsFunc(r.unhidden, func(m gallery.Image) bool { return m.Slug == slug })
}
