package planaravif

import (
	"bytes"
	"os"
	"testing"

	"firstframe/render/media/mediatest"
)

// rendition returns a file of this package.
func rendition(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile("../testdata/rendition.avif")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// FuzzParse looks for files that break reading, or that change when they are written again.
func FuzzParse(f *testing.F) {
	f.Add(rendition(f))
	a := mediatest.ReadAVIF(rendition(f))
	a.EXIF, a.XMP, a.Profile = mediatest.FullEXIF(1), mediatest.XMPPacket, "profile"
	f.Add(a.Bytes())
	a.Meta, a.End = mediatest.Box("grpl"), mediatest.Box("moov")
	f.Add(a.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		FindMetadata(data)
		file, err := Parse(data)
		if err != nil {
			return
		}
		if file.Width < 1 || file.Height < 1 || file.Width > 1<<16 || file.Height > 1<<16 {
			t.Fatalf("%d × %d", file.Width, file.Height)
		}
		once := file.Bytes()
		again, err := Parse(once)
		if err != nil || !bytes.Equal(again.Bytes(), once) {
			t.Fatalf("it changes when it is written again: %v", err)
		}
		if m := FindMetadata(once); len(m.EXIF)+len(m.XMP) > 0 {
			t.Fatal("it has metadata")
		}
	})
}

// FuzzDecode looks for files that break the decoder in a way that is no error.
func FuzzDecode(f *testing.F) {
	skipIfDynamic(f)
	f.Add(rendition(f))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse(data)
		if err != nil || file.Width*file.Height > 1<<16 {
			return
		}
		if m, err := Decode(data); err == nil && m.Rect.Dx()*m.Rect.Dy() > 1<<20 {
			t.Errorf("%v", m.Rect)
		}
	})
}

// FuzzEncode looks for pictures that do not come back as they were. Encode compares them itself.
func FuzzEncode(f *testing.F) {
	skipIfDynamic(f)
	f.Add(uint8(17), uint8(9), uint8(82), []byte("some samples of a picture"))
	f.Add(uint8(1), uint8(1), uint8(1), []byte{0, 255})
	f.Fuzz(func(t *testing.T, width, height, quality uint8, samples []byte) {
		w, h := 1+int(width)%64, 1+int(height)%64
		p := drawings(w, h)["black"]
		for i, plane := range planes(p) {
			for j := range plane.Pix {
				if len(samples) > 0 {
					plane.Pix[j] = samples[(i+j*(1+i))%len(samples)]
				}
			}
		}
		data, err := Encode(p, 1+int(quality)%100, nil)
		if err != nil {
			t.Fatal(err)
		}
		if file, err := Parse(data); err != nil || file.Width != w || file.Height != h {
			t.Fatalf("%+v, %v", file, err)
		}
	})
}
