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

	"firstframe/fetch/fetchtest"
	"firstframe/render/gallery"
)

// TestModel compares the command with a model: a short, slow program that computes which images
// must be visible after a run. The listings so far and the owner's content decide that. Both must
// give the same result for random histories of listings. FIRSTFRAME_HISTORIES is the number of
// histories, and FIRSTFRAME_SEED is the first one:
//
//	FIRSTFRAME_HISTORIES=50 go test -run TestModel -v ./command
func TestModel(t *testing.T) {
	first := number(t, "FIRSTFRAME_SEED", 1)
	t.Setenv("USEAPI_TOKEN", "user:1234-secret-token")
	for seed := first; seed < first+number(t, "FIRSTFRAME_HISTORIES", 4); seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			newHistory(t, seed).play()
		})
	}
}

// ---- The model ----

// upload is a file of the service. Uploads have numbers in the order of their dates. Uploads of the
// same picture have the same bytes.
type upload struct {
	id, name, slug string
	account        int
	sound          bool // whether it is a sound and not a picture
}

// shown is an image of the model, or what is left of a hidden one.
type shown struct {
	keys                 []int  // its uploads, oldest first
	name                 string // name of the first upload, if it was listed
	source               string
	listed, used, hidden bool
}

// model is what is known after a run.
type model struct {
	uploads []upload
	images  map[string]*shown // by slug
	sounds  map[int]bool
	cached  map[int]bool
	filmed  bool // whether a removed image had a video
}

// turn is the situation of one run.
type turn struct {
	source, prune  string
	refused, gone  bool         // whether the files are refused, and whether the videos answer 404
	files          map[int]bool // listed uploads
	videos         [][]int      // uploads of each listed video; the first decides the account
	broken         map[string]bool
	hidden         map[string]bool // the owner's captions, by slug or name
	words          map[int]bool    // accounts with a video from a prompt alone
	asked          map[string]bool // listings that are requested
	listed, filmed map[int]bool    // uploads in them
	tombs          map[string]bool // slugs that were hidden before
	wanted         map[int]bool    // uploads of hidden images that the owner shows again
	again          []*shown        // those images
	failed         int
}

// hides reports whether the owner hides the image with a slug and names.
func (w *turn) hides(slug string, names ...string) bool {
	if hidden, said := w.hidden[slug]; said {
		return hidden
	}
	return slices.ContainsFunc(names, func(name string) bool { return w.hidden[name] })
}

// run returns the exit code of a run, and changes the model if the run changes the site.
func (m *model) run(w *turn) int {
	before, sounds, filmed := m.images, maps.Clone(m.sounds), m.filmed
	m.images, w.wanted, w.again, w.tombs = map[string]*shown{}, map[int]bool{}, nil, map[string]bool{}
	for slug, i := range before {
		if hidden, said := w.hidden[slug]; i.hidden && said && !hidden { // "hidden: false" brings it back
			for _, k := range i.keys {
				w.wanted[k] = true
			}
			w.again = append(w.again, i)
			continue
		}
		c := *i
		m.images[slug], w.tombs[slug] = &c, i.hidden
	}
	code := m.update(w)
	if code == exitFailed || code == exitRefused {
		m.images, m.sounds, m.filmed = before, sounds, filmed
	}
	for slug, i := range before {
		now := m.images[slug]
		if i.hidden && now == nil {
			m.images[slug] = i // it could not be made again, so it stays hidden
		} else if now != nil {
			now.used = now.used || i.used
		}
	}
	return code
}

// update does the work of the method run. If the run fails, update does not restore the model.
func (m *model) update(w *turn) int {
	w.asked = map[string]bool{sourceFiles: w.source != sourceVideos, sourceVideos: w.source != sourceFiles}
	if w.asked[sourceFiles] && w.refused || w.asked[sourceVideos] && w.gone && w.source != sourceAuto {
		return m.takeDown(w)
	}
	w.asked[sourceVideos] = w.asked[sourceVideos] && !w.gone
	w.listed, w.filmed = map[int]bool{}, map[int]bool{}
	for k := range w.files {
		w.listed[k] = w.asked[sourceFiles]
	}
	for _, sources := range w.videos {
		for _, k := range sources {
			w.filmed[k] = w.asked[sourceVideos]
		}
	}
	fresh := m.fresh(w)
	if !slices.Contains(slices.Collect(maps.Values(w.listed)), true) && !slices.Contains(slices.Collect(maps.Values(w.filmed)), true) && len(m.images)+len(w.again) == 0 {
		return exitFailed // nothing is listed now or before
	}
	if m.ambiguous(w, fresh) {
		return exitFailed
	}
	m.look(w)
	for _, k := range fresh {
		m.add(w, k)
	}
	if len(m.images)+len(w.again) == 0 {
		return exitFailed
	}
	for slug, i := range m.images {
		i.used = i.used || slices.ContainsFunc(i.keys, func(k int) bool { return w.filmed[k] })
		if i.hidden || w.hides(slug, m.names(w, i)...) {
			m.images[slug] = &shown{keys: i.keys, used: i.used, hidden: true}
		}
	}
	code := exitOK
	if w.failed > 0 {
		code = exitIncomplete
	} else if w.prune != "" {
		code = m.prune(w)
	}
	return code
}

// takeDown hides what the owner hides if there are no listings.
func (m *model) takeDown(w *turn) int {
	meant, some := map[string][]string{}, false
	for slug, i := range m.images {
		if _, said := w.hidden[slug]; !said && w.hidden[i.name] && !i.hidden {
			meant[i.name] = append(meant[i.name], slug)
		}
		some = some || !i.hidden && w.hides(slug, i.name)
	}
	if !some {
		return exitRefused
	}
	for _, slugs := range meant {
		if len(slugs) > 1 {
			return exitFailed
		}
	}
	for slug, i := range m.images {
		if w.hides(slug, i.name) {
			m.images[slug] = &shown{keys: i.keys, used: i.used, hidden: true}
		}
	}
	return exitIncomplete
}

// known returns the image that has an upload.
func (m *model) known(k int) *shown {
	for _, i := range m.images {
		if slices.Contains(i.keys, k) {
			return i
		}
	}
	return nil
}

// fresh returns the uploads that the gallery lacks. Once an account has a video that was made from
// an image, auto skips its other uploads.
func (m *model) fresh(w *turn) []int {
	used := map[int]bool{0: m.filmed, 1: m.filmed}
	for k, filmed := range w.filmed {
		used[m.uploads[k].account] = used[m.uploads[k].account] || filmed
	}
	for _, i := range slices.Concat(slices.Collect(maps.Values(m.images)), w.again) {
		for _, k := range i.keys {
			switch {
			case i.used && (w.listed[k] || w.filmed[k]):
				used[m.uploads[k].account] = true
			case i.used: // of any account
				used[0], used[1] = true, true
			}
		}
	}
	var fresh []int
	for k, u := range m.uploads {
		unused := w.source == sourceAuto && used[u.account] && !w.filmed[k] && !w.wanted[k]
		if (w.filmed[k] || w.listed[k] && !unused) && m.known(k) == nil && !m.sounds[k] {
			fresh = append(fresh, k)
		}
	}
	return fresh
}

// names returns the names by which captions can find an image now.
func (m *model) names(w *turn, i *shown) []string {
	names := []string{i.name}
	for _, k := range i.keys {
		if w.listed[k] {
			names = append(names, m.uploads[k].name)
		}
	}
	return names
}

// got reports whether an upload can be downloaded or is in the cache.
func (m *model) got(w *turn, k int) bool { return m.cached[k] || !w.broken[m.uploads[k].name] }

// ambiguous reports whether the owner hides something by a name that several images have, unless
// all of them are hidden already. The content of new images is known once they are downloaded.
func (m *model) ambiguous(w *turn, fresh []int) bool {
	for name, hides := range w.hidden {
		var several []string
		visible := false
		for slug, i := range m.images {
			if _, said := w.hidden[slug]; !said && slices.Contains(m.names(w, i), name) {
				several, visible = append(several, slug), visible || !i.hidden
			}
		}
		for _, k := range fresh {
			u := m.uploads[k]
			if !w.listed[k] || u.name != name {
				continue
			}
			_, said := w.hidden[u.slug]
			switch {
			case !m.got(w, k):
				several, visible = append(several, u.id), true
			case !u.sound && !said:
				known := m.images[u.slug]
				several, visible = append(several, u.slug), visible || known == nil || !known.hidden
			}
		}
		slices.Sort(several)
		if hides && visible && len(slices.Compact(several)) > 1 {
			return true
		}
	}
	return false
}

// look notes which images are listed. An image becomes unlisted only if the listing that it came
// from was requested.
func (m *model) look(w *turn) {
	for _, i := range m.images {
		at := slices.IndexFunc(i.keys, func(k int) bool { return w.listed[k] || w.filmed[k] })
		if at >= 0 || w.asked[i.source] {
			i.listed = at >= 0
		}
		if slices.ContainsFunc(i.keys, func(k int) bool { return w.listed[k] }) && !i.hidden {
			i.source = sourceFiles
		}
		if at == 0 && w.listed[i.keys[0]] && !i.hidden {
			i.name = m.uploads[i.keys[0]].name
		}
	}
}

// add adds a new upload if it can be downloaded.
func (m *model) add(w *turn, k int) {
	u := m.uploads[k]
	switch {
	case !m.got(w, k):
		w.failed++
		return
	case u.sound:
		m.sounds[k] = true
		return
	}
	n := &shown{keys: []int{k}, source: sourceVideos, listed: true, used: w.filmed[k]}
	if w.listed[k] {
		n.source, n.name = sourceFiles, u.name
	}
	if i := m.images[u.slug]; i != nil {
		if i.keys[0] < k {
			n.name = i.name
		}
		if i.source == sourceFiles {
			n.source = sourceFiles
		}
		n.keys, n.used, n.hidden = append(n.keys, i.keys...), n.used || i.used, i.hidden
		slices.Sort(n.keys)
	}
	hides := w.listed[k] && w.hides(u.slug, u.name) || w.hides(u.slug)
	m.cached[k] = m.cached[k] || !hides && !w.tombs[u.slug] // hidden images are not kept
	n.hidden = n.hidden || hides
	m.images[u.slug] = n
}

// prune removes images that are no longer listed, unless that may be a mistake.
func (m *model) prune(w *turn) int {
	without, empty := map[string]bool{}, false // listings in which an account has nothing
	for account := range 2 {
		files, videos := false, w.asked[sourceVideos] && w.words[account]
		for k, u := range m.uploads {
			files = files || u.account == account && w.listed[k]
			videos = videos || u.account == account && w.filmed[k]
		}
		without[sourceFiles], without[sourceVideos] = without[sourceFiles] || !files, without[sourceVideos] || !videos
		empty = empty || !files && !videos
	}
	visible, gone := 0, 0
	for _, i := range m.images {
		if !i.hidden {
			visible++
		}
		if !i.hidden && !i.listed {
			gone++
			empty = empty || w.asked[i.source] && without[i.source] || i.used && w.source != sourceFiles && without[sourceVideos]
		}
	}
	if gone > 0 && w.prune == "guarded" && (empty || 2*gone > visible) {
		return exitGuarded
	}
	maps.DeleteFunc(m.images, func(_ string, i *shown) bool {
		removed := !i.hidden && !i.listed
		m.filmed = m.filmed || removed && i.used
		return removed
	})
	maps.DeleteFunc(m.sounds, func(k int, _ bool) bool { return !w.listed[k] && !w.filmed[k] })
	return exitOK
}

// ---- The histories ----

// history is a gallery and the model of it.
type history struct {
	t       *testing.T
	seed    int
	random  *rand.Rand
	model   model
	service *fetchtest.Service
	api     string
	dir     string
}

// picturesOf is the number of pictures in a history. Some are uploaded twice.
const picturesOf = 12

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
		})
	}
	h.service.Set(pictures)
	return h
}

// play runs through a history.
func (h *history) play() {
	exits := map[int]int{}
	w := turn{files: map[int]bool{}, broken: map[string]bool{}, hidden: map[string]bool{}, words: map[int]bool{}}
	for n := range 50 {
		h.change(&w)
		want := h.model.run(&w)
		h.pretend(&w)
		args, code, said := h.run(&w)
		exits[code]++
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
		if code != exitFailed && !w.refused && !w.gone && len(h.model.images) > 0 {
			h.repeat(&w, n, code)
		}
		if code != exitFailed && code != exitRefused && len(h.model.images) > 0 {
			h.leave(w, n)
		}
	}
	h.t.Logf("runs by exit codes: %v", exits)
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
	for slug, i := range h.model.images {
		if hidden, said := w.hidden[slug]; i.hidden && said && !hidden {
			return
		}
	}
	w.prune = "" // which needs the service
	before, requests := h.tree(), h.service.Listings()+h.service.VideoListings()+h.service.Downloads()
	args, code, said := h.run(&w, "--offline")
	after := h.service.Listings() + h.service.VideoListings() + h.service.Downloads()
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
	*w = turn{files: w.files, videos: w.videos, broken: map[string]bool{}, hidden: w.hidden, words: w.words}
	w.source = choose("auto", "auto", "auto", "auto", "files", "videos", "both")
	w.prune = choose("", "", "", "", "", "guarded", "guarded", "force")
	w.refused, w.gone = one(12), one(8)
	for range r.IntN(4) {
		if k := r.IntN(picturesOf); w.files[k] {
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
		for k := range picturesOf {
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
	if u := h.model.uploads[r.IntN(picturesOf)]; one(5) {
		w.hidden[choose(u.slug, u.name)] = true
	} else if one(5) {
		w.hidden[u.slug] = false
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
	if w.refused {
		h.service.FailListing(-1, fetchtest.Answer(402, `{"error":"no credits"}`))
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
	words := map[string]string{"index.md": "# Words\n"}
	for name, hidden := range w.hidden {
		words["images/"+name+".md"] = fmt.Sprintf("---\nhidden: %v\n---\n", hidden)
	}
	writeFiles(h.t, content, words)
	args = append(more, "--source="+w.source)
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
