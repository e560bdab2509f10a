package check

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"maps"
	"os"
	"path"
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

// exampleAddress is the address of most sites in these tests.
const exampleAddress = "https://example.org/gallery/"

// checkedSite builds a site of three images for an address and returns it in memory.
func checkedSite(t *testing.T, address string) fstest.MapFS {
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
		Theme: theme, Content: &render.Content{}, GitIgnore: []byte("*.tmp\n"), BaseURL: address,
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
	return site
}

// copied returns a copy of a site, and its state, for tests to damage. That takes less time than
// building another site.
func copied(t *testing.T, site fstest.MapFS) (fstest.MapFS, *gallery.State) {
	t.Helper()
	fresh := fstest.MapFS{}
	for name, f := range site {
		fresh[name] = &fstest.MapFile{Data: bytes.Clone(f.Data)}
	}
	s, err := gallery.Decode(site[gallery.StateName].Data)
	if err != nil {
		t.Fatal(err)
	}
	return fresh, s
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
	site := checkedSite(t, exampleAddress)
	r := checked(t, site)
	for _, f := range slices.Concat(r.Errors, r.Warnings) {
		t.Error(f)
	}
	if r.Images != 3 || r.Files != len(site) || r.Bytes == 0 {
		t.Errorf("got %d images, %d files, %d bytes", r.Images, r.Files, r.Bytes)
	}
}

// Without the state nobody knows which media have an image, so nothing may suggest to delete them.
func TestCheckKeepsMediaWithoutState(t *testing.T) {
	site := checkedSite(t, exampleAddress)
	delete(site, gallery.StateName)
	if r := checked(t, site); says(r.Warnings, "published although no image has them") {
		t.Errorf("got %v", r.Warnings)
	}
}

// The owner can add a part of a page.
func TestCheckPassesAPart(t *testing.T) {
	site := checkedSite(t, exampleAddress)
	site["proof.html"] = &fstest.MapFile{Data: []byte("proof: 4711")}
	for _, f := range checked(t, site).Errors {
		t.Error(f)
	}
}

// Hosts show the files in .well-known, although its name begins with a dot.
func TestCheckOfWellKnown(t *testing.T) {
	site := checkedSite(t, exampleAddress)
	const name = ".well-known/security.txt"
	site["own.html"] = &fstest.MapFile{Data: []byte(`<html><a href="` + name + `"></a></html>`)}
	site[name] = &fstest.MapFile{Data: []byte("Contact: mailto:me@example.org")}
	for _, f := range checked(t, site).Errors {
		t.Error(f)
	}
	delete(site, name)
	if r := checked(t, site); !says(r.Errors, name+": it is missing, and own.html refers to it; add the file, or correct the link") {
		t.Errorf("got the errors %v", r.Errors)
	}
}

// Everything that can be wrong with a site must be found.
func TestCheckFinds(t *testing.T) {
	whole := checkedSite(t, exampleAddress)
	picture := func(data []byte) *fstest.MapFile { return &fstest.MapFile{Data: data} }
	xmp := "http://ns.adobe.com/xap/1.0/\x00<x exif:GPSLatitude=\"48\"/>"
	iptc := "Photoshop 3.0\x008BIM\x04\x04"
	marked := func(t *testing.T) []byte {
		stripped, err := media.Strip(mediatest.JPEG(t, mediatest.Blocks(16, 16)), "image/jpeg")
		if err != nil {
			t.Fatal(err)
		}
		data, err := media.Mark(stripped, "image/jpeg", media.Provenance{Origin: media.Origin{SourceType: "print"}}.Packet())
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
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
		{"a packet that the name does not tell of", "it does not say the same about its origin as its name", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["media/00000000000000ff-0123456789.jpg"] = picture(marked(t))
		}},
		{"a name that tells of another packet", "it does not say the same about its origin as its name", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["media/00000000000000ff-012345678912345678.jpg"] = picture(marked(t))
		}},
		{"metadata beside a packet", ".jpg: it contains XMP, IPTC", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["media/00000000000000ff-0123456789.jpg"] = picture(mediatest.InsertJPEG(marked(t), 0xed, iptc))
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
		{"a page is gone", "image/0000000000000001/index.html: it is missing, and 9 files refer to it, for example index.html; run firstframe again", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) { delete(site, gallery.ImagePath(m.Slug)) }},
		{"a link leads nowhere", `none/index.html: it is missing, and own.html refers to it; add the file, or correct the link`, false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["own.html"] = picture([]byte(`<html><a href="none/"></a></html>`))
		}},
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
		{"data of what is gone", "media/" + gallerytest.Image(7).Slug + "-96-0b.jpg: it is missing, and data.js refers to it; run firstframe again", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site[gallery.DataName].Data = bytes.ReplaceAll(site[gallery.DataName].Data, []byte(m.Slug), []byte(gallerytest.Image(7).Slug))
		}},
		{"data of an AVIF that is gone", "media/" + gallerytest.Image(0).Slug + "-96-0c.avif: it is missing, and data.js refers to it; run firstframe again", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site[gallery.DataName].Data = regexp.MustCompile(`,0(`+newFields+`\]\n\])`).ReplaceAll(site[gallery.DataName].Data, []byte(`,[[96,64,"0c"]]$1`))
		}},
		{"data of fewer images", "data.js: it has 0 images, and the state 3", true, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			head, _, _ := bytes.Cut(site[gallery.DataName].Data, []byte("\n"))
			site[gallery.DataName].Data = append(head, "\n]});\n"...)
		}},
		{"data of an unknown version", "data.js: it cannot be read: its version is 3", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site[gallery.DataName].Data = bytes.Replace(site[gallery.DataName].Data, []byte(`"version":2`), []byte(`"version":3`), 1)
		}},
		{"data of version 1", "data.js: an older firstframe has written it", true, oldData},
		{"data of version 1 of what is gone", "media/" + gallerytest.Image(7).Slug + "-96-0b.jpg: it is missing, and data.js refers to it; run firstframe again", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
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
		{"a feed of what is gone", "none/index.html: it is missing, and feed.json refers to it; run firstframe again", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site[gallery.JSONFeedName].Data = []byte(`{"items": [{"id": "https://example.org/gallery/none/"}]}`)
		}},
		{"a sitemap of what is gone", "image/" + gallerytest.Image(7).Slug + "/index.html: it is missing, and sitemap.xml refers to it; run firstframe again", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site[gallery.SitemapName].Data = bytes.ReplaceAll(site[gallery.SitemapName].Data, []byte(m.Slug), []byte(gallerytest.Image(7).Slug))
		}},
		{"an absolute address", "none.html: it is missing, and own.html refers to it", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["own.html"] = picture([]byte(`<html><a href="https://example.org/gallery/none.html"></a></html>`))
		}},
		{"an address from the root", `own.html: "/index.html" leads out of the site; a slash at its start is the root of the host, and the site is in /gallery/ there: write index.html`, false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["own.html"] = picture([]byte(`<html><a href="/index.html"></a></html>`))
		}},
		{"a fragment", "leads to no element", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["own.html"] = picture([]byte(`<html><a href="#none"></a></html>`))
		}},
		{"a style sheet", "none.svg: it is missing, and own.css refers to it", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
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
		{"no alt text", "1 image has no alt text: Portrait_8.jpg; say what the picture shows, as alt: in content/images/Portrait_8.jpg.md", true, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			m.Alt, m.Name = "", "Portrait_8.jpg"
		}},
		{"no alt text and no name", "1 image has no alt text: 0000000000000001; say", true, func(t *testing.T, site fstest.MapFS, m *gallery.Image) { m.Alt, m.Name = "", "" }},
		{"no alt text and the name of another image", "1 image has no alt text: 0000000000000001; say", true, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			m.Alt, m.Name = "", "picture-0.jpg"
		}},
		{"no alt", "1 <img> without the attribute alt", true, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["own.html"] = picture([]byte(`<html><img src="index.html"></html>`))
		}},
		{"the page for missing pages is gone", "404.html: it is missing; run firstframe again", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) { delete(site, gallery.MissingName) }},
		{"the sitemap is gone, and nobody has the manifest", "sitemap.xml: it is missing; run firstframe again", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			delete(site, gallery.SitemapName)
			delete(site, gallery.ManifestName)
		}},
		{"a file of the last run is gone", "robots.txt: it is missing; run firstframe again", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			delete(site, gallery.RobotsName)
			index := site[gallery.IndexName]
			index.Data = bytes.Replace(index.Data, []byte(`rel="canonical"`), []byte(`rel="author"`), 1)
		}},
		{"a style sheet is gone", "and 6 files refer to it, for example index.html; run firstframe again", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			for name := range site {
				if strings.HasPrefix(name, "assets/style.") {
					delete(site, name)
				}
			}
		}},
		{"all media are gone", "media: 6 of its files are missing: media/0000000000000000-48-0a.jpg, ", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			maps.DeleteFunc(site, func(name string, _ *fstest.MapFile) bool { return strings.HasPrefix(name, "media/") })
		}},
		{"a hidden file", ".own.css: it is missing, and own.html refers to it; files whose names begin with a dot are not published", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site[".own.css"] = picture(nil)
			site["own.html"] = picture([]byte(`<html><link rel="stylesheet" href=".own.css"></html>`))
		}},
		{"an address from the root, in a folder", `"/a/b.html" leads out of the site; a slash at its start is the root of the host, and the site is in /gallery/ there: write ../a/b.html`, false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["own/index.html"] = picture([]byte(`<html><a href="/a/b.html"></a></html>`))
		}},
		{"above the root", `"../../x.html" leads out of the site; take ../ away from its start`, false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["own/index.html"] = picture([]byte(`<html><a href="../../x.html"></a></html>`))
		}},
		{"a page that nobody finds", "own/b.html: no link leads to this page", true, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["own/a.html"] = picture([]byte(`<html><a href="b.html"></a></html>`))
			site["own/b.html"] = picture([]byte(`<html><a href="a.html"></a><a href="../index.html"></a></html>`))
		}},
		{"a file that nobody knows", "own.txt: firstframe did not write this file, and it is published", true, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["own.txt"] = picture([]byte("a draft"))
		}},
		{"a file for its owner only", "own.txt: only its owner can read the file (mode 600)", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["own.txt"] = &fstest.MapFile{Mode: 0o600}
		}},
		{"a folder for its owner only", "image: only its owner can open the folder (mode 700)", false, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["image"] = &fstest.MapFile{Mode: fs.ModeDir | 0o700}
		}},
		{"an empty alt text", `own.html: an empty alt text for boat.png; say what the picture shows, in Markdown as ![a boat at dusk](boat.png)`, true, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			site["boat.png"] = picture(nil)
			site["own.html"] = picture([]byte(`<html><img src="boat.png" alt=" "><img src="boat.png" alt="" role="presentation"></html>`))
		}},
		{"an image with an empty alt text", `index.html: 1 image has an empty alt text in the pages: picture-1.jpg; write alt="{{.Alt}}" into the theme's template, and alt: into content/images/picture-1.jpg.md`, true, func(t *testing.T, site fstest.MapFS, m *gallery.Image) {
			for _, name := range []string{gallery.ImagePath(m.Slug), gallery.IndexName} {
				site[name].Data = regexp.MustCompile(`(src="[^"]*media/`+m.Slug+`[^>]* alt=)"[^"]*"`).ReplaceAll(site[name].Data, []byte(`$1""`))
			}
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
			site, s := copied(t, whole)
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

// What a page does with another host before anybody clicks is a warning that names the host. A link
// is none.
func TestCheckFindsOtherHosts(t *testing.T) {
	site := checkedSite(t, exampleAddress)
	index := site[gallery.IndexName].Data
	for tag, want := range map[string]string{
		`<script src="https://a.example.net/x.js"></script>`:                             "runs a script from a.example.net",
		`<script src="//a.example.net/x.js"></script>`:                                   "runs a script from a.example.net",
		`<link rel="stylesheet" href="https://a.example.net/x.css">`:                     "loads a style sheet from a.example.net",
		`<link rel="preload stylesheet" as="style" href="https://a.example.net/x.css">`:  "loads a file from a.example.net",
		`<link rel="shortcut icon" href="https://a.example.net/x.ico">`:                  "loads a picture from a.example.net",
		`<link rel="preconnect" href="https://a.example.net">`:                           "connects to a.example.net",
		`<link rel="dns-prefetch" href="//a.example.net">`:                               "connects to a.example.net",
		`<link rel="modulepreload" href="https://a.example.net/x.js">`:                   "loads a file from a.example.net",
		`<img src="https://a.example.net/1.gif" alt="x">`:                                "loads a picture from a.example.net",
		`<noscript><img src="https://a.example.net/1.gif" alt="x"></noscript>`:           "loads a picture from a.example.net",
		`<img src="data:," srcset="https://a.example.net/1.gif 2x" alt="x">`:             "loads a picture from a.example.net",
		`<picture><source srcset="https://a.example.net/1.gif"></picture>`:               "loads a picture from a.example.net",
		`<svg><image href="https://a.example.net/1.svg"/></svg>`:                         "loads a picture from a.example.net",
		`<svg><use xlink:href="https://a.example.net/1.svg#a"/></svg>`:                   "loads a picture from a.example.net",
		`<video poster="https://a.example.net/1.jpg"></video>`:                           "loads a picture from a.example.net",
		`<audio src="https://a.example.net/1.mp3"></audio>`:                              "loads a film or a sound from a.example.net",
		`<iframe src="https://a.example.net/"></iframe>`:                                 "shows a page of a.example.net",
		`<object data="https://a.example.net/x"></object>`:                               "shows a page of a.example.net",
		`<a href="https://b.example.net/" ping="https://a.example.net/x">b</a>`:          "connects to a.example.net",
		`<meta http-equiv="refresh" content="0; url=https://a.example.net/">`:            "sends its visitors or its links to a.example.net",
		`<base href="https://a.example.net/">`:                                           "sends its visitors or its links to a.example.net",
		`<p style="background: url(https://a.example.net/1.gif)">x</p>`:                  "loads a file from a.example.net",
		`<style>@font-face { src: url('https://a.example.net/1.woff2') }</style>`:        "loads a file from a.example.net",
		`<p style="background: URL(https://a.example.net/1.gif)">x</p>`:                  "loads a file from a.example.net",
		`<style>@IMPORT "https://a.example.net/x.css";</style>`:                          "loads a style sheet from a.example.net",
		`<style>@import "https://a.example.net/x.css";</style>`:                          "loads a style sheet from a.example.net",
		`<style>@import url(https://a.example.net/x.css);</style>`:                       "loads a style sheet from a.example.net",
		`<img src="https://a.example.net/media/0000000000000009-96-0b.jpg" alt="x">`:     "loads a picture from a.example.net",
		`<script src="https://a.example.net/media/0000000000000001-96-0b.jpg"></script>`: "runs a script from a.example.net",

		`<img src="https://a.example.net/x/media/0000000000000001-96-0b.jpg" alt="x">`:         "",
		`<a href="https://a.example.net/">a</a>`:                                               "",
		`<link rel="license" href="https://a.example.net/">`:                                   "",
		`<link rel="icon" href="data:,">`:                                                      "",
		`<meta property="og:image" content="https://a.example.net/1.jpg">`:                     "",
		`<img src="https://example.org/another/1.jpg" alt="x">`:                                "",
		`<p>https://a.example.net/1.gif url(https://a.example.net/) @import "//a.example"</p>`: "",
	} {
		site[gallery.IndexName].Data = bytes.Replace(index, []byte("</main>"), []byte(tag+"</main>"), 1)
		r := checked(t, site)
		var got []string
		for _, f := range slices.Concat(r.Errors, r.Warnings) {
			got = append(got, f.String())
		}
		if want != "" {
			want = "index.html: it " + want + ", which learns of every visit; put a copy of the file into the theme's assets/, or remove the address"
		}
		if strings.Join(got, "\n") != want {
			t.Errorf("%s: got %q, want %q", tag, got, want)
		}
	}
	site[gallery.IndexName].Data = index
	site["own.css"] = &fstest.MapFile{Data: []byte("@import 'https://a.example.net/x.css'; a { background: url(//b.example.net/1.gif) }")}
	r := checked(t, site)
	if !says(r.Warnings, "own.css: it loads a style sheet from a.example.net") || !says(r.Warnings, "own.css: it loads a file from b.example.net") {
		t.Errorf("got the warnings %v", r.Warnings)
	}
}

// A mistake in a template is one finding, and not one for each page.
func TestCheckMergesFindings(t *testing.T) {
	site := checkedSite(t, exampleAddress)
	pages := 0
	for name, f := range site {
		if path.Ext(name) == ".html" {
			f.Data = bytes.Replace(f.Data, []byte("</main>"), []byte(`<script src="https://a.example.net/x.js"></script><a href="#none">x</a></main>`), 1)
			pages++
		}
	}
	r := checked(t, site)
	if len(r.Errors) != 1 || len(r.Errors[0].Also) != pages-1 {
		t.Errorf("got the errors %v", r.Errors)
	}
	want := fmt.Sprintf("404.html and %d more (image/%s/index.html, ", pages-1, gallerytest.Image(0).Slug)
	if len(r.Warnings) != 1 || !says(r.Warnings, want) || !says(r.Warnings, "): it runs a script from a.example.net") {
		t.Errorf("got the warnings %v", r.Warnings)
	}
}

// A part is not a site, and an empty folder is none, either: the checker says so instead of listing
// everything that is missing. It still looks for secrets.
func TestCheckOfNoSite(t *testing.T) {
	leak := &fstest.MapFile{Data: []byte("user:12-minimax:345")}
	for name, tt := range map[string]struct {
		site fstest.MapFS
		want []string
	}{
		"a part":          {fstest.MapFS{"shard.json": {Data: []byte(`{"shard":2,"of":3}`)}, "gallery.json": {Data: []byte("{}")}}, []string{"shard.json: this is part 2 of 3 of a gallery, not a site; join all parts with --merge, and check the site"}},
		"an empty folder": {fstest.MapFS{}, []string{"there is no gallery in this folder; build it first, or name its folder: --check=DIR"}},
		"another folder":  {fstest.MapFS{"notes.txt": leak}, []string{"there is no gallery in this folder; build it first, or name its folder: --check=DIR", "notes.txt: it contains an id of a user and an account; take it out before you publish the site"}},
	} {
		r := checked(t, tt.site)
		var got []string
		for _, f := range r.Errors {
			got = append(got, f.String())
		}
		if !slices.Equal(got, tt.want) || len(r.Warnings) > 0 {
			t.Errorf("%s: got the errors %q and the warnings %v, want %q", name, got, r.Warnings, tt.want)
		}
	}
}

// A site that was built for another address, or for none, has the wrong addresses in its feeds and
// its sitemap, or lacks them.
func TestCheckComparesTheAddress(t *testing.T) {
	site := checkedSite(t, "https://example.org/gälery/")
	bare := checkedSite(t, "")
	for _, tt := range []struct {
		site          fstest.MapFS
		address, want string
	}{
		{site, "", ""},
		{site, "https://example.org/gälery/", ""},
		{site, "https://example.org/other/", "index.html: the site was built for https://example.org/g%c3%a4lery/, and --base-url is https://example.org/other/; build it again"},
		{bare, "", ""},
		{bare, "https://example.org/", "index.html: the site was built without an address, and --base-url is https://example.org/; build it again"},
	} {
		r, err := Site(t.Context(), tt.site, Options{BaseURL: tt.address})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, f := range slices.Concat(r.Errors, r.Warnings) {
			got += f.String()
		}
		if got != tt.want {
			t.Errorf("for the address %q, got %q, want %q", tt.address, got, tt.want)
		}
	}
}

// newFields matches the fields of an image after avif: related, hues, statuses and ai.
const newFields = `(?:,(?:\d|\[[^\]]*\])){4}`

// oldData makes the data of version 1, which do not name the fields.
func oldData(t *testing.T, site fstest.MapFS, _ *gallery.Image) {
	t.Helper()
	head := regexp.MustCompile(`"version":2,"fields":{[^}]*},`)
	data := head.ReplaceAll(site[gallery.DataName].Data, []byte(`"version":1,`))
	if bytes.Equal(data, site[gallery.DataName].Data) {
		t.Fatal("the data have another head")
	}
	data = regexp.MustCompile(`(?m),0`+newFields+`\](,?)$`).ReplaceAll(data, []byte("]$1")) // the field avif, and those after it
	site[gallery.DataName].Data = data
}

// A secret is found in each of its forms, and never repeated. A number counts only on its own,
// because hashes are full of digits.
func TestCheckFindsSecrets(t *testing.T) {
	secrets := []secrets.Secret{
		{Name: "the token", Forms: []string{"user:1-abc", "user%3A1-abc", "dXNlcjoxLWFiYw=="}},
		{Name: "the account", Forms: []string{"288230376151711"}},
	}
	const remedy = "; take it out before you publish the site"
	for content, want := range map[string]string{
		"x user:1-abc y":          "own.txt: it contains the token" + remedy,
		"user%3A1-abc":            "own.txt: it contains the token" + remedy,
		"\x00dXNlcjoxLWFiYw==":    "own.txt: it contains the token" + remedy,
		"a=288230376151711&b":     "own.txt: it contains the account" + remedy,
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
	site := checkedSite(t, exampleAddress)
	if _, err := Site(ctx, site, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the error of the context", err)
	}
}

// What was made from a file of the owner's names it, because that is the file to change.
func TestSources(t *testing.T) {
	site := checkedSite(t, exampleAddress)
	site["about/index.html"] = &fstest.MapFile{Data: []byte(`<html><a href="../gone.html"></a></html>`)}
	site["photo.jpg"] = &fstest.MapFile{Data: mediatest.InsertJPEG(mediatest.JPEG(t, image.NewGray(image.Rect(0, 0, 8, 8))), 0xe1, mediatest.EXIFHead+mediatest.FullEXIF(1))}
	report, err := Site(t.Context(), site, Options{Source: func(name string) string {
		return map[string]string{"about/index.html": "content/about.md", "photo.jpg": "static/photo.jpg"}[name]
	}})
	if err != nil {
		t.Fatal(err)
	}
	all := fmt.Sprint(report.Errors, report.Warnings)
	for _, want := range []string{
		"gone.html: it is missing, and about/index.html (from content/about.md) refers to it",
		"about/index.html (from content/about.md): no link leads to this page",
		"photo.jpg (from static/photo.jpg): it contains a GPS position, EXIF; to remove that, run " + media.CleanCommand + " FILE, and build the site again",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is missing in %s", want, all)
		}
	}
}
