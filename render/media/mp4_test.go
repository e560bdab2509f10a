package media

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"firstframe/render/media/mediatest"
)

func mp4Films() map[string][]byte {
	plain := mediatest.PlainFilm()
	wide := plain
	wide.Wide = true
	gaps := plain
	gaps.Media, gaps.Chunks = "secret place\x03AAAsecret place\x03BBBsecret place", []int{12, 28}
	back := plain
	back.Chunks = []int{4, 0}
	shared := plain
	shared.Chunks, shared.Media = []int{0, 0}, "\x03AAAplac\x03BBB"
	boxes := plain
	boxes.Entry = mediatest.AVC1(mediatest.Box("colr", "nclx", "\x00\x01\x00\x01\x00\x01\x00", mediatest.Canary) + mediatest.Box("pasp", 1, 1, mediatest.Canary) + mediatest.Box("btrt", 1, 2, 3) + mediatest.Box("uuid", mediatest.Canary) + "\x00\x00\x00\x00")
	long := plain
	long.AfterMovie = mediatest.Fields(1) + "uuid" + mediatest.Fields(0, 16+len(mediatest.Canary)) + mediatest.Canary
	open := plain
	open.AfterMovie = mediatest.Fields(0) + "free" + mediatest.Canary
	return map[string][]byte{
		"plain": plain.Bytes(), "wide": wide.Bytes(), "gaps": gaps.Bytes(), "sound": plain.Sound().Bytes(),
		"backwards": back.Bytes(), "shared": shared.Bytes(), "more boxes": boxes.Bytes(), "long": long.Bytes(), "open": open.Bytes(),
		"fragments": fragments(),
	}
}

// fragments returns an MP4 with fragments.
func fragments() []byte {
	f := mediatest.PlainFilm()
	f.Chunks = nil
	f.InMovie = mediatest.Box("mvex", mediatest.Box("mehd", 0, 9000), mediatest.Box("trex", 0, 1, 1, 40, 4, 0), mediatest.Box("leva", mediatest.Canary))
	head := mediatest.Box("ftyp", "iso5", 0, "iso5") + mediatest.Box("styp", "msdh", 0) + f.Moov(0)
	fragment := func(base string, flags int, runs ...string) string {
		return mediatest.Box("moof", mediatest.Box("mfhd", 0, 1, mediatest.Canary), mediatest.Box("pssh", mediatest.Canary),
			mediatest.Box("traf", mediatest.Box("tfhd", flags, 1, base, mediatest.Canary), mediatest.Box("tfdt", 1<<24, 0, 40, mediatest.Canary), strings.Join(runs, ""), mediatest.Box("udta", mediatest.Canary)),
			mediatest.Box("meta", mediatest.Canary))
	}
	// The offsets lead to the samples after each fragment. The first pass finds how long the
	// fragments are.
	build := func(at1, at2 int) (string, string) {
		first := fragment("", 0x20000, mediatest.Box("trun", 0x201, 2, at1, 4, 4, mediatest.Canary), mediatest.Box("trun", 0, 1, mediatest.Canary))
		second := fragment(mediatest.Fields(0, 0), 1, mediatest.Box("trun", 1, 1, at2))
		return first, second
	}
	first, second := build(0, 0)
	media := mediatest.Box("mdat", "secr\x03AAA\x03BBB\x03CCCplac")
	at2 := len(head) + len(first) + len(media) + len(second)
	first, second = build(len(first)+8+4, at2+8)
	return []byte(head + first + media + second + mediatest.Box("mdat", "\x03DDD", mediatest.Canary) + mediatest.Box("sidx", 0, 1, 1000, 0, 0, 1, 0, 0, 0, mediatest.Canary) + mediatest.Box("mfra", mediatest.Canary))
}

// Somebody who downloads a video must not learn where its owner was, but must be able to watch it.
func TestStripMP4(t *testing.T) {
	for name, data := range mp4Films() {
		t.Run(name, func(t *testing.T) {
			before := bytes.Clone(data)
			got, err := stripMP4(data)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(data, before) {
				t.Error("the film itself was changed")
			}
			if len(got) != len(data) {
				t.Fatalf("%d bytes became %d", len(data), len(got))
			}
			for _, whisper := range mediatest.Whispers {
				if at := bytes.Index(got, []byte(whisper)); at >= 0 {
					t.Errorf("it still holds %q at %d: %q", whisper, at, got[max(0, at-40):min(len(got), at+20)])
				}
			}
			for _, sample := range []string{"\x03AAA", "\x03BBB", "\x03CCC", "\x03DDD"} {
				if name == "shared" && sample == "\x03BBB" {
					continue // not a sample in this film
				}
				if bytes.Index(got, []byte(sample)) != bytes.Index(data, []byte(sample)) {
					t.Errorf("the sample %s moved", sample)
				}
			}
			again, err := stripMP4(got)
			if err != nil || !bytes.Equal(again, got) {
				t.Errorf("it changes when it is stripped again (%v)", err)
			}
			width, height, seconds, err := mp4Info(got)
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

// A film in portrait format lies on its side in the file.
func TestMP4InfoTurned(t *testing.T) {
	f := mediatest.PlainFilm()
	f.Matrix = mediatest.Fields(0, 1<<16, 0, -1<<16, 0, 0, 720<<16, 0, 1<<30)
	width, height, _, err := mp4Info(f.Bytes())
	if width != 720 || height != 1280 || err != nil {
		t.Errorf("%d×%d, %v", width, height, err)
	}
}

// A file that is not understood is refused, because nobody knows what it holds.
func TestStripMP4Refuses(t *testing.T) {
	with := func(change func(*mediatest.Film)) []byte {
		f := mediatest.PlainFilm()
		change(&f)
		return f.Bytes()
	}
	replaced := func(old, by string) []byte {
		return bytes.Replace(mediatest.PlainFilm().Bytes(), []byte(old), []byte(by), 1)
	}
	whole := mediatest.PlainFilm().Bytes()
	deep := strings.Repeat("\x00\x00\x10\x00moov", 500)
	for name, data := range map[string][]byte{
		"nothing":               nil,
		"a picture":             []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"),
		"no movie":              []byte(mediatest.Box("ftyp", "isom", 512) + mediatest.Box("mdat", "\x03AAA")),
		"two movies":            append(bytes.Clone(whole), mediatest.PlainFilm().Moov(0)...),
		"too long":              replaced("\x00\x00\x00\x13avcC", "\x7f\x00\x00\x13avcC"),
		"too short":             replaced("\x00\x00\x00\x13avcC", "\x00\x00\x00\x07avcC"),
		"open inside":           replaced("\x00\x00\x00\x13avcC", "\x00\x00\x00\x00avcC"),
		"after the end":         append(bytes.Clone(whole), "\x00\x00\x00"...),
		"64 bits":               append(bytes.Clone(whole), "\x00\x00\x00\x01free\xff\xff\xff\xff\xff\xff\xff\xff"...),
		"deep":                  []byte(mediatest.Box("ftyp", "isom", 512) + deep),
		"a way":                 with(func(f *mediatest.Film) { f.Handler = "meta" }),
		"telemetry":             with(func(f *mediatest.Film) { f.Handler = "camm" }),
		"subtitles":             with(func(f *mediatest.Film) { f.Handler = "text" }),
		"unknown samples":       with(func(f *mediatest.Film) { f.Entry = mediatest.Box("gpmd", mediatest.Canary) }),
		"encrypted":             with(func(f *mediatest.Film) { f.Entry = strings.Replace(mediatest.AVC1(""), "avc1", "encv", 1) }),
		"another file":          with(func(f *mediatest.Film) { f.Dref = mediatest.Box("url ", 0, "https://example.com/secret.mp4\x00") }),
		"an alias":              with(func(f *mediatest.Film) { f.Dref = mediatest.Box("alis", 1) }),
		"samples beyond":        with(func(f *mediatest.Film) { f.Chunks = []int{0, 5000} }),
		"samples in the index":  with(func(f *mediatest.Film) { f.Chunks = []int{0, -60} }),
		"samples over the end":  with(func(f *mediatest.Film) { f.Chunks = []int{0, 6} }),
		"two tables":            with(func(f *mediatest.Film) { f.InTables = mediatest.Box("stco", 0, 0) }),
		"wide and narrow":       with(func(f *mediatest.Film) { f.InTables = mediatest.Box("co64", 0, 0) }),
		"two sizes":             with(func(f *mediatest.Film) { f.InTables = mediatest.Box("stz2", 0, 8, 0) }),
		"two handlers":          with(func(f *mediatest.Film) { f.InTrack = mediatest.Box("mdia") }),
		"a track of nothing":    with(func(f *mediatest.Film) { f.InMovie = mediatest.Box("trak") }),
		"a fragment of nothing": append(bytes.Clone(whole), mediatest.Box("moof", mediatest.Box("traf", mediatest.Box("trun", 0, 0)))...),
		"a track nobody knows":  append(bytes.Clone(whole), mediatest.Box("moof", mediatest.Box("traf", mediatest.Box("tfhd", 0, 9)))...),
		"too many samples":      replaced("stsz"+mediatest.Fields(0, 0, 2), "stsz"+mediatest.Fields(0, 0, 9000)),
		"fewer chunks":          replaced("stsc"+mediatest.Fields(0, 1, 1, 1, 1), "stsc"+mediatest.Fields(0, 1, 1, 2, 1)),
		"no chunk 1":            replaced("stsc"+mediatest.Fields(0, 1, 1, 1, 1), "stsc"+mediatest.Fields(0, 1, 2, 1, 1)),
	} {
		if got, err := stripMP4(data); err == nil {
			t.Errorf("%s is not refused", name)
		} else if got != nil {
			t.Errorf("%s is refused, but data is returned", name)
		}
	}
	for i := range len(whole) - len(mediatest.Box("moof")+mediatest.Box("udta", mediatest.Canary)) {
		if _, err := stripMP4(whole[:i]); err == nil {
			t.Fatalf("cut at %d it is not refused", i)
		}
	}
}

// The sizes of samples come in two kinds of tables and three widths.
func TestSampleSizes(t *testing.T) {
	for name, test := range map[string]struct {
		table   string
		compact bool
		want    uint64
	}{
		"each":   {mediatest.Fields(0, 0, 3, 7, 1<<20, 5), false, 1<<20 + 5},
		"fixed":  {mediatest.Fields(0, 9, 3), false, 18},
		"4 bit":  {mediatest.Fields(0, 4, 3) + "\x12\x30", true, 5},
		"8 bit":  {mediatest.Fields(0, 8, 3) + "\x01\xff\x03", true, 258},
		"16 bit": {mediatest.Fields(0, 16, 3) + "\x00\x01\xff\xff\x00\x03", true, 65538},
	} {
		m := &mp4{data: []byte(test.table)}
		if got := m.sampleSizes(span{0, len(test.table)}, test.compact, 1, 2); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}

// clips returns real films: the clips of the demo.
func clips(t testing.TB) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob("../../fetch/demo/clips/*.mp4")
	if err != nil || len(paths) == 0 {
		t.Fatal("no clips", err)
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
		got, err := stripMP4(data)
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
		width, height, seconds, err := mp4Info(data)
		if size := fmt.Sprintf("%d×%d", width, height); err != nil || seconds != 2.5 || size != "640×360" && size != "416×608" {
			t.Errorf("%s: %s, %g s, %v", name, size, seconds, err)
		}
	}
}

// FuzzStripMP4 looks for files that keep something that must go, or that break the stripper.
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
		got, err := stripMP4(data)
		if err != nil {
			return
		}
		if len(got) != len(data) {
			t.Fatalf("%d bytes became %d", len(data), len(got))
		}
		again, err := stripMP4(got)
		if err != nil || !bytes.Equal(again, got) {
			t.Fatalf("it changes when it is stripped again: %v", err)
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
		if _, _, seconds, err := mp4Info(got); err == nil && !(seconds >= 0) {
			t.Errorf("it plays for %g s", seconds)
		}
	})
}
