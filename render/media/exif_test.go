package media

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

	"firstframe/render/media/mediatest"
)

// stored turns a picture so that the orientation makes it upright again.
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

// Without this, half of all photographs from phones lie on their side.
func TestOrientation(t *testing.T) {
	picture := mediatest.Blocks(96, 64)
	for o := 1; o <= 8; o++ {
		block := mediatest.EXIF([]mediatest.Tag{mediatest.Short(0x0112, uint16(o))})
		asJPEG := mediatest.JPEG(t, stored(picture, o))
		asPNG := mediatest.PNG(t, stored(picture, o))
		for _, test := range []struct {
			name, mediaType string
			data            []byte
		}{
			{"jpeg", "image/jpeg", mediatest.InsertJPEG(asJPEG, markerAPP1, mediatest.EXIFHead+block)},
			{"jpeg with xmp first", "image/jpeg", mediatest.InsertJPEG(asJPEG, markerAPP1, mediatest.XMPPacket, markerAPP1, mediatest.EXIFHead+block)},
			{"png", "image/png", mediatest.InsertPNG(asPNG, "eXIf", block)},
			{"png with exif last", "image/png", slices.Concat(asPNG[:len(asPNG)-12], mediatest.PNGFile("eXIf", block)[8:], asPNG[len(asPNG)-12:])},
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

// Some programs turn a picture only by XMP.
func TestOrientationOfXMP(t *testing.T) {
	picture := mediatest.Blocks(96, 64)
	long := strings.Repeat("<tiff:Software>x</tiff:Software>", 1500)
	for o := 1; o <= 8; o++ {
		attribute := mediatest.XMPWith(fmt.Sprintf(`tiff:Orientation="%d"`, o), "")
		element := mediatest.XMPWith("", long+fmt.Sprintf("<tiff:Orientation> %d\n</tiff:Orientation>", o))
		asJPEG := mediatest.JPEG(t, stored(picture, o))
		asPNG := mediatest.PNG(t, stored(picture, o))
		without, says := mediatest.EXIF([]mediatest.Tag{mediatest.ASCII(0x010f, "x")}), mediatest.EXIF([]mediatest.Tag{mediatest.Short(0x0112, uint16(o))})
		for _, test := range []struct {
			name, mediaType string
			data            []byte
		}{
			{"jpeg", "image/jpeg", mediatest.InsertJPEG(asJPEG, markerAPP1, xmpPrefix+attribute)},
			{"jpeg, element", "image/jpeg", mediatest.InsertJPEG(asJPEG, markerAPP1, xmpPrefix+element)},
			{"jpeg, EXIF without it", "image/jpeg", mediatest.InsertJPEG(asJPEG, markerAPP1, mediatest.EXIFHead+without, markerAPP1, xmpPrefix+attribute)},
			{"jpeg, EXIF with it", "image/jpeg", mediatest.InsertJPEG(asJPEG, markerAPP1, xmpPrefix+mediatest.XMPWith(`tiff:Orientation="3"`, ""), markerAPP1, mediatest.EXIFHead+says)},
			{"png", "image/png", mediatest.InsertPNG(asPNG, "iTXt", xmpKeyword+"\x00\x00\x00\x00\x00"+attribute)},
			{"png, packed", "image/png", mediatest.InsertPNG(asPNG, "iTXt", xmpKeyword+"\x00\x01\x00en\x00x\x00"+deflate([]byte(element)))},
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
				// A published original must be turned, too.
				kept, err := Strip(test.data, test.mediaType)
				if err != nil {
					t.Fatal(err)
				}
				wantBlocks(t, makeLargest(t, new(Maker), test.mediaType, kept))
			})
		}
	}
	bits := chunk(t, readTestdata(t, "lossy.webp"), "VP8 ")
	data := mediatest.RIFF("VP8X", mediatest.VP8X(1<<2, 64, 48), "VP8 ", bits, "XMP ", mediatest.XMPWith(`tiff:Orientation="6"`, ""))
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
		"attribute":       {mediatest.XMPWith(`tiff:Orientation="8"`, ""), 8},
		"element":         {mediatest.XMPWith("", "<tiff:Orientation>8</tiff:Orientation>"), 8},
		"root":            {`<r:RDF xmlns:r="` + rdfSpace + `"><r:Description xmlns:t="` + tiffSpace + `" t:Orientation="5"/></r:RDF>`, 5},
		"of a thumbnail":  {mediatest.XMPWith("", thumbnail), 0},
		"none":            {mediatest.XMPWith("", ""), 0},
		"nothing":         {"", 0},
		"of nothing":      {mediatest.XMPWith(`tiff:Orientation="0"`, ""), 0},
		"too large":       {mediatest.XMPWith(`tiff:Orientation="9"`, ""), 0},
		"a word":          {mediatest.XMPWith(`tiff:Orientation="up"`, ""), 0},
		"of another kind": {mediatest.XMPWith(`xmlns:x="urn:x" x:Orientation="6"`, ""), 0},
		"cut":             {mediatest.XMPWith(`tiff:Orientation="6"`, "")[:200], 0},
		"entities":        {`<!DOCTYPE x [<!ENTITY a "6">]>` + mediatest.XMPWith(`tiff:Orientation="&a;"`, ""), 0},
		"deep":            {strings.Repeat("<a>", maxXMP/3), 0},
	} {
		if got := readXMPOrientation([]byte(test.packet)); got != test.want {
			t.Errorf("%s: got %d, want %d", name, got, test.want)
		}
	}
}

func TestOrientationOfWebP(t *testing.T) {
	bits := chunk(t, readTestdata(t, "lossy.webp"), "VP8 ")
	for _, head := range []string{"", mediatest.EXIFHead} { // some programs write the prefix of JPEG here too
		block := head + mediatest.EXIF([]mediatest.Tag{mediatest.Short(0x0112, 6)})
		pic, files := mustMake(t, new(Maker), "image/webp", mediatest.RIFF("VP8X", mediatest.VP8X(1<<3, 64, 48), "VP8 ", bits, "EXIF", block))
		if pic.Width != 48 || pic.Height != 64 {
			t.Errorf("the picture is %d × %d, want 48 × 64", pic.Width, pic.Height)
		}
		img, err := jpeg.Decode(bytes.NewReader(files[0]))
		if err != nil {
			t.Fatal(err)
		}
		// Stored at 44,16 with a height of 48, turned clockwise.
		want := mediatest.Blocks(1, 1).NRGBAAt(0, 0)
		want.R, want.G, want.B = 230, 20, 30
		wantColor(t, img, 47-16, 44, want)
	}
}

// secrets has texts that a rendition and a Camera must never contain.
var secrets = []string{"Jane Owner", "SN-4711", "secret place", "LENS-0815"}

func TestCameraTellsNoSecrets(t *testing.T) {
	picture := mediatest.JPEG(t, mediatest.Blocks(64, 64))
	xmp := mediatest.XMPPacket + "<exif:GPSLatitude>secret place</exif:GPSLatitude>"
	iptc := "Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x14secret place"
	data := mediatest.InsertJPEG(picture, markerAPP1, xmp, markerAPP1, mediatest.EXIFHead+mediatest.FullEXIF(1), 0xed, iptc, 0xfe, "secret place")
	pic, files := mustMake(t, new(Maker), "image/jpeg", data)

	want := Camera{
		Make: "Nikon", Model: "D 800E", Lens: strings.Repeat("x", maxWords),
		Exposure: "1/250 s", Aperture: "f/2.8", ISO: "400", FocalLength: "35 mm", Taken: "2024-05-06",
	}
	if pic.Camera == nil || *pic.Camera != want {
		t.Errorf("got  %+v\nwant %+v", pic.Camera, want)
	}
	wantNoMetadata(t, files)

	asPNG := mediatest.InsertPNG(mediatest.InsertPNG(mediatest.PNG(t, mediatest.Blocks(64, 64)), "eXIf", mediatest.FullEXIF(1)), "tEXt", "Comment\x00secret place")
	pic, files = mustMake(t, new(Maker), "image/png", asPNG)
	if pic.Camera == nil || pic.Camera.Make != "Nikon" {
		t.Errorf("PNG: got %+v", pic.Camera)
	}
	wantNoMetadata(t, files)

	bits := chunk(t, readTestdata(t, "lossy.webp"), "VP8 ")
	asWebP := mediatest.RIFF("VP8X", mediatest.VP8X(1<<3|1<<2, 64, 48), "VP8 ", bits, "EXIF", mediatest.FullEXIF(1), "XMP ", "secret place")
	_, files = mustMake(t, new(Maker), "image/webp", asWebP)
	wantNoMetadata(t, files)
}

// The time at which a picture was taken is the one on the camera's clock, whatever its time zone.
func TestTaken(t *testing.T) {
	at := func(date string) string {
		return mediatest.EXIF(nil, []mediatest.Tag{mediatest.ASCII(0x9003, date), mediatest.ASCII(0x9011, "+09:00")})
	}
	jpeg := func(exif string) []byte {
		return mediatest.InsertJPEG(mediatest.JPEG(t, mediatest.Blocks(64, 64)), markerAPP1, mediatest.EXIFHead+exif)
	}
	png := mediatest.PNG(t, mediatest.Blocks(64, 64))
	webp := mediatest.RIFF("VP8X", mediatest.VP8X(1<<3, 64, 48), "VP8 ", chunk(t, readTestdata(t, "lossy.webp"), "VP8 "), "EXIF", at("2024:05:06 23:08:09"))
	evening := time.Date(2024, 5, 6, 23, 8, 9, 0, time.UTC)
	for _, tt := range []struct {
		name, mediaType string
		data            []byte
		want            time.Time
	}{
		{"JPEG", "image/jpeg", jpeg(at("2024:05:06 23:08:09")), evening},
		{"PNG", "image/png", mediatest.InsertPNG(png, "eXIf", at("2024:05:06 23:08:09")), evening},
		{"WebP", "image/webp", webp, evening},
		{"without EXIF", "image/png", png, time.Time{}},
		{"a clock that was never set", "image/jpeg", jpeg(at("0000:00:00 00:00:00")), time.Time{}},
		{"no date", "image/jpeg", jpeg(at("yesterday")), time.Time{}},
	} {
		if pic, _ := mustMake(t, new(Maker), tt.mediaType, tt.data); !pic.Taken.Equal(tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, pic.Taken, tt.want)
		}
	}
}

// wantNoMetadata fails if a rendition has one of the secrets, or a segment that could.
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
	loop := mediatest.EXIF([]mediatest.Tag{mediatest.Short(0x0112, 1)}, slices.Repeat([]mediatest.Tag{{ID: 0x8769, Kind: 4, Count: 1, Value: mediatest.Long(8)}}, 50))
	itself := mediatest.EXIF([]mediatest.Tag{{ID: 0x8769, Kind: 4, Count: 1, Value: mediatest.Long(8)}, {ID: 0x014a, Kind: 4, Count: 1, Value: mediatest.Long(8)}, {ID: 0x8825, Kind: 4, Count: 1, Value: mediatest.Long(8)}})
	var many []mediatest.Tag
	for range 5000 {
		many = append(many, mediatest.ASCII(0x010f, "x"))
	}
	offsets := strings.Repeat(mediatest.Long(8), 250)
	for name, block := range map[string]string{
		"empty":           "",
		"no tiff":         "what is this?",
		"loop":            loop,
		"itself":          itself,
		"many tags":       mediatest.EXIF(many),
		"many loops":      mediatest.EXIF(append([]mediatest.Tag{{ID: 0x014a, Kind: 4, Count: 250, Value: offsets}}, many[:4000]...)),
		"count of 2³²-1":  mediatest.EXIF([]mediatest.Tag{{ID: 0x010f, Kind: 2, Count: 1<<32 - 1, Value: mediatest.Long(8)}}),
		"count of 65536":  mediatest.EXIF([]mediatest.Tag{{ID: 0x010f, Kind: 12, Count: 65536, Value: mediatest.Long(8)}}),
		"offset outside":  mediatest.EXIF([]mediatest.Tag{{ID: 0x010f, Kind: 2, Count: 100, Value: mediatest.Long(1<<32 - 1)}}),
		"unknown type":    mediatest.EXIF([]mediatest.Tag{{ID: 0x010f, Kind: 99, Count: 1, Value: mediatest.Long(1)}}),
		"directory cut":   "II*\x00\x08\x00\x00\x00\xff\xff",
		"no directory":    "II*\x00\xff\xff\xff\xff",
		"rational of 0/0": mediatest.EXIF(nil, []mediatest.Tag{mediatest.Rational(0x829a, 0, 0), mediatest.Rational(0x829d, 1, 0), mediatest.Rational(0x920a, 0, 1)}),
		"orientation 9":   mediatest.EXIF([]mediatest.Tag{mediatest.Short(0x0112, 9)}),
	} {
		t.Run(name, func(t *testing.T) {
			if len(block) > 60000 {
				block = block[:60000]
			}
			start := time.Now()
			data := mediatest.InsertJPEG(mediatest.JPEG(t, mediatest.Blocks(64, 64)), markerAPP1, mediatest.EXIFHead+block)
			wantBlocks(t, makeLargest(t, new(Maker), "image/jpeg", data))
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// A thumbnail in EXIF has an orientation of its own.
func TestOrientationOfTheThumbnailIsIgnored(t *testing.T) {
	block := []byte(mediatest.EXIF([]mediatest.Tag{mediatest.Short(0x0112, 1)}))
	binary.LittleEndian.PutUint32(block[len(block)-4:], uint32(len(block)))
	block = mediatest.AppendDirectory(block, []mediatest.Tag{mediatest.Short(0x0112, 6)})
	if o := readMetadata(block, nil).orientation; o != 1 {
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
		c := readEXIF([]byte(mediatest.EXIF(nil, []mediatest.Tag{mediatest.Rational(0x829a, test.num, test.den)}))).camera
		got := ""
		if c != nil {
			got = c.Exposure
		}
		if got != test.want {
			t.Errorf("%d/%d: got %q, want %q", test.num, test.den, got, test.want)
		}
	}
}
