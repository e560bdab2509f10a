package browser

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"firstframe/command/commandtest"
	"firstframe/fetch/fetchtest"
	"firstframe/render/gallery"
	"firstframe/render/media"
)

// site is a built site and the ways to reach it.
type site struct {
	dir    string
	images []gallery.Image // newest first
	root   string          // its address at the root of a host
	repo   string          // its address in a folder of a host
	disk   string          // its address without a server
}

// build builds a site in dir with the real command. Until the test ends, a host has it at its root,
// and another one has it in a folder, with nothing beside it.
func build(t *testing.T, dir string, flags ...string) *site {
	t.Helper()
	cmd := command(t, dir, flags...)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building the site: %v\n%s", err, said)
	}
	s := &site{dir: filepath.Join(dir, "site")}
	state, _, err := gallery.Load(os.DirFS(s.dir))
	if err != nil {
		t.Fatal(err)
	}
	s.images = state.Images
	atRoot := httptest.NewServer(s.host())
	t.Cleanup(atRoot.Close)
	s.root = atRoot.URL + "/"
	inFolder := http.NewServeMux()
	inFolder.Handle("/repo/", http.StripPrefix("/repo", s.host()))
	host := httptest.NewServer(inFolder)
	t.Cleanup(host.Close)
	s.repo = host.URL + "/repo/"
	s.disk = (&url.URL{Scheme: "file", Path: filepath.ToSlash(s.dir) + "/"}).String()
	return s
}

// command returns a run of the command in dir, which is not started. The end of the test kills it.
func command(t *testing.T, dir string, flags ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), commandtest.Program(t), append([]string{"--cache=cache", "--out=site"}, flags...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "USEAPI_TOKEN="+token, "USEAPI_ACCOUNT=", "GITHUB_ACTIONS=")
	return cmd
}

// host answers as a plain web host does, with the site's own page for what is missing.
func (s *site) host() http.Handler {
	files := http.FileServer(http.Dir(s.dir))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := filepath.Join(s.dir, filepath.FromSlash(path.Clean("/"+r.URL.Path)))
		info, err := os.Stat(name)
		if err == nil && info.IsDir() { // not its list of files
			_, err = os.Stat(filepath.Join(name, "index.html"))
		}
		if err == nil {
			files.ServeHTTP(w, r)
			return
		}
		page, err := os.ReadFile(filepath.Join(s.dir, "404.html"))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusNotFound)
		w.Write(page)
	})
}

const token = "user:1234-secret-token"

// buildFrom builds a site from pictures and videos, with the words of content.
func buildFrom(t *testing.T, service *fetchtest.Service, content map[string]string, flags ...string) *site {
	t.Helper()
	files := map[string]string{}
	for name, text := range content {
		files["content/"+name] = text
	}
	return buildIn(t, service, files, flags...)
}

// buildIn builds a site from pictures and videos, in a folder with these files.
func buildIn(t *testing.T, service *fetchtest.Service, files map[string]string, flags ...string) *site {
	t.Helper()
	dir := t.TempDir()
	tree := fstest.MapFS{}
	for name, text := range files {
		tree[name] = &fstest.MapFile{Data: []byte(text)}
	}
	if err := os.CopyFS(dir, tree); err != nil {
		t.Fatal(err)
	}
	service.Token = token
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	return build(t, dir, append([]string{"--api", server.URL, "--allow-private-hosts"}, flags...)...)
}

// buildDemo builds the demo.
func buildDemo(t *testing.T) *site {
	t.Helper()
	return build(t, t.TempDir(), "--demo")
}

// longSize is the number of images of the long site: two full pages of older ones, and longFirst on
// the index.
const (
	longSize  = longFirst + 120
	longFirst = 60
)

// longShapes are the shapes of its pictures: what cameras and models make, a panorama, a tower and
// an icon.
var longShapes = []image.Point{{320, 180}, {180, 320}, {320, 213}, {240, 240}, {320, 134}, {256, 320}, {320, 32}, {32, 320}, {48, 48}}

// longWord has no place to break it.
var longWord = strings.Repeat("Donaudampfschifffahrt", 8)

// longContent is what the owner of the long site wrote.
var longContent = map[string]string{
	"index.md": "---\ntitle: " + longWord + "\nauthor: A & B\nlicense: CC BY\n---\nSee [about](about.md). " + longWord + "\n",
	"about.md": "---\ntitle: About\n---\n" + longWord + "\n\n```\n" + longWord + "\n```\n\n" +
		"| a | b |\n|---|---|\n| " + longWord + " | " + longWord + " |\n",
	"images/picture-179.jpg.md": "---\ntitle: \"<b>Fish & chips</b>\"\nalt: A plate\ntags: [sea, \"" + longWord + "\"]\nfeatured: true\n---\n`" + longWord + "`\n",
	"images/picture-177.jpg.md": "---\ntitle: " + longWord + "\n---\n",
	"images/picture-003.jpg.md": "---\ntitle: An old one\nfeatured: true\n---\n",
}

// buildLong builds the long site: several pages, pictures of extreme shapes, and words that fit
// nowhere. It expects to be in the folder /repo/ of a host.
func buildLong(t *testing.T) *site {
	t.Helper()
	return buildFrom(t, &fetchtest.Service{Pictures: longPictures(t, longSize)}, longContent,
		"--base-url", "https://gallery.example/repo/", "--widths", "120,240,480", "--originals")
}

// longPictures returns the first count pictures of the long site.
func longPictures(t *testing.T, count int) []fetchtest.Picture {
	t.Helper()
	pictures := make([]fetchtest.Picture, count)
	for i := range pictures {
		m := image.NewRGBA(image.Rectangle{Max: longShapes[i%len(longShapes)]})
		shade := color.RGBA{uint8(40 + i), uint8(200 - i), uint8(60 + 7*i%150), 255}
		draw.Draw(m, m.Bounds(), image.NewUniform(shade), image.Point{}, draw.Src)
		var data bytes.Buffer
		if err := jpeg.Encode(&data, m, nil); err != nil {
			t.Fatal(err)
		}
		pictures[i] = fetchtest.Picture{
			Name: fmt.Sprintf("picture-%03d.jpg", i), Type: "jpeg", Data: data.Bytes(),
			Uploaded: time.Date(2024, 7, 1, 13*i, 0, 0, 0, time.UTC),
		}
	}
	return pictures
}

// studioSize is the number of images of the studio, and studioFirst the number of those on the
// index. The second page has the oldest. Some images are on both pages.
const (
	studioSize  = 90
	studioFirst = 60
)

// studioContent is what its owner wrote about the newest three images and about two groups.
var studioContent = map[string]string{
	"images/shot-89.jpg.md": "---\ntitle: The harbour\nalt: Boats at night\ntags: [sea, night]\n---\nBefore the *storm*.\n",
	"images/shot-88.jpg.md": "---\ntitle: Café\ntags: [night]\n---\n",
	"images/shot-87.jpg.md": "---\ntitle: '" + stranger + "'\n---\n",
	"months/2024-05.md":     "---\ntitle: Beginnings\ncover: shot-11.jpg\norder: oldest\n---\nThe first *month*.\n",
	"tags/night.md":         "---\norder: [shot-88.jpg]\n---\n",
}

// buildStudio builds a site of two pages and three months.
func buildStudio(t *testing.T) *site {
	t.Helper()
	return buildFrom(t, &fetchtest.Service{Pictures: studioPictures(t, studioSize)}, studioContent, "--title", "Studio", "--widths", "120,240,800")
}

// studioPictures returns the first count pictures of the studio. They are landscape JPEGs, but every
// fifth is a portrait PNG.
func studioPictures(t *testing.T, count int) []fetchtest.Picture {
	t.Helper()
	pictures := make([]fetchtest.Picture, count)
	for i := range pictures {
		bounds, kind, encode := image.Rect(0, 0, 800, 450), "jpeg", func(b *bytes.Buffer, m image.Image) error { return jpeg.Encode(b, m, nil) }
		name := fmt.Sprintf("shot-%02d.jpg", i)
		if i%5 == 0 {
			bounds, kind, encode = image.Rect(0, 0, 300, 400), "png", func(b *bytes.Buffer, m image.Image) error { return png.Encode(b, m) }
			name = fmt.Sprintf("shot-%02d.png", i)
		}
		m := image.NewPaletted(bounds, color.Palette{color.RGBA{uint8(3 * i), 90, uint8(200 - 2*i), 255}})
		var data bytes.Buffer
		if err := encode(&data, m); err != nil {
			t.Fatal(err)
		}
		pictures[i] = fetchtest.Picture{
			Name: name, Type: kind, Data: data.Bytes(), Uploaded: time.Date(2024, 5, 1+i, 12, 0, 0, 0, time.UTC),
		}
	}
	return pictures
}

// stranger must be shown as it is, wherever it comes from.
const stranger = `<script>hacked()</script><img src=x onerror=hacked()>`

// strangerLabel is the same for the label of an account, which may hold no equals sign.
const strangerLabel = `<script>hacked()</script>`

// buildStrangers builds a site in which everything that comes from outside tries to be a script.
func buildStrangers(t *testing.T) *site {
	t.Helper()
	pictures := studioPictures(t, 8) // so that there is a search
	for i := range pictures[:2] {
		pictures[i].Name = fmt.Sprint(stranger, i, ".jpg")
		pictures[i].Uploaded = time.Date(2024, 9, 3-i, 12, 0, 0, 0, time.UTC)
	}
	text := "---\ntitle: '" + stranger + "'\nalt: '" + stranger + "'\ntags: ['" + stranger + "']\n---\n`" + stranger + "`\n\n" +
		stranger + "\n\n<div onclick=hacked()>x</div>\n\n[a](javascript:hacked()) [b](&#106;avascript:hacked()) <javascript:hacked()> ![c](javascript:hacked())\n"
	newest := media.Slug(fmt.Sprintf("%x", sha256.Sum256(pictures[0].Data)))
	return buildFrom(t, &fetchtest.Service{
		Pictures: pictures,
		Videos: []fetchtest.Video{{
			Prompt: stranger, Status: fetchtest.Completed, Files: []string{pictures[0].Name, pictures[1].Name}, Created: pictures[0].Uploaded,
		}},
	}, map[string]string{"index.md": "", "images/" + newest + ".md": text},
		"--account", fetchtest.DefaultAccount+"="+strangerLabel, "--source", "both", "--prompts")
}

// buildArabic builds a site of three images in a language that is written from the right.
func buildArabic(t *testing.T) *site {
	t.Helper()
	return buildFrom(t, &fetchtest.Service{Pictures: longPictures(t, 3)},
		map[string]string{"index.md": "---\ntitle: الصور الأولى\nlanguage: ar\n---\nمقدمة\n"})
}

func imagePage(m gallery.Image) string { return "image/" + m.Slug + "/index.html" }

// pick returns the page of the first image for which is says true.
func (s *site) pick(t *testing.T, what string, is func(gallery.Image) bool) string {
	t.Helper()
	i := slices.IndexFunc(s.images, is)
	if i < 0 {
		t.Fatalf("%s has no %s picture", s.dir, what)
	}
	return imagePage(s.images[i])
}

func (s *site) landscape(t *testing.T) string {
	t.Helper()
	return s.pick(t, "landscape", func(m gallery.Image) bool { return 2*m.Width > 3*m.Height })
}

func (s *site) portrait(t *testing.T) string {
	t.Helper()
	return s.pick(t, "portrait", func(m gallery.Image) bool { return 2*m.Width < 3*m.Height && m.Width < m.Height })
}

// extremes returns the pages of one image of each shape.
func (s *site) extremes() []string {
	var pages []string
	for i := range longShapes {
		pages = append(pages, imagePage(s.images[i]))
	}
	return pages
}
