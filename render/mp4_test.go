package render

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// isobox makes a box of a type and what is in it: strings, bytes, and numbers of 32 bits.
func isobox(kind string, parts ...any) string {
	content := fields(parts...)
	return string(binary.BigEndian.AppendUint32(nil, uint32(8+len(content)))) + kind + content
}

func fields(parts ...any) string {
	var b []byte
	for _, part := range parts {
		switch part := part.(type) {
		case string:
			b = append(b, part...)
		case int:
			b = binary.BigEndian.AppendUint32(b, uint32(part))
		default:
			panic(fmt.Sprintf("a %T in a box", part))
		}
	}
	return string(b)
}

const canary = "secret place +48.2082+016.3738/"

// film is an MP4 in parts that a test can change.
type film struct {
	handler    string
	entry      string // of stsd
	dref       string
	inTrack    string
	inTables   string
	inMovie    string
	chunks     []int // offsets in the media
	size       int   // of a chunk
	media      string
	matrix     string
	wide       bool // boxes of 64 bits, version 1
	afterMovie string
}

func identity() string { return fields(1<<16, 0, 0, 0, 1<<16, 0, 0, 0, 1<<30) }

func plainFilm() film {
	return film{
		handler: "vide",
		entry:   avc1(""),
		dref:    isobox("url ", 1),
		chunks:  []int{0, 4},
		size:    4,
		media:   "\x03AAA\x03BBB",
		matrix:  identity(),
	}
}

// avc1 is the description of a picture's samples, with canaries where names are. The
// length of a unit is a byte.
func avc1(more string) string {
	return pictureEntry("avc1", isobox("avcC", "\x01\x42\xc0\x1e\xfc\xe1\x00\x00\x01\x00\x00")+more)
}

func pictureEntry(kind, boxes string) string {
	return isobox(kind, "\x00\x00secr\x00\x01", "\x00\x00\x00\x00FFMPsecretpl", "\x05\x00\x02\xd0", "secrplac", "secr", "pl",
		"\x0csecret place"+strings.Repeat("x", 19), "seac", boxes)
}

func mp4a() string {
	return isobox("mp4a", "\x00\x00\x00\x00\x00\x00\x00\x01", "\x00\x00secret", "\x00\x02\x00\x10\x00\x00\x00\x00", 44100<<16, esds("\x12\x10"))
}

// esds tells a decoder of sound by AAC, with whispers where programs write what
// they like.
func esds(config string) string {
	descriptor := func(tag byte, content string) string {
		return string([]byte{tag, 0x80, 0x80, 0x80, byte(len(content))}) + content
	}
	return isobox("esds", "\x00sec", descriptor(3, "se\x40\x04plur"+descriptor(4, "\x40\x15secretplace"+descriptor(5, config))+descriptor(6, "\x02place")))
}

// bytes puts the parts together, with a canary in every place for one.
func (f film) bytes() []byte {
	head := isobox("ftyp", "isom", 512, "isomavc1") + isobox("free", canary) + isobox("uuid", "0123456789abcdef", canary) +
		isobox("meta", 0, canary) + isobox("skip", canary) + isobox("emsg", canary)
	movie := f.moov(0)
	return []byte(head + f.moov(len(head)+len(movie)+8) + isobox("mdat", f.media) + isobox("moof") + isobox("udta", canary) + f.afterMovie)
}

func (f film) moov(media int) string {
	times := func(between ...any) string { // two times, what is behind them, and the duration
		if !f.wide {
			return fields(0, 0x7ac3cafe, 0x7ac3cafe) + fields(between...) + fields(5000)
		}
		return fields(1<<24, 1, 0x7ac3cafe, 1, 0x7ac3cafe) + fields(between...) + fields(0, 5000)
	}
	offsets := fields(0, len(f.chunks))
	for _, at := range f.chunks {
		if f.wide {
			offsets += fields(0)
		}
		offsets += fields(media + at)
	}
	table := isobox("stco", offsets)
	if f.wide {
		table = isobox("co64", offsets)
	}
	return isobox("moov",
		isobox("mvhd", times(1000), 1<<16, "\x01\x00secret pla", f.matrix, "secret place secret plac", 2, "secret place"),
		isobox("iods", canary),
		isobox("trak",
			isobox("tkhd", times(1, 0x7ac3cafe), "secretpl", "\x00\x00\x00\x00\x00\x00se", f.matrix, 1280<<16, 720<<16, canary),
			isobox("edts", isobox("elst", 0, 1, 5000, 0, 1<<16, canary), isobox("udta", canary)),
			isobox("tref", isobox("cdsc", canary)),
			isobox("mdia",
				isobox("mdhd", times(1000), "\x55\xc4\x00\x00", canary),
				isobox("elng", 0, canary),
				isobox("hdlr", 0, "mhlr", f.handler, "secretsecret", canary+"\x00"),
				isobox("minf",
					isobox("vmhd", 1, 0, 0, canary),
					isobox("hdlr", canary),
					isobox("dinf", isobox("dref", 0, 1, f.dref)),
					isobox("stbl",
						isobox("stsd", 0, 1, f.entry),
						isobox("stts", 0, 1, len(f.chunks), 1, canary),
						isobox("stss", 0, min(1, len(f.chunks)), fields(1)[:4*min(1, len(f.chunks))], canary),
						isobox("stsc", 0, min(1, len(f.chunks)), fields(1, 1, 1)[:12*min(1, len(f.chunks))], canary),
						isobox("stsz", 0, 0, len(f.chunks), strings.Repeat(fields(f.size), len(f.chunks)), canary),
						isobox("sdtp", 0, strings.Repeat("\x00", len(f.chunks)), canary),
						isobox("sgpd", 1<<24, "plce", 4, 1, "secr"),
						isobox("sgpd", 1<<24, "roll", 2, 1, "\xff\xff"),
						isobox("sgpd", 1<<24, "roll", 2, 1, "\xff\xff"+canary),
						isobox("sbgp", 0, "roll", 1, len(f.chunks), 1),
						isobox("saio", canary),
						table, f.inTables),
					isobox("udta", canary)),
				isobox("meta", 0, canary)),
			isobox("udta", isobox("\xa9xyz", canary)),
			isobox("uuid", canary), f.inTrack),
		isobox("udta", isobox("loci", canary), isobox("\xa9xyz", canary), isobox("meta", 0, isobox("ilst", canary))),
		isobox("meta", 0, isobox("keys", canary)),
		isobox("uuid", canary), f.inMovie)
}

// whispers are the parts of canaries that are as short as the fields that they are in.
var whispers = []string{"secret", "place", "+48", "FFMP", "secr", "cretp", "\x7a\xc3\xca\xfe", "udta", "uuid", "meta", "\xa9xyz", "loci", "mhlr"}

// sound is the same film with sound instead of a picture.
func (f film) sound() film {
	f.handler, f.entry = "soun", mp4a()
	return f
}

func mp4Films() map[string][]byte {
	plain := plainFilm()
	wide := plain
	wide.wide = true
	gaps := plain
	gaps.media, gaps.chunks = "secret place\x03AAAsecret place\x03BBBsecret place", []int{12, 28}
	back := plain
	back.chunks = []int{4, 0}
	shared := plain
	shared.chunks, shared.media = []int{0, 0}, "\x03AAAplac\x03BBB"
	boxes := plain
	boxes.entry = avc1(isobox("colr", "nclx", "\x00\x01\x00\x01\x00\x01\x00", canary) + isobox("pasp", 1, 1, canary) + isobox("btrt", 1, 2, 3) + isobox("uuid", canary) + "\x00\x00\x00\x00")
	long := plain
	long.afterMovie = fields(1) + "uuid" + fields(0, 16+len(canary)) + canary
	open := plain
	open.afterMovie = fields(0) + "free" + canary
	return map[string][]byte{
		"plain": plain.bytes(), "wide": wide.bytes(), "gaps": gaps.bytes(), "sound": plain.sound().bytes(),
		"backwards": back.bytes(), "shared": shared.bytes(), "more boxes": boxes.bytes(), "long": long.bytes(), "open": open.bytes(),
		"fragments": fragments(),
	}
}

// fragments is an MP4 that is listed piece by piece.
func fragments() []byte {
	f := plainFilm()
	f.chunks = nil
	f.inMovie = isobox("mvex", isobox("mehd", 0, 9000), isobox("trex", 0, 1, 1, 40, 4, 0), isobox("leva", canary))
	head := isobox("ftyp", "iso5", 0, "iso5") + isobox("styp", "msdh", 0) + f.moov(0)
	fragment := func(base string, flags int, runs ...string) string {
		return isobox("moof", isobox("mfhd", 0, 1, canary), isobox("pssh", canary),
			isobox("traf", isobox("tfhd", flags, 1, base, canary), isobox("tfdt", 1<<24, 0, 40, canary), strings.Join(runs, ""), isobox("udta", canary)),
			isobox("meta", canary))
	}
	// Offsets are those of the sample behind its fragment; a first pass tells how long that is.
	build := func(at1, at2 int) (string, string) {
		first := fragment("", 0x20000, isobox("trun", 0x201, 2, at1, 4, 4, canary), isobox("trun", 0, 1, canary))
		second := fragment(fields(0, 0), 1, isobox("trun", 1, 1, at2))
		return first, second
	}
	first, second := build(0, 0)
	media := isobox("mdat", "secr\x03AAA\x03BBB\x03CCCplac")
	at2 := len(head) + len(first) + len(media) + len(second)
	first, second = build(len(first)+8+4, at2+8)
	return []byte(head + first + media + second + isobox("mdat", "\x03DDD", canary) + isobox("sidx", 0, 1, 1000, 0, 0, 1, 0, 0, 0, canary) + isobox("mfra", canary))
}

// Whoever downloads a video must not learn where its owner was, and still see it.
func TestStripMP4(t *testing.T) {
	for name, data := range mp4Films() {
		t.Run(name, func(t *testing.T) {
			before := bytes.Clone(data)
			got, err := StripMP4(data)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(data, before) {
				t.Error("the film itself was changed")
			}
			if len(got) != len(data) {
				t.Fatalf("%d bytes became %d", len(data), len(got))
			}
			for _, whisper := range whispers {
				if at := bytes.Index(got, []byte(whisper)); at >= 0 {
					t.Errorf("it still holds %q at %d: %q", whisper, at, got[max(0, at-40):min(len(got), at+20)])
				}
			}
			for _, sample := range []string{"\x03AAA", "\x03BBB", "\x03CCC", "\x03DDD"} {
				if name == "shared" && sample == "\x03BBB" {
					continue // there, no sample
				}
				if bytes.Index(got, []byte(sample)) != bytes.Index(data, []byte(sample)) {
					t.Errorf("the sample %s moved", sample)
				}
			}
			again, err := StripMP4(got)
			if err != nil || !bytes.Equal(again, got) {
				t.Errorf("stripped again it differs (%v)", err)
			}
			width, height, seconds, err := MP4Info(got)
			want := map[string]float64{"fragments": 9}[name]
			if want == 0 {
				want = 5
			}
			if name != "sound" && (width != 1280 || height != 720 || seconds != want || err != nil) {
				t.Errorf("%d×%d, %g s, %v", width, height, seconds, err)
			}
			if name == "sound" && err == nil {
				t.Error("sound has a size")
			}
		})
	}
}

// A film that was taken upright lies on its side in the file.
func TestMP4InfoTurned(t *testing.T) {
	f := plainFilm()
	f.matrix = fields(0, 1<<16, 0, -1<<16, 0, 0, 720<<16, 0, 1<<30)
	width, height, _, err := MP4Info(f.bytes())
	if width != 720 || height != 1280 || err != nil {
		t.Errorf("%d×%d, %v", width, height, err)
	}
}

// What is not understood is refused, since nobody knows what it tells.
func TestStripMP4Refuses(t *testing.T) {
	with := func(change func(*film)) []byte {
		f := plainFilm()
		change(&f)
		return f.bytes()
	}
	replaced := func(old, by string) []byte { return bytes.Replace(plainFilm().bytes(), []byte(old), []byte(by), 1) }
	whole := plainFilm().bytes()
	deep := strings.Repeat("\x00\x00\x10\x00moov", 500)
	for name, data := range map[string][]byte{
		"nothing":               nil,
		"a picture":             []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"),
		"no movie":              []byte(isobox("ftyp", "isom", 512) + isobox("mdat", "\x03AAA")),
		"two movies":            append(bytes.Clone(whole), plainFilm().moov(0)...),
		"too long":              replaced("\x00\x00\x00\x13avcC", "\x7f\x00\x00\x13avcC"),
		"too short":             replaced("\x00\x00\x00\x13avcC", "\x00\x00\x00\x07avcC"),
		"open inside":           replaced("\x00\x00\x00\x13avcC", "\x00\x00\x00\x00avcC"),
		"behind the end":        append(bytes.Clone(whole), "\x00\x00\x00"...),
		"64 bits":               append(bytes.Clone(whole), "\x00\x00\x00\x01free\xff\xff\xff\xff\xff\xff\xff\xff"...),
		"deep":                  []byte(isobox("ftyp", "isom", 512) + deep),
		"a way":                 with(func(f *film) { f.handler = "meta" }),
		"telemetry":             with(func(f *film) { f.handler = "camm" }),
		"subtitles":             with(func(f *film) { f.handler = "text" }),
		"unknown samples":       with(func(f *film) { f.entry = isobox("gpmd", canary) }),
		"encrypted":             with(func(f *film) { f.entry = strings.Replace(avc1(""), "avc1", "encv", 1) }),
		"another file":          with(func(f *film) { f.dref = isobox("url ", 0, "https://example.com/secret.mp4\x00") }),
		"an alias":              with(func(f *film) { f.dref = isobox("alis", 1) }),
		"samples beyond":        with(func(f *film) { f.chunks = []int{0, 5000} }),
		"samples in the index":  with(func(f *film) { f.chunks = []int{0, -60} }),
		"samples over the end":  with(func(f *film) { f.chunks = []int{0, 6} }),
		"two tables":            with(func(f *film) { f.inTables = isobox("stco", 0, 0) }),
		"wide and narrow":       with(func(f *film) { f.inTables = isobox("co64", 0, 0) }),
		"two sizes":             with(func(f *film) { f.inTables = isobox("stz2", 0, 8, 0) }),
		"two handlers":          with(func(f *film) { f.inTrack = isobox("mdia") }),
		"a track of nothing":    with(func(f *film) { f.inMovie = isobox("trak") }),
		"a fragment of nothing": append(bytes.Clone(whole), isobox("moof", isobox("traf", isobox("trun", 0, 0)))...),
		"a track nobody knows":  append(bytes.Clone(whole), isobox("moof", isobox("traf", isobox("tfhd", 0, 9)))...),
		"too many samples":      replaced("stsz"+fields(0, 0, 2), "stsz"+fields(0, 0, 9000)),
		"fewer chunks":          replaced("stsc"+fields(0, 1, 1, 1, 1), "stsc"+fields(0, 1, 1, 2, 1)),
		"no chunk 1":            replaced("stsc"+fields(0, 1, 1, 1, 1), "stsc"+fields(0, 1, 2, 1, 1)),
	} {
		if got, err := StripMP4(data); err == nil {
			t.Errorf("%s is not refused", name)
		} else if got != nil {
			t.Errorf("%s is refused and returned", name)
		}
	}
	for i := range len(whole) - len(isobox("moof")+isobox("udta", canary)) {
		if _, err := StripMP4(whole[:i]); err == nil {
			t.Fatalf("cut at %d it is not refused", i)
		}
	}
}

// Sizes of samples come in two tables and three widths.
func TestSampleSizes(t *testing.T) {
	for name, test := range map[string]struct {
		table   string
		compact bool
		want    uint64
	}{
		"each":   {fields(0, 0, 3, 7, 1<<20, 5), false, 1<<20 + 5},
		"fixed":  {fields(0, 9, 3), false, 18},
		"4 bit":  {fields(0, 4, 3) + "\x12\x30", true, 5},
		"8 bit":  {fields(0, 8, 3) + "\x01\xff\x03", true, 258},
		"16 bit": {fields(0, 16, 3) + "\x00\x01\xff\xff\x00\x03", true, 65538},
	} {
		m := &mp4{data: []byte(test.table)}
		if got := m.sampleSizes(span{0, len(test.table)}, test.compact, 1, 2); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}

// clips are real films: those of the demo.
func clips(t testing.TB) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob("../fetch/demo/clips/*.mp4")
	if err != nil || len(paths) == 0 {
		t.Fatal("there are no clips", err)
	}
	found := map[string][]byte{}
	for _, path := range paths {
		if found[filepath.Base(path)], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	return found
}

func TestStripClips(t *testing.T) {
	for name, data := range clips(t) {
		got, err := StripMP4(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		at := bytes.Index(data, []byte("mdat"))
		if !bytes.Equal(got[at:], data[at:]) {
			t.Errorf("%s: samples were changed", name)
		}
		for _, tag := range []string{"Lavc", "Lavf", "VideoHandler", "udta"} {
			if bytes.Contains(got, []byte(tag)) {
				t.Errorf("%s: it still holds %s", name, tag)
			}
		}
		width, height, seconds, err := MP4Info(data)
		if size := fmt.Sprintf("%d×%d", width, height); err != nil || seconds != 2.5 || size != "640×360" && size != "416×608" {
			t.Errorf("%s: %s, %g s, %v", name, size, seconds, err)
		}
	}
}

// FuzzStripMP4 looks for files that keep what is to go, or that break the
// stripper.
func FuzzStripMP4(f *testing.F) {
	for _, data := range mp4Films() {
		f.Add(data)
	}
	for _, data := range filmHideaways() {
		f.Add(data)
	}
	for _, data := range clips(f) {
		f.Add(data[:8192])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := StripMP4(data)
		if err != nil {
			return
		}
		if len(got) != len(data) {
			t.Fatalf("%d bytes became %d", len(data), len(got))
		}
		again, err := StripMP4(got)
		if err != nil || !bytes.Equal(again, got) {
			t.Fatalf("what was stripped is not accepted as it is: %v", err)
		}
		m := &mp4{data: got}
		var look func(s span, depth int)
		look = func(s span, depth int) {
			_ = m.each(s, func(b mp4Box) error {
				if listed("udta uuid meta emsg loci keys ilst iods tref mfra", b.kind) || b.kind[0] == 0xa9 {
					t.Errorf("there is a box %s", b.kind)
				}
				if b.kind == "free" && strings.Trim(string(got[b.start:b.end]), "\x00") != "" {
					t.Error("a free box holds something")
				}
				if listed("moov trak mdia minf stbl edts dinf mvex moof traf", b.kind) && depth < 10 {
					look(b.span, depth+1)
				}
				return nil
			})
		}
		look(span{0, len(got)}, 0)
		if _, _, seconds, err := MP4Info(got); err == nil && !(seconds >= 0) {
			t.Errorf("it plays for %g s", seconds)
		}
	})
}
