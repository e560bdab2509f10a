package media

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"firstframe/render/media/mediatest"
	"firstframe/render/media/planaravif"
)

// sample is a stripped file.
type sample struct {
	name, mediaType string
	data            []byte
}

// stripped returns stripped files of all formats and kinds.
func stripped(t testing.TB) []sample {
	t.Helper()
	var all []sample
	add := func(name, mediaType string, data []byte) {
		got, err := Strip(data, mediaType)
		if err != nil {
			return // a picture that cannot be read is not published
		}
		all = append(all, sample{name, mediaType, got})
	}
	for mediaType, data := range dressed(t) {
		add("dressed "+mediaType, mediaType, data)
	}
	for _, h := range hideaways(t) {
		add(h.Name, h.MediaType, h.Data)
	}
	for name, data := range mp4Films() {
		add("film, "+name, "video/mp4", data)
	}
	for name, data := range filmHideaways() {
		add("film, "+name, "video/mp4", data)
	}
	for name, data := range clips(t) {
		add(name, "video/mp4", data)
	}
	add("AVIF", "image/avif", readTestdata(t, "rendition.avif"))
	add("AVIF with a profile", "image/avif", dressedAVIF(t))
	gray := mediatest.GrayJPEG(t, 48, 32)
	add("gray JPEG", "image/jpeg", gray)
	add("turned JPEG", "image/jpeg", mediatest.InsertJPEG(gray, markerAPP1, mediatest.EXIFHead+mediatest.FullEXIF(6)))
	add("turned JFIF", "image/jpeg", mediatest.InsertJPEG(gray, 0xe0, "JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00", markerAPP1, mediatest.EXIFHead+mediatest.FullEXIF(6)))
	add("turned PNG", "image/png", mediatest.InsertPNG(mediatest.PNG(t, mediatest.Blocks(16, 16)), "eXIf", mediatest.FullEXIF(8)))
	for _, kind := range []byte{0, 2, 3, 4, 6} {
		add("raw PNG", "image/png", mediatest.RawPNG(16, 16, 8, kind))
	}
	lossy, lossless := chunk(t, readTestdata(t, "lossy.webp"), "VP8 "), chunk(t, readTestdata(t, "lossless.webp"), "VP8L")
	for _, name := range []string{"lossy.webp", "lossy-alpha.webp", "lossless.webp", "animated.webp"} {
		add(name, "image/webp", readTestdata(t, name))
	}
	for flags := range 256 {
		add("extended lossy", "image/webp", mediatest.RIFF("VP8X", mediatest.VP8X(byte(flags), 64, 48), "VP8 ", lossy))
		add("extended lossless", "image/webp", mediatest.RIFF("VP8X", mediatest.VP8X(byte(flags), 64, 48), "VP8L", lossless))
	}
	if len(all) < 150 {
		t.Fatalf("only %d files are stripped", len(all))
	}
	return all
}

// Without its packet, a marked file must be the stripped file: that is how it is checked.
func TestMark(t *testing.T) {
	packet := fullProvenance().Packet()
	short := Provenance{Origin: Origin{SourceType: "print"}}.Packet()
	for _, s := range stripped(t) {
		for _, packet := range [][]byte{packet, short} {
			before := bytes.Clone(s.data)
			marked, err := Mark(s.data, s.mediaType, packet)
			if err != nil {
				t.Errorf("%s: %v", s.name, err)
				continue
			}
			if !bytes.Equal(s.data, before) {
				t.Errorf("%s: the file itself was changed", s.name)
			}
			if n := len(marked) - len(s.data); n < len(packet) || n > len(packet)+300 {
				t.Errorf("%s: it has %d bytes more", s.name, n)
			}
			rest, got := Unmark(marked, s.mediaType)
			if !bytes.Equal(rest, s.data) || !bytes.Equal(got, packet) {
				t.Errorf("%s: the packet is not taken out: %d bytes of %d are left, and the packet is %q", s.name, len(rest), len(s.data), got)
			}
			if _, err := Mark(marked, s.mediaType, packet); err == nil {
				t.Errorf("%s: it has two packets", s.name)
			}
			again, err := Strip(rest, s.mediaType)
			if err != nil || !bytes.Equal(again, s.data) {
				t.Errorf("%s: the rest is not stripped", s.name)
			}
			wantSameContent(t, s, marked)
		}
		if got, err := Mark(s.data, s.mediaType, nil); err != nil || !bytes.Equal(got, s.data) {
			t.Errorf("%s changes without a packet (%v)", s.name, err)
		}
		if rest, packet := Unmark(s.data, s.mediaType); packet != nil || !bytes.Equal(rest, s.data) {
			t.Errorf("%s has the packet %q", s.name, packet)
		}
	}
}

// wantSameContent compares the pixels of a stripped file and a marked one, the size of a picture, and
// everything that playing a film needs.
func wantSameContent(t testing.TB, s sample, marked []byte) {
	t.Helper()
	switch s.mediaType {
	case "video/mp4":
		w, h, seconds, err := mp4Info(s.data)
		w2, h2, seconds2, err2 := mp4Info(marked)
		if w != w2 || h != h2 || seconds != seconds2 || (err == nil) != (err2 == nil) {
			t.Errorf("%s: %d × %d, %g s became %d × %d, %g s (%v, %v)", s.name, w, h, seconds, w2, h2, seconds2, err, err2)
		}
		restripped, err := Strip(marked, s.mediaType)
		if n := len(s.data); err != nil || !bytes.Equal(restripped[8:n-8], s.data[8:n-8]) && !strings.Contains(s.name, "open") {
			t.Errorf("%s: the samples have changed (%v)", s.name, err)
		}
	case "image/avif":
		before, err := planaravif.Decode(s.data)
		after, err2 := planaravif.Decode(marked)
		if err != nil || err2 != nil || !samePixels(before, after) {
			t.Errorf("%s: the pixels differ (%v, %v)", s.name, err, err2)
		}
		size, err := measureAVIF(bytes.NewReader(marked))
		if err != nil || size != before.Bounds().Size() {
			t.Errorf("%s: its size is %v (%v)", s.name, size, err)
		}
	default:
		before, err := inspectAs(s.mediaType, s.data)
		after, err2 := inspectAs(s.mediaType, marked)
		if err != nil || err2 != nil || before.width != after.width || before.height != after.height ||
			before.orientation != after.orientation || !bytes.Equal(before.profile, after.profile) {
			t.Errorf("%s: its header differs (%v, %v)", s.name, err, err2)
			return
		}
		x, err := decodeStored(s.mediaType, section(s.data))
		y, err2 := decodeStored(s.mediaType, section(marked))
		if (err == nil) != (err2 == nil) || err == nil && !samePixels(x, y) {
			t.Errorf("%s: the pixels differ (%v, %v)", s.name, err, err2)
		}
	}
}

func inspectAs(mediaType string, data []byte) (header, error) {
	return formatOf(mediaType).inspect(section(data))
}

// Nothing but our own packet in its own place counts as ours.
func TestUnmarkRefuses(t *testing.T) {
	packet := string(fullProvenance().Packet())
	foreign := map[string]string{
		"GPS":           strings.Replace(packet, ` Iptc4xmpExt:AISystemUsed`, ` xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="48" Iptc4xmpExt:AISystemUsed`, 1),
		"one more":      strings.Replace(packet, ` Iptc4xmpExt:AISystemUsed`, ` Iptc4xmpExt:City="Vienna" Iptc4xmpExt:AISystemUsed`, 1),
		"white space":   strings.Replace(packet, "</rdf:RDF>", "\n</rdf:RDF>", 1),
		"empty":         "",
		"a long packet": packet + strings.Repeat(" ", 2000),
	}
	for _, s := range stripped(t) {
		f := formatOf(s.mediaType)
		for name, p := range foreign {
			if _, err := Mark(s.data, s.mediaType, []byte(p)); err == nil {
				t.Errorf("%s: %s is written", s.name, name)
			}
			marked, err := f.mark(s.data, []byte(p))
			if err != nil {
				t.Errorf("%s, %s: %v", s.name, name, err)
				continue
			}
			if rest, got := Unmark(marked, s.mediaType); got != nil || !bytes.Equal(rest, marked) {
				t.Errorf("%s: %s is taken for ours", s.name, name)
			}
		}
		marked, _ := Mark(s.data, s.mediaType, []byte(packet))
		twice, err := f.mark(marked, []byte(packet))
		if err != nil {
			t.Errorf("%s: %v", s.name, err)
			continue
		}
		if _, got := Unmark(twice, s.mediaType); got != nil && s.mediaType != "image/avif" { // which has one again
			t.Errorf("%s: two packets are taken for one of ours", s.name)
		}
		for _, more := range []string{"\x00", "place", mediatest.Box("free", "place"), mediatest.Box("free")} {
			rest, got := Unmark(append(bytes.Clone(marked), more...), s.mediaType)
			if got != nil && bytes.Equal(rest, s.data) {
				t.Errorf("%s: %q behind it is lost", s.name, more)
			}
		}
	}
	if _, err := Mark(nil, "image/tiff", []byte(packet)); err == nil {
		t.Error("a TIFF is marked")
	}
}

// A packet in another place than ours is foreign, even if we could have written it.
func TestUnmarkElsewhere(t *testing.T) {
	packet := string(fullProvenance().Packet())
	jpeg, err := Strip(mediatest.InsertJPEG(mediatest.GrayJPEG(t, 48, 32), markerAPP1, mediatest.EXIFHead+mediatest.FullEXIF(6)), "image/jpeg")
	if err != nil {
		t.Fatal(err)
	}
	png := mediatest.PNG(t, mediatest.Blocks(16, 16))
	lossy := chunk(t, readTestdata(t, "lossy.webp"), "VP8 ")
	avif := mediatest.ReadAVIF(readTestdata(t, "rendition.avif"))
	avif.XMP = packet
	film, err := stripMP4(mediatest.PlainFilm().Bytes())
	if err != nil {
		t.Fatal(err)
	}
	uuid := mediatest.Box("uuid", packetHeadMP4[4:], packet)
	open := bytes.Clone(film)
	at, _ := lastBoxMP4(open)
	copy(open[at:], "\x00\x00\x00\x00")
	for name, s := range map[string]sample{
		"in front of the orientation":     {"", "image/jpeg", mediatest.InsertJPEG(jpeg, markerAPP1, xmpPrefix+packet)},
		"after the tables":                {"", "image/jpeg", before(jpeg, "\xff\xc0", string(appendSegment(nil, markerAPP1, []byte(xmpPrefix+packet))))},
		"an extended packet":              {"", "image/jpeg", mediatest.InsertJPEG(jpeg, markerAPP1, "http://ns.adobe.com/xmp/extension/\x00"+packet)},
		"after the pixels":                {"", "image/png", before(png, "\x00\x00\x00\x00IEND", string(appendChunk(nil, "iTXt", []byte(packetHeadPNG+packet))))},
		"with a language":                 {"", "image/png", mediatest.InsertPNG(png, "iTXt", xmpKeyword+"\x00\x00\x00en\x00\x00"+packet)},
		"in a text":                       {"", "image/png", mediatest.InsertPNG(png, "tEXt", packetHeadPNG+packet)},
		"in front of the picture":         {"", "image/webp", mediatest.RIFF("VP8X", mediatest.VP8X(webpXMP, 64, 48), "XMP ", packet, "VP8 ", lossy)},
		"without its flag":                {"", "image/webp", mediatest.RIFF("VP8X", mediatest.VP8X(0, 64, 48), "VP8 ", lossy, "XMP ", packet)},
		"with two chunks of junk":         {"", "image/webp", mediatest.RIFF("VP8X", mediatest.VP8X(webpXMP, 64, 48), "VP8 ", lossy, "XMP ", packet, "JUNK", "", "JUNK", "")},
		"with full junk":                  {"", "image/webp", mediatest.RIFF("VP8X", mediatest.VP8X(webpXMP, 64, 48), "VP8 ", lossy, "XMP ", packet, "JUNK", "place")},
		"in another order":                {"", "image/avif", avif.Bytes()},
		"in front of the index":           {"", "video/mp4", slices.Insert(bytes.Clone(film), int(film[3]), []byte(uuid)...)},
		"at the end of a box with no end": {"", "video/mp4", append(open, uuid...)},
		"with another uuid":               {"", "video/mp4", append(bytes.Clone(film), mediatest.Box("uuid", "0123456789abcdef", packet)...)},
	} {
		if s.mediaType == "video/mp4" && !bytes.Contains(s.data, []byte(packet)) {
			t.Errorf("%s: there is no packet", name)
		}
		if rest, got := Unmark(s.data, s.mediaType); got != nil || !bytes.Equal(rest, s.data) {
			t.Errorf("a packet %s is taken for ours", name)
		}
	}
}

// FuzzUnmark looks for a file that Unmark takes for another one than Mark makes of its result.
func FuzzUnmark(f *testing.F) {
	packet := fullProvenance().Packet()
	all := formats()
	seen := map[string]int{}
	for _, s := range stripped(f) {
		if seen[s.mediaType]++; seen[s.mediaType] > 8 || len(s.data) > 1<<14 {
			continue
		}
		for i, format := range all {
			if format.mediaType != s.mediaType {
				continue
			}
			marked, err := Mark(s.data, s.mediaType, packet)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(uint8(i), marked)
			f.Add(uint8(i), s.data)
		}
	}
	f.Fuzz(func(t *testing.T, kind uint8, data []byte) {
		mediaType := all[int(kind)%len(all)].mediaType
		before := bytes.Clone(data)
		rest, found := Unmark(data, mediaType)
		if !bytes.Equal(data, before) {
			t.Fatal("the file itself was changed")
		}
		if found == nil && !bytes.Equal(rest, data) {
			t.Fatal("it is cut, and has no packet")
		}
		if again, err := Mark(rest, mediaType, found); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("Mark makes something else (%v)", err)
		}
		if found == nil {
			if marked, err := Mark(data, mediaType, packet); err == nil {
				if rest, got := Unmark(marked, mediaType); got != nil && (!bytes.Equal(rest, data) || !bytes.Equal(got, packet)) {
					t.Fatal("another file is taken out")
				}
			}
		}
	})
}

// A lost state is rebuilt from the files. A marked one is as good as any other.
func TestMeasureMarked(t *testing.T) {
	packet := fullProvenance().Packet()
	for _, s := range []sample{
		{"media/0123456789abcdef-64-0123456789.jpg", "image/jpeg", mustMakeOne(t, "image/png", mediatest.PNG(t, mediatest.Blocks(64, 48)))},
		{"media/0123456789abcdef-64-0123456789.avif", "image/avif", readTestdata(t, "rendition.avif")},
	} {
		marked, err := Mark(s.data, s.mediaType, packet)
		if err != nil {
			t.Fatal(err)
		}
		name, _ := ParseName(s.name)
		path := name.WithMark(MarkOf(packet)).String()
		r, err := Measure(fstest.MapFS{path: {Data: marked}}, path)
		if err != nil || !r.Valid() || r.Width != 64 || r.Height != 48 || r.Sum != Sum(marked) {
			t.Errorf("%s: %+v, %v", path, r, err)
		}
		m := Medium{Published: Published{Path: path, Bytes: r.Bytes, Sum: r.Sum}, Rendition: &r}
		if err := m.Verify(marked); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// Every file that is restored or checked is looked at. Files without a packet must cost next to
// nothing, and others no more than copies.
func BenchmarkUnmark(b *testing.B) {
	for _, f := range formats() {
		data := map[string][]byte{"image/avif": readTestdata(b, "rendition.avif"), "video/mp4": mediatest.PlainFilm().Bytes()}[f.mediaType]
		if data == nil {
			data = dressed(b)[f.mediaType]
		}
		stripped, err := Strip(data, f.mediaType)
		if err != nil {
			b.Fatal(err)
		}
		marked, err := Mark(stripped, f.mediaType, fullProvenance().Packet())
		if err != nil {
			b.Fatal(err)
		}
		for name, data := range map[string][]byte{"without": stripped, "with": marked} {
			b.Run(f.name+" "+name, func(b *testing.B) {
				for b.Loop() {
					Unmark(data, f.mediaType)
				}
			})
		}
	}
}
