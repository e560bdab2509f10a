package media

import (
	"encoding/binary"
	"errors"
	"math"
)

// This file cleans the headers of an MP4, its tracks, and the descriptions of their samples.

// keepHeader clears the times and the reserved bytes of mvhd, tkhd and mdhd.
func (m *mp4) keepHeader(b mp4Box) error {
	if b.size() < 4 || m.data[b.start] > 1 {
		return errNotStripped
	}
	word := 4 // bytes of a time
	if m.data[b.start] == 1 {
		word = 8
	}
	// Behind the two times: four bytes for the track or the time scale, in tkhd four reserved
	// bytes, and the duration.
	rest := b.start + 4 + 2*word + 4
	if b.kind == "tkhd" {
		rest += 4
	}
	fixed := map[string]int{"mvhd": 80, "tkhd": 60, "mdhd": 4}[b.kind]
	if err := m.exactly(b, rest+word+fixed-b.start); err != nil {
		return err
	}
	m.clear(span{b.start + 4, b.start + 4 + 2*word})
	m.clear(span{b.start + 1, b.start + 3})
	m.data[b.start+3] &= map[string]byte{"tkhd": 15}[b.kind] // whether it is shown
	duration := uint64(m.uint32(rest))
	if word == 8 {
		duration = binary.BigEndian.Uint64(m.data[rest:])
	}
	first := m.uint32(b.start + 4 + 2*word)
	rest += word
	switch b.kind {
	case "mvhd":
		m.timescale, m.duration = uint64(first), duration
		if duration == math.MaxUint32 || duration == math.MaxUint64 {
			m.duration = 0 // unknown
		}
		m.put(rest, 1<<16) // normal speed and volume
		m.put(rest+4, 1<<24)
		m.clear(span{rest + 6, rest + 16})
		m.clear(span{rest + 52, rest + 76})
		m.nextTrack = rest + 76
		return m.keepMatrix(rest+16, 0, 0)
	case "tkhd":
		m.clear(span{rest - word - 4, rest - word})
		return m.keepTrackHeader(first, rest)
	case "mdhd": // the language
		m.put(rest, 0x55c4<<16)
	}
	return nil
}

// keepTrackHeader keeps what tkhd has after the duration: the volume of a track, its orientation,
// and its size in 1/65536 of a pixel.
func (m *mp4) keepTrackHeader(id uint32, rest int) error {
	m.clear(span{rest, rest + 12})
	if m.uint32(rest+12) != 0 {
		m.put(rest+12, 1<<24)
	}
	wide, high := m.uint32(rest+52), m.uint32(rest+56)
	if err := m.keepMatrix(rest+16, wide, high); err != nil {
		return err
	}
	m.track.id, m.track.width, m.track.height = id, int(wide>>16), int(high>>16)
	// A matrix without a and d turns by 90 or 270 degrees.
	if m.uint32(rest+16) == 0 && m.uint32(rest+32) == 0 {
		m.track.width, m.track.height = m.track.height, m.track.width
	}
	m.lastTrack = max(m.lastTrack, min(id, math.MaxInt32))
	return nil
}

// keepMatrix refuses a matrix that does more than turn, mirror, and move by the width or the
// height.
func (m *mp4) keepMatrix(at int, wide, high uint32) error {
	for i, v := range [9]uint32{} {
		v = m.uint32(at + 4*i)
		switch {
		case i == 8:
			v = 1 << 30
		case i == 2 || i == 5:
			v = 0
		case i >= 6 && v != wide && v != high && v != -wide && v != -high:
			v = 0
		case i < 6 && v != 0 && v != 1<<16 && v != -(1<<16)&math.MaxUint32:
			return errors.New("its picture is distorted")
		}
		m.put(at+4*i, v)
	}
	return nil
}

// keepTrack keeps a track with a picture or with sound.
func (m *mp4) keepTrack(b mp4Box) error {
	t := &mp4Track{boxes: map[string]span{}}
	m.track = t
	defer func() { m.track = nil }()
	if err := m.walk(b.kind, b.span); err != nil {
		return err
	}
	for _, kind := range []string{"tkhd", "mdhd", "hdlr", "dref", "stsd", "stts", "stsc"} {
		if _, ok := t.boxes[kind]; !ok {
			return errNotStripped
		}
	}
	if t.units == nil {
		t.units = &mp4Units{}
	}
	if m.handlers[t.handler] {
		m.empty(b)
		return nil
	}
	if m.handlers == nil {
		m.handlers, m.units = map[string]bool{}, map[uint32]*mp4Units{}
	}
	if m.units[t.id] != nil {
		return errNotStripped // two tracks with the same id
	}
	m.handlers[t.handler], m.units[t.id] = true, t.units
	if t.handler == "vide" {
		m.width, m.height = t.width, t.height
	}
	return m.useSamples(t)
}

// keepHandler refuses tracks that are neither picture nor sound. It clears the handler's name.
func (m *mp4) keepHandler(b mp4Box) error {
	if b.size() < 24 {
		return errNotStripped
	}
	switch kind := string(m.data[b.start+8 : b.start+12]); kind {
	case "vide", "soun":
		m.track.handler = kind
	default:
		return errors.New("a track is neither picture nor sound")
	}
	m.clear(span{b.start, b.start + 8})
	m.clear(span{b.start + 12, b.end})
	return nil
}

// keepReferences refuses samples in another file.
func (m *mp4) keepReferences(b mp4Box) error {
	return m.entries(b, func(entry mp4Box) error {
		if entry.kind != "url " || entry.size() < 4 || m.data[entry.start+3]&1 == 0 {
			return errors.New("its samples are in another file")
		}
		m.clear(span{entry.start, entry.end})
		m.data[entry.start+3] = 1
		return nil
	})
}

// entries calls do for every box in a box that begins with their number.
func (m *mp4) entries(b mp4Box, do func(mp4Box) error) error {
	if b.size() < 8 || m.uint32(b.start) != 0 {
		return errNotStripped
	}
	n := uint32(0)
	err := m.each(span{b.start + 8, b.end}, func(entry mp4Box) error {
		n++
		return do(entry)
	})
	if err == nil && n != m.uint32(b.start+4) {
		return errNotStripped
	}
	return err
}

// keepDescriptions keeps what decoders must know about the samples.
func (m *mp4) keepDescriptions(b mp4Box) error {
	return m.entries(b, func(entry mp4Box) error {
		m.track.descriptions++
		switch {
		case listed("avc1 avc3 hvc1 hev1 av01 vp08 vp09", entry.kind):
			if entry.size() < 78 {
				return errNotStripped
			}
			m.clear(span{entry.start, entry.start + 24})
			m.data[entry.start+7] = 1                         // the samples are in this file
			m.put(entry.start+28, 72<<16)                     // pixels per inch
			m.put(entry.start+32, 72<<16)                     //
			m.put(entry.start+36, 0)                          //
			m.put(entry.start+40, 1<<16)                      // one picture per sample
			m.clear(span{entry.start + 42, entry.start + 74}) // the compressor's name
			m.put(entry.start+74, 24<<16|0xffff)
			return m.walk("picture", span{entry.start + 78, entry.end})
		case listed("mp4a Opus fLaC ac-3 ec-3", entry.kind):
			// Other versions are QuickTime's, and longer.
			if entry.size() < 28 || binary.BigEndian.Uint16(m.data[entry.start+8:]) != 0 {
				return errNotStripped
			}
			m.clear(span{entry.start, entry.start + 16})
			m.data[entry.start+7] = 1
			m.put(entry.start+20, 0)
			return m.walk("sound", span{entry.start + 28, entry.end})
		}
		return errors.New("its samples are of an unknown kind")
	})
}
