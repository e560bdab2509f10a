package render

import (
	"cmp"
	"fmt"

	"firstframe/render/gallery"
	"firstframe/render/media"
)

// Renew removes from an image's media what an earlier version has published and this version does
// not publish. It works on the published files, because not every image can be made again, nor
// every clip downloaded. A file whose bytes change gets another name, as files in media/ always do.
// Renew skips what this version made: renditions if made is true, and an original with a name of
// this version. It returns how many files it does not understand, which are then not published any
// more. It returns the errors of the disk.
func (o *Output) Renew(m *gallery.Image, made bool) (dropped int, err error) {
	if m.Hidden || m.Stripped >= media.StrippedNow {
		return 0, nil
	}
	r := renewal{out: o}
	if !made {
		m.Renditions = r.renditions(m.Renditions)
	}
	if m.Original != nil && media.Unmarked(m.Original.Path) != media.OriginalPath(m.SHA256, m.Type) {
		if !r.renew(m.Original) {
			m.Withhold()
		}
	}
	for i := range m.Videos {
		if c := m.Videos[i].Clip; c != nil {
			clip := *c // several images can have the same clip
			clip.Poster = r.renditions(clip.Poster)
			if m.Videos[i].Clip = &clip; !r.renew(&clip.Published) {
				m.Videos[i].Withhold()
			}
		}
	}
	m.Stripped = media.StrippedNow
	return r.dropped, r.err
}

// renewal is the work of Renew on one image.
type renewal struct {
	out     *Output
	dropped int   // files that are not understood
	err     error // the first one of the disk
}

// renditions returns the renewed renditions, without those that are not understood.
func (r *renewal) renditions(list media.Renditions) media.Renditions {
	kept := make(media.Renditions, 0, len(list))
	for _, one := range list {
		p := one.File()
		if r.renew(&p) {
			kept = append(kept, one.InFile(p))
		}
	}
	return kept
}

// renew strips a file, and reports whether it is understood. What the file says about its origin
// stays, if this program wrote it. A missing file is ignored: later steps notice that.
func (r *renewal) renew(p *media.Published) bool {
	if !r.out.Holds(p.Path, p.Bytes) {
		return true
	}
	data, err := r.out.Read(p.Path)
	if err != nil {
		r.err = cmp.Or(r.err, fmt.Errorf("reading %s: %w", p.Path, bare(err)))
		return true
	}
	name, _ := media.ParseName(p.Path)
	rest, packet := media.Unmark(data, name.Type)
	stripped, err := media.Strip(rest, name.Type)
	if err != nil {
		r.dropped++
		return false
	}
	if string(stripped) == string(rest) {
		return true
	}
	data, err = media.Mark(stripped, name.Type, packet)
	if err != nil {
		r.dropped++
		return false
	}
	p.Path = name.StrippedAgain().WithMark(media.MarkOf(packet)).String()
	p.Bytes, p.Sum = int64(len(data)), media.Sum(data)
	if err := r.out.Write(p.Path, data); err != nil && r.err == nil {
		r.err = err
	}
	return true
}
