package render

import (
	"bytes"
	"image/gif"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/net/html"
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
	f.Add(uint8(0), insertJPEG(encodeCMYK(f, picture), jpegICC(inkProfile(2, "mft1", "Lab "))...))
	f.Add(uint8(1), asPNG)
	f.Add(uint8(1), insertPNG(asPNG, "eXIf", fullEXIF(8)))
	f.Add(uint8(1), encodeInterlaced(picture))
	f.Add(uint8(1), insertPNG(asPNG, "cICP", "\x09\x10\x00\x01"))
	f.Add(uint8(1), insertPNG(insertPNG(asPNG, "gAMA", "\x00\x01\x86\xa0"), "cHRM", strings.Repeat("\x00\x00\x7a\x26", 8)))
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
	f.Add([]byte(xmpWith(`tiff:Orientation="6"`, "<tiff:Orientation>7</tiff:Orientation>")))
	f.Add([]byte(exifBlock([]tag{{0x014a, 4, 2, long(8) + long(8)}}, []tag{short(0x8827, 1)})))
	f.Fuzz(func(t *testing.T, block []byte) {
		orientation, c := readMetadata(block, block)
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

// FuzzICC looks for profiles that change on their way through a JPEG, or when they
// are rebuilt again, or that are longer than they may be.
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
				t.Error("rebuilt again it differs")
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
		images := []*Image{{Tags: []string{a}}, {Tags: []string{b}}}
		slugs := tagSlugs(images)
		used := map[string]bool{}
		for _, m := range images {
			for _, tag := range shownTags(m) {
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

// plainMedia is what every server and every file system can hold.
var plainMedia = regexp.MustCompile(`^media/[a-z0-9._-]+$`)

// FuzzState hands any bytes to the reading of a state: what comes out must be
// fit to become paths and markup, and must be the same when it is read again.
func FuzzState(f *testing.F) {
	for _, n := range []int{0, 1, 3} {
		data, err := exampleState(n).Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		f.Add(data[:len(data)/2])
	}
	f.Add([]byte(`{"version": 2}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, _, err := LoadState(fstest.MapFS{StateName: {Data: data}, "index.html": {}})
		if err != nil {
			return
		}
		for i := range s.Images {
			if m := &s.Images[i]; !m.valid() {
				t.Errorf("got %+v", m)
			}
			for f := range s.Images[i].media {
				name := f.Path
				if !fs.ValidPath(name) || !strings.HasPrefix(name, "media/") || !plainMedia.MatchString(name) {
					t.Errorf("got a file %q", name)
				}
			}
		}
		encoded, err := s.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := decodeState(encoded); err != nil || len(again.Images) != len(s.Images) {
			t.Errorf("what was read cannot be read again: %v", err)
		}
	})
}

// schemeOf is what a browser takes for the scheme of an address: it leaves out
// control characters, and does not mind what is wrong behind it.
func schemeOf(address string) string {
	address = strings.Map(func(r rune) rune {
		if r <= ' ' {
			return -1
		}
		return r
	}, address)
	scheme, _, found := strings.Cut(address, ":")
	if !found || strings.ContainsAny(scheme, "/?#") {
		return ""
	}
	return strings.ToLower(scheme)
}

// FuzzWords looks for words of the owner's that become more than text, links
// and pictures on a page.
func FuzzWords(f *testing.F) {
	for _, s := range []string{
		"A *caption* with [a link](https://example.org/) and ![a picture](media/x.jpg).",
		"<script>alert(1)</script>", "[x](javascript:alert(1))", "[x](jav&#x61;script:alert(1))", "<javascript:alert(1)>",
		"![x](data:image/svg+xml;base64,AAAA)", "[x]: javascript:alert(1)\n[x]", "| a |\n|---|\n| <img onerror=x> |",
		"[^1]\n\n[^1]: <b onclick=x>", "# x {onclick=alert(1)}", "www.example.org/<script>", "[x](vbscript:x \"onload=\")",
		"---\ntitle: <b>\ntags: [a, \"<script>\"]\n---\n<img src=x onerror=alert(1)>",
	} {
		f.Add(s)
	}
	alignment := regexp.MustCompile(`^text-align:(left|center|right)$`)
	allowed := strings.Fields("a blockquote br code del div em h1 h2 h3 h4 h5 h6 hr img li ol p pre section strong sup table tbody td th thead tr ul")
	f.Fuzz(func(t *testing.T, source string) {
		var fields struct {
			Title string   `yaml:"title"`
			Tags  []string `yaml:"tags"`
		}
		body, _, err := parseFrontMatter("x.md", []byte(source), &fields)
		if err != nil {
			return
		}
		page, err := markdown(body, "../")
		if err != nil {
			return
		}
		for z := html.NewTokenizer(strings.NewReader(string(page))); ; {
			kind := z.Next()
			if kind == html.ErrorToken {
				return
			}
			if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
				continue
			}
			element := z.Token()
			if !slices.Contains(allowed, element.Data) {
				t.Errorf("%q becomes an element %s", body, element.Data)
			}
			for _, a := range element.Attr {
				if a.Key == "style" && alignment.MatchString(a.Val) { // of a table's cell
					continue
				}
				if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "srcdoc" {
					t.Errorf("%q becomes an attribute %s", body, a.Key)
				}
				if a.Key != "href" && a.Key != "src" {
					continue
				}
				if scheme := schemeOf(a.Val); !slices.Contains([]string{"", "http", "https", "mailto"}, scheme) {
					t.Errorf("%q becomes an address %q", body, a.Val)
				}
			}
		}
	})
}
