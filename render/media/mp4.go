package media

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// StripMP4 takes out of an MP4 file everything that playing it does not need:
// places, names, dates, comments, covers, and what lies between the samples.
// Nothing moves: what goes is overwritten, a box with a free box of the same
// size, so that every offset stays right. It returns a copy of the same length.
//
// What is kept is named here (ISO/IEC 14496-12, -14 and -15). A file that is
// not understood is an error, since nobody knows what it holds; so are tracks
// that are neither picture nor sound, as those of cameras with the way they
// took, and samples in another file. All that is kept has one form. A second
// track of a kind is emptied: nobody sees it. The samples stay as they are, but for
// messages in those of H.264 and HEVC.
func StripMP4(data []byte) ([]byte, error) {
	m := &mp4{data: slices.Clone(data)}
	whole := span{0, len(data)}
	if len(data) < 8 || string(data[4:8]) != "ftyp" {
		return nil, errors.New("it does not begin as an MP4 file")
	}
	if err := m.walk("file", whole); err != nil {
		return nil, err
	}
	if !m.movie {
		return nil, errNotStripped // it was cut before its index
	}
	if m.nextTrack > 0 {
		m.put(m.nextTrack, m.lastTrack+1)
	}
	if err := m.clearUnused(); err != nil {
		return nil, err
	}
	return m.data, nil
}

// MP4Info tells the size of the picture of an MP4, upright, in pixels, and how
// long it plays; 0 seconds when the file does not tell.
func MP4Info(data []byte) (width, height int, seconds float64, err error) {
	// What strips a file also reads it, and refuses what cannot be trusted.
	m := &mp4{data: slices.Clone(data)}
	if err := m.walk("file", span{0, len(data)}); err != nil {
		return 0, 0, 0, err
	}
	if m.timescale == 0 || m.width == 0 || m.height == 0 {
		return 0, 0, 0, errors.New("it does not tell its size")
	}
	duration := m.duration
	if m.sizes != nil {
		duration = m.fragmented // of the fragments, which the other one leaves out
	}
	return m.width, m.height, float64(duration) / float64(m.timescale), nil
}

// mp4 is a file whose metadata is being overwritten.
type mp4 struct {
	data  []byte
	movie bool   // there was a moov
	media []span // contents of the mdat boxes
	used  []mp4Used
	track *mp4Track
	run   mp4Run
	sizes map[uint32]uint32    // of the samples of a track, in a fragment that does not tell; nil without fragments
	units map[uint32]*mp4Units // of the tracks that are kept, by id

	handlers             map[string]bool // of the tracks that are kept
	nextTrack            int             // where the id for another track is
	lastTrack, fragments uint32

	width, height       int // of the first track with a picture
	timescale, duration uint64
	fragmented          uint64 // the duration, when it is not in front
}

// mp4Track is the track that is being read.
type mp4Track struct {
	id            uint32
	handler       string
	width, height int
	boxes         map[string]span // contents, by the type
	descriptions  uint32          // kinds of samples
	units         *mp4Units       // nil before the first of them
}

// span is a part of the file.
type span struct{ start, end int }

// mp4Used is where samples are.
type mp4Used struct {
	span
	units mp4Units
}

func (s span) size() int { return s.end - s.start }

// mp4Box is a box. Its span is that of its content.
type mp4Box struct {
	kind string
	at   int
	span
}

// mp4Inside tells which boxes stay in which. All others are emptied. No type
// can contain itself, so this is also how deep boxes can be nested.
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

// mp4Once are boxes that there may be once only: which of several counts, every
// player would decide for itself.
const mp4Once = "ftyp moov mvhd tkhd edts elst mdia mdhd hdlr minf vmhd smhd dinf dref stbl stsd stts ctts stss stsc stsz stz2 stco co64 " +
	"mvex mehd mfhd tfhd tfdt avcC hvcC av1C vpcC pasp clap mdcv clli esds dOps dfLa dac3 dec3"

func listed(list, kind string) bool {
	return len(kind) == 4 && !strings.Contains(kind, " ") && strings.Contains(" "+list+" ", " "+kind+" ")
}

// each calls do for every box in s, which they fill.
func (m *mp4) each(s span, do func(mp4Box) error) error {
	for at := s.start; at < s.end; {
		if s.end-at < 8 {
			// Four zeros at the end of a list of boxes are a custom of old.
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

// walk keeps the boxes in s that may be in one of the type parent.
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

// empty makes a free box of b.
func (m *mp4) empty(b mp4Box) {
	copy(m.data[b.at+4:], "free")
	m.clear(b.span)
}

func (m *mp4) clear(s span) { clear(m.data[s.start:s.end]) }

// keep cleans what stays of a box.
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

func (m *mp4) uint32(at int) uint32 { return binary.BigEndian.Uint32(m.data[at:]) }

func (m *mp4) put(at int, v uint32) { binary.BigEndian.PutUint32(m.data[at:], v) }

// exactly refuses a box that is shorter, and clears what it has beyond its fields.
func (m *mp4) exactly(b mp4Box, size int) error {
	if b.size() < size {
		return errNotStripped
	}
	m.clear(span{b.start + size, b.end})
	return nil
}

// fit gives a box another content, which must not be longer. What is left
// becomes a free box, or zeros where that has no room.
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

// mp4Brands are the kinds of files that players know. Others are called the first.
const mp4Brands = "isom iso2 iso3 iso4 iso5 iso6 iso7 iso8 iso9 isoa isob isoc mp41 mp42 mp71 avc1 hvc1 hev1 av01 dash cmfc cmf2 MSNV M4V_ M4A_ qt__"

// keepBrands says what kind of file it is, and not which program's.
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

// keepConfig keeps what decoders have to know before the first sample.
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

// mp4Fields are the sizes of boxes with fields that are always the same.
var mp4Fields = map[string]int{"vmhd": 12, "smhd": 8, "mfhd": 8, "trex": 24, "pasp": 8, "clap": 32, "mdcv": 24, "clli": 4}

func (m *mp4) keepFields(b mp4Box) error {
	if err := m.exactly(b, mp4Fields[b.kind]); err != nil {
		return err
	}
	switch b.kind {
	case "vmhd": // how it is laid over others
		m.clear(b.span)
		m.data[b.start+3] = 1
	case "smhd": // left or right
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

// mp4SampleFlags are the flags of a sample that count: on which others it depends,
// and whether one can begin with it.
const mp4SampleFlags = 0x03010000

// keepColors keeps what colours are meant. Codes have a byte each in use.
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

// keepVersions keeps boxes whose fields are longer in their version 1.
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

// keepHeader clears the times and the reserved bytes of mvhd, tkhd and mdhd.
func (m *mp4) keepHeader(b mp4Box) error {
	if b.size() < 4 || m.data[b.start] > 1 {
		return errNotStripped
	}
	word := 4 // in bytes, of a time
	if m.data[b.start] == 1 {
		word = 8
	}
	// Behind the times: four bytes for the track or its scale, with tkhd four that are reserved, and the duration.
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
		m.put(rest, 1<<16) // as fast and as loud as it is
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

// keepTrackHeader keeps what tkhd says behind the duration: how loud a track is, how
// it lies, and its size in 1/65536 of a pixel.
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

// keepMatrix refuses a matrix that does more than turn, mirror, and move by the
// width and the height.
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
		return errNotStripped // two of one id
	}
	m.handlers[t.handler], m.units[t.id] = true, t.units
	if t.handler == "vide" {
		m.width, m.height = t.width, t.height
	}
	return m.useSamples(t)
}

// keepHandler refuses other tracks than those with a picture or sound, and
// clears the handler's name.
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

// keepReferences refuses samples that are in another file.
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

// entries calls do for the boxes in a box that counts them.
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

// keepDescriptions keeps what decoders have to know of the samples.
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
			m.put(entry.start+28, 72<<16)                     // pixels an inch
			m.put(entry.start+32, 72<<16)                     //
			m.put(entry.start+36, 0)                          //
			m.put(entry.start+40, 1<<16)                      // a picture in a sample
			m.clear(span{entry.start + 42, entry.start + 74}) // the compressor's name
			m.put(entry.start+74, 24<<16|0xffff)
			return m.walk("picture", span{entry.start + 78, entry.end})
		case listed("mp4a Opus fLaC ac-3 ec-3", entry.kind):
			// Another version is QuickTime's, and longer.
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

// mp4Row is the size of an entry of a table, in bytes.
var mp4Row = map[string]int{"stts": 8, "ctts": 8, "stss": 4, "stsc": 12, "stco": 4, "co64": 8, "elst": 12}

// keepTable clears what lies behind the last entry of a table.
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
			bits = 0 // all are of one size
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

// checkEdits refuses edits that play faster or slower than the film.
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

// use notes that there are samples.
func (m *mp4) use(start, size uint64, units mp4Units) error {
	if start > uint64(len(m.data)) || size > uint64(len(m.data))-start {
		return errors.New("its samples are not all there")
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

// useSamples notes where the samples of a track are: in chunks, whose places
// are in stco or co64, their numbers of samples in stsc, and the sizes of these
// in stsz or stz2.
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

// keepTimes keeps of the tables of times what is for samples, and refuses a table
// of those to begin with that are not in order, or not there.
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
		return n * uint64(fixed) // of two numbers of 32 bits
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

// mp4Run is where the samples of a fragment are.
type mp4Run struct {
	moof   int    // where the fragment begins
	header bool   // there was a tfhd
	base   uint64 // which offsets are relative to
	next   int    // behind the last run
	size   uint32 // of a sample that tells none
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

func (m *mp4) keepFragmentHeader(b mp4Box) error {
	if b.size() < 8 {
		return errNotStripped
	}
	flags := m.uint32(b.start) & 0xffffff
	size, known := m.sizes[m.uint32(b.start+4)]
	units := m.units[m.uint32(b.start+4)]
	if flags&^tfhdKnown != 0 || !known || units == nil {
		return errNotStripped // or of a track that is not kept
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
		m.run.base = uint64(m.run.next) // behind the track before
	}
	m.run.next = -1
	return nil
}

func (m *mp4) keepRun(b mp4Box) error {
	if b.size() < 8 || !m.run.header || m.run.base > uint64(len(m.data)) {
		return errNotStripped
	}
	flags, count := m.uint32(b.start)&0xffffff, uint64(m.uint32(b.start+4))
	if flags&^trunKnown != 0 || m.data[b.start] > 1 {
		return errNotStripped
	}
	head, row, sizeAt, flagsAt := 8, 0, 0, 0
	start := m.run.next // where the run before ends
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

// silence overwrites the units in samples that no picture is made of. Samples that
// share a part of their bytes, and not all, are refused: they are no units.
func (m *mp4) silence() error {
	end := 0
	for i, u := range m.used {
		if u.units.length > 0 {
			if again := i > 0 && u == m.used[i-1]; !again && u.start < end || !u.units.silence(m.data[u.start:u.end]) {
				return errors.New("its samples are not what they should be")
			}
		}
		end = max(end, u.end)
	}
	return nil
}

// clearUnused clears what is in the mdat boxes without being a sample. Samples
// elsewhere are refused: they would be what has been overwritten.
func (m *mp4) clearUnused() error {
	slices.SortFunc(m.used, func(a, b mp4Used) int { return cmp.Or(a.start-b.start, a.end-b.end) })
	if err := m.silence(); err != nil {
		return err
	}
	i := 0
	for _, media := range m.media {
		at := media.start
		for ; i < len(m.used) && m.used[i].start < media.end; i++ {
			s := m.used[i]
			if s.start < media.start || s.end > media.end {
				return errors.New("its samples are not where samples should be")
			}
			if s.start > at {
				m.clear(span{at, s.start})
			}
			at = max(at, s.end)
		}
		m.clear(span{at, media.end})
	}
	if i < len(m.used) {
		return errors.New("its samples are not where samples should be")
	}
	return nil
}
