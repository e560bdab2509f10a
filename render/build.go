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
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"firstframe/render/batch"
	"firstframe/render/gallery"
)

// Options are the settings of a site.
type Options struct {
	Title     string // instead of the content's; "" for none
	BaseURL   string // the published site's address, with a final slash; "" if it is unknown
	MediaURL  string // the address that has the folder media/, with a final slash; "" for the site itself
	Theme     *Theme
	Content   *Content
	Static    *Static // nil for none
	GitIgnore []byte  // the bytes of the folder's .gitignore
	NoIndex   bool    // whether to ask search engines not to list the site

	// ServiceCodes says whether to show the numbers that the service lists as the scene and the status
	// of an upload. They mean something only to those who know the service.
	ServiceCodes bool
}

// Plan is a site that is about to be written. Prepare makes it, and Write writes it.
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
// list them, the index, and the state. Last, it removes the files that nothing refers to any more.
// An unchanged file is not written.
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
	if err := out.announce(pages, p.opts.Static.paths()); err != nil {
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

// inputs are hashes of everything that a site is made of.
type inputs struct {
	shared []byte      // of everything that all pages depend on
	state  []byte      // of the state's bytes, a SHA-256
	all    fingerprint // of everything
}

// inputs returns the hashes for a state, whose images it sorts. It returns gallery.ErrStateTooLarge
// for a state beyond the limits.
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
	return inputs{shared, sum, fingerprintOf(shared, words, sum, opts.Static.hash())}, nil
}

// shared returns a hash of everything that all pages depend on: the theme with its words, the site,
// the further pages, to which every page has a link, and which icons are among the static files.
func (opts Options) shared(site *Site) ([]byte, error) {
	nav := make([][2]string, len(opts.Content.Texts))
	for i, t := range opts.Content.Texts {
		nav[i] = [2]string{t.Name, t.Title}
	}
	var icons []string
	for _, icon := range staticIcons {
		if opts.Static.has(icon.Href) {
			icons = append(icons, icon.Href)
		}
	}
	words, err := json.Marshal([]any{site, nav, icons})
	if err != nil {
		return nil, fmt.Errorf("hashing the site's words: %w", err)
	}
	h := sha256.New()
	h.Write(opts.Theme.hash)
	h.Write(opts.GitIgnore)
	h.Write(words)
	return h.Sum([]byte(pagesVersion)), nil
}

// pagesVersion is part of every page's hash. Bump it when the same input would produce different
// pages or documents. TestPagesVersion notices that. A change of templates, assets or words needs
// no bump, because they are in the theme's hash.
const pagesVersion = "15"

// checkMedia returns an error if a file that the images need is missing in media/. Pages without
// their pictures must not replace pages that have theirs.
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

// errMediaGone is the error for a file in media/ that disappears during a run.
var errMediaGone = errors.New("the file has disappeared during this run; the next run makes it again")

// builder writes the files of a site that are not media.
type builder struct {
	out    *Output
	opts   Options
	shared []byte
	old    manifest // of the last run

	buffers sync.Pool // of *bytes.Buffer, for pages

	mu    sync.Mutex
	files []made                 // written or found in place
	first map[string]fingerprint // hashes of the first versions of new pages, by path
}

// newBuilder returns a builder for about so many pages. shared is the hash of all that they share,
// and old the manifest of the last run.
func newBuilder(out *Output, opts Options, shared []byte, old manifest, pages int) *builder {
	return &builder{
		out: out, opts: opts, shared: shared, old: old,
		files: make([]made, 0, pages+otherFiles), first: map[string]fingerprint{},
	}
}

// otherFiles is about how many files a site has that are neither pages nor media.
const otherFiles = 64

// begin writes the files that pages need.
func (b *builder) begin() error {
	if err := b.write(".gitignore", b.opts.GitIgnore); err != nil {
		return err
	}
	// Without this file GitHub Pages runs the site through Jekyll.
	if err := b.write(".nojekyll", nil); err != nil {
		return err
	}
	for _, a := range b.opts.Theme.assets {
		if err := b.write(a.path, a.data); err != nil {
			return err
		}
	}
	return b.opts.Static.documents(b.writeDocument)
}

// write stages a file and notes it.
func (b *builder) write(name string, data []byte) error {
	b.note(made{path: name, bytes: int64(len(data))})
	return b.out.Stage(name, data)
}

// writeDocument stages a file that is never in memory as a whole, and notes it.
func (b *builder) writeDocument(d document) error {
	size, err := b.out.stageFrom(d.path, d.content)
	b.note(made{path: d.path, bytes: size})
	return err
}

// writeAll stages the pages and the documents in rounds. Each round takes its places after the one
// before:
//
//  1. new image pages;
//  2. other new pages;
//  3. all changed pages except the index, and again the new pages that lost a link;
//  4. the documents, which list pages;
//  5. the index.
//
// In rounds 1 and 2, links to pages that do not exist are left out. If there is no index yet, a
// visit cannot begin, so rounds 1 and 2 are left out.
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

// measure notes how large the pages are on the disk.
func (b *builder) measure(pages []draft) error {
	return batch.Do(len(pages), func(from, to int) error {
		for i := from; i < to; i++ {
			pages[i].size = b.out.size(pages[i].path)
		}
		return nil
	})
}

// pagesAtOnce is how many pages each processor makes and writes at the same time. Some are made
// while others wait for the file system.
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

// writeFirst stages a new page with only those links whose pages exist.
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

// writePage stages a page, unless it is on the disk and its inputs are the same as in the last run.
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
	page, _ := b.buffers.Get().(*bytes.Buffer)
	if page == nil {
		page = new(bytes.Buffer)
	}
	defer b.buffers.Put(page)
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

// firstOf returns the hash of a new page's first version, if there is one.
func (b *builder) firstOf(name string) (fingerprint, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f, ok := b.first[name]
	return f, ok
}

// stands reports whether a page is unchanged on the disk. It notes such a page.
func (b *builder) stands(d draft, f made) bool {
	old, ok := b.old.file(d.path)
	if !ok || f.inputs != old.inputs || d.size != old.bytes {
		return false
	}
	b.note(old)
	return true
}

// note adds a file to the manifest of this run.
func (b *builder) note(f made) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.files = append(b.files, f)
}

// manifest returns the manifest for the next run. All files must have been noted.
func (b *builder) manifest(inputs fingerprint) manifest {
	slices.SortFunc(b.files, byPath)
	return manifest{inputs, b.files}
}

// finish writes the manifest for the next run. It comes last, because a run that is killed earlier
// must start over where this one began.
func (b *builder) finish(left manifest) error {
	*b.out.lastManifest() = left
	_, err := b.out.putFrom(gallery.ManifestName, left.encode, (*temporary).place)
	return err
}
