package media

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"firstframe/render/media/mediatest"
)

// iccTag is a tag of a profile for a test.
type iccTag struct{ name, content string }

// writeProfile returns a profile with a secret between the tags and in every field of the header
// that has nothing to do with colours.
func writeProfile(class, space, pcs string, tags ...iccTag) []byte {
	p := make([]byte, 128)
	copy(p[4:], "secr\x04\x20\x00\x00"+class+space+pcs+"secret placeacspsecret\x00\x00secret placesecr\x00\x00\x00\x01"+d50+"secrsecret place")
	copy(p[100:], "secret place, a place of secrets")
	p = binary.BigEndian.AppendUint32(p, uint32(len(tags)))
	offset := 132 + 12*len(tags)
	var body []byte
	for _, tag := range tags {
		body = append(body, "secret place"...)
		p = append(p, tag.name...)
		p = binary.BigEndian.AppendUint32(p, uint32(offset+len(body)))
		p = binary.BigEndian.AppendUint32(p, uint32(len(tag.content)))
		body = append(body, tag.content...)
	}
	p = append(append(p, body...), "secret place"...)
	binary.BigEndian.PutUint32(p, uint32(len(p)))
	return p
}

func iccNumbers(kind string, values ...float64) string {
	out := []byte(kind + "secr")
	for _, v := range values {
		out = binary.BigEndian.AppendUint32(out, uint32(int32(v*65536)))
	}
	return string(out)
}

// privateTags has tags that must go, and tags that are replaced because programs insist on them.
func privateTags(size int) []iccTag {
	return []iccTag{
		{"desc", "mluc\x00\x00\x00\x00secret place"}, {"cprt", "text\x00\x00\x00\x00secret place"},
		{"mmod", "mmod\x00\x00\x00\x00secret place"}, {"meta", "dict\x00\x00\x00\x00secret place"},
		{"vcgt", strings.Repeat("secret place", 1+size/12)}, {"bkpt", iccNumbers("XYZ ", 0, 0, 0)},
	}
}

// makeProfile returns a profile of at least this length, with little else than secrets.
func makeProfile(space string, size int) []byte {
	curve := "para" + "secr" + "\x00\x00se" + "\x00\x02\x33\x33" + "secret place"
	tags := append(privateTags(size), iccTag{"wtpt", iccNumbers("XYZ ", .9642, 1, .8249) + "secret place"})
	switch space {
	case "GRAY":
		return writeProfile("mntr", space, "XYZ ", append(tags, iccTag{"kTRC", curve})...)
	case "CMYK":
		return writeProfile("prtr", space, "Lab ", append(tags, iccTag{"A2B0", simpleTable(4, 2) + "secret place"})...)
	}
	return writeProfile("mntr", space, "XYZ ", append(tags,
		iccTag{"chad", iccNumbers("sf32", 1, 0, 0, 0, 1, 0, 0, 0, 1) + "secret place"},
		iccTag{"cicp", "cicpsecr\x0c\x0d\x00\x01secret place"},
		iccTag{"rXYZ", iccNumbers("XYZ ", .5151, .2412, -.001) + "secret place"},
		iccTag{"gXYZ", iccNumbers("XYZ ", .2920, .6922, .0419)},
		iccTag{"bXYZ", iccNumbers("XYZ ", .1571, .0666, .7841)},
		iccTag{"rTRC", curve}, iccTag{"gTRC", curve}, iccTag{"bTRC", "curvsecr\x00\x00\x00\x01\x02\x33secret place"})...)
}

// simpleTable returns a lut8Type whose table has so many points along each channel.
func simpleTable(channels, points int) string {
	size := 3
	for range channels {
		size *= points
	}
	ramp := make([]byte, 256)
	for i := range ramp {
		ramp[i] = byte(i)
	}
	colors := make([]byte, size)
	for i := range colors {
		colors[i] = byte(i * 7)
	}
	return "mft1secr" + string([]byte{byte(channels), 3, byte(points), 's'}) + string(identityMatrix()) +
		strings.Repeat(string(ramp), channels) + string(colors) + strings.Repeat(string(ramp), 3)
}

// jpegICC returns the segments of a profile, for InsertJPEG.
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

// profileOf returns the profile of a rendition.
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

// Without its profile, a Display-P3 photograph looks dull.
func TestProfileIsCarriedOver(t *testing.T) {
	picture := mediatest.Blocks(64, 64)
	gray := image.NewGray(picture.Rect)
	draw.Draw(gray, gray.Rect, picture, image.Point{}, draw.Src)
	deep := image.NewGray16(picture.Rect)
	draw.Draw(deep, deep.Rect, picture, image.Point{}, draw.Src)
	grayAlpha := image.NewNRGBA(picture.Rect)
	draw.Draw(grayAlpha, grayAlpha.Rect, gray, image.Point{}, draw.Src)

	rgb, forGray, large := makeProfile("RGB ", 548), makeProfile("GRAY", 400), makeProfile("RGB ", 200_000)
	carried, carriedGray := checkProfile(rgb, false), checkProfile(forGray, true)
	bits := chunk(t, readTestdata(t, "lossy.webp"), "VP8 ")
	inverted := jpegICC(large)
	slices.Reverse(inverted)
	for i := 0; i < len(inverted); i += 2 {
		inverted[i], inverted[i+1] = inverted[i+1], inverted[i]
	}
	asJPEG := func(segments ...any) []byte { return mediatest.InsertJPEG(mediatest.JPEG(t, picture), segments...) }
	asPNG := func(m image.Image, profile []byte) []byte {
		return mediatest.InsertPNG(mediatest.PNG(t, m), "iCCP", "name\x00\x00"+deflate(profile))
	}
	asWebP := func(profile []byte) []byte {
		return mediatest.RIFF("VP8X", mediatest.VP8X(1<<5, 64, 48), "ICCP", string(profile), "VP8 ", bits)
	}
	notProfile := makeProfile("RGB ", 548)
	copy(notProfile[36:], "what")
	link := makeProfile("RGB ", 548)
	copy(link[12:], "link")
	outside := makeProfile("RGB ", 548)
	binary.BigEndian.PutUint32(outside[140:], uint32(len(outside)))

	for _, test := range []struct {
		name, mediaType string
		data, want      []byte
	}{
		{"jpeg", "image/jpeg", asJPEG(jpegICC(rgb)...), carried},
		{"jpeg in parts", "image/jpeg", asJPEG(jpegICC(large)...), carried},
		{"jpeg in parts out of order", "image/jpeg", asJPEG(inverted...), carried},
		{"jpeg with a part missing", "image/jpeg", asJPEG(jpegICC(large)[2:]...), nil},
		{"jpeg with a part twice", "image/jpeg", asJPEG(append(jpegICC(large), jpegICC(large)[:2]...)...), nil},
		{"jpeg with part 0", "image/jpeg", asJPEG(markerAPP2, iccPrefix+"\x00\x01"+string(rgb)), nil},
		{"jpeg with another APP2", "image/jpeg", asJPEG(append([]any{markerAPP2, "MPF\x00"}, jpegICC(rgb)...)...), carried},
		{"jpeg gray", "image/jpeg", mediatest.InsertJPEG(mediatest.JPEG(t, gray), jpegICC(forGray)...), carriedGray},
		{"jpeg gray, profile for colours", "image/jpeg", mediatest.InsertJPEG(mediatest.JPEG(t, gray), jpegICC(rgb)...), nil},
		{"jpeg cmyk", "image/jpeg", mediatest.InsertJPEG(encodeCMYK(t, picture), jpegICC(makeProfile("CMYK", 548))...), nil},
		{"jpeg cmyk, profile for rgb", "image/jpeg", mediatest.InsertJPEG(encodeCMYK(t, picture), jpegICC(rgb)...), nil},
		{"jpeg, profile for gray", "image/jpeg", asJPEG(jpegICC(forGray)...), nil},
		{"png", "image/png", asPNG(picture, rgb), carried},
		{"png gray", "image/png", asPNG(gray, forGray), carriedGray},
		{"png gray 16", "image/png", asPNG(deep, forGray), carriedGray},
		{"png, no zlib", "image/png", mediatest.InsertPNG(mediatest.PNG(t, picture), "iCCP", "name\x00\x00what"), nil},
		{"png, bomb", "image/png", asPNG(picture, make([]byte, 8<<20)), nil},
		{"png, too large", "image/png", asPNG(picture, makeProfile("RGB ", maxProfile+1)), nil},
		{"webp", "image/webp", asWebP(rgb), carried},
		{"webp, more after", "image/webp", asWebP(append(slices.Clone(rgb), "secret place"...)), carried},
		{"webp, cut", "image/webp", asWebP(rgb[:len(rgb)-100]), nil},
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

// A profile for gray fits only a gray JPEG.
func TestGrayStaysGray(t *testing.T) {
	m := image.NewGray(image.Rect(0, 0, 64, 64))
	for i := range m.Pix {
		m.Pix[i] = uint8(i)
	}
	_, files := mustMake(t, new(Maker), "image/jpeg", mediatest.JPEG(t, m))
	config, err := jpeg.DecodeConfig(bytes.NewReader(files[0]))
	if err != nil || config.ColorModel != color.GrayModel {
		t.Errorf("got %v, %v", config.ColorModel, err)
	}
}

// If a coloured background shows through a gray picture, the result is not gray.
func TestGrayOnColour(t *testing.T) {
	// One row of gray and alpha, half transparent. Go cannot encode this kind.
	row := append([]byte{0}, bytes.Repeat([]byte{100, 128}, 32)...)
	data := mediatest.PNGFile("IHDR", mediatest.IHDR(32, 32, 8, 4, 0),
		"iCCP", "name\x00\x00"+deflate(makeProfile("GRAY", 400)),
		"IDAT", deflate(bytes.Repeat(row, 32)), "IEND", "")

	_, files := mustMake(t, new(Maker), "image/png", data)
	if profileOf(t, files[0]) == nil {
		t.Error("the profile is missing on white")
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

// Everything about colours in a profile is kept to the last bit, and nothing else.
func TestRebuildProfile(t *testing.T) {
	for _, space := range []string{"RGB ", "GRAY", "CMYK"} {
		got := rebuildProfile(makeProfile(space, 900_000), maxProfile, space)
		if got == nil || len(got) > 3000 {
			t.Errorf("%s: %d bytes", space, len(got))
		}
		for _, secret := range []string{"secr", "place", "mmod", "meta", "vcgt", "bkpt"} {
			if bytes.Contains(got, []byte(secret)) {
				t.Errorf("%s: it still holds %q", space, secret)
			}
		}
		if again := rebuildProfile(got, maxProfile, space); !bytes.Equal(again, got) {
			t.Errorf("%s: it changes when it is rebuilt again", space)
		}
		if rebuildProfile(got, len(got)-1, space) != nil && space != "CMYK" {
			t.Errorf("%s: it is above the limit", space)
		}
	}
}

// Little CMS made these profiles. The tags in a rebuilt profile must say the same. The figures are
// XYZ times 100, as its transicc computed them from the pixels with the original profiles.
func TestProfileColors(t *testing.T) {
	pixels := [][3]byte{{10, 20, 30}, {200, 100, 50}, {255, 255, 255}, {0, 200, 90}}
	for _, test := range []struct {
		name string
		want [][3]float64 // nil for profiles with tables
	}{
		{"srgb-v4", [][3]float64{{0.5875, 0.6478, 0.9991}, {30.5490, 22.1802, 4.3180}, {96.4203, 100, 82.4890}, {23.7063, 42.0269, 12.9055}}},
		{"srgb-v2", [][3]float64{{0.5879, 0.6484, 0.9993}, {30.5483, 22.1800, 4.3175}, {96.4203, 100, 82.4890}, {23.7056, 42.0258, 12.9047}}},
		{"display-p3", [][3]float64{{0.5646, 0.6440, 1.0470}, {33.9747, 22.9655, 2.9740}, {96.4203, 100.0015, 82.4905}, {18.4704, 40.6637, 10.4360}}},
		{"adobe-rgb", [][3]float64{{0.2600, 0.3140, 0.6969}, {38.7704, 26.3944, 3.9871}, {96.4203, 100, 82.4890}, {13.5411, 37.3095, 11.1043}}},
		{"gray", nil}, {"table-v2", nil}, {"table-v4", nil},
	} {
		profile := readTestdata(t, "icc/"+test.name+".icc")
		got := rebuildProfile(profile, maxRenditionProfile, "RGB ", "GRAY")
		if got == nil || bytes.Contains(got, []byte("secret")) {
			t.Errorf("%s: %d bytes: %.20q", test.name, len(got), got)
			continue
		}
		before, after := profileTags(profile), profileTags(got)
		for name, content := range after {
			same := bytes.Equal(content, before[name])
			if name[:2] == "A2" { // its parts may be in another order
				same = reflect.DeepEqual(parseTable(content, 3), parseTable(before[name], 3))
			}
			if name != "desc" && name != "cprt" && !same {
				t.Errorf("%s: the tag %s changed", test.name, name)
			}
		}
		if !bytes.Equal(got[16:24], profile[16:24]) || got[8] != profile[8] || !bytes.Equal(got[64:68], profile[64:68]) {
			t.Errorf("%s: it changed the meaning of colours", test.name)
		}
		for i, want := range test.want {
			xyz := profileXYZ(after, pixels[i])
			for j := range xyz {
				if d := 100*xyz[j] - want[j]; d < -0.005 || d > 0.005 {
					t.Errorf("%s: %v becomes %.4v, want %.4v", test.name, pixels[i], xyz, want)
					break
				}
			}
		}
	}
}

func profileTags(profile []byte) map[string][]byte {
	tags := map[string][]byte{}
	for i := range int(binary.BigEndian.Uint32(profile[128:])) {
		row := profile[132+12*i:]
		at, size := binary.BigEndian.Uint32(row[4:]), binary.BigEndian.Uint32(row[8:])
		tags[string(row[:4])] = profile[at : at+size]
	}
	return tags
}

// profileXYZ returns the colour of a pixel by primaries and curves.
func profileXYZ(tags map[string][]byte, pixel [3]byte) (xyz [3]float64) {
	number := func(tag []byte, i int) float64 { return float64(int32(binary.BigEndian.Uint32(tag[i:]))) / 65536 }
	for i, channel := range []string{"r", "g", "b"} {
		curve, v := tags[channel+"TRC"], float64(pixel[i])/255
		switch n := binary.BigEndian.Uint32(curve[8:]); {
		case string(curve[:4]) == "para" && n>>16 == 3:
			gamma, a, b, c, d := number(curve, 12), number(curve, 16), number(curve, 20), number(curve, 24), number(curve, 28)
			if v >= d {
				v = math.Pow(a*v+b, gamma)
			} else {
				v *= c
			}
		case string(curve[:4]) == "para":
			v = math.Pow(v, number(curve, 12))
		case n == 1:
			v = math.Pow(v, float64(binary.BigEndian.Uint16(curve[12:]))/256)
		default:
			at := v * float64(n-1)
			k := min(int(at), int(n)-2)
			point := func(k int) float64 { return float64(binary.BigEndian.Uint16(curve[12+2*k:])) / 65535 }
			v = point(k) + (at-float64(k))*(point(k+1)-point(k))
		}
		for j := range xyz {
			xyz[j] += v * number(tags[channel+"XYZ"], 8+4*j)
		}
	}
	return xyz
}

// A browser must not download a table of colours with every thumbnail. Of a large table, every
// second point along each channel stays. If primaries and curves say the same, the table goes.
func TestLargeTable(t *testing.T) {
	table := iccTag{"A2B0", simpleTable(3, 33)}
	onlyTable := writeProfile("mntr", "RGB ", "XYZ ", table, iccTag{"A2B1", simpleTable(3, 32)})
	got := checkProfile(onlyTable, false)
	thinned := parseTable(profileTags(got)["A2B0"], 3)
	if thinned == nil || !slices.Equal(thinned.grid, []int{17, 17, 17}) || len(got) > maxRenditionProfile || string(got[12:16]) != "scnr" {
		t.Fatalf("%d bytes: %+v", len(got), thinned)
	}
	whole := parseTable([]byte(table.content), 3)
	for _, at := range [][3]int{{0, 0, 0}, {1, 2, 3}, {16, 0, 5}, {16, 16, 16}} {
		i, j := 3*((17*at[0]+at[1])*17+at[2]), 3*((33*2*at[0]+2*at[1])*33+2*at[2])
		if !bytes.Equal(thinned.colors[i:i+3], whole.colors[j:j+3]) {
			t.Errorf("the color at %v changed", at)
		}
	}
	if kept := keptProfile(onlyTable, 3); len(kept) < 200_000 {
		t.Errorf("an original keeps %d bytes", len(kept))
	}
	both := checkProfile(writeProfile("mntr", "RGB ", "XYZ ", append([]iccTag{{"A2B0", simpleTable(3, 62)}}, formulaTags()...)...), false)
	if tags := profileTags(both); tags["A2B0"] != nil || tags["rXYZ"] == nil {
		t.Errorf("%d bytes are kept of both", len(both))
	}
	if got := checkProfile(writeProfile("mntr", "RGB ", "XYZ ", iccTag{"A2B0", simpleTable(3, 62)}), false); got != nil {
		t.Errorf("%d bytes are kept of a table that cannot be thinned", len(got))
	}
}

func formulaTags() []iccTag {
	curve := "curv\x00\x00\x00\x00\x00\x00\x00\x01\x02\x33"
	return []iccTag{
		{"rXYZ", iccNumbers("XYZ ", .5, .2, 0)}, {"gXYZ", iccNumbers("XYZ ", .3, .7, 0)}, {"bXYZ", iccNumbers("XYZ ", .1, .1, .8)},
		{"rTRC", curve}, {"gTRC", curve}, {"bTRC", curve},
	}
}

// Little CMS must find the same colours, or nearly the same if a table was thinned out: 0.11 apart
// in CIELAB on average, where 1 is invisible.
func TestProfileColorsByLittleCMS(t *testing.T) {
	transicc, err := exec.LookPath("transicc")
	if err != nil {
		t.Skip("transicc is missing")
	}
	var pixels strings.Builder
	for i := range 200 {
		fmt.Fprintf(&pixels, "%d %d %d\n", i*37%256, i*101%256, i*i%256)
	}
	colors := func(profile []byte, intent string) string {
		name := filepath.Join(t.TempDir(), "a.icc")
		if err := os.WriteFile(name, profile, 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(transicc, "-i", name, "-o", "*Lab", "-t", intent, "-n")
		cmd.Stdin = strings.NewReader(pixels.String())
		out, err := cmd.Output()
		if err != nil || len(out) == 0 {
			t.Fatal(err)
		}
		return string(out)
	}
	for _, name := range []string{"srgb-v2", "srgb-v4", "display-p3", "adobe-rgb", "table-v2", "table-v4"} {
		profile := readTestdata(t, "icc/"+name+".icc")
		for _, intent := range []string{"0", "1", "3"} {
			if colors(profile, intent) != colors(checkProfile(profile, false), intent) {
				t.Errorf("%s: other colours by intent %s", name, intent)
			}
		}
	}
}
