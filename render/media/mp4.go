package media

import (
	"cmp"
	"errors"
	"slices"
)

// mp4Format is MP4 (ISO/IEC 14496-12, -14 and -15), the format of clips.
var mp4Format = format{
	mediaType:   "video/mp4",
	extension:   ".mp4",
	name:        "MP4",
	begins:      func(head []byte) bool { return len(head) >= 8 && string(head[4:8]) == "ftyp" },
	strip:       stripMP4,
	marker:      marker{markMP4, unmarkMP4},
	credentials: credentialsInBoxes,
}

// stripMP4 removes everything from an MP4 file that playing it does not need: places, names, dates,
// comments, covers, and what lies between the samples. It returns a copy of the same length.
// Nothing moves, so every offset stays right: bytes are overwritten, and a removed box becomes a
// free box of the same size.
//
// Only boxes and fields that are named here stay. Each has exactly one form. The samples stay as
// they are, except for messages in samples of H.264 and HEVC. A second track of the same kind is
// emptied, because nobody sees it.
//
// A file that is not understood is an error, because nobody knows what it holds. So are samples in
// another file, and tracks that are neither picture nor sound: some cameras record their route in
// one.
func stripMP4(data []byte) ([]byte, error) {
	m := &mp4{data: slices.Clone(data)}
	whole := span{0, len(data)}
	if len(data) < 8 || string(data[4:8]) != "ftyp" {
		return nil, errors.New("it does not begin like an MP4 file")
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

// mp4Info returns the upright size of the picture of an MP4, in pixels, and how long it plays. It
// returns 0 seconds when the file does not say.
func mp4Info(data []byte) (width, height int, seconds float64, err error) {
	// Stripping reads everything that is needed, and refuses what cannot be trusted.
	m := &mp4{data: slices.Clone(data)}
	if err := m.walk("file", span{0, len(data)}); err != nil {
		return 0, 0, 0, err
	}
	if m.timescale == 0 || m.width == 0 || m.height == 0 {
		return 0, 0, 0, errors.New("it does not have a size")
	}
	duration := m.duration
	if m.sizes != nil {
		duration = m.fragmented // the other duration leaves out the fragments
	}
	return m.width, m.height, float64(duration) / float64(m.timescale), nil
}

// mp4 is a file whose metadata is being overwritten.
type mp4 struct {
	data  []byte
	movie bool      // a moov box was found
	media []span    // contents of the mdat boxes
	used  []mp4Used // where the samples are
	track *mp4Track // that is being read; nil outside of tracks
	run   mp4Run
	sizes map[uint32]uint32    // default size of the samples in fragments, by track id; nil without fragments
	units map[uint32]*mp4Units // of the tracks that are kept, by track id

	handlers             map[string]bool // of the tracks that are kept
	nextTrack            int             // offset of the id for the next track to be added
	lastTrack, fragments uint32

	width, height       int // of the first track with a picture
	timescale, duration uint64
	fragmented          uint64 // duration of a file with fragments
}

// mp4Track is the track that is being read.
type mp4Track struct {
	id            uint32
	handler       string
	width, height int
	boxes         map[string]span // contents, by type
	descriptions  uint32          // how many kinds of samples there are
	units         *mp4Units       // nil before the first description
}

// span is a part of the file.
type span struct{ start, end int }

// mp4Used is a part of the file that consists of samples.
type mp4Used struct {
	span
	units mp4Units
}

// size returns how many bytes s has.
func (s span) size() int { return s.end - s.start }

// silence overwrites those units in the samples that no picture is made from. It refuses samples
// that overlap without being equal, because those cannot be units.
func (m *mp4) silence() error {
	end := 0
	for i, u := range m.used {
		if u.units.length > 0 {
			if again := i > 0 && u == m.used[i-1]; !again && u.start < end || !u.units.silence(m.data[u.start:u.end]) {
				return errors.New("its samples are invalid")
			}
		}
		end = max(end, u.end)
	}
	return nil
}

// clearUnused clears everything in the mdat boxes that is not a sample. It refuses samples in other
// places, because stripping can have overwritten these places.
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
				return errors.New("its samples are outside of the media data")
			}
			if s.start > at {
				m.clear(span{at, s.start})
			}
			at = max(at, s.end)
		}
		m.clear(span{at, media.end})
	}
	if i < len(m.used) {
		return errors.New("its samples are outside of the media data")
	}
	return nil
}
