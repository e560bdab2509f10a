package planaravif

import (
	"bytes"
	"strings"
	"testing"

	"firstframe/render/media/mediatest"
)

// Nothing that turns, crops or covers a picture may be dropped without a word, and nobody knows
// what an unknown part does.
func TestParseRefuses(t *testing.T) {
	plain := mediatest.ReadAVIF(rendition(t))
	if _, err := Parse(plain.Bytes()); err != nil {
		t.Fatal(err)
	}
	property := func(box string) func(a *mediatest.AVIF) {
		return func(a *mediatest.AVIF) { a.Properties = append(a.Properties[:4:4], box) }
	}
	for name, change := range map[string]func(a *mediatest.AVIF){
		"a rotation":      property(mediatest.Box("irot", "\x01")),
		"a mirror":        property(mediatest.Box("imir", "\x01")),
		"a crop":          property(mediatest.Box("clap", strings.Repeat("\x00", 32))),
		"an unknown part": property(mediatest.Box("abcd")),
		"two sizes":       property(plain.Properties[0]),
		"two colours":     property(plain.Properties[3]),
		"no size":         func(a *mediatest.AVIF) { a.Properties = a.Properties[1:] },
		"another size":    func(a *mediatest.AVIF) { a.Properties[0] = strings.Replace(a.Properties[0], "\x40", "\x41", 1) },
		"an alpha plane": func(a *mediatest.AVIF) {
			a.Meta = mediatest.Box("iref", "\x00\x00\x00\x00", mediatest.Box("auxl", "\x00\x02\x00\x01\x00\x01"))
		},
		"a second meta":      func(a *mediatest.AVIF) { a.End = mediatest.Box("meta") },
		"a film":             func(a *mediatest.AVIF) { a.End = mediatest.Box("moov") },
		"an unknown box":     func(a *mediatest.AVIF) { a.Meta = mediatest.Box("abcd") },
		"data in the meta":   func(a *mediatest.AVIF) { a.Meta = mediatest.Box("idat", "\x00") },
		"no frame":           func(a *mediatest.AVIF) { a.Coded = a.Coded[:9] },
		"two frames":         func(a *mediatest.AVIF) { a.Coded += a.Coded[9:] },
		"two headers":        func(a *mediatest.AVIF) { a.Coded = a.Coded[:9] + a.Coded },
		"a tile list":        func(a *mediatest.AVIF) { a.Coded += "\x42\x00" },
		"an extension":       func(a *mediatest.AVIF) { a.Coded = "\x16\x00\x00" + a.Coded },
		"a long OBU":         func(a *mediatest.AVIF) { a.Coded += "\x2a\x05" },
		"a film's header":    func(a *mediatest.AVIF) { a.Coded = a.Coded[:2] + "\x08" + a.Coded[3:] },
		"another profile":    func(a *mediatest.AVIF) { a.Coded = a.Coded[:2] + "\x58" + a.Coded[3:] },
		"a longer header":    func(a *mediatest.AVIF) { a.Coded = "\x0a\x0bs" + a.Coded[2:] },
		"rubbish at the end": func(a *mediatest.AVIF) { a.End = "rubbish" },
	} {
		a := plain
		a.Properties = append([]string(nil), plain.Properties...)
		change(&a)
		if f, err := Parse(a.Bytes()); err == nil {
			t.Errorf("%s is not refused: %+v", name, f)
		}
	}
}

// A short file must not keep a reader busy. Here each item says that it has 65535 parts, which take
// no room, so reading all parts would take minutes.
func TestManyEmptyParts(t *testing.T) {
	items := strings.Repeat("\x00\x01\x00\x00\xff\xff", 1<<16-1)
	a := mediatest.ReadAVIF(rendition(t))
	a.Meta = mediatest.Box("iloc", "\x00\x00\x00\x00\x00\x00\xff\xff"+items)
	if _, err := Parse(a.Bytes()); err == nil {
		t.Error("it is not refused")
	}
	FindMetadata(a.Bytes())
}

// Metadata that overlap must not be read again and again.
func TestOverlappingMetadata(t *testing.T) {
	var kinds, places strings.Builder
	const n = 1000
	for i := range n {
		id := string([]byte{byte(i >> 8), byte(i)})
		kinds.WriteString(mediatest.Box("infe", "\x02\x00\x00\x00"+id+"\x00\x00mime\x00"))
		places.WriteString(id + "\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x10\x00") // 4096 bytes from the start
	}
	data := mediatest.Box("ftyp", "avif\x00\x00\x00\x00") + mediatest.Box("meta", "\x00\x00\x00\x00"+
		mediatest.Box("iinf", "\x00\x00\x00\x00\x03\xe8"+kinds.String())+
		mediatest.Box("iloc", "\x00\x00\x00\x00\x44\x00\x03\xe8"+places.String()))
	m := FindMetadata([]byte(data))
	total := 0
	for _, block := range m.XMP {
		total += len(block)
	}
	if len(m.XMP) != n || total > len(data) {
		t.Errorf("%d packets, %d bytes of a file of %d", len(m.XMP), total, len(data))
	}
}

// Colours in the file count more than colours in the sequence header, and both must agree in a file
// of ours. Otherwise programs show it differently.
func TestColors(t *testing.T) {
	a := mediatest.ReadAVIF(rendition(t))
	a.Properties[3] = mediatest.Box("colr", "nclx\x00\x0c\x00\x0d\x00\x06\x00")
	f, err := Parse(a.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(f.Bytes())
	if want := (Colors{12, transferSRGB, matrix601, false}); err != nil || f.sequence.colors != want || again.sequence.colors != want {
		t.Errorf("%+v, %+v (%v)", f.sequence.colors, again.sequence.colors, err)
	}
	a.Properties = a.Properties[:3] // only the sequence header tells them
	if f, err = Parse(a.Bytes()); err != nil || !bytes.Equal(f.Bytes(), rendition(t)) {
		t.Errorf("the colours of the sequence header are lost (%v)", err)
	}
}
