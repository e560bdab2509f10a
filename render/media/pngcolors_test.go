package media

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math"
	"slices"
	"testing"

	"firstframe/render/media/mediatest"
)

// toLight is the inverse of fromLight.
func toLight(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

// bent returns blocks whose samples have another curve than sRGB.
func bent(m image.Image, curve func(light float64) float64) *image.NRGBA64 {
	out := image.NewNRGBA64(m.Bounds())
	code := func(v uint8) uint16 { return uint16(65535*curve(toLight(float64(v)/255)) + 0.5) }
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			c := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
			out.SetNRGBA64(x, y, color.NRGBA64{code(c.R), code(c.G), code(c.B), uint16(c.A) * 257})
		}
	}
	return out
}

func gamaChunk(gamma float64) string {
	return string(binary.BigEndian.AppendUint32(nil, uint32(math.Round(gamma*100_000))))
}

func chrmChunk(p primaries) string {
	var out []byte
	for _, v := range p {
		out = binary.BigEndian.AppendUint32(out, uint32(math.Round(v*100_000)))
	}
	return string(out)
}

// Samples that name their curve must become samples of sRGB, for each kind of PNG and each decoder.
func TestGammaOfPNG(t *testing.T) {
	curves := map[string]struct {
		kind, content string
		curve         func(float64) float64
	}{
		"gamma 1":    {"gAMA", gamaChunk(1), func(v float64) float64 { return v }},
		"gamma 1/18": {"gAMA", gamaChunk(1 / 1.8), func(v float64) float64 { return math.Pow(v, 1/1.8) }},
		"linear":     {"cICP", "\x01\x08\x00\x01", func(v float64) float64 { return v }},
		"BT.709": {"cICP", "\x01\x01\x00\x01", func(v float64) float64 {
			if v < 0.018 {
				return 4.5 * v
			}
			return 1.099*math.Pow(v, 0.45) - 0.099
		}},
	}
	picture := mediatest.Blocks(64, 64)
	gray := image.NewGray(picture.Rect)
	draw.Draw(gray, gray.Rect, picture, image.Point{}, draw.Src)
	for name, c := range curves {
		colors, shades := bent(picture, c.curve), bent(gray, c.curve)
		for kind, made := range map[string]struct {
			data []byte
			want []color.NRGBA
		}{
			"8":            {mediatest.PNG(t, as(image.NewRGBA(picture.Rect), colors)), mediatest.Quarters[:]},
			"8 alpha":      {mediatest.PNG(t, punched(as(image.NewNRGBA(picture.Rect), colors))), mediatest.Quarters[:]},
			"16":           {mediatest.PNG(t, as(image.NewRGBA64(picture.Rect), colors)), mediatest.Quarters[:]},
			"16 alpha":     {mediatest.PNG(t, punched(as(image.NewNRGBA64(picture.Rect), colors))), mediatest.Quarters[:]},
			"interlaced":   {encodeInterlaced(as(image.NewNRGBA(picture.Rect), colors).(*image.NRGBA)), mediatest.Quarters[:]},
			"paletted":     {mediatest.PNG(t, paletted(as(image.NewNRGBA(picture.Rect), colors))), mediatest.Quarters[:]},
			"few colours":  {fewColors(t, as(image.NewNRGBA(picture.Rect), colors)), mediatest.Quarters[:]},
			"gray":         {mediatest.PNG(t, as(image.NewGray(picture.Rect), shades)), grays(mediatest.Quarters[:])},
			"gray 16":      {mediatest.PNG(t, as(image.NewGray16(picture.Rect), shades)), grays(mediatest.Quarters[:])},
			"sRGB says no": {mediatest.InsertPNG(mediatest.PNG(t, picture), "sRGB", "\x00"), nil},
		} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				if made.want == nil && c.kind == "cICP" {
					return // the profile takes precedence
				}
				img := makeLargest(t, new(Maker), "image/png", mediatest.InsertPNG(made.data, c.kind, c.content))
				for i, want := range made.want {
					wantColor(t, img, 16+i%2*32, 16+i/2*32, want)
				}
				if made.want == nil {
					wantBlocks(t, img)
				}
			})
		}
	}
}

func as(to draw.Image, m image.Image) image.Image {
	draw.Draw(to, to.Bounds(), m, image.Point{}, draw.Src)
	return to
}

// punched adds a transparent pixel, so that the picture is stored with alpha.
func punched(m image.Image) image.Image {
	m.(draw.Image).Set(0, 0, color.NRGBA{})
	return m
}

func paletted(m image.Image) *image.Paletted {
	p := image.NewPaletted(m.Bounds(), nil)
	for i := range 4 {
		p.Palette = append(p.Palette, m.At(16+i%2*32, 16+i/2*32))
	}
	draw.Draw(p, p.Rect, m, image.Point{}, draw.Src)
	return p
}

// fewColors returns the picture with a palette, eight bits for each pixel.
func fewColors(t testing.TB, m image.Image) []byte {
	p := paletted(m)
	for len(p.Palette) < 200 {
		p.Palette = append(p.Palette, color.NRGBA{uint8(len(p.Palette)), 0, 0, 255})
	}
	return mediatest.PNG(t, p)
}

// A curve that is nearly the curve of sRGB must change nothing, and neither must a curve that no
// picture has.
func TestGammaThatChangesNothing(t *testing.T) {
	plain := mediatest.PNG(t, mediatest.Blocks(64, 64))
	_, want := mustMake(t, new(Maker), "image/png", plain)
	for name, data := range map[string][]byte{
		"1/2.2":                  mediatest.InsertPNG(plain, "gAMA", gamaChunk(1/2.2)),
		"0":                      mediatest.InsertPNG(plain, "gAMA", gamaChunk(0)),
		"1000":                   mediatest.InsertPNG(plain, "gAMA", gamaChunk(1000)),
		"of three bytes":         mediatest.InsertPNG(plain, "gAMA", "\x00\x00\x01"),
		"primaries of sRGB":      mediatest.InsertPNG(plain, "cHRM", chrmChunk(primariesOfSRGB)),
		"no primaries":           mediatest.InsertPNG(plain, "cHRM", chrmChunk(primaries{})),
		"primaries on a line":    mediatest.InsertPNG(plain, "cHRM", chrmChunk(primaries{0.3, 0.3, 0.2, 0.2, 0.3, 0.3, 0.4, 0.4})),
		"white outside":          mediatest.InsertPNG(plain, "cHRM", chrmChunk(primaries{0.7, 0.29, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06})),
		"cICP of sRGB":           mediatest.InsertPNG(plain, "cICP", "\x01\x0d\x00\x01"),
		"cICP of unknown colors": mediatest.InsertPNG(plain, "cICP", "\x02\x0d\x00\x01"),
		"cICP of unknown curve":  mediatest.InsertPNG(plain, "cICP", "\x01\x02\x00\x01"),
		"cICP of YCbCr":          mediatest.InsertPNG(plain, "cICP", "\x0c\x0d\x01\x01"),
		"cICP of a narrow range": mediatest.InsertPNG(plain, "cICP", "\x0c\x0d\x00\x00"),
		"cICP counts most":       mediatest.InsertPNG(mediatest.InsertPNG(mediatest.InsertPNG(plain, "gAMA", gamaChunk(1)), "iCCP", "x\x00\x00"+deflate(makeProfile("RGB ", 300))), "cICP", "\x01\x0d\x00\x01"),
		"after the pixels":       slices.Concat(plain[:len(plain)-12], mediatest.PNGFile("gAMA", gamaChunk(1))[8:], plain[len(plain)-12:]),
	} {
		_, got := mustMake(t, new(Maker), "image/png", data)
		if !bytes.Equal(got[0], want[0]) {
			t.Errorf("%s: the rendition changed", name)
		}
	}
}

// Colours beyond sRGB stay as vivid as they are, by a profile.
func TestPrimariesOfPNG(t *testing.T) {
	plain := mediatest.PNG(t, mediatest.Blocks(64, 64))
	adobe := primaries{0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06}
	for _, test := range []struct {
		name string
		data []byte
		want []float64 // red, green and blue in X, Y and Z
	}{
		// As in Apple's profile for Display P3.
		{"Display P3", mediatest.InsertPNG(plain, "cICP", "\x0c\x0d\x00\x01"), []float64{0.51512, 0.24120, -0.00105, 0.29198, 0.69225, 0.04189, 0.15710, 0.06657, 0.78407}},
		// As in Adobe's profile.
		{"Adobe RGB", mediatest.InsertPNG(mediatest.InsertPNG(plain, "gAMA", gamaChunk(1/2.2)), "cHRM", chrmChunk(adobe)), []float64{0.60974, 0.31111, 0.01947, 0.20528, 0.62567, 0.06087, 0.14919, 0.06322, 0.74457}},
	} {
		_, files := mustMake(t, new(Maker), "image/png", test.data)
		profile := profileOf(t, files[0])
		if profile == nil {
			t.Fatalf("%s: no profile", test.name)
		}
		for i, tag := range []string{"rXYZ", "gXYZ", "bXYZ"} {
			at := bytes.Index(profile, []byte(tag))
			content := profile[binary.BigEndian.Uint32(profile[at+4:]):]
			for j := range 3 {
				if got := fixed(content[8+4*j:]); math.Abs(got-test.want[3*i+j]) > 0.0005 {
					t.Errorf("%s: %s has %.5f, want %.5f", test.name, tag, got, test.want[3*i+j])
				}
			}
		}
		img, err := jpeg.Decode(bytes.NewReader(files[0]))
		if err != nil {
			t.Fatal(err)
		}
		wantBlocks(t, img)
		if stripped, err := Strip(files[0], "image/jpeg"); err != nil || !bytes.Equal(stripped, files[0]) {
			t.Errorf("%s: --check would complain about the rendition (%v)", test.name, err)
		}
	}
	gray := image.NewGray(image.Rect(0, 0, 8, 8))
	_, files := mustMake(t, new(Maker), "image/png", mediatest.InsertPNG(mediatest.PNG(t, gray), "cICP", "\x0c\x0d\x00\x01"))
	if profileOf(t, files[0]) != nil {
		t.Error("a profile for colours on a gray picture")
	}
}

// Pictures for bright screens must fit a page. Black stays black. Something as bright as paper is
// light but not white. More light is never darker.
func TestBrightPNG(t *testing.T) {
	for name, light := range map[string]func(float64) float64{"PQ": lightOfPQ, "HLG": lightOfHLG} {
		last := -1.0
		for i := range 256 {
			v := light(float64(i) / 255)
			if v < last {
				t.Errorf("%s: %d is darker than the sample before", name, i)
			}
			last = v
		}
		if light(0) > 1e-6 || last < 0.999 {
			t.Errorf("%s: goes from %v to %v", name, light(0), last)
		}
	}
	// 203 cd/m² (ITU-R BT.2408).
	for name, got := range map[string]float64{"PQ": lightOfPQ(0.5807), "HLG": lightOfHLG(0.75)} {
		if math.Abs(got-0.52) > 0.01 {
			t.Errorf("%s: paper is %.3f", name, got)
		}
	}
	data := mediatest.InsertPNG(mediatest.PNG(t, mediatest.Blocks(64, 64)), "cICP", "\x09\x10\x00\x01")
	_, files := mustMake(t, new(Maker), "image/png", data)
	if profileOf(t, files[0]) == nil {
		t.Error("the primaries of BT.2020 are missing")
	}
}
