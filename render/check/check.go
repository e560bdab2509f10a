// Package check reads a finished site and reports what is wrong with it. It is an independent
// witness: it shares only the state and the file names (package gallery), and the knowledge of file
// formats (package media), with the code that makes the site.
//
// [Site] (check.go) parses the pages and follows their links, reads the state, and decodes the
// renditions. lists.go checks the files for machines: search data, feeds, sitemaps. leak.go looks
// for secrets and metadata in all files.
package check

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"path"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"
	"golang.org/x/net/html"
	"golang.org/x/sync/errgroup"

	"firstframe/render/gallery"
	"firstframe/render/media"
	"firstframe/render/secrets"
)

// Sizes and numbers that the checker uses.
const (
	// GitHubPagesLimit is the maximum size of a site on GitHub Pages, in bytes.
	GitHubPagesLimit = 1 << 30

	// namedExamples is how many files a finding about many of them names.
	namedExamples = 5
)

// Finding is something about a site that its owner should know.
type Finding struct {
	File    string `json:"file"` // the file's path in the site
	Problem string `json:"problem"`
}

// String returns the file and the problem.
func (f Finding) String() string { return f.File + ": " + f.Problem }

// Report is everything that Site found, sorted by file.
type Report struct {
	Images   int       // images with a page
	Files    int       // files in the folder, including hidden ones
	Bytes    int64     // bytes of the published files
	Errors   []Finding // problems: the site is incomplete, or reveals something private
	Warnings []Finding // what could be better
}

// Options are what Site cannot see in the site.
type Options struct {
	// RootPath is the path of the site's root on its host, "/" or "/gallery/". Links that begin
	// with it are checked, too. "" takes it from the canonical address of the index, or "/" if that
	// has none.
	RootPath string

	// Secrets are values that must not be in any file.
	Secrets []secrets.Secret
}

// Site checks a site, and changes nothing.
//
// Errors are: a local link in a page or a style sheet that leads to no file, or to no element of
// its page; an incomplete page; a rendition that is missing, does not decode, or does not have the
// size in the state; a state that cannot be read; a feed, a sitemap or search data that cannot be
// read, or that name a missing file; a picture with metadata; a secret, or something that looks
// like one, in any byte of any file; and a symbolic link, because some hosts follow it.
//
// Warnings are: images without an alt text, a site that is too large for GitHub Pages, and media
// that nothing refers to. A folder .git is skipped. Site returns an error if a folder cannot be
// read, or if ctx is done.
func Site(ctx context.Context, site fs.FS, opts Options) (Report, error) {
	c := &checker{site: site, root: opts.RootPath, files: map[string]int64{}, pages: map[string]*parsedPage{}}
	if err := c.walk(); err != nil {
		return Report{}, fmt.Errorf("reading the site: %w", err)
	}
	for _, step := range []func(context.Context) error{
		c.readPages, c.followLinks, c.checkState, c.checkLists, newLeakSearch(c, opts.Secrets).run,
	} {
		if err := cmp.Or(ctx.Err(), step(ctx)); err != nil {
			return Report{}, err
		}
	}
	c.checkSize()
	for _, list := range [][]Finding{c.report.Errors, c.report.Warnings} {
		slices.SortFunc(list, func(a, b Finding) int {
			return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Problem, b.Problem))
		})
	}
	return c.report, nil
}

// checker is one check of a site.
type checker struct {
	site   fs.FS
	root   string
	origin string           // scheme and host of the site, from the index; "" if unknown
	files  map[string]int64 // sizes of the regular files, including hidden ones
	pages  map[string]*parsedPage

	mu     sync.Mutex // guards report
	report Report
}

// parsedPage is what the checker needs of a page.
type parsedPage struct {
	ids       map[string]bool
	links     []string
	canonical string
	wordless  int // the number of pictures without the attribute alt
}

// error adds an error to the report.
func (c *checker) error(file, format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.report.Errors = append(c.report.Errors, Finding{file, fmt.Sprintf(format, args...)})
}

// warn adds a warning to the report.
func (c *checker) warn(file, format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.report.Warnings = append(c.report.Warnings, Finding{file, fmt.Sprintf(format, args...)})
}

// hidden reports whether a part of a path begins with a dot. Most servers do not show such files.
func hidden(name string) bool { return strings.Contains("/"+name, "/.") }

// has reports whether the site has a visible file of this name.
func (c *checker) has(name string) bool {
	_, ok := c.files[name]
	return ok && !hidden(name)
}

// names returns the files that want accepts, sorted.
func (c *checker) names(want func(name string) bool) []string {
	var names []string
	for name := range c.files {
		if want(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// walk finds all files and their sizes.
func (c *checker) walk() error {
	return fs.WalkDir(c.site, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == ".git":
			return fs.SkipDir
		case d.IsDir():
			return nil
		case d.Type()&fs.ModeSymlink != 0:
			c.error(name, "it is a symbolic link: some hosts publish what it leads to")
			return nil
		case !d.Type().IsRegular():
			c.error(name, "it is not a regular file")
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		c.files[name] = info.Size()
		c.report.Files++
		if !hidden(name) {
			c.report.Bytes += info.Size()
		}
		return nil
	})
}

// readPages parses all pages.
func (c *checker) readPages(ctx context.Context) error {
	wordless := 0
	for _, name := range c.names(func(name string) bool { return path.Ext(name) == ".html" && !hidden(name) }) {
		if err := ctx.Err(); err != nil {
			return err
		}
		data, err := fs.ReadFile(c.site, name)
		if err != nil {
			return fmt.Errorf("reading the site: %w", err)
		}
		if bytes.Contains(data, []byte("ZgotmplZ")) {
			c.error(name, "a template wrote a value that is not safe in its place")
		}
		if !bytes.HasSuffix(bytes.TrimSpace(data), []byte("</html>")) {
			c.error(name, "the page is incomplete: its end is missing")
		}
		p := parsePage(data)
		c.pages[name] = p
		if p.wordless > 0 {
			wordless++
			if wordless <= namedExamples {
				c.warn(name, "%s without the attribute alt", humanize.Comma(int64(p.wordless))+" <img>")
			}
		}
	}
	if wordless > namedExamples {
		c.warn(gallery.IndexName, "%d further pages have <img> without the attribute alt", wordless-namedExamples)
	}
	c.findRoot()
	return nil
}

// findRoot takes the site's address from its index.
func (c *checker) findRoot() {
	if p := c.pages[gallery.IndexName]; p != nil && p.canonical != "" {
		if u, err := url.Parse(p.canonical); err == nil && u.Host != "" {
			c.origin = u.Scheme + "://" + u.Host
			c.root = cmp.Or(c.root, strings.TrimSuffix(u.Path, gallery.IndexName))
		}
	}
	c.root = strings.TrimSuffix(c.root, "/") + "/"
}

// linkAttributes are the attributes with an address that the page needs.
var linkAttributes = []string{"href", "src", "poster"}

// parsePage collects the ids and links of a page.
func parsePage(data []byte) *parsedPage {
	p := &parsedPage{ids: map[string]bool{}}
	for z := html.NewTokenizer(bytes.NewReader(data)); ; {
		switch z.Next() {
		case html.ErrorToken: // the end
			return p
		case html.StartTagToken, html.SelfClosingTagToken:
			p.read(z.Token())
		}
	}
}

// read adds a tag.
func (p *parsedPage) read(t html.Token) {
	values := map[string]string{}
	for _, a := range t.Attr {
		values[a.Key] = a.Val
		switch {
		case a.Key == "id":
			p.ids[a.Val] = true
		case a.Key == "srcset" || a.Key == "imagesrcset":
			for candidate := range strings.SplitSeq(a.Val, ",") {
				if fields := strings.Fields(candidate); len(fields) > 0 {
					p.links = append(p.links, fields[0])
				}
			}
		case slices.Contains(linkAttributes, a.Key):
			p.links = append(p.links, a.Val)
		}
	}
	if t.Data == "link" && values["rel"] == "canonical" {
		p.canonical = values["href"]
	}
	if _, ok := values["alt"]; t.Data == "img" && !ok {
		p.wordless++
	}
	// In a page's metadata, only absolute addresses are links.
	if content := values["content"]; t.Data == "meta" && strings.HasPrefix(content, "http") {
		p.links = append(p.links, content)
	}
}

// styleLink matches an address in a style sheet.
var styleLink = regexp.MustCompile(`url\(\s*["']?([^"')]+)["']?\s*\)`)

// followLinks checks the local links of all pages and style sheets.
func (c *checker) followLinks(ctx context.Context) error {
	for name, page := range c.pages {
		for _, link := range page.links {
			c.follow(name, link)
		}
	}
	for _, name := range c.names(func(name string) bool { return path.Ext(name) == ".css" && !hidden(name) }) {
		data, err := fs.ReadFile(c.site, name)
		if err != nil {
			return fmt.Errorf("reading the site: %w", err)
		}
		for _, match := range styleLink.FindAllSubmatch(data, -1) {
			c.follow(name, string(match[1]))
		}
	}
	return ctx.Err()
}

// follow checks that a link in the file name leads to a file or an element of the site. It skips
// links that leave the site.
func (c *checker) follow(name, link string) {
	u, err := url.Parse(link)
	if err != nil {
		c.error(name, "%q is not an address", link)
		return
	}
	if u.Scheme != "" || u.Host != "" {
		own := c.origin != "" && u.Scheme+"://"+u.Host == c.origin
		if !own || !strings.HasPrefix(u.Path, c.root) {
			return
		}
	}
	target := name
	switch {
	case strings.HasPrefix(u.Path, "/"):
		rest, inSite := strings.CutPrefix(u.Path, c.root)
		if !inSite {
			c.error(name, "%q leads out of the site", link)
			return
		}
		target = rest
	case u.Path != "":
		target = path.Join(path.Dir(name), u.Path)
		if strings.HasSuffix(u.Path, "/") {
			c.warn(name, "%q is a folder: opened from disk, the link shows no page", link)
			target += "/"
		}
	}
	// A server shows a folder's index.
	if target = strings.TrimPrefix(target, "./"); target == "" || strings.HasSuffix(target, "/") {
		target += gallery.IndexName
	}
	if !c.has(target) {
		c.error(name, "%q leads nowhere", link)
		return
	}
	if page := c.pages[target]; u.Fragment != "" && page != nil && !page.ids[u.Fragment] {
		c.error(name, "%q leads to no element of its page", link)
	}
}

// plainName matches the names that every server and every file system allows.
var plainName = regexp.MustCompile(`^[a-z0-9/._-]+$`)

// checkState checks everything that the state names.
func (c *checker) checkState(ctx context.Context) error {
	if !c.has(gallery.StateName) {
		c.error(gallery.StateName, "it is missing")
		return nil
	}
	data, err := fs.ReadFile(c.site, gallery.StateName)
	if err != nil {
		c.error(gallery.StateName, "it cannot be read")
		return nil
	}
	state, err := gallery.Decode(data)
	if err != nil {
		c.error(gallery.StateName, "it is %v", err)
		return nil
	}
	images := state.Visible()
	c.report.Images = len(images)
	if !c.has(gallery.IndexName) {
		c.error(gallery.IndexName, "it is missing")
	}
	var wordless, withheld []string
	used := map[string]bool{}
	for _, m := range images {
		if !c.has(gallery.ImagePath(m.Slug)) {
			c.error(gallery.StateName, "the image %s has no page", m.Slug)
		}
		if m.Alt == "" {
			wordless = append(wordless, m.Slug)
		}
		if m.IsWithheld() || slices.ContainsFunc(m.Videos, func(v gallery.Video) bool { return v.IsWithheld() }) {
			withheld = append(withheld, m.Slug)
		}
		for f := range m.Files {
			used[f.Path] = true
			if name, _ := media.ParseName(f.Path); !name.IsRendition() { // renditions are decoded, too
				c.checkBytes(f.Path, f.Bytes)
			}
		}
	}
	if n := len(wordless); n > 0 {
		c.warn(gallery.StateName, "%s no alt text: %s", imagesHave(n), someOf(wordless))
	}
	if n := len(withheld); n > 0 {
		c.warn(gallery.StateName, "%s an original or a clip that is not published, because it cannot be stripped: %s", imagesHave(n), someOf(withheld))
	}
	c.checkFolders(used)
	return c.checkRenditions(ctx, images)
}

// imagesHave returns the start of a sentence about n images.
func imagesHave(n int) string {
	return humanize.Comma(int64(n)) + " " + english.PluralWord(n, "image has", "images have")
}

// someOf returns a list of names, shortened to namedExamples.
func someOf(names []string) string {
	if len(names) <= namedExamples {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:namedExamples], ", ") + ", …"
}

// checkBytes checks that a file exists and has its size in bytes.
func (c *checker) checkBytes(name string, want int64) {
	size, ok := c.files[name]
	switch {
	case !ok:
		c.error(name, "it is missing")
	case size != want:
		c.error(name, "it has %d bytes instead of %d", size, want)
	}
}

// checkFolders checks the names in our own folders, and warns of media that are published although
// the state does not name them.
func (c *checker) checkFolders(used map[string]bool) {
	var stray []string
	for _, folder := range gallery.OwnFolders {
		// The next run removes what a killed run has left half-written.
		inFolder := func(name string) bool {
			return strings.HasPrefix(name, folder+"/") && !gallery.IsTemporary(path.Base(name))
		}
		for _, name := range c.names(inFolder) {
			if !plainName.MatchString(name) {
				c.error(name, "its name has characters that some servers and file systems do not allow")
			}
			if folder == gallery.MediaFolder && !used[name] {
				stray = append(stray, path.Base(name))
			}
		}
	}
	if len(stray) > 0 {
		c.warn(gallery.MediaFolder, "%d published although no image has them: %s", len(stray), someOf(stray))
	}
}

// checkRenditions decodes all renditions, several at once.
func (c *checker) checkRenditions(ctx context.Context, images []*gallery.Image) error {
	group, shared := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, m := range images {
		for r := range m.Pictures {
			group.Go(func() error {
				if err := shared.Err(); err != nil {
					return err
				}
				if err := c.checkRendition(r); err != nil {
					c.error(r.Path, "%v", err)
				}
				return nil
			})
		}
	}
	return group.Wait()
}

// checkRendition returns what is wrong with a rendition.
func (c *checker) checkRendition(r media.Rendition) error {
	size, ok := c.files[r.Path]
	if !ok {
		return errors.New("it is missing")
	}
	if size != r.Bytes {
		return fmt.Errorf("it has %d bytes instead of %d", size, r.Bytes)
	}
	f, err := c.site.Open(r.Path)
	if err != nil {
		return errors.New("it cannot be read")
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, size))
	if err != nil {
		return errors.New("it cannot be read")
	}
	return r.Verify(data)
}

// checkSize warns of a site that is too large for GitHub Pages.
func (c *checker) checkSize() {
	if c.report.Bytes <= GitHubPagesLimit {
		return
	}
	names := c.names(func(name string) bool { return !hidden(name) })
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(c.files[b], c.files[a]) })
	var largest []string
	for _, name := range names[:min(len(names), namedExamples)] {
		largest = append(largest, fmt.Sprintf("%s (%s)", name, humanize.Bytes(uint64(c.files[name]))))
	}
	c.warn(".", "%s are more than the 1 GB that GitHub Pages takes; the largest files are %s",
		humanize.Bytes(uint64(c.report.Bytes)), strings.Join(largest, ", "))
}
