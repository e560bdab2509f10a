package command

import (
	"fmt"
	"slices"

	"github.com/dustin/go-humanize/english"

	"firstframe/fetch"
	"firstframe/render/gallery"
)

// noteUse notes what one answer says about whether videos are made from images of the account.
func (r *run) noteUse(l *listing, source string, answer fetch.Listing, a account) {
	withImages := 0
	for _, v := range answer.Videos {
		if len(v.Files) > 0 {
			withImages++
		}
	}
	if without := len(answer.Videos) - withImages; without > 0 {
		r.ui.Detail("%s no source image: text to video", plural(without, "video has", "videos have"))
	}
	whole := answer.Complete && len(answer.Skipped) == 0
	if withImages > 0 {
		l.used[a.id], l.sure[a.id] = true, whole
	}
	if source == sourceVideos && len(answer.Skipped) > 0 {
		l.used[a.id] = true // an unreadable item may be a video that was made from an image
	}
}

// remember marks the accounts that had videos made from their images before, even if none is listed
// today. The state does not say which account an image belongs to. If not all uploads of a used
// image are listed, its account is unknown. Then every account counts as used. Exception: the image
// has one upload and the label of an account. Every account also counts as used if a used image is
// no longer in the state. The images that the owner shows again are passed separately, because they
// were taken out of the state.
func (l *listing) remember(state *gallery.State, unhidden []gallery.Image, accounts []account) {
	var used []*gallery.Image // pointers, because the disk is being looked at for other fields
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
			if l.files[i].source != sourceFolder { // a folder belongs to no account
				l.used[l.files[i].Account] = true
			}
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

// rememberUnlisted marks the accounts that a used image may belong to. An image's label comes from
// the account of its first upload, so the label says nothing about other uploads.
func (l *listing) rememberUnlisted(m *gallery.Image, accounts []account) {
	labelled := len(m.Keys) == 1 && m.Account != "" &&
		slices.ContainsFunc(accounts, func(a account) bool { return a.label == m.Account })
	for _, a := range accounts {
		if !labelled || a.label == m.Account {
			l.used[a.id] = true
		}
	}
}

// rememberFilmed notes in the state that videos were made from images that are not in it. It notes
// this only if there is one account, because the state cannot say which account it is.
func (r *run) rememberFilmed(l *listing) {
	wasUsed := func(m gallery.Image) bool { return m.WasUsed() }
	if len(l.videos) > 0 && len(r.opts.accounts) == 1 && !slices.ContainsFunc(r.state.Images, wasUsed) {
		r.state.Filmed = true
	}
}

// unused reports whether a file is an upload that no video was made from, as far as the listings
// say. It is true only in an account in which other uploads are used.
func (l *listing) unused(f *listedFile) bool {
	return l.used[f.Account] && f.source == sourceFiles && len(l.videos[f.Key()]) == 0
}

// warnOfUnused names the published images that seem to be unused uploads. They were published with
// another --source, or before any video was listed. Images that the owner has decided about are not
// named, and neither are those that the service made: nobody has uploaded them.
func (r *run) warnOfUnused(l *listing) {
	if r.opts.source != sourceAuto || r.opts.shard.isPart() {
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
		if suspect && !used && m.Generated == nil && !m.Hidden && !fromFolder(m) && !r.hides(m) && !r.shows(m) {
			slugs = append(slugs, m.Slug)
		}
	}
	if len(slugs) == 0 {
		return
	}
	r.ui.Advise(fmt.Sprintf("to remove one, write hidden: true in %s; to keep it without this warning, write hidden: false", r.captionFile("SLUG")),
		"%s published although no listed video was made from %s: %s",
		plural(len(slugs), "image is", "images are"), english.PluralWord(len(slugs), "it", "them"), someOf(slugs))
}
