package render

import (
	"bytes"
	"image/gif"
	"testing"
	"time"
)

// FuzzDecode hands any bytes to any decoder:
//
//	go test -fuzz FuzzDecode -fuzzminimizetime 1s ./render
func FuzzDecode(f *testing.F) {
	types := []string{"image/jpeg", "image/png", "image/gif", "image/webp"}
	picture := blocks(16, 16)
	var asGIF bytes.Buffer
	if err := gif.Encode(&asGIF, picture, nil); err != nil {
		f.Fatal(err)
	}
	asJPEG, asPNG := encodeJPEG(f, picture), encodePNG(f, picture)
	f.Add(uint8(0), asJPEG)
	f.Add(uint8(0), insertJPEG(asJPEG, markerAPP1, exifHead+fullEXIF(6)))
	f.Add(uint8(0), insertJPEG(asJPEG, jpegICC(makeProfile("RGB ", 300))...))
	f.Add(uint8(0), encodeCMYK(f, picture))
	f.Add(uint8(1), asPNG)
	f.Add(uint8(1), insertPNG(asPNG, "eXIf", fullEXIF(8)))
	f.Add(uint8(1), encodeInterlaced(picture))
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

// FuzzMetadata looks for EXIF that breaks the reading of it, or that puts into
// a Camera what does not belong there.
func FuzzMetadata(f *testing.F) {
	f.Add([]byte(fullEXIF(6)))
	f.Add([]byte(exifHead + fullEXIF(3)))
	f.Add([]byte(exifBlock([]tag{{0x014a, 4, 2, long(8) + long(8)}}, []tag{short(0x8827, 1)})))
	f.Fuzz(func(t *testing.T, block []byte) {
		orientation, c := readEXIF(block)
		if orientation < 1 || orientation > 8 {
			t.Errorf("got orientation %d", orientation)
		}
		if c == nil {
			return
		}
		for _, s := range []string{c.Make, c.Model, c.Lens, c.Exposure, c.Aperture, c.ISO, c.FocalLength, c.Taken} {
			if s != words(s) {
				t.Errorf("%q is not fit for a page", s)
			}
		}
	})
}

// FuzzICC looks for profiles that change on their way through a JPEG.
func FuzzICC(f *testing.F) {
	f.Add(makeProfile("RGB ", 300))
	f.Add(makeProfile("RGB ", 70_000))
	f.Add(makeProfile("GRAY", 144))
	f.Fuzz(func(t *testing.T, data []byte) {
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

// FuzzTagSlugs gives any two tags to an image: each has an address of its own,
// which every server can hold.
//
//	go test -fuzz FuzzTagSlugs ./render
func FuzzTagSlugs(f *testing.F) {
	f.Add("Sea", "sea")
	f.Add("日本", "日本 sea")
	f.Add("sea-77e7a5", "SEA")
	f.Add(" \u202e", "…")
	f.Fuzz(func(t *testing.T, a, b string) {
		images := []Image{{Tags: []string{a}}, {Tags: []string{b}}}
		slugs := tagSlugs(images)
		used := map[string]bool{}
		for _, m := range images {
			for _, tag := range shownTags(&m) {
				if !tagSlugForm.MatchString(slugs[tag]) {
					t.Errorf("%q has the slug %q", tag, slugs[tag])
				}
			}
		}
		for tag, slug := range slugs {
			if used[slug] {
				t.Errorf("%q has the slug of another, %q", tag, slug)
			}
			used[slug] = true
		}
	})
}

// FuzzPlainText takes the text out of any Markdown: it is one line, without
// anything that a page or a terminal would obey.
//
//	go test -fuzz FuzzPlainText ./render
func FuzzPlainText(f *testing.F) {
	f.Add("# A *b* <script>c</script>\n\n[d](javascript:e) &lt;f&gt; \u2028")
	f.Fuzz(func(t *testing.T, source string) {
		text, err := plainText(source)
		if err != nil {
			t.Fatal(err)
		}
		if text != printable(text) {
			t.Errorf("%q gives %q", source, text)
		}
	})
}
