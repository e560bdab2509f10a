package workflows

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"firstframe/command/commandtest"

	"golang.org/x/net/html"
)

// crawl follows every link of the site at root, and looks at the page for missing addresses at
// three depths. Links may also lead to the other sites. It returns the number of pages.
func crawl(t *testing.T, root string, others ...string) (pages int) {
	t.Helper()
	seen := map[string]bool{}
	var follow func(from *url.URL, body []byte)
	visit := func(address *url.URL) {
		address.Fragment = ""
		if seen[address.String()] {
			return
		}
		seen[address.String()] = true
		within := func(root string) bool { return strings.HasPrefix(address.String(), root) }
		if !slices.ContainsFunc(append(others, root), within) {
			t.Errorf("a link leaves the site, to %s", address)
			return
		}
		status, kind, body := commandtest.Get(t, address.String())
		if status != http.StatusOK {
			t.Errorf("%s: status %d", address, status)
		}
		if strings.HasPrefix(kind, "text/html") {
			pages++
			follow(address, body)
		}
	}
	follow = func(from *url.URL, body []byte) {
		for _, link := range linksOf(t, body) {
			to, err := from.Parse(link)
			check(t, err)
			if to.Scheme == "data" || strings.HasPrefix(link, "#") {
				continue
			}
			visit(to)
		}
	}
	start, err := url.Parse(root)
	check(t, err)
	visit(start)
	for _, missing := range []string{"nothing", "image/nothing", "image/nothing/at/all"} {
		at, _ := start.Parse(missing)
		status, _, body := commandtest.Get(t, at.String())
		if status != http.StatusNotFound || len(linksOf(t, body)) == 0 {
			t.Errorf("%s: status %d with %d links, want 404 with some", at, status, len(linksOf(t, body)))
		}
		follow(at, body)
	}
	return pages
}

// linksOf returns the addresses that a page links to or shows.
func linksOf(t *testing.T, page []byte) []string {
	t.Helper()
	var links []string
	tokens := html.NewTokenizer(bytes.NewReader(page))
	for tokens.Next() != html.ErrorToken {
		for _, a := range tokens.Token().Attr {
			switch a.Key {
			case "href", "src":
				links = append(links, a.Val)
			case "srcset":
				for _, candidate := range strings.Split(a.Val, ",") {
					links = append(links, strings.Fields(candidate)[0])
				}
			}
		}
	}
	return links
}
