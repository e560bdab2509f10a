//go:build unix

package guides

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"firstframe/command/commandtest"
)

// hour is the guide that leads an owner through the first hour.
const hour = "docs/getting-started.md"

// firstHour does what the guide says, from top to bottom, and looks at what the owner then sees.
// steps has what must be so after each line of its commands, in their order.
func firstHour(t *testing.T, guides map[string][]*block) {
	o := newOwner(t, guides)
	steps := o.firstSteps()
	lines := 0
	for _, b := range guides[hour] {
		if b.line > lineOf(t, hour, "## With useapi.net") {
			break // serviceHour goes on
		}
		b.used.Store(true)
		if name := b.file(); name != "" {
			o.writeFile(b, name)
			continue
		}
		if b.info != "sh" {
			t.Fatalf("%v shows neither commands nor a file: what is it for?", b)
		}
		for _, line := range b.lines() {
			if lines == len(steps) {
				t.Fatalf("%v: the test does not know what must be so after %s", b, line)
			}
			if step := steps[lines]; step.line != line {
				t.Fatalf("%v: the line is %s, and the test expects %s", b, line, step.line)
			}
			steps[lines].do(line)
			lines++
		}
	}
	if lines < len(steps) {
		t.Errorf("%s lacks the line %s", hour, steps[lines].line)
	}
}

// lineOf returns the number of a line in a guide.
func lineOf(t *testing.T, guide, line string) int {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(root, guide))
	check(t, err)
	before, _, ok := strings.Cut(string(source), "\n"+line+"\n")
	if !ok {
		t.Fatalf("%s has no line %q", guide, line)
	}
	return 2 + strings.Count(before, "\n")
}

// step is a line of a guide, and a function that runs it and looks at the result.
type step struct {
	line string
	do   func(line string)
}

// firstSteps returns the commands of the first hour.
func (o *owner) firstSteps() []step {
	then := func(look func(said string)) func(string) {
		return func(line string) {
			o.t.Helper()
			look(o.run(line))
		}
	}
	return []step{
		{"firstframe --demo", then(o.sawDemo)},
		{"firstframe --pictures ~/Pictures/holiday", then(o.sawPictures)},
		{"firstframe --init", then(func(said string) {
			o.wants("--init", said, "firstframe.yaml: written", "content/index.md: written")
			o.wants("firstframe.yaml", o.read("firstframe.yaml"), "\n# pictures:", "\n# base_url:")
		})},
		{"firstframe", then(func(said string) {
			o.wants("the summary", said, "3 images in out, 0 new, ")
			o.lacks("a page", o.page("Beach"), "1/250")
			o.wants("a page", o.page("Beach"), "Nikon")
		})},
		{"firstframe", then(o.sawWords)},
		{"firstframe --serve", o.sawChanges},
		{"firstframe --check", then(func(said string) {
			o.wants("the check", said, "no errors, 1 warning in out: 2 images", "1 image has no alt text")
		})},
		{"firstframe", then(func(string) {
			for _, name := range []string{"feed.xml", "feed.json", "sitemap.xml"} {
				o.wants(name, o.read("out/"+name), "https://example.org/gallery/")
			}
			o.wants("the first page", o.read("out/index.html"), `<meta property="og:`)
		})},
		{"firstframe --check", then(func(said string) { o.wants("the check", said, "no errors, ") })},
		{"rsync -a --delete --exclude='.*' out/ me@example.org:/var/www/gallery/", o.sawPublished},
	}
}

// sawDemo looks at the demo.
func (o *owner) sawDemo(said string) {
	o.wants("the summary", said, " images in demo, ")
	o.lacks("the summary", said, "warning", "error")
	o.wants("the demo", o.read("demo/index.html"), "<img")
	if _, err := os.Stat(filepath.Join(o.gallery, "out")); err == nil {
		o.t.Error("the demo makes a folder out/")
	}
}

// sawPictures looks at the first gallery of the owner's pictures.
func (o *owner) sawPictures(said string) {
	o.wants("the summary", said, "3 images in out, 3 new, ")
	o.lacks("the summary", said, "warning", "error")
	o.wants("a page", o.page("Beach"), "6 May 2024", "Nikon", "1/250")
	o.lacks("a page", o.page("Beach"), "secret place", "Jane Owner")
	o.wants("a page", o.page("Two boats"), "harbour")
	o.wants("the page of a tag", o.read("out/tag/harbour/index.html"), "Two boats")
}

// sawWords looks at the gallery after the owner has written about it, and has chosen no colours yet.
func (o *owner) sawWords(said string) {
	o.wants("the summary", said, "2 images in out, 0 new, ")
	o.lacks("the summary", said, "warning", "error")
	o.wants("the first page", o.read("out/index.html"), "A week by the sea", "Seven days, and it rained on two of them.", "The last evening")
	o.wants("a page", o.page("The last evening"), "We stayed until it was <em>dark</em>.", `alt="Wet sand at dusk, with a row of posts that lead into the sea"`)
	o.wants("the page of a tag", o.read("out/tag/dusk/index.html"), "The last evening")
	names, err := filepath.Glob(filepath.Join(o.gallery, "out/image/*"))
	check(o.t, err)
	if len(names) != 2 {
		o.t.Errorf("with one of three images hidden there are the pages %q", names)
	}
	o.lacks("gallery.json", o.read("out/gallery.json"), "IMG_20240701_101500")
}

// sawChanges looks at the preview: at the colours, and at what changes with the owner's files.
func (o *owner) sawChanges(line string) {
	o.preview(line, func(address string, said func() string) {
		shows := func(page, text string) {
			o.t.Helper()
			var body []byte
			await(o.t, func() bool {
				_, _, body = commandtest.Get(o.t, address+page)
				return strings.Contains(string(body), text)
			}, func() string { return fmt.Sprintf("the preview of %q does not show %q:\n%s", page, text, body) })
		}
		shows("", "assets/custom.")
		change := func(name, old, changed string) (undo func()) {
			o.t.Helper()
			before := o.read(name)
			after := strings.Replace(before, old, changed, 1)
			if after == before {
				o.t.Fatalf("%s has no %q", name, old)
			}
			o.write(o.gallery, name, []byte(after))
			return func() { o.write(o.gallery, name, []byte(before)) }
		}
		page := o.find("The last evening")
		undo := change("content/images/beach.md", "We stayed", "We sat there")
		shows(page, "We sat there")
		undo()
		shows(page, "We stayed")
		undo = change("content/images/beach.md", "tags: [", "tags: ")
		await(o.t, func() bool { return strings.Contains(said(), "content/images/beach.md:4: ") },
			func() string { return "the mistake is not named:\n" + said() })
		undo()
		_, _, first := commandtest.Get(o.t, address)
		sheet := regexp.MustCompile(`assets/custom\.\w+\.css`).FindString(string(first))
		change("theme/custom.css", ".5rem", "1rem")
		await(o.t, func() bool {
			_, _, body := commandtest.Get(o.t, address)
			return !strings.Contains(string(body), sheet)
		}, func() string { return "the colours do not change" })
		undo = change("firstframe.yaml", "exif: camera", "exif: full")
		shows(page, "1/250")
		undo()
		await(o.t, func() bool {
			_, _, body := commandtest.Get(o.t, address+page)
			return !strings.Contains(string(body), "1/250")
		}, func() string { return "the setting does not change" })
	})
	sheets, err := filepath.Glob(filepath.Join(o.gallery, "out/assets/custom*.css"))
	check(o.t, err)
	if len(sheets) != 1 {
		o.t.Fatalf("the style sheets of the owner are %q", sheets)
	}
	name := filepath.Base(sheets[0])
	o.wants("custom.css", o.read("out/assets/"+name), o.read("theme/custom.css"))
	o.wants("the first page", o.read("out/index.html"), `href="assets/`+name)
	o.lacks("the site after a preview", o.read("out/index.html"), "EventSource", "events")
}

// sawPublished copies the site to the web server, and looks whether all of it is there.
func (o *owner) sawPublished(line string) {
	if _, err := exec.LookPath("rsync"); err != nil {
		if os.Getenv("CI") != "" {
			o.t.Fatal(err)
		}
		o.t.Logf("not published: %v", err)
		return
	}
	for _, more := range []string{"", "again"} {
		o.run(line)
		site, published := tree(o.t, filepath.Join(o.gallery, "out")), tree(o.t, filepath.Join(o.server, "gallery"))
		if diff := cmp.Diff(site, published); diff != "" || len(site) < 10 {
			o.t.Errorf("published %s differs from out/ (-out +published):\n%s", more, diff)
		}
		// A file that is no longer in the site goes away.
		o.write(o.server, "gallery/image/gone/index.html", nil)
	}
}

// tree returns the files in a folder except those with a name that begins with a dot.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	check(t, filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		data, err := os.ReadFile(name)
		rel, _ := filepath.Rel(dir, name)
		files[rel] = string(data)
		return err
	}))
	return files
}
