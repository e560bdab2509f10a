package render

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// manifestName holds what the run leaves for the next one: which pages were
// made of what. It is disposable: without it all pages are made anew.
const manifestName = ".firstframe.json"

// Options say how a site is built.
type Options struct {
	Title     string // instead of the content's, unless ""
	BaseURL   string // of the published site, with a slash at its end, or ""
	MediaURL  string // of what has the folder media/, with a slash at its end; "" where that is the site
	Theme     *Theme
	Content   *Content
	GitIgnore []byte // the bytes of the folder's .gitignore
	NoIndex   bool   // asks search engines not to list the site

	Changing func() // called before the first page is made, where Build does not leave all as it is; or nil
}

// manifest remembers the files of the site that are made from the state.
type manifest struct {
	// Inputs is a hash of everything that the files depend on.
	Inputs string `json:"inputs"`
	// Files are the files made, by path.
	Files map[string]record `json:"files"`
}

// record is a file as it was written.
type record struct {
	Inputs string `json:"inputs"` // a hash of what this file was made of
	Bytes  int64  `json:"bytes"`
}

// Build writes the site of a state: pages, assets and the state itself; the
// media are in place before. The order is such that every link of every page
// that can be reached resolves whenever the run is killed: assets, new pages
// without links to what is not there yet, pages, the files that list them, the
// index, the state, and last the removal of what nobody refers to any more.
// Where nothing changed, nothing is written.
func Build(ctx context.Context, out *Output, state *State, opts Options) error {
	in, err := opts.inputs(state)
	if err != nil {
		return err
	}
	old := *out.lastManifest()
	if out.Written() == 0 && out.isMadeOf(in) {
		return nil
	}
	if opts.Changing != nil {
		opts.Changing()
	}
	g := opts.pager(state.visible())
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
	b := &builder{out: out, opts: opts, shared: in.shared, old: old, files: map[string]record{}}
	if err := b.begin(); err != nil {
		return err
	}
	if err := b.writeAll(ctx, g, pages); err != nil {
		return err
	}
	if err := out.saveState(state, in.state); err != nil {
		return err
	}
	if err := b.sweep(ctx, state); err != nil {
		return err
	}
	return b.finish(in.all)
}

// UpToDate reports whether Build would leave the site in dir as it is. Nothing
// is written, and no lock taken.
func UpToDate(dir string, state *State, opts Options) (bool, error) {
	in, err := opts.inputs(state)
	if err != nil {
		return false, err
	}
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("opening the output folder: %w", err)
	}
	defer root.Close()
	out := &Output{dir: dir, root: root}
	return out.isMadeOf(in), nil
}

// inputs are hashes of what a site is made of.
type inputs struct {
	shared []byte // of what all pages depend on
	state  []byte // of the state's bytes
	all    string
}

func (opts Options) inputs(state *State) (inputs, error) {
	SortImages(state.Images)
	sum, err := state.writeTo(io.Discard)
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
	return inputs{shared, sum, hexHash(shared, words, sum)}, nil
}

// isMadeOf reports whether the last run made the site of these inputs, and all
// of it is in its place.
func (o *Output) isMadeOf(in inputs) bool {
	last := o.lastManifest()
	return last.Inputs == in.all && last.inPlace(o) && o.hasSum(StateName, in.state) && o.hasSum(backupName, in.state)
}

// CheckTemplates executes every template on a made-up gallery, so that an error in one
// is found before the first request. Those built in are tested: then only the
// owner's words are looked at.
func CheckTemplates(opts Options) error {
	n := 2*perPage + 1
	if opts.Theme.builtin {
		n = 1
	}
	images := make([]*Image, n)
	for i := range images {
		slug := fmt.Sprintf("%016x", i)
		images[i] = &Image{
			Slug: slug, Name: "example.jpg", Type: "image/jpeg", Width: 3, Height: 2, Color: "#808080",
			Title: "Example", Tags: []string{"example"}, Featured: i == 0, Camera: &Camera{Model: "Example"},
			Uploaded:   time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC),
			Renditions: []Rendition{{Path: "media/" + slug + "-3-00.jpg", Width: 3, Height: 2, Bytes: 1}},
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
		Title:       cmp.Or(opts.Title, words.Title, interfaceWords.say("gallery")),
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
const pagesVersion = "8"

func hexHash(parts ...[]byte) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p)
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// visible are the images that have a page: those not hidden of which there is
// a picture.
func (s *State) visible() []*Image {
	var images []*Image
	for i := range s.Images {
		if m := &s.Images[i]; !m.Hidden && len(m.Renditions) > 0 {
			images = append(images, m)
		}
	}
	return images
}

func readManifest(out *Output) manifest {
	var m manifest
	data, err := out.Read(manifestName)
	if err != nil || json.Unmarshal(data, &m) != nil {
		return manifest{}
	}
	return m
}

// announce notes the pages that are about to be made, so that the next run
// knows them as ours if this one is killed.
func (o *Output) announce(pages []draft) error {
	last := o.lastManifest()
	files := maps.Clone(last.Files)
	if files == nil {
		files = map[string]record{}
	}
	for _, p := range pages {
		if _, known := files[p.path]; !known {
			files[p.path] = record{}
		}
	}
	last.Files = files
	return o.doubt()
}

func (m manifest) encode() ([]byte, error) {
	data, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encoding the manifest: %w", err)
	}
	return append(data, '\n'), nil
}

// inPlace reports whether all files are there, as long as they were.
func (m manifest) inPlace(out *Output) bool {
	names := slices.Collect(maps.Keys(m.Files))
	err := inParts(len(names), func(from, to int) error {
		for _, name := range names[from:to] {
			if !out.Holds(name, m.Files[name].Bytes) {
				return fs.ErrNotExist
			}
		}
		return nil
	})
	return err == nil && len(names) > 0
}

// builder writes the files of a site that are not media.
type builder struct {
	out    *Output
	opts   Options
	shared []byte
	old    manifest

	mu    sync.Mutex
	files map[string]record
}

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
	b.note(name, record{Bytes: int64(len(data))})
	return b.out.Write(name, data)
}

// writeAll writes the pages, and the documents, which name them, before the last
// one: the index, which is where a visit begins. On a site that stands already,
// new pages are written twice: first without the links to other new ones, those
// of images before those that have tiles of them.
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
			if err := b.writeMany(ctx, fresh, b.writeFirst); err != nil {
				return err
			}
		}
	}
	if err := b.writeMany(ctx, pages[:last], b.writePage); err != nil {
		return err
	}
	if err := g.documents(pages, func(d document) error { return b.write(d.path, d.data) }); err != nil {
		return err
	}
	return b.writeMany(ctx, pages[last:], b.writePage)
}

// measure notes how large the pages are as they stand.
func (b *builder) measure(pages []draft) error {
	return inParts(len(pages), func(from, to int) error {
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
	return b.out.Write(p.Path, data)
}

// writePage executes a page's template, unless the page was made of the same
// before and is in its place.
func (b *builder) writePage(d draft) error {
	var r record
	if d.inputs != nil {
		if r.Inputs = hexHash(b.shared, d.inputs()); b.stands(d, r) {
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
		if r.Inputs = hexHash(b.shared, view); b.stands(d, r) {
			return nil
		}
	}
	page := pageBuffers.Get().(*bytes.Buffer)
	defer pageBuffers.Put(page)
	page.Reset()
	if err := p.executeTo(page); err != nil {
		return err
	}
	r.Bytes = int64(page.Len())
	b.note(p.Path, r)
	return b.out.Write(p.Path, page.Bytes())
}

// pageBuffers are those of pages that are written already.
var pageBuffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// stands reports whether a page stands as it is to be, and notes it then.
func (b *builder) stands(d draft, r record) bool {
	old, ok := b.old.Files[d.path]
	if !ok || r.Inputs != old.Inputs || d.size != old.Bytes {
		return false
	}
	b.note(d.path, old)
	return true
}

// note notes a file that was made.
func (b *builder) note(name string, r record) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.files[name] = r
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
	if err := p.theme.templates[p.Kind].ExecuteTemplate(w, layoutName, p); err != nil {
		return fmt.Errorf("making %s: %w", p.Path, err)
	}
	return nil
}

// ownFolders are the folders whose files are all ours.
var ownFolders = []string{"assets", "image", "media", "month", "page", "tag"}

// sweep removes what the site does not refer to any more: of the names that
// we give, and of the pages that the last run made.
func (b *builder) sweep(ctx context.Context, state *State) error {
	if err := b.blankOldPages(ctx); err != nil {
		return err
	}
	known := make(map[string]int64, len(b.files)+4*len(state.Images))
	for name, r := range b.files {
		known[name] = r.Bytes
	}
	for _, m := range state.visible() {
		for name, bytes := range m.media {
			known[name] = bytes
		}
	}
	b.out.known = known
	err := b.out.Sweep(ctx, ownFolders, func(name string, folder bool) bool {
		if folder {
			_, made := b.files[name+"/index.html"]
			return made && path.Dir(name) == imageFolder
		}
		_, used := known[name]
		return used || !isOurs(name)
	})
	if err != nil {
		return err
	}
	for name := range b.old.Files {
		if _, made := b.files[name]; made {
			continue
		}
		if isDocument(name) {
			if err := b.out.Remove(name); err != nil {
				return fmt.Errorf("removing old files: %w", err)
			}
		}
		if !isText(name) {
			continue
		}
		if err := b.out.Sweep(ctx, []string{path.Dir(name)}, func(n string, _ bool) bool { return n != name }); err != nil {
			return err
		}
	}
	return nil
}

// blankOldPages makes the pages that are to be removed say that nothing is
// here. They lead to each other, often in circles, and to media and assets that
// go with them: in no order could they be removed, one by one, without a moment
// in which one of them leads nowhere.
func (b *builder) blankOldPages(ctx context.Context) error {
	blank, err := b.out.Read(missingPath)
	if err != nil {
		return fmt.Errorf("removing old pages: %w", err)
	}
	for name := range b.out.lastManifest().Files {
		if _, made := b.files[name]; made || path.Base(name) != "index.html" || !b.out.exists(name) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := b.out.Write(name, blank); err != nil {
			return err
		}
	}
	return nil
}

// isOurs reports whether a file in one of our folders has a name of the kind
// that we give.
func isOurs(name string) bool {
	return isRendition(name) || filedForm.MatchString(name) || clipForm.MatchString(name) || assetForm.MatchString(name) ||
		path.Base(name) == "index.html"
}

// isText reports whether name is that of a page that the owner wrote.
func isText(name string) bool {
	folder, file, _ := strings.Cut(name, "/")
	return file == "index.html" && textName.MatchString(folder)
}

// finish leaves the manifest for the next run. It comes last: a run that was
// killed before starts over where this one began.
func (b *builder) finish(inputs string) error {
	m := manifest{inputs, b.files}
	data, err := m.encode()
	if err != nil {
		return err
	}
	*b.out.lastManifest() = m
	return b.out.Write(manifestName, data)
}
