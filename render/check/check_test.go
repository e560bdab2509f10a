package check

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"firstframe/render"
	"firstframe/render/gallery"
	"firstframe/render/gallery/gallerytest"
	"firstframe/render/media"
	"firstframe/render/media/mediatest"
	"firstframe/render/secrets"
)

// checkedSite builds a site and returns it in memory, for tests to damage.
func checkedSite(t *testing.T) (fstest.MapFS, *gallery.State) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "out")
	s := gallerytest.State(3)
	for i := range s.Images {
		s.Images[i].Alt = "A picture"
	}
	theme, _, err := render.LoadTheme(os.DirFS("../.."), "")
	if err != nil {
		t.Fatal(err)
	}
	out, err := render.OpenOutput(dir, render.OutputOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	gallerytest.WriteMedia(t, s, out.Write)
	plan, err := render.Prepare(out, s, render.Options{
		Theme: theme, Content: &render.Content{}, GitIgnore: []byte("*.tmp\n"), BaseURL: "https://example.org/gallery/",
	})
	if err == nil {
		err = plan.Write(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	site := fstest.MapFS{}
	err = fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		site[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return site, s
}

// checked returns what the checker finds.
func checked(t *testing.T, site fstest.MapFS, secrets ...secrets.Secret) Report {
	t.Helper()
	report, err := Site(t.Context(), site, Options{Secrets: secrets})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// says reports whether one of the findings contains this text.
func says(findings []Finding, want string) bool {
	return slices.ContainsFunc(findings, func(f Finding) bool { return strings.Contains(f.String(), want) })
}

// A site as a run builds it has no findings.
func TestCheckPassesASite(t *testing.T) {
	site, _ := checkedSite(t)
	r := checked(t, site)
	for _, f := range slices.Concat(r.Errors, r.Warnings) {
		t.Error(f)
	}
	if r.Images != 3 || r.Files != len(site) || r.Bytes == 0 {
		t.Errorf("got %d images, %d files, %d bytes", r.Images, r.Files, r.Bytes)
	}
}

// Everything that can be wrong with a site must be found.
func TestCheckFinds(t *testing.T) {
	picture := func(data []byte) *fstest.MapFile { return &fstest.MapFile{Data: data} }
	xmp := "http://ns.adobe.com/xap/1.0/\x00<x exif:GPSLatitude=\"48\"/>"
	iptc := "Photoshop 3.0\x008BIM\x04\x04"
	for _, tt := range []struct {
		name, want string
		warning    bool
		spoil      func(t *testing.T, site fstest.MapFS, m *gallery.Image)
	}{
		{"a rendition is gone", "it is missing", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			delete(site, m.Renditions[0].Path)
		}},
		{"a clip is gone", ".mp4: it is missing", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			clip := &media.Clip{Published: media.Published{Path: "media/00000000000000ff-aa.mp4", Bytes: 9, Sum: ""}, Width: 1, Height: 1}
			m.Videos = []gallery.Video{{Key: "a", Clip: clip}}
		}},
		{"metadata in a clip", ".mp4: it contains data that is not part of the picture", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			film := append(mediatest.PlainFilm().Bytes(), mediatest.Box("udta", "Jane Owner")...)
			clip := &media.Clip{Published: media.Published{Path: "media/00000000000000ff-aa.mp4", Bytes: int64(len(film)), Sum: ""}, Width: 1, Height: 1}
			m.Videos = []gallery.Video{{Key: "a", Clip: clip}}
			site[clip.Path] = picture(film)
		}},
		{"no clip", ".mp4: it is neither a picture nor a video", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["media/00000000000000ff-aa.mp4"] = picture([]byte("<!doctype html>"))
		}},
		{"a rendition is cut", "bytes instead of", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			f := site[m.Renditions[0].Path]
			f.Data = f.Data[:len(f.Data)-1]
		}},
		{"a rendition does not decode", "does not decode", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			f := site[m.Renditions[0].Path]
			f.Data = bytes.Repeat([]byte{0xff, 0xd8}, len(f.Data))[:len(f.Data)]
		}},
		{"a rendition of another size", "it is 96 × 64 instead of 48 × 32", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			wide := gallerytest.JPEG(t, 96, 64)
			path := m.Renditions[0].Path
			old := site[path].Data
			if len(wide) < len(old) {
				wide = append(wide, make([]byte, len(old)-len(wide))...)
			}
			site[path] = picture(wide)
			m.Renditions[0].Bytes = int64(len(wide))
		}},
		{"a page is gone", "has no page", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) { delete(site, gallery.ImagePath(m.Slug)) }},
		{"a link leads nowhere", `leads nowhere`, false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) { delete(site, gallery.ImagePath(m.Slug)) }},
		{"a page is cut", "the page is incomplete", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["index.html"].Data = site["index.html"].Data[:300]
		}},
		{"no index", "index.html: it is missing", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) { delete(site, "index.html") }},
		{"no state", "gallery.json: it is missing", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) { delete(site, gallery.StateName) }},
		{"a cut state", "gallery.json: it is damaged", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site[gallery.StateName].Data = site[gallery.StateName].Data[:200]
		}},
		{"no data", "data.js: it is missing", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) { delete(site, gallery.DataName) }},
		{"cut data", "data.js: it cannot be read", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site[gallery.DataName].Data = site[gallery.DataName].Data[:200]
		}},
		{"data of what is gone", "data.js: the image " + gallerytest.Image(7).Slug + " has no media/", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site[gallery.DataName].Data = bytes.ReplaceAll(site[gallery.DataName].Data, []byte(m.Slug), []byte(gallerytest.Image(7).Slug))
		}},
		{"data of fewer images", "data.js: it has 0 images, and the state 3", true, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			head, _, _ := bytes.Cut(site[gallery.DataName].Data, []byte("\n"))
			site[gallery.DataName].Data = append(head, "\n]});\n"...)
		}},
		{"data of an unknown version", "data.js: it cannot be read: its version is 3", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site[gallery.DataName].Data = bytes.Replace(site[gallery.DataName].Data, []byte(`"version":2`), []byte(`"version":3`), 1)
		}},
		{"data of version 1", "data.js: an older firstframe has written it", true, oldData},
		{"data of version 1 of what is gone", "data.js: the image " + gallerytest.Image(7).Slug + " has no media/", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			oldData(t, site, m)
			site[gallery.DataName].Data = bytes.ReplaceAll(site[gallery.DataName].Data, []byte(m.Slug), []byte(gallerytest.Image(7).Slug))
		}},
		{"data without a field", `data.js: it cannot be read: the field "slug" is missing`, false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site[gallery.DataName].Data = bytes.Replace(site[gallery.DataName].Data, []byte(`"slug"`), []byte(`"snail"`), 1)
		}},
		{"a cut image in the data", "data.js: it cannot be read: one of its images is incomplete", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site[gallery.DataName].Data = bytes.Replace(site[gallery.DataName].Data, []byte(`"slug"`), []byte(`"slug","new"`), 1)
		}},
		{"a cut feed", "feed.xml: it cannot be read", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site[gallery.AtomName].Data = site[gallery.AtomName].Data[:500]
		}},
		{"a feed of what is gone", "feed.json: \"https://example.org/gallery/none/\" leads nowhere", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site[gallery.JSONFeedName].Data = []byte(`{"items": [{"id": "https://example.org/gallery/none/"}]}`)
		}},
		{"a sitemap of what is gone", "sitemap.xml: \"https://example.org/gallery/image/" + gallerytest.Image(7).Slug, false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site[gallery.SitemapName].Data = bytes.ReplaceAll(site[gallery.SitemapName].Data, []byte(m.Slug), []byte(gallerytest.Image(7).Slug))
		}},
		{"an absolute address", "https://example.org/gallery/none.html\" leads nowhere", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["own.html"] = picture([]byte(`<html><a href="https://example.org/gallery/none.html"></a></html>`))
		}},
		{"an address from the root", `"/index.html" leads out of the site`, false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["own.html"] = picture([]byte(`<html><a href="/index.html"></a></html>`))
		}},
		{"a fragment", "leads to no element", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["own.html"] = picture([]byte(`<html><a href="#none"></a></html>`))
		}},
		{"a style sheet", `"none.svg" leads nowhere`, false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["own.css"] = picture([]byte(`a{background:url( "none.svg" )}`))
		}},
		{"a symbolic link", "symbolic link", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["own.jpg"] = &fstest.MapFile{Mode: os.ModeSymlink | 0o777, Data: []byte("/etc/passwd")}
		}},
		{"a named pipe", "not a regular file", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["pipe"] = &fstest.MapFile{Mode: os.ModeNamedPipe | 0o644}
		}},
		{"EXIF in a rendition", "it contains EXIF", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			f := site[m.Renditions[0].Path]
			f.Data = mediatest.InsertJPEG(f.Data, mediatest.APP1, mediatest.EXIFHead+mediatest.EXIF([]mediatest.Tag{mediatest.ASCII(0x010f, "Nikon")}))
			m.Renditions[0].Bytes = int64(len(f.Data))
		}},
		{"a comment in a rendition", "it contains data that is not part of the picture", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			f := site[m.Renditions[0].Path]
			f.Data = mediatest.InsertJPEG(f.Data, 0xfe, "Jane Owner")
			m.Renditions[0].Bytes = int64(len(f.Data))
		}},
		{"GPS in EXIF", "own.jpg: it contains a GPS position, EXIF", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["own.jpg"] = picture(mediatest.InsertJPEG(mediatest.JPEG(t, mediatest.Blocks(16, 16)), mediatest.APP1, mediatest.EXIFHead+mediatest.FullEXIF(1)))
		}},
		{"GPS in XMP", "own.jpg: it contains a GPS position, XMP", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["own.jpg"] = picture(mediatest.InsertJPEG(mediatest.JPEG(t, mediatest.Blocks(16, 16)), mediatest.APP1, xmp))
		}},
		{"GPS in a PNG", "own.png: it contains a GPS position, EXIF", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["own.png"] = picture(mediatest.InsertPNG(mediatest.PNG(t, mediatest.Blocks(16, 16)), "eXIf", mediatest.FullEXIF(1)))
		}},
		{"GPS in a PNG's XMP", "own.png: it contains a GPS position, XMP", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["own.png"] = picture(mediatest.InsertPNG(mediatest.PNG(t, mediatest.Blocks(16, 16)), "iTXt", "XML:com.adobe.xmp\x00\x00\x00\x00\x00"+xmp))
		}},
		{"GPS in a WebP", "own.webp: it contains a GPS position, EXIF", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			lossy, err := os.ReadFile("../media/testdata/lossy.webp")
			if err != nil {
				t.Fatal(err)
			}
			bits := string(lossy[20:]) // after the heads of the file and of its only chunk
			site["own.webp"] = picture([]byte(mediatest.RIFF("VP8X", mediatest.VP8X(1<<3, 64, 48), "VP8 ", bits, "EXIF", mediatest.FullEXIF(1))))
		}},
		{"IPTC beside the site", "own.jpg: it contains IPTC", true, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["own.jpg"] = picture(mediatest.InsertJPEG(mediatest.JPEG(t, mediatest.Blocks(16, 16)), 0xed, iptc))
		}},
		{"an id", "it contains an id of a user and an account", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["own.txt"] = picture([]byte(strings.Repeat("x", searched+overlap-5) + "user:12-minimax:345-file:678"))
		}},
		{"an id in a URL", "it contains an id of a user and an account", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["own.txt"] = picture([]byte("user%3A12-minimax%3A345"))
		}},
		{"an address", "it contains an address of the service's images", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["own.txt"] = picture([]byte(`"https:\/\/cdn.example.org\/moss\/prod\/2024`))
		}},
		{"a token", "it contains what looks like an API token", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site[".hidden"] = picture([]byte("user:12-0123456789abcdef0123"))
		}},
		{"a bearer", "it contains what looks like a bearer token", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["own.txt"] = picture([]byte("Authorization: Bearer 0123456789abcdef"))
		}},
		{"a name", "it contains an id of a user and an account", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["user:12-minimax:345.txt"] = picture(nil)
		}},
		{"no alt text", "1 image has no alt text: ", true, func(t *testing.T, site fstest.MapFS, m *gallery.Image) { m.Alt = "" }},
		{"no alt", "1 <img> without the attribute alt", true, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["own.html"] = picture([]byte(`<html><img src="index.html"></html>`))
		}},
		{"a stray rendition", "1 published although no image has them: 00000000000000ff-5-aa.jpg", true, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["media/00000000000000ff-5-aa.jpg"] = picture(gallerytest.JPEG(t, 5, 5))
		}},
		{"a name that is not plain", "some servers and file systems do not allow", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["media/Übung.txt"] = picture(nil)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var err error
			site, s := checkedSite(t)
			state := bytes.Clone(site[gallery.StateName].Data)
			tt.spoil(t, site, &s.Images[1])
			if f := site[gallery.StateName]; f != nil && bytes.Equal(f.Data, state) {
				if f.Data, err = s.Encode(); err != nil {
					t.Fatal(err)
				}
			}
			r := checked(t, site)
			found, other := r.Errors, r.Warnings
			if tt.warning {
				found, other = other, found
			}
			if !says(found, tt.want) || tt.warning && len(other) > 0 {
				t.Errorf("want %q (a warning: %v), got the errors %v and the warnings %v", tt.want, tt.warning, r.Errors, r.Warnings)
			}
		})
	}
}

// oldData makes the data of version 1, which do not name the fields.
func oldData(t *testing.T, site fstest.MapFS, _ *gallery.Image) {
	t.Helper()
	head := regexp.MustCompile(`"version":2,"fields":{[^}]*},`)
	data := head.ReplaceAll(site[gallery.DataName].Data, []byte(`"version":1,`))
	if bytes.Equal(data, site[gallery.DataName].Data) {
		t.Fatal("the data have another head")
	}
	site[gallery.DataName].Data = data
}

// A secret is found in each of its forms, and never repeated. A number counts only on its own,
// because hashes are full of digits.
func TestCheckFindsSecrets(t *testing.T) {
	secrets := []secrets.Secret{
		{Name: "the token", Forms: []string{"user:1-abc", "user%3A1-abc", "dXNlcjoxLWFiYw=="}},
		{Name: "the account", Forms: []string{"288230376151711"}},
	}
	for content, want := range map[string]string{
		"x user:1-abc y":          "own.txt: it contains the token",
		"user%3A1-abc":            "own.txt: it contains the token",
		"\x00dXNlcjoxLWFiYw==":    "own.txt: it contains the token",
		"a=288230376151711&b":     "own.txt: it contains the account",
		"a288230376151711 288230": "",
		"2882303761517112":        "",
	} {
		site := fstest.MapFS{"own.txt": {Data: []byte(content)}, ".git/config": {Data: []byte("user:1-abc")}}
		r := checked(t, site, secrets...)
		got := ""
		for _, f := range r.Errors {
			if f.File == "own.txt" {
				got = f.String()
			}
			if f.File == ".git/config" {
				t.Errorf("the folder .git was looked at")
			}
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", content, got, want)
		}
	}
}

// A site that is too large for GitHub Pages is still a site.
func TestCheckWarnsOfSize(t *testing.T) {
	c := &checker{files: map[string]int64{"a.jpg": GitHubPagesLimit, "b.jpg": 1, ".hidden": 2}}
	c.report.Bytes = GitHubPagesLimit + 1
	c.checkSize()
	if len(c.report.Warnings) != 1 || !says(c.report.Warnings, "the largest files are a.jpg (1.1 GB), b.jpg (1 B)") {
		t.Errorf("got %v", c.report.Warnings)
	}
}

// An interrupted check ends with the error of its context.
func TestCheckEndsWhenInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	site, _ := checkedSite(t)
	if _, err := Site(ctx, site, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the error of the context", err)
	}
}
