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

// finish leaves the manifest for the next run. It comes last: a run that was
// killed before starts over where this one began.
func (b *builder) finish(left manifest) error {
	*b.out.lastManifest() = left
	_, err := b.out.putFrom(gallery.ManifestName, left.encode, (*temporary).place)
	return err
}
