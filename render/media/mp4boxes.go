package media

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// This file walks through the boxes of an MP4, and says which of them stay.

// mp4Box is a box. The span is its content.
type mp4Box struct {
	kind string
	at   int
	span
}

// mp4Inside lists the boxes that stay, by the box that they are in. All others are emptied. No box
// can contain its own type, so this also limits how deep boxes can be nested.
var mp4Inside = map[string]string{
	"file": "ftyp moov moof mdat",
	"moov": "mvhd trak mvex",
	"mvex": "mehd trex",
	"trak": "tkhd edts mdia",
	"edts": "elst",
	"mdia": "mdhd hdlr minf",
	"minf": "vmhd smhd dinf stbl",
	"dinf": "dref",
	"stbl": "stsd stts ctts stss stsc stsz stz2 stco co64",
	"moof": "mfhd traf",
	"traf": "tfhd tfdt trun",

	"picture": "avcC hvcC av1C vpcC pasp colr clap mdcv clli",
	"sound":   "esds dOps dfLa dac3 dec3",
}

// mp4Once lists the boxes that may occur only once. Players would disagree on which of several
// counts.
const mp4Once = "ftyp moov mvhd tkhd edts elst mdia mdhd hdlr minf vmhd smhd dinf dref stbl stsd stts ctts stss stsc stsz stz2 stco co64 " +
	"mvex mehd mfhd tfhd tfdt avcC hvcC av1C vpcC pasp clap mdcv clli esds dOps dfLa dac3 dec3"

// listed reports whether a list of types contains one.
func listed(list, kind string) bool {
	return len(kind) == 4 && !strings.Contains(kind, " ") && strings.Contains(" "+list+" ", " "+kind+" ")
}

// each calls do for every box in s. The boxes must fill s.
func (m *mp4) each(s span, do func(mp4Box) error) error {
	for at := s.start; at < s.end; {
		if s.end-at < 8 {
			// By an old custom, some lists of boxes end with four zeros.
			if s.start == 0 || slices.Max(m.data[at:s.end]) > 0 {
				return errNotStripped
			}
			return nil
		}
		size := uint64(binary.BigEndian.Uint32(m.data[at:]))
		b := mp4Box{kind: string(m.data[at+4 : at+8]), at: at, span: span{start: at + 8}}
		switch size {
		case 0: // up to the end of the file
			if s.end != len(m.data) || s.start != 0 {
				return errNotStripped
			}
			size = uint64(s.end - at)
		case 1:
			if s.end-at < 16 {
				return errNotStripped
			}
			size, b.start = binary.BigEndian.Uint64(m.data[at+8:]), at+16
		}
		if size > uint64(s.end-at) || size < uint64(b.start-at) {
			return errNotStripped
		}
		b.end = at + int(size)
		if err := do(b); err != nil {
			return err
		}
		at = b.end
	}
	return nil
}

// walk keeps the boxes in s that may be in a box of the type parent, and empties the others.
func (m *mp4) walk(parent string, s span) error {
	seen := map[string]bool{}
	return m.each(s, func(b mp4Box) error {
		if !listed(mp4Inside[parent], b.kind) {
			m.empty(b)
			return nil
		}
		if seen[b.kind] && listed(mp4Once, b.kind) {
			return errNotStripped
		}
		seen[b.kind] = true
		if err := m.keep(b); err != nil {
			return fmt.Errorf("box %s: %w", b.kind, err)
		}
		return nil
	})
}

// empty turns b into a free box.
func (m *mp4) empty(b mp4Box) {
	copy(m.data[b.at+4:], "free")
	m.clear(b.span)
}

// clear overwrites s with zeros.
func (m *mp4) clear(s span) { clear(m.data[s.start:s.end]) }

// keep cleans a box that stays.
func (m *mp4) keep(b mp4Box) error {
	if m.track != nil {
		m.track.boxes[b.kind] = b.span
	}
	switch b.kind {
	case "ftyp":
		return m.keepBrands(b)
	case "moov":
		m.movie = true
		return m.walk(b.kind, b.span)
	case "mvex", "edts", "mdia", "minf", "dinf", "stbl":
		return m.walk(b.kind, b.span)
	case "mdat":
		m.media = append(m.media, b.span)
	case "mvhd", "tkhd", "mdhd":
		return m.keepHeader(b)
	case "trak":
		return m.keepTrack(b)
	case "hdlr":
		return m.keepHandler(b)
	case "dref":
		return m.keepReferences(b)
	case "stsd":
		return m.keepDescriptions(b)
	case "stts", "ctts", "stss", "stsc", "stsz", "stz2", "stco", "co64", "elst":
		return m.keepTable(b)
	case "mehd", "tfdt":
		return m.keepVersions(b)
	case "vmhd", "smhd", "mfhd", "trex", "pasp", "clap", "mdcv", "clli":
		return m.keepFields(b)
	case "colr":
		return m.keepColors(b)
	case "moof":
		m.run = mp4Run{moof: b.at, next: b.at}
		return m.walk(b.kind, b.span)
	case "traf":
		return m.keepFragment(b)
	case "tfhd":
		return m.keepFragmentHeader(b)
	case "trun":
		return m.keepRun(b)
	default:
		return m.keepConfig(b)
	}
	return nil
}

// uint32 reads a number of four bytes.
func (m *mp4) uint32(at int) uint32 { return binary.BigEndian.Uint32(m.data[at:]) }

// put writes a number of four bytes.
func (m *mp4) put(at int, v uint32) { binary.BigEndian.PutUint32(m.data[at:], v) }

// exactly refuses a box that is shorter than size. It clears everything after that.
func (m *mp4) exactly(b mp4Box, size int) error {
	if b.size() < size {
		return errNotStripped
	}
	m.clear(span{b.start + size, b.end})
	return nil
}

// fit replaces the content of a box. The new content must not be longer. The rest becomes a free
// box, or zeros where a free box has no room.
func (m *mp4) fit(b mp4Box, content []byte) error {
	if content == nil || len(content) > b.size() {
		return errNotStripped
	}
	copy(m.data[b.start:], content)
	left := span{b.start + len(content), b.end}
	m.clear(left)
	if left.size() < 8 {
		return nil
	}
	if b.start-b.at == 16 {
		binary.BigEndian.PutUint64(m.data[b.at+8:], uint64(left.start-b.at))
	} else {
		m.put(b.at, uint32(left.start-b.at))
	}
	m.put(left.start, uint32(left.size()))
	copy(m.data[left.start+4:], "free")
	return nil
}

// mp4Brands lists the brands that players know, with _ for a space. Any other brand becomes isom.
const mp4Brands = "isom iso2 iso3 iso4 iso5 iso6 iso7 iso8 iso9 isoa isob isoc mp41 mp42 mp71 avc1 hvc1 hev1 av01 dash cmfc cmf2 MSNV M4V_ M4A_ qt__"

// keepBrands keeps what kind of file it is, but not which program wrote it.
func (m *mp4) keepBrands(b mp4Box) error {
	if b.size() < 8 {
		return errNotStripped
	}
	m.put(b.start+4, 0) // the version
	for at := b.start; at < b.end; at += 4 {
		if at == b.start+4 {
			continue
		}
		if b.end-at < 4 {
			m.clear(span{at, b.end})
		} else if !listed(mp4Brands, strings.ReplaceAll(string(m.data[at:at+4]), " ", "_")) {
			copy(m.data[at:], "isom")
		}
	}
	return nil
}

// keepConfig keeps what a decoder must know before the first sample.
func (m *mp4) keepConfig(b mp4Box) error {
	exact, ok := mp4Configs[b.kind]
	if !ok {
		return errNotStripped
	}
	config := exact(m.data[b.start:b.end])
	if err := m.fit(b, config); err != nil {
		return err
	}
	units := unitsOf(b.kind, config)
	if m.track.units != nil && *m.track.units != units {
		return errNotStripped // samples of two kinds
	}
	m.track.units = &units
	return nil
}

// mp4Fields has the sizes of boxes whose fields are always the same.
var mp4Fields = map[string]int{"vmhd": 12, "smhd": 8, "mfhd": 8, "trex": 24, "pasp": 8, "clap": 32, "mdcv": 24, "clli": 4}

// keepFields keeps the fields of such a box.
func (m *mp4) keepFields(b mp4Box) error {
	if err := m.exactly(b, mp4Fields[b.kind]); err != nil {
		return err
	}
	switch b.kind {
	case "vmhd": // how the picture is blended with others
		m.clear(b.span)
		m.data[b.start+3] = 1
	case "smhd": // balance of left and right
		m.clear(b.span)
	case "mfhd":
		m.fragments++
		m.put(b.start, 0)
		m.put(b.start+4, m.fragments)
	case "trex":
		m.put(b.start, 0)
		m.put(b.start+20, m.uint32(b.start+20)&mp4SampleFlags)
		if m.sizes == nil {
			m.sizes = map[uint32]uint32{}
		}
		m.sizes[m.uint32(b.start+4)] = m.uint32(b.start + 16)
	}
	return nil
}

// mp4SampleFlags are the flags of a sample that stay: which others it depends on, and whether
// playing can start with it.
const mp4SampleFlags = 0x03010000

// keepColors keeps how colours are to be understood. Of the two bytes of a code, one is in use.
func (m *mp4) keepColors(b mp4Box) error {
	if b.size() < 4 {
		return errNotStripped
	}
	kind := string(m.data[b.start : b.start+4])
	switch kind {
	case "nclx", "nclc":
		size := map[string]int{"nclx": 11, "nclc": 10}[kind]
		if err := m.exactly(b, size); err != nil {
			return err
		}
		for i := 4; i < 10; i += 2 {
			m.data[b.start+i] = 0
		}
		if kind == "nclx" {
			m.data[b.start+10] &= 0x80
		}
		return nil
	case "prof", "rICC":
		profile := keptProfile(m.data[b.start+4:b.end], 3)
		if profile != nil && 4+len(profile) <= b.size() {
			return m.fit(b, append([]byte(kind), profile...))
		}
		m.empty(b)
		return nil
	}
	return errNotStripped
}

// keepVersions keeps boxes whose fields are longer in version 1.
func (m *mp4) keepVersions(b mp4Box) error {
	if b.size() < 8 || m.data[b.start] > 1 {
		return errNotStripped
	}
	long := int(m.data[b.start])
	m.clear(span{b.start + 1, b.start + 4})
	if err := m.exactly(b, 8+4*long); err != nil {
		return err
	}
	if b.kind == "mehd" {
		m.fragmented = uint64(m.uint32(b.start + 4 + 4*long))
	}
	return nil
}
