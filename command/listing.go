package command

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"

	"firstframe/fetch"
	"firstframe/render/gallery"
)

// The sources: the listings that images come from.
const (
	sourceAuto   = "auto" // files and videos, without the uploads that no video was made from
	sourceFiles  = gallery.SourceFiles
	sourceVideos = gallery.SourceVideos
	sourceImages = gallery.SourceImages
	sourceBoth   = "both"               // all listings of the service
	sourceFolder = gallery.SourceFolder // the folder of --pictures, and nothing else
)

// serviceListing is a listing of the service. Its source is the value of --source that asks for
// nothing else.
type serviceListing struct {
	source   string
	list     func(api *fetch.API, ctx context.Context, account string, limit int) (fetch.Listing, error)
	auto     bool   // whether --source auto asks for it, too
	mayLack  string // the other value of --source with which a service may lack it, as older ones do
	nameless bool   // whether it has no names of files
}

// serviceListings are the listings of the service, in the order in which they are asked for.
// gallery.BetterSource says which of them counts if several list a file.
var serviceListings = []serviceListing{
	{source: sourceFiles, list: (*fetch.API).Files, auto: true},
	{source: sourceVideos, list: (*fetch.API).Videos, auto: true, mayLack: sourceAuto, nameless: true},
	{source: sourceImages, list: (*fetch.API).Images, mayLack: sourceBoth, nameless: true},
}

// isAskedBy reports whether a value of --source asks for the listing.
func (s serviceListing) isAskedBy(source string) bool {
	return source == s.source || source == sourceBoth || source == sourceAuto && s.auto
}

// sources returns the values of --source.
func sources() []string {
	values := []string{sourceAuto}
	for _, s := range serviceListings {
		values = append(values, s.source)
	}
	return append(values, sourceBoth, sourceFolder)
}

// isNameless reports whether the listing of a source has no names of files.
func isNameless(source string) bool {
	return slices.ContainsFunc(serviceListings, func(s serviceListing) bool { return s.source == source && s.nameless })
}

// listing is what all accounts listed together. A run without a listing has the zero value.
type listing struct {
	files  []listedFile             // one for each key, by upload date and key; plan empties it
	places map[string]int           // positions of all files by key, before they are sorted
	videos map[string][]fetch.Video // by the keys of their source images

	// By source:
	asked   map[string]int      // how many accounts were asked
	items   map[string]int      // how many items they listed
	cut     map[string]bool     // whether something may be missing in a listing
	without map[string][]string // labels of the accounts whose listing is empty or missing

	// By account id:
	used map[string]bool // whether videos were ever made from images of the account
	sure map[string]bool // whether all of these videos are listed now

	accounts int  // how many were to be asked
	folder   bool // whether a folder of pictures was listed
	empty    bool // an account has nothing in any listing, or the folder has no picture

	pictures map[string]pictureWords // what the folder says about its pictures, by key
}

// listedFile is a file with the source that it was taken from.
type listedFile struct {
	*fetch.File // in the answer of the service
	source      string
	uploaded    int64 // in Unix seconds, to sort by
}

// copy returns a copy of f that does not keep the answer of the service in memory, or nil if f is
// nil.
func (f *listedFile) copy() *listedFile {
	if f == nil {
		return nil
	}
	file := *f.File
	return &listedFile{&file, f.source, f.uploaded}
}

// known reports whether there is a listing.
func (l *listing) known() bool { return l.accounts > 0 || l.folder }

// complete reports whether nothing can be missing in the listings of a source.
func (l *listing) complete(source string) bool {
	if source == sourceFolder {
		return l.folder && !l.cut[source]
	}
	return l.accounts > 0 && l.asked[source] == l.accounts && !l.cut[source]
}

// total returns how many items all accounts listed, from all sources.
func (l *listing) total() int {
	n := 0
	for _, items := range l.items {
		n += items
	}
	return n
}

// list asks every account what it has, and lists the folder of pictures. With --offline it asks
// nobody, and most builds of --serve ask nobody either, but list the folder.
func (r *run) list(ctx context.Context) (*listing, error) {
	again := r.earlier.suffices(r.unhidden)
	if r.opts.absent != "" {
		r.ui.Warn("%s, so its images stay as they are", r.opts.noFolder("pictures", r.opts.absent))
	}
	var accounts []account
	if r.opts.service && !again {
		accounts = r.opts.accounts
	}
	if len(accounts) == 0 && r.opts.pictures == "" {
		return &listing{}, nil
	}
	l := &listing{
		accounts: len(accounts), places: map[string]int{}, videos: map[string][]fetch.Video{}, pictures: map[string]pictureWords{},
		asked: map[string]int{}, items: map[string]int{}, cut: map[string]bool{}, without: map[string][]string{},
		used: map[string]bool{}, sure: map[string]bool{},
	}
	if err := r.listAccounts(ctx, l, accounts); err != nil {
		return nil, err
	}
	if r.opts.pictures != "" {
		err := r.listFolder(ctx, l)
		if err != nil && (!again || ctx.Err() != nil) {
			return nil, err
		}
		if err != nil {
			r.ui.Warn("%v", err) // the images stay as they are
		}
	}
	l.sort()
	if !r.opts.demo && !r.opts.offline && !again {
		r.adviseSource(l)
	}
	l.remember(r.state, r.unhidden, accounts)
	if len(l.files) == 0 && !again {
		return l, r.checkEmpty()
	}
	return l, nil
}

// adviseSource says that prompts or clips are to be published, and that the listings have none.
func (r *run) adviseSource(l *listing) {
	const hint = "use --source both, which asks for all listings"
	switch {
	case l.asked[sourceVideos] > 0:
	case r.opts.clips && l.asked[sourceImages] > 0:
		r.ui.Advise(hint, "--source %s lists no videos, and clips come with the videos", r.opts.source)
	case r.opts.clips, r.opts.prompts && l.asked[sourceImages] == 0:
		r.ui.Advise(hint, "--source %s lists no videos, and prompts and clips come with the videos", r.opts.source)
	}
}

// listAccounts asks each account what it has.
func (r *run) listAccounts(ctx context.Context, l *listing, accounts []account) error {
	api := &fetch.API{
		Root: r.opts.api, Token: r.opts.token, Timeout: r.opts.timeout, UserAgent: userAgent(), Logf: r.ui.Detail,
		Expected: len(r.state.Images),
	}
	for _, s := range r.opts.secrets() {
		api.Secrets = append(api.Secrets, s.value)
	}
	for i := range accounts {
		before := l.total()
		if err := r.listAccount(ctx, api, l, i); err != nil {
			return err
		}
		l.empty = l.empty || l.total() == before
	}
	return nil
}

// knownOf returns the keys of the images that no better listing than that of a source contains. If
// one of them is missing now, package fetch asks again before it believes that.
func (r *run) knownOf(source string) []string {
	var keys []string
	for i := range r.state.Images {
		if m := &r.state.Images[i]; m.Listed && !m.Hidden && m.Source == source {
			keys = append(keys, m.Keys...)
		}
	}
	return keys
}

// listAccount asks what one of the accounts has. It asks for the files first. If the service
// refuses to list them, it asks for nothing else.
func (r *run) listAccount(ctx context.Context, api *fetch.API, l *listing, i int) error {
	a, files := r.opts.accounts[i], 0
	name := a.name(i, len(r.opts.accounts))
	for _, s := range serviceListings {
		if !s.isAskedBy(r.opts.source) {
			continue
		}
		if r.opts.source == sourceAuto && s.source == sourceVideos && files == 0 {
			r.ui.Info("no files are listed for %s: taking the source images of its videos", name)
		}
		n, err := r.ask(ctx, l, s, *api, a)
		if service, ok := errors.AsType[*fetch.ServiceError](err); ok && service.Status == http.StatusNotFound && r.opts.source == s.mayLack {
			// The service has listed the files, so it knows the account. In 2024 it had no listing
			// of videos, and until 2025 none of images.
			r.ui.Detail("the service does not list the %s of %s", s.source, name)
			l.without[s.source] = append(l.without[s.source], a.label)
			continue
		}
		if err != nil {
			return err
		}
		if s.source == sourceFiles {
			files = n
		}
	}
	return nil
}

// ask adds what an account has in one of the listings. It returns the number of files.
func (r *run) ask(ctx context.Context, l *listing, s serviceListing, api fetch.API, a account) (int, error) {
	source := s.source
	api.Known = r.knownOf(source)
	answer, err := s.list(&api, ctx, a.id, r.opts.limit)
	if err != nil {
		return 0, err
	}
	for _, err := range answer.Skipped {
		r.problem("", err)
	}
	l.add(source, answer)
	l.asked[source]++
	if !answer.Complete {
		l.cut[source] = true
	}
	items := answer.Items()
	if l.items[source] += items; items == 0 {
		l.without[source] = append(l.without[source], a.label)
	}
	r.noteUse(l, source, answer, a)
	return len(answer.Files) + len(answer.Skipped), nil
}

// add adds one answer. If several sources list a file, the entry from the better one is kept, with
// what another one says about how the file was made. If one listing has a file twice, the result does
// not depend on their order.
func (l *listing) add(source string, answer fetch.Listing) {
	l.files = slices.Grow(l.files, len(answer.Files))
	for i := range answer.Files {
		f := &answer.Files[i]
		key := f.Key()
		at, known := l.places[key]
		if !known {
			l.places[key] = len(l.files)
			l.files = append(l.files, listedFile{f, source, f.Uploaded().Unix()})
			continue
		}
		kept, other := &l.files[at], listedFile{f, source, 0}
		better := kept.source != source && gallery.BetterSource(kept.source, source) == source
		if kept.source == source && kept.Account == f.Account {
			better = saysMore(f, kept.File)
		}
		if better {
			*kept, other = other, *kept
		}
		if kept.Generated == nil {
			kept.Generated = other.Generated
		}
		kept.uploaded = kept.Uploaded().Unix()
	}
	for _, v := range answer.Videos {
		for _, key := range v.Files {
			l.videos[key] = append(l.videos[key], v)
		}
	}
}

// saysMore reports whether to take f and not another entry of the same file. An entry with a name
// is better than one without. If both or none have a name, the order of their texts decides.
func saysMore(f, other *fetch.File) bool {
	return cmp.Or(cmp.Compare(f.Name, other.Name), cmp.Compare(f.URL, other.URL), cmp.Compare(f.Type, other.Type),
		cmp.Compare(f.Scene, other.Scene), cmp.Compare(f.Status, other.Status)) > 0
}

// sort sorts the files by upload date and key. The order of the service means nothing and can
// change.
func (l *listing) sort() {
	slices.SortFunc(l.files, func(a, b listedFile) int {
		return cmp.Or(cmp.Compare(a.uploaded, b.uploaded), cmp.Compare(a.Key(), b.Key()))
	})
}

// hasNoImage reports whether the gallery has no image, not even a hidden one.
func (r *run) hasNoImage() bool { return len(r.state.Images)+len(r.unhidden) == 0 }

// checkEmpty is called if no file is listed. It returns an error if there is no gallery yet: an
// empty site is never what its owner wants.
func (r *run) checkEmpty() error {
	who, hint := "the service lists no images", "the service lists an image when a video was made from it"
	switch r.opts.source {
	case sourceFiles:
		hint = "the listing of files may be empty although there are images: try --source videos"
	case sourceImages:
		hint = "this listing has only the pictures that the service made itself: try --source both"
	}
	hint += "; if you have several accounts, name one with --account ID (--accounts lists them)"
	if !r.opts.service {
		who, hint = "there are no pictures in "+r.opts.pictures, "put JPEG, PNG, GIF or WebP files there, or choose another folder with --pictures"
	}
	unreadable := len(r.result.Problems) > 0
	switch {
	case unreadable && r.hasNoImage():
		return errNothingUsable
	case unreadable:
		return nil // reported already
	case r.hasNoImage():
		return hinted(hint, "%s", who)
	}
	stay := "; all published images stay"
	if r.opts.prune == "force" {
		stay = "" // the owner says that they need not
	}
	r.ui.Advise(hint, "%s%s", who, stay)
	return nil
}

// checkUsable returns an error if no listed file could be used and there is no gallery yet.
func (r *run) checkUsable() error {
	if !r.hasNoImage() {
		return nil
	}
	r.sumUp()
	if r.late > 0 && r.late == len(r.result.Problems) {
		return hinted("run it again, or use a larger --time-budget", "no picture was made in time, so there is nothing to publish yet")
	}
	return errNothingUsable
}

// has reports whether a file or a video with this key is listed.
func (l *listing) has(key string) bool {
	if _, listed := l.places[key]; listed {
		return true
	}
	for _, videos := range l.videos {
		if slices.ContainsFunc(videos, func(v fetch.Video) bool { return v.Key() == key || v.CoverKey() == key }) {
			return true
		}
	}
	return false
}
