package media

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"firstframe/render/media/mediatest"
)

// decodeStored decodes a picture as it is stored. It decodes JPEGs with the standard library, which
// always makes the full size.
func decodeStored(mediaType string, src *io.SectionReader) (image.Image, error) {
	if mediaType == "image/jpeg" {
		return jpeg.Decode(src)
	}
	return formatOf(mediaType).decode(src)
}

func readTestdata(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// keep writes an original to disk.
func keep(t testing.TB, mediaType string, data []byte) Original {
	t.Helper()
	sum := sha256.Sum256(data)
	o := Original{
		Path:   filepath.Join(t.TempDir(), "original"),
		SHA256: hex.EncodeToString(sum[:]),
		Type:   mediaType,
		Bytes:  int64(len(data)),
	}
	if err := os.WriteFile(o.Path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return o
}

// written collects what a Maker writes.
type written struct {
	mu    sync.Mutex
	files map[string][]byte
}

func (w *written) write(name string, data []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.files == nil {
		w.files = map[string][]byte{}
	}
	w.files[name] = slices.Clone(data)
	return nil
}

// mustMake makes the renditions of data. It returns them in the order of the Picture.
func mustMake(t testing.TB, m *Maker, mediaType string, data []byte) (Picture, [][]byte) {
	t.Helper()
	var w written
	m.Write = w.write
	pic, err := m.Make(t.Context(), keep(t, mediaType, data))
	if err != nil {
		t.Fatal(err)
	}
	var files [][]byte
	for _, r := range pic.Renditions {
		file, ok := w.files[r.Path]
		if !ok || int64(len(file)) != r.Bytes {
			t.Fatalf("%s: wrote %d bytes, reported %d", r.Path, len(file), r.Bytes)
		}
		config, err := jpeg.DecodeConfig(bytes.NewReader(file))
		if err != nil || config.Width != r.Width || config.Height != r.Height {
			t.Fatalf("%s is %d × %d (%v), reported as %d × %d", r.Path, config.Width, config.Height, err, r.Width, r.Height)
		}
		files = append(files, file)
	}
	if len(w.files) != len(files) {
		t.Fatalf("%d files were written for %d renditions", len(w.files), len(files))
	}
	return pic, files
}

// makeLargest makes renditions and returns the largest one, decoded.
func makeLargest(t testing.TB, m *Maker, mediaType string, data []byte) image.Image {
	t.Helper()
	_, files := mustMake(t, m, mediaType, data)
	img, err := jpeg.Decode(bytes.NewReader(files[len(files)-1]))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// wantColor compares a pixel with a colour, as closely as JPEG allows.
func wantColor(t testing.TB, m image.Image, x, y int, want color.NRGBA) {
	t.Helper()
	got := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
	for _, d := range []int{int(got.R) - int(want.R), int(got.G) - int(want.G), int(got.B) - int(want.B)} {
		if d < -12 || d > 12 {
			t.Errorf("pixel %d,%d is %v, want about %v", x, y, got, want)
			return
		}
	}
}

func wantBlocks(t testing.TB, m image.Image) {
	t.Helper()
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	for i, c := range mediatest.Quarters {
		wantColor(t, m, w/4+i%2*w/2, h/4+i/2*h/2, c)
	}
}

// makeError tries to make a bad picture and returns the error. It fails the test if anything is
// written.
func makeError(t testing.TB, m *Maker, mediaType string, data []byte) error {
	t.Helper()
	var w written
	m.Write = w.write
	_, err := m.Make(t.Context(), keep(t, mediaType, data))
	if len(w.files) > 0 {
		t.Errorf("%d files were written", len(w.files))
	}
	return err
}
