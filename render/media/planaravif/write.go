package planaravif

import (
	"encoding/binary"
	"slices"
)

// baselineLevel is the highest level of AVIF's Baseline Profile: 5.1 (AVIF, 8.2).
const baselineLevel = 13

// Bytes writes the file, with nothing but the picture and the packet. Equal pictures give equal
// bytes.
func (f *File) Bytes() []byte {
	coded := appendOBU(appendOBU(nil, obuSequence, f.sequence.bytes()), obuFrame, f.frame)
	brands := "avif\x00\x00\x00\x00avifmif1miaf"
	switch {
	case f.sequence.level > baselineLevel:
	case f.sequence.profile == 0:
		brands += "MA1B"
	default:
		brands += "MA1A"
	}
	out := appendBox(nil, "ftyp", []byte(brands))
	// The place of the picture does not change the length of what tells it.
	size := len(out) + len(f.meta(0, 0)) + 8
	out = append(out, f.meta(size, len(coded))...)
	return appendBox(out, "mdat", coded, f.Packet)
}

// meta returns the meta box, for a picture with a place in the file. The packet comes after the
// picture.
func (f *File) meta(offset, size int) []byte {
	full := []byte{0, 0, 0, 0} // version and flags
	u32 := func(v int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(v)) }

	hdlr := appendBox(nil, "hdlr", full, u32(0), []byte("pict"), make([]byte, 12+1))
	pitm := appendBox(nil, "pitm", full, []byte{0, 1})
	items := byte(1)
	places := slices.Concat([]byte{0, 1, 0, 0, 0, 1}, u32(offset), u32(size)) // item 1, in one part
	infes := appendBox(nil, "infe", []byte{2, 0, 0, 0, 0, 1, 0, 0}, []byte("av01\x00"))
	var iref []byte
	if f.Packet != nil { // item 2, which describes item 1 (ISO/IEC 23008-12, A.3)
		items = 2
		places = slices.Concat(places, []byte{0, 2, 0, 0, 0, 1}, u32(offset+size), u32(len(f.Packet)))
		infes = appendBox(infes, "infe", []byte{2, 0, 0, 0, 0, 2, 0, 0}, []byte("mime\x00application/rdf+xml\x00"))
		iref = appendBox(nil, "iref", full, appendBox(nil, "cdsc", []byte{0, 2, 0, 1, 0, 1}))
	}
	// Four bytes each for offset and length, no base.
	iloc := appendBox(nil, "iloc", full, []byte{0x44, 0, 0, items}, places)
	iinf := appendBox(nil, "iinf", full, []byte{0, items}, infes)

	channels := []byte{3, 8, 8, 8}
	if f.sequence.gray {
		channels = []byte{1, 8}
	}
	c := f.sequence.colors
	list := appendBox(nil, "ispe", full, u32(f.Width), u32(f.Height))
	list = appendBox(list, "pixi", full, channels)
	list = appendBox(list, "av1C", f.sequence.configuration())
	list = appendBox(list, "colr", []byte{'n', 'c', 'l', 'x', 0, c.Primaries, 0, c.Transfer, 0, c.Matrix, byte(one(c.Full)) << 7})
	const essential = 0x80
	associations := []byte{1, 2, 3 | essential, 4}
	if f.Profile != nil {
		list = appendBox(list, "colr", []byte("prof"), f.Profile)
		associations = append(associations, 5)
	}
	ipma := appendBox(nil, "ipma", full, u32(1), []byte{0, 1, byte(len(associations))}, associations)
	iprp := appendBox(nil, "iprp", appendBox(nil, "ipco", list), ipma)
	return appendBox(nil, "meta", full, hdlr, pitm, iloc, iinf, iprp, iref)
}
