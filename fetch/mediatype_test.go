package fetch

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"firstframe/fetch/fetchtest"
)

// mediaTypes maps the first bytes of files to their media types.
var mediaTypes = map[string]string{
	"":                               "empty",
	"\xff\xd8\xff\xe0\x00\x10JFIF":   "image/jpeg",
	"\xff\xd8\xff\xe0<html><script>": "image/jpeg", // the beginning of a polyglot decides
	"\x89PNG\r\n\x1a\n":              "image/png",
	"GIF87a":                         "image/gif",
	"GIF89a<script>":                 "image/gif",
	"RIFF\x00\x00\x00\x00WEBPVP8L":   "image/webp",
	" \x89PNG\r\n\x1a\n":             "application/octet-stream",
	"\xef\xbb\xbfGIF89a":             "text/plain",
	"\n\nGIF89a":                     "text/plain",
	"RIFF\x00\x00\x00\x00WAVEfmt ":   "audio/wave",
	"RIFF\x00\x00\x00\x00AVI LIST":   "video/avi",
	"BM\x00\x00":                     "image/bmp",
	"II*\x00":                        "image/tiff",
	"MM\x00*":                        "image/tiff",
	"\x00\x00\x00\x20ftypavif":       "image/avif",
	"\x00\x00\x00\x20ftypavis":       "image/avif",
	"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00avifmiaf": "image/avif",
	"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00heicmiaf": "image/heic",
	"\x00\x00\x00\x10ftypmif1\x00\x00\x00\x00avif":     "image/heif", // the box ends before this brand
	"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic": "image/heic",
	"\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00qt  ":     "video/quicktime",
	"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomavc1": "video/mp4",
	"\x00\x00\x00\x18ftypM4A \x00\x00\x02\x00isomavc1": "audio/mp4",
	"\xff\xff\xff\xffftypisom":                         "video/mp4",
	"\x1a\x45\xdf\xa3":                                 "video/webm",
	"G" + strings.Repeat("\xff", 187) + "G":            "video/mp2t",
	strings.Repeat("G"+strings.Repeat("\xff", 187), 6): "video/mp2t",
	// Text with the mark of a stream in the right place. As a video, it would never be tried again.
	"Gateway timeout" + strings.Repeat(".", 173) + "G":                    "text/plain",
	"G" + strings.Repeat("\xff", 187) + "G" + strings.Repeat("\xff", 200): "text/plain",
	"\x00\x00\x01\xba":   "video/mpeg",
	"ID3\x03":            "audio/mpeg",
	"\xff\xfb\x90\x64":   "audio/mpeg",
	"\xff\xf3\x44\xc4":   "audio/mpeg",
	"\xff\xf1\x50\x80":   "audio/aac",
	"\xff\xff\xff\xff":   "text/plain", // like in browsers, because none of these bytes is impossible in text
	"OggS\x00":           "application/ogg",
	"fLaC":               "audio/flac",
	"\xff\x0a":           "image/jxl",
	"%PDF-1.4":           "application/pdf",
	"PK\x03\x04":         "application/zip",
	"\x1f\x8b\x08":       "application/gzip",
	"<!DOCTYPE html>":    "text/html",
	"  \n<html >":        "text/html",
	"\xef\xbb\xbf<html>": "text/html",
	"<svg xmlns=\"http://www.w3.org/2000/svg\">":                                   "image/svg+xml",
	"\xef\xbb\xbf\n<?xml version='1.0'?>\n<!-- a > b --><!DOCTYPE svg>\n<SVG>":     "image/svg+xml",
	"<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY a '<b>'><!ENTITY c 'd'>]><svg/>": "image/svg+xml",
	"<svgx>":                     "text/plain",
	"<svg":                       "text/plain",
	"<!--":                       "text/plain",
	"<?xml version='1.0'?><rss>": "text/xml",
	`{"error":"gone"}`:           "application/json",
	" [1]":                       "application/json",
	"gone":                       "text/plain",
	"\r\n ":                      "text/plain",
	"\x00":                       "application/octet-stream",
}

func TestMediaType(t *testing.T) {
	for head, want := range mediaTypes {
		if got := MediaType([]byte(head)); got != want {
			t.Errorf("%q is %s, want %s", head, got, want)
		}
	}
}

func FuzzMediaType(f *testing.F) {
	for head := range mediaTypes {
		f.Add([]byte(head))
	}
	// Accepted types depend on the first bytes alone, like in browsers.
	starts := map[string][]string{
		"image/jpeg": {"\xff\xd8\xff"},
		"image/png":  {"\x89PNG\r\n\x1a\n"},
		"image/gif":  {"GIF87a", "GIF89a"},
		"image/webp": {"RIFF"},
	}
	f.Fuzz(func(t *testing.T, head []byte) {
		got := MediaType(head)
		if (got == "empty") != (len(head) == 0) || got != "empty" && strings.Count(got, "/") != 1 || strings.ContainsAny(got, "; ") {
			t.Errorf("%q is %q", head, got)
		}
		if MediaType(append(head[:len(head):len(head)], strings.Repeat("x", 2*sniffed)...)[:max(len(head), sniffed)]) != got && len(head) >= sniffed {
			t.Errorf("%q has another type with more bytes after it", head)
		}
		if allowed, ok := starts[got]; ok {
			for _, start := range allowed {
				if strings.HasPrefix(string(head), start) {
					return
				}
			}
			t.Errorf("%q is %s", head, got)
		}
	})
}

// The bytes decide the type, whatever the listing and the answer say.
func TestTypeOfDownload(t *testing.T) {
	for name, test := range map[string]struct{ data, contentType, want, ext string }{
		"webp as jpeg": {"RIFF\x24\x00\x00\x00WEBPVP8 ", "image/jpeg", "image/webp", ".webp"},
		"jpeg as html": {"\xff\xd8\xff\xe0 <html>", "text/html", "image/jpeg", ".jpg"},
		"gif as png":   {"GIF89a....", "image/png", "image/gif", ".gif"},
		"no type":      {string(picture(1)), "", "image/png", ".png"},
	} {
		t.Run(name, func(t *testing.T) {
			_, f := one(t, fetchtest.Picture{Name: "a", Type: "jpeg", Data: []byte(test.data), ContentType: test.contentType})
			o, err := newCache(t).Original(t.Context(), f)
			if err != nil || o.Type != test.want || filepath.Ext(o.Path) != test.ext {
				t.Errorf("got %+v, error %v", o, err)
			}
		})
	}
}

func TestNotAnImage(t *testing.T) {
	for want, data := range map[string]string{
		"text/html":                "<!DOCTYPE html><title>Sign in</title>",
		"image/svg+xml":            `<?xml version="1.0"?><svg onload="alert(1)"/>`,
		"video/mp4":                "\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp42" + strings.Repeat("x", 5000),
		"audio/mpeg":               "ID3\x04\x00\x00\x00\x00\x00\x00",
		"text/plain":               "just words",
		"empty":                    "",
		"application/octet-stream": "\x00\x01\x02\x03",
		"application/pdf":          "%PDF-1.7",
		"image/tiff":               "II*\x00....",
		"image/avif":               "\x00\x00\x00\x1cftypavif\x00\x00\x00\x00mif1miaf",
		"image/bmp":                "BM......",
	} {
		t.Run(want, func(t *testing.T) {
			s, f := one(t, fetchtest.Picture{Name: "a", Type: "png", Data: []byte(data), ContentType: "image/png"})
			c := newCache(t)
			_, err := c.Original(t.Context(), f)
			no, ok := errors.AsType[*NotImageError](err)
			if !ok || no.Type != want || s.Downloads() != 1 {
				t.Errorf("got error %v after %d downloads", err, s.Downloads())
			}
			if kept := files(t, c.Dir); len(kept) != 0 {
				t.Errorf("got %v in the cache", kept)
			}
		})
	}
}
