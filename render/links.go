package render

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
	"golang.org/x/text/unicode/norm"

	"firstframe/render/gallery"
	"firstframe/render/spelling"
)

// links knows what the addresses in the owner's words lead to. An address begins at the site's
// root, with a slash or without one. It can also lead from the Markdown file or from its page to
// what is meant, as in ../static/map.svg, ../about.md and ../tag/sea/. A nil *links knows nothing.
// Several goroutines can use it.
type links struct {
	content *Content
	static  *Static
	theme   *Theme
	site    *Site
	images  []*gallery.Image // the visible ones, newest first

	collect sync.Once // collects the following
	pages   map[string]bool
	groups  map[string]int    // how many images a tag or a month has, by its folder
	tags    map[string]string // folders of the tags
	bySlug  map[string]*gallery.Image
	byName  map[string][]*gallery.Image // by their file names, with and without the extension
	files   map[string]bool             // media and assets
	unsure  bool                        // whether some images are not made yet
}

// links returns what the addresses on a site with these images lead to.
func (opts Options) links(site *Site, images []*gallery.Image) *links {
	return &links{content: opts.Content, static: opts.Static, theme: opts.Theme, site: site, images: images}
}

// collectAll collects everything that an address can lead to. Most galleries have no such address,
// so it is called with the first one.
func (l *links) collectAll() {
	l.pages, l.groups, l.tags = map[string]bool{}, map[string]int{}, map[string]string{}
	l.bySlug, l.byName, l.files = map[string]*gallery.Image{}, map[string][]*gallery.Image{}, map[string]bool{}
	for _, t := range l.content.Texts {
		l.pages[t.Name] = true
	}
	names := newTagNames(l.images)
	slugs := tagSlugs(l.images, names)
	for _, m := range l.images {
		if m.Slug == "" {
			l.unsure = true // in a dry run
		} else {
			l.bySlug[m.Slug] = m
		}
		if name := norm.NFC.String(m.Name); name != "" {
			l.byName[name] = append(l.byName[name], m)
			if stem := stem(name); stem != name {
				l.byName[stem] = append(l.byName[stem], m)
			}
		}
		if !m.Uploaded.IsZero() {
			l.groups[monthFolder(m.Uploaded)]++
		}
		for _, tag := range shownTags(m) {
			l.tags[tag] = tagFolder(slugs[tag])
		}
		for _, tag := range names.of(m) {
			l.groups[l.tags[tag]]++
		}
		for f := range m.Files {
			l.files[f.Path] = true
		}
	}
	for _, a := range l.theme.assets {
		l.files[a.path] = true
	}
}

// find returns the file of the site that an address leads to, or "" if there is none. If that is
// the page of an image, it returns the image, too.
func (l *links) find(a address) (target string, image *gallery.Image) {
	if l == nil {
		return "", nil
	}
	name := a.path()
	if target := l.static.target(name, strings.HasSuffix(a.url.Path, "/")); target != "" {
		return target, nil
	}
	if name == "" || name == gallery.IndexName || name == "index.md" {
		return gallery.IndexName, nil
	}
	l.collect.Do(l.collectAll)
	folder := strings.TrimSuffix(strings.TrimSuffix(name, "/"+gallery.IndexName), ".md")
	if l.pages[folder] {
		return gallery.PageIn(folder), nil
	}
	first, rest, _ := strings.Cut(folder, "/")
	switch strings.TrimSuffix(first, "s") {
	case gallery.TagFolder:
		return l.group(cmp.Or(l.tags[rest], tagFolder(rest))), nil
	case gallery.MonthFolder:
		return l.group(gallery.MonthFolder + "/" + rest), nil
	case gallery.PageFolder:
		if n, err := strconv.Atoi(rest); err == nil && 1 < n && n <= pageCount(len(l.images)) {
			return galleryPath(n), nil
		}
		return "", nil
	case gallery.ImageFolder:
		folder = rest
	}
	if named := l.imagesOf(folder); len(named) == 1 {
		return gallery.ImagePath(named[0].Slug), named[0]
	}
	if l.files[name] || l.hasDocument(name) {
		return name, nil
	}
	if asset, ok := strings.CutPrefix(name, gallery.AssetFolder+"/"); ok {
		return l.theme.names[asset], nil
	}
	return "", nil
}

// group returns the page of a tag or a month in this folder, or "" if there is none. The folder can
// have the number of a page after it.
func (l *links) group(folder string) string {
	if l.groups[folder] > 0 {
		return gallery.PageIn(folder)
	}
	n, err := strconv.Atoi(path.Base(folder))
	if err == nil && 1 < n && n <= pageCount(l.groups[path.Dir(folder)]) {
		return gallery.PageIn(path.Dir(folder) + "/" + strconv.Itoa(n))
	}
	return ""
}

// imagesOf returns the images with this slug or file name.
func (l *links) imagesOf(name string) []*gallery.Image {
	if m := l.bySlug[name]; m != nil {
		return []*gallery.Image{m}
	}
	return l.byName[norm.NFC.String(name)]
}

// hasDocument reports whether the site has a file of this name for machines, or the page 404.
func (l *links) hasDocument(name string) bool {
	switch name {
	case gallery.StateName, gallery.DataName, gallery.MissingName:
		return true
	case gallery.AtomName, gallery.JSONFeedName:
		return l.site.BaseURL != ""
	case gallery.RobotsName:
		return l.site.BaseURL != "" || l.site.NoIndex
	case gallery.SitemapName:
		return l.site.BaseURL != "" && !l.site.NoIndex
	}
	return false
}

// target returns the file of this path, or "" if there is none. A folder stands for its index. The
// path can begin with the name of the static folder.
func (s *Static) target(name string, isFolder bool) string {
	if s == nil {
		return ""
	}
	names := []string{name}
	if own, ok := strings.CutPrefix(name, path.Base(s.dir)+"/"); ok {
		names = append(names, own)
	}
	for _, name := range names {
		if s.has(name) && !isFolder {
			return name
		}
		if index := path.Join(name, gallery.IndexName); s.has(index) {
			return index
		}
	}
	return ""
}

// resolve returns the file of the site that an address leads to, or "" if there is none. For a
// picture, that is the largest rendition of the image.
func (l *links) resolve(a address) string {
	target, image := l.find(a)
	if image != nil && a.picture && len(image.Renditions) > 0 {
		return image.Renditions.Common().Largest().Path
	}
	return target
}

// inputs returns everything that the links of a text depend on: where each of them leads.
func (l *links) inputs(source string) []byte {
	var b []byte
	for _, a := range addressesIn(source) {
		b = append(append(b, l.resolve(a)...), 0)
	}
	return b
}

// address is an address in the owner's words that leads into the site.
type address struct {
	url     *url.URL
	picture bool // whether it is that of a picture, and not of a link
	line    int  // of the text, from 0
}

// path returns the path of an address from the site's root, without a slash before it or after it.
func (a address) path() string { return strings.TrimPrefix(path.Clean("/"+a.url.Path), "/") }

// parseAddress returns the destination of a link as an address, or nil if it leads elsewhere: to
// another host, or to a place of the same page.
func parseAddress(dest []byte) *url.URL {
	u, err := url.Parse(string(util.ResolveEntityNames(util.ResolveNumericReferences(dest))))
	if err != nil || u.Scheme != "" || u.Host != "" || u.Path == "" {
		return nil
	}
	return u
}

// linkParser parses texts for their links. It is made once, because that takes longer than to parse
// a caption.
var linkParser = sync.OnceValue(func() parser.Parser {
	return goldmark.New(extensions()).Parser()
})

// canLink reports whether a text can have a link. Most texts have none, so they need not be parsed.
func canLink(source string) bool {
	return strings.Contains(source, "](") || strings.Contains(source, "]:")
}

// addressesIn returns the addresses in a text that lead into the site.
func addressesIn(source string) []address {
	if !canLink(source) {
		return nil
	}
	var all []address
	data := []byte(source)
	_ = ast.Walk(linkParser().Parse(text.NewReader(data)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		var dest []byte
		picture := false
		switch n := n.(type) {
		case *ast.Link:
			dest = n.Destination
		case *ast.Image:
			dest, picture = n.Destination, true
		}
		if u := parseAddress(dest); entering && u != nil {
			all = append(all, address{u, picture, lineOf(n, data, string(dest))})
		}
		return ast.WalkContinue, nil
	})
	return all
}

// lineOf returns the line of a destination in a text, from 0. The parser knows only where the
// paragraph begins. A link that is defined elsewhere has the line of its paragraph.
func lineOf(n ast.Node, source []byte, dest string) int {
	for n != nil && (n.Type() != ast.TypeBlock || n.Lines().Len() == 0) {
		n = n.Parent()
	}
	if n == nil {
		return 0
	}
	begin, end := n.Lines().At(0).Start, n.Lines().At(n.Lines().Len()-1).Stop
	at := max(strings.Index(string(source[begin:end]), dest), 0)
	return strings.Count(string(source[:begin+at]), "\n")
}

// writtenText is a text of the owner's, and where it stands.
type writtenText struct {
	file   string
	before int // lines of the file before the text
	body   string
}

// LinkWarnings returns a sentence for each address in the owner's words that leads to nothing in the
// site, with its file and line. images are all images of the site. Images that are not made yet have
// no slug, so what their pages would be is not known.
func (opts Options) LinkWarnings(images []gallery.Image) []string {
	var linked []writtenText
	hidden := map[string]bool{}
	for _, c := range opts.Content.Captions {
		hidden[c.File] = c.hides()
	}
	for _, t := range opts.Content.written {
		if !hidden[t.file] {
			linked = append(linked, t)
		}
	}
	if len(linked) == 0 {
		return nil
	}
	var visible []*gallery.Image
	for i := range images {
		if !images[i].Hidden {
			visible = append(visible, &images[i])
		}
	}
	l := opts.links(opts.site(), visible)
	slices.SortFunc(linked, func(a, b writtenText) int { return cmp.Compare(a.file, b.file) })
	var warnings []string
	more := 0
	for _, t := range linked {
		if l.allKnown(t.body) {
			continue
		}
		said := map[string]bool{}
		for _, a := range addressesIn(t.body) {
			if said[a.path()] || l.resolve(a) != "" || l.isUnsure(a) {
				continue
			}
			said[a.path()] = true
			if len(warnings) == maxFaults {
				more++
				continue
			}
			warnings = append(warnings, fmt.Sprintf("%s:%d: %s", t.file, t.before+1+a.line, l.problem(a)))
		}
	}
	if more > 0 {
		warnings = append(warnings, fmt.Sprintf("%d more addresses in your texts lead to nothing", more))
	}
	return warnings
}

// writtenDestination matches a destination as it is written in Markdown, if there is nothing unusual
// about it.
var writtenDestination = regexp.MustCompile(`\](?:\(|:)\s*(?:<([^>\n]*)>|([^\s)]*))`)

// allKnown reports whether it is plain to see that all addresses in a text lead to something. Every
// run looks at all texts, and to parse them takes ten times as long.
func (l *links) allKnown(source string) bool {
	for _, m := range writtenDestination.FindAllStringSubmatch(source, -1) {
		dest := m[1] + m[2]
		if strings.ContainsAny(dest, `\&[(`) {
			return false
		}
		if u := parseAddress([]byte(dest)); u != nil && l.resolve(address{url: u}) == "" {
			return false
		}
	}
	return true
}

// isUnsure reports whether an address can lead to the page of an image that is not made yet.
func (l *links) isUnsure(a address) bool {
	first, _, _ := strings.Cut(a.path(), "/")
	first = strings.TrimSuffix(first, "s")
	return l.unsure && (first == gallery.ImageFolder || first == gallery.MonthFolder || first == gallery.MediaFolder)
}

// problem returns what is wrong with an address that leads to nothing.
func (l *links) problem(a address) string {
	name := a.path()
	shown := printable(a.url.Path)
	first, rest, _ := strings.Cut(strings.TrimSuffix(name, ".md"), "/")
	inImages := strings.TrimSuffix(first, "s") == gallery.ImageFolder
	if !inImages {
		rest = name
	}
	if named := l.imagesOf(rest); len(named) > 1 {
		var slugs []string
		for _, m := range named[:min(len(named), maxShownSlugs)] {
			slugs = append(slugs, "/"+gallery.ImageFolder+"/"+m.Slug+"/")
		}
		return fmt.Sprintf("%s can be %d images: write one of the addresses %s", shown, len(named), strings.Join(slugs, ", "))
	}
	if near := l.nearest(name, inImages); near != "" {
		return "there is no " + shown + didYouMean(near)
	}
	if inImages {
		return "there is no image " + printable(rest)
	}
	return fmt.Sprintf("there is no %s in the site; for a page elsewhere, write the whole address, as in https://example.org/", shown)
}

// nearest returns the address that was probably meant, or "".
func (l *links) nearest(name string, inImages bool) string {
	if inImages {
		near := newNearNames()
		for _, m := range l.images {
			near.addImage(Named{Slug: m.Slug, Names: []FileName{{Text: m.Name}}}, m.Name != "")
		}
		if found := near.find(strings.TrimSuffix(path.Base(name), ".md")); found != "" {
			return "/" + gallery.ImageFolder + "/" + found
		}
		return ""
	}
	if len(name) > maxNearName {
		return ""
	}
	var known []string
	for _, file := range l.static.paths() {
		known = append(known, "/"+strings.TrimSuffix(file, gallery.IndexName))
	}
	for _, t := range l.content.Texts {
		known = append(known, "/"+t.Name+"/")
	}
	for _, folder := range slices.Sorted(maps.Keys(l.groups)) {
		known = append(known, "/"+folder+"/")
	}
	if path.Ext(name) == "" {
		name += "/"
	}
	return spelling.Nearest("/"+name, slices.Values(known))
}
