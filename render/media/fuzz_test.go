package media

import (
	"bytes"
	"image/gif"
	"strings"
	"testing"
	"time"

	"firstframe/render/media/mediatest"
)

// FuzzDecode gives any bytes to any decoder:
//
//	go test -fuzz FuzzDecode -fuzzminimizetime 1s ./render/media
func FuzzDecode(f *testing.F) {
	types := []string{"image/jpeg", "image/png", "image/gif", "image/webp"}
	picture := mediatest.Blocks(16, 16)
	var asGIF bytes.Buffer
	if err := gif.Encode(&asGIF, picture, nil); err != nil {
		f.Fatal(err)
	}
	asJPEG, asPNG := mediatest.JPEG(f, picture), mediatest.PNG(f, picture)
	f.Add(uint8(0), asJPEG)
	f.Add(uint8(0), mediatest.InsertJPEG(asJPEG, markerAPP1, mediatest.EXIFHead+mediatest.FullEXIF(6)))
	f.Add(uint8(0), mediatest.InsertJPEG(asJPEG, jpegICC(makeProfile("RGB ", 300))...))
	f.Add(uint8(0), encodeCMYK(f, picture))
	f.Add(uint8(0), mediatest.InsertJPEG(encodeCMYK(f, picture), jpegICC(inkProfile(2, "mft1", "Lab "))...))
	f.Add(uint8(1), asPNG)
	f.Add(uint8(1), mediatest.InsertPNG(asPNG, "eXIf", mediatest.FullEXIF(8)))
	f.Add(uint8(1), encodeInterlaced(picture))
	f.Add(uint8(1), mediatest.InsertPNG(asPNG, "cICP", "\x09\x10\x00\x01"))
	f.Add(uint8(1), mediatest.InsertPNG(mediatest.InsertPNG(asPNG, "gAMA", "\x00\x01\x86\xa0"), "cHRM", strings.Repeat("\x00\x00\x7a\x26", 8)))
	f.Add(uint8(2), asGIF.Bytes())
	for _, name := range []string{"lossy.webp", "lossy-alpha.webp", "lossless.webp", "animated.webp"} {
		f.Add(uint8(3), readTestdata(f, name))
	}
	f.Fuzz(func(t *testing.T, kind uint8, data []byte) {
		m := &Maker{
			Widths: []int{8, 16}, MaxPixels: 4096, Timeout: 10 * time.Second,
			Write: func(string, []byte) error { return nil },
		}
		pic, err := m.Make(t.Context(), keep(t, types[int(kind)%len(types)], data))
		if err != nil {
			return
		}
		if pic.Width < 1 || pic.Height < 1 || pic.Width*pic.Height > 4096 || len(pic.Renditions) == 0 {
			t.Errorf("got %+v", pic)
		}
	})
}

// FuzzMetadata looks for EXIF that breaks reading it, or that puts something wrong into a Camera.
func FuzzMetadata(f *testing.F) {
	f.Add([]byte(mediatest.FullEXIF(6)))
	f.Add([]byte(mediatest.EXIFHead + mediatest.FullEXIF(3)))
	f.Add([]byte(mediatest.XMPWith(`tiff:Orientation="6"`, "<tiff:Orientation>7</tiff:Orientation>")))
	f.Add([]byte(mediatest.EXIF([]mediatest.Tag{{ID: 0x014a, Kind: 4, Count: 2, Value: mediatest.Long(8) + mediatest.Long(8)}}, []mediatest.Tag{mediatest.Short(0x8827, 1)})))
	f.Fuzz(func(t *testing.T, block []byte) {
		m := readMetadata(block, block)
		if m.orientation < 1 || m.orientation > 8 {
			t.Errorf("got orientation %d", m.orientation)
		}
		c := m.camera
		if c == nil {
			return
		}
		for _, s := range []string{c.Make, c.Model, c.Lens, c.Exposure, c.Aperture, c.ISO, c.FocalLength, c.Taken} {
			if s != words(s) {
				t.Errorf("%q must not be on a page", s)
			}
		}
	})
}

// FuzzICC looks for profiles that change in a JPEG, change when they are rebuilt again, or stay too
// long.
func FuzzICC(f *testing.F) {
	f.Add(makeProfile("RGB ", 300))
	f.Add(makeProfile("RGB ", 70_000))
	f.Add(makeProfile("GRAY", 144))
	f.Add(makeProfile("CMYK", 144))
	for _, name := range []string{"srgb-v2", "display-p3", "gray", "table-v2", "table-v4"} {
		f.Add(readTestdata(f, "icc/"+name+".icc"))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, limit := range []int{600, 3000, maxRenditionProfile, maxProfile} {
			profile := rebuildProfile(data, limit, "RGB ", "GRAY", "CMYK")
			if len(profile) > limit {
				t.Errorf("%d bytes are more than %d", len(profile), limit)
			}
			if profile != nil && !bytes.Equal(rebuildProfile(profile, limit, "RGB ", "GRAY", "CMYK"), profile) {
				t.Error("it changes when it is rebuilt again")
			}
			if n := len(profileTags(append(profile, make([]byte, 132)...))); n > 15 {
				t.Errorf("there are %d tags", n)
			}
		}
		for _, gray := range []bool{false, true} {
			profile := checkProfile(data, gray)
			if profile == nil {
				continue
			}
			file := append([]byte{0xff, 0xd8}, profileSegments(profile)...)
			if got := checkProfile(profileOf(t, file), gray); !bytes.Equal(got, profile) {
				t.Errorf("%d bytes went in, %d came out", len(profile), len(got))
			}
		}
	})
}
