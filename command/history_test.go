package command

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"firstframe/fetch/fetchtest"
	"firstframe/render/gallery"
	"firstframe/render/media"
)

// This file makes the histories of TestModel.

// history is a gallery and the model of it.
type history struct {
	t       *testing.T
	seed    int
	random  *rand.Rand
	model   model
	service *fetchtest.Service
	api     string
	dir     string

	local    [][]byte          // the pictures that can be in the folder
	settings map[string]string // guarded flags with which the site was made
}

// picturesOf is the number of pictures at the service in a history, and localOf that of the pictures
// in the owner's folder. Some are there twice.
const (
	picturesOf = 12
	localOf    = 5
)

// newHistory returns a history without any run.
func newHistory(t *testing.T, seed int) *history {
	h := &history{t: t, seed: seed, random: rand.New(rand.NewPCG(uint64(seed), 0)), dir: t.TempDir()}
	h.service = &fetchtest.Service{Token: "user:1234-secret-token", Accounts: []string{"1001", "1002"}}
	server := httptest.NewServer(h.service)
	t.Cleanup(server.Close)
	h.api = server.URL
	h.model = model{images: map[string]*shown{}, sounds: map[int]bool{}, cached: map[int]bool{}}
	var pictures []fetchtest.Picture
	for k := range picturesOf {
		p := tinyPicture(k)
		if h.random.IntN(4) == 0 {
			p.Data = tinyPicture(h.random.IntN(picturesOf)).Data
		}
		if h.random.IntN(4) == 0 {
			p.Name = tinyPicture(h.random.IntN(picturesOf)).Name
		}
		sound := h.random.IntN(8) == 0
		if sound {
			p.Data = []byte("ID3\x04\x00\x00\x00\x00\x00\x00")
		}
		account := h.random.IntN(3) / 2 // the second one gets fewer
		p.Account = h.service.Accounts[account]
		pictures = append(pictures, p)
		h.model.uploads = append(h.model.uploads, upload{
			id: p.ID, name: p.Name, slug: fmt.Sprintf("%x", sha256.Sum256(p.Data))[:16], account: account, sound: sound,
			made: !sound && h.random.IntN(3) == 0,
		})
	}
	h.service.Set(pictures)
	twins := h.random.Perm(picturesOf)
	for n := range localOf {
		p := tinyPicture(picturesOf + n)
		if h.random.IntN(2) == 0 {
			p.Data = tinyPicture(twins[n]).Data
		}
		if h.random.IntN(4) == 0 {
			p.Name = tinyPicture(h.random.IntN(picturesOf)).Name
		}
		h.model.uploads = append(h.model.uploads, upload{
			name: p.Name, slug: fmt.Sprintf("%x", sha256.Sum256(p.Data))[:16], account: 2, path: fmt.Sprintf("folder %d/%s", n, p.Name),
		})
		h.local = append(h.local, p.Data)
	}
	return h
}

// play runs through a history.
func (h *history) play() {
	exits := map[int]int{}
	w := turn{files: map[int]bool{}, images: map[int]bool{}, broken: map[string]bool{}, hidden: map[string]bool{}, words: map[int]bool{}}
	for n := range 50 {
		h.change(&w)
		h.forget(&w)
		want := h.model.run(&w)
		h.pretend(&w)
		args, code, said := h.run(&w)
		exits[code]++
		if code != exitFailed && code != exitRefused {
			h.settings = w.settings
		}
		public, err := h.public()
		if err != nil {
			h.t.Fatal(err)
		}
		var visible []string
		for slug, i := range h.model.images {
			if !i.hidden {
				visible = append(visible, slug)
			}
		}
		slices.Sort(visible)
		if code != want || !slices.Equal(public, visible) {
			h.t.Fatalf("FIRSTFRAME_SEED=%d, run %d, %v: exit code %d, want %d; visible are %v, want %v\n%+v\n%+v\n%s",
				h.seed, n+1, args, code, want, public, visible, w, h.model.uploads, said)
		}
		if code != exitFailed && !w.refused && !w.gone && !w.lacking && len(h.model.images) > 0 {
			h.repeat(&w, n, code)
		}
		if code != exitFailed && code != exitRefused && len(h.model.images) > 0 {
			h.leave(w, n)
		}
	}
	h.t.Logf("runs by exit codes: %v", exits)
}

// guarded are settings that a run must not forget, with a value and with the value that says that
// they are gone on purpose.
var guarded = map[string][2]string{
	"--title": {"A title", ""}, "--base-url": {"https://example.org/", ""}, "--noindex": {"true", "false"},
	"--media-url": {"https://cdn.example.org/", ""}, "--exif": {"none", exifFull},
}

// forget makes a run without the settings of the last run that this turn lacks. It must be refused.
// Then the owner says that they are gone on purpose.
func (h *history) forget(w *turn) {
	dropped := map[string]string{}
	for flag := range h.settings {
		if w.settings[flag] == "" {
			dropped[flag] = guarded[flag][1]
		}
	}
	if len(dropped) > 0 {
		before := h.tree()
		for _, more := range [][]string{{"--dry-run"}, nil} {
			args, code, said := h.run(w, more...)
			if code != exitGuarded || !maps.Equal(h.tree(), before) {
				h.t.Fatalf("FIRSTFRAME_SEED=%d, %v without %v: exit code %d, want %d, and no change: %s",
					h.seed, args, dropped, code, exitGuarded, said)
			}
		}
	}
	w.dropped = dropped
}

// pretend makes a dry run. It must not change anything.
func (h *history) pretend(w *turn) {
	before := h.tree()
	if _, _, said := h.run(w, "--dry-run"); !maps.Equal(h.tree(), before) {
		h.t.Fatalf("seed %d: a dry run has changed the site: %s", h.seed, said)
	}
}

// repeat makes the same run again, and a dry run. Nothing is new, so both must end like the run
// before. The exit code may differ if a download failed: a dry run downloads nothing, and an image
// that is shown again needs only one of its uploads.
func (h *history) repeat(w *turn, n, code int) {
	before := h.tree()
	for _, more := range []string{"--dry-run", "--limit=0"} {
		args, again, said := h.run(w, more)
		if again != code && code != exitIncomplete || !maps.Equal(h.tree(), before) {
			h.t.Fatalf("FIRSTFRAME_SEED=%d, run %d once more, %v: exit code %d, want %d, and no change: %s", h.seed, n+1, args, again, code, said)
		}
	}
}

// leave makes a run without the service. It must leave the site as it is, unless the owner shows an
// image again: only then the service and the cache can give different answers.
func (h *history) leave(w turn, n int) {
	if w.folder && (w.refused || w.gone || w.lacking) {
		return // the folder may be unread
	}
	for slug, i := range h.model.images {
		if hidden, said := w.hidden[slug]; i.hidden && said && !hidden {
			return
		}
	}
	w.prune = "" // which needs the service
	w.dropped = nil
	all := func() int {
		return h.service.Listings() + h.service.VideoListings() + h.service.ImageListings() + h.service.Downloads()
	}
	before, requests := h.tree(), all()
	args, code, said := h.run(&w, "--offline")
	after := all()
	if code != exitOK || after != requests || !maps.Equal(h.tree(), before) {
		h.t.Fatalf("FIRSTFRAME_SEED=%d, after run %d, %v: exit code %d and %d requests, want %d, no request and no change: %s",
			h.seed, n+1, args, code, after-requests, exitOK, said)
	}
}

// tree describes the files of the site.
func (h *history) tree() map[string]string {
	files, err := snapshotTree(filepath.Join(h.dir, "out"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		h.t.Fatal(err)
	}
	return files
}

// change makes the next turn from the last one.
func (h *history) change(w *turn) {
	r := h.random
	one := func(n int) bool { return r.IntN(n) == 0 }
	choose := func(choices ...string) string { return choices[r.IntN(len(choices))] }
	*w = turn{
		origin: w.origin, files: w.files, images: w.images, videos: w.videos, broken: map[string]bool{}, hidden: w.hidden, words: w.words, settings: maps.Clone(w.settings),
	}
	w.source, w.folder = choose("auto", "auto", "auto", "auto", "files", "videos", "images", "both", "both"), one(2)
	if w.folder && one(3) {
		w.source = sourceFolder
	}
	w.prune = choose("", "", "", "", "", "guarded", "guarded", "force")
	w.refused, w.gone, w.lacking = one(12), one(8), one(8)
	if k := r.IntN(picturesOf); w.images[k] {
		delete(w.images, k)
	} else if h.model.uploads[k].made {
		w.images[k] = true
	}
	for range r.IntN(4) {
		if k := r.IntN(picturesOf + localOf); w.files[k] {
			delete(w.files, k)
		} else {
			w.files[k] = true
		}
	}
	switch { // a whole listing may vanish and come back
	case one(10):
		w.files = map[int]bool{}
	case one(10):
		w.videos = nil
	case one(10):
		w.images = map[int]bool{}
	case one(10):
		for k := range picturesOf + localOf {
			w.files[k] = true
		}
	}
	if one(4) {
		w.videos = append(w.videos, h.sources(r.IntN(picturesOf)))
	}
	if n := len(w.videos); n > 0 && one(6) {
		i := r.IntN(n)
		w.videos = slices.Delete(slices.Clone(w.videos), i, i+1)
	}
	w.words = map[int]bool{}
	if one(6) {
		w.words[r.IntN(2)] = true
	}
	for range r.IntN(3) {
		if one(2) {
			w.broken[h.model.uploads[r.IntN(picturesOf)].name] = true
		}
	}
	if one(4) {
		w.hidden = map[string]bool{}
	}
	if u := h.model.uploads[r.IntN(picturesOf+localOf)]; one(5) {
		w.hidden[choose(append(u.names(), u.slug)...)] = true
	} else if one(5) {
		w.hidden[u.slug] = false
	}
	if one(5) {
		w.origin = choose("", "digitalCapture", media.TrainedAlgorithmicMedia)
	}
	if w.settings == nil {
		w.settings = map[string]string{}
	}
	flags := slices.Sorted(maps.Keys(guarded))
	if flag := flags[r.IntN(len(flags))]; one(3) && w.settings[flag] == "" {
		w.settings[flag] = guarded[flag][0]
	} else if one(3) {
		delete(w.settings, flag)
	}
}

// sources returns the uploads of a new video: one, and sometimes another one of its account.
func (h *history) sources(k int) []int {
	sources := []int{k}
	if other := h.random.IntN(picturesOf); other != k && h.model.uploads[other].account == h.model.uploads[k].account && h.random.IntN(3) == 0 {
		sources = append(sources, other)
	}
	return sources
}

// run runs the command.
func (h *history) run(w *turn, more ...string) (args []string, code int, said string) {
	h.service.Recover()
	h.fillFolder(w)
	pictures := slices.Clone(h.service.Pictures)
	for k := range pictures {
		pictures[k].Unlisted = !w.files[k]
	}
	h.service.Set(pictures)
	var videos []fetchtest.Video
	for i, sources := range w.videos {
		v := fetchtest.Video{ID: fmt.Sprint("video ", i), Account: pictures[sources[0]].Account}
		for _, k := range sources {
			v.Files = append(v.Files, pictures[k].ID)
		}
		videos = append(videos, v)
	}
	for account := range w.words {
		videos = append(videos, fetchtest.Video{ID: "words", Account: h.service.Accounts[account]})
	}
	h.service.SetVideos(videos)
	var images []fetchtest.Image
	for _, k := range slices.Sorted(maps.Keys(w.images)) {
		p := pictures[k]
		images = append(images, fetchtest.Image{
			ID: "image of " + p.ID, File: p.ID, Prompt: p.Name, Status: fetchtest.Completed, Type: "png", Data: p.Data, Created: p.Uploaded, Account: p.Account,
		})
	}
	h.service.SetImages(images)
	if w.refused {
		h.service.FailListing(-1, fetchtest.Answer(402, `{"error":"no credits"}`))
	}
	if w.lacking {
		h.service.FailImages(-1, fetchtest.Answer(404, `{"error":"Not found."}`))
	}
	if w.gone {
		h.service.FailVideos(-1, fetchtest.Answer(404, `{"error":"Not found."}`))
	}
	for name := range w.broken {
		h.service.FailDownload(name, -1, fetchtest.Answer(404, ""))
	}
	content := filepath.Join(h.dir, "content")
	if err := os.RemoveAll(content); err != nil {
		h.t.Fatal(err)
	}
	words := map[string]string{"index.md": fmt.Sprintf("---\ndigital_source_type: %q\n---\n# Words\n", w.origin)}
	for name, hidden := range w.hidden {
		words["images/"+name+".md"] = fmt.Sprintf("---\nhidden: %v\n---\n", hidden)
	}
	writeFiles(h.t, content, words)
	args = append(more, "--source="+w.source)
	if w.folder {
		args = append(args, "--pictures="+filepath.Join(h.dir, "folder"))
	}
	for _, settings := range []map[string]string{w.settings, w.dropped} {
		for flag, value := range settings {
			args = append(args, flag+"="+value)
		}
	}
	if w.prune != "" {
		args = append(args, "--prune="+w.prune)
	}
	var out bytes.Buffer
	code = Run(h.t.Context(), repositoryFiles(), append([]string{
		"--api", h.api, "--allow-private-hosts", "--account=1001", "--account=1002", "--widths=6", "--content", content,
		"--out", filepath.Join(h.dir, "out"), "--cache", filepath.Join(h.dir, "cache"),
	}, args...), strings.NewReader(""), &out, &out)
	return args, code, out.String()
}

// fillFolder makes the folder of pictures what it is in a turn. It leaves alone what is there
// already, so that the cache remembers it.
func (h *history) fillFolder(w *turn) {
	must(h.t, os.MkdirAll(filepath.Join(h.dir, "folder"), 0o755))
	for n, data := range h.local {
		name := filepath.Join(h.dir, "folder", filepath.FromSlash(h.model.uploads[picturesOf+n].path))
		_, err := os.Stat(name)
		switch {
		case !w.files[picturesOf+n]:
			must(h.t, os.RemoveAll(name))
		case err != nil:
			must(h.t, os.MkdirAll(filepath.Dir(name), 0o755))
			must(h.t, os.WriteFile(name, data, 0o644))
			written := time.Date(2025, 1, 1+n, 0, 0, 0, 0, time.UTC)
			must(h.t, os.Chtimes(name, written, written))
		}
	}
}

// public returns the slugs of the images that everybody can see. The state, the pages and the
// pictures must agree.
func (h *history) public() ([]string, error) {
	site := filepath.Join(h.dir, "out")
	state, repaired, err := gallery.Load(os.DirFS(site))
	if err != nil || repaired {
		return nil, fmt.Errorf("seed %d: the state is damaged: %v", h.seed, err)
	}
	var public []string
	for _, m := range state.Images {
		if !m.Hidden {
			public = append(public, m.Slug)
		}
		for _, f := range m.Media() {
			data, err := os.ReadFile(filepath.Join(site, f.Path))
			if err == nil {
				err = f.Verify(data)
			}
			_, packet := media.Unmark(data, f.Rendition.MediaType())
			said, _ := media.ParsePacket(packet)
			if want := m.OriginAmong(state.Origin); err != nil || said.Origin != want {
				return nil, fmt.Errorf("seed %d: %s says that it was made in the way %+v, want %+v (%v)", h.seed, f.Path, said.Origin, want, err)
			}
		}
	}
	slices.Sort(public)
	pages, err := filepath.Glob(filepath.Join(site, "image/*/index.html"))
	if err != nil {
		return nil, err
	}
	media, err := filepath.Glob(filepath.Join(site, "media/*"))
	if err != nil {
		return nil, err
	}
	var ofPages, ofMedia []string
	for _, page := range pages {
		ofPages = append(ofPages, filepath.Base(filepath.Dir(page)))
	}
	for _, name := range media {
		slug, _, _ := strings.Cut(filepath.Base(name), "-")
		ofMedia = append(ofMedia, slug)
	}
	if ofMedia = slices.Compact(ofMedia); !slices.Equal(ofPages, public) || !slices.Equal(ofMedia, public) {
		return nil, fmt.Errorf("seed %d: the state has %v, but there are pages of %v and pictures of %v", h.seed, public, ofPages, ofMedia)
	}
	return public, nil
}
