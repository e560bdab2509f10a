// Package check reads a finished site and reports what is wrong with it. It is an independent
// witness: it shares only the state and the file names (package gallery), and the knowledge of file
// formats (package media), with the code that makes the site.
//
// [Site] (check.go) finds all files. state.go reads the state, and decodes the renditions. pages.go
// parses the pages, links.go follows their links, and outside.go lists what they load from other
// hosts. files.go knows which files a site must have, and reports the missing and the unknown ones.
// lists.go checks the files for machines: search data, feeds, sitemaps. leak.go looks for secrets
// and metadata in all files, and provenance.go for what must be said about their origin.
package check

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/dustin/go-humanize"

	"firstframe/render/gallery"
	"firstframe/render/media"
	"firstframe/render/secrets"
)

// Sizes and numbers that the checker uses.
const (
	// GitHubPagesLimit is the maximum size of a site on GitHub Pages, in bytes.
	GitHubPagesLimit = 1 << 30

	// namedExamples is how many files a finding about many of them names. If more files than this
	// have the same problem, they are one finding.
	namedExamples = 5
)

// Finding is something about a site that its owner should know.
type Finding struct {
	File    string   `json:"file"`             // the path in the site; "." is the whole site
	Source  string   `json:"source,omitempty"` // the owner's file that it was made from, if that is known
	Problem string   `json:"problem"`
	Also    []string `json:"also,omitempty"` // further files with the same problem, sorted
}

// String returns the file, what it was made from, and the problem. If the problem is about the whole
// site, it is enough.
func (f Finding) String() string {
	if f.File == "." {
		return f.Problem
	}
	file := from(f.File, f.Source)
	if n := len(f.Also); n > 0 {
		return fmt.Sprintf("%s and %s more (%s): %s", file, humanize.Comma(int64(n)), someOf(f.Also), f.Problem)
	}
	return file + ": " + f.Problem
}

// from returns the name of a file, with that of the file that it was made from, if that is known.
func from(file, source string) string {
	if source == "" {
		return file
	}
	return file + " (from " + source + ")"
}

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
	// BaseURL is the address at which the site will be published, with a final slash; "" if it is
	// unknown. If the index has no canonical address, it says which addresses lead into the site.
	BaseURL string

	// Secrets are values that must not be in any file.
	Secrets []secrets.Secret

	// Source returns the owner's file that a file of the site was made from, or "" if it is unknown.
	// Nil knows none.
	Source func(name string) string
}

// source returns the owner's file that a file of the site was made from, or "".
func (o Options) source(name string) string {
	if o.Source == nil {
		return ""
	}
	return o.Source(name)
}

// Site checks a site, and changes nothing.
//
// Errors are: a missing file that a page, the state or a list names, or that the last run wrote; a
// link to no element of its page; an incomplete page; a rendition that does not decode, or does not
// have the size in the state; a state that cannot be read; a feed, a sitemap or search data that
// cannot be read; a picture with metadata; a secret, or something that looks like one, in any byte
// of any file; a symbolic link, because some hosts follow it; a file or folder that only its owner
// can read; and the folder of a part, which is not a site.
//
// Warnings are: images without an alt text, and pictures in the pages without one; what pages and
// style sheets load from other hosts; pages that no link leads to, and files that nobody knows; a
// site that was built for another address; a site that is too large for GitHub Pages; and media that
// nothing refers to.
//
// The same problem of many files is one finding. A folder .git is skipped. Site returns an error if
// a folder cannot be read, or if ctx is done.
func Site(ctx context.Context, site fs.FS, opts Options) (Report, error) {
	c := &checker{site: site, opts: opts, files: map[string]int64{}, pages: map[string]*parsedPage{},
		used: map[string]bool{}, missing: map[string][]string{}}
	if err := c.walk(); err != nil {
		return Report{}, fmt.Errorf("reading the site: %w", err)
	}
	steps := []func(context.Context) error{
		c.readState, c.readManifest, c.readPages, c.followLinks, c.checkMedia, c.checkLists, c.checkFiles,
	}
	if c.isNoSite() {
		steps = nil
	}
	for _, step := range append(steps, newLeakSearch(c, opts.Secrets).run) {
		if err := cmp.Or(ctx.Err(), step(ctx)); err != nil {
			return Report{}, err
		}
	}
	c.checkSize()
	c.report.Errors, c.report.Warnings = merge(c.report.Errors), merge(c.report.Warnings)
	for _, findings := range [][]Finding{c.report.Errors, c.report.Warnings} {
		for i := range findings {
			findings[i].Source = opts.source(findings[i].File)
		}
	}
	return c.report, nil
}

// merge sorts findings by file. It turns the same problem of more than namedExamples files into one
// finding: a mistake in a template is one mistake, and not one for each page.
func merge(findings []Finding) []Finding {
	slices.SortFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Problem, b.Problem))
	})
	files := map[string][]string{} // by problem
	for _, f := range findings {
		files[f.Problem] = append(files[f.Problem], f.File)
	}
	var merged []Finding
	for _, f := range findings {
		same := files[f.Problem]
		if len(same) <= namedExamples {
			merged = append(merged, f)
		} else if f.File == same[0] {
			f.Also = same[1:]
			merged = append(merged, f)
		}
	}
	return merged
}

// checker is one check of a site.
type checker struct {
	site      fs.FS
	opts      Options
	root      string           // the path of the site's root on its host, with a final slash
	origin    string           // scheme and host of the site; "" if unknown
	files     map[string]int64 // sizes of the regular files, including hidden ones
	pages     map[string]*parsedPage
	stateRead bool                    // whether there is a state that can be read
	images    []*gallery.Image        // the visible images of the state
	named     map[string]string       // what the owner calls the images, by slug
	used      map[string]bool         // the files in media/ that the state names
	origins   map[string]media.Origin // what the files say that must say how they were made; see noteOrigins
	made      map[string]bool         // the files of the manifest; nil if the last run did not end

	mu      sync.Mutex // guards report and missing
	report  Report
	missing map[string][]string // by missing file: the files that refer to it
}

// error adds an error to the report.
func (c *checker) error(file, format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.report.Errors = append(c.report.Errors, Finding{File: file, Problem: fmt.Sprintf(format, args...)})
}

// warn adds a warning to the report.
func (c *checker) warn(file, format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.report.Warnings = append(c.report.Warnings, Finding{File: file, Problem: fmt.Sprintf(format, args...)})
}

// has reports whether the site has a visible file of this name.
func (c *checker) has(name string) bool {
	_, ok := c.files[name]
	return ok && !gallery.IsHiddenFile(name)
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
		case d.Type()&fs.ModeSymlink != 0:
			c.error(name, "it is a symbolic link, and some hosts publish what it leads to; replace it by the file itself")
			return nil
		case !d.IsDir() && !d.Type().IsRegular():
			c.error(name, "it is not a regular file, so it cannot be published; delete it")
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		c.checkMode(name, info.Mode())
		if d.IsDir() {
			return nil
		}
		c.files[name] = info.Size()
		c.report.Files++
		if !gallery.IsHiddenFile(name) {
			c.report.Bytes += info.Size()
		}
		return nil
	})
}

// checkMode finds what only its owner can read. Copied by rsync, it keeps its mode, and the server
// shows an error instead. Files without any permission are on a file system that has none.
func (c *checker) checkMode(name string, mode fs.FileMode) {
	needed, what := fs.FileMode(0o044), "read the file"
	if mode.IsDir() {
		needed, what = 0o011, "open the folder"
	}
	if name == "." {
		what += " of the site"
	}
	if mode.Perm() != 0 && mode&needed == 0 && !gallery.IsHiddenFile(name) {
		c.error(name, "only its owner can %s (mode %o), so a web server may not show it; for the whole site: chmod -R a+rX DIR",
			what, mode.Perm())
	}
}

// someOf returns a list of names, shortened to namedExamples.
func someOf(names []string) string {
	if len(names) <= namedExamples {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:namedExamples], ", ") + ", …"
}

// checkSize warns of a site that is too large for GitHub Pages.
func (c *checker) checkSize() {
	if c.report.Bytes <= GitHubPagesLimit {
		return
	}
	names := c.names(func(name string) bool { return !gallery.IsHiddenFile(name) })
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(c.files[b], c.files[a]) })
	var largest []string
	for _, name := range names[:min(len(names), namedExamples)] {
		largest = append(largest, fmt.Sprintf("%s (%s)", name, humanize.Bytes(uint64(c.files[name]))))
	}
	c.warn(".", "%s are more than the 1 GB that GitHub Pages takes; the largest files are %s; see docs/large-galleries.md",
		humanize.Bytes(uint64(c.report.Bytes)), strings.Join(largest, ", "))
}
