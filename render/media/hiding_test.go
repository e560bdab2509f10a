package media

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"reflect"
	"slices"
	"strings"
	"testing"

	"firstframe/render/media/mediatest"
	"firstframe/render/media/planarjpeg"
)

// hiddenWords are short, so that they fit in fields of four bytes.
var hiddenWords = []string{"secr", "cret", "plac", "lace"}

const hiddenPlace = "secret place" // 12 bytes

// hideaway is a picture with words in a place that nobody sees.
type hideaway struct {
	Name, MediaType string
	Data            []byte
}

func hideaways(t testing.TB) []hideaway {
	return slices.Concat(jpegHideaways(t), pngHideaways(t), gifHideaways(t), webpHideaways(t))
}

// before puts words in front of the first mark.
func before(data []byte, mark, words string) []byte {
	at := bytes.Index(data, []byte(mark))
	if at < 0 {
		panic("missing: " + mark)
	}
	return slices.Concat(data[:at], []byte(words), data[at:])
}

// over overwrites data at an offset with words.
func over(data []byte, offset int, words string) []byte {
	out := slices.Clone(data)
	copy(out[offset:], words)
	return out
}

func jpegHideaways(t testing.TB) []hideaway {
	const soi, eoi, scan, frame = "\xff\xd8", "\xff\xd9", "\xff\xda", "\xff\xc0"
	plain := mediatest.JPEG(t, mediatest.Blocks(64, 48))
	segment := func(marker byte, content string) string { return string(appendSegment(nil, marker, []byte(content))) }
	behind := func(words string) []byte {
		return slices.Concat(plain[:len(plain)-2], []byte(words), plain[len(plain)-2:])
	}
	at := bytes.Index(plain, []byte(frame))
	table := strings.Repeat(hiddenPlace, 6)[:64]
	adobe := "Adobesecret\x01place"
	progressive := mustMakeOne(t, "image/png", mediatest.PNG(t, mediatest.Blocks(64, 48)))
	header := bytes.Index(plain, []byte(scan)) + 11

	var out []hideaway
	add := func(name string, data []byte) { out = append(out, hideaway{"JPEG, " + name, "image/jpeg", data}) }
	for name, content := range map[string]string{
		"COM": "\xfe" + hiddenPlace, "APP3": "\xe3" + hiddenPlace, "JFXX": "\xe0JFXX\x00" + hiddenPlace, "DAC": "\xcc" + hiddenPlace,
		"DNL": "\xdc" + hiddenPlace, "an unused DQT": "\xdb\x03" + table, "JPG": "\xc8" + hiddenPlace, "Photoshop": "\xedPhotoshop 3.0\x00" + hiddenPlace,
		"an unused DHT": "\xc4\x13\x00\x00\x00\x08" + strings.Repeat("\x00", 12) + hiddenPlace[:8], "JFIF": "\xe0JFIF\x00secret pl\x01\x01ace",
		"a part of a profile": "\xe2" + iccPrefix + "\x01\x02" + hiddenPlace, "FlashPix": "\xe2FPXR\x00" + hiddenPlace, "Adobe": "\xee" + adobe,
		"DRI": "\xddse", "EXIF": "\xe1" + mediatest.EXIFHead + mediatest.FullEXIF(1) + hiddenPlace,
	} {
		add(name, before(plain, "\xff\xdb", segment(content[0], content[1:])))
		if name != "Adobe" && name != "JFIF" && name != "DRI" {
			add(name+" after the scan", behind(segment(content[0], content[1:])))
		}
		if name != "EXIF" && name != "Adobe" {
			add(name+", progressive", before(progressive, "\xff\xdb", segment(content[0], content[1:])))
		}
	}
	add("DQT after the scan", behind(segment(0xdb, "\x00"+table)))
	add("DHT after the scan", behind(segment(0xc4, "\x10\x00\x00\x00\x08"+strings.Repeat("\x00", 12)+hiddenPlace[:8])))
	add("Content Credentials", mediatest.AddCredentials(plain, "image/jpeg", hiddenPlace))
	add("after the last MCU", behind(hiddenPlace))
	add("after false restart markers", behind("\xff\xd0"+hiddenPlace+"\xff\xd1"+hiddenPlace))
	add("after the end", append(slices.Clone(plain), hiddenPlace...))
	add("a picture after the end", slices.Concat(plain, before(plain, "\xff\xdb", segment(0xfe, hiddenPlace))))
	names := over(over(over(plain, at+10, "s"), at+13, "e"), at+16, "c")
	add("names of components", over(over(over(names, header-6, "s"), header-4, "e"), header-2, "c"))
	add("numbers of a sequential scan", over(plain, header, "sec"))
	add("unused codes", unusedCodes(t, plain))
	add("a profile", mediatest.InsertJPEG(plain, jpegICC(makeProfile("RGB ", 500))...))
	add("a profile for gray", mediatest.InsertJPEG(plain, jpegICC(makeProfile("GRAY", 500))...))
	return out
}

// unusedCodes hides words in the symbols of Huffman codes that no scan uses.
func unusedCodes(t testing.TB, data []byte) []byte {
	f := &jpegKept{transform: -1, interned: map[string]*jpegTable{}}
	if !f.read(data) {
		t.Fatal("the file is not understood")
	}
	out := slices.Clone(data)
	table := f.scans[0].ac[0]
	at := bytes.Index(data, table.symbols)
	for place := range table.symbols {
		if !table.used[place] {
			out[at+place] = hiddenPlace[place%12]
		}
	}
	if !bytes.Contains(out, []byte("secr")) {
		t.Fatal("there is no room")
	}
	return out
}

func mustMakeOne(t testing.TB, mediaType string, data []byte) []byte {
	t.Helper()
	_, files := mustMake(t, &Maker{Widths: []int{1920}}, mediaType, data)
	return files[0]
}

func pngHideaways(t testing.TB) []hideaway {
	plain := mediatest.PNG(t, mediatest.Blocks(64, 48))
	pixels := pngBody(plain, "IDAT")
	head := pngBody(plain, "IHDR")
	file := func(chunks ...string) []byte { return mediatest.PNGFile(append([]string{"IHDR", head}, chunks...)...) }
	palette := "\xff\x00\x00\x00\xff\x00" + hiddenPlace + "secretplacesecretplacesecretpl"
	indexed := mediatest.IHDR(4, 2, 4, pngPalette, 0)
	rows := deflate([]byte("\x00\x01\x01\x00\x10\x01"))
	control := mediatest.Fields(0, 64, 48, 0, 0) + "\x00\x0a\x00\x64\x00\x00"
	second := mediatest.Fields(1, 64, 48, 0, 0) + "\x00\x0a\x00\x64\x00\x00"
	animated := func(announce, more, behind string) []byte {
		return file("acTL", mediatest.Fields(2, 0)+announce, "fcTL", control+more, "IDAT", pixels, "fcTL", second+more,
			"fdAT", mediatest.Fields(2)+pixels+behind, "IEND", "")
	}

	var out []hideaway
	add := func(name string, data []byte) { out = append(out, hideaway{"PNG, " + name, "image/png", data}) }
	for _, c := range [][2]string{
		{"gAMA", mediatest.Fields(45455) + hiddenPlace}, {"cHRM", strings.Repeat("\x00\x00\x7a\x25", 8) + hiddenPlace}, {"sRGB", "\x00" + hiddenPlace},
		{"sBIT", "sec"}, {"sBIT", "\x08\x08\x08" + hiddenPlace}, {"pHYs", "secrplac\x01"}, {"cICP", "\x01\x0d\x00\x01" + hiddenPlace},
		{"cICP", "secr"}, {"sRGB", "s"}, {"PLTE", hiddenPlace}, {"tRNS", "\x00\x01\x00\x02\x00\x03" + hiddenPlace}, {"tRNS", "s\x01e\x02c\x03"},
		{"acTL", "secrplac"}, {"fcTL", mediatest.Fields(0) + "secret place, and mores."}, {"fdAT", mediatest.Fields(0) + hiddenPlace}, {"bKGD", "secret"},
		{"hIST", "secr"}, {"sPLT", hiddenPlace}, {"tEXt", hiddenPlace}, {"zTXt", hiddenPlace}, {"iTXt", hiddenPlace}, {"tIME", "secret."},
		{"eXIf", mediatest.FullEXIF(1) + hiddenPlace}, {"prVt", hiddenPlace}, {"iCCP", hiddenPlace + "\x00\x00" + deflate(makeProfile("RGB ", 500))},
		{"iCCP", "icc\x00\x00" + deflate(makeProfile("RGB ", 500)) + hiddenPlace}, {"iCCP", "icc\x00\x00" + hiddenPlace}, {"oFFs", "secrplac\x00"},
		{"iCCP", "icc\x00\x00" + string(storeZlib(makeProfile("GRAY", 500)))},
	} {
		add(c[0]+" "+c[1][:1], file(c[0], c[1], "IDAT", pixels, "IEND", ""))
		if c[0] != "PLTE" && c[0] != "tRNS" {
			add(c[0]+" after the pixels, "+c[1][:1], file("IDAT", pixels, c[0], c[1], "IEND", ""))
		}
	}
	add("Content Credentials", mediatest.AddCredentials(plain, "image/png", hiddenPlace))
	add("after the stream", file("IDAT", pixels+hiddenPlace, "IEND", ""))
	add("after the stream, in another chunk", file("IDAT", pixels, "IDAT", hiddenPlace, "IEND", ""))
	add("another run", file("IDAT", pixels, "tIME", "\x07\xe8\x01\x01\x01\x01\x01", "IDAT", hiddenPlace, "IEND", ""))
	add("after the end", append(slices.Clone(plain), hiddenPlace...))
	add("unused colors", mediatest.PNGFile("IHDR", indexed, "PLTE", palette, "tRNS", "\xff\x80"+hiddenPlace, "IDAT", rows, "IEND", ""))
	add("a long animation", animated(hiddenPlace, hiddenPlace, hiddenPlace))
	add("a frame without pixels", file("acTL", mediatest.Fields(1, 0), "IDAT", pixels, "fcTL", control, "fdAT", mediatest.Fields(1)+hiddenPlace, "IEND", ""))
	add("a broken animation", file("acTL", mediatest.Fields(9, 0), "fcTL", control, "IDAT", pixels, "fcTL", second, "fdAT", mediatest.Fields(2)+hiddenPlace, "IEND", ""))
	return out
}

func pngBody(file []byte, kind string) string {
	for k, content := range pngChunks(section(file)) {
		if k == kind {
			body := make([]byte, content.Size())
			_, _ = content.ReadAt(body, 0)
			return string(body)
		}
	}
	panic("there is no " + kind)
}

func gifHideaways(t testing.TB) []hideaway {
	var b bytes.Buffer
	animation := &gif.GIF{Delay: []int{10, 20}, LoopCount: 3, Disposal: []byte{1, 2}}
	for i := range 2 {
		colors := color.Palette{color.White, color.Black, color.Gray{100}}
		for _, c := range [][3]byte{{'s', 'e', 'c'}, {'r', 'e', 't'}, {'p', 'l', 'a'}, {'c', 'e', ' '}, {'s', 'e', 'c'}} {
			colors = append(colors, color.RGBA{c[0], c[1], c[2], 255})
		}
		if i == 1 {
			slices.Reverse(colors) // so that the frame has a table of its own
		}
		frame := image.NewPaletted(image.Rect(0, 0, 20, 10), colors)
		for p := range frame.Pix {
			frame.Pix[p] = uint8(7*i + (1-2*i)*(p%3))
		}
		animation.Image = append(animation.Image, frame)
	}
	if err := gif.EncodeAll(&b, animation); err != nil {
		t.Fatal(err)
	}
	plain := b.Bytes()
	control := bytes.Index(plain, []byte("\x21\xf9\x04"))
	later := control + 8 + bytes.Index(plain[control+8:], []byte("\x21\xf9\x04"))
	first := control + 8 + 10 // of the first frame: the size of codes, or a table
	first += colorTableSize(plain[first-1])
	end, _ := blocksEnd(plain, first+1)
	insert := func(at int, words string) []byte { return slices.Concat(plain[:at], []byte(words), plain[at:]) }

	var out []hideaway
	add := func(name string, data []byte) { out = append(out, hideaway{"GIF, " + name, "image/gif", data}) }
	add("unused colors", plain)
	add("Content Credentials", mediatest.AddCredentials(plain, "image/gif", hiddenPlace))
	add("a comment", insert(control, "\x21\xfe\x0c"+hiddenPlace+"\x00"))
	add("an application", insert(control, "\x21\xff\x0bsecret plac\x0c"+hiddenPlace+"\x00"))
	add("a text", insert(control, "\x21\x01\x0c"+hiddenPlace+"\x0c"+hiddenPlace+"\x00"))
	add("repetitions", insert(control, "\x21\xff\x0bNETSCAPE2.0\x03\x01\x03\x00\x0c"+hiddenPlace+"\x00"))
	add("a buffer", insert(control, "\x21\xff\x0bNETSCAPE2.0\x05\x02secr\x00"))
	add("a later control", insert(later+7, "\x0c"+hiddenPlace))
	add("a control of nothing", insert(len(plain)-1, "\x21\xf9\x04\x00sec\x00"))
	add("after the codes", insert(end-1, "\x0c"+hiddenPlace))
	add("after the codes of the last frame", insert(len(plain)-2, "\x0c"+hiddenPlace))
	add("after the end", append(slices.Clone(plain), hiddenPlace...))
	add("flags", over(over(plain, 12, "s"), control+6, "e"))
	return out
}

func webpHideaways(t testing.TB) []hideaway {
	bits := chunk(t, readTestdata(t, "lossy.webp"), "VP8 ")
	lossless := chunk(t, readTestdata(t, "lossless.webp"), "VP8L")
	withAlpha := readTestdata(t, "lossy-alpha.webp")
	alpha, under := chunk(t, withAlpha, "ALPH"), chunk(t, withAlpha, "VP8 ")
	animated := readTestdata(t, "animated.webp")
	loop, frame := chunk(t, animated, "ANIM"), chunk(t, animated, "ANMF")
	canvas := chunk(t, animated, "VP8X")
	words := "VP8 " + string(binary.LittleEndian.AppendUint32(nil, 12)) + hiddenPlace

	var out []hideaway
	add := func(name string, chunks ...string) {
		out = append(out, hideaway{"WebP, " + name, "image/webp", mediatest.RIFF(chunks...)})
	}
	still := mediatest.VP8X(0, 64, 48)
	add("a second VP8", "VP8 ", bits, "VP8 ", hiddenPlace)
	add("a second VP8, extended", "VP8X", still, "VP8 ", bits, "VP8 ", hiddenPlace)
	add("a second ALPH", "VP8X", mediatest.VP8X(webpAlpha, 64, 48), "ALPH", alpha, "VP8 ", under, "ALPH", hiddenPlace)
	add("a long ALPH", "VP8X", mediatest.VP8X(webpAlpha, 64, 48), "ALPH", alpha+hiddenPlace, "VP8 ", under)
	add("a raw ALPH", "VP8X", mediatest.VP8X(webpAlpha, 64, 48), "ALPH", "\x00"+strings.Repeat("\x80", 64*48)+hiddenPlace, "VP8 ", under)
	add("a long VP8", "VP8 ", bits+hiddenPlace)
	add("a long VP8L", "VP8L", lossless+hiddenPlace)
	add("a long VP8X", "VP8X", still+hiddenPlace, "VP8 ", bits)
	add("reserved bits", "VP8X", still[:1]+"sec"+still[4:], "VP8 ", bits)
	add("frames of a still", "VP8X", still, "ANIM", hiddenPlace, "VP8 ", bits, "ANMF", hiddenPlace)
	add("a profile of a simple one", "VP8 ", bits, "ICCP", hiddenPlace)
	add("a profile", "VP8X", mediatest.VP8X(webpICC, 64, 48), "ICCP", string(makeProfile("RGB ", 500)), "VP8 ", bits)
	add("two profiles", "VP8X", mediatest.VP8X(webpICC, 64, 48), "ICCP", string(makeProfile("RGB ", 500)), "VP8 ", bits, "ICCP", hiddenPlace)
	add("EXIF and XMP", "VP8X", mediatest.VP8X(webpEXIF|4, 64, 48), "VP8 ", bits, "EXIF", mediatest.FullEXIF(1), "XMP ", hiddenPlace)
	add("another chunk", "VP8X", still, "SECR", hiddenPlace, "VP8 ", bits)
	add("a long ANIM", "VP8X", canvas, "ANIM", loop+hiddenPlace, "ANMF", frame, "ANMF", frame)
	add("the color of ANIM", "VP8X", canvas, "ANIM", "secr"+loop[4:], "ANMF", frame, "ANMF", frame)
	add("a short ANMF", "VP8X", canvas, "ANIM", loop, "ANMF", frame, "ANMF", hiddenPlace)
	add("a second VP8 of a frame", "VP8X", canvas, "ANIM", loop, "ANMF", frame+words, "ANMF", frame)
	add("the end of a frame", "VP8X", canvas, "ANIM", loop, "ANMF", frame, "ANMF", frame+hiddenPlace)
	add("chunks of a frame", "VP8X", canvas, "ANIM", loop, "ANMF", frame+strings.Replace(words, "VP8 ", "SECR", 1), "ANMF", frame)
	for _, name := range []string{"lossy.webp", "lossy-alpha.webp", "animated.webp"} {
		out = append(out, hideaway{"WebP, Content Credentials in " + name, "image/webp", mediatest.AddCredentials(readTestdata(t, name), "image/webp", hiddenPlace)})
	}
	padded := mediatest.RIFF("VP8 ", bits+strings.Repeat("\x00", 1-len(bits)%2), "SECR", "")
	out = append(out, hideaway{"WebP, after the end", "image/webp", append(padded, hiddenPlace...)})
	return out
}

// A byte that no pixel needs could hold a secret. If you find another place for a secret, add it to
// hideaways.
func TestNothingHides(t *testing.T) {
	for _, h := range hideaways(t) {
		t.Run(h.Name, func(t *testing.T) {
			got, err := Strip(h.Data, h.MediaType)
			if err != nil {
				if _, unread := formatOf(h.MediaType).inspect(section(h.Data)); unread != nil {
					t.Skip("a picture that cannot be read is not published:", unread)
				}
				t.Fatal(err)
			}
			for _, word := range hiddenWords {
				if at := bytes.Index(got, []byte(word)); at >= 0 {
					t.Errorf("it still holds %q at %d", got[max(0, at-8):min(len(got), at+12)], at)
				}
			}
			wantSamePicture(t, h.MediaType, h.Data, got)
			if again, err := Strip(got, h.MediaType); err != nil || !bytes.Equal(again, got) {
				t.Errorf("it changes when it is stripped again (%v)", err)
			}
		})
	}
}

// wantSamePicture requires that the stripped file decodes. If the original decodes as well, both
// must have the same pixels. A decoder can fail on the original because of bytes that stripping
// removes.
func wantSamePicture(t testing.TB, mediaType string, data, stripped []byte) {
	t.Helper()
	after, err := decodeStored(mediaType, section(stripped))
	if err != nil {
		t.Errorf("the stripped picture does not decode: %v", err)
		return
	}
	if before, err := decodeStored(mediaType, section(data)); err == nil && !samePixels(before, after) {
		t.Error("the pixels differ")
	}
	if mediaType == "image/jpeg" {
		before, err := planarjpeg.Decode(bytes.NewReader(data), 1<<14, 1<<14)
		after, errAfter := planarjpeg.Decode(bytes.NewReader(stripped), 1<<14, 1<<14)
		if err == nil && (errAfter != nil || !reflect.DeepEqual(before, after)) {
			t.Errorf("the planes differ (%v)", errAfter)
		}
	}
}

// The animations among the hideaways must keep their frames.
func TestNothingHidesInFrames(t *testing.T) {
	frames := map[string]string{"image/gif": "\x21\xf9\x04", "image/webp": "ANMF", "image/png": "fcTL"}
	for _, h := range hideaways(t) {
		got, _ := Strip(h.Data, h.MediaType)
		want := map[string]int{"PNG, a long animation": 2, "WebP, a long ANIM": 2, "WebP, a short ANMF": 1}[h.Name]
		if h.MediaType == "image/gif" {
			want = 2
		}
		if n := bytes.Count(got, []byte(frames[h.MediaType])); want > 0 && n != want {
			t.Errorf("%s: %d frames, want %d", h.Name, n, want)
		}
	}
}
