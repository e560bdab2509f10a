package command

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"

	"firstframe/fetch"
)

// The sources: the listings that images come from.
const (
	sourceAuto   = "auto" // both, without the uploads that no video was made from
	sourceFiles  = "files"
	sourceVideos = "videos"
	sourceBoth   = "both"
)

// listing is what all accounts listed together.
type listing struct {
	files    []fetch.File             // one for each key, by upload date and key
	places   map[string]int           // of the files while they are added, by key; nil before one is met again
	sources  map[string]string        // of each file, by its key
	videos   map[string][]fetch.Video // by the keys of their source images
	complete map[string]bool          // sources in whose listings nothing can be missing
	cut      bool                     // something may be missing in one of them
	asked    map[string]int           // accounts, by source; below 0 where one's listing was cut
	items    map[string]int           // in the listings, by their source
	empty    bool                     // an account has nothing in any of them
	without  map[string][]string      // labels of the accounts that have nothing in a listing, or no such listing, by its source

	// By the ids of the accounts: whether videos were ever made from its images,
	// and whether all of them are listed now.
	used, sure map[string]bool
}

func newListing() listing {
	return listing{
		sources: map[string]string{}, videos: map[string][]fetch.Video{}, complete: map[string]bool{},
		asked: map[string]int{}, items: map[string]int{}, without: map[string][]string{}, used: map[string]bool{}, sure: map[string]bool{},
	}
}

// list asks every account for what it has.
func (r *run) list(ctx context.Context) (listing, error) {
	api := &fetch.API{
		Root: r.opts.api, Token: r.opts.token, Timeout: r.opts.timeout, UserAgent: userAgent(), Logf: r.ui.Detail,
		Expected: len(r.state.Images), Known: r.knownOfVideos(),
	}
	for _, s := range r.opts.secrets() {
		api.Secrets = append(api.Secrets, s.value)
	}
	l := newListing()
	for i := range r.opts.accounts {
		before := l.items[sourceFiles] + l.items[sourceVideos]
		if err := r.listAccount(ctx, api, &l, i); err != nil {
			return l, err
		}
		l.empty = l.empty || l.items[sourceFiles]+l.items[sourceVideos] == before
	}
	for source, n := range l.asked {
		l.complete[source] = n == len(r.opts.accounts)
	}
	if (r.opts.prompts || r.opts.clips) && l.asked[sourceVideos] == 0 && !r.opts.demo {
		r.ui.Advise("use --source both, which asks for files and videos", "prompts and clips come with the videos, which were not asked for")
	}
	l.remember(r.state, r.unhidden, r.opts.accounts)
	sortFiles(l.files)
	l.places = nil
	if len(l.files) == 0 {
		return l, r.emptyListing()
	}
	return l, nil
}

// listAccount asks for what one of the accounts has. The listing of files comes
// first: where it is refused, nothing else is asked.
func (r *run) listAccount(ctx context.Context, api *fetch.API, l *listing, i int) error {
	a, n := r.opts.accounts[i], 0
	if r.opts.source != sourceVideos {
		var err error
		if n, err = r.ask(ctx, l, sourceFiles, api.Files, a); err != nil || r.opts.source == sourceFiles {
			return err
		}
	}
	if r.opts.source == sourceAuto && n == 0 {
		r.ui.Info("no files are listed for %s: taking the source images of its videos", a.name(i, len(r.opts.accounts)))
	}
	_, err := r.ask(ctx, l, sourceVideos, api.Videos, a)
	if service, ok := errors.AsType[*fetch.ServiceError](err); ok && service.Status == http.StatusNotFound && r.opts.source == sourceAuto {
		// It knows the account: it has answered about the files. So it has no such
		// listing, as in 2024.
		r.ui.Detail("the service does not list the videos of %s", a.name(i, len(r.opts.accounts)))
		l.without[sourceVideos] = append(l.without[sourceVideos], a.label)
		return nil
	}
	return err
}

// ask takes over what an account has in one of the listings, and returns how
// many files there are.
func (r *run) ask(ctx context.Context, l *listing, source string, list func(context.Context, string, int) (fetch.Listing, error), a account) (int, error) {
	answer, err := list(ctx, a.id, r.opts.limit)
	if err != nil {
		return 0, err
	}
	for _, err := range answer.Skipped {
		r.problem("", err)
	}
	l.add(source, answer)
	silent := countFunc(answer.Videos, func(v fetch.Video) bool { return len(v.Files) == 0 })
	if silent > 0 {
		r.ui.Detail("%s no source image: text to video", plural(silent, "video has", "videos have"))
	}
	if silent < len(answer.Videos) {
		l.used[a.id], l.sure[a.id] = true, answer.Complete && len(answer.Skipped) == 0
	}
	if source == sourceVideos && len(answer.Skipped) > 0 {
		l.used[a.id] = true // what cannot be read may be a video that was made from an image
	}
	l.asked[source]++
	if !answer.Complete {
		l.cut = true
		l.asked[source] = -len(r.opts.accounts) // never all of them
	}
	n := len(answer.Files) + len(answer.Skipped) + len(answer.Videos)
	if l.items[source] += n; n == 0 {
		l.without[source] = append(l.without[source], a.label)
	}
	return len(answer.Files) + len(answer.Skipped), nil
}

// knownOfVideos are the keys of the images that only the listing of videos has:
// if one is missing in it, the image is not listed any more.
func (r *run) knownOfVideos() []string {
	var keys []string
	for i := range r.state.Images {
		if m := &r.state.Images[i]; m.Listed && !m.Hidden && m.Source == sourceVideos {
			keys = append(keys, m.Keys...)
		}
	}
	return keys
}

// add takes over one account's answer. The same file from both sources is one,
// that of the listing of files, which knows more of it. Of one that a listing has
// twice, it does not matter which comes first.
func (l *listing) add(source string, answer fetch.Listing) {
	if len(l.sources) == 0 {
		// Into the same memory: a file is read before another takes its place.
		l.files, l.sources = answer.Files[:0], make(map[string]string, len(answer.Files))
	}
	for _, f := range answer.Files {
		key := f.Key()
		known := l.sources[key]
		if known == "" {
			if l.places != nil {
				l.places[key] = len(l.files)
			}
			l.files, l.sources[key] = append(l.files, f), source
			continue
		}
		other := l.place(key)
		if known == source && f.Account == other.Account && sayMore(&f, other) || known != source && source == sourceFiles {
			*other, l.sources[key] = f, source
		}
	}
	for _, v := range answer.Videos {
		for _, key := range v.Files {
			l.videos[key] = append(l.videos[key], v)
		}
	}
}

// place is where the file with this key is.
func (l *listing) place(key string) *fetch.File {
	if l.places == nil {
		l.places = make(map[string]int, len(l.files))
		for i := range l.files {
			l.places[l.files[i].Key()] = i
		}
	}
	return &l.files[l.places[key]]
}

// sayMore reports whether f is to be taken, and not another entry of the same
// file: one that has a name, and else by the order of what they say.
func sayMore(f, other *fetch.File) bool {
	return cmp.Or(cmp.Compare(f.Name, other.Name), cmp.Compare(f.URL, other.URL), cmp.Compare(f.Type, other.Type),
		cmp.Compare(f.Scene, other.Scene), cmp.Compare(f.Status, other.Status)) > 0
}

// sortFiles puts files in the order of their upload dates and keys: the
// service's means nothing and may change. Both are made of an address or an
// id, once for each file and not for each comparison.
func sortFiles(files []fetch.File) {
	type dated struct {
		uploaded int64
		key      string
		from     int // -1 when the file is in its place
	}
	order := make([]dated, len(files))
	for i := range files {
		order[i] = dated{files[i].Uploaded().Unix(), files[i].Key(), i}
	}
	slices.SortFunc(order, func(a, b dated) int {
		return cmp.Or(cmp.Compare(a.uploaded, b.uploaded), cmp.Compare(a.key, b.key))
	})
	// They change places in circles: a second list would take as much memory.
	for i := range order {
		first := files[i]
		for to := i; order[to].from >= 0; {
			from := order[to].from
			order[to].from = -1
			if from == i {
				files[to] = first
				break
			}
			files[to], to = files[from], from
		}
	}
}

// has reports whether a file or a video of this key is listed.
func (l *listing) has(key string) bool {
	if l.sources[key] != "" {
		return true
	}
	for _, videos := range l.videos {
		if slices.ContainsFunc(videos, func(v fetch.Video) bool { return v.Key() == key || v.CoverKey() == key }) {
			return true
		}
	}
	return false
}

// emptyListing is an error where there is no gallery either: an empty site is
// never what its owner wants.
func (r *run) emptyListing() error {
	if len(r.result.Problems) > 0 {
		if r.hasNoImage() {
			return errNothingUsable
		}
		return nil
	}
	if r.hasNoImage() {
		return &hintedError{errors.New("the service lists no images"), r.emptyHint()}
	}
	r.ui.Advise(r.emptyHint(), "the service lists no images; all that were published stay")
	return nil
}

// emptyHint says why nothing may be listed, and what to try.
func (r *run) emptyHint() string {
	why := "only images that a video was made from are listed"
	if r.opts.source == sourceFiles {
		why = "the listing of files may have nothing although there are images: try --source videos"
	}
	return why + "; with several accounts name one with --account ID"
}
