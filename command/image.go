package command

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"

	"firstframe/fetch"
	"firstframe/render/gallery"
	"firstframe/render/media"
)

// imageOf turns what was fetched into what is published: the only place that
// knows the words of both.
func (r *run) imageOf(t task, o fetch.Original, p media.Picture) *gallery.Image {
	m := &gallery.Image{
		Slug: media.Slug(o.SHA256), Type: o.Type, SHA256: o.SHA256, Bytes: o.Bytes,
		Width: p.Width, Height: p.Height, Color: p.Color, Camera: p.Camera, Renditions: p.Renditions,
		Stripped: media.StrippedNow,
	}
	if t.image != nil && t.image.Slug == m.Slug {
		m.Keys, m.Name, m.Uploaded = t.image.Keys, t.image.Name, t.image.Uploaded
		m.Scene, m.Status, m.Source, m.Listed = t.image.Scene, t.image.Status, t.image.Source, t.image.Listed
		m.Account = t.image.Account
	}
	if t.file == nil {
		return m
	}
	m.Listed = true
	m.Source = cmp.Or(m.Source, t.source)
	if len(m.Keys) == 0 {
		m.Keys = []string{t.file.Key()}
	}
	if m.Uploaded.IsZero() {
		m.Uploaded = uploadDate(t.file, o)
	}
	r.describe(m, t.file)
	return m
}

// describe takes over what the listing says of an image. A field that it
// leaves out is not one that the owner cleared.
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
}

// uploadDate is the hour in the file's address, else that of the date that its
// server gave, else this one: that of the run that first saw it.
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
	longNumber = regexp.MustCompile(`[0-9]{6,}`)
	// idNumber is what the ids of files and accounts have: no camera counts so far.
	idNumber = regexp.MustCompile(`[0-9]{15,}`)
)

// publicName is the file's name, unless it tells one of the secrets, a number of
// the owner's account, or what may be the number of another file: names that
// upload tools make up do that.
func publicName(f *fetch.File) string {
	if f.Secret || f.Account != "" && strings.Contains(f.Name, f.Account) {
		return ""
	}
	if !hasNumber(f.Name) {
		return f.Name // as most: the rest takes longer
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

// hasNumber reports whether longNumber finds one in s.
func hasNumber(s string) bool {
	digits := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			digits = 0
		} else if digits++; digits == 6 {
			return true
		}
	}
	return false
}

// sourceOf is an original in the words of package render.
func sourceOf(o fetch.Original) media.Original {
	return media.Original{Path: o.Path, SHA256: o.SHA256, Type: o.Type, Bytes: o.Bytes}
}

// relate tells every image which videos were made from it. Prompts and clips
// that are not to be published do not even get into the state.
func (r *run) relate(l listing) {
	for i := range r.state.Images {
		m := &r.state.Images[i]
		if m.Hidden {
			m.Used = m.Used || slices.ContainsFunc(m.Keys, func(key string) bool { return len(l.videos[key]) > 0 })
			continue
		}
		if len(l.videos) == 0 && len(m.Videos) == 0 {
			continue
		}
		var listed []gallery.Video
		for _, key := range m.Keys {
			for _, v := range l.videos[key] {
				listed = append(listed, gallery.Video{Key: v.Key(), Status: v.State(), Created: v.Created(), Prompt: v.Prompt})
			}
		}
		m.MergeVideos(listed)
		for j := range m.Videos {
			if !r.opts.prompts {
				m.Videos[j].Prompt = ""
			}
			if !r.opts.clips {
				m.Videos[j].Clip, m.Videos[j].Withheld = nil, 0
			}
		}
	}
}
