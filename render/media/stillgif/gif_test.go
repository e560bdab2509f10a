package stillgif

import (
	"bytes"
	"compress/lzw"
	"image"
	"image/color"
	"image/color/palette"
	"image/draw"
	"image/gif"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"
)

// drawn returns a picture with runs, noise and all colors of a palette.
func drawn(width, height int, colors color.Palette) *image.Paletted {
	m := image.NewPaletted(image.Rect(0, 0, width, height), colors)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range m.Pix {
		m.Pix[i] = uint8(i / 7 % len(colors))
		if i/width%3 == 0 {
			m.Pix[i] = uint8(random.IntN(len(colors)))
		}
	}
	return m
}

func encoded(t testing.TB, g *gif.GIF) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func still(t testing.TB, m *image.Paletted) []byte {
	return encoded(t, &gif.GIF{Image: []*image.Paletted{m}, Delay: []int{0}})
}

// interlaced returns a file that stores the rows in another order.
func interlaced(t testing.TB, m *image.Paletted) []byte {
	mixed := image.NewPaletted(m.Rect, m.Palette)
	i := 0
	for y := range rows(m.Rect.Dy(), true) {
		copy(mixed.Pix[i*m.Stride:][:m.Stride], m.Pix[y*m.Stride:])
		i++
	}
	data := still(t, mixed)
	descriptor := 13 + 3*len(m.Palette)
	data[descriptor+9] |= 0x40
	return data
}

// samples returns files that image/gif can read, too.
func samples(t testing.TB) map[string][]byte {
	two := color.Palette{color.Black, color.White}
	large := image.NewPaletted(image.Rect(0, 0, 500, 400), palette.Plan9)
	draw.Draw(large, large.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
	transparent := append(color.Palette{color.Transparent}, palette.WebSafe[:100]...)
	moved := drawn(20, 10, palette.WebSafe)
	moved.Rect = moved.Rect.Add(image.Pt(5, 7))
	return map[string][]byte{
		"noise":       still(t, drawn(203, 101, palette.Plan9)), // fills the table of codes
		"flat":        still(t, large),
		"two colors":  still(t, drawn(61, 40, two)),
		"one pixel":   still(t, drawn(1, 1, two)),
		"transparent": still(t, drawn(30, 30, transparent)),
		"interlaced":  interlaced(t, drawn(40, 37, palette.Plan9)),
		"animated": encoded(t, &gif.GIF{
			Image: []*image.Paletted{moved, drawn(30, 20, palette.Plan9)}, Delay: []int{1, 2},
			Config: image.Config{Width: 30, Height: 20},
		}),
	}
}

// compare fails if a pixel differs from the pixel that image/gif decodes.
func compare(t *testing.T, data []byte, want *image.Paletted) {
	t.Helper()
	got, err := Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if got.Rect != want.Rect {
		t.Fatalf("the frame is %v, want %v", got.Rect, want.Rect)
	}
	for i, index := range want.Pix {
		a, b := color.NRGBAModel.Convert(got.Palette[got.Pix[i]]), color.NRGBAModel.Convert(want.Palette[index])
		if a != b {
			t.Fatalf("pixel %d is %v, want %v", i, a, b)
		}
	}
}

func TestPixelsAreLikeTheStandardLibrary(t *testing.T) {
	for name, data := range samples(t) {
		t.Run(name, func(t *testing.T) {
			want, err := gif.Decode(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			compare(t, data, want.(*image.Paletted))
			config, err := gif.DecodeConfig(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			canvas, place, err := DecodeConfig(bytes.NewReader(data))
			if err != nil || canvas != image.Rect(0, 0, config.Width, config.Height) || place != want.Bounds() {
				t.Errorf("got %v and %v, %v", canvas, place, err)
			}
		})
	}
}

func TestCutFramesAreRefused(t *testing.T) {
	for name, data := range samples(t) {
		if name == "animated" {
			continue // it has more after the first frame
		}
		// The last bytes are the trailer, the end of the blocks and maybe the last code.
		for n := 0; n < len(data)-5; n += 1 + len(data)/200 {
			if _, err := Decode(bytes.NewReader(data[:n])); err == nil {
				t.Fatalf("%s: %d of %d bytes were accepted as a picture", name, n, len(data))
			}
		}
	}
}

func TestErrorsOfTheReaderAreHandedOn(t *testing.T) {
	data := still(t, drawn(20, 20, palette.Plan9))
	for n := 0; n < len(data)-5; n += 10 {
		r := io.MultiReader(bytes.NewReader(data[:n]), iotest.ErrReader(io.ErrClosedPipe))
		if _, err := Decode(r); err != io.ErrClosedPipe {
			t.Fatalf("after %d bytes: got %v", n, err)
		}
	}
}

// packed returns the blocks of a frame with codes for colors of so many bits.
func packed(width int, indexes ...uint8) []byte {
	var b bytes.Buffer
	if width <= 8 {
		w := lzw.NewWriter(&b, lzw.LSB, width)
		w.Write(indexes)
		w.Close()
	} else { // one code for each color, without a table
		acc, count := uint32(0), 0
		put := func(code int) {
			acc |= uint32(code) << count
			for count += width + 1; count >= 8; count -= 8 {
				b.WriteByte(byte(acc))
				acc >>= 8
			}
		}
		put(1 << width)
		for _, v := range indexes {
			put(int(v))
		}
		put(1<<width + 1)
		b.WriteByte(byte(acc))
	}
	return append(append([]byte{byte(width), byte(b.Len())}, b.Bytes()...), 0)
}

// small returns a file that is made by hand: a screen of 2 × 2, four colors, anything in front of
// the frame, the place of the frame, and its data.
func small(before string, place [4]byte, data []byte) []byte {
	out := []byte("GIF89a\x02\x00\x02\x00\x81\x02\x00")
	out = append(out, 10, 20, 30, 200, 0, 0, 0, 200, 0, 0, 0, 200)
	out = append(out, before...)
	out = append(out, ',', place[0], 0, place[1], 0, place[2], 0, place[3], 0, 0)
	return append(append(out, data...), ';')
}

// Files that other programs read must give the same pixels as there.
func TestUnusualFiles(t *testing.T) {
	all := [4]byte{0, 0, 2, 2}
	first, red, green, blue := color.NRGBA{10, 20, 30, 255}, color.NRGBA{200, 0, 0, 255}, color.NRGBA{0, 200, 0, 255}, color.NRGBA{0, 0, 200, 255}
	good := packed(2, 0, 1, 2, 3)
	behind := append(bytes.Clone(good[:len(good)-1]), 5, 1, 2, 3, 4, 5, 3, 9, 9, 9, 0)
	const control = "!\xf9\x04\x01\x00\x00"
	for _, test := range []struct {
		name          string
		data          []byte
		canvas, place image.Rectangle
		want          []color.Color
	}{
		{"plain", small("", all, good), image.Rect(0, 0, 2, 2), image.Rect(0, 0, 2, 2), []color.Color{first, red, green, blue}},
		{"beyond the screen", small("", [4]byte{1, 3, 2, 2}, good), image.Rect(0, 0, 3, 5), image.Rect(1, 3, 3, 5), []color.Color{first, red, green, blue}},
		{"more data", small("", all, behind), image.Rect(0, 0, 2, 2), image.Rect(0, 0, 2, 2), []color.Color{first, red, green, blue}},
		{"more pixels", small("", all, packed(2, 0, 1, 2, 3, 0, 0, 0)), image.Rect(0, 0, 2, 2), image.Rect(0, 0, 2, 2), []color.Color{first, red, green, blue}},
		{"codes of 12 bits", small("", all, packed(11, 3, 2, 1, 0)), image.Rect(0, 0, 2, 2), image.Rect(0, 0, 2, 2), []color.Color{blue, green, red, first}},
		{"color that is missing", small("", all, packed(8, 3, 4, 255, 0)), image.Rect(0, 0, 2, 2), image.Rect(0, 0, 2, 2), []color.Color{blue, color.Black, color.Black, first}},
		{"transparent", small(control+"\x02\x00", all, good), image.Rect(0, 0, 2, 2), image.Rect(0, 0, 2, 2), []color.Color{first, red, color.Transparent, blue}},
		{"transparent color that is missing", small(control+"\x09\x00", all, packed(8, 9, 1, 2, 3)), image.Rect(0, 0, 2, 2), image.Rect(0, 0, 2, 2), []color.Color{color.Transparent, red, green, blue}},
		{"long control", small("!\xf9\x06\x01\x00\x00\x01\x00\x00\x00", all, good), image.Rect(0, 0, 2, 2), image.Rect(0, 0, 2, 2), []color.Color{first, color.Transparent, green, blue}},
		{"unknown extension", small("!\x77\x03abc\x02de\x00", all, good), image.Rect(0, 0, 2, 2), image.Rect(0, 0, 2, 2), []color.Color{first, red, green, blue}},
		{"nothing after", small("", all, good)[:13+12+10+len(good)], image.Rect(0, 0, 2, 2), image.Rect(0, 0, 2, 2), []color.Color{first, red, green, blue}},
	} {
		t.Run(test.name, func(t *testing.T) {
			canvas, place, err := DecodeConfig(bytes.NewReader(test.data))
			if err != nil || canvas != test.canvas || place != test.place {
				t.Errorf("got %v and %v, %v", canvas, place, err)
			}
			m, err := Decode(bytes.NewReader(test.data))
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range test.want {
				got := color.NRGBAModel.Convert(m.Palette[m.Pix[i]])
				if got != color.NRGBAModel.Convert(want) {
					t.Errorf("pixel %d is %v, want %v", i, got, want)
				}
			}
		})
	}
}

func TestBadFilesAreRefused(t *testing.T) {
	all := [4]byte{0, 0, 2, 2}
	good := packed(2, 0, 1, 2, 3)
	noColors := small("", all, good)
	noColors[10] = 0
	for name, data := range map[string][]byte{
		"nothing":             nil,
		"another kind":        []byte("GIF88a\x02\x00\x02\x00\x00\x00\x00;"),
		"no frame":            []byte("GIF89a\x02\x00\x02\x00\x00\x00\x00;"),
		"no colors":           append(noColors[:13:13], noColors[25:]...),
		"unknown block":       small("?", all, good),
		"colors of 1 bit":     small("", all, []byte{1, 1, 0, 0}),
		"colors of 12 bits":   small("", all, []byte{12, 1, 0, 0}),
		"too few pixels":      small("", all, packed(2, 0, 1, 2)),
		"undefined code":      small("", all, []byte{2, 2, 0b111_100, 0, 0}),
		"undefined at once":   small("", all, []byte{2, 2, 0b111_110, 0, 0}),
		"65535 × 65535 pixel": small("", [4]byte{255, 255, 255, 255}, good)[:30],
	} {
		if _, err := Decode(bytes.NewReader(data)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// FuzzDecodeAgainstStd looks for files that make the decoder panic, that only image/gif can read,
// or that give different pixels:
//
//	go test -fuzz FuzzDecodeAgainstStd -fuzzminimizetime 1s ./render/media/stillgif
func FuzzDecodeAgainstStd(f *testing.F) {
	for _, data := range samples(f) {
		f.Add(data)
	}
	f.Add(small("!\xf9\x04\x01\x00\x00\x02\x00!\x01\x0cabcdefghijkl\x01m\x00", [4]byte{0, 0, 2, 2}, packed(2, 0, 1, 2, 3)))
	f.Add(small("!\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00!\xfe\x02hi\x00", [4]byte{0, 0, 2, 2}, packed(11, 0, 1, 2, 3)))
	f.Fuzz(func(t *testing.T, data []byte) {
		canvas, place, err := DecodeConfig(bytes.NewReader(data))
		if err != nil || canvas.Dx()*canvas.Dy() > 1<<16 {
			return
		}
		if !place.In(canvas) {
			t.Fatalf("%v lies outside of %v", place, canvas)
		}
		Decode(bytes.NewReader(data))
		want, err := gif.Decode(bytes.NewReader(data))
		if err != nil || ambiguous(data) {
			return
		}
		compare(t, data, want.(*image.Paletted))
	})
}

// ambiguous reports whether the first block of an extension in front of the frame has a length that
// the standard does not allow. Image/gif then reads something else.
func ambiguous(data []byte) bool {
	for i := 0; i+2 < len(data); i++ {
		if data[i] == blockExtension && (data[i+1] == 0x01 && data[i+2] != 12 || data[i+1] == 0xff && data[i+2] == 0) {
			return true
		}
	}
	return false
}
