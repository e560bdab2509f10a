package media

import (
	"encoding/binary"
)

// This file cleans the fragments of an MP4 that was written for streaming.

// mp4Run is the state while the samples of a fragment are located.
type mp4Run struct {
	moof   int    // where the fragment begins
	header bool   // a tfhd was found
	base   uint64 // that offsets are relative to
	next   int    // end of the last run, or -1
	size   uint32 // of samples without a size of their own
	units  mp4Units
}

// keepFragment keeps a part of a track in a fragment.
func (m *mp4) keepFragment(b mp4Box) error {
	m.run.header = false
	return m.walk(b.kind, b.span)
}

// The flags of tfhd and trun.
const (
	tfhdBase, tfhdDescription, tfhdDuration, tfhdSize, tfhdFlags = 0x1, 0x2, 0x8, 0x10, 0x20
	tfhdEmpty, tfhdBaseIsMoof                                    = 0x10000, 0x20000
	trunOffset, trunFirst                                        = 0x1, 0x4
	trunDuration, trunSize, trunFlags, trunComposition           = 0x100, 0x200, 0x400, 0x800
	tfhdKnown                                                    = tfhdBase | tfhdDescription | tfhdDuration | tfhdSize | tfhdFlags | tfhdEmpty | tfhdBaseIsMoof
	trunKnown                                                    = trunOffset | trunFirst | trunDuration | trunSize | trunFlags | trunComposition
)

// keepFragmentHeader keeps the defaults for the samples of a fragment.
func (m *mp4) keepFragmentHeader(b mp4Box) error {
	if b.size() < 8 {
		return errNotStripped
	}
	flags := m.uint32(b.start) & 0xffffff
	size, known := m.sizes[m.uint32(b.start+4)]
	units := m.units[m.uint32(b.start+4)]
	if flags&^tfhdKnown != 0 || !known || units == nil {
		return errNotStripped // or it belongs to a track that is not kept
	}
	m.data[b.start] = 0
	need := 8
	fields := map[uint32]int{}
	for _, field := range []struct {
		flag uint32
		size int
	}{{tfhdBase, 8}, {tfhdDescription, 4}, {tfhdDuration, 4}, {tfhdSize, 4}, {tfhdFlags, 4}} {
		if flags&field.flag != 0 {
			fields[field.flag] = b.start + need
			need += field.size
		}
	}
	if err := m.exactly(b, need); err != nil {
		return err
	}
	if at, ok := fields[tfhdSize]; ok {
		size = m.uint32(at)
	}
	if at, ok := fields[tfhdFlags]; ok {
		m.put(at, m.uint32(at)&mp4SampleFlags)
	}
	m.run.units = *units
	m.run.header, m.run.size, m.run.base = true, size, uint64(m.run.moof)
	if at, ok := fields[tfhdBase]; ok {
		m.run.base = binary.BigEndian.Uint64(m.data[at:])
	} else if flags&tfhdBaseIsMoof == 0 && m.run.next != m.run.moof {
		m.run.base = uint64(m.run.next) // where the track before ends
	}
	m.run.next = -1
	return nil
}

// keepRun keeps a table of samples in a fragment, and notes where they are.
func (m *mp4) keepRun(b mp4Box) error {
	if b.size() < 8 || !m.run.header || m.run.base > uint64(len(m.data)) {
		return errNotStripped
	}
	flags, count := m.uint32(b.start)&0xffffff, uint64(m.uint32(b.start+4))
	if flags&^trunKnown != 0 || m.data[b.start] > 1 {
		return errNotStripped
	}
	head, row, sizeAt, flagsAt := 8, 0, 0, 0
	start := m.run.next // the run before ends there
	if flags&trunOffset != 0 {
		if b.size() < 12 {
			return errNotStripped
		}
		start = int(m.run.base) + int(int32(m.uint32(b.start+8)))
		head += 4
	} else if start < 0 {
		start = int(m.run.base)
	}
	if flags&trunFirst != 0 {
		if b.size() < head+4 {
			return errNotStripped
		}
		m.put(b.start+head, m.uint32(b.start+head)&mp4SampleFlags)
		head += 4
	}
	for _, flag := range []uint32{trunDuration, trunSize, trunFlags, trunComposition} {
		switch flag {
		case trunSize:
			sizeAt = row
		case trunFlags:
			flagsAt = row
		}
		if flags&flag != 0 {
			row += 4
		}
	}
	if start < 0 || uint64(head)+count*uint64(row) > uint64(b.size()) {
		return errNotStripped
	}
	m.clear(span{b.start + head + int(count)*row, b.end})
	if flags&trunFlags != 0 {
		for i := range int(count) {
			at := b.start + head + i*row + flagsAt
			m.put(at, m.uint32(at)&mp4SampleFlags)
		}
	}
	total := count * uint64(m.run.size)
	if flags&trunSize != 0 {
		total = 0
		for i := range int(count) {
			total += uint64(m.uint32(b.start + head + i*row + sizeAt))
		}
	}
	if err := m.use(uint64(start), total, m.run.units); err != nil {
		return err
	}
	m.run.next = start + int(total)
	return nil
}
