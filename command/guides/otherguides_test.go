//go:build unix

package guides

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"firstframe/command/commandtest"
	"firstframe/fetch/fetchtest"
	"firstframe/render/media/mediatest"
)

// serviceHour does what the README and the guides about settings and themes say, as an owner who has
// a token, from the top of the README.
func serviceHour(t *testing.T, guides map[string][]*block) {
	o := newOwner(t, guides)
	service := &fetchtest.Service{Token: "user:1234-abcdefghijklmnop"}
	day := time.Date(2024, 7, 1, 10, 0, 0, 0, time.UTC)
	for i, name := range []string{"tide.jpg", "dune.jpg"} {
		picture := mediatest.JPEG(t, mediatest.DrawPicture(640+16*i, 360))
		service.Pictures = append(service.Pictures, fetchtest.Picture{Name: name, Type: "jpeg", Data: picture, Uploaded: day})
	}
	service.Videos = []fetchtest.Video{{Prompt: "the tide comes in", Status: fetchtest.Completed, Files: []string{"tide.jpg", "dune.jpg"}, Clip: mediatest.PlainFilm().Bytes(), Created: day}}
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	o.say = map[string]string{"user:1234-…": service.Token}

	o.readInstall()
	o.readGitHub()
	o.env = append(o.env, "SERVICE=--api "+server.URL+" --allow-private-hosts")
	o.readComputer()
	o.readCaptions()
	o.readOrigin()
	o.readSettings()
	o.readThemes()
	o.readParts()
	o.readService()
}

// block returns a block of a guide, and notes that it is used.
func (o *owner) block(guide, text string) *block {
	o.t.Helper()
	return find(o.t, o.guides, guide, text)
}

// only returns the line of a block that has no other.
func (o *owner) only(guide, text string) string {
	o.t.Helper()
	lines := o.block(guide, text).lines()
	if len(lines) != 1 {
		o.t.Fatalf("%s: the block with %q has %d lines, want one", guide, text, len(lines))
	}
	return lines[0]
}

// each runs the lines of a block, with a function for each.
func (o *owner) each(b *block, do ...func(line string)) {
	o.t.Helper()
	lines := b.lines()
	if len(lines) != len(do) {
		o.t.Fatalf("%v has %d lines, and the test expects %d", b, len(lines), len(do))
	}
	for i, line := range lines {
		do[i](line)
	}
}

// saying returns a function that runs a line, which must say something.
func (o *owner) saying(parts ...string) func(line string) {
	return func(line string) {
		o.t.Helper()
		o.wants(line, o.run(line), parts...)
	}
}

// readInstall follows the README to the demo: with a release, and with a copy of the repository.
func (o *owner) readInstall() {
	o.each(o.block("README.md", "curl -LO"), o.saying(), o.saying(), func(line string) { o.sawDemo(o.run(line)) })
	gallery := o.gallery
	o.gallery = o.copy
	o.each(o.block("README.md", "go run . --demo"), func(line string) { o.sawDemo(o.run(line)) }, o.saying())
	o.gallery = gallery
	said, err := exec.Command(filepath.Join(o.home, "go/bin/firstframe"), "--version").Output()
	if err != nil || !strings.HasPrefix(string(said), "firstframe ") {
		o.t.Errorf("the installed command: %v: %s", err, said)
	}
}

// readGitHub follows the README to the commit that is pushed to GitHub, in a new folder.
func (o *owner) readGitHub() {
	o.gallery = filepath.Join(o.home, "gallery")
	check(o.t, os.Mkdir(o.gallery, 0o755))
	o.each(o.block("README.md", "git init"), o.saying("firstframe.yaml: written"), o.saying(), o.saying(), o.saying())
	o.wants("the commit", o.run("git ls-files"), ".github/workflows/gallery.yml", "firstframe.yaml", "content/index.md")
	o.wants("the branch", o.run("git branch --show-current"), "main\n")
	uses, _, _ := strings.Cut(strings.TrimSpace(o.block("docs/publishing.md", "uses: OWNER/firstframe@COMMIT # v1.2.3").text), " #")
	o.wants("the workflow", o.read(".github/workflows/gallery.yml"), uses)
}

// readComputer follows the README from the token to its end, in the folder of the commit.
func (o *owner) readComputer() {
	if said, err := o.try("firstframe"); err == nil || !strings.Contains(said, "there is no token in USEAPI_TOKEN") {
		o.t.Errorf("without a token: %v\n%s", err, said)
	}
	o.each(o.block("README.md", "firstframe --dry-run"),
		o.saying(), // export
		o.saying("dry run: out would have 2 images, 2 new"),
		o.saying("2 images in out, 2 new, "),
		func(line string) {
			o.preview(line, func(address string, _ func() string) {
				_, _, body := commandtest.Get(o.t, address)
				o.wants("the preview", string(body), "<img")
			})
		})
	o.saying("5 images in out, 3 new, ")(o.only("README.md", "--pictures ~/Pictures/holiday"))
	o.writeFile(o.block("README.md", "title: Low tide"), "content/images/tide.jpg.md")
	o.writeFile(o.block("README.md", ":root {"), "theme/custom.css")
	o.run("firstframe")
	o.wants("a page", o.page("Low tide"), "The first frame of a film that never got further than <em>this</em>.", "Wet sand at dusk, with a row of posts that lead into the sea")
	o.wants("the page of a tag", o.read("out/tag/dusk/index.html"), "Low tide")
	o.wants("custom.css", o.custom(), o.read("theme/custom.css"))
	o.saying("no errors")(o.only("docs/publishing.md", "firstframe --check\n"))
}

// readCaptions follows docs/captions.md: it writes about one image, and hides another one.
func (o *owner) readCaptions() {
	for _, text := range []string{"title: The great dune", "hidden: true"} {
		b := o.block("docs/captions.md", text)
		o.writeFile(b, b.file())
	}
	o.saying("4 images in out, 0 new, 1 hidden, ")(o.only("docs/settings.md", "firstframe --pictures ~/Pictures/holiday"))
	o.wants("a page", o.page("The great dune"), "I walked up there <em>twice</em>.")
	if name := o.find("Two boats"); name != "" {
		o.t.Errorf("the hidden image has the page %s", name)
	}
}

// readOrigin follows docs/ai.md: it says how the pictures were made, and reads that from the files.
func (o *owner) readOrigin() {
	index := o.read("content/index.md")
	o.writeFile(o.block("docs/ai.md", "digital_source_type:"), "content/index.md")
	o.run("firstframe")
	o.wants("a page", o.page("Low tide"), "Made with generative AI", "Midjourney 7")
	read := o.only("docs/ai.md", "exiftool")
	if _, err := exec.LookPath("exiftool"); err == nil {
		o.wants("what exiftool reads", o.run(read), "Digital Source Type", "trainedAlgorithmicMedia", "Midjourney 7")
	}
	o.write(o.gallery, "content/index.md", []byte(index))
	o.run("firstframe")
}

// custom returns the owner's style sheet as it is published.
func (o *owner) custom() string {
	o.t.Helper()
	sheet := regexp.MustCompile(`href="(assets/custom\.[0-9a-f]+\.css)"`).FindStringSubmatch(o.read("out/index.html"))
	if sheet == nil {
		o.t.Error("the first page has no style sheet of the owner")
		return ""
	}
	return o.read("out/" + sheet[1])
}

// readSettings follows docs/settings.md: it writes the settings that are printed there, forgets one,
// and compares the message.
func (o *owner) readSettings() {
	o.saying("firstframe.yaml: exists already, and is unchanged")(o.only("docs/settings.md", "--init"))
	o.writeFile(o.block("docs/settings.md", "base_url:"), "firstframe.yaml")
	o.run("firstframe")
	o.wants("the page of an image", o.page("Low tide"), "<video", `<link rel="canonical" href="https://name.github.io/gallery/image/`)
	before := tree(o.t, filepath.Join(o.gallery, "out"))
	o.write(o.gallery, "firstframe.yaml", []byte(strings.Replace(o.read("firstframe.yaml"), "clips: true\n", "", 1)))
	said, err := o.try("firstframe")
	if err == nil {
		o.t.Error("a forgotten setting does not stop the run")
	}
	if want := o.block("docs/settings.md", "firstframe: error:").text; said != want {
		o.t.Errorf("without the setting it says\n%s\nand docs/settings.md says\n%s", said, want)
	}
	if !same(before, tree(o.t, filepath.Join(o.gallery, "out"))) {
		o.t.Error("the run that stops has changed the site")
	}
	o.run("firstframe --clips=false")
	o.lacks("the page of an image", o.page("Low tide"), "<video")
}

// same reports whether two trees have the same files.
func same(a, b map[string]string) bool {
	for name, data := range a {
		if other, ok := b[name]; !ok || other != data {
			return false
		}
	}
	return len(a) == len(b)
}

// readThemes follows docs/themes.md. The owner of a theme needs a font for it.
func (o *owner) readThemes() {
	sheet := o.block("docs/themes.md", ":root {\n  --wall").text + o.block("docs/themes.md", ".viewer {").text + o.block("docs/themes.md", "@font-face").text
	o.write(o.gallery, "theme/custom.css", []byte(sheet))
	o.write(o.gallery, "theme/assets/fonts/work-sans.woff2", []byte("wOF2"))
	o.run("firstframe")
	custom := o.custom()
	o.wants("custom.css", custom, "--wall: light-dark(#fffdf8, #10151c);", ".viewer { --wall: #000; --mark: #7fd1ae }", `--text: "Work Sans"`)
	font := regexp.MustCompile(`url\("?([^)"]*work-sans[^)"]*)"?\)`).FindStringSubmatch(custom)
	if font == nil || o.read(filepath.Join("out/assets", font[1])) != "wOF2" {
		o.t.Errorf("the font in custom.css, %q, is not the owner's", font)
	}
	o.each(o.block("docs/themes.md", "--export-theme"), o.saying("theme"), func(line string) {
		o.lacks("the summary", o.run(line), "warning", "error")
	})
	// In a layout of the owner's, this line is enough for the style sheet.
	link := regexp.MustCompile(`(?s)\{\{- if \.HasAsset "custom\.css"\}\}.*?\{\{- end\}\}\n`)
	layout := o.read("theme/templates/layout.html")
	mine := link.ReplaceAllLiteralString(layout, o.block("docs/themes.md", "{{if .HasAsset").text)
	if mine == layout {
		o.t.Fatal("the built-in layout has no link to custom.css")
	}
	o.write(o.gallery, "theme/templates/layout.html", []byte(mine))
	o.run("firstframe")
	o.wants("custom.css", o.custom(), "--wall: light-dark(#fffdf8, #10151c);")
}

// readParts follows docs/large-galleries.md: two machines make a part each, and one of them joins
// both.
func (o *owner) readParts() {
	check(o.t, os.RemoveAll(filepath.Join(o.gallery, "out")))
	o.each(o.block("docs/large-galleries.md", "--shard 1/2"),
		o.saying("in part-1, "), o.saying("in part-2, "), o.saying("2 images in out, 2 new, "))
}

// readService follows the end of the first hour.
func (o *owner) readService() {
	check(o.t, os.RemoveAll(filepath.Join(o.gallery, "out")))
	o.each(o.block(hour, "export USEAPI_TOKEN"),
		o.saying(),
		o.saying("dry run: out would have 2 images, 2 new"),
		o.saying("2 images in out, 2 new, "))
}
