package render

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"slices"
	"testing"
)

// makeProfile makes the outline of a profile of this length, with one tag
// that holds bytes of no meaning.
func makeProfile(space string, size int) []byte {
	p := make([]byte, size)
	for i := range p {
		p[i] = byte(i*i>>3 + i)
	}
	binary.BigEndian.PutUint32(p, uint32(size))
	copy(p[12:], "mntr"+space+"XYZ ")
	copy(p[36:], "acsp")
	binary.BigEndian.PutUint32(p[128:], 1)
	copy(p[132:], "desc")
	binary.BigEndian.PutUint32(p[136:], 144)
	binary.BigEndian.PutUint32(p[140:], uint32(size-144))
	return p
}

// jpegICC are the segments of a profile, as markers and contents.
func jpegICC(profile []byte) []any {
	var out []any
	file := append([]byte{0xff, 0xd8}, profileSegments(profile)...)
	for marker, data := range jpegSegments(bytes.NewReader(file)) {
		content := make([]byte, data.Size())
		if _, err := data.ReadAt(content, 0); err != nil {
			panic(err)
		}
		out = append(out, int(marker), string(content))
	}
	return out
}

func deflate(data []byte) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	z.Write(data)
	z.Close()
	return b.String()
}

// profileOf reads the profile out of a rendition.
func profileOf(t testing.TB, file []byte) []byte {
	t.Helper()
	var chunks profileChunks
	for marker, data := range jpegSegments(bytes.NewReader(file)) {
		if marker == markerAPP2 {
			if err := chunks.add(data); err != nil {
				t.Fatal(err)
			}
		}
	}
	return chunks.join()
}

// A Display-P3 photograph turns dull without its profile.
func TestProfileIsCarriedOver(t *testing.T) {
	picture := blocks(64, 64)
	gray := image.NewGray(picture.Rect)
	draw.Draw(gray, gray.Rect, picture, image.Point{}, draw.Src)
	deep := image.NewGray16(picture.Rect)
	draw.Draw(deep, deep.Rect, picture, image.Point{}, draw.Src)
	grayAlpha := image.NewNRGBA(picture.Rect)
	draw.Draw(grayAlpha, grayAlpha.Rect, gray, image.Point{}, draw.Src)

	rgb, forGray, large := makeProfile("RGB ", 548), makeProfile("GRAY", 400), makeProfile("RGB ", 200_000)
	bits := chunk(t, readTestdata(t, "lossy.webp"), "VP8 ")
	inverted := jpegICC(large)
	slices.Reverse(inverted)
	for i := 0; i < len(inverted); i += 2 {
		inverted[i], inverted[i+1] = inverted[i+1], inverted[i]
	}
	asJPEG := func(segments ...any) []byte { return insertJPEG(encodeJPEG(t, picture), segments...) }
	asPNG := func(m image.Image, profile []byte) []byte {
		return insertPNG(encodePNG(t, m), "iCCP", "name\x00\x00"+deflate(profile))
	}
	asWebP := func(profile []byte) []byte {
		return riffFile("VP8X", vp8x(1<<5, 64, 48), "ICCP", string(profile), "VP8 ", bits)
	}
	notProfile := makeProfile("RGB ", 548)
	copy(notProfile[36:], "what")
	link := makeProfile("RGB ", 548)
	copy(link[12:], "link")
	outside := makeProfile("RGB ", 548)
	binary.BigEndian.PutUint32(outside[140:], 549)

	for _, test := range []struct {
		name, mediaType string
		data, want      []byte
	}{
		{"jpeg", "image/jpeg", asJPEG(jpegICC(rgb)...), rgb},
		{"jpeg in parts", "image/jpeg", asJPEG(jpegICC(large)...), large},
		{"jpeg in parts out of order", "image/jpeg", asJPEG(inverted...), large},
		{"jpeg with a part missing", "image/jpeg", asJPEG(jpegICC(large)[2:]...), nil},
		{"jpeg with a part twice", "image/jpeg", asJPEG(append(jpegICC(large), jpegICC(large)[:2]...)...), nil},
		{"jpeg with part 0", "image/jpeg", asJPEG(markerAPP2, iccPrefix+"\x00\x01"+string(rgb)), nil},
		{"jpeg with another APP2", "image/jpeg", asJPEG(append([]any{markerAPP2, "MPF\x00"}, jpegICC(rgb)...)...), rgb},
		{"jpeg gray", "image/jpeg", insertJPEG(encodeJPEG(t, gray), jpegICC(forGray)...), forGray},
		{"jpeg gray, profile for colours", "image/jpeg", insertJPEG(encodeJPEG(t, gray), jpegICC(rgb)...), nil},
		{"jpeg cmyk", "image/jpeg", insertJPEG(encodeCMYK(t, picture), jpegICC(makeProfile("CMYK", 548))...), nil},
		{"jpeg cmyk, profile for rgb", "image/jpeg", insertJPEG(encodeCMYK(t, picture), jpegICC(rgb)...), nil},
		{"jpeg, profile for gray", "image/jpeg", asJPEG(jpegICC(forGray)...), nil},
		{"png", "image/png", asPNG(picture, rgb), rgb},
		{"png gray", "image/png", asPNG(gray, forGray), forGray},
		{"png gray 16", "image/png", asPNG(deep, forGray), forGray},
		{"png, no zlib", "image/png", insertPNG(encodePNG(t, picture), "iCCP", "name\x00\x00what"), nil},
		{"png, bomb", "image/png", asPNG(picture, make([]byte, 8<<20)), nil},
		{"png, too large", "image/png", asPNG(picture, makeProfile("RGB ", maxProfile+1)), nil},
		{"webp", "image/webp", asWebP(rgb), rgb},
		{"webp, more behind", "image/webp", asWebP(append(slices.Clone(rgb), "secret place"...)), rgb},
		{"webp, cut", "image/webp", asWebP(rgb[:500]), nil},
		{"webp, no profile", "image/webp", asWebP(notProfile), nil},
		{"webp, link of devices", "image/webp", asWebP(link), nil},
		{"webp, tag outside", "image/webp", asWebP(outside), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, files := mustMake(t, &Maker{Widths: []int{32, 1920}}, test.mediaType, test.data)
			for _, file := range files {
				if got := profileOf(t, file); !bytes.Equal(got, test.want) {
					t.Errorf("got a profile of %d bytes, want %d", len(got), len(test.want))
				}
			}
		})
	}
}

// A profile for gray fits no JPEG but a gray one.
func TestGrayStaysGray(t *testing.T) {
	m := image.NewGray(image.Rect(0, 0, 64, 64))
	for i := range m.Pix {
		m.Pix[i] = uint8(i)
	}
	_, files := mustMake(t, new(Maker), "image/jpeg", encodeJPEG(t, m))
	config, err := jpeg.DecodeConfig(bytes.NewReader(files[0]))
	if err != nil || config.ColorModel != color.GrayModel {
		t.Errorf("got %v, %v", config.ColorModel, err)
	}
}

// Where a coloured background shows through gray, the picture is not gray.
func TestGrayOnColour(t *testing.T) {
	// One row of gray and alpha, half transparent; Go does not encode this kind.
	row := append([]byte{0}, bytes.Repeat([]byte{100, 128}, 32)...)
	data := pngFile("IHDR", ihdr(32, 32, 8, 4, 0),
		"iCCP", "name\x00\x00"+deflate(makeProfile("GRAY", 400)),
		"IDAT", deflate(bytes.Repeat(row, 32)), "IEND", "")

	_, files := mustMake(t, new(Maker), "image/png", data)
	if profileOf(t, files[0]) == nil {
		t.Error("the profile is lost on white")
	}
	_, files = mustMake(t, &Maker{Background: color.NRGBA{200, 0, 0, 255}}, "image/png", data)
	if profileOf(t, files[0]) != nil {
		t.Error("a profile for gray on a red picture")
	}
	img, err := jpeg.Decode(bytes.NewReader(files[0]))
	if err != nil {
		t.Fatal(err)
	}
	wantColor(t, img, 16, 16, color.NRGBA{150, 50, 50, 255})
}
