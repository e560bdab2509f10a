package media

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"strings"
	"testing"

	"firstframe/render/media/mediatest"
)

// paper returns the light that a sheet with these inks reflects, as XYZ under D50. Each ink absorbs
// its part of red, green and blue. Dots of ink are larger on paper than on film.
func paper(amounts [4]float64) [3]float64 {
	absorbed := [4][3]float64{{0.75, 0.35, 0.1}, {0.15, 0.75, 0.4}, {0.02, 0.1, 0.8}, {0.85, 0.85, 0.84}}
	light := [3]float64{1, 1, 1} // relative to the white of the sheet
	for ink, amount := range amounts {
		dot := amount + 0.6*amount*(1-amount)
		for i := range light {
			light[i] *= 1 - dot*absorbed[ink][i]
		}
	}
	r, g, b := light[0], light[1], light[2]
	return [3]float64{
		0.4360747*r + 0.3850649*g + 0.1430804*b,
		0.2225045*r + 0.7168786*g + 0.0606169*b,
		0.0139322*r + 0.0971045*g + 0.7141733*b,
	}
}

// paperLab returns the same as L*, a* and b*.
func paperLab(amounts [4]float64) [3]float64 {
	var f [3]float64
	for i, v := range paper(amounts) {
		f[i] = math.Cbrt(v / profileWhite[i]) // no sheet is dark enough for the other formula
	}
	return [3]float64{116*f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])}
}

// inkProfile returns a CMYK profile of that paper in a version, with a table of a type and 5
// amounts of each ink. The curves in front of the table make its entries denser where there is less
// ink.
func inkProfile(version byte, kind, pcs string) []byte {
	table := []byte(kind + "\x00\x00\x00\x00\x04\x03\x05\x00")
	matrix := appendFixed(nil, 1, 0, 0, 0, 1, 0, 0, 0, 1)
	dense := func(v float64) float64 { return math.Pow(v, 0.8) }
	switch kind {
	case "mft1":
		table = append(table, matrix...)
		for range 4 {
			for i := range 256 {
				table = append(table, uint8(math.Round(255*dense(float64(i)/255))))
			}
		}
		table = append(table, inkEntries(kind, pcs)...)
		for range 3 {
			for i := range 256 {
				table = append(table, uint8(i))
			}
		}
	case "mft2":
		table = append(append(table, matrix...), 0, 33, 0, 2)
		for range 4 {
			for i := range 33 {
				table = binary.BigEndian.AppendUint16(table, uint16(math.Round(65535*dense(float64(i)/32))))
			}
		}
		table = append(append(table, inkEntries(kind, pcs)...), 0, 0, 255, 255, 0, 0, 255, 255, 0, 0, 255, 255)
	case "mAB ":
		table[10] = 0
		identity := []byte("curv\x00\x00\x00\x00\x00\x00\x00\x00")
		square := []byte("curv\x00\x00\x00\x00\x00\x00\x00\x01\x02\x00\x00\x00")
		clut := append([]byte{5, 5, 5, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0}, inkEntries(kind, pcs)...)
		clut = append(clut, make([]byte, -len(clut)&3)...)
		dense := appendFixed([]byte("para\x00\x00\x00\x00\x00\x00\x00\x00"), 0.8)
		parts := [][]byte{
			bytes.Repeat(identity, 3),
			appendFixed(nil, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0),
			bytes.Join([][]byte{square, square, square}, nil), // the entries undo this
			clut,
			bytes.Repeat(dense, 4),
		}
		offset := 32
		for _, part := range parts {
			table = binary.BigEndian.AppendUint32(table, uint32(offset))
			offset += len(part)
		}
		table = append(table, bytes.Join(parts, nil)...)
	}
	return inkProfileWith(version, pcs, table)
}

// inkEntries returns the colours of a table.
func inkEntries(kind, pcs string) (out []byte) {
	spread := func(i int) float64 { return math.Pow(float64(i)/4, 1/0.8) }
	for i := range 5 * 5 * 5 * 5 {
		amounts := [4]float64{spread(i / 125), spread(i / 25 % 5), spread(i / 5 % 5), spread(i % 5)}
		v := paper(amounts)
		for j, x := range v {
			v[j] = x * 32768 / 65535
		}
		if pcs == "Lab " {
			lab := paperLab(amounts)
			v = [3]float64{lab[0] / 100, (lab[1] + 128) / 255, (lab[2] + 128) / 255}
			if kind == "mft2" {
				v = [3]float64{lab[0] / 100 * 65280 / 65535, (lab[1] + 128) * 256 / 65535, (lab[2] + 128) * 256 / 65535}
			}
		}
		for _, x := range v {
			if kind == "mft1" {
				out = append(out, uint8(math.Round(255*x)))
				continue
			}
			if kind == "mAB " {
				x = math.Sqrt(x)
			}
			out = binary.BigEndian.AppendUint16(out, uint16(math.Round(65535*x)))
		}
	}
	return out
}

// inkProfileWith returns the profile of a printer.
func inkProfileWith(version byte, pcs string, table []byte) []byte {
	p := iccProfile{space: "CMYK", pcs: pcs, version: version, tags: map[string][]byte{
		"wtpt": xyzTag(profileWhite[0], profileWhite[1], profileWhite[2]), "A2B0": table,
	}}
	profile := p.encode()
	copy(profile[12:], "prtr")
	return profile
}

// inkAmounts returns all combinations of four amounts. No profile above has an entry for two of
// them.
func inkAmounts() (out [][4]uint8) {
	levels := [3]uint8{0, 90, 215}
	for i := range 81 {
		out = append(out, [4]uint8{levels[i/27], levels[i/9%3], levels[i/3%3], levels[i%3]})
	}
	return out
}

// inkJPEG returns a picture of squares with the amounts, and a profile.
func inkJPEG(t testing.TB, amounts [][4]uint8, profile []byte) []byte {
	t.Helper()
	const size = 16
	planes := make([]*image.Gray, 4)
	for i := range planes {
		planes[i] = image.NewGray(image.Rect(0, 0, 9*size, 9*size))
		for j := range planes[i].Pix {
			x, y := j%(9*size)/size, j/(9*size)/size
			planes[i].Pix[j] = 255 - amounts[9*y+x][i]
		}
	}
	file := encodePlanes(t, 9*size, 9*size, planes, []byte{0x11, 0x11, 0x11, 0x11})
	return mediatest.InsertJPEG(file, append(adobeSegment(0), jpegICC(profile)...)...)
}

// inkFigures has the colours in sRGB that littleCMS makes from inkAmounts. To make them again,
// write the profile to a file, and inkJPEG(t, inkAmounts(), profile) to another one. Run "jpgicc
// -q100 in.jpg out.jpg" (Debian's liblcms2-utils 2.14, with its defaults: perceptual, with black
// point compensation, to its own sRGB of version 4). Note the rounded mean of the middle of each
// square of out.jpg, row by row.
var inkFigures = []struct {
	version   byte
	kind, pcs string
	want      string
}{
	{2, "mft1", "Lab ", `
		ffffffc7c7c77b7b7efef9ccc6c29d7b7860fef489c5be687a7539f6cfe8bfa0b5766071f5cab8bf9c8d765e55f5c67bbe995b755b2d
		ef94cfba70a1733d63ef91a3b96d7e723b49ed8d6cb76b4f723922cfeaf9a0b6c3606f7bcee5c69fb19a606d5ecde0869ead645f6a36
		c7bde29a92b15c566ec7b9b39a8f8b5b5352c6b577988b595a512bc287ca94669d583460c083a094637b583246c0806994604d57301f
		94d6f570a5bf3d647894d1c370a2973d615b94cd836f9e623b5f338fadde6b84ac394c6b8ea9af6b8188384a508ea5746a7e56384729
		8b7ac6685a99362b5e8a779d67587835294489746666554a34271e
		`},
	{2, "mft2", "Lab ", `
		ffffffc7c7c87b7b7efef9cbc6c29e7b7860fdf489c5be687a7538f7cfe7c0a0b4776071f6cab7bf9d8e765e55f5c67abe995c755b2e
		ef94cfba70a1723d63ee91a4b96e7e723b49ed8d6cb86b4f713922cfeaf9a0b6c3606f7bcee5c69fb29a5f6d5ecde0859eae655f6a36
		c8bde29a92b05c566ec7b9b39a8f8b5b5452c6b577998b595b512cc187cb95659d583560c084a094637b583247c0816994604d573020
		94d6f470a6bf3c647894d1c270a2973c615b93cd826f9e623c5f338faddd6c85ac394c6b8fa8af6b8188394a508ea5746b7e57384729
		8a7ac6685a9a362b5e8a779c67587835294489746667554a35271d
		`},
	{2, "mft2", "XYZ ", `
		ffffffc8c8c87e7e80fef9ccc7c3a17d7a64fdf48ac6bf6a7c783df6cfe7c1a3b6796473f5cbb9c0a092786159f4c67cbf9c5f785f33
		ef95cfbb73a2754265ee91a5ba7081743f4ded8e6eb96d52733d28cfeaf9a1b7c462727dcee5c7a0b39d626f61cde0879faf67616c3a
		c8bee29b95b25e5970c7bab59b928f5e5757c6b6799a8e5c5d5531c288cb96679e5a3963c184a195657e5a374ac0816b956250593426
		95d6f471a7c03f667a94d1c371a39a3e635e94cd83709f653e61388faddd6d87ae3b4f6d8fa9b16c848c3b4d548ea5766c815a3a4b2f
		8a7bc7695c9b382f608a789d685a7b372d4889756868574d372b24
		`},
	{4, "mft2", "Lab ", `
		ffffffc8c8c9808082fef9ccc7c4a17f7d67fdf48dc6c06e7f7a45f7d0e8c2a3b67b6776f6cbb9c19f927b655df5c77fc09c637a623d
		ef97d1bb76a4774969ee94a6bb7382774753ed9172ba7158764636d0ebf9a2b8c467757fcfe6c8a2b49d667265cee189a1b06b667043
		c9bfe39d96b2635e73c8bbb59c928f635c5bc7b77c9c8f60625a3cc38bcc986ca0604267c288a397697f5f4051c1856f9767565f3f34
		98d7f576a8c0486a7d97d2c375a49a48686297ce8675a16948664193afde7189af46557192abb171858c45535991a77971835e45513a
		8e7fc86e629d433b658d7c9f6d5f7d433a4f8d796c6d5d54423833
		`},
	{4, "mAB ", "Lab ", `
		ffffffc8c8c97f7f82fef9ccc7c3a17e7c66fdf48dc6bf6d7e7944f7d0e7c1a2b67a6675f6cbb9c09f917a645cf5c77fbf9b6279613c
		ef97d0bb75a3764868ee94a6ba7382764652ed9172b97057754435d0ebf9a2b8c466747fcfe5c8a1b39d657164cee18aa1b06b656f42
		c9bfe29c95b2625d72c8bbb59c928e625b5ac7b77c9b8f6061593bc28bcc976ba05e4166c288a297697f5e3f50c1856f9666555e3e33
		98d7f575a8c0486a7c97d2c475a49a47676296ce8774a16847654192afde7188ae45547092abb170858b44525891a77970825e445039
		8d7ec86d619c423a648d7c9f6d5f7c42394e8c796c6c5d53413732
		`},
	{4, "mAB ", "XYZ ", `
		ffffffc8c8c9808083fef9ccc7c4a1807d68fdf48dc7c06e7f7b46f7d0e8c2a4b77c6876f6cbbac1a0937c655ef5c77fc09d647b633e
		ef98d1bc76a4784a6aee94a7bb7483774854ed9172ba7159774637d0ebf9a3b8c5677580cfe6c8a2b49e677365cee18aa1b06c667044
		c9bfe39d96b3635f74c8bbb59d938f635c5cc8b77d9c9061635a3dc38bcc986ca0604367c288a3986a80604151c1856f9767565f4035
		98d7f576a8c1496b7d97d2c475a59b48686397ce8775a16948664293afde7289af46567192abb271868c46545a91a77a71835f45523b
		8e7fc86e629d433c658d7c9f6d607d433b508d796d6d5e54433934
		`},
}

// Without its profile, a picture for print looks pale and garish.
func TestInksAreThoseOfLittleCMS(t *testing.T) {
	for _, test := range inkFigures {
		t.Run(fmt.Sprintf("%s%d%s", test.kind, test.version, test.pcs), func(t *testing.T) {
			profile := inkProfile(test.version, test.kind, test.pcs)
			want, err := hex.DecodeString(strings.Join(strings.Fields(test.want), ""))
			if err != nil {
				t.Fatal(err)
			}
			img := makeLargest(t, &Maker{Quality: 100}, "image/jpeg", inkJPEG(t, inkAmounts(), profile))
			sum, naive := 0.0, 0.0
			for i, a := range inkAmounts() {
				c := color.NRGBAModel.Convert(img.At(i%9*16+8, i/9*16+8)).(color.NRGBA)
				r, g, b := color.CMYKToRGB(a[0], a[1], a[2], a[3])
				got, without := [3]uint8{c.R, c.G, c.B}, [3]uint8{r, g, b}
				for j := range got {
					sum += math.Abs(float64(got[j]) - float64(want[3*i+j]))
					naive += math.Abs(float64(without[j]) - float64(want[3*i+j]))
				}
			}
			if mean := sum / float64(len(want)); mean > 1 {
				t.Errorf("colours are off by %.2f of 255 on average (%.1f without the profile)", mean, naive/float64(len(want)))
			}
		})
	}
}

// Without a usable profile, inks become colours by the standard formula, however they are stored.
func TestInksWithoutProfile(t *testing.T) {
	broken := inkProfile(2, "mft2", "Lab ")
	for _, test := range []struct {
		name      string
		transform int // -1 for no Adobe segment
		factors   []byte
		profile   []byte
	}{
		{"CMYK", 0, []byte{0x11, 0x11, 0x11, 0x11}, nil},
		{"CMYK, not of Adobe", -1, []byte{0x11, 0x11, 0x11, 0x11}, nil},
		{"CMYK, subsampled", 0, []byte{0x22, 0x11, 0x11, 0x22}, nil},
		{"CMYK, oddly sampled", 0, []byte{0x11, 0x31, 0x13, 0x33}, nil},
		{"YCCK", 2, []byte{0x11, 0x11, 0x11, 0x11}, nil},
		{"YCCK, subsampled", 2, []byte{0x22, 0x11, 0x11, 0x22}, nil},
		{"YCCK, oddly sampled", 2, []byte{0x42, 0x21, 0x13, 0x11}, nil},
		{"CMYK, profile cut", 0, []byte{0x11, 0x11, 0x11, 0x11}, broken[:3000]},
		{"CMYK, profile for RGB", 0, []byte{0x11, 0x11, 0x11, 0x11}, makeProfile("RGB ", 548)},
		{"CMYK, profile without a table", 0, []byte{0x11, 0x11, 0x11, 0x11}, inkProfileWith(2, "Lab ", nil)},
	} {
		t.Run(test.name, func(t *testing.T) {
			values := toCMYK
			if test.transform > 0 {
				values = toYCCK
			}
			data := sampledJPEG(t, image.Pt(384, 384), test.factors, values)
			if test.transform >= 0 {
				data = mediatest.InsertJPEG(data, adobeSegment(byte(test.transform))...)
			}
			data = mediatest.InsertJPEG(data, jpegICC(test.profile)...)
			for _, width := range []int{384, 96} { // decoded in full, and reduced
				wantBlocks(t, makeLargest(t, &Maker{Widths: []int{width}}, "image/jpeg", data))
			}
		})
	}
}

// The same inks have the same colours in YCCK. No rendition has a part of a profile for print.
func TestInksOfYCCK(t *testing.T) {
	profile := inkProfile(2, "mft2", "Lab ")
	factors := []byte{0x11, 0x11, 0x11, 0x11}
	segments := jpegICC(profile)
	cmyk := mediatest.InsertJPEG(sampledJPEG(t, image.Pt(384, 384), factors, toCMYK), append(segments, adobeSegment(0)...)...)
	ycck := mediatest.InsertJPEG(sampledJPEG(t, image.Pt(384, 384), factors, toYCCK), append(segments, adobeSegment(2)...)...)
	want := makeLargest(t, new(Maker), "image/jpeg", cmyk)
	_, files := mustMake(t, new(Maker), "image/jpeg", ycck)
	if profileOf(t, files[0]) != nil {
		t.Error("the rendition has a profile")
	}
	got, err := jpeg.Decode(bytes.NewReader(files[0]))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		x, y := 96+i%2*192, 96+i/2*192
		wantColor(t, got, x, y, color.NRGBAModel.Convert(want.At(x, y)).(color.NRGBA))
	}
}

// Any number in a profile can be wrong.
func TestBadInkProfiles(t *testing.T) {
	good := inkProfile(4, "mAB ", "Lab ")
	if _, err := newInkTable(good); err != nil {
		t.Fatal(err)
	}
	table := bytes.Index(good, []byte("mAB \x00"))
	change := func(at int, b ...byte) []byte {
		out := bytes.Clone(good)
		copy(out[at:], b)
		return out
	}
	for name, profile := range map[string][]byte{
		"nothing":                   nil,
		"too long":                  append(bytes.Clone(good), make([]byte, maxInkProfile)...),
		"not a profile":             change(36, 'x'),
		"for RGB":                   change(16, 'R', 'G', 'B', ' '),
		"to RGB":                    change(20, 'R', 'G', 'B', ' '),
		"table of an unknown kind":  change(table, 'x'),
		"five inks":                 change(table+8, 5),
		"four colours":              change(table+9, 4),
		"no table of colours":       change(table+24, 0, 0, 0, 0),
		"table of colours outside":  change(table+24, 0, 1, 0, 0),
		"curves outside":            change(table+28, 0xff, 0xff, 0xff, 0xff),
		"curves of an unknown kind": change(table+12, 0, 0, 0, 4),
		"one amount of an ink":      change(bytes.Index(good, []byte{5, 5, 5, 5}), 1),
		"255 amounts of each":       change(bytes.Index(good, []byte{5, 5, 5, 5}), 255, 255, 255, 255),
		"numbers of three bytes":    change(bytes.Index(good, []byte{5, 5, 5, 5})+16, 3),
	} {
		if _, err := newInkTable(profile); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// FuzzInks looks for profiles that break reading them:
//
//	go test -fuzz FuzzInks -fuzzminimizetime 1s ./render/media
func FuzzInks(f *testing.F) {
	for _, figures := range inkFigures {
		f.Add(inkProfile(figures.version, figures.kind, figures.pcs))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		inks, err := readInks(data)
		if err != nil {
			return
		}
		inks.black()
		for _, a := range [][4]float64{{}, {1, 1, 1, 1}, {0.1, 0.9, 0.3, 0.5}, {1, 0, 0.999, 0.001}} {
			for _, v := range sRGB(inks.xyz(a)) {
				if !(v >= 0 && v <= 1) {
					t.Errorf("%v becomes %v", a, v)
				}
			}
		}
	})
}
