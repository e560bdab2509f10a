package render

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"slices"
	"strings"
	"testing"
	"time"
)

// tag is one entry of an EXIF directory. value is its bytes, little endian.
type tag struct {
	id, kind uint16
	count    uint32
	value    string
}

func short(id, value uint16) tag { return tag{id, 3, 1, string([]byte{byte(value), byte(value >> 8)})} }
func ascii(id uint16, s string) tag {
	return tag{id, 2, uint32(len(s) + 1), s + "\x00"}
}

func rational(id uint16, pairs ...uint32) tag {
	var b []byte
	for _, v := range pairs {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return tag{id, 5, uint32(len(pairs) / 2), string(b)}
}

func long(v uint32) string { return string(binary.LittleEndian.AppendUint32(nil, v)) }

// exifBlock makes a little-endian EXIF block. The directories behind the first
// are reached by the pointers in it: 0 for EXIF, 1 for GPS, as far as there are
// any; next is the offset of the thumbnail's directory.
func exifBlock(ifd0 []tag, pointed ...[]tag) string {
	pointers := []uint16{0x8769, 0x8825}[:len(pointed)]
	for _, id := range pointers {
		ifd0 = append(ifd0, tag{id, 4, 1, "\x00\x00\x00\x00"})
	}
	out := []byte("II*\x00\x08\x00\x00\x00")
	pointerAt := len(out) + 2 + 12*(len(ifd0)-len(pointers)) + 8
	out = appendDirectory(out, ifd0)
	for i, directory := range pointed {
		binary.LittleEndian.PutUint32(out[pointerAt+12*i:], uint32(len(out)))
		out = appendDirectory(out, directory)
	}
	return string(out)
}

func appendDirectory(out []byte, tags []tag) []byte {
	values := len(out) + 2 + 12*len(tags) + 4
	var data []byte
	out = binary.LittleEndian.AppendUint16(out, uint16(len(tags)))
	for _, t := range tags {
		out = binary.LittleEndian.AppendUint16(out, t.id)
		out = binary.LittleEndian.AppendUint16(out, t.kind)
		out = binary.LittleEndian.AppendUint32(out, t.count)
		if len(t.value) <= 4 {
			out = append(out, (t.value + "\x00\x00\x00\x00")[:4]...)
			continue
		}
		out = binary.LittleEndian.AppendUint32(out, uint32(values+len(data)))
		data = append(data, t.value...)
	}
	out = append(out, 0, 0, 0, 0) // no further directory
	return append(out, data...)
}

// insertJPEG puts segments, each a marker and its content, in front of all others.
func insertJPEG(file []byte, segments ...any) []byte {
	out := []byte{0xff, 0xd8}
	for i := 0; i < len(segments); i += 2 {
		content := segments[i+1].(string)
		out = append(out, 0xff, byte(segments[i].(int)))
		out = binary.BigEndian.AppendUint16(out, uint16(2+len(content)))
		out = append(out, content...)
	}
	return append(out, file[2:]...)
}

const (
	exifHead  = "Exif\x00\x00"
	xmpPacket = "http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"/>"
)

// stored turns a picture such that it is upright again when it is shown with
// the orientation.
func stored(m *image.NRGBA, orientation int) *image.NRGBA {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	place := map[int]func(x, y int) (int, int){
		1: func(x, y int) (int, int) { return x, y },
		2: func(x, y int) (int, int) { return w - 1 - x, y },
		3: func(x, y int) (int, int) { return w - 1 - x, h - 1 - y },
		4: func(x, y int) (int, int) { return x, h - 1 - y },
		5: func(x, y int) (int, int) { return y, x },
		6: func(x, y int) (int, int) { return y, w - 1 - x },
		7: func(x, y int) (int, int) { return h - 1 - y, w - 1 - x },
		8: func(x, y int) (int, int) { return h - 1 - y, x },
	}[orientation]
	out := image.NewNRGBA(m.Rect)
	if sideways(orientation) {
		out = image.NewNRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			sx, sy := place(x, y)
			out.SetNRGBA(sx, sy, m.NRGBAAt(x, y))
		}
	}
	return out
}

// Half of all photographs of phones lie on their side without this.
func TestOrientation(t *testing.T) {
	picture := blocks(96, 64)
	for o := 1; o <= 8; o++ {
		block := exifBlock([]tag{short(0x0112, uint16(o))})
		asJPEG := encodeJPEG(t, stored(picture, o))
		asPNG := encodePNG(t, stored(picture, o))
		for _, test := range []struct {
			name, mediaType string
			data            []byte
		}{
			{"jpeg", "image/jpeg", insertJPEG(asJPEG, markerAPP1, exifHead+block)},
			{"jpeg with xmp first", "image/jpeg", insertJPEG(asJPEG, markerAPP1, xmpPacket, markerAPP1, exifHead+block)},
			{"png", "image/png", insertPNG(asPNG, "eXIf", block)},
			{"png with exif last", "image/png", slices.Concat(asPNG[:len(asPNG)-12], pngFile("eXIf", block)[8:], asPNG[len(asPNG)-12:])},
		} {
			t.Run(fmt.Sprintf("%s/%d", test.name, o), func(t *testing.T) {
				m := &Maker{Widths: []int{48, 1920}}
				pic, files := mustMake(t, m, test.mediaType, test.data)
				if pic.Width != 96 || pic.Height != 64 {
					t.Errorf("the picture is %d × %d upright, want 96 × 64", pic.Width, pic.Height)
				}
				for _, file := range files {
					img, err := jpeg.Decode(bytes.NewReader(file))
					if err != nil {
						t.Fatal(err)
					}
					wantBlocks(t, img)
				}
			})
		}
	}
}

// xmpWith is a packet that describes a picture with attributes and elements.
func xmpWith(attributes, elements string) string {
	return "<?xpacket begin=\"\ufeff\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?><x:xmpmeta xmlns:x=\"adobe:ns:meta/\">" +
		`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="urn:dc" dc:format="x"/>` +
		`<rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" ` + attributes + ">" + elements +
		"</rdf:Description></rdf:RDF></x:xmpmeta>\n   \n<?xpacket end=\"w\"?>"
}

// Some programs turn a picture by XMP alone.
func TestOrientationOfXMP(t *testing.T) {
	picture := blocks(96, 64)
	long := strings.Repeat("<tiff:Software>x</tiff:Software>", 1500)
	for o := 1; o <= 8; o++ {
		attribute := xmpWith(fmt.Sprintf(`tiff:Orientation="%d"`, o), "")
		element := xmpWith("", long+fmt.Sprintf("<tiff:Orientation> %d\n</tiff:Orientation>", o))
		asJPEG := encodeJPEG(t, stored(picture, o))
		asPNG := encodePNG(t, stored(picture, o))
		without, says := exifBlock([]tag{ascii(0x010f, "x")}), exifBlock([]tag{short(0x0112, uint16(o))})
		for _, test := range []struct {
			name, mediaType string
			data            []byte
		}{
			{"jpeg", "image/jpeg", insertJPEG(asJPEG, markerAPP1, xmpPrefix+attribute)},
			{"jpeg, element", "image/jpeg", insertJPEG(asJPEG, markerAPP1, xmpPrefix+element)},
			{"jpeg, EXIF without it", "image/jpeg", insertJPEG(asJPEG, markerAPP1, exifHead+without, markerAPP1, xmpPrefix+attribute)},
			{"jpeg, EXIF with it", "image/jpeg", insertJPEG(asJPEG, markerAPP1, xmpPrefix+xmpWith(`tiff:Orientation="3"`, ""), markerAPP1, exifHead+says)},
			{"png", "image/png", insertPNG(asPNG, "iTXt", xmpKeyword+"\x00\x00\x00\x00\x00"+attribute)},
			{"png, packed", "image/png", insertPNG(asPNG, "iTXt", xmpKeyword+"\x00\x01\x00en\x00x\x00"+deflate([]byte(element)))},
		} {
			t.Run(fmt.Sprintf("%s/%d", test.name, o), func(t *testing.T) {
				pic, files := mustMake(t, new(Maker), test.mediaType, test.data)
				if pic.Width != 96 || pic.Height != 64 {
					t.Errorf("the picture is %d × %d upright, want 96 × 64", pic.Width, pic.Height)
				}
				img, err := jpeg.Decode(bytes.NewReader(files[0]))
				if err != nil {
					t.Fatal(err)
				}
				wantBlocks(t, img)
				if strings.Contains(string(files[0]), "xmp") {
					t.Error("XMP is in the rendition")
				}
				// What is published as it was must be turned, too.
				kept, err := Strip(test.data, test.mediaType)
				if err != nil {
					t.Fatal(err)
				}
				wantBlocks(t, makeLargest(t, new(Maker), test.mediaType, kept))
			})
		}
	}
	bits := chunk(t, readTestdata(t, "lossy.webp"), "VP8 ")
	data := riffFile("VP8X", vp8x(1<<2, 64, 48), "VP8 ", bits, "XMP ", xmpWith(`tiff:Orientation="6"`, ""))
	if pic, _ := mustMake(t, new(Maker), "image/webp", data); pic.Width != 48 || pic.Height != 64 {
		t.Errorf("webp: the picture is %d × %d, want 48 × 64", pic.Width, pic.Height)
	}
}

func TestReadXMP(t *testing.T) {
	thumbnail := `<x:Thumbnails xmlns:x="urn:x"><rdf:Description tiff:Orientation="6"><tiff:Orientation>6</tiff:Orientation></rdf:Description></x:Thumbnails>`
	for name, test := range map[string]struct {
		packet string
		want   int
	}{
		"attribute":       {xmpWith(`tiff:Orientation="8"`, ""), 8},
		"element":         {xmpWith("", "<tiff:Orientation>8</tiff:Orientation>"), 8},
		"root":            {`<r:RDF xmlns:r="` + rdfSpace + `"><r:Description xmlns:t="` + tiffSpace + `" t:Orientation="5"/></r:RDF>`, 5},
		"of a thumbnail":  {xmpWith("", thumbnail), 0},
		"none":            {xmpWith("", ""), 0},
		"nothing":         {"", 0},
		"of nothing":      {xmpWith(`tiff:Orientation="0"`, ""), 0},
		"too large":       {xmpWith(`tiff:Orientation="9"`, ""), 0},
		"a word":          {xmpWith(`tiff:Orientation="up"`, ""), 0},
		"of another kind": {xmpWith(`xmlns:x="urn:x" x:Orientation="6"`, ""), 0},
		"cut":             {xmpWith(`tiff:Orientation="6"`, "")[:200], 0},
		"entities":        {`<!DOCTYPE x [<!ENTITY a "6">]>` + xmpWith(`tiff:Orientation="&a;"`, ""), 0},
		"deep":            {strings.Repeat("<a>", maxXMP/3), 0},
	} {
		if got := readXMP([]byte(test.packet)); got != test.want {
			t.Errorf("%s: got %d, want %d", name, got, test.want)
		}
	}
}

func TestOrientationOfWebP(t *testing.T) {
	bits := chunk(t, readTestdata(t, "lossy.webp"), "VP8 ")
	for _, head := range []string{"", exifHead} { // some programs write JPEG's prefix here too
		block := head + exifBlock([]tag{short(0x0112, 6)})
		pic, files := mustMake(t, new(Maker), "image/webp", riffFile("VP8X", vp8x(1<<3, 64, 48), "VP8 ", bits, "EXIF", block))
		if pic.Width != 48 || pic.Height != 64 {
			t.Errorf("the picture is %d × %d, want 48 × 64", pic.Width, pic.Height)
		}
		img, err := jpeg.Decode(bytes.NewReader(files[0]))
		if err != nil {
			t.Fatal(err)
		}
		// Stored at 44,16 with a height of 48, turned clockwise.
		want := blocks(1, 1).NRGBAAt(0, 0)
		want.R, want.G, want.B = 230, 20, 30
		wantColor(t, img, 47-16, 44, want)
	}
}

// secrets are what a rendition and a Camera must never tell.
var secrets = []string{"Jane Owner", "SN-4711", "secret place", "LENS-0815"}

func fullEXIF(orientation uint16) string {
	return exifBlock(
		[]tag{
			ascii(0x010e, "secret place"),
			ascii(0x010f, "Nikon"),
			ascii(0x0110, "D  800\u202eE"),
			short(0x0112, orientation),
			ascii(0x013b, "Jane Owner"),
		},
		[]tag{
			rational(0x829a, 10, 2500),
			rational(0x829d, 28, 10),
			short(0x8827, 400),
			ascii(0x9003, "2024:05:06 07:08:09"),
			rational(0x920a, 35, 1),
			ascii(0xa430, "Jane Owner"),
			ascii(0xa431, "SN-4711"),
			ascii(0xa434, strings.Repeat("x", 200)),
			ascii(0xa435, "LENS-0815"),
		},
		[]tag{
			ascii(0x0001, "N"),
			rational(0x0002, 48, 1, 51, 1, 29, 1),
			ascii(0x001b, "secret place"),
		},
	)
}

func TestCameraTellsNoSecrets(t *testing.T) {
	picture := encodeJPEG(t, blocks(64, 64))
	xmp := xmpPacket + "<exif:GPSLatitude>secret place</exif:GPSLatitude>"
	iptc := "Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x14secret place"
	data := insertJPEG(picture, markerAPP1, xmp, markerAPP1, exifHead+fullEXIF(1), 0xed, iptc, 0xfe, "secret place")
	pic, files := mustMake(t, new(Maker), "image/jpeg", data)

	want := Camera{
		Make: "Nikon", Model: "D 800E", Lens: strings.Repeat("x", maxWords),
		Exposure: "1/250 s", Aperture: "f/2.8", ISO: "400", FocalLength: "35 mm", Taken: "2024-05-06",
	}
	if pic.Camera == nil || *pic.Camera != want {
		t.Errorf("got  %+v\nwant %+v", pic.Camera, want)
	}
	wantNoMetadata(t, files)

	asPNG := insertPNG(insertPNG(encodePNG(t, blocks(64, 64)), "eXIf", fullEXIF(1)), "tEXt", "Comment\x00secret place")
	pic, files = mustMake(t, new(Maker), "image/png", asPNG)
	if pic.Camera == nil || pic.Camera.Make != "Nikon" {
		t.Errorf("PNG: got %+v", pic.Camera)
	}
	wantNoMetadata(t, files)

	bits := chunk(t, readTestdata(t, "lossy.webp"), "VP8 ")
	asWebP := riffFile("VP8X", vp8x(1<<3|1<<2, 64, 48), "VP8 ", bits, "EXIF", fullEXIF(1), "XMP ", "secret place")
	_, files = mustMake(t, new(Maker), "image/webp", asWebP)
	wantNoMetadata(t, files)
}

// wantNoMetadata looks for the secrets, and that a rendition has no segment
// that could hold any.
func wantNoMetadata(t *testing.T, files [][]byte) {
	t.Helper()
	for _, file := range files {
		for _, s := range append(secrets, "Nikon", "Exif", "http:", "GPS") {
			if bytes.Contains(file, []byte(s)) {
				t.Errorf("a rendition holds %q", s)
			}
		}
		for marker := range jpegSegments(bytes.NewReader(file)) {
			if marker >= 0xe0 && marker != markerAPP2 {
				t.Errorf("a rendition has a segment 0x%x", marker)
			}
		}
	}
}

// Whatever EXIF says, the picture is shown, and soon.
func TestBrokenEXIFKeepsThePicture(t *testing.T) {
	loop := exifBlock([]tag{short(0x0112, 1)}, slices.Repeat([]tag{{0x8769, 4, 1, long(8)}}, 50))
	itself := exifBlock([]tag{{0x8769, 4, 1, long(8)}, {0x014a, 4, 1, long(8)}, {0x8825, 4, 1, long(8)}})
	var many []tag
	for range 5000 {
		many = append(many, ascii(0x010f, "x"))
	}
	offsets := strings.Repeat(long(8), 250)
	for name, block := range map[string]string{
		"empty":           "",
		"no tiff":         "what is this?",
		"loop":            loop,
		"itself":          itself,
		"many tags":       exifBlock(many),
		"many loops":      exifBlock(append([]tag{{0x014a, 4, 250, offsets}}, many[:4000]...)),
		"count of 2³²-1":  exifBlock([]tag{{0x010f, 2, 1<<32 - 1, long(8)}}),
		"count of 65536":  exifBlock([]tag{{0x010f, 12, 65536, long(8)}}),
		"offset outside":  exifBlock([]tag{{0x010f, 2, 100, long(1<<32 - 1)}}),
		"unknown type":    exifBlock([]tag{{0x010f, 99, 1, long(1)}}),
		"directory cut":   "II*\x00\x08\x00\x00\x00\xff\xff",
		"no directory":    "II*\x00\xff\xff\xff\xff",
		"rational of 0/0": exifBlock(nil, []tag{rational(0x829a, 0, 0), rational(0x829d, 1, 0), rational(0x920a, 0, 1)}),
		"orientation 9":   exifBlock([]tag{short(0x0112, 9)}),
	} {
		t.Run(name, func(t *testing.T) {
			if len(block) > 60000 {
				block = block[:60000]
			}
			start := time.Now()
			data := insertJPEG(encodeJPEG(t, blocks(64, 64)), markerAPP1, exifHead+block)
			wantBlocks(t, makeLargest(t, new(Maker), "image/jpeg", data))
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// A thumbnail inside of EXIF has an orientation of its own.
func TestOrientationOfTheThumbnailIsIgnored(t *testing.T) {
	block := []byte(exifBlock([]tag{short(0x0112, 1)}))
	binary.LittleEndian.PutUint32(block[len(block)-4:], uint32(len(block)))
	block = appendDirectory(block, []tag{short(0x0112, 6)})
	if o, _ := readMetadata(block, nil); o != 1 {
		t.Errorf("got orientation %d, want 1", o)
	}
}

func TestExposure(t *testing.T) {
	for _, test := range []struct {
		num, den uint32
		want     string
	}{
		{1, 8000, "1/8000 s"}, {10, 2500, "1/250 s"}, {1, 4, "1/4 s"}, {3, 10, "0.3 s"},
		{1, 2, "0.5 s"}, {1, 1, "1 s"}, {30, 1, "30 s"}, {0, 1, ""}, {1, 0, ""}, {1<<32 - 1, 1, ""},
	} {
		_, c := readEXIF([]byte(exifBlock(nil, []tag{rational(0x829a, test.num, test.den)})))
		got := ""
		if c != nil {
			got = c.Exposure
		}
		if got != test.want {
			t.Errorf("%d/%d: got %q, want %q", test.num, test.den, got, test.want)
		}
	}
}
