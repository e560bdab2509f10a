package command

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"firstframe/fetch/fetchtest"
	"firstframe/render/gallery"
)

// hostileTexts are names, prompts and captions that somebody may use.
var hostileTexts = []string{
	"../../x.jpg", `..\..\x.jpg`, "/etc/x.jpg", "a\x00b.jpg", "%2e%2e%2fx.jpg", strings.Repeat("long ", 60) + ".jpg",
	"\u202egnp.exe.jpg", "CON.png", "a.", ".hid", "A.jpg", "a.jpg", "\u00e9.jpg", "e\u0301.jpg", " ", "\U0001F600.jpg",
	`"><img src=x onerror=alert(1)>.jpg`, "<script>alert(1)</script>.jpg", "</script><script>alert(1)</script>.jpg", "--></style><svg onload=alert(1)>.jpg",
	"javascript:alert(1)", "&#106;avascript:alert(1)", "java\tscript:alert(1)", "data:image/svg+xml,<svg onload=alert(1)>.jpg",
	"a\u2028alert(1)\u2029b.jpg", "]]><a/>.jpg", "{{.Title}}.jpg", "${alert(1)}`.jpg",
	"a\n::add-mask::x\n.jpg", "a\r\n::error::x.jpg", "##[error]x.jpg", "\x1b[31mred.jpg",
}

// TestHostileTexts publishes hostile names, prompts and captions. They must be text in pages,
// feeds, data, logs and summaries, and no path may be made from them.
func TestHostileTexts(t *testing.T) {
	dir := t.TempDir()
	s := &fetchtest.Service{Token: "user:1234-secret-token"}
	var pictures []fetchtest.Picture
	var videos []fetchtest.Video
	var images []fetchtest.Image
	for i, text := range hostileTexts {
		p := picture(fmt.Sprintf("hostile-%d.jpg", i))
		p.Name = text
		pictures = append(pictures, p)
		videos = append(videos, fetchtest.Video{
			Prompt: "prompt " + text, Status: fetchtest.Completed, Files: []string{text}, Created: time.Date(2024, 9, 1, i, 0, 0, 0, time.UTC),
		})
	}
	for i, text := range hostileTexts {
		images = append(images, fetchtest.Image{
			Prompt: "made of " + text, Status: fetchtest.Completed, Data: pictureData("jpg", uint64(500+i)), Model: text, Batch: text, Ratio: text,
			Created: time.Date(2024, 9, 2, i, 0, 0, 0, time.UTC),
		})
	}
	broken := picture("broken.pdf")
	broken.Name = "b\n::add-mask::z\r##[error]\x1b[2J\u202e<script>alert(1)</script>"
	s.Set(append(pictures, broken))
	s.SetVideos(videos)
	s.SetImages(images)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)

	content := filepath.Join(dir, "content")
	everything := strings.Join(hostileTexts, "\n\n") + "\n\n[a](javascript:alert(1)) [b](&#106;avascript:alert(1)) [c](data:image/svg+xml;base64,AAAA) " +
		"<javascript:alert(1)> ![d](javascript:alert(1)) [e]: javascript:alert(1)\n\n<div onclick=alert(1)>x</div>\n"
	quoted, err := json.Marshal(everything) // JSON is YAML
	if err != nil {
		t.Fatal(err)
	}
	tags, err := json.Marshal(hostileTexts)
	if err != nil {
		t.Fatal(err)
	}
	writeFiles(t, content, map[string]string{
		"index.md": fmt.Sprintf("---\ntitle: %s\nauthor: %[1]s\ndescription: %[1]s\nlicense: %[1]s\n---\n%s", quoted, everything),
		"more.md":  fmt.Sprintf("---\ntitle: %s\n---\n%s", quoted, everything),
	})

	out := filepath.Join(dir, "site", "out")
	for name, value := range map[string]string{
		"USEAPI_TOKEN": s.Token, "GITHUB_ACTIONS": "true",
		"GITHUB_STEP_SUMMARY": filepath.Join(dir, "summary"), "GITHUB_OUTPUT": filepath.Join(dir, "output"),
	} {
		t.Setenv(name, value)
	}
	command := func(want int) {
		t.Helper()
		var stdout, stderr bytes.Buffer
		code := Run(t.Context(), repositoryFiles(), []string{
			"--api", server.URL, "--allow-private-hosts", "--source=both", "--prompts", "--content", content, "--base-url=https://example.com/g/",
			"--out", out, "--cache", filepath.Join(dir, "cache"), "-v",
		}, strings.NewReader(""), &stdout, &stderr)
		if code != want {
			t.Fatalf("exit code %d, want %d\n%s", code, want, &stderr)
		}
		wantSafeLog(t, stdout.String()+stderr.String())
	}
	command(exitIncomplete)
	state, _, err := gallery.Load(os.DirFS(out))
	if err != nil {
		t.Fatal(err)
	}
	if want := 2 * len(hostileTexts); len(state.Images) != want {
		t.Errorf("published are %d images, want %d", len(state.Images), want)
	}
	for _, m := range state.Images {
		if m.Generated != nil && strings.ContainsAny(m.Generated.Model, "<>:/\\&\"'\n\u202e") {
			t.Errorf("the model %q is published", m.Generated.Model)
		}
	}
	writeFiles(t, content, map[string]string{
		"images/" + state.Images[0].Slug + ".md": fmt.Sprintf("---\ntitle: %s\nalt: %[1]s\ntags: %s\n---\n%s", quoted, tags, everything),
	})
	command(exitOK)

	if entries, err := os.ReadDir(filepath.Dir(out)); err != nil || len(entries) != 1 {
		t.Errorf("there are %v, %v beside the site", entries, err)
	}
	pathForm := regexp.MustCompile(`^[a-z0-9/._-]+$`)
	err = filepath.WalkDir(out, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(out, name)
		if !pathForm.MatchString(filepath.ToSlash(rel)) {
			t.Errorf("the path %q has characters that are not allowed", rel)
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if bytes.Contains(data, []byte("ZgotmplZ")) {
			t.Errorf("%s: a template refused to show a value", rel)
		}
		switch filepath.Ext(rel) {
		case ".html":
			wantSafePage(t, rel, data)
		case ".xml":
			wantXML(t, rel, data)
		case ".json":
			if !json.Valid(data) {
				t.Errorf("%s is not JSON", rel)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// wantSafePage looks for anything that a browser would run or load from another site.
func wantSafePage(t *testing.T, name string, data []byte) {
	t.Helper()
	doc, err := html.Parse(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	addresses := []string{"href", "src", "action", "formaction", "poster", "xlink:href"}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		attributes := map[string]string{}
		for _, a := range n.Attr {
			attributes[a.Key] = a.Val
			value := strings.ToLower(strings.Map(func(r rune) rune {
				if r <= ' ' {
					return -1
				}
				return r
			}, a.Val))
			switch {
			case strings.HasPrefix(a.Key, "on"):
				t.Errorf("%s: <%s %s=%q>", name, n.Data, a.Key, a.Val)
			case slices.Contains(addresses, a.Key) && regexp.MustCompile(`^(javascript|vbscript|data):`).MatchString(value):
				t.Errorf("%s: <%s> leads to %q", name, n.Data, a.Val)
			}
		}
		if n.Data != "script" {
			continue
		}
		kind := attributes["type"]
		if own := strings.Contains(attributes["src"], "assets/site."); !own && kind != "application/ld+json" && kind != "application/json" {
			t.Errorf("%s holds the script %v", name, n.Attr)
		}
		if strings.HasSuffix(kind, "json") && (n.FirstChild == nil || !json.Valid([]byte(n.FirstChild.Data))) {
			t.Errorf("%s: the data in the page are not JSON", name)
		}
	}
}

// wantXML checks that a file is XML.
func wantXML(t *testing.T, name string, data []byte) {
	t.Helper()
	for d := xml.NewDecoder(bytes.NewReader(data)); ; {
		_, err := d.Token()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
	}
}

// wantSafeLog looks for commands to the runner that are not ours, and for characters that control a
// terminal.
func wantSafeLog(t *testing.T, log string) {
	t.Helper()
	own := regexp.MustCompile(`^::(group::\w|endgroup::|(warning|error|notice) title=firstframe::)`)
	for line := range strings.Lines(log) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(strings.TrimSpace(line), "::") && !own.MatchString(line) {
			t.Errorf("the runner reads a command in %q", line)
		}
		if strings.Contains(line, "##[") || strings.ContainsAny(line, "\r\x1b\x00\u202e\u2028\u2029") {
			t.Errorf("the log holds %q", line)
		}
	}
}
