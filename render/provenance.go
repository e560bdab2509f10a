package render

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"firstframe/render/gallery"
	"firstframe/render/media"
)

// Mark makes the published files say in an XMP packet how their pictures and films were made, where
// that is known, and who made them. It rewrites only the packets: it decodes and encodes nothing. A
// file with another packet gets another name, as files in media/ always do, and the old file stays
// until no page refers to it. Mark skips a missing or damaged file, because other parts of the
// program report those. It returns the errors of the disk.
func (o *Output) Mark(ctx context.Context, s *gallery.State, opts Options) error {
	m := &marker{out: o, about: opts.Content.provenance(), packets: map[media.Provenance]packet{}}
	group, shared := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range s.Images {
		image := &s.Images[i]
		if image.Hidden {
			continue
		}
		p := m.packet(image.OriginAmong(s.Origin), image.Generated.PromptOf())
		if !p.misses(image.Renditions) && (image.Original == nil || p.is(image.Original.Path)) {
			continue
		}
		group.Go(func() (err error) {
			if image.Renditions, err = m.renditions(shared, image.Renditions, p); err == nil && image.Original != nil {
				*image.Original, err = m.file(*image.Original, p)
			}
			return err
		})
	}
	for _, f := range m.films(s) {
		group.Go(func() error { return m.film(shared, f) })
	}
	return cmp.Or(group.Wait(), ctx.Err())
}

// PacketOf returns the XMP packet of a picture or a film that was made in this way, of this prompt. It
// returns nil if nothing is known about the origin.
func (opts Options) PacketOf(origin media.Origin, prompt string) []byte {
	about := opts.Content.provenance()
	about.Origin, about.Prompt = origin, prompt
	return about.Packet()
}

// provenance returns what all files say that say anything about their origin.
func (c *Content) provenance() media.Provenance {
	w := c.Site
	return media.Provenance{Creator: w.Author, License: w.License, LicenseURL: licenseURL(w.License)}
}

// marker is the work of Mark.
type marker struct {
	out     *Output
	about   media.Provenance            // what all files say
	packets map[media.Provenance]packet // most images have the same one
}

// packet is an XMP packet with its mark, both empty if there is nothing to say.
type packet struct {
	data []byte
	mark string
}

// packet returns the packet about a picture or a film that was made in this way. It is not called
// by several goroutines at once.
func (m *marker) packet(origin media.Origin, prompt string) packet {
	if origin == (media.Origin{}) {
		return packet{}
	}
	about := m.about
	about.Origin, about.Prompt = origin, prompt
	p, known := m.packets[about]
	if !known {
		p.data = about.Packet()
		p.mark = media.MarkOf(p.data)
		m.packets[about] = p
	}
	return p
}

// is reports whether a file has the packet, according to its name.
func (p packet) is(path string) bool {
	name, _ := media.ParseName(path)
	return name.Mark() == p.mark
}

// misses reports whether one of the renditions does not have the packet.
func (p packet) misses(renditions media.Renditions) bool {
	return slices.ContainsFunc(renditions, func(r media.Rendition) bool { return !p.is(r.Path) })
}

// markedFilm is a published film that does not have its packet, with the video in each of its images.
type markedFilm struct {
	clip   *media.Clip
	packet packet
	videos []*gallery.Video
}

// films returns the films that do not have their packets, each once.
func (m *marker) films(s *gallery.State) map[string]*markedFilm {
	origins := s.FilmOrigins()
	films := map[string]*markedFilm{}
	for i := range s.Images {
		for j := range s.Images[i].Videos {
			v := &s.Images[i].Videos[j]
			if v.Clip == nil {
				continue
			}
			p := m.packet(origins[v.Key], v.Prompt)
			if p.is(v.Clip.Path) && !p.misses(v.Clip.Poster) {
				continue
			}
			id := v.Clip.Path + p.mark
			if films[id] == nil {
				films[id] = &markedFilm{clip: v.Clip, packet: p}
			}
			films[id].videos = append(films[id].videos, v)
		}
	}
	return films
}

// film gives a film and its poster their packet.
func (m *marker) film(ctx context.Context, f *markedFilm) (err error) {
	clip := *f.clip // a film of several images
	if clip.Poster, err = m.renditions(ctx, clip.Poster, f.packet); err != nil {
		return err
	}
	if clip.Published, err = m.file(clip.Published, f.packet); err != nil {
		return err
	}
	for _, v := range f.videos {
		v.Clip = &clip
	}
	return nil
}

// renditions returns the renditions with their packets.
func (m *marker) renditions(ctx context.Context, list media.Renditions, p packet) (media.Renditions, error) {
	list = slices.Clone(list)
	for i, r := range list {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		f, err := m.file(r.File(), p)
		if err != nil {
			return nil, err
		}
		list[i] = r.InFile(f)
	}
	return list, nil
}

// file writes a file with another packet, and returns what is published now.
func (m *marker) file(f media.Published, p packet) (media.Published, error) {
	name, _ := media.ParseName(f.Path)
	if name.Mark() == p.mark {
		return f, nil
	}
	if !m.out.Holds(f.Path, f.Bytes) {
		return f, nil
	}
	data, err := m.out.Read(f.Path)
	if err != nil {
		return f, fmt.Errorf("reading %s: %w", f.Path, bare(err))
	}
	rest, old := media.Unmark(data, name.Type)
	marked, wrong := media.Mark(rest, name.Type, p.data)
	if wrong != nil || media.VerifySum(f.Sum, data) != nil || media.MarkOf(old) != name.Mark() {
		return f, nil // the checker names it
	}
	f = media.Published{Path: name.WithMark(p.mark).String(), Bytes: int64(len(marked)), Sum: media.Sum(marked)}
	return f, m.out.Write(f.Path, marked)
}
