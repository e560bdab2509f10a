package command

import (
	"cmp"
	"regexp"
	"strings"
	"time"

	"firstframe/fetch"
	"firstframe/render/gallery"
	"firstframe/render/media"
)

// This file converts what was fetched into what is published: the files, originals and videos of
// package fetch become the images, pictures and videos of package render.

// sourceOf returns an original as package render wants it. packet is for the files that are made from
// it.
func sourceOf(o fetch.Original, packet []byte) media.Original {
	return media.Original{Path: o.Path, SHA256: o.SHA256, Type: o.Type, Bytes: o.Bytes, Packet: packet}
}

// imageOf returns the image of a task, with its original and its renditions.
func (r *run) imageOf(t task, o fetch.Original, p media.Picture) *gallery.Image {
	m := &gallery.Image{
		Slug: media.Slug(o.SHA256), Type: o.Type, SHA256: o.SHA256, Bytes: o.Bytes,
		Width: p.Width, Height: p.Height, Color: p.Color, Tints: p.Tints, Camera: r.opts.shownCamera(p.Camera), Renditions: p.Renditions,
		Stripped: media.StrippedNow,
	}
	if t.image != nil && t.image.Slug == m.Slug {
		m.Keys, m.Name, m.Uploaded = t.image.Keys, t.image.Name, t.image.Uploaded
		m.Scene, m.Status, m.Source, m.Listed = t.image.Scene, t.image.Status, t.image.Source, t.image.Listed
		m.Account, m.Folders, m.Generated = t.image.Account, t.image.Folders, t.image.Generated
	}
	if t.file == nil {
		return m
	}
	m.Listed = true
	m.Source = cmp.Or(m.Source, t.file.source)
	if len(m.Keys) == 0 {
		m.Keys = []string{t.file.Key()}
	}
	switch {
	case !m.Uploaded.IsZero():
	case t.file.Picture != nil:
		m.Uploaded = pictureDate(t.file.File, o, p.Taken)
	default:
		m.Uploaded = uploadDate(t.file.File, o)
	}
	r.learnGenerated(m, t.file.File)
	r.describe(m, t.file.File)
	return m
}

// describe updates an image with what the listing says about its first file. It keeps what the
// listing leaves out: that does not mean that the owner has cleared it.
func (r *run) describe(m *gallery.Image, f *fetch.File) {
	if m.Keys[0] != f.Key() {
		return
	}
	m.Account = r.opts.label(f.Account)
	if f.Name != "" {
		m.Name = publicName(f)
	}
	m.Scene = cmp.Or(f.Scene, m.Scene)
	m.Status = cmp.Or(f.Status, m.Status)
	if f.Generated != nil && !f.Generated.Created.IsZero() {
		m.Uploaded = f.Generated.Created
	}
}

// videoOf returns a listed video as the state knows it, without its clip.
func videoOf(v fetch.Video) gallery.Video {
	return gallery.Video{
		Key: v.Key(), Status: v.State(), Created: v.Created(), Model: v.Model, Seconds: v.Seconds, Prompt: v.Prompt,
	}
}

// uploadDate returns the hour of a file's upload, as the listing or its address says. If neither
// has a date, it takes the date that the server gave. Without both, it returns the hour of this run.
func uploadDate(f *fetch.File, o fetch.Original) time.Time {
	t := now()
	if !o.Modified.IsZero() {
		t = o.Modified
	}
	if uploaded := f.Uploaded(); !uploaded.IsZero() {
		t = uploaded
	}
	return t.UTC().Truncate(time.Hour)
}

var (
	// longNumber is any number that may identify something.
	longNumber = regexp.MustCompile(`[0-9]{6,}`)
	// idNumber is a number as long as the ids of files and accounts. No camera counts that far.
	idNumber = regexp.MustCompile(`[0-9]{15,}`)
)

// publicName returns the name of a file, or "" if it must not be shown. Names that upload tools
// make up can contain a secret, a number of the owner's account, or a number that may be the id of
// a file.
func publicName(f *fetch.File) string {
	if f.Secret || f.Account != "" && strings.Contains(f.Name, f.Account) {
		return ""
	}
	if !longNumber.MatchString(f.Name) {
		return f.Name
	}
	if idNumber.MatchString(f.Name) {
		return ""
	}
	for _, private := range longNumber.FindAllString(f.ID+" "+f.URL, -1) {
		if strings.Contains(f.Name, private) {
			return ""
		}
	}
	return f.Name
}
