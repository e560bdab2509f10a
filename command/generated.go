package command

import (
	"cmp"
	"slices"

	"firstframe/fetch"
	"firstframe/render/gallery"
)

// This file is about the pictures that the service made itself. One of them is one image, whether it
// is listed as a picture of the service, as a file, or as the source image of a video.

// learnKeys gives the images the keys of files that their pictures have become. The service can list
// a picture before it is a file, and then the image has the key of the picture alone.
func (r *run) learnKeys(l *listing) {
	files := map[string]string{} // keys of files, by the other key of the picture
	for i := range l.files {
		if keys := l.files[i].Keys(); len(keys) > 1 {
			files[keys[1]] = keys[0]
		}
	}
	if len(files) == 0 {
		return
	}
	var owners map[string]string // slugs of the images, by their keys; only made if it is needed
	for _, images := range [][]gallery.Image{r.state.Images, r.unhidden} {
		for i := range images {
			m := &images[i]
			at := slices.IndexFunc(m.Keys, func(key string) bool { return files[key] != "" })
			if at < 0 {
				continue
			}
			if owners == nil {
				owners = r.owners()
			}
			file := files[m.Keys[at]]
			if owner, known := owners[file]; !known || owner == m.Slug { // images with other bytes stay apart
				m.Keys[at] = file
				m.AddKeys(nil) // sorts them, and drops a double one
			}
		}
	}
}

// owners returns the slugs of the images of the state, by their keys.
func (r *run) owners() map[string]string {
	owners := make(map[string]string, len(r.state.Images))
	for i := range r.state.Images {
		for _, key := range r.state.Images[i].Keys {
			owners[key] = r.state.Images[i].Slug
		}
	}
	return owners
}

// imageOfFile returns the image that a file belongs to, by the keys of all images.
func imageOfFile(byKey map[string]int, f *fetch.File) (at int, is bool) {
	for _, key := range f.Keys() {
		if at, is = byKey[key]; is {
			break
		}
	}
	return at, is
}

// learnGenerated notes what the listing says about a picture that the service made itself. It keeps
// what the listing leaves out. If two such pictures have the same bytes, the first one counts.
func (r *run) learnGenerated(m *gallery.Image, f *fetch.File) {
	if f.Generated == nil {
		return
	}
	made := gallery.Generated{Key: f.Generated.Key, Model: f.Generated.Model, Batch: f.Generated.Batch}
	if r.opts.prompts {
		made.Prompt = f.Generated.Prompt
	}
	if old := m.Generated; old != nil {
		if old.Key != made.Key {
			return
		}
		made.Model, made.Prompt, made.Batch = cmp.Or(made.Model, old.Model), cmp.Or(made.Prompt, old.Prompt), cmp.Or(made.Batch, old.Batch)
	}
	m.Generated = &made
}

// forgetPrompt drops the prompt of a picture that the service made itself.
func forgetPrompt(m *gallery.Image) {
	if m.Generated != nil && m.Generated.Prompt != "" {
		without := *m.Generated // another image can share it
		without.Prompt = ""
		m.Generated = &without
	}
}
