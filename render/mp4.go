package render

import (
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
// took, and samples in another file. The samples themselves stay as they are,
// with what an encoder may have written into them, such as its own name.
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
	used  []span // where samples are
	track *mp4Track
	run   mp4Run
	sizes map[uint32]uint32 // of the samples of a track, in a fragment that does not tell; nil without fragments

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
}

// span is a part of the file.
type span struct{ start, end int }

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
	"file": "ftyp styp moov moof mdat sidx",
	"moov": "mvhd trak mvex",
	"mvex": "mehd trex",
	"trak": "tkhd edts mdia",
	"edts": "elst",
	"mdia": "mdhd hdlr minf",
	"minf": "vmhd smhd dinf stbl",
	"dinf": "dref",
	"stbl": "stsd stts ctts cslg stss stsc stsz stz2 stco co64 sdtp sgpd sbgp",
	"moof": "mfhd traf",
	"traf": "tfhd tfdt trun sdtp sgpd sbgp",

	"picture": "avcC hvcC av1C vpcC esds pasp colr clap btrt mdcv clli",
	"sound":   "esds btrt dOps dfLa dac3 dec3",
}

// mp4Once are boxes that there may be once only: which of several counts, every
// player would decide for itself.
const mp4Once = "moov mvhd tkhd edts elst mdia mdhd hdlr minf vmhd smhd dinf dref stbl stsd stts ctts stss stsc stsz stz2 stco co64 mfhd tfhd tfdt"

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
	case "sgpd", "sbgp":
		m.keepGroups(b)
	case "mehd", "tfdt", "cslg", "sidx":
		return m.keepVersions(b)
	case "vmhd", "smhd", "mfhd", "trex", "pasp", "clap", "btrt", "mdcv", "clli", "colr":
		return m.keepFields(b)
	case "moof":
		m.run = mp4Run{moof: b.at, next: b.at}
		return m.walk(b.kind, b.span)
	case "traf":
		return m.keepFragment(b)
	case "tfhd":
		return m.keepFragmentHeader(b)
	case "trun":
		return m.keepRun(b)
	}
	return nil
}

func (m *mp4) uint32(at int) uint32 { return binary.BigEndian.Uint32(m.data[at:]) }

// exactly refuses a box that is shorter, and clears what it has beyond its fields.
func (m *mp4) exactly(b mp4Box, size int) error {
	if b.size() < size {
		return errNotStripped
	}
	m.clear(span{b.start + size, b.end})
	return nil
}

// mp4Fields are the sizes of boxes with fields that are always the same.
var mp4Fields = map[string]int{
	"vmhd": 12, "smhd": 8, "mfhd": 8, "trex": 24, "pasp": 8, "clap": 32, "btrt": 12, "mdcv": 24, "clli": 4,
}

func (m *mp4) keepFields(b mp4Box) error {
	size := mp4Fields[b.kind]
	if b.kind == "colr" {
		if b.size() < 4 {
			return errNotStripped
		}
		switch string(m.data[b.start : b.start+4]) {
		case "nclx":
			size = 11
		case "nclc":
			size = 10
		case "prof", "rICC":
			return nil // a profile, up to the end
		default:
			return errNotStripped
		}
	}
	if err := m.exactly(b, size); err != nil {
		return err
	}
	if b.kind == "trex" {
		if m.sizes == nil {
			m.sizes = map[uint32]uint32{}
		}
		m.sizes[m.uint32(b.start+4)] = m.uint32(b.start + 16)
	}
	return nil
}

// keepVersions keeps boxes whose fields are longer in their version 1.
func (m *mp4) keepVersions(b mp4Box) error {
	if b.size() < 8 || m.data[b.start] > 1 {
		return errNotStripped
	}
	long := int(m.data[b.start])
	switch b.kind {
	case "cslg":
		return m.exactly(b, 24+20*long)
	case "sidx":
		head := 24 + 8*long
		if b.size() < head {
			return errNotStripped
		}
		return m.exactly(b, head+12*int(binary.BigEndian.Uint16(m.data[b.start+head-2:])))
	}
	if err := m.exactly(b, 8+4*long); err != nil {
		return err
	}
	if b.kind == "mehd" {
		m.fragmented = uint64(m.uint32(b.end - 4))
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
		m.clear(span{rest + 6, rest + 16})
		m.clear(span{rest + 52, rest + 76})
	case "tkhd":
		m.clear(span{rest - word - 4, rest - word})
		m.clear(span{rest, rest + 8})
		m.clear(span{rest + 14, rest + 16})
		// Sizes are in 1/65536 of a pixel. A matrix without a and d turns by 90 or 270 degrees.
		width, height := int(m.uint32(rest+52)>>16), int(m.uint32(rest+56)>>16)
		if m.uint32(rest+16) == 0 && m.uint32(rest+32) == 0 {
			width, height = height, width
		}
		m.track.id, m.track.width, m.track.height = first, width, height
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
	if t.handler == "vide" && m.width == 0 {
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
		m.clear(span{entry.start + 4, entry.end})
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
		switch {
		case listed("avc1 avc3 hvc1 hev1 av01 vp08 vp09 mp4v", entry.kind):
			if entry.size() < 78 {
				return errNotStripped
			}
			m.clear(span{entry.start, entry.start + 6})
			m.clear(span{entry.start + 8, entry.start + 24})
			m.clear(span{entry.start + 36, entry.start + 40})
			m.clear(span{entry.start + 42, entry.start + 74}) // the compressor's name
			return m.walk("picture", span{entry.start + 78, entry.end})
		case listed("mp4a Opus fLaC ac-3 ec-3", entry.kind):
			// Another version is QuickTime's, and longer.
			if entry.size() < 28 || binary.BigEndian.Uint16(m.data[entry.start+8:]) != 0 {
				return errNotStripped
			}
			m.clear(span{entry.start, entry.start + 6})
			m.clear(span{entry.start + 8, entry.start + 16})
			return m.walk("sound", span{entry.start + 28, entry.end})
		}
		return errors.New("its samples are of an unknown kind")
	})
}

// mp4Row is the size of an entry of a table, in bytes.
var mp4Row = map[string]int{"stts": 8, "ctts": 8, "stss": 4, "stsc": 12, "stco": 4, "co64": 8, "elst": 12}

// keepTable clears what lies behind the last entry of a table.
func (m *mp4) keepTable(b mp4Box) error {
	if b.size() < 8 {
		return errNotStripped
	}
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
	return nil
}

// keepGroups keeps the groups of samples that decoders know. Others can hold
// anything, and are emptied.
func (m *mp4) keepGroups(b mp4Box) {
	if b.size() >= 16 && listed("roll prol sync", strings.TrimSpace(string(m.data[b.start+4:b.start+8]))) {
		head, row := 12, 8
		rows := m.uint32(b.start + 8)
		if b.kind == "sgpd" {
			head, row, rows = 16, int(m.uint32(b.start+8)), m.uint32(b.start+12)
		}
		version := map[string]byte{"sgpd": 1}[b.kind]
		if m.data[b.start] == version && row <= 8 && b.size() == head+row*int(rows) {
			return
		}
	}
	m.empty(b)
}

// use notes that there are samples.
func (m *mp4) use(start, size uint64) error {
	if start > uint64(len(m.data)) || size > uint64(len(m.data))-start {
		return errors.New("its samples are not all there")
	}
	if size == 0 {
		return nil
	}
	if len(m.used) == maxRuns {
		return errNotStripped
	}
	m.used = append(m.used, span{int(start), int(start + size)})
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
		if err := m.use(start, m.sampleSizes(sizes, compact, next, perChunk)); err != nil {
			return err
		}
		next += perChunk
	}
	if sdtp, ok := t.boxes["sdtp"]; ok && uint64(sdtp.size()) > 4+samples {
		m.clear(span{sdtp.start + 4 + int(samples), sdtp.end}) // a byte for each sample
	}
	if entry != entries || next != samples {
		return errNotStripped
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
	if flags&^tfhdKnown != 0 || !known {
		return errNotStripped
	}
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
	if flags&^trunKnown != 0 {
		return errNotStripped
	}
	head, row, sizeAt := 8, 0, 0
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
		head += 4
	}
	for _, flag := range []uint32{trunDuration, trunSize, trunFlags, trunComposition} {
		if flag == trunSize {
			sizeAt = row
		}
		if flags&flag != 0 {
			row += 4
		}
	}
	if start < 0 || uint64(head)+count*uint64(row) > uint64(b.size()) {
		return errNotStripped
	}
	m.clear(span{b.start + head + int(count)*row, b.end})
	total := count * uint64(m.run.size)
	if flags&trunSize != 0 {
		total = 0
		for i := range int(count) {
			total += uint64(m.uint32(b.start + head + i*row + sizeAt))
		}
	}
	if err := m.use(uint64(start), total); err != nil {
		return err
	}
	m.run.next = start + int(total)
	return nil
}

// clearUnused clears what is in the mdat boxes without being a sample. Samples
// elsewhere are refused: they would be what has been overwritten.
func (m *mp4) clearUnused() error {
	slices.SortFunc(m.used, func(a, b span) int { return a.start - b.start })
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
