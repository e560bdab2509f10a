package check

import (
	"context"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"regexp"
	"strings"

	"firstframe/render/gallery"
)

// styleAddress matches an address in a style sheet: in url(), or of another style sheet. Case does
// not count in CSS.
var styleAddress = regexp.MustCompile(`(?i)(@import\s+)?(?:url\(\s*["']?([^"')]+)["']?\s*\)|@import\s+["']([^"']+)["'])`)

// styleLinks returns the addresses in a style sheet.
func styleLinks(data []byte) []link {
	var links []link
	for _, m := range styleAddress.FindAllSubmatch(data, -1) {
		switch {
		case len(m[3]) > 0:
			links = append(links, link{string(m[3]), styles})
		case len(m[1]) > 0:
			links = append(links, link{string(m[2]), styles})
		default:
			links = append(links, link{string(m[2]), loads}) // a font or a picture
		}
	}
	return links
}

// followLinks checks the links of all pages and style sheets.
func (c *checker) followLinks(ctx context.Context) error {
	for name, page := range c.pages {
		for _, l := range page.links {
			c.follow(name, l)
		}
	}
	for _, name := range c.names(func(name string) bool { return path.Ext(name) == ".css" && !gallery.IsHiddenFile(name) }) {
		data, err := fs.ReadFile(c.site, name)
		if err != nil {
			return fmt.Errorf("reading the site: %w", err)
		}
		for _, l := range styleLinks(data) {
			c.follow(name, l)
		}
	}
	c.findOrphans()
	return ctx.Err()
}

// follow checks that a link in the file name leads to a file or an element of the site. If it leads
// to another host, it only checks what a browser does there without being asked.
func (c *checker) follow(name string, l link) {
	u, err := url.Parse(l.address)
	if err != nil {
		c.error(name, "%q is not an address; correct the link", l.address)
		return
	}
	target, place := c.resolve(name, u)
	switch place {
	case otherHost:
		c.checkOutside(name, l, u)
		return
	case otherSite:
		return
	case aboveRoot:
		c.error(name, "%q leads out of the site; %s", l.address, c.wayBack(name, u))
		return
	}
	if strings.HasSuffix(u.Path, "/") && u.Host == "" && !strings.HasPrefix(u.Path, "/") {
		c.warn(name, "%q is a folder: opened from disk, the link shows no page; add %s", l.address, gallery.IndexName)
	}
	c.need(target, name)
	if page := c.pages[target]; u.Fragment != "" && page != nil && !page.ids[u.Fragment] {
		c.error(name, "%q leads to no element of its page; correct the part after #", l.address)
	}
}

// wayBack returns what to do about an address in the file name that leads out of the site.
func (c *checker) wayBack(name string, u *url.URL) string {
	rest, fromHost := strings.CutPrefix(u.Path, "/")
	if !fromHost {
		return "take ../ away from its start"
	}
	root := strings.Repeat("../", strings.Count(name, "/"))
	if name == gallery.MissingName { // it is shown at any depth
		root = c.root
	}
	return fmt.Sprintf("a slash at its start is the root of the host, and the site is in %s there: write %s", c.root, root+rest)
}

// place is where a link leads.
type place int

const (
	inSite    place = iota // to a file of the site
	otherSite              // to the site's own host, but not to the site
	otherHost              // to another host, or to no file at all
	aboveRoot              // out of the site, although the address is relative to it
)

// resolve returns the file that a link in the file name leads to, and where it is. The file need
// not exist.
func (c *checker) resolve(name string, u *url.URL) (string, place) {
	if u.Scheme != "" || u.Host != "" {
		if c.origin == "" || u.Scheme+"://"+u.Host != c.origin {
			return "", otherHost
		}
		if !strings.HasPrefix(u.Path, c.root) {
			return "", otherSite
		}
	}
	target := name
	switch {
	case strings.HasPrefix(u.Path, "/"):
		rest, ok := strings.CutPrefix(u.Path, c.root)
		if !ok {
			return "", aboveRoot
		}
		target = rest
	case u.Path != "":
		target = path.Join(path.Dir(name), u.Path)
		if strings.HasSuffix(u.Path, "/") {
			target += "/"
		}
	}
	// A server shows a folder's index.
	if target = strings.TrimPrefix(target, "./"); target == "" || strings.HasSuffix(target, "/") {
		target += gallery.IndexName
	}
	if strings.HasPrefix(target, "../") {
		return "", aboveRoot
	}
	return target, inSite
}

// findOrphans warns of pages that no visitor finds, because no link leads to them, however many one
// follows from the index.
func (c *checker) findOrphans() {
	if c.pages[gallery.IndexName] == nil {
		return
	}
	reached := map[string]bool{gallery.IndexName: true, gallery.MissingName: true}
	for queue := []string{gallery.IndexName}; len(queue) > 0; queue = queue[1:] {
		for _, l := range c.pages[queue[0]].links {
			if l.use != leads && l.use != shows && l.use != moves {
				continue
			}
			u, err := url.Parse(l.address)
			if err != nil {
				continue
			}
			target, place := c.resolve(queue[0], u)
			if place == inSite && c.pages[target] != nil && !reached[target] {
				reached[target] = true
				queue = append(queue, target)
			}
		}
	}
	for name := range c.pages {
		if !reached[name] {
			c.warn(name, "no link leads to this page; add one, or delete the page if nobody should see it")
		}
	}
}

// need notes that the file target must exist, because the file by refers to it. by is "" if the
// checker itself knows.
func (c *checker) need(target, by string) {
	if c.has(target) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	// The links of a file come one after the other, so the last name is enough to compare with.
	if list := c.missing[target]; len(list) == 0 || list[len(list)-1] != by {
		c.missing[target] = append(list, by)
	}
}
