package check

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"firstframe/render/gallery"
	"firstframe/render/media"
)

// parsedPage is what the checker needs of a page.
type parsedPage struct {
	ids       map[string]bool
	links     []link
	canonical string
	noIndex   bool     // whether search engines are asked not to list the page
	wordless  int      // the number of pictures without the attribute alt
	silent    []string // the addresses of the pictures with an empty alt text
}

// link is an address in a page.
type link struct {
	address string
	use     use
}

// use is what a browser does with an address.
type use uint8

const (
	cites  use = iota // nothing: machines read it
	leads             // goes there when somebody clicks
	shows             // shows the page in this one
	loads             // loads a file that is none of the others
	runs              // runs a script
	styles            // loads a style sheet
	draws             // loads a picture
	plays             // loads a film or a sound
	calls             // opens a connection, or sends word of a click
	moves             // goes there without a click, or takes it as the start of relative addresses
)

// readPages parses all pages.
func (c *checker) readPages(ctx context.Context) error {
	silent := map[string]string{} // a page for each image with an empty alt text, by slug
	for _, name := range c.names(func(name string) bool { return path.Ext(name) == ".html" && !gallery.IsHiddenFile(name) }) {
		if err := ctx.Err(); err != nil {
			return err
		}
		data, err := fs.ReadFile(c.site, name)
		if err != nil {
			return fmt.Errorf("reading the site: %w", err)
		}
		if bytes.Contains(data, []byte("ZgotmplZ")) {
			c.error(name, "a template wrote a value that is not safe in its place; look for ZgotmplZ in the page, and correct the template")
		}
		// The owner's own files can be parts of pages, as a search engine asks for.
		isPage := name == gallery.MissingName || path.Base(name) == gallery.IndexName
		if isPage && !bytes.HasSuffix(bytes.TrimSpace(data), []byte("</html>")) {
			c.error(name, "the page is incomplete: its end is missing; run firstframe again, or complete a page of your own")
		}
		p := parsePage(data)
		c.pages[name] = p
		if p.wordless > 0 {
			c.warn(name, `%d <img> without the attribute alt; say what the picture shows, or write alt="" role="presentation" if it is only decoration`, p.wordless)
		}
		c.checkSilent(name, p.silent, silent)
	}
	if slugs := slices.Sorted(maps.Keys(silent)); len(slugs) > 0 {
		var names []string
		for _, slug := range slugs {
			names = append(names, cmp.Or(c.named[slug], slug)) // the images of a state that cannot be read have no names
		}
		c.warn(silent[slugs[0]], `%s an empty alt text in the pages: %s; write alt="{{.Alt}}" into the theme's template, and alt: into content/images/%s.md`,
			imagesHave(len(slugs)), someOf(names), nameFor(names))
	}
	c.findRoot()
	return nil
}

// checkSilent warns of a page's pictures with an empty alt text. It adds the gallery's own images to
// silent instead, because one of them can be on many pages.
func (c *checker) checkSilent(name string, addresses []string, silent map[string]string) {
	var others []string
	for _, address := range addresses {
		file, isCopy := c.copyOf(address)
		m, ours := media.ParseName(file)
		switch {
		case !isCopy || !ours:
			others = append(others, address)
		case silent[m.Slug] == "":
			silent[m.Slug] = name
		}
	}
	if len(others) > 0 {
		c.warn(name, `an empty alt text for %s; say what the picture shows, in Markdown as ![a boat at dusk](%s), or add role="presentation" in a template if it is only decoration`,
			someOf(others), others[0])
	}
}

// copyOf returns the file in media/ that an address names, here or on another host: see --media-url.
// It reports false if the state has no such file.
func (c *checker) copyOf(address string) (string, bool) {
	u, err := url.Parse(address)
	if err != nil {
		return "", false
	}
	i := strings.LastIndex("/"+u.Path, "/"+gallery.MediaFolder+"/")
	if i < 0 {
		return "", false
	}
	name := u.Path[i:]
	return name, c.used[name]
}

// findRoot takes the site's address from its index, or else from the settings. They should be the
// same. If they are not, that is one finding, and the links are checked as they were built.
func (c *checker) findRoot() {
	address, wanted := "", c.opts.BaseURL
	if p := c.pages[gallery.IndexName]; p != nil {
		address = strings.TrimSuffix(p.canonical, gallery.IndexName)
	}
	switch {
	case wanted == "":
	case address != "" && !sameAddress(address, wanted):
		c.warn(gallery.IndexName, "the site was built for %s, and --base-url is %s; build it again", address, wanted)
	case address == "" && c.made != nil && !c.made[gallery.AtomName]:
		c.warn(gallery.IndexName, "the site was built without an address, and --base-url is %s; build it again", wanted)
	}
	address = cmp.Or(address, wanted)
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		c.origin = u.Scheme + "://" + u.Host
		c.root = u.Path
	}
	c.root = strings.TrimSuffix(c.root, "/") + "/"
}

// sameAddress reports whether two addresses of a site are the same, however they are encoded.
func sameAddress(a, b string) bool {
	u, err := url.Parse(a)
	v, err2 := url.Parse(b)
	return err == nil && err2 == nil && u.Scheme == v.Scheme && u.Host == v.Host && u.Path == v.Path
}

// parsePage collects the ids and links of a page.
func parsePage(data []byte) *parsedPage {
	p := &parsedPage{ids: map[string]bool{}}
	p.parse(data)
	return p
}

// parse adds a part of a page.
func (p *parsedPage) parse(data []byte) {
	inside := "" // the last tag that has not ended
	for z := html.NewTokenizer(bytes.NewReader(data)); ; {
		switch z.Next() {
		case html.ErrorToken: // the end
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			inside = t.Data
			p.read(t)
		case html.TextToken:
			switch inside {
			case "style":
				p.links = append(p.links, styleLinks(z.Text())...)
			case "noscript": // a text for the tokenizer, because it is one for most browsers
				p.parse(z.Text())
			}
		case html.EndTagToken:
			inside = ""
		}
	}
}

// read adds a tag.
func (p *parsedPage) read(t html.Token) {
	values := map[string]string{}
	for _, a := range t.Attr {
		values[a.Key] = a.Val
	}
	for _, a := range t.Attr {
		switch a.Key {
		case "id":
			p.ids[a.Val] = true
		case "srcset", "imagesrcset":
			for candidate := range strings.SplitSeq(a.Val, ",") {
				if fields := strings.Fields(candidate); len(fields) > 0 {
					p.links = append(p.links, link{fields[0], draws})
				}
			}
		case "ping":
			for _, address := range strings.Fields(a.Val) {
				p.links = append(p.links, link{address, calls})
			}
		case "style":
			p.links = append(p.links, styleLinks([]byte(a.Val))...)
		default:
			if u, ok := useOf(t.Data, a.Key, values["rel"]); ok {
				p.links = append(p.links, link{a.Val, u})
			}
		}
	}
	switch t.Data {
	case "link":
		if values["rel"] == "canonical" {
			p.canonical = values["href"]
		}
	case "img":
		p.readPicture(values)
	case "meta":
		p.readMeta(values)
	}
}

// useOf returns the use of the address in an attribute of a tag. It reports false if the attribute
// has no address.
func useOf(tag, attribute, rel string) (use, bool) {
	switch attribute {
	case "href":
		switch tag {
		case "a", "area":
			return leads, true
		case "link":
			return useOfLink(rel), true
		case "base":
			return moves, true
		case "image", "feimage", "use":
			return draws, true
		case "script":
			return runs, true
		}
		return cites, true
	case "xlink:href": // in an older form of SVG
		return draws, tag != "a"
	case "src":
		switch tag {
		case "script":
			return runs, true
		case "img", "input":
			return draws, true
		case "iframe", "frame", "embed":
			return shows, true
		}
		return plays, true
	case "data":
		return shows, tag == "object"
	case "poster", "background":
		return draws, true
	}
	return cites, false
}

// useOfLink returns the use of a link element.
func useOfLink(rel string) use {
	for _, word := range strings.Fields(strings.ToLower(rel)) {
		switch word {
		case "stylesheet":
			return styles
		case "icon", "apple-touch-icon", "apple-touch-icon-precomposed", "apple-touch-startup-image", "mask-icon":
			return draws
		case "preconnect", "dns-prefetch":
			return calls
		case "preload", "modulepreload", "prefetch", "prerender", "manifest":
			return loads
		}
	}
	return cites
}

// readPicture counts a picture without an alt text. If it is only decoration, it says so.
func (p *parsedPage) readPicture(values map[string]string) {
	alt, ok := values["alt"]
	role := values["role"]
	switch {
	case !ok:
		p.wordless++
	case strings.TrimSpace(alt) == "" && role != "presentation" && role != "none" && values["aria-hidden"] != "true":
		p.silent = append(p.silent, values["src"])
	}
}

// readMeta adds the metadata of the page. Only absolute addresses are links.
func (p *parsedPage) readMeta(values map[string]string) {
	content := values["content"]
	if strings.EqualFold(values["name"], "robots") && strings.Contains(content, "noindex") {
		p.noIndex = true
	}
	if strings.HasPrefix(content, "http") {
		p.links = append(p.links, link{content, cites})
	}
	if _, address, ok := strings.Cut(content, "="); ok && strings.EqualFold(values["http-equiv"], "refresh") {
		p.links = append(p.links, link{strings.Trim(address, ` '"`), moves})
	}
}
