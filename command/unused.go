package command

import (
	"fmt"
	"slices"

	"firstframe/fetch"
	"firstframe/render/gallery"
)

// remember marks the accounts from whose images videos were made before, though
// none may be listed today. The state does not tell whose an image is: while one
// of its uploads is not listed, it may be that of any account, if its label does
// not say more; and so may be what is not in the state any more. What the owner
// shows again is not in it now.
func (l *listing) remember(state *gallery.State, unhidden []gallery.Image, accounts []account) {
	var used []*gallery.Image // not copied: others look at what is in place
	byKey := map[string]int{}
	for _, images := range [][]gallery.Image{state.Images, unhidden} {
		for i := range images {
			if m := &images[i]; m.WasUsed() {
				for _, key := range m.Keys {
					byKey[key] = len(used)
				}
				used = append(used, m)
			}
		}
	}
	listed := make([]int, len(used)) // uploads of each image
	for i := range l.files {
		if at, known := byKey[l.files[i].Key()]; known {
			l.used[l.files[i].Account] = true
			listed[at]++
		}
	}
	for i, m := range used {
		if listed[i] < len(m.Keys) {
			l.rememberUnlisted(m, accounts)
		}
	}
	for _, a := range accounts {
		l.used[a.id] = l.used[a.id] || state.Filmed
	}
}

// rememberUnlisted marks the accounts that a used image may be of. Its label is
// that of the account of its first upload.
func (l *listing) rememberUnlisted(m *gallery.Image, accounts []account) {
	labelled := len(m.Keys) == 1 && m.Account != "" &&
		slices.ContainsFunc(accounts, func(a account) bool { return a.label == m.Account })
	for _, a := range accounts {
		if !labelled || a.label == m.Account {
			l.used[a.id] = true
		}
	}
}

// unused reports whether a file is an upload that no video was made from, as far
// as the listings tell: in an account in which some are used.
func (l *listing) unused(f *fetch.File) bool {
	key := f.Key()
	return l.used[f.Account] && l.sources[key] == sourceFiles && len(l.videos[key]) == 0
}

// warnOfUnused names the images that were published although they seem to be
// such uploads: by another --source, or when it was not known yet that videos
// are listed. What the owner has decided about is not named.
func (r *run) warnOfUnused(l listing) {
	if r.opts.source != sourceAuto || r.opts.shard.of > 0 {
		return
	}
	suspects := map[string]bool{}
	for i := range l.files {
		if f := &l.files[i]; l.sure[f.Account] && l.unused(f) {
			suspects[f.Key()] = true
		}
	}
	var slugs []string
	for i := range r.state.Images {
		m := &r.state.Images[i]
		suspect := slices.ContainsFunc(m.Keys, func(key string) bool { return suspects[key] })
		used := m.WasUsed() || slices.ContainsFunc(m.Keys, func(key string) bool { return len(l.videos[key]) > 0 })
		if suspect && !used && !m.Hidden && !r.hides(m) && !r.site.Content.Shows(m.Slug) {
			slugs = append(slugs, m.Slug)
		}
	}
	if len(slugs) == 0 {
		return
	}
	r.ui.Advise(fmt.Sprintf("to take one out, write hidden: true in %s; to keep it without this warning, hidden: false",
		r.captionFile()),
		"%s published although no video that is listed was made from %s: %s", plural(len(slugs), "image is", "images are"),
		map[bool]string{true: "it", false: "them"}[len(slugs) == 1], someOf(slugs))
}
