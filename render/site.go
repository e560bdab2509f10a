package render

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"firstframe/render/batch"
	"firstframe/render/gallery"
	"firstframe/render/media"
	"firstframe/render/timebox"
)

// Options say how a site is built.
type Options struct {
	Title     string // instead of the content's, unless ""
	BaseURL   string // of the published site, with a slash at its end, or ""
	MediaURL  string // of what has the folder media/, with a slash at its end; "" where that is the site
	Theme     *Theme
	Content   *Content
	GitIgnore []byte // the bytes of the folder's .gitignore
	NoIndex   bool   // asks search engines not to list the site
}

// Plan is a site that is about to be written: Prepare makes it, and Write writes it.
type Plan struct {
	out   *Output
	state *gallery.State
	opts  Options
	in    inputs
}

// Prepare works out what the site of a state is made of. It sorts the state's images, and writes
// nothing.
func Prepare(out *Output, state *gallery.State, opts Options) (*Plan, error) {
	in, err := opts.inputs(state)
	if err != nil {
		return nil, err
	}
	return &Plan{out, state, opts, in}, nil
}

// UpToDate reports whether the folder holds this site already, so that Write has nothing to do.
func (p *Plan) UpToDate() bool {
	return p.out.Written() == 0 && p.out.isMadeOf(p.in)
}

// UpToDate reports whether the folder dir holds the site of a state already. It writes nothing and
// takes no lock.
func UpToDate(dir string, state *gallery.State, opts Options) (bool, error) {
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("opening the output folder: %w", err)
	}
	defer root.Close()
	plan, err := Prepare(&Output{dir: dir, root: root}, state, opts)
	return err == nil && plan.UpToDate(), err
}

// Write writes the site: pages, assets and the state. The media must be in place. All files are
// staged first, so that an error until then leaves the old site as it was. Then they take their
// places in an order that keeps every link of every reachable page working, whenever the run is
// killed: assets, new pages without links to pages that do not exist yet, pages, the files that
// list them, the index, and the state. Last, it removes what nobody refers to any more. A file that
// has its bytes already is not written.
func (p *Plan) Write(ctx context.Context) error {
	out, old := p.out, *p.out.lastManifest()
	images := p.state.Visible()
	g := p.opts.pager(images)
	if err := g.sumImages(); err != nil {
		return err
	}
	pages, err := g.pages()
	if err != nil {
		return err
	}
	if err := out.announce(pages); err != nil {
		return err
	}
	b := newBuilder(out, p.opts, p.in.shared, old, len(pages))
	if err := b.begin(); err != nil {
		return err
	}
	if err := b.writeAll(ctx, g, pages); err != nil {
		return err
	}
	if err := out.saveState(p.state, p.in.state, (*temporary).stageDurably); err != nil {
		return err
	}
	if err := out.checkMedia(images); err != nil {
		return err
	}
	if err := out.Commit(ctx); err != nil {
		return err
	}
	left := b.manifest(p.in.all)
	if err := b.sweep(ctx, &left, images); err != nil {
		return err
	}
	return b.finish(left)
}

// inputs are hashes of what a site is made of.
type inputs struct {
	shared []byte // of what all pages depend on
	state  []byte // of the state's bytes
	all    fingerprint
}

func (opts Options) inputs(state *gallery.State) (inputs, error) {
	gallery.SortImages(state.Images)
	sum, err := state.Write(io.Discard)
	if err != nil {
		return inputs{}, err
	}
	shared, err := opts.shared(opts.site())
	if err != nil {
		return inputs{}, err
	}
	words, err := json.Marshal(opts.Content)
	if err != nil {
		return inputs{}, fmt.Errorf("hashing the content: %w", err)
	}
	return inputs{shared, sum, fingerprintOf(shared, words, sum)}, nil
}

// isMadeOf reports whether the last run made the site of these inputs, and all
// of it is in its place.
func (o *Output) isMadeOf(in inputs) bool {
	last := o.lastManifest()
	return last.inputs == in.all && last.inPlace(o) && o.hasSum(gallery.StateName, in.state) && o.hasSum(gallery.BackupName, in.state)
}

// CheckTemplates executes every template on a made-up gallery, so that an error in one
// is found before the first request. Those built in are tested: then only the
// owner's words are looked at.
func CheckTemplates(opts Options) error {
	n := 2*perPage + 1
	if opts.Theme.builtin {
		n = 1
	}
	images := make([]*gallery.Image, n)
	for i := range images {
		slug := fmt.Sprintf("%016x", i)
		images[i] = &gallery.Image{
			Slug: slug, Name: "example.jpg", Type: "image/jpeg", Width: 3, Height: 2, Color: "#808080",
			Title: "Example", Tags: []string{"example"}, Featured: i == 0, Camera: &media.Camera{Model: "Example"},
			Uploaded:   time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC),
			Renditions: []media.Rendition{{Path: "media/" + slug + "-3-00.jpg", Width: 3, Height: 2, Bytes: 1}},
		}
	}
	g := opts.pager(images)
	pages, err := g.pages()
	if err != nil || opts.Theme.builtin {
		return err
	}
	tried := map[string]int{}
	for _, d := range pages {
		p, err := d.make()
		if err != nil {
			return err
		}
		// One with neighbours, and one without: the others are like these.
		if tried[p.Kind]++; tried[p.Kind] > 2 {
			continue
		}
		if _, err := p.execute(); err != nil {
			return err
		}
	}
	return nil
}

func (opts Options) site() *Site {
	words := opts.Content.Site
	language := cmp.Or(words.Language, fallbackLanguage)
	interfaceWords, _ := opts.Theme.words(language)
	return &Site{
		Title:       cmp.Or(OneLine(opts.Title), words.Title, interfaceWords.say("gallery")),
		Description: words.Description,
		Author:      words.Author,
		License:     words.License,
		LicenseURL:  licenseURL(words.License),
		SourceType:  words.SourceType,
		NoIndex:     opts.NoIndex,
		Language:    language,
		Direction:   direction(language),
		BaseURL:     opts.BaseURL,
		MediaURL:    opts.MediaURL,
		words:       interfaceWords,
	}
}

// Warnings names what the owner asked for and does not get.
func (opts Options) Warnings() []string {
	language := cmp.Or(opts.Content.Site.Language, fallbackLanguage)
	if _, known := opts.Theme.words(language); !known {
		return []string{fmt.Sprintf("there are no words in the language %q, so they are English: a theme's file %s/%s.yaml would hold them",
			language, wordsFolder, language)}
	}
	return nil
}

// rootPath is the path of the site's root on its host, or "".
func (s *Site) rootPath() string {
	u, err := url.Parse(s.BaseURL)
	if s.BaseURL == "" || err != nil {
		return ""
	}
	return cmp.Or(u.EscapedPath(), "/")
}

// shared is a hash of what all pages depend on: the theme with its words, the
// site, and the further pages that every page leads to.
func (opts Options) shared(site *Site) ([]byte, error) {
	nav := make([][2]string, len(opts.Content.Texts))
	for i, t := range opts.Content.Texts {
		nav[i] = [2]string{t.Name, t.Title}
	}
	words, err := json.Marshal([]any{site, nav})
	if err != nil {
		return nil, fmt.Errorf("hashing the site's words: %w", err)
	}
	h := sha256.New()
	h.Write(opts.Theme.hash)
	h.Write(opts.GitIgnore)
	h.Write(words)
	return h.Sum([]byte(pagesVersion)), nil
}

// pagesVersion is part of every page's hash. It must change with the code of
// this package whenever the same inputs give other pages.
const pagesVersion = "10"

// announce notes the pages that are about to be made, so that the next run
// knows them as ours if this one is killed.
func (o *Output) announce(pages []draft) error {
	last := o.lastManifest()
	var fresh []made
	for _, p := range pages {
		if !last.has(p.path) {
			fresh = append(fresh, made{path: p.path})
		}
	}
	if len(fresh) > 0 {
		last.files = slices.Concat(last.files, fresh)
		slices.SortFunc(last.files, byPath)
	}
	return o.doubt()
}

// checkMedia returns an error if a file that the images need is not in media/. Pages without their
// pictures must not take the place of those that are there.
func (o *Output) checkMedia(images []*gallery.Image) error {
	return batch.Do(len(images), func(from, to int) error {
		for _, m := range images[from:to] {
			for f := range m.Files {
				if !o.Holds(f.Path, f.Bytes) {
					return &WriteError{filepath.Join(o.dir, filepath.FromSlash(f.Path)), errMediaGone}
				}
			}
		}
		return nil
	})
}

var errMediaGone = errors.New("it was there and is not any more; the next run makes it again")

// builder writes the files of a site that are not media.
type builder struct {
	out    *Output
	opts   Options
	shared []byte
	old    manifest

	mu    sync.Mutex
	files []made
	first map[string]fingerprint // of the bytes that new pages were first written with, by path
}

func newBuilder(out *Output, opts Options, shared []byte, old manifest, pages int) *builder {
	return &builder{
		out: out, opts: opts, shared: shared, old: old,
		files: make([]made, 0, pages+otherFiles), first: map[string]fingerprint{},
	}
}

// otherFiles is how many files there are, about, that are not pages.
const otherFiles = 64

// begin writes what the pages need.
func (b *builder) begin() error {
	if err := b.write(".gitignore", b.opts.GitIgnore); err != nil {
		return err
	}
	// Without it GitHub Pages runs the site through Jekyll.
	if err := b.write(".nojekyll", nil); err != nil {
		return err
	}
	for _, a := range b.opts.Theme.assets {
		if err := b.write(a.path, a.data); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) write(name string, data []byte) error {
	b.note(made{path: name, bytes: int64(len(data))})
	return b.out.Stage(name, data)
}

// writeDocument writes a file that is never in memory as a whole.
func (b *builder) writeDocument(d document) error {
	size, err := b.out.stageFrom(d.path, d.content)
	b.note(made{path: d.path, bytes: size})
	return err
}

// writeAll writes the pages, and the documents, which name them, before the last
// one: the index, which is where a visit begins. On a site that stands already,
// new pages are written twice: first without the links to other new ones, those
// of images before those that have tiles of them. The second time only those
// are that have such links.
func (b *builder) writeAll(ctx context.Context, g *pager, pages []draft) error {
	if err := b.measure(pages); err != nil {
		return err
	}
	last := len(pages) - 1
	if pages[last].size >= 0 {
		for _, ofImages := range []bool{true, false} {
			fresh := slices.DeleteFunc(slices.Clone(pages), func(d draft) bool {
				return d.size >= 0 || (d.image != nil) != ofImages
			})
			b.out.Then()
			if err := b.writeMany(ctx, fresh, b.writeFirst); err != nil {
				return err
			}
		}
	}
	b.out.Then()
	if err := b.writeMany(ctx, pages[:last], b.writePage); err != nil {
		return err
	}
	b.out.Then()
	if err := g.documents(pages, b.writeDocument); err != nil {
		return err
	}
	b.out.Then()
	return b.writeMany(ctx, pages[last:], b.writePage)
}

// measure notes how large the pages are as they stand.
func (b *builder) measure(pages []draft) error {
	return batch.Do(len(pages), func(from, to int) error {
		for i := from; i < to; i++ {
			pages[i].size = b.out.size(pages[i].path)
		}
		return nil
	})
}

// pagesAtOnce is how many pages are made and written at once for each processor:
// some are made while others wait for the file system.
const pagesAtOnce = 8

// writeMany writes pages in no order.
func (b *builder) writeMany(ctx context.Context, pages []draft, write func(draft) error) error {
	group, shared := errgroup.WithContext(ctx)
	group.SetLimit(pagesAtOnce * runtime.GOMAXPROCS(0))
	for _, d := range pages {
		if ctx.Err() != nil || shared.Err() != nil {
			break
		}
		group.Go(func() error { return write(d) })
	}
	return cmp.Or(group.Wait(), ctx.Err())
}

// writeFirst writes a new page with those links only that lead somewhere.
func (b *builder) writeFirst(d draft) error {
	p, err := d.make()
	if err != nil {
		return err
	}
	data, err := p.withoutDeadLinks(b.out.exists).execute()
	if err != nil {
		return err
	}
	b.mu.Lock()
	b.first[p.Path] = fingerprintOf(data)
	b.mu.Unlock()
	return b.out.Stage(p.Path, data)
}

// writePage executes a page's template, unless the page was made of the same
// before and is in its place.
func (b *builder) writePage(d draft) error {
	f := made{path: d.path}
	if d.inputs != nil {
		if f.inputs = fingerprintOf(b.shared, d.inputs()); b.stands(d, f) {
			return nil
		}
	}
	p, err := d.make()
	if err != nil {
		return err
	}
	if d.inputs == nil {
		view, err := json.Marshal(p)
		if err != nil {
			return fmt.Errorf("hashing %s: %w", p.Path, err)
		}
		if f.inputs = fingerprintOf(b.shared, view); b.stands(d, f) {
			return nil
		}
	}
	page := pageBuffers.Get().(*bytes.Buffer)
	defer pageBuffers.Put(page)
	page.Reset()
	if err := p.executeTo(page); err != nil {
		return err
	}
	f.bytes = int64(page.Len())
	b.note(f)
	if first, ok := b.firstOf(p.Path); ok && first == fingerprintOf(page.Bytes()) {
		return nil
	}
	return b.out.Stage(p.Path, page.Bytes())
}

func (b *builder) firstOf(name string) (fingerprint, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f, ok := b.first[name]
	return f, ok
}

// pageBuffers are those of pages that are written already.
var pageBuffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// stands reports whether a page stands as it is to be, and notes it then.
func (b *builder) stands(d draft, f made) bool {
	old, ok := b.old.file(d.path)
	if !ok || f.inputs != old.inputs || d.size != old.bytes {
		return false
	}
	b.note(old)
	return true
}

// note notes a file that was made.
func (b *builder) note(f made) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.files = append(b.files, f)
}

// manifest is what is left for the next run, once all files are made.
func (b *builder) manifest(inputs fingerprint) manifest {
	slices.SortFunc(b.files, byPath)
	return manifest{inputs, b.files}
}

// withoutDeadLinks is the page with those links only whose pages are there.
func (p *Page) withoutDeadLinks(exists func(name string) bool) *Page {
	q := *p
	drop := func(l *Link) {
		if !exists(l.target) {
			*l = Link{Text: l.Text}
		}
	}
	for _, l := range []*Link{&q.Newer, &q.Older, &q.Back} {
		drop(l)
	}
	q.Nav = nil
	for _, l := range p.Nav {
		if exists(l.target) {
			q.Nav = append(q.Nav, l)
		}
	}
	if p.Image != nil {
		image := *p.Image
		image.Tags, image.Facts = slices.Clone(image.Tags), slices.Clone(image.Facts)
		for i := range image.Tags {
			drop(&image.Tags[i])
		}
		for i := range image.Facts {
			drop(&image.Facts[i].Link)
		}
		q.Image = &image
	}
	return &q
}

func (p *Page) execute() ([]byte, error) {
	var b bytes.Buffer
	err := p.executeTo(&b)
	return b.Bytes(), err
}

func (p *Page) executeTo(w io.Writer) error {
	return p.executeWithin(context.Background(), w)
}

// executeWithin executes the page's template. One of the owner's may never end:
// it is bounded in time, and in what it writes.
func (p *Page) executeWithin(ctx context.Context, w io.Writer) error {
	execute := func(w io.Writer) error {
		if err := p.theme.templates[p.Kind].ExecuteTemplate(w, layoutName, p); err != nil {
			return fmt.Errorf("making %s: %w", p.Path, err)
		}
		return nil
	}
	if p.theme.builtin {
		return execute(w)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, templateTime, fmt.Errorf("its template is not done within %v", templateTime))
	defer cancel()
	page, err := timebox.Run(ctx, "the template", func() ([]byte, error) {
		b := bounded{room: maxPage, limit: maxPage}
		err := execute(&b)
		return b.bytes, err
	})
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("making %s: %w", p.Path, err)
	}
	if err != nil {
		return err
	}
	_, err = w.Write(page)
	return err
}

// sweep removes what the site does not refer to any more: of the names that
// we give, and of the pages that the last run made.
func (b *builder) sweep(ctx context.Context, left *manifest, images []*gallery.Image) error {
	if err := b.blankOldPages(ctx, left); err != nil {
		return err
	}
	known := newKnown(left, images)
	b.out.known = known
	err := b.out.Sweep(ctx, gallery.OwnFolders, func(name string, folder bool) bool {
		if folder {
			return path.Dir(name) == gallery.ImageFolder && left.has(name+"/index.html")
		}
		_, used := known.size(name)
		return used || !isOurs(name)
	})
	if err != nil {
		return err
	}
	for _, f := range b.old.files {
		if left.has(f.path) {
			continue
		}
		if isDocument(f.path) {
			if err := b.out.Remove(f.path); err != nil {
				return fmt.Errorf("removing old files: %w", err)
			}
		}
		if !isText(f.path) {
			continue
		}
		if err := b.out.Sweep(ctx, []string{path.Dir(f.path)}, func(n string, _ bool) bool { return n != f.path }); err != nil {
			return err
		}
	}
	return nil
}

// known are the files that a run has left. A list of the media would take more
// memory than all else that is known of a large gallery: they are found by the
// images, whose slugs their names begin with.
type known struct {
	files  *manifest
	images []*gallery.Image // by slug
	others map[string]int64 // media that begin with another slug: clips and their posters
}

func newKnown(files *manifest, images []*gallery.Image) *known {
	k := &known{files: files, images: slices.SortedFunc(slices.Values(images), bySlug), others: map[string]int64{}}
	for _, m := range images {
		for f := range m.Files {
			if slug, ok := media.SlugOf(f.Path); !ok || slug != m.Slug {
				k.others[f.Path] = f.Bytes
			}
		}
	}
	return k
}

func bySlug(a, b *gallery.Image) int { return cmp.Compare(a.Slug, b.Slug) }

// size returns the size of a file, in bytes, if the run has left it.
func (k *known) size(name string) (bytes int64, ok bool) {
	if k == nil {
		return 0, false
	}
	slug, ok := media.SlugOf(name)
	if !ok {
		f, ok := k.files.file(name)
		return f.bytes, ok
	}
	if i, ok := slices.BinarySearchFunc(k.images, &gallery.Image{Slug: slug}, bySlug); ok {
		for f := range k.images[i].Files {
			if f.Path == name {
				return f.Bytes, true
			}
		}
	}
	bytes, ok = k.others[name]
	return bytes, ok
}

// blankOldPages makes the pages that are to be removed say that nothing is
// here. They lead to each other, often in circles, and to media and assets that
// go with them: in no order could they be removed, one by one, without a moment
// in which one of them leads nowhere.
func (b *builder) blankOldPages(ctx context.Context, left *manifest) error {
	blank, err := b.out.Read(gallery.MissingPath)
	if err != nil {
		return fmt.Errorf("removing old pages: %w", err)
	}
	for _, f := range b.out.lastManifest().files {
		if left.has(f.path) || path.Base(f.path) != "index.html" || !b.out.exists(f.path) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := b.out.Write(f.path, blank); err != nil {
			return err
		}
	}
	return nil
}

// isOurs reports whether a file in one of our folders has a name of the kind
// that we give.
func isOurs(name string) bool {
	return media.IsRendition(name) || media.OriginalForm.MatchString(name) || media.ClipForm.MatchString(name) || assetForm.MatchString(name) ||
		path.Base(name) == "index.html"
}

// isText reports whether name is that of a page that the owner wrote.
func isText(name string) bool {
	folder, file, _ := strings.Cut(name, "/")
	return file == "index.html" && textName.MatchString(folder)
}

// finish leaves the manifest for the next run. It comes last: a run that was
// killed before starts over where this one began.
func (b *builder) finish(left manifest) error {
	*b.out.lastManifest() = left
	_, err := b.out.putFrom(gallery.ManifestName, left.encode, (*temporary).place)
	return err
}
