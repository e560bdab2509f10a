package media

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"firstframe/render/media/mediatest"
)

// golden is the hash of an output, and the version with which it was made.
type golden struct {
	version int
	hash    string
}

// goldens guard the versions in versions.go. A row is for one version and one kind of input.
var goldens = map[string]golden{
	"pipelineVersion, image/jpeg":     {5, "9bfd24ad65097a24"},
	"pipelineVersion, image/png":      {5, "45b0c2b60174b064"},
	"pipelineVersion, image/gif":      {5, "8abad63965a35036"},
	"pipelineVersion, image/webp":     {5, "a2ee53ab8c4324c0"},
	"pipelineVersion, floating point": {5, "37395a8b346f7fb7"},
	"StripVersion, image/jpeg":        {2, "f543ad5c0a0b262e"},
	"StripVersion, image/png":         {2, "4a3fb1fe067d7230"},
	"StripVersion, image/gif":         {2, "85e478e95fa890b2"},
	"StripVersion, image/webp":        {2, "6f07baf0a124a7ea"},
	"ClipVersion":                     {2, "c9cffe06e1cec1dd"},
	"StrippedNow":                     {2, "bc85f67f966c4db5"},
}

// complaint says what is wrong if an output and its version did not change together, or "".
func (g golden) complaint(version int, hash string) string {
	switch changed, bumped := hash != g.hash, version != g.version; {
	case changed && bumped:
		return fmt.Sprintf("the output changed, and so did the version: the new row is {%d, %q}", version, hash)
	case changed:
		return fmt.Sprintf("the output changed, the version did not: is %q, was %q", hash, g.hash)
	case bumped:
		return fmt.Sprintf("the version changed from %d to %d, the output did not", g.version, version)
	}
	return ""
}

// A published file never changes under its name. So when the code makes other bytes, the version in
// the names must change too.
func TestVersions(t *testing.T) {
	seen := map[string]bool{}
	check := func(row string, version int, outputs [][]byte) {
		t.Helper()
		seen[row] = true
		g, ok := goldens[row]
		if !ok {
			t.Errorf("%s: there is no golden hash; with this code it is {%d, %q}", row, version, hashOf(outputs))
			return
		}
		if complaint := g.complaint(version, hashOf(outputs)); complaint != "" {
			t.Errorf("%s: %s", row, complaint)
		}
	}
	pictures := rawPictures(t)
	for _, f := range formats() {
		if f.inspect == nil {
			continue
		}
		if len(pictures[f.mediaType]) == 0 {
			t.Errorf("%s: there is no picture", f.mediaType)
		}
		var renditions, stripped [][]byte
		for _, data := range pictures[f.mediaType] {
			renditions = append(renditions, halves(t, f.mediaType, data)...)
			one, err := Strip(data, f.mediaType)
			if err != nil {
				t.Fatal(err)
			}
			stripped = append(stripped, one)
		}
		check("pipelineVersion, "+f.mediaType, pipelineVersion, renditions)
		check("StripVersion, "+f.mediaType, StripVersion, stripped)
	}
	check("ClipVersion", ClipVersion, strippedFilms(t))
	check("StrippedNow", StrippedNow, append(rebuiltProfiles(t), []byte{StripVersion, ClipVersion}))

	// Compilers for other processors, and for GOAMD64=v3, fuse products and sums, which rounds
	// differently.
	const inexact = "pipelineVersion, floating point"
	if runtime.GOARCH == "amd64" && !fused(0.1, 10, -1) {
		check(inexact, pipelineVersion, inexactRenditions(t))
	}
	seen[inexact] = true
	for row := range goldens {
		if !seen[row] {
			t.Errorf("%s: nothing is made for this row", row)
		}
	}
}

// The guard must notice when only one of the two changes.
func TestGoldenComplaint(t *testing.T) {
	g := golden{2, "abc"}
	for _, test := range []struct {
		version    int
		hash, want string
	}{
		{2, "abc", ""},
		{2, "abd", "the output changed, the version did not"},
		{3, "abc", "the version changed from 2 to 3, the output did not"},
		{3, "abd", "the output changed, and so did the version"},
	} {
		got := g.complaint(test.version, test.hash)
		if test.want == "" && got != "" || !strings.HasPrefix(got, test.want) {
			t.Errorf("version %d, hash %s: got %q, want %q", test.version, test.hash, got, test.want)
		}
	}
}

// fused reports whether the compiler computes x·y + z with a single rounding.
//
//go:noinline
func fused(x, y, z float64) bool { return x*y+z != float64(x*y)+z }

// hashOf returns a hash of byte slices and their lengths.
func hashOf(outputs [][]byte) string {
	h := sha256.New()
	for _, data := range outputs {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(data))))
		h.Write(data)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// rawPictures returns pictures of each format, with and without metadata. Their bytes do not depend
// on the version of Go. Renditions of half their size, or a quarter, are made without floating
// point.
func rawPictures(t testing.TB) map[string][][]byte {
	exif := mediatest.FullEXIF(6)
	profile := makeProfile("RGB ", 400)
	iccp := "name\x00\x00" + string(mediatest.Stored(profile))
	jpeg := mediatest.RawJPEG(24, 16, 3)
	dressed := append([]any{0xe0, "JFIF\x00\x01\x02\x00\x00\x48\x00\x48\x00\x00", mediatest.APP1, mediatest.EXIFHead + exif, 0xfe, "comment"}, jpegICC(profile)...)
	return map[string][][]byte{
		"image/jpeg": {jpeg, mediatest.RawJPEG(24, 16, 1), mediatest.InsertJPEG(jpeg, adobeSegment(1)...), mediatest.InsertJPEG(jpeg, dressed...)},
		"image/png": {
			mediatest.RawPNG(192, 128, 8, 0), mediatest.RawPNG(192, 128, 8, 2, "iCCP", iccp, "eXIf", exif),
			mediatest.RawPNG(192, 128, 8, 3), mediatest.RawPNG(192, 128, 8, 4), mediatest.RawPNG(192, 128, 8, 6, "tEXt", "Comment\x00secret"),
			mediatest.RawPNG(192, 128, 16, 2),
		},
		"image/gif": {rawGIF(t)},
		"image/webp": {
			readTestdata(t, "lossy.webp"), readTestdata(t, "lossless.webp"), readTestdata(t, "lossy-alpha.webp"), readTestdata(t, "animated.webp"),
			mediatest.RIFF("VP8X", mediatest.VP8X(1<<5|1<<3, 64, 48), "ICCP", string(profile), "VP8 ", chunk(t, readTestdata(t, "lossy.webp"), "VP8 "), "EXIF", exif),
		},
	}
}

// rawGIF returns an animation with a comment. There is only one way to write its codes.
func rawGIF(t testing.TB) []byte {
	var b bytes.Buffer
	animation := &gif.GIF{LoopCount: 3}
	for i := range 2 {
		frame := image.NewPaletted(image.Rect(0, 0, 192, 128), color.Palette{color.Black, color.White, color.NRGBA{200, 40, 40, 255}, color.Transparent})
		for p := range frame.Pix {
			frame.Pix[p] = mediatest.Pattern(p%192, p/192, i) / 64
		}
		animation.Image, animation.Delay = append(animation.Image, frame), append(animation.Delay, 10)
	}
	if err := gif.EncodeAll(&b, animation); err != nil {
		t.Fatal(err)
	}
	at := 13 + colorTableSize(b.Bytes()[10])
	return slices.Concat(b.Bytes()[:at], []byte("\x21\xfe\x07comment\x00"), b.Bytes()[at:])
}

// halves returns renditions of half the size of a picture and, if it is large enough, of a quarter.
func halves(t testing.TB, mediaType string, data []byte) [][]byte {
	h := inspect(t, mediaType, data)
	width, height := h.width, h.height
	if sideways(h.orientation) {
		width, height = height, width
	}
	if min(width, height) < 128 {
		return makeAll(t, mediaType, data, width/2)
	}
	return makeAll(t, mediaType, data, width/4, width/2)
}

// makeAll returns the renditions of a picture, by width.
func makeAll(t testing.TB, mediaType string, data []byte, widths ...int) [][]byte {
	t.Helper()
	var mu sync.Mutex
	files := map[string][]byte{}
	m := &Maker{Widths: widths, Write: func(name string, data []byte) error {
		mu.Lock()
		defer mu.Unlock()
		files[name] = data
		return nil
	}}
	picture, err := m.Make(t.Context(), keep(t, mediaType, data))
	if err != nil {
		t.Fatal(err)
	}
	var out [][]byte
	for _, r := range picture.Renditions {
		out = append(out, files[r.Path])
	}
	return out
}

// strippedFilms returns the films of the tests for stripping, stripped, by name.
func strippedFilms(t testing.TB) [][]byte {
	films := mp4Films()
	maps.Copy(films, filmHideaways())
	var out [][]byte
	for _, name := range slices.Sorted(maps.Keys(films)) {
		stripped, err := Strip(films[name], "video/mp4")
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, stripped)
	}
	return out
}

// rebuiltProfiles returns what stays of profiles, in renditions and in originals.
func rebuiltProfiles(t testing.TB) [][]byte {
	paths, err := filepath.Glob("testdata/icc/*.icc")
	if err != nil || len(paths) == 0 {
		t.Fatal("there are no profiles", err)
	}
	profiles := [][]byte{makeProfile("RGB ", 400), makeProfile("GRAY", 400), rawInkProfile()}
	for _, path := range paths {
		profiles = append(profiles, readTestdata(t, filepath.Join("icc", filepath.Base(path))))
	}
	var out [][]byte
	for _, data := range profiles {
		out = append(out, checkProfile(data, false), checkProfile(data, true), keptProfile(data, 1), keptProfile(data, 3), keptProfile(data, 4))
	}
	return out
}

// rawInkProfile returns a CMYK profile whose bytes are made without floating point.
func rawInkProfile() []byte {
	table := append([]byte("mft1\x00\x00\x00\x00\x04\x03\x02\x00"), identityMatrix()...)
	var linear []byte
	for i := range 256 {
		linear = append(linear, byte(i))
	}
	table = append(table, bytes.Repeat(linear, 4)...)
	for i := range 16 { // colours of all mixtures of no ink and full ink, in Lab
		table = append(table, byte(255-16*i), byte(128+5*i), byte(128-7*i))
	}
	return inkProfileWith(2, "Lab ", append(table, bytes.Repeat(linear, 3)...))
}

// inexactRenditions returns renditions that are made with floating point: resized by other factors
// than two, of inks, and with the colours of a PNG.
func inexactRenditions(t testing.TB) [][]byte {
	gama := string(binary.BigEndian.AppendUint32(nil, 100_000))
	var chrm []byte // Adobe RGB
	for _, v := range []uint32{31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000} {
		chrm = binary.BigEndian.AppendUint32(chrm, v)
	}
	return slices.Concat(
		makeAll(t, "image/jpeg", mediatest.RawJPEG(24, 16, 3), 50, 100),
		makeAll(t, "image/jpeg", mediatest.RawJPEG(24, 16, 4), 96),
		makeAll(t, "image/jpeg", mediatest.InsertJPEG(mediatest.RawJPEG(24, 16, 4), jpegICC(rawInkProfile())...), 96),
		makeAll(t, "image/png", mediatest.RawPNG(192, 128, 8, 2, "gAMA", gama, "cHRM", string(chrm)), 70),
		makeAll(t, "image/png", mediatest.RawPNG(192, 128, 16, 0, "gAMA", gama), 96),
	)
}
