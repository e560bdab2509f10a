package media

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"firstframe/render/media/mediatest"
)

// filmHideaways has films with words in places that nobody sees, in addition to those in every film
// of mediatest.
func filmHideaways() map[string][]byte {
	with := func(change func(*mediatest.Film)) []byte {
		f := mediatest.PlainFilm()
		change(&f)
		return f.Bytes()
	}
	entry := func(kind string, boxes ...string) []byte {
		return with(func(f *mediatest.Film) { f.Entry = mediatest.PictureEntry(kind, strings.Join(boxes, "")) })
	}
	sound := func(kind string, boxes ...string) []byte {
		return with(func(f *mediatest.Film) { *f = f.Sound(); f.Entry = soundEntry(kind, strings.Join(boxes, "")) })
	}
	replaced := func(old, by string) []byte {
		return bytes.Replace(mediatest.PlainFilm().Bytes(), []byte(old), []byte(by), 1)
	}
	// A parameter set of each kind. High profiles have more after them.
	const avc = "\x01\x64\x00\x1e\xfc\xe1\x00\x04\x67\x01\x02\x03\x01\x00\x02\x68\x04"
	avcC := func(more string) string { return mediatest.Box("avcC", avc+more) }
	hevc := "\x01\x01" + strings.Repeat("\x00", 10) + "\x5d" + "\x00\x00\x00\x00\x00\x00" + "se" + "\x0c\x02" +
		"\xa1\x00\x01\x00\x03\x42\x01\x02" + "\x27\x00\x01\x00\x0e\x4e\x01" + hiddenPlace
	trak := mediatest.PlainFilm().Moov(0)
	trak = trak[strings.Index(trak, "trak")-4:]
	trak = trak[:binary.BigEndian.Uint32([]byte(trak))]
	return map[string][]byte{
		"behind avcC":               entry("avc1", avcC(hiddenPlace)),
		"a little behind avcC":      entry("avc1", avcC("secr")),
		"behind the end of avcC":    entry("avc1", avcC("\xfd\xf8\xf8\x00"+hiddenPlace)),
		"extensions of sets":        entry("avc1", avcC("\xfd\xf8\xf8\x01\x00\x0c"+hiddenPlace)),
		"messages in hvcC":          entry("hvc1", mediatest.Box("hvcC", hevc+hiddenPlace)),
		"behind vpcC":               entry("vp09", mediatest.Box("vpcC", "\x01sec\x00\x0a\x82\x02\x02\x02\x00\x0c"+hiddenPlace)),
		"messages in av1C":          entry("av01", mediatest.Box("av1C", "\x81\x04\x0c\x00", "\x0a\x02\x01\x02", "\x2a\x0c"+hiddenPlace)),
		"only messages in av1C":     entry("av01", mediatest.Box("av1C", "\x81\x04\x0c\x00", "\x2a\x0c"+hiddenPlace)),
		"btrt":                      entry("avc1", avcC(""), mediatest.Box("btrt", hiddenPlace)),
		"a profile":                 entry("avc1", avcC(""), mediatest.Box("colr", "prof", string(makeProfile("RGB ", 500)))),
		"no profile":                entry("avc1", avcC(""), mediatest.Box("colr", "rICC", hiddenPlace)),
		"codes of colours":          entry("avc1", avcC(""), mediatest.Box("colr", "nclx", "s\x01e\x01c\x01\xff", hiddenPlace)),
		"styp":                      with(func(f *mediatest.Film) { f.AfterMovie = mediatest.Box("styp", hiddenPlace) }),
		"sidx":                      with(func(f *mediatest.Film) { f.AfterMovie = mediatest.Box("sidx", 0, 1, 1000, 0, 0, 1, hiddenPlace) }),
		"Content Credentials":       with(func(f *mediatest.Film) { f.AfterMovie = mediatest.CredentialsBox(hiddenPlace) }),
		"brands":                    replaced("ftypisom\x00\x00\x02\x00isomavc1", "ftypsecrplacisomcret"),
		"times of no sample":        replaced("stts"+mediatest.Fields(0, 1, 2, 1), "stts"+mediatest.Fields(0, 3, 2, 1)),
		"times of too many samples": replaced("stts"+mediatest.Fields(0, 1, 2, 1), "stts"+mediatest.Fields(0, 1, 0x73656372, 1)),
		"flags of a table":          replaced("stsz"+mediatest.Fields(0), "stsz\x00sec"),
		"flags of a header":         replaced("vmhd"+mediatest.Fields(1, 0, 0), "vmhd\x00se\x01secrplac"),
		"perspective":               replaced(mediatest.Identity()+mediatest.Fields(1280<<16), mediatest.Fields(1<<16, 0)+"secr"+mediatest.Fields(0, 1<<16)+"plac"+mediatest.Fields(0)+"secrplac"+mediatest.Fields(1280<<16)),
		"sdtp":                      with(func(f *mediatest.Film) { f.InTables = mediatest.Box("sdtp", 0, hiddenPlace) }),
		"cslg":                      with(func(f *mediatest.Film) { f.InTables = mediatest.Box("cslg", 0, hiddenPlace, "secrplac") }),
		"a second track":            with(func(f *mediatest.Film) { f.InMovie = trak }),
		"a message": with(func(f *mediatest.Film) {
			unit := "\x06\x05\x0b" + hiddenPlace[:11] + "\x80"
			f.Media, f.Chunks, f.Size = "\x0f"+unit+"\x03AAA\x03BBB"+"\x03CCC\x03DDD\x0f"+unit, []int{0, 24}, 24
		}),
		"a unit of no kind": with(func(f *mediatest.Film) {
			f.Media, f.Size, f.Chunks = "\x0d\x18"+hiddenPlace+"\x03AAA\x03BBB", 22, []int{0}
		}),
		"sound":            sound("mp4a", mediatest.ESDS("\x12\x10"+hiddenPlace)),
		"more sound":       sound("mp4a", mediatest.ESDS("\x2b\x92\x08\x00"+hiddenPlace)),
		"later sound":      sound("mp4a", mediatest.ESDS("\x12\x10\x56\xe5\x98"+hiddenPlace)),
		"behind dOps":      sound("Opus", mediatest.Box("dOps", "\x00\x02\x01\x38\x00\x00\xbb\x80\x00\x00\x00"+hiddenPlace)),
		"channels of dOps": sound("Opus", mediatest.Box("dOps", "\x00\x02\x01\x38\x00\x00\xbb\x80\x00\x00\x01\x01\x01\x00\x01"+hiddenPlace)),
		"comments of FLAC": sound("fLaC", mediatest.Box("dfLa", 0, "\x00\x00\x00\x22"+strings.Repeat("\x01", 18)+"secretplaceplace", "\x84\x00\x00\x0c"+hiddenPlace)),
		"behind dac3":      sound("ac-3", mediatest.Box("dac3", "\x50\x11\xff"+hiddenPlace)),
		"behind dec3":      sound("ec-3", mediatest.Box("dec3", "\x10\x00\x20\x0f\x00"+hiddenPlace)),
	}
}

func soundEntry(kind, boxes string) string {
	return mediatest.Box(kind, "\x00\x00secr\x00\x01", "\x00\x00secret", "\x00\x02\x00\x10secr", 44100<<16, boxes)
}

// This is TestNothingHides for films.
func TestNothingHidesInFilms(t *testing.T) {
	for name, data := range filmHideaways() {
		t.Run(name, func(t *testing.T) {
			got, err := stripMP4(data)
			if err != nil {
				t.Fatal(err)
			}
			for _, word := range append(hiddenWords, "styp", "sidx", "btrt", "sdtp") {
				if at := bytes.Index(got, []byte(word)); at >= 0 {
					t.Errorf("it still holds %q at %d", got[max(0, at-8):min(len(got), at+12)], at)
				}
			}
			for _, sample := range []string{"\x03AAA", "\x03BBB"} {
				if bytes.Index(got, []byte(sample)) != bytes.Index(data, []byte(sample)) {
					t.Errorf("the sample %q has moved", sample)
				}
			}
			if again, err := stripMP4(got); err != nil || !bytes.Equal(again, got) {
				t.Errorf("it changes when it is stripped again (%v)", err)
			}
		})
	}
}

// A stripped film must still have everything that decoders need.
func TestStripMP4KeepsConfiguration(t *testing.T) {
	films := filmHideaways()
	profile := string(keptProfile(makeProfile("RGB ", 500), 3))
	for name, want := range map[string]string{
		"behind avcC":            mediatest.Box("avcC", "\x01\x64\x00\x1e\xfc\xe1\x00\x04\x67\x01\x02\x03\x01\x00\x02\x68\x04") + mediatest.Box("free", "\x00\x00\x00\x00"),
		"behind the end of avcC": mediatest.Box("avcC", "\x01\x64\x00\x1e\xfc\xe1\x00\x04\x67\x01\x02\x03\x01\x00\x02\x68\x04\xfd\xf8\xf8\x00"),
		"messages in hvcC":       "\x00\x00\x0c\x01\xa1\x00\x01\x00\x03\x42\x01\x02",
		"messages in av1C":       mediatest.Box("av1C", "\x81\x04\x0c\x00\x0a\x02\x01\x02"),
		"a profile":              mediatest.Box("colr", "prof", profile),
		"sound":                  "\x03\x19\x00\x00\x00\x04\x11\x40\x15" + strings.Repeat("\x00", 11) + "\x05\x02\x12\x10\x06\x01\x02",
		"later sound":            "\x05\x05\x12\x10\x56\xe5\x98\x06\x01\x02",
		"more sound":             "\x05\x04\x2b\x92\x08\x00\x06\x01\x02",
		"channels of dOps":       mediatest.Box("dOps", "\x00\x02\x01\x38\x00\x00\xbb\x80\x00\x00\x01\x01\x01\x00\x01"),
		"a message":              "\x0f\x06\x05\x0b" + strings.Repeat("\xff", 11) + "\x80\x03AAA\x03BBB",
		"a unit of no kind":      "\x0d\x06\x05\x09" + strings.Repeat("\xff", 9) + "\x80\x03AAA",
		"times of no sample":     "stts" + mediatest.Fields(0, 1, 2, 1, 0, 0),
	} {
		got, err := stripMP4(films[name])
		if err != nil || !bytes.Contains(got, []byte(want)) {
			t.Errorf("%s: there is no %q (%v)", name, want, err)
		}
	}
}

// An empty message must have exactly the length of what it replaces.
func TestBlankUnits(t *testing.T) {
	for size := 1; size < 1000; size++ {
		for _, units := range []mp4Units{{length: 2}, {length: 2, hevc: true}} {
			unit := bytes.Repeat([]byte("s"), size)
			unit[0] = 6
			if units.hevc {
				unit[0] = 39 << 1
			}
			samples := append([]byte{byte(size >> 8), byte(size)}, unit...)
			if !units.silence(samples) || size > units.header()+4 && bytes.Contains(samples[2:], []byte("ss")) {
				t.Fatalf("%d bytes become %q", size, samples)
			}
			again := bytes.Clone(samples)
			if !units.silence(again) || !bytes.Equal(again, samples) {
				t.Fatalf("%d bytes become %q, and then %q", size, samples, again)
			}
			if size <= units.header()+4 {
				continue
			}
			body := samples[2+units.header():]
			kind, rest := messageNumber(body)
			length, rest := messageNumber(rest)
			if kind != 5 && kind != 260 || len(rest) != length+1 || rest[length] != 0x80 {
				t.Fatalf("%d bytes are a message %d of %d bytes: %q", size, kind, length, body)
			}
		}
	}
}
