package render

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/net/html"

	"firstframe/render/gallery"
	"firstframe/render/media"
)

// The card's picture must be large enough to be shown large, and no larger.
func TestCardRendition(t *testing.T) {
	for _, tt := range []struct {
		widths []int
		want   int
	}{{[]int{480}, 480}, {[]int{480, 1000}, 1000}, {[]int{480, 1200, 1920}, 1200}, {[]int{480, 960, 1920, 4000}, 1920}} {
		m := &gallery.Image{}
		for _, w := range tt.widths {
			m.Renditions = append(m.Renditions, media.Rendition{Width: w})
		}
		if got := cardRendition(m).Width; got != tt.want {
			t.Errorf("of %v the card shows %d, want %d", tt.widths, got, tt.want)
		}
	}
}

// head is what a page tells other programs.
type head struct {
	meta    map[string]string
	scripts map[string]string // by type
}

// readHead parses what a page tells other programs.
func readHead(t *testing.T, data []byte) head {
	t.Helper()
	h := head{map[string]string{}, map[string]string{}}
	for z := html.NewTokenizer(bytes.NewReader(data)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return h
		case html.StartTagToken:
			token := z.Token()
			values := map[string]string{}
			for _, a := range token.Attr {
				values[a.Key] = a.Val
			}
			switch token.Data {
			case "meta":
				h.meta[values["property"]+values["name"]] = values["content"]
			case "script":
				z.Next()
				h.scripts[values["type"]] = string(z.Text())
			}
		}
	}
}

// Pages describe themselves to machines, with absolute addresses that exist.
func TestMachines(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "out")
	opts := exampleOptions(t, "")
	opts.BaseURL = exampleBase
	opts.Content = &Content{Site: SiteInfo{
		Title: "Frames", Author: "A. Person", License: "CC BY-SA 4.0", SourceType: "digitalCapture",
	}}
	s := daily(90)
	for i := range s.Images { // a key as long as those of a run
		for j := range s.Images[i].Renditions {
			r := &s.Images[i].Renditions[j]
			r.Path = strings.Replace(r.Path, "-0", "-012345678", 1)
		}
	}
	m := &s.Images[3]
	m.Title, m.Alt, m.SourceType, m.Featured = "Low tide", "Wet sand", "trainedAlgorithmicMedia", true
	buildExample(t, dir, s, opts)
	wantComplete(t, dir, "/gallery/")
	page := readSite(t, dir, gallery.ImagePath(m.Slug))
	if !bytes.Contains(page, []byte("Made with generative AI")) {
		t.Error("the page does not say what the image was made by")
	}
	h := readHead(t, page)
	picture := exampleBase + m.Renditions[1].Path
	for name, want := range map[string]string{
		"og:url": exampleBase + "image/" + m.Slug + "/", "og:title": "Low tide", "og:image": picture, "og:image:alt": "Wet sand",
		"og:image:width": "96", "twitter:card": "summary_large_image", "twitter:image:alt": "Wet sand", "robots": "max-image-preview:large",
	} {
		if h.meta[name] != want {
			t.Errorf("%s is %q, want %q", name, h.meta[name], want)
		}
	}
	var data linkedData
	if err := json.Unmarshal([]byte(h.scripts["application/ld+json"]), &data); err != nil {
		t.Fatal(err)
	}
	if data.Type != "ImageObject" || data.ContentURL != picture || data.Uploaded != "2024-09-25" || data.Creator.Name != "A. Person" ||
		data.License != "https://creativecommons.org/licenses/by-sa/4.0/" ||
		data.SourceType != "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia" {
		t.Errorf("the data of the image are %+v", data)
	}
	index := readHead(t, readSite(t, dir, "index.html"))
	if err := json.Unmarshal([]byte(index.scripts["application/ld+json"]), &data); err != nil || data.Type != "ImageGallery" {
		t.Errorf("the data of the index are %+v, %v", data, err)
	}
	if index.meta["og:image"] != picture || index.meta["og:url"] != exampleBase {
		t.Errorf("the card of the index is %v, want the selected image", index.meta)
	}
	list := readSite(t, dir, gallery.SitemapName)
	wantXML(t, list)
	for _, want := range []string{
		"<loc>" + exampleBase + "</loc>", "<loc>" + exampleBase + "image/" + m.Slug + "/</loc>", "<image:loc>" + picture + "</image:loc>",
		"<loc>" + exampleBase + "month/2024-08/</loc>", "<loc>" + exampleBase + "tag/daily/</loc>",
	} {
		if !bytes.Contains(list, []byte(want)) {
			t.Errorf("the sitemap has no %s", want)
		}
	}
	if !bytes.Contains(readSite(t, dir, gallery.RobotsName), []byte("Sitemap: "+exampleBase+gallery.SitemapName+"\n")) {
		t.Error("robots.txt does not name the sitemap")
	}
	if meta := readHead(t, readSite(t, dir, "404.html")).meta; meta["og:url"] != "" {
		t.Error("the page 404 has an address of its own")
	}

	// What is not to be listed says so everywhere, and is in no list.
	opts.NoIndex = true
	buildExample(t, dir, s, opts)
	wantComplete(t, dir, "/gallery/")
	for _, name := range []string{"index.html", gallery.ImagePath(m.Slug), galleryPath(2), "404.html"} {
		if got := readHead(t, readSite(t, dir, name)).meta["robots"]; got != "noindex" {
			t.Errorf("%s says %q to search engines", name, got)
		}
	}
	if got := readSite(t, dir, gallery.RobotsName); !bytes.Contains(got, []byte("Disallow: /gallery/media/\n")) || bytes.Contains(got, []byte("Sitemap")) {
		t.Errorf("robots.txt is %s", got)
	}
	if _, err := os.Stat(filepath.Join(dir, gallery.SitemapName)); err == nil {
		t.Error("the sitemap is still there")
	}

	// Without an address, a page says nothing to machines.
	opts.BaseURL, opts.NoIndex = "", false
	buildExample(t, dir, s, opts)
	wantComplete(t, dir, "/")
	for _, name := range []string{gallery.AtomName, gallery.JSONFeedName, gallery.SitemapName, gallery.RobotsName} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			t.Errorf("%s is still there", name)
		}
	}
	h = readHead(t, readSite(t, dir, gallery.ImagePath(m.Slug)))
	if len(h.scripts["application/ld+json"]) > 0 || h.meta["og:title"] != "" {
		t.Errorf("without an address the page says %v", h)
	}
}

// Known licenses have an address.
func TestLicenseURL(t *testing.T) {
	for license, want := range map[string]string{
		"CC BY 4.0": "https://creativecommons.org/licenses/by/4.0/", "cc-by-nc-nd-4.0": "https://creativecommons.org/licenses/by-nc-nd/4.0/",
		"CC0": "https://creativecommons.org/publicdomain/zero/1.0/", "https://example.org/license": "https://example.org/license",
		"All rights reserved": "", "": "", "javascript:alert(1)": "", "CC BY 4.0 or more": "",
	} {
		if got := licenseURL(license); got != want {
			t.Errorf("licenseURL(%q) = %q, want %q", license, got, want)
		}
	}
}

// Every source type has words. An unknown one is refused, with a list of the known ones.
func TestSourceTypes(t *testing.T) {
	words := exampleWords(t, "en")
	for _, code := range media.SourceTypes {
		if _, err := words.text(code); err != nil {
			t.Error(err)
		}
	}
	for name, file := range map[string]string{"index.md": "index.md", "images/a.md": "images/a.md"} {
		_, _, err := LoadContent(fstest.MapFS{name: {Data: []byte("---\ndigital_source_type: ai\n---\n")}})
		if err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "trainedAlgorithmicMedia") {
			t.Errorf("%s: got %v, want an error that lists the codes", name, err)
		}
	}
}
