package media

import (
	"encoding/binary"
	"errors"
)

// This file cleans the tables that say where the samples of a track are, and when they play.

// mp4Row has the size of an entry of a table, in bytes.
var mp4Row = map[string]int{"stts": 8, "ctts": 8, "stss": 4, "stsc": 12, "stco": 4, "co64": 8, "elst": 12}

// keepTable clears everything after the last entry of a table.
func (m *mp4) keepTable(b mp4Box) error {
	if b.size() < 8 || m.data[b.start] > 1 || m.data[b.start] == 1 && b.kind != "elst" && b.kind != "ctts" {
		return errNotStripped
	}
	m.clear(span{b.start + 1, b.start + 4})
	head, count, bits := 8, uint64(m.uint32(b.start+4)), uint64(8*mp4Row[b.kind])
	switch {
	case b.kind == "elst" && m.data[b.start] == 1:
		bits = 8 * 20
	case b.kind == "stsz" || b.kind == "stz2":
		if b.size() < 12 {
			return errNotStripped
		}
		head, count, bits = 12, uint64(m.uint32(b.start+8)), 32
		switch fixed := m.uint32(b.start + 4); {
		case b.kind == "stz2":
			if bits = uint64(m.data[b.start+7]); bits != 4 && bits != 8 && bits != 16 {
				return errNotStripped
			}
			m.clear(span{b.start + 4, b.start + 7})
		case fixed != 0:
			bits = 0 // all samples have this size
		}
	}
	size := uint64(head) + (count*bits+7)/8
	if size > uint64(b.size()) {
		return errNotStripped
	}
	m.clear(span{b.start + int(size), b.end})
	if b.kind == "stz2" && bits == 4 && count%2 == 1 {
		m.data[b.start+int(size)-1] &= 0xf0
	}
	if b.kind == "elst" {
		return m.checkEdits(b.start+8, int(count), int(bits/8))
	}
	return nil
}

// checkEdits refuses edits that change the speed.
func (m *mp4) checkEdits(at, count, row int) error {
	if count > maxEdits {
		return errNotStripped
	}
	for range count {
		if at += row; m.uint32(at-4) != 1<<16 {
			return errors.New("it plays at another speed")
		}
	}
	return nil
}

// use notes where samples are.
func (m *mp4) use(start, size uint64, units mp4Units) error {
	if start > uint64(len(m.data)) || size > uint64(len(m.data))-start {
		return errors.New("some of its samples are missing")
	}
	if size == 0 {
		return nil
	}
	if len(m.used) == maxRuns {
		return errNotStripped
	}
	m.used = append(m.used, mp4Used{span{int(start), int(start + size)}, units})
	return nil
}

// useSamples notes where the samples of a track are. They are in chunks: stco or co64 has the
// places of the chunks, stsc how many samples each has, and stsz or stz2 the sizes of the samples.
func (m *mp4) useSamples(t *mp4Track) error {
	offsets, width := t.boxes["stco"], 4
	if wide, ok := t.boxes["co64"]; ok {
		if offsets.end != 0 {
			return errNotStripped
		}
		offsets, width = wide, 8
	}
	sizes, ok := t.boxes["stsz"]
	_, compact := t.boxes["stz2"]
	if ok == compact || offsets.end == 0 {
		return errNotStripped // both, or neither
	}
	if compact {
		sizes = t.boxes["stz2"]
	}
	runs := t.boxes["stsc"]
	chunks, entries := m.uint32(offsets.start+4), m.uint32(runs.start+4)
	samples, next := uint64(m.uint32(sizes.start+8)), uint64(0)
	entry, perChunk := uint32(0), uint64(0)
	for chunk := uint32(1); chunk <= chunks; chunk++ {
		if row := runs.start + 8 + 12*int(entry); entry < entries && m.uint32(row) == chunk {
			perChunk = uint64(m.uint32(row + 4))
			if kind := m.uint32(row + 8); kind < 1 || kind > t.descriptions {
				return errNotStripped
			}
			entry++
		}
		if perChunk == 0 || perChunk > samples-next {
			return errNotStripped
		}
		at := offsets.start + 8 + width*int(chunk-1)
		start := uint64(m.uint32(at))
		if width == 8 {
			start = binary.BigEndian.Uint64(m.data[at:])
		}
		if err := m.use(start, m.sampleSizes(sizes, compact, next, perChunk), *t.units); err != nil {
			return err
		}
		next += perChunk
	}
	if entry != entries || next != samples {
		return errNotStripped
	}
	return m.keepTimes(t, samples)
}

// keepTimes keeps those entries of the tables of times that belong to samples. It refuses a table
// of sync samples that are out of order or do not exist.
func (m *mp4) keepTimes(t *mp4Track, samples uint64) error {
	for _, kind := range []string{"stts", "ctts"} {
		table, ok := t.boxes[kind]
		if !ok {
			continue
		}
		left, rows := samples, m.uint32(table.start+4)
		for i := range rows {
			at := table.start + 8 + 8*int(i)
			count := uint64(m.uint32(at))
			switch {
			case left == 0:
				m.put(table.start+4, min(i, m.uint32(table.start+4)))
				m.clear(span{at, at + 8})
			case count == 0:
				return errNotStripped
			case count > left:
				m.put(at, uint32(left))
			}
			left -= min(left, count)
		}
	}
	if table, ok := t.boxes["stss"]; ok {
		before := uint32(0)
		for i := range m.uint32(table.start + 4) {
			sample := m.uint32(table.start + 8 + 4*int(i))
			if sample <= before || uint64(sample) > samples {
				return errNotStripped
			}
			before = sample
		}
	}
	return nil
}

// sampleSizes adds up the sizes of n samples.
func (m *mp4) sampleSizes(table span, compact bool, first, n uint64) uint64 {
	fixed := m.uint32(table.start + 4)
	if !compact && fixed != 0 {
		return n * uint64(fixed) // both have 32 bits
	}
	total := uint64(0)
	for i := first; i < first+n; i++ {
		row := m.data[table.start+12:]
		switch {
		case !compact:
			total += uint64(binary.BigEndian.Uint32(row[4*i:]))
		case fixed == 16:
			total += uint64(binary.BigEndian.Uint16(row[2*i:]))
		case fixed == 8:
			total += uint64(row[i])
		default:
			total += uint64(row[i/2] >> (4 * (1 - i%2)) & 15)
		}
	}
	return total
}
