//go:build unix

package command

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"firstframe/fetch/fetchtest"
	"firstframe/render/gallery"
	"firstframe/render/media/mediatest"
	"firstframe/render/slowtest"
)

// forgettable has a value for each guarded setting, as a line of the file of settings. A run with
// it publishes something that a run without it does not, or the other way round.
var forgettable = map[string]string{
	"title":          "title: Settled",
	"base-url":       "base_url: https://example.com/gallery/",
	"media-url":      "media_url: https://pictures.example.com/",
	"noindex":        "noindex: true",
	"content":        "content: words",
	"static":         "static: files",
	"theme":          "theme: look",
	"widths":         "widths: [100, 200]",
	"originals":      "originals: true",
	"prompts":        "prompts: true",
	"clips":          "clips: true",
	"service-codes":  "service_codes: true",
	"exif":           "exif: none",
	"account_labels": "account_labels: [Studio]",
}

// newForgetful returns a computer with a picture, a film, a text a file and a theme.
func newForgetful(t *testing.T) *computer {
	m := newComputer(t)
	p := picture("a.jpg")
	p.Data = mediatest.InsertJPEG(p.Data, 0xe1, mediatest.EXIFHead+mediatest.FullEXIF(1))
	m.service.Set([]fetchtest.Picture{p})
	m.service.SetVideos([]fetchtest.Video{{
		Prompt: "a prompt", Status: fetchtest.Completed, Width: 640, Height: 360, Clip: demoClip(),
		Files: []string{"a.jpg"}, Created: time.Date(2024, 9, 1, 0, 0, 0, 0, time.UTC),
	}})
	m.write("words/index.md", "---\ntitle: Words\n---\nMy introduction.\n")
	m.write("files/pic.txt", "mine\n")
	m.write("look/assets/style.css", "body { color: red }\n")
	return m
}

// settings writes the file of settings, or removes it if there are no lines.
func (m *computer) settings(lines ...string) {
	m.t.Helper()
	if len(lines) == 0 {
		must(m.t, os.Remove(filepath.Join(m.dir, configName)))
		return
	}
	m.write(configName, strings.Join(lines, "\n")+"\n")
}

// write writes a file in the folder of the computer.
func (m *computer) write(name, text string) {
	m.t.Helper()
	name = filepath.Join(m.dir, name)
	must(m.t, os.MkdirAll(filepath.Dir(name), 0o755))
	must(m.t, os.WriteFile(name, []byte(text), 0o644))
}

// TestForgottenSettings runs once with each setting and then without it. Nothing disappears until
// the owner says so, in each way in which that can be said, and then the site is the same as one
// that never had the setting.
func TestForgottenSettings(t *testing.T) {
	slowtest.Skip(t)
	plain := newForgetful(t)
	plain.succeed()
	want := bytesOf(t, plain.out)
	for _, g := range guardedSettings {
		line, ok := forgettable[g.flag]
		if !ok {
			t.Errorf("the test has no value for %s", g.flag)
			continue
		}
		t.Run(g.flag, func(t *testing.T) {
			t.Parallel()
			m := newForgetful(t)
			m.settings(line)
			m.succeed()
			with, err := snapshotTree(m.out)
			must(t, err)
			if cmp.Equal(bytesOf(t, m.out), want) {
				t.Fatal("the setting changes nothing, so the test shows nothing")
			}
			m.settings()
			for range 2 { // it does not go away by itself
				exit, said := m.run("")
				if exit != exitGuarded || !strings.Contains(said, "this run would "+g.effect+", because") {
					t.Fatalf("exit code %d: %s", exit, said)
				}
				if after, _ := snapshotTree(m.out); !cmp.Equal(with, after) {
					t.Fatal("the run changed the site:", cmp.Diff(with, after))
				}
				if _, hint, _ := strings.Cut(said, "hint: "); !strings.Contains(hint, g.flag) && !strings.Contains(hint, line) {
					t.Errorf("the hint does not say how to go on: %s", said)
				}
			}
			// The hint's setting brings everything back.
			m.settings(line)
			m.succeed()
			if after, _ := snapshotTree(m.out); !cmp.Equal(with, after) {
				t.Error("with the setting, the site is not as it was:", cmp.Diff(with, after))
			}
			m.drop(g.flag)
			if got := bytesOf(t, m.out); !cmp.Equal(got, want) {
				t.Error("without the setting, the site is not like one that never had it:", cmp.Diff(want, got))
			}
			m.settings("# nothing")
			m.succeed() // the owner need not say it again
		})
	}
}

// drop runs without a setting, in the way that the hint says.
func (m *computer) drop(flag string) {
	m.t.Helper()
	m.settings("# nothing")
	if flag == labelsKey {
		m.settings(labelsKey + ": []")
		m.succeed()
		return
	}
	_, said := m.run("")
	_, say, _ := strings.Cut(strings.TrimSpace(said), "run once with ")
	if exit, said := m.run("", strings.ReplaceAll(say, `""`, "")); exit != exitOK {
		m.t.Fatalf("after %q: exit code %d: %s", say, exit, said)
	}
}

// TestForgottenInFile says in the file of settings that a setting is gone on purpose.
func TestForgottenInFile(t *testing.T) {
	m := newForgetful(t)
	m.settings("base_url: https://example.com/", "clips: true", "prompts: true")
	m.succeed()
	m.settings("clips: true")
	if exit, said := m.run(""); exit != exitGuarded || !strings.Contains(said, "would remove the feeds, the sitemap and the link previews and remove the prompts") {
		t.Fatalf("exit code %d: %s", exit, said)
	}
	m.settings("clips: true", `base_url: ""`, "prompts: false")
	m.succeed()
	// A line without a value says nothing.
	m.settings("clips:")
	if exit, said := m.run(""); exit != exitGuarded || !strings.Contains(said, "the films") {
		t.Fatalf("exit code %d: %s", exit, said)
	}
}

// TestForgottenTitle moves the title to content/index.md. If another title was there all the time, the
// setting may have been lost.
func TestForgottenTitle(t *testing.T) {
	m := newComputer(t)
	m.pictures("a.jpg")
	m.settings("title: Settled")
	m.succeed()
	m.settings()
	m.write("content/index.md", "---\ntitle: First frames\n---\n")
	if exit, said := m.run(""); exit != exitGuarded || !strings.Contains(said, "change the gallery's title") {
		t.Errorf("exit code %d: %s", exit, said)
	}
	m.write("content/index.md", "---\ntitle: Settled\n---\n")
	m.succeed()
}

// TestForgottenAfterUpdate runs without settings on a site of a version that did not note them.
func TestForgottenAfterUpdate(t *testing.T) {
	m := newForgetful(t)
	m.settings("base_url: https://example.com/", "noindex: true", "clips: true", "prompts: true", "originals: true")
	m.succeed()
	m.settings()
	name := filepath.Join(m.out, gallery.StateName)
	data, err := os.ReadFile(name)
	must(t, err)
	state, err := gallery.Decode(data)
	must(t, err)
	state.Settings = nil
	data, err = state.Encode()
	must(t, err)
	must(t, os.WriteFile(name, data, 0o644))
	exit, said := m.run("")
	if exit != exitGuarded {
		t.Errorf("exit code %d: %s", exit, said)
	}
	for _, loss := range []string{"the feeds", "search engines", "the originals", "the prompts", "the films"} {
		if !strings.Contains(said, loss) {
			t.Errorf("%s: it does not name %s", said, loss)
		}
	}
}

// TestSettingsAreGuarded checks that somebody has thought about each setting: the site loses
// something without it, or it is only about what is added and how.
func TestSettingsAreGuarded(t *testing.T) {
	others := strings.Fields("source limit pictures out quality formats max-bytes max-clip-bytes max-pixels timeout time-budget")
	opts, _ := parseOptions([]string{"--version"}, strings.NewReader(""))
	opts.flags.VisitAll(func(f *pflag.Flag) {
		_, guarded := forgettable[f.Name]
		if isSetting(f) && guarded == slices.Contains(others, f.Name) {
			t.Errorf("is the setting %s guarded? %v", f.Name, guarded)
		}
	})
	for name := range notSettings {
		if opts.flags.Lookup(name) == nil {
			t.Errorf("there is no flag --%s", name)
		}
	}
}

// bytesOf returns the hashes of all files of a site, without its state, which contains the settings
// too.
func bytesOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	tree, err := snapshotTree(dir)
	must(t, err)
	for _, name := range []string{gallery.StateName, gallery.BackupName, gallery.ManifestName} {
		delete(tree, name)
	}
	for name, entry := range tree {
		tree[name] = entry[strings.LastIndex(entry, " "):]
	}
	return tree
}
