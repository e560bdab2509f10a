package media

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"slices"
	"strings"
	"testing"

	"firstframe/render/media/mediatest"
)

// decodedPixels decodes a picture and ignores its orientation.
func decodedPixels(t testing.TB, mediaType string, data []byte) image.Image {
	t.Helper()
	m, err := decodeStored(mediaType, section(data))
	if err != nil {
		t.Fatalf("%s: %v", mediaType, err)
	}
	return m
}

func samePixels(a, b image.Image) bool {
	if a.Bounds() != b.Bounds() {
		return false
	}
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y++ {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x++ {
			ar, ag, ab, aa := a.At(x, y).RGBA()
			br, bg, bb, ba := b.At(x, y).RGBA()
			if ar != br || ag != bg || ab != bb || aa != ba {
				return false
			}
		}
	}
	return true
}

// dressed returns a picture of each format, with metadata wherever there is room for it.
func dressed(t testing.TB) map[string][]byte {
	t.Helper()
	picture := mediatest.Blocks(64, 48)
	exif := mediatest.FullEXIF(6)
	xmp := mediatest.XMPPacket + "<exif:GPSLatitude>secret place</exif:GPSLatitude>"
	iptc := "Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x0csecret place"

	segments := append([]any{
		0xe0, "JFIF\x00\x01\x02\x00\x00\x48\x00\x48\x02\x01secret", // with a thumbnail of two pixels
		markerAPP1, xmp, markerAPP1, mediatest.EXIFHead + exif, 0xed, iptc, 0xfe, "secret place", 0xe5, "secret place",
	}, jpegICC(makeProfile("RGB ", 400))...)
	asJPEG := append(mediatest.InsertJPEG(mediatest.JPEG(t, picture), segments...), "<script>secret place</script>"...)

	asPNG := mediatest.PNG(t, picture)
	for _, c := range [][2]string{
		{"iCCP", "secret place\x00\x00" + deflate(makeProfile("RGB ", 400))}, {"eXIf", exif}, {"tEXt", "Comment\x00secret place"},
		{"zTXt", "Comment\x00\x00" + deflate([]byte("secret place"))}, {"iTXt", "XML:com.adobe.xmp\x00\x00\x00\x00\x00secret place"},
		{"tIME", "\x07\xe8\x01\x01\x01\x01\x01"}, {"prVt", "secret place"},
	} {
		asPNG = mediatest.InsertPNG(asPNG, c[0], c[1])
	}
	asPNG = append(asPNG, "secret place"...)

	var b bytes.Buffer
	animation := &gif.GIF{LoopCount: 3, Delay: []int{10, 10}}
	for i := range 2 {
		frame := image.NewPaletted(image.Rect(0, 0, 64, 48), color.Palette{color.Gray{uint8(40 * i)}, color.White})
		for p := range frame.Pix {
			frame.Pix[p] = uint8(p % 2)
		}
		animation.Image = append(animation.Image, frame)
	}
	if err := gif.EncodeAll(&b, animation); err != nil {
		t.Fatal(err)
	}
	asGIF := b.Bytes()
	at := 13 + colorTableSize(asGIF[10])
	extensions := "\x21\xfe\x0csecret place\x00" + "\x21\xff\x0bXMP DataXMP\x0csecret place\x00" +
		"\x21\x01\x0c" + strings.Repeat("\x00", 12) + "\x0csecret place\x00"
	asGIF = []byte(string(asGIF[:at]) + extensions + string(asGIF[at:]) + "secret place")

	lossy := readTestdata(t, "lossy.webp")
	asWebP := mediatest.RIFF("VP8X", mediatest.VP8X(1<<5|1<<3|1<<2, 64, 48), "ICCP", string(makeProfile("RGB ", 401)), "VP8 ", chunk(t, lossy, "VP8 "),
		"EXIF", exif, "XMP ", "secret place", "JUNK", "secret place")
	asWebP = append(asWebP, "secret place"...)
	return map[string][]byte{"image/jpeg": asJPEG, "image/png": asPNG, "image/gif": asGIF, "image/webp": asWebP}
}

// A published original must tell nothing about its owner, and be the same picture.
func TestStrip(t *testing.T) {
	for mediaType, data := range dressed(t) {
		t.Run(mediaType, func(t *testing.T) {
			got, err := Strip(data, mediaType)
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range append(secrets, "secret", "Nikon", "Photoshop", "xmpmeta", "XMP", "script") {
				if bytes.Contains(got, []byte(secret)) {
					t.Errorf("it still holds %q", secret)
				}
			}
			if !samePixels(decodedPixels(t, mediaType, data), decodedPixels(t, mediaType, got)) {
				t.Error("the pixels differ")
			}
			before, after := inspect(t, mediaType, data), inspect(t, mediaType, got)
			if after.orientation != before.orientation || !bytes.Equal(after.profile, before.profile) {
				t.Errorf("orientation %d and %d bytes of profile became %d and %d",
					before.orientation, len(before.profile), after.orientation, len(after.profile))
			}
			if mediaType != "image/gif" && (after.orientation != 6 || len(after.profile) == 0) {
				t.Errorf("the test needs an orientation and a profile: orientation %d, %d bytes of profile", after.orientation, len(after.profile))
			}
			if after.camera != nil {
				t.Errorf("it still names a camera: %+v", after.camera)
			}
			again, err := Strip(got, mediaType)
			if err != nil || !bytes.Equal(again, got) {
				t.Errorf("it changes when it is stripped again (%v)", err)
			}
		})
	}
}

func inspect(t testing.TB, mediaType string, data []byte) header {
	t.Helper()
	h, err := formatOf(mediaType).inspect(section(data))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// An animation must keep all its frames and its repetitions.
func TestStripKeepsAnimation(t *testing.T) {
	got, err := Strip(dressed(t)["image/gif"], "image/gif")
	if err != nil {
		t.Fatal(err)
	}
	g, err := gif.DecodeAll(bytes.NewReader(got))
	if err != nil || len(g.Image) != 2 || g.LoopCount != 3 || g.Delay[0] != 10 {
		t.Errorf("%v: %d frames, %d loops", err, len(g.Image), g.LoopCount)
	}
	animated := readTestdata(t, "animated.webp")
	got, err = Strip(animated, "image/webp")
	if err != nil || bytes.Count(got, []byte("ANMF")) != bytes.Count(animated, []byte("ANMF")) {
		t.Errorf("%v: frames were lost", err)
	}
}

// A progressive JPEG has several scans with tables between them.
func TestStripScans(t *testing.T) {
	data := mediatest.JPEG(t, mediatest.Blocks(64, 48))
	at := bytes.Index(data, []byte{0xff, markerSOS})
	// A comment and restart markers, where a careless parser would stumble.
	withComment := fmt.Sprintf("%s\xff\xfe\x00\x0esecret place%s", data[:at], data[at:])
	got, err := Strip([]byte(withComment), "image/jpeg")
	if err != nil || bytes.Contains(got, []byte("secret")) {
		t.Errorf("%v: the comment before a scan stayed", err)
	}
	scan := []byte{0x12, 0xff, 0x00, 0x34, 0xff, 0xd0, 0x56, 0xff, 0xff, 0xd9}
	if n := scanLength(scan); n != 8 {
		t.Errorf("the scan has %d bytes, want 8", n)
	}
}

// A file that ends too early is not published, because nobody knows what it is.
func TestStripRefusesCutFiles(t *testing.T) {
	for mediaType, data := range dressed(t) {
		whole, err := Strip(data, mediaType)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{0, 5, 20, len(whole) / 2} {
			if _, err := Strip(whole[:n], mediaType); err == nil && mediaType != "image/png" {
				t.Errorf("%s cut at %d is not refused", mediaType, n)
			}
		}
	}
	if _, err := Strip([]byte("<svg/>"), "image/svg+xml"); err == nil {
		t.Error("a type that is not published is not refused")
	}
}

// Decoders disagree on where such an extension ends. For some, a picture is a part of it, so
// stripping would remove or keep the wrong thing.
func TestStripRefusesOddExtensions(t *testing.T) {
	whole := dressed(t)["image/gif"]
	at := 13 + colorTableSize(whole[10])
	for _, extension := range []string{"\x21\x01\x02ab\x00", "\x21\x01\x00", "\x21\xff\x00"} {
		if _, err := Strip(slices.Concat(whole[:at], []byte(extension), whole[at:]), "image/gif"); err == nil {
			t.Errorf("%q is not refused", extension)
		}
	}
}

// If a file has more chunks than are read, the rest would be missing: pixels, or frames of an
// animation.
func TestStripRefusesManyChunks(t *testing.T) {
	small := mediatest.PNG(t, mediatest.Blocks(8, 8))
	at := bytes.Index(small, []byte("IDAT")) - 4
	asPNG := slices.Concat(small[:at], bytes.Repeat(appendChunk(nil, "IDAT", nil), maxChunks), small[at:])
	decodedPixels(t, "image/png", asPNG) // it decodes like any other picture
	still := []string{"VP8 ", chunk(t, readTestdata(t, "lossy.webp"), "VP8 ")}
	asWebP := mediatest.RIFF(append(still, slices.Repeat([]string{"JUNK", ""}, maxChunks)...)...)
	for mediaType, data := range map[string][]byte{"image/png": asPNG, "image/webp": asWebP} {
		if _, err := Strip(data, mediaType); err == nil {
			t.Errorf("%s: it is not refused", mediaType)
		}
	}
}

// FuzzStrip looks for files whose pixels change, that keep something that must go, or that break
// the stripper.
func FuzzStrip(f *testing.F) {
	var types []string
	for _, f := range formats() {
		if f.inspect != nil {
			types = append(types, f.mediaType)
		}
	}
	for i, mediaType := range types {
		f.Add(uint8(i), dressed(f)[mediaType])
	}
	for _, h := range hideaways(f) {
		f.Add(uint8(slices.Index(types, h.MediaType)), h.Data)
	}
	webp := uint8(slices.Index(types, "image/webp"))
	f.Add(webp, readTestdata(f, "animated.webp"))
	f.Add(webp, readTestdata(f, "lossy-alpha.webp"))
	f.Fuzz(func(t *testing.T, kind uint8, data []byte) {
		mediaType := types[int(kind)%len(types)]
		got, err := Strip(data, mediaType)
		if err != nil {
			return
		}
		again, err := Strip(got, mediaType)
		if err != nil || !bytes.Equal(again, got) {
			t.Fatalf("it changes when it is stripped again: %v", err)
		}
		h, err := formatOf(mediaType).inspect(section(data))
		if err != nil || h.width*h.height > 1<<16 {
			return
		}
		before, err := decodeStored(mediaType, section(data))
		if err != nil {
			return // Make refuses it before it is published
		}
		after, err := decodeStored(mediaType, section(got))
		if err != nil || !samePixels(before, after) {
			t.Fatalf("the pixels changed (%v)", err)
		}
	})
}
