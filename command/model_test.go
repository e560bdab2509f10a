package command

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"firstframe/render/gallery"
	"firstframe/render/slowtest"
)

// TestModel compares the command with a model: a short, slow program that computes which images
// must be visible after a run. The listings so far and the owner's content decide that. Both must
// give the same result for random histories of listings. FIRSTFRAME_HISTORIES is the number of
// histories, and FIRSTFRAME_SEED is the first one:
//
//	FIRSTFRAME_HISTORIES=50 go test -run TestModel -v ./command
func TestModel(t *testing.T) {
	slowtest.Skip(t)
	first := number(t, "FIRSTFRAME_SEED", 1)
	t.Setenv("USEAPI_TOKEN", "user:1234-secret-token")
	for seed := first; seed < first+number(t, "FIRSTFRAME_HISTORIES", 4); seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			newHistory(t, seed).play()
		})
	}
}

// upload is a file of the service, or a picture in the owner's folder. They have numbers in the
// order of their dates. Those of the same picture have the same bytes.
type upload struct {
	id, name, slug string
	account        int
	sound          bool   // whether it is a sound and not a picture
	made           bool   // whether the service made it, so that it can be in the listing of images
	path           string // in the folder; "" for a file of the service
}

// names returns the names by which captions can find an upload.
func (u upload) names() []string {
	if u.path == "" {
		return []string{u.name}
	}
	return []string{u.name, u.path}
}

// shown is an image of the model, or what is left of a hidden one.
type shown struct {
	keys                 []int  // its uploads; the first one decides the name
	name                 string // name of the first upload, if it was listed; else the one in the folder
	source               string
	listed, used, hidden bool
}

// model is what is known after a run.
type model struct {
	uploads []upload
	images  map[string]*shown // by slug
	sounds  map[int]bool
	cached  map[int]bool // by the numbers of addresses
	filmed  bool         // whether a removed image had a video
}

// turn is the situation of one run.
type turn struct {
	source, prune  string
	refused, gone  bool         // whether the files are refused, and whether the videos answer 404
	lacking        bool         // whether the images answer 404
	folder         bool         // whether the folder is given
	files          map[int]bool // listed uploads, and the pictures in the folder
	images         map[int]bool // uploads that are listed as images that the service made
	videos         [][]int      // uploads of each listed video; the first decides the account
	broken         map[string]bool
	hidden         map[string]bool // the owner's captions, by slug or name
	words          map[int]bool    // accounts with a video from a prompt alone
	asked          map[string]bool // listings that are requested
	listed, filmed map[int]bool    // uploads in them, other than in that of images
	made           map[int]bool    // uploads in that of images
	tombs          map[string]bool // slugs that were hidden before
	wanted         map[int]bool    // uploads of hidden images that the owner shows again
	again          []*shown        // those images
	failed         int

	origin   string            // how all pictures were made, according to the owner
	settings map[string]string // guarded flags that are given
	dropped  map[string]string // guarded flags that say that a setting is gone on purpose
}

// serves reports whether the service is asked.
func (w *turn) serves() bool { return w.source != sourceFolder }

// asks reports whether a listing of the service is requested.
func (w *turn) asks(source string, inAuto bool) bool {
	return w.source == source || w.source == sourceBoth || inAuto && w.source == sourceAuto
}

// lists reports whether an upload is in any listing that is requested.
func (w *turn) lists(k int) bool { return w.listed[k] || w.filmed[k] || w.made[k] }

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
			for _, k := range i.keys { // the first one stays the first
				if !slices.Contains(now.keys, k) {
					now.keys = append(now.keys, k)
				}
			}
		}
	}
	return code
}

// update does the work of the method run. If the run fails, update does not restore the model.
func (m *model) update(w *turn) int {
	w.asked = map[string]bool{
		sourceFiles: w.asks(sourceFiles, true), sourceVideos: w.asks(sourceVideos, true), sourceImages: w.asks(sourceImages, false), sourceFolder: w.folder,
	}
	if w.asked[sourceFiles] && w.refused || w.asked[sourceVideos] && w.gone && w.source != sourceAuto || w.source == sourceImages && w.lacking {
		return m.takeDown(w)
	}
	w.asked[sourceVideos] = w.asked[sourceVideos] && !w.gone
	w.asked[sourceImages] = w.asked[sourceImages] && !w.lacking
	w.listed, w.filmed, w.made = map[int]bool{}, map[int]bool{}, map[int]bool{}
	for k := range w.images {
		w.made[k] = w.asked[sourceImages]
	}
	for k := range w.files {
		w.listed[k] = m.isAsked(w, k)
	}
	for _, sources := range w.videos {
		for _, k := range sources {
			w.filmed[k] = w.asked[sourceVideos]
		}
	}
	fresh := m.fresh(w)
	some := false
	for k := range m.uploads {
		some = some || w.lists(k)
	}
	if !some && len(m.images)+len(w.again) == 0 {
		return exitFailed // nothing is listed now or before
	}
	if m.ambiguous(w, fresh) {
		return exitFailed
	}
	m.look(w)
	for _, k := range fresh {
		m.add(w, k)
	}
	m.nameByFolder(w)
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

// isAsked reports whether the listing that can have an upload is requested, other than that of the
// videos.
func (m *model) isAsked(w *turn, k int) bool {
	if m.uploads[k].path != "" {
		return w.asked[sourceFolder]
	}
	return w.asked[sourceFiles]
}

// origins reports whether an image is or was in the folder, and whether at the service.
func (m *model) origins(i *shown) (local, uploaded bool) {
	for _, k := range i.keys {
		local, uploaded = local || m.uploads[k].path != "", uploaded || m.uploads[k].path == ""
	}
	return local, uploaded
}

// nameByFolder names the images that have no name from the service.
func (m *model) nameByFolder(w *turn) {
	for _, i := range m.images {
		for _, k := range i.keys {
			if w.listed[k] && m.uploads[k].path != "" && i.name == "" {
				i.name = m.uploads[k].name
			}
		}
	}
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
			case w.listed[k] && m.uploads[k].path != "": // which belongs to no account
			case i.used && w.lists(k):
				used[m.uploads[k].account] = true
			case i.used: // of any account
				used[0], used[1] = true, true
			}
		}
	}
	var fresh []int
	for k, u := range m.uploads {
		unused := w.source == sourceAuto && u.path == "" && used[u.account] && !w.filmed[k] && !w.wanted[k]
		if (w.filmed[k] || w.made[k] || w.listed[k] && !unused) && m.known(k) == nil && !m.sounds[k] {
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
			names = append(names, m.uploads[k].names()...)
		}
	}
	return names
}

// got reports whether an upload can be downloaded, or is in the cache or in the folder.
func (m *model) got(w *turn, k int) bool {
	return m.uploads[k].path != "" || m.cached[w.address(k)] || !w.broken[m.uploads[k].name]
}

// address returns a number for where an upload is downloaded from. The listing of images has an
// address of its own for it, which counts if the listing of files does not have it.
func (w *turn) address(k int) int {
	if w.made[k] && !w.listed[k] {
		return -1 - k
	}
	return k
}

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
			if !w.listed[k] || !slices.Contains(u.names(), name) {
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

// look notes which images are listed. An image becomes unlisted only if all listings that it came
// from were requested.
func (m *model) look(w *turn) {
	for _, i := range m.images {
		at := slices.IndexFunc(i.keys, w.lists)
		local, uploaded := m.origins(i)
		if at >= 0 || (!local || w.asked[sourceFolder]) && (!uploaded || w.asked[i.source]) {
			i.listed = at >= 0
		}
		if slices.ContainsFunc(i.keys, func(k int) bool { return w.listed[k] && m.uploads[k].path == "" }) && !i.hidden {
			i.source = sourceFiles
		}
		if slices.ContainsFunc(i.keys, func(k int) bool { return w.made[k] }) && !i.hidden {
			i.source = gallery.BetterSource(i.source, sourceImages)
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
	if w.made[k] {
		n.source = sourceImages
	}
	if w.listed[k] {
		n.source, n.name = sourceFiles, u.name
	}
	if u.path != "" {
		n.source = sourceFolder
	}
	if i := m.images[u.slug]; i != nil {
		if i.keys[0] < k {
			n.name = i.name
		}
		n.source = gallery.BetterSource(i.source, n.source)
		n.keys, n.used, n.hidden = append(n.keys, i.keys...), n.used || i.used, i.hidden
		if i.keys[0] < k {
			n.keys[0], n.keys[1] = i.keys[0], k
		}
	}
	hides := w.listed[k] && w.hides(u.slug, u.names()...) || w.hides(u.slug)
	m.cached[w.address(k)] = m.cached[w.address(k)] || !hides && !w.tombs[u.slug] // hidden images are not kept
	n.hidden = n.hidden || hides
	m.images[u.slug] = n
}

// prune removes images that are no longer listed, unless that may be a mistake.
func (m *model) prune(w *turn) int {
	without, empty := map[string]bool{}, false // listings in which an account has nothing
	for account := range 2 {
		files, videos, images := !w.serves(), !w.serves() || w.asked[sourceVideos] && w.words[account], !w.serves()
		for k, u := range m.uploads {
			files = files || u.account == account && w.listed[k]
			videos = videos || u.account == account && w.filmed[k]
			images = images || u.account == account && w.made[k]
		}
		without[sourceImages] = without[sourceImages] || !images
		without[sourceFiles], without[sourceVideos] = without[sourceFiles] || !files, without[sourceVideos] || !videos
		empty = empty || !files && !videos && !images
	}
	if w.folder {
		isLocal := func(k int) bool { return m.uploads[k].path != "" && w.listed[k] }
		without[sourceFolder] = !slices.ContainsFunc(slices.Collect(maps.Keys(w.listed)), isLocal)
		empty = empty || without[sourceFolder]
	}
	isGone := func(i *shown) bool {
		local, uploaded := m.origins(i)
		return !i.hidden && !i.listed && (!local || w.folder) && (!uploaded || w.serves())
	}
	visible, gone := 0, 0
	for _, i := range m.images {
		if !i.hidden {
			visible++
		}
		if isGone(i) {
			gone++
			lacks := w.lacking && w.source == sourceBoth && i.source == sourceImages
			empty = empty || (w.asked[i.source] || lacks) && without[i.source] || i.used && w.asks(sourceVideos, true) && without[sourceVideos]
		}
	}
	if gone > 0 && w.prune == "guarded" && (empty || 2*gone > visible) {
		return exitGuarded
	}
	maps.DeleteFunc(m.images, func(_ string, i *shown) bool {
		removed := isGone(i)
		m.filmed = m.filmed || removed && i.used
		return removed
	})
	maps.DeleteFunc(m.sounds, func(k int, _ bool) bool { return w.serves() && !w.listed[k] && !w.filmed[k] })
	return exitOK
}
